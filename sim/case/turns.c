/* SPDX-License-Identifier: MIT */
#include "sim/case/turns.h"

#include <stdlib.h>

uint32_t *
sim_turn_before(const struct lb_snat_gauges *gauges)
{
	uint32_t *all = calloc(gauges->count + 1u, sizeof(*all));

	for (uint32_t i = 0; all != NULL && i < gauges->count; i++)
		all[i] = gauges->at[i].allocated;
	return all;
}

/* Who comes or goes has none before or after. */
static bool
has_turned(
    const struct lb_snat_gauges *gauges, const uint32_t *before, uint32_t i)
{
	const uint32_t now = gauges->at[i].allocated;

	return before[i] != 0 && now != 0 && before[i] != now;
}

/* The first of its member's gauges that has: a member counts once. */
static bool
is_first(
    const struct lb_snat_gauges *gauges, const uint32_t *before, uint32_t gauge)
{
	const uint16_t member = gauges->at[gauge].member;

	for (unsigned udp = 0; udp < 2; udp++)
		for (int i = lb_snat_gauge_head(gauges, member, udp != 0);
		     i >= 0; i = (int)gauges->at[i].next - 1)
			if ((uint32_t)i < gauge &&
			    has_turned(gauges, before, (uint32_t)i))
				return false;
	return true;
}

static uint32_t
apart(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

struct sim_turn
sim_turn_since(
    const struct lb_snat_gauges *gauges, const uint32_t *before, uint32_t count)
{
	struct sim_turn turn = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		const uint32_t now = gauges->at[i].allocated;
		if (!has_turned(gauges, before, i))
			continue;
		turn.members += is_first(gauges, before, i);
		if (apart(before[i], now) > apart(turn.before, turn.after)) {
			turn.before = before[i];
			turn.after = now;
		}
	}
	return turn;
}
