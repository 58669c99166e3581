/* SPDX-License-Identifier: MIT */
#ifndef LIVE_COMMANDS_RELOAD_H
#define LIVE_COMMANDS_RELOAD_H
#include <jansson.h>

#include "live/state/draft.h"
#include "live/state/run_parts.h"

/* How a reload went. */
struct live_reloaded {
	bool valid; /* the configuration; else see problems */
	char refused[LIVE_ERROR_BYTES]; /* why it is not in force; "": it is,
					   or would be */
	struct lb_problems problems;    /* warnings of a valid one too */
	json_t *changes;                /* live_changes(); NULL: refused */
	/* Rules whose new flows go elsewhere now, or will when members that are
	 * unknown yet are up: how many, and those that most does of. */
	size_t moved_rules;
	json_t *moved;
};

/*
 * live_reload - read the configuration again and put it in force.
 *
 * dry_run  only say what it would change.
 * how      how it went, for live_reloaded_free(); NULL: nobody wants to know.
 *
 * No packet is lost and no connection moves but those of removed members
 * (doc/decisions.md 25).  What it changed is logged; what is wrong is logged
 * too, and the configuration before stays in force.  A dry run logs nothing.
 */
void live_reload(struct live_run *run, bool dry_run, struct live_reloaded *how);

/*
 * live_reload_put - a draft that was compiled and told its health, in place of
 * what is in force, as a reload does it.
 *
 * 0: the draft is empty.  -errno with a line in error: nothing changed.
 */
int live_reload_put(struct live_run *run, struct live_draft *draft, char *error,
    size_t error_bytes);

/* What a reload warned of that it could not do, again; and interfaces that came
 * (back) since. */
void live_reload_rest(struct live_run *run);

void live_reloaded_free(struct live_reloaded *how);

#endif
