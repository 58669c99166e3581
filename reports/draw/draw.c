/* SPDX-License-Identifier: MIT */
#include "reports/draw/draw.h"
#include <math.h>
#include <stdlib.h>

#define FAMILY "DejaVu Sans, sans"

const struct report_colour report_blue = { 0x00 / 255., 0x72 / 255.,
	0xb2 / 255. };
const struct report_colour report_orange = { 0xe6 / 255., 0x9f / 255., 0 };
const struct report_colour report_black = { 0.1, 0.1, 0.1 };
const struct report_colour report_dark = { 0.33, 0.33, 0.33 };
const struct report_colour report_grey = { 0.6, 0.6, 0.6 };
const struct report_colour report_light = { 0.86, 0.86, 0.86 };
const struct report_colour report_pale = { 0.92, 0.92, 0.92 };
const struct report_colour report_white = { 1, 1, 1 };

int
report_pen_open(struct report_pen *pen)
{
	*pen = (struct report_pen){ 0 };
	pen->fonts = pango_cairo_font_map_new();
	if (pen->fonts == NULL)
		return -1;
	pen->context = pango_font_map_create_context(pen->fonts);
	cairo_font_options_t *options = cairo_font_options_create();
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	pango_cairo_context_set_font_options(pen->context, options);
	cairo_font_options_destroy(options);
	pango_context_set_round_glyph_positions(pen->context, FALSE);
	pen->layout = pango_layout_new(pen->context);
	return 0;
}

void
report_pen_close(struct report_pen *pen)
{
	if (pen->layout != NULL)
		g_object_unref(pen->layout);
	if (pen->context != NULL)
		g_object_unref(pen->context);
	if (pen->fonts != NULL)
		g_object_unref(pen->fonts);
	free(pen->written);
	*pen = (struct report_pen){ 0 };
}

static void
set_label(struct report_pen *pen, const struct report_label *of)
{
	static const PangoAlignment alignments[] = {
		[REPORT_LEFT] = PANGO_ALIGN_LEFT,
		[REPORT_MIDDLE] = PANGO_ALIGN_CENTER,
		[REPORT_RIGHT] = PANGO_ALIGN_RIGHT,
	};
	PangoFontDescription *font = pango_font_description_new();

	pango_font_description_set_family(font, FAMILY);
	pango_font_description_set_absolute_size(font, of->size * PANGO_SCALE);
	pango_font_description_set_weight(
	    font, of->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(pen->layout, font);
	pango_font_description_free(font);
	pango_layout_set_text(pen->layout, of->text, -1);
	pango_layout_set_alignment(pen->layout, alignments[of->align]);
	pango_layout_set_wrap(pen->layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_ellipsize(pen->layout,
	    of->wrap ? PANGO_ELLIPSIZE_NONE : PANGO_ELLIPSIZE_MIDDLE);
	pango_layout_set_width(pen->layout,
	    of->width > 0 ? (int)lround(of->width * PANGO_SCALE) : -1);
}

/* The layout's ink or logical box, from where the label's origin is. */
static struct report_box
layout_box(struct report_pen *pen, const struct report_label *of, bool ink)
{
	PangoRectangle inked, logical;
	pango_layout_get_extents(pen->layout, &inked, &logical);
	const PangoRectangle *r = ink ? &inked : &logical;
	double left = 0, top = 0;

	/* with a width set, the lines were aligned within that */
	double span =
	    of->width > 0 ? of->width : (double)logical.width / PANGO_SCALE;
	if (of->align == REPORT_MIDDLE)
		left = -span / 2;
	else if (of->align == REPORT_RIGHT)
		left = -span;
	if (of->centred)
		top = -(double)logical.height / PANGO_SCALE / 2;
	return (struct report_box){
		.x = of->x + left + (double)r->x / PANGO_SCALE,
		.y = of->y + top + (double)r->y / PANGO_SCALE,
		.width = (double)r->width / PANGO_SCALE,
		.height = (double)r->height / PANGO_SCALE,
	};
}

struct report_box
report_pen_measure(struct report_pen *pen, const struct report_label *of)
{
	set_label(pen, of);
	return layout_box(pen, of, false);
}

static void
remember(struct report_pen *pen, const struct report_box *box)
{
	if (pen->written_count == pen->written_room) {
		size_t room = 2 * pen->written_room + 64;
		void *more =
		    realloc(pen->written, room * sizeof(*pen->written));
		if (more == NULL) {
			pen->no_memory = true;
			return;
		}
		pen->written = more;
		pen->written_room = room;
	}
	pen->written[pen->written_count++] = *box;
}

static void
set_colour(struct report_pen *pen, const struct report_colour *colour)
{
	const struct report_colour *c = colour ? colour : &report_black;
	cairo_set_source_rgb(pen->cr, c->red, c->green, c->blue);
}

static void
draw_halo(struct report_pen *pen)
{
	double x, y;
	cairo_get_current_point(pen->cr, &x, &y);
	set_colour(pen, &report_white);
	cairo_set_line_width(pen->cr, 2.5);
	cairo_set_line_join(pen->cr, CAIRO_LINE_JOIN_ROUND);
	pango_cairo_layout_path(pen->cr, pen->layout);
	cairo_stroke(pen->cr);
	cairo_move_to(pen->cr, x, y);
}

double
report_pen_text(struct report_pen *pen, const struct report_label *of)
{
	set_label(pen, of);
	struct report_box logical = layout_box(pen, of, false);
	struct report_box ink = layout_box(pen, of, true);
	PangoRectangle origin;

	if (pen->cr == NULL || of->text[0] == '\0')
		return logical.height;
	remember(pen, &ink);
	pen->unknown_glyphs +=
	    (unsigned)pango_layout_get_unknown_glyphs_count(pen->layout);
	pango_layout_get_extents(pen->layout, NULL, &origin);
	cairo_move_to(pen->cr, logical.x - (double)origin.x / PANGO_SCALE,
	    logical.y - (double)origin.y / PANGO_SCALE);
	if (of->halo)
		draw_halo(pen);
	set_colour(pen, of->colour);
	pango_cairo_show_layout(pen->cr, pen->layout);
	return logical.height;
}

void
report_pen_fill(struct report_pen *pen, const struct report_box *box,
    const struct report_colour *colour)
{
	set_colour(pen, colour);
	cairo_rectangle(pen->cr, box->x, box->y, box->width, box->height);
	cairo_fill(pen->cr);
}

void
report_pen_line(struct report_pen *pen, const struct report_box *along,
    double thick, const struct report_colour *colour)
{
	double x = along->x, y = along->y;
	double half = 0.25; /* a PNG's pixels are half a unit */

	/* onto the middle of a pixel, across the line's direction */
	if (along->width > 0)
		y = floor(2 * y) / 2 + half;
	else
		x = floor(2 * x) / 2 + half;
	set_colour(pen, colour);
	cairo_set_line_width(pen->cr, thick);
	cairo_move_to(pen->cr, x, y);
	cairo_line_to(pen->cr, x + along->width, y + along->height);
	cairo_stroke(pen->cr);
}

void
report_pen_dot(struct report_pen *pen, double x, double y, double radius,
    const struct report_colour *colour)
{
	set_colour(pen, colour);
	cairo_new_path(pen->cr);
	cairo_arc(pen->cr, x, y, radius, 0, 2 * G_PI);
	cairo_fill(pen->cr);
}

void
report_pen_diamond(struct report_pen *pen, double x, double y, double radius,
    const struct report_colour *colour)
{
	cairo_new_path(pen->cr);
	cairo_move_to(pen->cr, x - radius, y);
	cairo_line_to(pen->cr, x, y - radius);
	cairo_line_to(pen->cr, x + radius, y);
	cairo_line_to(pen->cr, x, y + radius);
	cairo_close_path(pen->cr);
	set_colour(pen, &report_white);
	cairo_fill_preserve(pen->cr);
	set_colour(pen, colour);
	cairo_set_line_width(pen->cr, 1);
	cairo_stroke(pen->cr);
}

static bool
overlap(const struct report_box *a, const struct report_box *b)
{
	return a->x < b->x + b->width && b->x < a->x + a->width &&
	       a->y < b->y + b->height && b->y < a->y + a->height;
}

struct report_chart_facts
report_pen_facts(const struct report_pen *pen)
{
	struct report_chart_facts facts = {
		.width = (unsigned)pen->width,
		.height = (unsigned)pen->height,
		.labels = (unsigned)pen->written_count,
		.unknown_glyphs = pen->unknown_glyphs,
	};
	for (size_t i = 0; i < pen->written_count; i++) {
		const struct report_box *a = &pen->written[i];
		facts.outside += a->x < 0 || a->y < 0 ||
				 a->x + a->width > pen->width ||
				 a->y + a->height > pen->height;
		for (size_t j = 0; j < i; j++)
			facts.overlapping += overlap(a, &pen->written[j]);
	}
	return facts;
}
