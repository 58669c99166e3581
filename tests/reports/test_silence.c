/* SPDX-License-Identifier: MIT */
/* What is said of connections that were silent for too long. */
#include "reports/words/silence.h"
#include <stdlib.h>
#include "tests/unit.h"
#include <string.h>

#define NATS 10u

#define FORGOTTEN                                                              \
	"the balancer had forgotten them; what they sent next was hashed "     \
	"anew, and so found its server only as long as the same members were " \
	"up. Azure drops such a connection without a word and promises "       \
	"nothing for it. A keepalive below "

#define KNOWN                                                                  \
	"the balancer had forgotten them; what they sent next went to the "    \
	"same member, the only one that a NAT rule knows. Azure drops such a " \
	"connection without a word and promises nothing for it. A keepalive "  \
	"below "
#define CUT                                                                    \
	{                                                                      \
		1, 1, 240000, 240000, true                                     \
	}
#define RESET(name, flows)                                                     \
	"Of NAT rule " name ", " flows                                         \
	" silent for idle_timeout (4 min) or longer: tcp_reset told both "     \
	"ends of each, which ended it. A keepalive below 4 min keeps "

/* clang-format off */
static const struct {
	const char *row;
	bool synthetic;
	size_t case_count, rule_count;
	struct sim_silence of[2][2]; /* by case and rule */
	struct sim_silence outbound;
	const char *text;
} rows[] = {
	{ "none", true, 1, 1, { { { 0 } } }, { 0 }, "" },
	{ "one", true, 1, 1, { { { 1, 1, 250000, 240000, false } } }, { 0 },
	  "1 connection was silent for idle_timeout (4 min) or longer, 1 time, "
	  "4.17 min at the longest: " FORGOTTEN "4 min keeps it.\n" },
	{ "many, of one rule", true, 1, 2,
	  { { { 0 }, { 100, 500, 300000, 240000, false } } }, { 0 },
	  "Of rule s, 100 connections were silent for idle_timeout (4 min) or "
	  "longer, 500 times, 5 min at the longest: " FORGOTTEN
	  "4 min keeps them.\n" },
	{ "reset", true, 1, 1, { { { 700, 700, 240000, 240000, true } } },
	  { 0 },
	  "700 connections were silent for idle_timeout (4 min) or longer: "
	  "tcp_reset told both ends of each, which ended it. A keepalive below "
	  "4 min keeps them.\n" },
	{ "captured", false, 1, 1, { { { 7, 7, 900000, 240000, true } } },
	  { 0 },
	  "7 connections were silent for idle_timeout (4 min) or longer: "
	  "tcp_reset would have ended each at its first silence. A keepalive "
	  "below 4 min keeps them.\n" },
	{ "alike", false, 2, 1,
	  { { { 2, 2, 300000, 240000, false } },
	    { { 2, 2, 300000, 240000, false } } }, { 0 },
	  "2 connections were silent for idle_timeout (4 min) or longer, 2 "
	  "times, 5 min at the longest: " FORGOTTEN "4 min keeps them.\n" },
	{ "not alike", false, 2, 1,
	  { { { 0 } }, { { 2, 2, 300000, 240000, false } } }, { 0 },
	  "With b: 2 connections were silent for idle_timeout (4 min) or "
	  "longer, 2 times, 5 min at the longest: " FORGOTTEN
	  "4 min keeps them.\n" },
	{ "outbound", true, 1, 1, { { { 0 } } },
	  { 20, 40, 600000, 240000, false },
	  "Of members' own, 20 connections were silent for idle_timeout (4 "
	  "min) or longer, 40 times, 10 min at the longest: their SNAT ports "
	  "had been given back, and what they sent next took ports anew. A "
	  "keepalive below 4 min keeps them.\n" },
};
/* clang-format on */

static bool
says(const char *row, const struct sim_record *record, const char *what)
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	if (to == NULL)
		abort();
	report_put_silences(to, record, &report_terminal);
	CU_ASSERT_EQUAL(fclose(to), 0);
	const bool same = strcmp(text, what) == 0;
	if (!same)
		(void)printf("%s: %s", row, text);
	free(text);
	return same;
}

static void
test_words(void)
{
	static char names[2][2] = { "a", "b" }, rule_names[2][2] = { "r", "s" };

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct sim_case cases[2] = { 0 };
		struct sim_rule rules[2][2] = { 0 };
		const struct sim_record record = {
			.synthetic = rows[i].synthetic,
			.cases = cases,
			.case_count = rows[i].case_count,
		};
		for (size_t c = 0; c < 2; c++) {
			cases[c].name = names[c];
			cases[c].rules = rules[c];
			cases[c].rule_count = rows[i].rule_count;
			cases[c].outbound_silence = rows[i].outbound;
			for (size_t r = 0; r < 2; r++) {
				rules[c][r].name = rule_names[r];
				rules[c][r].silence = rows[i].of[c][r];
			}
		}
		UNIT_ROW(rows[i].row, says(rows[i].row, &record, rows[i].text));
	}
}

/* clang-format off */
static const struct {
	const char *row;
	size_t case_count; /* alike */
	struct sim_silence rule;
	const char *text;
	/* of "ssh/a", "ssh/b", "web" and seven more */
	struct sim_silence nats[NATS];
} nat_rows[] = {
	{ "one", 1, { 0 },
	  "Of NAT rule ssh, 1 connection was silent for idle_timeout (4 min) "
	  "or longer, 2 times, 5 min at the longest: " KNOWN
	  "4 min keeps it.\n",
	  { { 0 }, { 1, 2, 300000, 240000, false } } },
	{ "a NAT rule's together, another beside it", 1,
	  { 1, 1, 250000, 240000, false },
	  "Of rule r, 1 connection was silent for idle_timeout (4 min) or "
	  "longer, 1 time, 4.17 min at the longest: " FORGOTTEN
	  "4 min keeps it.\n"
	  "Of NAT rule ssh, 5 connections were silent for idle_timeout (4 min) "
	  "or longer, 7 times, 5 min at the longest: " KNOWN
	  "4 min keeps them.\n"
	  "Of NAT rule web, 3 connections were silent for idle_timeout (30 min) "
	  "or longer: tcp_reset told both ends of each, which ended it. A "
	  "keepalive below 30 min keeps them.\n",
	  { { 1, 2, 300000, 240000, false }, { 4, 5, 290000, 240000, false },
	    { 3, 3, 1800000, 1800000, true } } },
	{ "NAT rules of cases that are alike", 2, { 0 },
	  "Of NAT rule web, 1 connection was silent for idle_timeout (4 min) "
	  "or longer, 1 time, 4 min at the longest: " KNOWN
	  "4 min keeps it.\n",
	  { { 0 }, { 0 }, { 1, 1, 240000, 240000, false } } },
	{ "more NAT rules than are told of", 1, { 0 },
	  RESET("ssh", "2 connections were") "them.\n"
	  RESET("web", "1 connection was") "it.\n"
	  RESET("n1", "1 connection was") "it.\n"
	  RESET("n2", "1 connection was") "it.\n"
	  RESET("n3", "1 connection was") "it.\n"
	  "2 more NAT rules had such connections; summary.json (--json) has "
	  "all.\n",
	  { CUT, CUT, CUT, CUT, CUT, CUT, { 0 }, CUT, CUT } },
};
/* clang-format on */

static void
test_nats(void)
{
	static char names[NATS][8] = { "ssh/a", "ssh/b", "web", "n1/a", "n2/a",
		"n3/a", "n4/a", "n5/a", "n6/a", "n7/a" };
	static char a[] = "a", r[] = "r";

	for (size_t i = 0; i < LB_COUNT(nat_rows); i++) {
		struct sim_nat nats[NATS] = { 0 };
		struct sim_rule rule = { .name = r,
			.silence = nat_rows[i].rule };
		struct sim_case one = { .name = a,
			.rules = &rule,
			.rule_count = 1,
			.nats = nats,
			.nat_count = NATS };
		struct sim_case cases[2] = { one, one };
		const struct sim_record record = { .synthetic = true,
			.cases = cases,
			.case_count = nat_rows[i].case_count };

		for (size_t n = 0; n < NATS; n++) {
			nats[n].name = names[n];
			nats[n].silence = nat_rows[i].nats[n];
		}
		UNIT_ROW(nat_rows[i].row,
		    says(nat_rows[i].row, &record, nat_rows[i].text));
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "words", test_words },
		{ "NAT rules", test_nats },
		CU_TEST_INFO_NULL,
	};

	return unit_main("silence", tests);
}
