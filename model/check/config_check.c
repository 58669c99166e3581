/* SPDX-License-Identifier: MIT */
#include "model/check/config_check.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"
#include "model/path/plan.h"
#include "model/check/refusals.h"

#define AZURE_ZONE_MAX      3u
#define INTERFACE_BYTES_MAX 15u /* Linux: IFNAMSIZ less the NUL */
#define FRONTEND_BACKENDS   10000u
#define ALL_BACKENDS        500000u

/* AZ 8.  Without an entry for fairlead: its bounds are the engine's. */
static const struct {
	size_t frontends, rules, pool, members;
} limits[] = {
	[LB_SKU_STANDARD] = { 600, 1500, 5000, 20000 },
	[LB_SKU_BASIC] = { 200, 250, 300, 60000 },
};

void
lb_check_no_memory(struct lb_problems *problems)
{
	lb_error_add(problems, (struct lb_where){ 0 }, NULL,
	    "no memory to check the configuration");
}

/* Where there is more room. */
static const char *
larger(const struct lb_config *config)
{
	return lb_sku_name(
	    config->sku == LB_SKU_BASIC ? LB_SKU_STANDARD : LB_SKU_FAIRLEAD);
}

/* --- frontends and pools ------------------------------------------------- */

static void
check_zone(const struct lb_config *config, unsigned zone, struct lb_where where,
    struct lb_problems *problems)
{
	if (config->sku == LB_SKU_BASIC)
		lb_error_add(problems, where, NULL,
		    "sku basic knows no zones; leave them out, or use sku "
		    "standard");
	else if (lb_config_is_azure(config) && zone > AZURE_ZONE_MAX)
		lb_error_add(problems, where, NULL,
		    "zone %u: Azure's zones are 1, 2 and 3; use one of them, "
		    "or sku fairlead",
		    zone);
}

static unsigned
highest_bit(unsigned bits)
{
	unsigned n = 0;

	while ((bits >>= 1) != 0)
		n++;
	return n;
}

static void
check_frontend(const struct lb_config *config,
    const struct lb_config_frontend *frontend, struct lb_problems *problems)
{
	if (frontend->zones != 0)
		check_zone(config, highest_bit(frontend->zones),
		    frontend->at[LB_FRONTEND_KEY_ZONES], problems);
	if (frontend->idle_timeout_ms != 0 &&
	    LB_KNOWN(frontend, FRONTEND, IDLE_TIMEOUT))
		lb_check_idle(config, frontend->idle_timeout_ms,
		    frontend->at[LB_FRONTEND_KEY_IDLE_TIMEOUT], problems);
}

static void
check_weight(const struct lb_config *config,
    const struct lb_config_member *member, struct lb_problems *problems)
{
	struct lb_where where = member->at[LB_MEMBER_KEY_WEIGHT];

	if (!LB_KNOWN(member, MEMBER, WEIGHT))
		return;
	if (member->weight > LB_WEIGHT_MAX)
		lb_error_add(problems, where, NULL,
		    "`weight`: %u; use 0 (drained) to %u", member->weight,
		    LB_WEIGHT_MAX);
	else if (lb_config_is_azure(config) &&
		 member->weight != LB_WEIGHT_DEFAULT)
		lb_error_add(problems, where, NULL,
		    "`weight`: with sku %s all members of a pool weigh the "
		    "same; leave it out, or use sku fairlead",
		    lb_sku_name(config->sku));
}

static void
check_pool(const struct lb_config *config, const struct lb_config_pool *pool,
    struct lb_problems *problems)
{
	bool any = pool->member_count == 0;

	if (lb_config_is_azure(config) &&
	    pool->member_count > limits[config->sku].pool)
		lb_error_add(problems, pool->where, NULL,
		    "pool '%s' has %zu members, and sku %s allows %zu; make "
		    "it smaller, or use sku %s",
		    pool->name, pool->member_count, lb_sku_name(config->sku),
		    limits[config->sku].pool, larger(config));
	for (size_t m = 0; m < pool->member_count; m++) {
		const struct lb_config_member *member = &pool->members[m];
		if (member->zone != 0)
			check_zone(config, member->zone,
			    member->at[LB_MEMBER_KEY_ZONE], problems);
		check_weight(config, member, problems);
		any |= member->weight > 0;
	}
	if (!any)
		lb_warning_add(problems, pool->where,
		    "pool '%s' has only members of weight 0: nobody gets new "
		    "flows",
		    pool->name);
}

/* --- what is there once -------------------------------------------------- */

/* where: of the first one that is too many. */
static void
say_too_many(const struct lb_config *config, struct lb_where where,
    size_t count, const char *what, size_t most, struct lb_problems *problems)
{
	lb_error_add(problems, where, NULL,
	    "%zu %s, and sku %s allows %zu; use fewer, or sku %s", count, what,
	    lb_sku_name(config->sku), most, larger(config));
}

static void
check_member_count(const struct lb_config *config, struct lb_problems *problems)
{
	size_t most = limits[config->sku].members, members = 0;
	const struct lb_config_pool *beyond = NULL;

	for (size_t p = 0; p < config->pool_count; p++) {
		members += config->pools[p].member_count;
		if (members > most && beyond == NULL)
			beyond = &config->pools[p];
	}
	if (beyond != NULL)
		say_too_many(config, beyond->where, members,
		    "members over all pools", most, problems);
}

static void
check_limits(const struct lb_config *config, struct lb_problems *problems)
{
	size_t rules = config->rule_count + config->nat_count, most;

	if (!lb_config_is_azure(config))
		return;
	most = limits[config->sku].frontends;
	if (config->frontend_count > most)
		say_too_many(config, config->frontends[most].where,
		    config->frontend_count, "frontends", most, problems);
	most = limits[config->sku].rules;
	if (rules > most)
		say_too_many(config,
		    config->rule_count > most
			? config->rules[most].where
			: config->nats[most - config->rule_count].where,
		    rules, "rules", most, problems);
	check_member_count(config, problems);
}

/* AZ 5.4: whatever else there is, a balancer has a frontend.  Ours differs:
 * not one that is only a next hop. */
static void
check_children(const struct lb_config *config, struct lb_problems *problems)
{
	const struct lb_where *first =
	    config->pool_count > 0       ? &config->pools[0].where
	    : config->probe_count > 0    ? &config->probes[0].where
	    : config->rule_count > 0     ? &config->rules[0].where
	    : config->nat_count > 0      ? &config->nats[0].where
	    : config->outbound_count > 0 ? &config->outbounds[0].where
					 : NULL;

	for (size_t r = 0; r < config->rule_count; r++)
		if (!LB_KNOWN(&config->rules[r], RULE, FRONTEND))
			return; /* it was to have one, or to be a next hop */
	if (lb_config_is_azure(config) && config->frontend_count == 0 &&
	    config->next_hop_rule4 < 0 && config->next_hop_rule6 < 0 &&
	    first != NULL)
		lb_error_add(problems, *first,
		    lb_refusal_code(LB_REFUSAL_CHILDREN),
		    "pools, probes and rules need a balancer with a frontend; "
		    "give `frontends` one");
}

/* AZ 8: a member counts once for each rule that leads to it. */
static void
check_backends(const struct lb_config *config, struct lb_problems *problems)
{
	uint64_t total = 0;
	const struct lb_config_rule *beyond = NULL;
	uint64_t *each = calloc(config->frontend_count + 1, sizeof(*each));

	for (size_t r = 0; each != NULL && r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		if (rule->frontend < 0 || rule->pool < 0)
			continue;
		size_t members = config->pools[rule->pool].member_count;
		uint64_t before = each[rule->frontend];
		each[rule->frontend] += members;
		total += members;
		if (total > ALL_BACKENDS && beyond == NULL)
			beyond = rule;
		if (before <= FRONTEND_BACKENDS &&
		    each[rule->frontend] > FRONTEND_BACKENDS)
			lb_error_add(problems, rule->where, NULL,
			    "from rule '%s' on, frontend '%s' has more than "
			    "%u members, each counted for each rule; use more "
			    "frontends, or sku fairlead",
			    rule->name, config->frontends[rule->frontend].name,
			    FRONTEND_BACKENDS);
	}
	if (each == NULL)
		lb_check_no_memory(problems);
	if (beyond != NULL)
		lb_error_add(problems, beyond->where, NULL,
		    "%llu members, each counted for each rule, and sku "
		    "standard allows %u; use fewer rules, or sku fairlead",
		    (unsigned long long)total, ALL_BACKENDS);
	free(each);
}

static void
check_table(const struct lb_config *config, struct lb_problems *problems)
{
	if (config->entries == 0 || config->entries > LB_ENTRIES_MAX)
		lb_error_add(problems, config->table_at[LB_TABLE_KEY_ENTRIES],
		    NULL, "`entries`: use 1 to %llu",
		    (unsigned long long)LB_ENTRIES_MAX);
	if (config->entries6 > LB_ENTRIES_MAX)
		lb_error_add(problems, config->table_at[LB_TABLE_KEY_ENTRIES6],
		    NULL, "`entries6`: use 0 to %llu",
		    (unsigned long long)LB_ENTRIES_MAX);
}

static void
check_next_hop(
    const struct lb_config *config, int index, struct lb_problems *problems)
{
	struct lb_where where =
	    config->forwarding_at[LB_FORWARDING_KEY_HA_NEXT_HOP];

	if (index < 0)
		return;
	const struct lb_config_rule *rule = &config->rules[index];
	if (!lb_rule_is_ha(rule) && LB_KNOWN(rule, RULE, FRONTEND_PORT))
		lb_error_add(problems, where, NULL,
		    "rule '%s' is no HA-ports rule; a next hop has protocol "
		    "all and ports 0",
		    rule->name);
	if (!lb_config_rule_floats(config, rule) &&
	    LB_KNOWN(rule, RULE, FLOATING_IP))
		lb_error_add(problems, where, NULL,
		    "rule '%s' is a next hop, whose packets keep their "
		    "destination; give it floating_ip: true",
		    rule->name);
}

static void
check_interface(const struct lb_config *config, const char *name,
    struct lb_problems *problems)
{
	struct lb_where where =
	    config->forwarding_at[LB_FORWARDING_KEY_INTERFACES];
	size_t bytes = strlen(name);

	if (bytes == 0 || bytes > INTERFACE_BYTES_MAX ||
	    strpbrk(name, "/ \t\n") != NULL)
		lb_error_add(problems, where, NULL,
		    "`interfaces`: '%.60s' is no name of an interface", name);
}

static void
check_forwarding(const struct lb_config *config, struct lb_problems *problems)
{
	check_next_hop(config, config->next_hop_rule4, problems);
	check_next_hop(config, config->next_hop_rule6, problems);
	for (size_t i = 0; i < config->interface_count; i++)
		check_interface(config, config->interfaces[i], problems);
	if (config->local_subnet_count > LB_SUBNET_MAX)
		lb_error_add(problems,
		    config->forwarding_at[LB_FORWARDING_KEY_LOCAL_SUBNETS],
		    NULL, "%zu `local_subnets`; at most %u",
		    config->local_subnet_count, LB_SUBNET_MAX);
}

static struct lb_pool_facts
pool_facts(const struct lb_config_pool *pool)
{
	struct lb_pool_facts facts = { -1, -1, -1 };

	for (int m = (int)pool->member_count - 1; m >= 0; m--) {
		const struct lb_config_member *member = &pool->members[m];
		if (member->admin_state != LB_ADMIN_NONE)
			facts.admin_state = m;
		if (!LB_KNOWN(member, MEMBER, ADDRESS))
			continue;
		if (lb_addr_is_v4(&member->address))
			facts.v4 = m;
		else
			facts.v6 = m;
	}
	return facts;
}

static void
check_rules(const struct lb_config *config, struct lb_problems *problems)
{
	struct lb_pool_facts *pools =
	    calloc(config->pool_count + 1, sizeof(*pools));

	if (pools == NULL) {
		lb_check_no_memory(problems);
		return;
	}
	for (size_t p = 0; p < config->pool_count; p++)
		pools[p] = pool_facts(&config->pools[p]);
	for (size_t r = 0; r < config->rule_count; r++)
		lb_check_rule(config, &config->rules[r], pools, problems);
	if (config->rule_count + config->nat_count + config->outbound_count ==
	    0)
		lb_warning_add(problems, (struct lb_where){ 0 },
		    "no rules: every packet passes as it is");
	lb_check_nats(config, pools, problems);
	lb_check_outbounds(config, pools, problems);
	free(pools);
}

void
lb_config_check(const struct lb_config *config, struct lb_problems *problems)
{
	check_limits(config, problems);
	check_children(config, problems);
	if (config->sku == LB_SKU_STANDARD)
		check_backends(config, problems);
	for (size_t f = 0; f < config->frontend_count; f++)
		check_frontend(config, &config->frontends[f], problems);
	for (size_t p = 0; p < config->pool_count; p++)
		check_pool(config, &config->pools[p], problems);
	for (size_t p = 0; p < config->probe_count; p++)
		lb_check_probe(config, &config->probes[p], problems);
	check_rules(config, problems);
	check_table(config, problems);
	check_forwarding(config, problems);
	lb_check_unique(config, problems);
	lb_check_pairs(config, problems);
}
