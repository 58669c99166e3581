/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_DEFINITIONS_H
#define REPORTS_DEFINITIONS_H

/* What a report's words mean, with sources; a paragraph each, UTF-8, ending in
 * NULL. */
extern const char *const report_definitions[];

#endif
