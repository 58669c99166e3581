/* SPDX-License-Identifier: MIT */
/*
 * Highest random weight.  Every member draws u in (0, 1) for a slot; the
 * largest of weight / -log u takes it, and so each gets slots in proportion to
 * his weight.  When one weight changes, slots move to or from that member
 * only: nobody else's draws changed.
 *
 * In integers, so that every machine fills the same table: -log2 u is a
 * fixed-point number, read off 257 values with straight lines between them.
 * It never grows with u, so that among equals the larger u wins, as it does
 * without weights.
 */
#include "model/lut/lut_parts.h"

#include "model/lut/hash_key.h"

#define ONE        (UINT64_C(1) << 32) /* in fixed point */
#define STEPS_BITS 8
#define STEPS      (1u << STEPS_BITS)

struct logs {
	uint64_t at[STEPS + 1]; /* log2 (1 + i / STEPS) */
};

/* log2 of m / 2^63, m in [2^63, 2^64): by squaring, a bit at a time. */
static uint64_t
log2_slowly(uint64_t m)
{
	uint64_t result = 0;

	for (uint64_t bit = ONE / 2; bit > 0; bit /= 2) {
		unsigned __int128 square = (unsigned __int128)m * m >> 63;
		if ((square >> 64) != 0) {
			square >>= 1;
			result |= bit;
		}
		m = (uint64_t)square;
	}
	return result;
}

static void
make_logs(struct logs *logs)
{
	for (uint32_t i = 0; i < STEPS; i++)
		logs->at[i] = log2_slowly(
		    (UINT64_C(1) << 63) + ((uint64_t)i << (63 - STEPS_BITS)));
	logs->at[STEPS] = ONE;
}

/* -log2 (u / 2^64), at least 1 and at most 65 x ONE. */
static uint64_t
minus_log2(const struct logs *logs, uint64_t u)
{
	unsigned zeros = u == 0 ? 63 : (unsigned)__builtin_clzll(u);
	uint64_t fraction = (u << zeros) << 1; /* without the leading 1 */
	uint32_t step = (uint32_t)(fraction >> (64 - STEPS_BITS));
	uint64_t between = (fraction << STEPS_BITS) >> 32;
	uint64_t low = logs->at[step], high = logs->at[step + 1];

	return (zeros + 1) * ONE - low - ((high - low) * between >> 32);
}

/* Whom everything would be the same without. */
static bool
all_weigh_the_same(const struct lb_lut_chosen *chosen, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		if (chosen[i].weight != chosen[0].weight)
			return false;
	return true;
}

static uint32_t
highest(const struct lb_lut_chosen *chosen, uint32_t count, uint64_t salt)
{
	uint64_t best = lb_lut_score(chosen[0].hash, salt);
	uint32_t winner = 0;

	for (uint32_t i = 1; i < count; i++) {
		uint64_t mine = lb_lut_score(chosen[i].hash, salt);
		winner = mine > best ? i : winner;
		best = mine > best ? mine : best;
	}
	return winner;
}

/* a / weight of a < b / weight of b, without dividing; numbers of 39 bits
 * times 10. */
static uint32_t
highest_weighted(const struct lb_lut_chosen *chosen, uint32_t count,
    uint64_t salt, const struct logs *logs)
{
	uint64_t best_u = lb_lut_score(chosen[0].hash, salt);
	uint64_t best = minus_log2(logs, best_u);
	uint32_t winner = 0;

	for (uint32_t i = 1; i < count; i++) {
		uint64_t u = lb_lut_score(chosen[i].hash, salt);
		uint64_t log = minus_log2(logs, u);
		uint64_t mine = log * chosen[winner].weight;
		uint64_t his = best * chosen[i].weight;
		if (mine < his || (mine == his && u > best_u)) {
			winner = i;
			best = log;
			best_u = u;
		}
	}
	return winner;
}

void
lb_lut_fill_rendezvous(const struct lb_lut_shape *shape,
    const struct lb_lut_chosen *chosen, uint32_t count, uint16_t *slots)
{
	const bool same = all_weigh_the_same(chosen, count);
	struct logs logs;

	if (!same)
		make_logs(&logs);
	for (uint32_t slot = 0; slot < shape->size; slot++) {
		uint64_t salt =
		    lb_siphash(shape->hash_key, &slot, sizeof(slot));
		slots[slot] = (uint16_t)(same ? highest(chosen, count, salt)
					      : highest_weighted(chosen, count,
						    salt, &logs));
	}
}
