/* SPDX-License-Identifier: MIT */
#include "reports/html/html_figures.h"
#include "reports/page/svg.h"
#include "reports/study/top_keys.h"
#include <math.h>
#include <stdlib.h>

/* A bar each, its key above it. */
#define ROW        32.0
#define GAP        5.0
#define NAME_SHORT 14 /* characters of a backend, in the picture */
#define NAME_LONG  60 /* under the pointer */

static char *
name_of(const struct report_top_key *key)
{
	char count[REPORT_TEXT_BYTES];
	if (key->key != NULL)
		return report_key_name(key->key, 0);
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

struct bars {
	struct report_page *page;
	const struct sim_rule *rule;
	struct report_top_keys top;
	double per_byte;
};

/* The longest that leaves each bar room for its words. */
static double
widest_scale(const struct bars *bars)
{
	double per_byte = INFINITY;
	for (size_t i = 0; i < bars->top.count; i++) {
		const struct report_top_key *key = &bars->top.at[i];
		char *value = value_of(&bars->top, key, bars->rule, NAME_SHORT);
		if (value != NULL && key->bytes > 0)
			per_byte =
			    fmin(per_byte, (REPORT_SVG_WIDTH - GAP -
					       report_svg_measure(value)) /
					       (double)key->bytes);
		free(value);
	}
	return isinf(per_byte) ? 0 : fmax(per_byte, 0);
}

static void
put_bar(const struct bars *bars, size_t index)
{
	const struct report_top_key *key = &bars->top.at[index];
	double y = ROW * (double)index;
	double length = bars->per_byte * (double)key->bytes;
	const struct report_place bar = { 0, y + 14, length, 11 };
	struct report_page *page = bars->page;
	char *name = name_of(key), *tip = NULL;
	char *value = value_of(&bars->top, key, bars->rule, NAME_SHORT);
	char *whole = value_of(&bars->top, key, bars->rule, NAME_LONG);

	if (name != NULL && whole != NULL)
		tip = report_compose("%s\n%s", name, whole);
	page->no_memory |= name == NULL || value == NULL || tip == NULL;
	report_svg_name(page, 0, y + 7, REPORT_START, REPORT_SVG_WIDTH,
	    name != NULL ? name : "");
	report_svg_box(page, &bar, key->key != NULL ? "in" : "rest", tip);
	report_svg_text(page, length + GAP, y + 19.5, REPORT_START, "soft",
	    value != NULL ? value : "");
	free(name);
	free(value);
	free(whole);
	free(tip);
}

void
report_html_keys(struct report_page *page, const struct report_subject *s)
{
	struct bars bars = { .page = page, .rule = s->rule };

	page->no_memory |= report_top_keys_make(&bars.top, s->rule) != 0;
	if (bars.top.total == 0) {
		report_page_put(page, "<p>No traffic.</p>\n");
		return;
	}
	bars.per_byte = widest_scale(&bars);
	report_svg_open(page, ROW * (double)bars.top.count,
	    "The heaviest keys as bars; the table of keys has the values");
	for (size_t i = 0; i < bars.top.count; i++)
		put_bar(&bars, i);
	report_svg_close(page);
}
