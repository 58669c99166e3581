/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_TIME_AXIS_H
#define REPORTS_TIME_AXIS_H
/* Time along a picture's width: stretches of pieces, long silences between
 * them cut short and named. */
#include "reports/draw/draw.h"
#include "reports/study/pieces.h"

struct report_time_axis {
	const struct report_pieces *pieces;
	double x, width;
	double per_piece, gap; /* widths */
};

struct report_time_axis report_time_axis(
    const struct report_pieces *pieces, double x, double width);

/* Where a stretch's piece begins; index may be its count: where it ends. */
double report_time_at(
    const struct report_time_axis *axis, size_t stretch, size_t index);

/* Where a moment is; in a silence that is cut out, its middle. */
double report_time_of(const struct report_time_axis *axis, uint64_t ns);

/* Silences within the box, times below it. */
void report_time_draw(struct report_pen *pen,
    const struct report_time_axis *axis, const struct report_box *box);

#endif
