/* SPDX-License-Identifier: MIT */
#include "reports/document.h"
#include "reports/plots.h"
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
	static const char *const lines[] = {
		"x\xe1\xb5\xa2 is backend i\xe2\x80\x99s load in flows, "
		"packets or bytes (IP length on the wire, both directions), n "
		"the backends ever eligible, T their sum, p\xe1\xb5\xa2 = "
		"x\xe1\xb5\xa2/T, w\xe2\x82\x96 the share of affinity key k.",
		"Fair share: 1/n. Off fair: p\xe1\xb5\xa2 n \xe2\x88\x92 1.",
		"Jain\xe2\x80\x99s index: (\xce\xa3x)\xc2\xb2 / (n "
		"\xce\xa3x\xc2\xb2), 1/n to 1 (Jain, Chiu, Hawe, DEC-TR-301, "
		"1984). Behaves like: n times that, 1/\xce\xa3p\xc2\xb2 "
		"(Hill, 1973).",
		"Coefficient of variation: standard deviation over mean, "
		"population form.",
		"Gini: \xce\xa3(2i \xe2\x88\x92 n \xe2\x88\x92 1) x / (n T), "
		"x ascending, not corrected for small n (Gini, 1912; Lorenz, "
		"1905).",
		"H = \xce\xa3w\xc2\xb2; effective keys: 1/H. A perfect hash "
		"gives each key to any backend with the same chance; then the "
		"mean of cv\xc2\xb2 is (n \xe2\x88\x92 1) H.",
		"Perfect hashes are reckoned by the normal law where keys are "
		"many and none dominates, else drawn: the same keys are given "
		"to backends at random, some hundred to ten thousand times.",
		"p: how often a perfect hash is at least as uneven. Flows: "
		"chi-square on keys per backend, none when fewer than 5 are "
		"expected; packets, bytes: Q = n \xce\xa3(x \xe2\x88\x92 "
		"T/n)\xc2\xb2 / \xce\xa3w\xc2\xb2 against chi-square with n "
		"\xe2\x88\x92 1 degrees of freedom, or drawn when one key "
		"dominates.",
		"Intervals: bootstrap over affinity keys (Efron, Tibshirani, "
		"1993), never over packets; whiskers: the ratio "
		"estimator\xe2\x80\x99s linear variance (Cochran, 1977). None "
		"where there are fewer than ten effective keys a backend.",
		"A mode is less even than its keys allow when Jain lies 0.005 "
		"below what a perfect hash gives, with p under 0.01 over the "
		"number of tests.",
	};
	report_heading(doc, "Definitions", false);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		report_paragraph(doc, lines[i], TEXT, false, 3);
}

void
report_put_method(struct report_document *doc)
{
	const struct sim_record *record = doc->study->record;
	bool empty = doc->study->chosen == NULL;

	/* a page of its own, but an empty run's is only one */
	if (!empty)
		report_page_need(doc, doc->page.height);
	else
		doc->y += 14;
	report_heading(doc, "How it was made", true);
	report_paragraph_take(doc,
	    report_compose(
		"fairlead %s replayed the captures in virtual time through "
		"its balancer and counted. Seed %llu. %s The same captures "
		"and settings give the same report, byte for byte. %s",
		record->version, (unsigned long long)record->seed,
		record->deterministic
		    ? "Nothing was drawn at random in the replay."
		    : "Some of it was drawn at random, by the seed.",
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
