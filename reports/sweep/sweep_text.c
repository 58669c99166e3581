/* SPDX-License-Identifier: MIT */
#include "reports/text/lines.h"
#include "reports/sweep/sweep.h"
#include "reports/sweep/sweep_choice.h"
#include "reports/text/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX     20
#define NAME_COLUMNS 24
#define COLUMN       8

/* A row of the table: a group, or a setting over all its conditions. */
struct row {
	const size_t *levels; /* by factor */
	double jain[REPORT_UNIT_COUNT], reach, expected;
	double peak, effective; /* by flows; NAN: not for a setting */
};

static bool
is_shown(const struct report_factor *f, bool by_setting)
{
	return f->level_count > 1 && f->role != REPORT_REPLICATION &&
	       !(by_setting && f->role == REPORT_CONDITION);
}

static size_t
widest(const struct report_factor *f)
{
	size_t wide = strlen(f->name);

	for (size_t i = 0; i < f->level_count; i++)
		if (strlen(f->levels[i].text) > wide)
			wide = strlen(f->levels[i].text);
	return wide < NAME_COLUMNS ? wide : NAME_COLUMNS;
}

static void
put_header(const struct report_sweep *s, bool by_setting, FILE *to)
{
	report_put(to, " ");
	for (size_t f = 0; f < s->factor_count; f++)
		if (is_shown(&s->factors[f], by_setting))
			report_print(to,
			    s->factors[f].is_numeric ? " %*s" : " %-*s",
			    (int)widest(&s->factors[f]), s->factors[f].name);
	report_print(to, "  %*s", COLUMN, "flows");
	if (s->replications > 1)
		report_print(to, " %*s", COLUMN, "+-");
	report_print(to, " %*s %*s", COLUMN, "perfect", COLUMN, "bytes");
	if (!by_setting)
		report_print(to, " %*s %*s", COLUMN, "peak", COLUMN, "like");
	report_put(to, "\n");
}

static void
put_number(FILE *to, double value)
{
	char number[REPORT_TEXT_BYTES];

	report_print(to, " %*s", COLUMN,
	    isnan(value) ? "-" : report_index(number, value));
}

static void
put_row(const struct report_sweep *s, const struct row *row, bool by_setting,
    FILE *to)
{
	char number[REPORT_TEXT_BYTES];

	report_put(to, " ");
	for (size_t f = 0; f < s->factor_count; f++)
		if (is_shown(&s->factors[f], by_setting))
			report_print(to,
			    s->factors[f].is_numeric ? " %*s" : " %-*s",
			    (int)widest(&s->factors[f]),
			    s->factors[f].levels[row->levels[f]].text);
	report_put(to, " ");
	put_number(to, row->jain[REPORT_FLOWS]);
	if (s->replications > 1)
		put_number(to, row->reach);
	put_number(to, row->expected);
	put_number(to, row->jain[REPORT_BYTES]);
	if (!by_setting) {
		report_print(to, " %*s", COLUMN,
		    report_digits(number, &report_terminal, row->peak));
		report_print(to, " %*s", COLUMN,
		    report_digits(number, &report_terminal, row->effective));
	}
	report_put(to, "\n");
}

static struct row
row_of_setting(const struct report_setting *of)
{
	return (struct row){
		.levels = of->levels,
		.jain = { of->score[REPORT_FLOWS], of->score[REPORT_PACKETS],
		    of->score[REPORT_BYTES] },
		.reach = (of->high - of->low) / 2,
		.expected = of->expected[REPORT_FLOWS],
	};
}

static struct row
row_of_group(const struct report_group *g, const size_t *levels)
{
	const struct report_spread *jain = &g->of[REPORT_FLOWS][REPORT_JAIN];

	return (struct row){
		.levels = levels,
		.jain = { jain->mean, g->of[REPORT_PACKETS][REPORT_JAIN].mean,
		    g->of[REPORT_BYTES][REPORT_JAIN].mean },
		.reach = (jain->high - jain->low) / 2,
		.expected = g->of[REPORT_FLOWS][REPORT_EXPECTED].mean,
		.peak = g->of[REPORT_FLOWS][REPORT_PEAK].mean,
		.effective = g->of[REPORT_FLOWS][REPORT_EFFECTIVE].mean,
	};
}

/* The groups of a setting: those whose levels of all choices are its. */
static size_t
put_groups(const struct report_sweep *s, const struct report_setting *of,
    size_t left, FILE *to)
{
	size_t put = 0;

	for (size_t g = 0; g < s->group_count && put < left; g++) {
		const struct report_group *group = report_sweep_shown(s, g);
		size_t levels[REPORT_FACTORS_MAX];
		bool same = true;
		for (size_t f = 0; f < s->factor_count; f++) {
			levels[f] = report_sweep_level(s, group->first, f);
			same &= s->factors[f].role != REPORT_CHOICE ||
				levels[f] == of->levels[f];
		}
		if (!same)
			continue;
		struct row row = row_of_group(group, levels);
		put_row(s, &row, false, to);
		put++;
	}
	return put;
}

/* Settings over all conditions, when there would be too many groups. */
static bool
is_by_setting(const struct report_sweep *s)
{
	return s->group_count > ROWS_MAX &&
	       report_sweep_count(s, REPORT_CONDITION) > 0 &&
	       report_sweep_count(s, REPORT_CHOICE) > 0;
}

static void
put_caption(const struct report_sweep *s, bool by_setting, FILE *to)
{
	report_put(to, "\nJain index");
	if (s->rule_count > 1) {
		char *rule = report_clean(s->rules[s->shown], true);
		report_print(to, " of rule %s, which has most flows",
		    rule != NULL ? rule : "?");
		free(rule);
	}
	if (s->replications > 1)
		report_print(to,
		    ", mean of %zu hash keys and its 95 %% interval",
		    s->replications);
	for (size_t f = 0; by_setting && f < s->factor_count; f++)
		if (s->factors[f].role == REPORT_CONDITION)
			report_print(
			    to, ", over all of %s", s->factors[f].name);
	report_put(to, ":\n");
}

static void
put_table(
    const struct report_sweep *s, const struct report_choice *choice, FILE *to)
{
	bool by_setting = is_by_setting(s);
	size_t all = by_setting ? choice->count : s->group_count, put = 0;

	put_caption(s, by_setting, to);
	put_header(s, by_setting, to);
	for (size_t i = 0; i < choice->count && put < ROWS_MAX; i++) {
		if (by_setting) {
			struct row row = row_of_setting(&choice->settings[i]);
			put_row(s, &row, true, to);
			put++;
		} else {
			put += put_groups(
			    s, &choice->settings[i], ROWS_MAX - put, to);
		}
	}
	if (put < all)
		report_print(to, "  ... %zu more in sweep.csv\n", all - put);
}

static void
put_end(const struct report_sweep *s, FILE *to)
{
	const struct sim_input *in = &s->input->input;
	char number[REPORT_TEXT_BYTES], span[REPORT_TEXT_BYTES];

	report_print(to, "\n%zu point%s", s->point_count,
	    s->point_count == 1 ? "" : "s");
	for (size_t f = 0; f < s->factor_count; f++)
		report_print(to, "%s%zu %s", f == 0 ? ": " : " x ",
		    s->factors[f].level_count, s->factors[f].name);
	report_print(to, "\n%s packets",
	    report_count(number, &report_terminal, in->packets));
	report_print(to, " of %s flows, %s",
	    report_count(number, &report_terminal, in->flows),
	    report_span(span, &report_terminal, in->duration_ns));
	report_put(to, "\n");
}

static void
put_ports(const struct report_sweep *s, FILE *to)
{
	char *line = report_sweep_ports_line(s, &report_terminal);

	if (line != NULL)
		report_put_wrapped(to, line);
	free(line);
	if (report_sweep_ports_chosen(s) != SIZE_MAX)
		report_sweep_ports_table(s, to);
	put_end(s, to);
}

void
report_sweep_text(const struct report_sweep *s, FILE *to)
{
	struct report_choice choice;

	if (s->asks_ports) {
		put_ports(s, to);
		return;
	}
	if (report_choice_make(&choice, s) == 0) {
		char *line = report_choice_line(&choice, s);
		report_print(to, "%s\n", line != NULL ? line : "no memory");
		free(line);
		if (choice.chosen != SIZE_MAX)
			put_table(s, &choice, to);
		put_end(s, to);
	}
	report_choice_free(&choice);
}
