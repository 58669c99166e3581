/* SPDX-License-Identifier: MIT */
#ifndef LIVE_STATE_DRAFT_H
#define LIVE_STATE_DRAFT_H
/*
 * A configuration with what is made of it, until it is in force: read,
 * completed by what the machine knows, compiled against the plan before, told
 * who is up and what fairlead ctl said of members, taken.
 *
 * What is wrong with it is collected, for who wants to tell or to log it.
 */
#include "live/state/run_parts.h"

struct live_draft {
	struct lb_config *config;
	struct live_local own_local;
	struct lb_plan *plan;
	struct live_health *health;
	enum lb_admin_state *admin_file; /* live_overrides_apply() */
	struct lb_problems problems;
	uint8_t key_asked[16]; /* as the file has it */
	bool key_is_asked;
};

/* 0; -1: it is not readable, not valid or names no interface, or there is no
 * memory. */
int live_draft_read(struct live_draft *d, const struct live_run *run);

/* Adds the machine's own addresses and the key that is in force, whatever the
 * file asks for: 0 or -errno. */
int live_draft_complete(struct live_draft *d, const uint8_t *hash_key);

/* lb_plan_compile(): LIVE_ENDED when that went well. */
enum live_end live_draft_compile(struct live_draft *d,
    const struct lb_plan *before, const struct lb_usage *used);

/* Who is up, as was known: to us, or to who pinned what we adopt; and whom
 * fairlead ctl took out. */
enum live_end live_draft_health(
    struct live_draft *d, const struct live_run *run);

/* Into the log, a line each. */
void live_draft_log(const struct live_draft *d);

/* It is in force: the run has it now, and d has its problems only.  Its
 * configuration may be the run's own, with another plan. */
void live_draft_take(struct live_run *run, struct live_draft *d);

void live_draft_free(struct live_draft *d); /* an empty one is fine */

#endif
