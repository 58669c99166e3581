/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_FIGURE_H
#define REPORTS_FIGURE_H
/*
 * The pictures of a report, drawn on whatever a pen has: a page of report.pdf
 * or a file of its own.  A figure is a head (titles.h), a panel for each
 * subject or one for all, and a legend; panels are never broken over pages.
 */
#include "reports/draw/draw.h"
#include "reports/draw/canvas.h"
#include "reports/figures/titles.h"

#define REPORT_PANEL_SIZE 9.0 /* of a panel's title */
#define REPORT_PANEL_GAP  12.0

struct report_panel {
	struct report_pen *pen;
	const struct report_study *study;
	const struct report_subject *subject; /* the first, when for all */
	struct report_box box;                /* as high as height says */
};

/* How a figure is drawn; heights need no page and look only at the width. */
struct report_art {
	bool for_all; /* one panel */
	/* Whether there is anything to draw; NULL: with traffic of rules, what
	 * titles.c says. */
	bool (*wanted)(const struct report_study *study);
	/* Which subjects have one; NULL: all. */
	bool (*has)(
	    const struct report_study *study, const struct report_subject *s);
	double (*height)(const struct report_panel *panel);
	void (*draw)(const struct report_panel *panel);
	double (*legend_height)(const struct report_panel *panel); /* or NULL */
	void (*legend)(const struct report_panel *panel);
	int (*csv)(const struct report_study *study, FILE *to); /* 0, -1 */
};

extern const struct report_art report_art_modes, report_art_deviation,
    report_art_time, report_art_lorenz, report_art_keys, report_art_predicted,
    report_art_failover, report_art_detect, report_art_kept,
    report_art_response, report_art_snat;

const struct report_art *report_art(enum report_figure figure);

/* Puts the parts at box.x, box.y, box.width wide; each returns its height,
 * and only measures without a page.  titled: where there are several panels,
 * with the finding on this one above it. */
double report_figure_head(struct report_pen *pen,
    const struct report_study *study, enum report_figure figure,
    const struct report_box *box, double title_size);
size_t report_figure_panels(
    const struct report_study *study, enum report_figure figure);
/* Whose the panel of that number is; NULL beyond the last. */
const struct report_subject *report_figure_subject(
    const struct report_study *study, enum report_figure figure, size_t index);
/* Which figure stands beside the verdict, and which of its panels: SNAT ports
 * where the headline is about them, the failover of the chosen case, else how
 * even it is. */
enum report_figure report_key_figure(const struct report_study *study);
/* Whether that is all there is of a figure. */
bool report_is_key_figure(
    const struct report_study *study, enum report_figure figure);
size_t report_key_panel(const struct report_study *study);
double report_figure_panel(struct report_pen *pen,
    const struct report_study *study, enum report_figure figure, size_t index,
    bool titled, const struct report_box *box);
double report_figure_legend(struct report_pen *pen,
    const struct report_study *study, enum report_figure figure,
    const struct report_box *box);

/* Parts that several figures use. */

/* A swatch and its meaning; returns where the next may begin. */
double report_put_swatch(struct report_pen *pen, double x, double y,
    const struct report_colour *colour, const char *text);
/* A file of its own.  0; -1 with errno.  facts may be NULL. */
int report_figure_file(const struct report_study *study,
    enum report_figure figure, enum report_canvas_kind kind,
    const struct report_sink *sink, struct report_chart_facts *facts);

#endif
