/* SPDX-License-Identifier: MIT */
/* SNAT ports in summary.json. */
#include "reports/stats/failover.h"
#include "reports/data/failover_json.h"
#include "reports/text/json_build.h"
#include "reports/stats/snat.h"
#include <math.h>

#include "model/config/names.h"

#define NS_PER_S 1e9

static bool
was_used(const struct sim_snat *g)
{
	return g->opened > 0 || g->failed > 0;
}

static json_t *
worst_json(const struct sim_snat *g)
{
	char address[46];
	json_t *o;

	if (!was_used(g))
		return json_null();
	o = with(json_object(), "address",
	    text(lb_addr_text(&g->worst, address, sizeof(address))));
	o = with(
	    o, "port", g->worst_port != 0 ? whole(g->worst_port) : json_null());
	o = with(o, "peak_used", whole(g->worst_peak));
	o = with(o, "begun", whole(g->worst_begun));
	o = with(o, "asked", whole(g->worst_asked));
	o = with(o, "blocked", whole(g->worst_blocked));
	o = with(o, "opened", whole(g->worst_opened));
	return with(o, "failed", whole(g->worst_failed));
}

/* Blocking is of a member's ports of a protocol, on all frontends together. */
static json_t *
gauge_json(const struct sim_case *c, size_t i)
{
	const struct sim_snat *g = &c->snat[i];
	const struct report_snat s = report_snat_of(c, i);
	json_t *o = with(json_object(), "member", text(g->member));

	o = with(o, "frontend", text(g->frontend));
	o = with(o, "protocol", text(lb_proto_name(g->proto)));
	o = with(o, "allocated", whole(g->allocated));
	o = with(o, "peak_used", whole(g->peak));
	o = with(o, "peak_share", ratio(report_snat_fullness(g)));
	o = with(o, "failed", whole(g->failed));
	o = with(o, "asked", whole(g->asked));
	o = with(o, "blocked", whole(g->blocked));
	o = with(o, "used", whole(g->used));
	o = with(o, "opened", whole(g->opened));
	o = with(o, "peak_at_s",
	    g->peak > 0 ? ratio((double)g->peak_ns / NS_PER_S) : json_null());
	o = with(o, "worst_destination", worst_json(g));
	o = with(o, "hold_s", ratio(s.hold_s));
	o = with(o, "offered_erlangs", ratio(s.erlangs));
	o = with(o, "predicted_blocking", ratio(s.predicted));
	o = with(o, "simulated_blocking", ratio(s.simulated));
	o = with(o, "simulated_blocking_packets", ratio(s.of_packets));
	return with(
	    o, "ports_advised", s.advised > 0 ? whole(s.advised) : json_null());
}

json_t *
report_snat_spread_json(const struct sim_record *record, size_t of_case)
{
	json_t *o = json_object();

	if (isnan(report_snat_figure(
		&record->cases[of_case], REPORT_SNAT_PEAK))) {
		json_decref(o);
		return json_null();
	}
	for (unsigned f = 0; f < REPORT_SNAT_FIGURE_COUNT; f++) {
		struct report_spread s;
		int made = report_spread_of(
		    &s, record, of_case, report_snat_figure, f, 1);
		o = with(o, report_snat_figure_name(f),
		    made == 0 ? report_spread_json(&s) : NULL);
		report_spread_free(&s);
	}
	return o;
}

/* Of members that stayed, by who came or went. */
static json_t *
turn_json(const struct sim_snat_turn *t)
{
	json_t *o =
	    with(json_object(), "at_s", ratio((double)t->at_ns / NS_PER_S));

	o = with(o, "member", text(t->member));
	o = with(o, "fault", text(t->fault));
	o = with(o, "members", whole(t->members));
	o = with(o, "ports_before", whole(t->before));
	o = with(o, "ports_after", whole(t->after));
	o = with(o, "ports_taken", whole(t->ports));
	o = with(o, "flows_cut", whole(t->cut));
	return with(o, "open_cut", whole(t->cut_open));
}

json_t *
report_snat_json(json_t *o, const struct sim_case *c)
{
	json_t *gauges = json_array();

	for (size_t i = 0; i < c->snat_count; i++)
		gauges = with_item(gauges, gauge_json(c, i));
	json_t *outbound =
	    with(json_object(), "packets", whole(c->outbound_packets));
	outbound = with(outbound, "bytes", whole(c->outbound_bytes));
	json_t *turns = json_array();
	for (size_t i = 0; i < c->turn_count; i++)
		turns = with_item(turns, turn_json(&c->turns[i]));
	o = with(o, "snat", gauges);
	o = with(o, "snat_turns", turns);
	return with(o, "outbound", outbound);
}
