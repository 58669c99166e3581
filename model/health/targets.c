/* SPDX-License-Identifier: MIT */
#include "model/health/targets.h"

#include <stdlib.h>
#include <string.h>

static int
by_probe_address(const void *a, const void *b)
{
	const struct lb_target *one = a, *other = b;

	if (one->probe != other->probe)
		return one->probe < other->probe ? -1 : 1;
	return memcmp(&one->address, &other->address, sizeof(one->address));
}

/* Members of the pool that a row of the plan's probes speaks of. */
static uint32_t
row_members(const struct lb_plan *plan, const struct lb_plan_probe *row)
{
	return plan->pool_first[row->pool + 1] - plan->pool_first[row->pool];
}

static void
row_add(struct lb_targets *targets, const struct lb_plan_probe *row,
    enum lb_health_state state)
{
	const struct lb_plan *plan = targets->plan;
	const uint16_t *ids = &plan->member_ids[plan->pool_first[row->pool]];

	for (uint32_t i = 0; i < row_members(plan, row); i++)
		targets->at[targets->count++] = (struct lb_target){
			.probe = row->probe,
			.address = plan->members[ids[i]].address,
			.health = lb_health_start(state),
		};
}

static void
drop_twins(struct lb_targets *targets)
{
	size_t kept = 0;

	qsort(targets->at, targets->count, sizeof(*targets->at),
	    by_probe_address);
	for (size_t i = 0; i < targets->count; i++)
		if (kept == 0 || by_probe_address(&targets->at[kept - 1],
				     &targets->at[i]) != 0)
			targets->at[kept++] = targets->at[i];
	targets->count = kept;
}

int
lb_targets_init(struct lb_targets *targets, const struct lb_plan *plan,
    enum lb_health_state state)
{
	size_t most = 0;

	*targets = (struct lb_targets){ .plan = plan };
	for (uint32_t i = 0; i < plan->probe_count; i++)
		most += row_members(plan, &plan->probes[i]);
	targets->at = calloc(most + 1, sizeof(*targets->at));
	if (targets->at == NULL)
		return -1;
	for (uint32_t i = 0; i < plan->probe_count; i++)
		row_add(targets, &plan->probes[i], state);
	drop_twins(targets);
	return 0;
}

void
lb_targets_free(struct lb_targets *targets)
{
	free(targets->at);
	*targets = (struct lb_targets){ 0 };
}

struct lb_target *
lb_targets_find(
    const struct lb_targets *targets, int probe, const struct lb_addr *address)
{
	struct lb_target key = { .probe = probe, .address = *address };

	return bsearch(
	    &key, targets->at, targets->count, sizeof(key), by_probe_address);
}

bool
lb_targets_up(void *arg, int probe, uint16_t member)
{
	const struct lb_targets *targets = arg;
	const struct lb_target *target = lb_targets_find(
	    targets, probe, &targets->plan->members[member].address);

	return target != NULL && target->health.state == LB_HEALTH_UP;
}
