/* SPDX-License-Identifier: MIT */
/*
 * Rules that cannot live side by side.
 *
 * Source: AZ 5.3 (HA ports), 5.4 (conflicts), 8 (rules per network
 * interface).
 * Ours differs: which rules float is decided by forwarding too (l2dsr), and
 * with sku fairlead only those conflicts count that the engine has itself.
 */
#include "model/check/config_check.h"

#include <stdlib.h>
#include <string.h>

#include "model/check/refusals.h"

#define RULES_PER_NIC 300u
#define WORK_MAX      (1u << 22) /* rules looked at over all shared addresses */

/* What is known about the rules while they are compared. */
struct pairs {
	const struct lb_config *config;
	struct lb_problems *problems;
	uint32_t *rules;      /* indices, grouped by pool */
	uint32_t *pool_first; /* of pool p: rules[pool_first[p]] up to
				 rules[pool_first[p + 1] - 1] */
	uint32_t *group;      /* the rules of one group */
	bool *said;           /* by rule: a conflict of members was reported */
	bool said_nic;
	int *ha; /* by frontend: floating HA rule of this group, or -1 */
	uint32_t *beside;    /* by pool: rules of other kinds for one member */
	size_t beside_group; /* those of the group's pools */
	uint64_t work;
};

/* --- rules with equal keys ----------------------------------------------- */

/* A rule under a key; equal keys are conflicts. */
struct keyed {
	uint64_t high, low;
	uint32_t rule;
};

static int
by_key(const void *a, const void *b)
{
	const struct keyed *left = a, *right = b;

	if (left->high != right->high)
		return left->high < right->high ? -1 : 1;
	if (left->low != right->low)
		return left->low < right->low ? -1 : 1;
	return left->rule < right->rule ? -1 : left->rule > right->rule;
}

static uint64_t
pair_of(int high, unsigned low)
{
	return (uint64_t)(unsigned)high << 32 | low;
}

static unsigned
proto_port(const struct lb_config_rule *rule, uint16_t port)
{
	return (unsigned)rule->proto << 16 | port;
}

/* Two rules whose packets nobody could tell apart. */
static bool
key_frontend(const struct lb_config *config, const struct lb_config_rule *rule,
    struct keyed *key)
{
	(void)config;
	key->high = 0;
	key->low =
	    pair_of(rule->frontend, proto_port(rule, rule->frontend_port));
	return rule->frontend >= 0;
}

/* Two rules whose answers nobody could tell apart. */
static bool
key_backend(const struct lb_config *config, const struct lb_config_rule *rule,
    struct keyed *key)
{
	key->high = 0;
	key->low = pair_of(rule->pool, proto_port(rule, rule->backend_port));
	return !lb_config_rule_floats(config, rule);
}

/* The same with floating IP: Azure's rule, the engine could do it. */
static bool
key_floating(const struct lb_config *config, const struct lb_config_rule *rule,
    struct keyed *key)
{
	key->high = (uint64_t)(unsigned)rule->frontend;
	key->low = pair_of(rule->pool, proto_port(rule, rule->backend_port));
	return lb_config_is_azure(config) && rule->frontend >= 0 &&
	       lb_config_rule_floats(config, rule);
}

/* --- how to mend --------------------------------------------------------- */

static bool
same_frontend(const struct lb_config_rule *a, const struct lb_config_rule *b)
{
	return a->frontend == b->frontend;
}

/* NULL, of all of these: another conflict of the two says it. */
static const char *
mend_frontend(const struct lb_config *config, const struct lb_config_rule *a,
    const struct lb_config_rule *b)
{
	(void)config;
	(void)b;
	return lb_rule_is_ha(a) ? "a frontend has one; leave one out, or give "
				  "one of the two a different "
				  "frontend and both floating_ip"
				: "a frontend's port goes to one rule; give "
				  "one of the two a different "
				  "frontend_port or frontend";
}

static const char *
mend_backend(const struct lb_config *config, const struct lb_config_rule *a,
    const struct lb_config_rule *b)
{
	if (lb_rule_is_ha(a))
		return same_frontend(a, b) ? NULL
		       : lb_config_is_azure(config)
			   ? "give both floating_ip"
			   : "give both floating_ip, or one a pool of other "
			     "members";
	if (same_frontend(a, b))
		return "give one of the two a different backend_port, or a "
		       "pool of other "
		       "members";
	if (lb_check_two_balancers(config, a->frontend, b->frontend))
		return LB_TWO_BALANCERS ", or give one of the two a different "
					"backend_port, or a pool of other "
					"members, or both floating_ip";
	return "give one of the two a different backend_port, or a pool of "
	       "other members, or "
	       "both floating_ip";
}

static const char *
mend_floating(const struct lb_config *config, const struct lb_config_rule *a,
    const struct lb_config_rule *b)
{
	if (lb_rule_is_ha(a) || (config->forwarding == LB_FORWARDING_L2DSR &&
				    a->frontend_port == b->frontend_port))
		return NULL;
	return "give one of the two a different backend_port or frontend";
}

static const struct conflict {
	bool (*key)(const struct lb_config *, const struct lb_config_rule *,
	    struct keyed *);
	enum lb_rule_key where;
	enum lb_refusal refusal;
	const char *what;
	const char *(*mend)(const struct lb_config *,
	    const struct lb_config_rule *, const struct lb_config_rule *);
} conflicts[] = {
	{ key_frontend, LB_RULE_KEY_FRONTEND_PORT, LB_REFUSAL_NONE,
	    "frontend, protocol and frontend_port", mend_frontend },
	{ key_backend, LB_RULE_KEY_BACKEND_PORT, LB_REFUSAL_BACKEND,
	    "pool, protocol and backend_port", mend_backend },
	{ key_floating, LB_RULE_KEY_BACKEND_PORT, LB_REFUSAL_FLOATING,
	    "frontend, pool, protocol and backend_port", mend_floating },
};

/* Azure has no code for what it lets a public and an internal balancer do. */
static const char *
code_for(const struct lb_config *config, enum lb_refusal refusal,
    const struct lb_config_rule *a, const struct lb_config_rule *b)
{
	bool two = refusal != LB_REFUSAL_NONE &&
		   lb_check_two_balancers(config, a->frontend, b->frontend);

	return two ? NULL : lb_refusal_code(refusal);
}

static void
say_conflict(struct pairs *pairs, const struct conflict *conflict,
    uint32_t early, uint32_t late)
{
	const struct lb_config *config = pairs->config;
	const struct lb_config_rule *first = &config->rules[early];
	const struct lb_config_rule *rule = &config->rules[late];
	const char *mend = conflict->mend(config, first, rule);

	pairs->said[late] = true;
	if (mend == NULL)
		return;
	lb_error_add(pairs->problems, rule->at[conflict->where],
	    code_for(config, conflict->refusal, first, rule),
	    "%srules '%s' and '%s' have the same %s; %s",
	    lb_rule_is_ha(rule) ? "HA-ports " : "", first->name, rule->name,
	    conflict->what, mend);
}

static void
check_conflict(
    struct pairs *pairs, const struct conflict *conflict, struct keyed *keys)
{
	const struct lb_config *config = pairs->config;
	size_t count = 0;

	for (size_t r = 0; r < config->rule_count; r++)
		if (lb_rule_is_whole(&config->rules[r]) &&
		    conflict->key(config, &config->rules[r], &keys[count]))
			keys[count++].rule = (uint32_t)r;
	qsort(keys, count, sizeof(*keys), by_key);
	for (size_t i = 1; i < count; i++) {
		if (keys[i].high != keys[i - 1].high ||
		    keys[i].low != keys[i - 1].low)
			continue;
		say_conflict(pairs, conflict, keys[i - 1].rule, keys[i].rule);
	}
}

static void
check_conflicts(struct pairs *pairs)
{
	struct keyed *keys =
	    calloc(pairs->config->rule_count + 1, sizeof(*keys));

	if (keys == NULL) {
		lb_check_no_memory(pairs->problems);
		return;
	}
	for (size_t i = 0; i < LB_COUNT(conflicts); i++)
		check_conflict(pairs, &conflicts[i], keys);
	free(keys);
}

/* --- rules that share members -------------------------------------------- */

static const struct lb_config_rule *
rule_at(const struct pairs *pairs, uint32_t index)
{
	return &pairs->config->rules[index];
}

/* Once per rule, whatever the number of members that it shares.  format has
 * the other's name, the rule's, and how to mend it. */
static void
say_shared(struct pairs *pairs, uint32_t index, enum lb_refusal refusal,
    const char *format, const struct lb_config_rule *other, const char *mend)
{
	const struct lb_config_rule *rule = rule_at(pairs, index);

	if (pairs->said[index])
		return;
	pairs->said[index] = true;
	lb_error_add(pairs->problems, rule->at[LB_RULE_KEY_BACKEND_PORT],
	    code_for(pairs->config, refusal, other, rule), format, other->name,
	    rule->name, mend);
}

/* Whoever shares its members, an internal balancer has no rule beside it. */
static const char *
mend_ha(const struct lb_config *config, const struct lb_config_rule *ha,
    const struct lb_config_rule *other)
{
	if (lb_check_two_balancers(config, ha->frontend, other->frontend))
		return LB_TWO_BALANCERS
		    ", or give both floating_ip, or one of them other members";
	return lb_config_is_azure(config)
		   ? "give both floating_ip"
		   : "give both floating_ip, or one of them other members";
}

/* AZ 5.3: an HA-ports rule without floating IP has its members alone. */
static void
check_ha_alone(struct pairs *pairs, size_t count)
{
	uint32_t ha = UINT32_MAX;

	for (size_t i = 0; i < count && ha == UINT32_MAX; i++) {
		const struct lb_config_rule *rule =
		    rule_at(pairs, pairs->group[i]);
		if (lb_rule_is_ha(rule) &&
		    !lb_config_rule_floats(pairs->config, rule))
			ha = pairs->group[i];
	}
	for (size_t i = 0; i < count && ha != UINT32_MAX; i++)
		if (pairs->group[i] != ha)
			say_shared(pairs, pairs->group[i], LB_REFUSAL_NONE,
			    "HA-ports rule '%s' without floating_ip must have "
			    "its members alone, but '%s' has some of them "
			    "too; %s",
			    rule_at(pairs, ha),
			    mend_ha(pairs->config, rule_at(pairs, ha),
				rule_at(pairs, pairs->group[i])));
}

/* AZ 5.3: an HA-ports rule and a plain one, same members, one frontend, not
 * both floating. */
static void
check_ha_frontend(struct pairs *pairs, size_t count)
{
	const struct lb_config *config = pairs->config;

	for (size_t i = 0; i < count; i++) {
		const struct lb_config_rule *rule =
		    rule_at(pairs, pairs->group[i]);
		if (rule->frontend >= 0 && lb_rule_is_ha(rule) &&
		    lb_config_rule_floats(config, rule))
			pairs->ha[rule->frontend] = (int)pairs->group[i];
	}
	for (size_t i = 0; i < count; i++) {
		const struct lb_config_rule *rule =
		    rule_at(pairs, pairs->group[i]);
		if (rule->frontend < 0 || pairs->ha[rule->frontend] < 0 ||
		    lb_config_rule_floats(config, rule))
			continue;
		say_shared(pairs, pairs->group[i], LB_REFUSAL_NONE,
		    "HA-ports rule '%s' floats and '%s' on the same frontend "
		    "and members does not; %s",
		    rule_at(pairs, (uint32_t)pairs->ha[rule->frontend]),
		    "give it floating_ip, too");
	}
	for (size_t i = 0; i < count; i++) {
		int frontend = rule_at(pairs, pairs->group[i])->frontend;
		if (frontend >= 0)
			pairs->ha[frontend] = -1;
	}
}

/* AZ 8: load-balancing, NAT and outbound rules together. */
static void
check_nic_count(struct pairs *pairs, size_t pool, size_t count)
{
	size_t all = count + pairs->beside_group;
	struct lb_where where = { 0 };

	if (all <= RULES_PER_NIC || pairs->said_nic ||
	    !lb_config_is_azure(pairs->config))
		return;
	pairs->said_nic = true;
	if (count > 0)
		where = rule_at(
		    pairs, pairs->group[count > RULES_PER_NIC ? RULES_PER_NIC
							      : count - 1])
			    ->where;
	else
		where = pairs->config->pools[pool].where;
	lb_error_add(pairs->problems, where, lb_refusal_code(LB_REFUSAL_RULES),
	    "%zu rules lead to one member of pool '%s', and Azure allows %u; "
	    "use fewer, or sku fairlead",
	    all, pairs->config->pools[pool].name, RULES_PER_NIC);
}

static int
by_backend(const void *a, const void *b, void *arg)
{
	const uint32_t *left = a, *right = b;
	const struct pairs *pairs = arg;
	const struct lb_config_rule *l = rule_at(pairs, *left);
	const struct lb_config_rule *r = rule_at(pairs, *right);
	unsigned l_key = proto_port(l, l->backend_port);
	unsigned r_key = proto_port(r, r->backend_port);

	if (l_key != r_key)
		return l_key < r_key ? -1 : 1;
	return *left < *right ? -1 : *left > *right;
}

static const char *
mend_shared(const struct lb_config *config, const struct lb_config_rule *a,
    const struct lb_config_rule *b)
{
	if (lb_check_two_balancers(config, a->frontend, b->frontend))
		return LB_TWO_BALANCERS ", or give one of the two a different "
					"backend_port, or other members, or "
					"both floating_ip";
	return "give one of the two a different backend_port, or other "
	       "members, or both "
	       "floating_ip";
}

/* Rules of different pools that meet at one member's protocol and port. */
static void
check_same_backend(struct pairs *pairs, size_t count)
{
	const struct lb_config_rule *last = NULL;

	qsort_r(pairs->group, count, sizeof(*pairs->group), by_backend, pairs);
	for (size_t i = 0; i < count; i++) {
		const struct lb_config_rule *rule =
		    rule_at(pairs, pairs->group[i]);
		if (lb_config_rule_floats(pairs->config, rule))
			continue;
		if (last != NULL && last->pool != rule->pool &&
		    last->proto == rule->proto &&
		    last->backend_port == rule->backend_port)
			say_shared(pairs, pairs->group[i], LB_REFUSAL_MEMBER,
			    "rules '%s' and '%s' have different pools but "
			    "send the same protocol and backend_port to a "
			    "member address that both pools have; %s",
			    last, mend_shared(pairs->config, last, rule));
		last = rule;
	}
}

/* AZ 5.3: nor is there another rule on its balancer, whoever its members are.
 * Public frontends count as the public balancer that may stand beside it. */
static void
check_ha_only(struct pairs *pairs)
{
	const struct lb_config *config = pairs->config;
	uint32_t ha = UINT32_MAX;

	for (uint32_t r = 0; r < config->rule_count && ha == UINT32_MAX; r++)
		if (lb_rule_is_whole(&config->rules[r]) &&
		    lb_rule_is_ha(&config->rules[r]) &&
		    !lb_config_rule_floats(config, &config->rules[r]))
			ha = r;
	if (ha == UINT32_MAX || !lb_config_is_azure(config))
		return;
	for (uint32_t r = 0; r < config->rule_count; r++)
		if (r != ha && lb_rule_is_whole(&config->rules[r]) &&
		    lb_check_is_internal(config, config->rules[r].frontend))
			say_shared(pairs, r, LB_REFUSAL_NONE,
			    "beside HA-ports rule '%s' without floating_ip an "
			    "internal balancer has no other rule, but there "
			    "is '%s'; %s",
			    rule_at(pairs, ha),
			    "give both floating_ip, or use sku fairlead");
}

/* Adds the rules of a pool to the group. */
static size_t
group_add(struct pairs *pairs, size_t pool, size_t count)
{
	uint32_t first = pairs->pool_first[pool];
	uint32_t end = pairs->pool_first[pool + 1];

	for (uint32_t i = first; i < end; i++)
		pairs->group[count++] = pairs->rules[i];
	pairs->work += end - first;
	pairs->beside_group += pairs->beside[pool];
	return count;
}

static void
check_group(struct pairs *pairs, size_t pool, size_t count)
{
	check_nic_count(pairs, pool, count);
	check_ha_alone(pairs, count);
	check_ha_frontend(pairs, count);
}

/* --- addresses that several pools have ----------------------------------- */

struct home {
	struct lb_addr addr;
	size_t pool;
};

static int
by_address(const void *a, const void *b)
{
	const struct home *left = a, *right = b;
	int order = memcmp(&left->addr, &right->addr, sizeof(left->addr));

	if (order != 0)
		return order;
	return left->pool < right->pool ? -1 : left->pool > right->pool;
}

static struct home *
homes_new(const struct lb_config *config, size_t *count)
{
	size_t max = 0;

	for (size_t p = 0; p < config->pool_count; p++)
		max += config->pools[p].member_count;
	struct home *homes = calloc(max + 1, sizeof(*homes));
	*count = 0;
	for (size_t p = 0; homes != NULL && p < config->pool_count; p++) {
		const struct lb_config_pool *pool = &config->pools[p];
		for (size_t m = 0; m < pool->member_count; m++)
			if (LB_KNOWN(&pool->members[m], MEMBER, ADDRESS))
				homes[(*count)++] =
				    (struct home){ pool->members[m].address,
					    p };
	}
	if (homes != NULL)
		qsort(homes, *count, sizeof(*homes), by_address);
	return homes;
}

/* The rules of all pools that have one address. */
static size_t
group_of_address(struct pairs *pairs, const struct home *homes, size_t count)
{
	size_t rules = 0;

	pairs->beside_group = 0;
	for (size_t i = 0; i < count; i++)
		if (i == 0 || homes[i].pool != homes[i - 1].pool)
			rules = group_add(pairs, homes[i].pool, rules);
	return rules;
}

static void
check_shared(struct pairs *pairs, const struct home *homes, size_t home_count)
{
	for (size_t i = 0, end; i < home_count; i = end) {
		for (end = i + 1;
		     end < home_count &&
		     lb_addr_same(&homes[end].addr, &homes[i].addr);
		     end++)
			;
		if (homes[end - 1].pool == homes[i].pool)
			continue; /* the pool's own group says it all */
		size_t count = group_of_address(pairs, &homes[i], end - i);
		if (pairs->work > WORK_MAX) {
			lb_error_add(pairs->problems, (struct lb_where){ 0 },
			    NULL, "too many rules share members; use fewer");
			return;
		}
		check_group(pairs, homes[i].pool, count);
		check_same_backend(pairs, count);
	}
}

/* --- the whole ----------------------------------------------------------- */

/* Sorts the rules by pool, by counting. */
static void
rules_by_pool(struct pairs *pairs)
{
	const struct lb_config *config = pairs->config;
	uint32_t *first = pairs->pool_first;

	for (size_t r = 0; r < config->rule_count; r++)
		if (lb_rule_is_whole(&config->rules[r]))
			first[config->rules[r].pool + 1]++;
	for (size_t p = 0; p < config->pool_count; p++)
		first[p + 1] += first[p];
	/* each pool's start moves to its end, which is the next one's start */
	for (size_t r = 0; r < config->rule_count; r++)
		if (lb_rule_is_whole(&config->rules[r]))
			pairs->rules[first[config->rules[r].pool]++] =
			    (uint32_t)r;
	for (size_t p = config->pool_count; p > 0; p--)
		first[p] = first[p - 1];
	first[0] = 0;
}

/* NAT rules for one member, by member, pool after pool; into each pool's count
 * the most that one has. */
static void
count_singles(struct pairs *pairs, uint32_t *own)
{
	const struct lb_config *config = pairs->config;
	size_t *first = calloc(config->pool_count + 1, sizeof(*first));

	if (first == NULL) {
		lb_check_no_memory(pairs->problems);
		return;
	}
	for (size_t p = 0; p < config->pool_count; p++)
		first[p + 1] = first[p] + config->pools[p].member_count;
	for (size_t i = 0; i < config->nat_count; i++) {
		const struct lb_config_nat *nat = &config->nats[i];
		if (nat->pool >= 0 && nat->member >= 0)
			own[first[nat->pool] + (size_t)nat->member]++;
	}
	for (size_t p = 0; p < config->pool_count; p++) {
		uint32_t most = 0;
		for (size_t m = first[p]; m < first[p + 1]; m++)
			most = own[m] > most ? own[m] : most;
		pairs->beside[p] += most;
	}
	free(first);
}

static void
count_beside(struct pairs *pairs, size_t member_count)
{
	const struct lb_config *config = pairs->config;
	uint32_t *own = calloc(member_count + 1, sizeof(*own));

	for (size_t i = 0; i < config->outbound_count; i++)
		if (config->outbounds[i].pool >= 0)
			pairs->beside[config->outbounds[i].pool]++;
	for (size_t i = 0; i < config->nat_count; i++)
		if (config->nats[i].pool >= 0 && config->nats[i].member < 0)
			pairs->beside[config->nats[i].pool]++;
	if (own != NULL)
		count_singles(pairs, own);
	else
		lb_check_no_memory(pairs->problems);
	free(own);
}

static void
check_members(struct pairs *pairs)
{
	const struct lb_config *config = pairs->config;
	size_t home_count;
	struct home *homes = homes_new(config, &home_count);

	if (homes == NULL) {
		lb_check_no_memory(pairs->problems);
		return;
	}
	rules_by_pool(pairs);
	size_t members = 0;
	for (size_t p = 0; p < config->pool_count; p++)
		members += config->pools[p].member_count;
	count_beside(pairs, members);
	for (size_t p = 0; p < config->pool_count; p++) {
		pairs->beside_group = 0;
		check_group(pairs, p, group_add(pairs, p, 0));
	}
	pairs->work = 0;
	check_shared(pairs, homes, home_count);
	free(homes);
}

static bool
pairs_init(struct pairs *pairs)
{
	const struct lb_config *config = pairs->config;
	size_t rules = config->rule_count + 1;

	pairs->rules = calloc(rules, sizeof(*pairs->rules));
	pairs->group = calloc(rules, sizeof(*pairs->group));
	pairs->said = calloc(rules, sizeof(*pairs->said));
	pairs->pool_first =
	    calloc(config->pool_count + 2, sizeof(*pairs->pool_first));
	pairs->beside = calloc(config->pool_count + 1, sizeof(*pairs->beside));
	pairs->ha = calloc(config->frontend_count + 1, sizeof(*pairs->ha));
	for (size_t f = 0; pairs->ha != NULL && f < config->frontend_count; f++)
		pairs->ha[f] = -1;
	return pairs->rules != NULL && pairs->group != NULL &&
	       pairs->said != NULL && pairs->pool_first != NULL &&
	       pairs->ha != NULL && pairs->beside != NULL;
}

void
lb_check_pairs(const struct lb_config *config, struct lb_problems *problems)
{
	struct pairs pairs = { .config = config, .problems = problems };

	if (pairs_init(&pairs)) {
		check_conflicts(&pairs);
		check_members(&pairs);
		check_ha_only(&pairs);
	} else {
		lb_check_no_memory(problems);
	}
	free(pairs.rules);
	free(pairs.group);
	free(pairs.said);
	free(pairs.pool_first);
	free(pairs.ha);
	free(pairs.beside);
}
