/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_SWEEP_CHART_H
#define REPORTS_SWEEP_CHART_H
/*
 * The picture of a sweep.  Where a number was varied: the mean Jain index over
 * it, a line for each level of another factor, a panel for each combination
 * of the rest, flows above bytes.  Bars are the 95 % interval of the mean over
 * hash keys, the band behind them is from the least to the most even key, the
 * dashed line what a perfect hash of the same traffic gives.  Where none was:
 * a row of dots for each setting, the best first.
 *
 * Lines differ in colour (Okabe and Ito's) and in their markers.
 */
#include "reports/draw/canvas.h"
#include "reports/sweep/sweep.h"
#include "reports/sweep/sweep_choice.h"

struct report_colour;

#define REPORT_SWEEP_PANELS_MAX 12 /* beside each other and below */
#define REPORT_SWEEP_LINES_MAX  7
#define REPORT_SWEEP_ROWS_MAX   40 /* of dots */

/* 0; -1 with errno.  facts may be NULL. */
int report_sweep_chart(const struct report_sweep *sweep,
    enum report_canvas_kind kind, const struct report_sink *sink,
    struct report_chart_facts *facts);

/* The picture of a sweep that asks for ports (sweep_ports_chart.c). */
int report_sweep_ports_chart(const struct report_sweep *sweep,
    enum report_canvas_kind kind, const struct report_sink *sink,
    struct report_chart_facts *facts);

/* --- between its parts --------------------------------------------------- */

#define REPORT_SWEEP_PAGE   800.0 /* wide */
#define REPORT_SWEEP_MARGIN 24.0
#define REPORT_SWEEP_TITLE  12.0 /* text's size */

struct report_sweep_scale {
	double low, high, step; /* of the Jain index */
};

struct report_sweep_chart {
	const struct report_sweep *sweep;
	const struct report_choice *choice;
	char *title, *method, *note;
	const struct report_factor *x, *line; /* NULL: none */
	size_t x_index, line_index;
	size_t panel_count; /* combinations of the rest */
	struct report_sweep_scale scale[REPORT_UNIT_COUNT];
};

/* Sizes of text and of lines are reports/plots/plots.h's.  Each draws below y
 * and returns where it ends. */
double report_sweep_draw_lines(struct report_pen *pen,
    const struct report_sweep_chart *chart, double left, double width,
    double y);
double report_sweep_draw_dots(struct report_pen *pen,
    const struct report_sweep_chart *chart, double left, double width,
    double y);

/* Text over the page's width, wrapped; returns where it ends. */
double report_sweep_put_text(
    struct report_pen *pen, const char *text, double y, double size, bool bold);

void report_sweep_marker(
    struct report_pen *pen, size_t line, double x, double y, double size);
const struct report_colour *report_sweep_colour(size_t line);

#endif
