/* SPDX-License-Identifier: MIT */
#include "reports/page/image.h"
#include <glib.h>
#include <stdlib.h>
#include <string.h>

cairo_surface_t *
report_image(const uint32_t *rgb, size_t width, size_t height)
{
	cairo_surface_t *image = cairo_image_surface_create(
	    CAIRO_FORMAT_RGB24, (int)width, (int)height);
	unsigned char *data = cairo_image_surface_get_data(image);
	size_t stride = (size_t)cairo_image_surface_get_stride(image);

	if (data == NULL)
		return image;
	cairo_surface_flush(image);
	for (size_t row = 0; row < height; row++)
		memcpy(data + stride * row, rgb + width * row,
		    width * sizeof(*rgb));
	cairo_surface_mark_dirty(image);
	return image;
}

cairo_surface_t *
report_image_map(const struct report_map *map,
    const struct report_pieces *pieces, const struct report_stretch *stretch)
{
	const size_t width = stretch->count;
	uint32_t *rgb = calloc(width * map->rows + 1, sizeof(*rgb));

	for (size_t at = 0; rgb != NULL && at < width * map->rows; at++) {
		const size_t piece = stretch->first + at % width;
		rgb[at] = pieces->totals[piece] == 0
			      ? REPORT_MAP_SILENT
			      : report_map_shade(report_map_cell(
				    map, pieces, at / width, piece));
	}
	cairo_surface_t *image = rgb != NULL
				     ? report_image(rgb, width, map->rows)
				     : report_image(NULL, 0, 0);
	free(rgb);
	return image;
}

void
report_image_pen(struct report_pen *pen, cairo_surface_t *image,
    const struct report_box *box)
{
	int width = cairo_image_surface_get_width(image);
	int height = cairo_image_surface_get_height(image);
	cairo_t *cr = pen->cr;

	if (width == 0 || height == 0) {
		pen->no_memory = true;
		return;
	}
	cairo_save(cr);
	cairo_translate(cr, box->x, box->y);
	cairo_scale(cr, box->width / width, box->height / height);
	cairo_set_source_surface(cr, image, 0, 0);
	cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
	cairo_paint(cr);
	cairo_restore(cr);
}

/* --- in the page ---------------------------------------------------------- */

static cairo_status_t
take(void *ctx, const unsigned char *bytes, unsigned count)
{
	return fwrite(bytes, 1, count, ctx) == count ? CAIRO_STATUS_SUCCESS
						     : CAIRO_STATUS_WRITE_ERROR;
}

/* The image as a PNG in base64, for g_free; NULL without memory. */
static char *
encode(cairo_surface_t *image)
{
	char *bytes = NULL, *text = NULL;
	size_t count = 0;
	FILE *to = open_memstream(&bytes, &count);

	if (to == NULL)
		return NULL;
	cairo_status_t status =
	    cairo_surface_write_to_png_stream(image, take, to);
	if (fclose(to) == 0 && status == CAIRO_STATUS_SUCCESS)
		text = g_base64_encode((const guchar *)bytes, count);
	free(bytes);
	return text;
}

void
report_image_page(struct report_page *page, cairo_surface_t *image,
    const struct report_box *box)
{
	char *text = encode(image);

	page->no_memory |= text == NULL;
	if (text != NULL)
		report_page_print(page,
		    "<image x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" "
		    "height=\"%.1f\" preserveAspectRatio=\"none\" "
		    "href=\"data:image/png;base64,%s\"/>\n",
		    box->x, box->y, box->width, box->height, text);
	g_free(text);
}
