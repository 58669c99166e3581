/* SPDX-License-Identifier: MIT */
/* What members held of their SNAT ports, for the record of its case. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "model/config/names.h"
#include "sim/replay/run_state.h"
#include "sim/world/world.h"

#define NAME_SHOWN 80 /* Azure's longest name */

static const char *
frontend_name(const struct sim_player *p, uint8_t number)
{
	const struct lb_config *c = p->config;
	const struct lb_addr *address = &p->plan->snats[number].address;

	for (size_t f = 0; f < c->frontend_count; f++)
		if (lb_addr_same(&c->frontends[f].address, address))
			return c->frontends[f].name;
	return "?";
}

static uint8_t
proto_of(const struct lb_snat_gauge *of)
{
	return of->udp ? LB_PROTO_UDP : LB_PROTO_TCP;
}

static bool
is_worse(const struct sim_toward *a, const struct sim_toward *b)
{
	if (a->failed != b->failed)
		return a->failed > b->failed;
	return a->peak > b->peak;
}

/* The gauges of one member and protocol, one for each of its frontends. */
struct beside {
	const struct sim_gauge *at[LB_SNAT_ADDRESS_MAX];
	uint32_t count;
};

static struct beside
beside_of(const struct sim_outbound *o, uint32_t index)
{
	const struct lb_snat_gauge *of = o->index.at;
	struct beside all = { .count = 0 };

	for (uint32_t i = 0; i < o->gauge_count; i++)
		if (of[i].member == of[index].member &&
		    of[i].udp == of[index].udp &&
		    all.count < LB_SNAT_ADDRESS_MAX)
			all.at[all.count++] = &o->gauges[i];
	return all;
}

/* The destination that a member's packets of a protocol were worst off with:
 * most failed, else most ports; 0: none.  One for all of its frontends, or
 * their figures could not be added up. */
static uint32_t
worst_of(const struct sim_outbound *o, const struct beside *all)
{
	struct sim_toward worst = { 0 };
	uint32_t which = 0;

	for (uint32_t d = 1; d <= o->destination_count; d++) {
		struct sim_toward sum = { 0 };
		for (uint32_t i = 0; i < all->count; i++) {
			if (d >= all->at[i]->toward_room)
				continue;
			sum.failed += all->at[i]->toward[d].failed;
			sum.peak += all->at[i]->toward[d].peak;
		}
		if (is_worse(&sum, &worst)) {
			worst = sum;
			which = d;
		}
	}
	return which;
}

static bool
is_poisson(const struct sim_source *source, uint64_t duration_ns)
{
	const uint64_t stop_ns = source->traffic->stop_ms * LB_NS_PER_MS;

	return source->arrivals.kind == SIM_ARRIVE_POISSON &&
	       source->traffic->start_ms == 0 &&
	       (stop_ns == 0 || stop_ns >= duration_ns);
}

/*
 * Whether all sessions of members with that destination come by Poisson's law,
 * as often from the beginning to the end; those of captures nobody knows.
 */
static bool
comes_by_poisson(const struct sim_run *run, const struct sim_snat *at)
{
	const struct sim_world *w = run->world;
	bool any = false;

	for (size_t i = 0; w != NULL && i < w->scene->traffic_count; i++) {
		const struct sim_source *s = &w->sources[i];
		if (s->pool < 0 || !lb_addr_same(&s->server, &at->worst) ||
		    lb_profile_proto(s->traffic->profile) != at->proto ||
		    (at->worst_port != 0 &&
			lb_be16_get(s->port) != at->worst_port))
			continue;
		if (!is_poisson(s, run->duration_ns))
			return false;
		any = true;
	}
	return any;
}

static void
build_toward(const struct sim_outbound *o, const struct sim_gauge *g,
    uint32_t worst, struct sim_snat *to)
{
	static const struct sim_toward none;
	const struct sim_toward *at =
	    worst > 0 && worst < g->toward_room ? &g->toward[worst] : &none;

	for (uint32_t d = 0; d <= o->destination_count && d < g->toward_room;
	     d++) {
		to->asked += g->toward[d].asked;
		to->blocked += g->toward[d].blocked;
		to->opened += g->toward[d].opened;
		to->failed += g->toward[d].failed;
	}
	if (worst > 0) {
		to->worst = o->destinations[worst].addr;
		to->worst_port = to->proto == LB_PROTO_UDP
				     ? 0
				     : lb_be16_get(o->destinations[worst].port);
	}
	to->worst_peak = at->peak;
	to->worst_begun = at->begun;
	to->worst_asked = at->asked;
	to->worst_blocked = at->blocked;
	to->worst_opened = at->opened;
	to->worst_failed = at->failed;
	to->worst_ended = at->ended;
	to->worst_held_ms = at->held_ms;
}

static int
build_gauge(const struct sim_run *run, const struct sim_player *p,
    uint32_t index, struct sim_snat *to)
{
	const struct lb_snat_gauge *of = &p->outbound->index.at[index];
	const struct sim_gauge *g = &p->outbound->gauges[index];
	const size_t bin_count = (size_t)run->timeline.bin + 1;

	to->member = strdup(p->plan->members[of->member].name);
	to->frontend = strdup(frontend_name(p, of->number));
	to->proto = proto_of(of);
	to->allocated = of->allocated;
	to->used = g->used;
	to->peak = g->peak;
	to->peak_ns = g->peak_ns;
	to->full_used = g->full_used;
	to->full_allocated = g->full_allocated;
	to->full_ns = g->full_ns;
	const struct beside all = beside_of(p->outbound, index);
	build_toward(p->outbound, g, worst_of(p->outbound, &all), to);
	to->worst_poisson = comes_by_poisson(run, to);
	if (to->member == NULL || to->frontend == NULL)
		return -1;
	if (g->slices == NULL)
		return 0;
	to->slices = calloc(bin_count + 1, sizeof(*to->slices));
	if (to->slices == NULL)
		return -1;
	to->slice_count = bin_count;
	memcpy(to->slices, g->slices, bin_count * sizeof(*to->slices));
	return 0;
}

static int
build_turns(const struct sim_outbound *o, struct sim_case *out)
{
	out->turns = calloc(o->turn_count + 1, sizeof(*out->turns));
	if (out->turns == NULL)
		return -1;
	for (size_t i = 0; i < o->turn_count; i++) {
		const struct sim_outbound_turn *from = &o->turns[i];
		struct sim_snat_turn *to = &out->turns[out->turn_count++];
		*to = (struct sim_snat_turn){
			.at_ns = from->at_ns,
			.member = strdup(from->fault->member),
			.fault = strdup(lb_fault_name(from->fault->kind)),
			.members = from->of.members,
			.before = from->of.before,
			.after = from->of.after,
			.ports = from->ports,
			.cut = from->cut,
			.cut_open = from->cut_open,
		};
		if (to->member == NULL || to->fault == NULL)
			return -1;
	}
	return 0;
}

int
sim_build_snat(const struct sim_run *run, unsigned number, struct sim_case *out)
{
	const struct sim_player *p = run->players[number];
	struct sim_outbound *o = p->outbound;

	if (o == NULL)
		return 0;
	if (build_turns(o, out) != 0)
		return -1;
	sim_outbound_close(o, run->duration_ns, run->timeline.bin);
	out->outbound_packets = o->packets;
	out->outbound_bytes = o->bytes;
	out->snat_window_ns = run->duration_ns;
	if (run->world != NULL && run->world->warm_ns < run->duration_ns)
		out->snat_window_ns -= run->world->warm_ns;
	out->snat = calloc(o->gauge_count + 1u, sizeof(*out->snat));
	if (out->snat == NULL)
		return -1;
	for (uint32_t i = 0; i < o->gauge_count; i++) {
		out->snat_count++;
		if (build_gauge(run, p, i, &out->snat[i]) != 0)
			return -1;
	}
	return 0;
}

/* Who came or went, and what it did to the others. */
static int
log_turns(
    const struct sim_outbound *o, unsigned number, struct sim_record *record)
{
	char what[64];

	for (size_t i = 0; i < o->turn_count; i++) {
		const struct sim_outbound_turn *turn = &o->turns[i];
		struct sim_event *to = &record->log[record->log_count++];
		(void)snprintf(what, sizeof(what), "%u to %u for %u member%s",
		    turn->of.before, turn->of.after, turn->of.members,
		    turn->of.members == 1 ? "" : "s");
		*to = (struct sim_event){
			.at_ns = turn->at_ns,
			.kind = SIM_EVENT_SNAT_TURN,
			.of_case = number,
			.count = turn->cut,
			.member = strdup(turn->fault->member),
			.what = strdup(what),
		};
		if (to->member == NULL || to->what == NULL)
			return -1;
	}
	return 0;
}

/* ", to 198.51.100.7:443"; of UDP the address; 0: nothing. */
static void
say_destination(
    const struct sim_outbound *o, uint32_t number, char *text, size_t bytes)
{
	const struct sim_destination *d = &o->destinations[number];
	char end[LB_ADDR_PORT_TEXT];

	if (number != 0)
		(void)snprintf(text, bytes, ", to %s",
		    lb_addr_port_text(&d->addr,
			d->udp ? 0 : lb_be16_get(d->port), end, sizeof(end)));
}

int
sim_build_snat_log(
    const struct sim_run *run, unsigned number, struct sim_record *record)
{
	const struct sim_player *p = run->players[number];
	const struct sim_outbound *o = p->outbound;
	char where[NAME_SHOWN + 96];

	for (size_t i = 0; o != NULL && i < o->log_count; i++) {
		const struct lb_snat_gauge *of = &o->index.at[o->log[i].gauge];
		struct sim_event *to = &record->log[record->log_count++];
		int used = snprintf(where, sizeof(where), "%.*s, %s",
		    NAME_SHOWN, frontend_name(p, of->number),
		    lb_proto_name(proto_of(of)));
		say_destination(o, o->log[i].to, where + used,
		    sizeof(where) - (size_t)used);
		*to = (struct sim_event){
			.at_ns = o->log[i].at_ns,
			.kind = o->log[i].event == LB_SNAT_EXHAUSTED
				    ? SIM_EVENT_SNAT_EXHAUSTED
				    : SIM_EVENT_SNAT_HIGH,
			.of_case = number,
			.count = i,
			.member = strdup(p->plan->members[of->member].name),
			.what = strdup(where),
		};
		if (to->member == NULL || to->what == NULL)
			return -1;
	}
	return o != NULL ? log_turns(o, number, record) : 0;
}
