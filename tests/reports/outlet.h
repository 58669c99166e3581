/* SPDX-License-Identifier: MIT */
#ifndef TESTS_REPORTS_OUTLET_H
#define TESTS_REPORTS_OUTLET_H
/* SNAT ports made up for the tests of reports/, put into records of sample.h
 * that have a timeline. */
#include "tests/reports/sample.h"

struct outlet_spec {
	size_t members, frontends; /* each pair has a gauge of TCP and of UDP */
	uint32_t ports;
	bool six;    /* destinations have IPv6 addresses */
	double peak; /* of the ports of the fullest; over 1: what failed */
	const char *prefix; /* of members' names; NULL: "vm-" */
};

/* Into every case; each following one is a little fuller.  Aborts without
 * memory.  sample_free() does not free them: outlet_undo() before it. */
void outlet_record(struct sim_record *record, const struct outlet_spec *spec);
void outlet_undo(struct sim_record *record);

#endif
