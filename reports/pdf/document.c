/* SPDX-License-Identifier: MIT */
#include "reports/pdf/document.h"
#include "reports/plots/axis.h"
#include "reports/plots/plots.h"
#include <cairo-pdf.h>
#include <stdlib.h>

#define ROW        11.5
#define HEADING    11.0
#define HEAD_GAP   5.0
#define FOOT       16.0
#define TITLE_SIZE 13.0
#define FIGURE_GAP 18.0

static void
put_running(struct report_document *doc)
{
	struct report_box line = { doc->page.x, doc->page.y - 8,
		doc->page.width, 0 };
	report_put_small(&doc->pen, doc->page.x, doc->page.y - 16,
	    doc->page.width, REPORT_LEFT, doc->running);
	report_pen_line(&doc->pen, &line, 0.5, &report_light);
}

void
report_page_begin(struct report_document *doc)
{
	doc->number++;
	doc->y = doc->page.y;
	if (doc->pen.cr != NULL && doc->number > 1)
		put_running(doc);
}

/* Facts are asked page by page: labels of two pages do not overlap. */
static void
add_facts(struct report_document *doc)
{
	struct report_chart_facts of = report_pen_facts(&doc->pen);
	doc->facts.labels += of.labels;
	doc->facts.outside += of.outside;
	doc->facts.overlapping += of.overlapping;
	doc->facts.unknown_glyphs = of.unknown_glyphs;
	doc->facts.panels = doc->number;
	doc->pen.written_count = 0;
}

void
report_page_end(struct report_document *doc)
{
	char label[REPORT_TEXT_BYTES];

	if (doc->pen.cr == NULL)
		return;
	report_format(
	    label, sizeof(label), "%u/%u", doc->number, doc->of_pages);
	report_put_small(&doc->pen, doc->page.x + doc->page.width,
	    doc->page.y + doc->page.height + FOOT, 0, REPORT_RIGHT, label);
	cairo_pdf_surface_set_page_label(doc->surface, label);
	add_facts(doc);
	cairo_show_page(doc->pen.cr);
}

void
report_page_need(struct report_document *doc, double height)
{
	if (doc->y <= doc->page.y ||
	    doc->y + height <= doc->page.y + doc->page.height)
		return;
	report_page_end(doc);
	report_page_begin(doc);
}

void
report_bookmark(struct report_document *doc, const char *text)
{
	char where[REPORT_TEXT_BYTES];

	if (doc->pen.cr == NULL)
		return;
	/* whole numbers: a comma for a point would not be understood */
	report_format(where, sizeof(where), "page=%u pos=[0 %d]", doc->number,
	    (int)doc->y - 10);
	(void)cairo_pdf_surface_add_outline(doc->surface,
	    CAIRO_PDF_OUTLINE_ROOT, text, where, CAIRO_PDF_OUTLINE_FLAG_OPEN);
}

void
report_paragraph(struct report_document *doc, const char *text, double size,
    bool bold, double gap)
{
	struct report_label label = {
		.x = doc->page.x,
		.size = size,
		.width = doc->page.width,
		.bold = bold,
		.wrap = true,
		.text = text,
	};
	report_page_need(doc, report_pen_measure(&doc->pen, &label).height);
	label.y = doc->y;
	doc->y += report_pen_text(&doc->pen, &label) + gap;
}

void
report_paragraph_take(
    struct report_document *doc, char *text, double size, bool bold, double gap)
{
	if (text != NULL)
		report_paragraph(doc, text, size, bold, gap);
	else
		doc->pen.no_memory = true;
	free(text);
}

void
report_heading(struct report_document *doc, const char *text, bool bookmark)
{
	/* with some lines of what it heads */
	report_page_need(doc, HEADING + HEAD_GAP + 4 * ROW);
	if (bookmark)
		report_bookmark(doc, text);
	report_paragraph(doc, text, HEADING, true, HEAD_GAP);
}

/* --- tables --------------------------------------------------------------- */

static void
put_cells(struct report_document *doc, const struct report_sheet *sheet,
    const char *const *cells, bool bold)
{
	double x = doc->page.x;
	for (size_t i = 0; i < sheet->count; i++) {
		const struct report_column *c = &sheet->columns[i];
		double width = c->width * doc->page.width;
		struct report_label label = {
			.x = c->align == REPORT_RIGHT ? x + width : x,
			.y = doc->y + ROW / 2,
			.size = REPORT_PLAIN,
			.width = width - (c->align == REPORT_RIGHT ? 0 : 6),
			.align = c->align,
			.bold = bold,
			.centred = true,
			.text = cells[i],
		};
		report_pen_text(&doc->pen, &label);
		x += width;
	}
	doc->y += ROW;
}

static void
put_head(struct report_document *doc, const struct report_sheet *sheet)
{
	const char *cells[16];
	for (size_t i = 0; i < sheet->count; i++)
		cells[i] = sheet->columns[i].head;
	put_cells(doc, sheet, cells, true);
	struct report_box line = { doc->page.x, doc->y, doc->page.width, 0 };
	if (doc->pen.cr != NULL)
		report_pen_line(&doc->pen, &line, 0.75, &report_grey);
	doc->y += 2;
}

void
report_sheet_head(struct report_document *doc, const struct report_sheet *sheet)
{
	report_page_need(doc, 4 * ROW);
	put_head(doc, sheet);
}

void
report_sheet_row(struct report_document *doc, const struct report_sheet *sheet,
    const char *const *cells, bool bold)
{
	unsigned before = doc->number;
	report_page_need(doc, ROW);
	if (doc->number != before)
		put_head(doc, sheet);
	put_cells(doc, sheet, cells, bold);
}

/* --- figures -------------------------------------------------------------- */

static double
panel_height(
    struct report_document *doc, enum report_figure figure, size_t index)
{
	struct report_pen quiet = doc->pen;
	struct report_box box = { doc->page.x, 0, doc->page.width, 0 };
	quiet.cr = NULL;
	return report_figure_panel(
	    &quiet, doc->study, figure, index, true, &box);
}

static double
head_height(struct report_document *doc, enum report_figure figure)
{
	struct report_pen quiet = doc->pen;
	struct report_box box = { doc->page.x, 0, doc->page.width, 0 };
	quiet.cr = NULL;
	return report_figure_head(&quiet, doc->study, figure, &box, TITLE_SIZE);
}

static double
legend_height(struct report_document *doc, enum report_figure figure)
{
	struct report_pen quiet = doc->pen;
	struct report_box box = { doc->page.x, 0, doc->page.width, 0 };
	quiet.cr = NULL;
	return report_figure_legend(&quiet, doc->study, figure, &box);
}

void
report_put_figure(struct report_document *doc, enum report_figure figure)
{
	struct report_box box = { doc->page.x, 0, doc->page.width, 0 };

	if (!report_figure_is_wanted(doc->study, figure))
		return;
	size_t panels = report_figure_panels(doc->study, figure);
	double head = head_height(doc, figure), all = head;
	for (size_t i = 0; i < panels; i++)
		all += panel_height(doc, figure, i);
	double foot = legend_height(doc, figure);
	all += foot;
	/* whole on one page if it can be */
	if (FIGURE_GAP + all > doc->page.height)
		all = head + panel_height(doc, figure, 0);
	report_page_need(doc, FIGURE_GAP + all);
	if (doc->y > doc->page.y)
		doc->y += FIGURE_GAP;
	report_bookmark(doc, report_figure_heading(figure));
	box.y = doc->y;
	doc->y +=
	    report_figure_head(&doc->pen, doc->study, figure, &box, TITLE_SIZE);
	for (size_t i = 0; i < panels; i++) {
		report_page_need(doc, panel_height(doc, figure, i) +
					  (i + 1 == panels ? foot : 0));
		box.y = doc->y;
		doc->y += report_figure_panel(
		    &doc->pen, doc->study, figure, i, true, &box);
	}
	box.y = doc->y;
	doc->y += report_figure_legend(&doc->pen, doc->study, figure, &box);
}
