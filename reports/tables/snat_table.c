/* SPDX-License-Identifier: MIT */
/* SNAT ports, for a terminal: a sentence about the member that has most to
 * tell, then a line for each gauge, the worst first. */
#include "reports/text/lines.h"
#include "reports/stats/snat.h"
#include "reports/text/text.h"
#include <stdlib.h>

#include "model/config/names.h"

#define ROWS_MAX       20u /* a case */
#define TURNS_MAX      5u  /* the same */
#define MEMBER_WIDTH   14
#define FRONTEND_WIDTH 10
#define TERMINAL       (&report_terminal)

static void
put_words(FILE *to, const struct sim_case *c, size_t i)
{
	char *words = report_snat_words(c, i, TERMINAL);
	char *line = words != NULL ? report_compose("  %s.", words) : NULL;

	if (line != NULL)
		report_put_wrapped(to, line);
	free(line);
	free(words);
}

static void
put_spread(FILE *to, const struct sim_record *record, size_t of_case)
{
	char *words = report_snat_spread_words(record, of_case, TERMINAL);
	char *line = words != NULL && words[0] != '\0'
			 ? report_compose("  %s.", words)
			 : NULL;

	if (line != NULL)
		report_put_wrapped(to, line);
	free(line);
	free(words);
}

static void
put_row(FILE *to, const struct sim_snat *g)
{
	char ports[REPORT_TEXT_BYTES], peak[REPORT_TEXT_BYTES];
	char full[REPORT_TEXT_BYTES], opened[REPORT_TEXT_BYTES];
	char failed[REPORT_TEXT_BYTES];
	const char *mark = report_snat_mark(g);

	report_put(to, "  ");
	report_put_name(to, g->member, MEMBER_WIDTH, true);
	report_put(to, " ");
	report_put_name(to, g->frontend, FRONTEND_WIDTH, true);
	report_print(to, " %-4s %7s %7s %7s %8s %8s%s%s\n",
	    lb_proto_name(g->proto),
	    report_count(ports, TERMINAL, report_snat_ports(g)),
	    report_count(peak, TERMINAL, g->peak),
	    report_percent(full, TERMINAL, report_snat_fullness(g)),
	    report_count(opened, TERMINAL, g->opened),
	    report_count(failed, TERMINAL, g->failed),
	    mark[0] != '\0' ? "  " : "", mark);
}

static void
put_turns(FILE *to, const struct sim_case *c)
{
	for (size_t i = 0; i < c->turn_count && i < TURNS_MAX; i++) {
		char *words = report_snat_turn_words(&c->turns[i], TERMINAL);
		char *line =
		    words != NULL ? report_compose("  %s.", words) : NULL;
		if (line != NULL)
			report_put_wrapped(to, line);
		free(line);
		free(words);
	}
	if (c->turn_count > TURNS_MAX)
		report_print(to,
		    "  and %zu changes of ports more, in summary.json\n",
		    c->turn_count - TURNS_MAX);
}

static void
put_case(FILE *to, const struct sim_case *c)
{
	size_t *order = report_snat_order(c);

	if (order == NULL)
		return;
	report_print(to, "  %-*s %-*s %-4s %7s %7s %7s %8s %8s\n", MEMBER_WIDTH,
	    "member", FRONTEND_WIDTH, "frontend", "", "ports", "peak", "full",
	    "opened", "failed");
	for (size_t i = 0; i < c->snat_count && i < ROWS_MAX; i++)
		put_row(to, &c->snat[order[i]]);
	if (c->snat_count > ROWS_MAX)
		report_print(to,
		    "  and %zu more of %zu; summary.json (--json) has all\n",
		    c->snat_count - ROWS_MAX, c->snat_count);
	if (report_snat_is_used(&c->snat[order[0]]))
		put_words(to, c, order[0]);
	free(order);
	put_turns(to, c);
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
		put_spread(to, record, i);
	}
}
