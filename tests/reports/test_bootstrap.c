/* SPDX-License-Identifier: MIT */
#include "reports/stats/bootstrap.h"
#include "tests/reports/sample.h"
#include "tests/unit.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TRIALS   150
#define TRUTH    2000

/* --- coverage ------------------------------------------------------------- */

/* A crowd of keys, and a hash that likes the last backends better: backend i's
 * chances are as 1 - bias to 1 + bias. */
struct crowd {
	const char *what;
	size_t n, keys;
	double tail, bias;
	double first; /* times the others' weight, and chance; 0: as theirs */
};

/* Another capture of that crowd. */
static void
draw_capture(struct sim_rule *rule, const struct crowd *of, uint64_t *state)
{
	double first = of->first > 0 ? of->first : 1;

	for (size_t i = 0; i < of->n; i++)
		rule->backends[i].bytes = 0;
	rule->backends[0].weight = (uint32_t)(100 * first);
	for (size_t i = 0; i < of->keys; i++) {
		struct sim_key *key = &rule->keys[i];
		double size = 1, chance;
		size_t to;
		if (of->tail > 0)
			size = pow(sample_uniform(state), -1 / of->tail);
		do {
			to = sample_below(state, of->n);
			chance =
			    1 + of->bias *
				    (2 * (double)to / (double)(of->n - 1) - 1);
			chance *= to == 0 ? first : 1;
		} while (
		    sample_uniform(state) * (1 + of->bias) * fmax(first, 1) >
		    chance);
		key->bytes = (uint64_t)(1000 * size);
		key->backend = (uint32_t)to;
		rule->backends[to].bytes += key->bytes;
	}
}

static struct report_fairness
true_means(struct sim_rule *rule, const struct crowd *of, uint64_t *state)
{
	struct report_fairness sum = { 0 };
	for (unsigned i = 0; i < TRUTH; i++) {
		struct report_fairness f;
		draw_capture(rule, of, state);
		if (report_fairness(rule, REPORT_BYTES, &f) != 0)
			abort();
		sum.jain += f.jain / TRUTH;
		sum.cv += f.cv / TRUTH;
		sum.gini += f.gini / TRUTH;
	}
	return sum;
}

static unsigned
holds(const struct report_range *range, double value)
{
	return range->low <= value && value <= range->high;
}

/* Of 150 captures' intervals at least 90 % hold what the crowd gives in the
 * mean; of plain percentiles none would, with 100 backends. */
static void
test_coverage(void)
{
	static const struct crowd crowds[] = {
		{ "perfect, 4", 4, 400, 0, 0, 0 },
		{ "perfect, 100", 100, 2000, 0, 0, 0 },
		{ "biased, 2", 2, 500, 0, 0.2, 0 },
		{ "biased, 4", 4, 1000, 0, 0.5, 0 },
		{ "biased, 20", 20, 1000, 0, 0.3, 0 },
		{ "biased, drawn by backend", 4, 3000, 0, 0.5, 0 },
		{ "biased, of unlike keys", 4, 1000, 2.5, 0.3, 0 },
		{ "by weight, perfect", 4, 1000, 0, 0, 3 },
		{ "by weight, biased", 4, 1000, 0, 0.5, 3 },
		{ "by weight, together", 8, 4000, 2.5, 0.3, 5 },
	};
	for (size_t i = 0; i < COUNT(crowds); i++) {
		struct sample_spec spec = { crowds[i].n, crowds[i].keys, 0,
			NULL };
		struct sim_rule rule = sample_rule(&spec, 1);
		uint64_t state = 23;
		struct report_fairness mean =
		    true_means(&rule, &crowds[i], &state);
		unsigned jain = 0, cv = 0, gini = 0, like = 0;

		for (unsigned t = 0; t < TRIALS; t++) {
			draw_capture(&rule, &crowds[i], &state);
			struct report_intervals is =
			    report_bootstrap(&rule, REPORT_BYTES, t);
			jain += holds(&is.jain, mean.jain);
			cv += holds(&is.cv, mean.cv);
			gini += holds(&is.gini, mean.gini);
			like += holds(&is.effective_backends,
			    mean.jain * (double)crowds[i].n);
		}
		UNIT_ROW(crowds[i].what, jain >= 0.9 * TRIALS);
		UNIT_ROW(crowds[i].what, cv >= 0.9 * TRIALS);
		UNIT_ROW(crowds[i].what, gini >= 0.9 * TRIALS);
		UNIT_ROW(crowds[i].what, like == jain);
		sample_rule_free(&rule);
	}
}

/* A true bias is not covered up: the interval does not hold 1, and is about
 * as wide as captures differ. */
static void
test_width(void)
{
	static const struct crowd crowd = { "", 4, 1000, 0, 0.5, 0 };
	struct sample_spec spec = { 4, 1000, 0, NULL };
	struct sim_rule rule = sample_rule(&spec, 1);
	uint64_t state = 5;
	double sum = 0, squares = 0;

	for (unsigned t = 0; t < TRUTH; t++) {
		struct report_fairness f;
		draw_capture(&rule, &crowd, &state);
		CU_ASSERT_EQUAL(report_fairness(&rule, REPORT_BYTES, &f), 0);
		sum += f.cv / TRUTH;
		squares += f.cv * f.cv / TRUTH;
	}
	double width = 2 * 1.96 * sqrt(squares - sum * sum);
	struct report_intervals is = report_bootstrap(&rule, REPORT_BYTES, 1);
	CU_ASSERT_TRUE(fabs(is.cv.high - is.cv.low - width) < 0.2 * width);
	CU_ASSERT_TRUE(is.jain.high < 0.95);
	sample_rule_free(&rule);
}

/* --- the two ways of drawing, and when there is none -----------------------
 */

/* One key more, of next to no weight, and the light ones are drawn together. */
static void
test_both_ways(void)
{
	struct sample_spec spec = { 4, 1025, 0, NULL };
	struct sim_rule rule = sample_rule(&spec, 2);
	struct sim_key *last = &rule.keys[1024];

	rule.backends[last->backend].bytes -= last->bytes - 1;
	last->bytes = 1;
	struct report_intervals many = report_bootstrap(&rule, REPORT_BYTES, 1);
	rule.key_count = 1024;
	struct report_intervals all = report_bootstrap(&rule, REPORT_BYTES, 1);
	double width = all.cv.high - all.cv.low;
	CU_ASSERT_TRUE(width > 0);
	CU_ASSERT_TRUE(fabs(many.cv.low - all.cv.low) < 0.1 * width);
	CU_ASSERT_TRUE(fabs(many.cv.high - all.cv.high) < 0.1 * width);

	/* the same seed, the same interval, to the last bit */
	struct report_intervals again =
	    report_bootstrap(&rule, REPORT_BYTES, 1);
	CU_ASSERT_TRUE(
	    !(again.cv.low < all.cv.low) && !(again.cv.low > all.cv.low));
	sample_rule_free(&rule);
}

static void
test_unknown(void)
{
	static const struct {
		const char *what;
		struct sample_spec spec;
		bool known;
	} of[] = {
		{ "10 keys a backend", { 4, 40, 0, NULL }, true },
		{ "fewer", { 4, 39, 0, NULL }, false },
		{ "one key", { 4, 1, 0, NULL }, false },
		{ "no keys", { 4, 0, 0, NULL }, false },
		{ "one backend", { 1, 40, 0, NULL }, false },
		{ "1,000 backends", { 1000, 10000, 0, NULL }, true },
	};
	for (size_t i = 0; i < COUNT(of); i++) {
		struct sim_rule rule = sample_rule(&of[i].spec, 1);
		struct report_intervals is =
		    report_bootstrap(&rule, REPORT_BYTES, 1);
		struct report_fairness f;

		CU_ASSERT_EQUAL(report_fairness(&rule, REPORT_BYTES, &f), 0);
		UNIT_ROW(of[i].what, isnan(is.jain.low) != of[i].known);
		UNIT_ROW(of[i].what, isnan(is.gini.high) != of[i].known);
		/* what was measured is in it */
		UNIT_ROW(of[i].what, !of[i].known || holds(&is.jain, f.jain));
		UNIT_ROW(of[i].what, !of[i].known || holds(&is.gini, f.gini));
		sample_rule_free(&rule);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "coverage", test_coverage },
		{ "width", test_width },
		{ "both ways", test_both_ways },
		{ "unknown", test_unknown },
		CU_TEST_INFO_NULL,
	};

	return unit_main("bootstrap", tests);
}
