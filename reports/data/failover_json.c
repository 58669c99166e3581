/* SPDX-License-Identifier: MIT */
#include "reports/data/failover_json.h"
#include "reports/stats/failover.h"
#include "reports/text/json_build.h"
#include "reports/stats/snat.h"

#define NS_PER_S 1e9

/* What never happened is null. */
static json_t *
after_json(uint64_t ns)
{
	return ns == SIM_NO_TIME ? json_null() : ratio((double)ns / NS_PER_S);
}

static json_t *
one_json(const struct sim_failover *f)
{
	json_t *expected =
	    with(json_object(), "soonest", after_json(f->soonest_ns));
	expected = with(expected, "latest", after_json(f->latest_ns));

	json_t *o = with(json_object(), "fault", text(f->fault));
	o = with(o, "member", text_or_null(f->member));
	o = with(o, "at_s", after_json(f->at_ns));
	o = with(o, "first_failed_after_s", after_json(f->failed_ns));
	o = with(o, "detected_after_s", after_json(f->detected_ns));
	o = with(o, "expected_s", expected);
	o = with(o, "rerouted_after_s", after_json(f->rerouted_ns));
	o = with(o, "restored_after_s", after_json(f->restored_ns));
	o = with(o, "flows_moved", whole(f->moved));
	o = with(o, "flows_moved_needlessly", whole(f->needless));
	o = with(o, "flows_broken", whole(f->broken));
	o = with(o, "packets_lost", whole(f->lost));
	o = with(o, "offered", whole(f->offered));
	o = with(o, "requests", whole(f->requests));
	o = with(o, "retries", whole(f->retries));
	o = with(o, "given_up", whole(f->given_up));
	o = with(o, "errors", whole(f->errors));
	o = with(o, "unanswered", whole(f->unanswered));
	o = with(
	    o, "availability", ratio(report_outcome(f, REPORT_AVAILABILITY)));
	return with(
	    o, "error_budget_minutes", ratio(report_outcome(f, REPORT_BUDGET)));
}

json_t *
report_failover_json(const struct sim_case *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->failover_count; i++)
		list = with_item(list, one_json(&c->failovers[i]));
	return list;
}

/* --- the world ------------------------------------------------------------ */

static json_t *
response_json(const struct sim_clients *c)
{
	struct report_response r = report_response_of(c);

	if (isnan(r.mean))
		return json_null();
	json_t *o = with(json_object(), "mean", ratio(r.mean));
	o = with(o, "p50", ratio(r.p50));
	o = with(o, "p90", ratio(r.p90));
	o = with(o, "p99", ratio(r.p99));
	return with(o, "max", ratio(r.max));
}

static json_t *
clients_json(const struct sim_case *c)
{
	const struct sim_clients *s = &c->clients;
	json_t *o = with(json_object(), "sessions", whole(s->sessions));

	o = with(o, "requests", whole(s->requests));
	o = with(o, "answered", whole(s->answered));
	o = with(o, "retries", whole(s->retries));
	o = with(o, "given_up", whole(s->given_up));
	o = with(o, "given_up_without_port", whole(s->no_port));
	o = with(o, "given_up_hairpin", whole(s->came_back));
	o = with(o, "errors", whole(s->errors));
	o = with(o, "unanswered", whole(s->unanswered));
	o = with(o, "under_way", whole(report_under_way(s)));
	o = with(o, "refused", whole(s->refused));
	o = with(o, "reset", whole(s->reset));
	o = with(o, "notifications", whole(s->notifications));
	o = with(o, "notified", whole(s->notified));
	o = with(o, "rebound", whole(s->rebound));
	o = with(o, "link_lost", whole(s->link_lost));
	o = with(o, "late", whole(s->late));
	o = with(o, "late_elsewhere", whole(s->late_elsewhere));
	o = with(o, "availability", ratio(report_availability(c)));
	return with(o, "response_s", response_json(s));
}

static json_t *
server_json(const struct sim_served *s)
{
	json_t *o = with(json_object(), "name", text(s->name));

	o = with(o, "served", whole(s->served));
	o = with(o, "turned_away", whole(s->turned_away));
	o = with(o, "cut_short", whole(s->cut_short));
	o = with(o, "busy_s", ratio((double)s->busy_ns / NS_PER_S));
	o = with(o, "waited_s", ratio((double)s->waited_ns / NS_PER_S));
	o = with(o, "peak_busy", whole(s->peak_busy));
	return with(o, "peak_queue", whole(s->peak_queue));
}

json_t *
report_world_json(json_t *o, const struct sim_case *c)
{
	json_t *servers = json_array(), *instances = json_array();

	for (size_t i = 0; i < c->served_count; i++)
		servers = with_item(servers, server_json(&c->served[i]));
	for (size_t i = 0; i < c->instance_count; i++) {
		const struct sim_instance *of = &c->instances[i];
		instances = with_item(instances,
		    with(with(json_object(), "flows", whole(of->flows)),
			"packets", whole(of->packets)));
	}
	json_t *rehomed = with(json_object(), "flows", whole(c->rehomed));
	rehomed = with(rehomed, "moved", whole(c->rehomed_moved));
	rehomed = with(rehomed, "broken", whole(c->rehomed_broken));

	o = with(o, "unreachable", whole(c->unreachable));
	o = with(o, "clients", clients_json(c));
	o = with(o, "servers", servers);
	o = with(o, "instances", instances);
	return with(o, "rehomed", rehomed);
}

/* --- replications --------------------------------------------------------- */

json_t *
report_spread_json(const struct report_spread *s)
{
	json_t *interval = json_null();

	if (isfinite(s->interval.low))
		interval =
		    with_item(with_item(json_array(), ratio(s->interval.low)),
			ratio(s->interval.high));
	json_t *o = with(json_object(), "n", whole(s->n));
	o = with(o, "mean", ratio(s->mean));
	o = with(o, "interval", interval);
	o = with(o, "min", ratio(s->min));
	o = with(o, "p50", ratio(s->p50));
	o = with(o, "p90", ratio(s->p90));
	o = with(o, "p99", ratio(s->p99));
	return with(o, "max", ratio(s->max));
}

/* A fault's outcomes, or all faults' when they are not the same. */
static json_t *
outcomes_json(
    json_t *o, const struct sim_record *record, size_t of_case, size_t fault)
{
	for (unsigned m = 0; m < REPORT_OUTCOME_COUNT; m++) {
		struct report_spread s;
		int made = report_spread_make(
		    &s, record, of_case, fault, (enum report_outcome)m);
		o = with(o, report_outcome_name((enum report_outcome)m),
		    made == 0 ? report_spread_json(&s) : NULL);
		report_spread_free(&s);
	}
	return o;
}

static json_t *
faults_json(const struct sim_record *record, size_t of_case)
{
	const struct sim_case *c = &record->cases[of_case];
	json_t *list = json_array();

	if (!report_faults_agree(record, of_case)) {
		json_t *o = with(json_object(), "fault", json_null());
		o = with(o, "member", json_null());
		return with_item(
		    list, outcomes_json(o, record, of_case, REPORT_ALL_FAULTS));
	}
	for (size_t i = 0; i < c->failover_count; i++) {
		const struct sim_failover *f = &c->failovers[i];
		json_t *o = with(json_object(), "fault", text(f->fault));
		o = with(o, "member", text_or_null(f->member));
		list = with_item(list, outcomes_json(o, record, of_case, i));
	}
	return list;
}

static json_t *
jain_json(const struct sim_record *record, size_t of_case, size_t rule)
{
	json_t *o = with(json_object(), "name",
	    text(record->cases[of_case].rules[rule].name));

	for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++) {
		struct report_spread s;
		int made = report_spread_jain(
		    &s, record, of_case, rule, (enum report_unit)u);
		json_t *jain = with(json_object(), "jain",
		    made == 0 ? report_spread_json(&s) : NULL);
		o = with(o, report_unit_name((enum report_unit)u), jain);
		report_spread_free(&s);
	}
	return o;
}

json_t *
report_replications_json(const struct sim_record *record)
{
	json_t *cases = json_array();
	size_t count = report_replications(record);

	/* of one run, the cases say it all */
	for (size_t i = 0; count > 1 && i < record->case_count; i++) {
		json_t *rules = json_array();
		for (size_t r = 0; r < record->cases[i].rule_count; r++)
			rules = with_item(rules, jain_json(record, i, r));
		json_t *o =
		    with(json_object(), "name", text(record->cases[i].name));
		o = with(o, "failover", faults_json(record, i));
		o = with(o, "rules", rules);
		cases = with_item(
		    cases, with(o, "snat", report_snat_spread_json(record, i)));
	}
	return with(with(json_object(), "count", whole(count)), "cases", cases);
}
