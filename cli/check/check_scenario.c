/* SPDX-License-Identifier: MIT */
#include "cli/check/check_scenario.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/config_new.h"
#include "model/health/health.h"
#include "sim/faults/outage.h"

struct cli_case_settings
check_cases(const struct check *check)
{
	struct cli_case_settings from = {
		.modes = cli_modes_of_bits(check->scenario->modes),
		.algorithms =
		    cli_algorithms_of_bits(check->scenario->algorithms),
	};

	if (check->path == NULL && from.modes.count == 0)
		from.modes = cli_modes_all();
	return from;
}

/* --- moments -------------------------------------------------------------- */

static int
by_time(const void *a, const void *b)
{
	const struct check_moment *x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

struct check_moment *
check_moments(const struct lb_scenario *s, size_t *count)
{
	const struct lb_scene *scene = &s->scene;
	const size_t most = s->fault_count + 2 * scene->traffic_count + 2;
	struct check_moment *all = calloc(most, sizeof(*all)), *next = all;

	if (all == NULL)
		return NULL;
	if (scene->warm_up_ms > 0)
		*next++ =
		    (struct check_moment){ scene->warm_up_ms, CHECK_COUNTS, 0 };
	for (size_t i = 0; i < scene->traffic_count; i++) {
		const struct lb_traffic *t = &scene->traffic[i];
		if (t->start_ms != 0)
			*next++ = (struct check_moment){ t->start_ms,
				CHECK_STARTS, i };
		if (t->stop_ms != 0 && t->stop_ms < scene->duration_ms)
			*next++ =
			    (struct check_moment){ t->stop_ms, CHECK_STOPS, i };
	}
	for (size_t i = 0; i < s->fault_count; i++)
		*next++ =
		    (struct check_moment){ s->faults[i].at_ms, CHECK_FAULT, i };
	if (scene->duration_ms != 0)
		*next++ =
		    (struct check_moment){ scene->duration_ms, CHECK_ENDS, 0 };
	*count = (size_t)(next - all);
	qsort(all, *count, sizeof(*all), by_time);
	return all;
}

/* --- expectations --------------------------------------------------------- */

bool
check_is_probed(const struct lb_fault *fault)
{
	switch (lb_fault_subject(fault->kind)) {
	case LB_FAULT_OF_SERVER:
	case LB_FAULT_OF_ZONE:
		return true;
	default:
		/* who is new waits for its probes */
		return fault->kind == LB_FAULT_ADDED;
	}
}

static struct check_expectation
expect_up(const struct lb_config_probe *probe)
{
	const uint64_t latest_ns = lb_probe_detect_ns(probe, LB_ANSWER_GOOD);

	return (struct check_expectation){ CHECK_COMES_UP,
		latest_ns - probe->interval_ms * LB_NS_PER_MS, latest_ns };
}

static struct check_expectation
expect_down(enum lb_fault_kind state, const struct lb_config_probe *probe)
{
	const enum lb_answer answer = sim_server_answer(state, probe);
	const uint64_t latest_ns = lb_probe_detect_ns(probe, answer);

	if (answer == LB_ANSWER_GOOD)
		return (struct check_expectation){ CHECK_UNNOTICED, 0, 0 };
	return (struct check_expectation){ CHECK_GOES_DOWN,
		latest_ns - probe->interval_ms * LB_NS_PER_MS, latest_ns };
}

struct check_expectation
check_expect(const struct lb_fault *fault, const struct lb_config_probe *probe)
{
	struct check_expectation e;

	switch (fault->kind) {
	case LB_FAULT_UP:
	case LB_FAULT_ZONE_UP:
	case LB_FAULT_ADDED:
		return expect_up(probe);
	case LB_FAULT_ZONE_DOWN:
		return expect_down(LB_FAULT_CRASHED, probe);
	case LB_FAULT_FLAPPING:
		e = expect_down(LB_FAULT_CRASHED, probe);
		if (e.soonest_ns >= fault->period_ms * LB_NS_PER_MS / 2)
			e.effect = CHECK_TOO_SHORT;
		return e;
	default:
		return expect_down(fault->kind, probe);
	}
}

/* --- who is touched ------------------------------------------------------- */

bool
check_loses_frontend(const struct lb_config *config,
    const struct lb_fault *fault, const struct lb_config_rule *rule)
{
	return lb_fault_subject(fault->kind) == LB_FAULT_OF_ZONE &&
	       rule->frontend >= 0 &&
	       config->frontends[rule->frontend].zones == UINT32_C(1)
							      << fault->number;
}

static bool
is_befallen(const struct lb_config_member *member, const struct lb_fault *fault)
{
	return fault->member != NULL ? strcmp(member->name, fault->member) == 0
				     : member->zone == fault->number;
}

bool
check_touches(const struct lb_config *config, const struct lb_fault *fault,
    const struct lb_config_rule *rule)
{
	const struct lb_config_pool *pool = &config->pools[rule->pool];

	if (lb_fault_subject(fault->kind) == LB_FAULT_OF_INSTANCE)
		return true;
	for (size_t m = 0; m < pool->member_count; m++)
		if (is_befallen(&pool->members[m], fault))
			return true;
	return false;
}

size_t
check_rule_count(const struct check *check)
{
	return check->path == NULL ? 1 : check->config->rule_count;
}

/* --- silence -------------------------------------------------------------- */

/* Where members leave by; without an outbound rule by a default one. */
static void
take_way_out(const struct lb_config *config, const struct lb_traffic *t,
    struct check_silence *s)
{
	const int pool = lb_traffic_pool(config, t);
	struct lb_config_rule otherwise;

	for (size_t i = 0; i < config->outbound_count; i++) {
		const struct lb_config_outbound *o = &config->outbounds[i];
		if (o->pool != pool ||
		    (o->proto != 0 && o->proto != LB_PROTO_TCP))
			continue;
		s->idle_ms = o->idle_timeout_ms;
		s->name = o->name;
		s->reset = o->tcp_reset;
		return;
	}
	lb_config_rule_init(&otherwise);
	s->idle_ms = otherwise.idle_timeout_ms;
}

static void
take_way_in(const struct check *check, const struct lb_traffic *t,
    struct check_silence *s)
{
	const struct lb_config *config = check->config;
	const struct lb_config_nat *nat =
	    check->path != NULL ? lb_traffic_nat(config, t) : NULL;
	const struct lb_config_rule *rule =
	    check->path != NULL ? lb_traffic_rule(config, t) : config->rules;

	if (nat != NULL) {
		s->idle_ms = nat->idle_timeout_ms;
		s->name = nat->name;
		s->reset = nat->tcp_reset;
	} else if (rule != NULL) {
		s->idle_ms = rule->idle_timeout_ms;
		s->name = rule->name;
		s->reset = rule->tcp_reset;
	}
}

bool
check_silence_of(const struct check *check, const struct lb_traffic *t,
    struct check_silence *out)
{
	const uint64_t end_ms = check->scenario->scene.duration_ms;
	struct check_silence s = { .silent_ms = UINT64_MAX };

	if (t->profile != LB_PROFILE_LONG_LIVED)
		return false;
	if (t->keepalive_ms != 0)
		s.silent_ms = t->keepalive_ms;
	if (t->message_every_ms != 0 && t->message_every_ms < s.silent_ms)
		s.silent_ms = t->message_every_ms;
	if (t->from_pool != NULL)
		take_way_out(check->config, t, &s);
	else
		take_way_in(check, t, &s);
	*out = s;
	return s.idle_ms != 0 && s.silent_ms >= s.idle_ms &&
	       (end_ms == 0 || t->start_ms + s.idle_ms < end_ms);
}

/* --- drawn ---------------------------------------------------------------- */

/* Zero configuration's pools are of the same members. */
static size_t
count_members(const struct check *check, const char *name)
{
	const struct lb_config *config = check->config;
	const size_t pools = check->path == NULL ? 1 : config->pool_count;
	size_t count = 0;

	for (size_t p = 0; p < pools; p++)
		for (size_t m = 0; m < config->pools[p].member_count; m++)
			count +=
			    name == NULL ||
			    strcmp(config->pools[p].members[m].name, name) == 0;
	return count;
}

double
check_drawn(const struct check *check)
{
	const struct lb_scene *scene = &check->scenario->scene;
	double all = 0;

	for (size_t i = 0; i < scene->failure_count; i++) {
		const struct lb_failures *f = &scene->failures[i];
		all += (double)count_members(check, f->member) *
		       (double)scene->duration_ms /
		       (double)(f->mean_up_ms + f->mean_down_ms);
	}
	return all;
}

/* --- SNAT ports ----------------------------------------------------------- */

struct sim_turn *
check_turns(const struct check *check)
{
	const struct lb_scenario *s = check->scenario;
	struct sim_turn *turns = calloc(s->fault_count + 1, sizeof(*turns));

	if (turns == NULL || sim_foresee_turns(check->config, s->faults,
				 s->fault_count, turns) == 0)
		return turns;
	free(turns);
	return NULL;
}
