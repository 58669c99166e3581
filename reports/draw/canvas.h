/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_CANVAS_H
#define REPORTS_CANVAS_H
/*
 * A page with a pen on it, as a file: PNG at 96 dpi or twice that, SVG, or
 * PDF of one page.  The same drawing gives the same bytes (with the same
 * cairo, pango and fonts).
 */
#include "reports/draw/sink.h"

struct report_pen;

enum report_canvas_kind {
	REPORT_CANVAS_PNG,
	REPORT_CANVAS_PNG_2X,
	REPORT_CANVAS_SVG,
	REPORT_CANVAS_PDF,
};

struct report_canvas {
	double width;                /* points */
	double pixels_per_point;     /* of a PNG; 0: 96 dpi */
	const char *title, *subject; /* of a PDF */
	/* Lays out, and draws when the pen has a page; returns the height. */
	double (*compose)(struct report_pen *pen, const void *ctx);
	const void *ctx;
};

/* 0; -1 with errno (ENOMEM, or what the sink met).  facts may be NULL, and
 * its panels are the caller's. */
int report_canvas_write(const struct report_canvas *page,
    enum report_canvas_kind kind, const struct report_sink *sink,
    struct report_chart_facts *facts);

#endif
