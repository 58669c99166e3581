/* SPDX-License-Identifier: MIT */
/* Titles of how even it is: of all backends, and of the busiest. */
#include "reports/figures/titles_parts.h"
#include "reports/text/text.h"
#include <math.h>
#include <stdlib.h>

#define NAME_COLUMNS 44
#define PICTURE      (&report_picture)
#define ROUNDING     1e-9

/* A backend's name, not too long for a sentence. */
char *
report_title_backend(const struct sim_rule *rule, size_t index)
{
	char *name = report_clean(rule->backends[index].name, true);
	if (name != NULL)
		report_shorten(name, NAME_COLUMNS);
	return name;
}

/* Backends beyond what a perfect hash rarely leaves. */
static size_t
count_outside(const struct report_subject *s, enum report_unit unit)
{
	const struct report_range *perfect = &s->by[unit].perfect;
	const struct report_fair fair = report_fair(s->rule);
	size_t n = s->rule->backend_count, outside = 0;
	double total = (double)s->by[unit].total;
	struct report_range *each =
	    report_perfect_ranges(s->rule, unit, s->seed);

	for (size_t i = 0; i < n; i++) {
		const struct sim_backend *b = &s->rule->backends[i];
		double load = (double)report_backend_load(b, unit);
		double off = load * report_fair_one_in(&fair, b) / total - 1;
		const struct report_range *range =
		    each != NULL ? &each[i] : perfect;
		outside +=
		    off < range->low - ROUNDING || off > range->high + ROUNDING;
	}
	free(each);
	return outside;
}

/* On all backends, for a title. */
char *
report_spread_title(const struct report_subject *s, const char *which)
{
	char outside[REPORT_TEXT_BYTES], all[REPORT_TEXT_BYTES];
	size_t count = count_outside(s, REPORT_BYTES);

	if (s->rule->backend_count == 1)
		return report_compose("One backend carries everything");
	report_count(outside, PICTURE, count);
	return report_compose("%s of the %s backends %s outside the range in "
			      "which a perfect hash leaves 95\xe2\x80\xaf%% of "
			      "them by bytes%s",
	    count == 0 ? "None" : outside,
	    report_count(all, PICTURE, s->rule->backend_count),
	    count < 2 ? "is" : "are", which);
}

/* On the busiest, for a panel. */
char *
report_deviation_title(const struct report_subject *s)
{
	const struct sim_rule *rule = s->rule;
	char share[REPORT_TEXT_BYTES], fair[REPORT_TEXT_BYTES];
	size_t busiest = report_busiest(rule, REPORT_BYTES);
	const struct report_fair by = report_fair(rule);
	double even = report_fair_share(&by, &rule->backends[busiest]);

	if (rule->backend_count == 1)
		return report_compose("One backend carries everything");
	char *name = report_title_backend(rule, busiest), *text;
	if (name == NULL)
		return NULL;
	text = report_compose("%s carries %s of the bytes, %s %s", name,
	    report_percent(
		share, PICTURE, report_share(rule, REPORT_BYTES, busiest)),
	    by.equal ? "fair is" : "its share by weight is",
	    report_round_percent(fair, PICTURE, even));
	free(name);
	return text;
}

static int
descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x < y) - (x > y);
}

double
report_busier_half(const struct sim_rule *rule, enum report_unit unit)
{
	const struct report_fair fair = report_fair(rule);
	size_t n = rule->backend_count;
	double *load = calloc(n > 0 ? n : 1, sizeof(*load)), total = 0, sum = 0;

	for (size_t i = 0; load != NULL && i < n; i++)
		load[i] = (double)report_backend_load(&rule->backends[i], unit);
	if (load != NULL) {
		n = report_fair_loads(&fair, rule, load);
		qsort(load, n, sizeof(*load), descending);
	}
	for (size_t i = 0; load != NULL && i < n; i++) {
		total += load[i];
		sum += i < (n + 1) / 2 ? load[i] : 0;
	}
	free(load);
	return total > 0 ? sum / total : NAN;
}

char *
report_lorenz_title(
    const struct report_subject *s, const char *which, bool panel)
{
	char share[REPORT_TEXT_BYTES], gini[REPORT_TEXT_BYTES];
	char half[REPORT_TEXT_BYTES], all[REPORT_TEXT_BYTES];
	char even[REPORT_TEXT_BYTES];
	const struct report_fair fair = report_fair(s->rule);
	const char *weighed = fair.equal ? "" : " for their weight";
	size_t n = fair.count, busier = (n + 1) / 2;

	if (n < 2)
		return report_compose("One backend carries everything");
	report_percent(
	    share, PICTURE, report_busier_half(s->rule, REPORT_BYTES));
	report_round_percent(even, PICTURE, (double)busier / (double)n);
	report_index(gini, s->by[REPORT_BYTES].is.gini);
	if (panel)
		return report_compose("The busier half carries %s of the "
				      "bytes%s (Gini %s)",
		    share, weighed, gini);
	if (n == 2)
		return report_compose("The busier of 2 backends carries %s of "
				      "the bytes%s%s (Gini %s)",
		    share, weighed, which, gini);
	return report_compose("The %s busier of %s backends carry %s of the "
			      "bytes%s%s where an even split gives %s (Gini "
			      "%s)",
	    report_count(half, PICTURE, busier), report_count(all, PICTURE, n),
	    share, weighed, which, even, gini);
}

char *
report_modes_title(const struct report_subject *s, const char *which)
{
	char like[REPORT_TEXT_BYTES], count[REPORT_TEXT_BYTES];
	return report_compose("By bytes the load behaves like %s of %s %s%s",
	    report_digits(
		like, PICTURE, s->by[REPORT_BYTES].is.effective_backends),
	    report_count(count, PICTURE, report_fair(s->rule).count),
	    s->rule->backend_count == 1 ? "backend" : "backends", which);
}
