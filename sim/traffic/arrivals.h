/* SPDX-License-Identifier: MIT */
#ifndef SIM_ARRIVALS_H
#define SIM_ARRIVALS_H
/*
 * When the sessions of a source begin: one ahead, never all at once.
 *
 * Poisson, evenly spaced, and bursts (MMPP-2: a Poisson process whose rate
 * changes between two after exponential times) go on until the source stops.
 * Beta(3,4) over 10 s, a uniform phase in a period, and an even ramp have a
 * number of sessions that is known before; the first two are drawn in order,
 * as order statistics.
 *
 * Source: simulation.md D.2; Fischer and Meier-Hellstern 1993 (MMPP); 3GPP TR
 * 37.868 6.1 (Beta); Devroye 1986, V.3 (sorted uniforms, one by one).
 */
#include "model/scenario/scene.h"
#include "sim/events/dice.h"
#include "sim/events/events.h"

enum sim_arrival_kind {
	SIM_ARRIVE_POISSON,
	SIM_ARRIVE_EVENLY,
	SIM_ARRIVE_BURSTS,
	SIM_ARRIVE_BETA,    /* `left` sessions in order over span_ns */
	SIM_ARRIVE_UNIFORM, /* the same */
};

struct sim_arrivals {
	enum sim_arrival_kind kind;
	uint32_t source;
	uint64_t start_ns, stop_ns; /* stop_ns: no session from then on */
	uint64_t count;             /* sessions so far */
	uint64_t at_ns;             /* the latest */
	uint64_t left;              /* UINT64_MAX: any number */
	uint64_t rate;              /* a second, millionths */
	double gap_ns;              /* mean; BURSTS: between bursts */
	double burst_gap_ns;        /* in one */
	double quiet_ns, burst_ns;  /* mean lengths */
	double log_rest; /* of ordered uniforms: ln(1 - the latest) */
	uint64_t span_ns;
	bool in_burst;
};

/*
 * sim_arrivals_init - a source begins.
 *
 * What begins is what the profile does: devices come on at a uniform phase of
 * their period (or all at once, with LB_ARRIVALS_BETA), long-lived connections
 * are opened evenly over the ramp, and the others come by `arrivals` at `rate`.
 *
 * source  its number; end_ns: of the run; a source that stops before, stops.
 */
void sim_arrivals_init(struct sim_arrivals *a, const struct lb_traffic *traffic,
    uint32_t source, uint64_t end_ns);

/* When the next session begins, never before the one before it; SIM_NEVER:
 * there is none.  Its number was a->count before the call. */
uint64_t sim_arrivals_next(struct sim_arrivals *a, struct sim_dice *dice);

#endif
