/* SPDX-License-Identifier: MIT */
#include "reports/words/finding.h"
#include "tests/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CASES    3
#define BACKENDS 4
#define NARROW   "\xe2\x80\xaf" /* between number and % */

/* Loads of up to three cases of one rule each, four backends each; keys: how
 * many, all of equal weight, spread as the flows are. */
/* clang-format off */
static const struct {
	const char *what;
	size_t cases, backends;
	struct { uint64_t flows[BACKENDS], bytes[BACKENDS]; size_t keys; } of[CASES];
	const char *headline, *verdict;
} rows[] = {
	{ "one case", 1, 4,
	  { { { 10, 10, 10, 10 }, { 100, 100, 150, 50 }, 40 } },
	  "backend-3 carries 37.5" NARROW "% of the bytes, fair is 25" NARROW "%",
	  "a spreads its 40 keys as a perfect hash would.\n" },
	{ "even", 1, 4,
	  { { { 10, 10, 10, 10 }, { 9, 9, 9, 9 }, 40 } },
	  "each backend carries 25" NARROW "% of the bytes",
	  "a spreads its 40 keys as a perfect hash would.\n" },
	{ "alone", 1, 1,
	  { { { 10 }, { 9 }, 40 } },
	  "one backend carries everything", "" },
	{ "no traffic", 2, 4, { { { 0 }, { 0 }, 0 }, { { 0 }, { 0 }, 0 } },
	  "No traffic reached a backend", "No traffic reached a backend.\n" },
	{ "one is best", 2, 4,
	  { { { 10, 10, 10, 10 }, { 100, 100, 150, 50 }, 40 },
	    { { 20, 20, 0, 0 },   { 200, 200, 0, 0 },    40 } },
	  "A is the most even: backend-3 carries 37.5" NARROW
	  "% of the bytes, fair is 25" NARROW "%",
	  "Most even: a, by flows (Jain 1.000) and by bytes (Jain 0.889).\n"
	  "The hash is bad, not the traffic: b has 40 keys, enough for 4 backends, "
	  "but a Jain index of 0.500 by flows where a perfect hash gives 0.930 (p "
	  "under 0.0001). Try another hash key.\n"
	  "a spreads its 40 keys as a perfect hash would.\n" },
	{ "two are best", 3, 4,
	  { { { 20, 20, 0, 0 },   { 200, 200, 0, 0 },    40 },
	    { { 10, 10, 10, 10 }, { 100, 100, 150, 50 }, 40 },
	    { { 10, 10, 11, 10 }, { 101, 100, 150, 50 }, 40 } },
	  "B and c are the most even: with b, backend-3 carries 37.5" NARROW
	  "% of the bytes, fair is 25" NARROW "%",
	  "Most even: b and c, by flows (Jain 0.998 to 1.000) and by bytes (Jain "
	  "0.889): no more than chance apart.\n"
	  "The hash is bad, not the traffic: a has 40 keys, enough for 4 backends, "
	  "but a Jain index of 0.500 by flows where a perfect hash gives 0.930 (p "
	  "under 0.0001). Try another hash key.\n"
	  "b spreads its 40 keys, c its 40 keys as a perfect hash would.\n" },
	{ "all alike", 2, 4,
	  { { { 10, 10, 10, 10 }, { 100, 100, 150, 50 }, 40 },
	    { { 10, 10, 11, 10 }, { 101, 100, 150, 50 }, 40 } },
	  "All 2 are alike: with a, backend-3 carries 37.5" NARROW
	  "% of the bytes, fair is 25" NARROW "%",
	  "All 2 are alike, by flows (Jain 0.998 to 1.000) and by bytes (Jain "
	  "0.889): no more than chance apart.\n"
	  "a spreads its 40 keys, b its 40 keys as a perfect hash would.\n" },
	{ "not agreed", 2, 4,
	  { { { 10, 10, 10, 10 }, { 50, 250, 50, 50 }, 40 },
	    { { 20, 20, 0, 0 },   { 100, 100, 100, 100 }, 40 } },
	  "Most even by flows: a; by bytes: b: with b, each backend carries "
	  "25" NARROW "% of the bytes",
	  "Most even by flows: a (Jain 1.000); by bytes: b (Jain 1.000).\n"
	  "The hash is bad, not the traffic: b has 40 keys, enough for 4 backends, "
	  "but a Jain index of 0.500 by flows where a perfect hash gives 0.930 (p "
	  "under 0.0001). Try another hash key.\n"
	  "a spreads its 40 keys as a perfect hash would.\n" },
	{ "one client", 2, 4,
	  { { { 10, 10, 10, 10 }, { 100, 100, 150, 50 }, 40 },
	    { { 40, 0, 0, 0 },    { 400, 0, 0, 0 },      1 } },
	  "A is the most even: backend-3 carries 37.5" NARROW
	  "% of the bytes, fair is 25" NARROW "%",
	  "Most even: a, by flows (Jain 1.000) and by bytes (Jain 0.889).\n"
	  "a spreads its 40 keys as a perfect hash would.\n"
	  "The traffic is skewed: too few keys to spread evenly, whatever the hash "
	  "(it takes about 10 of equal weight per backend):\n"
	  "  b: 1 key, so one backend gets everything\n"
	  "A capture taken beside one client looks like this; --reverse makes "
	  "its peers the clients.\n" },
};
/* clang-format on */

static struct sim_backend backends[CASES][BACKENDS];
static struct sim_key keys[CASES][40];

static struct sim_rule
rule_of(size_t row, size_t c)
{
	static char names[BACKENDS][12];
	for (size_t i = 0; i < BACKENDS; i++) {
		(void)snprintf(
		    names[i], sizeof(names[i]), "backend-%zu", i + 1);
		backends[c][i] = (struct sim_backend){ .name = names[i],
			.flows = rows[row].of[c].flows[i],
			.bytes = rows[row].of[c].bytes[i] };
	}
	uint32_t at = 0;
	uint64_t left = rows[row].of[c].flows[0];
	for (size_t i = 0; i < rows[row].of[c].keys; i++) {
		keys[c][i] = (struct sim_key){ 1, 1, 10, at };
		left -= left > 0;
		while (left == 0 && at + 1 < BACKENDS)
			left = rows[row].of[c].flows[++at];
	}
	return (struct sim_rule){
		.name = (char[]){ "all" },
		.backends = backends[c],
		.backend_count = rows[row].backends,
		.keys = keys[c],
		.key_count = rows[row].of[c].keys,
	};
}

static bool
is(char *text, const char *wanted, const char *what)
{
	bool same = text != NULL && strcmp(text, wanted) == 0;
	if (!same)
		(void)printf("%s: '%s'\nnot '%s'\n", what, text, wanted);
	free(text);
	return same;
}

static void
test_findings(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_rule rules[CASES];
		struct sim_case cases[CASES] = {
			{ .name = (char[]){ "a" } },
			{ .name = (char[]){ "b" } },
			{ .name = (char[]){ "c" } },
		};
		for (size_t c = 0; c < rows[i].cases; c++) {
			rules[c] = rule_of(i, c);
			cases[c].rules = &rules[c];
			cases[c].rule_count = 1;
		}
		struct sim_record record = { .cases = cases,
			.case_count = rows[i].cases };
		CU_ASSERT_TRUE(is(
		    report_headline(&record), rows[i].headline, rows[i].what));
		CU_ASSERT_TRUE(is(report_verdict(&record, &report_terminal),
		    rows[i].verdict, rows[i].what));
	}
}

/* Several rules in a case are not compared; the heaviest is told of. */
static void
test_rules(void)
{
	struct sim_rule rules[2] = { rule_of(0, 0), rule_of(1, 1) };
	rules[0].name = (char[]){ "w\x1b"
				  "eb" };
	struct sim_case one = { .name = (char[]){ "as configured" },
		.rules = rules,
		.rule_count = 2 };
	struct sim_record record = { .cases = &one, .case_count = 1 };

	keys[0][0].bytes = 4000; /* one key that weighs more than all others */
	CU_ASSERT_TRUE(is(report_headline(&record),
	    "Rule w?eb: backend-3 carries 37.5" NARROW
	    "% of the bytes, fair is 25" NARROW "%",
	    "rules"));
	CU_ASSERT_TRUE(is(report_verdict(&record, &report_terminal),
	    "The traffic is skewed: too few keys to spread evenly, whatever "
	    "the hash (it takes about 10 of equal weight per backend):\n"
	    "  as configured, rule w?eb: 40 keys, as good as 40.0 equal ones "
	    "by flows, 1.20 by bytes; the heaviest has 2.50 % by flows, 91.1 % "
	    "by bytes\n",
	    "rules"));
	one.rule_count = 0;
	CU_ASSERT_TRUE(is(report_headline(&record),
	    "No traffic reached a backend", "no rules"));
	record.case_count = 0;
	CU_ASSERT_TRUE(is(report_headline(&record),
	    "No traffic reached a backend", "no cases"));
}

/* 400 keys of 10 bytes, 160, 160 and 80 of them where 2:1:1 is fair. */
static void
test_weights(void)
{
	static const uint32_t weights[] = { 200, 100, 100 };
	static struct sim_key many[400];
	struct sim_rule rule = rule_of(0, 0);
	struct sim_case one = {
		.name = (char[]){ "a" }, .rules = &rule, .rule_count = 1
	};
	struct sim_event log = { .kind = SIM_EVENT_FAULT,
		.member = (char[]){ "backend-1" },
		.what = (char[]){ "weight" } };
	struct sim_record record = {
		.cases = &one, .case_count = 1, .log = &log
	};

	rule.backend_count = 3;
	rule.keys = many;
	rule.key_count = COUNT(many);
	for (size_t i = 0; i < 3; i++) {
		rule.backends[i].weight = weights[i];
		rule.backends[i].flows = weights[i];
		rule.backends[i].bytes = 10 * weights[i];
	}
	CU_ASSERT_TRUE(is(report_headline(&record),
	    "each backend carries its share by weight", "as they should"));

	for (size_t i = 0; i < COUNT(many); i++) {
		uint32_t to = i < 160 ? 0 : i < 320 ? 1 : 2;
		many[i] = (struct sim_key){ 1, 1, 10, to };
	}
	for (size_t i = 0; i < 3; i++) {
		rule.backends[i].flows = i < 2 ? 160 : 80;
		rule.backends[i].bytes = i < 2 ? 1600 : 800;
	}
	CU_ASSERT_TRUE(is(report_headline(&record),
	    "backend-2 carries 40.0" NARROW "% of the bytes, its share by "
	    "weight is 25" NARROW "%",
	    "off"));
	char *verdict = report_verdict(&record, &report_terminal);
	UNIT_NEED(verdict);
	CU_ASSERT_PTR_NOT_NULL(strstr(verdict, "The hash is bad"));
	free(verdict);

	record.log_count = 1; /* no wonder then */
	CU_ASSERT_TRUE(is(report_verdict(&record, &report_terminal),
	    "Weights were changed during the run: shares are judged by the "
	    "configured ones.\n",
	    "changed"));
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "findings", test_findings },
		{ "rules", test_rules },
		{ "weights", test_weights },
		CU_TEST_INFO_NULL,
	};

	return unit_main("finding", tests);
}
