/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_DRAW_H
#define REPORTS_DRAW_H
/*
 * A pen on a page: text by pango, lines and boxes by cairo, in units of 1/72
 * inch from the top left.  The pen can measure before it has a page, so that
 * a page is made as large as what goes on it, and it remembers where it wrote:
 * report_pen_facts tells of anything cut off, overlapping or without a glyph.
 * Pictures and PDF use the same unhinted widths.
 */
#include "reports/draw/sink.h"
#include <cairo.h>
#include <pango/pangocairo.h>

struct report_colour {
	double red, green, blue;
};

/* Okabe and Ito's, and greys. */
extern const struct report_colour report_blue, report_orange, report_black,
    report_dark, report_grey, report_light, report_pale, report_white;

enum report_align { REPORT_LEFT, REPORT_MIDDLE, REPORT_RIGHT };

/* y is the text's top, or its middle when `centred`.  width 0: no limit;
 * longer text is ellipsized, or broken into lines when `wrap`. */
struct report_label {
	double x, y, size, width;
	enum report_align align;
	bool bold, wrap, centred;
	bool halo; /* lifted off lines by a white rim */
	const struct report_colour *colour; /* NULL: black */
	const char *text;                   /* valid UTF-8 */
};

struct report_box {
	double x, y, width, height;
};

struct report_pen {
	cairo_t *cr; /* NULL: measuring only */
	PangoFontMap *fonts;
	PangoContext *context;
	PangoLayout *layout;
	double width, height; /* of the page */
	struct report_box *written;
	size_t written_count, written_room;
	unsigned unknown_glyphs;
	bool no_memory;
};

/* 0, -1 without memory.  Close what was opened, even half. */
int report_pen_open(struct report_pen *pen);
void report_pen_close(struct report_pen *pen);

/* Writes when there is a page; returns the height it took. */
double report_pen_text(struct report_pen *pen, const struct report_label *of);
/* Only measures. */
struct report_box report_pen_measure(
    struct report_pen *pen, const struct report_label *of);

void report_pen_fill(struct report_pen *pen, const struct report_box *box,
    const struct report_colour *colour);
/* Horizontal or vertical, crisp on a screen. */
void report_pen_line(struct report_pen *pen, const struct report_box *along,
    double thick, const struct report_colour *colour);

/* A dot, or a diamond, of that radius; the diamond is hollow. */
void report_pen_dot(struct report_pen *pen, double x, double y, double radius,
    const struct report_colour *colour);
void report_pen_diamond(struct report_pen *pen, double x, double y,
    double radius, const struct report_colour *colour);

struct report_chart_facts report_pen_facts(const struct report_pen *pen);

#endif
