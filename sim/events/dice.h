/* SPDX-License-Identifier: MIT */
#ifndef SIM_DICE_H
#define SIM_DICE_H
/*
 * Variates by address.  sim_dice_at() goes to the place of one, (seed,
 * purpose, entity, n), and hands out a generator that reads from there on: a
 * GSL distribution may take as many raw numbers as it likes, and no other
 * variate is another for it.  Cases that ask for the same addresses meet the
 * same arrivals, sizes and losses (common random numbers), whatever else they
 * ask for in between.
 *
 *     double gap = gsl_ran_exponential(
 *         sim_dice_at(&dice, SIM_DRAW_ARRIVAL, source, session), mean);
 *
 * What decides between things (which client, lost or not) is reckoned in
 * integers, for libm's last bit differs from machine to machine.
 *
 * Source: philox.h; simulation.md B.3.
 */
#include <stdbool.h>
#include <gsl/gsl_rng.h>

#include "sim/events/philox.h"

/* Philox4x32-10 for GSL; seeded, it begins at the counter 0. */
extern const gsl_rng_type *const sim_rng_philox;

/* Its state: 128 bits of counter, and what of a block is not yet used. */
struct sim_philox_state {
	uint32_t counter[4], key[2], out[4];
	uint32_t used; /* of out */
};

/* Copied, it is another of the same seed. */
struct sim_dice {
	uint64_t seed;
	struct sim_philox_state state;
	gsl_rng rng;
};

/* seed: a replication's, of sim_replication_seed(). */
void sim_dice_init(struct sim_dice *dice, uint64_t seed);

/*
 * sim_dice_at - the generator at the beginning of a variate.
 *
 * Valid until the dice are moved or asked again.  Cost: none before it is read,
 * then ten rounds for each four numbers of 32 bits, of which a place has 2^26.
 */
const gsl_rng *sim_dice_at(struct sim_dice *dice, enum sim_purpose purpose,
    uint32_t entity, uint64_t n);

/* 64 random bits; 0..limit-1, for limit > 0; true so many times of a million.
 * Cost: ten rounds. */
uint64_t sim_dice_bits(struct sim_dice *dice, enum sim_purpose purpose,
    uint32_t entity, uint64_t n);
uint64_t sim_dice_below(struct sim_dice *dice, enum sim_purpose purpose,
    uint32_t entity, uint64_t n, uint64_t limit);
bool sim_dice_chance(struct sim_dice *dice, enum sim_purpose purpose,
    uint32_t entity, uint64_t n, uint64_t millionths);

/* An exponential time of that mean, rounded to a nanosecond; at most 2^62. */
uint64_t sim_dice_exponential(struct sim_dice *dice, enum sim_purpose purpose,
    uint32_t entity, uint64_t n, uint64_t mean_ns);

/* bits of 2^64, as a part of limit: 0..limit-1, each as likely but for
 * limit / 2^64. */
static inline uint64_t
sim_part_of(uint64_t bits, uint64_t limit)
{
	return (uint64_t)((unsigned __int128)bits * limit >> 64);
}

#endif
