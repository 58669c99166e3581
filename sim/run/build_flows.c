/* SPDX-License-Identifier: MIT */
/* The flows of a run as rows of its record. */
#include <stdlib.h>

#include "sim/replay/run_state.h"

/* Where the record has a member: a pool's members without those that were
 * never eligible, in the same order. */
static uint32_t
backend_of(const struct sim_rule *rule, uint32_t member)
{
	size_t low = 0, high = rule->backend_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (rule->backends[middle].member < member)
			low = middle + 1;
		else
			high = middle;
	}
	return (uint32_t)low;
}

static struct sim_flow_place
place_of(const struct sim_player *p, const struct sim_case *c,
    const struct sim_flow_part *part)
{
	if (!part->counted || part->member == LB_NONE)
		return (struct sim_flow_place){ SIM_NOWHERE, SIM_NOWHERE };
	if (part->rule >= p->rule_count)
		return (struct sim_flow_place){ part->rule, 0 };
	return (struct sim_flow_place){
		.rule = part->rule,
		.backend = backend_of(
		    &c->rules[part->rule], p->member_of_id[part->member]),
	};
}

static void
fill_row(const struct sim_run *run, const struct sim_flow *flow,
    struct sim_flow_row *row)
{
	static const char *const by[SIM_ROLE_BY_COUNT + 1] = {
		[SIM_ROLE_BY_SYN] = "syn",
		[SIM_ROLE_BY_PORT] = "port",
		[SIM_ROLE_BY_FIRST] = "first",
		[SIM_ROLE_SYNTHETIC] = "synthetic",
	};
	const struct sim_flow_detail *d = sim_flow_detail(run->flows, flow);

	*row = (struct sim_flow_row){
		.client = sim_shift_client(&flow->client, flow->round),
		.server = flow->server,
		.client_port = lb_be16_get(flow->client_port),
		.server_port = lb_be16_get(flow->server_port),
		.proto = flow->proto,
		.portless = (flow->marks & SIM_FLOW_PORTLESS) != 0,
		.role_by = by[flow->marks >> SIM_FLOW_BY_SHIFT],
		.packets = d->packets_in + d->packets_out,
		.packets_in = d->packets_in,
		.bytes = d->bytes_in + d->bytes_out,
		.bytes_in = d->bytes_in,
		.first_ns = d->first_ns,
		.last_ns = d->last_ns,
	};
}

int
sim_build_flows(const struct sim_run *run, struct sim_record *record)
{
	const size_t cases = record->case_count;
	const uint32_t count = sim_flows_count(run->flows);

	record->flows = calloc((size_t)count + 1, sizeof(*record->flows));
	record->places =
	    calloc((size_t)count * cases + 1, sizeof(*record->places));
	if (record->flows == NULL || record->places == NULL)
		return -1;
	for (uint32_t i = 0; i < count; i++) {
		const struct sim_flow *flow = sim_flows_at(run->flows, i);
		if ((flow->marks & SIM_FLOW_COUNTED) == 0)
			continue;
		struct sim_flow_place *places =
		    &record->places[record->flow_count * cases];
		struct sim_flow_row *row = &record->flows[record->flow_count++];
		fill_row(run, flow, row);
		row->places = places;
		for (size_t c = 0; c < cases; c++)
			places[c] = place_of(run->players[c], &record->cases[c],
			    &flow->parts[c]);
	}
	return 0;
}
