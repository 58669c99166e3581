/* SPDX-License-Identifier: MIT */
#include "reports/words/hairpin.h"
#include "reports/words/silence.h"
#include "reports/report.h"
#include "reports/stats/bootstrap.h"
#include "reports/stats/expect.h"
#include "reports/words/checks.h"
#include "reports/data/failover_json.h"
#include "reports/text/json_build.h"
#include "reports/words/nats.h"
#include "reports/stats/snat.h"
#include "reports/stats/stats.h"

/* summary.json (design.md 8). */
#define SCHEMA   1
#define NS_PER_S 1e9

static json_t *
file_json(const struct sim_file *file)
{
	json_t *o = with(json_object(), "name", text(file->name));
	o = with(o, "sha256", text_or_null(file->sha256));
	o = with(o, "packets", whole(file->packets));
	o = with(o, "error", text_or_null(file->error));
	return with(o, "damaged_at",
	    file->damaged_at == UINT64_MAX ? json_null()
					   : whole(file->damaged_at));
}

static json_t *
input_json(const struct sim_record *record)
{
	const struct sim_input *in = &record->input;
	json_t *files = json_array();
	for (size_t i = 0; i < in->file_count; i++)
		files = with_item(files, file_json(&in->files[i]));

	json_t *role_by = with(json_object(), "syn", whole(in->role_syn));
	role_by = with(role_by, "port", whole(in->role_port));
	role_by = with(role_by, "first", whole(in->role_first));

	json_t *skipped = with(json_object(), "not_ip", whole(in->not_ip));
	skipped = with(skipped, "truncated", whole(in->truncated));
	skipped = with(skipped, "malformed", whole(in->malformed));
	skipped = with(skipped, "other_protocol", whole(in->other_protocol));
	skipped = with(skipped, "icmp", whole(in->icmp));
	skipped = with(skipped, "over_limit", whole(in->over_limit));

	json_t *o = with(json_object(), "files", files);
	o = with(o, "packets", whole(in->packets));
	o = with(o, "bytes", whole(in->bytes));
	o = with(o, "flows", whole(in->flows));
	o = with(o, "duration_s", ratio((double)in->duration_ns / NS_PER_S));
	o = with(o, "synthetic", json_boolean(record->synthetic));
	o = with(o, "warm_up_s", ratio((double)record->warm_up_ns / NS_PER_S));
	o = with(o, "loop", whole(in->loop));
	o = with(o, "backwards", whole(in->backwards));
	o = with(o, "gaps_shortened", whole(in->gaps));
	o = with(o, "gaps_shortened_by_s",
	    ratio((double)in->gaps_cut_ns / NS_PER_S));
	o = with(o, "role_by", role_by);
	return with(o, "skipped", skipped);
}

static json_t *
backend_json(const struct sim_backend *b, const struct report_fair *fair)
{
	json_t *o = with(json_object(), "name", text(b->name));
	o = with(o, "weight", whole(b->weight));
	o = with(o, "fair", ratio(report_fair_share(fair, b)));
	o = with(o, "flows", whole(b->flows));
	o = with(o, "packets", whole(b->packets));
	o = with(o, "packets_in", whole(b->packets_in));
	o = with(o, "bytes", whole(b->bytes));
	return with(o, "bytes_in", whole(b->bytes_in));
}

static json_t *
expected_json(const struct report_indices *of)
{
	json_t *o = with(json_object(), "jain", ratio(of->jain));
	o = with(o, "peak_to_average", ratio(of->peak_to_average));
	o = with(o, "cv", ratio(of->cv));
	o = with(o, "gini", ratio(of->gini));
	return with(o, "effective_backends", ratio(of->effective_backends));
}

/* [low, high], or null. */
static json_t *
range_json(const struct report_range *of)
{
	if (!isfinite(of->low) || !isfinite(of->high))
		return json_null();
	return with_item(
	    with_item(json_array(), ratio(of->low)), ratio(of->high));
}

static json_t *
interval_json(const struct report_intervals *of)
{
	json_t *o = with(json_object(), "jain", range_json(&of->jain));
	o = with(o, "cv", range_json(&of->cv));
	o = with(o, "gini", range_json(&of->gini));
	return with(
	    o, "effective_backends", range_json(&of->effective_backends));
}

static json_t *
fairness_json(const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	struct report_fairness f;
	if (report_fairness(rule, unit, &f) != 0)
		return NULL;
	double h = report_concentration(rule, unit);
	struct report_indices expected = report_expect(rule, unit, seed);
	struct report_intervals interval = report_bootstrap(rule, unit, seed);
	json_t *o = with(json_object(), "jain", ratio(f.jain));
	o = with(o, "peak_to_average", ratio(f.peak_to_average));
	o = with(o, "cv", ratio(f.cv));
	o = with(o, "gini", ratio(f.gini));
	o = with(o, "effective_backends", ratio(f.effective_backends));
	o = with(o, "expected_jain", ratio(f.expected_jain));
	o = with(o, "p_value", ratio(report_p_value(rule, unit, seed)));
	o = with(o, "herfindahl", ratio(h));
	o = with(o, "effective_keys", ratio(1 / h));
	o = with(o, "expected", expected_json(&expected));
	return with(o, "interval", interval_json(&interval));
}

static json_t *
rule_json(const struct sim_rule *rule, uint64_t seed)
{
	json_t *backends = json_array(), *fairness = json_object();
	const struct report_fair fair = report_fair(rule);
	for (size_t i = 0; i < rule->backend_count; i++)
		backends = with_item(
		    backends, backend_json(&rule->backends[i], &fair));
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		fairness = with(fairness, report_unit_name(u),
		    fairness_json(rule, u, seed));

	json_t *o = with(json_object(), "name", text(rule->name));
	o = with(o, "distribution", text(rule->distribution));
	o = with(o, "algorithm", text(rule->algorithm));
	o = with(o, "keys", whole(rule->key_count));
	o = with(o, "flows", whole(rule->flows));
	o = with(o, "connections", whole(rule->connections));
	o = with(o, "packets", whole(rule->packets));
	o = with(o, "bytes", whole(rule->bytes));
	o = with(o, "silent", report_silence_json(&rule->silence));
	o = with(o, "backends", backends);
	return with(o, "fairness", fairness);
}

static json_t *
case_json(const struct sim_case *c, uint64_t seed)
{
	json_t *rules = json_array(), *drops = json_object();
	for (size_t i = 0; i < c->rule_count; i++)
		rules = with_item(rules, rule_json(&c->rules[i], seed));
	for (size_t i = 0; i < c->drop_count; i++)
		drops =
		    with(drops, c->drops[i].reason, whole(c->drops[i].packets));

	json_t *o = with(json_object(), "name", text(c->name));
	o = with(o, "rules", rules);
	o = with(o, "nat_rules", report_nats_json(c));
	o = with(o, "drops", drops);
	o = with(o, "passed", whole(c->passed));
	o = with(o, "untracked", whole(c->untracked));
	o = with(o, "reply_suppressed", whole(c->reply_suppressed));
	o = with(o, "hairpin", report_hairpin_json(c));
	o = with(
	    o, "outbound_silent", report_silence_json(&c->outbound_silence));
	o = with(o, "failover", report_failover_json(c));
	o = report_world_json(o, c);
	return report_snat_json(o, c);
}

static json_t *
assertions_json(const struct sim_record *record)
{
	struct report_checks checks;
	json_t *list = json_array();

	if (report_checks_make(&checks, record) != 0)
		list = with_item(list, NULL);
	for (size_t i = 0; i < checks.count; i++) {
		const struct report_check *check = &checks.at[i];
		json_t *o = with(json_object(), "text", text(check->text));
		o = with(o, "measured", ratio(check->measured));
		list =
		    with_item(list, with(o, "pass", json_boolean(check->pass)));
	}
	report_checks_free(&checks);
	return list;
}

static json_t *
record_json(const struct sim_record *record)
{
	json_t *cases = json_array();
	for (size_t i = 0; i < record->case_count; i++)
		cases = with_item(
		    cases, case_json(&record->cases[i], record->seed));

	json_t *run = with(json_object(), "events", whole(record->events));
	run = with(run, "max_pending", whole(record->max_pending));

	json_t *o = with(json_object(), "fairlead", text(record->version));
	o = with(o, "schema", whole(SCHEMA));
	o = with(o, "seed", whole(record->seed));
	o = with(o, "deterministic", json_boolean(record->deterministic));
	o = with(o, "partial", json_boolean(record->partial));
	o = with(o, "input", input_json(record));
	o = with(o, "cases", cases);
	o = with(o, "replications", report_replications_json(record));
	o = with(o, "assertions", assertions_json(record));
	return with(o, "run", run);
}

int
report_json(const struct sim_record *record, FILE *to)
{
	return json_write(record_json(record), to);
}
