/* SPDX-License-Identifier: MIT */
#include "model/lut/lut_parts.h"

#include <stdlib.h>
#include <string.h>

#include "model/lut/hash_key.h"

static int
by_name(const void *a, const void *b)
{
	const struct lb_lut_member *left = a, *right = b;

	return strcmp(left->name, right->name);
}

/* Those that the table is made of, unsorted; returns how many, 0 when nobody
 * may have a slot.  Stable wants everybody. */
static int
sift(const struct lb_lut_shape *shape, const struct lb_lut_member *members,
    size_t count, struct lb_lut_member *kept)
{
	bool any = false;
	int n = 0;

	for (size_t i = 0; i < count; i++) {
		bool takes = members[i].eligible && members[i].weight > 0;
		any |= takes;
		if (!takes && shape->algorithm != LB_STABLE)
			continue;
		kept[n] = members[i];
		kept[n++].eligible = takes;
	}
	return any ? n : 0;
}

static uint16_t
heaviest_of(const struct lb_lut_member *members, int count)
{
	uint16_t heaviest = 0;

	for (int i = 0; i < count; i++)
		if (members[i].weight > heaviest)
			heaviest = members[i].weight;
	return heaviest;
}

/*
 * The same sorted and hashed; -1 without memory.  Who is drained keeps a place
 * in stable's base, so that only his slots move, if he weighed as much as the
 * heaviest.
 */
static int
choose(const struct lb_lut_shape *shape, const struct lb_lut_member *members,
    size_t count, struct lb_lut_chosen *chosen)
{
	struct lb_lut_member *sorted = calloc(count, sizeof(*sorted));

	if (sorted == NULL)
		return -1;
	int n = sift(shape, members, count, sorted);
	uint16_t heaviest = heaviest_of(sorted, n);
	qsort(sorted, (size_t)n, sizeof(*sorted), by_name);
	for (int i = 0; i < n; i++) {
		const char *name = sorted[i].name;
		chosen[i] = (struct lb_lut_chosen){
			.hash = lb_siphash(shape->hash_key, name, strlen(name)),
			.id = sorted[i].id,
			.weight =
			    sorted[i].weight > 0 ? sorted[i].weight : heaviest,
			.eligible = sorted[i].eligible,
		};
	}
	free(sorted);
	return n;
}

/* What they begin with is drawn by name: else all of one weight would have
 * saved up at once. */
struct lb_lut_turns
lb_lut_turns_of(struct lb_lut_chosen *chosen, uint32_t count)
{
	struct lb_lut_turns t = { chosen, count, 0, 1 };

	for (uint32_t i = 0; i < count; i++)
		if (chosen[i].weight > t.heaviest)
			t.heaviest = chosen[i].weight;
	for (uint32_t i = 0; i < count; i++)
		chosen[i].credit =
		    (uint16_t)(lb_lut_score(chosen[i].hash, 2) % t.heaviest);
	return t;
}

/*
 * Each member in turn takes the next free slot of its own permutation of the
 * table, (offset + i x skip) mod size.  What is taken stands in a bitmap that
 * fits the first-level cache, which is where all the time goes.
 */
int
lb_lut_fill_maglev(struct lb_lut_chosen *chosen, uint32_t count, uint32_t size,
    uint16_t *slots)
{
	uint64_t *taken = calloc(size / 64 + 1, sizeof(*taken));
	struct lb_lut_turns turns = lb_lut_turns_of(chosen, count);

	if (taken == NULL)
		return -1;
	for (uint32_t i = 0; i < count; i++) {
		chosen[i].at = (uint32_t)chosen[i].hash % size;
		chosen[i].skip =
		    size == 1
			? 0
			: (uint32_t)(chosen[i].hash >> 32) % (size - 1) + 1;
	}
	for (uint32_t left = size; left > 0; left--) {
		uint32_t i = lb_lut_next_turn(&turns);
		uint32_t at = chosen[i].at, skip = chosen[i].skip;
		while (taken[at >> 6] >> (at & 63) & 1)
			at = at >= size - skip ? at - (size - skip) : at + skip;
		taken[at >> 6] |= UINT64_C(1) << (at & 63);
		slots[at] = (uint16_t)i;
		chosen[i].at = at;
	}
	free(taken);
	return 0;
}

static void
fill_modulo(struct lb_lut_chosen *chosen, uint32_t count, uint32_t size,
    uint16_t *slots)
{
	struct lb_lut_turns turns = lb_lut_turns_of(chosen, count);

	for (uint32_t slot = 0; slot < size; slot++)
		slots[slot] = (uint16_t)lb_lut_next_turn(&turns);
}

bool
lb_lut_size_fits(enum lb_algorithm algorithm, uint32_t size)
{
	if (size == 0 || size > LB_LUT_SIZE_MAX)
		return false;
	if ((algorithm != LB_MAGLEV && algorithm != LB_STABLE) || size == 1)
		return true;
	for (uint32_t divisor = 2; divisor * divisor <= size; divisor++)
		if (size % divisor == 0)
			return false;
	return true;
}

/* Somebody is eligible: count is not 0. */
static int
fill(const struct lb_lut_shape *shape, struct lb_lut_chosen *chosen,
    uint32_t count, uint16_t *slots)
{
	switch (shape->algorithm) {
	case LB_MAGLEV:
		return lb_lut_fill_maglev(chosen, count, shape->size, slots);
	case LB_STABLE:
		return lb_lut_fill_stable(chosen, count, shape->size, slots);
	case LB_RENDEZVOUS:
		lb_lut_fill_rendezvous(shape, chosen, count, slots);
		return 0;
	default:
		fill_modulo(chosen, count, shape->size, slots);
		return 0;
	}
}

/* Positions become ids; after a failure nobody has anything. */
static void
name_slots(const struct lb_lut_chosen *chosen, int result, uint32_t size,
    uint16_t *slots)
{
	for (uint32_t slot = 0; slot < size; slot++)
		slots[slot] = result < 0 ? LB_NONE : chosen[slots[slot]].id;
}

int
lb_lut_fill(const struct lb_lut_shape *shape,
    const struct lb_lut_member *members, size_t count, uint16_t *slots)
{
	if (!lb_lut_size_fits(shape->algorithm, shape->size) ||
	    count >= LB_MEMBER_MAX)
		return -1;
	memset(slots, 0xff, shape->size * sizeof(slots[0])); /* LB_NONE */
	if (count == 0)
		return 0;
	struct lb_lut_chosen *chosen = calloc(count, sizeof(*chosen));
	if (chosen == NULL)
		return -1;
	int result = choose(shape, members, count, chosen);
	if (result > 0) {
		result = fill(shape, chosen, (uint32_t)result, slots);
		name_slots(chosen, result, shape->size, slots);
	}
	free(chosen);
	return result;
}
