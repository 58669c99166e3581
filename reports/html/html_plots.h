/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_HTML_PLOTS_H
#define REPORTS_HTML_PLOTS_H
/* The two forms of a deviation plot in report.html, as plots.h has them for
 * paper. */
#include "reports/study/board.h"
#include "reports/page/svg.h"

#define REPORT_HTML_BARS_MAX 40

/* The plot is known, and has backends. */
void report_html_bars(struct report_page *page, const struct report_plot *plot);
void report_html_curve(
    struct report_page *page, const struct report_plot *plot);

/* "12 345 flows, 25.1 % of them, +0.4 %", after the backend's name. */
char *report_html_backend_tip(const struct report_plot *plot, size_t backend);

#endif
