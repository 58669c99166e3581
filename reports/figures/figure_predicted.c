/* SPDX-License-Identifier: MIT */
#include "reports/plots/axis.h"
#include "reports/text/csv.h"
#include "reports/figures/figure.h"
#include "reports/plots/plots.h"
#include "reports/study/reading.h"
#include <math.h>

/* Per subject a row each unit: unevenness as measured, on what perfect hashes
 * of the same keys give; at the right what that means. */
#define ROW         20.0
#define NAME_WIDTH  48.0
#define WORDS_WIDTH 215.0

static double
height(const struct report_panel *panel)
{
	(void)panel;
	return ROW * REPORT_UNIT_COUNT + 16;
}

static void
put_words(
    const struct report_panel *panel, enum report_unit unit, double x, double y)
{
	const struct report_measure *m = &panel->subject->by[unit];
	char line[REPORT_READING_BYTES];

	report_reading_numbers(line, m);
	report_put_small(
	    panel->pen, x, y - 4.5, WORDS_WIDTH, REPORT_LEFT, line);
	struct report_label label = {
		.x = x,
		.y = y + 4.5,
		.size = REPORT_SMALL,
		.width = WORDS_WIDTH,
		.bold = report_is_less_even(panel->study, panel->subject, unit),
		.centred = true,
		.text = report_reading(panel->study, panel->subject, unit),
	};
	report_pen_text(panel->pen, &label);
}

static void
draw_row(const struct report_panel *panel, enum report_unit unit,
    const struct report_axis *axis, double y)
{
	const struct report_measure *m = &panel->subject->by[unit];
	bool worse = report_is_less_even(panel->study, panel->subject, unit);

	report_put_small(panel->pen, panel->box.x, y, NAME_WIDTH, REPORT_LEFT,
	    report_unit_name(unit));
	if (m->total == 0) {
		report_put_small(panel->pen, axis->x + axis->width + 10, y, 0,
		    REPORT_LEFT, "no traffic");
		return;
	}
	if (!isnan(m->perfect_cv.low)) {
		double low = report_axis_at(axis, m->perfect_cv.low);
		double high = report_axis_at(axis, m->perfect_cv.high);
		struct report_box bar = { low, y - 5, fmax(high - low, 1), 10 };
		report_pen_fill(panel->pen, &bar, &report_light);
	}
	if (!isnan(m->expected.cv))
		report_pen_diamond(panel->pen,
		    report_axis_at(axis, m->expected.cv), y, 5, &report_black);
	report_pen_dot(panel->pen, report_axis_at(axis, m->is.cv), y, 2.5,
	    worse ? &report_orange : &report_blue);
	put_words(panel, unit, axis->x + axis->width + 10, y);
}

static void
draw(const struct report_panel *panel)
{
	const struct report_axis axis = {
		.to = report_highest_cv(panel->study),
		.x = panel->box.x + NAME_WIDTH,
		.width = panel->box.width - NAME_WIDTH - WORDS_WIDTH - 10,
	};
	struct report_box box = { axis.x, panel->box.y, axis.width,
		ROW * REPORT_UNIT_COUNT };

	report_axis_draw(panel->pen, &axis, &box, report_axis_number);
	for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++)
		draw_row(panel, (enum report_unit)u, &axis,
		    panel->box.y + ROW * (u + 0.5));
}

static int
csv(const struct report_study *study, FILE *to)
{
	report_put(to, "case,rule,unit,keys,effective_keys,cv,perfect_mean,"
		       "perfect_low,perfect_high,p_value\n");
	for (size_t i = 0; i < study->count; i++) {
		const struct report_subject *s = &study->subjects[i];
		for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++) {
			const struct report_measure *m = &s->by[u];
			report_csv_text(to, s->of->name);
			report_put(to, ",");
			report_csv_text(to, s->rule->name);
			report_print(to, ",%s,%zu",
			    report_unit_name((enum report_unit)u),
			    s->rule->key_count);
			report_csv_ratio(to, m->effective_keys);
			report_csv_ratio(to, m->is.cv);
			report_csv_ratio(to, m->expected.cv);
			report_csv_ratio(to, m->perfect_cv.low);
			report_csv_ratio(to, m->perfect_cv.high);
			report_csv_ratio(to, m->p_value);
			report_put(to, "\n");
		}
	}
	return ferror(to) ? -1 : 0;
}

const struct report_art report_art_predicted = {
	.height = height,
	.draw = draw,
	.csv = csv,
};
