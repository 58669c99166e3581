/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H
#include "reports/study/study.h"
#include <stdio.h>

/*
 * report_html - report.html: one file that needs no other and asks no network
 * for anything, with what report.pdf shows, tables that can be sorted, and
 * values under the pointer.
 *
 * Names in it may be anything: they are cleaned and escaped.  The page forbids
 * itself every request and every script but its own (Content-Security-Policy).
 * It is well-formed XML, too, so that a strict parser can check it.
 *
 * The same study gives the same bytes.  Size: some 100 kB; under 1.5 MB
 * whatever the number of backends, with names of up to 80 characters.
 *
 * Returns 0; -1 without memory (errno ENOMEM) or when writing fails (errno).
 */
int report_html(const struct report_study *study, FILE *to);

#endif
