/* SPDX-License-Identifier: MIT */
#include "reports/page/html_timeline.h"

#define LABEL_ROW 14.0

static double
y_of(const struct report_timeline *t, double share)
{
	return t->area.y + t->area.height * (1 - share);
}

static void
put_corner(void *arg, bool first, double x, double share)
{
	const struct report_timeline *t = arg;

	report_svg_to(t->page, first ? 'M' : 'L', x, y_of(t, share));
}

static void
put_area(const struct report_timeline *t, size_t backend)
{
	struct report_run run = { 0 };
	char class[16];

	if (t->rule->backends[backend].bytes == 0)
		return;
	report_format(class, sizeof(class), "area c%zu", backend);
	report_svg_path(t->page, class);
	while (report_run_next(&t->pieces, &run)) {
		report_stack_outline(
		    &t->axis, &run, backend, put_corner, (void *)(uintptr_t)t);
		report_page_put(t->page, "Z");
	}
	report_svg_path_end(t->page, false, NULL);
}

static void
put_label(const struct report_timeline *t, size_t backend, double y, double end)
{
	char class[16], share[REPORT_TEXT_BYTES];
	double x = t->area.x + t->area.width;
	const struct report_place swatch = { x + 10, y - 4, 8, 8 };

	report_format(class, sizeof(class), "c%zu", backend);
	report_svg_line(t->page, x + 1, end, x + 9, y, "lead");
	report_svg_box(t->page, &swatch, class, NULL);
	report_percent(share, &report_picture,
	    report_share(t->rule, REPORT_BYTES, backend));
	double width = report_svg_measure(share);
	report_svg_text(t->page, t->page->width, y, REPORT_END, "soft", share);
	report_svg_name(t->page, x + 22, y, REPORT_START,
	    t->page->width - x - 22 - width - 5,
	    t->rule->backends[backend].name);
}

/* Names at the right, in the areas' order, pushed apart where those are
 * thin. */
static void
put_labels(const struct report_timeline *t)
{
	const size_t n = t->rule->backend_count;
	const struct report_box area = { t->area.x, t->area.y, t->area.width,
		t->area.height };
	double y[REPORT_STACKED_MAX], end[REPORT_STACKED_MAX];

	for (size_t i = 0; i < n; i++)
		end[i] = y_of(t, report_stack_end(&t->pieces, i));
	report_stack_labels(y, end, n, LABEL_ROW, &area);
	for (size_t i = 0; i < n; i++)
		put_label(t, i, y[i], end[i]);
}

void
report_html_stack(const struct report_timeline *t)
{
	char text[REPORT_TEXT_BYTES];

	for (size_t i = 0; i < t->rule->backend_count; i++)
		put_area(t, i);
	for (int i = 0; i <= 2; i++)
		report_svg_text(t->page, t->area.x - 4, y_of(t, i / 2.),
		    REPORT_END, "soft",
		    report_round_percent(text, &report_picture, i / 2.));
	put_labels(t);
}
