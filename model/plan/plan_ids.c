/* SPDX-License-Identifier: MIT */
#include "model/plan/plan_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/config/problems.h"

/* Who had an id, in the order of names and addresses, to be searched. */
struct owner {
	struct lb_id_name who;
	uint32_t id;
	bool taken;
};

static int
by_name(const void *a, const void *b)
{
	const struct owner *left = a, *right = b;
	int order = strcmp(left->who.pool, right->who.pool);

	if (order == 0)
		order = strcmp(left->who.name, right->who.name);
	return order != 0 ? order
			  : memcmp(&left->who.address, &right->who.address,
				sizeof(left->who.address));
}

/* Returns the owners, NULL without memory. */
static struct owner *
owners_new(const struct lb_id_names *before, uint32_t *count)
{
	struct owner *owners =
	    calloc((size_t)before->count + 1, sizeof(*owners));

	*count = 0;
	if (owners == NULL)
		return NULL;
	for (uint32_t id = 0; id < before->count; id++)
		if (before->at[id].name != NULL)
			owners[(*count)++] =
			    (struct owner){ .who = before->at[id], .id = id };
	qsort(owners, *count, sizeof(*owners), by_name);
	return owners;
}

/* The lowest id from *from on that nobody has; LB_NONE: none is left. */
static uint32_t
free_id(const struct lb_id_names *before, uint32_t *from)
{
	while (*from < before->count && before->at[*from].name != NULL)
		(*from)++;
	return *from < LB_MEMBER_MAX ? (*from)++ : LB_NONE;
}

int
lb_ids_assign(const struct lb_id_names *before,
    const struct lb_id_names *wanted, uint16_t *ids, uint32_t *top)
{
	uint32_t owner_count, next = 0;
	struct owner *owners = owners_new(before, &owner_count);

	if (owners == NULL)
		return -1;
	*top = 0;
	for (uint32_t i = 0; i < owner_count; i++)
		*top = owners[i].id >= *top ? owners[i].id + 1 : *top;
	for (uint32_t i = 0; i < wanted->count; i++) {
		struct owner key = { .who = wanted->at[i] };
		struct owner *found =
		    bsearch(&key, owners, owner_count, sizeof(key), by_name);
		uint32_t id = LB_NONE;
		if (found != NULL && !found->taken) {
			id = found->id;
			found->taken = true;
		} else {
			id = free_id(before, &next);
		}
		if (id == LB_NONE) {
			free(owners);
			return 1;
		}
		ids[i] = (uint16_t)id;
		*top = id >= *top ? id + 1 : *top;
	}
	free(owners);
	return 0;
}

/* --- members ------------------------------------------------------------- */

static bool
member_is_kept(const struct lb_plan_draft *draft, uint32_t id)
{
	const struct lb_plan_member *member = &draft->before->members[id];

	return member->name != NULL &&
	       (!member->tombstone || draft->used == NULL ||
		   draft->used->member[id] != 0);
}

static int
member_set(struct lb_plan_member *member, const char *pool, const char *name,
    const struct lb_addr *address)
{
	free(member->pool);
	free(member->name);
	member->pool = strdup(pool);
	member->name = strdup(name);
	member->address = *address;
	return member->pool == NULL || member->name == NULL ? -1 : 0;
}

/* The rows by id: first everybody who was there, as tombstones, then who is
 * in the configuration. */
static int
members_fill(struct lb_plan_draft *draft, uint32_t before_count)
{
	struct lb_plan *plan = draft->plan;
	const struct lb_config *config = draft->config;

	for (uint32_t id = 0; id < before_count; id++) {
		const struct lb_plan_member *old = &draft->before->members[id];
		struct lb_plan_member *member = &plan->members[id];
		if (!member_is_kept(draft, id))
			continue;
		if (member_set(member, old->pool, old->name, &old->address) < 0)
			return -1;
		member->tombstone = true;
		member->pool_index = member->member_index = -1;
	}
	const uint16_t *id = plan->member_ids;
	for (size_t p = 0; p < config->pool_count; p++) {
		const struct lb_config_pool *pool = &config->pools[p];
		for (size_t m = 0; m < pool->member_count; m++, id++) {
			struct lb_plan_member *member = &plan->members[*id];
			if (member_set(member, pool->name,
				pool->members[m].name,
				&pool->members[m].address) < 0)
				return -1;
			member->tombstone = false;
			member->pool_index = (int)p;
			member->member_index = (int)m;
		}
	}
	return 0;
}

/* What has an id already, and what is to have one. */
static void
members_name(struct lb_plan_draft *draft, struct lb_id_names *before,
    struct lb_id_names *wanted)
{
	const struct lb_config *config = draft->config;
	uint32_t *pool_first = draft->plan->pool_first;

	if (draft->before != NULL)
		before->count = draft->before->member_count;
	for (uint32_t id = 0; id < before->count; id++)
		if (member_is_kept(draft, id))
			before->at[id] = (struct lb_id_name){
				draft->before->members[id].pool,
				draft->before->members[id].name,
				draft->before->members[id].address,
			};
	for (size_t p = 0; p < config->pool_count; p++) {
		const struct lb_config_pool *pool = &config->pools[p];
		pool_first[p] = wanted->count;
		for (size_t m = 0; m < pool->member_count; m++)
			wanted->at[wanted->count++] =
			    (struct lb_id_name){ pool->name,
				    pool->members[m].name,
				    pool->members[m].address };
	}
	pool_first[config->pool_count] = wanted->count;
}

static int
member_ids_make(struct lb_plan_draft *draft, struct lb_id_names *before,
    struct lb_id_names *wanted)
{
	struct lb_plan *plan = draft->plan;

	members_name(draft, before, wanted);
	int result = lb_ids_assign(
	    before, wanted, plan->member_ids, &plan->member_count);
	if (result == 1)
		lb_error_add(draft->problems, (struct lb_where){ 0 }, NULL,
		    "more than %u members, those included that were removed "
		    "but still have connections; use fewer, or try again when "
		    "the old ones have ended",
		    LB_MEMBER_MAX);
	if (result != 0)
		return -1;
	plan->members = calloc(plan->member_count + 1, sizeof(*plan->members));
	if (plan->members == NULL)
		return -1;
	return members_fill(draft, before->count < plan->member_count
				       ? before->count
				       : plan->member_count);
}

/* --- rules --------------------------------------------------------------- */

static bool
rule_is_kept(const struct lb_plan_draft *draft, uint32_t id)
{
	const struct lb_plan_rule *rule = &draft->before->rules[id];

	return rule->name != NULL && (!rule->tombstone || draft->used == NULL ||
					 draft->used->rule[id] != 0);
}

static int
rule_set(
    struct lb_plan_rule *rule, const char *name, bool tombstone, int rule_index)
{
	free(rule->name);
	rule->name = strdup(name);
	rule->tombstone = tombstone;
	rule->rule_index = rule_index;
	return rule->name == NULL ? -1 : 0;
}

static int
rules_fill(struct lb_plan_draft *draft, uint32_t before_count)
{
	struct lb_plan *plan = draft->plan;

	for (uint32_t id = 0; id < before_count; id++)
		if (rule_is_kept(draft, id) &&
		    rule_set(&plan->rules[id], draft->before->rules[id].name,
			true, -1) < 0)
			return -1;
	for (size_t r = 0; r < draft->config->rule_count; r++)
		if (rule_set(&plan->rules[plan->rule_ids[r]],
			draft->config->rules[r].name, false, (int)r) < 0)
			return -1;
	for (uint32_t i = 0; i < plan->mapping_count; i++) {
		struct lb_plan_mapping *mapping = &plan->mappings[i];
		mapping->rule = plan->rule_ids[draft->config->rule_count + i];
		if (rule_set(&plan->rules[mapping->rule], mapping->name, false,
			-1) < 0)
			return -1;
	}
	size_t first = draft->config->rule_count + plan->mapping_count;
	for (size_t i = 0; i < draft->config->outbound_count; i++)
		if (rule_set(&plan->rules[plan->rule_ids[first + i]],
			draft->outbound_names[i], false, -1) < 0)
			return -1;
	return 0;
}

static void
rules_name(struct lb_plan_draft *draft, struct lb_id_names *before,
    struct lb_id_names *wanted)
{
	if (draft->before != NULL)
		before->count = draft->before->rule_count;
	for (uint32_t id = 0; id < before->count; id++)
		if (rule_is_kept(draft, id))
			before->at[id] = (struct lb_id_name){ "",
				draft->before->rules[id].name, { { 0 } } };
	for (size_t r = 0; r < draft->config->rule_count; r++)
		wanted->at[wanted->count++] = (struct lb_id_name){ "",
			draft->config->rules[r].name, { { 0 } } };
	for (uint32_t i = 0; i < draft->plan->mapping_count; i++)
		wanted->at[wanted->count++] = (struct lb_id_name){ "",
			draft->plan->mappings[i].name, { { 0 } } };
	for (size_t i = 0; i < draft->config->outbound_count; i++)
		wanted->at[wanted->count++] = (struct lb_id_name){ "",
			draft->outbound_names[i], { { 0 } } };
}

static int
rule_ids_make(struct lb_plan_draft *draft, struct lb_id_names *before,
    struct lb_id_names *wanted)
{
	struct lb_plan *plan = draft->plan;

	rules_name(draft, before, wanted);
	int result =
	    lb_ids_assign(before, wanted, plan->rule_ids, &plan->rule_count);
	if (result == 1)
		lb_error_add(draft->problems, (struct lb_where){ 0 }, NULL,
		    "more than %u rules, those included that were removed "
		    "but still have connections; use fewer",
		    LB_MEMBER_MAX);
	if (result != 0)
		return -1;
	plan->rules = calloc(plan->rule_count + 1, sizeof(*plan->rules));
	if (plan->rules == NULL)
		return -1;
	return rules_fill(draft, before->count < plan->rule_count
				     ? before->count
				     : plan->rule_count);
}

/* --- both ---------------------------------------------------------------- */

typedef int (*make_ids)(struct lb_plan_draft *draft, struct lb_id_names *before,
    struct lb_id_names *wanted);

static int
with_names(struct lb_plan_draft *draft, make_ids make, size_t wanted_count)
{
	struct lb_id_names before = { 0 }, wanted = { 0 };
	int result = -1;

	before.at = calloc(LB_MEMBER_MAX, sizeof(*before.at));
	wanted.at = calloc(wanted_count + 1, sizeof(*wanted.at));
	if (before.at != NULL && wanted.at != NULL)
		result = make(draft, &before, &wanted);
	free(before.at);
	free(wanted.at);
	return result;
}

int
lb_plan_make_member_ids(struct lb_plan_draft *draft)
{
	struct lb_plan *plan = draft->plan;
	const struct lb_config *config = draft->config;
	size_t members = 0;

	for (size_t p = 0; p < config->pool_count; p++)
		members += config->pools[p].member_count;
	plan->pool_count = (uint32_t)config->pool_count;
	plan->pool_first =
	    calloc(config->pool_count + 1, sizeof(*plan->pool_first));
	plan->member_ids = calloc(members + 1, sizeof(*plan->member_ids));
	if (plan->pool_first == NULL || plan->member_ids == NULL)
		return -1;
	return with_names(draft, member_ids_make, members);
}

/* "/NAME", which no rule and no mapping is called. */
static int
outbound_names_make(struct lb_plan_draft *draft)
{
	const struct lb_config *config = draft->config;

	draft->outbound_names =
	    calloc(config->outbound_count + 1, sizeof(*draft->outbound_names));
	for (size_t i = 0;
	     draft->outbound_names != NULL && i < config->outbound_count; i++)
		if (asprintf(&draft->outbound_names[i], "/%s",
			config->outbounds[i].name) < 0) {
			draft->outbound_names[i] = NULL;
			return -1;
		}
	return draft->outbound_names == NULL ? -1 : 0;
}

static void
outbound_names_free(struct lb_plan_draft *draft)
{
	for (size_t i = 0;
	     draft->outbound_names != NULL && i < draft->config->outbound_count;
	     i++)
		free(draft->outbound_names[i]);
	free(draft->outbound_names);
	draft->outbound_names = NULL;
}

int
lb_plan_make_rule_ids(struct lb_plan_draft *draft)
{
	struct lb_plan *plan = draft->plan;
	size_t count = draft->config->rule_count + plan->mapping_count +
		       draft->config->outbound_count;
	int result = -1;

	plan->rule_ids = calloc(count + 1, sizeof(*plan->rule_ids));
	if (plan->rule_ids != NULL && outbound_names_make(draft) == 0)
		result = with_names(draft, rule_ids_make, count);
	outbound_names_free(draft);
	return result;
}
