/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_BRUSH_H
#define REPORTS_BRUSH_H
/*
 * One drawing for paper and for the page: a brush puts shapes and text either
 * by a pen (cairo) or as SVG into report.html, where colours are the style
 * sheet's.  Lengths are those of what it paints on; `line` is the height of a
 * line of text, from which all else is reckoned.
 */
#include "reports/plots/axis.h"
#include "reports/figures/figure.h"
#include "reports/page/page.h"
#include "reports/plots/time_axis.h"

enum report_paint {
	REPORT_PAINT_INK,   /* marks */
	REPORT_PAINT_GRID,  /* thin lines behind */
	REPORT_PAINT_BAND,  /* what was expected */
	REPORT_PAINT_BAR,   /* values */
	REPORT_PAINT_FAULT, /* a fault, what it destroyed */
	REPORT_PAINT_BLIND, /* the time in which nobody noticed */
	REPORT_PAINT_AWAY,  /* the time in which others did the work */
	REPORT_PAINT_KEPT,
	REPORT_PAINT_MOVED,
	REPORT_PAINT_NEEDLESS,
	REPORT_PAINT_RETRY,
	REPORT_PAINT_COUNT
};

/* Lines of several cases: colour and dashes differ. */
#define REPORT_SERIES_MAX 6

enum report_shape {
	REPORT_SHAPE_FAULT,    /* a triangle that points down */
	REPORT_SHAPE_TICK,     /* a short stroke */
	REPORT_SHAPE_DOWN,     /* a square */
	REPORT_SHAPE_REROUTED, /* a diamond */
	REPORT_SHAPE_BACK,     /* a triangle that points up */
	REPORT_SHAPE_DOT,
};

struct report_point {
	double x, y;
};

struct report_brush {
	struct report_pen *pen;   /* one of the two */
	struct report_page *page; /* is NULL */
	double line, mark;        /* a text line's height; a mark's radius */
	struct report_box box;    /* where to paint; height as asked for */
};

struct report_brush report_brush_of_panel(const struct report_panel *panel);
struct report_brush report_brush_of_page(struct report_page *page);

double report_brush_width(const struct report_brush *b, const char *text);
/* One line, its middle at y; not wider than `width` when that is over 0. */
void report_brush_text(const struct report_brush *b, double x, double y,
    double width, enum report_align align, bool strong, const char *text);

/* tip: under the pointer, in the page; may be NULL. */
void report_brush_box(const struct report_brush *b,
    const struct report_box *box, enum report_paint paint, const char *tip);
void report_brush_line(const struct report_brush *b, double x, double y,
    double to_x, double to_y, enum report_paint paint);
void report_brush_shape(const struct report_brush *b, double x, double y,
    enum report_shape shape, const char *tip);
void report_brush_curve(const struct report_brush *b,
    const struct report_point *points, size_t count, size_t series);

/* A mark between two x with ends, pointing up: |-----| */
void report_brush_bracket(
    const struct report_brush *b, double from, double to, double y);

/* A square and what it means; returns where the next may begin. */
double report_brush_key(const struct report_brush *b, double x, double y,
    enum report_paint paint, const char *text);

/* Values along the width of a box, with a grid over its height and labels
 * below: as report_axis_draw, report_svg_scale. */
struct report_brush_scale {
	double from, to, x, width;
};
double report_brush_at(const struct report_brush_scale *scale, double value);
void report_brush_scale(const struct report_brush *b,
    const struct report_brush_scale *scale, const struct report_box *over,
    char *(*text)(char *to, double value));

/* --- shares over time, as the figure of that name has them ---------------- */

double report_brush_shares_height(
    const struct report_brush *b, const struct sim_rule *rule);
/* What stands left and right of the area. */
double report_brush_shares_left(
    const struct report_brush *b, const struct sim_rule *rule);
double report_brush_shares_right(
    const struct report_brush *b, const struct sim_rule *rule);
void report_brush_shares(const struct report_brush *b,
    const struct report_panel *panel, const struct report_pieces *pieces,
    const struct report_time_axis *axis, const struct report_box *area);
/* Silences over the box, times below it. */
void report_brush_times(const struct report_brush *b,
    const struct sim_rule *rule, const struct report_pieces *pieces,
    const struct report_time_axis *axis, const struct report_box *area);

/*
 * report_apart - labels in a row that must not touch.
 *
 * x      where each would have its middle, ascending; becomes where it has it.
 * width  of each.
 *
 * Labels stay as near as they can, within from..to; when they have no room
 * there, they stand one by one from the left and go beyond.
 */
void report_apart(double *x, const double *width, size_t count, double gap,
    double from, double to);

/* --- figures by brush ----------------------------------------------------- */

/* One drawing, in both worlds; the panel's pen is NULL in the page. */
struct report_sketch {
	double (*height)(
	    const struct report_brush *b, const struct report_panel *panel);
	void (*draw)(
	    const struct report_brush *b, const struct report_panel *panel);
};

extern const struct report_sketch report_sketch_failover, report_sketch_detect,
    report_sketch_kept, report_sketch_response, report_sketch_snat;

/* What an art's height and draw are made of. */
double report_sketch_height(
    const struct report_sketch *sketch, const struct report_panel *panel);
void report_sketch_draw(
    const struct report_sketch *sketch, const struct report_panel *panel);
/* A picture of the page: all of it. */
void report_sketch_page(const struct report_sketch *sketch,
    struct report_page *page, const struct report_subject *subject,
    const char *label);

#endif
