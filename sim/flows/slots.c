/* SPDX-License-Identifier: MIT */
#include "sim/flows/slots.h"

#include <stdlib.h>
#include <sys/random.h>

#define SLOTS_FIRST 1024u
#define SLOTS_MAX   (UINT32_C(1) << 31)

int
sim_slots_init(struct sim_slots *s)
{
	s->at = calloc(SLOTS_FIRST, sizeof(*s->at));
	s->mask = SLOTS_FIRST - 1;
	s->used = 0;
	return s->at != NULL ? 0 : -1;
}

void
sim_slots_free(struct sim_slots *s)
{
	free(s->at);
	s->at = NULL;
}

int
sim_slots_reserve(struct sim_slots *s)
{
	uint32_t old_count = s->mask + 1;
	struct sim_slots wider = { .mask = old_count * 2 - 1, .used = s->used };

	if (s->used < old_count / 2)
		return 0;
	if (old_count >= SLOTS_MAX)
		return -1;
	wider.at = calloc((size_t)old_count * 2, sizeof(*wider.at));
	if (wider.at == NULL)
		return -1;
	for (uint32_t i = 0; i < old_count; i++) {
		if (s->at[i].number == 0)
			continue;
		struct sim_slot *slot = sim_slots_first(&wider, s->at[i].hash);
		while (slot->number != 0)
			slot = sim_slots_next(&wider, slot);
		*slot = s->at[i];
	}
	free(s->at);
	*s = wider;
	return 0;
}

void
sim_slots_fill(
    struct sim_slots *s, struct sim_slot *slot, uint32_t hash, uint32_t number)
{
	*slot = (struct sim_slot){ .hash = hash, .number = number };
	s->used++;
}

void
sim_secret_draw(struct sim_secret *secret)
{
	static const struct sim_secret fixed = { { UINT64_C(0x243f6a8885a308d3),
	    UINT64_C(0x13198a2e03707344), UINT64_C(0xa4093822299f31d0),
	    UINT64_C(0x082efa98ec4e6c89) } };

	if (getrandom(secret, sizeof(*secret), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(*secret))
		*secret = fixed;
	secret->word[2] |= 1; /* a factor: an even one would lose bits */
}
