/* SPDX-License-Identifier: MIT */
#include "live/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/changes.h"
#include "live/draft.h"
#include "live/interfaces.h"
#include "live/log.h"
#include "live/overriding.h"
#include "live/probing.h"
#include "live/service.h"

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

/* --- what it changes ----------------------------------------------------- */

/* Up as far as is known: who was not heard of yet may be. */
static bool
may_be_up(void *arg, int probe, uint16_t member)
{
	const struct live_draft *d = arg;
	const struct lb_health *health =
	    live_health_of(d->health, probe, &d->plan->members[member].address);
	return health == NULL || health->state != LB_HEALTH_DOWN;
}

struct sides {
	struct live_side from, to;
};

static struct sides
sides_of(const struct live_run *run, const struct live_draft *d)
{
	return (struct sides){
		.from = { run->config, run->plan, run->admin_file },
		.to = { d->config, d->plan, d->admin_file },
	};
}

static struct live_moved *
count_moved(const struct sides *s)
{
	struct live_moved *moved =
	    calloc(s->to.config->rule_count + 1, sizeof(*moved));
	for (size_t r = 0; moved != NULL && r < s->to.config->rule_count; r++)
		moved[r] = live_changes_moved(&s->from, &s->to, r);
	return moved;
}

static double
share(const struct live_moved *moved)
{
	return moved->slots > 0 ? (double)moved->changed / moved->slots : 0;
}

static json_t *
tell_moved(const char *rule, const struct live_moved *now,
    const struct live_moved *later)
{
	return json_pack("{s:s, s:i, s:i, s:f, s:i, s:f}", "rule", rule,
	    "slots", (int)now->slots, "changed", (int)now->changed, "share",
	    share(now), "changed_later", (int)later->changed, "share_later",
	    share(later));
}

/* How many new flows go elsewhere: now, and when all unknown members are up.
 * The plan's tables are filled twice for that, and left as they were. */
static json_t *
explain_moved(const struct live_run *run, struct live_draft *d)
{
	const struct sides s = sides_of(run, d);
	json_t *list = json_array();
	struct live_moved *now = count_moved(&s), *later = NULL;
	if (lb_plan_health(d->plan, d->config, may_be_up, d) == 0)
		later = count_moved(&s);
	int rc = lb_plan_health(d->plan, d->config, live_health_up, d->health);
	for (size_t r = 0; now != NULL && later != NULL && rc == 0 &&
			   r < d->config->rule_count;
	     r++)
		if (now[r].changed > 0 || later[r].changed > 0)
			(void)json_array_append_new(
			    list, tell_moved(d->config->rules[r].name, &now[r],
				      &later[r]));
	free(now);
	free(later);
	if (rc == 0)
		return list;
	json_decref(list);
	return NULL;
}

static int
explain(
    const struct live_run *run, struct live_draft *d, struct live_reloaded *how)
{
	const struct sides s = sides_of(run, d);
	how->changes = live_changes(&s.from, &s.to);
	how->moved = explain_moved(run, d);
	return how->changes != NULL && how->moved != NULL ? 0 : -1;
}

static void
log_changes(const struct live_run *run, const struct live_draft *d,
    const struct live_reloaded *how)
{
	const json_t *change;
	size_t i;
	json_array_foreach(how->changes, i, change)
	{
		const char *text =
		    json_string_value(json_object_get(change, "text"));
		bool in_vain =
		    strcmp(json_string_value(json_object_get(change, "change")),
			"not-changed") == 0;
		live_log(in_vain ? LIVE_WARNING : LIVE_INFO, "change", "s:s",
		    "message", text);
	}
	live_log(LIVE_INFO, "reloaded", "s:i, s:i, s:i, s:i, s:O",
	    "members_added", members_only_in(d->plan, run->plan),
	    "members_removed", members_only_in(run->plan, d->plan),
	    "members_leaving", tombstones(d->plan), "changes",
	    (int)json_array_size(how->changes), "moved", how->moved);
}

/* --- in force ------------------------------------------------------------ */

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

/* A draft that could be put in force; -1: how says why not. */
static int
prepare(struct live_run *run, struct live_draft *d, struct live_reloaded *how)
{
	const char *why = "no memory";
	int rc = live_draft_read(d, run);
	if (rc == 0)
		rc = live_draft_complete(d, d->config->hash_key_set
						? d->config->hash_key
						: run->plan->hash_key);
	if (rc == 0 && live_draft_compile(d, run->plan,
			   live_sweeper_usage(run->sweeper)) != LIVE_ENDED)
		rc = -1;
	if (rc == 0 && live_draft_health(d, run) != LIVE_ENDED)
		rc = -1;
	if (rc == 0)
		rc = explain(run, d, how);
	how->valid = rc == 0;
	if (rc == 0)
		return 0;
	if (d->problems.error_count > 0)
		why = "the configuration is refused; the one before stays in "
		      "force";
	else if (rc < -1)
		why = live_errno(rc);
	(void)snprintf(how->refused, sizeof(how->refused), "%s", why);
	return -1;
}

static void
take(struct live_run *run, struct live_draft *d,
    const struct live_engine *engine)
{
	live_draft_take(run, d);
	live_overriding_prune(run);
	live_probing_use(run);
	live_sweeper_swapped(run->sweeper);
	bool another = live_forwarder_engine(run->forwarder) != engine;
	int rc = live_claims_use(run->claims, run->forwarder, run->config);
	if (rc != 0)
		live_log(LIVE_WARNING, "addresses", "s:s", "message",
		    live_errno(rc));
	live_interfaces_again(run, another);
	rc = live_claims_refresh(run->claims, run->forwarder);
	if (rc != 0)
		live_log(
		    LIVE_WARNING, "netlink", "s:s", "message", live_errno(rc));
	rc = another
		 ? live_tap_use(run->tap, live_forwarder_engine(run->forwarder))
		 : 0;
	if (rc != 0)
		live_log(LIVE_WARNING, "tap", "s:s", "message", live_errno(rc));
}

static void
reload(struct live_run *run, struct live_draft *d, struct live_reloaded *how)
{
	char error[LIVE_ERROR_BYTES] = "";
	const struct live_engine *engine =
	    live_forwarder_engine(run->forwarder);
	live_service_reloading();
	live_draft_log(d);
	if (how->valid && put_in_force(run, d, error, sizeof(error)) != 0)
		(void)snprintf(how->refused, sizeof(how->refused),
		    "the machine refuses it; the one before stays in force: "
		    "%.300s",
		    error);
	if (*how->refused != '\0') {
		run->history.reloads_refused++;
		live_log(LIVE_ERROR, "reload", "s:s", "message", how->refused);
	} else {
		log_changes(run, d, how);
		take(run, d, engine);
	}
	live_service_reloaded(run);
}

void
live_reload(struct live_run *run, bool dry_run, struct live_reloaded *how)
{
	struct live_reloaded unheard;
	struct live_draft d = { 0 };
	struct live_reloaded *to = how != NULL ? how : &unheard;
	*to = (struct live_reloaded){ 0 };
	(void)prepare(run, &d, to);
	if (!dry_run)
		reload(run, &d, to);
	to->problems = d.problems;
	d.problems = (struct lb_problems){ 0 };
	live_draft_free(&d);
	if (how == NULL)
		live_reloaded_free(&unheard);
}

void
live_reloaded_free(struct live_reloaded *how)
{
	lb_problems_free(&how->problems);
	json_decref(how->changes);
	json_decref(how->moved);
	*how = (struct live_reloaded){ 0 };
}
