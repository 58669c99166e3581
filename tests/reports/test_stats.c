/* SPDX-License-Identifier: MIT */
#include "reports/stats/expect.h"
#include "reports/stats/rehash.h"
#include "reports/stats/stats.h"
#include "tests/reports/sample.h"
#include "tests/unit.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
near(double value, double wanted, double off)
{
	return isnan(wanted) ? isnan(value) : fabs(value - wanted) <= off;
}

/* A rule of loads alone, the same in every unit. */
static struct sim_rule
loaded(struct sim_backend *backends, const uint64_t *loads, size_t n)
{
	for (size_t i = 0; i < n; i++)
		backends[i] = (struct sim_backend){ .flows = loads[i],
			.packets = loads[i],
			.bytes = loads[i] };
	return (struct sim_rule){ .backends = backends, .backend_count = n };
}

/* By hand, from the formulae in stats.h. */
/* clang-format off */
static const struct {
	size_t n;
	uint64_t loads[4];
	double jain, peak, cv, gini, effective;
} indices[] = {
	{ 4, { 5, 5, 5, 5 }, 1,      1,   0,                 0,    4 },
	{ 4, { 4, 1, 3, 2 }, 5. / 6, 1.6, 0.447213595499958, 0.25, 10. / 3 },
	{ 4, { 0, 8, 0, 0 }, 0.25,   4,   1.732050807568877, 0.75, 1 },
	{ 3, { 2, 0, 2 },    2. / 3, 1.5, 0.707106781186548, 1./3, 2 },
	{ 2, { 3, 1 },       0.8,    1.5, 0.5,               0.25, 1.6 },
	{ 1, { 7 },          1,      1,   0,                 0,    1 },
	{ 2, { 0, 0 },       NAN,    NAN, NAN,               NAN,  NAN },
	{ 0, { 0 },          NAN,    NAN, NAN,               NAN,  NAN },
	/* large ones lose nothing: 3:1 in bytes of half a zettabyte */
	{ 2, { UINT64_C(3) << 60, UINT64_C(1) << 60 },
	                     0.8,    1.5, 0.5,               0.25, 1.6 },
};
/* clang-format on */

static void
test_indices(void)
{
	for (size_t i = 0; i < COUNT(indices); i++) {
		struct sim_backend backends[4];
		struct sim_rule rule =
		    loaded(backends, indices[i].loads, indices[i].n);
		for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++) {
			struct report_fairness f;
			CU_ASSERT_EQUAL(report_fairness(&rule, u, &f), 0);
			bool right =
			    near(f.jain, indices[i].jain, 1e-12) &&
			    near(f.peak_to_average, indices[i].peak, 1e-12) &&
			    near(f.cv, indices[i].cv, 1e-12) &&
			    near(f.gini, indices[i].gini, 1e-12) &&
			    near(f.effective_backends, indices[i].effective,
				1e-12) &&
			    isnan(f.expected_jain);
			if (!right)
				(void)printf(
				    "row %zu, %s\n", i, report_unit_name(u));
			CU_ASSERT_TRUE(right);
		}
	}
}

/* The same by weight: y = x/(n p), by hand. */
/* clang-format off */
static const struct {
	size_t n;
	uint32_t weights[3];
	uint64_t loads[3];
	double jain, peak, cv, gini, effective;
} weighted[] = {
	{ 3, { 200, 100, 100 }, { 2, 1, 1 }, 1, 1, 0, 0, 3 },
	{ 3, { 3, 7, 11 },      { 30, 70, 110 }, 1, 1, 0, 0, 3 },
	/* y as 1, 2, 2: 25/27; cv^2 2/25; (-2 + 4)/15 */
	{ 3, { 200, 100, 100 }, { 4, 4, 4 },
	  25. / 27, 1.2, 0.28284271247461901, 2. / 15, 25. / 9 },
	/* y as 1, 2, 4: 49/63; 6/49 * 7/3; (-2 + 8)/21 */
	{ 3, { 200, 100, 100 }, { 2, 2, 4 },
	  7. / 9, 12. / 7, 0.53452248382484879, 2. / 7, 7. / 3 },
	{ 3, { 200, 100, 100 }, { 8, 0, 0 },
	  1. / 3, 3, 1.4142135623730951, 2. / 3, 1 },
	/* the drained: nothing, or what a fault let them have */
	{ 3, { 100, 100, 0 },   { 3, 1, 0 }, 0.8, 1.5, 0.5, 0.25, 1.6 },
	{ 3, { 100, 100, 0 },   { 3, 1, 4 }, 0.8, 1.5, 0.5, 0.25, 1.6 },
	{ 2, { 100, 0 },        { 7, 9 },    1, 1, 0, 0, 1 },
	{ 2, { 100, 0 },        { 0, 9 },    NAN, NAN, NAN, NAN, NAN },
	/* nobody has weight: all have the same */
	{ 3, { 0, 0, 0 },       { 2, 0, 2 },
	  2. / 3, 1.5, 0.707106781186548, 1. / 3, 2 },
};
/* clang-format on */

static void
weigh(struct sim_rule *rule, const uint32_t *weights)
{
	for (size_t i = 0; i < rule->backend_count; i++)
		rule->backends[i].weight = weights[i];
}

static void
test_weighted(void)
{
	for (size_t i = 0; i < COUNT(weighted); i++) {
		struct sim_backend backends[3];
		struct sim_rule rule =
		    loaded(backends, weighted[i].loads, weighted[i].n);
		struct report_fairness f;
		weigh(&rule, weighted[i].weights);
		CU_ASSERT_EQUAL(report_fairness(&rule, REPORT_BYTES, &f), 0);
		bool right =
		    near(f.jain, weighted[i].jain, 1e-12) &&
		    near(f.peak_to_average, weighted[i].peak, 1e-12) &&
		    near(f.cv, weighted[i].cv, 1e-12) &&
		    near(f.gini, weighted[i].gini, 1e-12) &&
		    near(f.effective_backends, weighted[i].effective, 1e-12);
		if (!right)
			(void)printf("weighted row %zu\n", i);
		CU_ASSERT_TRUE(right);
	}
}

/* Fair shares, and what is fair of 2:1:1. */
static void
test_fair(void)
{
	struct sim_backend b[4] = { { .weight = 200, .bytes = 4 },
		{ .weight = 100, .bytes = 4 }, { .weight = 100, .bytes = 4 },
		{ .weight = 0, .bytes = 0 } };
	struct sim_key key = { .bytes = 12 };
	struct sim_rule rule = {
		.backends = b, .backend_count = 4, .keys = &key, .key_count = 1
	};
	struct report_fair fair = report_fair(&rule);
	struct report_fairness f;

	CU_ASSERT_TRUE(!fair.equal && fair.count == 3);
	CU_ASSERT_TRUE(near(report_fair_share(&fair, &b[0]), 0.5, 0));
	CU_ASSERT_TRUE(near(report_fair_share(&fair, &b[2]), 0.25, 0));
	CU_ASSERT_TRUE(near(report_fair_share(&fair, &b[3]), 0, 0));
	CU_ASSERT_TRUE(near(fair.most, 4, 0));
	CU_ASSERT_TRUE(near(fair.scatter, 10. / 9, 1e-15));
	CU_ASSERT_TRUE(
	    near(report_off_fair(&fair, &b[0], 1. / 3), -1. / 3, 1e-15));
	CU_ASSERT_TRUE(
	    near(report_off_fair(&fair, &b[1], 1. / 3), 1. / 3, 1e-15));
	CU_ASSERT_TRUE(isnan(report_off_fair(&fair, &b[3], 0)));
	CU_ASSERT_EQUAL(report_busiest(&rule, REPORT_BYTES), 1);
	/* one key: H is 1, and (n - 1) a H 20/9 */
	CU_ASSERT_EQUAL(report_fairness(&rule, REPORT_BYTES, &f), 0);
	CU_ASSERT_TRUE(near(f.expected_jain, 9. / 29, 1e-15));

	for (size_t i = 0; i < 4; i++)
		b[i].weight = 7;
	fair = report_fair(&rule);
	CU_ASSERT_TRUE(fair.equal && fair.count == 4);
	CU_ASSERT_TRUE(near(fair.most, 4, 0) && near(fair.scatter, 1, 0));
	CU_ASSERT_TRUE(near(report_fair_share(&fair, &b[0]), 0.25, 0));
}

/* Equal loads are exactly even, whatever their size. */
static void
test_equal_is_exact(void)
{
	for (size_t n = 1; n <= 1000; n = 3 * n + 1) {
		struct sim_backend *backends = calloc(n, sizeof(*backends));
		struct report_fairness f;
		for (size_t i = 0; i < n; i++)
			backends[i].bytes = 12345678901u;
		struct sim_rule rule = { .backends = backends,
			.backend_count = n };
		CU_ASSERT_EQUAL(report_fairness(&rule, REPORT_BYTES, &f), 0);
		CU_ASSERT_TRUE(f.jain >= 1 && f.jain <= 1);
		CU_ASSERT_TRUE(f.cv >= 0 && f.cv <= 0);
		CU_ASSERT_TRUE(f.gini >= 0 && f.gini <= 0);
		free(backends);
	}
}

/* --- perfect hashes: simulation.md C.2, C.3 ------------------------------- */

struct means {
	double jain, peak, gini, cv_squared;
};

/* Throws the keys at random `runs` times and averages the indices. */
static struct means
average(struct sim_rule *rule, unsigned runs, uint64_t *state)
{
	struct means sum = { 0 };
	for (unsigned run = 0; run < runs; run++) {
		for (size_t i = 0; i < rule->backend_count; i++)
			rule->backends[i].flows = 0;
		for (size_t i = 0; i < rule->key_count; i++) {
			size_t to = sample_below(state, rule->backend_count);
			rule->backends[to].flows += rule->keys[i].flows;
		}
		struct report_fairness f;
		/* the keys are not what is asked here: leave them out */
		struct sim_rule loads = *rule;
		loads.key_count = 0;
		if (report_fairness(&loads, REPORT_FLOWS, &f) != 0)
			abort();
		sum.jain += f.jain / runs;
		sum.peak += f.peak_to_average / runs;
		sum.gini += f.gini / runs;
		sum.cv_squared += f.cv * f.cv / runs;
	}
	return sum;
}

/* clang-format off */
static const struct {
	size_t n, m;
	unsigned runs;
	double peak, jain;
} noise[] = {
	{  2,   1000, 4000, 1.0249, .99901 },
	{  5,   1000, 4000, 1.0831, .99604 },
	{  8,   1000, 4000, 1.1284, .99308 },
	{  8,  10000,  600, 1.0406, .99930 },
	{ 20,   1000, 2000, 1.2714, .98148 },
	{ 50, 100000,  100, 1.0506, .99951 },
};
/* clang-format on */

static void
test_noise_floor(void)
{
	uint64_t state = 7;
	for (size_t i = 0; i < COUNT(noise); i++) {
		struct sample_spec spec = { noise[i].n, noise[i].m, 0, NULL };
		struct sim_rule rule = sample_rule(&spec, 1);
		struct means mean = average(&rule, noise[i].runs, &state);
		double n = (double)noise[i].n, m = (double)noise[i].m;

		CU_ASSERT_TRUE(
		    near(mean.peak, noise[i].peak, 0.06 * (noise[i].peak - 1)));
		CU_ASSERT_TRUE(near(mean.jain, noise[i].jain, 3e-4));
		/* E[Gini] = (n - 1)/sqrt(pi n m) within 1 or 2 % */
		double gini = (n - 1) / sqrt(M_PI * n * m);
		CU_ASSERT_TRUE(near(mean.gini, gini, 0.04 * gini));
		struct report_fairness f;
		CU_ASSERT_EQUAL(report_fairness(&rule, REPORT_FLOWS, &f), 0);
		CU_ASSERT_TRUE(near(f.expected_jain, m / (m + n - 1), 1e-9));
		sample_rule_free(&rule);
	}
}

/* clang-format off */
static const struct {
	size_t keys, n;
	double zipf;
	unsigned runs;
	double h, cv, expected, jain; /* C.3: predicted, predicted, simulated */
} skewed[] = {
	{   50, 4, 1.0, 4000, .0803, .4908, .806,  .817 },
	{  500, 4, 1.0, 4000, .0356, .3268, .904,  .907 },
	{ 5000, 4, 0.8, 1000, .0043, .1135, .9873, .9873 },
};
/* clang-format on */

static void
test_skewed_keys(void)
{
	uint64_t state = 11;
	for (size_t i = 0; i < COUNT(skewed); i++) {
		struct sample_spec spec = { skewed[i].n, skewed[i].keys, 0,
			NULL };
		struct sim_rule rule = sample_rule(&spec, 1);
		for (size_t k = 0; k < rule.key_count; k++)
			rule.keys[k].flows =
			    (uint64_t)(1e9 /
				       pow((double)(k + 1), skewed[i].zipf));
		double h = report_concentration(&rule, REPORT_FLOWS);
		struct means mean = average(&rule, skewed[i].runs, &state);
		struct report_fairness f;

		CU_ASSERT_EQUAL(report_fairness(&rule, REPORT_FLOWS, &f), 0);
		CU_ASSERT_TRUE(near(h, skewed[i].h, 0.00006));
		CU_ASSERT_TRUE(
		    near(f.expected_jain, skewed[i].expected, 0.0006));
		CU_ASSERT_TRUE(near(
		    sqrt(mean.cv_squared), skewed[i].cv, 0.03 * skewed[i].cv));
		CU_ASSERT_TRUE(near(mean.jain, skewed[i].jain, 0.005));
		sample_rule_free(&rule);
	}
}

/* --- and by weight -------------------------------------------------------- */

/* Throws each key at a backend with its fair share as the chance. */
static void
throw_by_weight(struct sim_rule *rule, uint64_t *state)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < rule->backend_count; i++) {
		struct sim_backend *b = &rule->backends[i];
		b->flows = b->bytes = 0;
		sum += b->weight;
	}
	for (size_t k = 0; k < rule->key_count; k++) {
		size_t at = 0;
		uint64_t left = sample_below(state, sum);
		while (left >= rule->backends[at].weight)
			left -= rule->backends[at++].weight;
		rule->keys[k].backend = (uint32_t)at;
		rule->backends[at].flows += rule->keys[k].flows;
		rule->backends[at].bytes += rule->keys[k].bytes;
	}
}

/* clang-format off */
static const struct {
	size_t n;
	uint32_t weights[5];
	double factor; /* E[cv^2]/H = (n - 1)/n^2 sum 1/p, by hand */
} scattered[] = {
	{ 3, { 200, 100, 100 },         20. / 9 }, /* not 21/9: see stats.h */
	{ 2, { 300, 100 },              4. / 3 },
	{ 5, { 400, 100, 50, 50, 200 }, 4. / 25 * (2 + 8 + 16 + 16 + 4) },
	{ 4, { 100, 100, 100, 0 },      2 },
	{ 4, { 100, 100, 100, 100 },    3 },
};
/* clang-format on */

/* The mean of cv^2 over 20,000 perfect hashes, and of the other indices. */
static void
test_scatter(void)
{
	uint64_t state = 17;
	const unsigned runs = 20000;
	for (size_t i = 0; i < COUNT(scattered); i++) {
		struct sample_spec spec = { scattered[i].n, 400, 0, NULL };
		struct sim_rule rule = sample_rule(&spec, 1);
		weigh(&rule, scattered[i].weights);
		double h = report_concentration(&rule, REPORT_FLOWS);
		struct means sum = { 0 };
		struct report_fairness f;
		for (unsigned run = 0; run < runs; run++) {
			throw_by_weight(&rule, &state);
			struct sim_rule loads = rule;
			loads.key_count = 0;
			if (report_fairness(&loads, REPORT_FLOWS, &f) != 0)
				abort();
			sum.jain += f.jain / runs;
			sum.peak += f.peak_to_average / runs;
			sum.gini += f.gini / runs;
			sum.cv_squared += f.cv * f.cv / runs;
		}
		double wanted = scattered[i].factor * h;
		if (!near(sum.cv_squared, wanted, 0.025 * wanted))
			(void)printf(
			    "row %zu: %g, not %g\n", i, sum.cv_squared, wanted);
		CU_ASSERT_TRUE(near(sum.cv_squared, wanted, 0.025 * wanted));
		CU_ASSERT_EQUAL(report_fairness(&rule, REPORT_FLOWS, &f), 0);
		CU_ASSERT_TRUE(near(f.expected_jain, 1 / (1 + wanted), 1e-12));
		struct report_indices is =
		    report_expect(&rule, REPORT_FLOWS, 1);
		CU_ASSERT_TRUE(near(is.jain, sum.jain, 0.05 * (1 - sum.jain)));
		CU_ASSERT_TRUE(near(is.gini, sum.gini, 0.04 * sum.gini));
		CU_ASSERT_TRUE(
		    near(is.peak_to_average, sum.peak, 0.05 * (sum.peak - 1)));
		sample_rule_free(&rule);
	}
}

/* --- p-values: C.4 -------------------------------------------------------- */

/* So many keys on each backend; how many flows each has is not asked. */
static double
p_of_counts(const size_t *counts, size_t n)
{
	struct sim_backend backends[8] = { 0 };
	struct sim_key keys[256];
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < counts[i]; j++)
			keys[at++] =
			    (struct sim_key){ 1 + j % 7, 1, 1, (uint32_t)i };
	struct sim_rule rule = { .backends = backends,
		.backend_count = n,
		.keys = keys,
		.key_count = at };
	return report_p_value(&rule, REPORT_FLOWS, 1);
}

/* clang-format off */
static const struct {
	size_t n, counts[4];
	double p;
} counted[] = {
	{ 2, { 60, 40 },         0.0455002638963584 }, /* X^2 = 4, df 1 */
	{ 4, { 25, 25, 25, 25 }, 1 },
	{ 4, { 10, 20, 30, 40 }, 0.000169742435552 },  /* X^2 = 20, df 3 */
	{ 4, { 5, 5, 5, 5 },     1 },
	{ 4, { 5, 5, 5, 4 },     NAN },                /* expected 4.75 */
	{ 1, { 100 },            NAN },                /* nothing to test */
	{ 2, { 0, 0 },           NAN },
};

/* Keys of weights 3, 2, 1 on two backends: the eight assignments are equally
 * likely, and differ by 6, 4, 2 or 0 twice each. */
static const struct {
	size_t n, keys;
	uint64_t bytes[3];
	uint32_t backend[3];
	double p;
} rehashed[] = {
	{ 2, 3, { 3, 2, 1 }, { 0, 0, 0 }, 0.25 },
	{ 2, 3, { 3, 2, 1 }, { 0, 0, 1 }, 0.5 },
	{ 2, 3, { 3, 2, 1 }, { 0, 1, 0 }, 0.75 },
	{ 2, 3, { 3, 2, 1 }, { 0, 1, 1 }, 1 },
	{ 4, 1, { 9 },       { 2 },       1 },   /* wherever it goes */
	{ 4, 2, { 9, 9 },    { 2, 2 },    0.25 },
	{ 4, 2, { 9, 9 },    { 0, 3 },    1 },
	{ 1, 2, { 9, 9 },    { 0, 0 },    NAN },
	{ 2, 2, { 0, 0 },    { 0, 1 },    NAN }, /* no weight */
	{ 2, 0, { 0 },       { 0 },       NAN },
};
/* clang-format on */

static void
test_p_values(void)
{
	for (size_t i = 0; i < COUNT(counted); i++)
		CU_ASSERT_TRUE(
		    near(p_of_counts(counted[i].counts, counted[i].n),
			counted[i].p, 1e-9));

	for (size_t i = 0; i < COUNT(rehashed); i++) {
		struct sim_backend backends[4] = { 0 };
		struct sim_key keys[3] = { 0 };
		struct sim_rule rule = { .backends = backends,
			.backend_count = rehashed[i].n,
			.keys = keys,
			.key_count = rehashed[i].keys };
		for (size_t k = 0; k < rehashed[i].keys; k++)
			keys[k] =
			    (struct sim_key){ .bytes = rehashed[i].bytes[k],
				    .backend = rehashed[i].backend[k] };
		double p = report_p_value(&rule, REPORT_BYTES, 42);
		if (!near(p, rehashed[i].p, 0.02))
			(void)printf("row %zu: %f\n", i, p);
		CU_ASSERT_TRUE(near(p, rehashed[i].p, 0.02));
		/* the same seed, the same answer, to the last bit */
		double again = report_p_value(&rule, REPORT_BYTES, 42);
		CU_ASSERT_TRUE(near(p, again, 0));
	}
}

/* Of 100 perfect hashes 5 are rejected at 5 %, whatever the flows' sizes: a
 * plain chi-square on packets would reject nearly all.  C.4 measured 4.6, 4.9,
 * 3.5 and 2.5 % for Q alone; where a key dominates, the re-hash test has 5. */
/* clang-format off */
static const struct {
	double tail, least; /* Pareto's; the rate measured for Q alone */
	unsigned trials;
} alarms[] = {
	{ 0,   0.046, 2000 },
	{ 2.5, 0.049, 1000 },
	{ 1.5, 0.035, 400 },
	{ 1.1, 0.025, 150 },
};
/* clang-format on */

static void
test_false_alarms(void)
{
	for (size_t i = 0; i < COUNT(alarms); i++) {
		struct sample_spec spec = { 8, 5000, alarms[i].tail, NULL };
		double trials = alarms[i].trials;
		double least = alarms[i].least, most = 0.05;
		unsigned rejected = 0;
		for (unsigned t = 0; t < alarms[i].trials; t++) {
			struct sim_rule rule = sample_rule(&spec, 1000 + t);
			rejected +=
			    report_p_value(&rule, REPORT_BYTES, 1) < 0.05;
			sample_rule_free(&rule);
		}
		/* and three standard deviations of the binomial law */
		least -= 3 * sqrt(least * (1 - least) / trials);
		most += 3 * sqrt(most * (1 - most) / trials);
		double rate = rejected / trials;
		bool right = rate > least && rate < most;
		if (!right)
			(void)printf(
			    "alpha %g: %.1f %%\n", alarms[i].tail, 100 * rate);
		CU_ASSERT_TRUE(right);
	}
}

/* How often a fresh assignment is at least as uneven, key by key. */
static double
p_the_long_way(const struct sim_rule *rule, unsigned runs)
{
	size_t n = rule->backend_count;
	double load[8], measured = 0;
	uint64_t state = 99;
	unsigned as_uneven = 0;

	for (unsigned run = 0; run <= runs; run++) {
		double squares = 0;
		for (size_t i = 0; i < n; i++)
			load[i] = 0;
		for (size_t i = 0; i < rule->key_count; i++) {
			size_t to = run == 0 ? rule->keys[i].backend
					     : sample_below(&state, n);
			load[to] += (double)rule->keys[i].bytes;
		}
		for (size_t i = 0; i < n; i++)
			squares += load[i] * load[i];
		if (run == 0)
			measured = squares * (1 - 1e-12);
		else
			as_uneven += squares >= measured;
	}
	return (double)as_uneven / runs;
}

/* X^2 = 12 of 40, 40, 20 where 50, 25, 25 are expected: exp(-6) with two
 * degrees of freedom. */
static void
test_p_by_weight(void)
{
	static const struct {
		size_t n;
		uint32_t weights[4];
		size_t counts[4];
		double p;
	} rows[] = {
		{ 3, { 200, 100, 100 }, { 50, 25, 25 }, 1 },
		{ 3, { 200, 100, 100 }, { 40, 40, 20 }, 0.00247875217666636 },
		{ 4, { 200, 100, 100, 0 }, { 40, 40, 20 },
		    0.00247875217666636 },
		{ 3, { 200, 100, 100 }, { 10, 5, 4 }, NAN }, /* 4.75 */
		{ 2, { 100, 0 }, { 50, 0 }, NAN }, /* nothing to test */
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_backend backends[4] = { 0 };
		struct sim_key keys[100];
		size_t at = 0;
		for (size_t b = 0; b < rows[i].n; b++) {
			backends[b].weight = rows[i].weights[b];
			for (size_t j = 0; j < rows[i].counts[b]; j++)
				keys[at++] =
				    (struct sim_key){ 1, 1, 1, (uint32_t)b };
		}
		struct sim_rule rule = { .backends = backends,
			.backend_count = rows[i].n,
			.keys = keys,
			.key_count = at };
		double p = report_p_value(&rule, REPORT_FLOWS, 1);
		if (!near(p, rows[i].p, 1e-9))
			(void)printf("row %zu: %f\n", i, p);
		CU_ASSERT_TRUE(near(p, rows[i].p, 1e-9));
		/* equal bytes: the same statistic, and nothing too few */
		if (!isnan(rows[i].p))
			CU_ASSERT_TRUE(
			    near(report_p_value(&rule, REPORT_BYTES, 1),
				rows[i].p, 1e-9));
	}
}

/* Hashed anew with chances of 3/4 and 1/4. */
static void
test_rehash_by_weight(void)
{
	static const struct {
		size_t keys;
		uint32_t backend[2];
		double p;
	} rows[] = {
		{ 1, { 0 }, 1 },
		{ 1, { 1 }, 0.25 },
		{ 2, { 1, 1 }, 0.0625 },
		/* both with the first, and one each, are as far off */
		{ 2, { 0, 1 }, 1 },
		{ 2, { 0, 0 }, 1 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_backend backends[2] = { { .weight = 300 },
			{ .weight = 100 } };
		struct sim_key keys[2] = { { .bytes = 9 }, { .bytes = 9 } };
		struct sim_rule rule = { .backends = backends,
			.backend_count = 2,
			.keys = keys,
			.key_count = rows[i].keys };
		for (size_t k = 0; k < rows[i].keys; k++)
			keys[k].backend = rows[i].backend[k];
		double p = report_p_value(&rule, REPORT_BYTES, 42);
		if (!near(p, rows[i].p, 0.01))
			(void)printf("row %zu: %f\n", i, p);
		CU_ASSERT_TRUE(near(p, rows[i].p, 0.01));
	}
}

/* 5 % of perfect hashes are rejected at 5 % by weight, too. */
static void
test_level_by_weight(void)
{
	static const uint32_t weights[] = { 400, 200, 100, 100, 50 };
	static const struct {
		double tail;
		size_t keys;
		unsigned trials;
		double least; /* Q alone is conservative under heavy tails */
	} rows[] = {
		{ 0, 500, 10000, 0.05 }, { 2.5, 2000, 1500, 0.05 },
		{ 1.3, 40, 300, 0.05 }, /* mostly the re-hash test */
	};
	uint64_t state = 29;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sample_spec spec = { 5, rows[i].keys, rows[i].tail,
			NULL };
		double trials = rows[i].trials;
		double off = 3 * sqrt(0.05 * 0.95 / trials);
		unsigned rejected = 0;
		for (unsigned t = 0; t < rows[i].trials; t++) {
			struct sim_rule rule = sample_rule(&spec, 5000 + t);
			weigh(&rule, weights);
			throw_by_weight(&rule, &state);
			rejected +=
			    report_p_value(&rule, REPORT_BYTES, t) < 0.05;
			sample_rule_free(&rule);
		}
		double rate = rejected / trials;
		bool right = rate > rows[i].least - off && rate < 0.05 + off;
		if (!right)
			(void)printf("row %zu: %.1f %%\n", i, 100 * rate);
		CU_ASSERT_TRUE(right);
	}
}

/* Beyond 1,024 keys the light ones are drawn together: here some, most and all
 * of the weight. */
static void
test_many_keys(void)
{
	static const struct sample_spec specs[] = {
		{ 8, 3000, 1.3, NULL },
		{ 3, 3000, 2.5, NULL },
		{ 2, 1500, 0, NULL },
	};
	for (uint64_t seed = 1; seed <= 9; seed++) {
		struct sim_rule rule = sample_rule(&specs[seed % 3], seed);
		double p = report_rehash(&rule, REPORT_BYTES, seed);
		double q = p_the_long_way(&rule, 3000);
		if (!near(p, q, 0.04))
			printf("seed %d: %f, %f\n", (int)seed, p, q);
		CU_ASSERT_TRUE(near(p, q, 0.04));
		sample_rule_free(&rule);
	}
}

/* What no draw matches still has a probability. */
static void
test_least_p(void)
{
	struct sample_spec spec = { 4, 20, 0, NULL };
	struct sim_rule rule = sample_rule(&spec, 1);
	for (size_t i = 0; i < rule.key_count; i++)
		rule.keys[i].backend = 3;
	CU_ASSERT_TRUE(near(report_rehash(&rule, REPORT_BYTES, 1), 1e-4, 0));
	sample_rule_free(&rule);
}

/* --- the band of a perfect hash ------------------------------------------- */

static void
test_band(void)
{
	struct report_range of = report_band(1. / 1000, 4);
	double sd = sqrt(3. / 1000);
	CU_ASSERT_TRUE(near(of.high, 1.959964 * sd, 1e-6));
	CU_ASSERT_TRUE(near(of.low, -1.959964 * sd, 1e-6));

	of = report_band(1, 4); /* cut to nothing and to everything */
	CU_ASSERT_TRUE(near(of.low, -1, 0) && near(of.high, 3, 0));
	of = report_band(NAN, 4);
	CU_ASSERT_TRUE(isnan(of.low) && isnan(of.high));
	of = report_band(1, 1);
	CU_ASSERT_TRUE(near(of.low, 0, 0) && near(of.high, 0, 0));

	/* one key: its backend has all with 1/4, and so is within 95 % ... */
	struct sample_spec spec = { 4, 1, 0, NULL };
	struct sim_rule rule = sample_rule(&spec, 1);
	of = report_perfect_range(&rule, REPORT_BYTES, 1);
	CU_ASSERT_TRUE(near(of.low, -1, 1e-9) && near(of.high, 3, 1e-9));
	sample_rule_free(&rule);
	/* ... with 1/100 it is not */
	spec.backend_count = 100;
	rule = sample_rule(&spec, 1);
	of = report_perfect_range(&rule, REPORT_BYTES, 1);
	CU_ASSERT_TRUE(near(of.low, -1, 1e-9) && near(of.high, -1, 1e-9));
	sample_rule_free(&rule);
}

/* Drawn and reckoned ranges agree where both hold. */
static void
test_band_drawn(void)
{
	struct sample_spec spec = { 4, 900, 0, NULL };
	struct sim_rule rule = sample_rule(&spec, 1);
	struct report_range drawn = report_rehash_range(&rule, REPORT_BYTES, 1);
	struct report_range law =
	    report_band(report_concentration(&rule, REPORT_BYTES), 4);
	CU_ASSERT_TRUE(near(drawn.low, law.low, 0.05 * law.high));
	CU_ASSERT_TRUE(near(drawn.high, law.high, 0.05 * law.high));
	sample_rule_free(&rule);

	spec.key_count = 4000; /* all of them light */
	rule = sample_rule(&spec, 1);
	drawn = report_rehash_range(&rule, REPORT_BYTES, 1);
	law = report_band(report_concentration(&rule, REPORT_BYTES), 4);
	CU_ASSERT_TRUE(near(drawn.low, law.low, 0.05 * law.high));
	CU_ASSERT_TRUE(near(drawn.high, law.high, 0.05 * law.high));
	sample_rule_free(&rule);
}

/* Each weight has its own range; reckoned, drawn singly, drawn together. */
static void
test_ranges_by_weight(void)
{
	static const uint32_t weights[] = { 300, 100, 100, 0 };
	static const size_t keys[] = { 900, 4000 };
	struct sample_spec spec = { 4, 0, 0, NULL };

	for (size_t i = 0; i < COUNT(keys); i++) {
		spec.key_count = keys[i];
		struct sim_rule rule = sample_rule(&spec, 1);
		uint64_t state = 3;
		struct report_range drawn[4];
		weigh(&rule, weights);
		throw_by_weight(&rule, &state);
		struct report_range *law =
		    report_perfect_ranges(&rule, REPORT_BYTES, 1);
		report_rehash_ranges(&rule, REPORT_BYTES, 1, drawn);
		/* 1/p - 1 = 2/3, 4, 4 */
		double sd = sqrt(4. / (double)keys[i]);
		CU_ASSERT_TRUE(near(law[1].high, 1.959964 * sd, 1e-6));
		CU_ASSERT_TRUE(
		    near(law[0].low, -1.959964 * sd / sqrt(6), 1e-6));
		for (size_t b = 0; b < 3; b++) {
			double off = 0.06 * law[b].high;
			CU_ASSERT_TRUE(near(drawn[b].low, law[b].low, off));
			CU_ASSERT_TRUE(near(drawn[b].high, law[b].high, off));
		}
		CU_ASSERT_TRUE(isnan(law[3].low) && isnan(drawn[3].high));
		struct report_range widest =
		    report_perfect_range(&rule, REPORT_BYTES, 1);
		CU_ASSERT_TRUE(near(widest.high, law[1].high, 0));
		free(law);
		weigh(&rule, (const uint32_t[]){ 9, 9, 9, 9 });
		CU_ASSERT_PTR_NULL(
		    report_perfect_ranges(&rule, REPORT_BYTES, 1));
		sample_rule_free(&rule);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "indices", test_indices },
		{ "by weight", test_weighted },
		{ "fair shares", test_fair },
		{ "scatter by weight", test_scatter },
		{ "p-values by weight", test_p_by_weight },
		{ "re-hash by weight", test_rehash_by_weight },
		{ "level by weight", test_level_by_weight },
		{ "ranges by weight", test_ranges_by_weight },
		{ "equal is exact", test_equal_is_exact },
		{ "noise floor", test_noise_floor },
		{ "skewed keys", test_skewed_keys },
		{ "p-values", test_p_values },
		{ "false alarms", test_false_alarms },
		{ "many keys", test_many_keys },
		{ "least p", test_least_p },
		{ "band", test_band },
		{ "band, drawn", test_band_drawn },
		CU_TEST_INFO_NULL,
	};

	return unit_main("stats", tests);
}
