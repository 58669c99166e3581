/* SPDX-License-Identifier: MIT */
#include "reports/plots/axis.h"
#include "reports/text/csv.h"
#include "reports/figures/figure.h"
#include "reports/plots/plots.h"
#include "reports/study/top_keys.h"
#include <math.h>
#include <stdlib.h>

/* The ten heaviest keys by bytes, a bar each, and the rest in one. */
#define ROW         13.0
#define NAME_WIDEST 235.0
#define VALUE_WIDTH 150.0
#define SHORTENED   16 /* columns of an address beside another */

static double
height(const struct report_panel *panel)
{
	size_t keys = panel->subject->rule->key_count;
	return ROW * (double)(keys > REPORT_TOP_KEYS ? REPORT_TOP_KEYS + 1
			      : keys > 0             ? keys
						     : 1) +
	       4;
}

/* A long address alone has room; two with their ports have not. */
static size_t
columns_of(const struct sim_heavy *key)
{
	return key->has_server ? SHORTENED : 0;
}

static void
put_name(struct report_pen *pen, const struct report_top_key *bar, double x,
    double y)
{
	char count[REPORT_TEXT_BYTES];
	char *name = bar->key != NULL
			 ? report_key_name(bar->key, columns_of(bar->key))
			 : report_compose("%s other%s",
			       report_count(count, &report_picture, bar->keys),
			       bar->keys == 1 ? "" : "s");
	struct report_label label = {
		.x = x,
		.y = y,
		.size = REPORT_PLAIN,
		.width = NAME_WIDEST,
		.align = REPORT_RIGHT,
		.centred = true,
		.colour = bar->key != NULL ? &report_black : &report_dark,
		.text = name != NULL ? name : "",
	};
	report_pen_text(pen, &label);
	pen->no_memory |= name == NULL;
	free(name);
}

/* "37.2 %, 12 flows, backend-1" */
static void
put_value(const struct report_panel *panel, const struct report_top_key *bar,
    double share, double x, double y)
{
	const struct sim_rule *rule = panel->subject->rule;
	char percent[REPORT_TEXT_BYTES], flows[REPORT_TEXT_BYTES];
	char *name = bar->key != NULL && bar->backend < rule->backend_count
			 ? report_clean(rule->backends[bar->backend].name, true)
			 : NULL;
	if (name != NULL)
		report_shorten(name, 18);
	char *text = report_compose("%s, %s flow%s%s%s",
	    report_percent(percent, &report_picture, share),
	    report_count(flows, &report_picture, bar->flows),
	    bar->flows == 1 ? "" : "s", name != NULL ? ", " : "",
	    name != NULL ? name : "");
	if (text != NULL)
		report_put_small(
		    panel->pen, x, y, VALUE_WIDTH, REPORT_LEFT, text);
	panel->pen->no_memory |= text == NULL;
	free(name);
	free(text);
}

/* As wide as the longest name of all panels. */
static double
name_width(const struct report_panel *panel)
{
	double widest = 60;
	for (size_t i = 0; i < panel->study->count; i++) {
		const struct sim_rule *rule = panel->study->subjects[i].rule;
		struct report_top_keys bars;
		if (report_top_keys_make(&bars, rule) != 0)
			return NAME_WIDEST;
		for (size_t j = 0; j < bars.count; j++) {
			char *name = bars.at[j].key != NULL
					 ? report_key_name(bars.at[j].key,
					       columns_of(bars.at[j].key))
					 : NULL;
			struct report_label label = { .size = REPORT_PLAIN,
				.text = name != NULL ? name : "" };
			widest = fmax(widest,
			    report_pen_measure(panel->pen, &label).width);
			free(name);
		}
	}
	return fmin(widest + 1, NAME_WIDEST);
}

static void
draw_bar(const struct report_panel *panel, const struct report_top_keys *bars,
    size_t index, double gutter, double per_byte)
{
	const struct report_top_key *bar = &bars->at[index];
	double x = panel->box.x + gutter + 7;
	double y = panel->box.y + ROW * ((double)index + 0.5);
	double length = (double)bar->bytes * per_byte;
	struct report_box box = { x, y - 4.5, length, 9 };

	put_name(panel->pen, bar, x - 7, y);
	report_pen_fill(
	    panel->pen, &box, bar->key != NULL ? &report_blue : &report_grey);
	put_value(panel, bar, (double)bar->bytes / (double)bars->total,
	    x + length + 4, y);
}

static void
draw(const struct report_panel *panel)
{
	struct report_top_keys bars;
	uint64_t most = 1;

	if (report_top_keys_make(&bars, panel->subject->rule) != 0) {
		panel->pen->no_memory = true;
		return;
	}
	if (bars.total == 0) {
		report_put_small(panel->pen, panel->box.x, panel->box.y + 6, 0,
		    REPORT_LEFT, "no traffic");
		return;
	}
	for (size_t i = 0; i < bars.count; i++)
		if (bars.at[i].bytes > most)
			most = bars.at[i].bytes;
	double gutter = name_width(panel);
	double width = panel->box.width - gutter - 7 - VALUE_WIDTH - 4;
	for (size_t i = 0; i < bars.count; i++)
		draw_bar(panel, &bars, i, gutter, width / (double)most);
}

static void
put_row(FILE *to, const struct report_subject *s,
    const struct report_top_keys *bars, size_t index)
{
	const struct report_top_key *bar = &bars->at[index];
	char *name = bar->key != NULL ? report_key_name(bar->key, 0) : NULL;

	report_csv_text(to, s->of->name);
	report_put(to, ",");
	report_csv_text(to, s->rule->name);
	report_put(to, ",");
	report_csv_text(to, bar->key != NULL ? name : "others");
	report_put(to, ",");
	if (bar->key != NULL && bar->backend < s->rule->backend_count)
		report_csv_text(to, s->rule->backends[bar->backend].name);
	report_print(to, ",%zu,%llu,%llu", bar->keys,
	    (unsigned long long)bar->flows, (unsigned long long)bar->bytes);
	report_csv_ratio(to, (double)bar->bytes / (double)bars->total);
	report_put(to, "\n");
	free(name);
}

static int
csv(const struct report_study *study, FILE *to)
{
	struct report_top_keys bars;

	report_put(to, "case,rule,key,backend,keys,flows,bytes,share\n");
	for (size_t i = 0; i < study->count; i++) {
		if (report_top_keys_make(&bars, study->subjects[i].rule) != 0)
			return -1;
		for (size_t j = 0; j < bars.count; j++)
			put_row(to, &study->subjects[i], &bars, j);
	}
	return ferror(to) ? -1 : 0;
}

const struct report_art report_art_keys = {
	.height = height,
	.draw = draw,
	.csv = csv,
};
