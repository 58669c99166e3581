/* SPDX-License-Identifier: MIT */
#include "reports/figures/brush.h"
#include "reports/text/csv.h"
#include "reports/words/failover_words.h"
#include <math.h>
#include <stdlib.h>

/*
 * What became of flows, case by case: how many kept their member, moved, moved
 * needlessly; how many connections broke; of several balancers, what became of
 * flows that changed balancer.  One scale for all.
 */
#define CASES_MAX 12
#define PARTS     3
#define PICTURE   (&report_picture)

struct bar {
	const char *what;
	uint64_t parts[PARTS];
	enum report_paint paints[PARTS];
	const char *names[PARTS];
};

static uint64_t
sum_of(const struct sim_case *c, enum report_outcome outcome)
{
	double sum = report_sum(c, outcome);

	return isnan(sum) ? 0 : (uint64_t)sum;
}

static uint64_t
flows_of(const struct sim_case *c)
{
	uint64_t flows = 0;

	for (size_t i = 0; i < c->rule_count; i++)
		flows += c->rules[i].flows;
	return flows;
}

/* Less is 0: a flow may move in two failovers. */
static uint64_t
without(uint64_t of, uint64_t part)
{
	return of > part ? of - part : 0;
}

static struct bar
flows_bar(const struct sim_case *c)
{
	uint64_t moved = sum_of(c, REPORT_MOVED);
	uint64_t needless = sum_of(c, REPORT_NEEDLESS);

	return (struct bar){
		.what = "flows",
		.parts = { without(flows_of(c), moved),
		    without(moved, needless), needless },
		.paints = { REPORT_PAINT_KEPT, REPORT_PAINT_MOVED,
		    REPORT_PAINT_NEEDLESS },
		.names = { "kept", "moved", "moved needlessly" },
	};
}

static struct bar
broken_bar(const struct sim_case *c)
{
	return (struct bar){
		.what = "open connections",
		.parts = { sum_of(c, REPORT_BROKEN) },
		.paints = { REPORT_PAINT_FAULT, 0, 0 },
		.names = { "broken", "", "" },
	};
}

static struct bar
rehomed_bar(const struct sim_case *c)
{
	return (struct bar){
		.what = "changed balancer",
		.parts = { without(c->rehomed, c->rehomed_moved),
		    without(c->rehomed_moved, c->rehomed_broken),
		    c->rehomed_broken },
		.paints = { REPORT_PAINT_KEPT, REPORT_PAINT_MOVED,
		    REPORT_PAINT_FAULT },
		.names = { "kept", "moved", "broken" },
	};
}

static bool
is_rehomed(const struct report_study *study)
{
	for (size_t i = 0; i < study->record->case_count; i++)
		if (study->record->cases[i].rehomed > 0)
			return true;
	return false;
}

static size_t
cases_of(const struct report_study *study)
{
	size_t count = study->record->case_count;

	return count < CASES_MAX ? count : CASES_MAX;
}

static bool
has(const struct report_study *study, const struct report_subject *s)
{
	bool any = is_rehomed(study);

	for (size_t i = 0; i < study->record->case_count; i++)
		any |= study->record->cases[i].failover_count > 0;
	return s == study->chosen && any;
}

static double
case_height(const struct report_brush *b, const struct report_study *study)
{
	return b->line * (is_rehomed(study) ? 8 : 5.8);
}

static double
height(const struct report_brush *b, const struct report_panel *panel)
{
	return case_height(b, panel->study) * (double)cases_of(panel->study) +
	       b->line * 0.4;
}

/* "427 flows: 399 kept, 28 moved, 3 moved needlessly" */
static char *
numbers_of(const struct bar *bar)
{
	char *text = report_compose("%s: ", bar->what);

	for (size_t i = 0; i < PARTS && text != NULL; i++) {
		char count[REPORT_TEXT_BYTES];
		if (bar->names[i][0] == '\0')
			continue;
		char *more = report_compose("%s%s%s %s", text,
		    i > 0 ? ", " : "",
		    report_count(count, PICTURE, bar->parts[i]), bar->names[i]);
		free(text);
		text = more;
	}
	return text;
}

static double
put_bar(const struct report_brush *b, const struct report_panel *panel,
    const struct bar *bar, double y, double per_flow)
{
	char *numbers = numbers_of(bar);
	double x = panel->box.x;

	if (numbers != NULL)
		report_brush_text(b, x, y + b->line * 0.5, panel->box.width,
		    REPORT_LEFT, false, numbers);
	for (size_t i = 0; i < PARTS; i++) {
		double wide = (double)bar->parts[i] * per_flow;
		const struct report_box part = { x, y + b->line * 1.1,
			fmax(wide, 1), b->line * 0.8 };
		if (bar->parts[i] == 0)
			continue;
		report_brush_box(b, &part, bar->paints[i], numbers);
		x += part.width;
	}
	free(numbers);
	return y + b->line * 2.1;
}

static double
per_flow_of(const struct report_panel *panel)
{
	uint64_t most = 1;

	for (size_t i = 0; i < cases_of(panel->study); i++) {
		const struct sim_case *c = &panel->study->record->cases[i];
		uint64_t of = flows_of(c);
		most = of > most ? of : most;
		most = c->rehomed > most ? c->rehomed : most;
		/* flows that moved more than once */
		of = sum_of(c, REPORT_MOVED) + sum_of(c, REPORT_BROKEN);
		most = of > most ? of : most;
	}
	/* parts of nearly nothing are seen, too */
	return (panel->box.width - PARTS) / (double)most;
}

static void
draw(const struct report_brush *b, const struct report_panel *panel)
{
	const struct report_study *study = panel->study;
	double per_flow = per_flow_of(panel), y = panel->box.y;

	for (size_t i = 0; i < cases_of(study); i++) {
		const struct sim_case *c = &study->record->cases[i];
		const struct bar flows = flows_bar(c), broken = broken_bar(c);
		const struct bar rehomed = rehomed_bar(c);
		char *name = report_clean(c->name, true);
		double at = y;
		if (name != NULL)
			report_brush_text(b, panel->box.x, at + b->line * 0.5,
			    panel->box.width, REPORT_LEFT, true, name);
		free(name);
		at += b->line * 1.1;
		at = put_bar(b, panel, &flows, at, per_flow);
		at = put_bar(b, panel, &broken, at - b->line * 0.1, per_flow);
		if (is_rehomed(study))
			put_bar(b, panel, &rehomed, at, per_flow);
		y += case_height(b, study);
	}
}

const struct report_sketch report_sketch_kept = { height, draw };

static double
paper_height(const struct report_panel *panel)
{
	return report_sketch_height(&report_sketch_kept, panel);
}

static void
paper_draw(const struct report_panel *panel)
{
	report_sketch_draw(&report_sketch_kept, panel);
}

static int
csv(const struct report_study *study, FILE *to)
{
	report_put(to, "case,flows,moved,moved_needlessly,broken,rehomed,"
		       "rehomed_moved,rehomed_broken\n");
	for (size_t i = 0; i < study->record->case_count; i++) {
		const struct sim_case *c = &study->record->cases[i];
		const uint64_t of[] = { flows_of(c), sum_of(c, REPORT_MOVED),
			sum_of(c, REPORT_NEEDLESS), sum_of(c, REPORT_BROKEN),
			c->rehomed, c->rehomed_moved, c->rehomed_broken };
		report_csv_text(to, c->name);
		for (size_t k = 0; k < sizeof(of) / sizeof(of[0]); k++)
			report_print(to, ",%llu", (unsigned long long)of[k]);
		report_put(to, "\n");
	}
	return ferror(to) ? -1 : 0;
}

const struct report_art report_art_kept = {
	.has = has,
	.height = paper_height,
	.draw = paper_draw,
	.csv = csv,
};
