/* SPDX-License-Identifier: MIT */
#include "sim/faults/foresee.h"

#include <stdlib.h>
#include <string.h>

#include "sim/faults/outage_parts.h"

/* Plans of a pool that members come to and leave. */
struct seer {
	struct sim_outage pools; /* only its pools, and who is out of them */
	struct lb_plan *plan;
	struct lb_snat_gauges gauges;
};

static void
seer_close(struct seer *s)
{
	struct sim_outage *o = &s->pools;

	for (size_t p = 0; o->is_out != NULL && p < o->config.pool_count; p++)
		free(o->is_out[p]);
	free(o->is_out);
	sim_outage_free_pools(o->config.pools, o->config.pool_count);
	sim_outage_free_pools(o->everybody, o->config.pool_count);
	lb_snat_gauges_free(&s->gauges);
	lb_plan_free(s->plan);
}

static bool
moves_members(const struct lb_fault *f)
{
	return f->kind == LB_FAULT_ADDED || f->kind == LB_FAULT_REMOVED;
}

static void
set_out(struct sim_outage *o, const char *name, bool out)
{
	for (size_t p = 0; p < o->config.pool_count; p++)
		for (size_t m = 0; m < o->everybody[p].member_count; m++)
			if (strcmp(o->everybody[p].members[m].name, name) == 0)
				o->is_out[p][m] = out;
}

/* The plan of the pools as they are now.  0; -1 without memory. */
static int
replan(struct seer *s)
{
	struct lb_problems problems = { 0 };

	sim_outage_seat(&s->pools);
	struct lb_plan *plan =
	    lb_plan_compile(&s->pools.config, s->plan, NULL, &problems);
	lb_problems_free(&problems);
	if (plan == NULL)
		return -1;
	lb_plan_free(s->plan);
	s->plan = plan;
	return lb_snat_gauges_read(&s->gauges, plan);
}

/* The first with everybody, so that each has an id; then as it begins. */
static int
seer_open(struct seer *s, const struct lb_config *config,
    const struct lb_fault *const *order, size_t count)
{
	if (sim_outage_copy_config(&s->pools, config) != 0 || replan(s) != 0)
		return -1;
	for (size_t i = count; i-- > 0;) /* the first word on it holds */
		set_out(&s->pools, order[i]->member,
		    order[i]->kind == LB_FAULT_ADDED);
	return replan(s);
}

static int
play(struct seer *s, const struct lb_fault *fault, struct sim_turn *turn)
{
	const uint32_t count = s->gauges.count;
	uint32_t *before = sim_turn_before(&s->gauges);

	set_out(&s->pools, fault->member, fault->kind == LB_FAULT_REMOVED);
	if (before == NULL || replan(s) != 0) {
		free(before);
		return -1;
	}
	*turn = sim_turn_since(&s->gauges, before, count);
	free(before);
	return 0;
}

/* Of one array: those of an instant as they stand. */
static int
by_time(const void *a, const void *b)
{
	const struct lb_fault *const *x = a, *const *y = b;

	if ((*x)->at_ms != (*y)->at_ms)
		return (*x)->at_ms < (*y)->at_ms ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

int
sim_foresee_turns(const struct lb_config *config, const struct lb_fault *faults,
    size_t count, struct sim_turn *turns)
{
	const struct lb_fault **order = calloc(count + 1, sizeof(*order));
	struct seer s = { 0 };
	size_t moving = 0;

	if (order == NULL)
		return -1;
	memset(turns, 0, count * sizeof(*turns));
	for (size_t i = 0; i < count; i++)
		if (moves_members(&faults[i]))
			order[moving++] = &faults[i];
	qsort(order, moving, sizeof(*order), by_time);
	int done = moving > 0 ? seer_open(&s, config, order, moving) : 0;
	for (size_t i = 0; i < moving && done == 0; i++)
		done = play(&s, order[i], &turns[order[i] - faults]);
	seer_close(&s);
	free(order);
	return done;
}
