/* SPDX-License-Identifier: MIT */
/* model/numbers.c: numbers as users write them. */
#include "model/numbers.h"
#include "tests/unit.h"

#define NOT UINT64_MAX /* what stays when it is no such number */

/* clang-format off */
static const struct {
	const char *text;
	uint64_t number, ms, millionths; /* NOT: it is none */
} rows[] = {
	{ "0",                   0, NOT, 0 },
	{ "7",                   7, NOT, 7000000 },
	{ "999999999",   999999999, NOT, 999999999000000 },
	{ "1000000000", 1000000000, NOT, NOT },
	{ "999999999999999999", 999999999999999999, NOT, NOT },
	{ "1000000000000000000", NOT, NOT, NOT },
	{ "",                  NOT, NOT, NOT },
	{ "-1",                NOT, NOT, NOT },
	{ "+1",                NOT, NOT, NOT },
	{ " 1",                NOT, NOT, NOT },
	{ "1 ",                NOT, NOT, NOT },
	{ "0x10",              NOT, NOT, NOT },
	{ "1e3",               NOT, NOT, NOT },
	{ "0.5",               NOT, NOT, 500000 },
	{ "2.500000",          NOT, NOT, 2500000 },
	{ "1.000001",          NOT, NOT, 1000001 },
	{ "1.0000001",         NOT, NOT, NOT },
	{ ".5",                NOT, NOT, NOT },
	{ "5.",                NOT, NOT, NOT },
	{ "1.2.3",             NOT, NOT, NOT },
	{ "1.5x",              NOT, NOT, NOT },
	{ "250ms",             NOT, 250, NOT },
	{ "5s",                NOT, 5000, NOT },
	{ "4m",                NOT, 240000, NOT },
	{ "1h",                NOT, 3600000, NOT },
	{ "0s",                NOT, 0, NOT },
	{ "9999999999h",       NOT, 9999999999 * 3600000, NOT },
	{ "10000000000h",      NOT, NOT, NOT },
	{ "5 s",               NOT, NOT, NOT },
	{ "s",                 NOT, NOT, NOT },
	{ "5d",                NOT, NOT, NOT },
	{ "1.5s",              NOT, NOT, NOT },
};
/* clang-format on */

static void
test_numbers(void)
{
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		uint64_t number = NOT, ms = NOT, millionths = NOT;

		UNIT_ROW(rows[i].text, lb_number_of_text(rows[i].text,
					   &number) == (rows[i].number != NOT));
		UNIT_EQUAL(rows[i].text, number, rows[i].number);
		UNIT_ROW(rows[i].text, lb_duration_of_text(rows[i].text, &ms) ==
					   (rows[i].ms != NOT));
		UNIT_EQUAL(rows[i].text, ms, rows[i].ms);
		UNIT_ROW(rows[i].text,
		    lb_millionths_of_text(rows[i].text, &millionths) ==
			(rows[i].millionths != NOT));
		UNIT_EQUAL(rows[i].text, millionths, rows[i].millionths);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "numbers", test_numbers },
		CU_TEST_INFO_NULL,
	};

	return unit_main("numbers", tests);
}
