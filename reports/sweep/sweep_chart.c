/* SPDX-License-Identifier: MIT */
#include "reports/sweep/sweep_chart.h"
#include "reports/study/board.h"
#include "reports/plots/plots.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_WIDTH  REPORT_SWEEP_PAGE
#define MARGIN      REPORT_SWEEP_MARGIN
#define STEPS_MOST  5
#define LEAST_RANGE 0.02

const struct report_colour *
report_sweep_colour(size_t line)
{
	static const struct report_colour colours[REPORT_SWEEP_LINES_MAX] = {
		{ 0x00 / 255., 0x72 / 255., 0xb2 / 255. },
		{ 0xe6 / 255., 0x9f / 255., 0x00 / 255. },
		{ 0x00 / 255., 0x9e / 255., 0x73 / 255. },
		{ 0xcc / 255., 0x79 / 255., 0xa7 / 255. },
		{ 0x56 / 255., 0xb4 / 255., 0xe9 / 255. },
		{ 0xd5 / 255., 0x5e / 255., 0x00 / 255. },
		{ 0x00 / 255., 0x00 / 255., 0x00 / 255. },
	};
	return &colours[line % REPORT_SWEEP_LINES_MAX];
}

/* Corners of a marker, to the right and down; a circle has none. */
void
report_sweep_marker(
    struct report_pen *pen, size_t line, double x, double y, double size)
{
	static const struct {
		unsigned count;
		double at[4][2];
	} shapes[] = {
		{ 0, { { 0 } } },
		{ 4, { { -.9, -.9 }, { .9, -.9 }, { .9, .9 }, { -.9, .9 } } },
		{ 3, { { 0, -1.2 }, { 1.1, .8 }, { -1.1, .8 } } },
		{ 4, { { 0, -1.3 }, { 1.3, 0 }, { 0, 1.3 }, { -1.3, 0 } } },
		{ 3, { { 0, 1.2 }, { 1.1, -.8 }, { -1.1, -.8 } } },
		{ 3, { { -1.2, 0 }, { .8, -1.1 }, { .8, 1.1 } } },
		{ 3, { { 1.2, 0 }, { -.8, -1.1 }, { -.8, 1.1 } } },
	};
	size_t shape = line % (sizeof(shapes) / sizeof(shapes[0]));
	const struct report_colour *c = report_sweep_colour(line);

	cairo_new_path(pen->cr);
	if (shapes[shape].count == 0)
		cairo_arc(pen->cr, x, y, size, 0, 2 * M_PI);
	for (unsigned i = 0; i < shapes[shape].count; i++)
		cairo_line_to(pen->cr, x + size * shapes[shape].at[i][0],
		    y + size * shapes[shape].at[i][1]);
	cairo_close_path(pen->cr);
	cairo_set_source_rgb(pen->cr, 1, 1, 1);
	cairo_set_line_width(pen->cr, 1.2);
	cairo_stroke_preserve(pen->cr);
	cairo_set_source_rgb(pen->cr, c->red, c->green, c->blue);
	cairo_fill(pen->cr);
}

/* --- what goes where ----------------------------------------------------- */

static bool
is_drawn(const struct report_factor *f)
{
	return f->role != REPORT_REPLICATION && f->level_count > 1;
}

/* Numbers go along x, those that are conditions first; then the first of the
 * rest makes lines, and all others make panels. */
static void
assign(struct report_sweep_chart *chart)
{
	const struct report_sweep *s = chart->sweep;

	for (size_t f = 0; f < s->factor_count; f++) {
		const struct report_factor *factor = &s->factors[f];
		if (is_drawn(factor) && factor->is_numeric &&
		    (chart->x == NULL ||
			(chart->x->role != REPORT_CONDITION &&
			    factor->role == REPORT_CONDITION))) {
			chart->x = factor;
			chart->x_index = f;
		}
	}
	chart->panel_count = 1;
	for (size_t f = 0; f < s->factor_count; f++) {
		const struct report_factor *factor = &s->factors[f];
		if (!is_drawn(factor) || factor == chart->x)
			continue;
		if (chart->line == NULL &&
		    factor->level_count <= REPORT_SWEEP_LINES_MAX) {
			chart->line = factor;
			chart->line_index = f;
		} else {
			chart->panel_count *= factor->level_count;
		}
	}
}

static void
set_scale(struct report_sweep_chart *chart, enum report_unit unit)
{
	const struct report_sweep *s = chart->sweep;
	struct report_sweep_scale *scale = &chart->scale[unit];

	scale->low = 1 - LEAST_RANGE;
	scale->high = 1;
	for (size_t g = 0; g < s->group_count; g++) {
		const struct report_spread *of =
		    report_sweep_shown(s, g)->of[unit];
		/* fmin() takes the one that is a number */
		scale->low = fmin(scale->low, of[REPORT_JAIN].min);
		scale->low = fmin(scale->low, of[REPORT_JAIN].low);
		scale->low = fmin(scale->low, of[REPORT_EXPECTED].mean);
	}
	scale->low = fmax(scale->low, 0);
	scale->step = report_nice_step((1 - scale->low) / STEPS_MOST);
	scale->low = fmax(
	    0, 1 - ceil((1 - scale->low) / scale->step - 1e-9) * scale->step);
}

/* "ndpi_gnutella.pcap: 3 905 packets, 750 flows; seed 1; 30 hash keys" */
static char *
compose_method(const struct report_sweep *s)
{
	const struct sim_input *in = &s->input->input;
	char packets[REPORT_TEXT_BYTES], flows[REPORT_TEXT_BYTES];
	char *method = NULL, *name = NULL, more[64] = "", rule[160] = "";

	name = report_clean(in->file_count > 0 ? in->files[0].name : "", true);
	if (name != NULL)
		report_shorten(name, 60);
	if (in->file_count > 1)
		report_format(
		    more, sizeof(more), " and %zu more", in->file_count - 1);
	if (s->rule_count > 1) {
		char *clean = report_clean(s->rules[s->shown], true);
		report_format(rule, sizeof(rule), "; rule %s of %zu",
		    clean != NULL ? clean : "?", s->rule_count);
		free(clean);
	}
	if (asprintf(&method,
		"%s%s: %s packets, %s flows%s; %zu point%s, %zu hash key%s a "
		"setting, seed %llu",
		name != NULL ? name : "", more,
		report_count(packets, &report_picture, in->packets),
		report_count(flows, &report_picture, in->flows), rule,
		s->point_count, s->point_count == 1 ? "" : "s", s->replications,
		s->replications == 1 ? "" : "s",
		(unsigned long long)s->input->seed) < 0)
		method = NULL;
	free(name);
	return method;
}

/* What the picture leaves out. */
static char *
compose_note(const struct report_sweep_chart *chart)
{
	size_t shown =
	    chart->x != NULL ? REPORT_SWEEP_PANELS_MAX : REPORT_SWEEP_ROWS_MAX;
	size_t all =
	    chart->x != NULL ? chart->panel_count : chart->choice->count;
	char *note = NULL;

	if (asprintf(&note, "%zu more %s in sweep.csv",
		all > shown ? all - shown : 0,
		chart->x != NULL ? "panels are" : "settings are") < 0)
		return NULL;
	if (all <= shown)
		note[0] = '\0';
	return note;
}

/* --- the page ------------------------------------------------------------ */

double
report_sweep_put_text(
    struct report_pen *pen, const char *text, double y, double size, bool bold)
{
	struct report_label label = {
		.x = MARGIN,
		.y = y,
		.size = size,
		.width = PAGE_WIDTH - 2 * MARGIN,
		.bold = bold,
		.wrap = true,
		.colour = bold ? &report_black : &report_dark,
		.text = text,
	};
	return y + (text[0] != '\0' ? report_pen_text(pen, &label) : 0);
}

static double
compose_page(struct report_pen *pen, const void *ctx)
{
	const struct report_sweep_chart *chart = ctx;
	double y = MARGIN - 4, width = PAGE_WIDTH - 2 * MARGIN;

	y = report_sweep_put_text(
		pen, chart->title, y, REPORT_SWEEP_TITLE, true) +
	    3;
	y = report_sweep_put_text(pen, chart->method, y, REPORT_PLAIN, false);
	y = report_sweep_put_text(pen, chart->note, y, REPORT_PLAIN, false) + 8;
	y = chart->x != NULL
		? report_sweep_draw_lines(pen, chart, MARGIN, width, y)
		: report_sweep_draw_dots(pen, chart, MARGIN, width, y);
	return y + MARGIN - 8;
}

int
report_sweep_chart(const struct report_sweep *sweep,
    enum report_canvas_kind kind, const struct report_sink *sink,
    struct report_chart_facts *facts)
{
	struct report_choice choice;
	struct report_sweep_chart chart = { .sweep = sweep, .choice = &choice };
	int done = -1, error = ENOMEM;

	if (sweep->asks_ports)
		return report_sweep_ports_chart(sweep, kind, sink, facts);
	if (report_choice_make(&choice, sweep) != 0)
		goto out;
	assign(&chart);
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		set_scale(&chart, u);
	chart.title = report_choice_line(&choice, sweep);
	chart.method = compose_method(sweep);
	chart.note = compose_note(&chart);
	if (chart.title == NULL || chart.method == NULL || chart.note == NULL)
		goto out;
	const struct report_canvas page = {
		.width = PAGE_WIDTH,
		.title = chart.title,
		.subject = chart.method,
		.compose = compose_page,
		.ctx = &chart,
	};
	done = report_canvas_write(&page, kind, sink, facts);
	error = errno;
out:
	free(chart.title);
	free(chart.method);
	free(chart.note);
	report_choice_free(&choice);
	errno = error;
	return done;
}
