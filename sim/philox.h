/* SPDX-License-Identifier: MIT */
#ifndef SIM_PHILOX_H
#define SIM_PHILOX_H
/*
 * Random numbers by address: Philox4x32-10.  Every variate has a place of its
 * own, (seed, purpose, entity, n), and is the same wherever, whenever and by
 * whomever it is drawn.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3", SC'11; the constants and known answers are Random123's.
 */
#include <stdint.h>

enum sim_purpose {
	SIM_DRAW_HASH_KEY = 1, /* entity: the key's index; n: 0 */
	SIM_DRAW_PROBE_PHASE,  /* entity: the probe's; n: 0 */
};

/* The bare function: 128 bits of a counter under a key of 64. */
void sim_philox(
    const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* 128 random bits: the n-th of an entity.  Cost: ten rounds. */
void sim_draw(uint64_t seed, enum sim_purpose purpose, uint32_t entity,
    uint64_t n, uint32_t out[4]);

#endif
