/* SPDX-License-Identifier: MIT */
#include "reports/html/html_figures.h"
#include "reports/plots/axis.h"
#include "reports/study/reading.h"
#include "reports/page/svg.h"
#include <math.h>

/* A row each unit: unevenness as measured, on what perfect hashes of the same
 * keys give; beneath it what that means. */
#define ROW    52.0
#define GUTTER 48.0
#define MARGIN 12.0

static void
put_row(struct report_page *page, const struct report_subject *s,
    enum report_unit unit, const struct report_scale *scale, double y)
{
	const struct report_measure *m = &s->by[unit];
	bool worse = report_is_less_even(page->study, s, unit);
	char numbers[REPORT_READING_BYTES];

	report_svg_text(page, 0, y, REPORT_START, NULL, report_unit_name(unit));
	if (m->total == 0) {
		report_svg_text(
		    page, scale->x + 4, y, REPORT_START, "soft", "no traffic");
		return;
	}
	report_reading_numbers(numbers, m);
	if (!isnan(m->perfect_cv.low)) {
		double low = report_scale_at(scale, m->perfect_cv.low);
		double high = report_scale_at(scale, m->perfect_cv.high);
		const struct report_place band = { low, y - 7,
			fmax(high - low, 1), 14 };
		report_svg_box(page, &band, "range", numbers);
	}
	if (!isnan(m->expected.cv))
		report_svg_diamond(
		    page, report_scale_at(scale, m->expected.cv), y, numbers);
	report_svg_dot(page, report_scale_at(scale, m->is.cv), y,
	    worse ? "out" : "in", numbers);
	report_svg_text(
	    page, scale->x, y + 16, REPORT_START, "soft halo", numbers);
	report_svg_text(page, scale->x, y + 29, REPORT_START,
	    worse ? "strong halo" : "halo",
	    report_reading(page->study, s, unit));
}

void
report_html_predicted(struct report_page *page, const struct report_subject *s)
{
	const double height = ROW * REPORT_UNIT_COUNT;
	const struct report_scale scale = { 0, report_highest_cv(page->study),
		GUTTER, REPORT_SVG_WIDTH - GUTTER - MARGIN };
	const struct report_place area = { scale.x, 0, scale.width, height };

	report_svg_open(page, height + 20,
	    "Coefficient of variation, measured and predicted; the fairness "
	    "table has the values");
	report_svg_scale(page, &scale, &area, report_axis_number);
	for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++)
		put_row(page, s, (enum report_unit)u, &scale, ROW * u + 12);
	report_svg_close(page);
}

void
report_html_predicted_legend(struct report_page *page)
{
	report_page_put(page,
	    "<ul class=\"legend\"><li class=\"dot\">measured</li>"
	    "<li class=\"dot-out\">measured, less even than the keys "
	    "allow</li>"
	    "<li class=\"band\">95\xe2\x80\xaf% of perfect hashes</li>"
	    "<li class=\"diamond\">their mean</li></ul>\n");
}
