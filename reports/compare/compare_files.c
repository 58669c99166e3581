/* SPDX-License-Identifier: MIT */
/* compare.json and compare.csv. */
#include "reports/compare/compare.h"
#include "reports/text/csv.h"
#include "reports/text/directory.h"
#include "reports/text/json_build.h"
#include "reports/stats/stats.h"
#include <inttypes.h>

#define SCHEMA     1
#define NAME_BYTES 128

/* --- compare.json --------------------------------------------------------- */

static json_t *
moved_json(const struct report_moved *m)
{
	json_t *o = with(json_object(), "keys", whole(m->keys));

	o = with(o, "flows", whole(m->flows));
	o = with(o, "packets", whole(m->packets));
	return with(o, "bytes", whole(m->bytes));
}

static json_t *
mover_json(const struct report_mover *m)
{
	char name[NAME_BYTES];
	json_t *o = with(json_object(), "key",
	    text(report_mover_name(m->key, name, sizeof(name))));

	o = with(o, "bytes", whole(m->bytes));
	o = with(o, "from", text(m->from));
	return with(o, "to", text(m->to));
}

static double
jain_of(const struct sim_rule *rule, enum report_unit unit)
{
	struct report_fairness f;

	return report_fairness(rule, unit, &f) == 0 ? f.jain : NAN;
}

static json_t *
side_json(const struct sim_rule *rule)
{
	if (rule == NULL)
		return json_null();
	json_t *jain = json_object();
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		jain = with(jain, report_unit_name(u), ratio(jain_of(rule, u)));
	json_t *o = with(json_object(), "jain", jain);
	o = with(o, "backends", whole(rule->backend_count));
	o = with(o, "keys", whole(rule->key_count));
	return with(o, "flows", whole(rule->flows));
}

static json_t *
pair_json(const struct report_pair *pair)
{
	const struct sim_case *of =
	    pair->of_case[0] != NULL ? pair->of_case[0] : pair->of_case[1];
	const struct sim_rule *rule =
	    pair->rule[0] != NULL ? pair->rule[0] : pair->rule[1];
	bool both = pair->rule[0] != NULL && pair->rule[1] != NULL;
	json_t *movers = json_array();

	for (size_t i = 0; i < pair->mover_count; i++)
		movers = with_item(movers, mover_json(&pair->movers[i]));
	json_t *o = with(json_object(), "case", text(of->name));
	o = with(o, "rule", rule != NULL ? text(rule->name) : json_null());
	o = with(o, "in_first",
	    json_boolean(
		pair->of_case[0] != NULL && (rule == NULL || pair->rule[0])));
	o = with(o, "in_second",
	    json_boolean(
		pair->of_case[1] != NULL && (rule == NULL || pair->rule[1])));
	o = with(o, "first", side_json(pair->rule[0]));
	o = with(o, "second", side_json(pair->rule[1]));
	o = with(o, "common", both ? moved_json(&pair->common) : json_null());
	o = with(o, "moved", both ? moved_json(&pair->moved) : json_null());
	return with(o, "heaviest_moved", movers);
}

static json_t *
comparison_json(const struct report_comparison *c)
{
	json_t *settings = json_array(), *rules = json_array();
	json_t *snats = json_array();

	for (size_t i = 0; i < c->difference_count; i++) {
		const struct report_difference *d = &c->differences[i];
		json_t *o = with(json_object(), "name", text(d->name));
		o = with(o, "first", text_or_null(d->value[0]));
		settings = with_item(
		    settings, with(o, "second", text_or_null(d->value[1])));
	}
	for (size_t i = 0; i < c->pair_count; i++)
		rules = with_item(rules, pair_json(&c->pairs[i]));
	json_t *o = with(json_object(), "first", text(c->name[0]));
	o = with(o, "second", text(c->name[1]));
	o = with(o, "same_input",
	    c->input == REPORT_NOT_KNOWN
		? json_null()
		: json_boolean(c->input == REPORT_SAME));
	o = with(o, "settings", settings);
	o = with(o, "rules", rules);
	for (size_t i = 0; i < c->snat_count; i++)
		snats =
		    with_item(snats, report_compare_snat_json(&c->snats[i]));
	return with(o, "snat", snats);
}

int
report_compare_json(
    const struct report_comparison *list, size_t count, FILE *to)
{
	json_t *comparisons = json_array();

	for (size_t i = 0; i < count; i++)
		comparisons = with_item(comparisons, comparison_json(&list[i]));
	json_t *o = with(json_object(), "fairlead", text(PACKAGE_VERSION));
	o = with(o, "schema", whole(SCHEMA));
	return json_write(with(o, "comparisons", comparisons), to);
}

/* --- compare.csv ---------------------------------------------------------- */

static void
print_moved(FILE *to, const struct report_moved *m)
{
	report_print(to, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
	    m->keys, m->flows, m->packets, m->bytes);
}

static void
print_pair(
    FILE *to, const struct report_comparison *c, const struct report_pair *pair)
{
	report_csv_text(to, c->name[0]);
	report_put(to, ",");
	report_csv_text(to, c->name[1]);
	report_put(to, ",");
	report_csv_text(to, pair->of_case[0]->name);
	report_put(to, ",");
	report_csv_text(to, pair->rule[0]->name);
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		for (unsigned i = 0; i < 2; i++)
			report_csv_ratio(to, jain_of(pair->rule[i], u));
	print_moved(to, &pair->common);
	print_moved(to, &pair->moved);
	report_compare_snat_csv_none(to);
	report_put(to, "\n");
}

/* Of a case whose members used SNAT ports: no rule is in it. */
static void
print_snat(FILE *to, const struct report_comparison *c,
    const struct report_snat_pair *pair)
{
	report_csv_text(to, c->name[0]);
	report_put(to, ",");
	report_csv_text(to, c->name[1]);
	report_put(to, ",");
	report_csv_text(to, pair->of_case[pair->of_case[0] == NULL]->name);
	report_put(to, ",");
	for (unsigned i = 0; i < 2 * REPORT_UNIT_COUNT + 8; i++)
		report_put(to, ",");
	report_compare_snat_csv(to, pair);
	report_put(to, "\n");
}

static void
print_rows(FILE *to, const struct report_comparison *c)
{
	for (size_t i = 0; i < c->pair_count; i++)
		if (c->pairs[i].rule[0] != NULL && c->pairs[i].rule[1] != NULL)
			print_pair(to, c, &c->pairs[i]);
	for (size_t i = 0; i < c->snat_count; i++)
		print_snat(to, c, &c->snats[i]);
}

int
report_compare_csv(const struct report_comparison *list, size_t count, FILE *to)
{
	report_put(to,
	    "first,second,case,rule,jain_flows_first,jain_flows_second,"
	    "jain_packets_first,jain_packets_second,jain_bytes_first,"
	    "jain_bytes_second,common_keys,common_flows,common_packets,"
	    "common_bytes,moved_keys,moved_flows,moved_packets,moved_bytes");
	report_compare_snat_csv_head(to);
	report_put(to, "\n");
	for (size_t i = 0; i < count; i++)
		print_rows(to, &list[i]);
	return ferror(to) ? -1 : 0;
}

/* --- the directory -------------------------------------------------------- */

struct subject {
	const struct report_comparison *list;
	size_t count;
};

static const struct {
	const char *name;
	int (*write)(
	    const struct report_comparison *list, size_t count, FILE *to);
} products[] = {
	{ "compare.csv", report_compare_csv },
	{ "compare.json", report_compare_json },
};

static const char *
product_name(size_t index)
{
	return products[index].name;
}

static bool
is_wanted(const void *subject, size_t index)
{
	(void)subject, (void)index;
	return true;
}

static int
write_product(const void *subject, size_t index, FILE *to)
{
	const struct subject *s = subject;

	return products[index].write(s->list, s->count, to);
}

int
report_compare_write(const struct report_comparison *list, size_t count,
    const char *dir, bool force, char *error, size_t error_bytes)
{
	const struct subject subject = { list, count };
	const struct report_files files = {
		.what = "comparison",
		.subject = &subject,
		.count = sizeof(products) / sizeof(products[0]),
		.name = product_name,
		.wanted = is_wanted,
		.write = write_product,
	};

	return report_directory(&files, dir,
	    force ? REPORT_REPLACE : REPORT_NEW, error, error_bytes);
}
