/* SPDX-License-Identifier: MIT */
#include "reports/page/html_timeline.h"
#include <math.h>
#include <stdlib.h>

#define LABEL_ROW 14.0

/* What the backends before `index` have together, as a share. */
static double
below(const struct report_pieces *p, size_t piece, size_t index)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < index; i++)
		sum += p->bytes[piece * p->backend_count + i];
	return (double)sum / (double)p->totals[piece];
}

static double
y_of(const struct report_timeline *t, double share)
{
	return t->area.y + t->area.height * (1 - share);
}

/* One backend's area over the pieces from..to of a stretch, none silent. */
static void
trace(const struct report_timeline *t, size_t stretch, size_t from, size_t to,
    size_t backend)
{
	size_t first = t->pieces.stretches[stretch].first;

	for (size_t i = from; i < to; i++) {
		double y = y_of(t, below(&t->pieces, first + i, backend + 1));
		report_svg_to(t->page, i == from ? 'M' : 'L',
		    report_time_at(&t->axis, stretch, i), y);
		report_svg_to(
		    t->page, 'L', report_time_at(&t->axis, stretch, i + 1), y);
	}
	for (size_t i = to; i-- > from;) {
		double y = y_of(t, below(&t->pieces, first + i, backend));
		report_svg_to(
		    t->page, 'L', report_time_at(&t->axis, stretch, i + 1), y);
		report_svg_to(
		    t->page, 'L', report_time_at(&t->axis, stretch, i), y);
	}
	report_page_put(t->page, "Z");
}

static void
put_area(const struct report_timeline *t, size_t backend)
{
	const struct report_pieces *p = &t->pieces;
	char class[16];

	if (t->rule->backends[backend].bytes == 0)
		return;
	report_format(class, sizeof(class), "area c%zu", backend);
	report_svg_path(t->page, class);
	for (size_t s = 0; s < p->stretch_count; s++) {
		const struct report_stretch *of = &p->stretches[s];
		for (size_t i = 0; i < of->count; i++) {
			size_t from = i;
			while (i < of->count && p->totals[of->first + i] > 0)
				i++;
			if (i > from)
				trace(t, s, from, i, backend);
		}
	}
	report_svg_path_end(t->page, false, NULL);
}

/* Middle of a backend's area where the picture ends, as a share. */
static double
last_middle(const struct report_pieces *p, size_t backend)
{
	size_t piece = p->count - 1;
	while (piece > 0 && p->totals[piece] == 0)
		piece--;
	if (p->totals[piece] == 0)
		return 0.5;
	return (below(p, piece, backend) + below(p, piece, backend + 1)) / 2;
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
	size_t n = t->rule->backend_count;
	double y[REPORT_STACKED_MAX], end[REPORT_STACKED_MAX];
	double bottom = t->area.y + t->area.height - LABEL_ROW / 2;
	double top = t->area.y + LABEL_ROW / 2;

	for (size_t i = 0; i < n; i++) {
		end[i] = y_of(t, last_middle(&t->pieces, i));
		y[i] = fmin(end[i], i == 0 ? bottom : y[i - 1] - LABEL_ROW);
	}
	for (size_t i = n; i-- > 0;) {
		y[i] = fmax(y[i], i + 1 == n ? top : y[i + 1] + LABEL_ROW);
		y[i] = fmax(y[i], top);
	}
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
