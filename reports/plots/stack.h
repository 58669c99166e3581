/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_STACK_H
#define REPORTS_STACK_H
/*
 * Shares over time of few backends: areas upon each other in the pool's order,
 * whatever they are drawn on.  A share is of a piece's bytes: 0 at the bottom
 * of the picture, 1 at its top.
 */
#include "reports/plots/time_axis.h"

#define REPORT_STACKED_MAX 8 /* backends; more are a map (heatmap.h) */

/* Pieces of a stretch, none of them silent: one area of each backend. */
struct report_run {
	size_t stretch, from, to;
};

/* The next one after *run, which starts as { 0 }; false: that was the last. */
bool report_run_next(
    const struct report_pieces *pieces, struct report_run *run);

/* A corner of an outline, at x and as high as a share; `first` of its area. */
typedef void report_stack_corner(void *arg, bool first, double x, double share);

/* The corners around a backend's area in a run.  O(pieces x backends). */
void report_stack_outline(const struct report_time_axis *axis,
    const struct report_run *run, size_t backend, report_stack_corner *corner,
    void *arg);

/* The middle of a backend's area where the picture ends, as a share. */
double report_stack_end(const struct report_pieces *pieces, size_t backend);

/* Where the labels of `count` areas stand that end at end[], the lowest (the
 * greatest y) first: there, but `row` apart and between top and bottom. */
void report_stack_labels(double *y, const double *end, size_t count, double row,
    const struct report_box *area);

#endif
