/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_SHEET_H
#define REPORTS_SHEET_H
/*
 * A sheet with a pen on it, as large as what is drawn, as a file: PNG with two
 * pixels a unit, PDF of one page, or SVG.  The same drawing gives the same
 * bytes (with the same cairo, pango and fonts); a PDF is dated by stream.h.
 */
#include "reports/chart.h"

struct report_pen;

enum report_sheet_kind { REPORT_SHEET_PNG, REPORT_SHEET_PDF, REPORT_SHEET_SVG };

struct report_sheet {
	double width;
	const char *title, *subject; /* of a PDF */
	/* Lays out, and draws when the pen has a page; returns the height. */
	double (*compose)(struct report_pen *pen, const void *ctx);
	const void *ctx;
};

/* 0; -1 with errno (ENOMEM, or what the sink met).  facts may be NULL, and
 * its panels are the caller's. */
int report_sheet_write(const struct report_sheet *sheet,
    enum report_sheet_kind kind, const struct report_sink *sink,
    struct report_chart_facts *facts);

#endif
