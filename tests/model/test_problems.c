/* SPDX-License-Identifier: MIT */
#include "model/config/problems.h"

#include <string.h>

#include "tests/unit.h"

/* clang-format off */
/* What people wrote, as it is repeated to them. */
static const struct tamed {
	const char *what, *text, *shown;
} tames[] = {
	{ "plain", "a b", "a b" },
	{ "umlaut", "\xc3\xa4", "\xc3\xa4" },
	{ "three bytes", "\xe2\x82\xac.", "\xe2\x82\xac." },
	{ "four bytes", "\xf0\x9f\x90\x8c!", "\xf0\x9f\x90\x8c!" },
	{ "cut in a character", "a\xe2\x82", "a??" },
	{ "and with something behind", "a\xe2\x82'", "a?\?'" },
	{ "escape", "\x1b[31m", "?[31m" },
	{ "newline, tab", "a\nb\tc", "a?b?c" },
	{ "delete", "\x7f", "?" },
	{ "escape of eight bits", "\xc2\x9b""31m", "??31m" },
	{ "no UTF-8", "\xff\xfe", "??" },
	{ "too long a form", "\xc0\xaf", "??" },
	{ "beyond Unicode", "\xf5\x80\x80\x80", "????" },
};

static const struct lb_where unsorted[] = {
	{ 3, 1 }, { 0, 0 }, { 1, 9 }, { 1, 2 }, { 3, 1 }, { 0, 0 }, { 2, 5 },
};
static const unsigned sorted[] = { 3, 2, 6, 0, 4, 1, 5 };
/* clang-format on */

static void
test_tame(void)
{
	for (size_t i = 0; i < LB_COUNT(tames); i++) {
		struct lb_problems problems = { 0 };
		lb_warning_add(&problems, unsorted[0], "%s", tames[i].text);
		UNIT_ROW(tames[i].what,
		    strcmp(problems.at[0].what, tames[i].shown) == 0);
		CU_ASSERT_EQUAL(problems.error_count, 0);
		lb_problems_free(&problems);
	}
}

/* By place; at one place in the order of complaint; nowhere comes last. */
static void
test_sort(void)
{
	struct lb_problems problems = { 0 };

	for (size_t i = 0; i < LB_COUNT(unsorted); i++)
		lb_error_add(&problems, unsorted[i], NULL, "%zu", i);
	lb_problems_sort(&problems);
	CU_ASSERT_EQUAL(problems.error_count, LB_COUNT(unsorted));
	for (size_t i = 0; i < LB_COUNT(sorted); i++)
		CU_ASSERT_EQUAL(atoi(problems.at[i].what), (int)sorted[i]);
	lb_problems_free(&problems);
	CU_ASSERT_EQUAL(problems.count, 0);
}

static void
test_print(void)
{
	struct lb_problems problems = { 0 };
	char text[256] = "";
	FILE *to = fmemopen(text, sizeof(text), "w");

	UNIT_NEED(to);
	lb_error_add(&problems, (struct lb_where){ 7, 12 }, "SomeCode",
	    "wrong by %d", 2);
	lb_warning_add(&problems, (struct lb_where){ 8, 1 }, "odd");
	lb_error_add(&problems, (struct lb_where){ 0 }, NULL, "all of it");
	lb_problems_print(&problems, "lb.yaml", to);
	lb_problems_print(&problems, NULL, to);
	(void)fclose(to);
	CU_ASSERT_STRING_EQUAL(text,
	    "lb.yaml:7:12: wrong by 2 [SomeCode]\n"
	    "lb.yaml:8:1: warning: odd\n"
	    "lb.yaml: all of it\n"
	    "configuration:7:12: wrong by 2 [SomeCode]\n"
	    "configuration:8:1: warning: odd\n"
	    "configuration: all of it\n");
	lb_problems_free(&problems);
}

static void
test_many(void)
{
	struct lb_problems problems = { 0 };

	for (unsigned i = 0; i < 3000; i++)
		lb_error_add(&problems, (struct lb_where){ i, 1 }, NULL, "x");
	CU_ASSERT_EQUAL(problems.error_count, 3000);
	CU_ASSERT_EQUAL(problems.count, LB_PROBLEMS_MAX + 1);
	lb_problems_free(&problems);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "nothing that a terminal obeys", test_tame },
		{ "order", test_sort },
		{ "lines", test_print },
		{ "many", test_many },
		CU_TEST_INFO_NULL,
	};

	return unit_main("problems", tests);
}
