/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"
#include "model/config/problems.h"
#include "model/scenario/scenario_read.h"

#define X(section, key, text) LB_##section##_KEY_##key,
enum assertion_key { LB_ASSERTION_KEYS(X) LB_ASSERTION_KEY_COUNT };
#undef X
#define X(section, key, text) text,
static const char *const assertion_keys[] = { LB_ASSERTION_KEYS(X) };
#undef X
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
	return strcmp(name, "*") == 0 ? NULL
				      : lb_reader_copy(section->reader, name);
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
	a.rule = a.rule != NULL ? lb_reader_copy(reader, a.rule) : NULL;
	a.object = a.object != NULL ? lb_reader_copy(reader, a.object) : NULL;
	a.case_name =
	    a.case_name != NULL ? lb_reader_copy(reader, a.case_name) : NULL;
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

void
lb_read_assertions(struct lb_section *root, struct lb_scenario *scenario)
{
	size_t count;
	const struct lb_yaml_node *node =
	    lb_take_list(root, LB_SCENARIO_KEY_ASSERTIONS, &count);

	for (; node != NULL && !root->reader->no_memory;
	     node = lb_list_next(root->reader, node))
		read_assertion(root->reader, node, scenario);
}
