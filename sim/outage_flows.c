/* SPDX-License-Identifier: MIT */
/* What an outage does to flows: design.md 8 has the definitions. */
#include "sim/outage.h"

#include <string.h>

/* Client packets sent there are lost. */
static bool
is_gone(const struct sim_outage *o, uint16_t member)
{
	uint8_t state = o->server[member];

	return state == LB_FAULT_CRASHED || state == LB_FAULT_REFUSING ||
	       state == LB_FAULT_OFF;
}

/* The outage that things happen in: the latest begun. */
static struct sim_failover *
current(struct sim_outage *o)
{
	return o->failover_count > 0 ? &o->failovers[o->failover_count - 1]
				     : NULL;
}

/* Counts a flow once an outage. */
static void
count_once(const struct sim_outage *o, uint16_t *latest, uint64_t *count)
{
	if (*latest == o->failover_count)
		return;
	*latest = (uint16_t)o->failover_count;
	(*count)++;
}

/* The member that had the flow could have kept it. */
static bool
is_needless(const struct sim_player *p, const struct sim_arrival *a,
    uint16_t before, uint16_t after)
{
	const struct sim_outage *o = p->outage;
	const struct lb_rule *rule = lb_plan_rule_row(p->plan, p->result.rule);
	const uint64_t seen_ms = a->flow->client_ms;

	return (p->plan->member_state[before] >> (rule->probe & 31) & 1) != 0 &&
	       o->changed_ms[before] <= seen_ms &&
	       o->changed_ms[after] <= seen_ms;
}

/* Does this packet go on with what the one before it belonged to? */
static bool
goes_on(const struct sim_player *p, const struct sim_arrival *a,
    unsigned number, uint16_t before)
{
	const uint16_t rule = a->flow->parts[number].rule;

	return before != LB_NONE && rule < p->rule_count &&
	       a->flow->client_ms != SIM_TIME_NONE &&
	       a->now_ms - a->flow->client_ms < p->rules[rule].idle_ms;
}

static void
note_rerouted(struct sim_player *p, const struct sim_arrival *a, uint16_t to)
{
	struct sim_failover *f = current(p->outage);
	const char *pool = p->plan->members[to].pool;

	if (f->detected_ns == SIM_NO_TIME || f->rerouted_ns != SIM_NO_TIME)
		return;
	for (uint32_t id = 0; id < p->plan->member_count; id++) {
		const struct lb_plan_member *m = &p->plan->members[id];
		if (m->name != NULL && strcmp(m->name, f->member) == 0 &&
		    strcmp(m->pool, pool) == 0 && id != to)
			f->rerouted_ns = a->now_ns - f->at_ns;
	}
}

/* A packet that went to a member, in an outage. */
static void
judge(struct sim_player *p, const struct sim_arrival *a, unsigned number,
    uint16_t before, struct sim_flow_fate *fate)
{
	struct sim_outage *o = p->outage;
	struct sim_failover *f = current(o);
	const uint16_t to = p->result.member;
	bool on = goes_on(p, a, number, before);
	bool moved = on && before != to;

	if (is_gone(o, to))
		f->lost++;
	if (!on || moved || (p->result.facts & LB_FACT_MADE) != 0)
		note_rerouted(p, a, to);
	if (moved)
		count_once(o, &fate->moved, &f->moved);
	if (moved && is_needless(p, a, before, to))
		count_once(o, &fate->needless, &f->needless);
	if (fate->open && (moved || is_gone(o, to))) {
		count_once(o, &fate->broke, &f->broken);
		fate->broken = 1;
	}
}

void
sim_outage_client(struct sim_player *p, const struct sim_arrival *a,
    unsigned number, uint16_t before)
{
	struct sim_outage *o = p->outage;
	struct sim_flow_fate *fate = &sim_flow_fates(o->flows, a->flow)[number];
	bool reset = a->pkt.ip.proto == LB_PROTO_TCP &&
		     (a->pkt.tcp_flags & LB_TCP_RST) != 0;

	/* a bare SYN, or a long silence, ends what there was */
	if (lb_packet_is_bare_syn(&a->pkt) || !goes_on(p, a, number, before)) {
		fate->open = 0;
		fate->broken = 0;
	}
	if (current(o) != NULL) {
		if (p->result.verdict == LB_FORWARD &&
		    (p->result.facts & LB_FACT_REPLY) == 0)
			judge(p, a, number, before, fate);
		else if (p->result.verdict == LB_DROP &&
			 p->result.reason == LB_REASON_NO_HEALTHY_BACKEND)
			current(o)->lost++;
	}
	if (reset)
		fate->open = 0;
}

bool
sim_outage_mutes(
    struct sim_player *p, const struct sim_arrival *a, unsigned number)
{
	const struct sim_outage *o = p->outage;
	const uint16_t member = a->flow->parts[number].member;
	struct sim_flow_fate *fate = &sim_flow_fates(o->flows, a->flow)[number];

	if (member == LB_NONE)
		return false; /* the player knows what that is */
	if (is_gone(o, member) || o->server[member] == LB_FAULT_HANGING ||
	    fate->broken)
		return true;
	fate->open = a->pkt.ip.proto == LB_PROTO_TCP &&
		     (a->pkt.tcp_flags & LB_TCP_RST) == 0;
	return false;
}

void
sim_outage_answered(
    struct sim_player *p, const struct sim_arrival *a, unsigned number)
{
	sim_flow_fates(p->outage->flows, a->flow)[number].open =
	    a->pkt.ip.proto == LB_PROTO_TCP &&
	    (a->pkt.tcp_flags & LB_TCP_RST) == 0;
}
