/* SPDX-License-Identifier: MIT */
/* SNAT ports in report.pdf: the picture, a sentence a case, the fullest. */
#include "reports/pdf/document.h"
#include "reports/stats/snat.h"
#include "model/config/names.h"
#include <stdlib.h>

#define BODY      9.5
#define TURNS_MAX 5
#define ROWS_MAX  40 /* a case */
#define PICTURE   (&report_picture)

static const struct report_column columns[] = {
	{ "Member", 0.20, REPORT_LEFT },
	{ "Frontend", 0.13, REPORT_LEFT },
	{ "", 0.05, REPORT_LEFT },
	{ "Ports", 0.08, REPORT_RIGHT },
	{ "Most in use", 0.12, REPORT_RIGHT },
	{ "of them", 0.09, REPORT_RIGHT },
	{ "Opened", 0.10, REPORT_RIGHT },
	{ "Found none", 0.12, REPORT_RIGHT },
	{ "", 0.11, REPORT_RIGHT },
};
static const struct report_sheet sheet = { columns, 9 };

static void
put_row(struct report_document *doc, const struct sim_snat *g)
{
	char text[5][REPORT_TEXT_BYTES];
	char *member = report_clean(g->member, true);
	char *frontend = report_clean(g->frontend, true);
	const char *cells[] = {
		member != NULL ? member : "?",
		frontend != NULL ? frontend : "?",
		lb_proto_name(g->proto),
		report_count(text[0], PICTURE, report_snat_ports(g)),
		report_count(text[1], PICTURE, g->peak),
		report_percent(text[2], PICTURE, report_snat_fullness(g)),
		report_count(text[3], PICTURE, g->opened),
		report_count(text[4], PICTURE, g->failed),
		report_snat_mark(g),
	};

	report_sheet_row(doc, &sheet, cells, g->failed > 0);
	free(frontend);
	free(member);
}

static void
put_rows(struct report_document *doc, const struct sim_case *c)
{
	const size_t used = report_snat_count_used(c);
	size_t *order = report_snat_order(c), rows = 0;

	doc->pen.no_memory |= order == NULL;
	report_sheet_head(doc, &sheet);
	for (size_t i = 0;
	     order != NULL && i < c->snat_count && rows < ROWS_MAX; i++)
		if (report_snat_is_used(&c->snat[order[i]])) {
			put_row(doc, &c->snat[order[i]]);
			rows++;
		}
	if (used > ROWS_MAX)
		report_paragraph_take(doc,
		    report_compose("%d of %zu, those in trouble first; "
				   "summary.json has all.",
			ROWS_MAX, used),
		    BODY, false, 4);
	free(order);
}

static void
put_spread(struct report_document *doc, size_t of_case)
{
	char *words =
	    report_snat_spread_words(doc->study->record, of_case, PICTURE);

	doc->pen.no_memory |= words == NULL;
	if (words != NULL && words[0] != '\0')
		report_paragraph_take(
		    doc, report_compose("%s.", words), BODY, false, 6);
	free(words);
}

static void
put_turns(struct report_document *doc, const struct sim_case *c)
{
	for (size_t i = 0; i < c->turn_count && i < TURNS_MAX; i++) {
		char *words = report_snat_turn_words(&c->turns[i], PICTURE);
		report_paragraph_take(doc,
		    words != NULL ? report_compose("%s.", words) : NULL, BODY,
		    false, 6);
		free(words);
	}
}

static void
put_case(struct report_document *doc, size_t of_case)
{
	const struct sim_case *c = &doc->study->record->cases[of_case];
	const size_t worst = report_snat_worst(c);

	if (worst == SIZE_MAX || !report_snat_is_used(&c->snat[worst]))
		return;
	report_page_need(doc, 100);
	char *words = report_snat_words(c, worst, PICTURE);
	char *name = doc->study->record->case_count > 1
			 ? report_clean(c->name, true)
			 : NULL;
	report_paragraph_take(doc,
	    words == NULL  ? NULL
	    : name == NULL ? report_compose("%s.", words)
			   : report_compose("%s: %s.", name, words),
	    BODY, false, 6);
	free(name);
	free(words);
	put_turns(doc, c);
	put_spread(doc, of_case);
	put_rows(doc, c);
	doc->y += 10;
}

void
report_put_snat(struct report_document *doc)
{
	const struct sim_record *record = doc->study->record;

	if (report_snat_case(record) == SIZE_MAX)
		return;
	if (!report_is_key_figure(doc->study, REPORT_FIGURE_SNAT))
		report_put_figure(doc, REPORT_FIGURE_SNAT);
	report_page_need(doc, 140);
	if (doc->y > doc->page.y)
		doc->y += 18;
	report_heading(doc, "SNAT ports in numbers", true);
	for (size_t i = 0; i < record->case_count; i++)
		put_case(doc, i);
}
