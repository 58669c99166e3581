/* SPDX-License-Identifier: MIT */
#include "reports/tables/shares.h"
#include "reports/text/lines.h"
#include "reports/text/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_COLUMNS   80
#define NAME_COLUMNS   24
#define NAME_LEAST     12
#define BACKENDS_WHOLE 20 /* beyond: the heaviest and the lightest only */
#define BACKENDS_EDGE  5

/* A unit's columns: as wide as what stands in them. */
struct unit_columns {
	size_t count, share, deviation;
	struct report_range perfect;
	struct report_range *each; /* where weights differ; else NULL */
};

struct layout {
	const struct sim_rule *rule;
	struct report_fair fair;
	size_t name, weight; /* weight 0: they are all the same */
	bool shares;         /* there is room for them */
	bool marked;         /* somebody was */
	struct unit_columns unit[REPORT_UNIT_COUNT];
};

struct cells {
	char count[REPORT_TEXT_BYTES], share[REPORT_TEXT_BYTES];
	char deviation[REPORT_TEXT_BYTES];
};

static double
deviation_of(const struct layout *l, enum report_unit unit, size_t index)
{
	return report_off_fair(&l->fair, &l->rule->backends[index],
	    report_share(l->rule, unit, index));
}

/* To a tenth of a percent: what is finer is luck, and makes columns ragged. */
static void
put_deviation(char *to, double deviation)
{
	double percent = 100 * deviation;

	if (isnan(deviation))
		report_format(to, REPORT_TEXT_BYTES, "-");
	else if (fabs(percent) < 0.05)
		report_format(to, REPORT_TEXT_BYTES, "0 %%");
	else
		report_format(to, REPORT_TEXT_BYTES, "%+.*f %%",
		    fabs(percent) < 99.95 ? 1 : 0, percent);
}

static void
fill_cells(struct cells *cells, const struct layout *l, enum report_unit unit,
    size_t index)
{
	const struct sim_rule *rule = l->rule;

	report_count(cells->count, &report_terminal,
	    report_backend_load(&rule->backends[index], unit));
	report_percent(
	    cells->share, &report_terminal, report_share(rule, unit, index));
	put_deviation(cells->deviation, deviation_of(l, unit, index));
}

/* --- how wide ------------------------------------------------------------- */

static void
widen(size_t *columns, const char *text)
{
	size_t bytes = strlen(text);

	if (bytes > *columns)
		*columns = bytes;
}

static void
measure_unit(struct layout *l, enum report_unit unit, uint64_t seed)
{
	struct unit_columns *c = &l->unit[unit];
	struct cells cells;

	widen(&c->count, report_unit_name(unit));
	widen(&c->share, "share");
	widen(&c->deviation, "-99.9 %");
	for (size_t i = 0; i < l->rule->backend_count; i++) {
		fill_cells(&cells, l, unit, i);
		widen(&c->count, cells.count);
		widen(&c->share, cells.share);
		widen(&c->deviation, cells.deviation);
	}
	c->each = report_perfect_ranges(l->rule, unit, seed);
	if (c->each == NULL)
		c->perfect = report_perfect_range(l->rule, unit, seed);
}

/* Of all units, with the spaces before and the marks behind. */
static size_t
units_width(const struct layout *l, bool shares)
{
	size_t width = l->weight > 0 ? 1 + l->weight : 0;

	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++) {
		const struct unit_columns *c = &l->unit[u];
		width += 1 + c->count + 1 + c->deviation + 1;
		width += shares ? 1 + c->share : 0;
	}
	return width;
}

static void
measure(struct layout *l, const struct sim_rule *rule, uint64_t seed)
{
	*l = (struct layout){ .rule = rule,
		.fair = report_fair(rule),
		.name = strlen("backend") };
	l->weight = l->fair.equal ? 0 : strlen("weight");
	for (size_t i = 0; i < rule->backend_count; i++) {
		const char *name = rule->backends[i].name;
		size_t columns = name != NULL ? report_columns(name) : 0;
		if (columns > l->name)
			l->name = columns;
	}
	if (l->name > NAME_COLUMNS)
		l->name = NAME_COLUMNS;
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		measure_unit(l, u, seed);
	l->shares = 2 + l->name + units_width(l, true) <= LINE_COLUMNS;
	size_t width = 2 + l->name + units_width(l, l->shares);
	while (width-- > LINE_COLUMNS && l->name > NAME_LEAST)
		l->name--;
}

/* --- rows ----------------------------------------------------------------- */

static void
put_unit(FILE *to, struct layout *l, enum report_unit unit, size_t index)
{
	const struct unit_columns *c = &l->unit[unit];
	double deviation = deviation_of(l, unit, index);
	const struct report_range *perfect =
	    c->each != NULL ? &c->each[index] : &c->perfect;
	bool beyond = deviation < perfect->low || deviation > perfect->high;
	struct cells cells;

	fill_cells(&cells, l, unit, index);
	l->marked |= beyond;
	report_print(to, " %*s", (int)c->count, cells.count);
	if (l->shares)
		report_print(to, " %*s", (int)c->share, cells.share);
	report_print(to, " %*s%s", (int)c->deviation, cells.deviation,
	    beyond                 ? "*"
	    : unit == REPORT_BYTES ? ""
				   : " ");
}

static void
put_row(FILE *to, struct layout *l, size_t index)
{
	report_put(to, "  ");
	report_put_name(to, l->rule->backends[index].name, l->name, true);
	if (l->weight > 0)
		report_print(to, " %*u", (int)l->weight,
		    (unsigned)l->rule->backends[index].weight);
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		put_unit(to, l, u, index);
	report_put(to, "\n");
}

static void
put_head(FILE *to, const struct layout *l)
{
	report_print(to, "  %-*s", (int)l->name, "backend");
	if (l->weight > 0)
		report_put(to, " weight");
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++) {
		const struct unit_columns *c = &l->unit[u];
		report_print(to, " %*s", (int)c->count, report_unit_name(u));
		if (l->shares)
			report_print(to, " %*s", (int)c->share, "share");
		report_print(to, " %*s%s", (int)c->deviation, "+-fair",
		    u == REPORT_BYTES ? "" : " ");
	}
	report_put(to, "\n");
}

struct place {
	uint64_t bytes;
	size_t backend;
};

/* Heaviest in bytes first; as they were named where equal. */
static int
heavier(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return (x->backend > y->backend) - (x->backend < y->backend);
}

static void
put_edges(FILE *to, struct layout *l)
{
	size_t n = l->rule->backend_count;
	struct place *order = calloc(n, sizeof(*order));
	char between[REPORT_TEXT_BYTES];

	if (order == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		order[i] = (struct place){ l->rule->backends[i].bytes, i };
	qsort(order, n, sizeof(*order), heavier);
	for (size_t i = 0; i < n; i++) {
		if (i == BACKENDS_EDGE) {
			report_print(to, "  ... %s backends between ...\n",
			    report_count(between, &report_terminal,
				n - 2 * (size_t)BACKENDS_EDGE));
			i = n - BACKENDS_EDGE;
		}
		put_row(to, l, order[i].backend);
	}
	free(order);
}

void
report_put_shares(FILE *to, const struct sim_rule *rule, uint64_t seed)
{
	struct layout l;

	measure(&l, rule, seed);
	put_head(to, &l);
	if (rule->backend_count > BACKENDS_WHOLE)
		put_edges(to, &l);
	else
		for (size_t i = 0; i < rule->backend_count; i++)
			put_row(to, &l, i);
	if (l.marked)
		report_put(to, "  * further from fair than 95 % of backends "
			       "under a perfect hash\n");
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		free(l.unit[u].each);
}
