/* SPDX-License-Identifier: MIT */
/* When sessions begin: rates, dispersion, order, and that addresses alone
 * decide. */
#include <math.h>

#include "sim/traffic/arrivals.h"
#include "tests/unit.h"

#define SECOND   LB_NS_PER_S
#define INTERVAL 3.29 /* standard deviations: 99.9 % */

static struct lb_traffic
traffic(enum lb_arrivals arrivals, uint64_t rate)
{
	struct lb_traffic t = lb_traffic_defaults(LB_PROFILE_DNS);

	t.arrivals = arrivals;
	t.rate = rate * LB_SCENE_ONE;
	return t;
}

static void
evenly_is_exact(void)
{
	struct lb_traffic t = traffic(LB_ARRIVALS_CONSTANT, 3);
	struct sim_arrivals a;
	struct sim_dice dice;

	t.start_ms = 2000;
	t.stop_ms = 4000;
	sim_dice_init(&dice, 1);
	sim_arrivals_init(&a, &t, 0, 100 * SECOND);
	for (uint64_t n = 0; n < 6; n++)
		UNIT_EQUAL("3/s", sim_arrivals_next(&a, &dice),
		    2 * SECOND + n * SECOND / 3);
	CU_ASSERT_EQUAL(sim_arrivals_next(&a, &dice), SIM_NEVER);
	CU_ASSERT_EQUAL(sim_arrivals_next(&a, &dice), SIM_NEVER);
	CU_ASSERT_EQUAL(a.count, 6);
}

static void
a_ramp_is_even(void)
{
	struct lb_traffic t = lb_traffic_defaults(LB_PROFILE_LONG_LIVED);
	struct sim_arrivals a;
	struct sim_dice dice;

	t.connections = 7;
	t.ramp_ms = 1000;
	sim_dice_init(&dice, 1);
	sim_arrivals_init(&a, &t, 0, 100 * SECOND);
	for (uint64_t n = 0; n < 7; n++)
		UNIT_EQUAL(
		    "ramp", sim_arrivals_next(&a, &dice), n * SECOND / 7);
	CU_ASSERT_EQUAL(sim_arrivals_next(&a, &dice), SIM_NEVER);
	t.ramp_ms = 0; /* all at once */
	sim_arrivals_init(&a, &t, 0, 100 * SECOND);
	for (uint64_t n = 0; n < 7; n++)
		CU_ASSERT_EQUAL(sim_arrivals_next(&a, &dice), 0);
	CU_ASSERT_EQUAL(sim_arrivals_next(&a, &dice), SIM_NEVER);
}

/* Sums of the counts of whole windows, for mean and dispersion. */
struct windows {
	double mean, variance;
	unsigned count;
};

static struct windows
count_windows(const struct lb_traffic *t, uint64_t window_ns, unsigned count)
{
	struct sim_arrivals a;
	struct sim_dice dice;
	struct windows w = { .count = count };
	double squares = 0;

	sim_dice_init(&dice, 7);
	sim_arrivals_init(&a, t, 3, count * window_ns);

	uint64_t at_ns = sim_arrivals_next(&a, &dice), before_ns = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned in = 0;

		while (at_ns < (i + 1) * window_ns) {
			CU_ASSERT_TRUE(at_ns >= before_ns);
			before_ns = at_ns;
			in++;
			at_ns = sim_arrivals_next(&a, &dice);
		}
		w.mean += in;
		squares += (double)in * in;
	}
	CU_ASSERT_EQUAL(at_ns, SIM_NEVER);
	w.mean /= count;
	w.variance = squares / count - w.mean * w.mean;
	return w;
}

static void
poisson_has_its_rate_and_dispersion_1(void)
{
	struct lb_traffic t = traffic(LB_ARRIVALS_POISSON, 50);
	struct windows w = count_windows(&t, SECOND, 4000);

	CU_ASSERT_TRUE(fabs(w.mean - 50) <= INTERVAL * sqrt(50 / 4000.0));
	/* (count - 1) var/mean is about chi-square: sd sqrt(2/count) */
	CU_ASSERT_TRUE(
	    fabs(w.variance / w.mean - 1) <= INTERVAL * sqrt(2 / 4000.0));
}

/* simulation.md D.2, with rates of bursts and between them, and the rates at
 * which one ends and the other begins. */
static void
bursts_have_their_rate_and_dispersion(void)
{
	static const struct {
		const char *row;
		uint64_t factor, burst_ms, every_ms;
	} rows[] = {
		{ "x10, 1 s of 10", 10 * LB_SCENE_ONE, 1000, 10000 },
		{ "x3, 200 ms of 1 s", 3 * LB_SCENE_ONE, 200, 1000 },
		{ "pauses", LB_SCENE_ONE / 10, 500, 2000 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lb_traffic t = traffic(LB_ARRIVALS_BURSTS, 20);
		double quiet = 20;
		double burst = quiet * (double)rows[i].factor / 1e6;
		double begin =
		    1e3 / (double)(rows[i].every_ms - rows[i].burst_ms);
		double end = 1e3 / (double)rows[i].burst_ms, all = begin + end;
		double mean = (quiet * end + burst * begin) / all;
		double index =
		    1 + 2 * (quiet - burst) * (quiet - burst) * begin * end /
			    (all * all * (quiet * end + burst * begin));

		t.burst_factor = rows[i].factor;
		t.burst_ms = rows[i].burst_ms;
		t.burst_every_ms = rows[i].every_ms;

		/* windows so long that the limit is reached */
		double window_s = 200 / all;
		struct windows w =
		    count_windows(&t, (uint64_t)(window_s * 1e9), 4000);

		UNIT_ROW(rows[i].row,
		    fabs(w.mean / window_s - mean) <=
			INTERVAL * sqrt(index * mean / (window_s * 4000)));
		UNIT_ROW(rows[i].row, fabs(w.variance / w.mean / index - 1) <=
					  INTERVAL * sqrt(2 / 4000.0) + .02);
	}
}

static void
bursts_without_end_are_poisson(void)
{
	struct lb_traffic t = traffic(LB_ARRIVALS_BURSTS, 50);

	t.burst_ms = 0;

	struct windows w = count_windows(&t, SECOND, 1000);

	CU_ASSERT_TRUE(fabs(w.mean - 50) <= INTERVAL * sqrt(50 / 1000.0));
}

/* P(Beta(3,4) <= x), written out. */
static double
beta_3_4(double x)
{
	double y = 1 - x, cdf = 0;
	static const double choose[] = { 20, 15, 6, 1 };

	for (int j = 3; j <= 6; j++)
		cdf += choose[j - 3] * pow(x, j) * pow(y, 6 - j);
	return cdf;
}

static double
flat(double x)
{
	return x;
}

/* The greatest distance from the law, against Kolmogorov's 99.9 %. */
static void
is_ordered_and_by_law(const struct lb_traffic *t, uint32_t count,
    uint64_t span_ns, double (*law)(double x))
{
	struct sim_arrivals a;
	struct sim_dice dice;
	double distance = 0;
	uint64_t before_ns = 0;

	sim_dice_init(&dice, 11);
	sim_arrivals_init(&a, t, 0, 1000 * SECOND);
	for (uint32_t n = 0; n < count; n++) {
		uint64_t at_ns = sim_arrivals_next(&a, &dice);

		CU_ASSERT_TRUE(at_ns >= before_ns && at_ns <= span_ns);
		before_ns = at_ns;

		double share = law((double)at_ns / (double)span_ns);

		distance = fmax(distance, fabs(share - (n + .5) / count));
	}
	CU_ASSERT_EQUAL(sim_arrivals_next(&a, &dice), SIM_NEVER);
	CU_ASSERT_TRUE(distance <= 1.95 / sqrt(count));
}

static void
so_many_come_in_their_span(void)
{
	struct lb_traffic t = traffic(LB_ARRIVALS_BETA, 2000);

	is_ordered_and_by_law(&t, 20000, 10 * SECOND, beta_3_4);

	t = lb_traffic_defaults(LB_PROFILE_COAP_DEVICES);
	t.devices = 100000;
	t.period_ms = 60000;
	is_ordered_and_by_law(&t, 100000, 60 * SECOND, flat);
	t.arrivals = LB_ARRIVALS_BETA;
	is_ordered_and_by_law(&t, 100000, 10 * SECOND, beta_3_4);
	t.devices = 1;
	is_ordered_and_by_law(&t, 1, 10 * SECOND, beta_3_4);
}

static void
an_address_is_all_that_counts(void)
{
	struct lb_traffic t = traffic(LB_ARRIVALS_BURSTS, 50);
	struct sim_arrivals a, b, other;
	struct sim_dice dice;
	unsigned same = 0;

	sim_dice_init(&dice, 3);
	sim_arrivals_init(&a, &t, 1, 1000 * SECOND);
	sim_arrivals_init(&b, &t, 1, 1000 * SECOND);
	sim_arrivals_init(&other, &t, 2, 1000 * SECOND);
	for (int i = 0; i < 100; i++) {
		uint64_t at_ns = sim_arrivals_next(&a, &dice);

		(void)sim_dice_bits(&dice, SIM_DRAW_SIZE, 0, 0);
		same += sim_arrivals_next(&other, &dice) == at_ns;
		CU_ASSERT_EQUAL(sim_arrivals_next(&b, &dice), at_ns);
	}
	CU_ASSERT_EQUAL(same, 0);
}

/* Nothing hangs, however little or much there is. */
static void
extremes_end(void)
{
	static const uint64_t rates[] = { 0, 1, UINT64_C(1) << 60 };

	for (unsigned kind = 0; kind <= LB_ARRIVALS_BETA; kind++)
		for (size_t i = 0; i < 3; i++) {
			struct lb_traffic t =
			    traffic((enum lb_arrivals)kind, 1);
			struct sim_arrivals a;
			struct sim_dice dice;

			t.rate = rates[i];
			sim_dice_init(&dice, 3);
			sim_arrivals_init(&a, &t, 0, 100 * SECOND);
			for (int n = 0; n < 10; n++) {
				uint64_t at_ns = sim_arrivals_next(&a, &dice);

				CU_ASSERT_TRUE(
				    at_ns == SIM_NEVER || at_ns < 100 * SECOND);
			}
			t.start_ms = 200000; /* after the end */
			sim_arrivals_init(&a, &t, 0, 100 * SECOND);
			CU_ASSERT_EQUAL(
			    sim_arrivals_next(&a, &dice), SIM_NEVER);
		}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "evenly", evenly_is_exact },
		{ "ramp", a_ramp_is_even },
		{ "Poisson", poisson_has_its_rate_and_dispersion_1 },
		{ "bursts", bursts_have_their_rate_and_dispersion },
		{ "no bursts", bursts_without_end_are_poisson },
		{ "in a span", so_many_come_in_their_span },
		{ "addresses", an_address_is_all_that_counts },
		{ "extremes", extremes_end },
		CU_TEST_INFO_NULL,
	};
	return unit_main("sim/arrivals", tests);
}
