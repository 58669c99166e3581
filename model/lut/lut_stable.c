/* SPDX-License-Identifier: MIT */
/*
 * Maglev's balance and rendezvous's calm at once (doc/decisions.md 18).  The
 * base is Maglev's table over everybody, up or down.  Slots of members that
 * are down go to others, each by a list of its own that depends on nobody's
 * health, under a bound on what a member takes:
 *
 * - Round k: every slot that still waits, in the order of the table, asks the
 *   base's owner of another slot, drawn by (slot, k).  He takes it unless he
 *   is down or full.  Rounds, because whom an early round served no later one
 *   disturbs: when one more member goes, only the few that came late can be
 *   pushed on, and the chain of those whom they push is short.
 * - Who still waits after ROUNDS of them (where hardly anybody is up) takes
 *   the highest random weight among those with room.
 *
 * The bound lies SLACK_PART over the mean, less a fraction of a slot that
 * differs from member to member: else all bounds would grow by a slot at the
 * same failure, and everybody who is full would take a slot from a neighbour.
 *
 * With weights the base and the bounds have them: a member's mean is his share
 * by weight.  Who is drained is in the base like the heaviest, and down.
 *
 * Source: Maglev, as in lut.h.  Bounds: Mirrokni, Thorup and Zadimoghaddam,
 * Consistent hashing with bounded loads, SODA 2018.  Draws: after Dong and
 * Wang, DxHash, 2021.
 */
#include "model/lut/lut_parts.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS      64u
#define SLACK_PART  20u /* a member has at most 1/20 over the mean, */
#define SLACK_SLOTS 2u  /* or this many slots where that is more */

struct refill {
	struct lb_lut_chosen *chosen;
	uint32_t count, size;
	const uint16_t *base; /* the table with everybody up */
	uint16_t *slots;
	uint16_t *up; /* members */
	uint32_t up_count, up_weight;
	uint32_t *waiting; /* slots, ascending */
	uint32_t waiting_count;
};

/*
 * In 1/65536 of a slot.  With a slack of at least 2 slots and less than 1
 * taken off, every bound is above the mean rounded down: everybody may keep
 * what the base gives (with weights nearly: then what is over is kept too),
 * and there is room for all slots.
 */
static void
give_room(struct refill *r)
{
	for (uint32_t i = 0; i < r->count; i++) {
		struct lb_lut_chosen *member = &r->chosen[i];
		uint64_t mean =
		    ((uint64_t)r->size << 16) * member->weight / r->up_weight;
		uint64_t slack = mean / SLACK_PART;
		uint64_t less = lb_lut_score(member->hash, 0) & 0xffff;
		if (slack < SLACK_SLOTS << 16)
			slack = SLACK_SLOTS << 16;
		member->room = member->eligible
				   ? (uint32_t)((mean + slack - less) >> 16)
				   : 0;
	}
}

static void
take(struct refill *r, uint32_t slot, uint32_t member)
{
	r->slots[slot] = (uint16_t)member;
	r->chosen[member].room -= r->chosen[member].room > 0;
}

/* Who is up keeps what he has. */
static void
keep_or_wait(struct refill *r)
{
	for (uint32_t slot = 0; slot < r->size; slot++) {
		uint32_t member = r->base[slot];
		if (r->chosen[member].eligible)
			take(r, slot, member);
		else
			r->waiting[r->waiting_count++] = slot;
	}
}

/* Another slot; nothing secret, the base that it leads to is keyed. */
static uint32_t
draw(uint32_t slot, uint32_t round, uint32_t size)
{
	uint64_t mixed = lb_lut_score((uint64_t)round << 32, slot + 1);

	return (uint32_t)((mixed >> 32) * size >> 32);
}

static void
ask(struct refill *r, uint32_t round)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < r->waiting_count; i++) {
		uint32_t slot = r->waiting[i];
		uint32_t member = r->base[draw(slot, round, r->size)];
		if (r->chosen[member].room > 0)
			take(r, slot, member);
		else
			r->waiting[left++] = slot;
	}
	r->waiting_count = left;
}

static uint32_t
heaviest(const struct refill *r, uint32_t slot)
{
	uint64_t salt = lb_lut_score(slot, 1), best = 0;
	uint32_t winner = LB_NONE;

	for (uint32_t i = 0; i < r->up_count; i++) {
		uint32_t member = r->up[i];
		uint64_t mine = lb_lut_score(r->chosen[member].hash, salt);
		if (r->chosen[member].room > 0 &&
		    (winner == LB_NONE || mine > best)) {
			winner = member;
			best = mine;
		}
	}
	return winner;
}

static void
refill(struct refill *r)
{
	give_room(r);
	keep_or_wait(r);
	for (uint32_t round = 0; round < ROUNDS && r->waiting_count > 0;
	     round++)
		ask(r, round);
	for (uint32_t i = 0; i < r->waiting_count; i++)
		take(r, r->waiting[i], heaviest(r, r->waiting[i]));
}

static void
list_up(struct refill *r)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (r->chosen[i].eligible) {
			r->up[r->up_count++] = (uint16_t)i;
			r->up_weight += r->chosen[i].weight;
		}
}

int
lb_lut_fill_stable(struct lb_lut_chosen *chosen, uint32_t count, uint32_t size,
    uint16_t *slots)
{
	uint16_t *base = malloc(size * sizeof(*base));
	struct refill r = {
		.chosen = chosen,
		.count = count,
		.size = size,
		.base = base,
		.slots = slots,
		.up = malloc(count * sizeof(*r.up)),
		.waiting = malloc(size * sizeof(*r.waiting)),
	};
	bool memory = base != NULL && r.up != NULL && r.waiting != NULL;

	if (memory && lb_lut_fill_maglev(chosen, count, size, slots) == 0) {
		memcpy(base, slots, size * sizeof(*base));
		list_up(&r);
		if (r.up_count > 0 && r.up_count < count)
			refill(&r);
	} else {
		memory = false;
	}
	free(base);
	free(r.up);
	free(r.waiting);
	return memory ? 0 : -1;
}
