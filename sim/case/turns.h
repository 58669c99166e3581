/* SPDX-License-Identifier: MIT */
#ifndef SIM_TURNS_H
#define SIM_TURNS_H
/*
 * Members that stay get other SNAT ports when a pool grows or shrinks past a
 * tier of the default allocation.  Source: AZ 4.2.
 */
#include "model/tables/snat_gauges.h"

struct sim_turn {
	uint32_t members;       /* in both plans, with other ports */
	uint32_t before, after; /* of the gauge that changed most */
};

/* How many ports each gauge has now; the caller frees it; NULL without
 * memory. */
uint32_t *sim_turn_before(const struct lb_snat_gauges *gauges);

/* What another plan, read since, made of the `count` gauges that there were. */
struct sim_turn sim_turn_since(const struct lb_snat_gauges *gauges,
    const uint32_t *before, uint32_t count);

#endif
