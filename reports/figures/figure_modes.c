/* SPDX-License-Identifier: MIT */
#include "reports/plots/axis.h"
#include "reports/text/csv.h"
#include "reports/figures/figure.h"
#include "reports/plots/plots.h"
#include "reports/study/reading.h"
#include <math.h>
#include <stdlib.h>

/* A row each subject; flows, packets and bytes beside each other. */
#define ROW        26.0
#define HEAD       13.0
#define NAME_WIDTH 130.0
#define COLUMN_GAP 22.0

static double
height(const struct report_panel *panel)
{
	return HEAD + ROW * (double)panel->study->count + 16;
}

static void
draw_measure(struct report_pen *pen, const struct report_measure *m,
    const struct report_axis *axis, double y)
{
	char is[REPORT_TEXT_BYTES];

	if (isnan(m->is.jain)) {
		report_put_small(pen, axis->x + axis->width / 2, y, 0,
		    REPORT_MIDDLE, "no traffic");
		return;
	}
	double x = report_axis_at(axis, m->is.jain);
	if (!isnan(m->within.jain.low)) {
		double low = report_axis_at(axis, m->within.jain.low);
		double high = report_axis_at(axis, m->within.jain.high);
		struct report_box line = { low, y, high - low, 0 };
		report_pen_line(pen, &line, 3, &report_grey);
	}
	if (!isnan(m->expected.jain))
		report_pen_diamond(pen, report_axis_at(axis, m->expected.jain),
		    y, 5, &report_black);
	report_pen_dot(pen, x, y, 2.5, &report_blue);
	struct report_label label = {
		.x = x,
		.y = y + 5,
		.size = REPORT_SMALL,
		.align = REPORT_MIDDLE,
		.halo = true,
		.text = report_index(is, m->is.jain),
	};
	double half = report_pen_measure(pen, &label).width / 2;
	label.x =
	    fmin(fmax(x, axis->x + half - 8), axis->x + axis->width - half + 8);
	report_pen_text(pen, &label);
}

static double
gutter_of(const struct report_panel *panel)
{
	double widest = 0;
	for (size_t i = 0; i < panel->study->count; i++) {
		struct report_label label = { .size = REPORT_PLAIN,
			.bold = true,
			.text = panel->study->subjects[i].name };
		widest =
		    fmax(widest, report_pen_measure(panel->pen, &label).width);
	}
	return fmin(widest, NAME_WIDTH) + 10;
}

static void
draw_column(const struct report_panel *panel, enum report_unit unit, double x,
    double width)
{
	const struct report_study *study = panel->study;
	const struct report_axis axis = { report_lowest_jain(study), 1, x,
		width };
	double top = panel->box.y + HEAD;
	struct report_box box = { x, top, width, ROW * (double)study->count };
	struct report_label label = {
		.x = x,
		.y = panel->box.y - 2,
		.size = REPORT_PLAIN,
		.bold = true,
		.text = report_unit_name(unit),
	};

	report_pen_text(panel->pen, &label);
	report_axis_draw(panel->pen, &axis, &box, report_axis_number);
	for (size_t i = 0; i < study->count; i++)
		draw_measure(panel->pen, &study->subjects[i].by[unit], &axis,
		    top + ROW * ((double)i + 0.5) - 2);
}

static void
draw(const struct report_panel *panel)
{
	const struct report_study *study = panel->study;
	double gutter = gutter_of(panel);
	double width = (panel->box.width - gutter - 2 * COLUMN_GAP - 8) / 3;

	for (size_t i = 0; i < study->count; i++) {
		double y = panel->box.y + HEAD + ROW * (double)i;
		struct report_label label = {
			.x = panel->box.x,
			.y = y + ROW / 2 - 2,
			.size = REPORT_PLAIN,
			.width = gutter - 10,
			.bold = &study->subjects[i] == study->chosen,
			.centred = true,
			.text = study->subjects[i].name,
		};
		report_pen_text(panel->pen, &label);
	}
	for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++)
		draw_column(panel, (enum report_unit)u,
		    panel->box.x + gutter + u * (width + COLUMN_GAP), width);
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
	struct report_pen *pen = panel->pen;
	double x = panel->box.x + 4, y = panel->box.y + 6;
	struct report_box bar = { x + 96, y, 16, 0 };

	report_pen_dot(pen, x, y, 2.5, &report_blue);
	report_put_small(pen, x + 8, y, 0, REPORT_LEFT, "measured");
	report_pen_line(pen, &bar, 3, &report_grey);
	report_put_small(
	    pen, x + 116, y, 0, REPORT_LEFT, "95\xe2\x80\xaf% interval");
	report_pen_diamond(pen, x + 204, y, 5, &report_black);
	report_put_small(pen, x + 212, y, 0, REPORT_LEFT,
	    "mean of perfect hashes of the same keys");
}

static void
put_measure(
    FILE *to, const struct report_subject *s, const struct report_measure *m)
{
	report_csv_ratio(to, m->is.jain);
	report_csv_ratio(to, m->within.jain.low);
	report_csv_ratio(to, m->within.jain.high);
	report_csv_ratio(to, m->expected.jain);
	report_csv_ratio(to, m->is.effective_backends);
	report_print(to, ",%zu", s->rule->backend_count);
}

static int
csv(const struct report_study *study, FILE *to)
{
	report_put(to, "case,rule,unit,jain,low,high,perfect_mean,"
		       "effective_backends,backends\n");
	for (size_t i = 0; i < study->count; i++) {
		const struct report_subject *s = &study->subjects[i];
		for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++) {
			report_csv_text(to, s->of->name);
			report_put(to, ",");
			report_csv_text(to, s->rule->name);
			report_print(
			    to, ",%s", report_unit_name((enum report_unit)u));
			put_measure(to, s, &s->by[u]);
			report_put(to, "\n");
		}
	}
	return ferror(to) ? -1 : 0;
}

const struct report_art report_art_modes = {
	.for_all = true,
	.height = height,
	.draw = draw,
	.legend_height = legend_height,
	.legend = legend,
	.csv = csv,
};
