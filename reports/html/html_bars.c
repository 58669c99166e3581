/* SPDX-License-Identifier: MIT */
#include "reports/html/html_plots.h"
#include "reports/plots/plots.h"
#include <math.h>
#include <stdlib.h>

#define NAME_WIDTH 104.0
#define NAME_GAP   10.0
#define VALUE_GAP  4.0
#define FEW        12

char *
report_html_backend_tip(const struct report_plot *plot, size_t backend)
{
	const struct report_script *s = &report_picture;
	const struct sim_backend *b = &plot->rule->backends[backend];
	char load[REPORT_TEXT_BYTES], share[REPORT_TEXT_BYTES];
	char off[REPORT_TEXT_BYTES], low[REPORT_TEXT_BYTES];
	char high[REPORT_TEXT_BYTES], within[3 * REPORT_TEXT_BYTES] = "";
	char fair[REPORT_TEXT_BYTES], weight[2 * REPORT_TEXT_BYTES] = "";

	if (plot->whiskers != NULL)
		report_format(within, sizeof(within), " (%s to %s)",
		    report_deviation(low, s, plot->whiskers[backend].low),
		    report_deviation(high, s, plot->whiskers[backend].high));
	if (!plot->fair.equal)
		report_format(weight, sizeof(weight), " (weight %u, fair %s)",
		    (unsigned)b->weight,
		    report_percent(fair, s, report_fair_share(&plot->fair, b)));
	return report_compose("%s%s\n%s %s, %s\n%s off fair%s", b->name, weight,
	    report_count(load, s, report_backend_load(b, plot->unit)),
	    report_unit_name(plot->unit),
	    report_percent(
		share, s, report_share(plot->rule, plot->unit, backend)),
	    report_deviation(off, s, plot->deviation[backend]), within);
}

static double
pitch(const struct report_plot *plot)
{
	return plot->rule->backend_count <= FEW ? 20 : 15;
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

/* Between the names and the edge, with room for the values on both sides. */
static struct report_scale
make_scale(const struct report_plot *plot)
{
	char text[REPORT_TEXT_BYTES];
	double names = 20, left = 10, right = 10;

	for (size_t i = 0; i < plot->rule->backend_count; i++) {
		const char *name = plot->rule->backends[i].name;
		double value =
		    report_svg_measure(report_plot_value(plot, i, text)) +
		    2 * VALUE_GAP;
		names = fmax(names, report_svg_measure(name));
		if (plot->deviation[i] < 0)
			left = fmax(left, value);
		else
			right = fmax(right, value);
	}
	double x = fmin(names, NAME_WIDTH) + NAME_GAP + left;
	return (struct report_scale){ plot->scale.low, plot->scale.high, x,
		REPORT_SVG_WIDTH - x - right };
}

static void
put_whisker(struct report_page *page, const struct report_range *of,
    const struct report_scale *scale, double y)
{
	double from = report_scale_at(scale, of->low);
	double to = report_scale_at(scale, of->high);

	report_svg_path(page, "whisker");
	report_svg_to(page, 'M', from, y - 3);
	report_svg_to(page, 'L', from, y + 3);
	report_svg_to(page, 'M', from, y);
	report_svg_to(page, 'L', to, y);
	report_svg_to(page, 'M', to, y - 3);
	report_svg_to(page, 'L', to, y + 3);
	report_svg_path_end(page, false, NULL);
}

static void
put_bar(struct report_page *page, const struct report_plot *plot, size_t index,
    const struct report_scale *scale)
{
	char text[REPORT_TEXT_BYTES];
	double value = plot->deviation[index], high = pitch(plot) * 0.66;
	double y = pitch(plot) * ((double)index + 0.5);
	double zero = report_scale_at(scale, 0);
	double end = report_scale_at(scale, value);
	bool out = report_plot_is_outside(plot, index);
	char *tip = report_html_backend_tip(plot, index);
	const struct report_place bar = { fmin(zero, end), y - high / 2,
		fabs(end - zero), high };
	const struct report_place row = { 0, y - pitch(plot) / 2,
		REPORT_SVG_WIDTH, pitch(plot) };

	report_svg_name(page, 0, y, REPORT_START, NAME_WIDTH,
	    plot->rule->backends[index].name);
	report_svg_box(page, &bar, out ? "out" : "in", NULL);
	if (plot->whiskers != NULL)
		put_whisker(page, &plot->whiskers[index], scale, y);
	double far = report_scale_at(scale, far_end(plot, index));
	report_svg_text(page, far + (value < 0 ? -VALUE_GAP : VALUE_GAP), y,
	    value < 0 ? REPORT_END : REPORT_START, out ? "strong" : NULL,
	    report_plot_value(plot, index, text));
	report_svg_box(page, &row, "touch", tip);
	page->no_memory |= tip == NULL;
	free(tip);
}

static void
put_band(struct report_page *page, const struct report_range *of,
    const struct report_scale *scale, double y, double height)
{
	if (isnan(of->low))
		return;
	double from = report_scale_at(scale, of->low);
	double to = report_scale_at(scale, of->high);
	const struct report_place band = { from, y, to - from, height };
	report_svg_box(page, &band, "range", NULL);
}

void
report_html_bars(struct report_page *page, const struct report_plot *plot)
{
	size_t n = plot->rule->backend_count;
	const struct report_scale scale = make_scale(plot);
	const struct report_place area = { scale.x, 0, scale.width,
		pitch(plot) * (double)n };
	const double zero = report_scale_at(&scale, 0);

	report_svg_open(page, area.height + 20,
	    "Deviation from the fair share, a bar for each backend; the table "
	    "of backends has the values");
	if (plot->ranges == NULL)
		put_band(page, &plot->perfect, &scale, 0, area.height);
	for (size_t i = 0; plot->ranges != NULL && i < n; i++)
		put_band(page, &plot->ranges[i], &scale,
		    pitch(plot) * (double)i, pitch(plot));
	report_svg_scale(page, &scale, &area, report_tick);
	for (size_t i = 0; i < n; i++)
		put_bar(page, plot, i, &scale);
	report_svg_line(page, zero, 0, zero, area.height, "zero");
	report_svg_close(page);
}
