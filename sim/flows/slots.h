/* SPDX-License-Identifier: MIT */
#ifndef SIM_SLOTS_H
#define SIM_SLOTS_H
/*
 * The index part of an open-addressing hash map: which of the owner's records
 * may have this hash.  Records live with their owner, in order of first
 * appearance, so that nothing that is counted or printed depends on the hash;
 * its secret is therefore drawn anew in every run, and a capture that was
 * made to collide does not.
 *
 * To look up: start at sim_slots_first(), go on with sim_slots_next() while
 * the slot is used and is not yours.  At most half of the slots are used.
 */
#include "model/path/addr.h"

struct sim_slot {
	uint32_t hash;
	uint32_t number; /* of the record, from 1; 0: unused */
};

struct sim_slots {
	struct sim_slot *at; /* 2^n of them */
	uint32_t mask, used;
};

/* What a map's hash is keyed with. */
struct sim_secret {
	uint64_t word[4];
};

/* Both are for the owner to call once; free takes a zeroed one too. */
int sim_slots_init(struct sim_slots *s); /* 0, -1 without memory */
void sim_slots_free(struct sim_slots *s);

/* Makes room for one more, doubling when half full.  0; -1 without memory or
 * beyond 2^31 slots. */
int sim_slots_reserve(struct sim_slots *s);

/* Notes a record in the unused slot that the search ended at. */
void sim_slots_fill(
    struct sim_slots *s, struct sim_slot *slot, uint32_t hash, uint32_t number);

/* From the system; when it has none to give, a fixed one. */
void sim_secret_draw(struct sim_secret *secret);

LB_INLINE struct sim_slot *
sim_slots_first(const struct sim_slots *s, uint32_t hash)
{
	return &s->at[hash & s->mask];
}

LB_INLINE struct sim_slot *
sim_slots_next(const struct sim_slots *s, const struct sim_slot *slot)
{
	return &s->at[(uint32_t)(slot - s->at + 1) & s->mask];
}

/* Calls for a line of memory that is needed soon.  The empty asm keeps gcc
 * from taking a function that does nothing else for one without effect. */
LB_INLINE void
sim_call_line(const void *at)
{
	__builtin_prefetch(at);
	__asm__ volatile("");
}

/* 64 by 64 bits to 128, folded: two multiplications' worth of mixing. */
LB_INLINE uint64_t
sim_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = a;

	product *= b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#endif
