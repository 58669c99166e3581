/* SPDX-License-Identifier: MIT */
#include "reports/plots/time_axis.h"
#include "reports/plots/axis.h"
#include "reports/plots/plots.h"
#include "reports/text/text.h"
#include <limits.h>
#include <math.h>

#define GAP_WIDTH  30.0
#define GAPS_PART  0.4  /* of the width, at the most */
#define NAMED      20.0 /* a gap as wide as this gets its length written */
#define APART      6.0
#define STEP_LEAST 44.0

/* Steps between times, each within its unit. */
enum unit { MS, S, MIN, H, D, UNITS };
static const double unit_ns[UNITS] = { 1e6, 1e9, 60e9, 3600e9, 86400e9 };
static const struct {
	enum unit unit;
	unsigned count;
} steps[] = { { MS, 1 }, { MS, 2 }, { MS, 5 }, { MS, 10 }, { MS, 20 },
	{ MS, 50 }, { MS, 100 }, { MS, 200 }, { MS, 500 }, { S, 1 }, { S, 2 },
	{ S, 5 }, { S, 10 }, { S, 15 }, { S, 30 }, { MIN, 1 }, { MIN, 2 },
	{ MIN, 5 }, { MIN, 10 }, { MIN, 15 }, { MIN, 30 }, { H, 1 }, { H, 2 },
	{ H, 3 }, { H, 6 }, { H, 12 }, { D, 1 }, { D, 2 }, { D, 5 }, { D, 10 },
	{ D, 20 }, { D, 50 }, { D, 100 }, { D, 200 }, { D, 500 }, { D, 1000 } };
#define STEPS (sizeof(steps) / sizeof(steps[0]))

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

double
report_time_of(const struct report_time_axis *axis, uint64_t ns)
{
	const struct report_pieces *p = axis->pieces;

	for (size_t s = 0; s < p->stretch_count; s++) {
		const struct report_stretch *of = &p->stretches[s];
		double from = report_time_at(axis, s, 0);
		double to = report_time_at(axis, s, of->count);
		if (ns < of->from_ns)
			return s == 0 ? from : from - axis->gap / 2;
		if (ns <= of->to_ns)
			return fmin(from + (double)(ns - of->from_ns) /
					       (double)p->piece_ns *
					       axis->per_piece,
			    to);
	}
	return p->stretch_count == 0 ? axis->x : axis->x + axis->width;
}

/* --- silences ------------------------------------------------------------- */

/* "12 days", of which the unit stands below the number. */
static void
name_gap(struct report_pen *pen, uint64_t ns, const struct report_box *gap)
{
	static const struct report_script broken = { "", "-", "\n", "us" };
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

struct writer {
	struct report_pen *pen;
	const struct report_time_axis *axis;
	double y, right; /* where the last label ended */
	enum unit unit;
};

/* "250 ms", "1.5 s", "5 min 30 s", "2 d 6 h": exact to the unit. */
static void
time_text(char *to, double ns, enum unit unit)
{
	static const struct {
		unsigned whole; /* of the unit: then two units are named */
		const char *name, *larger;
		unsigned per_larger;
	} forms[UNITS] = {
		[MS] = { 1000, "ms", "s", 1000 },
		[S] = { 180, "s", "min", 60 },
		[MIN] = { 180, "min", "h", 60 },
		[H] = { 48, "h", "d", 24 },
		[D] = { UINT_MAX, "d", "", 1 },
	};
	const char *gap = report_picture.unit;
	unsigned long value = (unsigned long)llround(ns / unit_ns[unit]);
	unsigned long large = value / forms[unit].per_larger;
	unsigned long rest = value % forms[unit].per_larger;

	if (value < forms[unit].whole)
		report_format(to, REPORT_TEXT_BYTES, "%lu%s%s", value, gap,
		    forms[unit].name);
	else if (unit == MS)
		report_format(to, REPORT_TEXT_BYTES, "%.6g%ss",
		    (double)value / 1000, gap);
	else if (rest == 0)
		report_format(to, REPORT_TEXT_BYTES, "%lu%s%s", large, gap,
		    forms[unit].larger);
	else
		report_format(to, REPORT_TEXT_BYTES, "%lu%s%s %lu%s%s", large,
		    gap, forms[unit].larger, rest, gap, forms[unit].name);
}

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

	time_text(text, ns, w->unit);
	double half = report_pen_measure(w->pen, &label).width / 2;
	label.x = fmin(fmax(x - half, w->axis->x - 4),
	    w->axis->x + w->axis->width - 2 * half + 4);
	if (label.x < w->right + APART)
		return;
	report_pen_line(w->pen, &tick, 0.75, &report_dark);
	report_pen_text(w->pen, &label);
	w->right = label.x + 2 * half;
}

/* The closest round times whose labels keep apart. */
static size_t
step_for(const struct report_time_axis *axis)
{
	double per_ns = axis->per_piece / (double)axis->pieces->piece_ns;
	size_t i = 0;
	while (i + 1 < STEPS &&
	       steps[i].count * unit_ns[steps[i].unit] * per_ns < STEP_LEAST)
		i++;
	return i;
}

static void
write_stretch(struct writer *w, size_t stretch, double unit)
{
	const struct report_time_axis *axis = w->axis;
	const struct report_stretch *s = &axis->pieces->stretches[stretch];
	double from = (double)s->from_ns, to = (double)s->to_ns;
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
	size_t step = step_for(axis);
	struct writer w = { pen, axis, box->y + box->height + 8, -INFINITY,
		steps[step].unit };

	for (size_t i = 0; i + 1 < p->stretch_count; i++)
		draw_gap(pen, axis, i, box);
	for (size_t i = 0; i < p->stretch_count; i++)
		write_stretch(&w, i, steps[step].count * unit_ns[w.unit]);
}
