/* SPDX-License-Identifier: MIT */
#include "reports/tables/failover_table.h"
#include "reports/words/failover_words.h"
#include "reports/text/lines.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FAULTS_MAX  20 /* lines a case */
#define NAME_WIDTH  24
#define TERMINAL    (&report_terminal)
#define TIMES       "%9s %9s %9s %9s %9s\n"
#define SPREAD_FROM REPORT_DETECTED

/* Columns of the second table. */
static const enum report_outcome counts[] = { REPORT_MOVED, REPORT_NEEDLESS,
	REPORT_BROKEN, REPORT_LOST, REPORT_RETRIES };

static bool
has_something(const struct sim_case *c)
{
	return c->failover_count > 0 || c->clients.requests > 0 ||
	       c->clients.reset > 0 || c->instance_count > 0 ||
	       c->unreachable > 0;
}

static bool
is_wanted(const struct sim_record *record)
{
	bool wanted = report_replications(record) > 1;

	for (size_t i = 0; i < record->case_count; i++)
		wanted |= has_something(&record->cases[i]);
	return wanted;
}

static bool
has_failover(const struct sim_record *record)
{
	for (size_t i = 0; i < record->case_count; i++)
		if (record->cases[i].failover_count > 0)
			return true;
	return false;
}

static double
seconds(uint64_t ns)
{
	return ns == SIM_NO_TIME ? NAN : (double)ns / 1e9;
}

static void
put_name(FILE *to, const struct sim_failover *f)
{
	char *name = report_fault_name(f, NAME_WIDTH);

	report_put(to, "  ");
	report_put_name(to, name, NAME_WIDTH, true);
	report_put(to, " ");
	free(name);
}

/* "5-10 s" */
static const char *
expected_text(char *to, const struct sim_failover *f)
{
	char low[REPORT_TEXT_BYTES], high[REPORT_TEXT_BYTES];

	if (f->soonest_ns == SIM_NO_TIME || f->latest_ns == SIM_NO_TIME)
		return f->detected_ns == SIM_NO_TIME && report_is_probed_for(f)
			   ? "never"
			   : "-";
	report_moment(low, TERMINAL, seconds(f->soonest_ns));
	report_moment(high, TERMINAL, seconds(f->latest_ns));
	const char *unit = strchr(low, ' ');
	/* one unit is enough for both */
	if (unit != NULL && strstr(high, unit) != NULL)
		low[strcspn(low, " ")] = '\0';
	report_format(to, REPORT_TEXT_BYTES, "%.20s-%.20s", low, high);
	return to;
}

static void
put_times(FILE *to, const struct sim_failover *f)
{
	char at[REPORT_TEXT_BYTES], found[REPORT_TEXT_BYTES];
	char expected[REPORT_TEXT_BYTES], rerouted[REPORT_TEXT_BYTES];
	char back[REPORT_TEXT_BYTES];

	put_name(to, f);
	report_print(to, TIMES, report_moment(at, TERMINAL, seconds(f->at_ns)),
	    report_moment(found, TERMINAL, seconds(f->detected_ns)),
	    expected_text(expected, f),
	    report_moment(rerouted, TERMINAL, seconds(f->rerouted_ns)),
	    report_moment(back, TERMINAL, seconds(f->restored_ns)));
}

static void
put_counts(FILE *to, const struct sim_failover *f)
{
	put_name(to, f);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		char text[REPORT_TEXT_BYTES];
		report_print(to, "%8s ",
		    report_count(text, TERMINAL,
			(uint64_t)report_outcome(f, counts[i])));
	}
	char text[REPORT_TEXT_BYTES];
	report_print(
	    to, "%7s\n", report_count(text, TERMINAL, report_failed(f)));
}

static void
put_faults(FILE *to, const struct sim_case *c)
{
	size_t shown =
	    c->failover_count < FAULTS_MAX ? c->failover_count : FAULTS_MAX;

	if (shown == 0)
		return;
	report_print(to, "  %-*s " TIMES, NAME_WIDTH, "fault", "at", "noticed",
	    "expected", "rerouted", "back");
	for (size_t i = 0; i < shown; i++)
		put_times(to, &c->failovers[i]);
	report_print(to, "  %-*s %8s %8s %8s %8s %8s %7s\n", NAME_WIDTH,
	    "flows", "moved", "needless", "broken", "lost", "retries",
	    "failed");
	for (size_t i = 0; i < shown; i++)
		put_counts(to, &c->failovers[i]);
	if (shown < c->failover_count)
		report_print(to, "  and %zu more; summary.json has all\n",
		    c->failover_count - shown);
}

static void
put_budget(FILE *to, const struct sim_case *c)
{
	char available[REPORT_TEXT_BYTES], budget[REPORT_TEXT_BYTES];
	double is = report_availability(c);

	if (c->clients.requests > 0 || c->failover_count == 0 || isnan(is))
		return;
	report_print(to,
	    "  availability %s of client packets after the faults, %s of error "
	    "budget\n",
	    report_nines(available, TERMINAL, is),
	    report_moment(budget, TERMINAL, 60 * report_sum(c, REPORT_BUDGET)));
}

static void
put_line(FILE *to, char *text)
{
	char *line = text != NULL && text[0] != '\0'
			 ? report_compose("  %s", text)
			 : NULL;

	if (line != NULL)
		report_put_wrapped(to, line);
	free(line);
	free(text);
}

static void
put_world(FILE *to, const struct sim_case *c)
{
	char flows[REPORT_TEXT_BYTES], moved[REPORT_TEXT_BYTES];
	char broken[REPORT_TEXT_BYTES];

	put_line(to, report_clients_words(c, TERMINAL));
	put_budget(to, c);
	if (c->instance_count > 1)
		put_line(to,
		    report_compose("%zu balancers: %s flows went from one to "
				   "another, %s of them to another backend, %s "
				   "of these with a connection open",
			c->instance_count,
			report_count(flows, TERMINAL, c->rehomed),
			report_count(moved, TERMINAL, c->rehomed_moved),
			report_count(broken, TERMINAL, c->rehomed_broken)));
	if (c->unreachable > 0)
		put_line(
		    to, report_compose("%s client packets reached no balancer",
			    report_count(flows, TERMINAL, c->unreachable)));
}

/* --- over replications ---------------------------------------------------- */

static char *
value_text(char *to, enum report_outcome outcome, double value)
{
	if (outcome <= REPORT_RESTORED)
		return report_moment(to, TERMINAL, value);
	if (outcome == REPORT_BUDGET)
		return report_moment(to, TERMINAL, 60 * value);
	if (outcome == REPORT_AVAILABILITY)
		return report_nines(to, TERMINAL, value);
	return report_digits(to, TERMINAL, value);
}

/* "noticed 7.43 s (7.31 to 7.55)"; nothing of what never happened, or always
 * was none. */
static char *
spread_text(const struct sim_record *record, size_t of_case, size_t fault,
    enum report_outcome outcome)
{
	static const char *const what[REPORT_OUTCOME_COUNT] = {
		[REPORT_DETECTED] = "noticed",
		[REPORT_REROUTED] = "rerouted",
		[REPORT_RESTORED] = "back",
		[REPORT_MOVED] = "moved",
		[REPORT_NEEDLESS] = "needlessly",
		[REPORT_BROKEN] = "broken",
		[REPORT_LOST] = "lost",
		[REPORT_RETRIES] = "retries",
		[REPORT_GIVEN_UP] = "given up",
		[REPORT_AVAILABILITY] = "availability",
		[REPORT_BUDGET] = "error budget",
	};
	char mean[REPORT_TEXT_BYTES], low[REPORT_TEXT_BYTES];
	char high[REPORT_TEXT_BYTES], *text = NULL;
	struct report_spread s;

	if (what[outcome] == NULL)
		return NULL;
	if (report_spread_make(&s, record, of_case, fault, outcome) == 0 &&
	    s.n > 0 && (s.max > 0 || outcome <= REPORT_RESTORED)) {
		text = isnan(s.interval.low)
			   ? report_compose("%s %s", what[outcome],
				 value_text(mean, outcome, s.mean))
			   : report_compose("%s %s (%s to %s)", what[outcome],
				 value_text(mean, outcome, s.mean),
				 value_text(low, outcome, s.interval.low),
				 value_text(high, outcome, s.interval.high));
	}
	report_spread_free(&s);
	return text;
}

static void
put_spread(
    FILE *to, const struct sim_record *record, size_t of_case, size_t fault)
{
	const struct sim_case *c = &record->cases[of_case];
	char *name = fault == REPORT_ALL_FAULTS
			 ? report_compose("all faults")
			 : report_fault_name(&c->failovers[fault], NAME_WIDTH);
	char *line = name != NULL ? report_compose("  %s:", name) : NULL;
	const char *before = " ";

	for (unsigned m = SPREAD_FROM; m < REPORT_OUTCOME_COUNT; m++) {
		char *part =
		    spread_text(record, of_case, fault, (enum report_outcome)m);
		if (part == NULL || line == NULL)
			continue;
		char *more = report_compose("%s%s%s", line, before, part);
		before = ", ";
		free(line);
		free(part);
		line = more;
	}
	if (line != NULL)
		report_put_wrapped(to, line);
	free(line);
	free(name);
}

static void
put_jain(FILE *to, const struct sim_record *record, size_t of_case, size_t rule)
{
	const struct sim_case *c = &record->cases[of_case];
	char mean[REPORT_TEXT_BYTES], low[REPORT_TEXT_BYTES];
	char high[REPORT_TEXT_BYTES];
	struct report_spread s;

	if (report_spread_jain(&s, record, of_case, rule, REPORT_FLOWS) == 0 &&
	    s.n > 1) {
		report_put(to, "  ");
		report_put_name(to,
		    c->rule_count > 1 ? c->rules[rule].name : "evenness",
		    NAME_WIDTH, false);
		report_print(to, ": Jain %s by flows (%s to %s)\n",
		    report_index(mean, s.mean),
		    report_index(low, s.interval.low),
		    report_index(high, s.interval.high));
	}
	report_spread_free(&s);
}

/* Not where members' own connections are all there is. */
static bool
has_spreads(const struct sim_case *c)
{
	bool any = c->failover_count > 0;

	for (size_t r = 0; r < c->rule_count; r++)
		any |= c->rules[r].flows > 0;
	return any;
}

static void
put_spreads(FILE *to, const struct sim_record *record, size_t of_case)
{
	const struct sim_case *c = &record->cases[of_case];
	size_t replications = report_replications(record);

	if (replications < 2 || !has_spreads(c))
		return;
	report_print(to,
	    "  over %zu replications, means with their 95 %% intervals:\n",
	    replications);
	if (!report_faults_agree(record, of_case))
		put_spread(to, record, of_case, REPORT_ALL_FAULTS);
	else
		for (size_t i = 0; i < c->failover_count && i < FAULTS_MAX; i++)
			put_spread(to, record, of_case, i);
	for (size_t r = 0; r < c->rule_count; r++)
		put_jain(to, record, of_case, r);
}

void
report_put_failover_table(FILE *to, const struct sim_record *record)
{
	if (!is_wanted(record))
		return;
	report_put(to, has_failover(record) ? "\nwhat the failures did\n"
					    : "\nwhat clients saw\n");
	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		if (record->case_count > 1) {
			report_put(to, "\n");
			report_put_name(to, c->name, SIZE_MAX, false);
			report_put(to, "\n");
		}
		put_faults(to, c);
		put_world(to, c);
		put_spreads(to, record, i);
	}
}
