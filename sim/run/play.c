/* SPDX-License-Identifier: MIT */
/*
 * Packets from the feed to the players, a batch at a time.
 *
 * Every packet of a big capture misses the caches several times: slot and
 * record of its flow, its table entry, its key.  So a batch goes through in
 * steps, each of which calls for the memory that the next needs; what is
 * decided and counted is decided and counted in order of the packets.
 */
#include "sim/faults/harm.h"
#include "sim/replay/leavers.h"
#include "sim/faults/outage.h"
#include "sim/replay/run_state.h"
#include "sim/world/world.h"

/*
 * The path's clock wraps after 49 days, and takes what is 2^31 ms old for
 * new.  At least this often all that has ended leaves the tables, so that
 * nothing in them is ever older than this, a gap and a timeout.
 */
#define SWEEP_MS (UINT64_C(1) << 30)

#define BATCH_PACKETS  32u
#define PROGRESS_EVERY 256u /* batches */

struct batch {
	struct sim_arrival at[BATCH_PACKETS];
	unsigned count;
};

static bool
is_icmp(const struct lb_packet *pkt)
{
	return pkt->ip.proto == LB_PROTO_ICMP ||
	       pkt->ip.proto == LB_PROTO_ICMP6;
}

/* When it happens, and how long it was. */
static void
note_packet(struct sim_run *run, const struct trace_packet *captured,
    struct sim_arrival *a)
{
	a->now_ns = sim_at_speed(
	    run->settings, trace_clock_ns(&run->clock, captured->time_ns));
	a->now_ms = a->now_ns / LB_NS_PER_MS;
	/* Offload leaves a length of 0 behind: then the frame's. */
	a->ip_bytes = a->pkt.ip_bytes;
	if (LB_UNLIKELY(a->ip_bytes == 0))
		a->ip_bytes = captured->wire_bytes - a->pkt.ip.l3;
	a->sender = LB_NONE;
}

/* Reads packets that can be played, until the scene's end.  Returns how many
 * were read at all. */
static unsigned
gather(struct sim_run *run, struct batch *b)
{
	struct trace_packet captured;
	unsigned read = 0;

	b->count = 0;
	while (read < BATCH_PACKETS && !run->is_over &&
	       sim_feed_next(&run->feed, &captured)) {
		struct sim_arrival *a = &b->at[b->count];
		int parsed = trace_parse(&captured, &a->pkt);

		read++;
		if (run->settings->details)
			sim_note_captured(&run->notes, &captured);
		if (LB_UNLIKELY(parsed != LB_PARSED)) {
			run->skipped[parsed]++;
			continue;
		}
		if (LB_UNLIKELY(is_icmp(&a->pkt))) {
			run->icmp++;
			continue;
		}
		note_packet(run, &captured, a);
		if (LB_UNLIKELY(a->now_ns >= run->end_ns)) {
			run->is_over = true;
			run->unplayed++;
			break;
		}
		run->duration_ns = a->now_ns;
		a->hash = sim_flows_hash(run->flows, &a->pkt,
		    a->pkt.ip.fragment == LB_FRAGMENT_LATER);
		b->count++;
	}
	run->waiting = b->count;
	return read;
}

static int
find_flows(struct sim_run *run, struct batch *b)
{
	for (unsigned i = 0; i < b->count; i++)
		sim_flows_call(run->flows, b->at[i].hash);
	for (unsigned i = 0; i < b->count; i++) {
		struct sim_arrival *a = &b->at[i];
		if (sim_find_flow(run, a) != 0)
			return -1;
		if (LB_UNLIKELY(a->flow == NULL))
			continue;
		for (unsigned p = 0; p < run->player_count; p++)
			sim_player_call(run->players[p], a, p);
	}
	return 0;
}

static int
sweep(struct sim_run *run, uint64_t now_ms)
{
	for (unsigned i = 0; i < run->player_count; i++)
		if (sim_player_expire(run->players[i], run->last_ms, now_ms) !=
		    0)
			return -1;
	run->swept_ms = now_ms;
	return 0;
}

static int
play_in_outage(
    struct sim_player *p, const struct sim_arrival *a, unsigned number)
{
	const uint16_t before = a->flow->parts[number].member;

	if (a->from_client) {
		if (sim_player_client(p, a, number) != 0)
			return -1;
		sim_outage_client(p, a, number, before);
		return 0;
	}
	if (a->sender != LB_NONE) {
		sim_outage_answered(p, a, number);
		return sim_player_reply(p, a, number);
	}
	if (!sim_outage_mutes(p, a, number))
		return sim_player_reply(p, a, number);
	p->reply_suppressed++;
	return 0;
}

static int
play_to(struct sim_player *p, const struct sim_arrival *a, unsigned number)
{
	if (LB_UNLIKELY((a->flow->marks & SIM_FLOW_OURS) == 0)) {
		sim_player_pass(p);
		return 0;
	}
	if (LB_UNLIKELY((a->flow->marks & SIM_FLOW_OUTBOUND) != 0))
		return sim_player_outbound(p, a, number);
	if (LB_UNLIKELY(p->outage != NULL))
		return play_in_outage(p, a, number);
	return a->from_client ? sim_player_client(p, a, number)
			      : sim_player_reply(p, a, number);
}

/* No step leaves this verdict behind. */
#define NOT_STEPPED UINT32_MAX

static int
play_before_witness(struct sim_run *run, struct sim_player *p,
    const struct sim_arrival *a, unsigned number)
{
	const struct sim_settings *s = run->settings;

	p->result.verdict = NOT_STEPPED;
	if (play_to(p, a, number) != 0)
		return -1;
	s->witness(s->witness_arg, p, a,
	    p->result.verdict != NOT_STEPPED ? &p->result : NULL);
	return 0;
}

static int
play_to_all(struct sim_run *run, const struct sim_arrival *a)
{
	const bool watched = run->settings->witness != NULL;

	for (unsigned i = 0; i < run->player_count; i++)
		if ((LB_UNLIKELY(watched)
			    ? play_before_witness(run, run->players[i], a, i)
			    : play_to(run->players[i], a, i)) != 0)
			return -1;
	return 0;
}

/* --- time ---------------------------------------------------------------- */

uint32_t
sim_run_bin(struct sim_run *run, uint64_t now_ns)
{
	if (run->timeline.bin_ns == 0)
		return 0;
	unsigned widen = sim_timeline_advance(&run->timeline, now_ns);

	for (; LB_UNLIKELY(widen > 0); widen--)
		for (unsigned i = 0; i < run->player_count; i++) {
			struct sim_player *p = run->players[i];
			for (size_t r = 0; r < p->rule_count; r++)
				sim_series_widen(&p->rules[r].series);
			if (p->harms != NULL)
				sim_harms_widen(p->harms);
			if (p->outbound != NULL)
				sim_outbound_widen(p->outbound);
		}
	return run->timeline.bin;
}

/* False when somebody wants it to stop. */
bool
sim_run_may_go_on(const struct sim_run *run, uint64_t now_ns)
{
	const struct sim_settings *s = run->settings;
	uint64_t bytes_read, bytes_total, packets = run->feed.packets;

	if (s->progress == NULL)
		return true;
	sim_feed_progress(&run->feed, &bytes_read, &bytes_total);
	if (run->end_ns != SIM_NEVER) { /* virtual time, of all cases */
		bytes_read = run->cases_before * run->end_ns + now_ns;
		bytes_total = run->cases_in_all * run->end_ns;
	}
	if (run->world != NULL)
		packets += run->world->packets;
	return s->progress(s->progress_arg, packets, bytes_read, bytes_total);
}

/* What happens to members and synthetic clients until then. */
static int
live_until(struct sim_run *run, uint64_t now_ns)
{
	run->due_ns = run->warm_up_ns;
	if (run->world != NULL) {
		if (sim_world_advance(run->world, now_ns) != 0)
			return -1;
		if (sim_world_next_ns(run->world) < run->due_ns)
			run->due_ns = sim_world_next_ns(run->world);
		return 0;
	}
	if (run->settings->leaver_count > 0 &&
	    sim_leavers_advance(run, now_ns) != 0)
		return -1;
	for (unsigned i = 0; i < run->player_count; i++) {
		struct sim_outage *o = run->players[i]->outage;
		if (o == NULL)
			continue;
		if (sim_outage_advance(o, now_ns) != 0)
			return -1;
		if (sim_outage_next_ns(o) < run->due_ns)
			run->due_ns = sim_outage_next_ns(o);
	}
	return 0;
}

/* The same; what was counted until warm_up_ns, that instant not included, is
 * forgotten on the way. */
static int
advance(struct sim_run *run, uint64_t now_ns)
{
	const uint64_t warm_ns = run->warm_up_ns;

	if (now_ns >= warm_ns) {
		if (live_until(run, warm_ns - 1) != 0)
			return -1;
		if (run->interrupted)
			return 0;
		run->warm_up_ns = SIM_NEVER;
		sim_run_forget(run, warm_ns);
	}
	return live_until(run, now_ns);
}

/* --- packets ------------------------------------------------------------- */

int
sim_play_packet(struct sim_run *run, struct sim_arrival *a)
{
	if (LB_UNLIKELY(a->now_ms - run->swept_ms >= SWEEP_MS) &&
	    sweep(run, a->now_ms) != 0)
		return -1;
	run->last_ms = a->now_ms;
	if (LB_UNLIKELY(a->flow == NULL)) {
		if (run->over_limit++ == 0)
			run->over_limit_first_ns = a->now_ns;
		return 0;
	}
	sim_count_flow(run, a->flow);
	run->ip_bytes += a->ip_bytes;
	a->bin = sim_run_bin(run, a->now_ns);
	if (run->settings->details)
		sim_note_arrival(run, a);
	if (play_to_all(run, a) != 0)
		return -1;
	if (LB_UNLIKELY(run->settings->leaver_count > 0) &&
	    (a->flow->marks & SIM_FLOW_OUTBOUND) != 0 &&
	    sim_leavers_watch(run, a) != 0)
		return -1;
	if (a->from_client)
		a->flow->client_ms = a->now_ms & SIM_TIME_NONE;
	return 0;
}

/* A captured one. */
static int
play(struct sim_run *run, struct sim_arrival *a)
{
	if (LB_UNLIKELY(a->now_ns >= run->due_ns) &&
	    advance(run, a->now_ns) != 0)
		return -1;
	run->waiting--;
	if (LB_UNLIKELY(run->interrupted)) {
		run->unplayed++;
		return 0;
	}
	return sim_play_packet(run, a);
}

/* From where the feed is to its end, or as far as somebody wants. */
static int
play_round(struct sim_run *run)
{
	struct batch b;
	uint64_t batches = 0;
	bool go_on = sim_run_may_go_on(run, run->duration_ns);

	while (go_on && gather(run, &b) > 0) {
		if (find_flows(run, &b) != 0)
			return -1;
		for (unsigned i = 0; i < b.count; i++)
			if (play(run, &b.at[i]) != 0)
				return -1;
		if (++batches % PROGRESS_EVERY == 0)
			go_on = sim_run_may_go_on(run, run->duration_ns);
		go_on &= !run->interrupted;
	}
	/* A signal may have cut a read short: then this is not the end. */
	run->interrupted |= !go_on || !sim_run_may_go_on(run, run->duration_ns);
	return 0;
}

static int
play_rounds(struct sim_run *run)
{
	const uint32_t loop = run->settings->loop;

	for (run->round = 0; play_round(run) == 0;) {
		if (run->interrupted || run->is_over ||
		    run->round + 1 >= loop || run->feed.packets == 0)
			return 0;
		sim_flows_begin_round(run->flows, ++run->round);
		sim_feed_rewind(&run->feed);
		trace_clock_again(&run->clock);
	}
	return -1;
}

/*
 * The captures have ended, or go on beyond the scene: what else there is
 * happens until its end.  That instant is no part of it, nor is a fault that
 * is planned for it.
 */
static int
play_rest(struct sim_run *run)
{
	const uint64_t end_ns = run->end_ns;

	if (end_ns == SIM_NEVER || run->interrupted)
		return 0;
	if (advance(run, end_ns - 1) != 0)
		return -1;
	if (run->interrupted)
		return 0;
	run->duration_ns = end_ns;
	return 0;
}

int
sim_play_all(struct sim_run *run)
{
	int done = play_rounds(run) == 0 ? play_rest(run) : -1;

	/* all cases have the same pieces of time, whoever was stopped */
	if (run->end_ns != SIM_NEVER)
		(void)sim_run_bin(run, run->end_ns - 1);
	return done;
}
