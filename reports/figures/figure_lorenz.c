/* SPDX-License-Identifier: MIT */
#include "reports/plots/axis.h"
#include "reports/figures/figure.h"
#include "reports/plots/plots.h"
#include <math.h>

/* Flows at the left, bytes at the right: two squares. */
#define SIDE_MAX   142.0
#define CAPTION    22.0
#define GUTTER     36.0
#define COLUMN_GAP 36.0

static double
side_of(const struct report_panel *panel)
{
	return fmin((panel->box.width - 2 * GUTTER - COLUMN_GAP) / 2, SIDE_MAX);
}

static double
height(const struct report_panel *panel)
{
	return CAPTION + side_of(panel) + 26;
}

/* A curve's points as a path, or back again. */
static void
trace(struct report_pen *pen, const struct report_lorenz *of,
    const struct report_box *box,
    double (*load)(const struct report_lorenz_point *point), bool back)
{
	for (size_t i = 0; i < of->count; i++) {
		const struct report_lorenz_point *p =
		    &of->points[back ? of->count - 1 - i : i];
		cairo_line_to(pen->cr, box->x + p->backends * box->width,
		    box->y + (1 - load(p)) * box->height);
	}
}

static double
load_of(const struct report_lorenz_point *p)
{
	return p->load;
}

static double
low_of(const struct report_lorenz_point *p)
{
	return p->perfect.low;
}

static double
high_of(const struct report_lorenz_point *p)
{
	return p->perfect.high;
}

static void
draw_envelope(struct report_pen *pen, const struct report_lorenz *of,
    const struct report_box *box)
{
	if (isnan(of->points[0].perfect.low))
		return;
	cairo_new_path(pen->cr);
	trace(pen, of, box, low_of, false);
	trace(pen, of, box, high_of, true);
	cairo_close_path(pen->cr);
	cairo_set_source_rgb(
	    pen->cr, report_light.red, report_light.green, report_light.blue);
	cairo_fill(pen->cr);
}

static void
draw_curve(struct report_pen *pen, const struct report_lorenz *of,
    const struct report_box *box)
{
	static const double dashes[] = { 3, 3 };

	cairo_new_path(pen->cr);
	cairo_move_to(pen->cr, box->x, box->y + box->height);
	cairo_line_to(pen->cr, box->x + box->width, box->y);
	cairo_set_source_rgb(
	    pen->cr, report_dark.red, report_dark.green, report_dark.blue);
	cairo_set_line_width(pen->cr, 0.75);
	cairo_set_dash(pen->cr, dashes, 2, 0);
	cairo_stroke(pen->cr);
	cairo_set_dash(pen->cr, NULL, 0, 0);
	trace(pen, of, box, load_of, false);
	cairo_set_source_rgb(
	    pen->cr, report_blue.red, report_blue.green, report_blue.blue);
	cairo_set_line_width(pen->cr, 1.75);
	cairo_set_line_join(pen->cr, CAIRO_LINE_JOIN_ROUND);
	cairo_stroke(pen->cr);
	for (size_t i = 0; of->count <= 26 && i < of->count; i++)
		report_pen_dot(pen,
		    box->x + of->points[i].backends * box->width,
		    box->y + (1 - of->points[i].load) * box->height, 2,
		    &report_blue);
}

static void
draw_frame(struct report_pen *pen, const struct report_box *box)
{
	const struct report_axis axis = { 0, 1, box->x, box->width };
	char text[REPORT_TEXT_BYTES];

	report_axis_draw(pen, &axis, box, report_axis_percent);
	for (int i = 0; i <= 4; i++) {
		double y = box->y + box->height * (1 - i / 4.);
		struct report_box line = { box->x, y, box->width, 0 };
		report_pen_line(pen, &line, 0.5, &report_light);
		report_put_small(pen, box->x - 5, y, 0, REPORT_RIGHT,
		    report_axis_percent(text, i / 4.));
	}
	report_put_small(pen, box->x + box->width / 2,
	    box->y + box->height + 17, 0, REPORT_MIDDLE,
	    "of the backends, least loaded first");
}

static void
draw_square(const struct report_panel *panel, enum report_unit unit,
    const struct report_box *box)
{
	const struct report_measure *m = &panel->subject->by[unit];
	char gini[REPORT_TEXT_BYTES], expected[REPORT_TEXT_BYTES];
	char text[4 * REPORT_TEXT_BYTES];
	struct report_label label = {
		.x = box->x - GUTTER + 6,
		.y = panel->box.y,
		.size = REPORT_PLAIN,
		.bold = true,
		.text = text,
	};

	report_format(
	    text, sizeof(text), "share of the %s, %%", report_unit_name(unit));
	label.y += report_pen_text(panel->pen, &label);
	label.bold = false;
	label.colour = &report_dark;
	if (m->total == 0)
		report_format(text, sizeof(text), "no traffic");
	else
		report_format(text, sizeof(text),
		    "Gini %s, a perfect hash gives %s",
		    report_index(gini, m->is.gini),
		    report_index(expected, m->expected.gini));
	report_pen_text(panel->pen, &label);
	if (m->lorenz.count == 0)
		return;
	draw_envelope(panel->pen, &m->lorenz, box);
	draw_frame(panel->pen, box);
	draw_curve(panel->pen, &m->lorenz, box);
}

static void
draw(const struct report_panel *panel)
{
	double side = side_of(panel);
	struct report_box box = { panel->box.x + GUTTER,
		panel->box.y + CAPTION + 4, side, side };

	draw_square(panel, REPORT_FLOWS, &box);
	box.x += side + COLUMN_GAP + GUTTER +
		 fmax(0, panel->box.width / 2 - side - COLUMN_GAP - GUTTER);
	draw_square(panel, REPORT_BYTES, &box);
}

static int
csv(const struct report_study *study, FILE *to)
{
	return report_lorenz_csv(study->record, to);
}

const struct report_art report_art_lorenz = {
	.height = height,
	.draw = draw,
	.csv = csv,
};
