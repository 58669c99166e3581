/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_CONN_H
#define MODEL_PATH_CONN_H
/*
 * The connection table: find a flow, make an entry, move its state on.  The
 * key is scratch->key; `hash` is its LB_HASH_FLOW hash.  All of it is safe
 * against other CPUs and one sweeper (table.h says who writes what).
 *
 * Source: mechanism.md 4 to 7; replacement order: design.md 2.
 */
#include "model/path/seam.h"

enum lb_conn_answer {
	LB_CONN_MISS = -1,   /* not in the table */
	LB_CONN_TAKEN = -2,  /* somebody writes a way with our tag just now */
	LB_CONN_NO_WAY = -3, /* every way is open: nothing to replace */
	LB_CONN_LOST = -4,   /* two claims in a row were lost to others */
};

/* Beside the way in lb_conn_make*()'s result: it was there already. */
#define LB_CONN_FOUND 0x8

/*
 * lb_conn_fetch - ask for all of a bucket's cache lines at once.
 *
 * For a newcomer, who will weigh every way: the lines then come side by side
 * with the control words, not one after the other.  Changes nothing.
 */
LB_INLINE void
lb_conn_fetch(uint64_t ctx, uint64_t hash, bool six)
{
	if (six) {
		const struct lb_bucket6 *b = lb_bucket6(ctx, (uint32_t)hash);
		LB_UNROLL
		for (uint32_t way = 0; b != NULL && way < LB_WAYS; way++)
			(void)LB_LOAD(b->entry[way].w1);
	} else {
		const struct lb_bucket4 *b = lb_bucket4(ctx, (uint32_t)hash);
		LB_UNROLL
		for (uint32_t way = 0; b != NULL && way < LB_WAYS; way += 2)
			(void)LB_LOAD(b->entry[way].w1);
	}
}

/*
 * lb_conn_find4, lb_conn_find6 - the entry of scratch->key.
 *
 * Returns its way 0..7 with scratch->hit filled, LB_CONN_MISS or
 * LB_CONN_TAKEN.  Whether it has expired is for the caller to ask.
 * Cost: one bucket, 2 cache lines.  Targets: both.
 */
LB_GLOBAL int lb_conn_find4(uint64_t ctx, uint64_t hash);
LB_GLOBAL int lb_conn_find6(uint64_t ctx, uint64_t hash);

/*
 * lb_conn_victim4, lb_conn_victim6 - the way that a newcomer may have.
 *
 * An empty one, else the longest idle of: the expired, the closing, the
 * half-open; ties to the lowest.  Returns the way with its control word in
 * scratch->victim, or LB_CONN_NO_WAY.  Cost: the whole bucket.
 */
#define LB_VICTIM_RANK_SHIFT 32
#define LB_VICTIM_EXPIRED    3u /* rank; lower ones still live */

LB_GLOBAL int lb_conn_victim4(uint64_t ctx, uint64_t hash, uint32_t now_ms);
LB_GLOBAL int lb_conn_victim6(uint64_t ctx, uint64_t hash, uint32_t now_ms);

/* Did the way that lb_conn_make() took have an entry that still lived? */
LB_INLINE bool
lb_victim_lived(const struct lb_victim *victim)
{
	uint64_t rank = LB_LOAD(victim->score) >> LB_VICTIM_RANK_SHIFT;
	return rank != 0 && rank < LB_VICTIM_EXPIRED;
}

/*
 * lb_conn_make4, lb_conn_make6 - an entry for scratch->key, half-open, with
 * the words of scratch->fresh.
 *
 * low      kind << 6 | class, the low byte of ctl.
 * prefer   the way of scratch->hit to claim anew, or -1: choose a victim.
 *
 * Returns the way, or way | LB_CONN_FOUND when another CPU made the same
 * entry meanwhile (then scratch->hit is it), or LB_CONN_TAKEN, _NO_WAY, _LOST.
 * Cost: one bucket, at most 2 x 5 (9) cache lines.  Targets: both.
 */
LB_GLOBAL int lb_conn_make4(
    uint64_t ctx, uint64_t hash, uint32_t now_ms, uint32_t low, int prefer);
LB_GLOBAL int lb_conn_make6(
    uint64_t ctx, uint64_t hash, uint32_t now_ms, uint32_t low, int prefer);

/*
 * lb_conn_advance4, lb_conn_advance6 - move the entry that had control word
 * `ctl` on to `state`; never back.
 *
 * Returns 1 when this call moved it, 0 when it was there or further, or is
 * not that entry any more.
 */
LB_GLOBAL int lb_conn_advance4(
    uint64_t ctx, uint64_t hash, uint32_t way, uint64_t ctl, uint32_t state);
LB_GLOBAL int lb_conn_advance6(
    uint64_t ctx, uint64_t hash, uint32_t way, uint64_t ctl, uint32_t state);

/* Milliseconds an entry in this state may stay silent. */
LB_INLINE uint32_t
lb_conn_timeout_ms(const struct lb_class *classes, uint64_t ctl)
{
	const struct lb_class *class = &classes[lb_ctl_class(ctl)];
	uint32_t state = lb_ctl_state(ctl);
	if (state <= LB_CONN_ANSWERED)
		return class->half_ms;
	uint32_t most = state == LB_CONN_CLOSING_RST   ? class->rst_ms
			: state == LB_CONN_CLOSING_FIN ? class->fin_ms
						       : UINT32_MAX;
	return class->open_ms < most ? class->open_ms : most;
}

/* Clocks of two CPUs differ by a tick: what lies ahead is not ages ago. */
LB_INLINE uint32_t
lb_idle_ms(uint32_t now_ms, uint32_t seen_ms)
{
	uint32_t idle = now_ms - seen_ms;
	return idle < UINT32_C(0x80000000) ? idle : 0;
}

LB_INLINE bool
lb_conn_expired(const struct lb_class *classes, uint64_t ctl, uint32_t now_ms,
    uint32_t seen_ms)
{
	return lb_idle_ms(now_ms, seen_ms) >= lb_conn_timeout_ms(classes, ctl);
}

#endif
