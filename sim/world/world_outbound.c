/* SPDX-License-Identifier: MIT */
/*
 * Traffic `from_pool`: members as clients of servers outside, whom they reach
 * by SNAT.  What a member is as a server and as a client is one computer: when
 * it is dead, it sends nothing and hears nothing.
 *
 * Source: AZ 4.
 */
#include <stdio.h>

#include "model/scenario/scenario.h"
#include "sim/world/world_parts.h"

/* --- whose it is -----------------------------------------------------------
 */

bool
sim_source_aim_outside(
    struct sim_world *w, struct sim_source *source, struct sim_trouble *trouble)
{
	const struct lb_traffic *t = source->traffic;
	const struct lb_plan *plan = w->player->plan;

	if (!w->run->settings->together && w->player->outbound != NULL)
		source->pool = lb_traffic_pool(w->player->config, t);
	if (source->pool < 0 || plan->member_count > SIM_OUTSIDE) {
		(void)snprintf(trouble->text, sizeof(trouble->text),
		    "traffic %u: members of '%.64s' can't be its clients: %s",
		    source->number + 1, t->from_pool,
		    source->pool < 0
			? "that takes a configuration with that pool, and one "
			  "instance"
			: "there are too many");
		return false;
	}
	source->server = t->server;
	source->port =
	    lb_be16_of(t->port != 0 ? t->port : lb_profile_port(t->profile));
	return true;
}

uint32_t
sim_source_members(const struct sim_world *w, const struct sim_source *source)
{
	const struct lb_plan *plan = w->player->plan;

	return plan->pool_first[source->pool + 1] -
	       plan->pool_first[source->pool];
}

static uint16_t
member_at(
    const struct sim_world *w, const struct sim_source *source, uint32_t i)
{
	const struct lb_plan *plan = w->player->plan;

	return plan->member_ids[plan->pool_first[source->pool] + i];
}

/* Members that are gone from the pool begin nothing: others do it for them. */
static uint16_t
member_of_session(
    struct sim_world *w, const struct sim_source *source, uint64_t n)
{
	uint32_t picked =
	    sim_crowd_pick(source->crowd, &w->dice, source->number, n);

	return member_at(w, source, picked % sim_source_members(w, source));
}

struct lb_addr
sim_source_client(
    struct sim_world *w, const struct sim_source *source, uint64_t n)
{
	if (source->pool < 0)
		return sim_crowd_address(source->crowd,
		    sim_crowd_pick(source->crowd, &w->dice, source->number, n));
	return w->player->plan->members[member_of_session(w, source, n)]
	    .address;
}

/* The place in its pool of the member with that address; LB_NONE: it has left.
 * Cost: linear in the pool. */
static uint32_t
place_of(const struct sim_world *w, const struct sim_source *source,
    const struct lb_addr *addr)
{
	const struct lb_plan *plan = w->player->plan;
	const uint32_t count = sim_source_members(w, source);

	for (uint32_t i = 0; i < count; i++)
		if (lb_addr_same(
			&plan->members[member_at(w, source, i)].address, addr))
			return i;
	return LB_NONE;
}

static bool
is_dead(const struct sim_world *w, uint16_t member)
{
	enum lb_fault_kind state = sim_world_condition(w, member).state;

	return state == LB_FAULT_CRASHED || state == LB_FAULT_OFF;
}

bool
sim_source_is_dead(
    struct sim_world *w, const struct sim_source *source, uint64_t n)
{
	return sim_source_members(w, source) == 0 ||
	       (w->player->outage != NULL &&
		   is_dead(w, member_of_session(w, source, n)));
}

bool
sim_session_is_dead(const struct sim_world *w, const struct sim_session *s)
{
	if (w->player->outage == NULL)
		return false;
	const struct sim_source *source = sim_session_source(w, s);
	uint32_t place = place_of(w, source, &s->flow->client);
	return place != LB_NONE && is_dead(w, member_at(w, source, place));
}

/*
 * Ephemeral ports one after another, as Linux has them for one destination
 * (RFC 6056 3.3.3): 28,232 connections of a member go by before a five-tuple is
 * used again.
 */
uint16_t
sim_source_port(struct sim_world *w, const struct sim_source *source,
    const struct lb_addr *client)
{
	const uint16_t count = SIM_PORT_LAST - SIM_PORT_FIRST + 1;
	uint32_t place = place_of(w, source, client);

	if (place == LB_NONE)
		return SIM_PORT_FIRST;
	uint16_t *next =
	    &w->player->outbound->next_port[member_at(w, source, place)];
	*next = (uint16_t)((*next + 1) % count);
	return (uint16_t)(SIM_PORT_FIRST + *next);
}

void
sim_session_leaves(
    struct sim_world *w, const struct sim_source *source, struct sim_flow *flow)
{
	uint32_t place = place_of(w, source, &flow->client);

	flow->marks |= SIM_FLOW_OUTBOUND | SIM_FLOW_OURS;
	flow->parts[0].key = SIM_KEY_NONE; /* it has tried nothing yet */
	if (place != LB_NONE)
		sim_outbound_begin(
		    w->player->outbound, member_at(w, source, place), flow);
}

/* --- how long it holds its port --------------------------------------------
 */

#define OF_SIX UINT32_C(0x80000000) /* in an event's subject */

static void
plan_end(struct sim_world *w, uint64_t at_ns, bool six, uint32_t slot)
{
	sim_world_plan(
	    w, at_ns, SIM_HAPPENS_PORT_ENDS, slot | (six ? OF_SIX : 0));
}

void
sim_port_watch(struct sim_world *w, const struct sim_session *s, uint8_t flags)
{
	const struct sim_flow *f = s->flow;
	const uint32_t slot = f->parts[0].place;
	const bool six = !lb_addr_is_v4(&f->client);
	const bool syn = (flags & (LB_TCP_SYN | LB_TCP_ACK)) == LB_TCP_SYN;
	const uint32_t changed = LB_FACT_MADE | LB_FACT_CLOSING;

	if (slot == SIM_PLACE_NONE ||
	    (!syn && (w->player->result.facts & changed) == 0))
		return;
	plan_end(w,
	    sim_outbound_due(w->player->outbound, &w->player->world->tables,
		six, slot, sim_world_now(w)),
	    six, slot);
	sim_outbound_hold(w->player->outbound, six, slot, s->number);
}

void
sim_port_ends(struct sim_world *w, uint32_t subject)
{
	const bool six = (subject & OF_SIX) != 0;
	const uint32_t slot = subject & ~OF_SIX;
	const uint64_t now_ns = sim_world_now(w);

	struct sim_outbound *o = w->player->outbound;

	plan_end(w,
	    sim_outbound_end(o, &w->player->world->tables, six, slot, now_ns,
		sim_run_bin(w->run, now_ns)),
	    six, slot);
	for (unsigned i = 0; i < o->ended_count; i++)
		sim_entry_ended(w,
		    sim_session_at(&w->sessions, o->ended[i].session),
		    &o->ended[i].was);
}

/* Another plan has its port. */
static void
port_is_cut(void *arg, const struct sim_ended *ended)
{
	struct sim_world *w = arg;

	sim_entry_ended(
	    w, sim_session_at(&w->sessions, ended->session), &ended->was);
}

void
sim_ports_listen(struct sim_world *w)
{
	struct sim_outbound *o = w->player->outbound;

	if (o == NULL)
		return;
	o->cut = port_is_cut;
	o->cut_arg = w;
}

/* --- who is to blame -------------------------------------------------------
 */

struct sim_failover *
sim_session_blames(const struct sim_world *w, const struct sim_session *s)
{
	struct sim_outage *o = w->player->outage;

	if (o == NULL || o->failover_count == 0)
		return NULL;
	if (s == NULL || (s->marks & SIM_SESSION_STRANDED) == 0)
		return &o->failovers[o->failover_count - 1];
	const struct sim_source *source = sim_session_source(w, s);
	const uint32_t place =
	    source->pool >= 0 ? place_of(w, source, &s->flow->client) : LB_NONE;
	if (place == LB_NONE)
		return NULL;
	const uint16_t member = member_at(w, source, place);
	return sim_outage_blamed_for_ports(o, member,
	    sim_outbound_failing_ns(w->player->outbound, member,
		s->flow->proto == LB_PROTO_UDP, sim_world_now(w)));
}
