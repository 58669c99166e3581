/* SPDX-License-Identifier: MIT */
/* What is noted of packets besides what the players count. */
#include "sim/replay/run_state.h"

/* Idle that long, a flow is forgotten unless a rule says otherwise. */
#define IDLE_NS (UINT64_C(240) * LB_NS_PER_S)

void
sim_note_captured(struct sim_notes *n, const struct trace_packet *captured)
{
	const uint64_t now_ns = captured->time_ns;

	if (captured->captured_bytes < captured->wire_bytes)
		n->cut++;
	if (!n->started) {
		n->started = true;
		n->first_ns = n->last_ns = now_ns;
	}
	if (now_ns < n->first_ns)
		n->first_ns = now_ns;
	if (now_ns <= n->last_ns)
		return;
	if (now_ns - n->last_ns > n->gap_ns) {
		n->gap_ns = now_ns - n->last_ns;
		n->gap_from_ns = n->last_ns;
	}
	n->last_ns = now_ns;
}

static void
note_client(struct sim_flow_detail *d, const struct sim_arrival *a)
{
	d->packets_in++;
	d->bytes_in += a->ip_bytes;
	d->tcp_flags_in |= a->pkt.tcp_flags;
	if (a->pkt.ip.fragment == LB_FRAGMENT_NO)
		d->sent |= SIM_SENT_WHOLE;
	else if (a->pkt.ip.fragment == LB_FRAGMENT_FIRST)
		d->sent |= SIM_SENT_FIRST;
}

void
sim_note_arrival(struct sim_run *run, const struct sim_arrival *a)
{
	struct sim_flow_detail *d = sim_flow_detail(run->flows, a->flow);

	if (d->packets_in + d->packets_out == 0)
		d->first_ns = a->now_ns;
	else if (a->now_ns - d->last_ns >= IDLE_NS)
		run->notes.pauses++;
	d->last_ns = a->now_ns;
	if (a->from_client) {
		note_client(d, a);
	} else {
		d->packets_out++;
		d->bytes_out += a->ip_bytes;
		d->tcp_flags_out |= a->pkt.tcp_flags;
	}
	if (LB_LIKELY(a->pkt.ip.fragment == LB_FRAGMENT_NO))
		return;
	run->notes.fragments++;
	/* The rest of an answer goes where its beginning went. */
	if (a->datagram != NULL && !a->from_client)
		sim_flow_detail(run->flows, a->datagram)->answers = a->flow;
}
