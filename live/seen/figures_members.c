/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "live/seen/figures_parts.h"

static const char *const state_names[LIVE_MEMBER_STATES] = {
	[LIVE_MEMBER_UP] = "up",
	[LIVE_MEMBER_PARTLY] = "partly",
	[LIVE_MEMBER_DOWN] = "down",
	[LIVE_MEMBER_UNKNOWN] = "unknown",
	[LIVE_MEMBER_DRAINING] = "draining",
	[LIVE_MEMBER_ADMIN] = "admin",
	[LIVE_MEMBER_LEAVING] = "leaving",
};

const char *
live_member_state_name(unsigned state)
{
	return state < LIVE_MEMBER_STATES ? state_names[state] : "?";
}

/* How many (member, probe) pairs there are: room for all of them. */
static size_t
count_views(const struct lb_plan *plan)
{
	size_t count = 0;
	for (uint32_t i = 0; i < plan->probe_count; i++) {
		const uint32_t *first = &plan->pool_first[plan->probes[i].pool];
		count += first[1] - first[0];
	}
	return count;
}

/* A probe looks at a pool once, though with either all-down behaviour it has a
 * bit of its own. */
static bool
seen_before(const struct lb_plan *plan, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (plan->probes[i].pool == plan->probes[at].pool &&
		    plan->probes[i].probe == plan->probes[at].probe)
			return true;
	return false;
}

static void
add_view(struct live_figures *f, const struct live_run *run, int probe,
    const struct lb_addr *address)
{
	const struct lb_config_probe *p = &run->config->probes[probe];
	const struct lb_health *health =
	    live_health_of(run->health, probe, address);
	const struct live_heard *heard =
	    live_health_heard(run->health, probe, address);
	if (health == NULL || heard == NULL)
		return;
	f->probes[f->probe_count++] = (struct live_figures_probe){
		.probe = probe,
		.name = p->name,
		.protocol = p->protocol,
		.member = f->member_count,
		.health = *health,
		.heard = *heard,
	};
}

/* Which bits of the pool's members say something, and the views of one. */
static uint32_t
add_views(struct live_figures *f, const struct live_run *run,
    const struct lb_plan_member *m)
{
	const struct lb_plan *plan = run->plan;
	uint32_t bits = 0;
	for (uint32_t i = 0; i < plan->probe_count; i++) {
		if (plan->probes[i].pool != m->pool_index)
			continue;
		bits |= UINT32_C(1) << plan->probes[i].bit;
		if (!seen_before(plan, i))
			add_view(f, run, plan->probes[i].probe, &m->address);
	}
	return bits;
}

/* None of a member's probes has decided anything. */
static bool
is_unknown(const struct live_figures *f, const struct live_figures_member *m)
{
	bool unknown = m->probe_count > 0;
	for (size_t i = 0; i < m->probe_count; i++)
		unknown =
		    unknown && f->probes[m->probe_first + i].health.state ==
				   LB_HEALTH_UNKNOWN;
	return unknown;
}

static enum live_member_state
state_of(const struct live_figures *f, const struct live_figures_member *m,
    uint32_t eligible, uint32_t bits)
{
	if (m->draining)
		return LIVE_MEMBER_DRAINING;
	if (m->admin == LB_ADMIN_DOWN)
		return LIVE_MEMBER_ADMIN;
	if (bits == 0) /* no probe looks */
		return LIVE_MEMBER_UP;
	if ((eligible & bits) == bits)
		return LIVE_MEMBER_UP;
	if ((eligible & bits) != 0)
		return LIVE_MEMBER_PARTLY;
	return is_unknown(f, m) ? LIVE_MEMBER_UNKNOWN : LIVE_MEMBER_DOWN;
}

static struct live_figures_member *
begin_member(
    const struct live_figures *f, const struct live_run *run, uint16_t id)
{
	const struct lb_plan_member *from = &run->plan->members[id];
	struct live_figures_member *m = &f->members[f->member_count];
	const struct lb_usage *usage = live_sweeper_counts(run->sweeper);
	*m = (struct live_figures_member){
		.id = id,
		.pool = from->pool,
		.name = from->name,
		.address = from->address,
		.state = LIVE_MEMBER_LEAVING,
		.next_hop = live_nexthops_known(run->hops, id),
		.flows = usage != NULL
			     ? usage->member[id] - usage->member_second[id]
			     : 0,
		.probe_first = f->probe_count,
	};
	m->counted =
	    live_forwarder_member(run->forwarder, id, &m->traffic) == 0;
	return m;
}

static void
add_member(struct live_figures *f, const struct live_run *run, uint16_t id)
{
	const struct lb_plan_member *from = &run->plan->members[id];
	const struct lb_config_member *c =
	    &run->config->pools[from->pool_index].members[from->member_index];
	struct live_figures_member *m = begin_member(f, run, id);
	uint32_t bits = add_views(f, run, from);
	m->probe_count = f->probe_count - m->probe_first;
	m->weight = c->weight;
	const struct live_override *said =
	    live_override_of(&run->overrides, from->pool, from->name);
	m->admin = c->admin_state;
	m->admin_file =
	    run->admin_file[run->plan->pool_first[from->pool_index] +
			    (uint32_t)from->member_index];
	m->draining = said != NULL && said->draining;
	m->drained = m->draining && said->drained;
	m->state = state_of(f, m, run->plan->member_state[id], bits);
	f->member_count++;
}

static bool
is_tombstone(const struct lb_plan *plan, uint32_t id)
{
	return plan->members[id].name != NULL && plan->members[id].tombstone;
}

static int
make_room(struct live_figures *f, const struct lb_plan *plan, size_t most)
{
	size_t members = 0, views = count_views(plan);
	for (uint32_t id = 0; id < plan->member_count; id++)
		members += plan->members[id].name != NULL;
	if (members > most)
		members = most;
	if (most < SIZE_MAX / LB_PROBE_MAX && views > most * LB_PROBE_MAX)
		views = most * LB_PROBE_MAX;
	f->members = calloc(members + 1, sizeof(*f->members));
	f->probes = calloc(views + 1, sizeof(*f->probes));
	return f->members != NULL && f->probes != NULL ? 0 : -1;
}

int
live_figures_of_members(
    struct live_figures *f, const struct live_run *run, struct live_range range)
{
	const struct lb_plan *plan = run->plan;
	size_t at = 0;
	if (make_room(f, plan, range.count) != 0)
		return -1;
	for (uint32_t i = 0; i < plan->pool_first[plan->pool_count]; i++)
		if (live_in_range(&range, at++))
			add_member(f, run, plan->member_ids[i]);
	for (uint32_t id = 0; id < plan->member_count; id++)
		if (is_tombstone(plan, id) && live_in_range(&range, at++)) {
			(void)begin_member(f, run, (uint16_t)id);
			f->member_count++;
		}
	return 0;
}
