/* SPDX-License-Identifier: MIT */
#include "reports/stats/ranking.h"
#include "tests/unit.h"
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CASES    3
#define KEYS_MAX 5000

/* Three cases on two backends: the first's share of 1,000 flows, and how many
 * keys of equal weight there were.  On two backends a share of (1 + d)/2 gives
 * J = 1/(1 + d^2), k keys E = k/(k + 1) and a standard deviation of
 * 1.41 E (1 - E). */
/* clang-format off */
static const struct {
	const char *what;
	struct { uint64_t first; size_t keys; } of[CASES];
	const char *best; /* of cases 0, 1, 2 */
} rows[] = {
	{ "clear",
	  { { 500, 1000 }, { 700, 1000 }, { 1000, 1000 } }, "0" },
	{ "order does not matter",
	  { { 1000, 1000 }, { 700, 1000 }, { 500, 1000 } }, "2" },
	{ "a tie: J 1, 0.9996, 0.9964",
	  { { 500, 5000 }, { 510, 5000 }, { 530, 5000 } }, "012" },
	{ "no tie: J 0.990 of many keys",
	  { { 500, 5000 }, { 550, 5000 }, { 500, 5000 } }, "02" },
	/* the same with few keys is luck: the standard deviation is 0.028 */
	{ "luck",
	  { { 500, 50 }, { 550, 50 }, { 500, 50 } }, "012" },
	/* ... but not where a perfect hash of the keys is expected to differ */
	{ "fewer keys, more uneven",
	  { { 500, 5000 }, { 550, 50 }, { 500, 5000 } }, "02" },
	/* ... and luck with few keys does not win over many */
	{ "fewer keys, luckily even",
	  { { 550, 100 }, { 500, 50 }, { 550, 100 } }, "012" },
	{ "one key, or many",
	  { { 500, 5000 }, { 1000, 1 }, { 1000, 1 } }, "0" },
	{ "one key each",
	  { { 1000, 1 }, { 1000, 1 }, { 1000, 1 } }, "012" },
	{ "no keys known: what is measured counts",
	  { { 500, 0 }, { 550, 0 }, { 500, 0 } }, "02" },
};
/* clang-format on */

static struct sim_backend backends[CASES][2];
static struct sim_key keys[KEYS_MAX];

static struct sim_rule
rule_of(size_t row, size_t c)
{
	uint64_t first = rows[row].of[c].first;
	backends[c][0].flows = backends[c][0].bytes = first;
	backends[c][1].flows = backends[c][1].bytes = 1000 - first;
	for (size_t i = 0; i < KEYS_MAX; i++)
		keys[i].flows = keys[i].bytes = 1;
	return (struct sim_rule){ .backends = backends[c],
		.backend_count = 2,
		.keys = keys,
		.key_count = rows[row].of[c].keys };
}

static void
test_best(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_rule rules[CASES];
		struct sim_case cases[CASES] = { 0 };
		struct report_ranking ranking;
		char best[CASES + 1] = "";

		for (size_t c = 0; c < CASES; c++) {
			rules[c] = rule_of(i, c);
			cases[c].rules = &rules[c];
			cases[c].rule_count = 1;
		}
		struct sim_record record = { .cases = cases,
			.case_count = CASES };
		CU_ASSERT_EQUAL(report_ranking_make(&ranking, &record), 0);
		CU_ASSERT_EQUAL(ranking.count, CASES);
		for (size_t c = 0; c < ranking.count; c++)
			if (report_ranking_is_best(&ranking, c, REPORT_BY_BOTH))
				best[strlen(best)] = (char)('0' + c);
		UNIT_ROW(rows[i].what, strcmp(best, rows[i].best) == 0);
		CU_ASSERT_EQUAL(
		    report_ranking_count_best(&ranking, REPORT_BY_FLOWS),
		    strlen(best));
		report_ranking_free(&ranking);
	}
}

/* One case, several rules in a case, no traffic: nothing to compare. */
static void
test_nothing_to_compare(void)
{
	struct sim_rule rules[2] = { rule_of(0, 0), rule_of(0, 1) };
	struct sim_case cases[2] = { { .rules = rules, .rule_count = 1 },
		{ .rules = rules, .rule_count = 2 } };
	struct sim_record record = { .cases = cases, .case_count = 1 };
	struct report_ranking ranking;

	CU_ASSERT_EQUAL(report_ranking_make(&ranking, &record), 0);
	CU_ASSERT_EQUAL(ranking.count, 0);
	report_ranking_free(&ranking);
	record.case_count = 2;
	CU_ASSERT_EQUAL(report_ranking_make(&ranking, &record), 0);
	CU_ASSERT_EQUAL(ranking.count, 0);
	report_ranking_free(&ranking);

	cases[1].rule_count = 1;
	memset(backends, 0, sizeof(backends));
	CU_ASSERT_EQUAL(report_ranking_make(&ranking, &record), 0);
	CU_ASSERT_EQUAL(ranking.count, 0);
	CU_ASSERT_EQUAL(
	    report_ranking_count_best(&ranking, REPORT_BY_BYTES), 0);
	report_ranking_free(&ranking);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "best", test_best },
		{ "nothing to compare", test_nothing_to_compare },
		CU_TEST_INFO_NULL,
	};

	return unit_main("ranking", tests);
}
