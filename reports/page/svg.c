/* SPDX-License-Identifier: MIT */
#include "reports/page/svg.h"
#include "reports/study/board.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BASELINE 3.9 /* from a line's middle to its baseline */
#define APART    8.0

static const char *const anchors[] = { "", " class=\"m\"", " class=\"e\"" };
static const char *const anchor_words[] = { "", " m", " e" };

/* A coordinate: a tenth of a unit is as fine as anyone sees. */
static void
put_number(struct report_page *page, double value)
{
	double tenths = round(value * 10);
	if (fabs(fmod(tenths, 10)) < 0.5)
		report_page_print(page, "%.0f", tenths / 10 + 0.0);
	else
		report_page_print(page, "%.1f", tenths / 10);
}

static void
put_at(struct report_page *page, const char *name, double value)
{
	report_page_print(page, " %s=\"", name);
	put_number(page, value);
	report_page_put(page, "\"");
}

/* Ends an element that may have a tip. */
static void
finish(struct report_page *page, const char *tag, const char *tip)
{
	if (tip == NULL) {
		report_page_put(page, "/>\n");
		return;
	}
	report_page_put(page, "><title>");
	report_page_text(page, tip);
	report_page_print(page, "</title></%s>\n", tag);
}

void
report_svg_open(struct report_page *page, double height, const char *label)
{
	report_page_print(page,
	    "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"",
	    page->width, height);
	report_page_text(page, label);
	report_page_put(page, "\">\n");
}

void
report_svg_close(struct report_page *page)
{
	report_page_put(page, "</svg>\n");
}

void
report_svg_text(struct report_page *page, double x, double y,
    enum report_anchor anchor, const char *class, const char *text)
{
	report_page_put(page, "<text");
	if (class != NULL)
		report_page_print(
		    page, " class=\"%s%s\"", class, anchor_words[anchor]);
	else
		report_page_put(page, anchors[anchor]);
	put_at(page, "x", x);
	put_at(page, "y", y + BASELINE);
	report_page_put(page, ">");
	report_page_text(page, text);
	report_page_put(page, "</text>\n");
}

/* Latin letters are half as wide as high, those of the far east as wide. */
double
report_svg_measure(const char *text)
{
	double width = 0;
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0';
	     at++) {
		if (*at < 0x80)
			width += 0.58;
		else if (*at >= 0xe0)
			width += *at == 0xe2 ? 0.56 : 1.05;
		else if (*at >= 0xc0)
			width += 0.65;
	}
	return width * REPORT_SVG_TEXT;
}

void
report_svg_name(struct report_page *page, double x, double y,
    enum report_anchor anchor, double width, const char *name)
{
	char *clean = report_clean(name, true);
	char *shown = clean != NULL ? strdup(clean) : NULL;

	page->no_memory |= shown == NULL;
	if (shown != NULL) {
		size_t columns = report_columns(shown);
		while (columns > 5 && report_svg_measure(shown) > width)
			report_shorten(shown, --columns);
		report_page_print(
		    page, "<text class=\"name%s\"", anchor_words[anchor]);
		put_at(page, "x", x);
		put_at(page, "y", y + BASELINE);
		report_page_put(page, ">");
		report_page_text(page, shown);
		if (strcmp(shown, clean) != 0) {
			report_page_put(page, "<title>");
			report_page_text(page, clean);
			report_page_put(page, "</title>");
		}
		report_page_put(page, "</text>\n");
	}
	free(shown);
	free(clean);
}

void
report_svg_box(struct report_page *page, const struct report_place *at,
    const char *class, const char *tip)
{
	report_page_print(page, "<rect class=\"%s\"", class);
	put_at(page, "x", at->x);
	put_at(page, "y", at->y);
	put_at(page, "width", fmax(at->width, 0));
	put_at(page, "height", fmax(at->height, 0));
	finish(page, "rect", tip);
}

void
report_svg_line(struct report_page *page, double x, double y, double to_x,
    double to_y, const char *class)
{
	report_page_print(page, "<line class=\"%s\"", class);
	put_at(page, "x1", x);
	put_at(page, "y1", y);
	put_at(page, "x2", to_x);
	put_at(page, "y2", to_y);
	finish(page, "line", NULL);
}

void
report_svg_dot(struct report_page *page, double x, double y, const char *class,
    const char *tip)
{
	report_page_print(page, "<circle class=\"%s\" r=\"4.5\"", class);
	put_at(page, "cx", x);
	put_at(page, "cy", y);
	finish(page, "circle", tip);
}

void
report_svg_diamond(
    struct report_page *page, double x, double y, const char *tip)
{
	const double r = 5.5;

	report_svg_path(page, "diamond");
	report_svg_to(page, 'M', x - r, y);
	report_svg_to(page, 'L', x, y - r);
	report_svg_to(page, 'L', x + r, y);
	report_svg_to(page, 'L', x, y + r);
	report_svg_path_end(page, true, tip);
}

void
report_svg_path(struct report_page *page, const char *class)
{
	report_page_print(page, "<path class=\"%s\" d=\"", class);
}

void
report_svg_to(struct report_page *page, char how, double x, double y)
{
	report_page_print(page, "%c", how);
	put_number(page, x);
	report_page_put(page, " ");
	put_number(page, y);
}

void
report_svg_path_end(struct report_page *page, bool closed, const char *tip)
{
	report_page_put(page, closed ? "Z\"" : "\"");
	finish(page, "path", tip);
}

/* --- scales --------------------------------------------------------------- */

double
report_scale_at(const struct report_scale *scale, double value)
{
	return scale->x +
	       (value - scale->from) / (scale->to - scale->from) * scale->width;
}

static double
widest(double first, double last, double step,
    char *(*text)(char *to, double value))
{
	char to[REPORT_TEXT_BYTES];
	double width = 0;
	for (long i = 0; i <= lround((last - first) / step); i++)
		width = fmax(width,
		    report_svg_measure(text(to, first + (double)i * step)));
	return width;
}

void
report_svg_scale(struct report_page *page, const struct report_scale *scale,
    const struct report_place *over, char *(*text)(char *to, double value))
{
	char to[REPORT_TEXT_BYTES];
	double per_value = scale->width / (scale->to - scale->from);
	double step = report_nice_step(30 / per_value), first, last;

	for (;;) {
		first = ceil(scale->from / step - 1e-9) * step;
		last = floor(scale->to / step + 1e-9) * step;
		if (last <= first ||
		    widest(first, last, step, text) + APART <= step * per_value)
			break;
		step = report_nice_step(1.5 * step);
	}
	long count = lround((last - first) / step);
	for (long i = 0; i <= count; i++) {
		double value = first + (double)i * step;
		double x = report_scale_at(scale, value);
		report_svg_line(
		    page, x, over->y, x, over->y + over->height, "rule");
		report_svg_text(page, x, over->y + over->height + 9,
		    REPORT_CENTRE, "soft", text(to, value));
	}
}
