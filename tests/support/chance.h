/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_CHANCE_H
#define TESTS_SUPPORT_CHANCE_H
/*
 * Chance for tests: the same seed gives the same test everywhere.
 *
 * Source: SplitMix64 (Steele, Lea and Flood, 2014).
 */
#include <stdbool.h>
#include <stdint.h>

struct chance {
	uint64_t state; /* any seed will do */
};

static inline uint64_t
chance_next(struct chance *c)
{
	uint64_t z = c->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 .. below - 1; below is not 0. */
static inline uint32_t
chance_below(struct chance *c, uint32_t below)
{
	return (uint32_t)((chance_next(c) >> 32) * below >> 32);
}

/* first .. last, both included. */
static inline uint32_t
chance_between(struct chance *c, uint32_t first, uint32_t last)
{
	return first + chance_below(c, last - first + 1);
}

static inline bool
chance_percent(struct chance *c, uint32_t percent)
{
	return chance_below(c, 100) < percent;
}

#endif
