/* SPDX-License-Identifier: MIT */
#include "tests/sim/truth.h"

#include <limits.h>
#include <string.h>

#include "sim/faults/outage.h"
#include "tests/unit.h"

#define HTTP_WAIT_NS (UINT64_C(30000) * LB_NS_PER_MS)

/* --- who is probed ------------------------------------------------------- */

static unsigned
member_count(const struct truth *t)
{
	unsigned count = 0;

	for (size_t p = 0; p < t->config->pool_count; p++)
		count += (unsigned)t->config->pools[p].member_count;
	return count;
}

static struct truth_target *
target_of(struct truth *t, unsigned probe, const struct lb_addr *address)
{
	for (size_t i = 0; i < t->target_count; i++)
		if (t->targets[i].probe == probe &&
		    lb_addr_same(&t->targets[i].address, address))
			return &t->targets[i];
	struct truth_target *fresh = &t->targets[t->target_count++];
	*fresh = (struct truth_target){ .probe = probe, .address = *address };
	return fresh;
}

/* Whoever comes in is unknown; whoever stays is as he was. */
static void
set_targets(struct truth *t)
{
	const struct lb_config *c = t->config;
	bool was_there[TRUTH_TARGETS_MAX];

	for (size_t i = 0; i < t->target_count; i++) {
		was_there[i] = t->targets[i].is_there;
		t->targets[i].is_there = false;
	}
	for (size_t i = t->target_count; i < TRUTH_TARGETS_MAX; i++)
		was_there[i] = false;
	for (size_t r = 0; r < c->rule_count; r++) {
		const struct lb_config_rule *rule = &c->rules[r];
		if (rule->probe < 0)
			continue;
		for (size_t m = 0; m < c->pools[rule->pool].member_count; m++) {
			const struct truth_member *member =
			    &t->members[t->first[rule->pool] + m];
			if (!member->is_removed)
				target_of(t, (unsigned)rule->probe,
				    &member->config->address)
				    ->is_there = true;
		}
	}
	for (size_t i = 0; i < t->target_count; i++)
		if (!was_there[i])
			t->targets[i] = (struct truth_target){
				.probe = t->targets[i].probe,
				.address = t->targets[i].address,
				.is_there = t->targets[i].is_there,
			};
}

/* --- making -------------------------------------------------------------- */

static bool
same_subject(const struct lb_fault *a, const struct lb_fault *b)
{
	if (a->member == NULL || b->member == NULL)
		return a->member == b->member && a->number == b->number;
	return strcmp(a->member, b->member) == 0;
}

/* Does it come before anything of that kind happened to it? */
static bool
comes_first(const struct truth *t, size_t number, enum lb_fault_kind goes)
{
	const struct lb_fault *comes = &t->faults[number];

	for (size_t i = 0; i < t->fault_count; i++) {
		const struct lb_fault *f = &t->faults[i];
		if (f->kind == goes && same_subject(f, comes) &&
		    (f->at_ms < comes->at_ms ||
			(f->at_ms == comes->at_ms && i < number)))
			return false;
	}
	return true;
}

/* Who comes later is not there yet. */
static void
set_absent(struct truth *t)
{
	for (size_t i = 0; i < t->fault_count; i++) {
		const struct lb_fault *f = &t->faults[i];
		if (f->kind == LB_FAULT_INSTANCE_UP &&
		    comes_first(t, i, LB_FAULT_INSTANCE_DOWN))
			t->instances_down |= UINT64_C(1) << (f->number - 1);
		if (f->kind != LB_FAULT_ADDED ||
		    !comes_first(t, i, LB_FAULT_REMOVED))
			continue;
		for (unsigned m = 0; m < member_count(t); m++)
			if (strcmp(t->members[m].config->name, f->member) == 0)
				t->members[m].is_removed = true;
	}
}

/* At the beginning everybody is up, unless the scene says otherwise. */
static void
set_first_targets(struct truth *t)
{
	const struct lb_scene *scene = t->settings->scene;

	t->targets = calloc(TRUTH_TARGETS_MAX, sizeof(*t->targets));
	UNIT_NEED(t->targets);
	/* all of the configuration's first: only they are up */
	set_targets(t);
	if (scene == NULL || !scene->members_start_unknown)
		for (size_t i = 0; i < t->target_count; i++)
			t->targets[i].state = TRUTH_UP;
	set_absent(t);
	set_targets(t);
}

static void
set_probes(struct truth *t)
{
	const struct lb_config *c = t->config;
	const struct sim_outage *outage = t->player->outage;

	t->probes = calloc(c->probe_count + 1, sizeof(*t->probes));
	UNIT_NEED(t->probes);
	for (size_t p = 0; p < c->probe_count; p++) {
		const struct lb_config_probe *probe = &c->probes[p];
		struct truth_probe *mine = &t->probes[p];
		mine->interval_ns = probe->interval_ms * LB_NS_PER_MS;
		if (outage != NULL)
			mine->phase_ns = outage->probers[p].phase_ns;
		mine->next_ns = mine->phase_ns;
		mine->silent_ns = mine->interval_ns;
		if ((probe->protocol == LB_PROBE_HTTP ||
			probe->protocol == LB_PROBE_HTTPS) &&
		    mine->silent_ns > HTTP_WAIT_NS)
			mine->silent_ns = HTTP_WAIT_NS;
	}
}

struct truth *
truth_new(const struct sim_settings *settings, const struct sim_player *player)
{
	struct truth *t = calloc(1, sizeof(*t));
	unsigned count = 0;

	UNIT_NEED(t);
	t->settings = settings;
	t->player = player;
	t->config = player->config;
	for (size_t p = 0; p < t->config->pool_count; p++) {
		const struct lb_config_pool *pool = &t->config->pools[p];
		t->first[p] = count;
		for (size_t m = 0; m < pool->member_count; m++) {
			struct truth_member *member = &t->members[count++];
			member->config = &pool->members[m];
			member->admin = pool->members[m].admin_state;
			member->weight = pool->members[m].weight;
			member->server.factor = LB_SCENE_ONE;
		}
	}
	if (player->outage != NULL) {
		t->faults = player->outage->faults;
		t->fault_count = player->outage->fault_count;
	}
	set_first_targets(t);
	set_probes(t);
	t->happened = calloc(t->fault_count + 1, sizeof(*t->happened));
	UNIT_NEED(t->happened);
	return t;
}

void
truth_free(struct truth *t)
{
	if (t == NULL)
		return;
	free(t->targets);
	free(t->probes);
	free(t->happened);
	free(t);
}

/* --- servers ------------------------------------------------------------- */

/* The first of the configuration's members with that address. */
static const struct truth_member *
host_at(const struct truth *t, const struct lb_addr *address)
{
	for (unsigned m = 0; m < member_count(t); m++)
		if (lb_addr_same(&t->members[m].config->address, address))
			return &t->members[m];
	abort();
}

/* A computer is down with any zone that a member of its address is in. */
static bool
is_in_dead_zone(const struct truth *t, const struct lb_addr *address)
{
	for (unsigned m = 0; m < member_count(t); m++) {
		const struct lb_config_member *member = t->members[m].config;
		if (lb_addr_same(&member->address, address) &&
		    member->zone != 0 &&
		    (t->zones_down >> member->zone & 1) != 0)
			return true;
	}
	return false;
}

/* As it is just before an instant: a probe of that instant still meets it. */
static enum lb_fault_kind
server_before(
    const struct truth *t, const struct lb_addr *address, uint64_t at_ns)
{
	const struct truth_server *s = &host_at(t, address)->server;
	const uint64_t half_ns = s->period_ns / 2;

	if (is_in_dead_zone(t, address))
		return LB_FAULT_CRASHED;
	if (s->kind != LB_FAULT_FLAPPING)
		return s->kind;
	if (at_ns <= s->since_ns || half_ns == 0)
		return LB_FAULT_CRASHED;
	return (at_ns - 1 - s->since_ns) / half_ns % 2 == 0 ? LB_FAULT_CRASHED
							    : LB_FAULT_UP;
}

static bool
is_http(const struct lb_config_probe *probe)
{
	return probe->protocol == LB_PROBE_HTTP ||
	       probe->protocol == LB_PROBE_HTTPS;
}

/* A healthy server, as the scene makes it. */
static enum lb_answer
answer_of_healthy(const struct truth *t, const struct truth_member *host,
    const struct lb_config_probe *probe)
{
	const struct lb_scene *scene = t->settings->scene;
	const struct lb_server *server = NULL;
	bool listens = false;

	for (size_t i = 0; scene != NULL && i < scene->server_count; i++) {
		server = &scene->servers[i];
		if (server->member == NULL ||
		    strcmp(server->member, host->config->name) == 0)
			break;
		server = NULL;
	}
	if (server == NULL)
		return LB_ANSWER_GOOD;
	for (size_t i = 0; i < server->port_count; i++)
		listens |= server->ports[i] == probe->port;
	if (server->ports != NULL && !listens)
		return LB_ANSWER_REFUSED;
	if (probe->protocol == LB_PROBE_TCP)
		return LB_ANSWER_GOOD;
	const double takes_ns =
	    (double)server->service_ns * (double)host->server.factor / 1e6;
	double wait_ns = (double)probe->interval_ms * 1e6;
	if (is_http(probe) && wait_ns > (double)HTTP_WAIT_NS)
		wait_ns = (double)HTTP_WAIT_NS;
	if (server->probe_answer == LB_PROBE_ANSWER_HANG || takes_ns > wait_ns)
		return LB_ANSWER_SILENT;
	if (server->probe_answer == LB_PROBE_ANSWER_STATUS &&
	    (is_http(probe) ||
		(probe->protocol == LB_PROBE_COAP && probe->path != NULL)))
		return LB_ANSWER_WRONG;
	return LB_ANSWER_GOOD;
}

static enum lb_answer
answer_of(
    const struct truth *t, const struct truth_target *target, uint64_t at_ns)
{
	const struct lb_config_probe *probe = &t->config->probes[target->probe];

	switch (server_before(t, &target->address, at_ns)) {
	case LB_FAULT_CRASHED:
	case LB_FAULT_OFF:
		return LB_ANSWER_SILENT;
	case LB_FAULT_REFUSING:
		return LB_ANSWER_REFUSED;
	case LB_FAULT_DEAF: /* another program shakes hands */
		return probe->protocol == LB_PROBE_TCP ? LB_ANSWER_GOOD
						       : LB_ANSWER_SILENT;
	case LB_FAULT_HANGING:
		if (probe->protocol != LB_PROBE_TCP)
			return LB_ANSWER_SILENT;
		break;
	case LB_FAULT_HTTP_ERROR:
		if (is_http(probe) ||
		    (probe->protocol == LB_PROBE_COAP && probe->path != NULL))
			return LB_ANSWER_WRONG;
		break;
	default:
		break;
	}
	return answer_of_healthy(t, host_at(t, &target->address), probe);
}

/* --- probes -------------------------------------------------------------- */

/* AZ 2.3. */
static void
judge(struct truth *t, struct truth_target *target, enum lb_answer answer,
    uint64_t now_ns)
{
	const struct lb_config_probe *probe = &t->config->probes[target->probe];
	const bool http = is_http(probe);
	const bool good = answer == LB_ANSWER_GOOD;
	const unsigned needed =
	    http && answer != LB_ANSWER_SILENT ? 1 : probe->threshold;
	const uint64_t damping_ns = probe->flap_damping_ms * LB_NS_PER_MS;

	target->run = target->last_good == good ? target->run + 1 : 1;
	target->last_good = good;
	if (target->run < needed)
		return;
	if (good && target->state != TRUTH_UP) {
		if (now_ns < target->held_until_ns)
			return;
		target->state = TRUTH_UP;
		target->came_up = true;
		target->held_until_ns = 0;
		target->since_ns = now_ns;
		t->version++;
	} else if (!good && target->state != TRUTH_DOWN) {
		bool soon = target->state == TRUTH_UP && target->came_up &&
			    now_ns - target->since_ns < damping_ns;
		target->held_until_ns = soon ? now_ns + damping_ns : 0;
		target->state = TRUTH_DOWN;
		target->since_ns = now_ns;
		t->version++;
	}
}

static void
tick(struct truth *t, unsigned probe)
{
	struct truth_probe *mine = &t->probes[probe];
	const uint64_t now_ns = mine->next_ns;

	mine->next_ns += mine->interval_ns;
	for (size_t i = 0; i < t->target_count; i++) {
		struct truth_target *target = &t->targets[i];
		if (target->probe != probe || !target->is_there)
			continue;
		enum lb_answer answer = answer_of(t, target, now_ns);
		if (answer == LB_ANSWER_SILENT) {
			target->is_waited_for = true;
			mine->is_waiting = true;
		} else {
			judge(t, target, answer, now_ns);
		}
	}
}

/* When the latest tick's silent ones are known to be silent. */
static uint64_t
silent_at(const struct truth_probe *probe)
{
	return probe->is_waiting
		   ? probe->next_ns - probe->interval_ns + probe->silent_ns
		   : UINT64_MAX;
}

static void
end_wait(struct truth *t, unsigned probe)
{
	const uint64_t now_ns = silent_at(&t->probes[probe]);

	t->probes[probe].is_waiting = false;
	for (size_t i = 0; i < t->target_count; i++) {
		struct truth_target *target = &t->targets[i];
		if (target->probe != probe || !target->is_waited_for)
			continue;
		target->is_waited_for = false;
		judge(t, target, LB_ANSWER_SILENT, now_ns);
	}
}

/* --- faults -------------------------------------------------------------- */

static void
befall(struct truth *t, const struct lb_fault *fault, unsigned member)
{
	struct truth_member *m = &t->members[member];

	switch (fault->kind) {
	case LB_FAULT_ADMIN_NONE:
	case LB_FAULT_ADMIN_UP:
	case LB_FAULT_ADMIN_DOWN:
		m->admin =
		    (enum lb_admin_state)(fault->kind - LB_FAULT_ADMIN_NONE);
		break;
	case LB_FAULT_REMOVED:
		m->is_removed = true;
		break;
	case LB_FAULT_ADDED:
		m->is_removed = false;
		break;
	case LB_FAULT_WEIGHT:
		m->weight = fault->weight;
		break;
	default: /* of the server: whoever has its address */
		for (unsigned i = 0; i < member_count(t); i++)
			if (lb_addr_same(&t->members[i].config->address,
				&m->config->address))
				t->members[i].server = (struct truth_server){
					.kind = fault->kind,
					.since_ns = fault->at_ms * LB_NS_PER_MS,
					.period_ns =
					    fault->period_ms * LB_NS_PER_MS,
					.factor = fault->kind == LB_FAULT_SLOW
						      ? fault->factor
						      : LB_SCENE_ONE,
				};
		break;
	}
}

static void
set_instance(struct truth *t, const struct lb_fault *fault)
{
	const uint64_t bit = UINT64_C(1) << (fault->number - 1);

	if (fault->kind == LB_FAULT_INSTANCE_UP) {
		t->instances_down &= ~bit;
	} else {
		t->deaths[fault->number - 1]++;
		t->instances_down |= bit;
	}
}

static void
happen(struct truth *t, size_t number)
{
	const struct lb_fault *fault = &t->faults[number];

	t->happened[number] = true;
	t->version++;
	if (fault->kind == LB_FAULT_ZONE_DOWN)
		t->zones_down |= UINT32_C(1) << fault->number;
	else if (fault->kind == LB_FAULT_ZONE_UP)
		t->zones_down &= ~(UINT32_C(1) << fault->number);
	else if (fault->kind == LB_FAULT_INSTANCE_DOWN ||
		 fault->kind == LB_FAULT_INSTANCE_UP)
		set_instance(t, fault);
	else
		for (unsigned i = 0; i < member_count(t); i++)
			if (strcmp(t->members[i].config->name, fault->member) ==
			    0)
				befall(t, fault, i);
	if (fault->kind == LB_FAULT_REMOVED || fault->kind == LB_FAULT_ADDED)
		set_targets(t);
}

/* The next that has not happened; SIZE_MAX: none.  In order of time, and of
 * the list. */
static size_t
next_fault(const struct truth *t)
{
	size_t next = SIZE_MAX;

	for (size_t i = 0; i < t->fault_count; i++)
		if (!t->happened[i] &&
		    (next == SIZE_MAX ||
			t->faults[i].at_ms < t->faults[next].at_ms))
			next = i;
	return next;
}

/* --- time ---------------------------------------------------------------- */

/* Does tick after tick change nothing, as long as the servers do not? */
static bool
is_settled(const struct truth *t, unsigned probe, uint64_t at_ns)
{
	for (size_t i = 0; i < t->target_count; i++) {
		const struct truth_target *target = &t->targets[i];
		if (target->probe != probe || !target->is_there)
			continue;
		bool good = answer_of(t, target, at_ns) == LB_ANSWER_GOOD;
		bool was_good = target->run == 0 || target->last_good;
		if (target->is_waited_for && (good || was_good))
			return false;
		if (good != was_good ||
		    target->state != (good ? TRUTH_UP : TRUTH_DOWN) ||
		    host_at(t, &target->address)->server.kind ==
			LB_FAULT_FLAPPING)
			return false;
	}
	return true;
}

/* Captures may be silent for years. */
static void
skip_ticks(struct truth *t, unsigned probe, uint64_t until_ns)
{
	struct truth_probe *mine = &t->probes[probe];

	if (mine->next_ns >= until_ns || !is_settled(t, probe, mine->next_ns))
		return;
	mine->next_ns +=
	    (until_ns - mine->next_ns) / mine->interval_ns * mine->interval_ns;
}

/* What is due first; at one instant silences, then ticks, then faults. */
static bool
step(struct truth *t, uint64_t now_ns)
{
	const size_t fault = next_fault(t);
	const uint64_t fault_ns = fault == SIZE_MAX
				      ? UINT64_MAX
				      : t->faults[fault].at_ms * LB_NS_PER_MS;
	uint64_t first_ns = UINT64_MAX;
	unsigned probe = 0;
	bool waits = false;

	for (unsigned p = 0; p < t->config->probe_count; p++) {
		skip_ticks(t, p, now_ns < fault_ns ? now_ns : fault_ns);
		if (silent_at(&t->probes[p]) <= t->probes[p].next_ns &&
		    silent_at(&t->probes[p]) < first_ns) {
			first_ns = silent_at(&t->probes[p]);
			probe = p;
			waits = true;
		} else if (t->probes[p].next_ns < first_ns) {
			first_ns = t->probes[p].next_ns;
			probe = p;
			waits = false;
		}
	}
	if (first_ns > now_ns && fault_ns > now_ns)
		return false;
	if (fault_ns < first_ns)
		happen(t, fault);
	else if (waits)
		end_wait(t, probe);
	else
		tick(t, probe);
	return true;
}

void
truth_advance(struct truth *t, uint64_t now_ns)
{
	if (t->player->outage == NULL)
		return; /* nothing can happen: nobody probes */
	while (step(t, now_ns))
		;
}

/* --- who ----------------------------------------------------------------- */

static bool
is_probed_up(const struct truth *t, int probe, unsigned member)
{
	const struct lb_addr *address = &t->members[member].config->address;

	if (probe < 0)
		return true;
	for (size_t i = 0; i < t->target_count; i++)
		if (t->targets[i].probe == (unsigned)probe &&
		    lb_addr_same(&t->targets[i].address, address))
			return t->targets[i].state == TRUTH_UP;
	return false;
}

static bool
may_have_new(const struct truth *t, unsigned pool, uint64_t keepers, size_t m)
{
	return (keepers >> m & 1) != 0 &&
	       t->members[t->first[pool] + m].weight > 0;
}

uint64_t
truth_keepers(const struct truth *t, unsigned rule)
{
	const struct lb_config_rule *r = &t->config->rules[rule];
	const unsigned pool = (unsigned)r->pool;
	const size_t count = t->config->pools[pool].member_count;
	uint64_t up = 0, admitted = 0;
	bool any = false;

	for (size_t m = 0; m < count; m++) {
		unsigned i = t->first[pool] + (unsigned)m;
		const struct truth_member *member = &t->members[i];
		if (member->is_removed || member->admin == LB_ADMIN_DOWN)
			continue;
		admitted |= UINT64_C(1) << m;
		if (member->admin == LB_ADMIN_UP ||
		    is_probed_up(t, r->probe, i))
			up |= UINT64_C(1) << m;
	}
	for (size_t m = 0; m < count; m++)
		any |= may_have_new(t, pool, up, m);
	return any || r->all_down == LB_ALL_PROBED_DOWN ? up : admitted;
}

uint64_t
truth_candidates(const struct truth *t, unsigned rule)
{
	const unsigned pool = (unsigned)t->config->rules[rule].pool;
	const uint64_t keepers = truth_keepers(t, rule);
	uint64_t candidates = 0;

	for (size_t m = 0; m < t->config->pools[pool].member_count; m++)
		if (may_have_new(t, pool, keepers, m))
			candidates |= UINT64_C(1) << m;
	return candidates;
}

bool
truth_is_cut(const struct truth *t, const struct lb_addr *frontend)
{
	for (size_t f = 0; f < t->config->frontend_count; f++) {
		const struct lb_config_frontend *at = &t->config->frontends[f];
		if (at->zones != 0 && (at->zones & ~t->zones_down) == 0 &&
		    lb_addr_same(&at->address, frontend))
			return true;
	}
	return false;
}

uint64_t
truth_pool_digest(const struct truth *t, unsigned pool)
{
	uint64_t digest = UINT64_C(0xcbf29ce484222325);

	for (size_t m = 0; m < t->config->pools[pool].member_count; m++) {
		const struct truth_member *member =
		    &t->members[t->first[pool] + m];
		digest ^=
		    member->is_removed ? UINT64_C(1) << 32 : member->weight;
		digest *= UINT64_C(0x100000001b3);
	}
	return digest;
}

unsigned
truth_member_of_name(const struct truth *t, unsigned pool, const char *name)
{
	for (size_t m = 0; m < t->config->pools[pool].member_count; m++)
		if (strcmp(t->config->pools[pool].members[m].name, name) == 0)
			return (unsigned)m;
	return UINT_MAX;
}
