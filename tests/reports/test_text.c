/* SPDX-License-Identifier: MIT */
#include "reports/text/lines.h"
#include "reports/text/text.h"
#include "tests/unit.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
is(const char *text, const char *wanted)
{
	bool same = strcmp(text, wanted) == 0;
	if (!same)
		(void)printf("'%s', not '%s'\n", text, wanted);
	return same;
}

/* clang-format off */
static const struct {
	double value;
	const char *digits, *percent, *deviation, *round;
} numbers[] = {
	{ 0,          "0",        "0 %",        "0 %",         "0 %" },
	{ 0.25,       "0.250",    "25.0 %",     "+25.0 %",     "25 %" },
	{ -0.25,      "-0.250",   "-25.0 %",    "-25.0 %",     "-25 %" },
	{ 1,          "1.00",     "100 %",      "+100 %",      "100 %" },
	{ 1. / 12,    "0.0833",   "8.33 %",     "+8.33 %",     "8.33 %" },
	{ 0.001,      "0.00100",  "0.100 %",    "+0.100 %",    "0.1 %" },
	{ 9.996,      "10.0",     "1 000 %",    "+1 000 %",    "1 000 %" },
	{ 99.96,      "100",      "9 996 %",    "+9 996 %",    "9 996 %" },
	{ 999.4,      "999",      "99 940 %",   "+99 940 %",   "99 940 %" },
	{ 1234567,    "1 234 567", "123 456 700 %", "+123 456 700 %",
	                                                   "123 456 700 %" },
	{ 1e-7,       "1.00e-07", "0.0000100 %", "0 %",        "0.00001 %" },
	{ NAN,        "-",        "-",          "-",           "- %" },
};

static const struct {
	uint64_t ns;
	const char *text;
} spans[] = {
	{ 0,                               "0 s" },
	{ UINT64_C(1234567),               "0.00123 s" },
	{ UINT64_C(12345678901),           "12.3 s" },
	{ UINT64_C(119) * 1000000000,      "119 s" },
	{ UINT64_C(120) * 1000000000,      "2.00 min" },
	{ UINT64_C(7200) * 1000000000,     "2.00 h" },
	{ UINT64_C(86400 * 22) * 1000000000, "22.0 days" },
};

/* What comes in, what JSON gets, what a terminal gets. */
static const struct {
	const char *raw, *clean, *visible;
} names[] = {
	{ NULL,               "",                     "" },
	{ "a.pcap",           "a.pcap",               "a.pcap" },
	{ "r\xc3\xa4t",       "r\xc3\xa4t",           "r\xc3\xa4t" },
	{ "a\x1b[31m\n",      "a\x1b[31m\n",          "a?[31m?" },
	{ "\xff",             "\xef\xbf\xbd",         "\xef\xbf\xbd" },
	{ "\xc3",             "\xef\xbf\xbd",         "\xef\xbf\xbd" },
	{ "\xc0\xaf",         "\xef\xbf\xbd\xef\xbf\xbd",
	                      "\xef\xbf\xbd\xef\xbf\xbd" },  /* overlong */
	{ "\xed\xa0\x80x",    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx",
	                      "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx" },
	{ "\xc2\x9b" "2J",    "\xc2\x9b" "2J",        "?2J" },       /* C1 */
	{ "a\xe2\x80\xae" "b", "a\xe2\x80\xae" "b",   "a?b" },   /* U+202E */
	{ "\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7",     "\xf0\x9f\x90\xa7" },
	{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
	                      "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
};

static const struct {
	const char *text;
	size_t columns;
	const char *shortened;
} longs[] = {
	{ "backend-1",          9,  "backend-1" },
	{ "very-long-name-17",  11, "very...e-17" },
	{ "very-long-name-17",  12, "very-...e-17" },
	{ "very-long-name-17",  16, "very-lo...ame-17" },
	{ "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc", 5,
	                            "\xc3\xa4...\xc3\xbc" },
};
/* clang-format on */

static void
test_numbers(void)
{
	char text[REPORT_TEXT_BYTES];
	const struct report_script *s = &report_terminal;

	for (size_t i = 0; i < COUNT(numbers); i++) {
		double v = numbers[i].value;
		CU_ASSERT_TRUE(
		    is(report_digits(text, s, v), numbers[i].digits));
		CU_ASSERT_TRUE(
		    is(report_percent(text, s, v), numbers[i].percent));
		CU_ASSERT_TRUE(
		    is(report_deviation(text, s, v), numbers[i].deviation));
		CU_ASSERT_TRUE(
		    is(report_round_percent(text, s, v), numbers[i].round));
	}
	for (size_t i = 0; i < COUNT(spans); i++)
		CU_ASSERT_TRUE(
		    is(report_span(text, s, spans[i].ns), spans[i].text));
	CU_ASSERT_TRUE(is(
	    report_count(text, s, UINT64_MAX), "18 446 744 073 709 551 615"));
	CU_ASSERT_TRUE(
	    is(report_count(text, &report_picture, 1234), "1\xe2\x80\xaf"
							  "234"));
	CU_ASSERT_TRUE(is(report_deviation(text, &report_picture, -0.5),
	    "\xe2\x88\x92"
	    "50.0\xe2\x80\xaf%"));
	CU_ASSERT_TRUE(is(report_index(text, 0.99604), "0.996"));
	CU_ASSERT_TRUE(is(report_index(text, NAN), "-"));
}

static void
test_names(void)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		char *clean = report_clean(names[i].raw, false);
		char *visible = report_clean(names[i].raw, true);
		CU_ASSERT_TRUE(is(clean, names[i].clean));
		CU_ASSERT_TRUE(is(visible, names[i].visible));
		free(clean);
		free(visible);
	}
	for (size_t i = 0; i < COUNT(longs); i++) {
		char text[64];
		(void)snprintf(text, sizeof(text), "%s", longs[i].text);
		report_shorten(text, longs[i].columns);
		CU_ASSERT_TRUE(is(text, longs[i].shortened));
		CU_ASSERT_TRUE(report_columns(text) <= longs[i].columns);
	}
}

/* Lines break at words, not within a number. */
static void
test_wrapped(void)
{
	char line[] =
	    "  in all of these words that fill a line to its end there "
	    "were given up: 12 345 678, of them 57.2 % late";
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);
	CU_ASSERT_PTR_NOT_NULL_FATAL(to);
	report_put_wrapped(to, line);
	CU_ASSERT_EQUAL_FATAL(fclose(to), 0);
	CU_ASSERT_TRUE(is(text,
	    "  in all of these words that fill a line to its end there were "
	    "given up:\n    12 345 678, of them 57.2 % late\n"));
	free(text);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "numbers", test_numbers },
		{ "names", test_names },
		{ "wrapped", test_wrapped },
		CU_TEST_INFO_NULL,
	};

	return unit_main("text", tests);
}
