/* SPDX-License-Identifier: MIT */
/* What an outage does to flows: design.md 8 has the definitions. */
#include "sim/faults/outage.h"

#include <string.h>

#include "sim/faults/harm.h"
#include "sim/faults/outage_parts.h"

static enum lb_fault_kind
state_of(const struct sim_outage *o, uint16_t member)
{
	return sim_host_state(o, &o->hosts[o->host_of[member]]);
}

static bool
has_flag(const struct sim_arrival *a, uint8_t flags)
{
	return a->pkt.ip.proto == LB_PROTO_TCP &&
	       (a->pkt.tcp_flags & flags) != 0;
}

/* Client packets sent there are lost. */
static bool
is_gone(const struct sim_outage *o, uint16_t member)
{
	return sim_state_is_dead(state_of(o, member));
}

/* The outage that things happen in: the latest begun; NULL: none has. */
static struct sim_failover *
current(struct sim_outage *o)
{
	return o->failover_count > 0 ? &o->failovers[o->failover_count - 1]
				     : NULL;
}

/* Is it the first time in this outage that the flow does so? */
static bool
is_first(const struct sim_outage *o, uint16_t *latest)
{
	const uint16_t number = (uint16_t)(o->failover_count + 1);

	if (*latest == number)
		return false;
	*latest = number;
	return true;
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

/* 0: it is no rule's. */
static uint64_t
idle_of_ms(const struct sim_player *p, uint16_t rule)
{
	const struct sim_nat_way *nat = sim_player_nat(p, rule);

	if (nat != NULL)
		return nat->idle_ms;
	return rule < p->rule_count ? p->rules[rule].idle_ms : 0;
}

/*
 * Does this packet go on with what the one before it belonged to?  Design.md's
 * two consecutive client packets are those of a connection: a SYN after the
 * end of the last begins another one, wherever it goes.
 */
static bool
goes_on(const struct sim_player *p, const struct sim_arrival *a,
    unsigned number, uint16_t before, const struct sim_flow_fate *fate)
{
	const uint64_t idle_ms = idle_of_ms(p, a->flow->parts[number].rule);

	if ((fate->ended || fate->broken) && lb_packet_is_bare_syn(&a->pkt))
		return false;
	return before != LB_NONE && a->flow->client_ms != SIM_TIME_NONE &&
	       a->now_ms - a->flow->client_ms < idle_ms;
}

/* Is that where flows go instead of what a failover is about? */
static bool
is_elsewhere(
    const struct sim_player *p, const struct lb_fault *fault, uint16_t to)
{
	const struct sim_outage *o = p->outage;
	const char *pool = p->plan->members[to].pool;

	/* who is out himself, and gets flows because all are, is no help */
	if (o->hosts[o->host_of[to]].out > 0)
		return false;
	if (lb_fault_subject(fault->kind) == LB_FAULT_OF_INSTANCE)
		return true; /* wherever: another instance sent it there */
	if (lb_fault_subject(fault->kind) == LB_FAULT_OF_ZONE)
		return (o->hosts[o->host_of[to]].zones >> fault->number & 1) ==
		       0;
	for (uint32_t id = 0; id < p->plan->member_count; id++) {
		const struct lb_plan_member *m = &p->plan->members[id];
		if (m->name != NULL && strcmp(m->name, fault->member) == 0 &&
		    strcmp(m->pool, pool) == 0 && id != to)
			return true;
	}
	return false;
}

static bool
is_unrouted(const struct sim_failover *f)
{
	return f->detected_ns != SIM_NO_TIME && f->rerouted_ns == SIM_NO_TIME &&
	       f->restored_ns == SIM_NO_TIME;
}

static void
note_rerouted(struct sim_player *p, const struct sim_arrival *a, uint16_t to)
{
	struct sim_outage *o = p->outage;
	size_t left = o->unrouted;

	for (size_t i = o->failover_count; left > 0 && i-- > o->first_open;) {
		struct sim_failover *f = &o->failovers[i];
		if (!is_unrouted(f))
			continue;
		left--;
		if (!is_elsewhere(p, o->causes[i].fault, to))
			continue;
		f->rerouted_ns = a->now_ns - f->at_ns;
		o->unrouted--;
	}
}

/* What is to blame for what becomes of a member's packets and connections: if
 * it is dead, what killed it. */
static struct sim_failover *
blamed(struct sim_outage *o, uint16_t member)
{
	struct sim_failover *f = NULL;

	if (member != LB_NONE && is_gone(o, member))
		f = sim_outage_blamed(o, member);
	return f != NULL ? f : current(o);
}

/* Once an outage. */
static void
break_flow(struct sim_player *p, const struct sim_arrival *a,
    struct sim_failover *by, struct sim_flow_fate *fate)
{
	if (fate->broken)
		return; /* by an earlier fault */
	fate->broken = 1;
	if (is_first(p->outage, &fate->broke))
		sim_harm_charge(p, a->bin, SIM_HARM_BROKEN, by);
}

/* The flow came to another instance than before. */
static void
note_rehomed(struct sim_player *p, bool moved, struct sim_flow_fate *fate)
{
	const struct sim_outage *o = p->outage;

	p->rehomed += is_first(o, &fate->rehomed);
	if (moved)
		p->rehomed_moved += is_first(o, &fate->rehomed_moved);
	if (moved && fate->open)
		p->rehomed_broken += is_first(o, &fate->rehomed_broken);
}

/* A packet that went to a member; on: of what was there before. */
static void
judge(struct sim_player *p, const struct sim_arrival *a, bool on,
    uint16_t before, struct sim_flow_fate *fate)
{
	struct sim_outage *o = p->outage;
	const uint16_t to = p->result.member;
	bool moved = on && before != to;

	if (is_gone(o, to))
		sim_harm_charge(p, a->bin, SIM_HARM_LOST, blamed(o, to));
	if (!on || moved || (p->result.facts & LB_FACT_MADE) != 0)
		note_rerouted(p, a, to);
	if (p->instances != NULL) {
		if (on && fate->instance != 0 &&
		    fate->instance != p->instance + 1)
			note_rehomed(p, moved, fate);
		fate->instance = (uint8_t)(p->instance + 1);
	}
	if (moved && is_first(o, &fate->moved))
		sim_harm_count(p, a->bin, SIM_HARM_MOVED);
	if (moved && current(o) != NULL && is_needless(p, a, before, to))
		current(o)->needless += is_first(o, &fate->needless);
	if (fate->open && (moved || is_gone(o, to)))
		break_flow(p, a, blamed(o, moved ? before : to), fate);
}

/* One that nobody got.  An open connection that has no member any more is
 * broken (AZ 2.5); one that no balancer is there for may still go on. */
static void
judge_dropped(struct sim_player *p, const struct sim_arrival *a,
    struct sim_flow_fate *fate)
{
	const uint32_t reason = p->result.reason;

	if (reason != LB_REASON_NONE && reason != LB_REASON_NO_HEALTHY_BACKEND)
		return;
	sim_harm_count(p, a->bin, SIM_HARM_LOST);
	if (fate->open && reason == LB_REASON_NO_HEALTHY_BACKEND)
		break_flow(p, a, current(p->outage), fate);
}

void
sim_outage_client(struct sim_player *p, const struct sim_arrival *a,
    unsigned number, uint16_t before)
{
	struct sim_outage *o = p->outage;
	struct sim_flow_fate *fate = &sim_flow_fates(o->flows, a->flow)[number];
	const struct lb_result *result = &p->result;
	bool on = goes_on(p, a, number, before, fate);

	/* a bare SYN, or a long silence, ends what there was */
	if (lb_packet_is_bare_syn(&a->pkt) || !on)
		fate->open = fate->broken = fate->ended = 0;
	/* what comes back to its sender is lost by no fault */
	bool sent = result->verdict == LB_FORWARD && !p->is_hairpin &&
		    (result->facts & LB_FACT_REPLY) == 0;
	/* where it is lost, if it is: losses are a part of what is offered */
	if (result->verdict != LB_PASS)
		sim_harm_charge(p, a->bin, SIM_HARM_OFFERED,
		    sent ? blamed(o, result->member) : current(o));
	if (sent)
		judge(p, a, on, before, fate);
	else if (result->verdict == LB_DROP)
		judge_dropped(p, a, fate);
	if (has_flag(a, LB_TCP_RST))
		fate->open = 0;
	fate->ended |= has_flag(a, LB_TCP_RST | LB_TCP_FIN);
}

/* A member's packet is sent. */
static void
answer(const struct sim_arrival *a, struct sim_flow_fate *fate)
{
	fate->open =
	    a->pkt.ip.proto == LB_PROTO_TCP && !has_flag(a, LB_TCP_RST);
	fate->ended |= has_flag(a, LB_TCP_RST | LB_TCP_FIN);
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
	if (is_gone(o, member) || state_of(o, member) == LB_FAULT_HANGING ||
	    fate->broken ||
	    lb_addr_same(&p->plan->members[member].address, &a->pkt.ip.dst))
		return true;
	answer(a, fate);
	return false;
}

void
sim_outage_answered(
    struct sim_player *p, const struct sim_arrival *a, unsigned number)
{
	answer(a, &sim_flow_fates(p->outage->flows, a->flow)[number]);
}
