/* SPDX-License-Identifier: MIT */
/* Making an outage; its probes; its time. */
#include "sim/faults/outage.h"

#include <stdlib.h>

#include "model/health/health.h"
#include "model/scenario/scene.h"
#include "sim/faults/outage_parts.h"
#include "sim/events/philox.h"
#include "sim/case/settings.h"

/* --- probes and plan ------------------------------------------------------ */

static uint64_t
interval_ns(const struct sim_outage *o, uint32_t probe)
{
	return o->config.probes[probe].interval_ms * LB_NS_PER_MS;
}

/* Anywhere in the interval. */
static uint64_t
draw_phase(const struct sim_outage *o, uint32_t probe, uint64_t seed)
{
	uint32_t drawn[4];

	sim_draw(seed, SIM_DRAW_PROBE_PHASE, probe, 0, drawn);
	unsigned __int128 wide = (uint64_t)drawn[1] << 32 | drawn[0];
	return (uint64_t)(wide * interval_ns(o, probe) >> 64);
}

/* Who is drained gets nothing, eligible or not. */
static void
note_eligible(struct sim_outage *o)
{
	const struct lb_plan *plan = o->player->plan;

	for (uint32_t id = 0; id < plan->member_count; id++) {
		const struct lb_plan_member *m = &plan->members[id];
		if (!m->tombstone && o->config.pools[m->pool_index]
					     .members[m->member_index]
					     .weight > 0)
			o->ever[id] |= plan->member_state[id];
	}
}

int
sim_outage_apply(struct sim_outage *o)
{
	int done = lb_plan_health(
	    o->player->plan, &o->config, lb_targets_up, &o->targets);

	if (done == 0 && o->config.otherwise[LB_SWITCH_ADMIN_DOWN])
		sim_player_end_taken_out(
		    o->player, sim_outage_now(o) / LB_NS_PER_MS);
	note_eligible(o);
	return done;
}

/* Who is probed now: who was so before is as he was, others are unknown. */
static int
retarget(struct sim_outage *o, const struct lb_plan *plan)
{
	struct lb_targets fresh;
	struct sim_patient *patients = NULL;

	if (lb_targets_init(&fresh, plan, LB_HEALTH_UNKNOWN) == 0)
		patients = calloc(fresh.count + 1, sizeof(*patients));
	if (patients == NULL) {
		lb_targets_free(&fresh);
		return -1;
	}
	for (size_t t = 0; t < fresh.count; t++) {
		const struct lb_target *old = lb_targets_find(
		    &o->targets, fresh.at[t].probe, &fresh.at[t].address);
		patients[t].host = sim_outage_host_at(o, &fresh.at[t].address);
		if (old == NULL)
			continue;
		fresh.at[t].health = old->health;
		patients[t].is_waited_for =
		    o->patients[old - o->targets.at].is_waited_for;
	}
	lb_targets_free(&o->targets);
	free(o->patients);
	o->targets = fresh;
	o->patients = patients;
	return 0;
}

/* Targets by probe, and what they say by host. */
static void
sort_targets(struct sim_outage *o)
{
	for (uint32_t i = 0; i < o->host_count; i++)
		o->hosts[i].out = 0;
	for (size_t p = 0; p < o->config.probe_count; p++)
		o->probers[p].first = o->probers[p].end = 0;
	for (size_t t = 0; t < o->targets.count; t++) {
		const struct lb_target *target = &o->targets.at[t];
		struct sim_prober *prober = &o->probers[target->probe];
		if (prober->end == 0)
			prober->first = t;
		prober->end = t + 1;
		o->hosts[o->patients[t].host].out +=
		    target->health.state != LB_HEALTH_UP;
	}
}

/* Members' SNAT ports with it. */
static int
swap(struct sim_outage *o, struct lb_plan *plan, const struct lb_fault *fault)
{
	struct sim_player *p = o->player;

	sim_player_swap(p, plan);
	if (p->outbound == NULL)
		return 0;
	return sim_outbound_plan(
	    p->outbound, plan, &p->world->tables, sim_outage_now(o), fault);
}

int
sim_outage_swap(struct sim_outage *o, const struct lb_fault *fault)
{
	struct lb_problems problems = { 0 };

	sim_outage_seat(o);
	struct lb_plan *plan =
	    lb_plan_compile(&o->config, o->player->plan, NULL, &problems);
	lb_problems_free(&problems);
	if (plan == NULL)
		return -1;
	if (retarget(o, plan) != 0 ||
	    lb_plan_health(plan, &o->config, lb_targets_up, &o->targets) != 0) {
		lb_plan_free(plan);
		return -1;
	}
	const int done = swap(o, plan, fault);
	sort_targets(o);
	note_eligible(o);
	return done;
}

/* No number of such answers changes anything. */
static bool
is_settled(const struct sim_outage *o, size_t t)
{
	const struct lb_target *target = &o->targets.at[t];
	const struct lb_health *health = &target->health;
	bool good = sim_host_answer(o, &o->hosts[o->patients[t].host],
			&o->config.probes[target->probe]) == LB_ANSWER_GOOD;

	if (o->patients[t].is_waited_for)
		return false;
	/* before its first answer it has had good ones all along */
	bool was_good =
	    health->run == 0 ? health->state == LB_HEALTH_UP : health->good;
	return good == was_good &&
	       health->state == (good ? LB_HEALTH_UP : LB_HEALTH_DOWN);
}

/* 1: a member went up or down; 0; -1 without memory. */
static int
give(struct sim_outage *o, size_t t, enum lb_answer answer)
{
	struct lb_target *target = &o->targets.at[t];
	struct sim_host *h = &o->hosts[o->patients[t].host];
	const bool was_up = target->health.state == LB_HEALTH_UP;
	enum lb_health_change change = lb_health_answer(&target->health,
	    &o->config.probes[target->probe], answer, sim_outage_now(o));
	const char *reason = lb_health_reason_name(target->health.reason);

	if (answer != LB_ANSWER_GOOD &&
	    sim_outage_found(o, h, SIM_FOUND_FAILING, reason) != 0)
		return -1;
	if (change == LB_HEALTH_STILL)
		return 0;
	bool up = change == LB_HEALTH_WENT_UP;
	h->out += (unsigned)was_up;
	h->out -= (unsigned)up;
	sim_host_touch(o, h);
	if (sim_outage_note(o, up ? SIM_EVENT_MEMBER_UP : SIM_EVENT_MEMBER_DOWN,
		h->name, reason) != 0 ||
	    sim_outage_found(
		o, h, up ? SIM_FOUND_UP : SIM_FOUND_DOWN, reason) != 0)
		return -1;
	return 1;
}

static int
sleep_or_tick(struct sim_outage *o, uint32_t probe)
{
	struct sim_prober *prober = &o->probers[probe];

	prober->is_awake = false;
	for (size_t t = prober->first; t < prober->end; t++)
		prober->is_awake |= !is_settled(o, t);
	if (!prober->is_awake)
		return 0;
	prober->tick_ns += interval_ns(o, probe);
	return sim_events_add(o->events, prober->tick_ns, DUE_TICK, probe) != 0
		   ? 0
		   : -1;
}

/* The first tick after now, unless there is one coming. */
static int
wake(struct sim_outage *o, uint32_t probe)
{
	struct sim_prober *prober = &o->probers[probe];
	uint64_t now_ns = sim_outage_now(o);
	uint64_t interval = interval_ns(o, probe);

	if (prober->is_awake)
		return 0;
	/* the latest tick that was, or would have been before time began */
	if (now_ns >= prober->phase_ns)
		prober->tick_ns =
		    now_ns - (now_ns - prober->phase_ns) % interval;
	else
		prober->tick_ns = prober->phase_ns - interval; /* wraps, too */
	return sleep_or_tick(o, probe);
}

int
sim_outage_wake(struct sim_outage *o)
{
	for (uint32_t p = 0; p < o->config.probe_count; p++)
		if (wake(o, p) != 0)
			return -1;
	return 0;
}

/* Probes are sent; who answers does so at once. */
static int
tick(struct sim_outage *o, uint32_t probe)
{
	const struct sim_prober *prober = &o->probers[probe];
	const struct lb_config_probe *config = &o->config.probes[probe];
	int flips = 0, silent = 0;

	for (size_t t = prober->first; t < prober->end; t++) {
		enum lb_answer answer =
		    sim_host_answer(o, &o->hosts[o->patients[t].host], config);
		if (is_settled(o, t))
			continue;
		if (answer == LB_ANSWER_SILENT) {
			o->patients[t].is_waited_for = true;
			silent++;
			continue;
		}
		int given = give(o, t, answer);
		if (given < 0)
			return -1;
		flips += given;
	}
	if (silent > 0 && sim_events_add(o->events,
			      sim_outage_now(o) + lb_probe_wait_ns(config),
			      DUE_WAIT, probe) == 0)
		return -1;
	if (flips > 0 && sim_outage_apply(o) != 0)
		return -1;
	return sleep_or_tick(o, probe);
}

static int
end_wait(struct sim_outage *o, uint32_t probe)
{
	const struct sim_prober *prober = &o->probers[probe];
	int flips = 0;

	for (size_t t = prober->first; t < prober->end; t++) {
		if (!o->patients[t].is_waited_for)
			continue;
		o->patients[t].is_waited_for = false;
		int given = give(o, t, LB_ANSWER_SILENT);
		if (given < 0)
			return -1;
		flips += given;
	}
	return flips > 0 ? sim_outage_apply(o) : 0;
}

/* --- making --------------------------------------------------------------- */

static bool
has_memory(const struct sim_outage *o)
{
	return o->events != NULL && o->changed_ms != NULL && o->ever != NULL &&
	       o->failovers != NULL && o->causes != NULL &&
	       o->probers != NULL && o->cut != NULL;
}

static int
take_memory(struct sim_outage *o, const struct sim_settings *s, uint64_t seed)
{
	const struct lb_plan *plan = o->player->plan;
	const size_t ids = plan->member_count + 1;

	if (sim_outage_copy_config(o, o->player->config) != 0 ||
	    sim_outage_list_hosts(o) != 0 ||
	    sim_outage_list_faults(o, s, seed) != 0)
		return -1;
	o->events = sim_events_new();
	o->changed_ms = calloc(ids, sizeof(*o->changed_ms));
	o->ever = calloc(ids, sizeof(*o->ever));
	o->failovers = calloc(o->fault_count + 1, sizeof(*o->failovers));
	o->causes = calloc(o->fault_count + 1, sizeof(*o->causes));
	o->probers = calloc(o->config.probe_count + 1, sizeof(*o->probers));
	o->cut = calloc(o->config.frontend_count + 1, sizeof(*o->cut));
	return has_memory(o) ? 0 : -1;
}

static int
set_probers(struct sim_outage *o, const struct sim_settings *s, uint64_t seed)
{
	bool unknown = s->scene != NULL && s->scene->members_start_unknown;

	if (lb_targets_init(&o->targets, o->player->plan,
		unknown ? LB_HEALTH_UNKNOWN : LB_HEALTH_UP) != 0)
		return -1;
	o->patients = calloc(o->targets.count + 1, sizeof(*o->patients));
	if (o->patients == NULL)
		return -1;
	for (size_t t = 0; t < o->targets.count; t++)
		o->patients[t].host =
		    sim_outage_host_at(o, &o->targets.at[t].address);
	for (uint32_t p = 0; p < o->config.probe_count; p++)
		o->probers[p].phase_ns = draw_phase(o, p, seed);
	sort_targets(o);
	return 0;
}

static bool
any_is_out(const struct sim_outage *o)
{
	for (size_t p = 0; p < o->config.pool_count; p++)
		for (size_t m = 0; m < o->everybody[p].member_count; m++)
			if (o->is_out[p][m])
				return true;
	return false;
}

/* As it is before the first instant. */
static int
begin(struct sim_outage *o)
{
	sim_outage_empty_seats(o);
	if (any_is_out(o) ? sim_outage_swap(o, NULL) != 0
			  : sim_outage_apply(o) != 0)
		return -1;
	return sim_outage_plan_faults(o) == 0 ? sim_outage_wake(o) : -1;
}

struct sim_outage *
sim_outage_new(struct sim_player *p, const struct sim_settings *settings,
    const struct sim_flows *flows)
{
	const uint64_t seed =
	    sim_replication_seed(settings->seed, settings->replication);
	struct sim_outage *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->player = p;
	o->scene = settings->scene;
	o->flows = flows;
	if (take_memory(o, settings, seed) != 0 ||
	    set_probers(o, settings, seed) != 0 || begin(o) != 0) {
		sim_outage_free(o);
		return NULL;
	}
	return o;
}

void
sim_outage_free(struct sim_outage *o)
{
	if (o == NULL)
		return;
	for (size_t p = 0; o->is_out != NULL && p < o->config.pool_count; p++)
		free(o->is_out[p]);
	free(o->is_out);
	sim_outage_free_pools(o->config.pools, o->config.pool_count);
	sim_outage_free_pools(o->everybody, o->config.pool_count);
	sim_events_free(o->events);
	lb_targets_free(&o->targets);
	free(o->patients);
	free(o->probers);
	free(o->faults);
	free(o->labels);
	free(o->hosts);
	free(o->host_of);
	free(o->ids);
	free(o->changed_ms);
	free(o->ever);
	free(o->cut);
	free(o->failovers);
	free(o->causes);
	free(o->log);
	free(o);
}

/* --- time ----------------------------------------------------------------- */

uint64_t
sim_outage_next_ns(const struct sim_outage *o)
{
	return sim_events_next_ns(o->events);
}

/* A tick of this very instant comes before what befalls servers. */
static bool
must_wait(const struct sim_outage *o, const struct sim_due *due)
{
	if (due->kind != DUE_FAULT && due->kind != DUE_FLAP)
		return false;
	for (uint32_t p = 0; p < o->config.probe_count; p++)
		if (o->probers[p].is_awake &&
		    o->probers[p].tick_ns == sim_outage_now(o))
			return true;
	return false;
}

static int
happen(struct sim_outage *o, const struct sim_due *due)
{
	if (must_wait(o, due))
		return sim_events_add(o->events, sim_outage_now(o), due->kind,
			   due->subject) != 0
			   ? 0
			   : -1;
	switch ((enum due_kind)due->kind) {
	case DUE_FAULT:
		return sim_outage_happen(o, due->subject);
	case DUE_TICK:
		return tick(o, due->subject);
	case DUE_WAIT:
		return end_wait(o, due->subject);
	case DUE_FLAP:
		return sim_outage_flap(o, due->subject);
	}
	return 0;
}

int
sim_outage_advance(struct sim_outage *o, uint64_t now_ns)
{
	struct sim_due due;
	int done = 0;

	while (done == 0 && sim_events_take(o->events, now_ns, &due))
		done = happen(o, &due);
	if (done == 0)
		sim_events_advance(o->events, now_ns);
	return done;
}
