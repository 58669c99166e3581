/* SPDX-License-Identifier: MIT */
#include "reports/plots/axis.h"
#include "reports/text/csv.h"
#include "reports/figures/figure.h"
#include "reports/plots/plots.h"
#include <math.h>

/* A subject's flows at the left, its bytes at the right. */
#define COLUMN_GAP 18.0

static const struct report_plot *
plot_of(const struct report_panel *panel, enum report_unit unit)
{
	const struct report_board *board = panel->study->board;
	for (size_t i = 0; i < board->plot_count; i++)
		if (board->plots[i].rule == panel->subject->rule &&
		    board->plots[i].unit == unit)
			return &board->plots[i];
	return NULL;
}

/* Jain and the like, above each column. */
static double
put_captions(const struct report_panel *panel, const struct report_plot *plot,
    double x, double width)
{
	struct report_label label = {
		.x = x,
		.y = panel->box.y,
		.size = REPORT_PLAIN,
		.width = width,
		.bold = true,
		.text = plot->like,
	};
	label.y += report_pen_text(panel->pen, &label);
	label.bold = false;
	label.colour = &report_dark;
	label.text = plot->jain;
	return label.y + report_pen_text(panel->pen, &label) + 3 - panel->box.y;
}

static double
plot_height(const struct report_plot *plot)
{
	return (report_plot_is_crowded(plot) ? report_curve_height(plot)
					     : report_bars_height(plot)) +
	       REPORT_AXIS_HEIGHT;
}

static double
height(const struct report_panel *panel)
{
	struct report_panel quiet = *panel;
	struct report_pen pen = *panel->pen;
	const struct report_plot *plot = plot_of(panel, REPORT_FLOWS);

	if (plot == NULL)
		return 0;
	pen.cr = NULL; /* only measures */
	quiet.pen = &pen;
	return put_captions(&quiet, plot, 0, panel->box.width / 2) +
	       plot_height(plot);
}

static void
draw_column(const struct report_panel *panel, const struct report_plot *plot,
    const struct report_box *area, double gutter)
{
	if (report_plot_is_crowded(plot))
		report_curve_draw(panel->pen, plot, area, gutter);
	else
		report_bars_draw(panel->pen, plot, area, gutter);
}

static void
draw(const struct report_panel *panel)
{
	const struct report_plot *flows = plot_of(panel, REPORT_FLOWS);
	const struct report_plot *bytes = plot_of(panel, REPORT_BYTES);

	if (flows == NULL || bytes == NULL)
		return;
	report_bars_make_room(panel->pen, panel->study->board);
	bool crowded = report_plot_is_crowded(flows);
	double left = crowded ? report_curve_gutter(panel->pen, flows)
			      : report_bars_gutter(panel->pen, flows);
	double inner = crowded ? report_curve_gutter(panel->pen, bytes) : 0;
	double width = (panel->box.width - left - inner - COLUMN_GAP) / 2;
	struct report_box area = { panel->box.x + left, panel->box.y, width,
		0 };
	double above = put_captions(panel, flows, area.x, width);
	double right = area.x + width + COLUMN_GAP + inner;
	(void)put_captions(panel, bytes, right, width);
	area.y += above;
	area.height = plot_height(flows) - REPORT_AXIS_HEIGHT;
	draw_column(panel, flows, &area, left);
	area.x = right;
	draw_column(panel, bytes, &area, inner);
}

static double
legend_height(const struct report_panel *panel)
{
	(void)panel;
	return 14;
}

static void
legend(const struct report_panel *panel)
{
	double x = panel->box.x, y = panel->box.y + 6;
	x = report_put_swatch(panel->pen, x, y, &report_pale,
	    "95\xe2\x80\xaf% of backends under a perfect hash");
	x = report_put_swatch(panel->pen, x, y, &report_blue, "within");
	x = report_put_swatch(panel->pen, x, y, &report_orange,
	    "outside: 1 in 20 by chance alone");
	if (panel->study->board->own_scales)
		report_put_small(
		    panel->pen, x, y, 0, REPORT_LEFT, "scales differ");
}

static void
put_rows(
    const struct report_study *study, const struct report_plot *plot, FILE *to)
{
	const struct report_subject *s = study->subjects;
	while (s->rule != plot->rule)
		s++;
	for (size_t i = 0; i < plot->rule->backend_count; i++) {
		const struct sim_backend *b = &plot->rule->backends[i];
		bool drained = isinf(report_fair_one_in(&plot->fair, b));
		bool whisker = plot->whiskers != NULL && !drained;
		report_csv_text(to, s->of->name);
		report_put(to, ",");
		report_csv_text(to, s->rule->name);
		report_put(to, ",");
		report_csv_text(to, b->name);
		report_print(to, ",%s,%llu", report_unit_name(plot->unit),
		    (unsigned long long)report_backend_load(b, plot->unit));
		report_csv_ratio(
		    to, plot->known && !drained ? plot->deviation[i] : NAN);
		report_csv_ratio(to, whisker ? plot->whiskers[i].low : NAN);
		report_csv_ratio(to, whisker ? plot->whiskers[i].high : NAN);
		report_csv_ratio(to, report_plot_range(plot, i)->low);
		report_csv_ratio(to, report_plot_range(plot, i)->high);
		report_put(to, "\n");
	}
}

static int
csv(const struct report_study *study, FILE *to)
{
	report_put(to, "case,rule,backend,unit,load,deviation,low,high,"
		       "perfect_low,perfect_high\n");
	for (size_t i = 0; i < study->board->plot_count; i++)
		put_rows(study, &study->board->plots[i], to);
	return ferror(to) ? -1 : 0;
}

const struct report_art report_art_deviation = {
	.height = height,
	.draw = draw,
	.legend_height = legend_height,
	.legend = legend,
	.csv = csv,
};
