/* SPDX-License-Identifier: MIT */
#include "reports/html/html_figures.h"
#include "reports/plots/axis.h"
#include "reports/study/reading.h"
#include "reports/page/svg.h"
#include <math.h>
#include <stdlib.h>

/* A row each subject: what was measured, between what and what, and what a
 * perfect hash would give. */
#define ROW    34.0
#define NAMES  128.0 /* the widest */
#define GAP    20.0
#define MARGIN 16.0

static void
put_interval(struct report_page *page, const struct report_range *of,
    const struct report_scale *scale, double y)
{
	if (isnan(of->low))
		return;
	double low = report_scale_at(scale, of->low);
	double high = report_scale_at(scale, of->high);
	const struct report_place bar = { low, y - 2, high - low, 4 };
	report_svg_box(page, &bar, "interval", NULL);
}

/* "Jain 0.996 (0.990 to 0.998); a perfect hash gives 0.995" */
static char *
tip_of(const struct report_measure *m)
{
	char is[REPORT_TEXT_BYTES], low[REPORT_TEXT_BYTES];
	char high[REPORT_TEXT_BYTES], expected[REPORT_TEXT_BYTES];
	char within[3 * REPORT_TEXT_BYTES] = "";

	if (!isnan(m->within.jain.low))
		report_format(within, sizeof(within), " (%s to %s)",
		    report_index(low, m->within.jain.low),
		    report_index(high, m->within.jain.high));
	return report_compose("Jain %s%s; a perfect hash gives %s",
	    report_index(is, m->is.jain), within,
	    report_index(expected, m->expected.jain));
}

static void
put_measure(struct report_page *page, const struct report_measure *m,
    const struct report_scale *scale, double y)
{
	char is[REPORT_TEXT_BYTES];

	if (isnan(m->is.jain)) {
		report_svg_text(page, scale->x + scale->width / 2, y,
		    REPORT_CENTRE, "soft", "no traffic");
		return;
	}
	char *tip = tip_of(m);
	double x = report_scale_at(scale, m->is.jain);
	put_interval(page, &m->within.jain, scale, y);
	report_svg_dot(page, x, y, "in", tip);
	if (!isnan(m->expected.jain))
		report_svg_diamond(
		    page, report_scale_at(scale, m->expected.jain), y, tip);
	report_svg_text(
	    page, x, y + 13, REPORT_CENTRE, NULL, report_index(is, m->is.jain));
	page->no_memory |= tip == NULL;
	free(tip);
}

static double
gutter_of(const struct report_study *study)
{
	double widest = 0;
	for (size_t i = 0; i < study->count; i++)
		widest =
		    fmax(widest, report_svg_measure(study->subjects[i].name));
	return fmin(widest + 1, NAMES) + GAP;
}

void
report_html_modes(struct report_page *page, enum report_unit unit)
{
	const struct report_study *study = page->study;
	const double gutter = gutter_of(study);
	const double height = ROW * (double)study->count;
	const struct report_scale scale = { report_lowest_jain(study), 1,
		gutter, REPORT_SVG_WIDTH - gutter - MARGIN };
	const struct report_place area = { scale.x, 0, scale.width, height };
	char label[2 * REPORT_TEXT_BYTES];

	report_format(label, sizeof(label),
	    "Jain\xe2\x80\x99s index by %s; the fairness table has the values",
	    report_unit_name(unit));
	report_svg_open(page, height + 20, label);
	report_svg_scale(page, &scale, &area, report_axis_number);
	for (size_t i = 0; i < study->count; i++) {
		const struct report_subject *s = &study->subjects[i];
		double y = ROW * ((double)i + 0.5) - 5;
		report_svg_name(
		    page, 0, y, REPORT_START, gutter - GAP, s->name);
		put_measure(page, &s->by[unit], &scale, y);
	}
	report_svg_close(page);
}

void
report_html_modes_legend(struct report_page *page)
{
	report_page_put(page,
	    "<ul class=\"legend\"><li class=\"dot\">measured</li>"
	    "<li class=\"bar\">95\xe2\x80\xaf% interval</li>"
	    "<li class=\"diamond\">mean of perfect hashes of the same "
	    "keys</li></ul>\n");
}
