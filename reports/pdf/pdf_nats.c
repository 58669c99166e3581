/* SPDX-License-Identifier: MIT */
/* Inbound NAT rules in report.pdf: a table of those that had traffic. */
#include "reports/pdf/document.h"
#include "reports/words/nats.h"
#include <stdlib.h>

#define BODY     9.5
#define ROWS_MAX 40 /* a case */
#define PICTURE  (&report_picture)

static const struct report_column columns[] = {
	{ "Rule/member", 0.40, REPORT_LEFT },
	{ "Flows", 0.12, REPORT_RIGHT },
	{ "Packets", 0.14, REPORT_RIGHT },
	{ "to the member", 0.16, REPORT_RIGHT },
	{ "Bytes", 0.18, REPORT_RIGHT },
};
static const struct report_sheet sheet = { columns, 5 };

static void
put_row(struct report_document *doc, const struct sim_nat *nat)
{
	char text[4][REPORT_TEXT_BYTES];
	char *name = report_clean(nat->name, true);
	const char *cells[] = {
		name != NULL ? name : "?",
		report_count(text[0], PICTURE, nat->flows),
		report_count(text[1], PICTURE, nat->packets),
		report_count(text[2], PICTURE, nat->packets_in),
		report_count(text[3], PICTURE, nat->bytes),
	};

	report_sheet_row(doc, &sheet, cells, false);
	free(name);
}

static void
put_case(struct report_document *doc, const struct sim_case *c)
{
	size_t count;
	const struct sim_nat **order = report_nats_order(c, &count);

	doc->pen.no_memory |= order == NULL;
	if (count > 0) {
		if (doc->study->record->case_count > 1)
			report_paragraph_take(
			    doc, report_clean(c->name, true), BODY, true, 3);
		report_sheet_head(doc, &sheet);
	}
	for (size_t i = 0; order != NULL && i < count && i < ROWS_MAX; i++)
		put_row(doc, order[i]);
	if (count > ROWS_MAX)
		report_paragraph_take(doc,
		    report_compose("%d of %zu, the busiest first; summary.json "
				   "has all.",
			ROWS_MAX, count),
		    BODY, false, 4);
	doc->y += count > 0 ? 10 : 0;
	free(order);
}

void
report_put_nat_rules(struct report_document *doc)
{
	const struct sim_record *record = doc->study->record;
	uint64_t packets = 0;

	for (size_t i = 0; i < record->case_count; i++)
		packets += report_nat_packets(&record->cases[i]);
	if (packets == 0)
		return;
	report_page_need(doc, 100);
	if (doc->y > doc->page.y)
		doc->y += 18;
	report_heading(doc, "Inbound NAT rules", true);
	for (size_t i = 0; i < record->case_count; i++)
		put_case(doc, &record->cases[i]);
}
