/* SPDX-License-Identifier: MIT */
#include "reports/brush.h"
#include "reports/csv.h"
#include "reports/failover_words.h"
#include "reports/plots.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * What happened in a failover, from above to below: a lane for each fault with
 * its marks and how long it took to notice and to recover; the members' shares
 * over time; what was lost, given up and broken.  Rules lead from the marks
 * through all of it.
 */
#define LANES_MAX    12
#define LANES_WIDE   3 /* so many get labels and brackets */
#define PANELS_MAX   4
#define EVENTS       5
#define ROWS_MAX     3
#define NAME_COLUMNS 40
#define NARROW       22  /* in the page */
#define WINDOW       0.5 /* of the run; less is drawn larger */
#define PICTURE      (&report_picture)
#define TEXT_GAP(b)  ((b)->line * 0.5)

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

struct lane {
	const struct sim_failover *of;
	double y;
};

struct row {
	const char *what;
	enum report_paint paint;
	uint64_t *counts; /* by piece */
	uint64_t most;
};

struct drawing {
	const struct report_brush *b;
	const struct report_panel *panel;
	struct report_pieces pieces;
	struct report_time_axis axis;
	struct lane lanes[LANES_MAX];
	size_t lane_count;
	struct row rows[ROWS_MAX];
	size_t row_count;
	struct report_box area;
	double bottom; /* of the rows */
};

static bool
is_wide(const struct sim_case *c)
{
	return c->failover_count <= LANES_WIDE;
}

static double
lane_height(const struct report_brush *b, const struct sim_case *c)
{
	return is_wide(c) ? b->line * 4.6 : b->line * 1.9;
}

static double
harm_of(const struct sim_failover *f)
{
	return (double)f->lost + (double)f->given_up + (double)f->broken;
}

/* The gravest, in order of time. */
static bool
has_lane(const struct sim_case *c, size_t index)
{
	size_t graver = 0;

	for (size_t i = 0; i < c->failover_count; i++) {
		double of = harm_of(&c->failovers[i]);
		double ours = harm_of(&c->failovers[index]);
		graver += of > ours || (!(of < ours) && i < index);
	}
	return graver < LANES_MAX;
}

static size_t
lanes_of(const struct sim_case *c)
{
	return c->failover_count < LANES_MAX ? c->failover_count : LANES_MAX;
}

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
	double lanes = (double)lanes_of(c) * lane_height(b, c);
	double rows = 0;

	for (size_t i = 0; i < ROWS_MAX; i++)
		rows += is_row_wanted(c, i) ? row_height(b) : 0;
	if (c->failover_count > LANES_MAX)
		lanes += b->line;
	return lanes + b->line * 0.6 +
	       report_brush_shares_height(b, panel->subject->rule) + rows +
	       b->line * 1.9;
}

/* --- lanes ---------------------------------------------------------------- */

static double
x_after(const struct drawing *d, const struct sim_failover *f, uint64_t ns)
{
	return report_time_of(&d->axis, f->at_ns + ns);
}

static bool
is_of(const struct sim_event *e, const struct sim_failover *f)
{
	return e->kind == SIM_EVENT_FAULT && e->member != NULL &&
	       f->member != NULL && strcmp(e->member, f->member) == 0;
}

/* Where the member was back; of what was never noticed, where something else
 * befell the member; else where what is seen of it ends. */
static double
x_over(const struct drawing *d, const struct sim_failover *f)
{
	const struct sim_record *record = d->panel->study->record;

	if (f->restored_ns != SIM_NO_TIME)
		return x_after(d, f, f->restored_ns);
	for (size_t i = 0;
	     f->detected_ns == SIM_NO_TIME && i < record->log_count; i++)
		if (is_of(&record->log[i], f) &&
		    record->log[i].at_ns > f->at_ns)
			return report_time_of(&d->axis, record->log[i].at_ns);
	return d->axis.x + d->axis.width;
}

static double
x_found(const struct drawing *d, const struct sim_failover *f)
{
	return f->detected_ns != SIM_NO_TIME ? x_after(d, f, f->detected_ns)
					     : x_over(d, f);
}

/* The time in which nobody noticed. */
static void
put_blind(const struct drawing *d, const struct sim_failover *f, double y,
    double high)
{
	double at = report_time_of(&d->axis, f->at_ns);
	const struct report_box blind = { at, y, x_found(d, f) - at, high };

	if (blind.width > 0)
		report_brush_box(d->b, &blind, REPORT_PAINT_BLIND, NULL);
}

/* The time in which others did the work. */
static void
put_away(const struct drawing *d, const struct sim_failover *f, double y,
    double high)
{
	double found = x_found(d, f);
	const struct report_box away = { found, y, x_over(d, f) - found, high };

	if (away.width > 0)
		report_brush_box(d->b, &away, REPORT_PAINT_AWAY, NULL);
}

struct event {
	uint64_t after_ns;
	enum report_shape shape;
	const char *name;
};

/* In order of time; what never happened is left out. */
static size_t
events_of(const struct sim_failover *f, struct event *to)
{
	const struct event all[EVENTS] = {
		{ 0, REPORT_SHAPE_FAULT, "fault" },
		{ f->failed_ns, REPORT_SHAPE_TICK, "probe fails" },
		{ f->detected_ns, REPORT_SHAPE_DOWN, "marked down" },
		{ f->rerouted_ns, REPORT_SHAPE_REROUTED, "rerouted" },
		{ f->restored_ns, REPORT_SHAPE_BACK, "back" },
	};
	size_t count = 0;

	for (size_t i = 0; i < EVENTS; i++)
		if (all[i].after_ns != SIM_NO_TIME)
			to[count++] = all[i];
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j > 0 && to[j].after_ns < to[j - 1].after_ns;
		     j--) {
			struct event swap = to[j];
			to[j] = to[j - 1];
			to[j - 1] = swap;
		}
	return count;
}

/* "fault at 30 s", "marked down +8.5 s" */
static void
event_tip(
    char *to, size_t bytes, const struct sim_failover *f, const struct event *e)
{
	char at[REPORT_TEXT_BYTES], after[REPORT_TEXT_BYTES];

	report_moment(at, PICTURE, (double)(f->at_ns + e->after_ns) / 1e9);
	report_moment(after, PICTURE, (double)e->after_ns / 1e9);
	if (e->after_ns == 0)
		report_format(to, bytes, "%s at %s", e->name, at);
	else
		report_format(to, bytes, "%s %s after the fault, at %s",
		    e->name, after, at);
}

static void
put_marks(const struct drawing *d, const struct sim_failover *f, double y)
{
	struct event events[EVENTS];
	size_t count = events_of(f, events);
	char tip[4 * REPORT_TEXT_BYTES];

	for (size_t i = 0; i < count; i++) {
		event_tip(tip, sizeof(tip), f, &events[i]);
		report_brush_shape(d->b, x_after(d, f, events[i].after_ns), y,
		    events[i].shape, tip);
	}
}

/* Labels of marks that stand together are one. */
struct label {
	char text[2 * REPORT_TEXT_BYTES];
	double at; /* the mark */
};

static size_t
join_labels(
    const struct drawing *d, const struct sim_failover *f, struct label *labels)
{
	struct event events[EVENTS];
	size_t count = events_of(f, events), joined = 0;

	for (size_t i = 0; i < count; i++) {
		double x = x_after(d, f, events[i].after_ns);
		struct label *last = joined > 0 ? &labels[joined - 1] : NULL;
		if (last != NULL && x - last->at < d->b->line * 1.2) {
			size_t used = strlen(last->text);
			report_format(last->text + used,
			    sizeof(last->text) - used, ", %s", events[i].name);
			continue;
		}
		labels[joined].at = x;
		report_format(labels[joined].text, sizeof(labels[joined].text),
		    "%s", events[i].name);
		joined++;
	}
	return joined;
}

static void
put_labels(
    const struct drawing *d, const struct sim_failover *f, double y, double bar)
{
	struct label labels[EVENTS];
	double x[EVENTS], width[EVENTS];
	const struct report_box *box = &d->panel->box;
	size_t count = join_labels(d, f, labels);

	for (size_t i = 0; i < count; i++) {
		x[i] = labels[i].at;
		width[i] = report_brush_width(d->b, labels[i].text);
	}
	report_apart(
	    x, width, count, TEXT_GAP(d->b), box->x, box->x + box->width);
	for (size_t i = 0; i < count; i++) {
		report_brush_line(d->b, x[i], y + d->b->line * 0.5,
		    labels[i].at, bar - d->b->mark * 1.3, REPORT_PAINT_GRID);
		report_brush_text(
		    d->b, x[i], y, 0, REPORT_MIDDLE, false, labels[i].text);
	}
}

/* How long it took, on brackets below the bar. */
static void
put_brackets(const struct drawing *d, const struct sim_failover *f, double y)
{
	char text[2][REPORT_TEXT_BYTES + 24];
	char span[REPORT_TEXT_BYTES];
	double x[2], width[2], from[2], to[2];
	size_t count = 0;
	const struct report_box *box = &d->panel->box;

	if (f->detected_ns != SIM_NO_TIME && f->detected_ns > 0) {
		from[count] = report_time_of(&d->axis, f->at_ns);
		to[count] = x_after(d, f, f->detected_ns);
		report_format(text[count++], sizeof(text[0]), "%s to notice",
		    report_moment(span, PICTURE, (double)f->detected_ns / 1e9));
	}
	if (f->restored_ns != SIM_NO_TIME && f->detected_ns != SIM_NO_TIME) {
		from[count] = x_after(d, f, f->detected_ns);
		to[count] = x_after(d, f, f->restored_ns);
		report_format(text[count++], sizeof(text[0]), "%s until back",
		    report_moment(span, PICTURE,
			(double)(f->restored_ns - f->detected_ns) / 1e9));
	}
	for (size_t i = 0; i < count; i++) {
		report_brush_bracket(d->b, from[i], to[i], y);
		x[i] = (from[i] + to[i]) / 2;
		width[i] = report_brush_width(d->b, text[i]);
	}
	report_apart(
	    x, width, count, TEXT_GAP(d->b), box->x, box->x + box->width);
	for (size_t i = 0; i < count; i++)
		report_brush_text(d->b, x[i], y + d->b->line * 0.65, 0,
		    REPORT_MIDDLE, false, text[i]);
	if (f->detected_ns == SIM_NO_TIME && report_is_probed_for(f))
		report_brush_text(d->b, report_time_of(&d->axis, f->at_ns),
		    y + d->b->line * 0.4, 0, REPORT_LEFT, false,
		    "no probe noticed");
}

/* "backend-2 crashed at 30 s: noticed +8.53 s, 101 lost" */
static char *
lane_text(const struct sim_failover *f, bool all, size_t columns)
{
	char at[REPORT_TEXT_BYTES], found[REPORT_TEXT_BYTES];
	char lost[REPORT_TEXT_BYTES], *text = NULL;
	char *name = report_fault_name(f, columns);
	char *worst = report_failover_worst(f, PICTURE);

	report_moment(at, PICTURE, (double)f->at_ns / 1e9);
	report_moment(found, PICTURE, report_outcome(f, REPORT_DETECTED));
	report_count(lost, PICTURE, f->lost);
	if (name == NULL || worst == NULL)
		text = NULL;
	else if (!all)
		text = report_compose("%s at %s; %s", name, at, worst);
	else if (!report_is_probed_for(f))
		text = report_compose("%s at %s: %s lost", name, at, lost);
	else if (f->detected_ns == SIM_NO_TIME)
		text = report_compose(
		    "%s at %s: not noticed, %s lost", name, at, lost);
	else
		text = report_compose(
		    "%s at %s: noticed +%s, %s lost", name, at, found, lost);
	free(worst);
	free(name);
	return text;
}

/* No rule is to cross what is written. */
static void
clear_for(const struct drawing *d, double x, double y, double width)
{
	const struct report_box box = { x - 1, y - d->b->line * 0.45, width + 2,
		d->b->line * 0.9 };

	report_pen_fill(d->b->pen, &box, &report_white);
}

/* A line of text over its fault, but within the panel. */
static void
put_lane_text(
    const struct drawing *d, const struct lane *lane, double y, bool wide)
{
	const struct report_box *box = &d->panel->box;
	char *text = lane_text(
	    lane->of, !wide, d->b->page != NULL ? NARROW : NAME_COLUMNS);

	if (text == NULL)
		return;
	double width = fmin(report_brush_width(d->b, text) + 1, box->width);
	double x = report_time_of(&d->axis, lane->of->at_ns) + d->b->mark;
	x = fmax(fmin(x, box->x + box->width - width), box->x);
	if (wide)
		x = box->x;
	else if (d->b->pen != NULL)
		clear_for(d, x, y, width);
	report_brush_text(
	    d->b, x, y, wide ? box->width : width, REPORT_LEFT, wide, text);
	free(text);
}

static void
put_lane(const struct drawing *d, const struct lane *lane, bool wide)
{
	double line = d->b->line, bar = line * (wide ? 0.6 : 0.5);
	double y = lane->y + line * (wide ? 2.7 : 1.3);

	put_lane_text(d, lane, lane->y + line * 0.5, wide);
	put_blind(d, lane->of, y - bar / 2, bar);
	put_away(d, lane->of, y - bar / 2, bar);
	if (wide) {
		put_labels(d, lane->of, lane->y + line * 1.55, y);
		put_brackets(d, lane->of, y + line * 0.65);
	}
	put_marks(d, lane->of, y);
}

/* From the bar down to the shares; under what other lanes write. */
static void
put_lead(const struct drawing *d, const struct lane *lane, double bottom)
{
	double x = report_time_of(&d->axis, lane->of->at_ns);

	report_brush_line(d->b, x, lane->y + d->b->line * 1.3 + d->b->mark, x,
	    bottom, REPORT_PAINT_FAULT);
}

/* Through the shares and all below. */
static void
put_rules(const struct drawing *d, const struct lane *lane)
{
	const struct sim_failover *f = lane->of;
	double x = report_time_of(&d->axis, f->at_ns);

	report_brush_line(d->b, x, d->area.y, x, d->bottom, REPORT_PAINT_FAULT);
	if (f->detected_ns != SIM_NO_TIME && f->detected_ns > 0) {
		x = x_after(d, f, f->detected_ns);
		report_brush_line(
		    d->b, x, d->area.y, x, d->bottom, REPORT_PAINT_INK);
	}
	if (f->restored_ns != SIM_NO_TIME) {
		x = x_after(d, f, f->restored_ns);
		report_brush_line(
		    d->b, x, d->area.y, x, d->bottom, REPORT_PAINT_BAR);
	}
}

/* --- what was lost -------------------------------------------------------- */

static int
make_row(struct drawing *d, size_t kind)
{
	static const char *const what[ROWS_MAX] = { "packets lost",
		"retries, give-ups", "connections broken" };
	static const enum report_paint paints[ROWS_MAX] = { REPORT_PAINT_FAULT,
		REPORT_PAINT_RETRY, REPORT_PAINT_INK };
	const struct sim_case *c = d->panel->subject->of;
	struct row *row = &d->rows[d->row_count++];

	*row = (struct row){ .what = what[kind], .paint = paints[kind] };
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
put_bars(const struct drawing *d, const struct row *row, double floor_y,
    double most_high)
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
put_row(const struct drawing *d, const struct row *row, double y)
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

static double
put_lanes(struct drawing *d)
{
	const struct sim_case *c = d->panel->subject->of;
	double y = d->panel->box.y, high = lane_height(d->b, c);
	char text[2 * REPORT_TEXT_BYTES];

	for (size_t i = 0; i < c->failover_count; i++)
		if (has_lane(c, i) && d->lane_count < LANES_MAX) {
			d->lanes[d->lane_count++] =
			    (struct lane){ &c->failovers[i], y };
			y += high;
		}
	double bottom = y + d->b->line * 0.6 +
			(c->failover_count > LANES_MAX ? d->b->line : 0);
	/* the page is too narrow for texts beside them */
	bool has_leads = !is_wide(c) && d->b->pen != NULL;
	for (size_t i = 0; i < d->lane_count && has_leads; i++)
		put_lead(d, &d->lanes[i], bottom);
	for (size_t i = 0; i < d->lane_count; i++)
		put_lane(d, &d->lanes[i], is_wide(c));
	if (c->failover_count > LANES_MAX) {
		report_format(text, sizeof(text),
		    "and %zu faults more, which did less",
		    c->failover_count - LANES_MAX);
		report_brush_text(d->b, d->panel->box.x, y + d->b->line * 0.4,
		    d->panel->box.width, REPORT_LEFT, false, text);
		y += d->b->line;
	}
	return y + d->b->line * 0.6;
}

/* What was never noticed lies beneath all else, what was quickly above. */
static void
put_shades(const struct drawing *d, double y, double high)
{
	for (size_t i = 0; i < d->lane_count; i++)
		if (d->lanes[i].of->detected_ns == SIM_NO_TIME)
			put_blind(d, d->lanes[i].of, y, high);
	for (size_t i = 0; i < d->lane_count; i++)
		put_away(d, d->lanes[i].of, y, high);
	for (size_t i = 0; i < d->lane_count; i++)
		if (d->lanes[i].of->detected_ns != SIM_NO_TIME)
			put_blind(d, d->lanes[i].of, y, high);
}

static void
put_all(struct drawing *d)
{
	const struct report_brush *b = d->b;
	const struct sim_rule *rule = d->panel->subject->rule;
	d->area.y = put_lanes(d);
	d->area.height = report_brush_shares_height(b, rule);
	double y = d->area.y + d->area.height;
	d->bottom = y + row_height(b) * (double)d->row_count;
	put_shades(d, y + b->line * 0.2, d->bottom - y - b->line * 0.2);
	report_brush_shares(b, d->panel, &d->pieces, &d->axis, &d->area);
	for (size_t i = 0; i < d->row_count; i++)
		put_row(d, &d->rows[i], y + row_height(b) * (double)i);
	const struct report_box whole = { d->area.x, d->area.y, d->area.width,
		d->bottom - d->area.y };
	report_brush_times(b, rule, &d->pieces, &d->axis, &whole);
	for (size_t i = 0; i < d->lane_count; i++)
		put_rules(d, &d->lanes[i]);
}

/* A failure of seconds in a run of hours: only the time around it, when that
 * is much less.  The last fault's consequences may go on to the end. */
static void
choose_window(const struct sim_record *record, const struct sim_case *c,
    uint64_t *from_ns, uint64_t *to_ns)
{
	uint64_t end = record->bin_count * record->bin_ns;
	uint64_t first = UINT64_MAX, last = 0;

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
	struct drawing d = { .b = b, .panel = panel };
	uint64_t from, to;

	choose_window(panel->study->record, panel->subject->of, &from, &to);
	int made = report_pieces_make_between(
	    &d.pieces, panel->study->record, rule, from, to);

	d.area.x = panel->box.x + report_brush_shares_left(b, rule);
	d.area.width = panel->box.x + panel->box.width - d.area.x -
		       report_brush_shares_right(b, rule);
	d.axis = report_time_axis(&d.pieces, d.area.x, d.area.width);
	for (size_t i = 0; made == 0 && i < ROWS_MAX; i++)
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
		struct event events[EVENTS];
		size_t count = events_of(f, events);
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
