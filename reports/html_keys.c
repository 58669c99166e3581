/* SPDX-License-Identifier: MIT */
#include "reports/html_figures.h"
#include "reports/svg.h"
#include "reports/top_keys.h"
#include <stdlib.h>

/* A bar each, its key above it. */
#define ROW         32.0
#define VALUE_WIDTH 150.0

static char *
name_of(const struct report_top_key *key)
{
	char count[REPORT_TEXT_BYTES];
	if (key->key != NULL)
		return report_key_name(key->key);
	return report_compose("%s other%s",
	    report_count(count, &report_picture, key->keys),
	    key->keys == 1 ? "" : "s");
}

/* "37.2 %, 12 flows, backend-1" */
static char *
value_of(const struct report_top_keys *top, const struct report_top_key *key,
    const struct sim_rule *rule, size_t columns)
{
	char percent[REPORT_TEXT_BYTES], flows[REPORT_TEXT_BYTES];
	char *name = key->key != NULL && key->backend < rule->backend_count
			 ? report_clean(rule->backends[key->backend].name, true)
			 : NULL;
	if (name != NULL)
		report_shorten(name, columns);
	char *text = report_compose("%s, %s flow%s%s%s",
	    report_percent(percent, &report_picture,
		(double)key->bytes / (double)top->total),
	    report_count(flows, &report_picture, key->flows),
	    key->flows == 1 ? "" : "s", name != NULL ? ", " : "",
	    name != NULL ? name : "");
	free(name);
	return text;
}

static void
put_bar(struct report_page *page, const struct report_top_keys *top,
    const struct sim_rule *rule, size_t index, uint64_t most)
{
	const struct report_top_key *key = &top->at[index];
	double y = ROW * (double)index;
	double length = (REPORT_SVG_WIDTH - VALUE_WIDTH) * (double)key->bytes /
			(double)most;
	const struct report_place bar = { 0, y + 14, length, 11 };
	char *name = name_of(key), *value = value_of(top, key, rule, 14);
	char *whole = value_of(top, key, rule, 60), *tip = NULL;

	if (name != NULL && whole != NULL)
		tip = report_compose("%s\n%s", name, whole);
	page->no_memory |= name == NULL || value == NULL || tip == NULL;
	report_svg_name(page, 0, y + 7, REPORT_START, REPORT_SVG_WIDTH,
	    name != NULL ? name : "");
	report_svg_box(page, &bar, key->key != NULL ? "in" : "rest", tip);
	report_svg_text(page, length + 5, y + 19.5, REPORT_START, "soft",
	    value != NULL ? value : "");
	free(name);
	free(value);
	free(whole);
	free(tip);
}

void
report_html_keys(struct report_page *page, const struct report_subject *s)
{
	struct report_top_keys top;
	uint64_t most = 1;

	page->no_memory |= report_top_keys_make(&top, s->rule) != 0;
	if (top.total == 0) {
		report_page_put(page, "<p>No traffic.</p>\n");
		return;
	}
	for (size_t i = 0; i < top.count; i++)
		if (top.at[i].bytes > most)
			most = top.at[i].bytes;
	report_svg_open(page, ROW * (double)top.count,
	    "The heaviest keys as bars; the table of keys has the values");
	for (size_t i = 0; i < top.count; i++)
		put_bar(page, &top, s->rule, i, most);
	report_svg_close(page);
}
