/* SPDX-License-Identifier: MIT */
#include "reports/inspect/prospect.h"

void
report_prospect(const struct sim_survey *survey, size_t backends,
    struct report_prospect *out)
{
	out->backends = backends;
	for (unsigned m = 0; m < SIM_SURVEY_MODE; m++) {
		const struct sim_survey_mode *mode = &survey->modes[m];
		for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++) {
			double h = report_keys_concentration(
			    mode->keys, mode->key_count, u);
			out->alike[m][u] = 1 / h;
			out->jain[m][u] = report_expected_jain(h, backends);
		}
	}
}
