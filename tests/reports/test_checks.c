/* SPDX-License-Identifier: MIT */
/* reports/checks.c: every metric measured, every relation, what is not known.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/checks.h"
#include "reports/report.h"
#include "tests/unit.h"

/* Flows 1:1, packets 3:1, bytes 3:1: Jain 0.8 and the like. */
static struct sim_backend backends[] = {
	{ (char[]){ "a" }, 0, 1, 3, 2, 300, 100 },
	{ (char[]){ "b" }, 1, 1, 1, 1, 100, 100 },
};
static struct sim_key keys[] = { { 1, 3, 300, 0 }, { 1, 1, 100, 1 } };
static struct sim_backend lone[] = {
	{ (char[]){ "a" }, 0, 0, 0, 0, 0, 0 },
};
static struct sim_rule rules[] = {
	{ .name = (char[]){ "all" },
	    .flows = 2,
	    .connections = 5,
	    .packets = 4,
	    .bytes = 400,
	    .backends = backends,
	    .backend_count = 2,
	    .keys = keys,
	    .key_count = 2 },
	{ .name = (char[]){ "idle" }, .backends = lone, .backend_count = 1 },
};
static struct sim_drop drops[] = { { "no_rule", 0 }, { "fragment", 3 },
	{ "ttl", 4 } };
static struct sim_case cases[] = {
	{ .name = (char[]){ "m" },
	    .rules = rules,
	    .rule_count = 2,
	    .drops = drops,
	    .drop_count = 3,
	    .untracked = 5,
	    .reply_suppressed = 6 },
	{ .name = (char[]){ "n" },
	    .rules = rules,
	    .rule_count = 1,
	    .drops = drops,
	    .drop_count = 1 },
};

/* clang-format off */
static const struct {
	const char *text, *shown; /* all that is shown, a line each */
	int failed;
} rows[] = {
	{ "jain(all, m) == 1", "  PASS  jain(all, m) == 1: 1\n", 0 },
	{ "jain.bytes(all, m) >= 0.8", "  PASS  jain.bytes(all, m) >= 0.8: 0.8\n", 0 },
	{ "jain.bytes(all, m) > 0.8", "  FAIL  jain.bytes(all, m) > 0.8: 0.8\n", 1 },
	{ "cv.bytes(all, m) <= 0.5", "  PASS  cv.bytes(all, m) <= 0.5: 0.5\n", 0 },
	{ "gini.packets(all, m) < 0.25", "  FAIL  gini.packets(all, m) < 0.25: 0.25\n", 1 },
	{ "peak_to_average.bytes(all, m) == 1.5",
	    "  PASS  peak_to_average.bytes(all, m) == 1.5: 1.5\n", 0 },
	{ "effective_backends.bytes(all, m) == 1.6",
	    "  PASS  effective_backends.bytes(all, m) == 1.6: 1.6\n", 0 },
	{ "p_value(all, m) >= 0",
	    "  FAIL  p_value(all, m) >= 0: - (not known: too few keys to test)\n", 1 },
	{ "max_share.bytes(all, m) <= 75%",
	    "  PASS  max_share.bytes(all, m) <= 0.75: 0.75\n", 0 },
	{ "min_share.bytes(all, m) == 25%",
	    "  PASS  min_share.bytes(all, m) == 0.25: 0.25\n", 0 },
	{ "share.bytes(all, b, m) == 0.25",
	    "  PASS  share.bytes(all, b, m) == 0.25: 0.25\n", 0 },
	{ "share(all, z, m) > 0",
	    "  FAIL  share(all, z, m) > 0: - (not known: no such backend)\n", 1 },
	{ "flows(all, m) == 2", "  PASS  flows(all, m) == 2: 2\n", 0 },
	{ "connections(all, m) == 5", "  PASS  connections(all, m) == 5: 5\n", 0 },
	{ "packets(all, m) == 4", "  PASS  packets(all, m) == 4: 4\n", 0 },
	{ "bytes(all, m) == 400", "  PASS  bytes(all, m) == 400: 400\n", 0 },
	{ "keys(all, m) == 2", "  PASS  keys(all, m) == 2: 2\n", 0 },
	{ "backends(*, m) < 2", "  FAIL  backends(all, m) < 2: 2\n"
	    "  PASS  backends(idle, m) < 2: 1\n", 1 },
	{ "drops(fragment, m) == 3", "  PASS  drops(fragment, m) == 3: 3\n", 0 },
	{ "drops(*, m) == 7", "  PASS  drops(*, m) == 7: 7\n", 0 },
	{ "drops(fragment) == 3", "  PASS  drops(fragment, m) == 3: 3\n"
	    "  FAIL  drops(fragment, n) == 3: - (not known: no such drop reason)\n", 1 },
	{ "untracked() < 5", "  FAIL  untracked(m) < 5: 5\n"
	    "  PASS  untracked(n) < 5: 0\n", 1 },
	{ "reply_suppressed(m) == 6", "  PASS  reply_suppressed(m) == 6: 6\n", 0 },
	{ "jain(idle) > 0",
	    "  FAIL  jain(idle, m) > 0: - (not known: nothing was carried)\n", 1 },
	{ "jain(nobody) > 0",
	    "  FAIL  jain(nobody) > 0: - (not known: no such rule or case)\n", 1 },
	{ "jain(all, o) > 0",
	    "  FAIL  jain(all, o) > 0: - (not known: no such rule or case)\n", 1 },
};
/* clang-format on */

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lb_assertion a;
		char error[256], expect[512], *shown = NULL;
		size_t bytes;
		const struct sim_record record = {
			.cases = cases,
			.case_count = 2,
			.assertions = &a,
			.assertion_count = 1,
		};

		UNIT_ROW(rows[i].text,
		    lb_assertion_read(rows[i].text, &a, error, sizeof(error)));
		FILE *to = open_memstream(&shown, &bytes);
		UNIT_NEED(to);
		UNIT_EQUAL(rows[i].text, report_assertions(&record, to),
		    rows[i].failed);
		UNIT_EQUAL(
		    rows[i].text, report_failures(&record), rows[i].failed);
		(void)fclose(to);
		int count = 0;
		for (const char *c = rows[i].shown; *c != '\0'; c++)
			count += *c == '\n';
		(void)snprintf(
		    expect, sizeof(expect), "\nAssertions:\n%s", rows[i].shown);
		if (rows[i].failed > 0)
			(void)snprintf(expect + strlen(expect),
			    sizeof(expect) - strlen(expect),
			    "  %d of %d failed\n", rows[i].failed, count);
		if (strcmp(shown, expect) != 0)
			(void)fprintf(stderr, "%s", shown);
		UNIT_ROW(rows[i].text, strcmp(shown, expect) == 0);
		free(shown);
		lb_assertion_free(&a);
	}
}

/* Nothing demanded, nothing said. */
static void
test_none(void)
{
	const struct sim_record record = { .cases = cases, .case_count = 2 };
	char *shown = NULL;
	size_t bytes;
	FILE *to = open_memstream(&shown, &bytes);

	UNIT_NEED(to);
	CU_ASSERT_EQUAL(report_assertions(&record, to), 0);
	(void)fclose(to);
	CU_ASSERT_EQUAL(bytes, 0);
	free(shown);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "rows", test_rows },
		{ "none", test_none },
		CU_TEST_INFO_NULL,
	};

	return unit_main("checks", tests);
}
