/* SPDX-License-Identifier: MIT */
/*
 * The mappings of inbound NAT rules: which member gets which port.
 *
 * Source: AZ 5.5.  Azure does not say in which order a range is given out;
 * ours is the lowest free port in the pool's order, and who has a port keeps
 * it (doc/decisions.md).
 */
#include "model/plan/plan_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/config/config_new.h"
#include "model/config/problems.h"

#define NAME_BYTES (2 * LB_NAME_MAX + 2)

/* A mapping of the plan before, by its name. */
struct old {
	const char *name;
	uint32_t id;
};

static int
by_name(const void *a, const void *b)
{
	const struct old *left = a, *right = b;

	return strcmp(left->name, right->name);
}

/* Names with a '/' are mappings': no rule may be called so. */
static int
collect_old(const struct lb_plan *before, struct old **old, size_t *count)
{
	uint32_t max = before != NULL ? before->rule_count : 0;

	*count = 0;
	*old = calloc(max + 1, sizeof(**old));
	if (*old == NULL)
		return -1;
	for (uint32_t id = 0; id < max; id++) {
		const char *name = before->rules[id].name;
		if (name != NULL && strchr(name, '/') != NULL)
			(*old)[(*count)++] = (struct old){ name, id };
	}
	qsort(*old, *count, sizeof(**old), by_name);
	return 0;
}

/* --- ports --------------------------------------------------------------- */

/* The ports of one range that are given, a bit each. */
struct range {
	uint16_t first, last;
	uint64_t taken[(UINT16_MAX + 1) / 64];
};

static bool
range_take(struct range *range, uint32_t port)
{
	uint64_t bit = UINT64_C(1) << (port & 63);

	if (port < range->first || port > range->last ||
	    (range->taken[port / 64] & bit) != 0)
		return false;
	range->taken[port / 64] |= bit;
	return true;
}

/* What each mapping had before: those that were in force first, then those
 * whose member had gone and is back, if nobody has the port by now. */
static void
keep_ports(const struct lb_plan *before, const struct old *old,
    size_t old_count, bool tombstones, struct range *range,
    struct lb_plan_mapping *mappings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct old key = { mappings[i].name, 0 };
		const struct old *found =
		    bsearch(&key, old, old_count, sizeof(key), by_name);
		if (found == NULL || mappings[i].port != 0 ||
		    before->rules[found->id].tombstone != tombstones)
			continue;
		uint16_t port =
		    lb_be16_get(lb_plan_rule_row(before, (uint16_t)found->id)
				    ->frontend_port);
		if (range_take(range, port))
			mappings[i].port = port;
	}
}

/* The lowest that is free, for who has none. */
static void
new_ports(struct range *range, struct lb_plan_mapping *mappings, size_t count)
{
	uint32_t port = range->first;

	for (size_t i = 0; i < count; i++) {
		if (mappings[i].port != 0)
			continue;
		while (port <= range->last && !range_take(range, port))
			port++;
		mappings[i].port = port <= range->last ? (uint16_t)port : 0;
	}
}

static void
instance_ports(const struct lb_config *config, const struct lb_config_nat *nat,
    struct lb_plan_mapping *mappings, size_t count)
{
	const struct lb_config_pool *pool = &config->pools[nat->pool];
	uint16_t number;

	for (size_t i = 0; i < count; i++)
		if (lb_nat_instance(
			pool->members[lb_nat_member(nat, i)].name, &number) &&
		    number <= nat->last_port - nat->first_port)
			mappings[i].port = (uint16_t)(nat->first_port + number);
}

/* --- rules --------------------------------------------------------------- */

static int
nat_add(struct lb_plan_draft *draft, size_t index, const struct old *old,
    size_t old_count)
{
	struct lb_plan *plan = draft->plan;
	const struct lb_config *config = draft->config;
	const struct lb_config_nat *nat = &config->nats[index];
	const struct lb_config_pool *pool = &config->pools[nat->pool];
	struct lb_plan_mapping *mappings = &plan->mappings[plan->mapping_count];
	size_t count = lb_nat_mapping_count(config, nat);
	struct range range = { .first = nat->first_port,
		.last = nat->last_port };
	char name[NAME_BYTES];

	for (size_t i = 0; i < count; i++) {
		size_t m = lb_nat_member(nat, i);
		(void)snprintf(name, sizeof(name), "%s/%s", nat->name,
		    pool->members[m].name);
		mappings[i] = (struct lb_plan_mapping){
			.name = strdup(name),
			.nat = (int)index,
			.member =
			    plan->member_ids[plan->pool_first[nat->pool] + m],
		};
		plan->mapping_count++;
		if (mappings[i].name == NULL)
			return -1;
	}
	if (nat->assignment == LB_ASSIGN_INSTANCE) {
		instance_ports(config, nat, mappings, count);
		return 0;
	}
	keep_ports(
	    draft->before, old, old_count, false, &range, mappings, count);
	keep_ports(
	    draft->before, old, old_count, true, &range, mappings, count);
	new_ports(&range, mappings, count);
	return 0;
}

int
lb_plan_make_mappings(struct lb_plan_draft *draft)
{
	const struct lb_config *config = draft->config;
	size_t count = 0, old_count;
	struct old *old;
	int result = 0;

	for (size_t i = 0; i < config->nat_count; i++)
		count += lb_nat_mapping_count(config, &config->nats[i]);
	if (count > LB_MEMBER_MAX) {
		lb_error_add(draft->problems, (struct lb_where){ 0 }, NULL,
		    "%zu ports of NAT rules lead to members, more than %u; "
		    "use fewer or smaller pools",
		    count, LB_MEMBER_MAX);
		return -1;
	}
	draft->plan->mappings =
	    calloc(count + 1, sizeof(*draft->plan->mappings));
	if (draft->plan->mappings == NULL ||
	    collect_old(draft->before, &old, &old_count) < 0)
		return -1;
	for (size_t i = 0; result == 0 && i < config->nat_count; i++)
		if (config->nats[i].pool >= 0)
			result = nat_add(draft, i, old, old_count);
	free(old);
	return result;
}

struct lb_config_rule
lb_plan_mapping_rule(
    const struct lb_config *config, const struct lb_plan_mapping *mapping)
{
	const struct lb_config_nat *nat = &config->nats[mapping->nat];
	struct lb_config_rule rule;

	lb_config_rule_init(&rule);
	rule.name = mapping->name;
	rule.frontend = nat->frontend;
	rule.pool = nat->pool;
	rule.proto = nat->proto;
	rule.frontend_port = mapping->port;
	rule.backend_port = nat->backend_port;
	rule.idle_timeout_ms = nat->idle_timeout_ms;
	rule.tcp_reset = nat->tcp_reset;
	rule.floating_ip = nat->floating_ip;
	rule.where = nat->where;
	rule.at[LB_RULE_KEY_IDLE_TIMEOUT] = nat->at[LB_NAT_KEY_IDLE_TIMEOUT];
	return rule;
}
