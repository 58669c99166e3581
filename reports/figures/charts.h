/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_CHARTS_H
#define REPORTS_CHARTS_H
/* The folder charts/ of a run: every picture as NAME.png, NAME@2x.png and
 * NAME.svg, and its data as NAME.csv. */
#include "reports/figures/titles.h"
#include <stdio.h>

#define REPORT_CHART_KINDS 4
#define REPORT_CHART_COUNT                                                     \
	((size_t)REPORT_CHART_KINDS * REPORT_FIGURE_COUNT) /* files */

const char *report_chart_name(size_t index); /* "charts/keys@2x.png" */
bool report_chart_is_wanted(const struct report_study *study, size_t index);
/* 0; -1 with errno. */
int report_chart_write(
    const struct report_study *study, size_t index, FILE *to);

#endif
