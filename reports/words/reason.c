/* SPDX-License-Identifier: MIT */
#include "reports/words/reason.h"
#include "reports/words/failover_evenness.h"
#include "reports/words/failover_words.h"
#include "reports/text/text.h"
#include <math.h>
#include <string.h>

/* 1/H of a capture's one client with some noise, and of a crowd. */
#define LONE_KEYS 1.5
#define MANY_KEYS 10.0

#define BLAME   0.01 /* how often a run may blame a good hash */
#define LEAST_P 0.0001

/* A rule and the case it is in. */
struct place {
	const struct sim_case *in;
	const struct sim_rule *rule;
};

/* The record's rules in order: false when there is no such. */
static bool
find_rule(const struct sim_record *record, size_t index, struct place *out)
{
	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		if (index < c->rule_count) {
			*out = (struct place){ c, &c->rules[index] };
			return true;
		}
		index -= c->rule_count;
	}
	return false;
}

static size_t
count_rules(const struct sim_record *record)
{
	size_t count = 0;
	for (size_t i = 0; i < record->case_count; i++)
		count += record->cases[i].rule_count;
	return count;
}

/* --- what keys are -------------------------------------------------------- */

static bool
is_by(const struct sim_rule *rule, const char *distribution)
{
	return rule->distribution != NULL &&
	       strcmp(rule->distribution, distribution) == 0;
}

/* "4 clients" */
static void
put_keys(
    FILE *to, const struct sim_rule *rule, const struct report_script *script)
{
	char count[REPORT_TEXT_BYTES];
	const char *what = is_by(rule, "five-tuple")  ? "flow"
			   : is_by(rule, "source-ip") ? "client"
			   : is_by(rule, "source-ip-protocol")
			       ? "client-protocol pair"
			       : "key";

	report_count(count, script, rule->key_count);
	report_print(
	    to, "%s %s%s", count, what, rule->key_count == 1 ? "" : "s");
}

/* How a rule is called: by its case where that says enough. */
static void
put_place(FILE *to, const struct place *at)
{
	/* the one case of a configuration needs no name */
	const bool only = strcmp(at->in->name, "configured") == 0;

	if (!only)
		report_put_clean(to, at->in->name);
	else if (at->in->rule_count == 1)
		report_put(to, "the configuration");
	if (at->in->rule_count > 1) {
		report_put(to, only ? "rule " : ", rule ");
		report_put_clean(to, at->rule->name);
	}
}

/* 1/H: as hard to spread as so many keys of equal weight. */
static double
effective_keys(const struct sim_rule *rule, enum report_unit unit)
{
	return 1 / report_concentration(rule, unit);
}

static bool
has_few(const struct sim_rule *rule, enum report_unit unit)
{
	const struct report_fair fair = report_fair(rule);
	double wanted =
	    (double)REPORT_KEYS_WANTED * (double)fair.count * fair.scatter;
	return fair.count > 1 && effective_keys(rule, unit) < wanted;
}

/* The largest key's share. */
static double
heaviest(const struct sim_rule *rule, enum report_unit unit)
{
	double sum = 0, most = 0;
	for (size_t i = 0; i < rule->key_count; i++) {
		double w = (double)report_key_weight(&rule->keys[i], unit);
		sum += w;
		most = fmax(most, w);
	}
	return most / sum;
}

/* --- one flow ------------------------------------------------------------- */

static bool
has_one_flow(const struct sim_record *record)
{
	struct place at;
	size_t i = 0;

	for (; find_rule(record, i, &at); i++)
		if (at.rule->backend_count < 2 || at.rule->key_count != 1 ||
		    at.rule->keys[0].flows != 1)
			return false;
	return i > 0;
}

static void
put_one_flow(FILE *to)
{
	report_put(to,
	    "There is one flow, which no mode can divide: one backend gets "
	    "everything, and that is not the hash's fault. Several "
	    "connections or devices would spread; another mode or algorithm "
	    "would not.\n");
}

/* --- the hash ------------------------------------------------------------- */

struct blame {
	enum report_unit unit;
	double jain, expected, p;
};

/* Whether the hash is to blame in this unit: reason.h. */
static bool
find_fault(const struct sim_rule *rule, enum report_unit unit,
    const struct sim_record *record, struct blame *out)
{
	struct report_fairness f;

	if (has_few(rule, unit) || report_fairness(rule, unit, &f) != 0)
		return false;
	/* a comparison with NAN is false */
	if (!(f.jain < f.expected_jain - REPORT_TIE))
		return false;
	double tests = 2 * (double)count_rules(record);
	double p = report_p_value(rule, unit, record->seed);
	*out = (struct blame){ unit, f.jain, f.expected_jain, p };
	return p < BLAME / tests;
}

static bool
is_at_fault(
    const struct place *at, const struct sim_record *record, struct blame *out)
{
	/* who was out, was given less weight or does not answer himself (by
	 * bytes) got less, whatever the hash */
	return !report_is_disturbed(at->in, at->rule) &&
	       !report_is_reweighed(record, at->rule) &&
	       (find_fault(at->rule, REPORT_FLOWS, record, out) ||
		   (at->in->hairpins == 0 &&
		       find_fault(at->rule, REPORT_BYTES, record, out)));
}

static void
put_fault(FILE *to, const struct place *at, const struct blame *blame,
    const struct report_script *script)
{
	char jain[REPORT_TEXT_BYTES], expected[REPORT_TEXT_BYTES];
	char p[REPORT_TEXT_BYTES];

	report_put(to, "The hash is bad, not the traffic: ");
	put_place(to, at);
	report_put(to, " has ");
	put_keys(to, at->rule, script);
	report_print(to,
	    ", enough for %zu backends, but a Jain index of %s by %s where a "
	    "perfect hash gives %s (p ",
	    at->rule->backend_count, report_index(jain, blame->jain),
	    report_unit_name(blame->unit),
	    report_index(expected, blame->expected));
	if (blame->p < LEAST_P)
		report_print(to, "under %g", LEAST_P);
	else
		report_put(to, report_digits(p, script, blame->p));
	report_put(to, "). Try another hash key");
	if (at->rule->algorithm != NULL) {
		report_put(to, ", or another algorithm than ");
		report_put_clean(to, at->rule->algorithm);
	}
	report_put(to, ".\n");
}

/* How many rules' hashes are to blame. */
static size_t
put_faults(FILE *to, const struct sim_record *record,
    const struct report_script *script)
{
	struct blame blame;
	struct place at;
	size_t count = 0;

	for (size_t i = 0; find_rule(record, i, &at); i++) {
		if (is_at_fault(&at, record, &blame)) {
			put_fault(to, &at, &blame, script);
			count++;
		}
	}
	return count;
}

/* --- as even as can be ---------------------------------------------------- */

static bool
is_like_perfect(const struct sim_rule *rule, uint64_t seed)
{
	return rule->backend_count > 1 && !has_few(rule, REPORT_FLOWS) &&
	       !has_few(rule, REPORT_BYTES) &&
	       report_p_value(rule, REPORT_FLOWS, seed) >= BLAME &&
	       report_p_value(rule, REPORT_BYTES, seed) >= BLAME;
}

/* Affinity makes no difference where each client has one flow. */
static bool
has_flow_per_client(
    const struct sim_record *record, const struct report_ranking *ranking)
{
	bool by_client = false;
	struct place at;

	for (size_t i = 0; find_rule(record, i, &at); i++) {
		size_t keys = record->cases[0].rules[0].key_count;
		if (at.rule->key_count != keys || keys < 2 ||
		    report_total(at.rule, REPORT_FLOWS) != keys)
			return false;
		by_client = by_client || is_by(at.rule, "source-ip");
	}
	return ranking->count > 0 && by_client &&
	       report_ranking_count_best(ranking, REPORT_BY_FLOWS) ==
		   ranking->count;
}

static void
put_flow_per_client(FILE *to, const struct sim_record *record,
    const struct report_script *script)
{
	char keys[REPORT_TEXT_BYTES], expected[REPORT_TEXT_BYTES];
	const struct sim_rule *rule = &record->cases[0].rules[0];
	struct report_fairness f;

	if (report_fairness(rule, REPORT_FLOWS, &f) != 0)
		return;
	report_count(keys, script, rule->key_count);
	report_print(to,
	    "Each client has one flow, so all modes divide the same %s keys, "
	    "and are as even as %s keys can be (a perfect hash: Jain %s).\n",
	    keys, keys, report_index(expected, f.expected_jain));
}

/* "five-tuple spreads its 750 flows, b its 173 clients as a perfect hash
 * would." */
static void
put_like_perfect(FILE *to, const struct sim_record *record,
    const struct report_script *script)
{
	struct place at;
	bool said = false;

	for (size_t i = 0; find_rule(record, i, &at); i++) {
		if (!is_like_perfect(at.rule, record->seed))
			continue;
		if (said)
			report_put(to, ", ");
		put_place(to, &at);
		report_put(to, said ? " its " : " spreads its ");
		put_keys(to, at.rule, script);
		said = true;
	}
	if (said)
		report_put(to, " as a perfect hash would.\n");
}

/* --- the traffic ---------------------------------------------------------- */

/* "; the heaviest has 98.5 % by flows, 95.4 % by bytes", where one has much
 * more than the others. */
static void
put_heaviest(
    FILE *to, const struct sim_rule *rule, const struct report_script *s)
{
	char flows[REPORT_TEXT_BYTES], bytes[REPORT_TEXT_BYTES];
	double most = heaviest(rule, REPORT_FLOWS);
	double most_bytes = heaviest(rule, REPORT_BYTES);

	if (fmax(most, most_bytes) * (double)rule->key_count < 2)
		return;
	report_print(to, "; the heaviest has %s by flows, %s by bytes",
	    report_percent(flows, s, most),
	    report_percent(bytes, s, most_bytes));
}

/* "source-ip: 19 clients, as good as 19.0 equal ones by flows, 3.2 by bytes" */
static void
put_few_keys(
    FILE *to, const struct place *at, const struct report_script *script)
{
	char flows[REPORT_TEXT_BYTES], bytes[REPORT_TEXT_BYTES];
	const struct sim_rule *rule = at->rule;

	report_put(to, "  ");
	put_place(to, at);
	report_put(to, ": ");
	put_keys(to, rule, script);
	if (rule->key_count == 1) {
		report_put(to, ", so one backend gets everything\n");
		return;
	}
	report_print(to, ", as good as %s equal ones by flows, %s by bytes",
	    report_digits(flows, script, effective_keys(rule, REPORT_FLOWS)),
	    report_digits(bytes, script, effective_keys(rule, REPORT_BYTES)));
	put_heaviest(to, rule, script);
	report_put(to, "\n");
}

/* Where the traffic is too lumpy for any hash; says so before the first. */
static void
put_skewed(FILE *to, const struct sim_record *record,
    const struct report_script *script)
{
	struct place at;
	bool said = false;

	for (size_t i = 0; find_rule(record, i, &at); i++) {
		if (!has_few(at.rule, REPORT_FLOWS) &&
		    !has_few(at.rule, REPORT_BYTES))
			continue;
		if (!said)
			report_print(to,
			    "The traffic is skewed: too few keys to spread "
			    "evenly, whatever the hash (it takes about %d of "
			    "equal weight per backend):\n",
			    REPORT_KEYS_WANTED);
		said = true;
		put_few_keys(to, &at, script);
	}
}

/* As good as one client in one mode, and many keys in another. */
static bool
has_lone_client(const struct sim_record *record)
{
	bool lone = false, others = false;
	struct place at;

	for (size_t i = 0; find_rule(record, i, &at); i++) {
		if (at.rule->backend_count < 2)
			return false;
		double keys = effective_keys(at.rule, REPORT_FLOWS);
		lone = lone || keys < LONE_KEYS;
		others = others || keys > MANY_KEYS;
	}
	return lone && others;
}

/* --reverse would make it one client again. */
static bool
has_one_server(const struct sim_input *in)
{
	for (size_t i = 1; i < in->busiest_count; i++)
		if (strcmp(in->busiest[i].address, in->busiest[0].address) != 0)
			return false;
	return in->busiest_count > 0;
}

void
report_put_reasons(FILE *to, const struct sim_record *record,
    const struct report_ranking *ranking, const struct report_script *script)
{
	if (has_one_flow(record)) {
		put_one_flow(to);
		return;
	}
	if (put_faults(to, record, script) == 0 &&
	    has_flow_per_client(record, ranking))
		put_flow_per_client(to, record, script);
	else
		put_like_perfect(to, record, script);
	put_skewed(to, record, script);
	if (ranking->count > 0 && has_lone_client(record) &&
	    !has_one_server(&record->input))
		report_put(to,
		    "A capture taken beside one client looks like this; "
		    "--reverse makes its peers the clients.\n");
}
