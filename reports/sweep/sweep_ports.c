/* SPDX-License-Identifier: MIT */
/* How many ports do I need: a sweep over what outbound rules have, in words
 * and as a table. */
#include "reports/text/lines.h"
#include "reports/stats/snat.h"
#include "reports/sweep/sweep.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TERMINAL (&report_terminal)
#define ROWS_MAX 40
#define COLUMN   8

/* --- which ---------------------------------------------------------------- */

size_t
report_sweep_ports_factor(const struct report_sweep *s)
{
	for (size_t f = 0; f < s->factor_count; f++)
		if (strcmp(s->factors[f].name, "ports_per_member") == 0)
			return f;
	return SIZE_MAX;
}

size_t
report_sweep_group_level(
    const struct report_sweep *s, size_t group, size_t factor)
{
	for (size_t f = s->factor_count; f-- > 0;) {
		if (s->factors[f].role == REPORT_REPLICATION)
			continue;
		if (f == factor)
			return group % s->factors[f].level_count;
		group /= s->factors[f].level_count;
	}
	return 0;
}

static const struct report_spread *
spread_of(const struct report_sweep *s, size_t group, unsigned metric)
{
	return &s->port_groups[group][metric];
}

static double
blocking_of(const struct report_sweep *s, size_t group)
{
	return spread_of(s, group, REPORT_PORT_BLOCKING)->mean;
}

bool
report_sweep_ports_suffice(const struct report_sweep *s, size_t group)
{
	return blocking_of(s, group) <= REPORT_SNAT_GOAL;
}

/* What a group costs: ports, then frontends; 0 of what is not varied. */
static double
cost_of(const struct report_sweep *s, size_t group, bool frontends)
{
	for (size_t f = 0; f < s->factor_count; f++) {
		const struct report_factor *of = &s->factors[f];
		if (strcmp(of->name, frontends ? "outbound.frontends"
					       : "ports_per_member") == 0)
			return of->levels[report_sweep_group_level(s, group, f)]
			    .value;
	}
	return 0;
}

/* Whether a is to be chosen before b, which comes first. */
static bool
is_better(const struct report_sweep *s, size_t a, size_t b)
{
	const bool x = report_sweep_ports_suffice(s, a);
	const bool y = report_sweep_ports_suffice(s, b);

	if (x != y)
		return x;
	if (!x)
		return blocking_of(s, a) < blocking_of(s, b);
	if (cost_of(s, a, false) < cost_of(s, b, false))
		return true;
	return !(cost_of(s, a, false) > cost_of(s, b, false)) &&
	       cost_of(s, a, true) < cost_of(s, b, true);
}

size_t
report_sweep_ports_chosen(const struct report_sweep *s)
{
	size_t chosen = SIZE_MAX;

	for (size_t g = 0; g < s->group_count; g++)
		if (!isnan(blocking_of(s, g)) &&
		    (chosen == SIZE_MAX || is_better(s, g, chosen)))
			chosen = g;
	return chosen;
}

/* The same but with the next fewer ports that were tried; SIZE_MAX: none. */
static size_t
next_fewer(const struct report_sweep *s, size_t group)
{
	const size_t ports = report_sweep_ports_factor(s);
	size_t found = SIZE_MAX;

	for (size_t g = 0; ports != SIZE_MAX && g < s->group_count; g++) {
		bool alike = !isnan(blocking_of(s, g));
		for (size_t f = 0; f < s->factor_count; f++)
			alike = alike &&
				(f == ports ||
				    s->factors[f].role == REPORT_REPLICATION ||
				    report_sweep_group_level(s, g, f) ==
					report_sweep_group_level(s, group, f));
		if (alike && cost_of(s, g, false) < cost_of(s, group, false) &&
		    (found == SIZE_MAX ||
			cost_of(s, g, false) > cost_of(s, found, false)))
			found = g;
	}
	return found;
}

/* --- in words ------------------------------------------------------------- */

/* "1 152 ports per member, outbound.idle_timeout 4m" */
static char *
setting_words(const struct report_sweep *s, size_t group,
    const struct report_script *script)
{
	const size_t ports = report_sweep_ports_factor(s);
	char number[REPORT_TEXT_BYTES];
	char *text = ports == SIZE_MAX
			 ? report_compose("%s", "")
			 : report_compose("%s ports per member",
			       report_count(number, script,
				   (uint64_t)cost_of(s, group, false)));

	for (size_t f = 0; f < s->factor_count && text != NULL; f++) {
		const struct report_factor *of = &s->factors[f];
		if (f == ports || of->role == REPORT_REPLICATION)
			continue;
		const size_t level = report_sweep_group_level(s, group, f);
		char *more = report_compose("%s%s%s %s", text,
		    text[0] != '\0' ? ", " : "", of->name,
		    of->levels[level].text);
		free(text);
		text = more;
	}
	return text;
}

/* "0.04 % (0.01 % to 0.07 %)" */
static void
part_words(char *to, size_t bytes, const struct report_spread *of,
    const struct report_script *script)
{
	char mean[REPORT_TEXT_BYTES], low[REPORT_TEXT_BYTES];
	char high[REPORT_TEXT_BYTES];

	report_snat_part(mean, script, of->mean);
	if (isnan(of->low) || !(of->high > of->low))
		report_format(to, bytes, "%s", mean);
	else
		report_format(to, bytes, "%s (%s to %s)", mean,
		    report_snat_part(low, script, fmax(of->low, 0)),
		    report_percent(high, script, fmin(of->high, 1)));
}

static char *
enough_line(const struct report_sweep *s, size_t group, const char *setting,
    const struct report_script *script)
{
	const size_t fewer = next_fewer(s, group);
	char is[4 * REPORT_TEXT_BYTES], was[4 * REPORT_TEXT_BYTES];
	char number[REPORT_TEXT_BYTES], peak[REPORT_TEXT_BYTES], with[256] = "";

	part_words(
	    is, sizeof(is), spread_of(s, group, REPORT_PORT_BLOCKING), script);
	if (fewer != SIZE_MAX) {
		part_words(was, sizeof(was),
		    spread_of(s, fewer, REPORT_PORT_BLOCKING), script);
		report_format(with, sizeof(with), ", with %s ports %s",
		    report_count(
			number, script, (uint64_t)cost_of(s, fewer, false)),
		    was);
	}
	return report_compose(
	    "%s %s failures below 0.1%s%%: %s failed at the worst "
	    "destination%s; at most %s ports were in use",
	    setting,
	    report_sweep_ports_factor(s) != SIZE_MAX ? "keep" : "keeps",
	    script->unit, is, with,
	    report_count(peak, script,
		(uint64_t)spread_of(s, group, REPORT_PORT_PEAK)->max));
}

static char *
short_line(const struct report_sweep *s, size_t group, const char *setting,
    const struct report_script *script)
{
	const double advised = spread_of(s, group, REPORT_PORT_ADVISED)->max;
	char is[4 * REPORT_TEXT_BYTES], number[REPORT_TEXT_BYTES];
	char advice[128] = "";

	part_words(
	    is, sizeof(is), spread_of(s, group, REPORT_PORT_BLOCKING), script);
	if (!isnan(advised))
		report_format(advice, sizeof(advice),
		    "; at least %s are needed, by Erlang's formula for Poisson "
		    "arrivals",
		    report_count(number, script, (uint64_t)advised));
	return report_compose("Nothing that was tried keeps failures below "
			      "0.1%s%%: with %s, the best, %s failed at the "
			      "worst destination%s",
	    script->unit, setting, is, advice);
}

char *
report_sweep_ports_line(
    const struct report_sweep *s, const struct report_script *script)
{
	const size_t group = report_sweep_ports_chosen(s);

	if (group == SIZE_MAX)
		return report_compose("No member used a SNAT port: that takes "
				      "traffic from_pool, or a capture with "
				      "--outbound");
	char *setting = setting_words(s, group, script), *line;
	if (setting == NULL)
		return NULL;
	line = report_sweep_ports_suffice(s, group)
		   ? enough_line(s, group, setting, script)
		   : short_line(s, group, setting, script);
	free(setting);
	return line;
}

/* --- the table ------------------------------------------------------------ */

static bool
is_shown(const struct report_factor *f)
{
	return f->role != REPORT_REPLICATION;
}

static int
width_of(const struct report_factor *f)
{
	size_t wide = strlen(f->name);

	for (size_t i = 0; i < f->level_count; i++)
		if (strlen(f->levels[i].text) > wide)
			wide = strlen(f->levels[i].text);
	return (int)wide;
}

bool
report_sweep_is_predicted(const struct report_sweep *s)
{
	for (size_t g = 0; g < s->group_count; g++)
		if (spread_of(s, g, REPORT_PORT_EXPECTED)->count > 0)
			return true;
	return false;
}

static void
put_head(const struct report_sweep *s, FILE *to)
{
	report_put(to, " ");
	for (size_t f = 0; f < s->factor_count; f++)
		if (is_shown(&s->factors[f]))
			report_print(to, " %*s", width_of(&s->factors[f]),
			    s->factors[f].name);
	report_print(to, "  %*s", COLUMN, "failed");
	if (s->replications > 1)
		report_print(to, " %*s", COLUMN, "+-");
	if (report_sweep_is_predicted(s))
		report_print(to, " %*s", COLUMN, "Erlang");
	report_print(to, " %*s %*s %*s\n", COLUMN, "in use", COLUMN, "of all",
	    COLUMN, "packets");
}

static void
put_part(FILE *to, double part)
{
	char text[REPORT_TEXT_BYTES];

	report_print(to, " %*s", COLUMN,
	    isnan(part) ? "-" : report_snat_part(text, TERMINAL, part));
}

static void
put_count(FILE *to, double count)
{
	char text[REPORT_TEXT_BYTES];

	report_print(to, " %*s", COLUMN,
	    isnan(count)
		? "-"
		: report_count(text, TERMINAL, (uint64_t)llround(count)));
}

static void
put_group(const struct report_sweep *s, size_t group, FILE *to)
{
	const struct report_spread *failed =
	    spread_of(s, group, REPORT_PORT_BLOCKING);

	report_put(to, group == report_sweep_ports_chosen(s) ? "*" : " ");
	for (size_t f = 0; f < s->factor_count; f++)
		if (is_shown(&s->factors[f]))
			report_print(to, " %*s", width_of(&s->factors[f]),
			    s->factors[f]
				.levels[report_sweep_group_level(s, group, f)]
				.text);
	report_put(to, " ");
	put_part(to, failed->mean);
	if (s->replications > 1)
		put_part(to, (failed->high - failed->low) / 2);
	if (report_sweep_is_predicted(s))
		put_part(to, spread_of(s, group, REPORT_PORT_EXPECTED)->mean);
	put_count(to, spread_of(s, group, REPORT_PORT_PEAK)->mean);
	put_part(to, spread_of(s, group, REPORT_PORT_SHARE)->mean);
	put_count(to, spread_of(s, group, REPORT_PORT_FAILED)->mean);
	report_put(to, "\n");
}

void
report_sweep_ports_table(const struct report_sweep *s, FILE *to)
{
	char over[96] = "";

	if (s->replications > 1)
		report_format(over, sizeof(over),
		    ", mean of %zu replications and its 95 %% interval",
		    s->replications);
	char *words = report_compose(
	    "SNAT ports: the part that failed at the worst destination%s%s; "
	    "the most ports that a member had in use, and of all it has; "
	    "packets that found none:",
	    over,
	    report_sweep_is_predicted(s)
		? "; the same by Erlang's formula, for Poisson arrivals that "
		  "do not try again"
		: "");
	report_put(to, "\n");
	if (words != NULL)
		report_put_wrapped(to, words);
	free(words);
	put_head(s, to);
	for (size_t g = 0; g < s->group_count && g < ROWS_MAX; g++)
		put_group(s, g, to);
	if (s->group_count > ROWS_MAX)
		report_print(to, "  ... %zu more in sweep.csv\n",
		    s->group_count - ROWS_MAX);
}
