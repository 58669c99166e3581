/* SPDX-License-Identifier: MIT */
#include "reports/words/definitions.h"
#include "reports/pdf/document.h"
#include "reports/plots/plots.h"
#include "reports/words/input.h"
#include <stdlib.h>
#include <string.h>

/* How it was made, for whoever wants to make it again or doubts it. */
#define FILES_SHOWN 24
#define TEXT        8.0
#define PICTURE     (&report_picture)

/* --- what was played ------------------------------------------------------ */

/* What the user asked for; where nothing was, all are defaults. */
static void
put_settings(struct report_document *doc)
{
	const struct sim_record *record = doc->study->record;
	char *list = NULL;

	for (size_t i = 0; i < record->setting_count; i++) {
		const struct sim_setting *of = &record->settings[i];
		if (!of->given || of->value == NULL)
			continue;
		char *value = report_clean(of->value, true);
		char *more = report_compose("%s%s%s %s", list ? list : "",
		    list ? ", " : "", of->name, value != NULL ? value : "?");
		doc->pen.no_memory |= more == NULL;
		free(value);
		free(list);
		list = more;
	}
	if (record->setting_count > 0)
		report_paragraph_take(doc,
		    report_compose("Asked for: %s. run.json has every setting "
				   "and the configuration.",
			list != NULL ? list : "nothing but defaults"),
		    TEXT, false, 8);
	free(list);
}

static void
put_subjects(struct report_document *doc)
{
	static const struct report_column columns[] = {
		{ "Compared", 0.34, REPORT_LEFT },
		{ "Hashed by", 0.20, REPORT_LEFT },
		{ "Algorithm", 0.14, REPORT_LEFT },
		{ "Backends", 0.10, REPORT_RIGHT },
		{ "Keys", 0.11, REPORT_RIGHT },
		{ "Flows", 0.11, REPORT_RIGHT },
	};
	static const struct report_sheet sheet = { columns, 6 };
	char text[3][REPORT_TEXT_BYTES];

	if (doc->study->count == 0)
		return;
	report_sheet_head(doc, &sheet);
	for (size_t i = 0; i < doc->study->count; i++) {
		const struct report_subject *s = &doc->study->subjects[i];
		const struct sim_rule *rule = s->rule;
		const char *cells[] = {
			s->name,
			rule->distribution != NULL ? rule->distribution : "",
			rule->algorithm != NULL ? rule->algorithm : "",
			report_count(text[0], PICTURE, rule->backend_count),
			report_count(text[1], PICTURE, rule->key_count),
			report_count(text[2], PICTURE, rule->flows),
		};
		report_sheet_row(doc, &sheet, cells, false);
	}
	doc->y += 8;
}

static void
put_files(struct report_document *doc)
{
	static const struct report_column columns[] = {
		{ "Capture", 0.22, REPORT_LEFT },
		{ "Packets", 0.09, REPORT_RIGHT },
		{ "", 0.02, REPORT_LEFT },
		{ "SHA-256, or what was wrong", 0.67, REPORT_LEFT },
	};
	static const struct report_sheet sheet = { columns, 4 };
	const struct sim_input *in = &doc->study->record->input;
	char packets[REPORT_TEXT_BYTES];

	if (in->file_count == 0)
		return;
	report_sheet_head(doc, &sheet);
	for (size_t i = 0; i < in->file_count && i < FILES_SHOWN; i++) {
		const struct sim_file *f = &in->files[i];
		char *name = report_clean(f->name, true);
		char *error = report_clean(f->error, true);
		const char *cells[] = {
			name != NULL ? name : "?",
			report_count(packets, PICTURE, f->packets),
			"",
			f->error != NULL && error != NULL ? error
			: f->sha256[0] != '\0'            ? f->sha256
							  : "not reckoned",
		};
		report_sheet_row(doc, &sheet, cells, false);
		free(name);
		free(error);
	}
	if (in->file_count > FILES_SHOWN)
		report_paragraph_take(doc,
		    report_compose("and %zu more, in summary.json",
			in->file_count - FILES_SHOWN),
		    TEXT, false, 0);
	doc->y += 8;
}

/* --- what was not --------------------------------------------------------- */

/* Counts that are not 0, in one sentence. */
struct list {
	char *text;
	bool failed;
};

static void
list_count(struct list *list, uint64_t count, const char *what)
{
	char digits[REPORT_TEXT_BYTES];
	if (count == 0)
		return;
	char *more = report_compose("%s%s%s %s", list->text ? list->text : "",
	    list->text ? ", " : "", report_count(digits, PICTURE, count), what);
	list->failed |= more == NULL;
	free(list->text);
	list->text = more;
}

static void
put_list(struct report_document *doc, struct list *list, const char *head)
{
	doc->pen.no_memory |= list->failed;
	if (list->text != NULL)
		report_paragraph_take(doc,
		    report_compose("%s%s.", head, list->text), TEXT, false, 3);
	free(list->text);
}

static void
put_skipped(struct report_document *doc)
{
	const struct sim_input *in = &doc->study->record->input;
	struct list skipped = { 0 }, roles = { 0 };

	list_count(&skipped, in->not_ip, "not IP");
	list_count(&skipped, in->truncated, "cut too short");
	list_count(&skipped, in->malformed, "malformed");
	list_count(&skipped, in->other_protocol, "of another protocol");
	list_count(&skipped, in->icmp, "ICMP");
	list_count(&skipped, in->over_limit, "of flows beyond the limit");
	if (skipped.text == NULL && in->packets > 0)
		report_paragraph(
		    doc, "Every packet was replayed.", TEXT, false, 3);
	put_list(doc, &skipped, "Packets not replayed: ");
	list_count(&roles, in->role_syn, "by their SYN");
	list_count(&roles, in->role_port, "by a well-known port");
	list_count(&roles, in->role_first, "by who spoke first");
	put_list(doc, &roles, "Flows whose client was told: ");
}

static void
put_clock(struct report_document *doc)
{
	const struct sim_input *in = &doc->study->record->input;
	struct list clock = { 0 };
	char cut[REPORT_TEXT_BYTES];

	if (in->loop > 1)
		list_count(&clock, in->loop, "rounds of the same captures");
	list_count(&clock, in->backwards, "packets whose clock ran back");
	put_list(doc, &clock, "Time: ");
	if (in->gaps_cut_ns > 0)
		report_paragraph_take(doc,
		    report_compose("Silences were shortened by %s in all.",
			report_span(cut, PICTURE, in->gaps_cut_ns)),
		    TEXT, false, 3);
}

static void
put_drops(struct report_document *doc)
{
	const struct sim_record *record = doc->study->record;
	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		char *name = report_clean(c->name, true);
		struct list drops = { 0 };
		for (size_t j = 0; j < c->drop_count; j++)
			list_count(
			    &drops, c->drops[j].packets, c->drops[j].reason);
		list_count(&drops, c->reply_suppressed, "replies not played");
		list_count(&drops, c->hairpin_packets, "hairpins, unanswered");
		char *head = report_compose(
		    "Packets not carried, %s: ", name != NULL ? name : "?");
		put_list(doc, &drops, head != NULL ? head : "");
		free(head);
		free(name);
	}
}

static void
put_libraries(struct report_document *doc)
{
	const char *list = doc->study->record->libraries;
	if (list != NULL && list[0] != '\0')
		report_paragraph_take(
		    doc, report_compose("Made with %s.", list), TEXT, false, 3);
}

/* --- definitions ---------------------------------------------------------- */

static void
put_definitions(struct report_document *doc)
{
	report_heading(doc, "Definitions", false);
	for (size_t i = 0; report_definitions[i] != NULL; i++)
		report_paragraph(doc, report_definitions[i], TEXT, false, 3);
}

static void
put_section(struct report_document *doc)
{
	const struct sim_record *record = doc->study->record;
	bool empty = doc->study->chosen == NULL;

	report_heading(doc, "How it was made", true);
	report_paragraph_take(doc,
	    report_compose(
		"fairlead %s played %s in virtual time through its balancer "
		"and counted. Seed %llu. %s The same %s and settings give "
		"the same report, byte for byte. %s",
		record->version, report_input_kind(record),
		(unsigned long long)record->seed,
		record->deterministic
		    ? "Nothing was drawn at random in the replay."
		    : "Some of it was drawn at random, by the seed.",
		record->synthetic ? "scenario" : "captures",
		empty ? "summary.json has all figures."
		      : "charts/ has every picture and its data, summary.json "
			"all figures."),
	    TEXT, false, 8);
	put_settings(doc);
	put_subjects(doc);
	put_files(doc);
	put_skipped(doc);
	put_clock(doc);
	put_drops(doc);
	put_libraries(doc);
	if (!empty) {
		doc->y += 8;
		put_definitions(doc);
	}
}

/* How high it would be, at the top of a page; a page when it is more. */
static double
measure(const struct report_document *doc)
{
	struct report_document quiet = *doc;

	quiet.pen.cr = NULL;
	quiet.y = doc->page.y;
	put_section(&quiet);
	return quiet.number == doc->number ? quiet.y - doc->page.y
					   : doc->page.height;
}

/* A page of its own; but an empty run's is only a few lines, which stay
 * together. */
void
report_put_method(struct report_document *doc)
{
	double height = doc->page.height;

	if (doc->study->chosen == NULL) {
		doc->y += 14;
		height = measure(doc);
	}
	report_page_need(doc, height);
	put_section(doc);
}
