/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_HTML_FIGURES_H
#define REPORTS_HTML_FIGURES_H
/* The pictures of report.html: titles.h's words above them, a panel for each
 * subject (of the modes compared: for each unit), their data below. */
#include "reports/page/page.h"
#include "reports/figures/titles.h"

/* Writes it where there is anything to draw. */
void report_html_figure(struct report_page *page, enum report_figure figure);

/* What figures have in common: a hatch for what lies outside. */
void report_html_patterns(struct report_page *page);

/* --- one panel each; for html_figures.c ----------------------------------- */

void report_html_modes(struct report_page *page, enum report_unit unit);
void report_html_deviation(
    struct report_page *page, const struct report_subject *subject);
void report_html_time(
    struct report_page *page, const struct report_subject *subject);
void report_html_lorenz(
    struct report_page *page, const struct report_subject *subject);
void report_html_keys(
    struct report_page *page, const struct report_subject *subject);
void report_html_predicted(
    struct report_page *page, const struct report_subject *subject);
void report_html_failover(
    struct report_page *page, const struct report_subject *subject);
void report_html_kept(
    struct report_page *page, const struct report_subject *subject);
void report_html_detect(
    struct report_page *page, const struct report_subject *subject);
void report_html_response(
    struct report_page *page, const struct report_subject *subject);
void report_html_snat_picture(
    struct report_page *page, const struct report_subject *subject);

/* Their legends. */
void report_html_failover_legend(struct report_page *page);
void report_html_modes_legend(struct report_page *page);
void report_html_deviation_legend(struct report_page *page);
void report_html_time_legend(struct report_page *page);
void report_html_predicted_legend(struct report_page *page);

#endif
