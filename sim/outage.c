/* SPDX-License-Identifier: MIT */
#include "sim/outage.h"

#include <stdlib.h>
#include <string.h>

#include "model/names.h"
#include "model/scene.h"
#include "sim/philox.h"

enum due_kind {
	DUE_FAULT, /* subject: its number in faults */
	DUE_TICK,  /* subject: the probe */
	DUE_WAIT,  /* subject: the probe, whose silent members are silent */
};

/* --- answers ------------------------------------------------------------- */

enum lb_answer
sim_server_answer(enum lb_fault_kind state, const struct lb_config_probe *probe)
{
	bool http = probe->protocol == LB_PROBE_HTTP ||
		    probe->protocol == LB_PROBE_HTTPS;
	bool coap_get = probe->protocol == LB_PROBE_COAP && probe->path != NULL;

	switch (state) {
	case LB_FAULT_CRASHED:
	case LB_FAULT_OFF:
		return LB_ANSWER_SILENT;
	case LB_FAULT_REFUSING:
		return LB_ANSWER_REFUSED;
	case LB_FAULT_HTTP_ERROR:
		return http || coap_get ? LB_ANSWER_WRONG : LB_ANSWER_GOOD;
	case LB_FAULT_HANGING: /* its kernel still shakes hands */
		return probe->protocol == LB_PROBE_TCP ? LB_ANSWER_GOOD
						       : LB_ANSWER_SILENT;
	default:
		break;
	}
	return LB_ANSWER_GOOD;
}

struct sim_condition
sim_outage_condition(const struct sim_outage *o, uint16_t member)
{
	return (struct sim_condition){
		.state = (enum lb_fault_kind)o->server[member],
		.factor = LB_SCENE_ONE,
	};
}

/* --- making -------------------------------------------------------------- */

/* The configuration with members of its own, whose admin states change. */
static int
copy_config(struct sim_outage *o, const struct lb_config *config)
{
	o->config = *config;
	o->config.pools =
	    calloc(config->pool_count + 1, sizeof(*config->pools));
	if (o->config.pools == NULL)
		return -1;
	for (size_t p = 0; p < config->pool_count; p++) {
		struct lb_config_pool *pool = &o->config.pools[p];
		*pool = config->pools[p];
		pool->members =
		    calloc(pool->member_count + 1, sizeof(*pool->members));
		if (pool->members == NULL)
			return -1;
		memcpy(pool->members, config->pools[p].members,
		    pool->member_count * sizeof(*pool->members));
	}
	return 0;
}

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

static uint16_t
member_at(const struct lb_plan *plan, const struct lb_addr *address)
{
	for (uint32_t id = 0; id < plan->member_count; id++)
		if (plan->members[id].name != NULL &&
		    lb_addr_same(&plan->members[id].address, address))
			return (uint16_t)id;
	return LB_NONE;
}

static void
set_probers(struct sim_outage *o, uint64_t seed)
{
	for (uint32_t p = 0; p < o->config.probe_count; p++)
		o->probers[p].phase_ns = draw_phase(o, p, seed);
	for (size_t t = 0; t < o->targets.count; t++) {
		struct sim_prober *prober = &o->probers[o->targets.at[t].probe];
		if (prober->end == 0)
			prober->first = t;
		prober->end = t + 1;
		o->patients[t].member =
		    member_at(o->plan, &o->targets.at[t].address);
	}
}

static int
plan_faults(struct sim_outage *o)
{
	for (size_t i = 0; i < o->fault_count; i++)
		if (sim_events_add(o->events, o->faults[i].at_ms * LB_NS_PER_MS,
			DUE_FAULT, (uint32_t)i) == 0)
			return -1;
	return 0;
}

static void
note_eligible(struct sim_outage *o)
{
	for (uint32_t id = 0; id < o->plan->member_count; id++)
		o->ever[id] |= o->plan->member_state[id];
}

struct sim_outage *
sim_outage_new(struct lb_plan *plan, const struct lb_config *config,
    const struct lb_fault *faults, size_t fault_count, uint64_t seed,
    const struct sim_flows *flows)
{
	struct sim_outage *o = calloc(1, sizeof(*o));
	const size_t ids = plan->member_count + 1;

	if (o == NULL)
		return NULL;
	o->plan = plan;
	o->faults = faults;
	o->fault_count = fault_count;
	o->flows = flows;
	o->events = sim_events_new();
	o->server = calloc(ids, sizeof(*o->server));
	o->changed_ms = calloc(ids, sizeof(*o->changed_ms));
	o->ever = calloc(ids, sizeof(*o->ever));
	o->failovers = calloc(fault_count + 1, sizeof(*o->failovers));
	o->probers = calloc(config->probe_count + 1, sizeof(*o->probers));
	int done = copy_config(o, config);
	if (lb_targets_init(&o->targets, plan, LB_HEALTH_UP) == 0)
		o->patients =
		    calloc(o->targets.count + 1, sizeof(*o->patients));
	if (done != 0 || o->events == NULL || o->server == NULL ||
	    o->changed_ms == NULL || o->ever == NULL || o->failovers == NULL ||
	    o->probers == NULL || o->patients == NULL || plan_faults(o) != 0) {
		sim_outage_free(o);
		return NULL;
	}
	set_probers(o, seed);
	note_eligible(o);
	return o;
}

void
sim_outage_free(struct sim_outage *o)
{
	if (o == NULL)
		return;
	for (size_t p = 0; o->config.pools != NULL && p < o->config.pool_count;
	     p++)
		if (o->config.pools[p].name != NULL)
			free(o->config.pools[p].members);
	free(o->config.pools);
	sim_events_free(o->events);
	lb_targets_free(&o->targets);
	free(o->patients);
	free(o->probers);
	free(o->server);
	free(o->changed_ms);
	free(o->ever);
	free(o->failovers);
	free(o->log);
	free(o);
}

const char *
sim_outage_stranger(
    const struct lb_config *config, const struct lb_fault *faults, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool known = false;
		for (size_t p = 0; p < config->pool_count; p++)
			for (size_t m = 0; m < config->pools[p].member_count;
			     m++)
				known |=
				    strcmp(config->pools[p].members[m].name,
					faults[i].member) == 0;
		if (!known)
			return faults[i].member;
	}
	return NULL;
}

/* --- what is written down ------------------------------------------------ */

static int
note(struct sim_outage *o, enum sim_event_kind kind, const char *member,
    const char *what)
{
	if (o->log_count == o->log_room) {
		size_t room = o->log_room == 0 ? 16 : o->log_room * 2;
		struct sim_event *log =
		    reallocarray(o->log, room, sizeof(*log));
		if (log == NULL)
			return -1;
		o->log = log;
		o->log_room = room;
	}
	o->log[o->log_count] = (struct sim_event){
		.at_ns = sim_events_now(o->events),
		.kind = kind,
		.of_case = SIM_NO_CASE,
		.count = o->log_count,
		.member = (char *)(uintptr_t)member,
		.what = (char *)(uintptr_t)what,
	};
	o->log_count++;
	return 0;
}

static bool
is_named(const struct sim_outage *o, uint32_t id, const char *name)
{
	const struct lb_plan_member *m = &o->plan->members[id];

	return m->name != NULL && strcmp(m->name, name) == 0;
}

/* By an admin state, not by what befell the server? */
static bool
is_by_admin(const struct sim_failover *f)
{
	return strcmp(f->fault, lb_fault_name(LB_FAULT_ADMIN_DOWN)) == 0;
}

/* Is that address one that a failover's member has? */
static bool
is_about(const struct sim_outage *o, const struct sim_failover *f,
    const struct lb_addr *address)
{
	for (uint32_t id = 0; id < o->plan->member_count; id++)
		if (is_named(o, id, f->member) &&
		    lb_addr_same(&o->plan->members[id].address, address))
			return true;
	return false;
}

/* Every probe of that address takes it for up. */
static bool
is_well(const struct sim_outage *o, const struct lb_addr *address)
{
	for (size_t t = 0; t < o->targets.count; t++)
		if (lb_addr_same(&o->targets.at[t].address, address) &&
		    o->targets.at[t].health.state != LB_HEALTH_UP)
			return false;
	return true;
}

/* What a probe found out, in the failovers that it is about. */
static void
note_found(struct sim_outage *o, const struct lb_addr *address, bool up)
{
	uint64_t now_ns = sim_events_now(o->events);

	for (size_t i = 0; i < o->failover_count; i++) {
		struct sim_failover *f = &o->failovers[i];
		if (f->restored_ns != SIM_NO_TIME || is_by_admin(f) ||
		    !is_about(o, f, address))
			continue;
		if (!up && f->detected_ns == SIM_NO_TIME)
			f->detected_ns = now_ns - f->at_ns;
		if (up && f->detected_ns != SIM_NO_TIME && is_well(o, address))
			f->restored_ns = now_ns - f->at_ns;
	}
}

/* Something about all members of that address is not what it was. */
static void
touch(struct sim_outage *o, const struct lb_addr *address)
{
	for (uint32_t id = 0; id < o->plan->member_count; id++)
		if (lb_addr_same(&o->plan->members[id].address, address))
			o->changed_ms[id] =
			    sim_events_now(o->events) / LB_NS_PER_MS;
}

/* --- probes -------------------------------------------------------------- */

static int
apply_health(struct sim_outage *o)
{
	int done =
	    lb_plan_health(o->plan, &o->config, lb_targets_up, &o->targets);

	note_eligible(o);
	return done;
}

static enum lb_answer
answer_of(const struct sim_outage *o, size_t t)
{
	return sim_server_answer(
	    (enum lb_fault_kind)o->server[o->patients[t].member],
	    &o->config.probes[o->targets.at[t].probe]);
}

/* No number of such answers changes anything. */
static bool
is_settled(const struct sim_outage *o, size_t t)
{
	const struct lb_health *health = &o->targets.at[t].health;
	bool good = answer_of(o, t) == LB_ANSWER_GOOD;

	if (o->patients[t].is_waited_for)
		return false;
	/* before its first answer it has had good ones all along */
	bool was_good =
	    health->run == 0 ? health->state == LB_HEALTH_UP : health->good;
	return good == was_good && good == (health->state == LB_HEALTH_UP);
}

/* 1: a member went up or down; 0; -1 without memory. */
static int
give(struct sim_outage *o, size_t t, enum lb_answer answer)
{
	struct lb_target *target = &o->targets.at[t];
	enum lb_health_change change =
	    lb_health_answer(&target->health, &o->config.probes[target->probe],
		answer, sim_events_now(o->events));
	bool up = change == LB_HEALTH_WENT_UP;

	if (change == LB_HEALTH_STILL)
		return 0;
	touch(o, &target->address);
	note_found(o, &target->address, up);
	return note(o, up ? SIM_EVENT_MEMBER_UP : SIM_EVENT_MEMBER_DOWN,
		   o->plan->members[o->patients[t].member].name,
		   lb_health_reason_name(target->health.reason)) == 0
		   ? 1
		   : -1;
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
	uint64_t now_ns = sim_events_now(o->events);
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

/* Probes are sent; who answers does so at once. */
static int
tick(struct sim_outage *o, uint32_t probe)
{
	const struct sim_prober *prober = &o->probers[probe];
	uint64_t wait_ns = lb_probe_wait_ns(&o->config.probes[probe]);
	int flips = 0, silent = 0;

	for (size_t t = prober->first; t < prober->end; t++) {
		enum lb_answer answer = answer_of(o, t);
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
	if (silent > 0 &&
	    sim_events_add(o->events, sim_events_now(o->events) + wait_ns,
		DUE_WAIT, probe) == 0)
		return -1;
	if (flips > 0 && apply_health(o) != 0)
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
	return flips > 0 ? apply_health(o) : 0;
}

/* --- faults -------------------------------------------------------------- */

static void
begin_failover(struct sim_outage *o, const struct lb_fault *fault)
{
	bool at_once = fault->kind == LB_FAULT_ADMIN_DOWN;

	o->failovers[o->failover_count++] = (struct sim_failover){
		.fault = (char *)(uintptr_t)lb_fault_name(fault->kind),
		.member = fault->member,
		.at_ns = sim_events_now(o->events),
		.failed_ns = SIM_NO_TIME,
		.detected_ns = at_once ? 0 : SIM_NO_TIME,
		.rerouted_ns = SIM_NO_TIME,
		.restored_ns = SIM_NO_TIME,
		.soonest_ns = SIM_NO_TIME,
		.latest_ns = SIM_NO_TIME,
	};
}

static int
set_admin(struct sim_outage *o, const struct lb_fault *fault)
{
	uint64_t now_ns = sim_events_now(o->events);

	for (size_t p = 0; p < o->config.pool_count; p++) {
		struct lb_config_pool *pool = &o->config.pools[p];
		for (size_t m = 0; m < pool->member_count; m++)
			if (strcmp(pool->members[m].name, fault->member) == 0)
				pool->members[m].admin_state =
				    (enum lb_admin_state)(
					fault->kind - LB_FAULT_ADMIN_NONE);
	}
	for (uint32_t id = 0; id < o->plan->member_count; id++)
		if (is_named(o, id, fault->member))
			o->changed_ms[id] = now_ns / LB_NS_PER_MS;
	for (size_t i = 0; i < o->failover_count; i++) {
		struct sim_failover *f = &o->failovers[i];
		if (fault->kind != LB_FAULT_ADMIN_DOWN &&
		    f->restored_ns == SIM_NO_TIME && is_by_admin(f) &&
		    strcmp(f->member, fault->member) == 0)
			f->restored_ns = now_ns - f->at_ns;
	}
	return apply_health(o);
}

/* A server is its address, whatever members have it. */
static int
set_server(struct sim_outage *o, const struct lb_fault *fault)
{
	const struct lb_plan *plan = o->plan;

	for (uint32_t id = 0; id < plan->member_count; id++) {
		if (!is_named(o, id, fault->member))
			continue;
		const struct lb_addr *address = &plan->members[id].address;
		for (uint32_t same = 0; same < plan->member_count; same++)
			if (lb_addr_same(&plan->members[same].address, address))
				o->server[same] = (uint8_t)fault->kind;
		touch(o, address);
	}
	for (uint32_t p = 0; p < o->config.probe_count; p++)
		if (wake(o, p) != 0)
			return -1;
	return 0;
}

/* A tick of this very instant comes first. */
static bool
must_wait(const struct sim_outage *o)
{
	for (uint32_t p = 0; p < o->config.probe_count; p++)
		if (o->probers[p].is_awake &&
		    o->probers[p].tick_ns == sim_events_now(o->events))
			return true;
	return false;
}

static int
happen(struct sim_outage *o, uint32_t number)
{
	const struct lb_fault *fault = &o->faults[number];

	if (must_wait(o))
		return sim_events_add(o->events, sim_events_now(o->events),
			   DUE_FAULT, number) != 0
			   ? 0
			   : -1;
	if (note(o, SIM_EVENT_FAULT, fault->member,
		lb_fault_name(fault->kind)) != 0)
		return -1;
	if (lb_fault_is_bad(fault->kind))
		begin_failover(o, fault);
	return lb_fault_is_admin(fault->kind) ? set_admin(o, fault)
					      : set_server(o, fault);
}

/* --- time ---------------------------------------------------------------- */

uint64_t
sim_outage_next_ns(const struct sim_outage *o)
{
	return sim_events_next_ns(o->events);
}

int
sim_outage_advance(struct sim_outage *o, uint64_t now_ns)
{
	struct sim_due due;
	int done = 0;

	while (done == 0 && sim_events_take(o->events, now_ns, &due))
		switch ((enum due_kind)due.kind) {
		case DUE_FAULT:
			done = happen(o, due.subject);
			break;
		case DUE_TICK:
			done = tick(o, due.subject);
			break;
		case DUE_WAIT:
			done = end_wait(o, due.subject);
			break;
		}
	if (done == 0)
		sim_events_advance(o->events, now_ns);
	return done;
}
