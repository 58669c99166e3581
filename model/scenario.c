/* SPDX-License-Identifier: MIT */
#include "model/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "model/names.h"
#include "model/numbers.h"
#include "model/problems.h"
#include "model/yaml_section.h"

#define X(section, key, text) LB_##section##_KEY_##key,
enum scenario_key { LB_SCENARIO_KEYS(X) LB_SCENARIO_KEY_COUNT };
enum traffic_key { LB_TRAFFIC_KEYS(X) LB_TRAFFIC_KEY_COUNT };
enum fault_key { LB_FAULT_KEYS(X) LB_FAULT_KEY_COUNT };
enum assertion_key { LB_ASSERTION_KEYS(X) LB_ASSERTION_KEY_COUNT };
#undef X
#define X(section, key, text) text,
static const char *const scenario_keys[] = { LB_SCENARIO_KEYS(X) };
static const char *const traffic_keys[] = { LB_TRAFFIC_KEYS(X) };
static const char *const fault_keys[] = { LB_FAULT_KEYS(X) };
static const char *const assertion_keys[] = { LB_ASSERTION_KEYS(X) };
#undef X

static char *
text_copy(struct lb_reader *reader, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		reader->no_memory = true;
	return copy;
}

/* --- traffic -------------------------------------------------------------- */

/* One speed and one loop serve all captures: they share one clock. */
static void
agree(struct lb_section *section, unsigned key, uint64_t value, bool first,
    uint64_t *common)
{
	if (first)
		*common = value;
	else if (*common != value)
		lb_section_refuse(section, key,
		    "this version plays all captures at the same `%s`; say it "
		    "of each in the same way",
		    section->keys[key]);
}

static void
read_pace(struct lb_section *section, struct lb_scenario *scenario, bool first)
{
	const char *text;
	uint64_t speed = LB_ASSERTION_ONE, loop = 1, common = scenario->loop;

	if (lb_take_text(section, LB_TRAFFIC_KEY_SPEED, &text) &&
	    (!lb_millionths_of_text(text, &speed) || speed == 0 ||
		speed > LB_SCENARIO_SPEED_MAX))
		lb_section_refuse(section, LB_TRAFFIC_KEY_SPEED,
		    "a factor from 0.000001 to 1000000, like 2 or 0.5");
	if (lb_take_number(
		section, LB_TRAFFIC_KEY_LOOP, LB_SCENARIO_LOOP_MAX, &loop) &&
	    loop == 0)
		lb_section_refuse(section, LB_TRAFFIC_KEY_LOOP,
		    "at least once, or leave the capture out");
	agree(section, LB_TRAFFIC_KEY_SPEED, speed, first,
	    &scenario->speed_millionths);
	agree(section, LB_TRAFFIC_KEY_LOOP, loop, first, &common);
	scenario->loop = (uint32_t)common;
}

static void
read_traffic(struct lb_reader *reader, const struct lb_yaml_node *node,
    struct lb_scenario *scenario)
{
	struct lb_section section;
	const char *capture;

	lb_section_open(
	    &section, reader, node, traffic_keys, LB_TRAFFIC_KEY_COUNT);
	if (lb_section_has(&section, LB_TRAFFIC_KEY_PROFILE)) {
		lb_section_refuse(&section, LB_TRAFFIC_KEY_PROFILE,
		    "synthetic traffic is not there yet; name a `capture`");
		return;
	}
	lb_section_require(&section, LB_TRAFFIC_KEY_CAPTURE, "traffic");
	read_pace(&section, scenario, scenario->capture_count == 0);
	if (!lb_take_text(&section, LB_TRAFFIC_KEY_CAPTURE, &capture))
		return;
	char *copy = text_copy(reader, capture);
	if (copy != NULL)
		scenario->captures[scenario->capture_count++] = copy;
}

static void
read_all_traffic(struct lb_section *root, struct lb_scenario *scenario)
{
	size_t count;
	const struct lb_yaml_node *node =
	    lb_take_list(root, LB_SCENARIO_KEY_TRAFFIC, &count);

	scenario->captures = calloc(count + 1, sizeof(*scenario->captures));
	if (scenario->captures == NULL)
		root->reader->no_memory = true;
	for (; node != NULL && scenario->captures != NULL;
	     node = lb_list_next(root->reader, node))
		read_traffic(root->reader, node, scenario);
}

/* --- faults --------------------------------------------------------------- */

static void
read_fault(struct lb_reader *reader, const struct lb_yaml_node *node,
    size_t *count, struct lb_fault *faults)
{
	struct lb_section section;
	struct lb_fault *fault = &faults[*count];
	const char *member = NULL;
	int state = LB_FAULT_UP, admin = LB_ADMIN_NONE;

	lb_section_open(&section, reader, node, fault_keys, LB_FAULT_KEY_COUNT);
	lb_section_require(&section, LB_FAULT_KEY_AT, "a fault");
	lb_section_require(&section, LB_FAULT_KEY_MEMBER, "a fault");
	bool has_admin = lb_section_has(&section, LB_FAULT_KEY_ADMIN_STATE);
	if (lb_section_has(&section, LB_FAULT_KEY_STATE) == has_admin)
		lb_error_add(reader->problems, section.where, NULL,
		    "a fault wants either `state`, of the server, or "
		    "`admin_state`");
	if (lb_take_duration(&section, LB_FAULT_KEY_AT, &fault->at_ms) &&
	    fault->at_ms > LB_FAULT_AT_MAX_MS)
		lb_section_refuse(&section, LB_FAULT_KEY_AT,
		    "no capture is that long; 0s to 876000h");
	(void)lb_take_choice(&section, LB_FAULT_KEY_STATE,
	    lb_server_state_of_name,
	    "up, crashed, refusing, http-error, hanging, off", &state);
	(void)lb_take_choice(&section, LB_FAULT_KEY_ADMIN_STATE,
	    lb_admin_state_of_name, "none, up, down", &admin);
	if (!lb_take_text(&section, LB_FAULT_KEY_MEMBER, &member))
		return;
	fault->kind = has_admin ? LB_FAULT_ADMIN_NONE + (unsigned)admin
				: (enum lb_fault_kind)state;
	fault->member = text_copy(reader, member);
	*count += fault->member != NULL;
}

static void
read_faults(struct lb_section *root, struct lb_scenario *scenario)
{
	size_t count;
	const struct lb_yaml_node *node =
	    lb_take_list(root, LB_SCENARIO_KEY_FAULTS, &count);

	if (count > LB_FAULTS_MAX) {
		lb_section_refuse(root, LB_SCENARIO_KEY_FAULTS,
		    "at most %u of them", LB_FAULTS_MAX);
		return;
	}
	scenario->faults = calloc(count + 1, sizeof(*scenario->faults));
	if (scenario->faults == NULL)
		root->reader->no_memory = true;
	for (; node != NULL && scenario->faults != NULL;
	     node = lb_list_next(root->reader, node))
		read_fault(root->reader, node, &scenario->fault_count,
		    scenario->faults);
}

/* --- assertions ----------------------------------------------------------- */

/* What stands in the way of reading the rest: false. */
static bool
read_metric(struct lb_section *section, struct lb_assertion *out)
{
	char error[160];
	const char *name;

	lb_section_require(section, LB_ASSERTION_KEY_METRIC, "an assertion");
	if (!lb_take_text(section, LB_ASSERTION_KEY_METRIC, &name))
		return false;
	int metric = lb_metric_of_name(name);
	if (metric >= 0) {
		out->metric = (enum lb_metric)metric;
		return true;
	}
	lb_metric_explain(name, error, sizeof(error));
	lb_section_refuse(section, LB_ASSERTION_KEY_METRIC, "%s", error);
	return false;
}

/* A name that the metric may not have is refused; "*" is every. */
static char *
read_name(
    struct lb_section *section, unsigned key, bool may, const char *metric)
{
	const char *name;

	if (!lb_take_text(section, key, &name))
		return NULL;
	if (!may) {
		lb_section_refuse(section, key, "%s has no %s; leave it out",
		    metric, section->keys[key]);
		return NULL;
	}
	return strcmp(name, "*") == 0 ? NULL : text_copy(section->reader, name);
}

static void
read_subject(struct lb_section *section, struct lb_assertion *out)
{
	const char *name = lb_metric_name(out->metric);
	bool of_backend = out->metric == LB_METRIC_SHARE;
	int unit;

	out->rule = read_name(section, LB_ASSERTION_KEY_RULE,
	    lb_metric_has_rule(out->metric), name);
	out->case_name = read_name(section, LB_ASSERTION_KEY_CASE, true, name);
	char *backend =
	    read_name(section, LB_ASSERTION_KEY_BACKEND, of_backend, name);
	char *reason = read_name(section, LB_ASSERTION_KEY_REASON,
	    out->metric == LB_METRIC_DROPS, name);
	out->object = backend != NULL ? backend : reason;
	if (of_backend)
		lb_section_require(section, LB_ASSERTION_KEY_BACKEND, "share");
	if (!lb_take_choice(section, LB_ASSERTION_KEY_UNIT,
		lb_assertion_unit_of_name, "flows, packets and bytes", &unit))
		return;
	if (lb_metric_has_unit(out->metric))
		out->unit = (uint8_t)unit;
	else
		lb_section_refuse(section, LB_ASSERTION_KEY_UNIT,
		    "%s has no unit; leave it out", name);
}

/* An assertion for each bound; what is read of it is copied. */
static void
add_bound(struct lb_section *section, unsigned key, enum lb_relation relation,
    const struct lb_assertion *model, struct lb_scenario *scenario)
{
	struct lb_reader *reader = section->reader;
	struct lb_assertion a = *model;
	const char *text;

	if (!lb_take_text(section, key, &text))
		return;
	if (!lb_bound_of_text(a.metric, text, &a.bound)) {
		lb_section_refuse(section, key, "'%.40s' is no %s", text,
		    lb_bound_example(a.metric));
		return;
	}
	struct lb_assertion *more = reallocarray(
	    scenario->assertions, scenario->assertion_count + 1, sizeof(*more));
	if (more == NULL) {
		reader->no_memory = true;
		return;
	}
	scenario->assertions = more;
	a.relation = relation;
	a.rule = a.rule != NULL ? text_copy(reader, a.rule) : NULL;
	a.object = a.object != NULL ? text_copy(reader, a.object) : NULL;
	a.case_name =
	    a.case_name != NULL ? text_copy(reader, a.case_name) : NULL;
	more[scenario->assertion_count++] = a;
}

static void
read_assertion(struct lb_reader *reader, const struct lb_yaml_node *node,
    struct lb_scenario *scenario)
{
	struct lb_section section;
	struct lb_assertion model = { 0 };

	lb_section_open(
	    &section, reader, node, assertion_keys, LB_ASSERTION_KEY_COUNT);
	if (!read_metric(&section, &model))
		return;
	read_subject(&section, &model);
	if (!lb_section_has(&section, LB_ASSERTION_KEY_AT_LEAST) &&
	    !lb_section_has(&section, LB_ASSERTION_KEY_AT_MOST) &&
	    !lb_section_has(&section, LB_ASSERTION_KEY_EQUALS))
		lb_error_add(reader->problems, section.where, NULL,
		    "an assertion wants `at_least`, `at_most` or `equals`");
	add_bound(
	    &section, LB_ASSERTION_KEY_AT_LEAST, LB_AT_LEAST, &model, scenario);
	add_bound(
	    &section, LB_ASSERTION_KEY_AT_MOST, LB_AT_MOST, &model, scenario);
	add_bound(
	    &section, LB_ASSERTION_KEY_EQUALS, LB_EQUALS, &model, scenario);
	lb_assertion_free(&model);
}

static void
read_assertions(struct lb_section *root, struct lb_scenario *scenario)
{
	size_t count;
	const struct lb_yaml_node *node =
	    lb_take_list(root, LB_SCENARIO_KEY_ASSERTIONS, &count);

	for (; node != NULL && !root->reader->no_memory;
	     node = lb_list_next(root->reader, node))
		read_assertion(root->reader, node, scenario);
}

/* --- the whole ------------------------------------------------------------ */

static void
read_root(struct lb_reader *reader, struct lb_scenario *scenario)
{
	struct lb_section root;
	const struct lb_yaml_node *node = lb_reader_node(reader, 1);
	uint64_t duration_ms;

	if (node->kind == LB_YAML_NOTHING)
		lb_error_add(reader->problems, node->where, NULL,
		    "nothing in it; a scenario has `traffic`, `assertions`");
	lb_section_open(
	    &root, reader, node, scenario_keys, LB_SCENARIO_KEY_COUNT);
	scenario->seed_set = lb_take_number(
	    &root, LB_SCENARIO_KEY_SEED, UINT64_MAX, &scenario->seed);
	if (lb_take_duration(&root, LB_SCENARIO_KEY_DURATION, &duration_ms))
		lb_section_refuse(&root, LB_SCENARIO_KEY_DURATION,
		    "this version plays captures to their end; leave it out");
	read_all_traffic(&root, scenario);
	read_faults(&root, scenario);
	read_assertions(&root, scenario);
}

struct lb_scenario *
lb_scenario_read(const char *text, size_t bytes, struct lb_problems *problems)
{
	struct lb_yaml *yaml = lb_yaml_read(text, bytes, problems);
	struct lb_reader reader = { .yaml = yaml, .problems = problems };
	struct lb_scenario *scenario = NULL;

	if (yaml != NULL)
		scenario = calloc(1, sizeof(*scenario));
	if (scenario != NULL) {
		scenario->scene = lb_scene_defaults();
		read_root(&reader, scenario);
		if (reader.no_memory || problems->error_count > 0) {
			lb_scenario_free(scenario);
			scenario = NULL;
		}
	}
	lb_yaml_free(yaml);
	lb_problems_sort(problems);
	return scenario;
}

void
lb_scenario_free(struct lb_scenario *scenario)
{
	if (scenario == NULL)
		return;
	for (size_t i = 0; i < scenario->capture_count; i++)
		free(scenario->captures[i]);
	for (size_t i = 0; i < scenario->assertion_count; i++)
		lb_assertion_free(&scenario->assertions[i]);
	for (size_t i = 0; i < scenario->fault_count; i++)
		free(scenario->faults[i].member);
	free(scenario->faults);
	lb_scene_free(&scenario->scene);
	free(scenario->captures);
	free(scenario->assertions);
	free(scenario);
}
