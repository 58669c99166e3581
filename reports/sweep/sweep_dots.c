/* SPDX-License-Identifier: MIT */
/* A sweep without a number that was varied: a row of dots for each setting. */
#include "reports/draw/draw.h"
#include "reports/plots/plots.h"
#include "reports/sweep/sweep_chart.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROW_HEIGHT  15.0
#define GAP         18.0
#define VALUE_WIDTH 34.0
#define NAME_MOST   260.0
#define MARKER      3.0

static const enum report_unit shown_units[] = { REPORT_FLOWS, REPORT_BYTES };
enum { SHOWN = sizeof(shown_units) / sizeof(shown_units[0]) };

struct column {
	const struct report_sweep_chart *chart;
	enum report_unit unit;
	struct report_box box; /* of the dots */
};

static double
place_x(const struct column *c, double jain)
{
	const struct report_sweep_scale *s = &c->chart->scale[c->unit];

	return c->box.x + (jain - s->low) / (s->high - s->low) * c->box.width;
}

/* "five-tuple, maglev" */
static void
name_setting(const struct report_sweep *s, const struct report_setting *of,
    char *to, size_t bytes)
{
	to[0] = '\0';
	for (size_t f = 0; f < s->factor_count; f++) {
		const struct report_factor *factor = &s->factors[f];
		size_t used = strlen(to);
		if (factor->role != REPORT_REPLICATION &&
		    factor->level_count > 1)
			report_format(to + used, bytes - used, "%s%s",
			    used > 0 ? ", " : "",
			    factor->levels[of->levels[f]].text);
	}
	if (to[0] == '\0')
		report_format(to, bytes, "all");
}

/* A setting's group: without conditions there is one for each. */
static const struct report_group *
group_of(const struct report_sweep *s, const struct report_setting *of)
{
	size_t group = 0;

	for (size_t f = 0; f < s->factor_count; f++)
		if (s->factors[f].role != REPORT_REPLICATION)
			group =
			    group * s->factors[f].level_count + of->levels[f];
	return report_sweep_shown(s, group);
}

static void
draw_scale(struct report_pen *pen, const struct column *c)
{
	const struct report_sweep_scale *s = &c->chart->scale[c->unit];
	long steps = lround((s->high - s->low) / s->step);

	for (long i = 0; i <= steps; i++) {
		double value = s->high - (double)i * s->step;
		char text[REPORT_TEXT_BYTES];
		struct report_box line = { place_x(c, value), c->box.y, 0,
			c->box.height };
		report_pen_line(pen, &line, 0.5, &report_light);
		report_format(text, sizeof(text), "%.*f",
		    s->step < 0.1 - 1e-9 ? (s->step < 0.01 - 1e-9 ? 3 : 2) : 1,
		    value);
		struct report_label label = {
			.x = line.x,
			.y = c->box.y + c->box.height + 3,
			.size = REPORT_SMALL,
			.align = REPORT_MIDDLE,
			.colour = &report_dark,
			.text = text,
		};
		report_pen_text(pen, &label);
	}
}

static void
draw_row(struct report_pen *pen, const struct column *c,
    const struct report_group *g, double y, bool as_good)
{
	const struct report_spread *of = &g->of[c->unit][REPORT_JAIN];
	double expected = g->of[c->unit][REPORT_EXPECTED].mean;

	if (!isnan(expected)) {
		struct report_box tick = { place_x(c, expected), y - 5, 0, 10 };
		report_pen_line(pen, &tick, 1.6, &report_grey);
	}
	if (isnan(of->mean))
		return;
	if (of->count > 1) {
		double low = place_x(c, of->min), high = place_x(c, of->max);
		struct report_box all = { low, y, fmax(high - low, 0.5), 0 };
		report_pen_line(pen, &all, 0.8, &report_grey);
		low = place_x(c, of->low);
		high = place_x(c, fmin(of->high, 1));
		struct report_box sure = { low, y, fmax(high - low, 0.5), 0 };
		report_pen_line(
		    pen, &sure, 3, as_good ? &report_blue : &report_orange);
	}
	report_sweep_marker(
	    pen, as_good ? 0 : 1, place_x(c, of->mean), y, MARKER);
}

static void
put_value(struct report_pen *pen, const struct column *c, double jain, double y)
{
	char text[REPORT_TEXT_BYTES];
	struct report_label label = {
		.x = c->box.x + c->box.width + VALUE_WIDTH,
		.y = y,
		.size = REPORT_SMALL,
		.align = REPORT_RIGHT,
		.centred = true,
		.colour = &report_dark,
		.text = isnan(jain) ? "-" : report_index(text, jain),
	};
	report_pen_text(pen, &label);
}

static double
widest_name(
    struct report_pen *pen, const struct report_sweep_chart *chart, size_t rows)
{
	double widest = 0;

	for (size_t i = 0; i < rows; i++) {
		char name[160];
		struct report_label label = {
			.size = REPORT_PLAIN, .bold = true, .text = name
		};
		name_setting(chart->sweep, &chart->choice->settings[i], name,
		    sizeof(name));
		widest = fmax(widest, report_pen_measure(pen, &label).width);
	}
	return fmin(widest, NAME_MOST);
}

static void
put_names(struct report_pen *pen, const struct report_sweep_chart *chart,
    size_t rows, double x, double y)
{
	for (size_t i = 0; i < rows; i++) {
		char name[160];
		struct report_label label = {
			.x = x,
			.y = y + ((double)i + 0.5) * ROW_HEIGHT,
			.size = REPORT_PLAIN,
			.width = NAME_MOST,
			.bold = i == chart->choice->chosen,
			.centred = true,
			.text = name,
		};
		name_setting(chart->sweep, &chart->choice->settings[i], name,
		    sizeof(name));
		report_pen_text(pen, &label);
	}
}

static void
put_column(struct report_pen *pen, const struct column *c, size_t rows)
{
	char text[64];
	struct report_label label = {
		.x = c->box.x,
		.y = c->box.y - 16,
		.size = REPORT_PLAIN,
		.bold = true,
		.text = text,
	};

	report_format(
	    text, sizeof(text), "Jain index by %s", report_unit_name(c->unit));
	report_pen_text(pen, &label);
	if (pen->cr != NULL)
		draw_scale(pen, c);
	for (size_t i = 0; i < rows; i++) {
		const struct report_setting *of =
		    &c->chart->choice->settings[i];
		const struct report_group *g = group_of(c->chart->sweep, of);
		double y = c->box.y + ((double)i + 0.5) * ROW_HEIGHT;
		put_value(pen, c, g->of[c->unit][REPORT_JAIN].mean, y);
		if (pen->cr != NULL)
			draw_row(pen, c, g, y, of->as_good);
	}
}

double
report_sweep_draw_dots(struct report_pen *pen,
    const struct report_sweep_chart *chart, double left, double width, double y)
{
	size_t rows = chart->choice->count < REPORT_SWEEP_ROWS_MAX
			  ? chart->choice->count
			  : REPORT_SWEEP_ROWS_MAX;
	double names = widest_name(pen, chart, rows) + 12;
	struct column c = { .chart = chart };
	struct report_label legend = {
		.x = left,
		.size = REPORT_PLAIN,
		.width = width,
		.wrap = true,
		.colour = &report_dark,
		.text = chart->sweep->replications > 1
			    ? "Dot and bar: mean over hash keys and its "
			      "95\xe2\x80\xaf% interval; thin line: from the "
			      "worst key to the best; upright mark: a perfect "
			      "hash of this traffic. Blue circles are as good "
			      "as any, orange squares are worse; bold: chosen."
			    : "Dot: the Jain index, 1 when all backends are "
			      "alike; upright mark: a perfect hash of this "
			      "traffic. Blue circles are as good as any, "
			      "orange squares are worse; bold: chosen.",
	};

	c.box.y = y + 18;
	c.box.height = (double)rows * ROW_HEIGHT;
	c.box.width =
	    (width - names - GAP - (double)SHOWN * VALUE_WIDTH) / (double)SHOWN;
	put_names(pen, chart, rows, left, c.box.y);
	for (size_t u = 0; u < SHOWN; u++) {
		c.unit = shown_units[u];
		c.box.x = left + names +
			  (double)u * (c.box.width + VALUE_WIDTH + GAP);
		put_column(pen, &c, rows);
	}
	legend.y = c.box.y + c.box.height + 20;
	return legend.y + report_pen_text(pen, &legend);
}
