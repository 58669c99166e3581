/* SPDX-License-Identifier: MIT */
#include "reports/stats/failover.h"
#include "reports/stats/snat.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"

#define PICTURE      (&report_picture)
#define NAME_COLUMNS 44
#define NOTHING      1e-6 /* of all attempts */

const char *
report_snat_mark(const struct sim_snat *g)
{
	const double full = report_snat_fullness(g);

	if (full >= 1)
		return "used up";
	return full > 0.75 ? "over 75 %" : "";
}

char *
report_snat_destination(const struct sim_snat *g, char *to)
{
	return lb_addr_port_text(
	    &g->worst, g->worst_port, to, REPORT_SNAT_DESTINATION_BYTES);
}

char *
report_snat_part(char *to, const struct report_script *script, double part)
{
	if (part < NOTHING)
		report_format(to, REPORT_TEXT_BYTES, "none");
	else
		report_percent(to, script, part);
	return to;
}

/* What was tried there; failed > 0. */
static char *
failed_words(const struct sim_snat *g, const struct report_snat *s,
    const struct report_script *script)
{
	char count[REPORT_TEXT_BYTES], part[REPORT_TEXT_BYTES];
	char first[REPORT_TEXT_BYTES];
	char where[REPORT_SNAT_DESTINATION_BYTES], ports[REPORT_TEXT_BYTES];
	char when[REPORT_TEXT_BYTES], full[128] = "";

	if (s->full_ns != SIM_NO_TIME)
		report_format(full, sizeof(full),
		    "; all of its %s ports were in use for the first time "
		    "after %s",
		    report_count(ports, script, s->full_ports),
		    report_moment(when, script, (double)s->full_ns / 1e9));
	return report_compose(
	    "found no port for %s attempt%s towards %s over %s: %s of all "
	    "attempts there, %s of first ones%s",
	    report_count(count, script, s->failed), s->failed == 1 ? "" : "s",
	    report_snat_destination(g, where), lb_proto_name(g->proto),
	    report_percent(part, script, s->of_packets),
	    isnan(s->simulated) ? "none"
				: report_snat_part(first, script, s->simulated),
	    full);
}

static char *
used_words(const struct sim_snat *g, const struct report_snat *s,
    const struct report_script *script)
{
	char part[REPORT_TEXT_BYTES], count[REPORT_TEXT_BYTES];
	char peak[REPORT_TEXT_BYTES];

	return report_compose(
	    "was the fullest: at most %s of its %s %s ports were in use (%s)",
	    report_count(peak, script, s->full_used),
	    report_count(count, script, s->full_ports), lb_proto_name(g->proto),
	    report_percent(part, script, report_snat_part_used(s)));
}

/* What the formula says, of clients it does not know; "" where the load is not
 * known, or did not come as it wants. */
static char *
erlang_words(const struct report_snat *s, const struct report_script *script)
{
	char erlangs[REPORT_TEXT_BYTES], hold[REPORT_TEXT_BYTES];
	char part[REPORT_TEXT_BYTES], ports[REPORT_TEXT_BYTES];
	char wanted[REPORT_TEXT_BYTES], advice[128] = "";

	if (isnan(s->predicted))
		return report_compose("%s", "");
	if (s->advised > 0)
		report_format(advice, sizeof(advice),
		    ", and at most 0.1%s%% with %s", script->unit,
		    report_count(wanted, script, s->advised));
	return report_compose(
	    ". What was asked for needs %s ports on average, each held for %s; "
	    "for that load Erlang's formula, which is for random (Poisson) "
	    "arrivals that do not try again, expects %s of first attempts to "
	    "fail with %s ports%s%s",
	    report_digits(erlangs, script, s->erlangs),
	    report_moment(hold, script, s->hold_s),
	    report_snat_part(part, script, s->predicted),
	    report_count(ports, script, s->ports), advice,
	    s->again ? "; here they do try again, which keeps the ports in "
		       "use: more fail, and more ports are needed"
		     : "");
}

char *
report_snat_words(
    const struct sim_case *c, size_t i, const struct report_script *script)
{
	const struct sim_snat *g = &c->snat[i];
	const struct report_snat s = report_snat_of(c, i);
	char *name = report_clean(g->member, true);
	char *what = s.failed > 0 ? failed_words(g, &s, script)
				  : used_words(g, &s, script);
	char *why = erlang_words(&s, script);
	char *words = name != NULL && what != NULL && why != NULL
			  ? report_compose("%s %s%s", name, what, why)
			  : NULL;

	free(why);
	free(what);
	free(name);
	return words;
}

static const char *
turn_verb(const struct sim_snat_turn *turn)
{
	return turn->fault != NULL && strcmp(turn->fault, "added") == 0
		   ? "was added"
		   : "was removed";
}

char *
report_snat_turn_words(
    const struct sim_snat_turn *turn, const struct report_script *script)
{
	char at[REPORT_TEXT_BYTES], members[REPORT_TEXT_BYTES];
	char before[REPORT_TEXT_BYTES], after[REPORT_TEXT_BYTES];
	char cut[REPORT_TEXT_BYTES], open[REPORT_TEXT_BYTES];
	char *name = report_clean(turn->member, true), *words = NULL;

	if (name != NULL)
		words = report_compose(
		    "When %s %s at %s, %s member%s went from %s SNAT ports to "
		    "%s each, and %s flow%s lost %s, %s of them "
		    "open connections",
		    name, turn_verb(turn),
		    report_moment(at, script, (double)turn->at_ns / 1e9),
		    report_count(members, script, turn->members),
		    turn->members == 1 ? "" : "s",
		    report_count(before, script, turn->before),
		    report_count(after, script, turn->after),
		    report_count(cut, script, turn->cut),
		    turn->cut == 1 ? "" : "s",
		    turn->cut == 1 ? "its" : "theirs",
		    report_count(open, script, turn->cut_open));
	free(name);
	return words;
}

/* --- over replications ----------------------------------------------------
 */

/* "1.2 % (0.8 % to 1.6 %)" */
static void
spread_text(char *to, size_t bytes, const struct report_spread *s,
    const struct report_script *script)
{
	char mean[REPORT_TEXT_BYTES], low[REPORT_TEXT_BYTES];
	char high[REPORT_TEXT_BYTES];

	report_format(to, bytes, "%s (%s to %s)",
	    report_percent(mean, script, s->mean),
	    report_percent(low, script, s->interval.low),
	    report_percent(high, script, s->interval.high));
}

char *
report_snat_spread_words(const struct sim_record *record, size_t of_case,
    const struct report_script *script)
{
	const size_t count = report_replications(record);
	struct report_spread of[REPORT_SNAT_FIGURE_COUNT] = { 0 };
	char text[REPORT_SNAT_FIGURE_COUNT][4 * REPORT_TEXT_BYTES];
	char *words = NULL;
	bool made = true;

	if (count < 2)
		return report_compose("%s", "");
	for (unsigned f = 0; f < REPORT_SNAT_FIGURE_COUNT; f++) {
		made = made && report_spread_of(&of[f], record, of_case,
				   report_snat_figure, f, 1) == 0;
		if (made)
			spread_text(text[f], sizeof(text[f]), &of[f], script);
	}
	if (made && of[REPORT_SNAT_PEAK].n == 0)
		words = report_compose("%s", "");
	else if (made)
		words = report_compose(
		    "over %zu replications, means with their 95%s%% "
		    "intervals: %s of what first asked found none, by Erlang's "
		    "formula "
		    "%s where most did; of the fullest member's ports %s were "
		    "in use at most",
		    count, script->unit, text[REPORT_SNAT_BLOCKING],
		    text[REPORT_SNAT_EXPECTED], text[REPORT_SNAT_PEAK]);
	for (unsigned f = 0; f < REPORT_SNAT_FIGURE_COUNT; f++)
		report_spread_free(&of[f]);
	return words;
}

/* --- for a picture -------------------------------------------------------- */

/* What stands in a title: names are short, numbers are a picture's. */
struct title {
	struct report_snat_members members;
	struct report_snat of; /* the worst off */
	const struct sim_snat *gauge;
	char *name; /* its member's */
	char ports[REPORT_TEXT_BYTES], failed[REPORT_TEXT_BYTES];
	char part[REPORT_TEXT_BYTES]; /* that failed; else that was used */
	char where[REPORT_SNAT_DESTINATION_BYTES];
};

/* False: nobody used a port; name NULL: no memory. */
static bool
make_title(struct title *t, const struct sim_case *c)
{
	const size_t worst = report_snat_worst(c);

	if (worst == SIZE_MAX || !report_snat_is_used(&c->snat[worst]))
		return false;
	t->gauge = &c->snat[worst];
	t->of = report_snat_of(c, worst);
	t->name = report_clean(t->gauge->member, true);
	if (t->name == NULL || report_snat_members(&t->members, c) != 0) {
		free(t->name);
		t->name = NULL;
		return true;
	}
	report_shorten(t->name, NAME_COLUMNS);
	report_count(t->ports, PICTURE, t->of.full_ports);
	report_count(t->failed, PICTURE, t->of.failed);
	report_percent(t->part, PICTURE,
	    t->of.failed > 0 ? t->of.of_packets
			     : report_snat_part_used(&t->of));
	(void)report_snat_destination(t->gauge, t->where);
	return true;
}

static char *
calm_title(const struct title *t)
{
	return report_compose("No attempt failed: %s, the fullest, used %s of "
			      "its %s SNAT ports at most",
	    t->name, t->part, t->ports);
}

static char *
trouble_title(const struct title *t)
{
	char all[REPORT_TEXT_BYTES], some[REPORT_TEXT_BYTES];

	if (t->members.failed > 1)
		return report_compose(
		    "%s of %s members ran out of SNAT ports: of what %s tried "
		    "towards %s %s failed",
		    report_count(some, PICTURE, t->members.failed),
		    report_count(all, PICTURE, t->members.all), t->name,
		    t->where, t->part);
	return report_compose("%s ran out of its %s SNAT ports: %s of what it "
			      "tried towards %s failed",
	    t->name, t->ports, t->part, t->where);
}

char *
report_snat_title(const struct sim_case *c)
{
	struct title t;

	if (!make_title(&t, c))
		return report_compose("No member used a SNAT port");
	char *text = t.name == NULL    ? NULL
		     : t.of.failed > 0 ? trouble_title(&t)
				       : calm_title(&t);
	free(t.name);
	return text;
}

/* --- a headline ----------------------------------------------------------- */

/* "its 1 024 were used up after 3.9 min and "; "" where they never were. */
static void
put_when(char *to, size_t bytes, const struct title *t)
{
	char when[REPORT_TEXT_BYTES];

	to[0] = '\0';
	if (t->of.full_ns != SIM_NO_TIME)
		report_format(to, bytes, "its %s were used up after %s and ",
		    t->ports,
		    report_moment(when, PICTURE, (double)t->of.full_ns / 1e9));
}

/* "; at least 1 280 are needed, by Erlang's formula": who tries again needs
 * more; "" where nobody knows. */
static void
put_advice(char *to, size_t bytes, const struct title *t)
{
	char ports[REPORT_TEXT_BYTES];

	to[0] = '\0';
	if (t->of.advised > 0)
		report_format(to, bytes,
		    "; at least %s are needed, by Erlang\xe2\x80\x99s formula",
		    report_count(ports, PICTURE, t->of.advised));
}

/* Who, when, what failed, what would do. */
static char *
trouble_headline(const struct title *t)
{
	char some[REPORT_TEXT_BYTES], all[REPORT_TEXT_BYTES];
	char when[4 * REPORT_TEXT_BYTES], advice[3 * REPORT_TEXT_BYTES];
	char who[3 * REPORT_TEXT_BYTES] = "";

	put_when(when, sizeof(when), t);
	put_advice(advice, sizeof(advice), t);
	if (t->members.failed > 1)
		report_format(who, sizeof(who),
		    "%s of %s members ran out of SNAT ports, worst ",
		    report_count(some, PICTURE, t->members.failed),
		    report_count(all, PICTURE, t->members.all));
	return report_compose("%s%s%s: %s%s attempt%s towards %s failed (%s)%s",
	    who, t->name, t->members.failed > 1 ? "" : " ran out of SNAT ports",
	    when, t->failed, t->of.failed == 1 ? "" : "s", t->where, t->part,
	    advice);
}

/* Takes text; names the case of that number where there are several. */
static char *
with_case(const struct sim_record *record, size_t i, char *text)
{
	if (text == NULL || record->case_count == 1)
		return text;
	char *name = report_clean(record->cases[i].name, true);
	char *all =
	    name != NULL ? report_compose("%s (with %s)", text, name) : NULL;
	free(name);
	free(text);
	return all;
}

char *
report_snat_headline(const struct sim_record *record)
{
	const size_t i = report_snat_case(record);
	struct title t;

	if (i == SIZE_MAX || !make_title(&t, &record->cases[i]))
		return report_compose("No member used a SNAT port");
	char *text = t.name == NULL    ? NULL
		     : t.of.failed > 0 ? trouble_headline(&t)
				       : calm_title(&t);
	free(t.name);
	return with_case(record, i, text);
}

char *
report_snat_finding(const struct sim_record *record)
{
	const size_t i = report_snat_case(record);

	if (i == SIZE_MAX)
		return report_compose("No member used a SNAT port");
	return with_case(record, i, report_snat_title(&record->cases[i]));
}
