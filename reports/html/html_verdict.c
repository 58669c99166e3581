/* SPDX-License-Identifier: MIT */
#include "reports/html/html_parts.h"
#include "reports/words/input.h"
#include "reports/words/checks.h"
#include "reports/stats/snat.h"
#include "reports/figures/titles.h"
#include "reports/words/finding.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PICTURE (&report_picture)

/* The verdict's lines; those that begin with blanks belong to the one
 * before. */
static void
put_lines(struct report_page *page)
{
	char *text = strdup(page->study->verdict), *state = NULL;
	bool nested = false;

	page->no_memory |= text == NULL;
	for (char *line = text ? strtok_r(text, "\n", &state) : NULL;
	     line != NULL; line = strtok_r(NULL, "\n", &state)) {
		bool hangs = line[0] == ' ';
		if (hangs != nested)
			report_page_put(page, hangs ? "<ul>\n" : "</ul>\n");
		nested = hangs;
		report_page_put(page, hangs ? "<li>" : "<p>");
		report_page_prose(page, strdup(line + strspn(line, " ")));
		report_page_put(page, hangs ? "</li>\n" : "</p>\n");
	}
	if (nested)
		report_page_put(page, "</ul>\n");
	free(text);
}

/* Are members' own connections what there was? */
static bool
is_outbound(const struct sim_record *record)
{
	return report_snat_case(record) != SIZE_MAX;
}

/* What members' own connections met, where they began some. */
static void
put_snat(struct report_page *page)
{
	const struct sim_record *record = page->study->record;

	/* else the headline has told */
	if (report_is_about_snat(record) || !is_outbound(record))
		return;
	char *finding = report_snat_finding(record);
	report_page_put(page, "<p>");
	report_page_prose(
	    page, finding != NULL ? report_compose("%s.", finding) : NULL);
	report_page_put(page, "</p>\n");
	free(finding);
}

static void
put_fact(struct report_page *page, const char *what, const char *value)
{
	report_page_print(page, "<div><dt>%s</dt><dd>", what);
	report_page_text(page, value);
	report_page_put(page, "</dd></div>\n");
}

static void
put_count(struct report_page *page, const char *what, uint64_t value)
{
	char text[REPORT_TEXT_BYTES];
	put_fact(page, what, report_count(text, PICTURE, value));
}

static void
put_facts(struct report_page *page)
{
	const struct sim_input *in = &page->study->record->input;
	uint64_t skipped = in->not_ip + in->truncated + in->malformed +
			   in->other_protocol + in->icmp + in->over_limit;
	char text[REPORT_TEXT_BYTES];
	char *name = report_input_name(page->study->record);

	report_page_put(page, "<dl class=\"facts\">\n");
	put_fact(page, in->file_count == 0 ? "Scenario" : "Capture", name);
	put_fact(page, "Duration", report_span(text, PICTURE, in->duration_ns));
	put_count(page, "Packets", in->packets);
	put_count(page, "Packets not replayed", skipped);
	put_count(page, "Flows", in->flows);
	if (page->study->chosen != NULL)
		put_count(
		    page, "Backends", page->study->chosen->rule->backend_count);
	report_page_put(page, "</dl>\n");
	page->no_memory |= name == NULL;
	free(name);
}

static void
put_warnings(struct report_page *page)
{
	const struct sim_record *record = page->study->record;

	if (report_is_partial(record))
		report_page_put(page,
		    "<p class=\"warning\"><strong>PARTIAL:</strong> some input "
		    "could not be read or was left out; "
		    "<a href=\"#method\">the method</a> says what.</p>\n");
	if (record->interrupted)
		report_page_put(page,
		    "<p class=\"warning\"><strong>INTERRUPTED:</strong> the "
		    "run was stopped.</p>\n");
}

void
report_html_verdict(struct report_page *page)
{
	if (page->study->chosen != NULL)
		put_lines(page);
	else
		report_page_element(
		    page, "p", NULL, report_why_empty(page->study));
	put_snat(page);
	if (page->study->chosen == NULL && is_outbound(page->study->record))
		put_lines(page); /* what else there is to say of them */
	put_warnings(page);
	report_html_assertions(page);
	put_facts(page);
}

/* --- assertions ----------------------------------------------------------- */

static void
put_check(struct report_page *page, const struct report_check *check)
{
	char measured[REPORT_TEXT_BYTES];

	report_row_open(page, check->text);
	report_cell_number(
	    page, isnan(check->measured) && check->reason != NULL
		      ? check->reason
		      : report_digits(measured, PICTURE, check->measured));
	report_page_print(page, "<td class=\"%s\">%s</td>",
	    check->pass ? "pass" : "fail", check->pass ? "PASS" : "FAIL");
	report_row_close(page);
}

/* What the run was held to; nothing where nothing was asked. */
void
report_html_assertions(struct report_page *page)
{
	static const struct report_heading headings[] = { { "Asserted", false },
		{ "Measured", true }, { "Result", false } };
	struct report_checks checks;
	char caption[64];

	if (report_checks_make(&checks, page->study->record) != 0)
		page->no_memory = true;
	report_format(caption, sizeof(caption), "%zu of %zu assertions hold",
	    checks.count - checks.failed, checks.count);
	const struct report_grid grid = { "assertions", caption, headings, 3,
		true };
	if (checks.count > 0) {
		report_grid_open(page, &grid);
		for (size_t i = 0; i < checks.count; i++)
			put_check(page, &checks.at[i]);
		report_grid_close(page);
	}
	report_checks_free(&checks);
}
