/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H
/* What reports/ does with a run record, one function per product. */
#include <stdio.h>
#include "sim/record/record.h"
#include "sim/run/survey.h"

/* The comparison as a person reads it: per case the backends' shares, the
 * fairness in a line, what was skipped and dropped. */
void report_table(const struct sim_record *record, FILE *to);

/* The last lines: packets, flows, balance. */
void report_closing(const struct sim_record *record, FILE *to);

/*
 * report_assertions - what was demanded, with PASS or FAIL; nothing when
 * nothing was.
 *
 * Returns how many failed; -1 without memory.
 */
int report_assertions(const struct sim_record *record, FILE *to);

/* The same without a word. */
int report_failures(const struct sim_record *record);

/* summary.json (design.md 8), indented, ending in a newline.
 * 0, -1 without memory or when writing fails (errno). */
int report_json(const struct sim_record *record, FILE *to);

enum report_paper { REPORT_A4, REPORT_LETTER };

struct report_options {
	bool force; /* replace an existing run */
	enum report_paper paper;
};

/* What captures are made of, how each mode would share it over so many
 * backends, and advice: as a person reads it. */
void report_inspect(const struct sim_survey *survey, size_t backends, FILE *to);

/* The same as a JSON document.  0, -1 without memory or when writing fails
 * (errno). */
int report_inspect_json(
    const struct sim_survey *survey, size_t backends, FILE *to);

/*
 * report_write  - a run directory: everything in reports/write.c's list.
 * report_redraw - the same again into a run's own directory: what a saved
 *     record does not hold (flows.csv, timing.json) stays as it is.
 *
 * Every file is written under a temporary name and renamed; the directory
 * appears only when all is there.
 * Returns 0; -1 with one line in error (what, where, how to mend it).
 */
int report_write(const struct sim_record *record, const char *dir,
    const struct report_options *options, char *error, size_t error_bytes);
int report_redraw(const struct sim_record *record, const char *dir,
    const struct report_options *options, char *error, size_t error_bytes);

#endif
