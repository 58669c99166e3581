/* SPDX-License-Identifier: MIT */
#include "reports/figures/brush.h"
#include "reports/text/csv.h"
#include "reports/words/failover_words.h"
#include <math.h>
#include <stdlib.h>

/*
 * How long it took to notice, over replications: a histogram for each fault,
 * the range the closed form gives behind it, the mean with its interval below.
 * Probes do not depend on how flows are balanced: the chosen case speaks for
 * all.
 */
#define FAULTS_MAX 6
#define BINS       24
#define LEAST      10 /* replications; fewer make no distribution */
#define PICTURE    (&report_picture)

static size_t
case_of(const struct report_study *study)
{
	return study->chosen->case_index;
}

static bool
follows(const struct report_study *study)
{
	return report_faults_agree(study->record, case_of(study));
}

/* Of each fault, or of all together. */
static int
spread_of(
    struct report_spread *s, const struct report_study *study, size_t index)
{
	return report_spread_make(s, study->record, case_of(study),
	    follows(study) ? index : REPORT_ALL_FAULTS, REPORT_DETECTED);
}

static bool
is_shown(const struct report_study *study, size_t index)
{
	struct report_spread s;
	const struct sim_case *c = &study->record->cases[case_of(study)];
	bool probed =
	    !follows(study) || report_is_probed_for(&c->failovers[index]);
	bool shown = spread_of(&s, study, index) == 0 && s.n >= LEAST && probed;

	report_spread_free(&s);
	return shown;
}

/* The faults that have one: their indices; how many. */
static size_t
shown_faults(const struct report_study *study, size_t *to)
{
	const struct sim_case *c = &study->record->cases[case_of(study)];
	size_t all = follows(study) ? c->failover_count : 1, count = 0;

	for (size_t i = 0; i < all && count < FAULTS_MAX; i++)
		if (is_shown(study, i))
			to[count++] = i;
	return count;
}

static bool
has(const struct report_study *study, const struct report_subject *s)
{
	size_t shown[FAULTS_MAX];

	return s == study->chosen &&
	       report_replications(study->record) >= LEAST &&
	       shown_faults(study, shown) > 0;
}

static double
row_height(const struct report_brush *b)
{
	return b->line * 10.2;
}

static double
height(const struct report_brush *b, const struct report_panel *panel)
{
	size_t shown[FAULTS_MAX];

	return row_height(b) * (double)shown_faults(panel->study, shown);
}

/* --- a row ---------------------------------------------------------------- */

struct drawing {
	const struct report_brush *b;
	struct report_spread spread;
	struct report_range expected;
	struct report_brush_scale scale;
	struct report_box area;
};

static struct report_range
expected_of(const struct report_study *study, size_t index)
{
	const struct sim_case *c = &study->record->cases[case_of(study)];
	const struct sim_failover *f =
	    index < c->failover_count ? &c->failovers[index] : NULL;

	if (f == NULL || f->soonest_ns == SIM_NO_TIME ||
	    f->latest_ns == SIM_NO_TIME || !follows(study))
		return (struct report_range){ NAN, NAN };
	return (struct report_range){ (double)f->soonest_ns / 1e9,
		(double)f->latest_ns / 1e9 };
}

static void
put_band(const struct drawing *d)
{
	if (isnan(d->expected.low))
		return;
	double x = report_brush_at(&d->scale, d->expected.low);
	const struct report_box band = { x, d->area.y,
		fmax(report_brush_at(&d->scale, d->expected.high) - x, 1),
		d->area.height };
	report_brush_box(d->b, &band, REPORT_PAINT_BAND, "expected");
}

/* Bins begin where what is expected does, and end where it ends. */
static void
choose_bins(const struct drawing *d, double *from, double *per)
{
	double high = d->expected.high, low = d->expected.low;

	*per = (d->scale.to - d->scale.from) / BINS;
	*from = d->scale.from;
	if (isnan(low) || !(high > low))
		return;
	*per = (high - low) / fmax(round((high - low) / *per), 1);
	*from = low - ceil((low - d->scale.from) / *per) * *per;
}

static void
put_bin(
    const struct drawing *d, double from, double per, double high, size_t count)
{
	double left = report_brush_at(&d->scale, from);
	double right = report_brush_at(&d->scale, from + per);
	double gap = (right - left) * 0.06;
	const struct report_box bar = { left + gap,
		d->area.y + d->area.height - high, right - left - 2 * gap,
		high };
	char tip[3 * REPORT_TEXT_BYTES], at[REPORT_TEXT_BYTES];

	report_format(tip, sizeof(tip), "from %s on: %zu",
	    report_moment(at, PICTURE, from), count);
	report_brush_box(d->b, &bar, REPORT_PAINT_BAR, tip);
}

static void
put_histogram(const struct drawing *d)
{
	size_t counts[2 * BINS] = { 0 }, most = 1;
	double from, per;

	choose_bins(d, &from, &per);
	for (size_t i = 0; i < d->spread.n; i++) {
		/* what lies on an edge is not to fall by rounding */
		double at = (d->spread.values[i] - from) / per + 1e-9;
		size_t bin = at > 0 ? (size_t)at : 0;
		bin = bin < 2 * BINS ? bin : 2 * BINS - 1;
		counts[bin]++;
		most = counts[bin] > most ? counts[bin] : most;
	}
	for (size_t i = 0; i < 2 * BINS; i++)
		if (counts[i] > 0)
			put_bin(d, from + (double)i * per, per,
			    (d->area.height - d->b->line * 0.3) *
				(double)counts[i] / (double)most,
			    counts[i]);
}

static void
put_mean(const struct drawing *d)
{
	double y = d->area.y - d->b->line * 0.5;
	double x = report_brush_at(&d->scale, d->spread.mean);
	const struct report_range *within = &d->spread.interval;

	report_brush_line(
	    d->b, x, y, x, d->area.y + d->area.height, REPORT_PAINT_INK);
	if (!isnan(within->low)) {
		double low = report_brush_at(&d->scale, within->low);
		double high = report_brush_at(&d->scale, within->high);
		double end = d->b->mark * 0.8;
		report_brush_line(d->b, low, y, high, y, REPORT_PAINT_INK);
		report_brush_line(
		    d->b, low, y - end, low, y + end, REPORT_PAINT_INK);
		report_brush_line(
		    d->b, high, y - end, high, y + end, REPORT_PAINT_INK);
	}
	report_brush_shape(d->b, x, y, REPORT_SHAPE_REROUTED, "the mean");
}

/* "mean 7.43 s (7.31 s to 7.55 s); 1 000 values" */
static char *
numbers_of(const struct drawing *d)
{
	char mean[REPORT_TEXT_BYTES], low[REPORT_TEXT_BYTES];
	char high[REPORT_TEXT_BYTES], n[REPORT_TEXT_BYTES];

	return report_compose("mean %s (%s to %s); %s values",
	    report_moment(mean, PICTURE, d->spread.mean),
	    report_moment(low, PICTURE, d->spread.interval.low),
	    report_moment(high, PICTURE, d->spread.interval.high),
	    report_count(n, PICTURE, d->spread.n));
}

/* "expected 5 s to 10 s" */
static char *
expected_text(const struct drawing *d)
{
	char low[REPORT_TEXT_BYTES], high[REPORT_TEXT_BYTES];

	if (isnan(d->expected.low))
		return report_compose("%s", "");
	return report_compose("expected: %s to %s",
	    report_moment(low, PICTURE, d->expected.low),
	    report_moment(high, PICTURE, d->expected.high));
}

static char *
seconds_text(char *to, double value)
{
	return report_moment(to, PICTURE, fabs(value) < 1e-12 ? 0 : value);
}

static void
put_row(
    struct drawing *d, const struct report_panel *panel, size_t index, double y)
{
	const struct report_study *study = panel->study;
	const struct sim_case *c = &study->record->cases[case_of(study)];
	const struct report_brush *b = d->b;
	char *name = follows(study)
			 ? report_fault_name(&c->failovers[index], 40)
			 : report_compose("all faults");
	char *numbers = numbers_of(d), *expected = expected_text(d);
	double left = panel->box.x + b->line, limit = panel->box.width;
	double most = fmax(d->spread.max, d->expected.high);
	double least = fmin(d->spread.min, d->expected.low);
	double around = fmax((most - least) * 0.08, most * 0.02);

	d->area = (struct report_box){ left, y + b->line * 4.4,
		limit - 2 * b->line, b->line * 3.8 };
	d->scale = (struct report_brush_scale){ fmax(least - around, 0),
		most > 0 ? most + around : 1, left, d->area.width };
	if (name != NULL && numbers != NULL && expected != NULL) {
		report_brush_text(b, panel->box.x, y + b->line * 0.5, limit,
		    REPORT_LEFT, true, name);
		report_brush_text(b, panel->box.x, y + b->line * 1.6, limit,
		    REPORT_LEFT, false, numbers);
		report_brush_text(b, panel->box.x, y + b->line * 2.6, limit,
		    REPORT_LEFT, false, expected);
	}
	put_band(d);
	report_brush_scale(b, &d->scale, &d->area, seconds_text);
	put_histogram(d);
	put_mean(d);
	free(name);
	free(numbers);
	free(expected);
}

static void
draw(const struct report_brush *b, const struct report_panel *panel)
{
	size_t shown[FAULTS_MAX];
	size_t count = shown_faults(panel->study, shown);

	for (size_t i = 0; i < count; i++) {
		struct drawing d = {
			.b = b,
			.expected = expected_of(panel->study, shown[i]),
		};
		if (spread_of(&d.spread, panel->study, shown[i]) == 0)
			put_row(&d, panel, shown[i],
			    panel->box.y + row_height(b) * (double)i);
		report_spread_free(&d.spread);
	}
}

const struct report_sketch report_sketch_detect = { height, draw };

static double
paper_height(const struct report_panel *panel)
{
	return report_sketch_height(&report_sketch_detect, panel);
}

static void
paper_draw(const struct report_panel *panel)
{
	report_sketch_draw(&report_sketch_detect, panel);
}

/* Each value; 0 is the run itself. */
static int
csv(const struct report_study *study, FILE *to)
{
	size_t of_case = case_of(study);

	report_put(to, "replication,fault,member,at_s,detected_after_s\n");
	for (size_t r = 0; r < report_replications(study->record); r++) {
		const struct sim_case *c =
		    report_replica(study->record, r, of_case);
		for (size_t i = 0; i < c->failover_count; i++) {
			const struct sim_failover *f = &c->failovers[i];
			report_print(to, "%zu,", r);
			report_csv_text(to, f->fault);
			report_put(to, ",");
			report_csv_text(to, f->member);
			report_csv_ratio(to, (double)f->at_ns / 1e9);
			report_csv_ratio(
			    to, report_outcome(f, REPORT_DETECTED));
			report_put(to, "\n");
		}
	}
	return ferror(to) ? -1 : 0;
}

const struct report_art report_art_detect = {
	.has = has,
	.height = paper_height,
	.draw = paper_draw,
	.csv = csv,
};
