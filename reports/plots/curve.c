/* SPDX-License-Identifier: MIT */
#include "reports/plots/plots.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define HEIGHT 150.0
#define EDGE                                                                   \
	12.0 /* above and below the curve: room for the extremes' names        \
	      */
#define TICK_GAP 5.0

struct ranked {
	double deviation;
	size_t backend;
};

struct scale {
	double top;             /* values beyond are cut */
	double zero, per_unit;  /* y of 0; height of 100 % */
	double left, per_place; /* x of the first; width of each */
};

double
report_curve_height(const struct report_plot *plot)
{
	(void)plot;
	return HEIGHT;
}

double
report_curve_gutter(struct report_pen *pen, const struct report_plot *plot)
{
	char text[REPORT_TEXT_BYTES];
	struct report_label label = { .size = REPORT_SMALL,
		.text = report_tick(text, plot->scale.high) };
	return fmax(report_pen_measure(pen, &label).width, 30) + TICK_GAP;
}

static int
more_loaded(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->deviation < y->deviation || x->deviation > y->deviation)
		return x->deviation < y->deviation ? 1 : -1;
	return (x->backend > y->backend) - (x->backend < y->backend);
}

static struct ranked *
rank(const struct report_plot *plot)
{
	size_t n = plot->rule->backend_count;
	struct ranked *ranked = calloc(n, sizeof(*ranked));
	if (ranked == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		ranked[i] = (struct ranked){ plot->deviation[i], i };
	qsort(ranked, n, sizeof(*ranked), more_loaded);
	return ranked;
}

static void
draw_grid(struct report_pen *pen, const struct report_plot *plot,
    const struct scale *scale, const struct report_box *area, double gutter)
{
	char text[REPORT_TEXT_BYTES];
	double step = report_nice_step(18 / scale->per_unit);
	long first = lround(ceil(plot->scale.low / step - 1e-9));
	long last = lround(floor(plot->scale.high / step + 1e-9));

	for (long i = first; i <= last; i++) {
		double value = (double)i * step;
		double y = scale->zero - value * scale->per_unit;
		struct report_box line = { area->x, y, area->width, 0 };
		report_pen_line(pen, &line, 0.5, &report_light);
		struct report_label label = {
			.x = area->x - TICK_GAP,
			.y = y,
			.size = REPORT_SMALL,
			.align = REPORT_RIGHT,
			.centred = true,
			.colour = &report_dark,
			.text = report_tick(text, value),
		};
		if (gutter > 0)
			report_pen_text(pen, &label);
	}
}

static double
place_of(const struct scale *scale, double deviation)
{
	return scale->zero - fmin(deviation, scale->top) * scale->per_unit;
}

/* The places from..to of the order as one area between curve and zero. */
static void
fill_places(struct report_pen *pen, const struct ranked *ranked, size_t from,
    size_t to, const struct scale *scale)
{
	if (from >= to)
		return;
	double x = scale->left + (double)from * scale->per_place;
	cairo_move_to(pen->cr, x, scale->zero);
	for (size_t i = from; i < to; i++) {
		double y = place_of(scale, ranked[i].deviation);
		cairo_line_to(pen->cr, x, y);
		x = scale->left + (double)(i + 1) * scale->per_place;
		cairo_line_to(pen->cr, x, y);
	}
	cairo_line_to(pen->cr, x, scale->zero);
	cairo_close_path(pen->cr);
	cairo_fill(pen->cr);
}

static void
draw_curve(struct report_pen *pen, const struct report_plot *plot,
    const struct ranked *ranked, const struct scale *scale)
{
	size_t n = plot->rule->backend_count, high = 0, low = n;
	const struct report_colour *in = &report_blue, *out = &report_orange;

	/* in this order, those outside the band stand at the two ends */
	while (high < n && ranked[high].deviation > 0 &&
	       report_plot_is_outside(plot, ranked[high].backend))
		high++;
	while (
	    low > high && report_plot_is_outside(plot, ranked[low - 1].backend))
		low--;
	cairo_set_source_rgb(pen->cr, out->red, out->green, out->blue);
	fill_places(pen, ranked, 0, high, scale);
	fill_places(pen, ranked, low, n, scale);
	cairo_set_source_rgb(pen->cr, in->red, in->green, in->blue);
	fill_places(pen, ranked, high, low, scale);
}

/* "backend-17 +43 %", above the left end or below the right one; where the
 * curve was cut, with an arrow. */
static void
draw_extreme(struct report_pen *pen, const struct report_plot *plot,
    const struct ranked *of, const struct report_box *at,
    enum report_align align)
{
	bool cut = of->deviation > plot->scale.high;
	char value[REPORT_TEXT_BYTES], *text = NULL;
	const struct sim_backend *b = &plot->rule->backends[of->backend];
	char *name = report_clean(b->name, true);

	if (name == NULL)
		return;
	report_shorten(name, 24);
	report_deviation(value, &report_picture, of->deviation);
	if (asprintf(&text, "%s%s %s", cut ? "\xe2\x96\xb2 " : "", name,
		value) >= 0) {
		struct report_label label = {
			.x = at->x,
			.y = at->y,
			.size = REPORT_SMALL,
			.align = align,
			.centred = true,
			.halo = true,
			.text = text,
		};
		report_pen_text(pen, &label);
	}
	free(text);
	free(name);
}

static void
draw_idle(struct report_pen *pen, size_t idle, const struct report_box *at)
{
	char count[REPORT_TEXT_BYTES], text[2 * REPORT_TEXT_BYTES];
	report_format(text, sizeof(text), "%s idle",
	    report_count(count, &report_picture, idle));
	struct report_label label = {
		.x = at->x,
		.y = at->y,
		.size = REPORT_SMALL,
		.align = REPORT_RIGHT,
		.centred = true,
		.halo = true,
		.text = text,
	};
	report_pen_text(pen, &label);
}

static void
draw_extremes(struct report_pen *pen, const struct report_plot *plot,
    const struct ranked *ranked, const struct scale *scale,
    const struct report_box *area)
{
	size_t n = plot->rule->backend_count, idle = 0;
	const struct ranked *most = &ranked[0], *least = &ranked[n - 1];

	for (size_t i = 0; i < n; i++)
		idle += report_backend_load(
			    &plot->rule->backends[i], plot->unit) == 0;
	struct report_box high = {
		.x = area->x + 2,
		.y = place_of(scale, fmax(most->deviation, 0)) - EDGE / 2,
	};
	struct report_box low = {
		.x = area->x + area->width - 2,
		.y = place_of(scale, fmin(least->deviation, 0)) + EDGE / 2,
	};
	draw_extreme(pen, plot, most, &high, REPORT_LEFT);
	if (idle > 0)
		draw_idle(pen, idle, &low);
	else
		draw_extreme(pen, plot, least, &low, REPORT_RIGHT);
}

/* What the places mean. */
static void
draw_places(struct report_pen *pen, const struct report_plot *plot,
    const struct report_box *area)
{
	char count[REPORT_TEXT_BYTES], text[2 * REPORT_TEXT_BYTES];
	struct report_label label = {
		.x = area->x,
		.y = area->y + area->height + 3,
		.size = REPORT_SMALL,
		.colour = &report_dark,
		.text = "most loaded",
	};
	report_pen_text(pen, &label);
	label.x = area->x + area->width;
	label.align = REPORT_RIGHT;
	label.text = "least";
	report_pen_text(pen, &label);
	label.x = area->x + area->width / 2;
	label.align = REPORT_MIDDLE;
	report_format(text, sizeof(text), "%s backends",
	    report_count(count, &report_picture, plot->rule->backend_count));
	label.text = text;
	report_pen_text(pen, &label);
}

void
report_curve_draw(struct report_pen *pen, const struct report_plot *plot,
    const struct report_box *area, double gutter)
{
	struct scale scale = {
		.top = plot->scale.high,
		.per_unit = (area->height - 2 * EDGE) /
			    (plot->scale.high - plot->scale.low),
		.left = area->x,
		.per_place = area->width / (double)plot->rule->backend_count,
	};
	scale.zero = area->y + EDGE + plot->scale.high * scale.per_unit;
	if (!isnan(plot->perfect.low)) {
		struct report_box band = {
			.x = area->x,
			.y = scale.zero - plot->perfect.high * scale.per_unit,
			.width = area->width,
			.height = (plot->perfect.high - plot->perfect.low) *
				  scale.per_unit,
		};
		report_pen_fill(pen, &band, &report_pale);
	}
	if (plot->known)
		draw_grid(pen, plot, &scale, area, gutter);
	struct ranked *ranked = rank(plot);
	if (ranked == NULL)
		pen->no_memory = true;
	if (ranked != NULL && plot->known) {
		draw_curve(pen, plot, ranked, &scale);
		draw_extremes(pen, plot, ranked, &scale, area);
	}
	free(ranked);
	struct report_box zero = { area->x, scale.zero, area->width, 0 };
	report_pen_line(pen, &zero, 0.75, &report_dark);
	draw_places(pen, plot, area);
}
