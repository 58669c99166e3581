/* SPDX-License-Identifier: MIT */
#include "reports/text/csv.h"
#include "reports/stats/failover.h"
#include "reports/figures/failover_lanes.h"
#include "reports/words/failover_words.h"
#include "reports/plots/plots.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * What happened in a failover, from above to below: a lane for each fault with
 * its marks and how long it took to notice and to recover; the members' shares
 * over time; what was lost, given up and broken.  Rules lead from the marks
 * through all of it.
 */
#define PANELS_MAX 4
#define WINDOW     0.5 /* of the run; less is drawn larger */
#define PICTURE    (&report_picture)

/* --- which ---------------------------------------------------------------- */

static bool
is_drawable(const struct report_study *study, const struct report_subject *s)
{
	return s->of->failover_count > 0 && s->of->harms != NULL &&
	       s->rule->slices != NULL && study->record->bin_ns > 0 &&
	       s->by[REPORT_BYTES].total > 0;
}

/* Of a case's rules the heaviest speaks for it. */
static bool
is_heaviest(const struct report_study *study, const struct report_subject *s)
{
	for (const struct report_subject *o = study->subjects;
	     o < study->subjects + study->count; o++)
		if (o->of == s->of && o != s &&
		    (o->by[REPORT_BYTES].total > s->by[REPORT_BYTES].total ||
			(o->by[REPORT_BYTES].total ==
				s->by[REPORT_BYTES].total &&
			    o < s)))
			return false;
	return true;
}

static bool
did_the_same(const struct sim_case *a, const struct sim_case *b)
{
	if (a->failover_count != b->failover_count)
		return false;
	for (size_t i = 0; i < a->failover_count; i++)
		for (unsigned m = 0; m < REPORT_OUTCOME_COUNT; m++) {
			double of = report_outcome(
			    &a->failovers[i], (enum report_outcome)m);
			double other = report_outcome(
			    &b->failovers[i], (enum report_outcome)m);
			if (!(isnan(of) && isnan(other)) &&
			    fabs(of - other) > 0)
				return false;
		}
	return true;
}

static bool
is_candidate(const struct report_study *study, const struct report_subject *s)
{
	return is_drawable(study, s) && is_heaviest(study, s);
}

/* A case that did what one before it did is not drawn. */
static bool
is_news(const struct report_study *study, const struct report_subject *s)
{
	if (!is_candidate(study, s))
		return false;
	for (const struct report_subject *o = study->subjects; o < s; o++)
		if (is_candidate(study, o) && did_the_same(o->of, s->of))
			return false;
	return true;
}

/* Nor are more than can be looked at. */
static bool
has(const struct report_study *study, const struct report_subject *s)
{
	size_t before = 0;

	for (const struct report_subject *o = study->subjects; o < s; o++)
		before += is_news(study, o);
	return before < PANELS_MAX && is_news(study, s);
}

/* --- what is drawn -------------------------------------------------------- */

static uint32_t
count_of(const struct sim_harm *h, size_t row)
{
	return row == 0   ? h->lost
	       : row == 1 ? h->retries + h->given_up
			  : h->broken;
}

/* What did not happen has no row; lost packets always have. */
static bool
is_row_wanted(const struct sim_case *c, size_t row)
{
	uint64_t sum = row == 0;

	for (size_t i = 0; i < c->harm_count; i++)
		sum += count_of(&c->harms[i], row);
	return sum > 0;
}

static double
row_height(const struct report_brush *b)
{
	return b->line * 2.4;
}

static double
height(const struct report_brush *b, const struct report_panel *panel)
{
	const struct sim_case *c = panel->subject->of;
	double lanes = report_lanes_height(b, c);
	double rows = 0;

	for (size_t i = 0; i < REPORT_HARM_ROWS; i++)
		rows += is_row_wanted(c, i) ? row_height(b) : 0;
	return lanes + b->line * 0.6 +
	       report_brush_shares_height(b, panel->subject->rule) + rows +
	       b->line * 1.9;
}

/* --- what was lost -------------------------------------------------------- */

static int
make_row(struct report_failover_drawing *d, size_t kind)
{
	static const char *const what[REPORT_HARM_ROWS] = { "packets lost",
		"retries, give-ups", "connections broken" };
	static const enum report_paint paints[REPORT_HARM_ROWS] = {
		REPORT_PAINT_FAULT, REPORT_PAINT_RETRY, REPORT_PAINT_INK
	};
	const struct sim_case *c = d->panel->subject->of;
	struct report_harm_row *row = &d->rows[d->row_count++];

	*row = (struct report_harm_row){ .what = what[kind],
		.paint = paints[kind] };
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the caller frees */
	row->counts = calloc(d->pieces.count + 1, sizeof(*row->counts));
	if (row->counts == NULL)
		return -1;
	for (size_t bin = 0; bin < c->harm_count; bin++) {
		size_t piece = report_piece_of(
		    &d->pieces, bin * d->panel->study->record->bin_ns);
		if (piece == SIZE_MAX)
			continue;
		row->counts[piece] += count_of(&c->harms[bin], kind);
		if (row->counts[piece] > row->most)
			row->most = row->counts[piece];
	}
	return 0;
}

static void
put_bars(const struct report_failover_drawing *d,
    const struct report_harm_row *row, double floor_y, double most_high)
{
	char count[REPORT_TEXT_BYTES], tip[3 * REPORT_TEXT_BYTES];

	for (size_t s = 0; s < d->pieces.stretch_count; s++)
		for (size_t i = 0; i < d->pieces.stretches[s].count; i++) {
			size_t piece = d->pieces.stretches[s].first + i;
			uint64_t of = row->counts[piece];
			double high =
			    fmax(most_high * (double)of / (double)row->most, 1);
			const struct report_box bar = { report_time_at(
							    &d->axis, s, i),
				floor_y - high, d->axis.per_piece, high };
			if (of == 0)
				continue;
			report_format(tip, sizeof(tip), "%s: %s", row->what,
			    report_count(count, PICTURE, of));
			report_brush_box(d->b, &bar, row->paint, tip);
		}
}

static void
put_row(const struct report_failover_drawing *d,
    const struct report_harm_row *row, double y)
{
	const struct report_brush *b = d->b;
	double floor_y = y + row_height(b) - b->line * 0.2;
	double right = d->area.x + d->area.width;
	double limit = d->panel->box.x + d->panel->box.width;
	char count[REPORT_TEXT_BYTES], span[REPORT_TEXT_BYTES];
	char text[4 * REPORT_TEXT_BYTES];

	report_brush_line(
	    b, d->area.x, floor_y, right, floor_y, REPORT_PAINT_GRID);
	report_format(text, sizeof(text), "max %s in %s",
	    report_count(count, PICTURE, row->most),
	    report_moment(span, PICTURE, (double)d->pieces.piece_ns / 1e9));
	bool beside = limit - right > b->line * 6;
	if (row->most > 0)
		put_bars(d, row, floor_y,
		    row_height(b) - b->line * (beside ? 0.5 : 1.2));
	double x = beside ? right + b->line * 0.7 : d->area.x;
	double width = beside ? limit - x : 0;
	if (!beside) {
		/* a map has no room at its right */
		size_t used = strlen(text);
		report_format(
		    text + used, sizeof(text) - used, ": %s", row->what);
		report_brush_text(
		    b, x, y + b->line * 0.4, 0, REPORT_LEFT, false, text);
		return;
	}
	report_brush_text(b, x, floor_y - b->line * 1.4, width, REPORT_LEFT,
	    false, row->what);
	report_brush_text(b, x, floor_y - b->line * 0.4, width, REPORT_LEFT,
	    false, row->most > 0 ? text : "none");
}

/* --- all of it ------------------------------------------------------------ */

static void
put_all(struct report_failover_drawing *d)
{
	const struct report_brush *b = d->b;
	const struct sim_rule *rule = d->panel->subject->rule;
	d->area.y = report_put_lanes(d);
	d->area.height = report_brush_shares_height(b, rule);
	double y = d->area.y + d->area.height;
	d->bottom = y + row_height(b) * (double)d->row_count;
	report_put_shades(d, y + b->line * 0.2, d->bottom - y - b->line * 0.2);
	report_brush_shares(b, d->panel, &d->pieces, &d->axis, &d->area);
	for (size_t i = 0; i < d->row_count; i++)
		put_row(d, &d->rows[i], y + row_height(b) * (double)i);
	const struct report_box whole = { d->area.x, d->area.y, d->area.width,
		d->bottom - d->area.y };
	report_brush_times(b, rule, &d->pieces, &d->axis, &whole);
	for (size_t i = 0; i < d->lane_count; i++)
		report_put_rules(d, &d->lanes[i]);
}

/* Where the last piece of time ends in which anybody was harmed. */
static uint64_t
last_harm(const struct sim_record *record, const struct sim_case *c)
{
	for (size_t bin = c->harm_count; bin > 0; bin--)
		for (size_t row = 0; row < REPORT_HARM_ROWS; row++)
			if (count_of(&c->harms[bin - 1], row) > 0)
				return bin * record->bin_ns;
	return 0;
}

/* A failure of seconds in a run of hours: only the time around it, when that
 * is much less.  The last fault's consequences may go on to the end. */
static void
choose_window(const struct sim_record *record, const struct sim_case *c,
    uint64_t *from_ns, uint64_t *to_ns)
{
	uint64_t end = record->bin_count * record->bin_ns;
	uint64_t first = UINT64_MAX, last = last_harm(record, c);

	for (size_t i = 0; i < c->failover_count; i++) {
		const struct sim_failover *f = &c->failovers[i];
		uint64_t over = f->restored_ns != SIM_NO_TIME
				    ? f->at_ns + f->restored_ns
				    : end;
		first = f->at_ns < first ? f->at_ns : first;
		last = over > last ? over : last;
	}
	last = last < end ? last : end;
	*from_ns = 0;
	*to_ns = end;
	if (first >= last || (double)(last - first) > WINDOW * (double)end)
		return;
	uint64_t around = (last - first) / 4;
	*from_ns = first > around ? first - around : 0;
	*to_ns = last + around < end ? last + around : end;
}

static void
draw(const struct report_brush *b, const struct report_panel *panel)
{
	const struct sim_rule *rule = panel->subject->rule;
	struct report_failover_drawing d = { .b = b, .panel = panel };
	uint64_t from, to;

	choose_window(panel->study->record, panel->subject->of, &from, &to);
	int made = report_pieces_make_between(
	    &d.pieces, panel->study->record, rule, from, to);

	d.area.x = panel->box.x + report_brush_shares_left(b, rule);
	d.area.width = panel->box.x + panel->box.width - d.area.x -
		       report_brush_shares_right(b, rule);
	d.axis = report_time_axis(&d.pieces, d.area.x, d.area.width);
	for (size_t i = 0; made == 0 && i < REPORT_HARM_ROWS; i++)
		if (is_row_wanted(panel->subject->of, i))
			made = make_row(&d, i);
	if (made == 0)
		put_all(&d);
	else if (b->pen != NULL)
		b->pen->no_memory = true;
	else
		b->page->no_memory = true;
	for (size_t i = 0; i < d.row_count; i++)
		free(d.rows[i].counts);
	report_pieces_free(&d.pieces);
}

const struct report_sketch report_sketch_failover = { height, draw };

/* --- on paper ------------------------------------------------------------- */

static double
paper_height(const struct report_panel *panel)
{
	return report_sketch_height(&report_sketch_failover, panel);
}

static void
paper_draw(const struct report_panel *panel)
{
	report_sketch_draw(&report_sketch_failover, panel);
}

static double
legend_height(const struct report_panel *panel)
{
	(void)panel;
	return 14;
}

static void
legend(const struct report_panel *panel)
{
	const struct report_brush b = report_brush_of_panel(panel);
	double x = panel->box.x, y = panel->box.y + 6;

	x = report_brush_key(
	    &b, x, y, REPORT_PAINT_BLIND, "until it was noticed");
	report_brush_key(&b, x, y, REPORT_PAINT_AWAY, "until it was back");
}

/* A line each event of each fault, then each piece of time with harm. */
static void
put_events(FILE *to, const struct sim_case *c)
{
	for (size_t i = 0; i < c->failover_count; i++) {
		const struct sim_failover *f = &c->failovers[i];
		struct report_failover_event events[REPORT_FAILOVER_EVENTS];
		size_t count = report_failover_events(f, events);
		for (size_t e = 0; e < count; e++) {
			report_csv_text(to, c->name);
			report_print(to, ",%.9g,,",
			    (double)(f->at_ns + events[e].after_ns) / 1e9);
			report_csv_text(to, f->member);
			report_put(to, ",");
			report_csv_text(to, e == 0 ? f->fault : events[e].name);
			report_put(to, ",,,,,,,\n");
		}
	}
}

static void
put_harms(FILE *to, const struct sim_record *record, const struct sim_case *c)
{
	for (size_t bin = 0; bin < c->harm_count; bin++) {
		const struct sim_harm *h = &c->harms[bin];
		double from = (double)bin * (double)record->bin_ns / 1e9;
		if (h->offered + h->lost + h->broken + h->moved + h->requests +
			h->retries + h->given_up ==
		    0)
			continue;
		report_csv_text(to, c->name);
		report_print(to, ",%.9g,%.9g,,,%u,%u,%u,%u,%u,%u,%u\n", from,
		    (double)record->bin_ns / 1e9, h->offered, h->lost, h->moved,
		    h->broken, h->requests, h->retries, h->given_up);
	}
}

static int
csv(const struct report_study *study, FILE *to)
{
	report_put(to, "case,at_s,length_s,member,event,client_packets,lost,"
		       "flows_moved,flows_broken,requests,retries,given_up\n");
	for (size_t i = 0; i < study->record->case_count; i++) {
		const struct sim_case *c = &study->record->cases[i];
		put_events(to, c);
		put_harms(to, study->record, c);
	}
	return ferror(to) ? -1 : 0;
}

const struct report_art report_art_failover = {
	.has = has,
	.height = paper_height,
	.draw = paper_draw,
	.legend_height = legend_height,
	.legend = legend,
	.csv = csv,
};
