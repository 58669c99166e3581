/* SPDX-License-Identifier: MIT */
#include "reports/figures/brush.h"
#include "reports/figures/figure_time.h"
#include "reports/page/html_timeline.h"
#include "reports/plots/plots.h"
#include "reports/page/svg.h"
#include <math.h>

#define PEN_LINE  10.0
#define PAGE_LINE 14.0
#define PEN_MARK  3.0
#define PAGE_MARK 4.5

/* On paper; in the page html_style.c has them, which knows of darkness. */
static const struct report_colour paints[REPORT_PAINT_COUNT] = {
	[REPORT_PAINT_INK] = { 0.1, 0.1, 0.1 },
	[REPORT_PAINT_GRID] = { 0.86, 0.86, 0.86 },
	[REPORT_PAINT_BAND] = { 0.86, 0.86, 0.86 },
	[REPORT_PAINT_BAR] = { 0x00 / 255., 0x72 / 255., 0xb2 / 255. },
	[REPORT_PAINT_FAULT] = { 0xd5 / 255., 0x5e / 255., 0x00 / 255. },
	[REPORT_PAINT_BLIND] = { 0xfb / 255., 0xd9 / 255., 0xbf / 255. },
	[REPORT_PAINT_AWAY] = { 0xd6 / 255., 0xe7 / 255., 0xf3 / 255. },
	[REPORT_PAINT_KEPT] = { 0.72, 0.72, 0.72 },
	[REPORT_PAINT_MOVED] = { 0x56 / 255., 0xb4 / 255., 0xe9 / 255. },
	[REPORT_PAINT_NEEDLESS] = { 0xe6 / 255., 0x9f / 255., 0x00 / 255. },
	[REPORT_PAINT_RETRY] = { 0xe6 / 255., 0x9f / 255., 0x00 / 255. },
};
static const char *const classes[REPORT_PAINT_COUNT] = {
	[REPORT_PAINT_INK] = "ink",
	[REPORT_PAINT_GRID] = "rule",
	[REPORT_PAINT_BAND] = "range",
	[REPORT_PAINT_BAR] = "in",
	[REPORT_PAINT_FAULT] = "fault",
	[REPORT_PAINT_BLIND] = "blind",
	[REPORT_PAINT_AWAY] = "away",
	[REPORT_PAINT_KEPT] = "kept",
	[REPORT_PAINT_MOVED] = "moved",
	[REPORT_PAINT_NEEDLESS] = "out",
	[REPORT_PAINT_RETRY] = "out",
};

static const struct report_colour series_colours[REPORT_SERIES_MAX] = {
	{ 0x00 / 255., 0x72 / 255., 0xb2 / 255. },
	{ 0xe6 / 255., 0x9f / 255., 0x00 / 255. },
	{ 0x00 / 255., 0x9e / 255., 0x73 / 255. },
	{ 0xcc / 255., 0x79 / 255., 0xa7 / 255. },
	{ 0x56 / 255., 0xb4 / 255., 0xe9 / 255. },
	{ 0xd5 / 255., 0x5e / 255., 0x00 / 255. },
};
/* As html_style.c's .s0 to .s5. */
static const double series_dashes[REPORT_SERIES_MAX][2] = { { 0, 0 }, { 6, 2 },
	{ 2, 2 }, { 9, 3 }, { 4, 1 }, { 1, 2 } };

struct report_brush
report_brush_of_panel(const struct report_panel *panel)
{
	return (struct report_brush){
		.pen = panel->pen,
		.line = PEN_LINE,
		.mark = PEN_MARK,
		.box = panel->box,
	};
}

struct report_brush
report_brush_of_page(struct report_page *page)
{
	return (struct report_brush){
		.page = page,
		.line = PAGE_LINE,
		.mark = PAGE_MARK,
		.box = { 0, 0, page->width, 0 },
	};
}

/* --- text ----------------------------------------------------------------- */

double
report_brush_width(const struct report_brush *b, const char *text)
{
	struct report_label label = { .size = REPORT_SMALL, .text = text };

	return b->pen != NULL ? report_pen_measure(b->pen, &label).width
			      : report_svg_measure(text);
}

void
report_brush_text(const struct report_brush *b, double x, double y,
    double width, enum report_align align, bool strong, const char *text)
{
	struct report_label label = {
		.x = x,
		.y = y,
		.size = strong ? REPORT_PLAIN : REPORT_SMALL,
		.width = width,
		.align = align,
		.bold = strong,
		.centred = true,
		.colour = strong ? &report_black : &report_dark,
		.text = text,
	};
	enum report_anchor anchor = align == REPORT_LEFT     ? REPORT_START
				    : align == REPORT_MIDDLE ? REPORT_CENTRE
							     : REPORT_END;

	if (b->pen != NULL)
		report_pen_text(b->pen, &label);
	else if (width > 0 && report_svg_measure(text) > width)
		report_svg_name(b->page, x, y, anchor, width, text);
	else
		report_svg_text(
		    b->page, x, y, anchor, strong ? "strong" : "soft", text);
}

/* --- shapes --------------------------------------------------------------- */

static void
set_colour(cairo_t *cr, const struct report_colour *c)
{
	cairo_set_source_rgb(cr, c->red, c->green, c->blue);
}

void
report_brush_box(const struct report_brush *b, const struct report_box *box,
    enum report_paint paint, const char *tip)
{
	const struct report_place at = { box->x, box->y, box->width,
		box->height };

	if (b->pen != NULL)
		report_pen_fill(b->pen, box, &paints[paint]);
	else
		report_svg_box(b->page, &at,
		    paint == REPORT_PAINT_GRID ? "silent" : classes[paint],
		    tip);
}

void
report_brush_line(const struct report_brush *b, double x, double y, double to_x,
    double to_y, enum report_paint paint)
{
	char class[32];

	if (b->pen == NULL) {
		report_format(class, sizeof(class), "line %s", classes[paint]);
		report_svg_line(b->page, x, y, to_x, to_y, class);
		return;
	}
	cairo_new_path(b->pen->cr);
	cairo_move_to(b->pen->cr, x, y);
	cairo_line_to(b->pen->cr, to_x, to_y);
	set_colour(b->pen->cr, &paints[paint]);
	cairo_set_line_width(
	    b->pen->cr, paint == REPORT_PAINT_GRID ? 0.5 : 0.8);
	cairo_stroke(b->pen->cr);
}

/* Corners of each shape, in radii of a mark. */
static const struct {
	struct report_point corners[4];
	size_t count;
	enum report_paint paint;
} shapes[] = {
	[REPORT_SHAPE_FAULT] = { { { -1, -1 }, { 1, -1 }, { 0, 0.9 } }, 3,
	    REPORT_PAINT_FAULT },
	[REPORT_SHAPE_TICK] = { { { -0.25, -1 }, { 0.25, -1 }, { 0.25, 1 },
				    { -0.25, 1 } },
	    4, REPORT_PAINT_INK },
	[REPORT_SHAPE_DOWN] = { { { -0.8, -0.8 }, { 0.8, -0.8 }, { 0.8, 0.8 },
				    { -0.8, 0.8 } },
	    4, REPORT_PAINT_INK },
	[REPORT_SHAPE_REROUTED] = { { { 0, -1.1 }, { 1.1, 0 }, { 0, 1.1 },
					{ -1.1, 0 } },
	    4, REPORT_PAINT_BAR },
	[REPORT_SHAPE_BACK] = { { { -1, 0.9 }, { 0, -1 }, { 1, 0.9 } }, 3,
	    REPORT_PAINT_BAR },
};

static void
put_polygon(const struct report_brush *b, double x, double y,
    enum report_shape shape, const char *tip)
{
	cairo_t *cr = b->pen != NULL ? b->pen->cr : NULL;

	if (cr != NULL)
		cairo_new_path(cr);
	else
		report_svg_path(b->page, classes[shapes[shape].paint]);
	for (size_t i = 0; i < shapes[shape].count; i++) {
		const struct report_point *c = &shapes[shape].corners[i];
		double at_x = x + c->x * b->mark, at_y = y + c->y * b->mark;
		if (cr != NULL)
			cairo_line_to(cr, at_x, at_y);
		else
			report_svg_to(b->page, i == 0 ? 'M' : 'L', at_x, at_y);
	}
	if (cr == NULL) {
		report_svg_path_end(b->page, true, tip);
		return;
	}
	cairo_close_path(cr);
	set_colour(cr, &paints[shapes[shape].paint]);
	cairo_fill(cr);
}

void
report_brush_shape(const struct report_brush *b, double x, double y,
    enum report_shape shape, const char *tip)
{
	if (shape != REPORT_SHAPE_DOT)
		put_polygon(b, x, y, shape, tip);
	else if (b->pen != NULL)
		report_pen_dot(b->pen, x, y, b->mark * 0.8, &report_black);
	else
		report_svg_dot(b->page, x, y, "ink", tip);
}

static void
stroke_series(cairo_t *cr, size_t series)
{
	const double *dashes = series_dashes[series];

	set_colour(cr, &series_colours[series]);
	cairo_set_line_width(cr, 1.3);
	cairo_set_dash(cr, dashes, dashes[0] > 0 ? 2 : 0, 0);
	cairo_stroke(cr);
	cairo_set_dash(cr, NULL, 0, 0);
}

void
report_brush_curve(const struct report_brush *b,
    const struct report_point *points, size_t count, size_t series)
{
	cairo_t *cr = b->pen != NULL ? b->pen->cr : NULL;
	char class[24];

	report_format(class, sizeof(class), "series s%zu", series);
	if (cr != NULL)
		cairo_new_path(cr);
	else
		report_svg_path(b->page, class);
	for (size_t i = 0; i < count; i++) {
		if (cr != NULL)
			cairo_line_to(cr, points[i].x, points[i].y);
		else
			report_svg_to(b->page, i == 0 ? 'M' : 'L', points[i].x,
			    points[i].y);
	}
	if (cr != NULL)
		stroke_series(cr, series);
	else
		report_svg_path_end(b->page, false, NULL);
}

void
report_brush_bracket(
    const struct report_brush *b, double from, double to, double y)
{
	double end = b->line / 4;

	report_brush_line(b, from, y, to, y, REPORT_PAINT_INK);
	report_brush_line(b, from, y - end, from, y, REPORT_PAINT_INK);
	report_brush_line(b, to, y - end, to, y, REPORT_PAINT_INK);
}

double
report_brush_key(const struct report_brush *b, double x, double y,
    enum report_paint paint, const char *text)
{
	double side = b->line * 0.7;
	const struct report_box box = { x, y - side / 2, side * 1.6, side };

	report_brush_box(b, &box, paint, NULL);
	x += box.width + b->line * 0.4;
	report_brush_text(b, x, y, 0, REPORT_LEFT, false, text);
	return x + report_brush_width(b, text) + b->line * 1.4;
}

double
report_brush_at(const struct report_brush_scale *scale, double value)
{
	return scale->x +
	       (value - scale->from) / (scale->to - scale->from) * scale->width;
}

void
report_brush_scale(const struct report_brush *b,
    const struct report_brush_scale *scale, const struct report_box *over,
    char *(*text)(char *to, double value))
{
	const struct report_axis axis = { scale->from, scale->to, scale->x,
		scale->width };
	const struct report_scale of = { scale->from, scale->to, scale->x,
		scale->width };
	const struct report_place at = { over->x, over->y, over->width,
		over->height };

	if (b->pen != NULL)
		report_axis_draw(b->pen, &axis, over, text);
	else
		report_svg_scale(b->page, &of, &at, text);
}

/* --- shares over time ----------------------------------------------------- */

double
report_brush_shares_height(
    const struct report_brush *b, const struct sim_rule *rule)
{
	return b->pen != NULL ? report_time_shares_height(rule)
			      : report_html_shares_height(rule);
}

double
report_brush_shares_left(
    const struct report_brush *b, const struct sim_rule *rule)
{
	return b->pen != NULL ? report_time_shares_left(b->pen, rule)
			      : report_html_shares_left(rule);
}

double
report_brush_shares_right(
    const struct report_brush *b, const struct sim_rule *rule)
{
	return b->pen != NULL ? REPORT_TIME_SHARES_RIGHT
			      : report_html_shares_right(b->page, rule);
}

static struct report_timeline
timeline_of(const struct report_brush *b, const struct sim_rule *rule,
    const struct report_pieces *pieces, const struct report_time_axis *axis,
    const struct report_box *area)
{
	return (struct report_timeline){
		.page = b->page,
		.rule = rule,
		.pieces = *pieces,
		.axis = *axis,
		.area = { area->x, area->y, area->width, area->height },
	};
}

void
report_brush_shares(const struct report_brush *b,
    const struct report_panel *panel, const struct report_pieces *pieces,
    const struct report_time_axis *axis, const struct report_box *area)
{
	const struct sim_rule *rule = panel->subject->rule;

	if (b->pen != NULL) {
		report_time_shares(panel, pieces, axis, area);
		return;
	}
	struct report_timeline t = timeline_of(b, rule, pieces, axis, area);
	report_svg_box(b->page, &t.area, "silent", NULL);
	if (rule->backend_count <= REPORT_STACKED_MAX)
		report_html_stack(&t);
	else
		report_html_map(&t);
}

void
report_brush_times(const struct report_brush *b, const struct sim_rule *rule,
    const struct report_pieces *pieces, const struct report_time_axis *axis,
    const struct report_box *area)
{
	if (b->pen != NULL) {
		report_time_draw(b->pen, axis, area);
		return;
	}
	struct report_timeline t = timeline_of(b, rule, pieces, axis, area);
	report_html_times(&t);
}

/* --- labels --------------------------------------------------------------- */

void
report_apart(double *x, const double *width, size_t count, double gap,
    double from, double to)
{
	double right = to;

	/* from the right: none beyond its neighbour, or the end */
	for (size_t i = count; i-- > 0;) {
		x[i] = fmin(x[i], right - width[i] / 2);
		right = x[i] - width[i] / 2 - gap;
	}
	/* then from the left, which has the last word */
	double left = from;
	for (size_t i = 0; i < count; i++) {
		x[i] = fmax(x[i], left + width[i] / 2);
		left = x[i] + width[i] / 2 + gap;
	}
}

/* --- figures -------------------------------------------------------------- */

double
report_sketch_height(
    const struct report_sketch *sketch, const struct report_panel *panel)
{
	struct report_brush b = report_brush_of_panel(panel);

	return sketch->height(&b, panel);
}

void
report_sketch_draw(
    const struct report_sketch *sketch, const struct report_panel *panel)
{
	struct report_brush b = report_brush_of_panel(panel);

	sketch->draw(&b, panel);
}

void
report_sketch_page(const struct report_sketch *sketch, struct report_page *page,
    const struct report_subject *subject, const char *label)
{
	struct report_brush b = report_brush_of_page(page);
	const struct report_panel panel = {
		.study = page->study,
		.subject = subject,
		.box = b.box,
	};

	report_svg_open(page, sketch->height(&b, &panel), label);
	sketch->draw(&b, &panel);
	report_svg_close(page);
}
