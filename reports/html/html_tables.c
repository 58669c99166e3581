/* SPDX-License-Identifier: MIT */
#include "reports/html/html_parts.h"
#include "reports/figures/titles.h"
#include <math.h>
#include <stdlib.h>

/* All tables together have about so many rows of backends: a page of more
 * opens too slowly. */
#define ROWS_MAX   3000
#define ROWS_LEAST 100 /* of a table */

#define PICTURE (&report_picture)

static char *
digits(char *to, double value)
{
	return report_digits(to, PICTURE, value);
}

/* --- fairness ------------------------------------------------------------- */

static char *
p_text(char *to, double p)
{
	if (p < 0.0001)
		report_format(to, REPORT_TEXT_BYTES,
		    "<\xe2\x80\x89"
		    "0.0001");
	else if (isnan(p))
		report_format(to, REPORT_TEXT_BYTES, "-");
	else
		report_format(to, REPORT_TEXT_BYTES, "%.3g", p);
	return to;
}

static void
put_measure(struct report_page *page, const struct report_subject *s,
    enum report_unit unit)
{
	const struct report_measure *m = &s->by[unit];
	const struct report_intervals *within = &m->within;

	report_row_open(page, s->name);
	report_page_print(page, "<td>%s</td>", report_unit_name(unit));
	report_cell_within(page, m->is.jain, &within->jain, report_index);
	report_cell_within(page, m->expected.jain, NULL, report_index);
	report_cell_within(page, m->is.effective_backends,
	    &within->effective_backends, digits);
	report_cell_within(page, m->expected.effective_backends, NULL, digits);
	report_cell_within(page, m->is.peak_to_average, NULL, digits);
	report_cell_within(page, m->expected.peak_to_average, NULL, digits);
	report_cell_within(page, m->is.cv, &within->cv, digits);
	report_cell_within(page, m->expected.cv, NULL, digits);
	report_cell_within(page, m->is.gini, &within->gini, report_index);
	report_cell_within(page, m->expected.gini, NULL, report_index);
	report_cell_within(page, m->effective_keys, NULL, digits);
	report_cell_within(page, m->p_value, NULL, p_text);
	report_row_close(page);
}

void
report_html_fairness(struct report_page *page)
{
	static const struct report_heading headings[] = { { "Mode", false },
		{ "By", false }, { "Jain", true }, { "expected", true },
		{ "Behaves like", true }, { "expected", true },
		{ "Peak to average", true }, { "expected", true },
		{ "Coefficient of variation", true }, { "expected", true },
		{ "Gini", true }, { "expected", true },
		{ "Effective keys", true }, { "p", true } };
	static const struct report_grid grid = { "fairness",
		"Fairness: measured, its 95\xe2\x80\xaf% interval over keys, "
		"and expected of a perfect hash of the same keys",
		headings, sizeof(headings) / sizeof(headings[0]), true };

	report_grid_open(page, &grid);
	for (size_t i = 0; i < page->study->count; i++)
		for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++)
			put_measure(page, &page->study->subjects[i],
			    (enum report_unit)u);
	report_grid_close(page);
}

/* --- backends ------------------------------------------------------------- */

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
put_backend(struct report_page *page, const struct sim_rule *rule, size_t index)
{
	const struct sim_backend *b = &rule->backends[index];
	const struct report_fair fair = report_fair(rule);
	double bytes = report_share(rule, REPORT_BYTES, index);
	char off[REPORT_TEXT_BYTES];

	report_row_open(page, b->name);
	if (!fair.equal) {
		report_cell_count(page, b->weight);
		report_cell_share(page, report_fair_share(&fair, b));
	}
	report_cell_count(page, b->flows);
	report_cell_share(page, report_share(rule, REPORT_FLOWS, index));
	report_cell_count(page, b->packets);
	report_cell_share(page, report_share(rule, REPORT_PACKETS, index));
	report_cell_count(page, b->bytes);
	report_cell_share(page, bytes);
	report_cell_number(page,
	    report_deviation(off, PICTURE, report_off_fair(&fair, b, bytes)));
	report_row_close(page);
}

/* Of a pool too large for a table: those with the most bytes and those with
 * the least. */
static void
put_ends(struct report_page *page, const struct sim_rule *rule, size_t rows)
{
	size_t n = rule->backend_count;
	struct ranked *order = calloc(n, sizeof(*order));

	page->no_memory |= order == NULL;
	for (size_t i = 0; order != NULL && i < n; i++)
		order[i] = (struct ranked){ rule->backends[i].bytes, i };
	if (order != NULL)
		qsort(order, n, sizeof(*order), heavier);
	for (size_t i = 0; order != NULL && i < n; i++)
		if (i < rows / 2 || i >= n - rows / 2)
			put_backend(page, rule, order[i].backend);
	free(order);
}

static char *
backends_caption(const struct report_subject *s, size_t rows)
{
	char count[REPORT_TEXT_BYTES], half[REPORT_TEXT_BYTES];
	size_t n = s->rule->backend_count;

	report_count(count, PICTURE, n);
	if (n <= rows)
		return report_compose(
		    "%s: %s backend%s", s->name, count, n == 1 ? "" : "s");
	return report_compose("%s: of %s backends the %s with the most bytes "
			      "and the %s with the least; summary.json has all",
	    s->name, count, report_count(half, PICTURE, rows / 2), half);
}

static void
put_backends(struct report_page *page, size_t index, size_t rows)
{
	static const struct report_heading headings[] = { { "Backend", false },
		{ "Flows", true }, { "share", true }, { "Packets", true },
		{ "share", true }, { "Bytes", true }, { "share", true },
		{ "off fair", true } };
	static const struct report_heading weighted[] = { { "Backend", false },
		{ "Weight", true }, { "fair share", true }, { "Flows", true },
		{ "share", true }, { "Packets", true }, { "share", true },
		{ "Bytes", true }, { "share", true }, { "off fair", true } };
	const struct report_subject *s = &page->study->subjects[index];
	const struct sim_rule *rule = s->rule;
	char *caption = backends_caption(s, rows), id[32];
	const bool equal = report_fair(rule).equal;
	const struct report_grid grid = { id, caption,
		equal ? headings : weighted,
		equal ? sizeof(headings) / sizeof(headings[0])
		      : sizeof(weighted) / sizeof(weighted[0]),
		true };

	report_format(id, sizeof(id), "backends-%zu", index + 1);
	report_page_put(page, s == page->study->chosen
				  ? "<details open=\"open\"><summary>"
				  : "<details><summary>");
	report_page_text(page, caption);
	report_page_put(page, "</summary>\n");
	report_grid_open(page, &grid);
	if (rule->backend_count > rows)
		put_ends(page, rule, rows);
	for (size_t i = 0;
	     rule->backend_count <= rows && i < rule->backend_count; i++)
		put_backend(page, rule, i);
	report_grid_close(page);
	report_page_put(page, "</details>\n");
	page->no_memory |= caption == NULL;
	free(caption);
}

void
report_html_backends(struct report_page *page)
{
	size_t count = page->study->count;
	size_t rows = count > 0 ? ROWS_MAX / count : 0;

	report_page_put(page, "<h3>The backends in numbers</h3>\n");
	for (size_t i = 0; i < count; i++)
		put_backends(page, i, rows > ROWS_LEAST ? rows : ROWS_LEAST);
}

/* --- keys ----------------------------------------------------------------- */

static void
put_key(struct report_page *page, const struct report_subject *s,
    const struct sim_heavy *heavy)
{
	const struct sim_rule *rule = s->rule;
	const struct sim_key *key = &rule->keys[heavy->key];
	char *name = report_key_name(heavy, 0);

	report_page_put(page, "<tr><th scope=\"row\" class=\"key\">");
	report_page_take(page, name);
	report_page_put(page, "</th>");
	report_cell_text(page, s->name);
	report_cell_text(page, key->backend < rule->backend_count
				   ? rule->backends[key->backend].name
				   : "");
	report_cell_count(page, key->flows);
	report_cell_count(page, key->packets);
	report_cell_count(page, key->bytes);
	report_cell_share(
	    page, (double)key->bytes / (double)s->by[REPORT_BYTES].total);
	report_row_close(page);
}

void
report_html_heavy_keys(struct report_page *page)
{
	static const struct report_heading headings[] = { { "Key", false },
		{ "Mode", false }, { "Backend of its first packet", false },
		{ "Flows", true }, { "Packets", true }, { "Bytes", true },
		{ "share", true } };
	static const struct report_grid grid = { "heavy-keys",
		"The heaviest keys by flows, packets or bytes", headings,
		sizeof(headings) / sizeof(headings[0]), true };
	const struct report_study *study = page->study;

	if (!report_figure_is_wanted(study, REPORT_FIGURE_KEYS))
		return;
	report_grid_open(page, &grid);
	for (size_t i = 0; i < study->count; i++)
		for (size_t k = 0; k < study->subjects[i].rule->heavy_count;
		     k++)
			put_key(page, &study->subjects[i],
			    &study->subjects[i].rule->heavy[k]);
	report_grid_close(page);
}
