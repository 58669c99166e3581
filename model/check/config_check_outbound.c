/* SPDX-License-Identifier: MIT */
/*
 * Outbound rules: how many ports, from which frontends, for how long.
 *
 * Source: AZ 3.1, 4.3, 4.8, 8.
 */
#include "model/check/config_check.h"

#include <stdlib.h>

#include "model/check/refusals.h"
#include "model/config/snat.h"

#define MINUTE_MS    UINT64_C(60000)
#define AZURE_LEAST  (4 * MINUTE_MS)
#define AZURE_MOST   (120 * MINUTE_MS)
#define OURS_LEAST   UINT64_C(1000)
#define OURS_MOST    (1440 * MINUTE_MS)
#define API_MOST     (100 * MINUTE_MS)
#define OUTBOUND_MAX 600u
#define TABLE_END    1000u /* of default ports (AZ 4.2) */

static bool
is_whole(const struct lb_config_outbound *o)
{
	return LB_KNOWN(o, OUTBOUND, FRONTENDS) &&
	       LB_KNOWN(o, OUTBOUND, POOL) && LB_KNOWN(o, OUTBOUND, PROTOCOL) &&
	       o->pool >= 0 && o->frontend_count > 0;
}

static bool
overlap(uint8_t a, uint8_t b)
{
	return a == b || a == 0 || b == 0;
}

/* --- how many ports ------------------------------------------------------ */

/* The nearest below that a rule may have; 0: there is none. */
static uint32_t
ports_below(uint32_t ports, uint32_t most)
{
	uint32_t below = ports < LB_SNAT_UNIT
			     ? LB_SNAT_UNIT
			     : ports / LB_SNAT_UNIT * LB_SNAT_UNIT;

	return below < most ? below : most;
}

static const char *
plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void
say_ports(const struct lb_config_outbound *outbound, enum lb_snat_fault fault,
    uint32_t most, size_t members, struct lb_problems *problems)
{
	struct lb_where where = outbound->at[LB_OUTBOUND_KEY_PORTS];
	uint32_t use = ports_below(outbound->ports, most);

	if (fault == LB_SNAT_FITS)
		return;
	if (use == 0)
		lb_error_add(problems, where, lb_refusal_code(LB_REFUSAL_ROOM),
		    "`ports_per_member`: rules and %zu member%s leave no 8 "
		    "ports of %zu frontend%s for each; use more frontends",
		    members, plural(members), outbound->frontend_count,
		    plural(outbound->frontend_count));
	else if (fault == LB_SNAT_NOT_EIGHTS)
		lb_error_add(problems, where,
		    lb_refusal_code(LB_REFUSAL_EIGHTS),
		    "`ports_per_member`: %u is no multiple of 8; use %u",
		    outbound->ports, use);
	else if (fault == LB_SNAT_TOO_MANY)
		lb_error_add(problems, where, lb_refusal_code(LB_REFUSAL_PORTS),
		    "`ports_per_member`: %u are too many, for a rule gives a "
		    "member at most 64000; use %u",
		    outbound->ports, use);
	else
		lb_error_add(problems, where, lb_refusal_code(LB_REFUSAL_ROOM),
		    "`ports_per_member`: %u for each of %zu member%s are more "
		    "than %zu %s; use %u, or more frontends",
		    outbound->ports, members, plural(members),
		    outbound->frontend_count,
		    outbound->frontend_count == 1 ? "frontend has"
						  : "frontends have",
		    use);
}

/* Ports are kept for so many. */
static void
check_max_members(const struct lb_config *config,
    const struct lb_config_outbound *outbound, struct lb_problems *problems)
{
	const struct lb_config_pool *pool = &config->pools[outbound->pool];
	struct lb_where where = outbound->at[LB_OUTBOUND_KEY_MAX_MEMBERS];
	uint64_t blocks = lb_snat_blocks(config, outbound);
	uint64_t units = LB_SNAT_UNITS * outbound->frontend_count;
	uint64_t most = units > blocks ? units - blocks : 0;

	if (most < pool->member_count)
		lb_error_add(problems, where, lb_refusal_code(LB_REFUSAL_ROOM),
		    "rules and %zu member%s leave no 8 ports of %zu frontend%s "
		    "for each; use more frontends",
		    pool->member_count, plural(pool->member_count),
		    outbound->frontend_count, plural(outbound->frontend_count));
	else if (outbound->members_max > most)
		lb_error_add(problems, where, lb_refusal_code(LB_REFUSAL_ROOM),
		    "`max_members`: %u leave no 8 ports of %zu frontend%s for "
		    "each; use %llu, or more frontends",
		    outbound->members_max, outbound->frontend_count,
		    plural(outbound->frontend_count), (unsigned long long)most);
	else if (pool->member_count > outbound->members_max)
		lb_error_add(problems, where, lb_refusal_code(LB_REFUSAL_ROOM),
		    "pool '%s' has %zu members, more than the %u that ports "
		    "are kept for; use %zu",
		    pool->name, pool->member_count, outbound->members_max,
		    pool->member_count);
}

static void
check_ports(const struct lb_config *config,
    const struct lb_config_outbound *outbound, struct lb_problems *problems)
{
	if (!is_whole(outbound) || !LB_KNOWN(outbound, OUTBOUND, PORTS) ||
	    !LB_KNOWN(outbound, OUTBOUND, MAX_MEMBERS))
		return;
	size_t members = config->pools[outbound->pool].member_count;
	size_t f = outbound->frontend_count;
	if (outbound->members_max > 0 && outbound->ports > 0) {
		lb_error_add(problems,
		    outbound->at[LB_OUTBOUND_KEY_MAX_MEMBERS], NULL,
		    "`ports_per_member` and `max_members` say the same thing "
		    "twice; leave one out");
		return;
	}
	if (outbound->members_max > 0) {
		check_max_members(config, outbound, problems);
		return;
	}
	if (outbound->ports == 0 && members > TABLE_END &&
	    config->otherwise[LB_SWITCH_PORTS_BEYOND_1000]) {
		lb_error_add(problems, outbound->at[LB_OUTBOUND_KEY_PORTS],
		    NULL,
		    "Azure's table ends at %u members, and pool '%s' has %zu; "
		    "give `ports_per_member`",
		    TABLE_END, config->pools[outbound->pool].name, members);
		return;
	}
	uint64_t blocks = lb_snat_blocks(config, outbound);
	say_ports(outbound, lb_snat_check(outbound->ports, members, f, blocks),
	    lb_snat_most(members, f, blocks), members, problems);
}

/* --- each by itself ------------------------------------------------------ */

static void
check_idle(const struct lb_config *config,
    const struct lb_config_outbound *outbound, struct lb_problems *problems)
{
	bool azure = lb_config_is_azure(config);
	bool api = config->otherwise[LB_SWITCH_IDLE_TIMEOUTS];

	if (!LB_KNOWN(outbound, OUTBOUND, IDLE_TIMEOUT))
		return;
	if (outbound->idle_timeout_ms < (azure ? AZURE_LEAST : OURS_LEAST) ||
	    outbound->idle_timeout_ms > (!azure   ? OURS_MOST
					    : api ? API_MOST
						  : AZURE_MOST))
		lb_error_add(problems,
		    outbound->at[LB_OUTBOUND_KEY_IDLE_TIMEOUT], NULL,
		    "`idle_timeout` of an outbound rule is %s; use a time in "
		    "between",
		    !azure ? "1s to 24h"
		    : api  ? "4m to 100m"
			   : "4m to 120m");
	else if (azure && outbound->idle_timeout_ms % MINUTE_MS != 0)
		lb_check_say_whole("idle_timeout", "minutes",
		    outbound->idle_timeout_ms, MINUTE_MS,
		    outbound->at[LB_OUTBOUND_KEY_IDLE_TIMEOUT], problems);
}

static void
check_families(const struct lb_config *config,
    const struct lb_config_outbound *outbound,
    const struct lb_pool_facts *pools, struct lb_problems *problems)
{
	const struct lb_pool_facts *pool = &pools[outbound->pool];

	for (size_t f = 0; f < outbound->frontend_count; f++) {
		const struct lb_config_frontend *frontend =
		    &config->frontends[outbound->frontends[f]];
		if (!LB_KNOWN(frontend, FRONTEND, ADDRESS))
			continue;
		bool v4 = lb_addr_is_v4(&frontend->address);
		if ((v4 ? pool->v6 : pool->v4) >= 0)
			lb_error_add(problems,
			    outbound->at[LB_OUTBOUND_KEY_POOL], NULL,
			    "frontend '%s' is for IPv%d, but pool '%s' has "
			    "members of the other family; make a rule for "
			    "each family",
			    frontend->name, v4 ? 4 : 6,
			    config->pools[outbound->pool].name);
		if (lb_config_is_azure(config) &&
		    lb_is_private(&frontend->address))
			lb_error_add(problems,
			    outbound->at[LB_OUTBOUND_KEY_FRONTENDS], NULL,
			    "frontend '%s' is internal, and Azure lets members "
			    "out by public ones only; name one of these, or "
			    "use "
			    "sku fairlead",
			    frontend->name);
	}
}

static void
check_sku(const struct lb_config *config,
    const struct lb_config_outbound *outbound, struct lb_problems *problems)
{
	if (config->sku == LB_SKU_BASIC)
		lb_error_add(problems, outbound->where, NULL,
		    "sku basic has no outbound rules; use sku standard");
	if (config->forwarding == LB_FORWARDING_L2DSR)
		lb_error_add(problems, outbound->where, NULL,
		    "with forwarding mode l2dsr nothing that members send "
		    "passes the balancer; use mode nat");
	if (LB_KNOWN(outbound, OUTBOUND, FRONTENDS) &&
	    outbound->frontend_count == 0)
		lb_error_add(problems, outbound->at[LB_OUTBOUND_KEY_FRONTENDS],
		    NULL,
		    "an outbound rule needs a frontend; name one or more");
}

/* --- against others ------------------------------------------------------ */

/* The outbound rule that has each frontend, by protocol; -1: none. */
struct users {
	int tcp, udp;
};

static int *
user_of(struct users *user, bool udp)
{
	return udp ? &user->udp : &user->tcp;
}

static void
check_frontends(const struct lb_config *config, size_t index,
    struct users *users, struct lb_problems *problems)
{
	const struct lb_config_outbound *outbound = &config->outbounds[index];

	for (size_t f = 0; f < outbound->frontend_count; f++) {
		struct users *user = &users[outbound->frontends[f]];
		int other = -1;
		for (unsigned udp = 0; udp < 2; udp++) {
			if (!overlap(outbound->proto,
				udp ? LB_PROTO_UDP : LB_PROTO_TCP))
				continue;
			if (*user_of(user, udp) >= 0)
				other = *user_of(user, udp);
			*user_of(user, udp) = (int)index;
		}
		if (other >= 0)
			lb_error_add(problems,
			    outbound->at[LB_OUTBOUND_KEY_FRONTENDS],
			    lb_refusal_code(LB_REFUSAL_OUTBOUND),
			    "outbound rules '%s' and '%s' have the same "
			    "frontend '%s' and protocol; give one of the two a "
			    "different "
			    "frontend, or one tcp and one udp",
			    config->outbounds[other].name, outbound->name,
			    config->frontends[outbound->frontends[f]].name);
	}
}

static void
check_rule_snat(const struct lb_config *config,
    const struct lb_config_rule *rule, struct users *users,
    struct lb_problems *problems)
{
	if (!rule->outbound_snat || rule->frontend < 0 ||
	    !LB_KNOWN(rule, RULE, OUTBOUND_SNAT))
		return;
	int user = users[rule->frontend].tcp >= 0 ? users[rule->frontend].tcp
						  : users[rule->frontend].udp;
	if (user >= 0)
		lb_error_add(problems, rule->where,
		    lb_refusal_code(LB_REFUSAL_SNAT),
		    "rule '%s' has a frontend of outbound rule '%s'; give it "
		    "outbound_snat: false",
		    rule->name, config->outbounds[user].name);
}

void
lb_check_outbounds(const struct lb_config *config,
    const struct lb_pool_facts *pools, struct lb_problems *problems)
{
	struct users *users = NULL;

	if (config->outbound_count == 0)
		return;
	if (lb_config_is_azure(config) && config->outbound_count > OUTBOUND_MAX)
		lb_error_add(problems, config->outbounds[OUTBOUND_MAX].where,
		    NULL,
		    "%zu outbound rules; Azure allows %u: use fewer, each "
		    "with more frontends, or sku fairlead",
		    config->outbound_count, OUTBOUND_MAX);
	users = calloc(config->frontend_count + 1, sizeof(*users));
	if (users == NULL) {
		lb_check_no_memory(problems);
		return;
	}
	for (size_t f = 0; f < config->frontend_count; f++)
		users[f] = (struct users){ -1, -1 };
	for (size_t i = 0; i < config->outbound_count; i++) {
		const struct lb_config_outbound *outbound =
		    &config->outbounds[i];
		check_sku(config, outbound, problems);
		check_idle(config, outbound, problems);
		if (!is_whole(outbound))
			continue;
		check_families(config, outbound, pools, problems);
		check_ports(config, outbound, problems);
		check_frontends(config, i, users, problems);
	}
	for (size_t r = 0; r < config->rule_count; r++)
		check_rule_snat(config, &config->rules[r], users, problems);
	free(users);
}
