/* SPDX-License-Identifier: MIT */
/* SNAT ports of two runs beside each other. */
#include "reports/compare/compare.h"
#include "reports/text/csv.h"
#include "reports/text/json_build.h"
#include "reports/text/lines.h"
#include "reports/stats/snat.h"
#include <inttypes.h>
#include <math.h>

#define TERMINAL     (&report_terminal)
#define NAME_COLUMNS 34

/* What is said of a side; nothing was used: all of it "-" or null. */
struct side {
	bool used;
	const struct sim_snat *worst;
	struct report_snat of_worst;
	uint64_t failed;
	double figures[REPORT_SNAT_FIGURE_COUNT];
	char destination[REPORT_SNAT_DESTINATION_BYTES];
};

static struct side
side_of(const struct sim_case *c)
{
	struct side s = { 0 };

	if (c == NULL || report_snat_count_used(c) == 0)
		return s;
	const size_t worst = report_snat_worst(c);
	s.used = true;
	s.worst = &c->snat[worst];
	s.of_worst = report_snat_of(c, worst);
	s.failed = report_snat_failed(c);
	for (unsigned f = 0; f < REPORT_SNAT_FIGURE_COUNT; f++)
		s.figures[f] = report_snat_figure(c, f);
	(void)report_snat_destination(s.worst, s.destination);
	return s;
}

/* --- for people ----------------------------------------------------------- */

struct column {
	char failed[REPORT_TEXT_BYTES], ports[REPORT_TEXT_BYTES];
	char advised[REPORT_TEXT_BYTES];
	char figures[REPORT_SNAT_FIGURE_COUNT][REPORT_TEXT_BYTES];
};

static struct column
column_of(const struct side *s)
{
	struct column c = { "-", "-", "-", { "-", "-", "-" } };

	if (!s->used)
		return c;
	report_count(c.failed, TERMINAL, s->failed);
	report_count(c.ports, TERMINAL, s->of_worst.ports);
	if (s->of_worst.advised > 0)
		report_count(c.advised, TERMINAL, s->of_worst.advised);
	for (unsigned f = 0; f < REPORT_SNAT_FIGURE_COUNT; f++)
		if (!isnan(s->figures[f]))
			report_snat_part(c.figures[f], TERMINAL, s->figures[f]);
	return c;
}

void
report_compare_snat_text(FILE *to, const struct report_comparison *c,
    const struct report_snat_pair *pair,
    void (*row)(
	FILE *to, const char *label, const char *first, const char *second))
{
	const struct side a = side_of(pair->of_case[0]);
	const struct side b = side_of(pair->of_case[1]);
	const struct column x = column_of(&a), y = column_of(&b);

	report_put(to, "\n");
	if (c->run[0]->case_count > 1 || c->run[1]->case_count > 1) {
		report_put_name(to,
		    pair->of_case[pair->of_case[0] == NULL]->name, NAME_COLUMNS,
		    false);
		report_put(to, ", ");
	}
	report_put(to, "SNAT ports\n");
	row(to, "packets that found none", x.failed, y.failed);
	row(to, "of first tries", x.figures[REPORT_SNAT_BLOCKING],
	    y.figures[REPORT_SNAT_BLOCKING]);
	row(to, "the fullest member's use", x.figures[REPORT_SNAT_PEAK],
	    y.figures[REPORT_SNAT_PEAK]);
	row(to, "the worst off", a.used ? a.worst->member : "-",
	    b.used ? b.worst->member : "-");
	row(to, "its ports", x.ports, y.ports);
	row(to, "its worst destination", a.used ? a.destination : "-",
	    b.used ? b.destination : "-");
	row(to, "failed there by Erlang's formula",
	    x.figures[REPORT_SNAT_EXPECTED], y.figures[REPORT_SNAT_EXPECTED]);
	row(to, "ports that block at most 0.1 %", x.advised, y.advised);
}

/* --- for programs --------------------------------------------------------- */

static json_t *
side_json(const struct side *s)
{
	if (!s->used)
		return json_null();
	json_t *o = with(json_object(), "failed", whole(s->failed));
	for (unsigned f = 0; f < REPORT_SNAT_FIGURE_COUNT; f++)
		o = with(o, report_snat_figure_name(f), ratio(s->figures[f]));
	o = with(o, "member", text(s->worst->member));
	o = with(o, "allocated", whole(s->of_worst.ports));
	o = with(o, "worst_destination", text(s->destination));
	return with(o, "ports_advised",
	    s->of_worst.advised > 0 ? whole(s->of_worst.advised) : json_null());
}

json_t *
report_compare_snat_json(const struct report_snat_pair *pair)
{
	const struct side a = side_of(pair->of_case[0]);
	const struct side b = side_of(pair->of_case[1]);
	const struct sim_case *of = pair->of_case[pair->of_case[0] == NULL];
	json_t *o = with(json_object(), "case", text(of->name));

	o = with(o, "first", side_json(&a));
	return with(o, "second", side_json(&b));
}

/* --- compare.csv ---------------------------------------------------------- */

static void
put_ratio(FILE *to, double ratio)
{
	if (!isnan(ratio))
		report_print(to, "%.9g", ratio);
}

static void
put_failed(FILE *to, const struct side *s)
{
	report_print(to, "%" PRIu64, s->failed);
}

static void
put_blocking(FILE *to, const struct side *s)
{
	put_ratio(to, s->figures[REPORT_SNAT_BLOCKING]);
}

static void
put_predicted(FILE *to, const struct side *s)
{
	put_ratio(to, s->figures[REPORT_SNAT_EXPECTED]);
}

static void
put_peak(FILE *to, const struct side *s)
{
	put_ratio(to, s->figures[REPORT_SNAT_PEAK]);
}

static void
put_member(FILE *to, const struct side *s)
{
	report_csv_text(to, s->worst->member);
}

static void
put_allocated(FILE *to, const struct side *s)
{
	report_print(to, "%" PRIu32, s->of_worst.ports);
}

static void
put_destination(FILE *to, const struct side *s)
{
	report_csv_text(to, s->destination);
}

static void
put_advised(FILE *to, const struct side *s)
{
	if (s->of_worst.advised > 0)
		report_print(to, "%" PRIu32, s->of_worst.advised);
}

/* In the order of report_compare_snat_text(); empty is what is not known, or
 * where no member used a port. */
static const struct {
	const char *name;
	void (*put)(FILE *to, const struct side *s);
} columns[] = {
	{ "snat_failed", put_failed },
	{ "snat_blocking", put_blocking },
	{ "snat_peak_share", put_peak },
	{ "snat_member", put_member },
	{ "snat_allocated", put_allocated },
	{ "snat_worst_destination", put_destination },
	{ "snat_predicted_blocking", put_predicted },
	{ "snat_ports_advised", put_advised },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

void
report_compare_snat_csv_head(FILE *to)
{
	for (size_t i = 0; i < COLUMNS; i++)
		report_print(to, ",%s_first,%s_second", columns[i].name,
		    columns[i].name);
}

void
report_compare_snat_csv_none(FILE *to)
{
	for (size_t i = 0; i < COLUMNS; i++)
		report_put(to, ",,");
}

void
report_compare_snat_csv(FILE *to, const struct report_snat_pair *pair)
{
	const struct side sides[2] = { side_of(pair->of_case[0]),
		side_of(pair->of_case[1]) };

	for (size_t i = 0; i < COLUMNS; i++)
		for (unsigned k = 0; k < 2; k++) {
			report_put(to, ",");
			if (sides[k].used)
				columns[i].put(to, &sides[k]);
		}
}
