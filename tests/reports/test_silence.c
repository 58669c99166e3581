/* SPDX-License-Identifier: MIT */
/* What is said of connections that were silent for too long. */
#include "reports/words/silence.h"
#include <stdlib.h>
#include "tests/unit.h"
#include <string.h>

#define FORGOTTEN                                                              \
	"the balancer had forgotten them; what they sent next was hashed "     \
	"anew, and so found its server only as long as the same members were " \
	"up. Azure drops such a connection without a word and promises "       \
	"nothing for it. A keepalive below "

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
		char *text = NULL;
		size_t bytes;

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
		FILE *to = open_memstream(&text, &bytes);
		if (to == NULL)
			abort();
		report_put_silences(to, &record);
		CU_ASSERT_EQUAL(fclose(to), 0);
		UNIT_ROW(rows[i].row, strcmp(text, rows[i].text) == 0);
		if (strcmp(text, rows[i].text) != 0)
			(void)printf("%s", text);
		free(text);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "words", test_words },
		CU_TEST_INFO_NULL,
	};

	return unit_main("silence", tests);
}
