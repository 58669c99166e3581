/* SPDX-License-Identifier: MIT */
/*
 * Associativity's price: how many flows have lost their entry, or never got
 * one, when a table holds a given share of its slots.  Nothing expires and
 * nothing closes: every loss is one before its time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "model/path/step.h"
#include "model/tables/world.h"
#include "tests/bench/bench.h"
#include "tests/bench/service.h"

#define ENTRIES 1000000u

static void
packet_of(struct lb_packet *p, bool six, uint32_t flow)
{
	*p = (struct lb_packet){ .ip = { .family = six ? 6 : 4,
				     .proto = LB_PROTO_UDP } };
	p->ip.sport = lb_be16_of((uint16_t)(1024 + (flow & 0x3fff)));
	p->ip.dport = lb_be16_of(5683);
	uint32_t host = __builtin_bswap32(0x0a000000u + (flow >> 14));
	if (six) {
		p->ip.src = (struct lb_addr){ { UINT64_C(0x0100b80d0120),
		    (uint64_t)host << 32 } };
		p->ip.dst = (struct lb_addr){ { UINT64_C(0xb80d0120),
		    UINT64_C(0x0a00000000000000) } };
	} else {
		p->ip.src = lb_addr_v4(host);
		p->ip.dst = lb_addr_v4(0x0a7100cbu);
	}
}

/* Share of `flows` flows that have no entry once all have come. */
static double
lost_share(const struct lb_plan *plan, bool six, uint64_t flows)
{
	struct lb_world *w = lb_world_new(plan);
	struct lb_packet packet;
	struct lb_result result;
	if (w == NULL)
		return -1;
	for (uint64_t i = 0; i < flows; i++) {
		packet_of(&packet, six, (uint32_t)i);
		lb_step(lb_world_ctx(w), &packet, 1000, &result);
	}
	uint64_t live = lb_live_count(&w->tables);
	lb_world_free(w);
	return (double)(flows - live) / (double)flows;
}

int
bench_eviction(void)
{
	static const struct {
		const char *four, *six;
		unsigned percent;
		double goal;
	} loads[] = {
		{ "eviction_at_quarter_load", NULL, 25, 0 },
		{ "eviction_at_half_load", "eviction6_at_half_load", 50, 1 },
		{ "eviction_at_three_quarter_load", NULL, 75, 0 },
		{ "eviction_at_90_percent_load", NULL, 90, 0 },
	};
	struct service service = { 100, 1, ENTRIES, LB_MAGLEV };
	struct lb_plan *plan = service_plan(&service);
	if (plan == NULL)
		return 1;
	uint64_t slots = (uint64_t)plan->buckets4 * LB_WAYS;
	for (size_t i = 0; i < LB_COUNT(loads); i++) {
		uint64_t flows = slots * loads[i].percent / 100;
		enum bench_goal kind =
		    loads[i].goal > 0 ? BENCH_AT_MOST : BENCH_NO_GOAL;
		bench_say(loads[i].four, 100 * lost_share(plan, false, flows),
		    "%", kind, loads[i].goal);
		if (loads[i].six != NULL)
			bench_say(loads[i].six,
			    100 * lost_share(plan, true, flows), "%", kind,
			    loads[i].goal);
	}
	bench_say("table_bytes_per_flow_at_half_load",
	    (double)sizeof(struct lb_bucket4) / LB_WAYS * 2, "bytes",
	    BENCH_AT_MOST, 80);
	lb_plan_free(plan);
	return 0;
}
