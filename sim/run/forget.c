/* SPDX-License-Identifier: MIT */
/* The end of a warm-up: what goes on goes on, and nothing was counted. */
#include <string.h>

#include "sim/faults/outage.h"
#include "sim/replay/run_state.h"
#include "sim/world/world.h"

/* The keys stay, their flows know them by number; who has none of what comes
 * is no key of the record. */
static void
forget_rule(struct sim_player_rule *r)
{
	r->flows = r->connections = r->packets = r->bytes = 0;
	r->silence = (struct sim_silence){ 0 };
	memset(r->members, 0, r->member_count * sizeof(*r->members));
	for (uint32_t k = 0; k < r->keys.count; k++)
		r->keys.at[k] =
		    (struct sim_key){ .backend = r->keys.at[k].backend };
	if (r->series.at != NULL)
		memset(r->series.at, 0,
		    SIM_BINS * r->series.member_count * sizeof(*r->series.at));
}

static void
forget_player(struct sim_player *p)
{
	memset(p->drops, 0, sizeof(p->drops));
	p->passed = 0;
	p->untracked = p->reply_suppressed = p->unreachable = 0;
	p->rehomed = p->rehomed_moved = p->rehomed_broken = 0;
	p->hairpins = p->hairpin_packets = 0;
	p->outbound_silence = (struct sim_silence){ 0 };
	if (p->instances != NULL)
		memset(p->instances->counts, 0, sizeof(p->instances->counts));
	if (p->outage != NULL)
		sim_outage_forget(p->outage);
	sim_nats_forget(&p->nats);
	for (size_t i = 0; i < p->rule_count; i++)
		forget_rule(&p->rules[i]);
	if (p->harms != NULL)
		memset(p->harms, 0, SIM_BINS * sizeof(*p->harms));
}

/* A flow that goes on is counted again at its next packet. */
static void
forget_flow(const struct sim_run *run, struct sim_flow *flow)
{
	flow->marks &= (uint8_t)~SIM_FLOW_COUNTED;
	for (unsigned i = 0; i < run->player_count; i++)
		flow->parts[i].counted = flow->parts[i].silent = 0;
	if (run->settings->details) {
		struct sim_flow_detail *d = sim_flow_detail(run->flows, flow);
		*d = (struct sim_flow_detail){ .answers = d->answers };
	}
}

void
sim_run_forget(struct sim_run *run, uint64_t now_ns)
{
	const uint32_t flows = sim_flows_count(run->flows);
	const uint32_t bin = sim_run_bin(run, now_ns);

	for (unsigned i = 0; i < run->player_count; i++) {
		forget_player(run->players[i]);
		if (run->players[i]->outbound != NULL)
			sim_outbound_forget(
			    run->players[i]->outbound, now_ns, bin);
	}
	for (uint32_t i = 0; i < flows; i++)
		forget_flow(run,
		    (struct sim_flow *)(uintptr_t)sim_flows_at(run->flows, i));
	run->flow_count = run->ip_bytes = 0;
	run->icmp = run->over_limit = 0;
	memset(run->role_by, 0, sizeof(run->role_by));
	memset(run->skipped, 0, sizeof(run->skipped));
	/* what is read and not played yet comes afterwards */
	run->forgotten = run->feed.packets - run->unplayed - run->waiting;
	if (run->world != NULL)
		sim_world_forget(run->world);
}
