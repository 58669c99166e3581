/* SPDX-License-Identifier: MIT */
#include "reports/rehash.h"
#include "reports/fresh.h"
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>

/* Sums of the same weights in another order differ in the last bits: these
 * are ties, and ties count as "at least as uneven". */
#define TIE  1e-9
#define TAIL (REPORT_REHASHES / 40) /* 2.5 % */

static double
spread(const struct report_fresh *f)
{
	double mean = f->total / (double)f->backend_count, sum = 0;
	for (size_t i = 0; i < f->backend_count; i++)
		sum += (f->load[i] - mean) * (f->load[i] - mean);
	return sum;
}

double
report_rehash(const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	struct report_fresh f;
	double p = NAN;

	if (report_fresh_open(&f, rule, unit, seed, REPORT_REHASH_EXACT) == 0) {
		double measured = spread(&f) * (1 - TIE);
		unsigned as_uneven = 0;
		for (unsigned i = 0; i < REPORT_REHASHES; i++) {
			report_fresh_draw(&f);
			if (spread(&f) >= measured)
				as_uneven++;
		}
		p = (1.0 + as_uneven) / (1.0 + REPORT_REHASHES);
	}
	report_fresh_close(&f);
	return p;
}

struct report_range
report_rehash_range(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	struct report_range range = { NAN, NAN };
	double *drawn = calloc(REPORT_REHASHES, sizeof(*drawn));
	struct report_fresh f;
	int opened =
	    report_fresh_open(&f, rule, unit, seed, REPORT_REHASH_EXACT);

	if (opened == 0 && drawn != NULL) {
		double fair = f.total / (double)f.backend_count;
		for (size_t i = 0; i < REPORT_REHASHES; i++)
			drawn[i] = report_fresh_draw_one(&f);
		gsl_sort(drawn, 1, REPORT_REHASHES);
		/* what the normal law adds may leave what a share can be */
		range.low = fmax(drawn[TAIL] / fair - 1, -1);
		range.high = fmin(drawn[REPORT_REHASHES - 1 - TAIL] / fair - 1,
		    (double)(f.backend_count - 1));
	}
	report_fresh_close(&f);
	free(drawn);
	return range;
}
