/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_SVG_H
#define REPORTS_SVG_H
/*
 * Pictures of report.html: SVG in the page, text as text.  All are
 * REPORT_SVG_WIDTH wide, what a telephone shows at full size; on a wide screen
 * they stand beside each other, and what stands alone over time is there a
 * second time, REPORT_SVG_WIDE.  How things look is the style sheet's
 * business: `class` says what a thing is.  `tip` is the value shown under the
 * pointer, NULL none.  Texts and tips are escaped here.
 */
#include "reports/page/page.h"

#define REPORT_SVG_WIDTH 360.0
#define REPORT_SVG_WIDE  760.0
#define REPORT_SVG_TEXT  11.0 /* the size of all text */

enum report_anchor { REPORT_START, REPORT_CENTRE, REPORT_END };

struct report_place {
	double x, y, width, height;
};

/* label: what the picture shows, for those who cannot see it. */
void report_svg_open(
    struct report_page *page, double height, const char *label);
void report_svg_close(struct report_page *page);

/* One line, its middle at y.  class may be NULL. */
void report_svg_text(struct report_page *page, double x, double y,
    enum report_anchor anchor, const char *class, const char *text);
/* A name: shortened to fit the width, whole under the pointer. */
void report_svg_name(struct report_page *page, double x, double y,
    enum report_anchor anchor, double width, const char *name);

void report_svg_box(struct report_page *page, const struct report_place *at,
    const char *class, const char *tip);
void report_svg_line(struct report_page *page, double x, double y, double to_x,
    double to_y, const char *class);
void report_svg_dot(struct report_page *page, double x, double y,
    const char *class, const char *tip);
void report_svg_diamond(
    struct report_page *page, double x, double y, const char *tip);

/* A path: begin, then points; `how` is M or L. */
void report_svg_path(struct report_page *page, const char *class);
void report_svg_to(struct report_page *page, char how, double x, double y);
void report_svg_path_end(
    struct report_page *page, bool closed, const char *tip);

/* About how wide a text will be: fonts differ from reader to reader. */
double report_svg_measure(const char *text);

/* Values along the width, and a grid over the place with the values below;
 * text writes them. */
struct report_scale {
	double from, to; /* values */
	double x, width;
};
double report_scale_at(const struct report_scale *scale, double value);
void report_svg_scale(struct report_page *page,
    const struct report_scale *scale, const struct report_place *over,
    char *(*text)(char *to, double value));

#endif
