/* SPDX-License-Identifier: MIT */
#include "reports/stats/expect.h"
#include "tests/reports/sample.h"
#include "tests/unit.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
near(double value, double wanted, double off)
{
	bool is = isnan(wanted) ? isnan(value) : fabs(value - wanted) <= off;
	if (!is)
		(void)printf("  %g, not %g\n", value, wanted);
	return is;
}

/* --- simulation.md C.2, C.3 ----------------------------------------------- */

/* clang-format off */
static const struct {
	size_t n;
	double e;
} maxima[] = { /* published, to four digits */
	{ 1, 0 }, { 2, .5642 }, { 3, .8463 }, { 4, 1.0294 }, { 5, 1.1630 },
	{ 8, 1.4236 }, { 10, 1.5388 }, { 16, 1.7660 }, { 20, 1.8675 },
	{ 32, 2.0697 }, { 50, 2.2491 }, { 64, 2.3437 }, { 100, 2.5076 },
	{ 200, 2.7460 }, { 500, 3.0367 }, { 1000, 3.2414 },
};

/* Keys of weight 1: what simulations gave, 4,000 runs each. */
static const struct {
	const char *what;
	size_t n, keys;
	double peak, jain;
} noise[] = {
	{ "2, 1 000",    2,   1000, 1.0249, .99901 },
	{ "5, 1 000",    5,   1000, 1.0831, .99604 },
	{ "8, 1 000",    8,   1000, 1.1284, .99308 },
	{ "8, 10 000",   8,  10000, 1.0406, .99930 },
	{ "20, 1 000",  20,   1000, 1.2714, .98148 },
	{ "50, 100 000", 50, 100000, 1.0506, .99951 },
};

/* Zipf's weights: the same. */
static const struct {
	const char *what;
	size_t keys, n;
	double zipf, jain;
} skewed[] = {
	{ "50, Zipf 1",      50, 4, 1.0, .817 },
	{ "500, Zipf 1",    500, 4, 1.0, .907 },
	{ "5 000, Zipf 0.8", 5000, 4, 0.8, .9873 },
};
/* clang-format on */

static void
test_maxima(void)
{
	for (size_t i = 0; i < COUNT(maxima); i++)
		CU_ASSERT_TRUE(near(report_expected_maximum(maxima[i].n),
		    maxima[i].e, 0.00005));
	/* of two: 1/sqrt(pi), of three: 1.5/sqrt(pi) */
	CU_ASSERT_TRUE(near(report_expected_maximum(2), 1 / sqrt(M_PI), 1e-9));
	CU_ASSERT_TRUE(
	    near(report_expected_maximum(3), 1.5 / sqrt(M_PI), 1e-9));
	/* as many as there can be: a sharp peak far out (extreme value law) */
	CU_ASSERT_TRUE(near(report_expected_maximum(65534), 4.291, 0.01));
	CU_ASSERT_TRUE(isnan(report_expected_maximum(0)));
}

static void
test_noise_floor(void)
{
	for (size_t i = 0; i < COUNT(noise); i++) {
		struct sample_spec spec = { noise[i].n, noise[i].keys, 0,
			NULL };
		struct sim_rule rule = sample_rule(&spec, 1);
		struct report_indices e = report_expect(&rule, REPORT_FLOWS, 1);
		double peak = noise[i].peak;

		UNIT_ROW(noise[i].what,
		    near(e.peak_to_average, peak, 0.02 * (peak - 1)));
		UNIT_ROW(noise[i].what,
		    near(e.jain, noise[i].jain, 0.02 * (1 - noise[i].jain)));
		UNIT_ROW(
		    noise[i].what, near(e.effective_backends,
				       (double)noise[i].n * e.jain, 1e-12));
		sample_rule_free(&rule);
	}
}

static void
test_skewed_keys(void)
{
	for (size_t i = 0; i < COUNT(skewed); i++) {
		struct sample_spec spec = { skewed[i].n, skewed[i].keys, 0,
			NULL };
		struct sim_rule rule = sample_rule(&spec, 1);
		for (size_t k = 0; k < rule.key_count; k++)
			rule.keys[k].flows =
			    (uint64_t)(1e9 /
				       pow((double)(k + 1), skewed[i].zipf));
		struct report_indices e = report_expect(&rule, REPORT_FLOWS, 1);
		UNIT_ROW(skewed[i].what, near(e.jain, skewed[i].jain, 0.003));
		sample_rule_free(&rule);
	}
}

/* --- against other ways ----------------------------------------------------
 */

/* Few enough to write all their hashes down. */
/* clang-format off */
static const struct {
	const char *what;
	size_t n, keys;
	uint64_t bytes[3];
	double jain, cv, peak, gini, off;
} small[] = {
	/* the two halves differ by 6, 4, 2 or 0 of 6, equally often */
	{ "3, 2, 1 on two", 2, 3, { 3, 2, 1 },
	  (1. / 2 + 9. / 13 + 9. / 10 + 1) / 4, 0.5, 1.5, 0.25, 0.02 },
	/* both on one backend in a quarter of them */
	{ "1, 1 on four", 4, 2, { 1, 1 },
	  (1. / 4 + 3. / 2) / 4, (1.7320508 + 3) / 4, (4. + 3 * 2) / 4,
	  (0.75 + 3 * 0.5) / 4, 0.02 },
	{ "one on four", 4, 1, { 9 }, 0.25, 1.7320508075688772, 4, 0.75, 1e-9 },
	{ "one on three", 3, 1, { 9 }, 1. / 3, 1.414213562373095, 3, 2. / 3,
	  1e-9 },
	{ "one on one", 1, 1, { 9 }, 1, 0, 1, 0, 0 },
	{ "nothing", 4, 1, { 0 }, NAN, NAN, NAN, NAN, 0 },
	{ "no keys", 4, 0, { 0 }, NAN, NAN, NAN, NAN, 0 },
};
/* clang-format on */

static void
test_small(void)
{
	for (size_t i = 0; i < COUNT(small); i++) {
		struct sim_backend backends[4] = { 0 };
		struct sim_key keys[3] = { 0 };
		struct sim_rule rule = { .backends = backends,
			.backend_count = small[i].n,
			.keys = keys,
			.key_count = small[i].keys };
		for (size_t k = 0; k < small[i].keys; k++)
			keys[k].bytes = small[i].bytes[k];
		struct report_indices e =
		    report_expect(&rule, REPORT_BYTES, 42);
		double off = small[i].off;
		UNIT_ROW(small[i].what, near(e.jain, small[i].jain, off));
		UNIT_ROW(small[i].what, near(e.cv, small[i].cv, off));
		UNIT_ROW(small[i].what,
		    near(e.peak_to_average, small[i].peak, 3 * off));
		UNIT_ROW(small[i].what, near(e.gini, small[i].gini, off));
		struct report_indices again =
		    report_expect(&rule, REPORT_BYTES, 42);
		UNIT_ROW(small[i].what, near(again.cv, e.cv, 0));
	}
}

/* Throws every key, `runs` times. */
static struct report_indices
the_long_way(const struct sim_rule *rule, unsigned runs)
{
	size_t n = rule->backend_count;
	double *load = calloc(n, sizeof(*load));
	struct report_indices sum = { 0, 0, 0, 0, 0 };
	uint64_t state = 17;

	if (load == NULL)
		abort();
	for (unsigned run = 0; run < runs; run++) {
		for (size_t i = 0; i < n; i++)
			load[i] = 0;
		for (size_t i = 0; i < rule->key_count; i++)
			load[sample_below(&state, n)] +=
			    (double)rule->keys[i].bytes;
		struct report_indices of = report_indices_of(load, n);
		sum.jain += of.jain / runs;
		sum.cv += of.cv / runs;
		sum.peak_to_average += of.peak_to_average / runs;
		sum.gini += of.gini / runs;
	}
	free(load);
	return sum;
}

/* By the law, drawn key by key, and drawn in part: all as the long way. */
static void
test_the_long_way(void)
{
	static const struct {
		const char *what;
		struct sample_spec spec;
		unsigned runs;
	} of[] = {
		{ "law, 2", { 2, 400, 0, NULL }, 20000 },
		{ "law, 8", { 8, 4000, 2.5, NULL }, 2000 },
		{ "law, 100", { 100, 20000, 0, NULL }, 200 },
		{ "drawn, 4", { 4, 50, 0, NULL }, 10000 },
		{ "drawn, 20", { 20, 900, 1.2, NULL }, 2000 },
		{ "in part, 4", { 4, 4000, 1.1, NULL }, 2000 },
		{ "in part, 200", { 200, 30000, 1.1, NULL }, 200 },
	};
	for (size_t i = 0; i < COUNT(of); i++) {
		struct sim_rule rule = sample_rule(&of[i].spec, 3);
		struct report_indices e = report_expect(&rule, REPORT_BYTES, 1);
		struct report_indices is = the_long_way(&rule, of[i].runs);

		UNIT_ROW(of[i].what,
		    near(1 - e.jain, 1 - is.jain, 0.05 * (1 - is.jain)));
		UNIT_ROW(of[i].what, near(e.cv, is.cv, 0.03 * is.cv));
		UNIT_ROW(of[i].what, near(e.peak_to_average, is.peak_to_average,
					 0.04 * (is.peak_to_average - 1)));
		UNIT_ROW(of[i].what, near(e.gini, is.gini, 0.03 * is.gini));
		sample_rule_free(&rule);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "maxima", test_maxima },
		{ "noise floor", test_noise_floor },
		{ "skewed keys", test_skewed_keys },
		{ "small", test_small },
		{ "the long way", test_the_long_way },
		CU_TEST_INFO_NULL,
	};

	return unit_main("expect", tests);
}
