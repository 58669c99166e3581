/* SPDX-License-Identifier: MIT */
#ifndef SIM_HARM_H
#define SIM_HARM_H
/* What goes wrong in a case, in two places at once: in the piece of time it
 * happens in, for pictures, and in a failover: the latest that it happens
 * after, unless another is to blame. */
#include "sim/case/player.h"

enum sim_harm_kind {
	SIM_HARM_OFFERED, /* a client's packet */
	SIM_HARM_LOST,    /* and nobody got it */
	SIM_HARM_BROKEN,  /* flows */
	SIM_HARM_MOVED,
	SIM_HARM_REQUEST, /* of a synthetic client */
	SIM_HARM_RETRY,
	SIM_HARM_GIVEN_UP,
	SIM_HARM_ERROR, /* of failovers only: no picture shows it */
	SIM_HARM_COUNT
};

struct sim_failover;

/* bin: the piece of time that is now, as sim_arrival's.  Flows are counted
 * once an outage by the caller, packets each time.  Cost: two additions. */
void sim_harm_count(
    struct sim_player *p, uint32_t bin, enum sim_harm_kind kind);

/* The same for the failover that is to blame; NULL: none is. */
void sim_harm_charge(struct sim_player *p, uint32_t bin,
    enum sim_harm_kind kind, struct sim_failover *to);

/* Two pieces of time become one. */
void sim_harms_widen(struct sim_harm *harms);

#endif
