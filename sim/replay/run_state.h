/* SPDX-License-Identifier: MIT */
#ifndef SIM_RUN_STATE_H
#define SIM_RUN_STATE_H
/* A run as it goes: between sim/run/run.c, which begins and ends it,
 * sim/replay/whose.c and sim/run/play.c, which do it, and
 * sim/run/build_record.c, which writes down what came of it. */
#include "sim/replay/feed.h"
#include "sim/replay/roles.h"
#include "sim/case/settings.h"
#include "traces/clock.h"

/* What only a survey wants to know; noted where details are. */
struct sim_notes {
	uint64_t cut, fragments, pauses;
	uint64_t first_ns, last_ns; /* since 1970: the first, the latest */
	uint64_t gap_ns, gap_from_ns;
	bool started;
};

struct sim_world; /* sim/world/world.h */

struct sim_run {
	const struct sim_settings *settings;
	struct sim_vip vip; /* never AUTO: that has been found out */
	struct sim_feed feed;
	struct sim_flows *flows;
	struct trace_clock clock;
	struct sim_timeline timeline;
	struct sim_player **players;
	unsigned player_count;
	uint64_t last_ms;     /* of the packet before */
	uint64_t swept_ms;    /* since when the path's clock may wrap */
	uint64_t duration_ns; /* from the first packet played to the last */
	uint64_t ip_bytes;
	uint64_t flow_count;
	uint64_t role_by[SIM_ROLE_BY_COUNT];
	uint64_t skipped[LB_PARSED_COUNT]; /* by enum lb_parsed */
	uint64_t icmp;
	uint64_t over_limit; /* packets of flows beyond max_flows */
	uint64_t over_limit_first_ns;
	uint64_t due_ns;         /* when something else happens; SIM_NEVER */
	struct sim_world *world; /* of the only player; NULL: captures only */
	uint64_t end_ns;         /* nothing happens from then on; SIM_NEVER */
	uint64_t warm_up_ns;     /* not yet come; SIM_NEVER */
	uint64_t unplayed;       /* packets read for nothing: after the end */
	uint64_t forgotten;      /* packets read in the warm-up */
	unsigned waiting;        /* packets of the batch, not played yet */
	unsigned cases_before, cases_in_all; /* for progress */
	bool is_over;                        /* captures go beyond the end */
	uint32_t round;
	struct sim_notes notes;
	bool interrupted;
};

/* Captured time as it passes here: at that speed; at most 2^64 - 1 ns. */
static inline uint64_t
sim_at_speed(const struct sim_settings *s, uint64_t ns)
{
	if (LB_LIKELY(s->speed_millionths == 0 ||
		      s->speed_millionths == SIM_SPEED_ONE))
		return ns;
	unsigned __int128 wide = (unsigned __int128)ns * SIM_SPEED_ONE;
	wide /= s->speed_millionths;
	return wide > UINT64_MAX ? UINT64_MAX : (uint64_t)wide;
}

/* Reads to the end, or as far as somebody wants, and plays it to the players
 * there are; then what there is without packets, to the scene's end.  0; -1
 * without memory. */
int sim_play_all(struct sim_run *run);

/* A captured flow has a packet: it is one of the run's. */
void sim_count_flow(struct sim_run *run, struct sim_flow *flow);

/* For the world: one packet of its own, whose time has come. */
int sim_play_packet(struct sim_run *run, struct sim_arrival *a);

/* The piece of time that is now; 0 where there is no timeline. */
uint32_t sim_run_bin(struct sim_run *run, uint64_t now_ns);

/* False when somebody wants it to stop. */
bool sim_run_may_go_on(const struct sim_run *run, uint64_t now_ns);

/* Nothing was counted until now: sim/run/forget.c. */
void sim_run_forget(struct sim_run *run, uint64_t now_ns);

/*
 * Between them, sim_play_all().
 *
 * sim_run_open  - opens everything; players only as many as asked for.
 *                 enum sim_status.
 * sim_run_close - frees it, also what was opened in part.
 */
int sim_run_open(
    struct sim_run *run, unsigned player_count, struct sim_trouble *trouble);
void sim_run_close(struct sim_run *run);

/* Notes what a captured packet is, and whose it turned out to be. */
void sim_note_captured(
    struct sim_notes *notes, const struct trace_packet *captured);
void sim_note_arrival(struct sim_run *run, const struct sim_arrival *a);

/* Is this a flow of the server that is asked for?  Never with AUTO. */
bool sim_vip_has(const struct sim_vip *vip, const struct sim_flow *flow);

/*
 * sim_find_flow - fills in whose packet an arrival is, deciding the roles of
 * a flow that is new.  0; -1 without memory.  The flow is NULL when it would
 * be one too many.
 */
int sim_find_flow(struct sim_run *run, struct sim_arrival *a);

/* What was read; *partial when not all could be.  False without memory. */
bool sim_build_input(
    const struct sim_run *run, struct sim_input *in, bool *partial);

/* The record of a run that is over; it takes the players' keys.  NULL without
 * memory. */
struct sim_record *sim_build_record(const struct sim_run *run);

/* What synthetic clients and servers did.  0; -1 without memory. */
int sim_build_world(const struct sim_run *run, struct sim_case *out);

/* What its members held of their SNAT ports, and what happened to them: the
 * log has room.  0; -1 without memory. */
int sim_build_snat(
    const struct sim_run *run, unsigned number, struct sim_case *out);
int sim_build_snat_log(
    const struct sim_run *run, unsigned number, struct sim_record *record);

/* Who a case's keys are.  0; -1 without memory. */
int sim_build_keys(
    const struct sim_run *run, unsigned number, struct sim_case *out);

/* What happened when.  0; -1 without memory. */
int sim_build_log(const struct sim_run *run, struct sim_record *record);

/* Its rows of flows, when all else of it is there.  0; -1 without memory. */
int sim_build_flows(const struct sim_run *run, struct sim_record *record);

#endif
