/* SPDX-License-Identifier: MIT */
#ifndef LIVE_STATE_OVERRIDING_H
#define LIVE_STATE_OVERRIDING_H
/* What fairlead ctl says about members, put in force: written down, into the
 * configuration in force, the tables and the log. */
#include "live/state/run_parts.h"

/* What was said before a restart. */
void live_overriding_adopt(struct live_run *run);

/* After another configuration: forgets who is gone, which is logged. */
void live_overriding_prune(struct live_run *run);

/*
 * live_overriding_say - a member is drained or not, or has an admin state.
 *
 * member  of the configuration in force; wanted: what shall hold of it, with
 *         its names.
 *
 * Returns 0, or -errno with nothing changed but perhaps the tables of some
 * rules, which the next change of health mends.
 */
int live_overriding_say(struct live_run *run, struct lb_config_member *member,
    const struct live_override *wanted);

/* The sweeper has counted: of whom did the last flow go? */
void live_overriding_counted(struct live_run *run);

/* Clients' flows of a member that is drained, as counted last: not those that
 * the member began. */
uint32_t live_overriding_flows(
    const struct live_run *run, const struct live_override *override);

/* The member called POOL/MEMBER; NULL: there is none. */
struct lb_config_member *live_member_named(
    const struct live_run *run, const char *name, const char **pool);

#endif
