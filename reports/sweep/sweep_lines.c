/* SPDX-License-Identifier: MIT */
/* A sweep's lines over a number, in panels. */
#include "reports/draw/draw.h"
#include "reports/plots/plots.h"
#include "reports/sweep/sweep_chart.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PANEL_HEIGHT 150.0
#define GUTTER       44.0 /* the scale's, at the left of the first panel */
#define GAP          14.0
#define INSET        8.0 /* of the first and last point */
#define COLUMNS_MAX  4u
#define MARKER       2.6
#define BESIDE       2.2  /* a line's points from the next line's */
#define MARKED_MAX   40   /* points a line that are marked */
#define POINTS_MOST  2000 /* that are drawn of a line */
#define LOG_FROM     20.0 /* times: beyond, x is a power */
#define BAND_OPACITY 0.14

static const enum report_unit shown_units[] = { REPORT_FLOWS, REPORT_BYTES };
#define SHOWN (sizeof(shown_units) / sizeof(shown_units[0]))

struct panel {
	const struct report_sweep_chart *chart;
	size_t number; /* which combination of the rest */
	enum report_unit unit;
	struct report_box box;
	double x_low, x_high; /* of the number, or its logarithm */
	bool is_log;
	size_t *order; /* of x's levels: ascending */
};

/* --- where things are ---------------------------------------------------- */

static double
place_x(const struct panel *p, double value)
{
	double at = p->is_log ? log(value) : value;
	double part = p->x_high > p->x_low
			  ? (at - p->x_low) / (p->x_high - p->x_low)
			  : 0.5;

	return p->box.x + INSET + part * (p->box.width - 2 * INSET);
}

static double
place_y(const struct panel *p, double jain)
{
	const struct report_sweep_scale *s = &p->chart->scale[p->unit];

	return p->box.y + (s->high - jain) / (s->high - s->low) * p->box.height;
}

/* Lines stand a little beside each other, so that bars do not hide bars. */
static double
beside(const struct panel *p, size_t line, double x)
{
	const struct report_factor *of = p->chart->line;

	if (of == NULL)
		return x;
	return x + BESIDE * ((double)line - (double)(of->level_count - 1) / 2);
}

/* The level that a panel's number gives a factor of the rest. */
static size_t
panel_level(
    const struct report_sweep_chart *chart, size_t number, size_t factor)
{
	const struct report_sweep *s = chart->sweep;

	for (size_t f = s->factor_count; f-- > 0;) {
		const struct report_factor *of = &s->factors[f];
		if (of == chart->x || of == chart->line ||
		    of->role == REPORT_REPLICATION)
			continue;
		if (f == factor)
			return number % of->level_count;
		number /= of->level_count;
	}
	return 0;
}

/* The group at a place of a line. */
static const struct report_group *
group_at(const struct panel *p, size_t line, size_t level)
{
	const struct report_sweep_chart *chart = p->chart;
	const struct report_sweep *s = chart->sweep;
	size_t group = 0;

	for (size_t f = 0; f < s->factor_count; f++) {
		const struct report_factor *of = &s->factors[f];
		if (of->role == REPORT_REPLICATION)
			continue;
		size_t at = of == chart->x ? level
			    : of == chart->line
				? line
				: panel_level(chart, p->number, f);
		group = group * of->level_count + at;
	}
	return report_sweep_shown(s, group);
}

static const struct report_spread *
spread_at(
    const struct panel *p, size_t line, size_t place, enum report_metric metric)
{
	return &group_at(p, line, p->order[place])->of[p->unit][metric];
}

/* Which places are drawn: all, or every so many. */
static size_t
stride_of(const struct panel *p)
{
	return p->chart->x->level_count / POINTS_MOST + 1;
}

static double
value_at(const struct panel *p, size_t place)
{
	return p->chart->x->levels[p->order[place]].value;
}

/* --- scales -------------------------------------------------------------- */

static void
draw_y_scale(struct report_pen *pen, const struct panel *p, bool labelled)
{
	const struct report_sweep_scale *s = &p->chart->scale[p->unit];
	long steps = lround((s->high - s->low) / s->step);

	for (long i = 0; i <= steps; i++) {
		double value = s->high - (double)i * s->step;
		double y = place_y(p, value);
		struct report_box line = { p->box.x, y, p->box.width, 0 };
		char text[REPORT_TEXT_BYTES];
		report_pen_line(pen, &line, 0.5, &report_light);
		report_format(text, sizeof(text), "%.*f",
		    s->step < 0.1 - 1e-9 ? (s->step < 0.01 - 1e-9 ? 3 : 2) : 1,
		    value);
		struct report_label label = {
			.x = p->box.x - 5,
			.y = y,
			.size = REPORT_SMALL,
			.align = REPORT_RIGHT,
			.centred = true,
			.colour = &report_dark,
			.text = text,
		};
		if (labelled)
			report_pen_text(pen, &label);
	}
}

/* Labels levels from the left, where they do not touch the one before. */
static void
draw_x_scale(struct report_pen *pen, const struct panel *p)
{
	double last = -1e9;

	for (size_t i = 0; i < p->chart->x->level_count; i++) {
		struct report_label label = {
			.x = place_x(p, value_at(p, i)),
			.y = p->box.y + p->box.height + 3,
			.size = REPORT_SMALL,
			.align = REPORT_MIDDLE,
			.colour = &report_dark,
			.text = p->chart->x->levels[p->order[i]].text,
		};
		double half = report_pen_measure(pen, &label).width / 2;
		if (label.x - half < last + 5)
			continue;
		last = label.x + half;
		report_pen_text(pen, &label);
		struct report_box tick = { label.x, p->box.y + p->box.height, 0,
			3 };
		report_pen_line(pen, &tick, 0.5, &report_grey);
	}
}

/* --- lines --------------------------------------------------------------- */

static void
set_colour(struct report_pen *pen, size_t line, double opacity)
{
	const struct report_colour *c = report_sweep_colour(line);

	cairo_set_source_rgba(pen->cr, c->red, c->green, c->blue, opacity);
}

static void
draw_band(struct report_pen *pen, const struct panel *p, size_t line)
{
	size_t n = p->chart->x->level_count, step = stride_of(p);

	if (p->chart->sweep->replications < 2)
		return;
	cairo_new_path(pen->cr);
	for (size_t i = 0; i < n; i += step) {
		double y = spread_at(p, line, i, REPORT_JAIN)->max;
		if (!isnan(y))
			cairo_line_to(
			    pen->cr, place_x(p, value_at(p, i)), place_y(p, y));
	}
	for (size_t i = (n - 1) / step * step + step; i >= step; i -= step) {
		double y = spread_at(p, line, i - step, REPORT_JAIN)->min;
		if (!isnan(y))
			cairo_line_to(pen->cr,
			    place_x(p, value_at(p, i - step)), place_y(p, y));
	}
	cairo_close_path(pen->cr);
	set_colour(pen, line, BAND_OPACITY);
	cairo_fill(pen->cr);
}

static void
draw_mean(struct report_pen *pen, const struct panel *p, size_t line,
    enum report_metric metric)
{
	const double dashes[] = { 3, 2.5 };
	bool dashed = metric == REPORT_EXPECTED;

	cairo_new_path(pen->cr);
	for (size_t i = 0; i < p->chart->x->level_count; i += stride_of(p)) {
		double y = spread_at(p, line, i, metric)->mean;
		if (!isnan(y))
			cairo_line_to(pen->cr,
			    beside(p, line, place_x(p, value_at(p, i))),
			    place_y(p, y));
	}
	set_colour(pen, line, 1);
	cairo_set_line_width(pen->cr, dashed ? 0.9 : 1.4);
	cairo_set_dash(pen->cr, dashes, dashed ? 2 : 0, 0);
	cairo_stroke(pen->cr);
	cairo_set_dash(pen->cr, NULL, 0, 0);
}

static void
draw_points(struct report_pen *pen, const struct panel *p, size_t line)
{
	size_t n = p->chart->x->level_count;

	for (size_t i = 0; n <= MARKED_MAX && i < n; i++) {
		const struct report_spread *of =
		    spread_at(p, line, i, REPORT_JAIN);
		double x = beside(p, line, place_x(p, value_at(p, i)));
		if (isnan(of->mean))
			continue;
		set_colour(pen, line, 1);
		cairo_set_line_width(pen->cr, 1.1);
		if (of->count > 1) {
			double low = place_y(p, of->low);
			double high = place_y(p, fmin(of->high, 1));
			cairo_move_to(pen->cr, x, low);
			cairo_line_to(pen->cr, x, high);
			cairo_move_to(pen->cr, x - 2.5, low);
			cairo_line_to(pen->cr, x + 2.5, low);
			cairo_move_to(pen->cr, x - 2.5, high);
			cairo_line_to(pen->cr, x + 2.5, high);
			cairo_stroke(pen->cr);
		}
		report_sweep_marker(pen, line, x, place_y(p, of->mean), MARKER);
	}
}

static void
draw_panel(struct report_pen *pen, const struct panel *p, bool labelled)
{
	const struct report_factor *line = p->chart->line;
	size_t lines = line != NULL ? line->level_count : 1;

	draw_y_scale(pen, p, labelled);
	draw_x_scale(pen, p);
	cairo_save(pen->cr);
	cairo_rectangle(
	    pen->cr, p->box.x, p->box.y - 4, p->box.width, p->box.height + 8);
	cairo_clip(pen->cr);
	for (size_t i = 0; i < lines; i++)
		draw_band(pen, p, i);
	for (size_t i = 0; i < lines; i++)
		draw_mean(pen, p, i, REPORT_EXPECTED);
	for (size_t i = lines; i-- > 0;) {
		draw_mean(pen, p, i, REPORT_JAIN);
		draw_points(pen, p, i);
	}
	cairo_restore(pen->cr);
}

/* --- legend and titles --------------------------------------------------- */

static double
put_label(struct report_pen *pen, double x, double y, const char *text)
{
	struct report_label label = {
		.x = x,
		.y = y,
		.size = REPORT_PLAIN,
		.centred = true,
		.colour = &report_dark,
		.text = text,
	};
	report_pen_text(pen, &label);
	return x + report_pen_measure(pen, &label).width + 14;
}

static void
draw_stroke(
    struct report_pen *pen, size_t line, double x, double y, bool dashed)
{
	const double dashes[] = { 3, 2.5 };

	if (pen->cr == NULL)
		return;
	set_colour(pen, line, 1);
	if (dashed)
		cairo_set_source_rgb(pen->cr, 0.33, 0.33, 0.33);
	cairo_set_line_width(pen->cr, dashed ? 0.9 : 1.4);
	cairo_set_dash(pen->cr, dashes, dashed ? 2 : 0, 0);
	cairo_move_to(pen->cr, x, y);
	cairo_line_to(pen->cr, x + 20, y);
	cairo_stroke(pen->cr);
	cairo_set_dash(pen->cr, NULL, 0, 0);
	if (!dashed)
		report_sweep_marker(pen, line, x + 10, y, MARKER);
}

/* Begins a line anew where the words would leave the page. */
static void
put_entry(struct report_pen *pen, const struct report_box *within, double *x,
    double *y, const char *text, size_t line, bool dashed)
{
	struct report_label label = { .size = REPORT_PLAIN, .text = text };
	double wide = 25 + report_pen_measure(pen, &label).width;

	if (*x > within->x && *x + wide > within->x + within->width) {
		*x = within->x;
		*y += 13;
	}
	draw_stroke(pen, line, *x, *y, dashed);
	*x = put_label(pen, *x + 25, *y, text);
}

static double
put_legend(struct report_pen *pen, const struct report_sweep_chart *chart,
    const struct report_box *within)
{
	const struct report_factor *line = chart->line;
	double x = within->x, y = within->y + 5;
	char text[96];

	for (size_t i = 0; line != NULL && i < line->level_count; i++) {
		report_format(text, sizeof(text), "%s%s%s",
		    line->is_numeric ? line->name : "",
		    line->is_numeric ? " " : "", line->levels[i].text);
		put_entry(pen, within, &x, &y, text, i, false);
	}
	put_entry(
	    pen, within, &x, &y, "a perfect hash of this traffic", 0, true);
	if (chart->sweep->replications > 1) {
		struct report_label label = {
			.x = within->x,
			.y = y + 8,
			.size = REPORT_PLAIN,
			.width = within->width,
			.wrap = true,
			.colour = &report_dark,
			.text = "Mean Jain index (1: all backends alike) with "
				"its 95\xe2\x80\xaf% interval over hash keys; "
				"shaded, from the worst key to the best.",
		};
		y += 8 + report_pen_text(pen, &label) - 5;
	}
	return y + 10;
}

/* "by flows: algorithm maglev" */
static void
put_title(struct report_pen *pen, const struct panel *p)
{
	const struct report_sweep_chart *chart = p->chart;
	const struct report_sweep *s = chart->sweep;
	char text[192];
	struct report_label label = {
		.x = p->box.x,
		.y = p->box.y - 14,
		.size = REPORT_PLAIN,
		.width = p->box.width,
		.bold = true,
		.text = text,
	};

	report_format(text, sizeof(text), "By %s", report_unit_name(p->unit));
	for (size_t f = 0; f < s->factor_count; f++) {
		const struct report_factor *of = &s->factors[f];
		if (of == chart->x || of == chart->line ||
		    of->role == REPORT_REPLICATION || of->level_count < 2)
			continue;
		size_t used = strlen(text);
		report_format(text + used, sizeof(text) - used, ", %s%s%s",
		    of->is_numeric ? of->name : "", of->is_numeric ? " " : "",
		    of->levels[panel_level(chart, p->number, f)].text);
	}
	report_pen_text(pen, &label);
}

static void
put_x_title(struct report_pen *pen, const struct panel *p)
{
	struct report_label label = {
		.x = p->box.x + p->box.width / 2,
		.y = p->box.y + p->box.height + 13,
		.size = REPORT_PLAIN,
		.align = REPORT_MIDDLE,
		.colour = &report_dark,
		.text = p->chart->x->name,
	};
	report_pen_text(pen, &label);
}

/* --- all of them --------------------------------------------------------- */

static const struct report_factor *sorted; /* for the comparison alone */

static int
ascending(const void *a, const void *b)
{
	double x = sorted->levels[*(const size_t *)a].value;
	double y = sorted->levels[*(const size_t *)b].value;

	return (x > y) - (x < y);
}

static size_t *
order_of(const struct report_factor *x)
{
	size_t *order = calloc(x->level_count, sizeof(*order));

	if (order == NULL)
		return NULL;
	for (size_t i = 0; i < x->level_count; i++)
		order[i] = i;
	sorted = x;
	qsort(order, x->level_count, sizeof(*order), ascending);
	return order;
}

static void
set_x(struct panel *p)
{
	const struct report_factor *x = p->chart->x;
	double low = value_at(p, 0), high = value_at(p, x->level_count - 1);

	p->is_log = low > 0 && high / low > LOG_FROM;
	p->x_low = p->is_log ? log(low) : low;
	p->x_high = p->is_log ? log(high) : high;
}

double
report_sweep_draw_lines(struct report_pen *pen,
    const struct report_sweep_chart *chart, double left, double width, double y)
{
	size_t panels = chart->panel_count < REPORT_SWEEP_PANELS_MAX
			    ? chart->panel_count
			    : REPORT_SWEEP_PANELS_MAX;
	size_t columns = panels < COLUMNS_MAX ? panels : COLUMNS_MAX;
	const struct report_box within = { left, y, width, 0 };
	struct panel p = { .chart = chart, .order = order_of(chart->x) };

	if (p.order == NULL) {
		pen->no_memory = true;
		return y;
	}
	set_x(&p);
	p.box.width =
	    (width - GUTTER - GAP * (double)(columns - 1)) / (double)columns;
	p.box.height = PANEL_HEIGHT;
	y = put_legend(pen, chart, &within) + 6;
	for (size_t first = 0; first < panels; first += columns)
		for (size_t u = 0; u < SHOWN; u++) {
			p.box.y = y + 16;
			y = p.box.y + p.box.height + 28;
			for (size_t c = 0; c < columns && first + c < panels;
			     c++) {
				p.box.x = left + GUTTER +
					  (double)c * (p.box.width + GAP);
				p.number = first + c;
				p.unit = shown_units[u];
				put_title(pen, &p);
				put_x_title(pen, &p);
				if (pen->cr != NULL)
					draw_panel(pen, &p, c == 0);
			}
		}
	free(p.order);
	return y;
}
