/* SPDX-License-Identifier: MIT */
#include "reports/figures/brush.h"
#include "reports/text/csv.h"
#include "reports/words/failover_words.h"
#include <math.h>
#include <stdlib.h>

/*
 * Response times of synthetic clients: what share of the answers took longer,
 * both axes logarithmic, so that the tail is seen; a line each case, with its
 * median and its 99th percentile marked and written.
 */
#define PICTURE (&report_picture)
#define FLOOR   1e-5 /* no share below it is drawn */
#define DECADE  10.0

static bool
is_answered(const struct sim_case *c)
{
	return !isnan(report_response_quantile(&c->clients, 0.5));
}

/* Cases with answers, as many as have a line of their own. */
static size_t
shown_cases(const struct report_study *study, const struct sim_case **to)
{
	size_t count = 0;

	for (size_t i = 0; i < study->record->case_count; i++)
		if (count < REPORT_SERIES_MAX &&
		    is_answered(&study->record->cases[i]))
			to[count++] = &study->record->cases[i];
	return count;
}

static bool
wanted(const struct report_study *study)
{
	const struct sim_case *cases[REPORT_SERIES_MAX];

	return shown_cases(study, cases) > 0;
}

struct drawing {
	const struct report_brush *b;
	struct report_box area;
	double from, to; /* log10 of seconds, whole decades */
	double least;    /* log10 of the least share, below 0 */
};

static double
plot_height(const struct report_brush *b)
{
	return b->line * 13;
}

static double
height(const struct report_brush *b, const struct report_panel *panel)
{
	const struct sim_case *cases[REPORT_SERIES_MAX];
	size_t count = shown_cases(panel->study, cases);

	return plot_height(b) + b->line * (2.6 + 1.3 * (double)count);
}

static double
x_of(const struct drawing *d, double seconds)
{
	double part = (log10(seconds) - d->from) / (d->to - d->from);

	return d->area.x + d->area.width * fmin(fmax(part, 0), 1);
}

static double
y_of(const struct drawing *d, double share)
{
	double part = log10(fmax(share, FLOOR)) / d->least;

	return d->area.y + d->area.height * fmin(fmax(part, 0), 1);
}

/* Whole decades around all that is shown. */
static void
set_range(struct drawing *d, const struct sim_case **cases, size_t count)
{
	double least = INFINITY, most = 0, tail = 0.01;

	for (size_t i = 0; i < count; i++) {
		const struct sim_clients *c = &cases[i]->clients;
		uint64_t answers = 0;
		for (uint32_t k = 0; k < SIM_TIME_BUCKETS; k++)
			answers += c->response[k];
		least = fmin(least, report_response_quantile(c, 0));
		most = fmax(most, report_response_quantile(c, 1));
		tail = fmin(tail, 1 / (double)answers);
	}
	d->from = floor(log10(fmax(least, 1e-9)));
	d->to = fmax(ceil(log10(most)), d->from + 1);
	d->least = floor(log10(fmax(tail, FLOOR)));
}

static void
put_grid(const struct drawing *d)
{
	const struct report_brush *b = d->b;
	const struct report_box *a = &d->area;
	char text[REPORT_TEXT_BYTES];
	double apart = -INFINITY;

	for (double at = d->from; at <= d->to + 0.5; at++) {
		double seconds = pow(DECADE, at), x = x_of(d, seconds);
		report_brush_line(
		    b, x, a->y, x, a->y + a->height, REPORT_PAINT_GRID);
		report_moment(text, PICTURE, seconds);
		double half = report_brush_width(b, text) / 2;
		if (x - half < apart)
			continue;
		report_brush_text(b, x, a->y + a->height + b->line * 0.8, 0,
		    REPORT_MIDDLE, false, text);
		apart = x + half + b->line * 0.5;
	}
	for (double at = 0; at >= d->least - 0.5; at--) {
		double share = pow(DECADE, at), y = y_of(d, share);
		report_brush_line(
		    b, a->x, y, a->x + a->width, y, REPORT_PAINT_GRID);
		report_brush_text(b, a->x - b->line * 0.5, y, 0, REPORT_RIGHT,
		    false, report_round_percent(text, PICTURE, share));
	}
}

/* A corner each bucket that has answers. */
static void
put_curve(const struct drawing *d, const struct sim_case *c, size_t series)
{
	struct report_point points[2 * SIM_TIME_BUCKETS + 2];
	uint64_t answers = 0, longer;
	size_t count = 0;

	for (uint32_t k = 0; k < SIM_TIME_BUCKETS; k++)
		answers += c->clients.response[k];
	longer = answers;
	for (uint32_t k = 0; k < SIM_TIME_BUCKETS; k++) {
		if (c->clients.response[k] == 0)
			continue;
		double share = (double)longer / (double)answers;
		double from = fmax((double)sim_bucket_time(k), 1) / 1e9;
		points[count++] =
		    (struct report_point){ x_of(d, from), y_of(d, share) };
		longer -= c->clients.response[k];
		if (longer == 0)
			break;
		double to = (double)sim_bucket_time(k + 1) / 1e9;
		share = (double)longer / (double)answers;
		points[count++] =
		    (struct report_point){ x_of(d, to), y_of(d, share) };
	}
	double most = report_response_quantile(&c->clients, 1);
	points[count++] =
	    (struct report_point){ x_of(d, most), d->area.y + d->area.height };
	report_brush_curve(d->b, points, count, series);
}

static void
put_quantiles(const struct drawing *d, const struct sim_case *c)
{
	static const double at[] = { 0.5, 0.99 };
	char tip[3 * REPORT_TEXT_BYTES], text[REPORT_TEXT_BYTES];

	for (size_t i = 0; i < 2; i++) {
		double is = report_response_quantile(&c->clients, at[i]);
		report_format(tip, sizeof(tip), "p%.0f %s", 100 * at[i],
		    report_moment(text, PICTURE, is));
		report_brush_shape(d->b, x_of(d, is), y_of(d, 1 - at[i]),
		    REPORT_SHAPE_DOT, tip);
	}
}

/* A piece of the line, the name, and the numbers. */
static void
put_name(const struct drawing *d, const struct report_panel *panel,
    const struct sim_case *c, size_t series, double y)
{
	const struct report_brush *b = d->b;
	double x = panel->box.x, end = x + b->line * 2;
	const struct report_point sample[] = { { x, y }, { end, y } };
	struct report_response r = report_response_of(&c->clients);
	char p50[REPORT_TEXT_BYTES], p99[REPORT_TEXT_BYTES];
	char most[REPORT_TEXT_BYTES];
	char *name = report_clean(c->name, true), *text = NULL;

	if (name != NULL) {
		report_shorten(name, 24);
		text = report_compose("%s: p50 %s, p99 %s, most %s", name,
		    report_moment(p50, PICTURE, r.p50),
		    report_moment(p99, PICTURE, r.p99),
		    report_moment(most, PICTURE, r.max));
	}
	report_brush_curve(b, sample, 2, series);
	if (text != NULL)
		report_brush_text(b, end + b->line * 0.5, y,
		    panel->box.width - 2.5 * b->line, REPORT_LEFT, false, text);
	free(name);
	free(text);
}

static void
draw(const struct report_brush *b, const struct report_panel *panel)
{
	const struct sim_case *cases[REPORT_SERIES_MAX];
	size_t count = shown_cases(panel->study, cases);
	double left = b->line * 4.2;
	struct drawing d = {
		.b = b,
		.area = { panel->box.x + left, panel->box.y + b->line * 0.6,
		    panel->box.width - left - b->line * 1.6, plot_height(b) },
	};
	double y = d.area.y + d.area.height + b->line * 2.4;

	set_range(&d, cases, count);
	put_grid(&d);
	for (size_t i = 0; i < count; i++)
		put_curve(&d, cases[i], i);
	for (size_t i = 0; i < count; i++) {
		put_quantiles(&d, cases[i]);
		put_name(&d, panel, cases[i], i, y + 1.3 * b->line * (double)i);
	}
}

const struct report_sketch report_sketch_response = { height, draw };

static double
paper_height(const struct report_panel *panel)
{
	return report_sketch_height(&report_sketch_response, panel);
}

static void
paper_draw(const struct report_panel *panel)
{
	report_sketch_draw(&report_sketch_response, panel);
}

/* Buckets that have answers. */
static int
csv(const struct report_study *study, FILE *to)
{
	report_put(to, "case,from_s,to_s,answers\n");
	for (size_t i = 0; i < study->record->case_count; i++) {
		const struct sim_case *c = &study->record->cases[i];
		if (!is_answered(c))
			continue;
		for (uint32_t k = 0; k < SIM_TIME_BUCKETS; k++) {
			if (c->clients.response[k] == 0)
				continue;
			report_csv_text(to, c->name);
			report_print(to, ",%.9g,%.9g,%llu\n",
			    (double)sim_bucket_time(k) / 1e9,
			    k + 1 < SIM_TIME_BUCKETS
				? (double)sim_bucket_time(k + 1) / 1e9
				: (double)UINT64_MAX / 1e9,
			    (unsigned long long)c->clients.response[k]);
		}
	}
	return ferror(to) ? -1 : 0;
}

const struct report_art report_art_response = {
	.for_all = true,
	.wanted = wanted,
	.height = paper_height,
	.draw = paper_draw,
	.csv = csv,
};
