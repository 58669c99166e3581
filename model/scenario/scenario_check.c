/* SPDX-License-Identifier: MIT */
/* A scenario beside a configuration: has it what is named here? */
#include <stdlib.h>
#include <string.h>

#include "model/check/config_check.h"
#include "model/config/names.h"
#include "model/config/problems.h"
#include "model/scenario/scenario.h"
#include "model/yaml/yaml_section.h"

#define SHOWN_MAX 40
#define NEAR_MAX  20u /* so many wrong names are guessed at */

struct checker {
	const struct lb_config *config;
	struct lb_problems *problems;
	const char **members; /* the names of all, sorted */
	size_t member_count;
	unsigned guesses;
};

/* --- members -------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
collect_members(struct checker *c)
{
	const struct lb_config *config = c->config;
	size_t count = 0;

	for (size_t p = 0; p < config->pool_count; p++)
		count += config->pools[p].member_count;
	c->members = calloc(count + 1, sizeof(*c->members));
	if (c->members == NULL)
		return false;
	for (size_t p = 0; p < config->pool_count; p++)
		for (size_t m = 0; m < config->pools[p].member_count; m++)
			c->members[c->member_count++] =
			    config->pools[p].members[m].name;
	qsort(c->members, count, sizeof(*c->members), by_name);
	return true;
}

static void
unknown(struct checker *c, struct lb_where where, const char *what,
    const char *name, const char *const *names, size_t count)
{
	const char *near = NULL;

	if (c->guesses++ < NEAR_MAX)
		near = lb_nearest_name(name, names, count);
	if (near != NULL)
		lb_error_add(c->problems, where, NULL,
		    "the configuration has no %s '%.*s'; did you mean %s?",
		    what, SHOWN_MAX, name, near);
	else
		lb_error_add(c->problems, where, NULL,
		    "the configuration has no %s '%.*s'", what, SHOWN_MAX,
		    name);
}

/* name NULL: every one. */
static void
check_member(struct checker *c, struct lb_where where, const char *name)
{
	if (name != NULL && bsearch(&name, c->members, c->member_count,
				sizeof(*c->members), by_name) == NULL)
		unknown(c, where, "member", name, c->members, c->member_count);
}

/* --- zones ---------------------------------------------------------------- */

static bool
has_zone(const struct lb_config *config, unsigned zone)
{
	for (size_t f = 0; f < config->frontend_count; f++)
		if ((config->frontends[f].zones >> zone & 1) != 0)
			return true;
	for (size_t p = 0; p < config->pool_count; p++)
		for (size_t m = 0; m < config->pools[p].member_count; m++)
			if (config->pools[p].members[m].zone == zone)
				return true;
	return false;
}

static void
check_fault(struct checker *c, const struct lb_fault *fault)
{
	switch (lb_fault_subject(fault->kind)) {
	case LB_FAULT_OF_SERVER:
	case LB_FAULT_OF_CONFIG:
		check_member(c, fault->where, fault->member);
		break;
	case LB_FAULT_OF_ZONE:
		if (!has_zone(c->config, fault->number))
			lb_error_add(c->problems, fault->where, NULL,
			    "no member and no frontend of the configuration is "
			    "in zone %u",
			    fault->number);
		break;
	case LB_FAULT_OF_INSTANCE: /* their number is the scenario's */
		break;
	}
}

/* --- traffic -------------------------------------------------------------- */

/* How well a rule suits; 0: not at all.  A rule for the very port is better
 * than one for all ports, and that one better than one for another port,
 * which only traffic that names none can be for. */
static unsigned
suits(const struct lb_config_rule *rule, const struct lb_traffic *t)
{
	const uint16_t port =
	    t->port != 0 ? t->port : lb_profile_port(t->profile);

	if (rule->proto != 0 && rule->proto != lb_profile_proto(t->profile))
		return 0;
	if (rule->frontend_port == port)
		return 3;
	if (rule->frontend_port == 0)
		return 2;
	return t->port == 0;
}

const struct lb_config_rule *
lb_traffic_rule(const struct lb_config *config, const struct lb_traffic *t)
{
	const struct lb_config_rule *best = NULL;
	unsigned most = 0;

	for (size_t r = 0; r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		if (t->rule != NULL && strcmp(rule->name, t->rule) == 0)
			return rule;
		unsigned how =
		    t->rule == NULL && rule->frontend >= 0 ? suits(rule, t) : 0;
		if (how > most) {
			most = how;
			best = rule;
		}
	}
	return best;
}

static bool
nat_takes(const struct lb_config_nat *nat, const struct lb_traffic *t)
{
	return (nat->proto == 0 ||
		   nat->proto == lb_profile_proto(t->profile)) &&
	       (t->port == 0 ||
		   (t->port >= nat->first_port && t->port <= nat->last_port));
}

/* By server and port: those are a NAT rule's only if no other rule has them. */
static bool
nat_is_meant(const struct lb_config *config, const struct lb_config_nat *nat,
    const struct lb_traffic *t)
{
	return t->port != 0 && lb_scene_names(&t->server) &&
	       lb_addr_same(
		   &t->server, &config->frontends[nat->frontend].address) &&
	       nat_takes(nat, t);
}

const struct lb_config_nat *
lb_traffic_nat(const struct lb_config *config, const struct lb_traffic *t)
{
	if (t->from_pool != NULL)
		return NULL;
	for (size_t r = 0; t->rule != NULL && r < config->rule_count; r++)
		if (strcmp(config->rules[r].name, t->rule) == 0)
			return NULL;
	for (size_t n = 0; n < config->nat_count; n++) {
		const struct lb_config_nat *nat = &config->nats[n];
		if (t->rule != NULL ? strcmp(nat->name, t->rule) == 0
				    : nat_is_meant(config, nat, t))
			return nat;
	}
	return NULL;
}

const char *
lb_traffic_target(const struct lb_config *config, const struct lb_traffic *t)
{
	const struct lb_config_nat *nat = lb_traffic_nat(config, t);
	const struct lb_config_rule *rule =
	    nat == NULL ? lb_traffic_rule(config, t) : NULL;

	if (nat != NULL)
		return nat->name;
	return rule != NULL ? rule->name : NULL;
}

static void
check_no_rule(struct checker *c, const struct lb_traffic *t)
{
	const struct lb_config *config = c->config;
	const char **names = NULL;

	if (t->rule == NULL) {
		lb_error_add(c->problems, t->where, NULL,
		    "no rule with a frontend takes %s%s; name one with `rule`",
		    t->port != 0 ? "that port of " : "",
		    lb_proto_name(lb_profile_proto(t->profile)));
		return;
	}
	const size_t count = config->rule_count + config->nat_count;
	names = calloc(count + 1, sizeof(*names));
	for (size_t r = 0; names != NULL && r < config->rule_count; r++)
		names[r] = config->rules[r].name;
	for (size_t n = 0; names != NULL && n < config->nat_count; n++)
		names[config->rule_count + n] = config->nats[n].name;
	unknown(
	    c, t->rule_at, "rule", t->rule, names, names == NULL ? 0 : count);
	free(names);
}

/* It is for that frontend: can it get there? */
static void
check_way(struct checker *c, const struct lb_traffic *t, const char *rule,
    const struct lb_addr *address)
{
	char text[46];

	if (lb_scene_names(&t->server) && !lb_addr_same(&t->server, address))
		lb_error_add(c->problems, t->where, NULL,
		    "rule %s has the frontend %s; leave `server` out, or name "
		    "another rule",
		    rule, lb_addr_text(address, text, sizeof(text)));
	if (lb_scene_names(&t->first_client) &&
	    lb_addr_is_v4(&t->first_client) != lb_addr_is_v4(address))
		lb_error_add(c->problems, t->where, NULL,
		    "`first_client` is not of the family of rule %s's frontend "
		    "%s",
		    rule, lb_addr_text(address, text, sizeof(text)));
}

/* It has the rule: does that take it? */
static void
check_rule(struct checker *c, const struct lb_traffic *t,
    const struct lb_config_rule *rule)
{
	if (suits(rule, t) == 0)
		lb_error_add(c->problems, t->rule_at, NULL,
		    "rule %s takes %s port %u, and %s sends %s%s", rule->name,
		    lb_proto_name(rule->proto), rule->frontend_port,
		    lb_profile_name(t->profile),
		    lb_proto_name(lb_profile_proto(t->profile)),
		    t->port != 0 ? " to another" : "");
	if (rule->frontend >= 0)
		check_way(c, t, rule->name,
		    &c->config->frontends[rule->frontend].address);
}

static void
check_nat(struct checker *c, const struct lb_traffic *t,
    const struct lb_config_nat *nat)
{
	if (!nat_takes(nat, t))
		lb_error_add(c->problems, t->rule_at, NULL,
		    "NAT rule %s takes %s ports %u to %u, and %s sends %s%s",
		    nat->name, lb_proto_name(nat->proto), nat->first_port,
		    nat->last_port, lb_profile_name(t->profile),
		    lb_proto_name(lb_profile_proto(t->profile)),
		    t->port != 0 ? " to another" : "");
	check_way(
	    c, t, nat->name, &c->config->frontends[nat->frontend].address);
}

/* --- traffic that members begin ------------------------------------------- */

static bool
is_for(uint8_t proto, const struct lb_traffic *t)
{
	return proto == 0 || proto == lb_profile_proto(t->profile);
}

/* AZ 4.8: by an outbound rule, or a public frontend's rule. */
static bool
gets_out(const struct lb_config *config, int pool, const struct lb_traffic *t)
{
	for (size_t i = 0; i < config->outbound_count; i++)
		if (config->outbounds[i].pool == pool &&
		    is_for(config->outbounds[i].proto, t))
			return true;
	for (size_t r = 0; r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		if (rule->pool == pool && rule->outbound_snat &&
		    rule->frontend >= 0 && is_for(rule->proto, t) &&
		    !lb_is_private(&config->frontends[rule->frontend].address))
			return true;
	}
	return false;
}

int
lb_traffic_pool(const struct lb_config *config, const struct lb_traffic *t)
{
	for (size_t p = 0; p < config->pool_count; p++)
		if (strcmp(config->pools[p].name, t->from_pool) == 0)
			return (int)p;
	return -1;
}

static void
check_no_pool(struct checker *c, const struct lb_traffic *t)
{
	const struct lb_config *config = c->config;
	const char **names = calloc(config->pool_count + 1, sizeof(*names));

	for (size_t p = 0; names != NULL && p < config->pool_count; p++)
		names[p] = config->pools[p].name;
	unknown(c, t->rule_at, "pool", t->from_pool, names,
	    names == NULL ? 0 : config->pool_count);
	free(names);
}

static void
check_outbound(struct checker *c, const struct lb_traffic *t)
{
	const struct lb_config *config = c->config;
	const int pool = lb_traffic_pool(config, t);

	if (pool < 0) {
		check_no_pool(c, t);
		return;
	}
	if (!gets_out(config, pool, t))
		lb_error_add(c->problems, t->rule_at, NULL,
		    "nothing lets the members of %s out over %s: no outbound "
		    "rule and no rule of a public frontend with "
		    "`outbound_snat: true` has that pool and protocol",
		    t->from_pool, lb_proto_name(lb_profile_proto(t->profile)));
	for (size_t m = 0; m < config->pools[pool].member_count; m++)
		if (lb_addr_is_v4(&config->pools[pool].members[m].address) !=
		    lb_addr_is_v4(&t->server)) {
			lb_error_add(c->problems, t->where, NULL,
			    "`server` is not of the family of %s's members",
			    t->from_pool);
			return;
		}
}

/* What a member's flow has in one balancer's table, no other knows. */
static void
check_alone(struct checker *c, const struct lb_scenario *scenario,
    const struct lb_traffic *t)
{
	bool several = scenario->scene.instances > 1;

	for (size_t i = 0; i < scenario->fault_count; i++)
		several |= lb_fault_subject(scenario->faults[i].kind) ==
			   LB_FAULT_OF_INSTANCE;
	if (several)
		lb_error_add(c->problems, t->rule_at, NULL,
		    "traffic `from_pool` is simulated with one instance only: "
		    "the ports that one gives out mean nothing to the others; "
		    "leave `instances` and their faults out");
}

/* --- any traffic ---------------------------------------------------------- */

static void
check_traffic(struct checker *c, const struct lb_traffic *t)
{
	if (t->from_pool != NULL) {
		check_outbound(c, t);
		return;
	}
	const struct lb_config_nat *nat = lb_traffic_nat(c->config, t);
	const struct lb_config_rule *rule = lb_traffic_rule(c->config, t);

	if (nat != NULL)
		check_nat(c, t, nat);
	else if (rule == NULL)
		check_no_rule(c, t);
	else
		check_rule(c, t, rule);
}

/* --- the whole ------------------------------------------------------------ */

int
lb_scenario_check(const struct lb_scenario *scenario,
    const struct lb_config *config, bool any_server,
    struct lb_problems *problems)
{
	struct checker c = { .config = config, .problems = problems };
	const struct lb_scene *scene = &scenario->scene;

	if (!collect_members(&c))
		return -1;
	for (size_t i = 0; i < scenario->fault_count; i++)
		check_fault(&c, &scenario->faults[i]);
	for (size_t i = 0; i < scene->server_count; i++)
		check_member(
		    &c, scene->servers[i].where, scene->servers[i].member);
	for (size_t i = 0; i < scene->failure_count; i++)
		check_member(
		    &c, scene->failures[i].where, scene->failures[i].member);
	for (size_t i = 0; i < scene->traffic_count; i++) {
		if (!any_server)
			check_traffic(&c, &scene->traffic[i]);
		else if (scene->traffic[i].from_pool != NULL)
			lb_error_add(problems, scene->traffic[i].rule_at, NULL,
			    "pools are a configuration's; name one with -c or "
			    "`config`");
		if (scene->traffic[i].from_pool != NULL)
			check_alone(&c, scenario, &scene->traffic[i]);
	}
	free(c.members);
	lb_problems_sort(problems);
	return 0;
}
