/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_TEXT_H
#define REPORTS_TEXT_H
/*
 * Numbers and names as people read them: 3 significant digits, thousands
 * apart, NAN as "-".  Each writes into `to` (REPORT_TEXT_BYTES) and returns
 * it.  A script says which signs to use: terminals get ASCII, pictures the
 * thin space and the true minus.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define REPORT_TEXT_BYTES 64

struct report_script {
	const char *thousands, *minus, *unit; /* unit: between number and % */
	const char *microseconds;
};

extern const struct report_script report_terminal, report_picture;

/* 1234567: "1 234 567" */
char *report_count(char *to, const struct report_script *s, uint64_t value);
/* 0.04567: "0.0457", 1234.5: "1 235" */
char *report_digits(char *to, const struct report_script *s, double value);
/* A ratio: 0.2512: "25.1 %" */
char *report_percent(char *to, const struct report_script *s, double ratio);
/* Without trailing zeros, for values that are round: 0.25: "25 %" */
char *report_round_percent(
    char *to, const struct report_script *s, double ratio);
/* An availability, with as many nines as it has: 0.99967: "99.967 %" */
char *report_nines(char *to, const struct report_script *s, double ratio);
/* The same as report_percent with its sign, "+4.4 %"; what rounds to nothing
 * has none. */
char *report_deviation(char *to, const struct report_script *s, double ratio);
/* An index of 0..1: "0.996" */
char *report_index(char *to, double index);
/* "12.3 s", "98.1 min", "3.2 h" or "22 days" */
char *report_span(char *to, const struct report_script *s, uint64_t ns);

/* The same of seconds, without trailing zeros, and of less than one: "30 s",
 * "7.25 s", "41 ms", "0 s" */
char *report_moment(char *to, const struct report_script *s, double seconds);

/* Since 1970, UTC, to 2554: "2014-03-09 08:05:01.250", milliseconds. */
char *report_time(char *to, uint64_t ns);
/* The same as ISO 8601 has it: "2014-03-09T08:05:01.250000000Z". */
char *report_time_iso(char *to, uint64_t ns);

/* fprintf for reports: a failure stays in the stream, for who closes it. */
__attribute__((format(printf, 2, 3))) void report_print(
    FILE *to, const char *format, ...);
void report_put(FILE *to, const char *text);
/* asprintf: the caller frees it; NULL without memory. */
__attribute__((format(printf, 1, 2))) char *report_compose(
    const char *format, ...);
/* snprintf; what does not fit is cut off. */
__attribute__((format(printf, 3, 4))) void report_format(
    char *to, size_t bytes, const char *format, ...);

/*
 * report_clean - a name from outside, made fit to be shown: what is no UTF-8
 * becomes U+FFFD; when `visible`, control characters (a terminal would obey
 * them) become '?'.  NULL is "".  The caller frees it; NULL without memory.
 */
char *report_clean(const char *raw, bool visible);
/* Writes it so, visible. */
void report_put_clean(FILE *to, const char *raw);

/* Characters of a valid UTF-8 text; each is taken for one column. */
size_t report_columns(const char *text);
/* Cuts the middle out of a long text, in place: "very-lo...-17".  columns
 * at least 5. */
void report_shorten(char *text, size_t columns);

#endif
