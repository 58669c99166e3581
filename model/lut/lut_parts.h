/* SPDX-License-Identifier: MIT */
#ifndef MODEL_LUT_PARTS_H
#define MODEL_LUT_PARTS_H
/*
 * What the fillers of lookup tables share; for model/lut/lut*.c only.  Fillers
 * write positions in `chosen`, lb_lut_fill() turns them into ids.
 */
#include "model/lut/lut.h"

/* A member, in the order of the names. */
struct lb_lut_chosen {
	uint64_t hash; /* of its name, keyed */
	uint32_t at;   /* maglev: its next slot, and */
	union {
		uint32_t skip; /* how far to the one after */
		uint32_t room; /* stable, later: slots it may still take */
	};
	uint16_t id;
	uint16_t weight;
	uint16_t credit; /* towards its next turn */
	bool eligible;   /* only stable looks at those that are not */
};

/* Whose turn it is: everybody's in order, again and again.  Who weighs less
 * than the heaviest saves up for his. */
struct lb_lut_turns {
	struct lb_lut_chosen *chosen;
	uint32_t count, at;
	uint32_t heaviest; /* weight; not 0 */
};

struct lb_lut_turns lb_lut_turns_of(
    struct lb_lut_chosen *chosen, uint32_t count);

static inline uint32_t
lb_lut_next_turn(struct lb_lut_turns *t)
{
	for (;;) {
		const uint32_t i = t->at;
		struct lb_lut_chosen *member = &t->chosen[i];
		uint32_t credit = (uint32_t)member->credit + member->weight;
		t->at = i + 1 == t->count ? 0 : i + 1;
		member->credit = (uint16_t)credit;
		if (credit < t->heaviest)
			continue;
		member->credit = (uint16_t)(credit - t->heaviest);
		return i;
	}
}

/* A good mix of two words that are random already. */
static inline uint64_t
lb_lut_score(uint64_t a, uint64_t b)
{
	uint64_t x = a ^ b;

	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

/* Over all of chosen; count > 0, size a prime or 1.  0, -1 without memory. */
int lb_lut_fill_maglev(struct lb_lut_chosen *chosen, uint32_t count,
    uint32_t size, uint16_t *slots);

void lb_lut_fill_rendezvous(const struct lb_lut_shape *shape,
    const struct lb_lut_chosen *chosen, uint32_t count, uint16_t *slots);

/* The same table, then the slots of those that are not eligible anew; somebody
 * is eligible.  0, -1 without memory. */
int lb_lut_fill_stable(struct lb_lut_chosen *chosen, uint32_t count,
    uint32_t size, uint16_t *slots);

#endif
