/* SPDX-License-Identifier: MIT */
#include "reports/words/definitions.h"
#include "reports/html/html_parts.h"
#include "reports/words/finding.h"
#include "reports/words/input.h"
#include <stdlib.h>

/* How it was made, for whoever wants to make it again or doubts it. */
#define PICTURE (&report_picture)

/* What the user asked for; where nothing was, all are defaults. */
static void
put_settings(struct report_page *page)
{
	const struct sim_record *record = page->study->record;
	size_t given = 0;

	if (record->setting_count == 0)
		return;
	report_page_put(page, "<p>Asked for: ");
	for (size_t i = 0; i < record->setting_count; i++) {
		const struct sim_setting *of = &record->settings[i];
		if (!of->given || of->value == NULL)
			continue;
		report_page_put(page, given++ > 0 ? ", " : "");
		report_page_text(page, of->name);
		report_page_put(page, " ");
		report_page_name(page, of->value);
	}
	report_page_put(
	    page, given == 0 ? "nothing but defaults.</p>\n" : ".</p>\n");
}

static void
put_libraries(struct report_page *page)
{
	const char *list = page->study->record->libraries;
	if (list == NULL || list[0] == '\0')
		return;
	report_page_put(page, "<p>Made with ");
	report_page_text(page, list);
	report_page_put(page, ".</p>\n");
}

static void
put_subjects(struct report_page *page)
{
	static const struct report_heading headings[] = { { "Compared", false },
		{ "Hashed by", false }, { "Algorithm", false },
		{ "Backends", true }, { "Keys", true }, { "Flows", true },
		{ "Connections", true }, { "Packets", true },
		{ "Bytes", true } };
	static const struct report_grid grid = { "compared",
		"What was compared", headings,
		sizeof(headings) / sizeof(headings[0]), true };

	if (page->study->count == 0)
		return;
	report_grid_open(page, &grid);
	for (size_t i = 0; i < page->study->count; i++) {
		const struct sim_rule *rule = page->study->subjects[i].rule;
		report_row_open(page, page->study->subjects[i].name);
		report_cell_text(page, rule->distribution);
		report_cell_text(page, rule->algorithm);
		report_cell_count(page, rule->backend_count);
		report_cell_count(page, rule->key_count);
		report_cell_count(page, rule->flows);
		report_cell_count(page, rule->connections);
		report_cell_count(page, rule->packets);
		report_cell_count(page, rule->bytes);
		report_row_close(page);
	}
	report_grid_close(page);
}

static void
put_files(struct report_page *page)
{
	static const struct report_heading headings[] = { { "Capture", false },
		{ "Packets", true }, { "SHA-256", false },
		{ "What was wrong", false } };
	static const struct report_grid grid = { "input", "Input files",
		headings, sizeof(headings) / sizeof(headings[0]), true };
	const struct sim_input *in = &page->study->record->input;

	if (in->file_count == 0)
		return;
	report_grid_open(page, &grid);
	for (size_t i = 0; i < in->file_count; i++) {
		const struct sim_file *f = &in->files[i];
		report_row_open(page, f->name);
		report_cell_count(page, f->packets);
		report_page_put(page, "<td class=\"hash\">");
		report_page_text(
		    page, f->sha256[0] != '\0' ? f->sha256 : "not reckoned");
		report_page_put(page, "</td>");
		report_cell_text(page, f->error != NULL ? f->error : "");
		report_row_close(page);
	}
	report_grid_close(page);
}

/* --- what was not --------------------------------------------------------- */

static void
put_count(
    struct report_page *page, const char *what, const char *of, uint64_t count)
{
	if (count == 0)
		return;
	report_row_open(page, what);
	report_cell_text(page, of);
	report_cell_count(page, count);
	report_row_close(page);
}

static void
put_skipped(struct report_page *page)
{
	const struct sim_input *in = &page->study->record->input;
	static const char of[] = "not replayed";

	put_count(page, "not IP", of, in->not_ip);
	put_count(page, "cut too short", of, in->truncated);
	put_count(page, "malformed", of, in->malformed);
	put_count(page, "of another protocol", of, in->other_protocol);
	put_count(page, "ICMP", of, in->icmp);
	put_count(page, "of flows beyond the limit", of, in->over_limit);
	put_count(page, "clock ran back", "held at the latest time before",
	    in->backwards);
}

static void
put_drops(struct report_page *page, const struct sim_case *c)
{
	char *name = report_clean(c->name, true);
	char *of = name != NULL ? report_compose("dropped, %s", name) : NULL;

	page->no_memory |= of == NULL;
	for (size_t i = 0; of != NULL && i < c->drop_count; i++)
		put_count(page, c->drops[i].reason, of, c->drops[i].packets);
	if (of != NULL) {
		put_count(page, "untracked", name, c->untracked);
		put_count(page, "reply not played", name, c->reply_suppressed);
		put_count(
		    page, "hairpin, unanswered", name, c->hairpin_packets);
	}
	free(of);
	free(name);
}

static bool
has_losses(const struct sim_record *record)
{
	const struct sim_input *in = &record->input;
	uint64_t sum = in->not_ip + in->truncated + in->malformed +
		       in->other_protocol + in->icmp + in->over_limit +
		       in->backwards;

	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		sum += c->untracked + c->reply_suppressed + c->hairpin_packets;
		for (size_t j = 0; j < c->drop_count; j++)
			sum += c->drops[j].packets;
	}
	return sum > 0;
}

static void
put_losses(struct report_page *page)
{
	static const struct report_heading headings[] = { { "Why", false },
		{ "What", false }, { "Packets", true } };
	static const struct report_grid grid = { "losses",
		"Packets skipped, dropped or not tracked", headings, 3, true };
	const struct sim_record *record = page->study->record;

	if (!has_losses(record)) {
		report_page_put(page, record->input.packets == 0
					  ? "<p>There were no packets.</p>\n"
					  : "<p>Every packet was replayed, and "
					    "none dropped.</p>\n");
		return;
	}
	report_grid_open(page, &grid);
	put_skipped(page);
	for (size_t i = 0; i < record->case_count; i++)
		put_drops(page, &record->cases[i]);
	report_grid_close(page);
}

static void
put_clock(struct report_page *page)
{
	const struct sim_input *in = &page->study->record->input;
	char text[2][REPORT_TEXT_BYTES];

	if (in->role_syn + in->role_port + in->role_first > 0) {
		report_page_print(page,
		    "<p>Flows whose client was told by their SYN: %s, ",
		    report_count(text[0], PICTURE, in->role_syn));
		report_page_print(page,
		    "by a well-known port: %s, by who spoke first: %s.</p>\n",
		    report_count(text[0], PICTURE, in->role_port),
		    report_count(text[1], PICTURE, in->role_first));
	}
	if (in->loop > 1)
		report_page_print(page,
		    "<p>The captures were played %s times, one after the "
		    "other.</p>\n",
		    report_count(text[0], PICTURE, in->loop));
	if (in->gaps_cut_ns > 0)
		report_page_print(page,
		    "<p>Silences were shortened by %s in all.</p>\n",
		    report_span(text[0], PICTURE, in->gaps_cut_ns));
}

/* --- the rest of the run's directory -------------------------------------- */

static bool
has_timeline(const struct sim_record *record)
{
	return record->bin_ns > 0;
}

/* Not flows.csv and timing.json: a saved record does not know whether they
 * are there, and the page is the same when drawn again. */
static const struct {
	const char *name, *what;
	bool (*wanted)(const struct sim_record *record); /* NULL: always */
} products[] = {
	{ "summary.json", "all figures, for programs", NULL },
	{ "backends.csv", "what each backend got", NULL },
	{ "timeline.csv", "the same over time", has_timeline },
	{ "lorenz.csv", "the Lorenz curves", NULL },
	{ "events.jsonl", "what happened, a line each", NULL },
	{ "run.json", "every setting, and the configuration", NULL },
	{ "run.record", "the run itself, to draw the report again", NULL },
	{ "report.pdf", "this report on paper", NULL },
	{ "balance.png", "the comparison as one picture", report_is_balanced },
	{ "balance.pdf", "the same for print", report_is_balanced },
};

static void
put_products(struct report_page *page)
{
	report_page_put(
	    page, "<h3 id=\"data\">Data</h3>\n<ul class=\"data\">\n");
	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++)
		if (products[i].wanted == NULL ||
		    products[i].wanted(page->study->record))
			report_page_print(page,
			    "<li><a href=\"%s\">%s</a>: %s</li>\n",
			    products[i].name, products[i].name,
			    products[i].what);
	report_page_put(page, "</ul>\n");
}

static void
put_definitions(struct report_page *page)
{
	report_page_put(page, "<h3 id=\"definitions\">Definitions</h3>\n");
	for (size_t i = 0; report_definitions[i] != NULL; i++) {
		report_page_put(page, "<p class=\"definition\">");
		report_page_text(page, report_definitions[i]);
		report_page_put(page, "</p>\n");
	}
}

void
report_html_method(struct report_page *page)
{
	const struct sim_record *record = page->study->record;

	report_page_put(page, "<p>fairlead ");
	report_page_text(page, record->version);
	report_page_print(page,
	    " played %s in virtual time through its balancer and counted. "
	    "Seed %llu. %s The same %s and settings give the same report, byte "
	    "for byte.</p>\n",
	    report_input_kind(record), (unsigned long long)record->seed,
	    record->deterministic
		? "Nothing was drawn at random in the replay."
		: "Some of it was drawn at random, by the seed.",
	    record->synthetic ? "scenario" : "captures");
	put_settings(page);
	put_libraries(page);
	put_subjects(page);
	put_files(page);
	put_losses(page);
	put_clock(page);
	put_products(page);
	if (page->study->chosen != NULL)
		put_definitions(page);
}
