/* SPDX-License-Identifier: MIT */
#include "reports/pdf/document.h"
#include "reports/words/failover_words.h"
#include <stdlib.h>

#define BODY      9.5
#define ROWS_MAX  120
#define COLUMNS   11
#define PICTURE   (&report_picture)
#define TEXT_ROOM (3 * REPORT_TEXT_BYTES)

static const struct report_column columns[COLUMNS] = {
	{ "Fault", 0.205, REPORT_LEFT },
	{ "At", 0.065, REPORT_RIGHT },
	{ "Noticed", 0.080, REPORT_RIGHT },
	{ "Expected", 0.100, REPORT_RIGHT },
	{ "Back", 0.070, REPORT_RIGHT },
	{ "Moved", 0.075, REPORT_RIGHT },
	{ "Needless", 0.095, REPORT_RIGHT },
	{ "Broken", 0.080, REPORT_RIGHT },
	{ "Lost", 0.070, REPORT_RIGHT },
	{ "Retries", 0.080, REPORT_RIGHT },
	{ "Failed", 0.080, REPORT_RIGHT },
};
static const struct report_sheet sheet = { columns, COLUMNS };

static void
expected_text(char *to, const struct sim_failover *f)
{
	char low[REPORT_TEXT_BYTES], high[REPORT_TEXT_BYTES];

	if (f->soonest_ns == SIM_NO_TIME || f->latest_ns == SIM_NO_TIME)
		report_format(to, TEXT_ROOM, "%s",
		    f->detected_ns == SIM_NO_TIME && report_is_probed_for(f)
			? "never"
			: "-");
	else
		report_format(to, TEXT_ROOM, "%s\xe2\x80\x93%s",
		    report_moment(low, PICTURE, (double)f->soonest_ns / 1e9),
		    report_moment(high, PICTURE, (double)f->latest_ns / 1e9));
}

/* Whose faults follow. */
static void
put_case(struct report_document *doc, const struct sim_case *c)
{
	const char *cells[COLUMNS];
	char *name = report_clean(c->name, true);

	if (doc->study->record->case_count > 1 && c->failover_count > 0) {
		for (size_t i = 0; i < COLUMNS; i++)
			cells[i] = "";
		cells[0] = name != NULL ? name : "";
		report_sheet_row(doc, &sheet, cells, true);
	}
	doc->pen.no_memory |= name == NULL;
	free(name);
}

static void
put_row(struct report_document *doc, const struct sim_failover *f)
{
	static const enum report_outcome counts[] = { REPORT_MOVED,
		REPORT_NEEDLESS, REPORT_BROKEN, REPORT_LOST, REPORT_RETRIES,
		REPORT_GIVEN_UP };
	char text[COLUMNS][TEXT_ROOM];
	const char *cells[COLUMNS];
	char *fault = report_fault_name(f, 40);

	doc->pen.no_memory |= fault == NULL;
	cells[0] = fault != NULL ? fault : "";
	cells[1] = report_moment(text[1], PICTURE, (double)f->at_ns / 1e9);
	cells[2] =
	    report_moment(text[2], PICTURE, report_outcome(f, REPORT_DETECTED));
	expected_text(text[3], f);
	cells[3] = text[3];
	cells[4] =
	    report_moment(text[4], PICTURE, report_outcome(f, REPORT_RESTORED));
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		cells[5 + i] = report_count(text[5 + i], PICTURE,
		    (uint64_t)report_outcome(f, counts[i]));
	report_sheet_row(doc, &sheet, cells, false);
	free(fault);
}

static void
put_clients(struct report_document *doc, const struct sim_case *c)
{
	char *words = report_clients_words(c, PICTURE);
	char *name = report_clean(c->name, true);

	if (words != NULL && words[0] != '\0' && name != NULL)
		report_paragraph_take(doc,
		    report_compose("%s: %s.", name, words), BODY, false, 3);
	free(words);
	free(name);
}

static bool
has_clients(const struct sim_record *record)
{
	for (size_t i = 0; i < record->case_count; i++)
		if (record->cases[i].clients.sessions > 0)
			return true;
	return false;
}

void
report_put_failures(struct report_document *doc)
{
	const struct sim_record *record = doc->study->record;
	size_t faults = report_count_faults(record), rows = 0;

	if (faults > 0) {
		report_page_need(doc, 100);
		if (doc->y > doc->page.y)
			doc->y += 18;
		report_heading(doc, "The failures in numbers", true);
		report_sheet_head(doc, &sheet);
	}
	for (size_t i = 0; i < record->case_count && rows < ROWS_MAX; i++) {
		const struct sim_case *c = &record->cases[i];
		put_case(doc, c);
		for (size_t f = 0; f < c->failover_count && rows < ROWS_MAX;
		     f++, rows++)
			put_row(doc, &c->failovers[f]);
	}
	if (faults > ROWS_MAX)
		report_paragraph_take(doc,
		    report_compose("The first %d of %zu; summary.json has all.",
			ROWS_MAX, faults),
		    BODY, false, 4);
	doc->y += faults > 0 ? 8 : 0;
	if (faults == 0 && has_clients(record)) {
		if (doc->y > doc->page.y)
			doc->y += 18;
		report_heading(doc, "What clients saw", true);
	}
	for (size_t i = 0; i < record->case_count; i++)
		put_clients(doc, &record->cases[i]);
}
