/* SPDX-License-Identifier: MIT */
#include "reports/stats/snat.h"
#include "reports/compare/compare.h"
#include "reports/stats/failover.h"
#include "tests/reports/outlet.h"
#include "tests/unit.h"
#include <math.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TERMINAL (&report_terminal)

static struct sim_record *
record_of(size_t members, uint32_t ports, double peak)
{
	const struct sample_spec spec = { 2, 30, 0, NULL };
	const struct outlet_spec outlet = { members, 1, ports, false, peak,
		NULL };
	struct sim_record *record = sample_record(&spec);

	sample_report(record, 60, 60, 60);
	outlet_record(record, &outlet);
	return record;
}

static void
forget(struct sim_record *record)
{
	outlet_undo(record);
	sample_free(record);
}

/* --- who ------------------------------------------------------------------ */

/* The worst comes first, and the case is that of the most failures. */
static void
test_order(void)
{
	struct sim_record *record = record_of(9, 64, 1.5);
	struct sim_case *c = &record->cases[0];
	size_t *order = report_snat_order(c);

	UNIT_NEED(order);
	CU_ASSERT_EQUAL(order[0], report_snat_worst(c));
	for (size_t i = 1; i < c->snat_count; i++) {
		const struct sim_snat *a = &c->snat[order[i - 1]];
		const struct sim_snat *b = &c->snat[order[i]];
		CU_ASSERT_TRUE(
		    a->failed > b->failed ||
		    (a->failed == b->failed &&
			report_snat_fullness(a) >= report_snat_fullness(b)));
	}
	free(order);
	record->cases[1].snat[4].failed = 1000000;
	CU_ASSERT_EQUAL(report_snat_case(record), 1);
	CU_ASSERT_EQUAL(report_snat_worst(&record->cases[1]), 4);
	forget(record);
}

static void
test_members(void)
{
	static const struct {
		size_t members;
		double peak;
		size_t failed; /* SIZE_MAX: some */
	} table[] = { { 1, 0.5, 0 }, { 12, 0.9, 0 }, { 12, 3, 12 },
		{ 40, 1.3, SIZE_MAX } };

	for (size_t i = 0; i < COUNT(table); i++) {
		struct sim_record *record =
		    record_of(table[i].members, 64, table[i].peak);
		struct report_snat_members m;
		CU_ASSERT_EQUAL(report_snat_members(&m, &record->cases[0]), 0);
		CU_ASSERT_EQUAL(m.all, table[i].members);
		if (table[i].failed != SIZE_MAX)
			CU_ASSERT_EQUAL(m.failed, table[i].failed);
		CU_ASSERT_TRUE(m.failed <= m.all);
		forget(record);
	}
}

/* --- words ---------------------------------------------------------------- */

static void
expect_text(const char *what, char *text, const char *part)
{
	UNIT_NEED(text);
	if (strstr(text, part) == NULL)
		(void)printf("%s: \"%s\"\n", what, text);
	UNIT_ROW(what, strstr(text, part) != NULL);
	UNIT_ROW(what, strstr(text, "nan") == NULL);
	free(text);
}

static void
test_titles(void)
{
	static const struct {
		size_t members;
		double peak;
		const char *part;
	} table[] = {
		{ 1, 0.6, "No attempt failed: vm-1, the fullest, used " },
		{ 1, 9, "vm-1 ran out of its 64 SNAT ports: " },
		{ 12, 9,
		    "12 of 12 members ran out of SNAT ports: of what vm-" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct sim_record *record =
		    record_of(table[i].members, 64, table[i].peak);
		record->case_count = 1;
		expect_text(
		    table[i].part, report_snat_finding(record), table[i].part);
		record->case_count = 3;
		expect_text(
		    "of several", report_snat_finding(record), " (with ");
		forget(record);
	}
}

/* What is next to nothing is not told by twenty places. */
static void
test_part(void)
{
	static const struct {
		double part;
		const char *text;
	} table[] = { { 0, "none" }, { 2.6e-28, "none" },
		{ 0.0003, "0.0300 %" }, { 0.153, "15.3 %" }, { 1, "100 %" } };
	char text[REPORT_TEXT_BYTES];

	for (size_t i = 0; i < COUNT(table); i++)
		UNIT_ROW(table[i].text,
		    strcmp(report_snat_part(text, TERMINAL, table[i].part),
			table[i].text) == 0);
}

/* --- over replications ---------------------------------------------------- */

/* Three replications of a case: those of the record's other cases. */
static void
test_spread(void)
{
	struct sim_record *record = record_of(4, 64, 1.5);
	struct report_spread s;
	double sum = 0;

	record->case_count = 1;
	expect_text(
	    "of one", report_snat_spread_words(record, 0, TERMINAL), "");
	record->replicas = &record->cases[1];
	record->replica_count = 2;
	for (size_t i = 0; i < 3; i++) {
		const double of =
		    report_snat_figure(&record->cases[i], REPORT_SNAT_BLOCKING);
		CU_ASSERT_TRUE(of > 0 && of < 1);
		sum += of;
	}
	CU_ASSERT_EQUAL(report_spread_of(&s, record, 0, report_snat_figure,
			    REPORT_SNAT_BLOCKING, 1),
	    0);
	CU_ASSERT_EQUAL(s.n, 3);
	CU_ASSERT_TRUE(fabs(s.mean - sum / 3) < 1e-12);
	CU_ASSERT_TRUE(s.interval.low < s.mean && s.mean < s.interval.high);
	report_spread_free(&s);
	expect_text("of three", report_snat_spread_words(record, 0, TERMINAL),
	    "over 3 replications, means with their 95 % intervals: ");
	json_t *json = report_snat_spread_json(record, 0);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(json, "predicted_blocking"));
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(
			    json_object_get(json, "peak_share"), "n")),
	    3);
	json_decref(json);
	record->replicas = NULL;
	record->replica_count = 0;
	record->case_count = 3;
	forget(record);
}

/* --- two runs ------------------------------------------------------------- */

static void
test_compare(void)
{
	struct sim_record *a = record_of(2, 64, 2);
	struct sim_record *b = record_of(2, 128, 0.5);
	struct report_comparison c;
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	UNIT_NEED(to);
	b->case_count = 1; /* the others are in the first run only */
	CU_ASSERT_EQUAL(report_compare(&c, a, "x", b, "y"), 0);
	CU_ASSERT_EQUAL_FATAL(c.snat_count, 3);
	CU_ASSERT_PTR_NOT_NULL(c.snats[0].of_case[1]);
	CU_ASSERT_PTR_NULL(c.snats[1].of_case[1]);
	report_compare_text(&c, 1, to);
	(void)fclose(to);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "SNAT ports\n"));
	const char *ports = strstr(text, "  its ports ");
	unsigned x = 0, y = 0;
	CU_ASSERT_TRUE(
	    ports != NULL && sscanf(ports, "  its ports %u %u", &x, &y) == 2);
	CU_ASSERT_EQUAL(x, 64);
	CU_ASSERT_EQUAL(y, 128);
	json_t *json = report_compare_snat_json(&c.snats[0]);
	const json_t *first = json_object_get(json, "first");
	const json_t *second = json_object_get(json, "second");
	CU_ASSERT_TRUE(
	    json_integer_value(json_object_get(first, "failed")) > 0);
	CU_ASSERT_EQUAL(
	    json_integer_value(json_object_get(second, "failed")), 0);
	CU_ASSERT_EQUAL(
	    json_integer_value(json_object_get(second, "allocated")), 128);
	json_decref(json);
	json = report_compare_snat_json(&c.snats[1]);
	CU_ASSERT_TRUE(json_is_null(json_object_get(json, "second")));
	json_decref(json);
	report_comparison_free(&c);
	free(text);
	b->case_count = 3;
	forget(a);
	forget(b);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "the worst first", test_order },
		{ "members", test_members },
		{ "titles", test_titles },
		{ "little", test_part },
		{ "replications", test_spread },
		{ "two runs", test_compare },
		CU_TEST_INFO_NULL,
	};

	return unit_main("SNAT ports", tests);
}
