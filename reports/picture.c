/* SPDX-License-Identifier: MIT */
#include "reports/picture.h"
#include "reports/draw.h"
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#define PIXELS_PER_UNIT 2
/* 2000-01-01: a picture is as old as nothing in particular */
#define FIXED_DATE 946684800

struct stream {
	const struct report_sink *sink;
	int error; /* errno of the sink's first failure */
};

static cairo_status_t
write_stream(void *ctx, const unsigned char *bytes, unsigned count)
{
	struct stream *stream = ctx;

	if (stream->error == 0 &&
	    stream->sink->take(stream->sink->ctx, bytes, count) != 0)
		stream->error = errno != 0 ? errno : EIO;
	return stream->error == 0 ? CAIRO_STATUS_SUCCESS
				  : CAIRO_STATUS_WRITE_ERROR;
}

/* reproducible-builds.org: SOURCE_DATE_EPOCH. */
static void
format_date(char *to, size_t bytes)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	time_t at = FIXED_DATE;
	struct tm tm;
	char *end;

	if (epoch != NULL && epoch[0] >= '0' && epoch[0] <= '9') {
		errno = 0;
		long long value = strtoll(epoch, &end, 10);
		if (*end == '\0' && errno == 0)
			at = (time_t)value;
	}
	if (gmtime_r(&at, &tm) == NULL ||
	    strftime(to, bytes, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		to[0] = '\0';
}

static cairo_surface_t *
make_pdf(const struct report_page *page, double height, struct stream *stream)
{
	char date[32];
	cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(
	    write_stream, stream, page->width, height);

	format_date(date, sizeof(date));
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
make_surface(const struct report_page *page, enum report_page_kind kind,
    double height, struct stream *stream)
{
	if (kind == REPORT_PAGE_PDF)
		return make_pdf(page, height, stream);
	if (kind == REPORT_PAGE_SVG)
		return cairo_svg_surface_create_for_stream(
		    write_stream, stream, page->width, height);
	cairo_surface_t *surface = cairo_image_surface_create(
	    CAIRO_FORMAT_RGB24, (int)page->width * PIXELS_PER_UNIT,
	    (int)height * PIXELS_PER_UNIT);
	cairo_surface_set_device_scale(
	    surface, PIXELS_PER_UNIT, PIXELS_PER_UNIT);
	return surface;
}

/* Draws on a surface and writes it out; returns cairo's status, which is the
 * first failure of all. */
static cairo_status_t
draw(struct report_pen *pen, const struct report_page *page,
    cairo_surface_t *surface, struct stream *png)
{
	pen->cr = cairo_create(surface);
	cairo_set_source_rgb(pen->cr, 1, 1, 1);
	cairo_paint(pen->cr);
	(void)page->compose(pen, page->ctx);
	cairo_show_page(pen->cr);
	cairo_status_t status = cairo_status(pen->cr);
	cairo_destroy(pen->cr);
	pen->cr = NULL;
	if (status == CAIRO_STATUS_SUCCESS && png != NULL)
		status = cairo_surface_write_to_png_stream(
		    surface, write_stream, png);
	/* PDF and SVG are written here, and a full disk is noticed here */
	cairo_surface_finish(surface);
	if (status == CAIRO_STATUS_SUCCESS)
		status = cairo_surface_status(surface);
	return status;
}

int
report_page_write(const struct report_page *page, enum report_page_kind kind,
    const struct report_sink *sink, struct report_chart_facts *facts)
{
	struct stream stream = { .sink = sink };
	struct report_pen pen;
	int error = ENOMEM;

	if (report_pen_open(&pen) != 0)
		goto out;
	pen.width = page->width;
	pen.height = ceil(page->compose(&pen, page->ctx));
	cairo_surface_t *surface =
	    make_surface(page, kind, pen.height, &stream);
	cairo_status_t status =
	    draw(&pen, page, surface, kind == REPORT_PAGE_PNG ? &stream : NULL);
	cairo_surface_destroy(surface);
	if (stream.error != 0)
		error = stream.error;
	else if (status == CAIRO_STATUS_SUCCESS && !pen.no_memory)
		error = 0;
	else if (status != CAIRO_STATUS_NO_MEMORY && !pen.no_memory)
		error = EINVAL;
	if (facts != NULL)
		*facts = report_pen_facts(&pen);
out:
	report_pen_close(&pen);
	errno = error;
	return error == 0 ? 0 : -1;
}
