/* SPDX-License-Identifier: MIT */
#ifndef MODEL_CONFIG_CHECK_H
#define MODEL_CONFIG_CHECK_H
/*
 * The parts of lb_config_check(): each thing by itself (config_check.c), each
 * probe (config_check_probe.c) and each rule (config_check_rule.c) by itself,
 * names and addresses among each other (config_check_unique.c), rules among
 * each other (config_check_pairs.c), NAT rules by themselves and against the
 * others (config_check_nat.c), outbound rules the same
 * (config_check_outbound.c).
 */
#include "model/config/config.h"
#include "model/path/packet.h"
#include "model/config/problems.h"

/* Was this key of the thing read without complaint? */
#define LB_KNOWN(thing, section, key)                                          \
	(((thing)->bad >> LB_##section##_KEY_##key & 1) == 0)

/* What rules want to know about a pool without looking at every member:
 * indices of the first member of that kind, -1: none. */
struct lb_pool_facts {
	int v4, v6, admin_state;
};

void lb_check_probe(const struct lb_config *config,
    const struct lb_config_probe *probe, struct lb_problems *problems);
void lb_check_probe_source(const struct lb_config *config,
    const struct lb_config_rule *rule, struct lb_problems *problems);
void lb_check_rule(const struct lb_config *config,
    const struct lb_config_rule *rule, const struct lb_pool_facts *pools,
    struct lb_problems *problems);
void lb_check_idle(const struct lb_config *config, uint64_t idle_ms,
    struct lb_where where, struct lb_problems *problems);
/* Of a time that is not whole units, "minutes" or "seconds": the nearest that
 * are. */
void lb_check_say_whole(const char *key, const char *units, uint64_t ms,
    uint64_t unit_ms, struct lb_where where, struct lb_problems *problems);
void lb_check_outbounds(const struct lb_config *config,
    const struct lb_pool_facts *pools, struct lb_problems *problems);
void lb_check_nats(const struct lb_config *config,
    const struct lb_pool_facts *pools, struct lb_problems *problems);
void lb_check_unique(
    const struct lb_config *config, struct lb_problems *problems);
void lb_check_pairs(
    const struct lb_config *config, struct lb_problems *problems);

/* Is it an internal frontend, or none, that of a rule that is only a next
 * hop? */
bool lb_check_is_internal(const struct lb_config *config, int frontend);

/* A public and an internal frontend are of two balancers to Azure, which may
 * have the same members and ports of them (AZ 5.3, 5.4).  A file of ours is
 * one: whose answer it is, is told by the member's address and port. */
bool lb_check_two_balancers(
    const struct lb_config *config, int frontend, int other);
#define LB_TWO_BALANCERS                                                       \
	"Azure lets two balancers, a public and an internal one, but a file "  \
	"is one balancer: write a file for each (check, sim and live take "    \
	"one at a time)"

void lb_check_no_memory(struct lb_problems *problems);

static inline bool
lb_config_is_azure(const struct lb_config *config)
{
	return config->sku != LB_SKU_FAIRLEAD;
}

static inline bool
lb_rule_is_ha(const struct lb_config_rule *rule)
{
	return rule->frontend_port == 0;
}

static inline bool
lb_nat_is_whole(const struct lb_config_nat *nat)
{
	return LB_KNOWN(nat, NAT, FRONTEND) && LB_KNOWN(nat, NAT, POOL) &&
	       LB_KNOWN(nat, NAT, MEMBER) && LB_KNOWN(nat, NAT, PROTOCOL) &&
	       LB_KNOWN(nat, NAT, FRONTEND_PORTS) &&
	       LB_KNOWN(nat, NAT, BACKEND_PORT) &&
	       LB_KNOWN(nat, NAT, FLOATING_IP) && nat->frontend >= 0 &&
	       nat->pool >= 0;
}

/* Can rules be compared with this one? */
static inline bool
lb_rule_is_whole(const struct lb_config_rule *rule)
{
	return LB_KNOWN(rule, RULE, FRONTEND) && LB_KNOWN(rule, RULE, POOL) &&
	       LB_KNOWN(rule, RULE, PROTOCOL) &&
	       LB_KNOWN(rule, RULE, FRONTEND_PORT) &&
	       LB_KNOWN(rule, RULE, BACKEND_PORT) &&
	       LB_KNOWN(rule, RULE, FLOATING_IP) && rule->pool >= 0;
}

#endif
