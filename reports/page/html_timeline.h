/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_HTML_TIMELINE_H
#define REPORTS_HTML_TIMELINE_H
/* Shares over time in report.html: areas upon each other for few backends, a
 * map for many, on the same axis. */
#include "reports/page/svg.h"
#include "reports/plots/stack.h"

struct report_timeline {
	struct report_page *page;
	const struct sim_rule *rule;
	struct report_pieces pieces;
	struct report_time_axis axis;
	struct report_place area;
};

void report_html_stack(const struct report_timeline *timeline);
void report_html_map(const struct report_timeline *timeline);
void report_html_map_legend(struct report_page *page);

/* How high the area is, and what stands left and right of it. */
double report_html_shares_height(const struct sim_rule *rule);
double report_html_shares_left(const struct sim_rule *rule);
double report_html_shares_right(
    const struct report_page *page, const struct sim_rule *rule);

/* Times below the area, long silences cut out of it and named. */
void report_html_times(const struct report_timeline *timeline);

/* "12.3 s", for a moment */
char *report_html_moment(char *to, double ns);

#endif
