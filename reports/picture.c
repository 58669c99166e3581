/* SPDX-License-Identifier: MIT */
#include "reports/figure.h"
#include "reports/stream.h"
#include <cairo-svg.h>
#include <errno.h>
#include <math.h>

#define WIDTH           720.0
#define MARGIN          22.0
#define TITLE_SIZE      13.0
#define PIXELS_PER_UNIT (96. / 72)

/* Lays out, and draws when the pen has a page; returns the height. */
static double
compose(struct report_pen *pen, const struct report_study *study,
    enum report_figure figure)
{
	struct report_box box = { MARGIN, MARGIN - 6, WIDTH - 2 * MARGIN, 0 };

	box.y += report_figure_head(pen, study, figure, &box, TITLE_SIZE);
	for (size_t i = 0; i < report_figure_panels(study, figure); i++)
		box.y += report_figure_panel(pen, study, figure, i, true, &box);
	box.y += report_figure_legend(pen, study, figure, &box);
	return ceil(box.y + MARGIN - 8);
}

static cairo_surface_t *
make_surface(enum report_file kind, double height, struct report_stream *stream)
{
	double scale = (kind == REPORT_FILE_PNG_2X ? 2 : 1) * PIXELS_PER_UNIT;
	cairo_surface_t *surface;

	if (kind == REPORT_FILE_SVG) {
		surface = cairo_svg_surface_create_for_stream(
		    report_stream_write, stream, WIDTH, height);
		cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PT);
		return surface;
	}
	surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24,
	    (int)ceil(WIDTH * scale), (int)ceil(height * scale));
	cairo_surface_set_device_scale(surface, scale, scale);
	return surface;
}

static cairo_status_t
draw(struct report_pen *pen, const struct report_study *study,
    enum report_figure figure, cairo_surface_t *surface)
{
	pen->cr = cairo_create(surface);
	cairo_set_source_rgb(pen->cr, 1, 1, 1);
	cairo_paint(pen->cr);
	(void)compose(pen, study, figure);
	cairo_show_page(pen->cr);
	cairo_status_t status = cairo_status(pen->cr);
	cairo_destroy(pen->cr);
	pen->cr = NULL;
	return status;
}

/* What is left to be written is written here. */
static cairo_status_t
write_out(cairo_surface_t *surface, enum report_file kind,
    struct report_stream *stream)
{
	cairo_status_t status = CAIRO_STATUS_SUCCESS;
	if (kind != REPORT_FILE_SVG)
		status = cairo_surface_write_to_png_stream(
		    surface, report_stream_write, stream);
	cairo_surface_finish(surface);
	return status != CAIRO_STATUS_SUCCESS ? status
					      : cairo_surface_status(surface);
}

int
report_figure_file(const struct report_study *study, enum report_figure figure,
    enum report_file kind, const struct report_sink *sink,
    struct report_chart_facts *facts)
{
	struct report_stream stream = { 0 };
	struct report_pen pen;
	int error = ENOMEM;

	if (report_pen_open(&pen) == 0) {
		pen.width = WIDTH;
		pen.height = compose(&pen, study, figure);
		cairo_surface_t *surface =
		    make_surface(kind, pen.height, &stream);
		cairo_status_t status = draw(&pen, study, figure, surface);
		if (status == CAIRO_STATUS_SUCCESS)
			status = write_out(surface, kind, &stream);
		cairo_surface_destroy(surface);
		if (kind == REPORT_FILE_SVG)
			report_stream_renumber(&stream);
		error = report_stream_end(&stream, sink, status, pen.no_memory);
		if (facts != NULL) {
			*facts = report_pen_facts(&pen);
			facts->panels =
			    (unsigned)report_figure_panels(study, figure);
		}
	}
	report_pen_close(&pen);
	errno = error;
	return error == 0 ? 0 : -1;
}
