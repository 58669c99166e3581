/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "live/seen/figures_parts.h"

/* Members of a rule's pool, and those of them that get its new flows. */
static void
count_eligible(const struct live_run *run, struct live_figures_rule *r)
{
	const struct lb_plan *plan = run->plan;
	int pool = run->config->rules[r->rule].pool;
	const struct lb_rule *row = lb_plan_rule_row(plan, r->id);
	if (pool < 0 || row == NULL)
		return;
	const uint32_t *first = &plan->pool_first[pool];
	r->members = first[1] - first[0];
	for (uint32_t i = first[0]; i < first[1]; i++)
		r->members_up +=
		    plan->member_state[plan->member_ids[i]] >> row->probe & 1;
}

static const char *const kind_names[LIVE_RULE_KINDS] = {
	[LIVE_RULE_BALANCING] = "rule",
	[LIVE_RULE_NAT] = "nat",
	[LIVE_RULE_OUTBOUND] = "outbound",
};

const char *
live_rule_kind_name(enum live_rule_kind kind)
{
	return kind < LIVE_RULE_KINDS ? kind_names[kind] : "?";
}

/* By its name in the plan: "/NAME" is an outbound rule's, "NAME/MEMBER" a
 * mapping's; no balancing rule's has a slash. */
enum live_rule_kind
live_rule_kind_of(const char **name)
{
	const char *slash = strchr(*name, '/');
	if (slash == NULL)
		return LIVE_RULE_BALANCING;
	if (slash != *name)
		return LIVE_RULE_NAT;
	(*name)++;
	return LIVE_RULE_OUTBOUND;
}

static struct live_figures_rule *
add_rule(struct live_figures *f, const struct live_run *run, uint16_t id)
{
	const struct lb_usage *usage = live_sweeper_counts(run->sweeper);
	struct live_figures_rule *r = &f->rules[f->rule_count++];
	const char *name = run->plan->rules[id].name;
	enum live_rule_kind kind = live_rule_kind_of(&name);
	*r = (struct live_figures_rule){
		.id = id,
		.name = name,
		.kind = kind,
		.leaving = run->plan->rules[id].tombstone,
		.rule = -1,
		.frontend = -1,
		.flows = usage != NULL
			     ? usage->rule[id] - usage->rule_second[id]
			     : 0,
	};
	r->counted = live_forwarder_rule(run->forwarder, id, &r->traffic) == 0;
	return r;
}

static void
add_traffic(struct forward_share *to, const struct forward_share *more)
{
	to->in.packets += more->in.packets;
	to->in.bytes += more->in.bytes;
	to->in.syns += more->in.syns;
	to->out.packets += more->out.packets;
	to->out.bytes += more->out.bytes;
	to->out.syns += more->out.syns;
}

static void
add_to_frontend(struct live_figures *f, const struct live_figures_rule *r)
{
	if (r->frontend < 0)
		return;
	struct live_figures_frontend *to = &f->frontends[r->frontend];
	add_traffic(&to->traffic, &r->traffic);
	to->flows += r->flows;
	if (r->kind != LIVE_RULE_BALANCING)
		return;
	to->rules++;
	to->rules_served += r->members_up > 0;
}

static void
list_frontends(struct live_figures *f, const struct lb_config *config)
{
	f->frontend_count = config->frontend_count;
	for (size_t i = 0; i < config->frontend_count; i++) {
		f->frontends[i].name = config->frontends[i].name;
		f->frontends[i].address = config->frontends[i].address;
	}
}

static size_t
count_rules(const struct lb_plan *plan)
{
	size_t count = 0;
	for (uint32_t id = 0; id < plan->rule_count; id++)
		count += plan->rules[id].name != NULL;
	return count;
}

static void
add_balancing(struct live_figures *f, const struct live_run *run, size_t index)
{
	const struct lb_config_rule *rule = &run->config->rules[index];
	struct live_figures_rule *r =
	    add_rule(f, run, run->plan->rule_ids[index]);
	r->rule = (int)index;
	r->frontend = rule->frontend;
	r->port = rule->frontend_port;
	r->proto = rule->proto;
	count_eligible(run, r);
	add_to_frontend(f, r);
}

static void
add_mapping(struct live_figures *f, const struct live_run *run,
    const struct lb_plan_mapping *m)
{
	struct live_figures_rule *r = add_rule(f, run, m->rule);
	r->frontend = run->config->nats[m->nat].frontend;
	r->port = m->port;
	r->proto = run->config->nats[m->nat].proto;
	r->members = r->members_up = 1;
	add_to_frontend(f, r);
}

static bool
is_outbound(const struct lb_plan *plan, uint32_t id)
{
	const char *name = plan->rules[id].name;
	return name != NULL && !plan->rules[id].tombstone &&
	       live_rule_kind_of(&name) == LIVE_RULE_OUTBOUND;
}

/* It counts for its frontend, where it has only one. */
static void
add_outbound(struct live_figures *f, const struct live_run *run, uint16_t id)
{
	const struct lb_config *config = run->config;
	struct live_figures_rule *r = add_rule(f, run, id);
	for (size_t i = 0; i < config->outbound_count; i++) {
		const struct lb_config_outbound *o = &config->outbounds[i];
		if (strcmp(o->name, r->name) != 0)
			continue;
		r->proto = o->proto;
		if (o->frontend_count == 1)
			r->frontend = o->frontends[0];
	}
	add_to_frontend(f, r);
}

int
live_figures_of_rules(
    struct live_figures *f, const struct live_run *run, struct live_range range)
{
	size_t at = 0;
	const struct lb_plan *plan = run->plan;
	const struct lb_config *config = run->config;
	f->frontends =
	    calloc(config->frontend_count + 1, sizeof(*f->frontends));
	size_t count = count_rules(plan);
	f->rules = calloc(
	    (count < range.count ? count : range.count) + 1, sizeof(*f->rules));
	if (f->frontends == NULL || f->rules == NULL)
		return -1;
	list_frontends(f, config);
	for (size_t i = 0; i < config->rule_count; i++)
		if (live_in_range(&range, at++))
			add_balancing(f, run, i);
	for (uint32_t i = 0; i < plan->mapping_count; i++)
		if (live_in_range(&range, at++))
			add_mapping(f, run, &plan->mappings[i]);
	for (uint32_t id = 0; id < plan->rule_count; id++)
		if (is_outbound(plan, id) && live_in_range(&range, at++))
			add_outbound(f, run, (uint16_t)id);
	for (uint32_t id = 0; id < plan->rule_count; id++)
		if (plan->rules[id].name != NULL && plan->rules[id].tombstone &&
		    live_in_range(&range, at++))
			(void)add_rule(f, run, (uint16_t)id);
	return 0;
}
