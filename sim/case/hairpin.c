/* SPDX-License-Identifier: MIT */
/*
 * Connections that come back to who began them (AZ 4.9).
 *
 * Nobody answers one, so a client tries again from the same port, and an
 * ephemeral port may be back within the minute that its half-open entry lives:
 * what tells a second connection from a second try is its initial sequence
 * number (RFC 9293, 3.4.1).
 */
#include "sim/case/player.h"

#include <search.h>
#include <stdlib.h>

/* The latest SYN of a flow that came back. */
struct syn {
	const struct sim_flow *flow;
	uint32_t seq;
};

static int
by_flow(const void *a, const void *b)
{
	const struct syn *x = a, *y = b;

	return (x->flow > y->flow) - (x->flow < y->flow);
}

/* Without memory each SYN is another connection's. */
static bool
is_another(struct sim_player *p, const struct sim_arrival *a)
{
	const struct syn here = { a->flow, a->pkt.seq };
	struct syn **known = tfind(&here, &p->hairpin_syns, by_flow);

	if (known != NULL) {
		const bool other = (*known)->seq != here.seq;
		(*known)->seq = here.seq;
		return other;
	}
	struct syn *syn = malloc(sizeof(*syn));
	if (syn == NULL)
		return true;
	*syn = here;
	if (tsearch(syn, &p->hairpin_syns, by_flow) == NULL)
		free(syn);
	return true;
}

/* A SYN tells by itself; else a connection is told by its entry, a flow that
 * has none by its first packet. */
static bool
begins(struct sim_player *p, const struct sim_arrival *a)
{
	const uint32_t facts = p->result.facts;

	if (lb_packet_is_bare_syn(&a->pkt))
		return is_another(p, a);
	if ((facts & (LB_FACT_MADE | LB_FACT_HIT)) != 0)
		return (facts & LB_FACT_MADE) != 0;
	return a->flow->client_ms == SIM_TIME_NONE;
}

void
sim_player_hairpin(struct sim_player *p, const struct sim_arrival *a)
{
	if (p->hairpin_packets++ == 0)
		p->hairpin_first_ns = a->now_ns;
	p->hairpins += begins(p, a);
	p->is_hairpin = true;
}

void
sim_player_forget_syns(struct sim_player *p)
{
	tdestroy(p->hairpin_syns, free);
	p->hairpin_syns = NULL;
}
