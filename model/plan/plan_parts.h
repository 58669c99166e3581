/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PLAN_PARTS_H
#define MODEL_PLAN_PARTS_H
/*
 * The steps of lb_plan_compile(), for each other and for tests.  In the order
 * in which they run: ids (plan_ids.c, plan_nat.c), bits and tables
 * (plan_luts.c), classes, endpoints, rows (plan.c), states and slots
 * (plan_health.c).
 * Unless said otherwise a step returns 0, or -1 with a problem added or
 * without memory.
 */
#include "model/path/packet.h"
#include "model/path/table.h"
#include "model/plan/plan.h"

/* What every step sees. */
struct lb_plan_draft {
	struct lb_plan *plan; /* being made */
	const struct lb_config *config;
	const struct lb_plan *before; /* NULL: none */
	const struct lb_usage *used;  /* NULL: all */
	struct lb_problems *problems;
	char **outbound_names;         /* while rules are given their ids */
	uint64_t lut_slots, lut_steps; /* of the lookup tables so far */
};

/* Whose id is to be kept; name NULL: nobody's.  A member's address is part of
 * who he is: at another one it is another machine that has his name, which
 * knows nothing of his connections (doc/decisions.md 51). */
struct lb_id_name {
	const char *pool; /* "" for rules */
	const char *name;
	struct lb_addr address; /* none of rules */
};

struct lb_id_names {
	struct lb_id_name *at;
	uint32_t count;
};

/*
 * lb_ids_assign - keep ids, hand out new ones.
 *
 * before   by id: who has it and keeps it, wanted or not.
 * wanted   each gets the id it had, else the lowest that is free.
 * ids      out, one per wanted.
 * top      out: the highest id in use, plus 1.
 *
 * Returns 0; 1 when ids are used up; -1 without memory.
 * Cost: O((b + w) log b).
 */
int lb_ids_assign(const struct lb_id_names *before,
    const struct lb_id_names *wanted, uint16_t *ids, uint32_t *top);

int lb_plan_make_member_ids(struct lb_plan_draft *draft);
int lb_plan_make_mappings(struct lb_plan_draft *draft);
int lb_plan_make_rule_ids(struct lb_plan_draft *draft);
int lb_plan_make_luts(struct lb_plan_draft *draft);
int lb_plan_make_classes(struct lb_plan_draft *draft);
/* plan_snat.c: addresses, units and blocks, after the classes. */
int lb_plan_make_snat(struct lb_plan_draft *draft);

/* The (probe, all-down) bit of a rule's members, 0 without a probe; and its
 * lookup table.  After lb_plan_make_luts(). */
uint8_t lb_plan_rule_bit(
    const struct lb_plan *plan, const struct lb_config_rule *rule);
uint16_t lb_plan_rule_lut(
    const struct lb_plan *plan, const struct lb_config_rule *rule);

/* The class that has these timeouts; it exists. */
uint8_t lb_plan_class_of(const struct lb_plan *plan, struct lb_class timeouts);

/* A rule's timeouts by AZ 3.1 and design.md 2. */
struct lb_class lb_rule_tcp_timeouts(
    const struct lb_config *config, const struct lb_config_rule *rule);
struct lb_class lb_rule_udp_timeouts(
    const struct lb_config *config, const struct lb_config_rule *rule);

/* Packets of this rule keep their destination: floating IP, l2dsr forwarding,
 * or a rule that is only a next hop. */
bool lb_config_rule_floats(
    const struct lb_config *config, const struct lb_config_rule *rule);

/* A mapping of a NAT rule as a load-balancing rule of one port would be. */
struct lb_config_rule lb_plan_mapping_rule(
    const struct lb_config *config, const struct lb_plan_mapping *mapping);

/* An outbound rule as far as its flows' timeouts and resets go. */
struct lb_config_rule lb_plan_outbound_rule(
    const struct lb_config_outbound *outbound);
/* What flows of implicit SNAT time out by (AZ 3.1: a public address's). */
struct lb_config_rule lb_plan_implicit_rule(uint8_t proto);

/* Does an echo to this rule's frontend ask whether its members are up? */
bool lb_config_rule_answers_echo(
    const struct lb_config *config, const struct lb_config_rule *rule);

/* The protocols of a rule: 1 or 2 of them into protos. */
unsigned lb_rule_protos(const struct lb_config_rule *rule, uint8_t protos[2]);

/*
 * The endpoint table, in the making: keys, each once, then rows of two.
 */
struct lb_endpoints {
	struct lb_endpoint *keys;
	uint32_t key_count;
	struct lb_endpoint *slots; /* 2 x row_count */
	uint32_t row_count;        /* 2^n */
};

int lb_plan_make_endpoints(
    struct lb_plan_draft *draft, struct lb_endpoints *out);
void lb_endpoints_free(struct lb_endpoints *endpoints);

/* Where a key stands in a table; NULL: nowhere. */
const struct lb_endpoint *lb_endpoints_find(
    const struct lb_endpoints *in, const struct lb_endpoint *key);

#endif
