/* SPDX-License-Identifier: MIT */
#include "reports/plots/plots.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_WIDTH 130.0
#define NAME_GAP   7.0
#define VALUE_GAP  3.0
#define ROOM_LEAST 14.0 /* keeps neighbours' axes apart */

/* Values to places along the area. */
struct scale {
	double zero, per_unit; /* x of 0; width of 100 % */
};

/* Height of one backend's strip: fewer backends get more air. */
static double
pitch(const struct report_plot *plot)
{
	size_t n = plot->rule->backend_count;
	return n <= 6 ? 18 : n <= 20 ? 14 : 11;
}

double
report_bars_height(const struct report_plot *plot)
{
	double n = (double)plot->rule->backend_count;
	return pitch(plot) * fmax(n, 1) + 6;
}

static struct report_label
value_label(const struct report_plot *plot, size_t index, char *text)
{
	double value = plot->deviation[index];
	return (struct report_label){
		.size = REPORT_SMALL,
		.bold = report_plot_is_outside(plot, index),
		.centred = true,
		.align = value < 0 ? REPORT_RIGHT : REPORT_LEFT,
		.colour = &report_black,
		.text = report_plot_value(plot, index, text),
	};
}

/* Where a bar with its whisker ends, and the value may stand. */
static double
far_end(const struct report_plot *plot, size_t index)
{
	double value = plot->deviation[index];
	if (plot->whiskers == NULL)
		return value;
	return value < 0 ? fmin(value, plot->whiskers[index].low)
			 : fmax(value, plot->whiskers[index].high);
}

/* A plot's own need: what the values' text takes beyond the bars. */
static void
make_room(struct report_pen *pen, struct report_plot *plot)
{
	char text[REPORT_TEXT_BYTES];
	plot->room_left = plot->room_right = 0;
	if (!plot->known || report_plot_is_crowded(plot))
		return;
	for (size_t i = 0; i < plot->rule->backend_count; i++) {
		struct report_label label = value_label(plot, i, text);
		double w =
		    report_pen_measure(pen, &label).width + 2 * VALUE_GAP;
		if (plot->deviation[i] < 0)
			plot->room_left = fmax(plot->room_left, w);
		else
			plot->room_right = fmax(plot->room_right, w);
	}
}

void
report_bars_make_room(struct report_pen *pen, struct report_board *board)
{
	double left = ROOM_LEAST, right = ROOM_LEAST;
	for (size_t i = 0; i < board->plot_count; i++) {
		make_room(pen, &board->plots[i]);
		left = fmax(left, board->plots[i].room_left);
		right = fmax(right, board->plots[i].room_right);
	}
	for (size_t i = 0; i < board->plot_count; i++) {
		board->plots[i].room_left = left;
		board->plots[i].room_right = right;
	}
}

static struct scale
make_scale(const struct report_plot *plot, const struct report_box *area)
{
	double width = area->width - plot->room_left - plot->room_right;
	double per_unit = width / (plot->scale.high - plot->scale.low);
	return (struct scale){
		.zero = area->x + plot->room_left - plot->scale.low * per_unit,
		.per_unit = per_unit,
	};
}

char *
report_tick(char *to, double value)
{
	char size[REPORT_TEXT_BYTES];
	if (fabs(value) < 1e-9) {
		report_format(to, REPORT_TEXT_BYTES, "fair");
		return to;
	}
	report_round_percent(size, &report_picture, fabs(value));
	report_format(to, REPORT_TEXT_BYTES, "%s%.*s",
	    value < 0 ? report_picture.minus : "+", REPORT_TEXT_BYTES - 8,
	    size);
	return to;
}

static struct report_label
tick_label(double value, char *text)
{
	return (struct report_label){
		.size = REPORT_SMALL,
		.align = REPORT_MIDDLE,
		.colour = &report_dark,
		.text = report_tick(text, value),
	};
}

/* The closest ticks whose labels keep apart. */
static double
tick_step(struct report_pen *pen, const struct report_plot *plot,
    const struct scale *scale)
{
	char text[REPORT_TEXT_BYTES];
	double step = report_nice_step(20 / scale->per_unit);
	for (;;) {
		double widest = 0;
		double last = floor(plot->scale.high / step) * step;
		double first = ceil(plot->scale.low / step) * step;
		struct report_label label = tick_label(last, text);
		widest = report_pen_measure(pen, &label).width;
		label = tick_label(first, text);
		widest = fmax(widest, report_pen_measure(pen, &label).width);
		if (widest + 4 <= step * scale->per_unit)
			return step;
		step = report_nice_step(1.5 * step);
	}
}

static void
draw_ticks(struct report_pen *pen, const struct report_plot *plot,
    const struct scale *scale, const struct report_box *area)
{
	char text[REPORT_TEXT_BYTES];
	double step = tick_step(pen, plot, scale);
	long first = lround(ceil(plot->scale.low / step - 1e-9));
	long last = lround(floor(plot->scale.high / step + 1e-9));

	for (long i = first; i <= last; i++) {
		double value = (double)i * step;
		double x = scale->zero + value * scale->per_unit;
		struct report_box line = { x, area->y, 0, area->height };
		if (i != 0)
			report_pen_line(pen, &line, 0.5, &report_light);
		struct report_label label = tick_label(value, text);
		label.x = x;
		label.y = area->y + area->height + 3;
		report_pen_text(pen, &label);
	}
}

static void
draw_whisker(struct report_pen *pen, const struct report_range *of,
    const struct scale *scale, double middle)
{
	double from = scale->zero + of->low * scale->per_unit;
	double to = scale->zero + of->high * scale->per_unit;
	struct report_box line = { from, middle, to - from, 0 };
	struct report_box low = { from, middle - 2, 0, 4 };
	struct report_box high = { to, middle - 2, 0, 4 };

	report_pen_line(pen, &line, 0.75, &report_black);
	report_pen_line(pen, &low, 0.75, &report_black);
	report_pen_line(pen, &high, 0.75, &report_black);
}

static void
draw_bar(struct report_pen *pen, const struct report_plot *plot, size_t index,
    const struct scale *scale, double middle)
{
	char text[REPORT_TEXT_BYTES];
	double value = plot->deviation[index];
	double length = value * scale->per_unit;
	double thick = floor(pitch(plot) * 0.68);
	struct report_box bar = {
		.x = scale->zero + fmin(length, 0),
		.y = middle - thick / 2,
		.width = fabs(length),
		.height = thick,
	};

	report_pen_fill(pen, &bar,
	    report_plot_is_outside(plot, index) ? &report_orange
						: &report_blue);
	if (plot->whiskers != NULL)
		draw_whisker(pen, &plot->whiskers[index], scale, middle);
	struct report_label label = value_label(plot, index, text);
	label.x = scale->zero + far_end(plot, index) * scale->per_unit +
		  (value < 0 ? -VALUE_GAP : VALUE_GAP);
	label.y = middle;
	report_pen_text(pen, &label);
}

static void
draw_name(struct report_pen *pen, const struct report_plot *plot, size_t index,
    double x, double middle)
{
	char *name = report_clean(plot->rule->backends[index].name, true);
	struct report_label label = {
		.x = x - NAME_GAP,
		.y = middle,
		.size = REPORT_PLAIN,
		.width = NAME_WIDTH,
		.align = REPORT_RIGHT,
		.centred = true,
		.text = name != NULL ? name : "?",
	};
	report_pen_text(pen, &label);
	free(name);
}

double
report_bars_gutter(struct report_pen *pen, const struct report_plot *plot)
{
	double widest = 0;
	for (size_t i = 0; i < plot->rule->backend_count; i++) {
		char *name = report_clean(plot->rule->backends[i].name, true);
		struct report_label label = { .size = REPORT_PLAIN,
			.text = name != NULL ? name : "?" };
		widest = fmax(widest, report_pen_measure(pen, &label).width);
		free(name);
	}
	return fmin(widest, NAME_WIDTH) + NAME_GAP;
}

static void
draw_band(struct report_pen *pen, const struct report_range *of,
    const struct scale *scale, const struct report_box *area)
{
	struct report_box band = {
		.x = scale->zero + of->low * scale->per_unit,
		.y = area->y,
		.width = (of->high - of->low) * scale->per_unit,
		.height = area->height,
	};

	if (!isnan(of->low))
		report_pen_fill(pen, &band, &report_pale);
}

/* Where weights differ, each has its own. */
static void
draw_bands(struct report_pen *pen, const struct report_plot *plot,
    const struct scale *scale, const struct report_box *area)
{
	struct report_box strip = *area;

	strip.y += 3;
	strip.height = pitch(plot);
	for (size_t i = 0; i < plot->rule->backend_count; i++) {
		draw_band(pen, &plot->ranges[i], scale, &strip);
		strip.y += strip.height;
	}
}

void
report_bars_draw(struct report_pen *pen, const struct report_plot *plot,
    const struct report_box *area, double gutter)
{
	struct scale scale = make_scale(plot, area);
	double at = area->y + 3 + pitch(plot) / 2;

	if (plot->ranges != NULL)
		draw_bands(pen, plot, &scale, area);
	else
		draw_band(pen, &plot->perfect, &scale, area);
	if (plot->known)
		draw_ticks(pen, plot, &scale, area);
	for (size_t i = 0; i < plot->rule->backend_count; i++) {
		if (gutter > 0)
			draw_name(pen, plot, i, area->x, at);
		if (plot->known)
			draw_bar(pen, plot, i, &scale, at);
		at += pitch(plot);
	}
	struct report_box zero = { scale.zero, area->y, 0, area->height };
	report_pen_line(pen, &zero, 0.75, &report_dark);
}
