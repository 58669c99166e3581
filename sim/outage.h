/* SPDX-License-Identifier: MIT */
#ifndef SIM_OUTAGE_H
#define SIM_OUTAGE_H
/*
 * Faults in one case: what befalls its members, how their probes notice, and
 * what that does to flows.
 *
 * A server answers a probe by its state when the probe is sent, at once or
 * never.  A probe's first tick is at a phase drawn from the seed, the same in
 * every case; a fault at the very instant of a tick comes just after it (AZ
 * 2.4).  While nothing can change, nothing is asked: a probe whose members all
 * are what it takes them for sleeps until the next fault, so that quiet years
 * cost nothing.
 */
#include "model/fault.h"
#include "model/targets.h"
#include "sim/events.h"
#include "sim/player.h"
#include "sim/record.h"

#define SIM_NO_OUTAGE UINT32_MAX

/* What a probe of the configuration is doing. */
struct sim_prober {
	uint64_t phase_ns, tick_ns; /* tick_ns: the next, when it is awake */
	size_t first, end;          /* its targets */
	bool is_awake;
};

/* A member address that is probed. */
struct sim_patient {
	uint16_t member; /* id of the first member that has it */
	bool is_waited_for;
};

struct sim_outage {
	struct lb_plan *plan;      /* the player's */
	struct lb_config config;   /* its pools' members are our own copy */
	struct sim_events *events; /* until the next of them, all is as it is */
	struct lb_targets targets;
	struct sim_patient *patients; /* by target */
	struct sim_prober *probers;   /* by probe */
	const struct lb_fault *faults;
	size_t fault_count;
	uint8_t *server;      /* by member id: enum lb_fault_kind */
	uint64_t *changed_ms; /* by member id: it, or what is thought of it */
	uint32_t *ever;       /* by member id: bits that ever were eligible */
	struct sim_failover *failovers; /* their texts are others' */
	size_t failover_count;
	struct sim_event *log; /* the same; of_case is not filled in */
	size_t log_count, log_room;
	const struct sim_flows *flows;
};

/*
 * sim_outage_new - faults to come for a case.
 *
 * plan    rewritten as members go down and up; config is what it was compiled
 *         from, and not written to.
 * faults  in any order; those of one instant happen in the order given.
 * flows   with fates.
 *
 * Returns NULL without memory.  plan, config, faults and flows must outlive it.
 */
struct sim_outage *sim_outage_new(struct lb_plan *plan,
    const struct lb_config *config, const struct lb_fault *faults,
    size_t fault_count, uint64_t seed, const struct sim_flows *flows);
void sim_outage_free(struct sim_outage *o); /* NULL is fine */

/* All that happens until then, that instant included; 0, -1 without memory. */
int sim_outage_advance(struct sim_outage *o, uint64_t now_ns);

/* When something happens next; SIM_NEVER. */
uint64_t sim_outage_next_ns(const struct sim_outage *o);

/*
 * sim_outage_client - a client's packet was stepped; p->result says where to.
 *
 * before  who got the flow's packet before; LB_NONE.
 */
void sim_outage_client(struct sim_player *p, const struct sim_arrival *a,
    unsigned number, uint16_t before);

/* Is a captured reply not sent, because who would send it is dead or has lost
 * the connection?  Else it is, and may have opened one. */
bool sim_outage_mutes(
    struct sim_player *p, const struct sim_arrival *a, unsigned number);

/* How a server is, for those who simulate what it does. */
struct sim_condition {
	enum lb_fault_kind state;
	uint32_t epoch;    /* so often it lost all it knew of connections */
	uint64_t epoch_ns; /* the last time it did; 0: never */
	uint64_t factor;   /* serving takes so many times as long, millionths */
};

struct sim_condition sim_outage_condition(
    const struct sim_outage *o, uint16_t member);

/* The name of a fault's member when no case has it; NULL: all do. */
const char *sim_outage_stranger(const struct lb_config *config,
    const struct lb_fault *faults, size_t count);

/* How a server in that state answers that probe. */
enum lb_answer sim_server_answer(
    enum lb_fault_kind state, const struct lb_config_probe *probe);

#endif
