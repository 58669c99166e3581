/* SPDX-License-Identifier: MIT */
#ifndef SIM_DRAWN_H
#define SIM_DRAWN_H
/*
 * Failures that befall members by chance: each is up for an exponential time,
 * then in some state for another, and so on.  Which, is drawn at (seed,
 * SIM_DRAW_FAILURE, member, n), the member being the number of its name in
 * the configuration: the same in every case that has the same members.
 */
#include "model/config/config.h"
#include "model/scenario/fault.h"
#include "model/scenario/scene.h"

/* Members fail so often together; then no more. */
#define SIM_DRAWN_MAX 20000u

/*
 * sim_drawn_make - the faults of a scene's failures, in order of time: of
 * each failure one that it begins with and one, LB_FAULT_UP, that ends it.
 *
 * until_ms  none begins later.
 * faults    out, to be freed; their members' names are the configuration's.
 *
 * 0, -1 without memory.  Cost: log (members) a fault.
 */
int sim_drawn_make(const struct lb_scene *scene, const struct lb_config *config,
    uint64_t seed, uint64_t until_ms, struct lb_fault **faults, size_t *count);

#endif
