/* SPDX-License-Identifier: MIT */
/*
 * Inbound NAT rules: each by itself, and against everybody who wants the same
 * port of a frontend or of a member.
 *
 * Source: AZ 3.1, 5.4, 5.5.
 */
#include "model/check/config_check.h"

#include <stdlib.h>
#include <string.h>

#include "model/plan/plan.h"
#include "model/check/refusals.h"

#define AZURE_PORT_MAX 65534u

/* --- each by itself ------------------------------------------------------ */

static void
check_ports(const struct lb_config *config, const struct lb_config_nat *nat,
    struct lb_problems *problems)
{
	/* AZ 5.5: an inbound NAT pool's end may be 65535. */
	bool bound =
	    lb_config_is_azure(config) && nat->assignment != LB_ASSIGN_INSTANCE;
	unsigned most = bound ? AZURE_PORT_MAX : UINT16_MAX;

	if (LB_KNOWN(nat, NAT, FRONTEND_PORTS) &&
	    (nat->first_port == 0 || nat->last_port > most))
		lb_error_add(problems, nat->at[LB_NAT_KEY_FRONTEND_PORTS], NULL,
		    "a NAT rule's frontend ports are 1 to %u; use some of "
		    "these",
		    most);
	if (LB_KNOWN(nat, NAT, BACKEND_PORT) && nat->backend_port == 0)
		lb_error_add(problems, nat->at[LB_NAT_KEY_BACKEND_PORT], NULL,
		    "`backend_port`: 0 is no port; use 1 to 65535");
}

static void
check_forwarding(const struct lb_config *config,
    const struct lb_config_nat *nat, struct lb_problems *problems)
{
	if (!lb_nat_is_whole(nat) || config->forwarding != LB_FORWARDING_L2DSR)
		return;
	if (nat->first_port != nat->backend_port ||
	    nat->last_port != nat->backend_port)
		lb_error_add(problems, nat->at[LB_NAT_KEY_BACKEND_PORT], NULL,
		    "forwarding mode l2dsr changes no ports, so the frontend's "
		    "port must be %u too; or use mode nat",
		    nat->backend_port);
}

static void
check_family(const struct lb_config *config, const struct lb_config_nat *nat,
    const struct lb_pool_facts *pools, struct lb_problems *problems)
{
	if (!lb_nat_is_whole(nat) ||
	    !LB_KNOWN(&config->frontends[nat->frontend], FRONTEND, ADDRESS))
		return;
	bool v4 = lb_addr_is_v4(&config->frontends[nat->frontend].address);
	const struct lb_config_pool *pool = &config->pools[nat->pool];
	int other = v4 ? pools[nat->pool].v6 : pools[nat->pool].v4;
	if (nat->member >= 0)
		other =
		    LB_KNOWN(&pool->members[nat->member], MEMBER, ADDRESS) &&
			    lb_addr_is_v4(
				&pool->members[nat->member].address) != v4
			? nat->member
			: -1;
	if (other >= 0)
		lb_error_add(problems, nat->at[LB_NAT_KEY_POOL], NULL,
		    "NAT rule '%s' is for IPv%d, but member '%s' of pool '%s' "
		    "has an address of the other family; make a NAT rule for "
		    "each family",
		    nat->name, v4 ? 4 : 6, pool->members[other].name,
		    pool->name);
}

/* Instance i gets first + i. */
static void
check_instances(const struct lb_config *config, const struct lb_config_nat *nat,
    struct lb_problems *problems)
{
	const struct lb_config_pool *pool = &config->pools[nat->pool];
	uint16_t *owner = calloc(UINT16_MAX + 1u, sizeof(*owner));

	if (owner == NULL) {
		lb_check_no_memory(problems);
		return;
	}
	for (size_t i = 0; i < lb_nat_mapping_count(config, nat); i++) {
		size_t m = lb_nat_member(nat, i);
		const char *name = pool->members[m].name;
		struct lb_where where = nat->at[LB_NAT_KEY_ASSIGNMENT];
		uint16_t number = 0;
		if (!lb_nat_instance(name, &number))
			lb_error_add(problems, where, NULL,
			    "member '%s' has no number at the end of its name, "
			    "which says what its port is; call it %.60s_0, or "
			    "use assignment: lowest-free",
			    name, pool->name);
		else if (number > nat->last_port - nat->first_port)
			lb_error_add(problems, where, NULL,
			    "member '%s' would get port %u, which is beyond "
			    "%u; make the range larger",
			    name, nat->first_port + number, nat->last_port);
		else if (owner[number] != 0)
			lb_error_add(problems, where, NULL,
			    "members '%s' and '%s' have the same number, and "
			    "so the same port; rename one, or use assignment: "
			    "lowest-free",
			    pool->members[owner[number] - 1].name, name);
		else
			owner[number] = (uint16_t)(m + 1);
	}
	free(owner);
}

/* AZ 5.5: where the range is full, the pool cannot grow. */
static void
check_room(const struct lb_config *config, const struct lb_config_nat *nat,
    struct lb_problems *problems)
{
	size_t room = (size_t)nat->last_port - nat->first_port + 1;

	if (!lb_nat_is_whole(nat))
		return;
	if (nat->assignment == LB_ASSIGN_INSTANCE) {
		check_instances(config, nat, problems);
		return;
	}
	size_t wanted = lb_nat_mapping_count(config, nat);
	if (wanted > room && room == 1)
		lb_error_add(problems, nat->at[LB_NAT_KEY_FRONTEND_PORTS], NULL,
		    "1 frontend port for the %zu members of pool '%s'; give "
		    "it a range of `frontend_ports`, or one `member`",
		    wanted, config->pools[nat->pool].name);
	else if (wanted > room)
		lb_error_add(problems, nat->at[LB_NAT_KEY_FRONTEND_PORTS], NULL,
		    "%zu frontend port%s for the %zu members of pool '%s'; "
		    "make "
		    "the range larger or the pool smaller",
		    room, room == 1 ? "" : "s", wanted,
		    config->pools[nat->pool].name);
}

/* AZ 5.5: rules and legacy pools exclude each other on one balancer. */
static void
check_legacy(const struct lb_config *config, struct lb_problems *problems)
{
	size_t legacy = 0;

	for (size_t i = 0; i < config->nat_count; i++)
		legacy += config->nats[i].assignment == LB_ASSIGN_INSTANCE;
	if (!lb_config_is_azure(config) || legacy == 0 ||
	    legacy == config->nat_count)
		return;
	for (size_t i = 0; i < config->nat_count; i++)
		if (config->nats[i].assignment == LB_ASSIGN_INSTANCE) {
			lb_error_add(problems,
			    config->nats[i].at[LB_NAT_KEY_ASSIGNMENT], NULL,
			    "Azure has inbound NAT pools (assignment: "
			    "instance) or inbound NAT rules on one balancer, "
			    "not both; use one kind, or sku fairlead");
			return;
		}
}

static void
check_nat(const struct lb_config *config, const struct lb_config_nat *nat,
    const struct lb_pool_facts *pools, struct lb_problems *problems)
{
	check_ports(config, nat, problems);
	check_forwarding(config, nat, problems);
	check_family(config, nat, pools, problems);
	check_room(config, nat, problems);
	if (LB_KNOWN(nat, NAT, IDLE_TIMEOUT))
		lb_check_idle(config, nat->idle_timeout_ms,
		    nat->at[LB_NAT_KEY_IDLE_TIMEOUT], problems);
	if (config->sku == LB_SKU_BASIC && nat->tcp_reset)
		lb_error_add(problems, nat->at[LB_NAT_KEY_TCP_RESET], NULL,
		    "sku basic has no `tcp_reset`; leave it out, or use sku "
		    "standard");
}

/* --- who wants which ports of a frontend --------------------------------- */

struct claim {
	int frontend;
	uint8_t proto;
	uint16_t first, last;
	const char *kind, *name;
	struct lb_where where;
	size_t order; /* load-balancing rules first, as in the file */
};

static int
by_place(const void *a, const void *b)
{
	const struct claim *left = a, *right = b;

	if (left->frontend != right->frontend)
		return left->frontend < right->frontend ? -1 : 1;
	if (left->proto != right->proto)
		return left->proto < right->proto ? -1 : 1;
	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

static size_t
claim_add(struct claim *claims, size_t count, uint8_t proto, struct claim claim)
{
	for (unsigned p = 0; p < 2; p++) {
		uint8_t which = p == 0 ? LB_PROTO_TCP : LB_PROTO_UDP;
		if (proto != 0 && proto != which)
			continue;
		claim.proto = which;
		claims[count++] = claim;
	}
	return count;
}

static size_t
claims_collect(const struct lb_config *config, struct claim *claims)
{
	size_t count = 0;

	for (size_t r = 0; r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		if (lb_rule_is_whole(rule) && rule->frontend >= 0 &&
		    rule->frontend_port != 0)
			count = claim_add(claims, count, rule->proto,
			    (struct claim){ rule->frontend, 0,
				rule->frontend_port, rule->frontend_port,
				"rule", rule->name,
				rule->at[LB_RULE_KEY_FRONTEND_PORT], r });
	}
	for (size_t i = 0; i < config->nat_count; i++) {
		const struct lb_config_nat *nat = &config->nats[i];
		if (lb_nat_is_whole(nat))
			count = claim_add(claims, count, nat->proto,
			    (struct claim){ nat->frontend, 0, nat->first_port,
				nat->last_port, "NAT rule", nat->name,
				nat->at[LB_NAT_KEY_FRONTEND_PORTS],
				config->rule_count + i });
	}
	return count;
}

static void
check_frontends(const struct lb_config *config, struct lb_problems *problems)
{
	size_t max = 2 * (config->rule_count + config->nat_count) + 1;
	struct claim *claims = calloc(max, sizeof(*claims));
	bool *said = calloc(max, sizeof(*said)); /* by order */
	const struct claim *far = NULL;          /* reaches furthest so far */

	if (claims == NULL || said == NULL) {
		lb_check_no_memory(problems);
		goto out;
	}
	size_t count = claims_collect(config, claims);
	qsort(claims, count, sizeof(*claims), by_place);
	for (size_t i = 0; i < count; i++) {
		const struct claim *claim = &claims[i];
		if (far == NULL || far->frontend != claim->frontend ||
		    far->proto != claim->proto || far->last < claim->first) {
			far = claim;
			continue;
		}
		const struct claim *late =
		    far->order > claim->order ? far : claim;
		const struct claim *early = late == far ? claim : far;
		/* two load-balancing rules are config_check_pairs.c's */
		if (late->order >= config->rule_count && !said[late->order]) {
			said[late->order] = true;
			lb_error_add(problems, late->where, NULL,
			    "%s '%s' and NAT rule '%s' share ports of frontend "
			    "'%s'; a frontend's port goes to one rule: give "
			    "one of the two a different port",
			    early->kind, early->name, late->name,
			    config->frontends[claim->frontend].name);
		}
		if (claim->last > far->last)
			far = claim;
	}
out:
	free(claims);
	free(said);
}

/* --- who wants which port of a member ------------------------------------ */

struct backend {
	struct lb_addr addr;
	int frontend;
	uint16_t port;
	uint8_t proto;
	const char *kind, *name;
	struct lb_where where;
	size_t order;
};

static int
same_backend(const struct backend *a, const struct backend *b)
{
	int order = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	if (order == 0)
		order = a->port - b->port;
	return order != 0 ? order : a->proto - b->proto;
}

static int
by_backend(const void *a, const void *b)
{
	const struct backend *left = a, *right = b;
	int order = same_backend(left, right);

	if (order != 0)
		return order;
	return left->order < right->order ? -1 : left->order > right->order;
}

static size_t
backend_add(
    struct backend *list, size_t count, uint8_t proto, struct backend backend)
{
	for (unsigned p = 0; p < 2; p++) {
		uint8_t which = p == 0 ? LB_PROTO_TCP : LB_PROTO_UDP;
		if (proto != 0 && proto != which)
			continue;
		backend.proto = which;
		if (list != NULL)
			list[count] = backend;
		count++;
	}
	return count;
}

static size_t
nat_backends(const struct lb_config *config, struct backend *list)
{
	size_t count = 0;

	for (size_t i = 0; i < config->nat_count; i++) {
		const struct lb_config_nat *nat = &config->nats[i];
		if (!lb_nat_is_whole(nat) || nat->floating_ip)
			continue;
		const struct lb_config_pool *pool = &config->pools[nat->pool];
		for (size_t j = 0; j < lb_nat_mapping_count(config, nat); j++)
			count = backend_add(list, count, nat->proto,
			    (struct backend){
				pool->members[lb_nat_member(nat, j)].address,
				nat->frontend, nat->backend_port, 0, "NAT rule",
				nat->name, nat->at[LB_NAT_KEY_BACKEND_PORT],
				config->rule_count + i });
		if (count > LB_ENDPOINT_MAX)
			break; /* which the plan refuses */
	}
	return count;
}

/* With the load-balancing rules that have a NAT rule's backend port. */
static size_t
rule_backends(const struct lb_config *config, const bool *ports,
    struct backend *list, size_t count)
{
	for (size_t r = 0; r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		if (!lb_rule_is_whole(rule) || !ports[rule->backend_port] ||
		    lb_config_rule_floats(config, rule))
			continue;
		const struct lb_config_pool *pool = &config->pools[rule->pool];
		for (size_t m = 0; m < pool->member_count; m++)
			count = backend_add(list, count, rule->proto,
			    (struct backend){ pool->members[m].address,
				rule->frontend, rule->backend_port, 0, "rule",
				rule->name, rule->at[LB_RULE_KEY_BACKEND_PORT],
				r });
		if (count > 2 * LB_ENDPOINT_MAX)
			break;
	}
	return count;
}

#define MEND_BACKENDS(port)                                                    \
	"give one of the two a different " port ", or other members, or "      \
	"floating_ip"

/* l2dsr changes no ports: both are to be others. */
static const char *
mend_backends(const struct lb_config *config, bool two)
{
	if (config->forwarding == LB_FORWARDING_L2DSR)
		return two ? LB_TWO_BALANCERS ", or " MEND_BACKENDS(
				 "frontend_port and backend_port")
			   : MEND_BACKENDS("frontend_port and backend_port");
	return two ? LB_TWO_BALANCERS ", or " MEND_BACKENDS("backend_port")
		   : MEND_BACKENDS("backend_port");
}

static void
say_backends(const struct lb_config *config, const struct backend *list,
    size_t count, struct lb_problems *problems)
{
	size_t last_said = 0;

	for (size_t i = 1; i < count; i++) {
		const struct backend *late = &list[i], *early = &list[i - 1];
		if (same_backend(late, early) != 0 ||
		    late->order == early->order ||
		    late->order < config->rule_count ||
		    late->order == last_said)
			continue;
		last_said = late->order;
		bool two = lb_check_two_balancers(
		    config, early->frontend, late->frontend);
		lb_error_add(problems, late->where,
		    two ? NULL : lb_refusal_code(LB_REFUSAL_MEMBER),
		    "%s '%s' and NAT rule '%s' send the same protocol and "
		    "backend_port to the same member; %s",
		    early->kind, early->name, late->name,
		    mend_backends(config, two));
	}
}

static void
check_backends(const struct lb_config *config, struct lb_problems *problems)
{
	bool *ports = calloc(UINT16_MAX + 1u, sizeof(*ports));
	struct backend *list = NULL;

	for (size_t i = 0; ports != NULL && i < config->nat_count; i++)
		ports[config->nats[i].backend_port] = true;
	if (ports != NULL)
		list = calloc(rule_backends(config, ports, NULL,
				  nat_backends(config, NULL)) +
				  1,
		    sizeof(*list));
	if (list == NULL) {
		lb_check_no_memory(problems);
	} else {
		size_t count = nat_backends(config, list);
		count = rule_backends(config, ports, list, count);
		qsort(list, count, sizeof(*list), by_backend);
		say_backends(config, list, count, problems);
	}
	free(list);
	free(ports);
}

/* --- beside HA ports ----------------------------------------------------- */

/* A member of an HA-ports rule without floating IP. */
struct ha_member {
	struct lb_addr addr;
	const struct lb_config_rule *rule;
};

static int
by_ha_address(const void *a, const void *b)
{
	const struct ha_member *left = a, *right = b;

	return memcmp(&left->addr, &right->addr, sizeof(left->addr));
}

/* Into list, which may be NULL: just counted. */
static size_t
ha_members(const struct lb_config *config, struct ha_member *list)
{
	size_t count = 0;

	for (size_t r = 0; r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		if (!lb_rule_is_whole(rule) || !lb_rule_is_ha(rule) ||
		    lb_config_rule_floats(config, rule))
			continue;
		const struct lb_config_pool *pool = &config->pools[rule->pool];
		for (size_t m = 0; list != NULL && m < pool->member_count; m++)
			list[count + m] =
			    (struct ha_member){ pool->members[m].address,
				    rule };
		count += pool->member_count;
		if (count > LB_ENDPOINT_MAX)
			break; /* which the plan refuses */
	}
	return count;
}

static void
check_beside_ha(const struct lb_config *config, const struct lb_config_nat *nat,
    const struct ha_member *taken, size_t count, struct lb_problems *problems)
{
	for (size_t i = 0; i < lb_nat_mapping_count(config, nat); i++) {
		const struct lb_config_member *member =
		    &config->pools[nat->pool].members[lb_nat_member(nat, i)];
		const struct ha_member key = { member->address, NULL };
		const struct ha_member *found =
		    bsearch(&key, taken, count, sizeof(*taken), by_ha_address);
		if (found == NULL)
			continue;
		lb_error_add(problems, nat->at[LB_NAT_KEY_BACKEND_PORT], NULL,
		    "HA-ports rule '%s' without floating_ip must have its "
		    "members alone, but NAT rule '%s' leads to '%s' too; %s"
		    "give one floating_ip, or other members",
		    found->rule->name, nat->name, member->name,
		    lb_check_two_balancers(
			config, found->rule->frontend, nat->frontend)
			? LB_TWO_BALANCERS ", or "
			: "");
		return;
	}
}

/* Nobody could tell whose answers those of a common member are. */
static void
check_ha(const struct lb_config *config, struct lb_problems *problems)
{
	size_t count = ha_members(config, NULL);
	struct ha_member *taken = calloc(count + 1, sizeof(*taken));

	if (taken == NULL) {
		lb_check_no_memory(problems);
		return;
	}
	count = ha_members(config, taken);
	qsort(taken, count, sizeof(*taken), by_ha_address);
	for (size_t i = 0; i < config->nat_count; i++)
		if (lb_nat_is_whole(&config->nats[i]) &&
		    !config->nats[i].floating_ip)
			check_beside_ha(
			    config, &config->nats[i], taken, count, problems);
	free(taken);
}

void
lb_check_nats(const struct lb_config *config, const struct lb_pool_facts *pools,
    struct lb_problems *problems)
{
	if (config->nat_count == 0)
		return;
	for (size_t i = 0; i < config->nat_count; i++)
		check_nat(config, &config->nats[i], pools, problems);
	check_legacy(config, problems);
	check_frontends(config, problems);
	check_backends(config, problems);
	check_ha(config, problems);
}
