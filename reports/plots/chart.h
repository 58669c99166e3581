/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_CHART_H
#define REPORTS_CHART_H
/*
 * The one picture of a run: how far each backend is from its fair share, in
 * flows and in bytes, per case; on grey, where a perfect hash of the same
 * traffic would leave 95 % of the backends.  To 40 backends each is a bar with
 * its name and value; beyond, they are ordered from the most to the least
 * loaded, and the extremes are named.
 *
 * The same drawing code makes a PNG (two pixels a unit) and a PDF of one page
 * as large as the chart.  The same record gives the same bytes (with the same
 * cairo, pango and fonts): the PDF is dated by SOURCE_DATE_EPOCH, or a fixed
 * day.
 */
#include "reports/draw/sink.h"
#include "sim/record/record.h"

enum report_picture_kind { REPORT_PNG, REPORT_PDF };

/* 0; -1 with errno (ENOMEM, or what the sink met).  facts may be NULL. */
int report_chart(const struct sim_record *record, enum report_picture_kind kind,
    const struct report_sink *sink, struct report_chart_facts *facts);

/* Gives back what the font libraries keep between charts: for the end of a
 * program under a leak checker. */
void report_chart_forget(void);

#endif
