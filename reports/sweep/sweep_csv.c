/* SPDX-License-Identifier: MIT */
#include "reports/text/csv.h"
#include "reports/sweep/sweep.h"
#include <errno.h>
#include <math.h>

static const char *const columns[] = { "jain", "expected_jain", "cv",
	"peak_to_average", "gini", "effective_backends", "p_value" };
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void
put_header(const struct report_sweep *s, FILE *to)
{
	report_put(to, "point");
	for (size_t f = 0; f < s->factor_count; f++)
		report_print(to, ",%s", s->factors[f].name);
	report_put(to, ",rule,backends,keys,flows,packets,bytes,untracked");
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		for (size_t i = 0; i < COLUMNS; i++)
			report_print(
			    to, ",%s_%s", report_unit_name(u), columns[i]);
	for (unsigned m = 0; s->asks_ports && m < REPORT_PORT_METRIC_COUNT; m++)
		report_print(to, ",snat_%s", report_port_metric_name(m));
	report_put(to, "\n");
}

static void
put_ratio(FILE *to, double value)
{
	if (isfinite(value))
		report_print(to, ",%.12g", value);
	else
		report_put(to, ","); /* not known */
}

static void
put_unit(const struct report_result *r, enum report_unit u, FILE *to)
{
	const struct report_fairness *f = &r->fairness[u];
	const double values[COLUMNS] = { f->jain, f->expected_jain, f->cv,
		f->peak_to_average, f->gini, f->effective_backends,
		r->p_value[u] };

	for (size_t i = 0; i < COLUMNS; i++)
		put_ratio(to, values[i]);
}

static void
put_row(const struct report_sweep *s, size_t point, size_t rule, FILE *to)
{
	const struct report_result none = { 0 };
	const struct report_result *r =
	    rule < s->rule_count ? &s->results[point * s->rule_count + rule]
				 : &none;

	report_print(to, "%zu", point + 1);
	for (size_t f = 0; f < s->factor_count; f++) {
		report_put(to, ",");
		report_csv_text(to,
		    s->factors[f].levels[report_sweep_level(s, point, f)].text);
	}
	report_put(to, ",");
	report_csv_text(to, rule < s->rule_count ? s->rules[rule] : "");
	report_print(to, ",%zu,%zu,%llu,%llu,%llu,%llu", r->backend_count,
	    r->key_count, (unsigned long long)r->flows,
	    (unsigned long long)r->packets, (unsigned long long)r->bytes,
	    (unsigned long long)r->untracked);
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		put_unit(r, u, to);
	for (unsigned m = 0; s->asks_ports && m < REPORT_PORT_METRIC_COUNT; m++)
		put_ratio(to, s->ports[point][m]);
	report_put(to, "\n");
}

int
report_sweep_csv(const struct report_sweep *s, FILE *to)
{
	/* ports are asked for also where there is no rule */
	const size_t rows =
	    s->rule_count == 0 && s->asks_ports ? 1 : s->rule_count;

	errno = 0;
	put_header(s, to);
	for (size_t point = 0; point < s->point_count; point++)
		for (size_t rule = 0; rule < rows; rule++)
			put_row(s, point, rule, to);
	return ferror(to) ? -1 : 0;
}
