/* SPDX-License-Identifier: MIT */
#include "reports/text/csv.h"
#include "reports/figures/figure_snat.h"
#include "reports/page/image.h"
#include "model/config/names.h"
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * SNAT ports, from above to below: how full the members' were over time, what
 * failed, and the worst destination in numbers.  Of several cases the one that
 * has most to tell.
 */
#define PICTURE    (&report_picture)
#define LEFT       3.6 /* lines left of the strips */
#define NAMES_MOST 13  /* lines left of a map's rows, at the most */
#define FAILURES   2.6

/* --- which ---------------------------------------------------------------- */

static const struct sim_case *
case_of(const struct report_study *study)
{
	const size_t i = report_snat_case(study->record);

	return i != SIZE_MAX ? &study->record->cases[i] : NULL;
}

static bool
is_shown(const struct sim_snat *g)
{
	return report_snat_is_used(g) && g->slices != NULL;
}

static size_t
count_shown(const struct sim_case *c)
{
	size_t count = 0;

	for (size_t i = 0; c != NULL && i < c->snat_count; i++)
		count += is_shown(&c->snat[i]);
	return count;
}

static bool
wanted(const struct report_study *study)
{
	return study->record->bin_ns > 0 && study->record->bin_count > 0 &&
	       count_shown(case_of(study)) > 0;
}

/* --- how high ------------------------------------------------------------- */

static double
levels_height(const struct report_brush *b, size_t count)
{
	return count <= REPORT_SNAT_STRIPS ? report_snat_strips_height(b, count)
					   : report_snat_map_height(b, count);
}

static double
failures_height(const struct report_brush *b, const struct sim_case *c)
{
	return b->line * (1.2 + (report_snat_failed(c) > 0 ? FAILURES : 0));
}

static double
height(const struct report_brush *b, const struct report_panel *panel)
{
	const struct sim_case *c = case_of(panel->study);

	return levels_height(b, count_shown(c)) + failures_height(b, c) +
	       b->line * (1.9 + 1.5 + 4.6);
}

/* --- what is drawn -------------------------------------------------------- */

/* Few stand as in the configuration, many by their trouble. */
static int
choose_gauges(struct report_snat_drawing *d)
{
	const struct sim_case *c = d->of;
	assert(c != NULL); /* or nobody would draw it */
	size_t *order = report_snat_order(c);
	const bool few = count_shown(c) <= REPORT_SNAT_STRIPS;

	d->shown = calloc(c->snat_count + 1, sizeof(*d->shown));
	if (order == NULL || d->shown == NULL) {
		free(order);
		return -1;
	}
	for (size_t i = 0; i < c->snat_count; i++) {
		const size_t at = few ? i : order[i];
		if (!is_shown(&c->snat[at]))
			continue;
		d->shown[d->count++] = at;
		d->frontends |= strcmp(c->snat[at].frontend,
				    c->snat[d->shown[0]].frontend) != 0;
	}
	free(order);
	return 0;
}

/* So many of the record's pieces of time are one here. */
static size_t
group_of(const struct sim_record *record)
{
	return (record->bin_count + REPORT_SNAT_PIECES - 1) /
	       REPORT_SNAT_PIECES;
}

static void
choose_pieces(struct report_snat_drawing *d)
{
	const struct sim_record *record = d->panel->study->record;
	const size_t bins = record->bin_count;

	d->group = group_of(record);
	d->pieces.piece_ns = d->group * record->bin_ns;
	d->pieces.count = (bins + d->group - 1) / d->group;
	d->whole = (struct report_stretch){
		.to_ns = d->pieces.count * d->pieces.piece_ns,
		.count = d->pieces.count,
	};
	d->pieces.stretches = &d->whole;
	d->pieces.stretch_count = 1;
}

char *
report_snat_gauge_name(
    const struct report_snat_drawing *d, const struct sim_snat *g)
{
	char *member = report_clean(g->member, true);
	char *frontend = report_clean(g->frontend, true), *text = NULL;

	if (member != NULL && frontend != NULL) {
		report_shorten(member, 30);
		report_shorten(frontend, 20);
		text = report_compose("%s%s%s, %s", member,
		    d->frontends ? ", " : "", d->frontends ? frontend : "",
		    lb_proto_name(g->proto));
	}
	free(member);
	free(frontend);
	return text;
}

/* What stands left of the levels. */
static double
left_of(const struct report_snat_drawing *d)
{
	double widest = 0;

	if (d->count <= REPORT_SNAT_STRIPS || d->count > REPORT_SNAT_NAMED)
		return d->b->line * LEFT;
	for (size_t i = 0; i < d->count; i++) {
		char *name =
		    report_snat_gauge_name(d, &d->of->snat[d->shown[i]]);
		if (name != NULL)
			widest = fmax(widest, report_brush_width(d->b, name));
		free(name);
	}
	return fmin(widest + 2, d->b->line * NAMES_MOST) + d->b->line * 0.4;
}

/* --- what failed ---------------------------------------------------------- */

static uint64_t
failed_in(const struct report_snat_drawing *d, size_t piece)
{
	uint64_t failed = 0;

	for (size_t i = 0; i < d->count; i++) {
		const struct sim_snat *g = &d->of->snat[d->shown[i]];
		for (size_t bin = piece * d->group;
		     bin < (piece + 1) * d->group && bin < g->slice_count;
		     bin++)
			failed += g->slices[bin].failed;
	}
	return failed;
}

static void
put_bars(const struct report_snat_drawing *d, const uint64_t *failed,
    uint64_t most, double floor_y)
{
	char tip[3 * REPORT_TEXT_BYTES], count[REPORT_TEXT_BYTES];

	for (size_t i = 0; i < d->pieces.count; i++) {
		const double high = fmax(d->b->line * (FAILURES - 0.4) *
					     (double)failed[i] / (double)most,
		    1);
		const struct report_box bar = { report_time_at(&d->axis, 0, i),
			floor_y - high, d->axis.per_piece, high };
		if (failed[i] == 0)
			continue;
		report_format(tip, sizeof(tip), "found no port: %s",
		    report_count(count, PICTURE, failed[i]));
		report_brush_box(d->b, &bar, REPORT_PAINT_FAULT, tip);
	}
}

/* "Found no port: 14 096, at most 312 in 12.5 s" */
static char *
failures_words(const struct report_snat_drawing *d, uint64_t most)
{
	char all[REPORT_TEXT_BYTES], count[REPORT_TEXT_BYTES];
	char span[REPORT_TEXT_BYTES];
	const uint64_t failed = report_snat_failed(d->of);

	if (failed == 0)
		return report_compose("Every attempt found a port");
	return report_compose("Found no port: %s, at most %s in %s",
	    report_count(all, PICTURE, failed),
	    report_count(count, PICTURE, most),
	    report_moment(span, PICTURE, (double)d->pieces.piece_ns / 1e9));
}

static void
put_failures(const struct report_snat_drawing *d, double y)
{
	const struct report_brush *b = d->b;
	const double floor_y = y + failures_height(b, d->of);
	uint64_t failed[REPORT_SNAT_PIECES + 1] = { 0 }, most = 0;

	for (size_t i = 0; i < d->pieces.count; i++) {
		failed[i] = failed_in(d, i);
		most = failed[i] > most ? failed[i] : most;
	}
	char *words = failures_words(d, most);
	if (words != NULL)
		report_brush_text(b, d->area.x, y + b->line * 0.5,
		    d->area.width, REPORT_LEFT, false, words);
	free(words);
	report_brush_line(b, d->area.x, floor_y, d->area.x + d->area.width,
	    floor_y, REPORT_PAINT_GRID);
	if (most > 0)
		put_bars(d, failed, most, floor_y);
}

/* --- words ---------------------------------------------------------------- */

static void
put_keys(const struct report_snat_drawing *d, double y)
{
	static const struct {
		enum report_paint paint;
		const char *text;
	} keys[] = {
		{ REPORT_PAINT_BAR, "in use" },
		{ REPORT_PAINT_RETRY, "over 75 %" },
		{ REPORT_PAINT_FAULT, "all of them; failed" },
	};
	double x = d->area.x;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		x = report_brush_key(d->b, x, y, keys[i].paint, keys[i].text);
}

/* As the map's shades have it. */
static void
put_shades(const struct report_snat_drawing *d, double y)
{
	static const struct {
		double level;
		const char *text;
	} keys[] = { { 0.05, "few in use" }, { 0.6, "many" },
		{ 0.85, "over 75 %" }, { 1, "all" } };
	const struct report_brush *b = d->b;
	double x = d->panel->box.x;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const uint32_t rgb = report_snat_shade(keys[i].level);
		const struct report_box chip = { x, y - b->line * 0.35,
			b->line * 1.1, b->line * 0.7 };
		cairo_surface_t *image = report_image(&rgb, 1, 1);
		if (b->pen != NULL)
			report_image_pen(b->pen, image, &chip);
		else
			report_image_page(b->page, image, &chip);
		cairo_surface_destroy(image);
		x += chip.width + b->line * 0.4;
		report_brush_text(b, x, y, 0, REPORT_LEFT, false, keys[i].text);
		x += report_brush_width(b, keys[i].text) + b->line * 1.2;
	}
}

static char *
opened_words(const struct report_snat *s)
{
	char opened[REPORT_TEXT_BYTES], peak[REPORT_TEXT_BYTES];

	return report_compose("%s flows opened, at most %s at a time",
	    report_count(opened, PICTURE, s->opened),
	    report_count(peak, PICTURE, s->peak_there));
}

/* "Failed: 11 139, 68.5 %; of first attempts 57.2 %, by Erlang's formula
 * 15.3 %": he knows no others. */
static char *
failed_words(const struct report_snat *s)
{
	char count[REPORT_TEXT_BYTES], is[REPORT_TEXT_BYTES];
	char first[REPORT_TEXT_BYTES], expected[REPORT_TEXT_BYTES];

	if (isnan(s->of_packets))
		return report_compose("%s", "");
	report_count(count, PICTURE, s->failed);
	report_percent(is, PICTURE, s->of_packets);
	if (s->failed == 0)
		report_format(count, sizeof(count), "none");
	const char *and = s->failed > 0 ? ", " : "";
	const char *part = s->failed > 0 ? is : "";
	if (isnan(s->predicted))
		return report_compose("Failed: %s%s%s", count, and, part);
	return report_compose("Failed: %s%s%s; of first attempts %s, by "
			      "Erlang\xe2\x80\x99s formula %s",
	    count, and, part, report_snat_part(first, PICTURE, s->simulated),
	    report_snat_part(expected, PICTURE, s->predicted));
}

/* "For at most 0.1 %: 1 128 ports" */
static char *
advice_words(const struct report_snat *s)
{
	char ports[REPORT_TEXT_BYTES], has[REPORT_TEXT_BYTES];

	if (s->advised == 0)
		return report_compose("%s", "");
	return report_compose("To keep it below 0.1\xe2\x80\xaf%%: %s ports "
			      "(it has %s)",
	    report_count(ports, PICTURE, s->advised),
	    report_count(has, PICTURE, s->ports));
}

static void
put_worst(const struct report_snat_drawing *d, double y)
{
	const struct report_brush *b = d->b;
	const size_t worst = report_snat_worst(d->of);
	const struct sim_snat *g = &d->of->snat[worst];
	const struct report_snat s = report_snat_of(d->of, worst);
	char where[REPORT_SNAT_DESTINATION_BYTES];
	char *name = report_clean(g->member, true);
	char *lines[] = {
		name != NULL
		    ? report_compose("Worst destination: %s, from %s, %s",
			  report_snat_destination(g, where), name,
			  lb_proto_name(g->proto))
		    : NULL,
		opened_words(&s),
		failed_words(&s),
		advice_words(&s),
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (lines[i] != NULL && lines[i][0] != '\0')
			report_brush_text(b, d->panel->box.x,
			    y + b->line * (0.6 + 1.1 * (double)i),
			    d->panel->box.width, REPORT_LEFT, i == 0, lines[i]);
		free(lines[i]);
	}
	free(name);
}

/* --- all of it ------------------------------------------------------------ */

static void
put_all(struct report_snat_drawing *d)
{
	const struct report_brush *b = d->b;
	const struct report_box *box = &d->panel->box;
	const double left = left_of(d);

	d->area = (struct report_box){ box->x + left, box->y,
		box->width - left - b->line * 0.4, levels_height(b, d->count) };
	d->axis = report_time_axis(&d->pieces, d->area.x, d->area.width);
	if (d->count <= REPORT_SNAT_STRIPS)
		report_snat_strips(d);
	else
		report_snat_map(d);
	double y = d->area.y + d->area.height;
	put_failures(d, y);
	y += failures_height(b, d->of);
	const struct report_box over = { d->area.x, d->area.y, d->area.width,
		y - d->area.y };
	report_brush_times(b, NULL, &d->pieces, &d->axis, &over);
	y += b->line * 1.9;
	if (d->count <= REPORT_SNAT_STRIPS)
		put_keys(d, y + b->line * 0.6);
	else
		put_shades(d, y + b->line * 0.6);
	put_worst(d, y + b->line * 1.5);
}

static void
draw(const struct report_brush *b, const struct report_panel *panel)
{
	struct report_snat_drawing d = {
		.b = b,
		.panel = panel,
		.of = case_of(panel->study),
	};

	choose_pieces(&d);
	if (choose_gauges(&d) == 0)
		put_all(&d);
	free(d.shown);
}

const struct report_sketch report_sketch_snat = { height, draw };

static double
paper_height(const struct report_panel *panel)
{
	return report_sketch_height(&report_sketch_snat, panel);
}

static void
paper_draw(const struct report_panel *panel)
{
	report_sketch_draw(&report_sketch_snat, panel);
}

/* --- its data ------------------------------------------------------------- */

static struct sim_snat_slice
slice_of(const struct sim_snat *g, size_t from, size_t count)
{
	struct sim_snat_slice sum = { 0 };

	for (size_t bin = from; bin < from + count && bin < g->slice_count;
	     bin++) {
		const struct sim_snat_slice *s = &g->slices[bin];
		sum.failed += s->failed;
		if ((uint64_t)s->used * sum.allocated >=
		    (uint64_t)sum.used * s->allocated) {
			sum.used = s->used;
			sum.allocated = s->allocated;
		}
	}
	return sum;
}

/* Where nothing was used and nothing failed, there is no line. */
static void
put_gauge(FILE *to, const struct sim_record *record, const struct sim_case *c,
    const struct sim_snat *g)
{
	const size_t group = group_of(record);

	for (size_t bin = 0; bin < g->slice_count; bin += group) {
		const struct sim_snat_slice of = slice_of(g, bin, group);
		if (of.used == 0 && of.failed == 0)
			continue;
		report_csv_text(to, c->name);
		report_put(to, ",");
		report_csv_text(to, g->member);
		report_put(to, ",");
		report_csv_text(to, g->frontend);
		report_print(to,
		    ",%s,%" PRIu32 ",%.9g,%.9g,%" PRIu32 ",%" PRIu32 "\n",
		    lb_proto_name(g->proto), of.allocated,
		    (double)(bin * record->bin_ns) / 1e9,
		    (double)(group * record->bin_ns) / 1e9, of.used, of.failed);
	}
}

static int
csv(const struct report_study *study, FILE *to)
{
	const struct sim_record *record = study->record;

	report_put(to, "case,member,frontend,protocol,allocated,from_s,"
		       "length_s,used,failed\n");
	for (size_t i = 0; i < record->case_count; i++)
		for (size_t k = 0; k < record->cases[i].snat_count; k++)
			put_gauge(to, record, &record->cases[i],
			    &record->cases[i].snat[k]);
	return ferror(to) ? -1 : 0;
}

const struct report_art report_art_snat = {
	.for_all = true,
	.wanted = wanted,
	.height = paper_height,
	.draw = paper_draw,
	.csv = csv,
};
