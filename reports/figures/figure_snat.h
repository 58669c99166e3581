/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_FIGURE_SNAT_H
#define REPORTS_FIGURE_SNAT_H
/*
 * The picture of SNAT ports: to REPORT_SNAT_STRIPS members each has a strip, in
 * which its ports in use stand against those it has; more are a map of time and
 * members, the fullest first, in which dark is full.
 */
#include "reports/figures/brush.h"
#include "reports/stats/snat.h"

#define REPORT_SNAT_STRIPS 8
#define REPORT_SNAT_NAMED  24  /* rows of a map with their names */
#define REPORT_SNAT_ROWS   100 /* of a map */
#define REPORT_SNAT_PIECES 96  /* of time, at the most */

struct report_snat_drawing {
	const struct report_brush *b;
	const struct report_panel *panel;
	const struct sim_case *of;
	size_t *shown; /* gauges that were used, in the order they are drawn */
	size_t count;
	bool frontends; /* their names tell gauges apart */
	size_t group;   /* of the record's pieces of time, in one of ours */
	struct report_stretch whole;
	struct report_pieces pieces; /* no silence is cut out */
	struct report_time_axis axis;
	struct report_box area; /* of the strips, or the map */
};

/* A gauge's level in a piece: a part of its ports, 0..1. */
double report_snat_level(const struct report_snat_drawing *d,
    const struct sim_snat *gauge, size_t piece);

/* "web-1, tcp"; the caller frees it, NULL without memory. */
char *report_snat_gauge_name(
    const struct report_snat_drawing *d, const struct sim_snat *gauge);

/* How high, and drawn into d->area. */
double report_snat_strips_height(const struct report_brush *b, size_t count);
void report_snat_strips(const struct report_snat_drawing *d);
double report_snat_map_height(const struct report_brush *b, size_t count);
void report_snat_map(const struct report_snat_drawing *d);

/* 0xrrggbb of a level. */
uint32_t report_snat_shade(double level);

#endif
