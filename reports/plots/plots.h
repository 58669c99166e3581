/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_PLOTS_H
#define REPORTS_PLOTS_H
/*
 * The two forms of a plot: bars, one per backend with its name and value, and
 * for many backends a curve, ordered by load.  Area is where the plot goes;
 * the gutter at its left (names, or the curve's scale) and the axis' labels
 * below it lie outside.
 */
#include "reports/study/board.h"
#include "reports/draw/draw.h"

#define REPORT_SMALL       7.0 /* text is never smaller */
#define REPORT_PLAIN       8.0
#define REPORT_AXIS_HEIGHT 13.0

/* Makes room for the values of all plots that share a scale; once. */
void report_bars_make_room(struct report_pen *pen, struct report_board *board);
double report_bars_height(const struct report_plot *plot);
double report_bars_gutter(
    struct report_pen *pen, const struct report_plot *plot);
/* gutter: how wide; 0 in all columns but the first. */
void report_bars_draw(struct report_pen *pen, const struct report_plot *plot,
    const struct report_box *area, double gutter);

double report_curve_height(const struct report_plot *plot);
double report_curve_gutter(
    struct report_pen *pen, const struct report_plot *plot);
void report_curve_draw(struct report_pen *pen, const struct report_plot *plot,
    const struct report_box *area, double gutter);

/* A tick's text: "+50 %"; 0 is "fair". */
char *report_tick(char *to, double value);

#endif
