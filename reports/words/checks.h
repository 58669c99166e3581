/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_CHECKS_H
#define REPORTS_CHECKS_H
/* What was demanded of a run, held against it. */
#include "sim/record/record.h"

/* An assertion of one case and, where it has one, one rule. */
struct report_check {
	char *text;         /* with their names in it */
	double measured;    /* NAN: not known, which fails */
	const char *reason; /* why not known; NULL */
	bool pass;
};

struct report_checks {
	struct report_check *at;
	size_t count, failed;
};

/*
 * report_checks_make - every assertion of a record, one that is of every rule
 * or case as often as there are such.  One for which there is none is kept,
 * and fails.
 *
 * Returns 0; -1 without memory.  Free it either way.
 */
int report_checks_make(
    struct report_checks *checks, const struct sim_record *record);
void report_checks_free(struct report_checks *checks);

#endif
