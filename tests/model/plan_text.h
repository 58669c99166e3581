/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MODEL_PLAN_TEXT_H
#define TESTS_MODEL_PLAN_TEXT_H
/* Plans made of configurations as text, and what is in them. */
#include "model/plan/plan_parts.h"
#include "tests/model/config_text.h"

#define HEAD                                                                   \
	"load_balancer: { sku: fairlead }\n"                                   \
	"frontends: [{ name: f, address: 192.0.2.1 }]\n"
#define POOLS                                                                  \
	"pools:\n"                                                             \
	"  - { name: p, members: [{ name: a, address: 10.0.0.1 },\n"           \
	"      { name: b, address: 10.0.0.2 },\n"                              \
	"      { name: c, address: 10.0.0.3 }] }\n"                            \
	"  - { name: q, members: [{ name: a, address: 10.0.1.1 }] }\n"
#define PROBES                                                                 \
	"probes:\n"                                                            \
	"  - { name: t, protocol: tcp, port: 1 }\n"                            \
	"  - { name: u, protocol: tcp, port: 2 }\n"
#define RULE(name, pool, port, more)                                           \
	"  - { name: " name ", frontend: f, pool: " pool                       \
	", protocol: tcp, frontend_port: " port                                \
	", table_size: 101, outbound_snat: false" more " }\n"

/* A configuration that must be good, and its plan. */
struct made {
	struct lb_config *config;
	struct lb_plan *plan;
};

static inline struct made
make(
    const char *text, const struct lb_plan *before, const struct lb_usage *used)
{
	struct lb_problems problems;
	struct made made = { config_of(text, &problems), NULL };

	lb_problems_print(&problems, "make", stderr);
	UNIT_NEED(made.config);
	made.plan = lb_plan_compile(made.config, before, used, &problems);
	lb_problems_print(&problems, "make", stderr);
	UNIT_NEED(made.plan);
	lb_problems_free(&problems);
	return made;
}

static inline void
drop(struct made *made)
{
	lb_plan_free(made->plan);
	lb_config_free(made->config);
}

static inline uint16_t
rule_id(const struct lb_plan *plan, const char *name)
{
	for (uint32_t id = 0; id < plan->rule_count; id++)
		if (plan->rules[id].name != NULL &&
		    strcmp(plan->rules[id].name, name) == 0)
			return (uint16_t)id;
	return LB_NONE;
}

static inline uint16_t
member_id(const struct lb_plan *plan, const char *pool, const char *name)
{
	for (uint32_t id = 0; id < plan->member_count; id++)
		if (plan->members[id].name != NULL &&
		    strcmp(plan->members[id].pool, pool) == 0 &&
		    strcmp(plan->members[id].name, name) == 0)
			return (uint16_t)id;
	return LB_NONE;
}

static inline const struct lb_rule *
rule_row(const struct lb_plan *plan, const char *name)
{
	return lb_plan_rule_row(plan, rule_id(plan, name));
}

#endif
