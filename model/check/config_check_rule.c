/* SPDX-License-Identifier: MIT */
#include "model/check/config_check.h"

#include "model/lut/lut.h"
#include "model/config/names.h"

#define MINUTE_MS UINT64_C(60000)

/* AZ 3.1 */
static const struct {
	uint64_t least_ms, most_ms, warn_ms;
	const char *range;
} idle_limits[] = {
	[LB_SKU_STANDARD] = { 4 * MINUTE_MS, 100 * MINUTE_MS, 30 * MINUTE_MS,
	    "4m to 100m" },
	[LB_SKU_BASIC] = { 4 * MINUTE_MS, 30 * MINUTE_MS, 30 * MINUTE_MS,
	    "4m to 30m" },
	[LB_SKU_FAIRLEAD] = { 1000, 1440 * MINUTE_MS, UINT64_MAX, "1s to 24h" },
};

void
lb_check_say_whole(const char *key, const char *units, uint64_t ms,
    uint64_t unit_ms, struct lb_where where, struct lb_problems *problems)
{
	uint64_t below = ms / unit_ms;

	lb_error_add(problems, where, NULL,
	    "`%s`: Azure has whole %s; use %llu%c or %llu%c, or sku fairlead",
	    key, units, (unsigned long long)below, *units,
	    (unsigned long long)below + 1, *units);
}

void
lb_check_idle(const struct lb_config *config, uint64_t idle_ms,
    struct lb_where where, struct lb_problems *problems)
{
	/* The API's text has for Standard what Basic has. */
	enum lb_sku sku = config->sku == LB_SKU_STANDARD &&
				  config->otherwise[LB_SWITCH_IDLE_TIMEOUTS]
			      ? LB_SKU_BASIC
			      : config->sku;

	if (idle_ms < idle_limits[sku].least_ms ||
	    idle_ms > idle_limits[sku].most_ms)
		lb_error_add(problems, where, NULL,
		    "`idle_timeout` is %s with sku %s; use a time in between",
		    idle_limits[sku].range, lb_sku_name(config->sku));
	else if (lb_config_is_azure(config) && idle_ms % MINUTE_MS != 0)
		lb_check_say_whole("idle_timeout", "minutes", idle_ms,
		    MINUTE_MS, where, problems);
	else if (idle_ms > idle_limits[sku].warn_ms)
		lb_warning_add(problems, where,
		    "`idle_timeout`: some of Azure's interfaces take no more "
		    "than 30m");
}

static void
check_table_size(const struct lb_config *config,
    const struct lb_config_rule *rule, struct lb_problems *problems)
{
	struct lb_where where = rule->at[LB_RULE_KEY_TABLE_SIZE];
	uint32_t size = rule->table_size;

	if (!LB_KNOWN(rule, RULE, TABLE_SIZE) ||
	    !LB_KNOWN(rule, RULE, ALGORITHM))
		return;
	if (size == 0 || size > LB_LUT_SIZE_MAX) {
		lb_error_add(problems, where, NULL,
		    "`table_size`: %u; use 1 to %u", size, LB_LUT_SIZE_MAX);
	} else if (!lb_lut_size_fits(rule->algorithm, size)) {
		uint32_t prime = size;
		while (prime < LB_LUT_SIZE_MAX &&
		       !lb_lut_size_fits(rule->algorithm, prime))
			prime++;
		if (prime == LB_LUT_SIZE_MAX)
			prime = LB_LUT_PRIME_MAX;
		lb_error_add(problems, where, NULL,
		    "`table_size`: %u is no prime, and %s needs one, like %u",
		    size, lb_algorithm_name(rule->algorithm), prime);
	} else if (rule->pool >= 0 &&
		   config->pools[rule->pool].member_count > size) {
		lb_warning_add(problems, where,
		    "`table_size`: %u slots for %zu members; some get none",
		    size, config->pools[rule->pool].member_count);
	}
}

/* --- public and internal -------------------------------------------------- */

bool
lb_check_is_internal(const struct lb_config *config, int frontend)
{
	return frontend < 0 ||
	       lb_is_private(&config->frontends[frontend].address);
}

bool
lb_check_two_balancers(const struct lb_config *config, int frontend, int other)
{
	return lb_config_is_azure(config) &&
	       lb_check_is_internal(config, frontend) !=
		   lb_check_is_internal(config, other);
}

/* --- ports --------------------------------------------------------------- */

/* Could the rule be one for HA ports? */
static bool
may_be_ha(const struct lb_config *config, const struct lb_config_rule *rule)
{
	return config->sku == LB_SKU_FAIRLEAD ||
	       (config->sku == LB_SKU_STANDARD &&
		   lb_check_is_internal(config, rule->frontend));
}

/* AZ 5.1, 5.3: protocol all, frontend port 0 and backend port 0 go
 * together. */
static void
check_any_port(const struct lb_config *config,
    const struct lb_config_rule *rule, struct lb_problems *problems)
{
	const struct lb_where *at = rule->at;
	bool ha = may_be_ha(config, rule);

	if (rule->proto == 0 && rule->frontend_port != 0)
		lb_error_add(problems, at[LB_RULE_KEY_FRONTEND_PORT], NULL,
		    "protocol all is for HA ports, all ports at once; %smake "
		    "it two rules, tcp and udp",
		    ha ? "use frontend_port 0 and backend_port 0, or " : "");
	else if (rule->proto != 0 && rule->frontend_port == 0)
		lb_error_add(problems, at[LB_RULE_KEY_FRONTEND_PORT], NULL,
		    "frontend_port 0, all ports at once, needs protocol all; "
		    "%sname a port",
		    ha ? "say so, or " : "");
	else if (rule->frontend_port == 0 && rule->backend_port != 0)
		lb_error_add(problems, at[LB_RULE_KEY_BACKEND_PORT], NULL,
		    "frontend_port 0, all ports at once, changes no port; "
		    "make backend_port 0, or leave it out");
	else if (rule->frontend_port != 0 && rule->backend_port == 0)
		lb_error_add(problems, at[LB_RULE_KEY_BACKEND_PORT], NULL,
		    "`backend_port`: 0, all ports at once, needs "
		    "frontend_port 0; use 1 to 65535, or leave it out");
}

static void
check_ports(const struct lb_config *config, const struct lb_config_rule *rule,
    struct lb_problems *problems)
{
	const struct lb_where *at = rule->at;

	if (!lb_rule_is_whole(rule))
		return;
	check_any_port(config, rule, problems);
	if (lb_config_is_azure(config) && rule->frontend_port == UINT16_MAX)
		lb_error_add(problems, at[LB_RULE_KEY_FRONTEND_PORT], NULL,
		    "`frontend_port`: 65535 is for nobody; use 1 to 65534");
	if (rule->frontend_port == rule->backend_port ||
	    rule->frontend_port == 0 || rule->backend_port == 0)
		return;
	if (config->forwarding == LB_FORWARDING_L2DSR)
		lb_error_add(problems, at[LB_RULE_KEY_BACKEND_PORT], NULL,
		    "forwarding mode l2dsr changes no ports; backend_port "
		    "must be %u as frontend_port is, or use mode nat",
		    rule->frontend_port);
	else if (rule->floating_ip)
		lb_warning_add(problems, at[LB_RULE_KEY_BACKEND_PORT],
		    "answers of a rule with floating_ip pass as they are: "
		    "members must answer from port %u themselves",
		    rule->frontend_port);
}

/* --- families and addresses ---------------------------------------------- */

static void
check_family(const struct lb_config *config, const struct lb_config_rule *rule,
    const struct lb_pool_facts *pools, struct lb_problems *problems)
{
	unsigned family = lb_config_rule_family(config, rule);

	if (rule->pool < 0 || family == 0 || !LB_KNOWN(rule, RULE, FRONTEND))
		return;
	const struct lb_config_pool *pool = &config->pools[rule->pool];
	int other = family == 4 ? pools[rule->pool].v6 : pools[rule->pool].v4;
	if (other < 0)
		return;
	lb_error_add(problems, rule->at[LB_RULE_KEY_POOL], NULL,
	    "rule '%s' is for IPv%u, but member '%s' of pool '%s' has an "
	    "IPv%u address; a rule is for one family: make a second pool and "
	    "rule",
	    rule->name, family, pool->members[other].name, pool->name,
	    10 - family);
}

static void
check_ha(const struct lb_config *config, const struct lb_config_rule *rule,
    struct lb_problems *problems)
{
	struct lb_where where = rule->at[LB_RULE_KEY_FRONTEND_PORT];

	if (!lb_rule_is_whole(rule) || !lb_rule_is_ha(rule))
		return;
	if (config->sku == LB_SKU_BASIC)
		lb_error_add(problems, where, NULL,
		    lb_check_is_internal(config, rule->frontend)
			? "sku basic has no HA ports; name a protocol and a "
			  "port, or use sku standard"
			: "sku basic has no HA ports; name a protocol and a "
			  "port");
	if (config->sku == LB_SKU_STANDARD && rule->frontend >= 0 &&
	    LB_KNOWN(&config->frontends[rule->frontend], FRONTEND, ADDRESS) &&
	    !lb_is_private(&config->frontends[rule->frontend].address))
		lb_error_add(problems, where, NULL,
		    "Azure has HA ports on internal frontends only, and the "
		    "address of '%s' is public; name a protocol and a "
		    "port, or use sku fairlead",
		    config->frontends[rule->frontend].name);
}

/* --- what sku basic lacks ------------------------------------------------ */

static void
check_basic(const struct lb_config *config, const struct lb_config_rule *rule,
    struct lb_problems *problems)
{
	if (config->sku != LB_SKU_BASIC)
		return;
	if (rule->tcp_reset)
		lb_error_add(problems, rule->at[LB_RULE_KEY_TCP_RESET], NULL,
		    "sku basic has no `tcp_reset`; leave it out, or use sku "
		    "standard");
	if (rule->frontend < 0 || lb_config_rule_family(config, rule) != 6)
		return;
	if (rule->mode != LB_MODE_FIVE_TUPLE)
		lb_error_add(problems, rule->at[LB_RULE_KEY_DISTRIBUTION], NULL,
		    "sku basic distributes IPv6 by five-tuple only; leave "
		    "`distribution` out, or use sku standard");
	if (rule->idle_timeout_ms != 4 * MINUTE_MS)
		lb_error_add(problems, rule->at[LB_RULE_KEY_IDLE_TIMEOUT], NULL,
		    "sku basic has no `idle_timeout` but 4m for IPv6; leave "
		    "it out, or use sku standard");
}

/* --- the rest ------------------------------------------------------------ */

/* AZ 5.2, 5.6. */
static void
check_floating6(const struct lb_config *config,
    const struct lb_config_rule *rule, struct lb_problems *problems)
{
	if (!lb_config_is_azure(config) || !rule->floating_ip ||
	    rule->frontend < 0 || lb_config_rule_family(config, rule) != 6 ||
	    !lb_is_private(&config->frontends[rule->frontend].address))
		return;
	lb_warning_add(problems, rule->at[LB_RULE_KEY_FLOATING_IP],
	    "Azure has no floating IP on internal IPv6 frontends, as that of "
	    "rule '%s' is; fairlead has",
	    rule->name);
}

/* Azure: admin states count for rules with a probe only (AZ 2.7).  Ours:
 * for all. */
static void
check_admin_state(const struct lb_config *config,
    const struct lb_config_rule *rule, const struct lb_pool_facts *pools,
    struct lb_problems *problems)
{
	if (!lb_config_is_azure(config) || rule->probe >= 0 || rule->pool < 0 ||
	    !LB_KNOWN(rule, RULE, PROBE))
		return;
	int member = pools[rule->pool].admin_state;
	if (member < 0)
		return;
	lb_warning_add(problems, rule->where,
	    "Azure heeds the admin_state of '%s' only in rules with a probe, "
	    "which '%s' has not; fairlead heeds it always",
	    config->pools[rule->pool].members[member].name, rule->name);
}

/* Azure takes it, and so do we: who writes it may have forgotten. */
static void
check_members(const struct lb_config *config, const struct lb_config_rule *rule,
    struct lb_problems *problems)
{
	if (rule->pool < 0 || config->pools[rule->pool].member_count > 0)
		return;
	lb_warning_add(problems, rule->at[LB_RULE_KEY_POOL],
	    "pool '%s' of rule '%s' has no members: nobody serves it until "
	    "the pool has some",
	    config->pools[rule->pool].name, rule->name);
}

static void
check_has_frontend(const struct lb_config *config,
    const struct lb_config_rule *rule, struct lb_problems *problems)
{
	bool next_hop = false;

	if (config->next_hop_rule4 >= 0)
		next_hop |= rule == &config->rules[config->next_hop_rule4];
	if (config->next_hop_rule6 >= 0)
		next_hop |= rule == &config->rules[config->next_hop_rule6];
	if (rule->frontend >= 0 || !LB_KNOWN(rule, RULE, FRONTEND) || next_hop)
		return;
	if (lb_config_is_azure(config) && config->frontend_count == 0 &&
	    config->next_hop_rule4 < 0 && config->next_hop_rule6 < 0)
		return; /* which is what is wrong, and said */
	lb_error_add(problems, rule->where, NULL,
	    "rule '%s' has no frontend; name one (only a rule that "
	    "forwarding.ha_next_hop names may be without)",
	    rule->name);
}

void
lb_check_rule(const struct lb_config *config, const struct lb_config_rule *rule,
    const struct lb_pool_facts *pools, struct lb_problems *problems)
{
	check_has_frontend(config, rule, problems);
	check_family(config, rule, pools, problems);
	check_ports(config, rule, problems);
	check_ha(config, rule, problems);
	check_floating6(config, rule, problems);
	if (LB_KNOWN(rule, RULE, IDLE_TIMEOUT))
		lb_check_idle(config, rule->idle_timeout_ms,
		    rule->at[LB_RULE_KEY_IDLE_TIMEOUT], problems);
	check_table_size(config, rule, problems);
	check_basic(config, rule, problems);
	check_admin_state(config, rule, pools, problems);
	check_members(config, rule, problems);
	lb_check_probe_source(config, rule, problems);
}
