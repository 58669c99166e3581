/* SPDX-License-Identifier: MIT */
#ifndef TESTS_REPORTS_WRECK_H
#define TESTS_REPORTS_WRECK_H
/* Failures made up for the tests of reports/, put into records of sample.h
 * that have a timeline. */
#include "tests/reports/sample.h"

struct wreck_spec {
	size_t faults;       /* of one backend after another */
	double first, apart; /* in parts of the run: at, and between them */
	size_t replications; /* 1: the run alone */
	bool has_clients, has_instances;
	const char *kind; /* NULL: by turns */
};

/* Aborts without memory.  Undo it before sample_free. */
void wreck_record(struct sim_record *record, const struct wreck_spec *spec);
void wreck_undo(struct sim_record *record);

#endif
