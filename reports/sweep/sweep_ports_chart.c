/* SPDX-License-Identifier: MIT */
/*
 * The picture of a sweep that asks for ports: above, what failed at the worst
 * destination, on a scale of decades, beside what Erlang's formula gives and
 * the goal; below, the fullest member's ports in use.  A line for each
 * combination of what else was varied.
 */
#include "reports/stats/snat.h"
#include "reports/plots/axis.h"
#include "reports/sweep/sweep_chart.h"
#include "reports/plots/plots.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_WIDTH REPORT_SWEEP_PAGE
#define MARGIN     REPORT_SWEEP_MARGIN
#define PANEL_SIZE 9.0
#define LEFT       50.0
#define HIGH       170.0 /* the upper panel */
#define LOW        90.0
#define INSET      10.0
#define LEAST      1e-5 /* of the scale: what is less is "none" */
#define LOG_FROM   20.0
#define MARKER     2.8
#define BESIDE     2.2
#define PICTURE    (&report_picture)

struct chart {
	const struct report_sweep *sweep;
	char *title, *method;
	size_t x;      /* factor */
	size_t *order; /* of x's levels: ascending */
	size_t lines;  /* combinations of the rest */
	struct report_box box;
	bool upper;
};

/* --- what goes where ------------------------------------------------------ */

static bool
is_varied(const struct report_sweep *s, size_t f)
{
	return s->factors[f].role != REPORT_REPLICATION;
}

/* Ports; else what else outbound rules have; else whatever there is. */
static size_t
x_factor(const struct report_sweep *s)
{
	size_t found = report_sweep_ports_factor(s);

	for (size_t f = 0; found == SIZE_MAX && f < s->factor_count; f++)
		if (strncmp(s->factors[f].name, "outbound.", 9) == 0)
			found = f;
	for (size_t f = 0; found == SIZE_MAX && f < s->factor_count; f++)
		if (is_varied(s, f))
			found = f;
	return found;
}

static int
by_value(const void *a, const void *b, void *arg)
{
	const struct report_level *levels = arg;
	const double x = levels[*(const size_t *)a].value;
	const double y = levels[*(const size_t *)b].value;

	return (x > y) - (x < y);
}

static int
set_order(struct chart *c)
{
	const struct report_factor *x = &c->sweep->factors[c->x];

	c->order = calloc(x->level_count, sizeof(*c->order));
	if (c->order == NULL)
		return -1;
	for (size_t i = 0; i < x->level_count; i++)
		c->order[i] = i;
	qsort_r(c->order, x->level_count, sizeof(*c->order), by_value,
	    (void *)(uintptr_t)x->levels);
	c->lines = 1;
	for (size_t f = 0; f < c->sweep->factor_count; f++)
		if (f != c->x && is_varied(c->sweep, f))
			c->lines *= c->sweep->factors[f].level_count;
	return 0;
}

/* The group at x's level of a line. */
static size_t
group_at(const struct chart *c, size_t line, size_t level)
{
	const struct report_sweep *s = c->sweep;
	size_t levels[REPORT_FACTORS_MAX] = { 0 }, group = 0;

	for (size_t f = s->factor_count; f-- > 0;) {
		if (!is_varied(s, f))
			continue;
		if (f == c->x) {
			levels[f] = level;
			continue;
		}
		levels[f] = line % s->factors[f].level_count;
		line /= s->factors[f].level_count;
	}
	for (size_t f = 0; f < s->factor_count; f++)
		if (is_varied(s, f))
			group = group * s->factors[f].level_count + levels[f];
	return group;
}

static const struct report_spread *
spread_at(const struct chart *c, size_t line, size_t place, unsigned metric)
{
	return &c->sweep
		    ->port_groups[group_at(c, line, c->order[place])][metric];
}

static double
value_at(const struct chart *c, size_t place)
{
	return c->sweep->factors[c->x].levels[c->order[place]].value;
}

static double
place_x(const struct chart *c, size_t line, size_t place)
{
	const size_t last = c->sweep->factors[c->x].level_count - 1;
	double from = value_at(c, 0), to = value_at(c, last);
	double at = value_at(c, place);
	const double beside =
	    BESIDE * ((double)line - (double)(c->lines - 1) / 2);

	if (to > LOG_FROM * from) {
		from = log(from);
		to = log(to);
		at = log(at);
	}
	return c->box.x + INSET + beside +
	       (to > from ? (at - from) / (to - from) : 0.5) *
		   (c->box.width - 2 * INSET);
}

static double
place_y(const struct chart *c, double part)
{
	const double at =
	    c->upper ? log10(fmax(part, LEAST)) / log10(LEAST) : 1 - part;

	return c->box.y + fmin(fmax(at, 0), 1) * c->box.height;
}

/* --- scales --------------------------------------------------------------- */

static void
put_grid(struct report_pen *pen, const struct chart *c, double part,
    const char *text)
{
	const double y = place_y(c, part);
	const struct report_box line = { c->box.x, y, c->box.width, 0 };

	report_pen_line(pen, &line, 0.5, &report_light);
	report_put_small(pen, c->box.x - 5, y, 0, REPORT_RIGHT, text);
}

static void
draw_y_scale(struct report_pen *pen, const struct chart *c)
{
	static const double levels[] = { 0, 0.5, 0.75, 1 };
	char text[REPORT_TEXT_BYTES];

	if (!c->upper) {
		for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
			put_grid(pen, c, levels[i],
			    report_round_percent(text, PICTURE, levels[i]));
		return;
	}
	for (double part = 1; part > 5 * LEAST; part /= 10)
		put_grid(
		    pen, c, part, report_round_percent(text, PICTURE, part));
	put_grid(pen, c, LEAST, "none");
}

static void
draw_goal(struct report_pen *pen, const struct chart *c)
{
	const double y = place_y(c, REPORT_SNAT_GOAL);
	const struct report_box line = { c->box.x, y, c->box.width, 0 };

	report_pen_line(pen, &line, 1.2, &report_dark);
}

static void
draw_x_scale(struct report_pen *pen, const struct chart *c)
{
	const struct report_factor *x = &c->sweep->factors[c->x];
	double last = -1e9;

	for (size_t i = 0; i < x->level_count; i++) {
		struct report_label label = {
			.x = place_x(c, 0, i) +
			     BESIDE * (double)(c->lines - 1) / 2,
			.y = c->box.y + c->box.height + 3,
			.size = REPORT_SMALL,
			.align = REPORT_MIDDLE,
			.colour = &report_dark,
			.text = x->levels[c->order[i]].text,
		};
		double half = report_pen_measure(pen, &label).width / 2;
		if (label.x - half < last + 5)
			continue;
		last = label.x + half;
		report_pen_text(pen, &label);
	}
	report_put_small(pen, c->box.x + c->box.width / 2,
	    c->box.y + c->box.height + 21, 0, REPORT_MIDDLE,
	    strcmp(x->name, "ports_per_member") == 0 ? "SNAT ports per member"
						     : x->name);
}

/* --- lines ---------------------------------------------------------------- */

static void
stroke(struct report_pen *pen, size_t line, bool dashed)
{
	const double dashes[] = { 3, 2.5 };
	const struct report_colour *colour = report_sweep_colour(line);

	cairo_set_source_rgb(pen->cr, colour->red, colour->green, colour->blue);
	cairo_set_line_width(pen->cr, dashed ? 1 : 1.5);
	cairo_set_dash(pen->cr, dashes, dashed ? 2 : 0, 0);
	cairo_stroke(pen->cr);
	cairo_set_dash(pen->cr, NULL, 0, 0);
}

static void
draw_mean(
    struct report_pen *pen, const struct chart *c, size_t line, unsigned metric)
{
	cairo_new_path(pen->cr);
	for (size_t i = 0; i < c->sweep->factors[c->x].level_count; i++) {
		const double part = spread_at(c, line, i, metric)->mean;
		if (!isnan(part))
			cairo_line_to(
			    pen->cr, place_x(c, line, i), place_y(c, part));
	}
	stroke(pen, line, metric == REPORT_PORT_EXPECTED);
}

static void
draw_points(
    struct report_pen *pen, const struct chart *c, size_t line, unsigned metric)
{
	for (size_t i = 0; i < c->sweep->factors[c->x].level_count; i++) {
		const struct report_spread *of = spread_at(c, line, i, metric);
		const double x = place_x(c, line, i);
		if (isnan(of->mean))
			continue;
		if (of->count > 1) {
			const double low = place_y(c, of->low);
			const double high = place_y(c, of->high);
			cairo_new_path(pen->cr);
			cairo_move_to(pen->cr, x, low);
			cairo_line_to(pen->cr, x, high);
			cairo_move_to(pen->cr, x - 2.5, low);
			cairo_line_to(pen->cr, x + 2.5, low);
			cairo_move_to(pen->cr, x - 2.5, high);
			cairo_line_to(pen->cr, x + 2.5, high);
			stroke(pen, line, false);
		}
		report_sweep_marker(pen, line, x, place_y(c, of->mean), MARKER);
	}
}

static size_t
drawn_lines(const struct chart *c)
{
	return c->lines < REPORT_SWEEP_LINES_MAX ? c->lines
						 : REPORT_SWEEP_LINES_MAX;
}

static void
draw_panel(struct report_pen *pen, const struct chart *c)
{
	const unsigned metric =
	    c->upper ? REPORT_PORT_BLOCKING : REPORT_PORT_SHARE;

	if (pen->cr == NULL)
		return;
	draw_y_scale(pen, c);
	if (!c->upper)
		draw_x_scale(pen, c);
	if (c->upper)
		draw_goal(pen, c);
	for (size_t i = 0; c->upper && i < drawn_lines(c); i++)
		draw_mean(pen, c, i, REPORT_PORT_EXPECTED);
	for (size_t i = drawn_lines(c); i-- > 0;) {
		draw_mean(pen, c, i, metric);
		draw_points(pen, c, i, metric);
	}
}

/* --- legend --------------------------------------------------------------- */

/* "outbound.idle_timeout 4m"; "simulated" where nothing else was varied. */
static char *
line_name(const struct chart *c, size_t line)
{
	const struct report_sweep *s = c->sweep;
	const size_t group = group_at(c, line, 0);
	char *text = report_compose("%s", c->lines == 1 ? "simulated" : "");

	for (size_t f = 0; f < s->factor_count && text != NULL; f++) {
		if (f == c->x || !is_varied(s, f) ||
		    s->factors[f].level_count < 2)
			continue;
		char *more = report_compose("%s%s%s %s", text,
		    text[0] != '\0' ? ", " : "", s->factors[f].name,
		    s->factors[f]
			.levels[report_sweep_group_level(s, group, f)]
			.text);
		free(text);
		text = more;
	}
	return text;
}

static double
put_key(struct report_pen *pen, size_t line, bool dashed, double *x, double y,
    const char *text)
{
	struct report_label label = {
		.size = REPORT_PLAIN,
		.centred = true,
		.colour = &report_dark,
		.text = text,
	};
	const double wide = report_pen_measure(pen, &label).width + 42;

	if (*x + wide > PAGE_WIDTH - MARGIN && *x > MARGIN + LEFT) {
		*x = MARGIN + LEFT;
		y += 13;
	}
	label.x = *x + 26;
	label.y = y;
	report_pen_text(pen, &label);
	if (pen->cr != NULL) {
		cairo_new_path(pen->cr);
		cairo_move_to(pen->cr, *x, y);
		cairo_line_to(pen->cr, *x + 20, y);
		stroke(pen, line, dashed);
		if (!dashed)
			report_sweep_marker(pen, line, *x + 10, y, MARKER);
	}
	*x += wide;
	return y;
}

static double
put_keys(struct report_pen *pen, const struct chart *c, double y)
{
	double x = MARGIN + LEFT;
	char text[64];

	for (size_t i = 0; i < drawn_lines(c); i++) {
		char *name = line_name(c, i);
		pen->no_memory |= name == NULL;
		if (name != NULL)
			y = put_key(pen, i, false, &x, y, name);
		free(name);
	}
	if (report_sweep_is_predicted(c->sweep))
		y = put_key(pen, 0, true, &x, y,
		    c->lines > 1 ? "Erlang\xe2\x80\x99s formula, of each colour"
				 : "Erlang\xe2\x80\x99s formula");
	if (c->lines > drawn_lines(c)) {
		report_format(text, sizeof(text), "%zu more in sweep.csv",
		    c->lines - drawn_lines(c));
		report_put_small(pen, x, y, 0, REPORT_LEFT, text);
	}
	return y + 12;
}

/* --- the page ------------------------------------------------------------- */

static double
put_panel(struct report_pen *pen, struct chart *c, bool upper, double y,
    const char *what)
{
	y = report_sweep_put_text(pen, what, y, PANEL_SIZE, true) + 8;
	c->upper = upper;
	c->box = (struct report_box){ MARGIN + LEFT, y,
		PAGE_WIDTH - 2 * MARGIN - LEFT, upper ? HIGH : LOW };
	draw_panel(pen, c);
	return y + c->box.height;
}

static double
compose(struct report_pen *pen, const void *ctx)
{
	struct chart c = *(const struct chart *)ctx;
	double y = MARGIN - 4;

	y = report_sweep_put_text(pen, c.title, y, REPORT_SWEEP_TITLE, true) +
	    3;
	y = report_sweep_put_text(pen, c.method, y, REPORT_PLAIN, false) + 16;
	y = put_keys(pen, &c, y);
	y = put_panel(pen, &c, true, y,
		"What failed at the worst destination; the line is the goal") +
	    12;
	y = put_panel(pen, &c, false, y,
	    "The fullest member\xe2\x80\x99s ports in use at most");
	return y + 28 + MARGIN - 8;
}

/* "10 replications a value, with 95 % intervals; seed 7; ..." */
static char *
method_words(const struct report_sweep *s)
{
	char packets[REPORT_TEXT_BYTES], span[REPORT_TEXT_BYTES];
	char replications[96] = "one run a point";

	if (s->replications > 1)
		report_format(replications, sizeof(replications),
		    "means of %zu replications and their 95\xe2\x80\xaf%% "
		    "intervals",
		    s->replications);
	return report_compose("%s packets in %s; %zu points, %s; seed %llu.%s",
	    report_count(packets, PICTURE, s->input->input.packets),
	    report_span(span, PICTURE, s->input->input.duration_ns),
	    s->point_count, replications, (unsigned long long)s->input->seed,
	    report_sweep_is_predicted(s)
		? " Erlang\xe2\x80\x99s formula is of Poisson arrivals, and of "
		  "clients that do not try again."
		: "");
}

int
report_sweep_ports_chart(const struct report_sweep *sweep,
    enum report_canvas_kind kind, const struct report_sink *sink,
    struct report_chart_facts *facts)
{
	struct chart c = { .sweep = sweep, .x = x_factor(sweep) };
	int done = -1, error = ENOMEM;

	c.title = report_sweep_ports_line(sweep, PICTURE);
	c.method = method_words(sweep);
	if (c.title != NULL && c.method != NULL && set_order(&c) == 0) {
		const struct report_canvas page = {
			.width = PAGE_WIDTH,
			.title = c.title,
			.subject = c.method,
			.compose = compose,
			.ctx = &c,
		};
		done = report_canvas_write(&page, kind, sink, facts);
		error = errno;
	}
	free(c.order);
	free(c.title);
	free(c.method);
	errno = error;
	return done;
}
