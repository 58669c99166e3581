/* SPDX-License-Identifier: MIT */
#include "reports/study/pieces.h"
#include "reports/plots/time_axis.h"
#include "tests/unit.h"
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BINS_MAX 240

/* clang-format off */
static const struct {
	const char *what;
	const char *busy;	/* runs: "5+ 30- 2+" */
	size_t stretches, pieces, merged; /* merged: bins a piece */
	size_t first_from, last_from, last_to; /* bins */
} rows[] = {
	{ "all busy",        "10+",          1, 10, 1,  0,  0, 10 },
	{ "short silence",   "5+ 20- 5+",    1, 30, 1,  0,  0, 30 },
	{ "long silence",    "5+ 21- 5+",    2, 10, 1,  0, 26, 31 },
	{ "silent start",    "20- 5+",       1, 25, 1,  0,  0, 25 },
	{ "long, at first",  "21- 5+",       1,  5, 1, 21, 21, 26 },
	{ "silent end",      "5+ 40-",       1,  5, 1,  0,  0,  5 },
	{ "two silences",    "1+ 50- 1+ 50- 1+", 3, 3, 1, 0, 102, 103 },
	{ "many",            "240+",         1, 60, 4,  0,  0, 240 },
	{ "merged, gap",     "99+ 41- 100+", 2, 50, 4,  0, 140, 240 },
	{ "silence only",    "30-",          0,  0, 1,  0,  0,  0 },
};
/* clang-format on */

static size_t
fill(struct sim_slice *slices, const char *busy)
{
	size_t at = 0;
	while (*busy != '\0') {
		char *end;
		unsigned long run = strtoul(busy, &end, 10);
		for (unsigned long i = 0; i < run; i++, at++)
			slices[2 * at + at % 2].bytes = *end == '+' ? 7 : 0;
		busy = end + 1 + (end[1] == ' ');
	}
	return at;
}

static void
test_stretches(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_slice slices[2 * BINS_MAX] = { 0 };
		struct sim_rule rule = { .backend_count = 2, .slices = slices };
		struct sim_case c = { .rules = &rule, .rule_count = 1 };
		struct sim_record record = { .cases = &c,
			.case_count = 1,
			.bin_ns = 10,
			.bin_count = fill(slices, rows[i].busy) };
		struct report_pieces p;
		uint64_t sum = 0, all = 0;

		CU_ASSERT_EQUAL_FATAL(
		    report_pieces_make(&p, &record, &rule), 0);
		UNIT_EQUAL(rows[i].what, p.stretch_count, rows[i].stretches);
		UNIT_EQUAL(rows[i].what, p.count, rows[i].pieces);
		UNIT_EQUAL(rows[i].what, p.piece_ns, 10 * rows[i].merged);
		if (p.stretch_count > 0) {
			const struct report_stretch *last =
			    &p.stretches[p.stretch_count - 1];
			UNIT_EQUAL(rows[i].what, p.stretches[0].from_ns,
			    10 * rows[i].first_from);
			UNIT_EQUAL(rows[i].what, last->from_ns,
			    10 * rows[i].last_from);
			UNIT_EQUAL(
			    rows[i].what, last->to_ns, 10 * rows[i].last_to);
		}
		for (size_t b = 0; b < 2 * record.bin_count; b++)
			all += slices[b].bytes;
		for (size_t b = 0; b < p.count; b++)
			sum += p.totals[b];
		UNIT_EQUAL(rows[i].what, sum, all);
		report_pieces_free(&p);
	}
}

static void
test_no_timeline(void)
{
	struct sim_rule rule = { .backend_count = 2 };
	struct sim_record record = { .bin_ns = 10, .bin_count = 3 };
	struct report_pieces p;

	CU_ASSERT_EQUAL(report_pieces_make(&p, &record, &rule), 0);
	CU_ASSERT_EQUAL(p.count, 0);
	report_pieces_free(&p);
}

/* Stretches fill the width, silences between them. */
static void
test_axis(void)
{
	struct report_stretch stretches[] = { { 0, 100, 0, 10 },
		{ 5000, 5200, 10, 20 } };
	struct report_pieces p = { .piece_ns = 10,
		.count = 30,
		.stretches = stretches,
		.stretch_count = 2 };
	struct report_time_axis axis = report_time_axis(&p, 50, 330);

	CU_ASSERT_DOUBLE_EQUAL(axis.gap, 30, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(axis.per_piece, 10, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(report_time_at(&axis, 0, 0), 50, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(report_time_at(&axis, 0, 10), 150, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(report_time_at(&axis, 1, 0), 180, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(report_time_at(&axis, 1, 20), 380, 1e-9);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "stretches", test_stretches },
		{ "no timeline", test_no_timeline },
		{ "axis", test_axis },
		CU_TEST_INFO_NULL,
	};

	return unit_main("pieces", tests);
}
