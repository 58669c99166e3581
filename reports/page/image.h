/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_IMAGE_H
#define REPORTS_IMAGE_H
/*
 * A picture within a picture, of a pixel each cell, blown up by whoever shows
 * it: as shapes of their own the cells of a map would be ten times the bytes.
 */
#include "reports/draw/draw.h"
#include "reports/page/page.h"

/* Of 0xrrggbb, row by row.  cairo_surface_destroy() it; one that was made
 * without memory is nothing to those below. */
cairo_surface_t *report_image(const uint32_t *rgb, size_t width, size_t height);

/* On paper, and in report.html. */
void report_image_pen(struct report_pen *pen, cairo_surface_t *image,
    const struct report_box *box);
void report_image_page(struct report_page *page, cairo_surface_t *image,
    const struct report_box *box);

#endif
