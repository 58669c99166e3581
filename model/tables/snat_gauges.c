/* SPDX-License-Identifier: MIT */
#include "model/tables/snat_gauges.h"

#include <stdlib.h>
#include <string.h>

void
lb_snat_gauges_free(struct lb_snat_gauges *g)
{
	free(g->at);
	free(g->first);
	*g = (struct lb_snat_gauges){ 0 };
}

int
lb_snat_gauge_head(const struct lb_snat_gauges *g, uint16_t member, bool udp)
{
	if (member >= g->member_count)
		return -1;
	return (int)g->first[member * 2u + udp] - 1;
}

static int
next_of(const struct lb_snat_gauges *g, int gauge)
{
	return (int)g->at[gauge].next - 1;
}

int
lb_snat_gauge_first(const struct lb_snat_gauges *g, uint16_t member, bool udp)
{
	int head = lb_snat_gauge_head(g, member, udp), i = head;

	while (i >= 0 && g->at[i].allocated == 0)
		i = next_of(g, i);
	return i >= 0 ? i : head;
}

bool
lb_snat_gauge_is_only(const struct lb_snat_gauges *g, uint32_t gauge)
{
	const struct lb_snat_gauge *of = &g->at[gauge];
	uint32_t others = 0;

	for (int i = lb_snat_gauge_head(g, of->member, of->udp); i >= 0;
	     i = next_of(g, i))
		others += i != (int)gauge && g->at[i].allocated > 0;
	return others == 0;
}

int
lb_snat_gauge_find(
    const struct lb_snat_gauges *g, uint16_t member, uint8_t number, bool udp)
{
	int i = lb_snat_gauge_head(g, member, udp);

	while (i >= 0 && g->at[i].number != number)
		i = next_of(g, i);
	return i;
}

/* Behind the others of its member and protocol. */
static void
link_gauge(struct lb_snat_gauges *g, uint32_t i)
{
	uint32_t *at = &g->first[g->at[i].member * 2u + g->at[i].udp];

	while (*at != 0)
		at = &g->at[*at - 1].next;
	*at = i + 1;
}

/* Room for so many members. */
static int
make_room(struct lb_snat_gauges *g, uint32_t members)
{
	if (members <= g->member_count)
		return 0;
	uint32_t *first = realloc(g->first, members * 2u * sizeof(*first));
	if (first == NULL)
		return -1;
	memset(&first[g->member_count * 2u], 0,
	    (members - g->member_count) * 2u * sizeof(*first));
	g->first = first;
	g->member_count = members;
	return 0;
}

int
lb_snat_gauge_make(
    struct lb_snat_gauges *g, uint16_t member, uint8_t number, bool udp)
{
	int found = lb_snat_gauge_find(g, member, number, udp);

	if (found >= 0)
		return found;
	if (make_room(g, member + 1u) != 0)
		return -1;
	if (g->count == g->room) {
		uint32_t room = g->room == 0 ? 16 : 2 * g->room;
		struct lb_snat_gauge *at = realloc(g->at, room * sizeof(*at));
		if (at == NULL)
			return -1;
		g->at = at;
		g->room = room;
	}
	g->at[g->count] = (struct lb_snat_gauge){
		.member = member,
		.number = number,
		.udp = udp,
	};
	link_gauge(g, g->count);
	return (int)g->count++;
}

int
lb_snat_gauges_read(struct lb_snat_gauges *g, const struct lb_plan *plan)
{
	for (uint32_t i = 0; i < g->count; i++)
		g->at[i].allocated = 0;
	for (uint32_t i = 0; i < plan->block_count; i++) {
		const struct lb_plan_block *block = &plan->blocks[i];
		int gauge = lb_snat_gauge_make(
		    g, block->member, block->row.address, block->udp);
		if (gauge < 0)
			return -1;
		g->at[gauge].allocated += lb_plan_block_ports(plan, block);
	}
	return 0;
}

/* --- health events --------------------------------------------------------
 */

const char *
lb_snat_event_name(unsigned event)
{
	static const char *const names[LB_SNAT_EVENTS] = {
		[LB_SNAT_HIGH] = "HighSnatPortUsage",
		[LB_SNAT_EXHAUSTED] = "SnatPortExhaustion",
	};

	return event < LB_SNAT_EVENTS ? names[event] : "?";
}

bool
lb_snat_tell(
    struct lb_snat_alarm *alarm, enum lb_snat_event event, uint64_t now_ns)
{
	if (alarm->told[event] &&
	    now_ns - alarm->last_ns[event] < LB_SNAT_REPEAT_NS)
		return false;
	alarm->told[event] = true;
	alarm->last_ns[event] = now_ns;
	return true;
}
