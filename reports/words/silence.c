/* SPDX-License-Identifier: MIT */
#include "reports/words/silence.h"
#include "reports/text/json_build.h"
#include "reports/text/text.h"
#include <stdlib.h>
#include <string.h>

#define MS_PER_S 1e3
#define NATS_MAX 5u /* rules that are told of, a case */

static const char *
moment(char *to, const struct report_script *script, uint64_t ms)
{
	return report_moment(to, script, (double)ms / MS_PER_S);
}

/* "100 connections were silent for idle_timeout (4 min) or longer, 500 times,
 * 5 min at the longest" */
static void
put_count(
    FILE *to, const struct sim_silence *of, const struct report_script *script)
{
	char flows[REPORT_TEXT_BYTES], times[REPORT_TEXT_BYTES];
	char idle[REPORT_TEXT_BYTES], longest[REPORT_TEXT_BYTES];

	report_print(to,
	    "%s connection%s silent for idle_timeout (%s) or longer",
	    report_count(flows, script, of->flows),
	    of->flows == 1 ? " was" : "s were",
	    moment(idle, script, of->idle_ms));
	if (of->reset)
		return; /* once each, and not longer */
	report_print(to, ", %s time%s, %s at the longest",
	    report_count(times, script, of->times), of->times == 1 ? "" : "s",
	    moment(longest, script, of->longest_ms));
}

/* Whose connections. */
enum owner { RULE, NAT_RULE, MEMBERS };

/* What became of them.  Who was captured went on whatever is configured. */
static const char *
outcome(const struct sim_silence *of, enum owner owner, bool synthetic)
{
	if (of->reset)
		return synthetic ? "tcp_reset told both ends of each, which "
				   "ended it"
				 : "tcp_reset would have ended each at its "
				   "first silence";
	if (owner == MEMBERS)
		return "their SNAT ports had been given back, and what they "
		       "sent next took ports anew";
	if (owner == NAT_RULE)
		return "the balancer had forgotten them; what they sent next "
		       "went to the same member, the only one that a NAT rule "
		       "knows. Azure drops such a connection without a word "
		       "and promises nothing for it";
	return "the balancer had forgotten them; what they sent next was "
	       "hashed anew, and so found its server only as long as the same "
	       "members were up. Azure drops such a connection without a word "
	       "and promises nothing for it";
}

/* --- places in a case: rules, members of NAT rules, members' own ---------- */

static size_t
place_count(const struct sim_case *c)
{
	return c->rule_count + c->nat_count + 1;
}

static enum owner
owner_at(const struct sim_case *c, size_t place)
{
	if (place < c->rule_count)
		return RULE;
	return place < c->rule_count + c->nat_count ? NAT_RULE : MEMBERS;
}

/* Of "ssh/web_0": "ssh". */
static size_t
rule_bytes(const struct sim_nat *nat)
{
	return strcspn(nat->name, "/");
}

static bool
is_beside(const struct sim_nat *a, const struct sim_nat *b)
{
	return rule_bytes(a) == rule_bytes(b) &&
	       strncmp(a->name, b->name, rule_bytes(a)) == 0;
}

static void
add(struct sim_silence *to, const struct sim_silence *of)
{
	to->flows += of->flows;
	to->times += of->times;
	if (of->longest_ms > to->longest_ms)
		to->longest_ms = of->longest_ms;
	if (of->flows > 0) { /* one rule's are alike */
		to->idle_ms = of->idle_ms;
		to->reset = of->reset;
	}
}

/* Of a NAT rule as a whole, at the first member that it leads to. */
static struct sim_silence
nat_silence(const struct sim_case *c, size_t first)
{
	struct sim_silence sum = { 0 };

	if (first > 0 && is_beside(&c->nats[first - 1], &c->nats[first]))
		return sum;
	for (size_t i = first;
	     i < c->nat_count && is_beside(&c->nats[first], &c->nats[i]); i++)
		add(&sum, &c->nats[i].silence);
	return sum;
}

static struct sim_silence
silence_at(const struct sim_case *c, size_t place)
{
	switch (owner_at(c, place)) {
	case RULE:
		return c->rules[place].silence;
	case NAT_RULE:
		return nat_silence(c, place - c->rule_count);
	default:
		return c->outbound_silence;
	}
}

static bool
is_alike(const struct sim_silence *a, const struct sim_silence *b)
{
	return a->flows == b->flows && a->times == b->times &&
	       a->longest_ms == b->longest_ms && a->idle_ms == b->idle_ms &&
	       a->reset == b->reset;
}

/* Cases differ in how they hash, and silence is the traffic's. */
static bool
are_all_alike(const struct sim_record *record, size_t place)
{
	const struct sim_case *first = record->cases;
	const struct sim_silence of = silence_at(first, place);

	for (size_t i = 1; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		if (c->rule_count != first->rule_count ||
		    c->nat_count != first->nat_count)
			return false;
		const struct sim_silence other = silence_at(c, place);
		if (!is_alike(&of, &other))
			return false;
	}
	return true;
}

/* --- sentences ------------------------------------------------------------ */

static void
put_owner(FILE *to, const struct sim_case *c, size_t place)
{
	const enum owner owner = owner_at(c, place);

	if (owner == MEMBERS) {
		report_put(to, "Of members' own, ");
	} else if (owner == NAT_RULE) {
		const struct sim_nat *nat = &c->nats[place - c->rule_count];
		char *name = strndup(nat->name, rule_bytes(nat));
		report_put(to, "Of NAT rule ");
		report_put_clean(to, name != NULL ? name : "?");
		report_put(to, ", ");
		free(name);
	} else if (c->rule_count + c->nat_count > 1) {
		report_put(to, "Of rule ");
		report_put_clean(to, c->rules[place].name);
		report_put(to, ", ");
	}
}

static void
put_silence(FILE *to, const struct sim_silence *of, enum owner owner,
    bool synthetic, const struct report_script *script)
{
	char idle[REPORT_TEXT_BYTES];

	put_count(to, of, script);
	report_print(to, ": %s. A keepalive below %s keeps %s.\n",
	    outcome(of, owner, synthetic), moment(idle, script, of->idle_ms),
	    of->flows == 1 ? "it" : "them");
}

static void
put_case(FILE *to, const struct sim_record *record, const struct sim_case *c,
    const struct report_script *script)
{
	size_t nats = 0;

	for (size_t place = 0; place < place_count(c); place++) {
		const struct sim_silence of = silence_at(c, place);
		if (of.flows == 0)
			continue;
		const bool alike = are_all_alike(record, place);
		if (alike && c != record->cases)
			continue;
		if (owner_at(c, place) == NAT_RULE && ++nats > NATS_MAX)
			continue;
		if (!alike) {
			report_put(to, "With ");
			report_put_clean(to, c->name);
			report_put(to, ": ");
		}
		put_owner(to, c, place);
		put_silence(
		    to, &of, owner_at(c, place), record->synthetic, script);
	}
	if (nats > NATS_MAX)
		report_print(to,
		    "%zu more NAT rules had such connections; summary.json "
		    "(--json) has all.\n",
		    nats - NATS_MAX);
}

void
report_put_silences(FILE *to, const struct sim_record *record,
    const struct report_script *script)
{
	for (size_t i = 0; i < record->case_count; i++)
		put_case(to, record, &record->cases[i], script);
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
