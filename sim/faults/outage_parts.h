/* SPDX-License-Identifier: MIT */
#ifndef SIM_OUTAGE_PARTS_H
#define SIM_OUTAGE_PARTS_H
/*
 * What the files of an outage share; for sim/faults/outage*.c only.
 *
 *   outage.c            making, probes, time
 *   outage_answers.c    how servers answer
 *   outage_faults.c     what faults do
 *   outage_failovers.c  what is written down of them
 *   outage_flows.c      what becomes of flows
 *   outage_listed.c     which faults there are, and when
 *   outage_members.c    pools, and the hosts that members are
 */
#include "sim/faults/outage.h"

enum due_kind {
	DUE_FAULT, /* subject: its number in faults */
	DUE_TICK,  /* subject: the probe */
	DUE_WAIT,  /* subject: the probe, whose silent members are silent */
	DUE_FLAP,  /* subject: the host */
};

static inline uint64_t
sim_outage_now(const struct sim_outage *o)
{
	return sim_events_now(o->events);
}

/* --- pools ---------------------------------------------------------------- */

/* The configuration with pools of its own, which change.  0, -1. */
int sim_outage_copy_config(
    struct sim_outage *o, const struct lb_config *config);
void sim_outage_free_pools(struct lb_config_pool *pools, size_t count);

/* The pools are those who are not out. */
void sim_outage_seat(struct sim_outage *o);

/* --- hosts ---------------------------------------------------------------- */

/* One for each address that a member has.  0, -1. */
int sim_outage_list_hosts(struct sim_outage *o);

/* The host of a member's address. */
uint32_t sim_outage_host_at(
    const struct sim_outage *o, const struct lb_addr *address);

static inline bool
sim_host_is_cut(const struct sim_outage *o, const struct sim_host *h)
{
	return (h->zones & o->dead_zones) != 0;
}

/* Its own state, or its zone's. */
static inline enum lb_fault_kind
sim_host_state(const struct sim_outage *o, const struct sim_host *h)
{
	return sim_host_is_cut(o, h) ? LB_FAULT_CRASHED : h->state;
}

/* Does it know nothing of any connection, and serve nobody? */
static inline bool
sim_state_is_dead(enum lb_fault_kind state)
{
	return state == LB_FAULT_CRASHED || state == LB_FAULT_REFUSING ||
	       state == LB_FAULT_OFF || state == LB_FAULT_DEAF;
}

bool sim_host_is_named(
    const struct sim_outage *o, const struct sim_host *h, const char *name);

/* Something about its members is not what it was. */
void sim_host_touch(struct sim_outage *o, const struct sim_host *h);

enum lb_answer sim_host_answer(const struct sim_outage *o,
    const struct sim_host *h, const struct lb_config_probe *probe);

/* --- probes and plan ------------------------------------------------------ */

/* All probes look again whether there is anything to do.  0, -1. */
int sim_outage_wake(struct sim_outage *o);

/* What the targets say, into the plan.  0, -1. */
int sim_outage_apply(struct sim_outage *o);

/* The pools as they are now, into another plan; because of that fault, or as
 * they are at first (NULL).  0, -1. */
int sim_outage_swap(struct sim_outage *o, const struct lb_fault *fault);

/* Does it, so that a failover begins? */
static inline bool
sim_fault_takes_away(const struct lb_fault *fault)
{
	return lb_fault_is_bad(fault->kind) ||
	       (fault->kind == LB_FAULT_WEIGHT && fault->weight == 0);
}

/* --- faults --------------------------------------------------------------- */

/* Those of the settings, and those that a seed draws.  0, -1. */
int sim_outage_list_faults(
    struct sim_outage *o, const struct sim_settings *settings, uint64_t seed);

/* Each at its time.  0, -1. */
int sim_outage_plan_faults(struct sim_outage *o);

int sim_outage_happen(struct sim_outage *o, uint32_t number);
int sim_outage_flap(struct sim_outage *o, uint32_t host);

/* Before the first instant: who comes later is not there. */
void sim_outage_empty_seats(struct sim_outage *o);

/* --- what is written down ------------------------------------------------- */

/* 0, -1. */
int sim_outage_note(struct sim_outage *o, enum sim_event_kind kind,
    const char *member, const char *what);

/* Is a fault about that computer? */
bool sim_outage_is_about(const struct sim_outage *o,
    const struct lb_fault *fault, const struct sim_host *h);

/* The latest failover whose fault still keeps that member from serving; NULL:
 * there is none. */
struct sim_failover *sim_outage_blamed(struct sim_outage *o, uint16_t member);

/* After the fault has happened. */
void sim_outage_begin(struct sim_outage *o, uint32_t number);

/* What such a fault began is no more, or something else.  0, -1. */
int sim_outage_lift(struct sim_outage *o, const struct lb_fault *by);

/* A probe of a host failed, was enough to take it out, or to let it in. */
enum sim_finding { SIM_FOUND_FAILING, SIM_FOUND_DOWN, SIM_FOUND_UP };
int sim_outage_found(struct sim_outage *o, const struct sim_host *h,
    enum sim_finding finding, const char *reason);

#endif
