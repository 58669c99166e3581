/* SPDX-License-Identifier: MIT */
#include "reports/compare/compare.h"
#include "reports/stats/stats.h"
#include "reports/text/lines.h"
#include "reports/text/text.h"
#include <math.h>
#include <stdlib.h>

/* Two runs as a person reads them, 80 columns: plain ASCII, aligned. */
#define LABEL_COLUMNS 34
#define VALUE_COLUMNS 20
#define NAME_BYTES    128

static void
put_value(FILE *to, const char *raw)
{
	char *text = report_clean(raw != NULL ? raw : "-", true);

	if (text == NULL)
		return;
	report_shorten(text, VALUE_COLUMNS);
	for (size_t i = report_columns(text); i < VALUE_COLUMNS + 2; i++)
		report_put(to, " ");
	report_put(to, text);
	free(text);
}

static void
put_row(FILE *to, const char *label, const char *first, const char *second)
{
	char *text = report_clean(label, true);

	if (text == NULL)
		return;
	report_shorten(text, LABEL_COLUMNS - 2);
	report_print(to, "  %s", text);
	for (size_t i = report_columns(text); i < LABEL_COLUMNS - 2; i++)
		report_put(to, " ");
	put_value(to, first);
	put_value(to, second);
	report_put(to, "\n");
	free(text);
}

static void
put_input(FILE *to, const struct report_comparison *c)
{
	static const char *const says[] = {
		[REPORT_DIFFERENT] = "The inputs are not the same files: what "
				     "differs may be the traffic.\n",
		[REPORT_SAME] = "Both read the same input.\n",
		[REPORT_NOT_KNOWN] = "Whether both read the same input is not "
				     "known.\n",
	};
	static const char *const made_up[] = {
		[REPORT_DIFFERENT] = "The traffic is of another scenario or "
				     "seed: what differs may be the traffic.\n",
		[REPORT_SAME] = "Both are of the same scenario and seed.\n",
		[REPORT_NOT_KNOWN] = "Whether both had the same traffic is not "
				     "known.\n",
	};
	report_put(to, c->run[0]->synthetic || c->run[1]->synthetic
			   ? made_up[c->input]
			   : says[c->input]);
}

static void
put_differences(FILE *to, const struct report_comparison *c)
{
	if (c->difference_count == 0) {
		report_put(to, "Both were asked the same.\n");
		return;
	}
	report_put(to, "Asked differently:\n");
	for (size_t i = 0; i < c->difference_count; i++) {
		const struct report_difference *d = &c->differences[i];
		put_row(to, d->name, d->value[0], d->value[1]);
	}
}

/* --- a rule --------------------------------------------------------------- */

static void
put_jain(FILE *to, const struct report_pair *pair, enum report_unit unit)
{
	char label[NAME_BYTES], text[2][REPORT_TEXT_BYTES];
	struct report_fairness f[2];

	for (unsigned i = 0; i < 2; i++) {
		if (report_fairness(pair->rule[i], unit, &f[i]) != 0)
			return;
		report_index(text[i], f[i].jain);
	}
	report_format(
	    label, sizeof(label), "Jain by %s", report_unit_name(unit));
	put_row(to, label, text[0], text[1]);
}

static double
busiest_share(const struct sim_rule *rule, enum report_unit unit)
{
	double most = NAN;

	for (size_t i = 0; i < rule->backend_count; i++)
		most = fmax(most, report_share(rule, unit, i));
	return most;
}

static void
put_sizes(FILE *to, const struct report_pair *pair)
{
	char text[2][REPORT_TEXT_BYTES];

	for (unsigned i = 0; i < 2; i++)
		report_percent(text[i], &report_terminal,
		    busiest_share(pair->rule[i], REPORT_BYTES));
	put_row(to, "busiest backend's bytes", text[0], text[1]);
	for (unsigned i = 0; i < 2; i++)
		report_count(
		    text[i], &report_terminal, pair->rule[i]->backend_count);
	put_row(to, "backends", text[0], text[1]);
	for (unsigned i = 0; i < 2; i++)
		report_count(text[i], &report_terminal, pair->rule[i]->flows);
	put_row(to, "flows", text[0], text[1]);
}

static void
put_part(FILE *to, uint64_t part, uint64_t whole, const char *of)
{
	char text[REPORT_TEXT_BYTES];

	report_print(to, "%s %s",
	    report_percent(text, &report_terminal,
		whole > 0 ? (double)part / (double)whole : NAN),
	    of);
}

static void
put_movers(FILE *to, const struct report_pair *pair)
{
	char name[NAME_BYTES];

	for (size_t i = 0; i < pair->mover_count; i++) {
		const struct report_mover *m = &pair->movers[i];
		report_print(to, "    %s\n      ",
		    report_mover_name(m->key, name, sizeof(name)));
		put_part(to, m->bytes, pair->common.bytes, "of the bytes, ");
		report_put_name(to, m->from, VALUE_COLUMNS, false);
		report_put(to, " -> ");
		report_put_name(to, m->to, VALUE_COLUMNS, false);
		report_put(to, "\n");
	}
}

static void
put_moved(FILE *to, const struct report_pair *pair)
{
	char moved[REPORT_TEXT_BYTES], common[REPORT_TEXT_BYTES];
	const struct report_moved *m = &pair->moved, *of = &pair->common;

	if (of->keys == 0) {
		report_put(to, "  No affinity key is in both.\n");
		return;
	}
	report_count(moved, &report_terminal, m->keys);
	report_count(common, &report_terminal, of->keys);
	if (m->keys == 0) {
		report_print(to,
		    "  Every one of the %s keys in both keeps its backend.\n",
		    common);
		return;
	}
	report_print(to,
	    "  Another backend for %s of the %s keys in both, with\n"
	    "    ",
	    moved, common);
	put_part(to, m->flows, of->flows, "of the flows, ");
	put_part(to, m->packets, of->packets, "of the packets, ");
	put_part(to, m->bytes, of->bytes, "of the bytes.\n");
	if (pair->mover_count > 0)
		report_put(to, "  The heaviest of them:\n");
	put_movers(to, pair);
}

static void
put_pair(
    FILE *to, const struct report_comparison *c, const struct report_pair *pair)
{
	unsigned there = pair->of_case[0] == NULL ||
			 (pair->of_case[1] != NULL && pair->rule[0] == NULL);
	const struct sim_case *of = pair->of_case[there];
	const struct sim_rule *rule = pair->rule[there];

	report_put(to, "\n");
	report_put_name(to, of->name, LABEL_COLUMNS, false);
	if (rule != NULL && of->rule_count > 1) {
		report_put(to, ", rule ");
		report_put_name(to, rule->name, LABEL_COLUMNS, false);
	}
	if (pair->rule[0] == NULL || pair->rule[1] == NULL) {
		report_put(to, ": only in ");
		report_put_name(to, c->name[there], SIZE_MAX, false);
		report_put(to, "\n");
		return;
	}
	report_put(to, "\n");
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		put_jain(to, pair, u);
	put_sizes(to, pair);
	put_moved(to, pair);
}

static void
put_comparison(FILE *to, const struct report_comparison *c)
{
	put_row(to, "", c->name[0], c->name[1]);
	put_input(to, c);
	put_differences(to, c);
	for (size_t i = 0; i < c->pair_count; i++)
		put_pair(to, c, &c->pairs[i]);
	for (size_t i = 0; i < c->snat_count; i++)
		report_compare_snat_text(to, c, &c->snats[i], put_row);
}

void
report_compare_text(
    const struct report_comparison *list, size_t count, FILE *to)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			report_put(to, "\n");
		put_comparison(to, &list[i]);
	}
}
