/* SPDX-License-Identifier: MIT */
/* What faults do to servers, zones, the configuration and instances. */
#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"
#include "sim/faults/harm.h"
#include "sim/faults/outage_parts.h"

/* --- servers -------------------------------------------------------------- */

bool
sim_host_is_named(
    const struct sim_outage *o, const struct sim_host *h, const char *name)
{
	for (uint32_t i = h->first; i < h->end; i++)
		if (strcmp(o->player->plan->members[o->ids[i]].name, name) == 0)
			return true;
	return false;
}

void
sim_host_touch(struct sim_outage *o, const struct sim_host *h)
{
	for (uint32_t i = h->first; i < h->end; i++)
		o->changed_ms[o->ids[i]] = sim_outage_now(o) / LB_NS_PER_MS;
}

/* Who dies forgets its connections. */
static void
note_death(struct sim_outage *o, struct sim_host *h, bool was_dead)
{
	sim_host_touch(o, h);
	if (was_dead || !sim_state_is_dead(sim_host_state(o, h)))
		return;
	h->epoch++;
	h->epoch_ns = sim_outage_now(o);
}

static void
set_state(struct sim_outage *o, struct sim_host *h, enum lb_fault_kind state)
{
	bool was_dead = sim_state_is_dead(sim_host_state(o, h));

	h->state = state;
	note_death(o, h, was_dead);
}

/* Half a period from now; nothing where there is no period. */
static int
plan_flap(struct sim_outage *o, uint32_t host, const struct lb_fault *fault)
{
	uint64_t half_ns = fault->period_ms * LB_NS_PER_MS / 2;

	if (half_ns == 0)
		return 0;
	o->hosts[host].flap_ns = sim_outage_now(o) + half_ns;
	return sim_events_add(
		   o->events, o->hosts[host].flap_ns, DUE_FLAP, host) != 0
		   ? 0
		   : -1;
}

static int
set_server(struct sim_outage *o, uint32_t number)
{
	const struct lb_fault *fault = &o->faults[number];
	bool flaps = fault->kind == LB_FAULT_FLAPPING;

	for (uint32_t i = 0; i < o->host_count; i++) {
		struct sim_host *h = &o->hosts[i];
		if (!sim_host_is_named(o, h, fault->member))
			continue;
		h->factor = fault->kind == LB_FAULT_SLOW && fault->factor > 0
				? fault->factor
				: LB_SCENE_ONE;
		h->flapping = flaps ? number + 1 : 0;
		h->flaps = 0;
		set_state(o, h, flaps ? LB_FAULT_CRASHED : fault->kind);
		if (flaps && plan_flap(o, i, fault) != 0)
			return -1;
	}
	return 0;
}

/* One that another fault has overtaken is none. */
int
sim_outage_flap(struct sim_outage *o, uint32_t host)
{
	struct sim_host *h = &o->hosts[host];

	if (h->flapping == 0 || h->flap_ns != sim_outage_now(o))
		return 0;
	bool up = h->state != LB_FAULT_UP;
	set_state(o, h, up ? LB_FAULT_UP : LB_FAULT_CRASHED);
	if ((++h->flaps < SIM_FLAPS_MAX || !up) &&
	    plan_flap(o, host, &o->faults[h->flapping - 1]) != 0)
		return -1;
	return sim_outage_wake(o);
}

/* --- zones ---------------------------------------------------------------- */

/* The frontends all of whose zones are down; one of none is regional. */
static void
list_cut(struct sim_outage *o)
{
	o->cut_count = 0;
	for (size_t f = 0; f < o->config.frontend_count; f++) {
		const struct lb_config_frontend *at = &o->config.frontends[f];
		if (at->zones != 0 && (at->zones & ~o->dead_zones) == 0)
			o->cut[o->cut_count++] = at->address;
	}
	o->player->routed = o->player->instances != NULL || o->cut_count > 0;
}

bool
sim_outage_cuts(const struct sim_outage *o, const struct lb_addr *frontend)
{
	for (size_t i = 0; i < o->cut_count; i++)
		if (lb_addr_same(&o->cut[i], frontend))
			return true;
	return false;
}

static int
set_zone(struct sim_outage *o, const struct lb_fault *fault)
{
	const unsigned zone = 1u << (fault->number & 31);
	const unsigned before = o->dead_zones;
	const unsigned after =
	    fault->kind == LB_FAULT_ZONE_DOWN ? before | zone : before & ~zone;

	for (uint32_t i = 0; i < o->host_count; i++) {
		struct sim_host *h = &o->hosts[i];
		if ((h->zones & zone) == 0)
			continue;
		o->dead_zones = before;
		bool was_dead = sim_state_is_dead(sim_host_state(o, h));
		o->dead_zones = after;
		note_death(o, h, was_dead);
	}
	o->dead_zones = after;
	list_cut(o);
	return 0;
}

/* --- the configuration ---------------------------------------------------- */

/* A member of that name, wherever there is one: its seat in the pools. */
struct seat {
	size_t pool, member;
};

static bool
next_seat(const struct sim_outage *o, const char *name, struct seat *seat)
{
	for (; seat->pool < o->config.pool_count; seat->pool++) {
		const struct lb_config_pool *pool = &o->everybody[seat->pool];
		for (; seat->member < pool->member_count; seat->member++)
			if (strcmp(pool->members[seat->member].name, name) == 0)
				return true;
		seat->member = 0;
	}
	return false;
}

static void
set_admin(struct lb_config_pool *pool, const struct lb_fault *fault)
{
	for (size_t m = 0; m < pool->member_count; m++)
		if (strcmp(pool->members[m].name, fault->member) == 0)
			pool->members[m].admin_state = (enum lb_admin_state)(
			    fault->kind - LB_FAULT_ADMIN_NONE);
}

static int
set_config(struct sim_outage *o, const struct lb_fault *fault)
{
	lb_assert(fault->member != NULL);
	for (uint32_t id = 0; id < o->player->plan->member_count; id++)
		if (strcmp(o->player->plan->members[id].name, fault->member) ==
		    0)
			o->changed_ms[id] = sim_outage_now(o) / LB_NS_PER_MS;
	if (lb_fault_is_admin(fault->kind)) {
		for (size_t p = 0; p < o->config.pool_count; p++) {
			set_admin(&o->everybody[p], fault);
			set_admin(&o->config.pools[p], fault);
		}
		return sim_outage_apply(o);
	}
	for (struct seat at = { 0, 0 }; next_seat(o, fault->member, &at);
	     at.member++) {
		if (fault->kind == LB_FAULT_WEIGHT)
			o->everybody[at.pool].members[at.member].weight =
			    fault->weight;
		else
			o->is_out[at.pool][at.member] =
			    fault->kind == LB_FAULT_REMOVED;
	}
	return sim_outage_swap(o, fault);
}

/* --- instances ------------------------------------------------------------ */

static int
set_instance(
    struct sim_outage *o, const struct lb_fault *fault, const char *label)
{
	struct sim_player *p = o->player;
	const uint32_t number = fault->number - 1;
	bool up = fault->kind == LB_FAULT_INSTANCE_UP;

	if (p->instances == NULL || number >= p->instances->count)
		return 0;
	if (!up)
		sim_instances_down(p->instances, number);
	else if (sim_instances_up(p->instances, number, p->plan) != 0)
		return -1;
	return sim_outage_note(o,
	    up ? SIM_EVENT_INSTANCE_UP : SIM_EVENT_INSTANCE_DOWN, label,
	    lb_health_reason_name(
		up ? LB_HEALTH_UP_PLATFORM : LB_HEALTH_DOWN_PLATFORM));
}

/* --- all ------------------------------------------------------------------ */

/* What a change of the pool just did to the ports of those who stayed; NULL:
 * nothing. */
static const struct sim_outbound_turn *
turn_by(const struct sim_outage *o, const struct lb_fault *fault)
{
	const struct sim_outbound *of = o->player->outbound;

	if (of == NULL || of->turn_count == 0 ||
	    of->turns[of->turn_count - 1].fault != fault)
		return NULL;
	return &of->turns[of->turn_count - 1];
}

/* Who comes takes something away, too, where others have fewer ports for it. */
static bool
takes_ports(const struct sim_outbound_turn *turn)
{
	return turn != NULL &&
	       (turn->of.after < turn->of.before || turn->cut > 0);
}

/* Connections whose port is somebody else's have no way back. */
static void
charge_cut(struct sim_outage *o, const struct sim_outbound_turn *turn)
{
	struct sim_player *p = o->player;
	const struct sim_outbound *of = p->outbound;
	const uint32_t bin =
	    of->bin_at != NULL ? of->bin_at(of->bin_arg, turn->at_ns) : 0;

	o->causes[o->failover_count - 1].takes_ports = true;
	for (uint64_t i = 0; i < turn->cut_open; i++)
		sim_harm_charge(p, bin, SIM_HARM_BROKEN,
		    &o->failovers[o->failover_count - 1]);
}

int
sim_outage_happen(struct sim_outage *o, uint32_t number)
{
	const struct lb_fault *fault = &o->faults[number];
	const char *who =
	    fault->member != NULL ? fault->member : o->labels[number];
	int done = sim_outage_note(
	    o, SIM_EVENT_FAULT, who, lb_fault_name(fault->kind));

	if (done != 0)
		return -1;
	switch (lb_fault_subject(fault->kind)) {
	case LB_FAULT_OF_SERVER:
		done = set_server(o, number);
		break;
	case LB_FAULT_OF_ZONE:
		done = set_zone(o, fault);
		break;
	case LB_FAULT_OF_CONFIG:
		done = set_config(o, fault);
		break;
	case LB_FAULT_OF_INSTANCE:
		done = set_instance(o, fault, who);
		break;
	}
	if (done != 0 || sim_outage_lift(o, fault) != 0)
		return -1;
	const struct sim_outbound_turn *turn = turn_by(o, fault);
	if (sim_fault_takes_away(fault) || takes_ports(turn))
		sim_outage_begin(o, number);
	if (takes_ports(turn))
		charge_cut(o, turn);
	return sim_outage_wake(o);
}

/* --- who comes later ------------------------------------------------------ */

static bool
same_subject(const struct lb_fault *a, const struct lb_fault *b)
{
	return a->member != NULL && b->member != NULL
		   ? strcmp(a->member, b->member) == 0
		   : a->member == b->member && a->number == b->number;
}

/* Is this the first that is heard of it: gone or come? */
static bool
is_first(const struct sim_outage *o, size_t i, enum lb_fault_kind goes)
{
	const struct lb_fault *come = &o->faults[i];

	for (size_t j = 0; j < o->fault_count; j++) {
		const struct lb_fault *f = &o->faults[j];
		if (f->kind == goes && same_subject(f, come) &&
		    (f->at_ms < come->at_ms ||
			(f->at_ms == come->at_ms && j < i)))
			return false;
	}
	return true;
}

void
sim_outage_empty_seats(struct sim_outage *o)
{
	for (size_t i = 0; i < o->fault_count; i++) {
		const struct lb_fault *f = &o->faults[i];
		struct seat at = { 0, 0 };
		if (f->kind == LB_FAULT_ADDED &&
		    is_first(o, i, LB_FAULT_REMOVED))
			for (; next_seat(o, f->member, &at); at.member++)
				o->is_out[at.pool][at.member] = true;
		if (f->kind == LB_FAULT_INSTANCE_UP &&
		    o->player->instances != NULL &&
		    f->number - 1 < o->player->instances->count &&
		    is_first(o, i, LB_FAULT_INSTANCE_DOWN))
			sim_instances_down(o->player->instances, f->number - 1);
	}
}
