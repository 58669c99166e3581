/* SPDX-License-Identifier: MIT */
/* Inbound NAT rules in report.html: a table of those that had traffic. */
#include "reports/html/html_parts.h"
#include "reports/words/nats.h"
#include <stdlib.h>

#define ROWS_MAX 200

static void
put_row(struct report_page *page, const struct sim_case *c,
    const struct sim_nat *nat)
{
	report_row_open(page, nat->name);
	if (page->study->record->case_count > 1)
		report_cell_text(page, c->name);
	report_cell_text(page, nat->member);
	report_cell_count(page, nat->flows);
	report_cell_count(page, nat->packets);
	report_cell_count(page, nat->packets_in);
	report_cell_count(page, nat->bytes);
	report_cell_count(page, nat->bytes_in);
	report_row_close(page);
}

static size_t
put_rows(struct report_page *page, const struct sim_case *c, size_t rows)
{
	size_t count;
	const struct sim_nat **order = report_nats_order(c, &count);

	page->no_memory |= order == NULL;
	for (size_t i = 0; order != NULL && i < count && rows < ROWS_MAX;
	     i++, rows++)
		put_row(page, c, order[i]);
	free(order);
	return rows;
}

static size_t
count_used(const struct sim_record *record)
{
	size_t used = 0;

	for (size_t i = 0; i < record->case_count; i++)
		for (size_t k = 0; k < record->cases[i].nat_count; k++)
			used += record->cases[i].nats[k].packets > 0;
	return used;
}

void
report_html_nats(struct report_page *page)
{
	static const struct report_heading headings[] = { { "Rule/member",
							      false },
		{ "Case", false }, { "Member", false }, { "Flows", true },
		{ "Packets", true }, { "to the member", true },
		{ "Bytes", true }, { "to the member", true } };
	const struct sim_record *record = page->study->record;
	const size_t used = count_used(record);
	struct report_heading shown[8];
	size_t rows = 0, count = 0;
	char caption[128];

	for (size_t i = 0; i < 8; i++)
		if (i != 1 || record->case_count > 1)
			shown[count++] = headings[i];
	report_format(caption, sizeof(caption),
	    used > ROWS_MAX ? "Inbound NAT rules that had traffic: %d of %zu, "
			      "the busiest first; summary.json has all"
			    : "Inbound NAT rules that had traffic",
	    ROWS_MAX, used);
	const struct report_grid grid = { "nat-rules-each", caption, shown,
		count, true };
	report_grid_open(page, &grid);
	for (size_t i = 0; i < record->case_count; i++)
		rows = put_rows(page, &record->cases[i], rows);
	report_grid_close(page);
}
