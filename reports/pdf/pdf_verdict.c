/* SPDX-License-Identifier: MIT */
#include "reports/plots/axis.h"
#include "reports/words/input.h"
#include "reports/words/checks.h"
#include "reports/pdf/document.h"
#include "reports/plots/plots.h"
#include "reports/stats/snat.h"
#include "reports/figures/titles.h"
#include "reports/words/finding.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a manager reads: one sentence, why, the facts, the assertions, and
 * the picture of the case it is about. */
#define SENTENCE 18.0
#define BODY     9.5
#define FACT_ROW 13.0
#define PICTURE  (&report_picture)

/* The verdict's lines; those that begin with blanks hang on the one before. */
static void
put_verdict_lines(struct report_document *doc)
{
	char *text = strdup(doc->study->verdict), *state = NULL;

	if (text == NULL) {
		doc->pen.no_memory = true;
		return;
	}
	for (char *line = strtok_r(text, "\n", &state); line != NULL;
	     line = strtok_r(NULL, "\n", &state)) {
		bool hangs = line[0] == ' ';
		char *put = report_compose("%s%s",
		    hangs ? "\xe2\x80\x83\xe2\x80\xa2 " : "",
		    line + strspn(line, " "));
		report_paragraph_take(doc, put, BODY, false, hangs ? 1 : 3);
	}
	free(text);
}

/* What members' own connections met, where they began some. */
static void
put_snat(struct report_document *doc)
{
	const struct sim_record *record = doc->study->record;

	/* else the headline has told */
	if (report_is_about_snat(record) ||
	    report_snat_case(record) == SIZE_MAX)
		return;
	char *finding = report_snat_finding(record);
	report_paragraph_take(doc,
	    finding != NULL ? report_compose("%s.", finding) : NULL, BODY,
	    false, 3);
	free(finding);
}

/* --- facts ---------------------------------------------------------------- */

static void
put_fact(
    struct report_document *doc, size_t *index, const char *what, char *value)
{
	double half = doc->page.width / 2;
	double x = doc->page.x + (*index % 2 == 0 ? 0 : half);
	struct report_label label = {
		.x = x,
		.y = doc->y + FACT_ROW / 2,
		.size = REPORT_PLAIN,
		.width = 62,
		.centred = true,
		.colour = &report_dark,
		.text = what,
	};

	report_pen_text(&doc->pen, &label);
	label.x = x + 66;
	label.width = half - 74;
	label.colour = &report_black;
	label.text = value != NULL ? value : "";
	report_pen_text(&doc->pen, &label);
	doc->pen.no_memory |= value == NULL;
	free(value);
	if (*index % 2 == 1)
		doc->y += FACT_ROW;
	++*index;
}

/* "4, by maglev" where all rules agree, else "12 rules". */
static char *
backends_of(const struct report_study *study)
{
	char count[REPORT_TEXT_BYTES];
	if (study->count == 0)
		return report_compose("none");
	const struct sim_rule *first = study->subjects[0].rule;
	for (size_t i = 1; i < study->count; i++) {
		const struct sim_rule *rule = study->subjects[i].rule;
		if (rule->backend_count != first->backend_count)
			return report_compose("not the same for all rules");
	}
	return report_compose("%s, chosen by %s",
	    report_count(count, PICTURE, first->backend_count),
	    first->algorithm != NULL ? first->algorithm : "?");
}

static char *
compared(const struct report_study *study)
{
	size_t all = study->count + study->left_out;
	char *names = NULL;

	bool modes = all <= 4;
	for (size_t i = 0; i < study->count; i++)
		modes = modes && study->subjects[i].of->rule_count == 1;
	if (!modes || all < 2)
		return report_compose("%zu rule%s", all, all == 1 ? "" : "s");
	for (size_t i = 0; i < study->count; i++) {
		char *more = report_compose("%s%s%s", names ? names : "",
		    names ? ", " : "", study->subjects[i].name);
		free(names);
		names = more;
	}
	return names;
}

static void
put_facts(struct report_document *doc)
{
	const struct sim_record *record = doc->study->record;
	const struct sim_input *in = &record->input;
	char text[REPORT_TEXT_BYTES];
	size_t at = 0;
	uint64_t skipped = in->not_ip + in->truncated + in->malformed +
			   in->other_protocol + in->icmp + in->over_limit;

	doc->y += 6;
	put_fact(doc, &at, in->file_count == 0 ? "Scenario" : "Capture",
	    report_input_name(record));
	put_fact(doc, &at, "Duration",
	    report_compose("%s", report_span(text, PICTURE, in->duration_ns)));
	put_fact(doc, &at, "Packets",
	    report_compose("%s", report_count(text, PICTURE, in->packets)));
	put_fact(doc, &at, "Not replayed",
	    report_compose("%s packet%s", report_count(text, PICTURE, skipped),
		skipped == 1 ? "" : "s"));
	put_fact(doc, &at, "Flows",
	    report_compose("%s", report_count(text, PICTURE, in->flows)));
	put_fact(doc, &at, "Backends", backends_of(doc->study));
	put_fact(doc, &at, "Compared", compared(doc->study));
	put_fact(doc, &at, "Made by",
	    report_compose("fairlead %s, seed %llu", record->version,
		(unsigned long long)record->seed));
	doc->y += 4;
	if (report_is_partial(record))
		report_paragraph(doc,
		    "PARTIAL: some input could not be read or was left out; "
		    "the method page says what.",
		    BODY, true, 4);
	if (record->interrupted)
		report_paragraph(
		    doc, "INTERRUPTED: the run was stopped.", BODY, true, 4);
}

/* --- assertions ----------------------------------------------------------- */

static void
put_check(struct report_document *doc, const struct report_sheet *sheet,
    const struct report_check *check)
{
	char measured[REPORT_TEXT_BYTES];
	char *text = report_clean(check->text, true);
	const char *cells[] = {
		text != NULL ? text : "?",
		isnan(check->measured) && check->reason != NULL
		    ? check->reason
		    : report_digits(measured, PICTURE, check->measured),
		check->pass ? "PASS" : "FAIL",
	};
	report_sheet_row(doc, sheet, cells, !check->pass);
	free(text);
}

static void
put_assertions(struct report_document *doc)
{
	static const struct report_column columns[] = {
		{ "Asserted", 0.56, REPORT_LEFT },
		{ "Measured", 0.30, REPORT_RIGHT },
		{ "", 0.14, REPORT_RIGHT },
	};
	static const struct report_sheet sheet = { columns, 3 };
	struct report_checks checks;

	if (report_checks_make(&checks, doc->study->record) != 0)
		doc->pen.no_memory = true;
	if (checks.count > 0) {
		doc->y += 4;
		report_paragraph_take(doc,
		    report_compose("%zu of %zu assertions hold",
			checks.count - checks.failed, checks.count),
		    11, true, 4);
		report_sheet_head(doc, &sheet);
		for (size_t i = 0; i < checks.count; i++)
			put_check(doc, &sheet, &checks.at[i]);
		doc->y += 6;
	}
	report_checks_free(&checks);
}

/* --- the picture ---------------------------------------------------------- */

static void
put_key_figure(struct report_document *doc)
{
	const struct report_study *study = doc->study;
	const enum report_figure figure = report_key_figure(study);
	size_t index = report_key_panel(study);
	struct report_box box = { doc->page.x, 0, doc->page.width, 0 };
	struct report_pen quiet = doc->pen;

	quiet.cr = NULL;
	double height =
	    report_figure_head(&quiet, study, figure, &box, 12) +
	    report_figure_panel(&quiet, study, figure, index, false, &box) +
	    report_figure_legend(&quiet, study, figure, &box);
	doc->y += 10;
	report_page_need(doc, height);
	if (report_figure_panels(study, figure) == 1)
		report_bookmark(doc, report_figure_heading(figure));
	box.y = doc->y;
	box.y += report_figure_head(&doc->pen, study, figure, &box, 12);
	box.y +=
	    report_figure_panel(&doc->pen, study, figure, index, false, &box);
	doc->y = box.y + report_figure_legend(&doc->pen, study, figure, &box);
}

void
report_put_verdict(struct report_document *doc)
{
	const struct report_study *study = doc->study;
	bool empty = study->chosen == NULL;
	bool told = !empty || report_is_about_snat(study->record);

	report_bookmark(doc, "Verdict");
	report_paragraph(doc, doc->running, BODY, false, 6);
	report_paragraph_take(doc,
	    told ? strdup(study->headline) : report_why_empty(study), SENTENCE,
	    true, 8);
	if (!empty)
		put_verdict_lines(doc);
	else if (told)
		report_paragraph_take(
		    doc, report_why_empty(study), BODY, false, 3);
	put_snat(doc);
	if (empty && report_snat_case(study->record) != SIZE_MAX)
		put_verdict_lines(doc); /* what else there is to say */
	put_facts(doc);
	put_assertions(doc);
	if (report_figure_is_wanted(study, report_key_figure(study)))
		put_key_figure(doc);
}
