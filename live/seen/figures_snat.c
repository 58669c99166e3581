/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "live/seen/figures_parts.h"
#include "live/seen/snat.h"

/* A member's on several frontends are told apart in all but how flows begin:
 * the program counts that by member. */
static void
add_begun(struct live_figures_snat *n, const struct live_run *run,
    const struct lb_snat_gauge *g)
{
	struct forward_share share;
	const struct lb_snat_gauges *gauges = live_snat_gauges(run);
	int first = lb_snat_gauge_first(gauges, g->member, g->udp);

	n->first = first == (int)n->gauge;
	n->only = lb_snat_gauge_is_only(gauges, n->gauge);
	n->counted =
	    live_forwarder_member(run->forwarder, g->member, &share) == 0;
	if (n->counted)
		n->begun = g->udp ? share.udp : share.tcp;
}

/* What a gauge reads, and of when. */
static struct live_snat_level
level_of(const struct live_run *run, const struct live_snat_count *count,
    uint32_t gauge)
{
	const struct live_snat_level none = { 0 };
	const struct live_snat_level *level = live_snat_level(run, gauge);

	if (count != NULL)
		return live_snat_count_level(count, run, gauge);
	return level != NULL ? *level : none;
}

static void
add_level(struct live_figures_snat *n, const struct live_snat_level *level)
{
	n->used = level->used;
	n->peak = level->peak;
	for (size_t i = 0; i < LB_USAGE_STATES; i++) {
		n->state[i] = level->flows[i];
		n->flows += level->flows[i];
	}
}

static void
add_gauge(struct live_figures *f, const struct live_run *run, uint32_t gauge,
    const struct live_snat_level *level)
{
	const struct lb_snat_gauge *g = &live_snat_gauges(run)->at[gauge];
	const struct lb_plan_member *m = &run->plan->members[g->member];
	struct live_figures_snat *n = &f->snats[f->snat_count++];

	*n = (struct live_figures_snat){
		.gauge = gauge,
		.pool = m->pool,
		.name = m->name,
		.member_address = m->address,
		.frontend = live_snat_frontend(run, g->number),
		.address = run->plan->snats[g->number].address,
		.udp = g->udp,
		.allocated = g->allocated,
	};
	add_level(n, level);
	add_begun(n, run, g);
}

/* Has it ports, or flows?  Else it is there only because it once had. */
static bool
is_told(const struct live_run *run, uint32_t gauge,
    const struct live_snat_level *level)
{
	const struct lb_snat_gauge *g = &live_snat_gauges(run)->at[gauge];

	return g->member < run->plan->member_count &&
	       run->plan->members[g->member].name != NULL &&
	       (g->allocated > 0 || level->used > 0);
}

/* Which blocks are whose: those of a gauge stand together. */
static void
add_blocks(struct live_figures *f, const struct live_run *run, uint32_t *place)
{
	const struct lb_plan *plan = run->plan;

	for (uint32_t i = 0; i < plan->block_count; i++) {
		const struct lb_plan_block *block = &plan->blocks[i];
		int gauge = lb_snat_gauge_find(live_snat_gauges(run),
		    block->member, block->row.address, block->udp);
		if (gauge < 0 || place[gauge] == 0)
			continue;
		struct live_figures_snat *n = &f->snats[place[gauge] - 1];
		if (n->block_count++ == 0) {
			n->block_first = i;
			n->rule = plan->rules[block->row.rule].name;
			n->kind = live_rule_kind_of(&n->rule);
		}
	}
}

int
live_figures_of_snat(struct live_figures *f, const struct live_run *run,
    const struct live_snat_count *count)
{
	const uint32_t gauges = live_snat_gauges(run)->count;
	/* By gauge, from 1: where it stands. */
	uint32_t *place = calloc(gauges + 1u, sizeof(*place));

	f->snat_counted = count != NULL || live_snat_counted(run);
	f->snats = calloc(gauges + 1u, sizeof(*f->snats));
	if (place == NULL || f->snats == NULL) {
		free(place);
		return -1;
	}
	for (uint32_t i = 0; i < gauges; i++) {
		const struct live_snat_level level = level_of(run, count, i);
		if (!is_told(run, i, &level))
			continue;
		add_gauge(f, run, i, &level);
		place[i] = (uint32_t)f->snat_count;
	}
	add_blocks(f, run, place);
	free(place);
	return 0;
}
