/* SPDX-License-Identifier: MIT */
#include "reports/plots/heatmap.h"
#include "reports/html/html_figures.h"
#include "reports/page/html_timeline.h"
#include <math.h>
#include <stdlib.h>

#define TOP         16.0 /* the words above */
#define VOLUME      22.0
#define VOLUME_GAP  5.0
#define STACK       150.0
#define MAP         190.0
#define NAMED_ROW   13.0
#define LEFT        36.0
#define STACK_RIGHT 132.0
#define NAMES       92.0 /* of a map's rows, at the most */

double
report_html_shares_height(const struct sim_rule *rule)
{
	double n = (double)rule->backend_count;
	return n <= REPORT_STACKED_MAX ? STACK
	       : n <= REPORT_MAP_NAMED ? NAMED_ROW * n
				       : MAP;
}

double
report_html_shares_left(const struct sim_rule *rule)
{
	double widest = 0;

	if (rule->backend_count <= REPORT_STACKED_MAX)
		return LEFT;
	if (rule->backend_count > REPORT_MAP_NAMED)
		return fmax(LEFT, report_svg_measure("loaded") + 6);
	for (size_t i = 0; i < rule->backend_count; i++)
		widest =
		    fmax(widest, report_svg_measure(rule->backends[i].name));
	return fmin(widest, NAMES) + 6;
}

double
report_html_shares_right(
    const struct report_page *page, const struct sim_rule *rule)
{
	/* names have a third of a narrow picture, and no less of a wide one */
	return rule->backend_count <= REPORT_STACKED_MAX
		   ? STACK_RIGHT * (page->width > REPORT_SVG_WIDTH ? 1.6 : 1)
		   : 4;
}

/* --- how much ------------------------------------------------------------- */

static void
put_volume(const struct report_timeline *t)
{
	const struct report_pieces *p = &t->pieces;
	char rate[REPORT_TEXT_BYTES], text[2 * REPORT_TEXT_BYTES];
	double floor_y = t->area.y - VOLUME_GAP;
	const uint64_t most = report_pieces_most(p);

	report_svg_path(t->page, "volume");
	for (size_t s = 0; s < p->stretch_count; s++) {
		report_svg_to(
		    t->page, 'M', report_time_at(&t->axis, s, 0), floor_y);
		for (size_t i = 0; i < p->stretches[s].count; i++) {
			double y =
			    floor_y -
			    VOLUME / (double)most *
				(double)p->totals[p->stretches[s].first + i];
			report_svg_to(
			    t->page, 'L', report_time_at(&t->axis, s, i), y);
			report_svg_to(t->page, 'L',
			    report_time_at(&t->axis, s, i + 1), y);
		}
		report_svg_to(t->page, 'L',
		    report_time_at(&t->axis, s, p->stretches[s].count),
		    floor_y);
		report_page_put(t->page, "Z");
	}
	report_svg_path_end(t->page, false, NULL);
	report_format(text, sizeof(text), "volume, at most %s",
	    report_pieces_rate(rate, p, most));
	report_svg_text(t->page, t->area.x, 7, REPORT_START, "soft", text);
}

/* --- what is under the pointer -------------------------------------------- */

/* A backend's line; of a map only the busiest has one. */
static char *
backend_line(const struct report_timeline *t, size_t piece, size_t backend)
{
	const struct report_pieces *p = &t->pieces;
	char share[REPORT_TEXT_BYTES];
	uint64_t bytes = p->bytes[piece * p->backend_count + backend];
	return report_compose("\n%s %s", t->rule->backends[backend].name,
	    report_percent(share, &report_picture,
		(double)bytes / (double)p->totals[piece]));
}

static char *
backend_lines(const struct report_timeline *t, size_t piece)
{
	const struct report_pieces *p = &t->pieces;
	const uint64_t *of = &p->bytes[piece * p->backend_count];
	size_t busiest = 0;
	char *all = report_compose("%s", "");

	for (size_t i = 1; i < p->backend_count; i++)
		if (of[i] > of[busiest])
			busiest = i;
	if (p->backend_count > REPORT_STACKED_MAX) {
		free(all);
		return backend_line(t, piece, busiest);
	}
	/* as they stand upon each other */
	for (size_t i = p->backend_count; i-- > 0 && all != NULL;) {
		char *line = backend_line(t, piece, i), *more = NULL;
		if (line != NULL)
			more = report_compose("%s%s", all, line);
		free(line);
		free(all);
		all = more;
	}
	return all;
}

static void
put_tip(const struct report_timeline *t, size_t stretch, size_t index)
{
	const struct report_stretch *s = &t->pieces.stretches[stretch];
	size_t piece = s->first + index;
	double from =
	    (double)s->from_ns + (double)t->pieces.piece_ns * (double)index;
	const struct report_place band = { report_time_at(
					       &t->axis, stretch, index),
		TOP, t->axis.per_piece, t->area.y + t->area.height - TOP };
	char at[REPORT_TEXT_BYTES], rate[REPORT_TEXT_BYTES];

	if (t->pieces.totals[piece] == 0)
		return;
	char *lines = backend_lines(t, piece);
	char *tip = lines == NULL ? NULL
				  : report_compose("at %s: %s%s",
					report_html_moment(at, from),
					report_pieces_rate(rate, &t->pieces,
					    t->pieces.totals[piece]),
					lines);
	report_svg_box(t->page, &band, "touch", tip);
	t->page->no_memory |= tip == NULL;
	free(lines);
	free(tip);
}

/* --- all of it ------------------------------------------------------------ */

static void
put_timeline(struct report_timeline *t)
{
	const struct report_pieces *p = &t->pieces;

	t->axis = report_time_axis(p, t->area.x, t->area.width);
	report_svg_open(t->page, t->area.y + t->area.height + 20,
	    "Each backend\xe2\x80\x99s share of the bytes over time; the data "
	    "file of this picture has the values");
	report_svg_box(t->page, &t->area, "silent", NULL);
	put_volume(t);
	if (p->backend_count <= REPORT_STACKED_MAX)
		report_html_stack(t);
	else
		report_html_map(t);
	for (size_t s = 0; s < p->stretch_count; s++)
		for (size_t i = 0; i < p->stretches[s].count; i++)
			put_tip(t, s, i);
	report_html_times(t);
	report_svg_close(t->page);
}

void
report_html_time(struct report_page *page, const struct report_subject *s)
{
	double left = report_html_shares_left(s->rule);
	double right = report_html_shares_right(page, s->rule);
	struct report_timeline t = {
		.page = page,
		.rule = s->rule,
		.area = { left, TOP + VOLUME + VOLUME_GAP,
		    page->width - left - right,
		    report_html_shares_height(s->rule) },
	};

	if (report_pieces_make(&t.pieces, page->study->record, s->rule) != 0)
		page->no_memory = true;
	else if (t.pieces.count > 0 && report_total(s->rule, REPORT_BYTES) > 0)
		put_timeline(&t);
	else
		report_page_put(page, "<p>No traffic.</p>\n");
	report_pieces_free(&t.pieces);
}

void
report_html_time_legend(struct report_page *page)
{
	const struct report_study *study = page->study;
	for (size_t i = 0; i < study->count; i++)
		if (study->subjects[i].rule->backend_count >
		    REPORT_STACKED_MAX) {
			report_html_map_legend(page);
			return;
		}
}
