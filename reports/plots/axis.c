/* SPDX-License-Identifier: MIT */
#include "reports/plots/axis.h"
#include "reports/study/board.h"
#include "reports/plots/plots.h"
#include <math.h>
#include <stdlib.h>

#define APART 6.0
#define LEAST 18.0 /* between ticks */

void
report_put_small(struct report_pen *pen, double x, double y, double width,
    enum report_align align, const char *text)
{
	struct report_label label = {
		.x = x,
		.y = y,
		.size = REPORT_SMALL,
		.width = width,
		.align = align,
		.centred = true,
		.colour = &report_dark,
		.text = text,
	};
	report_pen_text(pen, &label);
}

double
report_axis_at(const struct report_axis *axis, double value)
{
	return axis->x +
	       (value - axis->from) / (axis->to - axis->from) * axis->width;
}

char *
report_axis_number(char *to, double value)
{
	report_format(
	    to, REPORT_TEXT_BYTES, "%.6g", fabs(value) < 1e-12 ? 0 : value);
	return to;
}

char *
report_axis_percent(char *to, double value)
{
	return report_round_percent(
	    to, &report_picture, fabs(value) < 1e-12 ? 0 : value);
}

static double
widest(struct report_pen *pen, double first, double last, double step,
    char *(*text)(char *to, double value))
{
	char to[REPORT_TEXT_BYTES];
	double width = 0;
	for (double value = first; value <= last + step / 2; value += step) {
		struct report_label label = { .size = REPORT_SMALL,
			.text = text(to, value) };
		width = fmax(width, report_pen_measure(pen, &label).width);
	}
	return width;
}

void
report_axis_draw(struct report_pen *pen, const struct report_axis *axis,
    const struct report_box *box, char *(*text)(char *to, double value))
{
	char to[REPORT_TEXT_BYTES];
	double per_value = axis->width / (axis->to - axis->from);
	double step = report_nice_step(LEAST / per_value), first, last;

	for (;;) {
		first = ceil(axis->from / step - 1e-9) * step;
		last = floor(axis->to / step + 1e-9) * step;
		if (last <= first ||
		    widest(pen, first, last, step, text) + APART <=
			step * per_value)
			break;
		step = report_nice_step(1.5 * step);
	}
	long count = lround((last - first) / step);
	for (long i = 0; i <= count; i++) {
		double value = first + (double)i * step;
		double x = report_axis_at(axis, value);
		struct report_box line = { x, box->y, 0, box->height };
		report_pen_line(pen, &line, 0.5, &report_light);
		report_put_small(pen, x, box->y + box->height + 7, 0,
		    REPORT_MIDDLE, text(to, value));
	}
}
