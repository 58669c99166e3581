/* SPDX-License-Identifier: MIT */
#ifndef SIM_OUTAGE_H
#define SIM_OUTAGE_H
/*
 * Faults in one case: what befalls its members, how their probes notice, and
 * what that does to flows.
 *
 * A server is an address, whatever members have it.  It answers a probe by its
 * state when the probe is sent, at once or never.  A probe's first tick is at a
 * phase drawn from the seed, the same in every case; a fault at the very
 * instant of a tick comes just after it (AZ 2.4).  While nothing can change,
 * nothing is asked: a probe whose members all are what it takes them for sleeps
 * until the next fault, so that quiet years cost nothing.
 *
 * Who is added to a pool, or alive at last, without having been removed or
 * dead before, was not there at the beginning.  A member that is added is
 * unknown until its probes say otherwise, where it has any.
 */
#include "model/scenario/fault.h"
#include "model/health/targets.h"
#include "sim/events/events.h"
#include "sim/case/player.h"
#include "sim/record/record.h"

#define SIM_NO_OUTAGE UINT32_MAX

/* So often a flapping server goes or returns; then it stays up. */
#define SIM_FLAPS_MAX 1000000u

/* What a probe of the configuration is doing. */
struct sim_prober {
	uint64_t phase_ns, tick_ns; /* tick_ns: the next, when it is awake */
	size_t first, end;          /* its targets */
	bool is_awake;
};

/* A member address that is probed. */
struct sim_patient {
	uint32_t host;
	bool is_waited_for;
};

/* A computer. */
struct sim_host {
	struct lb_addr address;
	uint32_t first, end;            /* its members: ids[first..end) */
	const char *name;               /* its first member's */
	const struct lb_server *server; /* what it does; NULL: all at once */
	unsigned zones;                 /* its members', bits */
	enum lb_fault_kind state;       /* its own, whatever its zone's */
	uint32_t flapping; /* by this fault, from 1; 0: it does not */
	uint32_t flaps;
	uint64_t flap_ns;  /* when it flaps next */
	uint32_t epoch;    /* so often it lost its connections */
	uint64_t epoch_ns; /* when it did so last */
	uint64_t factor;   /* serving takes so many times as long, millionths */
	uint32_t out;      /* probes that do not, or not yet, take it for up */
	uint64_t soonest_ns, latest_ns; /* scratch of who reckons with them */
};

/* What a failover is about, beside its row of the record. */
struct sim_cause {
	const struct lb_fault *fault;
	uint64_t lifted_ns; /* since when it is no more; SIM_NO_TIME */
	bool takes_ports;   /* members that stayed have fewer SNAT ports */
};

struct sim_outage {
	struct sim_player *player; /* whose plan is rewritten, and swapped */
	struct lb_config config;   /* the plan's; its pools are our own */
	struct lb_config_pool *everybody; /* those pools, nobody removed */
	bool **is_out;                    /* [pool][member]: removed */
	struct sim_events *events; /* until the next of them, all is as it is */
	struct lb_targets targets;
	struct sim_patient *patients; /* by target */
	struct sim_prober *probers;   /* by probe */
	struct lb_fault *faults;      /* scripted, then drawn */
	size_t fault_count;
	char (*labels)[24]; /* by fault: "zone 2", where it has no member */
	const struct lb_scene *scene; /* NULL: there is none */
	struct sim_host *hosts;
	uint32_t host_count;
	uint32_t *host_of;    /* by member id */
	uint16_t *ids;        /* by host */
	uint64_t *changed_ms; /* by member id: it, or what is thought of it */
	uint32_t *ever;       /* by member id: bits that ever were eligible */
	unsigned dead_zones;  /* bits */
	struct lb_addr *cut;  /* frontends that nobody can reach */
	size_t cut_count;
	struct sim_failover *failovers; /* their texts are others' */
	struct sim_cause *causes;
	size_t failover_count;
	size_t first_open;     /* those before are restored */
	size_t unrouted;       /* detected, neither rerouted nor restored */
	struct sim_event *log; /* the same; of_case is not filled in */
	size_t log_count, log_room;
	const struct sim_flows *flows;
};

struct sim_settings;

/* Is there anything to happen? */
bool sim_outage_wanted(const struct sim_settings *settings);

/*
 * sim_outage_new - faults to come for a case.
 *
 * p         its plan is rewritten as members go down and up, and swapped as
 *           they are removed; its instances, where it has several, die.
 * settings  faults, in any order, those of one instant happening in the order
 *           given; the scene, whose failures are drawn; seed, replication.
 * flows     with fates; NULL: nobody calls sim_outage_client().
 *
 * Returns NULL without memory.  All three must outlive it.
 */
struct sim_outage *sim_outage_new(struct sim_player *p,
    const struct sim_settings *settings, const struct sim_flows *flows);

/* All that happens until then, that instant included; 0, -1 without memory. */
int sim_outage_advance(struct sim_outage *o, uint64_t now_ns);

/* Nothing was counted so far; what happened did. */
void sim_outage_forget(struct sim_outage *o);

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

/* A synthetic reply is sent: no member sends one that would not. */
void sim_outage_answered(
    struct sim_player *p, const struct sim_arrival *a, unsigned number);

/* How a server is, for those who simulate what it does. */
struct sim_condition {
	enum lb_fault_kind state;
	uint32_t epoch;    /* so often it lost all it knew of connections */
	uint64_t epoch_ns; /* the last time it did; 0: never */
	uint64_t factor;   /* serving takes so many times as long, millionths */
};

/* NULL: up, ever since. */
struct sim_condition sim_outage_condition(
    const struct sim_outage *o, uint16_t member);

/*
 * sim_outage_blamed_for_ports - the failover that a member finds no SNAT port
 * for, since failing_ns: the latest that took ports from it or left it the work
 * of somebody who was removed from its pool, which lasts, and which its failing
 * did not begin before.
 *
 * NULL: none; there were too few ports, whatever else went wrong.
 */
struct sim_failover *sim_outage_blamed_for_ports(
    struct sim_outage *o, uint16_t member, uint64_t failing_ns);

/*
 * sim_outage_check - can these faults happen to a case?
 *
 * what  out when not: what of which fault, and why; at least 160 bytes.
 */
bool sim_outage_check(const struct lb_config *config,
    const struct sim_settings *settings, char *what, size_t bytes);

/* How a server in that state answers that probe, if it has all the time it
 * needs and listens there. */
enum lb_answer sim_server_answer(
    enum lb_fault_kind state, const struct lb_config_probe *probe);

#endif
