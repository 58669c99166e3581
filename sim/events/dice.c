/* SPDX-License-Identifier: MIT */
#include "sim/events/dice.h"

#include <math.h>
#include <string.h>

#define BLOCK 4u /* numbers of 32 bits that the function gives at once */
/* The purpose is the low 8 bits of the last word; above them counts the
 * blocks of one variate, which a place far away takes over at the end. */
#define NEXT_BLOCK (UINT32_C(1) << 8)
#define LONGEST_NS 0x1p62 /* 146 years: what is later never comes */

static void
refill(struct sim_philox_state *s)
{
	sim_philox(s->counter, s->key, s->out);
	s->used = 0;
	s->counter[3] += NEXT_BLOCK;
	if (s->counter[3] < NEXT_BLOCK && ++s->counter[0] == 0)
		s->counter[1]++;
}

static uint32_t
next(struct sim_philox_state *s)
{
	if (s->used == BLOCK)
		refill(s);
	return s->out[s->used++];
}

/* --- as GSL wants it ------------------------------------------------------ */

static void
rng_set(void *state, unsigned long seed)
{
	struct sim_philox_state *s = state;

	*s = (struct sim_philox_state){
		.key = { (uint32_t)seed, (uint32_t)((uint64_t)seed >> 32) },
		.used = BLOCK,
	};
}

static unsigned long
rng_get(void *state)
{
	return next(state);
}

/* 53 bits, as many as a double has: tails reach to 2^-53. */
static double
rng_get_double(void *state)
{
	uint64_t high = next(state) >> 5, low = next(state) >> 6;

	return (double)(high << 26 | low) * 0x1p-53;
}

static const gsl_rng_type philox = {
	.name = "philox4x32-10",
	.max = UINT32_MAX,
	.min = 0,
	.size = sizeof(struct sim_philox_state),
	.set = rng_set,
	.get = rng_get,
	.get_double = rng_get_double,
};

const gsl_rng_type *const sim_rng_philox = &philox;

/* --- by address ----------------------------------------------------------- */

void
sim_dice_init(struct sim_dice *dice, uint64_t seed)
{
	memset(dice, 0, sizeof(*dice));
	dice->seed = seed;
	rng_set(&dice->state, seed);
	dice->rng.type = &philox;
}

const gsl_rng *
sim_dice_at(struct sim_dice *dice, enum sim_purpose purpose, uint32_t entity,
    uint64_t n)
{
	struct sim_philox_state *s = &dice->state;

	s->counter[0] = (uint32_t)n;
	s->counter[1] = (uint32_t)(n >> 32);
	s->counter[2] = entity;
	s->counter[3] = purpose;
	s->used = BLOCK;
	dice->rng.state = s;
	return &dice->rng;
}

uint64_t
sim_dice_bits(struct sim_dice *dice, enum sim_purpose purpose, uint32_t entity,
    uint64_t n)
{
	(void)sim_dice_at(dice, purpose, entity, n);

	uint64_t low = next(&dice->state);

	return (uint64_t)next(&dice->state) << 32 | low;
}

uint64_t
sim_dice_below(struct sim_dice *dice, enum sim_purpose purpose, uint32_t entity,
    uint64_t n, uint64_t limit)
{
	return sim_part_of(sim_dice_bits(dice, purpose, entity, n), limit);
}

bool
sim_dice_chance(struct sim_dice *dice, enum sim_purpose purpose,
    uint32_t entity, uint64_t n, uint64_t millionths)
{
	return sim_dice_below(dice, purpose, entity, n, 1000000) < millionths;
}

uint64_t
sim_dice_exponential(struct sim_dice *dice, enum sim_purpose purpose,
    uint32_t entity, uint64_t n, uint64_t mean_ns)
{
	(void)sim_dice_at(dice, purpose, entity, n);

	double u = rng_get_double(&dice->state); /* 0 <= u < 1 */

	double ns = -log1p(-u) * (double)mean_ns;

	return ns < LONGEST_NS ? (uint64_t)llround(ns) : (uint64_t)LONGEST_NS;
}
