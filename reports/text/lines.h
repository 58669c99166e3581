/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_LINES_H
#define REPORTS_LINES_H
/* What the tables for a terminal are put together from. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define REPORT_LINE_COLUMNS 80

void report_put_count(FILE *to, uint64_t value);

/* An outside name, at most `columns` wide; padded to that when `pad`. */
void report_put_name(FILE *to, const char *raw, size_t columns, bool pad);

struct report_counted {
	const char *what;
	uint64_t count;
};

/* "not replayed: 3 not IP, 1 ICMP"; nothing when all are 0. */
void report_put_counted(
    FILE *to, const char *head, const struct report_counted *of, size_t n);

/* One line, broken at words to REPORT_LINE_COLUMNS; its indentation stays,
 * what follows hangs by two.  The line is taken apart. */
void report_put_wrapped(FILE *to, char *line);

#endif
