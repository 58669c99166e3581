/* SPDX-License-Identifier: MIT */
#include "reports/draw/canvas.h"
#include "reports/draw/draw.h"
#include "reports/draw/stream.h"
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <errno.h>
#include <math.h>

#define PIXELS_PER_POINT (96. / 72)

static cairo_surface_t *
make_pdf(const struct report_canvas *page, double height,
    struct report_stream *stream)
{
	char date[REPORT_DATE_BYTES];
	cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(
	    report_stream_write, stream, page->width, height);

	report_creation_date(date);
	cairo_pdf_surface_set_metadata(
	    surface, CAIRO_PDF_METADATA_TITLE, page->title);
	cairo_pdf_surface_set_metadata(
	    surface, CAIRO_PDF_METADATA_SUBJECT, page->subject);
	cairo_pdf_surface_set_metadata(
	    surface, CAIRO_PDF_METADATA_CREATOR, "fairlead");
	cairo_pdf_surface_set_metadata(
	    surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
	return surface;
}

static cairo_surface_t *
make_svg(const struct report_canvas *page, double height,
    struct report_stream *stream)
{
	cairo_surface_t *surface = cairo_svg_surface_create_for_stream(
	    report_stream_write, stream, page->width, height);

	cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PT);
	return surface;
}

static cairo_surface_t *
make_png(const struct report_canvas *page, double height, double scale)
{
	cairo_surface_t *surface =
	    cairo_image_surface_create(CAIRO_FORMAT_RGB24,
		(int)ceil(page->width * scale), (int)ceil(height * scale));

	cairo_surface_set_device_scale(surface, scale, scale);
	return surface;
}

static cairo_surface_t *
make_surface(const struct report_canvas *page, enum report_canvas_kind kind,
    double height, struct report_stream *stream)
{
	double scale = page->pixels_per_point > 0 ? page->pixels_per_point
						  : PIXELS_PER_POINT;

	switch (kind) {
	case REPORT_CANVAS_PDF:
		return make_pdf(page, height, stream);
	case REPORT_CANVAS_SVG:
		return make_svg(page, height, stream);
	case REPORT_CANVAS_PNG_2X:
		return make_png(page, height, 2 * scale);
	default:
		return make_png(page, height, scale);
	}
}

static cairo_status_t
draw(struct report_pen *pen, const struct report_canvas *page,
    cairo_surface_t *surface)
{
	pen->cr = cairo_create(surface);
	cairo_set_source_rgb(pen->cr, 1, 1, 1);
	cairo_paint(pen->cr);
	(void)page->compose(pen, page->ctx);
	cairo_show_page(pen->cr);
	cairo_status_t status = cairo_status(pen->cr);
	cairo_destroy(pen->cr);
	pen->cr = NULL;
	return status;
}

/* What is left to be written is written here. */
static cairo_status_t
write_out(cairo_surface_t *surface, enum report_canvas_kind kind,
    struct report_stream *stream)
{
	cairo_status_t status = CAIRO_STATUS_SUCCESS;

	if (kind == REPORT_CANVAS_PNG || kind == REPORT_CANVAS_PNG_2X)
		status = cairo_surface_write_to_png_stream(
		    surface, report_stream_write, stream);
	cairo_surface_finish(surface);
	return status != CAIRO_STATUS_SUCCESS ? status
					      : cairo_surface_status(surface);
}

int
report_canvas_write(const struct report_canvas *page,
    enum report_canvas_kind kind, const struct report_sink *sink,
    struct report_chart_facts *facts)
{
	struct report_stream stream = { 0 };
	struct report_pen pen;
	int error = ENOMEM;

	if (report_pen_open(&pen) == 0) {
		pen.width = page->width;
		pen.height = ceil(page->compose(&pen, page->ctx));
		cairo_surface_t *surface =
		    make_surface(page, kind, pen.height, &stream);
		cairo_status_t status = draw(&pen, page, surface);
		if (status == CAIRO_STATUS_SUCCESS)
			status = write_out(surface, kind, &stream);
		cairo_surface_destroy(surface);
		if (kind == REPORT_CANVAS_SVG)
			report_stream_renumber(&stream);
		error = report_stream_end(&stream, sink, status, pen.no_memory);
		if (facts != NULL)
			*facts = report_pen_facts(&pen);
	}
	report_pen_close(&pen);
	errno = error;
	return error == 0 ? 0 : -1;
}
