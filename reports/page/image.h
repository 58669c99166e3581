/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_IMAGE_H
#define REPORTS_IMAGE_H
/*
 * A picture within a picture, of a pixel each cell, blown up by whoever shows
 * it: as shapes of their own the cells of a map would be ten times the bytes.
 */
#include "reports/draw/draw.h"
#include "reports/page/page.h"
#include "reports/plots/heatmap.h"

/* Of 0xrrggbb, row by row.  cairo_surface_destroy() it; one that was made
 * without memory is nothing to those below. */
cairo_surface_t *report_image(const uint32_t *rgb, size_t width, size_t height);

/* A stretch of a map: a column each piece of time, a row each of its rows. */
cairo_surface_t *report_image_map(const struct report_map *map,
    const struct report_pieces *pieces, const struct report_stretch *stretch);

/* On paper, and in report.html. */
void report_image_pen(struct report_pen *pen, cairo_surface_t *image,
    const struct report_box *box);
void report_image_page(struct report_page *page, cairo_surface_t *image,
    const struct report_box *box);

#endif
