/* SPDX-License-Identifier: MIT */
#include "reports/html/html_figures.h"
#include "reports/plots/axis.h"
#include "reports/page/svg.h"
#include <math.h>
#include <stdlib.h>

/* Flows at the left, bytes at the right: two squares. */
#define SIDE    126.0
#define GUTTER  36.0
#define SECOND  (REPORT_SVG_WIDTH - SIDE - 17)
#define TOP     34.0
#define TIPS    40 /* bands under the pointer, at the most */
#define DOTS    26
#define PICTURE (&report_picture)

static double
x_of(const struct report_place *box, const struct report_lorenz_point *p)
{
	return box->x + p->backends * box->width;
}

static double
y_of(const struct report_place *box, double load)
{
	return box->y + (1 - load) * box->height;
}

static void
put_envelope(struct report_page *page, const struct report_lorenz *of,
    const struct report_place *box)
{
	if (isnan(of->points[0].perfect.low))
		return;
	report_svg_path(page, "range");
	for (size_t i = 0; i < of->count; i++)
		report_svg_to(page, i == 0 ? 'M' : 'L',
		    x_of(box, &of->points[i]),
		    y_of(box, of->points[i].perfect.low));
	for (size_t i = of->count; i-- > 0;)
		report_svg_to(page, 'L', x_of(box, &of->points[i]),
		    y_of(box, of->points[i].perfect.high));
	report_svg_path_end(page, true, NULL);
}

static void
put_curve(struct report_page *page, const struct report_lorenz *of,
    const struct report_place *box)
{
	report_svg_line(page, box->x, box->y + box->height, box->x + box->width,
	    box->y, "even");
	report_svg_path(page, "curve");
	for (size_t i = 0; i < of->count; i++)
		report_svg_to(page, i == 0 ? 'M' : 'L',
		    x_of(box, &of->points[i]), y_of(box, of->points[i].load));
	report_svg_path_end(page, false, NULL);
}

/* Invisible, as high as the square: what is under the pointer. */
static void
put_tips(struct report_page *page, const struct report_lorenz *of,
    enum report_unit unit, const struct report_place *box)
{
	size_t each = (of->count + TIPS - 1) / TIPS;
	char backends[REPORT_TEXT_BYTES], load[REPORT_TEXT_BYTES];
	char low[REPORT_TEXT_BYTES], high[REPORT_TEXT_BYTES];
	char tip[6 * REPORT_TEXT_BYTES];

	for (size_t i = 0, to; i + 1 < of->count; i = to) {
		to = i + each < of->count ? i + each : of->count - 1;
		const struct report_lorenz_point *p = &of->points[to];
		double from = x_of(box, &of->points[i]);
		const struct report_place band = { from, box->y,
			x_of(box, p) - from, box->height };
		report_format(tip, sizeof(tip),
		    "the %s least loaded carry %s of the %s; perfect hashes "
		    "%s to %s",
		    report_count(backends, PICTURE, p->rank),
		    report_percent(load, PICTURE, p->load),
		    report_unit_name(unit),
		    report_percent(low, PICTURE, p->perfect.low),
		    report_percent(high, PICTURE, p->perfect.high));
		report_svg_box(page, &band, "touch", tip);
	}
}

static void
put_frame(struct report_page *page, const struct report_place *box)
{
	char text[REPORT_TEXT_BYTES];

	for (int i = 0; i <= 2; i++) {
		double x = box->x + box->width * i / 2;
		double y = y_of(box, i / 2.);
		report_axis_percent(text, i / 2.);
		report_svg_line(
		    page, x, box->y, x, box->y + box->height, "rule");
		report_svg_line(
		    page, box->x, y, box->x + box->width, y, "rule");
		report_svg_text(page, x, box->y + box->height + 9,
		    REPORT_CENTRE, "soft", text);
		report_svg_text(page, box->x - 4, y, REPORT_END, "soft", text);
	}
	report_svg_text(page, box->x + box->width / 2,
	    box->y + box->height + 23, REPORT_CENTRE, "soft",
	    "of the backends");
}

static void
put_square(struct report_page *page, const struct report_subject *s,
    enum report_unit unit, double x)
{
	const struct report_measure *m = &s->by[unit];
	const struct report_place box = { x, TOP, SIDE, SIDE };
	char gini[REPORT_TEXT_BYTES], expected[REPORT_TEXT_BYTES];
	char text[4 * REPORT_TEXT_BYTES];

	report_format(
	    text, sizeof(text), "share of the %s", report_unit_name(unit));
	report_svg_text(page, x - GUTTER + 4, 7, REPORT_START, "strong", text);
	if (m->total == 0)
		report_format(text, sizeof(text), "no traffic");
	else
		report_format(text, sizeof(text), "Gini %s, expected %s",
		    report_index(gini, m->is.gini),
		    report_index(expected, m->expected.gini));
	report_svg_text(page, x - GUTTER + 4, 20, REPORT_START, "soft", text);
	if (m->lorenz.count == 0)
		return;
	put_envelope(page, &m->lorenz, &box);
	put_frame(page, &box);
	put_curve(page, &m->lorenz, &box);
	for (size_t i = 0; m->lorenz.count <= DOTS && i < m->lorenz.count; i++)
		report_svg_dot(page, x_of(&box, &m->lorenz.points[i]),
		    y_of(&box, m->lorenz.points[i].load), "in small", NULL);
	put_tips(page, &m->lorenz, unit, &box);
}

void
report_html_lorenz(struct report_page *page, const struct report_subject *s)
{
	report_svg_open(
	    page, TOP + SIDE + 32, "Lorenz curves by flows and by bytes");
	put_square(page, s, REPORT_FLOWS, GUTTER);
	put_square(page, s, REPORT_BYTES, SECOND);
	report_svg_close(page);
}
