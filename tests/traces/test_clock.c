/* SPDX-License-Identifier: MIT */
/* traces/clock.c: captured times become one axis that never runs back. */
#include "traces/clock.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
static const struct row {
	const char *what;
	uint64_t captured_ns, expect_ns, backwards_expect;
} one_capture[] = {
	{ "the first is 0, whenever it was", 1000, 0, 0 },
	{ "a gap is a gap", 1300, 300, 0 },
	{ "the same instant is not backwards", 1300, 300, 0 },
	{ "one step back waits", 1299, 300, 1 },
	{ "as long as it lasts", 1200, 300, 2 },
	{ "before the beginning too", 1, 300, 3 },
	{ "even in 1970", 0, 300, 4 },
	{ "caught up", 1300, 300, 4 },
	{ "goes on from the latest", 1301, 301, 4 },
	{ "the end of time", UINT64_MAX, UINT64_MAX - 1000, 4 },
	{ "stays there", 1302, UINT64_MAX - 1000, 5 },
}, from_zero[] = {
	{ "0 is a time like any other", 0, 0, 0 },
	{ "and starts the clock", 5, 5, 0 },
	{ "only once", 0, 5, 1 },
};
/* clang-format on */

static void
walk(const struct row *rows, size_t count)
{
	struct trace_clock c = { 0 };

	for (size_t i = 0; i < count; i++) {
		uint64_t ns = trace_clock_ns(&c, rows[i].captured_ns);
		if (ns != rows[i].expect_ns ||
		    c.backwards_count != rows[i].backwards_expect)
			(void)fprintf(stderr, "  row \"%s\"\n", rows[i].what);
		CU_ASSERT_EQUAL(ns, rows[i].expect_ns);
		CU_ASSERT_EQUAL(c.backwards_count, rows[i].backwards_expect);
		CU_ASSERT_EQUAL(c.first_ns, rows[0].captured_ns);
		CU_ASSERT_EQUAL(c.elapsed_ns, ns);
	}
}

static void
test_clock(void)
{
	walk(one_capture, COUNT(one_capture));
	walk(from_zero, COUNT(from_zero));
}

static void
test_longest_gap(void)
{
	/* clang-format off */
	static const struct {
		uint64_t captured_ns, expect_ns, gaps_expect, cut_expect_ns;
	} rows[] = {
		{ 1000,        0, 0,   0 },
		{ 1100,      100, 0,   0 },	/* just as long is none */
		{ 1201,      200, 1,   1 },
		{  500,      200, 1,   1 },	/* back, and no gap to where */
		{ 1202,      201, 1,   1 },	/* it goes on from the latest */
		{ 9302,      301, 2, 8001 },
		{ UINT64_MAX, 401, 3, 8001 + (UINT64_MAX - 9302 - 100) },
	};
	/* clang-format on */
	struct trace_clock c = { .longest_gap_ns = 100 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		CU_ASSERT_EQUAL(
		    trace_clock_ns(&c, rows[i].captured_ns), rows[i].expect_ns);
		CU_ASSERT_EQUAL(c.gap_count, rows[i].gaps_expect);
		CU_ASSERT_EQUAL(c.gap_cut_ns, rows[i].cut_expect_ns);
		CU_ASSERT_EQUAL(
		    c.first_gap_ns, rows[i].gaps_expect > 0 ? 100 : 0);
	}
}

/* A round of three packets over 200 ns, and again: a mean gap between. */
static void
test_again(void)
{
	struct trace_clock c = { 0 };
	static const uint64_t captured_ns[] = { 5000, 5050, 5200 };
	static const uint64_t expect_ns[] = { 0, 50, 200 };

	for (unsigned round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(captured_ns); i++)
			CU_ASSERT_EQUAL(trace_clock_ns(&c, captured_ns[i]),
			    round * 300 + expect_ns[i]);
		trace_clock_again(&c);
	}
	CU_ASSERT_EQUAL(c.backwards_count, 0);
	CU_ASSERT_EQUAL(c.first_ns, 5000);

	/* One packet has no gap to take the mean of; and time has an end. */
	struct trace_clock one = { 0 };
	CU_ASSERT_EQUAL(trace_clock_ns(&one, 7), 0);
	trace_clock_again(&one);
	CU_ASSERT_EQUAL(trace_clock_ns(&one, 7), 0);
	trace_clock_again(&one);
	CU_ASSERT_EQUAL(trace_clock_ns(&one, 0), 0);
	CU_ASSERT_EQUAL(trace_clock_ns(&one, UINT64_MAX), UINT64_MAX);
	trace_clock_again(&one);
	CU_ASSERT_EQUAL(trace_clock_ns(&one, 0), UINT64_MAX);
	CU_ASSERT_EQUAL(trace_clock_ns(&one, 9), UINT64_MAX);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "clock", test_clock },
		{ "longest gap", test_longest_gap },
		{ "again", test_again },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ "clock", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	if (CU_initialize_registry() != CUE_SUCCESS ||
	    CU_register_suites(suites) != CUE_SUCCESS)
		return EXIT_FAILURE;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_ErrorCode ran = CU_basic_run_tests();
	unsigned failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return ran == CUE_SUCCESS && failures == 0 ? EXIT_SUCCESS
						   : EXIT_FAILURE;
}
