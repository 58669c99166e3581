/* SPDX-License-Identifier: MIT */
#include "reports/html/html_plots.h"
#include "reports/plots/plots.h"
#include <math.h>
#include <stdlib.h>

/* Backends in the order of their load, too many for bars. */
#define HEIGHT 190.0
#define EDGE   16.0 /* room for the extremes' names */
#define GUTTER 46.0
#define TIPS   60 /* bands under the pointer, at the most */

struct ranked {
	double deviation;
	size_t backend;
};

struct curve {
	const struct report_plot *plot;
	struct ranked *ranked;
	size_t count;
	double zero, per_unit, per_place;
};

static int
more_loaded(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->deviation < y->deviation || x->deviation > y->deviation)
		return x->deviation < y->deviation ? 1 : -1;
	return (x->backend > y->backend) - (x->backend < y->backend);
}

static int
make(struct curve *c, const struct report_plot *plot)
{
	size_t n = plot->rule->backend_count;
	double range = plot->scale.high - plot->scale.low;

	*c = (struct curve){
		.plot = plot,
		.ranked = calloc(n + 1, sizeof(*c->ranked)),
		.count = n,
		.per_unit = (HEIGHT - 2 * EDGE) / range,
		.per_place = (REPORT_SVG_WIDTH - GUTTER) / (double)n,
	};
	c->zero = EDGE + plot->scale.high * c->per_unit;
	if (c->ranked == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		c->ranked[i] = (struct ranked){ plot->deviation[i], i };
	qsort(c->ranked, n, sizeof(*c->ranked), more_loaded);
	return 0;
}

static double
x_of(const struct curve *c, size_t place)
{
	return GUTTER + (double)place * c->per_place;
}

static double
y_of(const struct curve *c, double deviation)
{
	return c->zero - fmin(deviation, c->plot->scale.high) * c->per_unit;
}

static void
put_grid(struct report_page *page, const struct curve *c)
{
	char text[REPORT_TEXT_BYTES];
	const struct report_range *scale = &c->plot->scale;
	double step = report_nice_step(24 / c->per_unit);
	long first = lround(ceil(scale->low / step - 1e-9));
	long last = lround(floor(scale->high / step + 1e-9));

	for (long i = first; i <= last; i++) {
		double y = y_of(c, (double)i * step);
		report_svg_line(page, GUTTER, y, REPORT_SVG_WIDTH, y, "rule");
		report_svg_text(page, GUTTER - 5, y, REPORT_END, "soft",
		    report_tick(text, (double)i * step));
	}
}

/* The places from..to as one area between curve and zero.  Steps that no eye
 * can tell apart are left out. */
static void
put_area(struct report_page *page, const struct curve *c, size_t from,
    size_t to, const char *class)
{
	double last = NAN;

	if (from >= to)
		return;
	report_svg_path(page, class);
	report_svg_to(page, 'M', x_of(c, from), c->zero);
	for (size_t i = from; i < to; i++) {
		double y = y_of(c, c->ranked[i].deviation);
		if (fabs(y - last) < 0.05 && i + 1 < to)
			continue;
		report_svg_to(page, 'L', x_of(c, i), isnan(last) ? y : last);
		report_svg_to(page, 'L', x_of(c, i), y);
		last = y;
	}
	report_svg_to(page, 'L', x_of(c, to), last);
	report_svg_to(page, 'L', x_of(c, to), c->zero);
	report_svg_path_end(page, true, NULL);
}

static bool
is_outside(const struct curve *c, size_t place)
{
	return report_plot_is_outside(c->plot, c->ranked[place].backend);
}

/* In this order, those outside the band stand at the two ends. */
static void
put_areas(struct report_page *page, const struct curve *c)
{
	size_t high = 0, low = c->count;

	while (high < c->count && c->ranked[high].deviation > 0 &&
	       is_outside(c, high))
		high++;
	while (low > high && is_outside(c, low - 1))
		low--;
	put_area(page, c, 0, high, "out");
	put_area(page, c, high, low, "in");
	put_area(page, c, low, c->count, "out");
}

static void
put_extreme(struct report_page *page, const struct curve *c,
    const struct ranked *of, double y, enum report_anchor anchor)
{
	bool cut = of->deviation > c->plot->scale.high;
	char value[REPORT_TEXT_BYTES];
	char *name =
	    report_clean(c->plot->rule->backends[of->backend].name, true);
	if (name != NULL)
		report_shorten(name, 24);
	char *text =
	    name == NULL
		? NULL
		: report_compose("%s%s %s", cut ? "\xe2\x96\xb2 " : "", name,
		      report_deviation(value, &report_picture, of->deviation));
	report_svg_text(page,
	    anchor == REPORT_START ? GUTTER + 2 : REPORT_SVG_WIDTH - 2, y,
	    anchor, "halo", text != NULL ? text : "");
	page->no_memory |= text == NULL;
	free(name);
	free(text);
}

static void
put_extremes(struct report_page *page, const struct curve *c)
{
	const struct ranked *most = &c->ranked[0];
	const struct ranked *least = &c->ranked[c->count - 1];
	double low = y_of(c, fmin(least->deviation, 0)) + 9;
	char count[REPORT_TEXT_BYTES], text[2 * REPORT_TEXT_BYTES];
	size_t idle = 0;

	for (size_t i = 0; i < c->count; i++)
		idle += report_backend_load(
			    &c->plot->rule->backends[i], c->plot->unit) == 0;
	put_extreme(
	    page, c, most, y_of(c, fmax(most->deviation, 0)) - 8, REPORT_START);
	if (idle == 0) {
		put_extreme(page, c, least, low, REPORT_END);
		return;
	}
	report_format(text, sizeof(text), "%s idle",
	    report_count(count, &report_picture, idle));
	report_svg_text(
	    page, REPORT_SVG_WIDTH - 2, low, REPORT_END, "halo", text);
}

static void
put_tips(struct report_page *page, const struct curve *c)
{
	const struct report_script *s = &report_picture;
	size_t bands = c->count < TIPS ? c->count : TIPS;
	char first[REPORT_TEXT_BYTES], last[REPORT_TEXT_BYTES];
	char high[REPORT_TEXT_BYTES], low[REPORT_TEXT_BYTES];
	char text[6 * REPORT_TEXT_BYTES];

	for (size_t i = 0; i < bands; i++) {
		size_t from = i * c->count / bands;
		size_t to = (i + 1) * c->count / bands - 1;
		const struct report_place band = { x_of(c, from), 0,
			x_of(c, to + 1) - x_of(c, from), HEIGHT };
		report_format(text, sizeof(text),
		    "places %s to %s by load\n%s to %s off fair",
		    report_count(first, s, from + 1),
		    report_count(last, s, to + 1),
		    report_deviation(high, s, c->ranked[from].deviation),
		    report_deviation(low, s, c->ranked[to].deviation));
		char *one = from == to ? report_html_backend_tip(
					     c->plot, c->ranked[from].backend)
				       : NULL;
		report_svg_box(page, &band, "touch", one != NULL ? one : text);
		free(one);
	}
}

static void
put_places(struct report_page *page, size_t n)
{
	char count[REPORT_TEXT_BYTES], text[2 * REPORT_TEXT_BYTES];
	const double y = HEIGHT + 9;

	report_format(text, sizeof(text), "%s backends",
	    report_count(count, &report_picture, n));
	report_svg_text(page, GUTTER, y, REPORT_START, "soft", "most loaded");
	report_svg_text(page, (GUTTER + REPORT_SVG_WIDTH) / 2, y, REPORT_CENTRE,
	    "soft", text);
	report_svg_text(page, REPORT_SVG_WIDTH, y, REPORT_END, "soft", "least");
}

void
report_html_curve(struct report_page *page, const struct report_plot *plot)
{
	struct curve c;

	if (make(&c, plot) != 0) {
		page->no_memory = true;
		return;
	}
	report_svg_open(page, HEIGHT + 20,
	    "Deviation from the fair share, backends in the order of their "
	    "load; the table of backends has the values");
	if (!isnan(plot->perfect.low)) {
		double top = y_of(&c, plot->perfect.high);
		const struct report_place band = { GUTTER, top,
			REPORT_SVG_WIDTH - GUTTER,
			y_of(&c, plot->perfect.low) - top };
		report_svg_box(page, &band, "range", NULL);
	}
	put_grid(page, &c);
	put_areas(page, &c);
	report_svg_line(page, GUTTER, c.zero, REPORT_SVG_WIDTH, c.zero, "zero");
	put_extremes(page, &c);
	put_tips(page, &c);
	put_places(page, plot->rule->backend_count);
	report_svg_close(page);
	free(c.ranked);
}
