/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_PROSPECT_H
#define REPORTS_PROSPECT_H
/* How each mode would share what was surveyed, before anything is played. */
#include "reports/stats/stats.h"
#include "sim/run/survey.h"

/* By mode, in the survey's order, and unit; NAN without traffic. */
struct report_prospect {
	size_t backends;
	double alike[SIM_SURVEY_MODE][REPORT_UNIT_COUNT]; /* 1/H: as hard to
						spread as so many equal keys */
	double jain[SIM_SURVEY_MODE][REPORT_UNIT_COUNT];  /* predicted */
};

/* Cost: linear in the keys. */
void report_prospect(const struct sim_survey *survey, size_t backends,
    struct report_prospect *out);

#endif
