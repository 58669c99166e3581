/* SPDX-License-Identifier: MIT */
#include "reports/plots/chart.h"
#include "reports/study/board.h"
#include "tests/reports/sample.h"
#include "tests/unit.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A file in memory, and after how many bytes the disk is full. */
struct memory {
	unsigned char *bytes;
	size_t count, room;
};

static int
take(void *ctx, const void *bytes, size_t count)
{
	struct memory *m = ctx;
	if (count > m->room - m->count) {
		errno = ENOSPC;
		return -1;
	}
	memcpy(m->bytes + m->count, bytes, count);
	m->count += count;
	return 0;
}

#define ROOM ((size_t)8 << 20)

static struct memory
new_memory(size_t room)
{
	struct memory m = { malloc(room), 0, room };
	if (m.bytes == NULL)
		abort();
	return m;
}

/* Draws both kinds and asks that nothing is cut off, laid over another or
 * without a glyph. */
static struct report_chart_facts
draw(const struct sim_record *record, const char *what)
{
	static const char *const heads[] = { "\x89PNG", "%PDF" };
	struct report_chart_facts facts = { 0 };

	for (int kind = REPORT_PNG; kind <= REPORT_PDF; kind++) {
		struct memory m = new_memory(ROOM);
		struct report_sink sink = { take, &m };
		CU_ASSERT_EQUAL(
		    report_chart(
			record, (enum report_picture_kind)kind, &sink, &facts),
		    0);
		CU_ASSERT_TRUE(
		    m.count > 4 && memcmp(m.bytes, heads[kind], 4) == 0);
		if (facts.outside + facts.overlapping + facts.unknown_glyphs)
			(void)printf(
			    "%s: outside %u, overlapping %u, unknown %u\n",
			    what, facts.outside, facts.overlapping,
			    facts.unknown_glyphs);
		CU_ASSERT_EQUAL(facts.outside, 0);
		CU_ASSERT_EQUAL(facts.overlapping, 0);
		CU_ASSERT_EQUAL(facts.unknown_glyphs, 0);
		CU_ASSERT_EQUAL(facts.width, 800);
		CU_ASSERT_TRUE(facts.labels > 0);
		free(m.bytes);
	}
	return facts;
}

/* clang-format off */
static const struct {
	const char *what;
	struct sample_spec spec;
	unsigned taller; /* than nothing, at the most */
} rows[] = {
	{ "one",          {    1,    50, 1.5, NULL }, 400 },
	{ "two",          {    2,   100, 1.5, NULL }, 400 },
	{ "four",         {    4,   750, 1.1, NULL }, 450 },
	{ "twelve",       {   12,  3000, 1.3, NULL }, 650 },
	{ "twenty",       {   20,  2000, 1.3, NULL }, 900 },
	{ "most bars",    {   40,  2000, 1.3, NULL }, 1200 },
	{ "first curve",  {   41,  2000, 0,   NULL }, 600 },
	{ "hundred",      {  100, 20000, 1.3, NULL }, 600 },
	{ "thousand",     { 1000, 30000, 1.2, NULL }, 600 },
	{ "few keys",     {  100,    30, 1.3, NULL }, 600 },
	{ "one key",      {    4,     1, 0,   NULL }, 450 },
	{ "no traffic",   {    4,     0, 0,   NULL }, 450 },
	{ "none, many",   {  100,     0, 0,   NULL }, 600 },
	{ "one elephant", {   12,   300, 1.02, NULL }, 650 },
	{ "many flows",   {    4, 200000, 0,  NULL }, 450 },
	{ "long names",   {    6,   300, 1.5,
	    "really-very-long-name-of-a-virtual-machine-in-west-europe-" },
	                                            600 },
	{ "long, many",   {   80,   300, 1.5,
	    "really-very-long-name-of-a-virtual-machine-in-west-europe-" },
	                                            600 },
	{ "other names",  {    3,   300, 1.5, "r\xc3\xa4t\xff\x1b<b>&amp;-" },
	                                            450 },
};
/* clang-format on */

static void
test_sizes(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_record *record = sample_record(&rows[i].spec);
		struct report_chart_facts facts = draw(record, rows[i].what);
		CU_ASSERT_EQUAL(facts.panels, 6);
		CU_ASSERT_TRUE(facts.height < rows[i].taller);
		/* alone: flows beside bytes */
		record->case_count = 1;
		facts = draw(record, rows[i].what);
		CU_ASSERT_EQUAL(facts.panels, 2);
		record->case_count = 0;
		facts = draw(record, rows[i].what);
		CU_ASSERT_EQUAL(facts.panels, 0);
		record->case_count = 3;
		sample_free(record);
	}
}

/* Rules with backends of their own stand one below the other; beyond twelve
 * the lightest are left out. */
static void
test_many_rules(void)
{
	struct sample_spec spec = { 3, 200, 1.5, NULL };
	struct sim_record *record = sample_record(&spec);
	struct sim_case *c = &record->cases[0];
	size_t count = 15;

	c->rules = realloc(c->rules, count * sizeof(*c->rules));
	if (c->rules == NULL)
		abort();
	for (; c->rule_count < count; c->rule_count++) {
		spec.backend_count = 2 + 9 * (c->rule_count % 6);
		c->rules[c->rule_count] = sample_rule(&spec, c->rule_count);
	}
	record->case_count = 1;
	record->partial = record->interrupted = true;
	struct report_chart_facts facts = draw(record, "many rules");
	CU_ASSERT_EQUAL(facts.panels, 2 * REPORT_PANELS_MAX);
	record->case_count = 3;
	sample_free(record);
}

static struct memory
draw_once(const struct sim_record *record, enum report_picture_kind kind)
{
	struct memory m = new_memory(ROOM);
	struct report_sink sink = { take, &m };
	CU_ASSERT_EQUAL(report_chart(record, kind, &sink, NULL), 0);
	return m;
}

static bool
same(const struct memory *a, const struct memory *b)
{
	return a->count == b->count &&
	       memcmp(a->bytes, b->bytes, a->count) == 0;
}

/* A PDF's date, which stands in it as plain text. */
static bool
has_date(const struct memory *m, const char *date)
{
	return memmem(m->bytes, m->count, date, strlen(date)) != NULL;
}

static void
test_same_again(void)
{
	struct sample_spec spec = { 5, 500, 1.3, NULL };
	struct sim_record *record = sample_record(&spec);

	unsetenv("SOURCE_DATE_EPOCH");
	for (int kind = REPORT_PNG; kind <= REPORT_PDF; kind++) {
		struct memory one =
		    draw_once(record, (enum report_picture_kind)kind);
		struct memory two =
		    draw_once(record, (enum report_picture_kind)kind);
		CU_ASSERT_TRUE(same(&one, &two));
		setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
		struct memory dated =
		    draw_once(record, (enum report_picture_kind)kind);
		unsetenv("SOURCE_DATE_EPOCH");
		/* a picture has no date, a document has that one */
		if (kind == REPORT_PDF) {
			CU_ASSERT_TRUE(has_date(&one, "(20000101000000Z)"));
			CU_ASSERT_TRUE(has_date(&dated, "(20231114221320Z)"));
		}
		CU_ASSERT_EQUAL(same(&one, &dated), kind == REPORT_PNG);
		free(one.bytes);
		free(two.bytes);
		free(dated.bytes);
	}
	sample_free(record);
}

static void
test_full_disk(void)
{
	struct sample_spec spec = { 4, 500, 1.3, NULL };
	struct sim_record *record = sample_record(&spec);

	for (int kind = REPORT_PNG; kind <= REPORT_PDF; kind++) {
		struct memory whole =
		    draw_once(record, (enum report_picture_kind)kind);
		const size_t rooms[] = { 0, 1, 5000, whole.count - 1 };
		for (size_t i = 0; i < COUNT(rooms); i++) {
			struct memory m = new_memory(ROOM);
			m.room = rooms[i];
			struct report_sink sink = { take, &m };
			CU_ASSERT_EQUAL(
			    report_chart(record, (enum report_picture_kind)kind,
				&sink, NULL),
			    -1);
			CU_ASSERT_EQUAL(errno, ENOSPC);
			free(m.bytes);
		}
		free(whole.bytes);
	}
	sample_free(record);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "sizes", test_sizes },
		{ "many rules", test_many_rules },
		{ "same again", test_same_again },
		{ "full disk", test_full_disk },
		CU_TEST_INFO_NULL,
	};

	int done = unit_main("chart", tests);
	report_chart_forget();
	return done;
}
