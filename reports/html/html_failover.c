/* SPDX-License-Identifier: MIT */
/* What failures did, in report.html: pictures by brush, a table, sentences. */
#include "reports/figures/brush.h"
#include "reports/words/failover_words.h"
#include "reports/html/html_figures.h"
#include "reports/html/html_parts.h"
#include <math.h>
#include <stdlib.h>

#define COLUMNS  15u
#define ROWS_MAX 200
#define TOLD_MAX 4
#define PICTURE  (&report_picture)

void
report_html_failover(
    struct report_page *page, const struct report_subject *subject)
{
	report_sketch_page(&report_sketch_failover, page, subject,
	    "What happened when: faults and what was noticed of them, each "
	    "backend\xe2\x80\x99s share over time, and what was lost; the "
	    "table of failures has the values");
}

void
report_html_detect(
    struct report_page *page, const struct report_subject *subject)
{
	report_sketch_page(&report_sketch_detect, page, subject,
	    "How long it took to notice each fault, over replications; the "
	    "data file of this picture has the values");
}

void
report_html_kept(struct report_page *page, const struct report_subject *subject)
{
	report_sketch_page(&report_sketch_kept, page, subject,
	    "Flows kept, moved and broken in each case, with their numbers");
}

void
report_html_response(
    struct report_page *page, const struct report_subject *subject)
{
	report_sketch_page(&report_sketch_response, page, subject,
	    "Share of the answered requests that took longer, by time; the "
	    "data file of this picture has the values");
}

void
report_html_failover_legend(struct report_page *page)
{
	report_page_put(page,
	    "<ul class=\"legend\"><li class=\"blind-key\">until it was "
	    "noticed</li><li class=\"away-key\">until it was back</li></ul>\n");
}

/* --- the table ------------------------------------------------------------ */

static void
put_moment(struct report_page *page, double seconds)
{
	char text[REPORT_TEXT_BYTES];

	report_cell_number(page, report_moment(text, PICTURE, seconds));
}

/* "5 s to 10 s" */
static void
put_expected(struct report_page *page, const struct sim_failover *f)
{
	char low[REPORT_TEXT_BYTES], high[REPORT_TEXT_BYTES];
	char text[3 * REPORT_TEXT_BYTES];

	if (f->soonest_ns == SIM_NO_TIME || f->latest_ns == SIM_NO_TIME) {
		report_cell_number(page,
		    f->detected_ns == SIM_NO_TIME && report_is_probed_for(f)
			? "never"
			: "-");
		return;
	}
	report_format(text, sizeof(text), "%s to %s",
	    report_moment(low, PICTURE, (double)f->soonest_ns / 1e9),
	    report_moment(high, PICTURE, (double)f->latest_ns / 1e9));
	report_cell_number(page, text);
}

static void
put_row(struct report_page *page, const struct sim_case *c,
    const struct sim_failover *f, bool named)
{
	static const enum report_outcome counts[] = { REPORT_MOVED,
		REPORT_NEEDLESS, REPORT_BROKEN, REPORT_LOST, REPORT_RETRIES,
		REPORT_GIVEN_UP };
	char *name = report_fault_name(f, 60);
	char text[REPORT_TEXT_BYTES];

	page->no_memory |= name == NULL;
	report_row_open(page, name);
	if (named)
		report_cell_text(page, c->name);
	put_moment(page, (double)f->at_ns / 1e9);
	put_moment(page, report_outcome(f, REPORT_DETECTED));
	put_expected(page, f);
	put_moment(page, report_outcome(f, REPORT_REROUTED));
	put_moment(page, report_outcome(f, REPORT_RESTORED));
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		report_cell_count(page, (uint64_t)report_outcome(f, counts[i]));
	report_cell_number(page, report_nines(text, PICTURE,
				     report_outcome(f, REPORT_AVAILABILITY)));
	report_cell_number(page, report_moment(text, PICTURE,
				     60 * report_outcome(f, REPORT_BUDGET)));
	report_row_close(page);
	free(name);
}

/* One case needs no name. */
static void
put_table(struct report_page *page)
{
	static const struct report_heading headings[COLUMNS] = {
		{ "Fault", false }, { "Case", false }, { "At", true },
		{ "Noticed after", true }, { "Expected", true },
		{ "Rerouted after", true }, { "Back after", true },
		{ "Flows moved", true }, { "Need\xc2\xadlessly", true },
		{ "Broken", true }, { "Packets lost", true },
		{ "Retries", true }, { "Given up", true },
		{ "Availa\xc2\xad"
		  "bility",
		    true },
		{ "Error budget", true }
	};
	const struct sim_record *record = page->study->record;
	const bool named = record->case_count > 1;
	struct report_heading shown[COLUMNS];
	size_t faults = report_count_faults(record), rows = 0, count = 0;
	char caption[128];

	if (faults == 0)
		return;
	for (size_t i = 0; i < COLUMNS; i++)
		if (i != 1 || named)
			shown[count++] = headings[i];
	if (faults > ROWS_MAX)
		report_format(caption, sizeof(caption),
		    "What each fault did: the first %d of %zu; summary.json "
		    "has all",
		    ROWS_MAX, faults);
	else
		report_format(caption, sizeof(caption), "What each fault did");
	const struct report_grid grid = { "failures-each", caption, shown,
		count, true };
	report_grid_open(page, &grid);
	for (size_t i = 0; i < record->case_count; i++)
		for (size_t f = 0;
		     f < record->cases[i].failover_count && rows < ROWS_MAX;
		     f++, rows++)
			put_row(page, &record->cases[i],
			    &record->cases[i].failovers[f], named);
	report_grid_close(page);
}

/* --- sentences ------------------------------------------------------------ */

/* Of the chosen case, the first; the verdict has told the gravest. */
static void
put_story(struct report_page *page)
{
	const struct report_study *study = page->study;
	const struct sim_case *c =
	    study->chosen != NULL ? study->chosen->of : study->record->cases;
	size_t told = 0;

	if (study->record->case_count == 0 || c->failover_count == 0)
		return;
	report_page_put(page, "<ul>\n");
	for (size_t i = 0; i < c->failover_count && told < TOLD_MAX; i++) {
		if (report_is_told_later(c, i))
			continue;
		report_page_put(page, "<li>");
		report_page_prose(page, report_failover_words(c, i, PICTURE));
		report_page_put(page, "</li>\n");
		told++;
	}
	report_page_put(page, "</ul>\n");
	if (told == TOLD_MAX && c->failover_count > TOLD_MAX)
		report_page_put(
		    page, "<p>The table below has all of them.</p>\n");
}

static void
put_clients(struct report_page *page)
{
	const struct sim_record *record = page->study->record;

	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		char *words = report_clients_words(c, PICTURE);
		if (words != NULL && words[0] != '\0')
			report_page_element(page, "p", NULL,
			    report_compose("%s: %s.", c->name, words));
		page->no_memory |= words == NULL;
		free(words);
	}
}

void
report_html_failures(struct report_page *page)
{
	report_html_figure(page, REPORT_FIGURE_FAILOVER);
	put_story(page);
	put_table(page);
	report_html_figure(page, REPORT_FIGURE_KEPT);
	report_html_figure(page, REPORT_FIGURE_DETECT);
	put_clients(page);
	report_html_figure(page, REPORT_FIGURE_RESPONSE);
}
