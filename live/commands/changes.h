/* SPDX-License-Identifier: MIT */
#ifndef LIVE_COMMANDS_CHANGES_H
#define LIVE_COMMANDS_CHANGES_H
/*
 * What one configuration changes about another, explained: things that came,
 * went and are otherwise now, by their names, and how many of the new flows
 * go elsewhere.
 */
#include <jansson.h>

#include "live/state/run_parts.h"

/* A configuration with its plan. */
struct live_side {
	const struct lb_config *config;
	const struct lb_plan *plan;
	const enum lb_admin_state *admin_file; /* by pool and member */
};

/* What the file does not decide, whatever it says. */
struct live_made {
	uint32_t buckets4, buckets6; /* of the tables there are */
	bool interfaces_named;       /* on the command line */
	/* What the new file says, whether or not it can be put in force; NULL:
	 * nothing. */
	const uint8_t *hash_key_asked;
};

/*
 * live_changes - the differences, in order of the file: an array of
 *
 *     {"what": "member", "name": "web/s3", "change": "added",
 *      "text": "member web/s3 added at 10.77.2.9"}
 *
 * `to` was compiled against `from`, so that ids tell who is who, and under its
 * hash key.  NULL without memory.  Cost: O(n log n) in things that have names,
 * n x n in interfaces.
 */
json_t *live_changes(const struct live_side *from, const struct live_side *to,
    const struct live_made *made);

/* Of a rule that both have: the slots of its lookup table, and those of them
 * that lead to another member. */
struct live_moved {
	uint32_t slots, changed;
};

/* rule is its index in to's configuration; slots 0: from has it not. */
struct live_moved live_changes_moved(
    const struct live_side *from, const struct live_side *to, size_t rule);

#endif
