/* SPDX-License-Identifier: MIT */
/* What a scenario will do, for programs; NULL travels up as in check_json.c. */
#include <math.h>
#include <stdlib.h>

#include "cli/check/check_scenario.h"
#include "model/health/health.h"
#include "model/config/names.h"
#include "sim/traffic/forecast.h"

/* clang-format off: a line is a key and its value */

static json_int_t
whole(uint64_t value)
{
	return (json_int_t)value;
}

static json_int_t
rounded(double value)
{
	return (json_int_t)llround(value);
}

/* Appends, or makes the list NULL. */
static json_t *
with_item(json_t *list, json_t *item)
{
	if (list != NULL && json_array_append_new(list, item) == 0)
		return list;
	if (list == NULL)
		json_decref(item);
	json_decref(list);
	return NULL;
}

/* --- traffic -------------------------------------------------------------- */

/* null: no connection is silent for longer than its idle timeout. */
static json_t *
silence_json(const struct check *check, const struct lb_traffic *t)
{
	struct check_silence s;

	if (!check_silence_of(check, t, &s))
		return json_null();
	return json_pack("{s:o, s:I, s:b}", "silent_ms",
	    s.silent_ms != UINT64_MAX ? json_integer(whole(s.silent_ms))
				      : json_null(),
	    "idle_timeout_ms", whole(s.idle_ms), "tcp_reset", s.reset);
}

static json_t *
source_json(const struct check *check, const struct lb_traffic *t)
{
	const char *target = check->config->rules->name;
	const struct sim_forecast f = sim_forecast(t, &check->scenario->scene);

	if (t->from_pool != NULL)
		target = NULL;
	else if (check->path != NULL)
		target = lb_traffic_target(check->config, t);
	return json_pack("{s:s, s:s?, s:s?, s:f, s:I, s:I, s:I, s:I, s:o}",
	    "profile", lb_profile_name(t->profile), "rule", target, "from_pool",
	    t->from_pool, "sessions_per_s", f.rate, "sessions",
	    rounded(f.sessions), "flows", rounded(f.flows), "packets",
	    rounded(f.packets), "memory_bytes", rounded(f.bytes), "silence",
	    silence_json(check, t));
}

static json_t *
traffic_json(const struct check *check)
{
	const struct lb_scenario *s = check->scenario;
	json_t *list = json_array();

	for (size_t i = 0; i < s->capture_count; i++)
		list = with_item(
		    list, json_pack("{s:s}", "capture", s->captures[i]));
	for (size_t i = 0; i < s->scene.traffic_count; i++)
		list =
		    with_item(list, source_json(check, &s->scene.traffic[i]));
	return list;
}

/* --- faults --------------------------------------------------------------- */

static json_t *
rules_json(const struct check *check, const struct lb_fault *fault, int probe,
    bool any)
{
	json_t *list = json_array();

	for (size_t r = 0; r < check_rule_count(check); r++) {
		const struct lb_config_rule *rule = &check->config->rules[r];
		if ((any || rule->probe == probe) &&
		    check_touches(check->config, fault, rule))
			list = with_item(list, json_string(rule->name));
	}
	return list;
}

static json_t *
frontends_json(const struct check *check, const struct lb_fault *fault)
{
	json_t *list = json_array();

	for (size_t r = 0; r < check_rule_count(check); r++) {
		const struct lb_config_rule *rule = &check->config->rules[r];
		if (check_loses_frontend(check->config, fault, rule))
			list = with_item(list, json_string(rule->name));
	}
	return list;
}

static json_t *
notice_json(const struct check *check, const struct lb_fault *fault, int p,
    json_t *rules)
{
	const struct lb_config_probe *probe = &check->config->probes[p];
	const struct check_expectation e = check_expect(fault, probe);
	const bool notices =
	    e.effect == CHECK_GOES_DOWN || e.effect == CHECK_COMES_UP;

	return json_pack("{s:s, s:b, s:o, s:o, s:o}", "probe", probe->name,
	    "notices", notices, "soonest_ms",
	    notices ? json_integer(whole(e.soonest_ns / LB_NS_PER_MS))
		    : json_null(),
	    "latest_ms",
	    notices ? json_integer(whole(e.latest_ns / LB_NS_PER_MS))
		    : json_null(),
	    "rules", rules);
}

/* What each probe of a touched rule makes of it. */
static json_t *
notices_json(const struct check *check, const struct lb_fault *fault)
{
	json_t *list = json_array();

	for (size_t p = 0; p < check->config->probe_count; p++) {
		json_t *rules = rules_json(check, fault, (int)p, false);
		if (rules == NULL || json_array_size(rules) > 0)
			list = with_item(
			    list, notice_json(check, fault, (int)p, rules));
		else
			json_decref(rules);
	}
	return list;
}

/* Null where nobody who stays has other ports; turn NULL: not known. */
static json_t *
turn_json(const struct sim_turn *turn)
{
	if (turn == NULL || turn->members == 0)
		return json_null();
	return json_pack("{s:I, s:I, s:I}", "members", whole(turn->members),
	    "ports_before", whole(turn->before), "ports_after",
	    whole(turn->after));
}

static json_t *
fault_json(const struct check *check, const struct lb_fault *fault,
    const struct sim_turn *turn)
{
	const bool probed = check_is_probed(fault);
	const enum lb_fault_subject subject = lb_fault_subject(fault->kind);

	return json_pack("{s:I, s:s, s:s, s:s?, s:o, s:o, s:o, s:o, s:o, "
			 "s:o}",
	    "at_ms", whole(fault->at_ms), "what", "fault", "fault",
	    lb_fault_name(fault->kind), "member", fault->member, "zone",
	    subject == LB_FAULT_OF_ZONE ? json_integer(fault->number)
					: json_null(),
	    "instance",
	    subject == LB_FAULT_OF_INSTANCE ? json_integer(fault->number)
					    : json_null(),
	    "frontend_of", frontends_json(check, fault), "noticed_by",
	    probed ? notices_json(check, fault) : json_null(),
	    probed ? "unprobed_rules" : "rules",
	    rules_json(check, fault, -1, !probed), "snat_turn",
	    turn_json(turn));
}

/* --- moments -------------------------------------------------------------- */

static json_t *
moment_json(const struct check *check, const struct check_moment *m,
    const struct sim_turn *turns)
{
	const struct lb_scenario *s = check->scenario;
	static const char *const names[] = {
		[CHECK_COUNTS] = "counting",
		[CHECK_STARTS] = "traffic_begins",
		[CHECK_STOPS] = "traffic_stops",
		[CHECK_ENDS] = "end",
	};

	if (m->kind == CHECK_FAULT)
		return fault_json(check, &s->faults[m->index],
		    turns != NULL ? &turns[m->index] : NULL);
	const bool of_traffic =
	    m->kind == CHECK_STARTS || m->kind == CHECK_STOPS;
	return json_pack("{s:I, s:s, s:o}", "at_ms", whole(m->at_ms), "what",
	    names[m->kind], "traffic",
	    of_traffic ? json_integer(whole(s->capture_count + m->index))
		       : json_null());
}

static json_t *
moments_json(const struct check *check)
{
	size_t count;
	struct check_moment *all = check_moments(check->scenario, &count);
	struct sim_turn *turns = check_turns(check);
	json_t *list = all == NULL ? NULL : json_array();

	for (size_t i = 0; list != NULL && i < count; i++)
		list = with_item(list, moment_json(check, &all[i], turns));
	free(turns);
	free(all);
	return list;
}

/* --- the whole ------------------------------------------------------------ */

static json_t *
cases_json(const struct check *check)
{
	const struct cli_case_settings from = check_cases(check);
	char name[CLI_CASE_NAME_BYTES];
	json_t *list = json_array();

	for (size_t i = 0; i < cli_case_count(&from); i++) {
		cli_case_name(&from, i, name);
		list = with_item(list, json_string(name));
	}
	return list;
}

json_t *
check_scenario_json(const struct check *check)
{
	const struct lb_scenario *s = check->scenario;

	if (s == NULL || check->config == NULL ||
	    check->scenario_problems->error_count > 0)
		return json_null();
	return json_pack("{s:o, s:I, s:i, s:s, s:I, s:o, s:o, s:o, s:f, s:I}",
	    "duration_ms",
	    s->scene.duration_ms != 0
		? json_integer(whole(s->scene.duration_ms))
		: json_null(),
	    "warm_up_ms", whole(s->scene.warm_up_ms), "instances",
	    (int)s->scene.instances, "ecmp", lb_ecmp_name(s->scene.ecmp),
	    "replications", whole(s->replications != 0 ? s->replications : 1),
	    "cases", cases_json(check), "traffic", traffic_json(check),
	    "events", moments_json(check), "drawn_faults", check_drawn(check),
	    "assertions", whole(s->assertion_count));
}
/* clang-format on */
