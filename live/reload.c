/* SPDX-License-Identifier: MIT */
#include "live/reload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "live/draft.h"
#include "live/interfaces.h"
#include "live/log.h"
#include "live/probing.h"

static bool
members_differ(const struct lb_plan *a, const struct lb_plan *b, uint32_t id)
{
	bool in_a = id < a->member_count && a->members[id].name != NULL &&
		    !a->members[id].tombstone;
	bool in_b = id < b->member_count && b->members[id].name != NULL &&
		    !b->members[id].tombstone;
	return in_a && !in_b;
}

/* Members of a that are not in b. */
static int
members_only_in(const struct lb_plan *a, const struct lb_plan *b)
{
	int count = 0;
	for (uint32_t id = 0; id < a->member_count; id++)
		count += members_differ(a, b, id);
	return count;
}

static int
tombstones(const struct lb_plan *plan)
{
	int count = 0;
	for (uint32_t id = 0; id < plan->member_count; id++)
		count += plan->members[id].name != NULL &&
			 plan->members[id].tombstone;
	return count;
}

static void
warn_of_change(const struct live_run *run, const struct live_draft *d)
{
	if (memcmp(d->plan->hash_key, run->plan->hash_key,
		sizeof(d->plan->hash_key)) != 0)
		live_log(LIVE_WARNING, "reload", "s:s", "message",
		    "the hash key changed: connections are not found under the "
		    "new one, and may move");
	const struct lb_tables *t =
	    live_engine_tables(live_forwarder_engine(run->forwarder));
	if (d->plan->buckets4 != t->buckets4 ||
	    d->plan->buckets6 != t->buckets6)
		live_log(LIVE_WARNING, "tables", "s:s", "message",
		    "connection_table stays as large as it was made: --detach "
		    "and start anew to change that");
}

/* The plan in the kernel, or the program anew where it needs more room. */
static int
put_in_force(
    struct live_run *run, const struct live_draft *d, char *error, size_t bytes)
{
	struct live_forwarder *f = run->forwarder;
	int rc =
	    live_nexthops_use(run->hops, live_forwarder_engine(f), d->plan);
	if (rc == 0)
		rc = live_forwarder_swap(f, d->plan);
	if (rc != -E2BIG) {
		(void)snprintf(error, bytes, "%s", live_errno(rc));
		return rc;
	}
	rc = live_forwarder_load(f, d->plan,
	    d->config->forwarding == LB_FORWARDING_NAT, error, bytes);
	if (rc != 0)
		return rc;
	live_sweeper_use(
	    run->sweeper, live_engine_tables(live_forwarder_engine(f)));
	return live_nexthops_use(run->hops, live_forwarder_engine(f), d->plan);
}

void
live_reload(struct live_run *run)
{
	char error[LIVE_ERROR_BYTES] = "";
	struct live_draft d = { .config = live_draft_read(run) };
	const struct live_engine *engine =
	    live_forwarder_engine(run->forwarder);
	const char *refused =
	    "the configuration is refused; the one before stays in force";
	if (d.config == NULL ||
	    live_draft_complete(&d, d.config->hash_key_set
					? d.config->hash_key
					: run->plan->hash_key) != 0 ||
	    live_draft_compile(&d, run->plan,
		live_sweeper_usage(run->sweeper)) != LIVE_ENDED ||
	    live_draft_health(&d, run) != LIVE_ENDED) {
		live_log(LIVE_ERROR, "reload", "s:s", "message", refused);
		live_draft_free(&d);
		return;
	}
	warn_of_change(run, &d);
	if (put_in_force(run, &d, error, sizeof(error)) != 0) {
		live_log(LIVE_ERROR, "reload", "s:s, s:s", "message", refused,
		    "why", error);
		live_draft_free(&d);
		return;
	}
	live_log(LIVE_INFO, "reloaded", "s:i, s:i, s:i", "members_added",
	    members_only_in(d.plan, run->plan), "members_removed",
	    members_only_in(run->plan, d.plan), "members_leaving",
	    tombstones(d.plan));
	live_draft_take(run, &d);
	live_probing_use(run);
	live_sweeper_swapped(run->sweeper);
	bool another = live_forwarder_engine(run->forwarder) != engine;
	live_interfaces_again(run, another);
	int rc = another ? live_tap_use(
			       run->tap, live_forwarder_engine(run->forwarder))
			 : 0;
	if (rc != 0)
		live_log(LIVE_WARNING, "tap", "s:s", "message", live_errno(rc));
}
