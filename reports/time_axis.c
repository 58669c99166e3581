/* SPDX-License-Identifier: MIT */
#include "reports/time_axis.h"
#include "reports/axis.h"
#include "reports/plots.h"
#include "reports/text.h"
#include <math.h>

#define GAP_WIDTH 30.0
#define GAPS_PART 0.4  /* of the width, at the most */
#define NAMED     20.0 /* a gap as wide as this gets its length written */
#define APART     6.0

static const struct {
	double unit_ns;
	const char *name;
} units[] = { { 1e6, "ms" }, { 1e9, "s" }, { 60e9, "min" }, { 3600e9, "h" },
	{ 86400e9, "d" } };
#define UNITS (sizeof(units) / sizeof(units[0]))

struct report_time_axis
report_time_axis(const struct report_pieces *pieces, double x, double width)
{
	size_t gaps = pieces->stretch_count > 0 ? pieces->stretch_count - 1 : 0;
	double gap =
	    gaps > 0 ? fmin(GAP_WIDTH, GAPS_PART * width / (double)gaps) : 0;
	return (struct report_time_axis){
		.pieces = pieces,
		.x = x,
		.width = width,
		.gap = gap,
		.per_piece = (width - gap * (double)gaps) /
			     fmax((double)pieces->count, 1),
	};
}

double
report_time_at(
    const struct report_time_axis *axis, size_t stretch, size_t index)
{
	size_t before = axis->pieces->stretches[stretch].first + index;
	return axis->x + axis->gap * (double)stretch +
	       axis->per_piece * (double)before;
}

/* --- silences ------------------------------------------------------------- */

/* "12 days", of which the unit stands below the number. */
static void
name_gap(struct report_pen *pen, uint64_t ns, const struct report_box *gap)
{
	static const struct report_script broken = { "", "-", "\n" };
	char text[REPORT_TEXT_BYTES];
	struct report_label label = {
		.x = gap->x + gap->width / 2,
		.y = gap->y + gap->height / 2,
		.size = REPORT_SMALL,
		.width = gap->width,
		.align = REPORT_MIDDLE,
		.wrap = true,
		.centred = true,
		.colour = &report_dark,
		.text = report_span(text, &broken, ns),
	};
	report_pen_text(pen, &label);
}

static void
draw_gap(struct report_pen *pen, const struct report_time_axis *axis,
    size_t stretch, const struct report_box *box)
{
	const struct report_stretch *s = &axis->pieces->stretches[stretch];
	double from = report_time_at(axis, stretch, s->count);
	struct report_box gap = { from, box->y, axis->gap, box->height };
	struct report_box left = { from, box->y, 0, box->height };
	struct report_box right = { from + axis->gap, box->y, 0, box->height };

	report_pen_fill(pen, &gap, &report_white);
	report_pen_line(pen, &left, 0.75, &report_dark);
	report_pen_line(pen, &right, 0.75, &report_dark);
	if (axis->gap >= NAMED)
		name_gap(pen, s[1].from_ns - s->to_ns, &gap);
}

/* --- times ---------------------------------------------------------------- */

/* The unit in which the end of the picture is some two or three digits. */
static size_t
unit_for(double ns)
{
	static const double until_ns[UNITS - 1] = { 1e9, 180e9, 10800e9,
		259200e9 };
	size_t unit = 0;
	while (unit < UNITS - 1 && ns > until_ns[unit])
		unit++;
	return unit;
}

struct writer {
	struct report_pen *pen;
	const struct report_time_axis *axis;
	double y, right; /* where the last label ended */
	size_t unit;
	int decimals;
};

static void
write_time(struct writer *w, double ns, double x)
{
	char text[REPORT_TEXT_BYTES];
	struct report_label label = {
		.y = w->y,
		.size = REPORT_SMALL,
		.centred = true,
		.colour = &report_dark,
		.text = text,
	};
	struct report_box tick = { x, w->y - 7, 0, 3 };
	double value = ns / units[w->unit].unit_ns;

	report_format(text, sizeof(text), "%.*f\xe2\x80\xaf%s", w->decimals,
	    value, units[w->unit].name);
	double half = report_pen_measure(w->pen, &label).width / 2;
	label.x = fmin(fmax(x - half, w->axis->x - 4),
	    w->axis->x + w->axis->width - 2 * half + 4);
	if (label.x < w->right + APART)
		return;
	report_pen_line(w->pen, &tick, 0.75, &report_dark);
	report_pen_text(w->pen, &label);
	w->right = label.x + 2 * half;
}

/* Times on round numbers, far enough apart for their labels. */
static double
step_for(const struct report_time_axis *axis, size_t unit)
{
	double per_unit = axis->per_piece * units[unit].unit_ns /
			  (double)axis->pieces->piece_ns;
	double step, least = 40 / per_unit;
	static const double of_60[] = { 1, 2, 5, 10, 15, 30, 60 };
	static const double of_24[] = { 1, 2, 3, 6, 12, 24 };

	step = report_nice_step(least);
	if ((unit == 1 || unit == 2) && least > 5 && least <= 60)
		for (size_t i = 0; i < 7; i++)
			if (of_60[i] >= least)
				return of_60[i];
	if (unit == 3 && least > 2 && least <= 24)
		for (size_t i = 0; i < 6; i++)
			if (of_24[i] >= least)
				return of_24[i];
	return step;
}

static void
write_stretch(struct writer *w, size_t stretch, double step)
{
	const struct report_time_axis *axis = w->axis;
	const struct report_stretch *s = &axis->pieces->stretches[stretch];
	double from = (double)s->from_ns, to = (double)s->to_ns;
	double unit = step * units[w->unit].unit_ns;
	double x = report_time_at(axis, stretch, 0);

	/* after a silence, where it goes on */
	if (stretch > 0)
		write_time(w, from, x);
	for (double at = ceil(from / unit) * unit; at <= to; at += unit)
		write_time(w, at,
		    x + (at - from) / (double)axis->pieces->piece_ns *
			    axis->per_piece);
}

void
report_time_draw(struct report_pen *pen, const struct report_time_axis *axis,
    const struct report_box *box)
{
	const struct report_pieces *p = axis->pieces;
	if (p->stretch_count == 0)
		return;
	struct writer w = { pen, axis, box->y + box->height + 8, -INFINITY,
		unit_for((double)p->stretches[p->stretch_count - 1].to_ns), 0 };
	double step = step_for(axis, w.unit);

	if (step < 1)
		w.decimals = (int)ceil(-log10(step) - 1e-9);
	for (size_t i = 0; i + 1 < p->stretch_count; i++)
		draw_gap(pen, axis, i, box);
	for (size_t i = 0; i < p->stretch_count; i++)
		write_stretch(&w, i, step);
}
