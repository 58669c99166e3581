/* SPDX-License-Identifier: MIT */
/* SNAT ports, for a terminal: a sentence about the member that has most to
 * tell, then a line for each gauge, the worst first. */
#include "reports/lines.h"
#include "reports/snat.h"
#include "reports/text.h"
#include <math.h>
#include <stdlib.h>

#include "model/names.h"

#define ROWS_MAX       20u /* a case */
#define MEMBER_WIDTH   14
#define FRONTEND_WIDTH 10
#define TERMINAL       (&report_terminal)

/* --- in words --------------------------------------------------------------
 */

static const char *
destination_text(const struct sim_snat *g, char *to, size_t bytes)
{
	char address[46];
	const bool four = lb_addr_is_v4(&g->worst);

	(void)lb_addr_text(&g->worst, address, sizeof(address));
	if (g->worst_port == 0)
		report_format(to, bytes, "%s", address);
	else
		report_format(to, bytes, "%s%s%s:%u", four ? "" : "[", address,
		    four ? "" : "]", g->worst_port);
	return to;
}

/* What was tried there; failed > 0. */
static char *
failed_words(const struct sim_snat *g, const struct report_snat *s)
{
	char count[REPORT_TEXT_BYTES], part[REPORT_TEXT_BYTES];
	char where[64];

	return report_compose(
	    "found no port for %s attempts towards %s, %s of all there,",
	    report_count(count, TERMINAL, g->worst_failed),
	    destination_text(g, where, sizeof(where)),
	    report_percent(part, TERMINAL, s->simulated));
}

static char *
used_words(const struct sim_snat *g)
{
	char part[REPORT_TEXT_BYTES], count[REPORT_TEXT_BYTES];

	return report_compose("was the fullest: %s of its %s ports at most",
	    report_percent(part, TERMINAL, report_snat_fullness(g)),
	    report_count(count, TERMINAL, g->allocated));
}

/* "" where the load is not known. */
static char *
erlang_words(const struct report_snat *s)
{
	char erlangs[REPORT_TEXT_BYTES], hold[REPORT_TEXT_BYTES];
	char part[REPORT_TEXT_BYTES], ports[REPORT_TEXT_BYTES];
	char advice[128] = "";

	if (isnan(s->predicted))
		return report_compose("%s", "");
	if (s->advised > 0)
		report_format(advice, sizeof(advice),
		    ", and that %s ports block at most 0.1 %%",
		    report_count(ports, TERMINAL, s->advised));
	return report_compose("; of the %s Erlangs that were offered (each "
			      "port held for %s) Erlang's formula, which knows "
			      "no retries, expects %s to fail%s",
	    report_digits(erlangs, TERMINAL, s->erlangs),
	    report_moment(hold, TERMINAL, s->hold_s),
	    report_percent(part, TERMINAL, s->predicted), advice);
}

static void
put_words(FILE *to, const struct sim_case *c, size_t i)
{
	const struct sim_snat *g = &c->snat[i];
	const struct report_snat s = report_snat_of(c, i);
	char *name = report_clean(g->member, true);
	char *what = g->worst_failed > 0 ? failed_words(g, &s) : used_words(g);
	char *why = erlang_words(&s);
	char *line = name != NULL && what != NULL && why != NULL
			 ? report_compose("  %s %s over %s%s.", name, what,
			       lb_proto_name(g->proto), why)
			 : NULL;

	if (line != NULL)
		report_put_wrapped(to, line);
	free(line);
	free(why);
	free(what);
	free(name);
}

/* --- the table -------------------------------------------------------------
 */

/* Most failed, then the fullest, then as they stand. */
static int
by_trouble(const void *a, const void *b, void *arg)
{
	const struct sim_case *c = arg;
	const size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct sim_snat *x = &c->snat[i], *y = &c->snat[j];
	const double full = report_snat_fullness(x) - report_snat_fullness(y);

	if (x->failed != y->failed)
		return x->failed > y->failed ? -1 : 1;
	if (full != 0)
		return full > 0 ? -1 : 1;
	return (i > j) - (i < j);
}

/* AZ 9.2's two marks. */
static const char *
mark(const struct sim_snat *g)
{
	if (g->allocated > 0 && g->peak >= g->allocated)
		return "used up";
	return (uint64_t)g->peak * 4 > (uint64_t)g->allocated * 3 ? "over 75 %"
								  : "";
}

static void
put_row(FILE *to, const struct sim_snat *g)
{
	char ports[REPORT_TEXT_BYTES], peak[REPORT_TEXT_BYTES];
	char full[REPORT_TEXT_BYTES], opened[REPORT_TEXT_BYTES];
	char failed[REPORT_TEXT_BYTES];

	report_put(to, "  ");
	report_put_name(to, g->member, MEMBER_WIDTH, true);
	report_put(to, " ");
	report_put_name(to, g->frontend, FRONTEND_WIDTH, true);
	report_print(to, " %-4s %7s %7s %7s %8s %8s%s%s\n",
	    lb_proto_name(g->proto),
	    report_count(ports, TERMINAL, g->allocated),
	    report_count(peak, TERMINAL, g->peak),
	    report_percent(full, TERMINAL, report_snat_fullness(g)),
	    report_count(opened, TERMINAL, g->opened),
	    report_count(failed, TERMINAL, g->failed),
	    mark(g)[0] != '\0' ? "  " : "", mark(g));
}

static void
put_case(FILE *to, const struct sim_case *c)
{
	size_t *order = calloc(c->snat_count, sizeof(*order));

	if (order == NULL)
		return;
	for (size_t i = 0; i < c->snat_count; i++)
		order[i] = i;
	qsort_r(order, c->snat_count, sizeof(*order), by_trouble,
	    (void *)(uintptr_t)c);
	report_print(to, "  %-*s %-*s %-4s %7s %7s %7s %8s %8s\n", MEMBER_WIDTH,
	    "member", FRONTEND_WIDTH, "frontend", "", "ports", "peak", "full",
	    "opened", "failed");
	for (size_t i = 0; i < c->snat_count && i < ROWS_MAX; i++)
		put_row(to, &c->snat[order[i]]);
	if (c->snat_count > ROWS_MAX)
		report_print(to, "  and %zu more, in summary.json\n",
		    c->snat_count - ROWS_MAX);
	put_words(to, c, order[0]);
	free(order);
}

void
report_put_snat_table(FILE *to, const struct sim_record *record)
{
	bool begun = false;

	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		if (c->snat_count == 0)
			continue;
		if (!begun)
			report_put(to, "\nSNAT ports\n");
		begun = true;
		if (record->case_count > 1) {
			report_put(to, "\n");
			report_put_name(to, c->name, SIZE_MAX, false);
			report_put(to, "\n");
		}
		put_case(to, c);
	}
}
