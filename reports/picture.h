/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_PICTURE_H
#define REPORTS_PICTURE_H
/*
 * A page with a pen on it, as a file: PNG with two pixels a unit, PDF of one
 * page, or SVG.  The same drawing gives the same bytes (with the same cairo,
 * pango and fonts): a PDF is dated by SOURCE_DATE_EPOCH, or a fixed day.
 */
#include "reports/chart.h"

struct report_pen;

enum report_page_kind { REPORT_PAGE_PNG, REPORT_PAGE_PDF, REPORT_PAGE_SVG };

struct report_page {
	double width;
	const char *title, *subject; /* of a PDF */
	/* Lays out, and draws when the pen has a page; returns the height. */
	double (*compose)(struct report_pen *pen, const void *ctx);
	const void *ctx;
};

/* 0; -1 with errno (ENOMEM, or what the sink met).  facts may be NULL, and
 * its panels are the caller's. */
int report_page_write(const struct report_page *page,
    enum report_page_kind kind, const struct report_sink *sink,
    struct report_chart_facts *facts);

#endif
