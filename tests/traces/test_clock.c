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
		CU_ASSERT_EQUAL(c.last_ns - c.first_ns, ns);
	}
}

static void
test_clock(void)
{
	walk(one_capture, COUNT(one_capture));
	walk(from_zero, COUNT(from_zero));
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "clock", test_clock },
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
