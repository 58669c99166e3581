/* SPDX-License-Identifier: MIT */
#ifndef SIM_FORESEE_H
#define SIM_FORESEE_H
/* What faults will do to SNAT ports, before they are played. */
#include "model/config/config.h"
#include "model/scenario/fault.h"
#include "sim/case/turns.h"

/*
 * sim_foresee_turns - by each fault: whose ports it changes, of members that
 * stay.
 *
 * faults  of a scenario, in any order; only who is added or removed matters.
 * turns   out: [count], all 0 where nothing changes.
 *
 * 0; -1 without memory.  Cost: a plan for each member that comes or goes.
 */
int sim_foresee_turns(const struct lb_config *config,
    const struct lb_fault *faults, size_t count, struct sim_turn *turns);

#endif
