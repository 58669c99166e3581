/* SPDX-License-Identifier: MIT */
#ifndef SIM_LEAVERS_H
#define SIM_LEAVERS_H
/*
 * Captured flows that members of the configuration began, to servers outside:
 * they leave by SNAT, as those of traffic `from_pool` do.  Who a member is, its
 * captured address says, which may be another than it has in the
 * configuration.
 *
 * A port is held until its entry ends, which is at an exact millisecond: that
 * is an event of the case (sim_outbound.ends), taken before the next packet.
 *
 * A TCP connection whose SYN found no port never came to be: what else was
 * captured of it is dropped, until it tries again.
 *
 * Source: AZ 4; design.md 8.
 */
#include "sim/replay/run_state.h"

/* By captured address, ascending. */
struct sim_leaver {
	struct lb_addr captured, member;
};

/* Ascending, as they must be. */
int sim_leaver_compare(const void *a, const void *b);

/* Marks a flow, whose roles are known, when a member began it. */
void sim_leavers_settle(const struct sim_run *run, struct sim_flow *flow);

/* The address that the flow's client has in the configuration. */
const struct lb_addr *sim_leaver_address(
    const struct sim_run *run, const struct sim_flow *flow);

/* After a packet of such a flow: when its ports end.  0, -1 without memory. */
int sim_leavers_watch(struct sim_run *run, const struct sim_arrival *a);

/* All ports that end until then; lowers run->due_ns to the next.  0, -1 without
 * memory. */
int sim_leavers_advance(struct sim_run *run, uint64_t now_ns);

#endif
