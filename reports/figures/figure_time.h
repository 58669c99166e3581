/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_FIGURE_TIME_H
#define REPORTS_FIGURE_TIME_H
/* Shares over time on paper, for other figures: areas upon each other, or a
 * map.  What stands left of the area and right of it is outside it. */
#include "reports/figures/figure.h"
#include "reports/plots/time_axis.h"

#define REPORT_TIME_SHARES_RIGHT 120.0

double report_time_shares_height(const struct sim_rule *rule);
double report_time_shares_left(
    struct report_pen *pen, const struct sim_rule *rule);
void report_time_shares(const struct report_panel *panel,
    const struct report_pieces *pieces, const struct report_time_axis *axis,
    const struct report_box *area);

#endif
