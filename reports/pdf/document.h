/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_DOCUMENT_H
#define REPORTS_DOCUMENT_H
/*
 * Pages that fill from the top: what does not fit on a page goes to the next.
 * A document is composed twice, first without a surface to count its pages,
 * then on it; both must put the same.
 */
#include "reports/figures/figure.h"
#include "reports/report.h"

struct report_document {
	struct report_pen pen; /* pen.cr NULL: only counts */
	cairo_surface_t *surface;
	const struct report_study *study;
	const struct report_options *options;
	struct report_box page;          /* inside the margins */
	double y;                        /* where the next thing goes */
	unsigned number, of_pages;       /* of this page, from 1 */
	char *running;                   /* above every page but the first */
	struct report_chart_facts facts; /* of finished pages */
};

void report_page_begin(struct report_document *doc);
/* Ends a page that was begun: its number, its label. */
void report_page_end(struct report_document *doc);
/* Begins a new page when there is no room for `height`. */
void report_page_need(struct report_document *doc, double height);

/* A bookmark of what comes next. */
void report_bookmark(struct report_document *doc, const char *text);

/* A paragraph over the page's width, broken as a whole. */
void report_paragraph(struct report_document *doc, const char *text,
    double size, bool bold, double gap);
/* The same, of a text that is freed; NULL is noted as lack of memory. */
void report_paragraph_take(struct report_document *doc, char *text, double size,
    bool bold, double gap);

/* A heading, with a bookmark when asked. */
void report_heading(
    struct report_document *doc, const char *text, bool bookmark);

/* A table's columns; cells are put row by row. */
struct report_column {
	const char *head;
	double width; /* of the page, 0..1 */
	enum report_align align;
};
struct report_sheet {
	const struct report_column *columns;
	size_t count;
};
/* Rows that begin a page get the head again. */
void report_sheet_head(
    struct report_document *doc, const struct report_sheet *sheet);
void report_sheet_row(struct report_document *doc,
    const struct report_sheet *sheet, const char *const *cells, bool bold);

/* The parts of report.pdf, in their order. */
void report_put_verdict(struct report_document *doc);
void report_put_figure(struct report_document *doc, enum report_figure figure);
/* Every fault, in a table; nothing without faults. */
void report_put_failures(struct report_document *doc);
/* SNAT ports: the picture, and the fullest in a table; nothing where no member
 * begins flows. */
void report_put_snat(struct report_document *doc);
void report_put_nat_rules(struct report_document *doc);
void report_put_backends(struct report_document *doc);
void report_put_method(struct report_document *doc);

#endif
