/* SPDX-License-Identifier: MIT */
/* The lanes above a failover's timeline: a fault each, its marks, how long it
 * took to notice and to recover, and the rules that lead down from them. */
#include "reports/figures/failover_lanes.h"
#include "reports/words/failover_words.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LANES_WIDE   3 /* so many get labels and brackets */
#define NAME_COLUMNS 40
#define NARROW       22 /* in the page */
#define PICTURE      (&report_picture)
#define TEXT_GAP(b)  ((b)->line * 0.5)

/* --- which, and how high -------------------------------------------------- */

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

/* The gravest, in order of time. */
static bool
has_lane(const struct sim_case *c, size_t index)
{
	const struct sim_failover *ours = &c->failovers[index];
	size_t graver = 0;

	for (size_t i = 0; i < c->failover_count; i++) {
		const struct sim_failover *of = &c->failovers[i];
		graver += report_is_graver(of, ours) ||
			  (i < index && !report_is_graver(ours, of));
	}
	return graver < REPORT_LANES_MAX;
}

static size_t
lanes_of(const struct sim_case *c)
{
	return c->failover_count < REPORT_LANES_MAX ? c->failover_count
						    : REPORT_LANES_MAX;
}

double
report_lanes_height(const struct report_brush *b, const struct sim_case *c)
{
	return (double)lanes_of(c) * lane_height(b, c) +
	       (c->failover_count > REPORT_LANES_MAX ? b->line : 0);
}

/* --- one ------------------------------------------------------------------ */

static double
x_after(const struct report_failover_drawing *d, const struct sim_failover *f,
    uint64_t ns)
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
x_over(const struct report_failover_drawing *d, const struct sim_failover *f)
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
x_found(const struct report_failover_drawing *d, const struct sim_failover *f)
{
	return f->detected_ns != SIM_NO_TIME ? x_after(d, f, f->detected_ns)
					     : x_over(d, f);
}

/* The time in which nobody noticed. */
static void
put_blind(const struct report_failover_drawing *d, const struct sim_failover *f,
    double y, double high)
{
	double at = report_time_of(&d->axis, f->at_ns);
	const struct report_box blind = { at, y, x_found(d, f) - at, high };

	if (blind.width > 0)
		report_brush_box(d->b, &blind, REPORT_PAINT_BLIND, NULL);
}

/* The time in which others did the work. */
static void
put_away(const struct report_failover_drawing *d, const struct sim_failover *f,
    double y, double high)
{
	double found = x_found(d, f);
	const struct report_box away = { found, y, x_over(d, f) - found, high };

	if (away.width > 0)
		report_brush_box(d->b, &away, REPORT_PAINT_AWAY, NULL);
}

/* In order of time; what never happened is left out. */
size_t
report_failover_events(
    const struct sim_failover *f, struct report_failover_event *to)
{
	const struct report_failover_event all[REPORT_FAILOVER_EVENTS] = {
		{ 0, REPORT_SHAPE_FAULT, "fault" },
		{ f->failed_ns, REPORT_SHAPE_TICK, "probe fails" },
		{ f->detected_ns, REPORT_SHAPE_DOWN, "marked down" },
		{ f->rerouted_ns, REPORT_SHAPE_REROUTED, "rerouted" },
		{ f->restored_ns, REPORT_SHAPE_BACK, "back" },
	};
	size_t count = 0;

	for (size_t i = 0; i < REPORT_FAILOVER_EVENTS; i++)
		if (all[i].after_ns != SIM_NO_TIME)
			to[count++] = all[i];
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j > 0 && to[j].after_ns < to[j - 1].after_ns;
		     j--) {
			struct report_failover_event swap = to[j];
			to[j] = to[j - 1];
			to[j - 1] = swap;
		}
	return count;
}

/* "fault at 30 s", "marked down +8.5 s" */
static void
event_tip(char *to, size_t bytes, const struct sim_failover *f,
    const struct report_failover_event *e)
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
put_marks(const struct report_failover_drawing *d, const struct sim_failover *f,
    double y)
{
	struct report_failover_event events[REPORT_FAILOVER_EVENTS];
	size_t count = report_failover_events(f, events);
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
join_labels(const struct report_failover_drawing *d,
    const struct sim_failover *f, struct label *labels)
{
	struct report_failover_event events[REPORT_FAILOVER_EVENTS];
	size_t count = report_failover_events(f, events), joined = 0;

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
put_labels(const struct report_failover_drawing *d,
    const struct sim_failover *f, double y, double bar)
{
	struct label labels[REPORT_FAILOVER_EVENTS];
	double x[REPORT_FAILOVER_EVENTS], width[REPORT_FAILOVER_EVENTS];
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
put_brackets(const struct report_failover_drawing *d,
    const struct sim_failover *f, double y)
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
clear_for(
    const struct report_failover_drawing *d, double x, double y, double width)
{
	const struct report_box box = { x - 1, y - d->b->line * 0.45, width + 2,
		d->b->line * 0.9 };

	report_pen_fill(d->b->pen, &box, &report_white);
}

/* A line of text over its fault, but within the panel. */
static void
put_lane_text(const struct report_failover_drawing *d,
    const struct report_lane *lane, double y, bool wide)
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
put_lane(const struct report_failover_drawing *d,
    const struct report_lane *lane, bool wide)
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
put_lead(const struct report_failover_drawing *d,
    const struct report_lane *lane, double bottom)
{
	double x = report_time_of(&d->axis, lane->of->at_ns);

	report_brush_line(d->b, x, lane->y + d->b->line * 1.3 + d->b->mark, x,
	    bottom, REPORT_PAINT_FAULT);
}

/* Through the shares and all below. */
void
report_put_rules(
    const struct report_failover_drawing *d, const struct report_lane *lane)
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

/* --- all of them ---------------------------------------------------------- */

double
report_put_lanes(struct report_failover_drawing *d)
{
	const struct sim_case *c = d->panel->subject->of;
	double y = d->panel->box.y, high = lane_height(d->b, c);
	char text[2 * REPORT_TEXT_BYTES];

	for (size_t i = 0; i < c->failover_count; i++)
		if (has_lane(c, i) && d->lane_count < REPORT_LANES_MAX) {
			d->lanes[d->lane_count++] =
			    (struct report_lane){ &c->failovers[i], y };
			y += high;
		}
	double bottom = y + d->b->line * 0.6 +
			(c->failover_count > REPORT_LANES_MAX ? d->b->line : 0);
	/* the page is too narrow for texts beside them */
	bool has_leads = !is_wide(c) && d->b->pen != NULL;
	for (size_t i = 0; i < d->lane_count && has_leads; i++)
		put_lead(d, &d->lanes[i], bottom);
	for (size_t i = 0; i < d->lane_count; i++)
		put_lane(d, &d->lanes[i], is_wide(c));
	if (c->failover_count > REPORT_LANES_MAX) {
		report_format(text, sizeof(text),
		    "and %zu faults more, which did less",
		    c->failover_count - REPORT_LANES_MAX);
		report_brush_text(d->b, d->panel->box.x, y + d->b->line * 0.4,
		    d->panel->box.width, REPORT_LEFT, false, text);
		y += d->b->line;
	}
	return y + d->b->line * 0.6;
}

/* What was never noticed lies beneath all else, what was quickly above. */
void
report_put_shades(
    const struct report_failover_drawing *d, double y, double high)
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
