/* SPDX-License-Identifier: MIT */
/* model/config/numbers.c: numbers as users write them. */
#include "model/config/numbers.h"
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

/* clang-format off */
static const struct {
	const char *text;
	uint64_t ns, share, rate;
} finer[] = {
	{ "500us",       500000, NOT, NOT },
	{ "20ms",      20000000, NOT, NOT },
	{ "7ns",              7, NOT, NOT },
	{ "9999999999s", 9999999999 * UINT64_C(1000000000), NOT, NOT },
	{ "1m",             NOT, NOT, NOT },
	{ "1.5ms",          NOT, NOT, NOT },
	{ "us",             NOT, NOT, NOT },
	{ "0",              NOT, 0, 0 },
	{ "1",              NOT, 1000000, 1000000 },
	{ "0.05",           NOT, 50000, 50000 },
	{ "1.000001",       NOT, NOT, 1000001 },
	{ "5%",             NOT, 50000, NOT },
	{ "100%",           NOT, 1000000, NOT },
	{ "100.0001%",      NOT, NOT, NOT },
	{ "0.0001%",        NOT, 1, NOT },
	{ "0.00001%",       NOT, NOT, NOT },
	{ "%",              NOT, NOT, NOT },
	{ "",               NOT, NOT, NOT },
	{ "-1",             NOT, NOT, NOT },
	{ "50/s",           NOT, NOT, 50000000 },
	{ "0.5/s",          NOT, NOT, 500000 },
	{ "3/min",          NOT, NOT, 50000 },
	{ "1/h",            NOT, NOT, 278 },
	{ "999999999/s",    NOT, NOT, 999999999000000 },
	{ "1/d",            NOT, NOT, NOT },
	{ "/s",             NOT, NOT, NOT },
	{ "1/",             NOT, NOT, NOT },
};
/* clang-format on */

static void
test_finer(void)
{
	for (size_t i = 0; i < LB_COUNT(finer); i++) {
		const char *text = finer[i].text;
		uint64_t ns = NOT, share = NOT, rate = NOT;

		UNIT_ROW(text,
		    lb_nanoseconds_of_text(text, &ns) == (finer[i].ns != NOT));
		UNIT_EQUAL(text, ns, finer[i].ns);
		UNIT_ROW(text,
		    lb_share_of_text(text, &share) == (finer[i].share != NOT));
		UNIT_EQUAL(text, share, finer[i].share);
		UNIT_ROW(text,
		    lb_rate_of_text(text, &rate) == (finer[i].rate != NOT));
		UNIT_EQUAL(text, rate, finer[i].rate);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "numbers", test_numbers },
		{ "shorter times, parts and rates", test_finer },
		CU_TEST_INFO_NULL,
	};

	return unit_main("numbers", tests);
}
