/* SPDX-License-Identifier: MIT */
#ifndef SIM_SIZES_H
#define SIM_SIZES_H
/* How large answers are. */
#include "model/scenario/scene.h"
#include "sim/events/dice.h"

/* Bytes of the answer to the n-th request (sim_draw_in()) of a source: at least
 * 1.  Source: traces/models.h. */
uint64_t sim_size_draw(const struct lb_traffic *traffic, struct sim_dice *dice,
    uint32_t source, uint64_t n);

#endif
