/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_TITLES_H
#define REPORTS_TITLES_H
/*
 * What each picture of a report shows, in words: its title states the
 * finding, its subtitle the method, a panel's title the finding on one
 * subject.  report.pdf, report.html and the pictures say the same.
 *
 * Texts are UTF-8, names in them fit to be shown; the caller frees them; NULL
 * without memory.
 */
#include "reports/study/study.h"

enum report_figure {
	REPORT_FIGURE_MODES,     /* indices of the modes side by side */
	REPORT_FIGURE_DEVIATION, /* each backend's distance from fair */
	REPORT_FIGURE_TIME,      /* shares over time */
	REPORT_FIGURE_LORENZ,
	REPORT_FIGURE_KEYS,      /* the heaviest */
	REPORT_FIGURE_PREDICTED, /* against measured */
	REPORT_FIGURE_FAILOVER,  /* what faults did, over time */
	REPORT_FIGURE_KEPT,      /* flows kept, moved, broken */
	REPORT_FIGURE_DETECT,    /* times to notice, over replications */
	REPORT_FIGURE_RESPONSE,  /* times clients waited */
	REPORT_FIGURE_SNAT,      /* ports in use, and what found none */
	REPORT_FIGURE_COUNT
};

/* "deviation": a file's name and an HTML id. */
const char *report_figure_name(enum report_figure figure);
/* "Deviation from the fair share": a bookmark, a heading. */
const char *report_figure_heading(enum report_figure figure);

/* Whether there is anything to draw. */
bool report_figure_is_wanted(
    const struct report_study *study, enum report_figure figure);

char *report_title(const struct report_study *study, enum report_figure figure);
char *report_subtitle(
    const struct report_study *study, enum report_figure figure);
/* "five-tuple: 750 keys, as hard to spread as 55.3 equal ones". */
char *report_panel_title(const struct report_study *study,
    enum report_figure figure, const struct report_subject *subject);

/* Why nothing was balanced: one sentence, of a study without a chosen
 * subject. */
char *report_why_empty(const struct report_study *study);

/* "tcp 192.0.2.1:5123 to 198.51.100.7:443": a key of heavy.
 * columns: longer addresses are cut to so many in their middle; 0: none. */
char *report_key_name(const struct sim_heavy *key, size_t columns);

/* Pieces of time in which some backend of the rule got traffic, and in how
 * many of them `leader` got the most bytes, more than any other backend. */
struct report_lead {
	size_t pieces, led, leader;
};
struct report_lead report_lead(
    const struct sim_record *record, const struct sim_rule *rule);

/* The share of the busier half of the backends, n/2 rounded up. */
double report_busier_half(const struct sim_rule *rule, enum report_unit unit);

#endif
