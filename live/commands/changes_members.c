/* SPDX-License-Identifier: MIT */
/* Members, whose ids tell who is who (model/plan/plan.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/commands/changes_parts.h"
#include "model/config/names.h"

/* Plans give an id to the same name and address only; NULL: this one has it
 * not. */
static const struct lb_plan_member *
member_of(const struct live_side *side, uint32_t id)
{
	if (id >= side->plan->member_count)
		return NULL;
	const struct lb_plan_member *m = &side->plan->members[id];
	return m->name != NULL && !m->tombstone ? m : NULL;
}

static const struct lb_config_member *
config_of(const struct live_side *side, const struct lb_plan_member *m)
{
	return &side->config->pools[m->pool_index].members[m->member_index];
}

static enum lb_admin_state
admin_of(const struct live_side *side, const struct lb_plan_member *m)
{
	return side->admin_file[side->plan->pool_first[m->pool_index] +
				(uint32_t)m->member_index];
}

static void
name_text(char text[static 2 * LB_NAME_MAX + 2], const struct lb_plan_member *m)
{
	(void)snprintf(text, 2 * LB_NAME_MAX + 2, "%s/%s", m->pool, m->name);
}

static void
compare_members(struct live_change_list *c, const struct live_side *from,
    const struct live_side *to, uint32_t id)
{
	const struct lb_plan_member *was = member_of(from, id);
	const struct lb_plan_member *now = member_of(to, id);
	const struct lb_config_member *a = config_of(from, was);
	const struct lb_config_member *b = config_of(to, now);
	struct live_difference d = { .used = 0 };
	char name[2 * LB_NAME_MAX + 2];
	name_text(name, now);
	live_differ_count(&d, "weight", a->weight, b->weight);
	live_differ_count(&d, "zone", a->zone, b->zone);
	live_differ(&d, "admin_state", lb_admin_state_name(admin_of(from, was)),
	    lb_admin_state_name(admin_of(to, now)));
	live_change_differ(c, "member", name, &d);
}

/* Who has connections yet stays as a tombstone. */
static bool
stays(const struct live_side *to, uint32_t id)
{
	return id < to->plan->member_count &&
	       to->plan->members[id].name != NULL &&
	       to->plan->members[id].tombstone;
}

static void
member_came(struct live_change_list *c, const struct lb_plan_member *m)
{
	char name[2 * LB_NAME_MAX + 2], address[64];
	name_text(name, m);
	live_change_say(c, "member", name, "added", "member %s added at %s",
	    name, lb_addr_text(&m->address, address, sizeof(address)));
}

static void
member_went(struct live_change_list *c, const struct lb_plan_member *m,
    bool connections_stay)
{
	char name[2 * LB_NAME_MAX + 2];
	name_text(name, m);
	live_change_say(c, "member", name,
	    connections_stay ? "leaving" : "removed", "member %s removed%s",
	    name,
	    connections_stay ? "; TCP connections that it has stay with it"
			     : "");
}

/* Another machine under the same name: one comes and one leaves. */
static void
member_moved(struct live_change_list *c, const struct lb_plan_member *was,
    const struct lb_plan_member *now, bool connections_stay)
{
	char name[2 * LB_NAME_MAX + 2], from[64], to[64];
	name_text(name, now);
	live_change_say(c, "member", name, "replaced",
	    "member %s is another machine: address %s -> %s%s%s", name,
	    lb_addr_text(&was->address, from, sizeof(from)),
	    lb_addr_text(&now->address, to, sizeof(to)),
	    connections_stay ? "; TCP connections that it has stay at " : "",
	    connections_stay ? from : "");
}

/* --- by name ------------------------------------------------------------- */

/* A member of a plan, with its id. */
struct named {
	const struct lb_plan_member *member;
	uint32_t id;
};

struct named_list {
	struct named *at;
	size_t count;
};

static int
by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->member->pool, y->member->pool);
	return order != 0 ? order : strcmp(x->member->name, y->member->name);
}

/* A side's members, sorted; at to be freed, NULL without memory. */
static struct named_list
sorted(const struct live_side *side)
{
	struct named_list list = { 0 };
	list.at = calloc(side->plan->member_count + 1, sizeof(*list.at));
	for (uint32_t id = 0; list.at != NULL && id < side->plan->member_count;
	     id++)
		if (member_of(side, id) != NULL)
			list.at[list.count++] =
			    (struct named){ member_of(side, id), id };
	if (list.at != NULL)
		qsort(list.at, list.count, sizeof(*list.at), by_name);
	return list;
}

static const struct named *
find(const struct named_list *list, const struct lb_plan_member *m)
{
	const struct named key = { .member = m };
	return bsearch(&key, list->at, list->count, sizeof(key), by_name);
}

/* By id, who is in either. */
static void
list_members(struct live_change_list *c, const struct live_side *from,
    const struct live_side *to, const struct named_list *were,
    const struct named_list *are)
{
	uint32_t most = from->plan->member_count > to->plan->member_count
			    ? from->plan->member_count
			    : to->plan->member_count;
	for (uint32_t id = 0; id < most; id++) {
		const struct lb_plan_member *was = member_of(from, id);
		const struct lb_plan_member *now = member_of(to, id);
		const struct named *before = NULL;
		if (was != NULL && now != NULL)
			compare_members(c, from, to, id);
		else if (now != NULL && (before = find(were, now)) != NULL)
			member_moved(
			    c, before->member, now, stays(to, before->id));
		else if (now != NULL)
			member_came(c, now);
		else if (was != NULL && find(are, was) == NULL)
			member_went(c, was, stays(to, id));
	}
}

int
live_changes_members(struct live_change_list *c, const struct live_side *from,
    const struct live_side *to)
{
	const struct named_list were = sorted(from), are = sorted(to);
	bool fine = were.at != NULL && are.at != NULL;
	if (fine)
		list_members(c, from, to, &were, &are);
	free(were.at);
	free(are.at);
	return fine ? 0 : -1;
}
