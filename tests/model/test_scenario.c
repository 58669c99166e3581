/* SPDX-License-Identifier: MIT */
/* model/scenario.c: what is read, and every mistake at its place. */
#include <string.h>

#include "model/scenario.h"
#include "tests/unit.h"

static struct lb_scenario *
read_text(const char *text, struct lb_problems *problems)
{
	*problems = (struct lb_problems){ 0 };
	return lb_scenario_read(text, strlen(text), problems);
}

static void
test_whole(void)
{
	static const char text[] =
	    "seed: 42\n"
	    "traffic:\n"
	    "  - { capture: coap.pcap, speed: 0.5, loop: 3 }\n"
	    "  - { capture: /b.pcap, speed: 0.5, loop: 3 }\n"
	    "faults:\n"
	    "  - { at: 30s, member: vm-2, state: crashed }\n"
	    "  - { at: 10s, member: vm-1, admin_state: down }\n"
	    "  - { at: 1m, member: vm-2, state: Http_Error }\n"
	    "assertions:\n"
	    "  - { metric: jain, rule: coap, unit: bytes, at_least: 0.95 }\n"
	    "  - { metric: share, rule: '*', backend: b, case: c, at_least: 1%,"
	    " at_most: 30% }\n"
	    "  - { metric: drops, reason: no_rule, equals: 0 }\n";
	static const char *const expect[] = {
		"jain.bytes(coap) >= 0.95",
		"share(*, b, c) >= 0.01",
		"share(*, b, c) <= 0.3",
		"drops(no_rule) == 0",
	};
	struct lb_problems problems;
	struct lb_scenario *s = read_text(text, &problems);

	UNIT_NEED(s);
	CU_ASSERT_EQUAL(problems.count, 0);
	CU_ASSERT_TRUE(s->seed_set && s->seed == 42);
	CU_ASSERT_EQUAL(s->capture_count, 2);
	CU_ASSERT_STRING_EQUAL(s->captures[1], "/b.pcap");
	CU_ASSERT_EQUAL(s->speed_millionths, 500000);
	CU_ASSERT_EQUAL(s->loop, 3);
	CU_ASSERT_EQUAL_FATAL(s->fault_count, 3);
	CU_ASSERT_EQUAL(s->faults[0].at_ms, 30000);
	CU_ASSERT_EQUAL(s->faults[0].kind, LB_FAULT_CRASHED);
	CU_ASSERT_STRING_EQUAL(s->faults[0].member, "vm-2");
	CU_ASSERT_EQUAL(s->faults[1].kind, LB_FAULT_ADMIN_DOWN);
	CU_ASSERT_EQUAL(s->faults[2].kind, LB_FAULT_HTTP_ERROR);
	CU_ASSERT_EQUAL_FATAL(s->assertion_count, LB_COUNT(expect));
	for (size_t i = 0; i < LB_COUNT(expect); i++) {
		const struct lb_assertion *a = &s->assertions[i];
		char *shown = lb_assertion_text(a, a->rule, a->case_name);
		UNIT_NEED(shown);
		CU_ASSERT_STRING_EQUAL(shown, expect[i]);
		free(shown);
	}
	lb_scenario_free(s);
	lb_problems_free(&problems);
}

/* clang-format off */
static const struct {
	const char *text;
	unsigned line, column;
	const char *says;
} mistakes[] = {
	{ "", 1, 1, "nothing in it" },
	{ "[]", 1, 1, "" },
	{ "asertions: []", 1, 1, "assertions" },
	{ "seed: -1", 1, 7, "" },
	{ "duration: 120s", 1, 11, "leave it out" },
	{ "duration: long", 1, 11, "" },
	{ "faults: [ { member: m, state: up } ]", 1, 11, "`at`" },
	{ "faults: [ { at: 1s, state: up } ]", 1, 11, "`member`" },
	{ "faults: [ { at: 1s, member: m } ]", 1, 11, "either `state`" },
	{ "faults: [ { at: 1s, member: m, state: up, admin_state: up } ]", 1,
	    11, "either `state`" },
	{ "faults: [ { at: 1s, member: m, state: ill } ]", 1, 39, "hanging" },
	{ "faults: [ { at: 1s, member: m, admin_state: off } ]", 1, 45,
	    "none, up, down" },
	{ "faults: [ { at: 30, member: m, state: up } ]", 1, 17, "" },
	{ "faults: [ { at: 876001h, member: m, state: up } ]", 1, 17,
	    "876000h" },
	{ "traffic: [ { profile: web } ]", 1, 23, "not there yet" },
	{ "traffic: [ { speed: 2 } ]", 1, 12, "capture" },
	{ "traffic: [ { capture: a, speed: 0 } ]", 1, 33, "a factor" },
	{ "traffic: [ { capture: a, loop: 0 } ]", 1, 32, "at least once" },
	{ "traffic: [ { capture: a }, { capture: b, loop: 2 } ]", 1, 48,
	    "the same `loop`" },
	{ "assertions: [ { rule: a, at_most: 1 } ]", 1, 15, "metric" },
	{ "assertions: [ { metric: max_shar, at_most: 1 } ]", 1, 25,
	    "did you mean max_share?" },
	{ "assertions: [ { metric: snat_failed, at_most: 1 } ]", 1, 25,
	    "not measured yet" },
	{ "assertions: [ { metric: packets_lost, at_most: 1s } ]", 1, 48,
	    "no number" },
	{ "assertions: [ { metric: time_to_detect, at_most: 1% } ]", 1, 50,
	    "no time like 10s" },
	{ "assertions: [ { metric: jain } ]", 1, 15, "`at_least`" },
	{ "assertions: [ { metric: jain, at_most: much } ]", 1, 40, "no number" },
	{ "assertions: [ { metric: keys, unit: bytes, at_most: 1 } ]", 1, 37,
	    "has no unit" },
	{ "assertions: [ { metric: jain, unit: bits, at_most: 1 } ]", 1, 37,
	    "not one of" },
	{ "assertions: [ { metric: drops, rule: a, at_most: 1 } ]", 1, 38,
	    "has no rule" },
	{ "assertions: [ { metric: jain, backend: a, at_most: 1 } ]", 1, 40,
	    "has no backend" },
	{ "assertions: [ { metric: share, rule: a, at_most: 1 } ]", 1, 15,
	    "backend" },
};
/* clang-format on */

static void
test_mistakes(void)
{
	for (size_t i = 0; i < LB_COUNT(mistakes); i++) {
		struct lb_problems problems;
		struct lb_scenario *s = read_text(mistakes[i].text, &problems);

		UNIT_ROW(mistakes[i].text, s == NULL);
		UNIT_EQUAL(mistakes[i].text, problems.error_count, 1);
		if (problems.count > 0) {
			const struct lb_problem *p = &problems.at[0];
			UNIT_EQUAL(
			    mistakes[i].text, p->where.line, mistakes[i].line);
			UNIT_EQUAL(mistakes[i].text, p->where.column,
			    mistakes[i].column);
			if (strstr(p->what, mistakes[i].says) == NULL)
				(void)fprintf(stderr, "  %s\n", p->what);
			UNIT_ROW(mistakes[i].text,
			    strstr(p->what, mistakes[i].says) != NULL);
		}
		lb_scenario_free(s);
		lb_problems_free(&problems);
	}
}

/* All in one go, in the order of the file. */
static void
test_all_at_once(void)
{
	struct lb_problems problems;
	struct lb_scenario *s = read_text("duration: 1s\n"
					  "traffic: [ { profile: web } ]\n"
					  "assertions:\n"
					  "  - { metric: jian, at_most: 1 }\n"
					  "  - { metric: cv, at_most: x }\n",
	    &problems);

	CU_ASSERT_PTR_NULL(s);
	CU_ASSERT_EQUAL_FATAL(problems.count, 4);
	for (unsigned i = 1; i < 4; i++)
		CU_ASSERT_TRUE(
		    problems.at[i - 1].where.line < problems.at[i].where.line);
	lb_problems_free(&problems);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "a whole one", test_whole },
		{ "mistakes", test_mistakes },
		{ "all at once", test_all_at_once },
		CU_TEST_INFO_NULL,
	};

	return unit_main("scenario", tests);
}
