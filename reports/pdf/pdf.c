/* SPDX-License-Identifier: MIT */
#include "reports/pdf/pdf.h"
#include "reports/words/input.h"
#include "reports/pdf/document.h"
#include "reports/draw/stream.h"
#include "reports/words/finding.h"
#include <cairo-pdf.h>
#include <errno.h>
#include <stdlib.h>

#define MARGIN      46.0
#define MARGIN_HEAD 52.0
#define MARGIN_FOOT 44.0

static const struct {
	double width, height;
} papers[] = {
	[REPORT_A4] = { 595.276, 841.890 },
	[REPORT_LETTER] = { 612, 792 },
};

static void
compose(struct report_document *doc)
{
	doc->number = 0;
	report_page_begin(doc);
	report_put_verdict(doc);
	for (int f = 0; f < REPORT_FIGURE_SNAT; f++)
		if (!report_is_key_figure(doc->study, (enum report_figure)f))
			report_put_figure(doc, (enum report_figure)f);
	report_put_failures(doc);
	report_put_snat(doc);
	report_put_nat_rules(doc);
	if (doc->study->chosen != NULL)
		report_put_backends(doc);
	report_put_method(doc);
	report_page_end(doc);
}

static void
set(cairo_surface_t *surface, cairo_pdf_metadata_t what, const char *text)
{
	cairo_pdf_surface_set_metadata(surface, what, text);
}

static void
describe(struct report_document *doc)
{
	const struct sim_record *record = doc->study->record;
	char date[REPORT_DATE_BYTES];
	char *title = report_compose("%s", doc->running);
	const bool told =
	    doc->study->chosen != NULL || report_is_about_snat(record);
	char *subject = told ? report_compose("%s", doc->study->headline)
			     : report_why_empty(doc->study);
	char *creator = report_compose("fairlead %s", record->version);

	report_creation_date(date);
	if (title != NULL && subject != NULL && creator != NULL) {
		set(doc->surface, CAIRO_PDF_METADATA_TITLE, title);
		set(doc->surface, CAIRO_PDF_METADATA_AUTHOR, "fairlead");
		set(doc->surface, CAIRO_PDF_METADATA_SUBJECT, subject);
		set(doc->surface, CAIRO_PDF_METADATA_CREATOR, creator);
		set(doc->surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
	} else {
		doc->pen.no_memory = true;
	}
	free(title);
	free(subject);
	free(creator);
}

static cairo_status_t
draw(struct report_document *doc, struct report_stream *stream)
{
	doc->surface = cairo_pdf_surface_create_for_stream(
	    report_stream_write, stream, doc->pen.width, doc->pen.height);
	describe(doc);
	doc->pen.cr = cairo_create(doc->surface);
	compose(doc);
	cairo_status_t status = cairo_status(doc->pen.cr);
	cairo_destroy(doc->pen.cr);
	doc->pen.cr = NULL;
	/* it is written here */
	cairo_surface_finish(doc->surface);
	if (status == CAIRO_STATUS_SUCCESS)
		status = cairo_surface_status(doc->surface);
	cairo_surface_destroy(doc->surface);
	return status;
}

static char *
running_title(const struct report_study *study)
{
	char *name = report_input_name(study->record);
	char *text = NULL;

	if (name != NULL)
		text = report_compose(study->chosen != NULL
					  ? "How evenly fairlead balanced %s"
					  : "fairlead report of %s",
		    name);
	free(name);
	return text;
}

int
report_pdf(const struct report_study *study,
    const struct report_options *options, const struct report_sink *sink,
    struct report_chart_facts *facts)
{
	struct report_stream stream = { 0 };
	struct report_document doc = { .study = study, .options = options };
	int error = ENOMEM;

	doc.running = running_title(study);
	if (report_pen_open(&doc.pen) == 0 && doc.running != NULL) {
		doc.pen.width = papers[options->paper].width;
		doc.pen.height = papers[options->paper].height;
		doc.page = (struct report_box){ MARGIN, MARGIN_HEAD,
			doc.pen.width - 2 * MARGIN,
			doc.pen.height - MARGIN_HEAD - MARGIN_FOOT };
		compose(&doc); /* counts */
		doc.of_pages = doc.number;
		cairo_status_t status = draw(&doc, &stream);
		error =
		    report_stream_end(&stream, sink, status, doc.pen.no_memory);
		if (facts != NULL)
			*facts = doc.facts;
	}
	report_pen_close(&doc.pen);
	free(doc.running);
	errno = error;
	return error == 0 ? 0 : -1;
}
