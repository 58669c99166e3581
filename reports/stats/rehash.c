/* SPDX-License-Identifier: MIT */
#include "reports/stats/rehash.h"
#include "reports/stats/fresh.h"
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>

/* Sums of the same weights in another order differ in the last bits: these
 * are ties, and ties count as "at least as uneven". */
#define TIE  1e-9
#define TAIL (REPORT_REHASHES / 40) /* 2.5 % */

#define MANY_WEIGHTS 100 /* beyond, a tenth of the draws must do */

static double
spread(const struct report_fresh *f)
{
	double n = (double)f->fair.count, sum = 0;
	for (size_t i = 0; i < f->backend_count; i++) {
		double off = f->load[i] - f->total / f->one_in[i];
		if (!isinf(f->one_in[i])) /* drained */
			sum += off * off * (f->one_in[i] / n);
	}
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

/* One backend of each weight stands for all of it: its number in `of` for
 * each.  Returns how many there are. */
static size_t
choose(const struct report_fresh *f, size_t *chosen, size_t *of)
{
	size_t count = 0;

	for (size_t i = 0; i < f->backend_count; i++) {
		size_t at = 0;
		while (at < count && f->rule->backends[chosen[at]].weight !=
					 f->rule->backends[i].weight)
			at++;
		if (at == count)
			chosen[count++] = i;
		of[i] = at;
	}
	return count;
}

/* drawn: a row of `draws` loads for each of the chosen. */
static void
draw_chosen(struct report_fresh *f, const size_t *chosen, size_t count,
    double *drawn, size_t draws)
{
	for (size_t d = 0; d < draws; d++) {
		report_fresh_draw(f);
		for (size_t i = 0; i < count; i++)
			drawn[i * draws + d] = f->load[chosen[i]];
	}
	for (size_t i = 0; i < count; i++)
		gsl_sort(drawn + i * draws, 1, draws);
}

static struct report_range
range_of(const double *drawn, size_t draws, double fair, double one_in)
{
	if (isinf(one_in))
		return (struct report_range){ NAN, NAN };
	return (struct report_range){
		fmax(drawn[draws / 40] / fair - 1, -1),
		fmin(drawn[draws - 1 - draws / 40] / fair - 1, one_in - 1),
	};
}

void
report_rehash_ranges(const struct sim_rule *rule, enum report_unit unit,
    uint64_t seed, struct report_range *ranges)
{
	size_t n = rule->backend_count, count = 0, draws = 0;
	size_t *chosen = calloc(n, sizeof(*chosen));
	size_t *of = calloc(n, sizeof(*of));
	double *drawn = NULL;
	struct report_fresh f;
	int opened =
	    report_fresh_open(&f, rule, unit, seed, REPORT_REHASH_EXACT);

	if (opened == 0 && chosen != NULL && of != NULL) {
		count = choose(&f, chosen, of);
		draws = count <= MANY_WEIGHTS ? REPORT_REHASHES
					      : REPORT_REHASHES / 10;
		drawn = calloc(count * draws, sizeof(*drawn));
	}
	if (drawn != NULL)
		draw_chosen(&f, chosen, count, drawn, draws);
	for (size_t i = 0; i < n; i++)
		ranges[i] = drawn == NULL
				? (struct report_range){ NAN, NAN }
				: range_of(drawn + of[i] * draws, draws,
				      f.total / f.one_in[i], f.one_in[i]);
	report_fresh_close(&f);
	free(drawn);
	free(chosen);
	free(of);
}
