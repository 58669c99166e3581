/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_FAILOVER_LANES_H
#define REPORTS_FAILOVER_LANES_H
/* A failover's picture as it is drawn, and the lanes at its top;
 * figure_failover.c draws the rest. */
#include "reports/figures/brush.h"
#include "reports/plots/plots.h"

#define REPORT_LANES_MAX       12
#define REPORT_HARM_ROWS       3
#define REPORT_FAILOVER_EVENTS 5

/* A fault. */
struct report_lane {
	const struct sim_failover *of;
	double y;
};

/* A row of bars: what was lost. */
struct report_harm_row {
	const char *what;
	enum report_paint paint;
	uint64_t *counts; /* by piece */
	uint64_t most;
};

struct report_failover_drawing {
	const struct report_brush *b;
	const struct report_panel *panel;
	struct report_pieces pieces;
	struct report_time_axis axis;
	struct report_lane lanes[REPORT_LANES_MAX];
	size_t lane_count;
	struct report_harm_row rows[REPORT_HARM_ROWS];
	size_t row_count;
	struct report_box area;
	double bottom; /* of the rows */
};

/* Something of a fault that has a time. */
struct report_failover_event {
	uint64_t after_ns;
	enum report_shape shape;
	const char *name;
};

/* Those that happened, in order of time; how many. */
size_t report_failover_events(
    const struct sim_failover *f, struct report_failover_event *to);

double report_lanes_height(
    const struct report_brush *b, const struct sim_case *c);

/* Chooses the lanes and draws them; where they end. */
double report_put_lanes(struct report_failover_drawing *d);

/* Behind the rows: from each fault until it was noticed, and until it was
 * over.  Before all else: the rules of a lane. */
void report_put_shades(
    const struct report_failover_drawing *d, double y, double high);
void report_put_rules(
    const struct report_failover_drawing *d, const struct report_lane *lane);

#endif
