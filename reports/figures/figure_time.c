/* SPDX-License-Identifier: MIT */
#include "reports/plots/axis.h"
#include "reports/text/csv.h"
#include "reports/figures/figure_time.h"
#include "reports/plots/heatmap.h"
#include "reports/page/image.h"
#include "reports/plots/plots.h"
#include "reports/plots/stack.h"
#include <math.h>
#include <stdlib.h>

/*
 * Shares over time: up to REPORT_STACKED_MAX backends as areas upon each other,
 * in the pool's order; more as a map of time and backends, in which dark is
 * much (so that it is read without colour, too).  Above it how much there was.
 */
#define STACK_HEIGHT 120.0
#define MAP_HEIGHT   150.0
#define NAMED_ROW    9.5
#define VOLUME       18.0
#define VOLUME_GAP   4.0
#define LABEL_ROW    10.0
#define LEFT         34.0
#define LEFT_MAX     110.0
#define RIGHT        REPORT_TIME_SHARES_RIGHT
#define HATCH_STEP   5.0

/* Okabe and Ito, in the order they are given to backends. */
static const struct report_colour stack_colours[REPORT_STACKED_MAX] = {
	{ 0x00 / 255., 0x72 / 255., 0xb2 / 255. },
	{ 0xe6 / 255., 0x9f / 255., 0x00 / 255. },
	{ 0x00 / 255., 0x9e / 255., 0x73 / 255. },
	{ 0xcc / 255., 0x79 / 255., 0xa7 / 255. },
	{ 0x56 / 255., 0xb4 / 255., 0xe9 / 255. },
	{ 0xd5 / 255., 0x5e / 255., 0x00 / 255. },
	{ 0xf0 / 255., 0xe4 / 255., 0x42 / 255. },
	{ 0x33 / 255., 0x33 / 255., 0x33 / 255. },
};

/* The second channel: each two backends of like grey differ in hatching. */
enum hatch { HATCH_NONE, HATCH_UP, HATCH_DOWN };
static const enum hatch stack_hatches[REPORT_STACKED_MAX] = { HATCH_NONE,
	HATCH_NONE, HATCH_UP, HATCH_UP, HATCH_DOWN, HATCH_DOWN, HATCH_NONE,
	HATCH_NONE };

struct drawing {
	const struct report_panel *panel;
	struct report_pieces pieces;
	struct report_time_axis axis;
	struct report_box area;
};

double
report_time_shares_height(const struct sim_rule *rule)
{
	double n = (double)rule->backend_count;
	return n <= REPORT_STACKED_MAX ? STACK_HEIGHT
	       : n <= REPORT_MAP_NAMED ? NAMED_ROW * n
				       : MAP_HEIGHT;
}

static double
height(const struct report_panel *panel)
{
	return VOLUME + VOLUME_GAP +
	       report_time_shares_height(panel->subject->rule) + 16;
}

/* --- how much ------------------------------------------------------------- */

static void
draw_volume(const struct drawing *d)
{
	const struct report_pieces *p = &d->pieces;
	struct report_pen *pen = d->panel->pen;
	char rate[REPORT_TEXT_BYTES], text[2 * REPORT_TEXT_BYTES];
	const uint64_t most = report_pieces_most(p);

	cairo_new_path(pen->cr);
	for (size_t s = 0; s < p->stretch_count; s++) {
		for (size_t i = 0; i < p->stretches[s].count; i++) {
			double h = VOLUME / (double)most *
				   (double)p->totals[p->stretches[s].first + i];
			cairo_rectangle(pen->cr, report_time_at(&d->axis, s, i),
			    d->area.y - VOLUME_GAP - h, d->axis.per_piece, h);
		}
	}
	cairo_set_source_rgb(
	    pen->cr, report_grey.red, report_grey.green, report_grey.blue);
	cairo_fill(pen->cr);
	report_format(text, sizeof(text), "at most %s",
	    report_pieces_rate(rate, p, most));
	report_put_small(pen, d->area.x + d->area.width + 8,
	    d->area.y - VOLUME_GAP - VOLUME / 2, RIGHT - 8, REPORT_LEFT, text);
}

/* --- few backends --------------------------------------------------------- */

static double
y_of(const struct drawing *d, double share)
{
	return d->area.y + d->area.height * (1 - share);
}

static void
trace_corner(void *arg, bool first, double x, double share)
{
	const struct drawing *d = arg;
	cairo_t *cr = d->panel->pen->cr;

	if (first)
		cairo_move_to(cr, x, y_of(d, share));
	else
		cairo_line_to(cr, x, y_of(d, share));
}

/* White lines over a box, within the clip. */
static void
draw_hatch(cairo_t *cr, const struct report_box *box, enum hatch hatch)
{
	if (hatch == HATCH_NONE)
		return;
	double slope = hatch == HATCH_UP ? -box->height : box->height;
	cairo_new_path(cr);
	long count = lround(ceil((box->width + box->height) / HATCH_STEP));
	for (long i = 0; i < count; i++) {
		double x = (double)i * HATCH_STEP - box->height;
		cairo_move_to(cr, box->x + x,
		    box->y + (hatch == HATCH_UP ? box->height : 0));
		cairo_rel_line_to(cr, box->height, slope);
	}
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_set_line_width(cr, 0.6);
	cairo_stroke(cr);
}

static void
draw_area(const struct drawing *d, size_t backend)
{
	const struct report_colour *c = &stack_colours[backend];
	struct report_run run = { 0 };
	cairo_t *cr = d->panel->pen->cr;

	cairo_new_path(cr);
	while (report_run_next(&d->pieces, &run)) {
		report_stack_outline(&d->axis, &run, backend, trace_corner,
		    (void *)(uintptr_t)d);
		cairo_close_path(cr);
	}
	cairo_set_source_rgb(cr, c->red, c->green, c->blue);
	cairo_fill_preserve(cr);
	cairo_save(cr);
	cairo_path_t *path = cairo_copy_path(cr);
	cairo_clip(cr);
	draw_hatch(cr, &d->area, stack_hatches[backend]);
	cairo_restore(cr);
	cairo_new_path(cr);
	cairo_append_path(cr, path);
	cairo_path_destroy(path);
	/* white between them */
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_set_line_width(cr, 0.4);
	cairo_stroke(cr);
}

static void
put_label(const struct drawing *d, size_t backend, double y, double end)
{
	const struct sim_rule *rule = d->panel->subject->rule;
	struct report_pen *pen = d->panel->pen;
	const struct report_colour *c = &stack_colours[backend];
	double x = d->area.x + d->area.width;
	char share[REPORT_TEXT_BYTES];
	char *name = report_clean(rule->backends[backend].name, true);
	if (name != NULL)
		report_shorten(name, 16);
	char *text = name != NULL
			 ? report_compose("%s %s", name,
			       report_percent(share, &report_picture,
				   report_share(rule, REPORT_BYTES, backend)))
			 : NULL;
	struct report_box swatch = { x + 11, y - 3.5, 8, 7 };

	report_pen_fill(pen, &swatch, c);
	cairo_save(pen->cr);
	cairo_rectangle(
	    pen->cr, swatch.x, swatch.y, swatch.width, swatch.height);
	cairo_clip(pen->cr);
	draw_hatch(pen->cr, &swatch, stack_hatches[backend]);
	cairo_restore(pen->cr);
	cairo_move_to(pen->cr, x + 1, end);
	cairo_line_to(pen->cr, x + 11, y);
	cairo_set_source_rgb(
	    pen->cr, report_grey.red, report_grey.green, report_grey.blue);
	cairo_set_line_width(pen->cr, 0.5);
	cairo_stroke(pen->cr);
	if (text != NULL)
		report_put_small(pen, x + 22, y, RIGHT - 22, REPORT_LEFT, text);
	pen->no_memory |= text == NULL;
	free(name);
	free(text);
}

/* Names at the right, in the areas' order, pushed apart where those are
 * thin. */
static void
put_labels(const struct drawing *d)
{
	const size_t n = d->panel->subject->rule->backend_count;
	double y[REPORT_STACKED_MAX], end[REPORT_STACKED_MAX];

	for (size_t i = 0; i < n; i++)
		end[i] = y_of(d, report_stack_end(&d->pieces, i));
	report_stack_labels(y, end, n, LABEL_ROW, &d->area);
	for (size_t i = 0; i < n; i++)
		put_label(d, i, y[i], end[i]);
}

static void
draw_scale(const struct drawing *d)
{
	char text[REPORT_TEXT_BYTES];
	for (int i = 0; i <= 2; i++)
		report_put_small(d->panel->pen, d->area.x - 5, y_of(d, i / 2.),
		    0, REPORT_RIGHT, report_axis_percent(text, i / 2.));
}

static void
draw_stack(const struct drawing *d)
{
	for (size_t i = 0; i < d->pieces.backend_count; i++)
		draw_area(d, i);
	draw_scale(d);
	put_labels(d);
}

/* --- many backends -------------------------------------------------------- */

static void
put_image(const struct drawing *d, const struct report_map *map, size_t index)
{
	const struct report_stretch *stretch = &d->pieces.stretches[index];
	const struct report_box box = { report_time_at(&d->axis, index, 0),
		d->area.y, d->axis.per_piece * (double)stretch->count,
		d->area.height };
	cairo_surface_t *image = report_image_map(map, &d->pieces, stretch);

	report_image_pen(d->panel->pen, image, &box);
	cairo_surface_destroy(image);
}

static void
name_row(const struct drawing *d, size_t backend, size_t row)
{
	const struct sim_rule *rule = d->panel->subject->rule;
	char *name = report_clean(rule->backends[backend].name, true);

	if (name != NULL)
		report_put_small(d->panel->pen, d->area.x - 5,
		    d->area.y + NAMED_ROW * ((double)row + 0.5),
		    d->area.x - d->panel->box.x - 5, REPORT_RIGHT, name);
	d->panel->pen->no_memory |= name == NULL;
	free(name);
}

static void
put_ends(const struct drawing *d)
{
	double x = d->area.x + d->area.width + 8;
	double bottom = d->area.y + d->area.height;
	char count[REPORT_TEXT_BYTES], text[2 * REPORT_TEXT_BYTES];

	report_format(text, sizeof(text), "%s backends,",
	    report_count(count, &report_picture, d->pieces.backend_count));
	report_put_small(d->panel->pen, x, (d->area.y + bottom) / 2 - 5,
	    RIGHT - 8, REPORT_LEFT, text);
	report_put_small(d->panel->pen, x, (d->area.y + bottom) / 2 + 5,
	    RIGHT - 8, REPORT_LEFT, "in the order of their load");
	report_put_small(d->panel->pen, x, d->area.y + 5, RIGHT - 8,
	    REPORT_LEFT, "the most loaded");
	report_put_small(
	    d->panel->pen, x, bottom - 5, RIGHT - 8, REPORT_LEFT, "the least");
}

/* White is nothing: where the map ends must be seen. */
static void
put_frame(const struct drawing *d)
{
	const struct report_box *a = &d->area;
	const struct report_box sides[] = { { a->x, a->y, a->width, 0 },
		{ a->x, a->y + a->height, a->width, 0 },
		{ a->x, a->y, 0, a->height },
		{ a->x + a->width, a->y, 0, a->height } };
	for (size_t i = 0; i < 4; i++)
		report_pen_line(d->panel->pen, &sides[i], 0.5, &report_grey);
}

static void
draw_map(const struct drawing *d)
{
	struct report_map map;

	if (report_map_make(&map, d->panel->subject->rule) != 0) {
		d->panel->pen->no_memory = true;
		return;
	}
	for (size_t i = 0; i < d->pieces.stretch_count; i++)
		put_image(d, &map, i);
	for (size_t i = 0;
	     map.backend_count <= REPORT_MAP_NAMED && i < map.backend_count;
	     i++)
		name_row(d, i, i);
	if (map.backend_count > REPORT_MAP_NAMED)
		put_ends(d);
	put_frame(d);
	report_map_free(&map);
}

/* --- both ----------------------------------------------------------------- */

double
report_time_shares_left(struct report_pen *pen, const struct sim_rule *rule)
{
	double widest = 0;

	if (rule->backend_count <= REPORT_STACKED_MAX)
		return LEFT;
	for (size_t i = 0;
	     rule->backend_count <= REPORT_MAP_NAMED && i < rule->backend_count;
	     i++) {
		char *name = report_clean(rule->backends[i].name, true);
		struct report_label label = { .size = REPORT_SMALL,
			.text = name != NULL ? name : "" };
		widest = fmax(widest, report_pen_measure(pen, &label).width);
		free(name);
	}
	return fmin(widest, LEFT_MAX) + 6;
}

void
report_time_shares(const struct report_panel *panel,
    const struct report_pieces *pieces, const struct report_time_axis *axis,
    const struct report_box *area)
{
	struct drawing d = { panel, *pieces, *axis, *area };

	report_pen_fill(panel->pen, &d.area, &report_pale);
	if (pieces->backend_count <= REPORT_STACKED_MAX)
		draw_stack(&d);
	else
		draw_map(&d);
}

static void
draw(const struct report_panel *panel)
{
	const struct sim_rule *rule = panel->subject->rule;
	double left = report_time_shares_left(panel->pen, rule);
	struct drawing d = {
		.panel = panel,
		.area = {
			.x = panel->box.x + left,
			.y = panel->box.y + VOLUME + VOLUME_GAP,
			.width = panel->box.width - left - RIGHT,
			.height = report_time_shares_height(rule),
		},
	};

	if (report_pieces_make(&d.pieces, panel->study->record, rule) != 0)
		panel->pen->no_memory = true;
	if (d.pieces.count > 0 && report_total(rule, REPORT_BYTES) > 0) {
		d.axis = report_time_axis(&d.pieces, d.area.x, d.area.width);
		draw_volume(&d);
		report_time_shares(panel, &d.pieces, &d.axis, &d.area);
		report_time_draw(panel->pen, &d.axis, &d.area);
	} else {
		report_put_small(panel->pen, panel->box.x, panel->box.y + 6, 0,
		    REPORT_LEFT, "no traffic");
	}
	report_pieces_free(&d.pieces);
}

static bool
has_map(const struct report_study *study)
{
	for (size_t i = 0; i < study->count; i++)
		if (study->subjects[i].rule->backend_count > REPORT_STACKED_MAX)
			return true;
	return false;
}

static double
legend_height(const struct report_panel *panel)
{
	return has_map(panel->study) ? 26 : 0;
}

/* The map's shades, from nothing to four times the fair share. */
static void
legend(const struct report_panel *panel)
{
	static const struct {
		double at;
		const char *text;
	} marks[] = { { 0, "nothing" }, { 1, "fair" }, { 2, "twice" },
		{ REPORT_MAP_SHADES, "four times and more" } };
	struct report_pen *pen = panel->pen;
	const double width = 160, x = panel->box.x + LEFT;

	for (int i = 0; i < 64; i++) {
		uint32_t rgb = report_map_shade(i * REPORT_MAP_SHADES / 63);
		struct report_colour c = { (rgb >> 16) / 255.,
			(rgb >> 8 & 255) / 255., (rgb & 255) / 255. };
		struct report_box box = { x + i * width / 64, panel->box.y,
			width / 64 + 0.5, 8 };
		report_pen_fill(pen, &box, &c);
	}
	report_put_swatch(
	    pen, x + width + 105, panel->box.y + 4, &report_pale, "silence");
	for (size_t i = 0; i < 4; i++)
		report_put_small(pen,
		    x + marks[i].at / REPORT_MAP_SHADES * width,
		    panel->box.y + 15, 0,
		    i == 0   ? REPORT_RIGHT
		    : i == 3 ? REPORT_LEFT
			     : REPORT_MIDDLE,
		    marks[i].text);
}

static void
put_rows(FILE *to, const struct report_subject *s,
    const struct report_pieces *p, size_t stretch)
{
	const struct report_stretch *of = &p->stretches[stretch];
	size_t n = p->backend_count;

	for (size_t i = 0; i < of->count; i++) {
		double at = (double)of->from_ns + (double)(i * p->piece_ns);
		for (size_t b = 0; b < n; b++) {
			size_t piece = of->first + i;
			if (p->bytes[piece * n + b] == 0)
				continue;
			report_csv_text(to, s->of->name);
			report_put(to, ",");
			report_csv_text(to, s->rule->name);
			report_print(to, ",%.9g,%.9g,", at / 1e9,
			    (double)p->piece_ns / 1e9);
			report_csv_text(to, s->rule->backends[b].name);
			report_print(to, ",%llu",
			    (unsigned long long)p->bytes[piece * n + b]);
			report_csv_ratio(to, (double)p->bytes[piece * n + b] /
						 (double)p->totals[piece]);
			report_put(to, "\n");
		}
	}
}

/* Who got nothing in a piece has no line there. */
static int
csv(const struct report_study *study, FILE *to)
{
	report_put(to, "case,rule,from_s,length_s,backend,bytes,share\n");
	for (size_t i = 0; i < study->count; i++) {
		const struct report_subject *s = &study->subjects[i];
		struct report_pieces p;
		int made = report_pieces_make(&p, study->record, s->rule);
		for (size_t j = 0; made == 0 && j < p.stretch_count; j++)
			put_rows(to, s, &p, j);
		report_pieces_free(&p);
		if (made != 0)
			return -1;
	}
	return ferror(to) ? -1 : 0;
}

const struct report_art report_art_time = {
	.height = height,
	.draw = draw,
	.legend_height = legend_height,
	.legend = legend,
	.csv = csv,
};
