/* SPDX-License-Identifier: MIT */
#include "reports/pdf/document.h"
#include "reports/plots/plots.h"
#include <stdlib.h>

/* The backends in numbers: all of a small pool; of a large one the first, the
 * heaviest and the lightest. */
#define FIRST_ROWS 40
#define ENDS       10

#define PICTURE (&report_picture)

static const struct report_column columns[] = {
	{ "Backend", 0.29, REPORT_LEFT },
	{ "Flows", 0.10, REPORT_RIGHT },
	{ "share", 0.11, REPORT_RIGHT },
	{ "Packets", 0.12, REPORT_RIGHT },
	{ "Bytes", 0.15, REPORT_RIGHT },
	{ "share", 0.12, REPORT_RIGHT },
	{ "off fair", 0.11, REPORT_RIGHT },
};
static const struct report_column weighted[] = {
	{ "Backend", 0.25, REPORT_LEFT },
	{ "Weight", 0.08, REPORT_RIGHT },
	{ "fair", 0.09, REPORT_RIGHT },
	{ "Flows", 0.09, REPORT_RIGHT },
	{ "share", 0.09, REPORT_RIGHT },
	{ "Packets", 0.10, REPORT_RIGHT },
	{ "Bytes", 0.12, REPORT_RIGHT },
	{ "share", 0.09, REPORT_RIGHT },
	{ "off fair", 0.09, REPORT_RIGHT },
};
static const struct report_sheet sheet = { columns, 7 };
static const struct report_sheet weighted_sheet = { weighted, 9 };

static const struct report_sheet *
sheet_of(const struct sim_rule *rule)
{
	return report_fair(rule).equal ? &sheet : &weighted_sheet;
}

static void
put_row(struct report_document *doc, const struct sim_rule *rule, size_t index)
{
	const struct sim_backend *b = &rule->backends[index];
	const struct report_fair fair = report_fair(rule);
	double bytes = report_share(rule, REPORT_BYTES, index);
	char text[8][REPORT_TEXT_BYTES];
	char *name = report_clean(b->name, true);
	const char *cells[] = {
		name != NULL ? name : "?",
		report_count(text[6], PICTURE, b->weight),
		report_percent(text[7], PICTURE, report_fair_share(&fair, b)),
		report_count(text[0], PICTURE, b->flows),
		report_percent(
		    text[1], PICTURE, report_share(rule, REPORT_FLOWS, index)),
		report_count(text[2], PICTURE, b->packets),
		report_count(text[3], PICTURE, b->bytes),
		report_percent(text[4], PICTURE, bytes),
		report_deviation(
		    text[5], PICTURE, report_off_fair(&fair, b, bytes)),
	};
	const size_t weights = 2;
	const char **from = cells;
	if (fair.equal) {
		cells[weights] = cells[0];
		from += weights;
	}
	report_sheet_row(doc, sheet_of(rule), from, false);
	free(name);
}

struct ranked {
	uint64_t bytes;
	size_t backend;
};

static int
heavier(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return (x->backend > y->backend) - (x->backend < y->backend);
}

static void
put_between(struct report_document *doc, const char *text)
{
	report_page_need(doc, 40);
	doc->y += 4;
	report_paragraph(doc, text, REPORT_PLAIN, true, 3);
}

static void
put_idle(struct report_document *doc, size_t count)
{
	char text[REPORT_TEXT_BYTES];
	if (count > 0)
		report_paragraph_take(doc,
		    report_compose(
			"%s got nothing.", report_count(text, PICTURE, count)),
		    REPORT_PLAIN, false, 2);
}

static void
put_ends(struct report_document *doc, const struct sim_rule *rule)
{
	size_t n = rule->backend_count;
	struct ranked *order = calloc(n, sizeof(*order));

	if (order == NULL) {
		doc->pen.no_memory = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		order[i] = (struct ranked){ rule->backends[i].bytes, i };
	qsort(order, n, sizeof(*order), heavier);
	while (n > 0 && order[n - 1].bytes == 0)
		n--; /* those who got nothing are only counted */
	put_between(doc, "Those with the most bytes");
	for (size_t i = 0; i < n && i < ENDS; i++)
		put_row(doc, rule, order[i].backend);
	if (n > ENDS)
		put_between(doc, "Those with the least");
	for (size_t i = n > 2 * ENDS ? n - ENDS : ENDS; i < n; i++)
		put_row(doc, rule, order[i].backend);
	put_idle(doc, rule->backend_count - n);
	free(order);
}

static void
put_subject(struct report_document *doc, const struct report_subject *s)
{
	size_t n = s->rule->backend_count;
	bool all = n <= FIRST_ROWS, first = all || s == doc->study->chosen;
	char count[REPORT_TEXT_BYTES];

	/* the heading stays with a few rows */
	report_page_need(doc, 80);
	report_paragraph_take(doc,
	    first && !all
		? report_compose("%s: the first %d of %s backends", s->name,
		      FIRST_ROWS, report_count(count, PICTURE, n))
		: report_compose("%s: %s backend%s", s->name,
		      report_count(count, PICTURE, n), n == 1 ? "" : "s"),
	    REPORT_PANEL_SIZE, true, 4);
	report_sheet_head(doc, sheet_of(s->rule));
	for (size_t i = 0; first && i < n && i < FIRST_ROWS; i++)
		put_row(doc, s->rule, i);
	if (!all)
		put_ends(doc, s->rule);
	doc->y += 12;
}

void
report_put_backends(struct report_document *doc)
{
	report_page_need(doc, 140);
	if (doc->y > doc->page.y)
		doc->y += 18;
	report_heading(doc, "The backends in numbers", true);
	for (size_t i = 0; i < doc->study->count; i++)
		put_subject(doc, &doc->study->subjects[i]);
}
