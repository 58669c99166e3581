/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H
/* The main() of a unit test: a table of CUnit tests, run as one suite. */
#include <stdio.h>
#include <stdlib.h>
#include <CUnit/Basic.h>

/* Goes on only with a pointer; says so to compilers, too, which do not know
 * that CUnit's FATAL does not return. */
#define UNIT_NEED(pointer)                                                     \
	do {                                                                   \
		CU_ASSERT_PTR_NOT_NULL_FATAL(pointer);                         \
		if ((pointer) == NULL)                                         \
			abort();                                               \
	} while (0)

/* tests ends in CU_TEST_INFO_NULL. */
static inline int
unit_main(const char *name, CU_TestInfo *tests)
{
	CU_SuiteInfo suites[] = {
		{ name, NULL, NULL, NULL, NULL, tests },
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

/* Asserts, and names the row of the table that failed. */
#define UNIT_ROW(row, condition)                                               \
	do {                                                                   \
		bool unit_ok = (condition);                                    \
		if (!unit_ok)                                                  \
			(void)fprintf(                                         \
			    stderr, "  row %s: %s\n", row, #condition);        \
		CU_ASSERT_TRUE(unit_ok);                                       \
	} while (0)

/* The same for two numbers, which it shows. */
#define UNIT_EQUAL(row, is, expect)                                            \
	do {                                                                   \
		unsigned long long unit_is = (unsigned long long)(is);         \
		unsigned long long unit_to_be = (unsigned long long)(expect);  \
		if (unit_is != unit_to_be)                                     \
			(void)fprintf(stderr,                                  \
			    "  row %s: %s is %llu (0x%llx), not %llu\n", row,  \
			    #is, unit_is, unit_is, unit_to_be);                \
		CU_ASSERT_TRUE(unit_is == unit_to_be);                         \
	} while (0)

#endif
