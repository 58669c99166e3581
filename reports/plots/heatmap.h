/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_HEATMAP_H
#define REPORTS_HEATMAP_H
/*
 * Shares over time of too many backends to stack: a map of time and backends
 * in which dark is much, so that it is read without colour, too.
 */
#include "reports/stats/fair.h"
#include "reports/study/pieces.h"

#define REPORT_MAP_NAMED  24 /* rows with their names, in the pool's order */
#define REPORT_MAP_ROWS   100
#define REPORT_MAP_SHADES 4.0 /* darkest from so many times the fair share */
#define REPORT_MAP_SILENT 0xebebebu

/* Beyond REPORT_MAP_NAMED by load, the most loaded first; beyond
 * REPORT_MAP_ROWS several backends to a row. */
struct report_map {
	size_t *order; /* backends */
	size_t rows, backend_count;
	const struct sim_rule *rule;
	struct report_fair fair;
};

/* 0; -1 without memory.  Free what was made. */
int report_map_make(struct report_map *map, const struct sim_rule *rule);
void report_map_free(struct report_map *map);

/* The mean load of a row's backends in a piece, 1 being fair; of a silent
 * piece 0. */
double report_map_cell(const struct report_map *map,
    const struct report_pieces *pieces, size_t row, size_t piece);

/* 0xrrggbb of so many times the fair share: white, pale blue, orange, dark
 * brown. */
uint32_t report_map_shade(double of_fair);

#endif
