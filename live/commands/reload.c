/* SPDX-License-Identifier: MIT */
#include "live/commands/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/commands/changes.h"
#include "live/out/log.h"
#include "live/seen/service.h"
#include "live/seen/snat.h"
#include "live/state/draft.h"
#include "live/state/interfaces.h"
#include "live/state/overriding.h"
#include "live/state/probing.h"

/* Rules told by name whose new flows go elsewhere; the others are counted. */
#define MOVED_TOLD 8u
/* Changes that are logged one by one. */
#define CHANGES_LOGGED 64u

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

/* A plan and what is known of its members. */
struct view {
	const struct lb_plan *plan;
	const struct live_health *health;
};

static const struct lb_health *
seen(const struct view *v, int probe, uint16_t member)
{
	return live_health_of(
	    v->health, probe, &v->plan->members[member].address);
}

/* Up as far as is known: who was not heard of yet may be. */
static bool
may_be_up(void *arg, int probe, uint16_t member)
{
	const struct lb_health *health = seen(arg, probe, member);
	return health == NULL || health->state != LB_HEALTH_DOWN;
}

static bool
any_unknown(const struct view *v)
{
	const struct lb_plan *plan = v->plan;
	for (uint32_t i = 0; i < plan->probe_count; i++) {
		const struct lb_plan_probe *p = &plan->probes[i];
		const uint32_t *first = &plan->pool_first[p->pool];
		for (uint32_t m = first[0]; m < first[1]; m++) {
			const struct lb_health *health =
			    seen(v, p->probe, plan->member_ids[m]);
			if (health != NULL &&
			    health->state == LB_HEALTH_UNKNOWN)
				return true;
		}
	}
	return false;
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

/*
 * The same when all are up that are unknown yet, before and after.  The plans'
 * tables are filled twice for that, and left as they were; the kernel has its
 * own.
 */
static struct live_moved *
count_later(const struct live_run *run, const struct live_draft *d)
{
	const struct sides s = sides_of(run, d);
	struct view from = { run->plan, run->health };
	struct view to = { d->plan, d->health };
	struct live_moved *later = NULL;
	if (!any_unknown(&from) && !any_unknown(&to))
		return count_moved(&s);
	if (lb_plan_health(run->plan, run->config, may_be_up, &from) == 0 &&
	    lb_plan_health(d->plan, d->config, may_be_up, &to) == 0)
		later = count_moved(&s);
	int rc =
	    lb_plan_health(run->plan, run->config, live_health_up, run->health);
	if (lb_plan_health(d->plan, d->config, live_health_up, d->health) ==
		0 &&
	    rc == 0)
		return later;
	free(later);
	return NULL;
}

/* A rule whose new flows go elsewhere. */
struct affected {
	const char *rule;
	struct live_moved now, later;
};

static double
share_at_most(const struct affected *a)
{
	double now = share(&a->now), later = share(&a->later);
	return now > later ? now : later;
}

/* For qsort(): the most affected first. */
static int
more_affected(const void *a, const void *b)
{
	double x = share_at_most(a), y = share_at_most(b);
	return x < y ? 1 : -(x > y);
}

static json_t *
tell_moved(const struct affected *a)
{
	return json_pack("{s:s, s:i, s:i, s:f, s:i, s:f}", "rule", a->rule,
	    "slots", (int)a->now.slots, "changed", (int)a->now.changed, "share",
	    share(&a->now), "changed_later", (int)a->later.changed,
	    "share_later", share(&a->later));
}

/* Which rules' new flows go elsewhere; 0, or -1 without memory. */
static int
explain_moved(const struct live_run *run, const struct live_draft *d,
    struct live_reloaded *how)
{
	const struct sides s = sides_of(run, d);
	size_t count = d->config->rule_count, affected = 0;
	struct live_moved *now = count_moved(&s), *later = count_later(run, d);
	struct affected *list = calloc(count + 1, sizeof(*list));
	bool fine = now != NULL && later != NULL && list != NULL;
	for (size_t r = 0; fine && r < count; r++)
		if (now[r].changed > 0 || later[r].changed > 0)
			list[affected++] =
			    (struct affected){ d->config->rules[r].name, now[r],
				    later[r] };
	how->moved = fine ? json_array() : NULL;
	how->moved_rules = affected;
	if (fine)
		qsort(list, affected, sizeof(*list), more_affected);
	for (size_t i = 0; i < affected && i < MOVED_TOLD; i++)
		(void)json_array_append_new(how->moved, tell_moved(&list[i]));
	free(now);
	free(later);
	free(list);
	return how->moved != NULL ? 0 : -1;
}

static int
explain(
    const struct live_run *run, struct live_draft *d, struct live_reloaded *how)
{
	const struct sides s = sides_of(run, d);
	const struct lb_tables *tables =
	    live_engine_tables(live_forwarder_engine(run->forwarder));
	const struct live_made made = { tables->buckets4, tables->buckets6,
		run->settings->interface_count > 0,
		d->key_is_asked ? d->key_asked : NULL };
	how->changes = live_changes(&s.from, &s.to, &made);
	return how->changes != NULL ? explain_moved(run, d, how) : -1;
}

static void
log_changes(const struct live_reloaded *how)
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
		if (in_vain || i < CHANGES_LOGGED)
			live_log(in_vain ? LIVE_WARNING : LIVE_INFO, "change",
			    "s:s", "message", text);
	}
}

/* Members of two plans, of which the older one will be gone. */
struct tally {
	int added, removed, leaving;
};

static struct tally
tally_of(const struct lb_plan *from, const struct lb_plan *to)
{
	return (struct tally){ .added = members_only_in(to, from),
		.removed = members_only_in(from, to),
		.leaving = tombstones(to) };
}

static void
log_reloaded(const struct tally *members, const struct live_reloaded *how)
{
	live_log(LIVE_INFO, "reloaded", "s:i, s:i, s:i, s:i, s:i, s:O",
	    "members_added", members->added, "members_removed",
	    members->removed, "members_leaving", members->leaving, "changes",
	    (int)json_array_size(how->changes), "moved_rules",
	    (int)how->moved_rules, "moved", how->moved);
}

/* --- in force ------------------------------------------------------------ */

static void
warn_if(const char *event, int rc)
{
	if (rc != 0)
		live_log(LIVE_WARNING, event, "s:s", "message", live_errno(rc));
}

/* The plan alone; -E2BIG: it takes the program anew, which is made for a mode
 * of forwarding and for so much room. */
static int
swap_plan(const struct live_run *run, const struct live_draft *d)
{
	struct live_forwarder *f = run->forwarder;
	if (d->config->forwarding != run->config->forwarding)
		return -E2BIG;
	int rc =
	    live_nexthops_use(run->hops, live_forwarder_engine(f), d->plan);
	return rc == 0 ? live_forwarder_swap(f, d->plan) : rc;
}

/*
 * All that can fail comes before the engine is another one: from there on
 * health and plans go to it, so interfaces have to get its program.  What is
 * not well after that is warned of, and tried again.
 */
static int
load_anew(
    struct live_run *run, const struct live_draft *d, char *error, size_t bytes)
{
	struct live_forwarder *f = run->forwarder;
	struct live_engine *engine = live_forwarder_prepare(f, d->plan,
	    d->config->forwarding == LB_FORWARDING_NAT, error, bytes);
	if (engine == NULL)
		return -errno;
	struct live_nexthops *hops =
	    live_nexthops_prepare(run->hops, engine, d->plan);
	if (hops == NULL) {
		int code = errno;
		(void)snprintf(error, bytes, "next hops: %s", live_errno(code));
		live_engine_free(engine);
		return -code;
	}
	int rc = live_forwarder_commit(f, engine, d->plan, error, bytes);
	if (rc != 0) {
		live_nexthops_drop(hops);
		return rc;
	}
	live_sweeper_use(run->sweeper, live_engine_tables(engine));
	warn_if("netlink", live_nexthops_commit(run->hops, hops));
	return 0;
}

static int
put_in_force(
    struct live_run *run, const struct live_draft *d, char *error, size_t bytes)
{
	struct live_engine *engine = live_forwarder_engine(run->forwarder);
	int rc = swap_plan(run, d);
	if (rc == -E2BIG)
		rc = load_anew(run, d, error, bytes);
	else if (rc != 0)
		(void)snprintf(error, bytes, "%s", live_errno(rc));
	if (rc == 0)
		return 0;
	live_forwarder_stays(run->forwarder, run->plan);
	/* What was loaded in vain has written who is eligible. */
	(void)live_engine_health(engine, run->plan);
	(void)live_nexthops_use(run->hops, engine, run->plan);
	return rc;
}

/* A draft that could be put in force; -1: how says why not. */
static int
prepare(struct live_run *run, struct live_draft *d, struct live_reloaded *how)
{
	const char *why = "no memory";
	int rc = live_draft_read(d, run);
	if (rc == 0)
		rc = live_draft_complete(d, run->plan->hash_key);
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
use_claims(struct live_run *run)
{
	int rc = live_claims_use(run->claims, run->forwarder, run->config);
	run->due.claims = rc != 0;
	warn_if("addresses", rc);
}

static void
use_tap(struct live_run *run)
{
	int rc = live_tap_use(run->tap, live_forwarder_engine(run->forwarder));
	run->due.tap = rc != 0;
	warn_if("tap", rc);
}

void
live_reload_rest(struct live_run *run)
{
	if (run->due.claims)
		use_claims(run);
	live_interfaces_again(run, false);
	if (run->due.tap)
		use_tap(run);
}

static void
take(struct live_run *run, struct live_draft *d,
    const struct live_engine *engine)
{
	/* A port's bit under one law of UDP says nothing to who asks under the
	 * other: the fewer flows of both there are, the better. */
	if (run->config != NULL && run->config->udp_snat != d->config->udp_snat)
		live_sweeper_hurry(run->sweeper);
	live_draft_take(run, d);
	live_overriding_prune(run);
	live_probing_use(run);
	live_sweeper_swapped(run->sweeper);
	live_snat_use(run);
	bool another = live_forwarder_engine(run->forwarder) != engine;
	use_claims(run);
	live_interfaces_again(run, another);
	live_interfaces_warn(run);
	warn_if("netlink", live_claims_refresh(run->claims, run->forwarder));
	if (another)
		use_tap(run);
}

int
live_reload_put(
    struct live_run *run, struct live_draft *d, char *error, size_t bytes)
{
	const struct live_engine *engine =
	    live_forwarder_engine(run->forwarder);
	int rc = put_in_force(run, d, error, bytes);
	if (rc == 0)
		take(run, d, engine);
	return rc;
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
		const struct tally members = tally_of(run->plan, d->plan);
		log_changes(how);
		take(run, d, engine);
		log_reloaded(&members, how);
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
