/* SPDX-License-Identifier: MIT */
#ifndef TESTS_REPORTS_TOWN_H
#define TESTS_REPORTS_TOWN_H
/* Surveys made up for the tests of reports/: a town of clients who all talk
 * to one server. */
#include "sim/run/survey.h"

struct town_spec {
	size_t clients, flows_each;
	uint64_t heavy_bytes; /* of the first client's first flow; others 100 */
	uint64_t seconds;
};

/* On the heap, with one file town.pcap; aborts without memory.  Free it with
 * sim_survey_free(). */
struct sim_survey *town_survey(const struct town_spec *spec);

#endif
