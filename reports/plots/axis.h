/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_AXIS_H
#define REPORTS_AXIS_H
/* Values to places along a picture's width, with ticks below. */
#include "reports/draw/draw.h"

struct report_axis {
	double from, to; /* values */
	double x, width; /* where from stands, how far to is */
};

double report_axis_at(const struct report_axis *axis, double value);

/* Grid lines over `box`'s height and labels below it, written by `text`
 * (REPORT_TEXT_BYTES); steps of 1, 2, 5 and labels that keep apart. */
void report_axis_draw(struct report_pen *pen, const struct report_axis *axis,
    const struct report_box *box, char *(*text)(char *to, double value));

/* A line of the smallest text, its middle at y; width as in a label. */
void report_put_small(struct report_pen *pen, double x, double y, double width,
    enum report_align align, const char *text);

/* Labels' texts: "0.25"; "25 %". */
char *report_axis_number(char *to, double value);
char *report_axis_percent(char *to, double value);

#endif
