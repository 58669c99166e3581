/* SPDX-License-Identifier: MIT */
#ifndef SIM_NATS_H
#define SIM_NATS_H
/*
 * Inbound NAT rules of a case: a port of a frontend and the member it leads
 * to, which the engine calls NAT-RULE/MEMBER.  They balance nothing, so there
 * are no keys and no evenness: only what went there and came back, and what
 * was silent for too long.
 *
 * Source: AZ 5.5; design.md 2.
 */
#include "model/plan/plan.h"
#include "sim/record/record.h"

struct sim_tally {
	uint64_t flows, packets, packets_in, bytes, bytes_in;
};

struct sim_nat_way {
	char *name, *member_name; /* "ssh/web_0", "web_0" */
	uint16_t rule;            /* id */
	uint16_t member;          /* id */
	lb_be16 backend_port;
	bool one_sided, any_port; /* as of a balancing rule */
	uint64_t idle_ms;
	struct sim_tally tally;
	struct sim_silence silence;
};

struct sim_nats {
	struct sim_nat_way *at; /* in the plan's order */
	size_t count;
};

/* Those of a plan, compiled from that configuration.  0, -1 without memory. */
int sim_nats_init(struct sim_nats *nats, const struct lb_config *config,
    const struct lb_plan *plan);
void sim_nats_free(struct sim_nats *nats);   /* zeroed is fine */
void sim_nats_forget(struct sim_nats *nats); /* nothing was counted */

#endif
