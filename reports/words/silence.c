/* SPDX-License-Identifier: MIT */
#include "reports/words/silence.h"
#include "reports/text/json_build.h"
#include "reports/text/text.h"
#include <string.h>

#define MS_PER_S 1e3

static const char *
moment(char *to, uint64_t ms)
{
	return report_moment(to, &report_terminal, (double)ms / MS_PER_S);
}

/* "100 connections were silent for idle_timeout (4 min) or longer, 500 times,
 * 5 min at the longest" */
static void
put_count(FILE *to, const struct sim_silence *of)
{
	char flows[REPORT_TEXT_BYTES], times[REPORT_TEXT_BYTES];
	char idle[REPORT_TEXT_BYTES], longest[REPORT_TEXT_BYTES];

	report_print(to,
	    "%s connection%s silent for idle_timeout (%s) or longer",
	    report_count(flows, &report_terminal, of->flows),
	    of->flows == 1 ? " was" : "s were", moment(idle, of->idle_ms));
	if (of->reset)
		return; /* once each, and not longer */
	report_print(to, ", %s time%s, %s at the longest",
	    report_count(times, &report_terminal, of->times),
	    of->times == 1 ? "" : "s", moment(longest, of->longest_ms));
}

/* What became of them.  Who was captured went on whatever is configured. */
static const char *
outcome(const struct sim_silence *of, bool outbound, bool synthetic)
{
	if (of->reset)
		return synthetic ? "tcp_reset told both ends of each, which "
				   "ended it"
				 : "tcp_reset would have ended each at its "
				   "first silence";
	if (outbound)
		return "their SNAT ports had been given back, and what they "
		       "sent next took ports anew";
	return "the balancer had forgotten them; what they sent next was "
	       "hashed anew, and so found its server only as long as the same "
	       "members were up. Azure drops such a connection without a word "
	       "and promises nothing for it";
}

static void
put_silence(
    FILE *to, const struct sim_silence *of, bool outbound, bool synthetic)
{
	char idle[REPORT_TEXT_BYTES];

	put_count(to, of);
	report_print(to, ": %s. A keepalive below %s keeps %s.\n",
	    outcome(of, outbound, synthetic), moment(idle, of->idle_ms),
	    of->flows == 1 ? "it" : "them");
}

static bool
is_alike(const struct sim_silence *a, const struct sim_silence *b)
{
	return a->flows == b->flows && a->times == b->times &&
	       a->longest_ms == b->longest_ms && a->idle_ms == b->idle_ms &&
	       a->reset == b->reset;
}

/* Of a rule by number, or behind the last of members' own connections; NULL:
 * that case has no such rule. */
static const struct sim_silence *
silence_at(const struct sim_case *c, size_t index)
{
	if (index == c->rule_count)
		return &c->outbound_silence;
	return index < c->rule_count ? &c->rules[index].silence : NULL;
}

/* Cases differ in how they hash, and silence is the traffic's. */
static bool
are_all_alike(const struct sim_record *record, size_t index)
{
	const struct sim_silence *first = silence_at(&record->cases[0], index);

	for (size_t i = 1; i < record->case_count; i++) {
		const struct sim_silence *of =
		    silence_at(&record->cases[i], index);
		if (first == NULL || of == NULL || !is_alike(first, of))
			return false;
	}
	return true;
}

static void
put_case(FILE *to, const struct sim_record *record, const struct sim_case *c)
{
	for (size_t r = 0; r <= c->rule_count; r++) {
		const struct sim_silence *of = silence_at(c, r);
		const bool alike = are_all_alike(record, r);
		if (of->flows == 0 || (alike && c != record->cases))
			continue;
		if (!alike) {
			report_put(to, "With ");
			report_put_clean(to, c->name);
			report_put(to, ": ");
		}
		if (r == c->rule_count) {
			report_put(to, "Of members' own, ");
		} else if (c->rule_count > 1) {
			report_put(to, "Of rule ");
			report_put_clean(to, c->rules[r].name);
			report_put(to, ", ");
		}
		put_silence(to, of, r == c->rule_count, record->synthetic);
	}
}

void
report_put_silences(FILE *to, const struct sim_record *record)
{
	for (size_t i = 0; i < record->case_count; i++)
		put_case(to, record, &record->cases[i]);
}

json_t *
report_silence_json(const struct sim_silence *of)
{
	if (of->flows == 0)
		return json_null();
	json_t *o = with(json_object(), "connections", whole(of->flows));
	o = with(o, "times", whole(of->times));
	o = with(o, "longest_s", ratio((double)of->longest_ms / MS_PER_S));
	o = with(o, "idle_timeout_s", ratio((double)of->idle_ms / MS_PER_S));
	return with(o, "tcp_reset", json_boolean(of->reset));
}
