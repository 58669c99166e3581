/* SPDX-License-Identifier: MIT */
#include "reports/study/board.h"
#include "reports/words/finding.h"
#include "reports/words/input.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_RANGE  0.01 /* of the fair share: less is not worth a picture */
#define CUT_AT       3
#define CUT_LEAST    1
#define CUT_IF       2
#define DWARFED      3.0 /* times as far */
#define ROUNDING     1e-9
#define NORMAL_95    1.959963984540054
#define KEYS_WANTED  10 /* of equal weight, a backend, for whiskers */
#define ROW_BARS_MAX 24 /* of several rows, for two to fit a page */
#define COLUMNS_MAX  3

static const enum report_unit shown_units[] = { REPORT_FLOWS, REPORT_BYTES };
#define SHOWN (sizeof(shown_units) / sizeof(shown_units[0]))

struct panel {
	const struct sim_case *of;
	const struct sim_rule *rule;
	size_t index; /* as in the record */
};

bool
report_plot_is_crowded(const struct report_plot *plot)
{
	return plot->rule->backend_count > plot->bars_max;
}

const struct report_range *
report_plot_range(const struct report_plot *plot, size_t backend)
{
	return plot->ranges != NULL ? &plot->ranges[backend] : &plot->perfect;
}

bool
report_plot_is_outside(const struct report_plot *plot, size_t backend)
{
	const struct report_range *perfect = report_plot_range(plot, backend);
	double deviation = plot->deviation[backend];

	/* what lies on the edge is inside: one key's backend, an idle one */
	return deviation < perfect->low - ROUNDING ||
	       deviation > perfect->high + ROUNDING;
}

const char *
report_plot_value(const struct report_plot *plot, size_t backend, char *text)
{
	const struct sim_backend *b = &plot->rule->backends[backend];

	if (report_backend_load(b, plot->unit) == 0)
		return "idle";
	if (isinf(report_fair_one_in(&plot->fair, b)))
		return "drained";
	return report_deviation(
	    text, &report_picture, plot->deviation[backend]);
}

double
report_nice_step(double least)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double power = pow(10, floor(log10(least)));
	size_t i = 0;
	while (i < 3 && steps[i] * power < least * (1 - 1e-9))
		i++;
	return steps[i] * power;
}

static int
fill_deviations(struct report_plot *plot)
{
	const struct sim_rule *rule = plot->rule;
	size_t n = rule->backend_count;
	double total = (double)report_total(rule, plot->unit);

	plot->bars_max = REPORT_BARS_MAX;
	plot->known = total > 0;
	plot->fair = report_fair(rule);
	plot->deviation = calloc(n > 0 ? n : 1, sizeof(*plot->deviation));
	if (plot->deviation == NULL)
		return -1;
	if (!plot->known)
		return 0;
	for (size_t i = 0; i < n; i++) {
		const struct sim_backend *b = &rule->backends[i];
		double one_in = report_fair_one_in(&plot->fair, b);
		double load = (double)report_backend_load(b, plot->unit);
		if (!isinf(one_in))
			plot->deviation[i] = load * one_in / total - 1;
	}
	return 0;
}

static int
fill_captions(struct report_plot *plot)
{
	const struct report_script *s = &report_picture;
	char jain[REPORT_TEXT_BYTES], expected[REPORT_TEXT_BYTES];
	char like[REPORT_TEXT_BYTES], of[REPORT_TEXT_BYTES];
	struct report_fairness f;

	if (report_fairness(plot->rule, plot->unit, &f) != 0)
		return -1;
	if (plot->known) {
		plot->like = report_compose("by %s: behaves like %s of %s",
		    report_unit_name(plot->unit),
		    report_digits(like, s, f.effective_backends),
		    report_count(of, s, plot->fair.count));
		plot->jain = report_compose("Jain %s, a perfect hash gives %s",
		    report_index(jain, f.jain),
		    report_index(expected, f.expected_jain));
	} else {
		plot->like =
		    report_compose("by %s", report_unit_name(plot->unit));
		plot->jain = report_compose("no traffic");
	}
	return plot->like == NULL || plot->jain == NULL ? -1 : 0;
}

static int
fill_title(struct report_plot *plot, const struct panel *panel)
{
	char keys[REPORT_TEXT_BYTES];
	char *of = report_clean(panel->of->name, true);
	char *rule = report_clean(panel->rule->name, true);
	bool alone = panel->of->rule_count == 1;

	report_count(keys, &report_picture, panel->rule->key_count);
	if (of != NULL && rule != NULL)
		plot->title = report_compose("%s%s%s \xc2\xb7 %s %s", of,
		    alone ? "" : ", ", alone ? "" : rule, keys,
		    panel->rule->key_count == 1 ? "key" : "keys");
	free(of);
	free(rule);
	return plot->title != NULL ? 0 : -1;
}

/* --- which panels, and where ---------------------------------------------- */

static int
heavier(const void *a, const void *b)
{
	const struct panel *x = a, *y = b;
	uint64_t of_x = report_total(x->rule, REPORT_BYTES);
	uint64_t of_y = report_total(y->rule, REPORT_BYTES);
	if (of_x != of_y)
		return of_x < of_y ? 1 : -1;
	return (x->index > y->index) - (x->index < y->index);
}

static int
earlier(const void *a, const void *b)
{
	const struct panel *x = a, *y = b;
	return (x->index > y->index) - (x->index < y->index);
}

/* The record's (case, rule) pairs, the heaviest of them when they are too
 * many, in the record's order.  NULL without memory. */
static struct panel *
choose_panels(const struct sim_record *record, size_t *count)
{
	size_t all = 0, at = 0;
	for (size_t i = 0; i < record->case_count; i++)
		all += record->cases[i].rule_count;
	struct panel *panels = calloc(all > 0 ? all : 1, sizeof(*panels));
	*count = all;
	if (panels == NULL)
		return NULL;
	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		for (size_t j = 0; j < c->rule_count; j++, at++)
			panels[at] = (struct panel){ c, &c->rules[j], at };
	}
	if (all > REPORT_PANELS_MAX) {
		qsort(panels, all, sizeof(*panels), heavier);
		*count = REPORT_PANELS_MAX;
		qsort(panels, *count, sizeof(*panels), earlier);
	}
	return panels;
}

static bool
same_backends(const struct sim_rule *a, const struct sim_rule *b)
{
	if (a->backend_count != b->backend_count)
		return false;
	for (size_t i = 0; i < a->backend_count; i++)
		if (strcmp(a->backends[i].name, b->backends[i].name) != 0)
			return false;
	return true;
}

static bool
stand_side_by_side(const struct panel *panels, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!same_backends(panels[0].rule, panels[i].rule))
			return false;
	return count > 1;
}

/* Panel i's plot in unit u. */
static void
place(struct report_board *board, struct report_plot *plot, size_t i, size_t u,
    bool side_by_side)
{
	if (side_by_side) {
		plot->row = i / board->column_count * SHOWN + u;
		plot->column = i % board->column_count;
	} else {
		plot->row = i;
		plot->column = u;
	}
	if (plot->row >= board->row_count)
		board->row_count = plot->row + 1;
}

/* known: reckoned before; NULL: not. */
static void
fill_perfect(
    struct report_plot *plot, uint64_t seed, const struct report_range *known)
{
	const struct sim_rule *rule = plot->rule;

	plot->ranges = report_perfect_ranges(rule, plot->unit, seed);
	if (known != NULL)
		plot->perfect = *known;
	else if (plot->ranges != NULL)
		plot->perfect =
		    report_widest(plot->ranges, rule->backend_count);
	else
		plot->perfect = report_perfect_range(rule, plot->unit, seed);
}

static int
fill_plots(struct report_board *board, const struct panel *panels, size_t count,
    uint64_t seed, const struct report_range (*perfect)[REPORT_UNIT_COUNT])
{
	bool side_by_side = board->side_by_side;

	board->column_count = !side_by_side         ? SHOWN
			      : count == 4          ? 2
			      : count < COLUMNS_MAX ? count
						    : COLUMNS_MAX;
	board->plots =
	    calloc(count > 0 ? count * SHOWN : 1, sizeof(*board->plots));
	if (board->plots == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		for (size_t u = 0; u < SHOWN; u++) {
			struct report_plot *plot =
			    &board->plots[board->plot_count++];
			plot->rule = panels[i].rule;
			plot->unit = shown_units[u];
			place(board, plot, i, u, side_by_side);
			fill_perfect(plot, seed,
			    perfect != NULL ? &perfect[i][plot->unit] : NULL);
			if (fill_deviations(plot) != 0 ||
			    fill_captions(plot) != 0 ||
			    (u == 0 && fill_title(plot, &panels[i]) != 0))
				return -1;
		}
	}
	return 0;
}

/*
 * What a plot wants to show.  A curve is cut where a few backends would flatten
 * all others: at three times the reach of a perfect hash, and not below double
 * the fair share, when they go twice as far.
 */
static struct report_range
wanted(const struct report_plot *plot)
{
	struct report_range of = { -LEAST_RANGE, LEAST_RANGE };
	assert(plot->rule != NULL);
	for (size_t i = 0; i < plot->rule->backend_count; i++) {
		of.low = fmin(of.low, plot->deviation[i]);
		of.high = fmax(of.high, plot->deviation[i]);
		if (plot->whiskers == NULL || report_plot_is_crowded(plot))
			continue;
		of.low = fmin(of.low, plot->whiskers[i].low);
		of.high = fmax(of.high, plot->whiskers[i].high);
	}
	double cut = fmax(CUT_AT * plot->perfect.high, CUT_LEAST);
	if (report_plot_is_crowded(plot) && of.high > CUT_IF * cut)
		of.high = cut;
	/* fmin and fmax pass over what is NAN */
	of.low = fmin(of.low, plot->perfect.low);
	of.high = fmax(of.high, plot->perfect.high);
	return of;
}

static void
set_scale(struct report_board *board, struct report_plot *plot,
    const struct report_range *scale)
{
	plot->scale = *scale;
	board->is_known |= plot->known;
	for (size_t i = 0; i < plot->rule->backend_count; i++)
		board->is_cut |= plot->deviation[i] > scale->high;
}

static double
reach(const struct report_range *of)
{
	return of->high - of->low;
}

static bool
is_dwarfed(const struct report_range *a, const struct report_range *b)
{
	double ratio = reach(a) / reach(b);
	return ratio > DWARFED || ratio < 1 / DWARFED;
}

/* A row's two plots, from `first` on: one scale, unless one is dwarfed. */
static void
scale_row(struct report_board *board, size_t first)
{
	struct report_plot *a = &board->plots[first], *b = a + 1;
	struct report_range of[2] = { a->scale, b->scale };

	if (!is_dwarfed(&of[0], &of[1])) {
		of[0].low = of[1].low = fmin(of[0].low, of[1].low);
		of[0].high = of[1].high = fmax(of[0].high, of[1].high);
	}
	set_scale(board, a, &of[0]);
	set_scale(board, b, &of[1]);
}

/* All rows have one scale, unless one of them would be dwarfed. */
static void
find_row_scales(struct report_board *board)
{
	struct report_range widest = { 0, 0 }, narrowest = { 0, INFINITY };

	for (size_t i = 0; i < board->plot_count; i++) {
		struct report_plot *plot = &board->plots[i];
		plot->scale = wanted(plot);
		widest.low = fmin(widest.low, plot->scale.low);
		widest.high = fmax(widest.high, plot->scale.high);
		if (plot->known && reach(&plot->scale) < reach(&narrowest))
			narrowest = plot->scale;
	}
	board->own_scales = is_dwarfed(&widest, &narrowest);
	for (size_t i = 0; i < board->plot_count; i++)
		if (!board->own_scales)
			set_scale(board, &board->plots[i], &widest);
		else if (i % SHOWN == 0)
			scale_row(board, i);
}

static void
find_scales(struct report_board *board)
{
	struct report_range of[REPORT_UNIT_COUNT] = { 0 };

	for (size_t i = 0; i < board->plot_count; i++) {
		struct report_plot *plot = &board->plots[i];
		struct report_range *to = &of[plot->unit];
		plot->scale = wanted(plot);
		to->low = fmin(to->low, plot->scale.low);
		to->high = fmax(to->high, plot->scale.high);
	}
	struct report_range *flows = &of[REPORT_FLOWS];
	struct report_range *bytes = &of[REPORT_BYTES];
	double ratio = (flows->high - flows->low) / (bytes->high - bytes->low);
	board->own_scales = ratio > DWARFED || ratio < 1 / DWARFED;
	if (!board->own_scales) {
		flows->low = bytes->low = fmin(flows->low, bytes->low);
		flows->high = bytes->high = fmax(flows->high, bytes->high);
	}
	for (size_t i = 0; i < board->plot_count; i++)
		set_scale(board, &board->plots[i], &of[board->plots[i].unit]);
}

/* --- whiskers ------------------------------------------------------------- */

/*
 * Where 95 % of captures like this one would have backend i's share, as far as
 * keys drawn from the same crowd tell: the ratio estimator's linear variance,
 *     var p_i = (S_i (1 - p_i)^2 + (S - S_i) p_i^2) / T^2,
 * S_i = sum w^2 of its keys, S of all: what a bootstrap over keys comes to.
 * With keys of equal weight that is p (1 - p)/keys.  Source: Cochran, Sampling
 * Techniques, 1977, 6.3.
 */
static struct report_range
whisker(double share, double own, double all, double one_in)
{
	double variance =
	    own * (1 - share) * (1 - share) + (all - own) * share * share;
	double reach = NORMAL_95 * sqrt(variance);
	return (struct report_range){
		.low = fmax(share - reach, 0) * one_in - 1,
		.high = fmin(share + reach, 1) * one_in - 1,
	};
}

/* None where keys are so few that the normal law would mislead. */
static int
add_plot_whiskers(struct report_plot *plot)
{
	const struct sim_rule *rule = plot->rule;
	assert(rule != NULL);
	size_t n = rule->backend_count;
	double total = (double)report_total(rule, plot->unit), all = 0;
	double h = report_concentration(rule, plot->unit);

	if (!plot->known || plot->fair.count < 2 ||
	    !(h * KEYS_WANTED * plot->fair.most <= 1))
		return 0;
	double *own = calloc(n, sizeof(*own));
	plot->whiskers = calloc(n, sizeof(*plot->whiskers));
	if (own == NULL || plot->whiskers == NULL) {
		free(own);
		return -1;
	}
	for (size_t k = 0; k < rule->key_count; k++) {
		const struct sim_key *key = &rule->keys[k];
		double w = (double)report_key_weight(key, plot->unit) / total;
		all += w * w;
		if (key->backend < n)
			own[key->backend] += w * w;
	}
	for (size_t i = 0; i < n; i++) {
		double one_in =
		    report_fair_one_in(&plot->fair, &rule->backends[i]);
		if (!isinf(one_in))
			plot->whiskers[i] =
			    whisker((plot->deviation[i] + 1) / one_in, own[i],
				all, one_in);
	}
	free(own);
	return 0;
}

static int
add_whiskers(struct report_board *board)
{
	for (size_t i = 0; i < board->plot_count; i++) {
		if (board->row_count > 1)
			board->plots[i].bars_max = ROW_BARS_MAX;
		if (add_plot_whiskers(&board->plots[i]) != 0)
			return -1;
	}
	return 0;
}

/* --- words ---------------------------------------------------------------- */

/* The algorithm and n of all plots, where they agree. */
static char *
common_method(const struct report_board *board)
{
	char fair[REPORT_TEXT_BYTES], count[REPORT_TEXT_BYTES];
	const struct report_script *s = &report_picture;

	if (board->plot_count == 0)
		return report_compose("%s", "");
	const struct sim_rule *first = board->plots[0].rule;
	for (size_t i = 1; i < board->plot_count; i++) {
		const struct sim_rule *rule = board->plots[i].rule;
		if (rule->backend_count != first->backend_count ||
		    strcmp(rule->algorithm, first->algorithm) != 0)
			return report_compose("%s", "");
	}
	for (size_t i = 0; i < board->plot_count; i++)
		if (!board->plots[i].fair.equal)
			return report_compose(
			    " \xc2\xb7 %s over %s backends, fair is a share "
			    "by weight",
			    first->algorithm,
			    report_count(count, s, first->backend_count));
	return report_compose(" \xc2\xb7 %s over %s %s, fair is %s each",
	    first->algorithm, report_count(count, s, first->backend_count),
	    first->backend_count == 1 ? "backend" : "backends",
	    report_round_percent(fair, s, 1.0 / (double)first->backend_count));
}

static int
fill_method(struct report_board *board, const struct sim_record *record)
{
	const struct report_script *s = &report_picture;
	char packets[REPORT_TEXT_BYTES], flows[REPORT_TEXT_BYTES];
	char span[REPORT_TEXT_BYTES];
	const struct sim_input *in = &record->input;
	char *name = report_input_name(record), *method = common_method(board);

	if (name != NULL && method != NULL)
		board->method = report_compose(
		    "%s: %s packets, %s flows, %s%s \xc2\xb7 fairlead %s, "
		    "seed %llu%s%s",
		    name, report_count(packets, s, in->packets),
		    report_count(flows, s, in->flows),
		    report_span(span, s, in->duration_ns), method,
		    record->version, (unsigned long long)record->seed,
		    report_is_partial(record)
			? " \xc2\xb7 PARTIAL: some input could "
			  "not be read"
			: "",
		    record->interrupted ? " \xc2\xb7 INTERRUPTED" : "");
	free(name);
	free(method);
	return board->method != NULL ? 0 : -1;
}

static int
fill_note(struct report_board *board)
{
	bool crowded = false;
	for (size_t i = 0; i < board->plot_count; i++)
		crowded |= report_plot_is_crowded(&board->plots[i]);
	if (!crowded && board->left_out == 0)
		return 0;
	char *left_out =
	    board->left_out > 0
		? report_compose(" %zu rules with less traffic are left out; "
				 "summary.json has all.",
		      board->left_out)
		: report_compose("%s", "");
	if (left_out != NULL)
		board->note = report_compose("%s%s%s",
		    crowded ? "Backends stand in the order of their load, in "
			      "each plot anew; the extremes are named."
			    : "",
		    board->is_cut ? " \xe2\x96\xb2 is cut: it goes on to the "
				    "value given."
				  : "",
		    left_out);
	free(left_out);
	return board->note != NULL ? 0 : -1;
}

static int
make(struct report_board *board, const struct sim_record *record, bool rows,
    const struct report_range (*perfect)[REPORT_UNIT_COUNT])
{
	size_t count, all = 0;

	*board = (struct report_board){ 0 };
	for (size_t i = 0; i < record->case_count; i++)
		all += record->cases[i].rule_count;
	struct panel *panels = choose_panels(record, &count);
	if (panels == NULL)
		return -1;
	board->left_out = all - count;
	board->side_by_side = !rows && stand_side_by_side(panels, count);
	int made = fill_plots(board, panels, count, record->seed, perfect);
	free(panels);
	if (made != 0 || (rows && add_whiskers(board) != 0))
		return -1;
	if (rows)
		find_row_scales(board);
	else
		find_scales(board);
	board->headline = report_balance_headline(record);
	if (board->headline == NULL || fill_method(board, record) != 0)
		return -1;
	return fill_note(board);
}

int
report_board_make(struct report_board *board, const struct sim_record *record)
{
	return make(board, record, false, NULL);
}

int
report_board_make_rows(struct report_board *board,
    const struct sim_record *record,
    const struct report_range (*perfect)[REPORT_UNIT_COUNT])
{
	return make(board, record, true, perfect);
}

void
report_board_free(struct report_board *board)
{
	for (size_t i = 0; i < board->plot_count; i++) {
		free(board->plots[i].title);
		free(board->plots[i].like);
		free(board->plots[i].jain);
		free(board->plots[i].deviation);
		free(board->plots[i].whiskers);
		free(board->plots[i].ranges);
	}
	free(board->plots);
	free(board->headline);
	free(board->method);
	free(board->note);
	*board = (struct report_board){ 0 };
}
