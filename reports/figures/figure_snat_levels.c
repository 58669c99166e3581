/* SPDX-License-Identifier: MIT */
/* The levels of SNAT ports over time, as strips or as a map. */
#include "reports/figures/figure_snat.h"
#include "reports/page/image.h"
#include <math.h>
#include <stdlib.h>

#define PICTURE (&report_picture)
#define HIGH    0.75 /* AZ 9.2 */
#define HEAD    1.8  /* lines above a strip */
#define STRIP   4.0
#define BELOW   0.7

double
report_snat_level(
    const struct report_snat_drawing *d, const struct sim_snat *g, size_t piece)
{
	double level = 0;

	for (size_t bin = piece * d->group;
	     bin < (piece + 1) * d->group && bin < g->slice_count; bin++) {
		const struct sim_snat_slice *s = &g->slices[bin];
		if (s->allocated > 0)
			level =
			    fmax(level, (double)s->used / (double)s->allocated);
	}
	return fmin(level, 1);
}

/* --- strips --------------------------------------------------------------- */

double
report_snat_strips_height(const struct report_brush *b, size_t count)
{
	return b->line * (HEAD + STRIP + BELOW) * (double)count;
}

/* "1 024 of 1 024 ports, 312 failed" */
static char *
numbers_of(const struct sim_snat *g)
{
	char peak[REPORT_TEXT_BYTES], ports[REPORT_TEXT_BYTES];
	char failed[REPORT_TEXT_BYTES];

	report_count(peak, PICTURE, g->full_used);
	report_count(ports, PICTURE,
	    g->full_allocated > 0 ? g->full_allocated : g->allocated);
	report_count(failed, PICTURE, g->failed);
	return report_compose("at most %s of %s ports, %s failed", peak, ports,
	    g->failed > 0 ? failed : "none");
}

static void
put_head(
    const struct report_snat_drawing *d, const struct sim_snat *g, double y)
{
	const struct report_brush *b = d->b;
	const double right = d->area.x + d->area.width;
	char *name = report_snat_gauge_name(d, g), *numbers = numbers_of(g);

	if (name != NULL && numbers != NULL) {
		double wide = report_brush_width(b, numbers);
		report_brush_text(b, right, y + b->line * 0.6, 0, REPORT_RIGHT,
		    false, numbers);
		report_brush_text(b, d->panel->box.x, y + b->line * 0.6,
		    right - wide - b->line - d->panel->box.x, REPORT_LEFT, true,
		    name);
	}
	free(name);
	free(numbers);
}

static enum report_paint
paint_of(double level)
{
	return level >= 1     ? REPORT_PAINT_FAULT
	       : level > HIGH ? REPORT_PAINT_RETRY
			      : REPORT_PAINT_BAR;
}

static void
put_bar(const struct report_snat_drawing *d, const struct sim_snat *g,
    const struct report_box *strip, size_t from, size_t to)
{
	const double level = report_snat_level(d, g, from);
	const double x = report_time_at(&d->axis, 0, from);
	const double high = fmax(strip->height * level, 0.6);
	const struct report_box bar = { x, strip->y + strip->height - high,
		report_time_at(&d->axis, 0, to) - x, high };
	char tip[4 * REPORT_TEXT_BYTES], part[REPORT_TEXT_BYTES];
	char at[REPORT_TEXT_BYTES];

	if (level <= 0)
		return;
	report_format(tip, sizeof(tip), "%s of the ports, from %s on",
	    report_percent(part, PICTURE, level),
	    report_moment(
		at, PICTURE, (double)(from * d->pieces.piece_ns) / 1e9));
	report_brush_box(d->b, &bar, paint_of(level), tip);
}

/* Neighbours of a level are one box. */
static void
put_levels(const struct report_snat_drawing *d, const struct sim_snat *g,
    const struct report_box *strip)
{
	size_t from = 0;

	for (size_t i = 1; i <= d->pieces.count; i++)
		if (i == d->pieces.count ||
		    fabs(report_snat_level(d, g, i) -
			 report_snat_level(d, g, from)) > 0) {
			put_bar(d, g, strip, from, i);
			from = i;
		}
}

static void
put_marks(const struct report_snat_drawing *d, const struct report_box *strip)
{
	static const double marks[] = { 1, HIGH };
	const struct report_brush *b = d->b;
	char text[REPORT_TEXT_BYTES];
	double y;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		y = strip->y + strip->height * (1 - marks[i]);
		report_brush_line(b, strip->x, y, strip->x + strip->width, y,
		    REPORT_PAINT_INK);
		report_brush_text(b, strip->x - b->line * 0.4, y, 0,
		    REPORT_RIGHT, false,
		    report_round_percent(text, PICTURE, marks[i]));
	}
	y = strip->y + strip->height;
	report_brush_line(
	    b, strip->x, y, strip->x + strip->width, y, REPORT_PAINT_GRID);
	report_brush_text(
	    b, strip->x - b->line * 0.4, y, 0, REPORT_RIGHT, false, "0");
}

void
report_snat_strips(const struct report_snat_drawing *d)
{
	double y = d->area.y;

	for (size_t i = 0; i < d->count; i++) {
		const struct sim_snat *g = &d->of->snat[d->shown[i]];
		const struct report_box strip = { d->area.x,
			y + d->b->line * HEAD, d->area.width,
			d->b->line * STRIP };
		put_head(d, g, y);
		put_levels(d, g, &strip);
		put_marks(d, &strip);
		y += report_snat_strips_height(d->b, 1);
	}
}

/* --- a map ---------------------------------------------------------------- */

uint32_t
report_snat_shade(double level)
{
	static const struct {
		double from, to;
		int first[3], last[3];
	} parts[] = {
		{ 0, HIGH, { 0xff, 0xff, 0xff }, { 0x7f, 0xb8, 0xdf } },
		{ HIGH, 1, { 0xe6, 0x9f, 0x00 }, { 0xd5, 0x5e, 0x00 } },
		{ 1, 2, { 0x4a, 0x16, 0x04 }, { 0x4a, 0x16, 0x04 } },
	};
	const size_t i = level >= 1 ? 2 : level > HIGH;
	const double part =
	    (level - parts[i].from) / (parts[i].to - parts[i].from);
	uint32_t rgb = 0;

	for (int c = 0; c < 3; c++)
		rgb = rgb << 8 |
		      (uint32_t)lround(
			  parts[i].first[c] +
			  part * (parts[i].last[c] - parts[i].first[c]));
	return rgb;
}

static size_t
rows_of(size_t count)
{
	return count < REPORT_SNAT_ROWS ? count : REPORT_SNAT_ROWS;
}

static double
rows_height(const struct report_brush *b, size_t count)
{
	return count <= REPORT_SNAT_NAMED ? b->line * 1.1 * (double)count
					  : b->line * 16;
}

double
report_snat_map_height(const struct report_brush *b, size_t count)
{
	return b->line * 1.5 + rows_height(b, count) + b->line * 0.4;
}

/* Of several gauges in a row the fullest is seen. */
static double
cell_of(const struct report_snat_drawing *d, size_t row, size_t piece)
{
	const size_t rows = rows_of(d->count);
	double most = 0;

	for (size_t i = row * d->count / rows; i < (row + 1) * d->count / rows;
	     i++)
		most = fmax(most,
		    report_snat_level(d, &d->of->snat[d->shown[i]], piece));
	return most;
}

static void
put_cells(const struct report_snat_drawing *d, const struct report_box *box)
{
	const size_t rows = rows_of(d->count), columns = d->pieces.count;
	uint32_t *rgb = calloc(rows * columns, sizeof(*rgb));

	if (rgb == NULL)
		return;
	for (size_t row = 0; row < rows; row++)
		for (size_t i = 0; i < columns; i++)
			rgb[row * columns + i] =
			    report_snat_shade(cell_of(d, row, i));
	cairo_surface_t *image = report_image(rgb, columns, rows);
	const struct report_box over = { box->x, box->y,
		d->axis.per_piece * (double)columns, box->height };
	if (d->b->pen != NULL)
		report_image_pen(d->b->pen, image, &over);
	else
		report_image_page(d->b->page, image, &over);
	cairo_surface_destroy(image);
	free(rgb);
}

static void
put_names(const struct report_snat_drawing *d, const struct report_box *box)
{
	const struct report_brush *b = d->b;
	const double room = box->x - d->panel->box.x - b->line * 0.4;

	for (size_t i = 0; i < d->count; i++) {
		char *name =
		    report_snat_gauge_name(d, &d->of->snat[d->shown[i]]);
		if (name != NULL)
			report_brush_text(b, box->x - b->line * 0.4,
			    box->y + b->line * 1.1 * ((double)i + 0.5), room,
			    REPORT_RIGHT, false, name);
		free(name);
	}
}

/* "1 000 members' ports, the worst first; a row is 10" */
static char *
map_words(size_t count)
{
	char all[REPORT_TEXT_BYTES];
	const size_t rows = rows_of(count);

	report_count(all, PICTURE, count);
	if (rows == count)
		return report_compose(
		    "%s members\xe2\x80\x99 ports, the worst first", all);
	return report_compose(
	    "%s members\xe2\x80\x99 ports, the worst first; a row is %zu", all,
	    (count + rows - 1) / rows);
}

static void
put_frame(const struct report_brush *b, const struct report_box *a)
{
	const double right = a->x + a->width, bottom = a->y + a->height;

	report_brush_line(b, a->x, a->y, right, a->y, REPORT_PAINT_INK);
	report_brush_line(b, a->x, bottom, right, bottom, REPORT_PAINT_INK);
	report_brush_line(b, a->x, a->y, a->x, bottom, REPORT_PAINT_INK);
	report_brush_line(b, right, a->y, right, bottom, REPORT_PAINT_INK);
}

void
report_snat_map(const struct report_snat_drawing *d)
{
	const struct report_brush *b = d->b;
	const struct report_box box = { d->area.x, d->area.y + b->line * 1.5,
		d->area.width, rows_height(b, d->count) };
	char *words = map_words(d->count);

	if (words != NULL)
		report_brush_text(b, d->panel->box.x, d->area.y + b->line * 0.6,
		    d->area.x + d->area.width - d->panel->box.x, REPORT_LEFT,
		    false, words);
	free(words);
	put_cells(d, &box);
	put_frame(b, &box);
	if (d->count <= REPORT_SNAT_NAMED)
		put_names(d, &box);
}
