/* SPDX-License-Identifier: MIT */
#include "reports/page/html_timeline.h"
#include <math.h>
#include <string.h>

#define APART 7.0
#define LEAST 46.0           /* between times */
#define SPACE "\xe2\x80\xaf" /* before a unit */

/* Round times, and how they are written. */
static const struct step {
	double ns, unit_ns;
	const char *unit;
} steps[] = {
	{ 1e6, 1e6, "ms" },
	{ 2e6, 1e6, "ms" },
	{ 5e6, 1e6, "ms" },
	{ 10e6, 1e6, "ms" },
	{ 20e6, 1e6, "ms" },
	{ 50e6, 1e6, "ms" },
	{ 0.1e9, 1e9, "s" },
	{ 0.2e9, 1e9, "s" },
	{ 0.5e9, 1e9, "s" },
	{ 1e9, 1e9, "s" },
	{ 2e9, 1e9, "s" },
	{ 5e9, 1e9, "s" },
	{ 10e9, 1e9, "s" },
	{ 20e9, 1e9, "s" },
	{ 30e9, 1e9, "s" },
	{ 60e9, 60e9, "min" },
	{ 120e9, 60e9, "min" },
	{ 300e9, 60e9, "min" },
	{ 600e9, 60e9, "min" },
	{ 1200e9, 60e9, "min" },
	{ 1800e9, 60e9, "min" },
	{ 3600e9, 3600e9, "h" },
	{ 7200e9, 3600e9, "h" },
	{ 10800e9, 3600e9, "h" },
	{ 21600e9, 3600e9, "h" },
	{ 43200e9, 3600e9, "h" },
	{ 86400e9, 86400e9, "d" },
	{ 172800e9, 86400e9, "d" },
	{ 432000e9, 86400e9, "d" },
	{ 864000e9, 86400e9, "d" },
	{ 8640000e9, 86400e9, "d" },
	{ 86400000e9, 86400e9, "d" },
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* "250 ms", "12.3 s", "5.25 min", "3.2 h", "22.1 d" */
char *
report_html_moment(char *to, double ns)
{
	static const struct {
		double until, unit;
		const char *name;
	} units[] = { { 1e9, 1e6, "ms" }, { 120e9, 1e9, "s" },
		{ 7200e9, 60e9, "min" }, { 172800e9, 3600e9, "h" },
		{ INFINITY, 86400e9, "d" } };
	char digits[REPORT_TEXT_BYTES];
	size_t i = 0;

	while (ns >= units[i].until)
		i++;
	report_format(to, REPORT_TEXT_BYTES, "%.40s" SPACE "%s",
	    report_digits(digits, &report_picture, ns / units[i].unit),
	    units[i].name);
	return to;
}

/* The unit stands below the number. */
static void
name_gap(const struct report_timeline *t, double x, char *length)
{
	double y = t->area.y + t->area.height / 2;
	char *space = strstr(length, SPACE);

	if (space == NULL)
		return;
	*space = '\0';
	const char *unit = space + strlen(SPACE);
	if (t->axis.gap < report_svg_measure(length) ||
	    t->axis.gap < report_svg_measure(unit))
		return;
	report_svg_text(t->page, x, y - 7, REPORT_CENTRE, "soft", length);
	report_svg_text(t->page, x, y + 7, REPORT_CENTRE, "soft", unit);
}

static void
put_gap(const struct report_timeline *t, size_t stretch)
{
	const struct report_stretch *s = &t->pieces.stretches[stretch];
	const struct report_place *a = &t->area;
	double x = report_time_at(&t->axis, stretch, s->count);
	const struct report_place gap = { x, a->y, t->axis.gap, a->height };
	char length[REPORT_TEXT_BYTES], tip[2 * REPORT_TEXT_BYTES];

	report_html_moment(length, (double)(s[1].from_ns - s->to_ns));
	report_format(tip, sizeof(tip), "silence, %s", length);
	report_svg_box(t->page, &gap, "gap", tip);
	report_svg_line(t->page, x, a->y, x, a->y + a->height, "break");
	x += t->axis.gap;
	report_svg_line(t->page, x, a->y, x, a->y + a->height, "break");
	name_gap(t, x - t->axis.gap / 2, length);
}

struct writer {
	const struct report_timeline *of;
	const struct step *step;
	double right; /* where the last time ended */
};

static void
write_time(struct writer *w, double ns, double x)
{
	const struct report_place *a = &w->of->area;
	char text[REPORT_TEXT_BYTES];

	report_format(text, sizeof(text), "%.4g" SPACE "%s",
	    ns / w->step->unit_ns, w->step->unit);
	double half = report_svg_measure(text) / 2;
	double middle = fmin(fmax(x, half), w->of->page->width - half);
	if (middle - half < w->right + APART)
		return;
	report_svg_line(
	    w->of->page, x, a->y + a->height, x, a->y + a->height + 4, "break");
	report_svg_text(w->of->page, middle, a->y + a->height + 12,
	    REPORT_CENTRE, "soft", text);
	w->right = middle + half;
}

/* After a silence, where it goes on; then round times. */
static void
write_stretch(struct writer *w, size_t stretch)
{
	const struct report_time_axis *axis = &w->of->axis;
	const struct report_stretch *s = &w->of->pieces.stretches[stretch];
	double from = (double)s->from_ns, to = (double)s->to_ns;
	double x = report_time_at(axis, stretch, 0);
	double first = ceil(from / w->step->ns) * w->step->ns;
	double per_ns = axis->per_piece / (double)w->of->pieces.piece_ns;

	if (stretch > 0 && (first - from) * per_ns > LEAST)
		write_time(w,
		    round(from / w->step->unit_ns * 100) / 100 *
			w->step->unit_ns,
		    x);
	long count = (long)floor((to - first) / w->step->ns);
	for (long i = 0; i <= count; i++) {
		double at = first + (double)i * w->step->ns;
		write_time(w, at, x + (at - from) * per_ns);
	}
}

void
report_html_times(const struct report_timeline *t)
{
	struct writer w = { t, steps, -INFINITY };
	double per_ns = t->axis.per_piece / (double)t->pieces.piece_ns;

	while (w.step < &steps[STEPS - 1] && w.step->ns * per_ns < LEAST)
		w.step++;
	for (size_t i = 0; i + 1 < t->pieces.stretch_count; i++)
		put_gap(t, i);
	for (size_t i = 0; i < t->pieces.stretch_count; i++)
		write_stretch(&w, i);
}
