/* SPDX-License-Identifier: MIT */
/*
 * Connections that outlive their entries.
 *
 * Azure drops an idle connection silently, or with enableTcpReset tells both
 * ends, and promises nothing for what is sent on it afterwards (AZ 3.2).  Here
 * such a packet is hashed anew, and finds its server as long as the members
 * are the same.
 */
#include "sim/case/player.h"

#include "model/config/config_new.h"

/* Without an outbound rule members leave by a default one. */
static uint64_t
idle_timeout_ms(const struct sim_player *p, bool outbound, uint16_t rule)
{
	struct lb_config_rule otherwise;

	lb_config_rule_init(&otherwise);
	if (outbound && p->plan->rules[rule].rule_index >= 0)
		return otherwise.idle_timeout_ms;
	return p->plan->classes[lb_plan_rule_row(p->plan, rule)->class_tcp]
	    .open_ms;
}

/* Where it is counted; NULL: nowhere. */
static struct sim_silence *
silence_of(struct sim_player *p, bool outbound, uint16_t rule)
{
	const uint16_t number = p->rule_of_id[rule];
	struct sim_nat_way *nat = sim_player_nat(p, number);

	if (outbound)
		return &p->outbound_silence;
	if (nat != NULL)
		return &nat->silence;
	return number < p->rule_count ? &p->rules[number].silence : NULL;
}

void
sim_player_silence(struct sim_player *p, struct sim_flow *flow,
    struct sim_flow_part *part, uint16_t rule, uint64_t now_ms)
{
	const bool outbound = (flow->marks & SIM_FLOW_OUTBOUND) != 0;
	const uint64_t silent_ms = now_ms - flow->client_ms;
	const uint64_t idle_ms = idle_timeout_ms(p, outbound, rule);
	struct sim_silence *of = silence_of(p, outbound, rule);

	if (of == NULL || silent_ms < idle_ms || (of->reset && part->silent))
		return; /* the last: it is over */
	if (of->idle_ms == 0 || idle_ms < of->idle_ms)
		of->idle_ms = idle_ms;
	of->reset =
	    (lb_plan_rule_row(p->plan, rule)->flags & LB_RULE_TCP_RESET) != 0;
	of->flows += !part->silent;
	of->times++;
	if (silent_ms > of->longest_ms)
		of->longest_ms = silent_ms;
	part->silent = 1;
}
