/* SPDX-License-Identifier: MIT */
/* Making an outage; its probes; its time. */
#include "sim/outage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/names.h"
#include "model/scene.h"
#include "sim/drawn.h"
#include "sim/outage_parts.h"
#include "sim/philox.h"
#include "sim/run.h"

/* --- pools ---------------------------------------------------------------- */

static struct lb_config_pool *
copy_pools(const struct lb_config *config)
{
	struct lb_config_pool *pools =
	    calloc(config->pool_count + 1, sizeof(*pools));
	bool memory = pools != NULL;

	for (size_t p = 0; memory && p < config->pool_count; p++) {
		const struct lb_config_pool *from = &config->pools[p];
		const size_t bytes =
		    from->member_count * sizeof(*from->members);
		pools[p] = *from;
		pools[p].members = malloc(bytes + 1);
		memory = pools[p].members != NULL;
		if (memory && bytes > 0)
			memcpy(pools[p].members, from->members, bytes);
	}
	return pools; /* where a pool has no members, there was no memory */
}

/* The configuration with pools of its own, which change. */
static int
copy_config(struct sim_outage *o, const struct lb_config *config)
{
	o->config = *config;
	o->config.pools = copy_pools(config);
	o->everybody = copy_pools(config);
	o->is_out = calloc(config->pool_count + 1, sizeof(*o->is_out));
	if (o->config.pools == NULL || o->everybody == NULL ||
	    o->is_out == NULL)
		return -1;
	for (size_t p = 0; p < config->pool_count; p++) {
		o->is_out[p] = calloc(
		    config->pools[p].member_count + 1, sizeof(**o->is_out));
		if (o->is_out[p] == NULL ||
		    o->config.pools[p].members == NULL ||
		    o->everybody[p].members == NULL)
			return -1;
	}
	return 0;
}

static void
free_pools(struct lb_config_pool *pools, size_t count)
{
	for (size_t p = 0; pools != NULL && p < count; p++)
		free(pools[p].members);
	free(pools);
}

/* The pools are those who are not out. */
static void
seat(struct sim_outage *o)
{
	for (size_t p = 0; p < o->config.pool_count; p++) {
		const struct lb_config_pool *from = &o->everybody[p];
		struct lb_config_pool *to = &o->config.pools[p];
		to->member_count = 0;
		for (size_t m = 0; m < from->member_count; m++)
			if (!o->is_out[p][m])
				to->members[to->member_count++] =
				    from->members[m];
	}
}

/* --- hosts ---------------------------------------------------------------- */

struct address_id {
	struct lb_addr address;
	uint16_t id;
};

static int
by_address(const void *a, const void *b)
{
	const struct address_id *x = a, *y = b;
	int order = memcmp(&x->address, &y->address, sizeof(x->address));

	return order != 0 ? order : (x->id > y->id) - (x->id < y->id);
}

static int
host_order(const void *key, const void *host)
{
	return memcmp(key, &((const struct sim_host *)host)->address,
	    sizeof(struct lb_addr));
}

static uint32_t
host_at(const struct sim_outage *o, const struct lb_addr *address)
{
	const struct sim_host *h = bsearch(
	    address, o->hosts, o->host_count, sizeof(*o->hosts), host_order);

	return (uint32_t)(h - o->hosts); /* every member has one */
}

/* The first entry that names the member, or everybody. */
static const struct lb_server *
server_of(const struct lb_scene *scene, const char *member)
{
	for (size_t s = 0; scene != NULL && s < scene->server_count; s++) {
		const char *only = scene->servers[s].member;
		if (only == NULL || strcmp(only, member) == 0)
			return &scene->servers[s];
	}
	return NULL;
}

static void
host_add(struct sim_outage *o, const struct address_id *at, uint32_t i)
{
	const struct lb_plan_member *m = &o->player->plan->members[at->id];
	/* whose name outlives this plan */
	const struct lb_config_member *config =
	    &o->player->config->pools[m->pool_index].members[m->member_index];
	struct sim_host *h;

	if (o->host_count == 0 ||
	    !lb_addr_same(&o->hosts[o->host_count - 1].address, &at->address))
		o->hosts[o->host_count++] = (struct sim_host){
			.address = at->address,
			.first = i,
			.name = config->name,
			.server = server_of(o->scene, config->name),
			.factor = LB_SCENE_ONE,
		};
	h = &o->hosts[o->host_count - 1];
	h->end = i + 1;
	if (config->zone != 0)
		h->zones |= 1u << (config->zone & 31);
	o->ids[i] = at->id;
	o->host_of[at->id] = o->host_count - 1;
}

static int
list_hosts(struct sim_outage *o)
{
	const struct lb_plan *plan = o->player->plan;
	const uint32_t count = plan->member_count;
	struct address_id *sorted = calloc(count + 1, sizeof(*sorted));

	o->hosts = calloc(count + 1, sizeof(*o->hosts));
	o->host_of = calloc(count + 1, sizeof(*o->host_of));
	o->ids = calloc(count + 1, sizeof(*o->ids));
	if (sorted == NULL || o->hosts == NULL || o->host_of == NULL ||
	    o->ids == NULL) {
		free(sorted);
		return -1;
	}
	for (uint32_t id = 0; id < count; id++)
		sorted[id] = (struct address_id){ plan->members[id].address,
			(uint16_t)id };
	qsort(sorted, count, sizeof(*sorted), by_address);
	for (uint32_t i = 0; i < count; i++)
		host_add(o, &sorted[i], i);
	free(sorted);
	return 0;
}

/* --- faults --------------------------------------------------------------- */

bool
sim_outage_wanted(const struct sim_settings *s)
{
	return s->fault_count > 0 ||
	       (s->scene != NULL &&
		   (s->scene->failure_count > 0 || s->scene->server_count > 0 ||
		       s->scene->members_start_unknown));
}

static int
list_faults(struct sim_outage *o, const struct sim_settings *s, uint64_t seed)
{
	const struct lb_scene *scene = s->scene;
	struct lb_fault *drawn = NULL;
	size_t drawn_count = 0;
	const uint64_t until_ms = scene != NULL && scene->duration_ms > 0
				      ? scene->duration_ms
				      : LB_FAULT_AT_MAX_MS;

	if (scene != NULL && scene->failure_count > 0 &&
	    sim_drawn_make(scene, o->player->config, seed, until_ms, &drawn,
		&drawn_count) != 0)
		return -1;
	o->fault_count = s->fault_count + drawn_count;
	o->faults = calloc(o->fault_count + 1, sizeof(*o->faults));
	o->labels = calloc(o->fault_count + 1, sizeof(*o->labels));
	if (o->faults != NULL && s->fault_count > 0)
		memcpy(
		    o->faults, s->faults, s->fault_count * sizeof(*o->faults));
	if (o->faults != NULL && drawn_count > 0)
		memcpy(&o->faults[s->fault_count], drawn,
		    drawn_count * sizeof(*o->faults));
	free(drawn);
	return o->faults != NULL && o->labels != NULL ? 0 : -1;
}

static int
plan_faults(struct sim_outage *o)
{
	for (size_t i = 0; i < o->fault_count; i++) {
		const struct lb_fault *f = &o->faults[i];
		if (f->member == NULL)
			(void)snprintf(o->labels[i], sizeof(o->labels[i]),
			    "%s %u",
			    lb_fault_subject(f->kind) == LB_FAULT_OF_ZONE
				? "zone"
				: "instance",
			    f->number);
		if (sim_events_add(o->events, f->at_ms * LB_NS_PER_MS,
			DUE_FAULT, (uint32_t)i) == 0)
			return -1;
	}
	return 0;
}

static bool
knows_member(const struct lb_config *c, const char *name)
{
	for (size_t p = 0; p < c->pool_count; p++)
		for (size_t m = 0; m < c->pools[p].member_count; m++)
			if (strcmp(c->pools[p].members[m].name, name) == 0)
				return true;
	return false;
}

static bool
knows_zone(const struct lb_config *c, uint32_t zone)
{
	if (zone == 0 || zone > 31)
		return false;
	for (size_t f = 0; f < c->frontend_count; f++)
		if ((c->frontends[f].zones >> zone & 1) != 0)
			return true;
	for (size_t p = 0; p < c->pool_count; p++)
		for (size_t m = 0; m < c->pools[p].member_count; m++)
			if (c->pools[p].members[m].zone == zone)
				return true;
	return false;
}

static bool
check_fault(const struct lb_config *c, const struct lb_fault *f,
    uint32_t instances, char *what, size_t bytes)
{
	enum lb_fault_subject subject = lb_fault_subject(f->kind);

	if (subject == LB_FAULT_OF_ZONE && !knows_zone(c, f->number))
		(void)snprintf(what, bytes,
		    "a fault's zone is %u, and no member and no frontend is in "
		    "it",
		    f->number);
	else if (subject == LB_FAULT_OF_INSTANCE &&
		 (f->number == 0 || f->number > instances))
		(void)snprintf(what, bytes,
		    "a fault's instance is %u, and there are %u; say more with "
		    "`instances`",
		    f->number, instances);
	else if (f->member != NULL && !knows_member(c, f->member))
		(void)snprintf(what, bytes,
		    "a fault's member is '%.64s', and no pool has a member of "
		    "that name",
		    f->member);
	else
		return true;
	return false;
}

bool
sim_outage_check(const struct lb_config *config,
    const struct sim_settings *settings, char *what, size_t bytes)
{
	const uint32_t instances =
	    settings->scene != NULL ? settings->scene->instances : 1;

	for (size_t i = 0; i < settings->fault_count; i++)
		if (!check_fault(config, &settings->faults[i],
			instances > 0 ? instances : 1, what, bytes))
			return false;
	return true;
}

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
		patients[t].host = host_at(o, &fresh.at[t].address);
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

int
sim_outage_swap(struct sim_outage *o)
{
	struct lb_problems problems = { 0 };

	seat(o);
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
	sim_player_swap(o->player, plan);
	sort_targets(o);
	note_eligible(o);
	return 0;
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

	if (copy_config(o, o->player->config) != 0 || list_hosts(o) != 0 ||
	    list_faults(o, s, seed) != 0)
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
		o->patients[t].host = host_at(o, &o->targets.at[t].address);
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
	if (any_is_out(o) ? sim_outage_swap(o) != 0 : sim_outage_apply(o) != 0)
		return -1;
	return plan_faults(o) == 0 ? sim_outage_wake(o) : -1;
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
	free_pools(o->config.pools, o->config.pool_count);
	free_pools(o->everybody, o->config.pool_count);
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
