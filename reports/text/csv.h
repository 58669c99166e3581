/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_CSV_H
#define REPORTS_CSV_H
/* Text in CSV files (RFC 4180, lines ending in a newline): quoted where it
 * must be, control characters made harmless, NULL is empty. */
#include "reports/text/text.h"

void report_csv_text(FILE *to, const char *raw);
/* Two texts as one field. */
void report_csv_joined(FILE *to, const char *raw, const char *more);
/* A comma and the number, 9 significant digits; NAN is empty. */
void report_csv_ratio(FILE *to, double value);

#endif
