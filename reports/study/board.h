/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_BOARD_H
#define REPORTS_BOARD_H
/*
 * What a chart shows, reckoned but not yet drawn.  A plot is a rule's backends
 * in one unit; plots stand in rows and columns.  All plots of a unit share a
 * scale, and flows and bytes do too unless one of them would be dwarfed.
 *
 * Rules with the same backends (the modes of one capture) stand side by side,
 * their flows above their bytes.  One rule alone, or rules with other
 * backends, get a row each: flows at the left, bytes at the right.
 */
#include "reports/stats/stats.h"
#include "reports/text/text.h"

#define REPORT_BARS_MAX   40 /* backends drawn one by one */
#define REPORT_PANELS_MAX 12 /* (case, rule) pairs drawn; the heaviest */

struct report_plot {
	const struct sim_rule *rule;
	enum report_unit unit;
	size_t row, column;
	char *title;       /* NULL: the plot above or beside says it */
	char *like, *jain; /* two lines of caption */
	bool known;        /* something was carried */
	size_t bars_max;   /* backends drawn one by one */
	double *deviation; /* per backend: (share - fair)/fair, from -1; 0 of
			      the drained, who have no fair share */
	struct report_range *whiskers; /* per backend: 95 % interval of it;
					  NULL: none */
	struct report_range perfect;   /* 95 % under a perfect hash */
	struct report_range *ranges;   /* per backend, where their weights
					  differ; NULL: perfect is everyone's,
					  else the widest of them */
	struct report_fair fair;
	struct report_range scale;    /* shared with other plots; holds 0 */
	double room_left, room_right; /* for values beside the bars */
};

struct report_board {
	struct report_plot *plots;
	size_t plot_count, row_count, column_count;
	size_t left_out;   /* panels beyond REPORT_PANELS_MAX */
	bool side_by_side; /* cases across, units down */
	bool is_known;     /* something was carried */
	bool is_cut;       /* some backend lies beyond its scale */
	bool own_scales;   /* flows and bytes each have their own */
	char *headline, *method, *note; /* note: NULL or one more line */
};

/* 0, -1 without memory.  Free what was made, even half. */
int report_board_make(
    struct report_board *board, const struct sim_record *record);
/* The same for a page higher than wide: always a row each, with whiskers,
 * and fewer bars where there are several rows.  perfect: what
 * report_perfect_range says of the panels in their order. */
int report_board_make_rows(struct report_board *board,
    const struct sim_record *record,
    const struct report_range (*perfect)[REPORT_UNIT_COUNT]);
void report_board_free(struct report_board *board);

/* Whether a plot is too full for bars with names. */
bool report_plot_is_crowded(const struct report_plot *plot);
/* Where 95 % of perfect hashes leave a backend; NAN unknown. */
const struct report_range *report_plot_range(
    const struct report_plot *plot, size_t backend);
/* Whether a backend lies where a perfect hash rarely leaves it. */
bool report_plot_is_outside(const struct report_plot *plot, size_t backend);
/* "idle", "drained", or how far it is off fair; text has room for that. */
const char *report_plot_value(
    const struct report_plot *plot, size_t backend, char *text);

/* The smallest of 1, 2, 5 times a power of ten that is no less. */
double report_nice_step(double least);

#endif
