/* SPDX-License-Identifier: MIT */
#include "sim/case/nats.h"

#include <stdlib.h>
#include <string.h>

static int
init_way(struct sim_nat_way *way, const struct lb_config *config,
    const struct lb_plan *plan, const struct lb_plan_mapping *mapping)
{
	const struct lb_rule *row = lb_plan_rule_row(plan, mapping->rule);

	*way = (struct sim_nat_way){
		.name = strdup(mapping->name), /* plans come and go */
		.member_name = strdup(plan->members[mapping->member].name),
		.rule = mapping->rule,
		.member = mapping->member,
		.backend_port = row->backend_port,
		.one_sided = (row->flags & LB_RULE_ONE_SIDED) != 0,
		.any_port = (row->flags & LB_RULE_ANY_PORT) != 0,
		.idle_ms = config->nats[mapping->nat].idle_timeout_ms,
	};
	return way->name != NULL && way->member_name != NULL ? 0 : -1;
}

int
sim_nats_init(struct sim_nats *nats, const struct lb_config *config,
    const struct lb_plan *plan)
{
	nats->at = calloc(plan->mapping_count + 1u, sizeof(*nats->at));
	if (nats->at == NULL)
		return -1;
	for (uint32_t i = 0; i < plan->mapping_count; i++)
		if (init_way(&nats->at[nats->count++], config, plan,
			&plan->mappings[i]) != 0)
			return -1;
	return 0;
}

void
sim_nats_free(struct sim_nats *nats)
{
	for (size_t i = 0; i < nats->count; i++) {
		free(nats->at[i].name);
		free(nats->at[i].member_name);
	}
	free(nats->at);
	*nats = (struct sim_nats){ 0 };
}

void
sim_nats_forget(struct sim_nats *nats)
{
	for (size_t i = 0; i < nats->count; i++) {
		nats->at[i].tally = (struct sim_tally){ 0 };
		nats->at[i].silence = (struct sim_silence){ 0 };
	}
}
