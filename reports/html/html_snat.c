/* SPDX-License-Identifier: MIT */
/* SNAT ports in report.html: the picture by brush, a sentence a case, a table.
 */
#include "reports/figures/brush.h"
#include "reports/html/html_figures.h"
#include "reports/html/html_parts.h"
#include "reports/stats/snat.h"
#include "model/config/names.h"
#include <stdlib.h>

#define ROWS_MAX  200
#define TURNS_MAX 5
#define PICTURE   (&report_picture)

void
report_html_snat_picture(
    struct report_page *page, const struct report_subject *subject)
{
	report_sketch_page(&report_sketch_snat, page, subject,
	    "SNAT ports in use over time against those there are, what found "
	    "none, and the worst destination; the table of SNAT ports has the "
	    "values");
}

static void
put_spread(struct report_page *page, size_t of_case)
{
	char *words =
	    report_snat_spread_words(page->study->record, of_case, PICTURE);

	page->no_memory |= words == NULL;
	if (words != NULL && words[0] != '\0') {
		report_page_put(page, "<p>");
		report_page_prose(page, report_compose("%s.", words));
		report_page_put(page, "</p>\n");
	}
	free(words);
}

static void
put_turns(struct report_page *page, const struct sim_case *c)
{
	for (size_t i = 0; i < c->turn_count && i < TURNS_MAX; i++) {
		char *words = report_snat_turn_words(&c->turns[i], PICTURE);
		page->no_memory |= words == NULL;
		report_page_put(page, "<p>");
		report_page_prose(
		    page, words != NULL ? report_compose("%s.", words) : NULL);
		report_page_put(page, "</p>\n");
		free(words);
	}
}

static void
put_words(struct report_page *page, size_t of_case)
{
	const struct sim_case *c = &page->study->record->cases[of_case];
	const size_t worst = report_snat_worst(c);

	if (worst == SIZE_MAX || !report_snat_is_used(&c->snat[worst]))
		return;
	char *words = report_snat_words(c, worst, PICTURE);
	report_page_put(page, "<p>");
	if (page->study->record->case_count > 1) {
		report_page_name(page, c->name);
		report_page_put(page, ": ");
	}
	report_page_prose(
	    page, words != NULL ? report_compose("%s.", words) : NULL);
	report_page_put(page, "</p>\n");
	free(words);
	put_turns(page, c);
	put_spread(page, of_case);
}

static void
put_row(struct report_page *page, const struct sim_case *c, size_t i)
{
	const struct sim_snat *g = &c->snat[i];
	const struct report_snat s = report_snat_of(c, i);
	char where[REPORT_SNAT_DESTINATION_BYTES];

	report_row_open(page, g->member);
	if (page->study->record->case_count > 1)
		report_cell_text(page, c->name);
	report_cell_text(page, g->frontend);
	report_cell_text(page, lb_proto_name(g->proto));
	report_cell_count(page, report_snat_ports(g));
	report_cell_count(page, g->peak);
	report_cell_share(page, report_snat_fullness(g));
	report_cell_count(page, g->opened);
	report_cell_count(page, g->failed);
	report_cell_word(page, report_snat_destination(g, where));
	report_cell_count(page, g->worst_failed);
	report_cell_share(page, s.of_packets);
	report_cell_share(page, s.simulated);
	report_cell_share(page, s.predicted);
	report_row_close(page);
}

/* Gauges nobody asked anything of are left out. */
static size_t
put_rows(struct report_page *page, const struct sim_case *c, size_t rows)
{
	size_t *order = report_snat_order(c);

	page->no_memory |= order == NULL;
	for (size_t i = 0;
	     order != NULL && i < c->snat_count && rows < ROWS_MAX; i++)
		if (report_snat_is_used(&c->snat[order[i]])) {
			put_row(page, c, order[i]);
			rows++;
		}
	free(order);
	return rows;
}

static void
put_table(struct report_page *page)
{
	static const struct report_heading headings[] = { { "Member", false },
		{ "Case", false }, { "Frontend", false }, { "Protocol", false },
		{ "Ports", true }, { "Most in use", true }, { "of them", true },
		{ "Flows opened", true }, { "Found none", true },
		{ "Worst destination", false }, { "failed there", true },
		{ "of all packets there", true }, { "of first tries", true },
		{ "by Erlang\xe2\x80\x99s formula", true } };
	const struct sim_record *record = page->study->record;
	struct report_heading shown[14];
	size_t used = 0, rows = 0, count = 0;
	char caption[128];

	for (size_t i = 0; i < 14; i++)
		if (i != 1 || record->case_count > 1)
			shown[count++] = headings[i];
	for (size_t i = 0; i < record->case_count; i++)
		used += report_snat_count_used(&record->cases[i]);
	if (used == 0)
		return;
	report_format(caption, sizeof(caption),
	    used > ROWS_MAX ? "SNAT ports: %d of %zu, those in trouble first; "
			      "summary.json has all"
			    : "SNAT ports",
	    ROWS_MAX, used);
	const struct report_grid grid = { "snat-each", caption, shown, count,
		true };
	report_grid_open(page, &grid);
	for (size_t i = 0; i < record->case_count; i++)
		rows = put_rows(page, &record->cases[i], rows);
	report_grid_close(page);
}

void
report_html_snat(struct report_page *page)
{
	const struct sim_record *record = page->study->record;

	report_html_figure(page, REPORT_FIGURE_SNAT);
	for (size_t i = 0; i < record->case_count; i++)
		put_words(page, i);
	put_table(page);
}
