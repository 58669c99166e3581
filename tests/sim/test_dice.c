/* SPDX-License-Identifier: MIT */
/* Variates by address: what an address gives, through GSL and without. */
#include <math.h>
#include <string.h>

#include "sim/events/dice.h"
#include "tests/unit.h"

static void
gsl_reads_the_known_answers(void)
{
	static const uint32_t answers[] = { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c,
		0x9b00dbd8 };
	gsl_rng *rng = gsl_rng_alloc(sim_rng_philox);

	UNIT_NEED(rng);
	CU_ASSERT_STRING_EQUAL(gsl_rng_name(rng), "philox4x32-10");
	CU_ASSERT_EQUAL(gsl_rng_max(rng), UINT32_MAX);
	CU_ASSERT_EQUAL(gsl_rng_min(rng), 0);
	gsl_rng_set(rng, 0);
	for (int i = 0; i < 4; i++)
		UNIT_EQUAL("zeros", gsl_rng_get(rng), answers[i]);

	gsl_rng *copy = gsl_rng_clone(rng);

	UNIT_NEED(copy);
	for (int i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(gsl_rng_get(rng), gsl_rng_get(copy));
	gsl_rng_free(copy);
	gsl_rng_free(rng);
}

static void
the_first_block_is_the_draw_of_that_address(void)
{
	struct sim_dice dice;
	uint32_t out[4];

	sim_dice_init(&dice, UINT64_C(0x123456789abcdef0));
	sim_draw(UINT64_C(0x123456789abcdef0), SIM_DRAW_SIZE, 7,
	    UINT64_C(1) << 40, out);
	for (int again = 0; again < 2; again++) {
		const gsl_rng *rng =
		    sim_dice_at(&dice, SIM_DRAW_SIZE, 7, UINT64_C(1) << 40);

		for (int i = 0; i < 4; i++)
			CU_ASSERT_EQUAL(gsl_rng_get(rng), out[i]);
		/* and what follows is not the next n's */
		sim_draw(UINT64_C(0x123456789abcdef0), SIM_DRAW_SIZE, 7,
		    (UINT64_C(1) << 40) + 1, out + 0);
		CU_ASSERT_NOT_EQUAL(gsl_rng_get(rng), out[0]);
		sim_draw(UINT64_C(0x123456789abcdef0), SIM_DRAW_SIZE, 7,
		    UINT64_C(1) << 40, out);
	}
	CU_ASSERT_EQUAL(
	    sim_dice_bits(&dice, SIM_DRAW_SIZE, 7, UINT64_C(1) << 40),
	    (uint64_t)out[1] << 32 | out[0]);
}

/* One variate that reads far does not change another, nor does order. */
static void
an_address_is_all_that_counts(void)
{
	struct sim_dice a, b;

	sim_dice_init(&a, 42);
	sim_dice_init(&b, 42);

	const gsl_rng *rng = sim_dice_at(&a, SIM_DRAW_ARRIVAL, 0, 5);

	for (int i = 0; i < 1001; i++)
		(void)gsl_rng_get(rng);
	for (unsigned purpose = SIM_DRAW_ARRIVAL; purpose < SIM_DRAW_COUNT;
	     purpose++)
		for (uint64_t n = 0; n < 10; n++)
			CU_ASSERT_EQUAL(
			    sim_dice_bits(&a, (enum sim_purpose)purpose, 3, n),
			    sim_dice_bits(&b, (enum sim_purpose)purpose, 3, n));
	CU_ASSERT_NOT_EQUAL(sim_dice_bits(&a, SIM_DRAW_PORT, 3, 0),
	    sim_dice_bits(&a, SIM_DRAW_CLIENT, 3, 0));
}

static void
a_replication_has_a_seed_of_its_own(void)
{
	uint64_t seeds[1000];

	for (uint32_t r = 0; r < 1000; r++) {
		seeds[r] = sim_replication_seed(9, r);
		for (uint32_t before = 0; before < r; before++)
			CU_ASSERT_NOT_EQUAL(seeds[before], seeds[r]);
	}
	CU_ASSERT_EQUAL(seeds[0], 9);
	CU_ASSERT_NOT_EQUAL(seeds[1], sim_replication_seed(10, 1));
}

#define DRAWS    100000u
#define INTERVAL 3.29 /* standard deviations: 99.9 % */

/* Is the mean of so many draws within the interval? */
static bool
is_mean(double sum, double mean, double sd)
{
	return fabs(sum / DRAWS - mean) <= INTERVAL * sd / sqrt(DRAWS);
}

static void
helpers_are_what_they_say(void)
{
	struct sim_dice dice;
	double below = 0, chance = 0, exponential = 0, square = 0, uniform = 0;

	sim_dice_init(&dice, 1);
	for (uint64_t n = 0; n < DRAWS; n++) {
		uint64_t b = sim_dice_below(&dice, SIM_DRAW_CLIENT, 0, n, 10);
		uint64_t e = sim_dice_exponential(
		    &dice, SIM_DRAW_THINK, 0, n, 1000000000);

		CU_ASSERT_TRUE(b < 10);
		below += (double)b;
		chance +=
		    sim_dice_chance(&dice, SIM_DRAW_CONFIRMABLE, 0, n, 250000);
		exponential += (double)e / 1e9;
		square += (double)e / 1e9 * ((double)e / 1e9);
		uniform +=
		    gsl_rng_uniform(sim_dice_at(&dice, SIM_DRAW_SIZE, 0, n));
	}
	CU_ASSERT_TRUE(is_mean(below, 4.5, sqrt(99 / 12.0)));
	CU_ASSERT_TRUE(is_mean(chance, .25, sqrt(.25 * .75)));
	CU_ASSERT_TRUE(is_mean(exponential, 1, 1));
	CU_ASSERT_TRUE(is_mean(square, 2, sqrt(20)));
	CU_ASSERT_TRUE(is_mean(uniform, .5, sqrt(1 / 12.0)));
	CU_ASSERT_FALSE(sim_dice_chance(&dice, SIM_DRAW_SIZE, 0, 0, 0));
	CU_ASSERT_TRUE(sim_dice_chance(&dice, SIM_DRAW_SIZE, 0, 0, 1000000));
	/* what is too long for a clock is cut, not wrong */
	for (uint64_t n = 0; n < 100; n++)
		CU_ASSERT_TRUE(sim_dice_exponential(&dice, SIM_DRAW_SIZE, 0, n,
				   UINT64_MAX) <= UINT64_C(1) << 62);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "known answers", gsl_reads_the_known_answers },
		{ "first block", the_first_block_is_the_draw_of_that_address },
		{ "addresses", an_address_is_all_that_counts },
		{ "replications", a_replication_has_a_seed_of_its_own },
		{ "helpers", helpers_are_what_they_say },
		CU_TEST_INFO_NULL,
	};
	return unit_main("sim/dice", tests);
}
