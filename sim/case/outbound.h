/* SPDX-License-Identifier: MIT */
#ifndef SIM_OUTBOUND_H
#define SIM_OUTBOUND_H
/*
 * What members hold of their SNAT ports, as lb_step() gives them out and
 * lb_expire() takes them back: a gauge per (member, public address, protocol),
 * and in it a count per destination.
 *
 * A port is held as long as its table entry is there; that ends at an exact
 * millisecond, for which the owner of the clock plans an event: see
 * sim_outbound_due() and sim_outbound_end().
 *
 * Memory: 128 KiB an address and protocol; 24 bytes a slot of the connection
 * tables, committed when touched; a gauge 2 KiB where series are kept, and 56
 * bytes for each destination, as far as it has been there.
 *
 * Source: AZ 4.4 to 4.6, 9.1, 9.2; simulation.md C.7.
 */
#include "model/tables/expire.h"
#include "model/path/result.h"
#include "model/scenario/fault.h"
#include "model/scenario/scene.h"
#include "model/tables/snat_gauges.h"
#include "sim/case/turns.h"
#include "sim/flows/flows.h"
#include "sim/record/record.h"
#include "sim/record/timeline.h"

/* What flows of a gauge's go to: TCP an address and port, UDP an address. */
struct sim_destination {
	struct lb_addr addr;
	lb_be16 port; /* UDP: of the first that goes there */
	bool udp;
};

/* A gauge's flows to one destination. */
struct sim_toward {
	uint32_t now, peak; /* flows, each with a port of its own */
	uint64_t begun;     /* sessions of clients, whatever came of them */
	uint64_t asked;     /* calls: the first packet that wants a port */
	uint64_t blocked;   /* of these, that found none */
	uint64_t opened;    /* flows that got a port */
	uint64_t failed;    /* packets that wanted one and got none */
	uint64_t ended, held_ms; /* flows; how long they had it, in all */
};

struct sim_gauge {
	uint32_t used, peak;
	uint64_t peak_ns;
	uint32_t full_used, full_allocated; /* when it was fullest */
	uint64_t full_ns;                   /* which it was first then */
	/* When its failures began that go on, with no longer pause than
	 * LB_SNAT_REPEAT_NS; the latest; 0: none. */
	uint64_t failing_ns, failed_ns;
	struct lb_snat_alarm alarm;
	struct sim_toward *toward; /* [toward_room], by number of destination;
				      0: all others' */
	uint32_t toward_room;
	struct sim_snat_slice *slices; /* [SIM_BINS]; NULL: not kept */
	uint32_t bin;                  /* filled in as far as that one */
};

struct sim_snat_event {
	uint64_t at_ns;
	uint32_t gauge;
	uint32_t to; /* of a failure: the destination's number; 0: one of the
			others, or none */
	enum lb_snat_event event;
};

/* Other ports for members that stayed, because of a fault. */
struct sim_outbound_turn {
	uint64_t at_ns;
	const struct lb_fault *fault;
	struct sim_turn of;
	uint32_t ports;         /* in use, and taken back */
	uint64_t cut, cut_open; /* flows; open TCP connections of these */
};

struct sim_hold {
	uint64_t begun_ns; /* since when the entry is there */
	uint64_t due_ns;   /* the event that is planned for it; 0: none */
	uint32_t session;  /* whose, from 1; 0: a captured flow's */
};

/* An entry that has just ended, and whose it was. */
struct sim_ended {
	struct lb_expired was;
	uint32_t session;
};

/* Records of ports that nobody uses leave the table as live's sweeper sees to
 * it: within a second. */
struct sim_sweeps {
	uint32_t records;  /* there are no more than that */
	uint64_t swept_ms; /* the latest */
	uint64_t hints_ms; /* the latest time that hints were forgotten */
	bool no_room;      /* since then somebody found none for a record */
};

struct sim_outbound {
	struct sim_destination *destinations; /* from 1 */
	uint32_t destination_count;           /* of those that have a number */
	uint32_t destination_most;
	uint32_t *numbers; /* by hash of the destination; 0: free */
	uint32_t number_mask;
	bool learns;             /* destinations as captured flows go there */
	struct sim_events *ends; /* of captured flows' ports, by slot; NULL */
	struct lb_snat_gauges index; /* whose gauges: in the same order */
	struct sim_gauge *gauges;
	uint32_t gauge_count, gauge_room;
	uint16_t *next_port; /* [member_count]: its ephemeral ones, from 0 */
	uint32_t member_count;
	uint16_t *holders;        /* [address, protocol, port]: flows of it */
	struct sim_hold *hold[2]; /* by family, bucket and way */
	uint32_t slots[2];
	struct sim_snat_event *log;
	size_t log_count;
	struct sim_outbound_turn *turns;
	size_t turn_count;
	uint64_t packets, bytes;         /* translated, both directions */
	struct sim_ended ended[LB_WAYS]; /* by the latest sim_outbound_end() */
	unsigned ended_count;
	struct sim_sweeps sweeps;
	bool series;
	/* Of the owner: what piece of time that is (NULL: always 0), and what
	 * sessions another plan took the ports of (NULL: he does not care). */
	uint32_t (*bin_at)(void *arg, uint64_t now_ns);
	void *bin_arg;
	void (*cut)(void *arg, const struct sim_ended *ended);
	void *cut_arg;
};

/*
 * sim_outbound_new - for a scene with traffic `from_pool`, or captured flows
 * of members (sim/replay/leavers.h), of which it learns where they go: of more
 * than 4,096 destinations the later ones are counted as one.
 *
 * scene   NULL: captured flows.
 * tables  of the world that is stepped: only their sizes are looked at.
 * series  keep levels over time.
 *
 * NULL without memory.
 */
struct sim_outbound *sim_outbound_new(const struct lb_scene *scene,
    const struct lb_plan *plan, const struct lb_tables *tables, bool series);
void sim_outbound_free(struct sim_outbound *o); /* NULL is fine */

/* Does anybody leave in this scene?  NULL: no. */
bool sim_outbound_wanted(const struct lb_scene *scene);

/*
 * sim_outbound_plan - another plan is in force: other allocations, and flows
 * whose ports are somebody else's end.
 *
 * fault  that it is because of; NULL: it is how things are at first.  Where it
 *        gave members that stayed other ports, there is one turn more.
 *
 * 0, -1 without memory.  Cost: linear in the tables.
 */
int sim_outbound_plan(struct sim_outbound *o, const struct lb_plan *plan,
    const struct lb_tables *tables, uint64_t now_ns,
    const struct lb_fault *fault);

/* Before a packet that may want a port. */
void sim_outbound_sweep(
    struct sim_outbound *o, const struct lb_tables *tables, uint64_t now_ms);

/* A client's session of that flow begins. */
void sim_outbound_begin(
    struct sim_outbound *o, uint16_t member, const struct sim_flow *flow);

/* What became of a packet that a member sent: a port taken, or none to be had.
 * again: the flow's packet before found none. */
void sim_outbound_note(struct sim_outbound *o, const struct lb_plan *plan,
    const struct sim_flow *flow, const struct lb_result *result, bool again,
    uint64_t now_ns, uint32_t bin);

/* Since when a member's flows of that protocol find no port; SIM_NO_TIME: they
 * do. */
uint64_t sim_outbound_failing_ns(
    const struct sim_outbound *o, uint16_t member, bool udp, uint64_t now_ns);

/*
 * sim_outbound_due - when the entry of a flow, in a slot of its family's
 * table, is to be looked at; SIM_NEVER: that is planned already.  To be asked
 * after every packet that makes or closes one, or begins with a SYN.
 *
 * sim_outbound_hold - whose session that entry is of.
 *
 * sim_outbound_end - that time has come: ends what is over in its bucket, and
 * tells in `ended` what sessions that was of.
 * Returns when it is to be looked at again; SIM_NEVER: never.
 *
 * Cost: O(1).
 */
uint64_t sim_outbound_due(struct sim_outbound *o,
    const struct lb_tables *tables, bool six, uint32_t slot, uint64_t now_ns);
void sim_outbound_hold(
    struct sim_outbound *o, bool six, uint32_t slot, uint32_t session);
uint64_t sim_outbound_end(struct sim_outbound *o,
    const struct lb_tables *tables, bool six, uint32_t slot, uint64_t now_ns,
    uint32_t bin);

/* The number of a public address in the plan; -1: it is none. */
int sim_outbound_number(
    const struct lb_plan *plan, const struct lb_addr *address);

void sim_outbound_widen(struct sim_outbound *o); /* two pieces become one */

/* Nothing was counted until now. */
void sim_outbound_forget(struct sim_outbound *o, uint64_t now_ns, uint32_t bin);

/* It ends just before that time: levels and events until then. */
void sim_outbound_close(struct sim_outbound *o, uint64_t end_ns, uint32_t bin);

#endif
