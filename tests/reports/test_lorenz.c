/* SPDX-License-Identifier: MIT */
#include "reports/stats/lorenz.h"
#include "tests/reports/sample.h"
#include "tests/unit.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
near(double value, double wanted, double off)
{
	return fabs(value - wanted) <= off;
}

/* --- the curve ------------------------------------------------------------ */

/* By hand: the least loaded first, added up. */
/* clang-format off */
static const struct {
	const char *what;
	size_t n;
	uint64_t loads[4];
	size_t count;
	double curve[5];
} curves[] = {
	{ "equal",  4, { 5, 5, 5, 5 }, 5, { 0, 0.25, 0.5, 0.75, 1 } },
	{ "uneven", 4, { 4, 1, 3, 2 }, 5, { 0, 0.1, 0.3, 0.6, 1 } },
	{ "one",    4, { 0, 8, 0, 0 }, 5, { 0, 0, 0, 0, 1 } },
	{ "alone",  1, { 7 },          2, { 0, 1 } },
	{ "none",   2, { 0, 0 },       0, { 0 } },
	{ "empty",  0, { 0 },          0, { 0 } },
};
/* clang-format on */

/* Point p of a curve; its row's name tells which. */
static void
check_point(size_t row, const struct report_lorenz_point *is, size_t p)
{
	const char *what = curves[row].what;
	double n = (double)curves[row].n;

	UNIT_EQUAL(what, is->rank, p);
	UNIT_ROW(what, near(is->load, curves[row].curve[p], 1e-12));
	UNIT_ROW(what, near(is->backends, (double)p / n, 1e-12));
	/* no keys, so nothing to hash anew */
	UNIT_ROW(what, isnan(is->perfect.low));
}

/* 1 less twice the area under it. */
static double
gini_of(const struct report_lorenz *lorenz)
{
	double area = 0;
	for (size_t p = 1; p < lorenz->count; p++)
		area += (lorenz->points[p].load + lorenz->points[p - 1].load) /
			2 / (double)(lorenz->count - 1);
	return 1 - 2 * area;
}

static void
test_curves(void)
{
	for (size_t i = 0; i < COUNT(curves); i++) {
		struct sim_backend backends[4] = { 0 };
		struct sim_rule rule = { .backends = backends,
			.backend_count = curves[i].n };
		struct report_fairness f;
		struct report_lorenz is;

		for (size_t b = 0; b < curves[i].n; b++)
			backends[b].packets = curves[i].loads[b];
		CU_ASSERT_EQUAL(
		    report_lorenz_make(&is, &rule, REPORT_PACKETS, 1), 0);
		CU_ASSERT_EQUAL(report_fairness(&rule, REPORT_PACKETS, &f), 0);
		UNIT_EQUAL(curves[i].what, is.count, curves[i].count);
		for (size_t p = 0; p < is.count; p++)
			check_point(i, &is.points[p], p);
		if (is.count > 0)
			UNIT_ROW(
			    curves[i].what, near(gini_of(&is), f.gini, 1e-12));
		report_lorenz_free(&is);
	}
}

/* By weight 2:1:1 is even, and who is drained is no rank. */
static void
test_weights(void)
{
	struct sim_backend backends[] = { { .weight = 200, .bytes = 2 },
		{ .weight = 100, .bytes = 1 }, { .weight = 100, .bytes = 1 },
		{ .weight = 0, .bytes = 0 } };
	struct sim_rule rule = { .backends = backends, .backend_count = 4 };
	struct report_lorenz is;

	CU_ASSERT_EQUAL(report_lorenz_make(&is, &rule, REPORT_BYTES, 1), 0);
	CU_ASSERT_EQUAL_FATAL(is.count, 4);
	for (size_t p = 0; p < is.count; p++) {
		CU_ASSERT_TRUE(near(is.points[p].load, (double)p / 3, 1e-12));
		CU_ASSERT_TRUE(
		    near(is.points[p].backends, (double)p / 3, 1e-12));
	}
	report_lorenz_free(&is);
	/* only who should get nothing got anything */
	for (size_t b = 0; b < 4; b++)
		backends[b].bytes = b == 3;
	CU_ASSERT_EQUAL(report_lorenz_make(&is, &rule, REPORT_BYTES, 1), 0);
	CU_ASSERT_EQUAL(is.count, 0);
	report_lorenz_free(&is);
}

/* Beyond 1,000 backends not every rank is shown, but both ends are. */
static void
test_thinned(void)
{
	static const size_t sizes[] = { 1000, 1001, 2500 };
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct sample_spec spec = { sizes[i], 20 * sizes[i], 0, NULL };
		struct sim_rule rule = sample_rule(&spec, 1);
		struct report_lorenz is;
		CU_ASSERT_EQUAL(
		    report_lorenz_make(&is, &rule, REPORT_BYTES, 1), 0);
		CU_ASSERT_EQUAL_FATAL(is.count, REPORT_LORENZ_POINTS);
		for (size_t p = 1; p < is.count; p++) {
			CU_ASSERT_TRUE(
			    is.points[p].rank > is.points[p - 1].rank);
			CU_ASSERT_TRUE(
			    is.points[p].load >= is.points[p - 1].load);
		}
		CU_ASSERT_EQUAL(is.points[0].rank, 0);
		CU_ASSERT_EQUAL(is.points[is.count - 1].rank, sizes[i]);
		CU_ASSERT_TRUE(near(is.points[is.count - 1].load, 1, 1e-12));
		report_lorenz_free(&is);
		sample_rule_free(&rule);
	}
}

/* --- the envelope --------------------------------------------------------- */

/* How often 100 perfect hashes' curves lie within, at the middle rank. */
static unsigned
inside(const struct sample_spec *spec)
{
	unsigned count = 0;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct sim_rule rule = sample_rule(spec, seed);
		struct report_lorenz is;
		CU_ASSERT_EQUAL(
		    report_lorenz_make(&is, &rule, REPORT_BYTES, 1), 0);
		const struct report_lorenz_point *p = &is.points[is.count / 2];
		count +=
		    p->perfect.low <= p->load && p->load <= p->perfect.high;
		report_lorenz_free(&is);
		sample_rule_free(&rule);
	}
	return count;
}

static void
test_envelope(void)
{
	static const struct {
		const char *what;
		struct sample_spec spec;
	} of[] = {
		{ "few keys", { 4, 30, 0, NULL } },
		{ "equal keys", { 8, 2000, 0, NULL } },
		{ "unlike keys", { 8, 2000, 1.3, NULL } },
	};
	for (size_t i = 0; i < COUNT(of); i++) {
		unsigned within = inside(&of[i].spec);
		/* 95, and three standard deviations */
		UNIT_ROW(of[i].what, within >= 88);
	}

	/* one key: three backends have nothing, whatever the hash */
	struct sample_spec one = { 4, 1, 0, NULL };
	struct sim_rule rule = sample_rule(&one, 1);
	struct report_lorenz is;
	CU_ASSERT_EQUAL(report_lorenz_make(&is, &rule, REPORT_BYTES, 1), 0);
	CU_ASSERT_TRUE(near(is.points[3].perfect.high, 0, 0));
	CU_ASSERT_TRUE(near(is.points[4].perfect.low, 1, 0));
	report_lorenz_free(&is);
	sample_rule_free(&rule);

	/* a bad hash lies below it */
	struct sample_spec many = { 4, 2000, 0, NULL };
	rule = sample_rule(&many, 1);
	rule.backends[0].bytes /= 2;
	CU_ASSERT_EQUAL(report_lorenz_make(&is, &rule, REPORT_BYTES, 1), 0);
	CU_ASSERT_TRUE(is.points[1].load < is.points[1].perfect.low);
	report_lorenz_free(&is);
	sample_rule_free(&rule);
}

/* --- lorenz.csv ----------------------------------------------------------- */

static void
test_csv(void)
{
	struct sim_backend backends[] = { { .flows = 3 }, { .flows = 1 } };
	struct sim_key keys[] = { { .flows = 4, .backend = 0 } };
	struct sim_rule rules[] = {
		{ .name = (char[]){ "all" },
		    .backends = backends,
		    .backend_count = 2,
		    .keys = keys,
		    .key_count = 1 },
		{ .name = (char[]){ "a \"b\",\nc" },
		    .backends = backends,
		    .backend_count = 2 },
	};
	struct sim_case one = { .name = (char[]){ "five-tuple" },
		.rules = rules,
		.rule_count = 2 };
	struct sim_record record = { .cases = &one, .case_count = 1 };
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	UNIT_NEED(to);
	CU_ASSERT_EQUAL(report_lorenz_csv(&record, to), 0);
	(void)fclose(to);
	CU_ASSERT_STRING_EQUAL(text,
	    "case,rule,unit,rank,backends_share,load_share,perfect_low,"
	    "perfect_high\n"
	    "\"five-tuple\",\"all\",flows,0,0,0,0,0\n"
	    "\"five-tuple\",\"all\",flows,1,0.5,0.25,0,0\n"
	    "\"five-tuple\",\"all\",flows,2,1,1,1,1\n"
	    "\"five-tuple\",\"a \"\"b\"\",?c\",flows,0,0,0,,\n"
	    "\"five-tuple\",\"a \"\"b\"\",?c\",flows,1,0.5,0.25,,\n"
	    "\"five-tuple\",\"a \"\"b\"\",?c\",flows,2,1,1,,\n");
	free(text);

	to = fopen("/dev/full", "w");
	if (to != NULL) {
		CU_ASSERT_EQUAL(report_lorenz_csv(&record, to), -1);
		CU_ASSERT_EQUAL(errno, ENOSPC);
		(void)fclose(to);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "curves", test_curves },
		{ "by weight", test_weights },
		{ "thinned", test_thinned },
		{ "envelope", test_envelope },
		{ "csv", test_csv },
		CU_TEST_INFO_NULL,
	};

	return unit_main("lorenz", tests);
}
