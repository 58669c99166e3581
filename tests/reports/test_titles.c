/* SPDX-License-Identifier: MIT */
#include "reports/figures/titles.h"
#include "model/config/names.h"
#include "tests/reports/sample.h"
#include "tests/unit.h"
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One case of one rule: the loads and keys of the backends, in bytes. */
struct scene {
	struct sim_record record;
	struct sim_case of;
	struct sim_rule rule;
	struct sim_backend backends[4];
	struct sim_key keys[4];
	struct sim_slice slices[12];
};

static char words[][16] = { "five-tuple", "all", "maglev", "b1", "b2", "b3",
	"b4" };

static void
set_scene(struct scene *s, size_t n, const uint64_t *bytes)
{
	*s = (struct scene){ 0 };
	s->record.cases = &s->of;
	s->record.case_count = 1;
	s->record.seed = 1;
	s->of = (struct sim_case){
		.name = words[0], .rules = &s->rule, .rule_count = 1
	};
	s->rule = (struct sim_rule){ .name = words[1],
		.distribution = words[0],
		.algorithm = words[2],
		.backends = s->backends,
		.backend_count = n,
		.keys = s->keys };
	for (size_t i = 0; i < n; i++) {
		s->backends[i].name = words[3 + i];
		s->backends[i].bytes = bytes[i];
		s->backends[i].flows = s->backends[i].packets = bytes[i] > 0;
		if (bytes[i] > 0)
			s->keys[s->rule.key_count++] =
			    (struct sim_key){ 1, 1, bytes[i], (uint32_t)i };
	}
}

/* clang-format off */
static const struct {
	size_t n;
	uint64_t bytes[4];
	enum report_figure figure;
	const char *says;
} rows[] = {
	{ 2, { 300, 100 }, REPORT_FIGURE_DEVIATION,
	    "None of the 2 backends is outside the range in which a perfect "
	    "hash leaves 95\xe2\x80\xaf% of them by bytes" },
	{ 1, { 300 },      REPORT_FIGURE_DEVIATION,
	    "One backend carries everything" },
	{ 2, { 300, 100 }, REPORT_FIGURE_LORENZ,
	    "The busier of 2 backends carries 75.0\xe2\x80\xaf% of the bytes "
	    "(Gini 0.250)" },
	{ 3, { 1, 2, 3 },  REPORT_FIGURE_LORENZ,
	    "The 2 busier of 3 backends carry 83.3\xe2\x80\xaf% of the bytes "
	    "where an even split gives 66.7\xe2\x80\xaf% (Gini 0.222)" },
	{ 2, { 300, 100 }, REPORT_FIGURE_KEYS,
	    "The heaviest of 2 keys carries 75.0\xe2\x80\xaf% of the bytes: as "
	    "hard to spread as 1.60 equal keys" },
	{ 2, { 300, 0 },   REPORT_FIGURE_KEYS,
	    "There is a single key: no hash can spread it" },
	{ 2, { 300, 100 }, REPORT_FIGURE_MODES,
	    "By bytes the load behaves like 1.60 of 2 backends" },
	{ 2, { 300, 100 }, REPORT_FIGURE_PREDICTED,
	    "As even as the keys allow: Jain 0.800 by bytes, a perfect hash "
	    "gives 0.615" },
	{ 2, { 0, 0 },     REPORT_FIGURE_KEYS, "No traffic reached a backend" },
};

static const struct {
	uint64_t first[3], second[3]; /* bytes of two backends, by piece */
	const char *says;
} times[] = {
	{ { 9, 9, 9 }, { 1, 1, 1 }, "b1 is the busiest all the time" },
	{ { 9, 9, 0 }, { 1, 1, 0 }, "b1 is the busiest all the time" },
	{ { 9, 9, 1 }, { 1, 1, 9 },
	    "b1 is the busiest for 66.7\xe2\x80\xaf% of the time with traffic" },
	{ { 5, 9, 1 }, { 5, 1, 9 },
	    "The lead changes: b1 has it longest, for 33.3\xe2\x80\xaf% of the "
	    "time with traffic" },
	{ { 9, 0, 0 }, { 1, 0, 0 }, "All traffic came at one time" },
};
/* clang-format on */

static void
test_titles(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene s;
		struct report_study study;
		set_scene(&s, rows[i].n, rows[i].bytes);
		CU_ASSERT_EQUAL_FATAL(report_study_make(&study, &s.record), 0);
		char *title = report_title(&study, rows[i].figure);
		if (strcmp(title, rows[i].says) != 0)
			(void)printf("row %zu: %s\n", i, title);
		CU_ASSERT_STRING_EQUAL(title, rows[i].says);
		free(title);
		report_study_free(&study);
	}
}

static void
test_times(void)
{
	for (size_t i = 0; i < COUNT(times); i++) {
		struct scene s;
		struct report_study study;
		set_scene(&s, 2, (const uint64_t[]){ 300, 100 });
		s.record.bin_ns = 1000000;
		s.record.bin_count = 3;
		s.rule.slices = s.slices;
		for (size_t bin = 0; bin < 3; bin++) {
			s.slices[2 * bin].bytes = times[i].first[bin];
			s.slices[2 * bin + 1].bytes = times[i].second[bin];
		}
		CU_ASSERT_EQUAL_FATAL(report_study_make(&study, &s.record), 0);
		CU_ASSERT_TRUE(
		    report_figure_is_wanted(&study, REPORT_FIGURE_TIME));
		char *title = report_title(&study, REPORT_FIGURE_TIME);
		CU_ASSERT_STRING_EQUAL(title, times[i].says);
		free(title);
		report_study_free(&study);
	}
}

/* Of several, titles name the one shown and panels say which they are. */
static void
test_comparison(void)
{
	struct sample_spec spec = { 4, 750, 1.1, NULL };
	struct sim_record *record = sample_record(&spec);
	struct report_study study;

	CU_ASSERT_EQUAL_FATAL(report_study_make(&study, record), 0);
	CU_ASSERT_EQUAL(study.count, 3);
	int figures = 0;
	for (int f = 0; f < REPORT_FIGURE_COUNT; f++) {
		enum report_figure figure = (enum report_figure)f;
		if (!report_figure_is_wanted(&study, figure))
			continue;
		figures++;
		char *title = report_title(&study, figure);
		char *method = report_subtitle(&study, figure);
		char *panel =
		    report_panel_title(&study, figure, &study.subjects[1]);
		CU_ASSERT_TRUE(title != NULL && method != NULL);
		CU_ASSERT_TRUE(strstr(panel, "source-ip: ") == panel);
		CU_ASSERT_TRUE(report_figure_name(figure)[0] != '\0');
		CU_ASSERT_TRUE(report_figure_heading(figure)[0] != '\0');
		free(title);
		free(method);
		free(panel);
	}
	CU_ASSERT(figures >= 4);
	report_study_free(&study);
	sample_free(record);
}

static void
test_empty(void)
{
	struct scene s;
	struct report_study study;
	set_scene(&s, 2, (const uint64_t[]){ 0, 0 });
	s.record.input.packets = 7;
	CU_ASSERT_EQUAL_FATAL(report_study_make(&study, &s.record), 0);
	CU_ASSERT_PTR_NULL(study.chosen);
	for (int f = 0; f < REPORT_FIGURE_COUNT; f++)
		CU_ASSERT_FALSE(
		    report_figure_is_wanted(&study, (enum report_figure)f));
	char *why = report_why_empty(&study);
	CU_ASSERT_STRING_EQUAL(why,
	    "Nothing was balanced: of the packets of no capture (7) none could "
	    "be replayed; those skipped are counted below.");
	free(why);
	report_study_free(&study);
}

static void
test_key_names(void)
{
	struct sim_heavy key = {
		.proto = 17,
		.has_proto = true,
		.has_server = true,
		.has_ports = true,
		.client_port = 5,
		.server_port = 53,
	};
	(void)lb_addr_of_text("2001:db8::1", &key.client);
	(void)lb_addr_of_text("192.0.2.1", &key.server);
	char *name = report_key_name(&key, 0);
	CU_ASSERT_STRING_EQUAL(
	    name, "udp [2001:db8::1]:5 \xe2\x86\x92 192.0.2.1:53");
	free(name);
	key.has_proto = key.has_server = key.has_ports = false;
	name = report_key_name(&key, 0);
	CU_ASSERT_STRING_EQUAL(name, "2001:db8::1");
	free(name);
	name = report_key_name(&key, 8);
	CU_ASSERT_STRING_EQUAL(name, "200...:1");
	free(name);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "titles", test_titles },
		{ "over time", test_times },
		{ "a comparison", test_comparison },
		{ "nothing", test_empty },
		{ "keys' names", test_key_names },
		CU_TEST_INFO_NULL,
	};

	return unit_main("titles", tests);
}
