/* SPDX-License-Identifier: MIT */
#include "sim/replay/leavers.h"

#include <stdlib.h>

#include "sim/events/events.h"
#include "sim/case/player.h"

#define OF_SIX UINT32_C(0x80000000) /* in an event's subject */

int
sim_leaver_compare(const void *a, const void *b)
{
	const struct sim_leaver *x = a, *y = b;

	for (unsigned i = 0; i < 2; i++)
		if (x->captured.word[i] != y->captured.word[i])
			return x->captured.word[i] < y->captured.word[i] ? -1
									 : 1;
	return 0;
}

/* Its number; LB_NONE: it is nobody. */
static uint16_t
find_leaver(const struct sim_settings *s, const struct lb_addr *captured)
{
	const struct sim_leaver key = { .captured = *captured };
	const struct sim_leaver *at = bsearch(
	    &key, s->leavers, s->leaver_count, sizeof(key), sim_leaver_compare);

	return at != NULL ? (uint16_t)(at - s->leavers) : LB_NONE;
}

/* What members send to a frontend, or to each other, is balanced or passes by:
 * it does not leave. */
static bool
is_outside(const struct sim_run *run, const struct lb_addr *server)
{
	const struct sim_settings *s = run->settings;
	const struct lb_config *c = s->cases[0].config;

	for (size_t i = 0; i < c->frontend_count; i++)
		if (lb_addr_same(&c->frontends[i].address, server))
			return false;
	return find_leaver(s, server) == LB_NONE;
}

void
sim_leavers_settle(const struct sim_run *run, struct sim_flow *flow)
{
	const struct sim_settings *s = run->settings;

	if (s->leaver_count == 0 || s->case_count == 0 ||
	    run->player_count == 0 || run->players[0]->outbound == NULL)
		return;
	const uint16_t number = find_leaver(s, &flow->client);
	if (number == LB_NONE || !is_outside(run, &flow->server))
		return;
	flow->marks |= SIM_FLOW_OURS | SIM_FLOW_OUTBOUND;
	flow->frontend = number;
}

const struct lb_addr *
sim_leaver_address(const struct sim_run *run, const struct sim_flow *flow)
{
	return &run->settings->leavers[flow->frontend].member;
}

/* --- ends ----------------------------------------------------------------- */

static int
plan_end(struct sim_run *run, struct sim_outbound *o, uint64_t at_ns, bool six,
    uint32_t slot)
{
	if (at_ns == SIM_NEVER)
		return 0;
	if (at_ns < run->due_ns)
		run->due_ns = at_ns;
	return sim_events_add(o->ends, at_ns, 0, slot | (six ? OF_SIX : 0)) != 0
		   ? 0
		   : -1;
}

static int
watch(struct sim_run *run, struct sim_player *p, const struct sim_arrival *a,
    uint32_t slot)
{
	const bool six = a->pkt.ip.family == 6;
	const bool syn =
	    (a->pkt.tcp_flags & (LB_TCP_SYN | LB_TCP_ACK)) == LB_TCP_SYN;
	const uint32_t changed = LB_FACT_MADE | LB_FACT_CLOSING;

	if (slot == SIM_PLACE_NONE ||
	    (!syn && (p->result.facts & changed) == 0))
		return 0;
	return plan_end(run, p->outbound,
	    sim_outbound_due(
		p->outbound, &p->world->tables, six, slot, a->now_ns),
	    six, slot);
}

int
sim_leavers_watch(struct sim_run *run, const struct sim_arrival *a)
{
	for (unsigned i = 0; i < run->player_count; i++) {
		struct sim_player *p = run->players[i];
		if (p->outbound != NULL && p->outbound->ends != NULL &&
		    watch(run, p, a, a->flow->parts[i].place) != 0)
			return -1;
	}
	return 0;
}

static int
advance(struct sim_run *run, struct sim_player *p, uint64_t now_ns)
{
	struct sim_outbound *o = p->outbound;
	struct sim_due end;

	while (sim_events_take(o->ends, now_ns, &end)) {
		const bool six = (end.subject & OF_SIX) != 0;
		const uint32_t slot = end.subject & ~OF_SIX;
		const uint64_t next_ns = sim_outbound_end(o, &p->world->tables,
		    six, slot, end.at_ns, sim_run_bin(run, end.at_ns));
		if (plan_end(run, o, next_ns, six, slot) != 0)
			return -1;
	}
	sim_events_advance(o->ends, now_ns);
	if (sim_events_next_ns(o->ends) < run->due_ns)
		run->due_ns = sim_events_next_ns(o->ends);
	return 0;
}

int
sim_leavers_advance(struct sim_run *run, uint64_t now_ns)
{
	for (unsigned i = 0; i < run->player_count; i++) {
		struct sim_player *p = run->players[i];
		if (p->outbound != NULL && p->outbound->ends != NULL &&
		    advance(run, p, now_ns) != 0)
			return -1;
	}
	return 0;
}
