/* SPDX-License-Identifier: MIT */
#include "reports/words/finding.h"
#include "reports/words/failover_words.h"
#include "reports/words/hairpin.h"
#include "reports/words/nats.h"
#include "reports/stats/ranking.h"
#include "reports/words/reason.h"
#include "reports/words/silence.h"
#include "reports/stats/snat.h"
#include "reports/text/text.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "five-tuple", "five-tuple and source-ip", "all 3 alike". */
static void
put_best(FILE *to, const struct sim_record *record,
    const struct report_ranking *ranking, unsigned units)
{
	size_t left = report_ranking_count_best(ranking, units);

	if (left == ranking->count) {
		report_print(to, "all %zu alike", left);
		return;
	}
	for (size_t i = 0; i < ranking->count; i++) {
		if (!report_ranking_is_best(ranking, i, units))
			continue;
		report_put_clean(to, record->cases[i].name);
		left--;
		report_put(to, left > 1 ? ", " : left == 1 ? " and " : "");
	}
}

/* Of those best in `units`: "Jain 0.871", "Jain 0.871 to 0.876". */
static void
put_indices(FILE *to, const struct report_ranking *ranking, unsigned units,
    enum report_unit unit)
{
	char low[REPORT_TEXT_BYTES], high[REPORT_TEXT_BYTES];
	double least = INFINITY, most = 0;

	for (size_t i = 0; i < ranking->count; i++) {
		if (!report_ranking_is_best(ranking, i, units))
			continue;
		least = fmin(least, ranking->of[unit][i].jain);
		most = fmax(most, ranking->of[unit][i].jain);
	}
	report_index(low, least);
	report_index(high, most);
	if (strcmp(low, high) == 0)
		report_print(to, "Jain %s", low);
	else
		report_print(to, "Jain %s to %s", low, high);
}

static const struct sim_rule *
heaviest_rule(const struct sim_record *record)
{
	const struct sim_rule *heaviest = NULL;
	uint64_t most = 0;
	for (size_t i = 0; i < record->case_count; i++) {
		for (size_t j = 0; j < record->cases[i].rule_count; j++) {
			const struct sim_rule *rule =
			    &record->cases[i].rules[j];
			uint64_t bytes = report_total(rule, REPORT_BYTES);
			if (bytes > most) {
				most = bytes;
				heaviest = rule;
			}
		}
	}
	return heaviest;
}

bool
report_is_balanced(const struct sim_record *record)
{
	return heaviest_rule(record) != NULL;
}

/* "backend-3 carries 31 % of the bytes, fair is 25 %" */
static void
put_busiest(
    FILE *to, const struct sim_rule *rule, const struct report_script *s)
{
	char share[REPORT_TEXT_BYTES], fair[REPORT_TEXT_BYTES];
	const struct report_fair by = report_fair(rule);
	size_t busiest = report_busiest(rule, REPORT_BYTES);
	double most = report_share(rule, REPORT_BYTES, busiest);
	double even = report_fair_share(&by, &rule->backends[busiest]);
	report_percent(share, s, most);
	report_round_percent(fair, s, even);
	if (rule->backend_count == 1) {
		report_print(to, "one backend carries everything");
	} else if (!by.equal && most - even < 1e-9) {
		report_print(to, "each backend carries its share by weight");
	} else if (most - even < 1e-9) {
		report_print(to, "each backend carries %s of the bytes", fair);
	} else {
		report_put_clean(to, rule->backends[busiest].name);
		report_print(to, " carries %s of the bytes, %s %s", share,
		    by.equal ? "fair is" : "its share by weight is", fair);
	}
}

/* The best by bytes, of those best by flows where there are such. */
static void
put_comparison(FILE *to, const struct sim_record *record,
    const struct report_ranking *ranking, const struct report_script *script)
{
	unsigned units = REPORT_BY_BOTH;
	size_t count = report_ranking_count_best(ranking, units), first = 0;

	if (count == 0) {
		units = REPORT_BY_BYTES;
		report_print(to, "Most even by flows: ");
		put_best(to, record, ranking, REPORT_BY_FLOWS);
		report_print(to, "; by bytes: ");
		put_best(to, record, ranking, REPORT_BY_BYTES);
		report_print(to, ": ");
	} else if (count == ranking->count) {
		report_print(to, "All %zu are alike: ", count);
	} else {
		put_best(to, record, ranking, units);
		report_print(to, count == 1 ? " is" : " are");
		report_print(to, " the most even: ");
	}
	while (!report_ranking_is_best(ranking, first, units))
		first++;
	if (count != 1) {
		report_print(to, "with ");
		report_put_clean(to, record->cases[first].name);
		report_print(to, ", ");
	}
	put_busiest(to, &record->cases[first].rules[0], script);
}

/* What failed is the news, where something did; false: nothing. */
static bool
put_failure(FILE *to, const struct sim_record *record,
    const struct report_ranking *ranking, const struct report_script *script)
{
	const struct sim_case *c =
	    &record->cases[report_told_case(record, ranking)];

	if (report_put_difference(to, record, script))
		return true;
	if (c->failover_count == 0)
		return false;
	char *title = report_failover_title(c);
	report_print(to, "%s", title != NULL ? title : "");
	free(title);
	return true;
}

/* What the faults cost where most was lost, in client packets. */
static uint64_t
most_lost(const struct sim_record *record)
{
	uint64_t most = 0;

	for (size_t i = 0; i < record->case_count; i++) {
		uint64_t lost = 0;
		for (size_t f = 0; f < record->cases[i].failover_count; f++)
			lost += record->cases[i].failovers[f].lost;
		most = lost > most ? lost : most;
	}
	return most;
}

bool
report_is_about_snat(const struct sim_record *record)
{
	const size_t i = report_snat_case(record);

	if (i == SIZE_MAX)
		return false;
	const uint64_t failed = report_snat_failed(&record->cases[i]);
	if (failed > 0)
		return failed > most_lost(record);
	return heaviest_rule(record) == NULL &&
	       report_snat_count_used(&record->cases[i]) > 0;
}

static void
put_snat(FILE *to, const struct sim_record *record)
{
	char *finding = report_snat_headline(record);

	if (finding != NULL)
		report_put(to, finding);
	free(finding);
}

/* Nothing was balanced. */
static void
put_idle(FILE *to, const struct sim_record *record, const char *end,
    const struct report_script *script)
{
	char *title = report_idle_title(record, script);

	report_print(to, "%s%s", title != NULL ? title : "", end);
	free(title);
}

static void
put_balance(FILE *to, const struct sim_record *record,
    const struct report_ranking *ranking, const struct report_script *script)
{
	const struct sim_rule *rule = heaviest_rule(record);

	if (rule == NULL) {
		put_idle(to, record, "", script);
	} else if (put_failure(to, record, ranking, script)) {
		return;
	} else if (ranking->count > 0) {
		put_comparison(to, record, ranking, script);
	} else {
		if (record->case_count > 1 || record->cases[0].rule_count > 1) {
			report_print(to, "Rule ");
			report_put_clean(to, rule->name);
			report_print(to, ": ");
		}
		put_busiest(to, rule, script);
	}
}

static void
put_headline(FILE *to, const struct sim_record *record,
    const struct report_ranking *ranking, const struct report_script *script)
{
	if (report_is_about_snat(record))
		put_snat(to, record);
	else
		put_balance(to, record, ranking, script);
}

static void
put_most_even(FILE *to, const struct sim_record *record,
    const struct report_ranking *ranking)
{
	unsigned flows = REPORT_BY_BOTH, bytes = REPORT_BY_BOTH;
	size_t count = report_ranking_count_best(ranking, REPORT_BY_BOTH);

	if (count == 0) {
		flows = REPORT_BY_FLOWS;
		bytes = REPORT_BY_BYTES;
		report_print(to, "Most even by flows: ");
		put_best(to, record, ranking, flows);
		report_print(to, " (");
		put_indices(to, ranking, flows, REPORT_FLOWS);
		report_print(to, "); by bytes: ");
		put_best(to, record, ranking, bytes);
		report_print(to, " (");
	} else {
		if (count == ranking->count) {
			report_print(to, "All %zu are alike", count);
		} else {
			report_print(to, "Most even: ");
			put_best(to, record, ranking, flows);
		}
		report_print(to, ", by flows (");
		put_indices(to, ranking, flows, REPORT_FLOWS);
		report_print(to, ") and by bytes (");
	}
	put_indices(to, ranking, bytes, REPORT_BYTES);
	report_print(
	    to, count > 1 ? "): no more than chance apart.\n" : ").\n");
}

size_t
report_told_case(
    const struct sim_record *record, const struct report_ranking *ranking)
{
	unsigned units = report_ranking_count_best(ranking, REPORT_BY_BOTH) > 0
			     ? REPORT_BY_BOTH
			     : REPORT_BY_BYTES;

	for (size_t i = 0; i < ranking->count && i < record->case_count; i++)
		if (report_ranking_is_best(ranking, i, units))
			return i;
	return 0;
}

static bool
is_reweighed(const struct sim_record *record)
{
	for (size_t i = 0; i < record->case_count; i++)
		for (size_t j = 0; j < record->cases[i].rule_count; j++)
			if (report_is_reweighed(
				record, &record->cases[i].rules[j]))
				return true;
	return false;
}

static void
put_verdict(FILE *to, const struct sim_record *record,
    const struct report_ranking *ranking, const struct report_script *script)
{
	if (heaviest_rule(record) == NULL) {
		/* of members' own connections another sentence tells */
		if (report_snat_case(record) == SIZE_MAX)
			put_idle(to, record, ".\n", script);
	} else {
		if (ranking->count > 0)
			put_most_even(to, record, ranking);
		report_put_reasons(to, record, ranking, script);
	}
	report_put_hairpins(to, record, script);
	report_put_silences(to, record, script);
	if (is_reweighed(record))
		report_print(to, "Weights were changed during the run: shares "
				 "are judged by the configured ones.\n");
	if (record->case_count > 0)
		report_put_failovers(
		    to, record, report_told_case(record, ranking), script);
}

static bool
begins_with_case(const struct sim_record *record, const char *text)
{
	for (size_t i = 0; i < record->case_count; i++) {
		size_t bytes = strlen(record->cases[i].name);
		if (strncmp(text, record->cases[i].name, bytes) == 0 &&
		    text[bytes] == ' ')
			return true;
	}
	return false;
}

/* What a writer of text writes, as a string. */
static char *
written(void (*write)(FILE *to, const struct sim_record *record,
	    const struct report_ranking *ranking,
	    const struct report_script *script),
    const struct sim_record *record, const struct report_script *script,
    bool capital)
{
	struct report_ranking ranking;
	char *text = NULL;
	size_t bytes;
	FILE *to = NULL;
	bool done = false;

	if (report_ranking_make(&ranking, record) == 0)
		to = open_memstream(&text, &bytes);
	if (to != NULL) {
		write(to, record, &ranking, script);
		done = fclose(to) == 0;
	}
	if (!done) {
		free(text);
		text = NULL;
	} else if (capital && begins_with_case(record, text)) {
		/* a backend's name stays as it is */
		text[0] = (char)toupper((unsigned char)text[0]);
	}
	report_ranking_free(&ranking);
	return text;
}

char *
report_headline(const struct sim_record *record)
{
	return written(put_headline, record, &report_picture, true);
}

char *
report_balance_headline(const struct sim_record *record)
{
	return written(put_balance, record, &report_picture, true);
}

char *
report_verdict(
    const struct sim_record *record, const struct report_script *script)
{
	static const char none[] = "the configuration ";
	char *text = written(put_verdict, record, script, false);

	/* what has no name may begin with a capital */
	for (char *line = text; line != NULL && *line != '\0';) {
		if (strncmp(line, none, sizeof(none) - 1) == 0)
			*line = 'T';
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	return text;
}
