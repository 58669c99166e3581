/* SPDX-License-Identifier: MIT */
#include "sim/flows/keys.h"

#include <stdlib.h>
#include <string.h>

#include "sim/flows/flows.h"

#define KEYS_FIRST       256u
#define CACHE_LINE_BYTES 64u

int
sim_keys_init(struct sim_keys *keys)
{
	memset(keys, 0, sizeof(*keys));
	sim_secret_draw(&keys->secret);
	return sim_slots_init(&keys->slots);
}

void
sim_keys_free(struct sim_keys *keys)
{
	free(keys->at);
	free(keys->ids);
	sim_slots_free(&keys->slots);
	memset(keys, 0, sizeof(*keys));
}

static uint32_t
key_hash(const struct sim_keys *keys, const struct sim_key_id *id)
{
	const uint64_t *k = keys->secret.word;
	uint64_t src = sim_mix(id->src.word[0] ^ k[0], id->src.word[1] ^ k[1]);
	uint64_t dst = sim_mix(id->dst.word[0] ^ k[1], id->dst.word[1] ^ k[3]);

	/* Two different keys for the ends: here their order matters. */
	return (uint32_t)sim_mix(src + dst + id->ports_proto * k[2], k[3] | 1);
}

static bool
same_id(const struct sim_key_id *a, const struct sim_key_id *b)
{
	return lb_addr_same(&a->src, &b->src) &&
	       lb_addr_same(&a->dst, &b->dst) &&
	       a->ports_proto == b->ports_proto;
}

/* A key in one cache line, which an array from realloc() does not give. */
static struct sim_key *
widen(struct sim_key *at, uint32_t count, uint32_t room)
{
	_Static_assert(CACHE_LINE_BYTES % sizeof(*at) == 0, "keys fill lines");
	struct sim_key *wider =
	    aligned_alloc(CACHE_LINE_BYTES, room * sizeof(*at));

	if (wider == NULL)
		return NULL;
	if (count > 0)
		memcpy(wider, at, count * sizeof(*at));
	free(at);
	return wider;
}

static int
reserve_key(struct sim_keys *keys, bool with_id)
{
	if (keys->count == keys->room) {
		uint32_t room = keys->room == 0 ? KEYS_FIRST : keys->room * 2;
		struct sim_key *at = widen(keys->at, keys->count, room);
		if (at == NULL)
			return -1;
		keys->at = at;
		if (with_id) {
			struct sim_key_id *ids =
			    realloc(keys->ids, room * sizeof(*ids));
			if (ids == NULL)
				return -1;
			keys->ids = ids;
		}
		keys->room = room;
	}
	return with_id ? sim_slots_reserve(&keys->slots) : 0;
}

uint32_t
sim_keys_add(struct sim_keys *keys)
{
	lb_assert(keys->ids == NULL);
	if (reserve_key(keys, false) != 0)
		return SIM_KEY_NONE;
	keys->at[keys->count] = (struct sim_key){ 0 };
	return keys->count++;
}

uint32_t
sim_keys_find(struct sim_keys *keys, const struct sim_key_id *id)
{
	uint32_t hash = key_hash(keys, id);

	lb_assert(keys->ids != NULL || keys->count == 0);
	if (reserve_key(keys, true) != 0)
		return SIM_KEY_NONE;
	struct sim_slot *slot = sim_slots_first(&keys->slots, hash);
	for (; slot->number != 0; slot = sim_slots_next(&keys->slots, slot))
		if (slot->hash == hash &&
		    same_id(&keys->ids[slot->number - 1], id))
			return slot->number - 1;
	keys->at[keys->count] = (struct sim_key){ 0 };
	keys->ids[keys->count] = *id;
	sim_slots_fill(&keys->slots, slot, hash, keys->count + 1);
	return keys->count++;
}
