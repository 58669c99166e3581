/* SPDX-License-Identifier: MIT */
#include "model/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "model/health/health.h"
#include "model/lut/lut.h"

/* Who asks, and what is being found out. */
struct health {
	const struct lb_plan *plan;
	const struct lb_config *config;
	bool (*up)(void *arg, int probe, uint16_t member);
	void *arg;
	uint32_t *state; /* by id */
};

static const struct lb_config_member *
config_of(const struct health *h, uint16_t id)
{
	const struct lb_plan_member *member = &h->plan->members[id];

	return &h->config->pools[member->pool_index]
		    .members[member->member_index];
}

static enum lb_admin_state
admin_of(const struct health *h, uint16_t id)
{
	return config_of(h, id)->admin_state;
}

/*
 * One bit of one pool's members.  The admin state has the last word (AZ 2.7);
 * when then nobody is eligible, all-probed-up makes everybody so whom no
 * admin took out (AZ 2.6), or, with `all_probed_up: everybody`, everybody.  Who
 * is drained is no help, but as eligible as he would be: he keeps what he has.
 */
static void
probe_states(const struct health *h, const struct lb_plan_probe *probe)
{
	const uint32_t *first = &h->plan->pool_first[probe->pool];
	uint32_t bit = UINT32_C(1) << probe->bit, eligible = 0;

	for (uint32_t i = first[0]; i < first[1]; i++) {
		uint16_t id = h->plan->member_ids[i];
		bool up = h->up(h->arg, probe->probe, id);
		if (lb_health_is_eligible(admin_of(h, id), up, false)) {
			h->state[id] |= bit;
			eligible += config_of(h, id)->weight > 0;
		}
	}
	if (eligible > 0 || probe->all_down != LB_ALL_PROBED_UP)
		return;
	for (uint32_t i = first[0]; i < first[1]; i++) {
		uint16_t id = h->plan->member_ids[i];
		if (lb_health_is_eligible(admin_of(h, id), false, true) ||
		    h->config->otherwise[LB_SWITCH_ALL_PROBED_UP])
			h->state[id] |= bit;
	}
}

static void
states_find(const struct health *h)
{
	const struct lb_plan *plan = h->plan;

	for (uint32_t i = 0; i < plan->pool_first[plan->pool_count]; i++) {
		uint16_t id = plan->member_ids[i];
		h->state[id] = admin_of(h, id) != LB_ADMIN_DOWN;
	}
	for (uint32_t i = 0; i < plan->probe_count; i++)
		probe_states(h, &plan->probes[i]);
}

/* Whose connections an admin ends, with `admin_down: reset`; who is drained
 * keeps his. */
static void
ends_find(const struct health *h)
{
	const struct lb_plan *plan = h->plan;

	for (uint32_t i = 0; i < plan->pool_first[plan->pool_count]; i++) {
		uint16_t id = plan->member_ids[i];
		plan->member_ends[id] =
		    h->config->otherwise[LB_SWITCH_ADMIN_DOWN] &&
		    admin_of(h, id) == LB_ADMIN_DOWN &&
		    !config_of(h, id)->drained;
	}
}

static bool
lut_is_stale(const struct health *h, const struct lb_plan_lut *lut)
{
	const uint32_t *first = &h->plan->pool_first[lut->pool];
	uint32_t changed = 0;

	for (uint32_t i = first[0]; i < first[1]; i++) {
		uint16_t id = h->plan->member_ids[i];
		changed |= h->state[id] ^ h->plan->member_state[id];
	}
	return lut->stale || (changed >> lut->bit & 1) != 0;
}

static int
lut_refill(const struct health *h, struct lb_plan_lut *lut)
{
	const struct lb_plan *plan = h->plan;
	const struct lb_config_pool *pool = &h->config->pools[lut->pool];
	const uint16_t *ids = &plan->member_ids[plan->pool_first[lut->pool]];
	struct lb_lut_member *members =
	    calloc(pool->member_count + 1, sizeof(*members));

	lut->stale = true;
	if (members == NULL)
		return -1;
	for (size_t m = 0; m < pool->member_count; m++)
		members[m] = (struct lb_lut_member){
			.name = pool->members[m].name,
			.id = ids[m],
			.eligible = (h->state[ids[m]] >> lut->bit & 1) != 0,
			.weight =
			    (uint16_t)(pool->members[m].weight > LB_WEIGHT_MAX
					   ? LB_WEIGHT_MAX
					   : pool->members[m].weight),
		};
	struct lb_lut_shape shape = {
		.algorithm = lut->algorithm,
		.size = lut->size,
		.hash_key = plan->hash_key,
	};
	int result =
	    lb_lut_fill(&shape, members, pool->member_count, lut->slots);
	free(members);
	lut->stale = result < 0;
	return result;
}

/* Tables first: they alone decide for new flows (mechanism.md 14).  The
 * states are written last, so that a call that failed can be repeated. */
int
lb_plan_health(struct lb_plan *plan, const struct lb_config *config,
    bool (*up)(void *arg, int probe, uint16_t member), void *arg)
{
	struct health h = {
		.plan = plan,
		.config = config,
		.up = up,
		.arg = arg,
		.state = calloc(plan->member_count + 1, sizeof(*h.state)),
	};
	int result = h.state == NULL ? -1 : 0;

	if (result == 0)
		states_find(&h);
	for (uint32_t i = 0; result == 0 && i < plan->lut_count; i++) {
		struct lb_plan_lut *lut = &plan->luts[i];
		if (lut->slots != NULL && lut_is_stale(&h, lut))
			result = lut_refill(&h, lut);
	}
	if (result == 0) {
		memcpy(plan->member_state, h.state,
		    plan->member_count * sizeof(*h.state));
		ends_find(&h);
	}
	free(h.state);
	return result;
}
