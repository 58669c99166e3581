/* SPDX-License-Identifier: MIT */
/* A sweep's groups, its choice in words, its files. */
#include <math.h>
#include <string.h>

#include "reports/plots/chart.h"
#include "reports/sweep/sweep.h"
#include "reports/sweep/sweep_chart.h"
#include "reports/sweep/sweep_choice.h"
#include "tests/reports/sample.h"
#include "tests/unit.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct report_level modes[] = {
	{ .text = "five-tuple", .preference = 0 },
	{ .text = "source-ip", .preference = 1 },
	{ .text = "source-ip-protocol", .preference = 2 },
};
static const struct report_level algorithms[] = {
	{ .text = "modulo", .preference = 2 },
	{ .text = "maglev", .preference = 0 },
};
static const struct report_level sizes[] = {
	{ .text = "2", .value = 2 },
	{ .text = "8", .value = 8 },
};
static const struct report_level keys[] = {
	{ .text = "00000000000000000000000000000001" },
	{ .text = "00000000000000000000000000000002" },
	{ .text = "00000000000000000000000000000003" },
	{ .text = "00000000000000000000000000000004" },
};

#define DISTRIBUTION(n)                                                        \
	{                                                                      \
		.name = "distribution", .role = REPORT_CHOICE,                 \
		.levels = modes, .level_count = (n)                            \
	}
#define ALGORITHM(n)                                                           \
	{                                                                      \
		.name = "algorithm", .role = REPORT_CHOICE,                    \
		.levels = algorithms, .level_count = (n)                       \
	}
#define POOL_SIZE(n)                                                           \
	{                                                                      \
		.name = "pool.size", .role = REPORT_CONDITION,                 \
		.is_numeric = true, .levels = sizes, .level_count = (n)        \
	}
#define HASH_KEY(n)                                                            \
	{                                                                      \
		.name = "hash_key", .role = REPORT_REPLICATION,                \
		.levels = keys, .level_count = (n)                             \
	}

static char input_name[] = "x.pcap", version[] = "0.0.0";
static struct sim_file input_file = { .name = input_name, .packets = 10 };
static const struct sim_record input = {
	.version = version,
	.seed = 1,
	.input = { .files = &input_file,
	    .file_count = 1,
	    .packets = 10,
	    .flows = 5,
	    .duration_ns = UINT64_C(2000000000) },
};

/* A sweep whose indices are made up: by flows and by bytes of a point. */
struct made {
	double flows, bytes;
};

static void
make(struct report_sweep *s, const struct report_factor *factors, size_t count,
    struct made (*index_of)(const struct report_sweep *s, size_t point))
{
	CU_ASSERT_EQUAL_FATAL(report_sweep_open(s, factors, count), 0);
	s->input = &input;
	s->rule_count = 1;
	s->rules = calloc(1, sizeof(*s->rules));
	s->results = calloc(s->point_count, sizeof(*s->results));
	UNIT_NEED(s->rules);
	UNIT_NEED(s->results);
	s->rules[0] = sample_copy("all");
	for (size_t i = 0; i < s->point_count; i++) {
		struct report_result *r = &s->results[i];
		struct made made = index_of(s, i);
		*r = (struct report_result){ .is_there = true,
			.backend_count = 4,
			.key_count = 5,
			.flows = 5 };
		for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++) {
			double jain =
			    u == REPORT_BYTES ? made.bytes : made.flows;
			r->fairness[u] = (struct report_fairness){ .jain = jain,
				.peak_to_average = 2 - jain,
				.effective_backends = 4 * jain,
				.expected_jain = 0.9 };
			r->p_value[u] = NAN;
		}
	}
	CU_ASSERT_EQUAL(report_sweep_reckon(s), 0);
}

/* --- what to choose ------------------------------------------------------ */

/* What no interval tells apart: each key has its luck, a factor none. */
static double
luck(const struct report_sweep *s, size_t point)
{
	return 0.01 *
	       (double)report_sweep_combination(s, point, REPORT_REPLICATION);
}

static struct made
mode_matters(const struct report_sweep *s, size_t point)
{
	static const double by_mode[] = { 0.95, 0.6, 0.9 };
	double jain = by_mode[report_sweep_level(s, point, 0)] + luck(s, point);
	return (struct made){ jain, jain - 0.1 };
}

static struct made
only_bytes_matter(const struct report_sweep *s, size_t point)
{
	static const double by_mode[] = { 0.7, 0.8, 0.7 };
	return (struct made){ 0.95 + luck(s, point),
		by_mode[report_sweep_level(s, point, 0)] };
}

static struct made
nothing_matters(const struct report_sweep *s, size_t point)
{
	/* as far apart as chance is, the other way by every other key */
	size_t key = report_sweep_combination(s, point, REPORT_REPLICATION);
	double jain = 0.9;
	if (report_sweep_level(s, point, 0) == 1)
		jain += key % 2 == 0 ? 0.06 : -0.03;
	return (struct made){ jain, 0.8 };
}

static struct made
size_matters(const struct report_sweep *s, size_t point)
{
	static const double by_size[] = { 0.99, 0.8 };
	double jain = by_size[report_sweep_level(s, point, 0)];
	return (struct made){ jain, jain - 0.1 };
}

static struct made
nobody_came(const struct report_sweep *s, size_t point)
{
	(void)s, (void)point;
	return (struct made){ NAN, NAN };
}

static const struct report_factor modes_keys[] = { DISTRIBUTION(3),
	HASH_KEY(4) };
static const struct report_factor algorithms_modes[] = { DISTRIBUTION(3),
	ALGORITHM(2), HASH_KEY(4) };
static const struct report_factor two_modes_keys[] = { DISTRIBUTION(2),
	HASH_KEY(4) };
static const struct report_factor only_sizes[] = { POOL_SIZE(2) };
static const struct report_factor modes_sizes[] = { DISTRIBUTION(3),
	POOL_SIZE(2), HASH_KEY(4) };
static const struct report_factor modes_alone[] = { DISTRIBUTION(3) };

static void
the_line_says_what_to_choose(void)
{
	static const struct {
		const char *row;
		const struct report_factor *factors;
		size_t count;
		struct made (*index_of)(
		    const struct report_sweep *s, size_t point);
		const char *line;
	} rows[] = {
		{ "one is best", modes_keys, 2, mode_matters,
		    "Choose distribution five-tuple: Jain 0.965 by flows, "
		    "0.865 "
		    "by bytes over 4 hash keys; with source-ip 0.615, with "
		    "source-ip-protocol 0.915" },
		{ "a tie goes to the default", algorithms_modes, 3,
		    mode_matters,
		    "Choose distribution five-tuple (algorithm makes no "
		    "difference here): Jain 0.965 by flows, 0.865 by bytes "
		    "over "
		    "4 hash keys; with source-ip 0.615, with "
		    "source-ip-protocol 0.915" },
		{ "bytes decide where flows do not", modes_keys, 2,
		    only_bytes_matter,
		    "Choose distribution source-ip: Jain 0.965 by flows, 0.800 "
		    "by bytes over 4 hash keys; with five-tuple 0.700 by "
		    "bytes, "
		    "with source-ip-protocol 0.700 by bytes" },
		{ "within the interval", two_modes_keys, 2, nothing_matters,
		    "It makes no difference: take distribution five-tuple: "
		    "Jain "
		    "0.900 by flows, 0.800 by bytes over 4 hash keys" },
		{ "sizes are never ranked", only_sizes, 1, size_matters,
		    "Jain goes from 0.990 to 0.800 by flows, from 0.890 to "
		    "0.700 by bytes over pool.size 2 to 8; the last is as good "
		    "as 3.20 even backends by flows, 2.80 by bytes" },
		{ "over sizes", modes_sizes, 3, mode_matters,
		    "Choose distribution five-tuple: Jain 0.965 by flows, "
		    "0.865 "
		    "by bytes over 4 hash keys and pool.size 2 to 8; with "
		    "source-ip 0.615, with source-ip-protocol 0.915" },
		{ "one key", modes_alone, 1, mode_matters,
		    "Choose distribution five-tuple or source-ip-protocol: "
		    "Jain "
		    "0.950 by flows, 0.850 by bytes; with source-ip 0.600; one "
		    "hash key tells little, --vary hash_key=30 more" },
		{ "nothing", modes_keys, 2, nobody_came,
		    "There is nothing to choose: no flow was balanced" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct report_sweep s;
		struct report_choice choice;
		make(&s, rows[i].factors, rows[i].count, rows[i].index_of);
		CU_ASSERT_EQUAL(report_choice_make(&choice, &s), 0);
		char *line = report_choice_line(&choice, &s);
		UNIT_NEED(line);
		if (strcmp(line, rows[i].line) != 0)
			(void)fprintf(stderr, "  is: %s\n", line);
		UNIT_ROW(rows[i].row, strcmp(line, rows[i].line) == 0);
		free(line);
		report_choice_free(&choice);
		report_sweep_close(&s);
	}
}

/* --- groups -------------------------------------------------------------- */

static void
groups_are_over_hash_keys(void)
{
	struct report_sweep s;

	make(&s, modes_sizes, 3, mode_matters);
	CU_ASSERT_EQUAL(s.point_count, 24);
	CU_ASSERT_EQUAL(s.group_count, 6);
	const struct report_spread *jain =
	    &report_sweep_shown(&s, 2)->of[REPORT_FLOWS][REPORT_JAIN];
	/* 0.60, 0.61, 0.62, 0.63; Student's t of 3 degrees is 3.182446 */
	CU_ASSERT_EQUAL(jain->count, 4);
	CU_ASSERT_DOUBLE_EQUAL(jain->mean, 0.615, 1e-12);
	CU_ASSERT_DOUBLE_EQUAL(jain->sd, 0.0129099444873581, 1e-12);
	CU_ASSERT_DOUBLE_EQUAL(
	    jain->high - jain->mean, 3.182446305 * jain->sd / 2, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(jain->min, 0.60, 1e-12);
	CU_ASSERT_DOUBLE_EQUAL(jain->max, 0.63, 1e-12);
	report_sweep_close(&s);
	make(&s, modes_alone, 1, mode_matters);
	jain = &report_sweep_shown(&s, 0)->of[REPORT_FLOWS][REPORT_JAIN];
	CU_ASSERT_TRUE(isnan(jain->sd) && isnan(jain->low));
	report_sweep_close(&s);
}

static void
a_case_becomes_a_result(void)
{
	static const struct sample_spec spec = { .backend_count = 4,
		.key_count = 500 };
	struct sim_rule rule = sample_rule(&spec, 3);
	const struct sim_case of = {
		.rules = &rule, .rule_count = 1, .untracked = 9
	};
	struct report_sweep s;
	struct report_fairness f;

	CU_ASSERT_EQUAL(report_sweep_open(&s, modes_alone, 1), 0);
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(report_sweep_add(&s, i, &of), 0);
	CU_ASSERT_EQUAL(report_fairness(&rule, REPORT_BYTES, &f), 0);
	const struct report_result *r = &s.results[2];
	CU_ASSERT_TRUE(r->is_there);
	CU_ASSERT_EQUAL(r->key_count, 500);
	CU_ASSERT_EQUAL(r->untracked, 9);
	CU_ASSERT_DOUBLE_EQUAL(r->fairness[REPORT_BYTES].jain, f.jain, 0);
	CU_ASSERT_DOUBLE_EQUAL(r->p_value[REPORT_FLOWS],
	    report_p_value(&rule, REPORT_FLOWS, 1), 0);
	report_sweep_close(&s);
	sample_rule_free(&rule);
}

/* --- files --------------------------------------------------------------- */

/* What a product writes; the caller frees it. */
static char *
written(const struct report_sweep *s,
    int (*write)(const struct report_sweep *s, FILE *to))
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	UNIT_NEED(to);
	CU_ASSERT_EQUAL(write(s, to), 0);
	CU_ASSERT_EQUAL(fclose(to), 0);
	return text;
}

static void
the_csv_is_tidy(void)
{
	static const char wanted[] =
	    "point,pool.size,rule,backends,keys,flows,packets,bytes,untracked,"
	    "flows_jain,flows_expected_jain,flows_cv,flows_peak_to_average,"
	    "flows_gini,flows_effective_backends,flows_p_value,"
	    "packets_jain,packets_expected_jain,packets_cv,"
	    "packets_peak_to_average,packets_gini,packets_effective_backends,"
	    "packets_p_value,"
	    "bytes_jain,bytes_expected_jain,bytes_cv,bytes_peak_to_average,"
	    "bytes_gini,bytes_effective_backends,bytes_p_value\n"
	    "1,2,all,4,5,5,0,0,0,0.99,0.9,0,1.01,0,3.96,,"
	    "0.99,0.9,0,1.01,0,3.96,,0.89,0.9,0,1.11,0,3.56,\n"
	    "2,8,all,4,5,5,0,0,0,0.8,0.9,0,1.2,0,3.2,,"
	    "0.8,0.9,0,1.2,0,3.2,,0.7,0.9,0,1.3,0,2.8,\n";
	struct report_sweep s;

	make(&s, only_sizes, 1, size_matters);
	char *text = written(&s, report_sweep_csv);
	if (strcmp(text, wanted) != 0)
		(void)fprintf(stderr, "%s", text);
	CU_ASSERT_STRING_EQUAL(text, wanted);
	free(text);
	report_sweep_close(&s);
}

static void
the_summary_has_no_nan(void)
{
	struct report_sweep s;

	make(&s, modes_keys, 2, mode_matters);
	char *text = written(&s, report_sweep_json);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"kind\": \"sweep\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"role\": \"replication\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"line\": \"Choose dist"));
	free(text);
	report_sweep_close(&s);
	make(&s, modes_keys, 2, nobody_came);
	text = written(&s, report_sweep_json);
	CU_ASSERT_PTR_NULL(strstr(text, "nan"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"mean\": null"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"setting\": null"));
	free(text);
	report_sweep_close(&s);
}

static int
write_text(const struct report_sweep *s, FILE *to)
{
	report_sweep_text(s, to);
	return 0;
}

static void
the_table_is_best_first(void)
{
	struct report_sweep s;

	make(&s, modes_keys, 2, mode_matters);
	char *text = written(&s, write_text);
	const char *first = strstr(text, "\n  five-tuple");
	const char *second = strstr(text, "\n  source-ip-protocol");
	const char *third = strstr(text, "\n  source-ip ");
	CU_ASSERT_TRUE(first != NULL && first < second && second < third);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "12 points: 3 distribution"));
	for (const char *line = text; line != NULL && *line != '\0';) {
		const char *end = strchr(line, '\n');
		CU_ASSERT_TRUE(line == text || end - line <= 80);
		line = end != NULL ? end + 1 : NULL;
	}
	free(text);
	report_sweep_close(&s);
}

/* --- pictures ------------------------------------------------------------ */

static int
count_bytes(void *ctx, const void *bytes, size_t count)
{
	(void)bytes;
	*(size_t *)ctx += count;
	return 0;
}

static void
draw(const char *row, const struct report_sweep *s)
{
	for (int kind = REPORT_CANVAS_PNG; kind <= REPORT_CANVAS_SVG; kind++) {
		size_t bytes = 0;
		const struct report_sink sink = { count_bytes, &bytes };
		struct report_chart_facts facts = { 0 };
		UNIT_EQUAL(row,
		    report_sweep_chart(
			s, (enum report_canvas_kind)kind, &sink, &facts),
		    0);
		UNIT_ROW(row, bytes > 500);
		UNIT_EQUAL(row, facts.outside, 0);
		UNIT_EQUAL(row, facts.overlapping, 0);
		UNIT_EQUAL(row, facts.unknown_glyphs, 0);
		UNIT_ROW(row, facts.labels > 0);
	}
}

static void
sweeps_are_drawn(void)
{
	static const struct report_factor panels[] = { DISTRIBUTION(3),
		ALGORITHM(2), POOL_SIZE(2), HASH_KEY(4) };
	static const struct report_factor one[] = { HASH_KEY(1) };
	static const struct {
		const char *row;
		const struct report_factor *factors;
		size_t count;
		struct made (*index_of)(
		    const struct report_sweep *s, size_t point);
	} rows[] = {
		{ "one point", one, 1, mode_matters },
		{ "two points", only_sizes, 1, size_matters },
		{ "dots", modes_keys, 2, mode_matters },
		{ "lines", modes_sizes, 3, mode_matters },
		{ "panels", panels, 4, mode_matters },
		{ "dots of nothing", modes_keys, 2, nobody_came },
		{ "lines of nothing", modes_sizes, 3, nobody_came },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct report_sweep s;
		make(&s, rows[i].factors, rows[i].count, rows[i].index_of);
		draw(rows[i].row, &s);
		report_sweep_close(&s);
	}
}

#define MANY 4000u

static void
thousands_of_points_are_drawn(void)
{
	static struct report_level many[MANY];
	static char texts[MANY][8];
	struct report_factor factor = POOL_SIZE(MANY);
	struct report_sweep s;

	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "%zu", i + 1);
		many[i] = (struct report_level){ .text = texts[i],
			.value = (double)i + 1 };
	}
	factor.levels = many;
	make(&s, &factor, 1, nothing_matters);
	draw("4,000 on a line", &s);
	report_sweep_close(&s);
	factor.role = REPORT_CHOICE;
	factor.is_numeric = false;
	make(&s, &factor, 1, nothing_matters);
	draw("4,000 dots", &s);
	report_sweep_close(&s);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "what to choose", the_line_says_what_to_choose },
		{ "groups", groups_are_over_hash_keys },
		{ "results", a_case_becomes_a_result },
		{ "sweep.csv", the_csv_is_tidy },
		{ "summary.json", the_summary_has_no_nan },
		{ "table", the_table_is_best_first },
		{ "charts", sweeps_are_drawn },
		{ "4,000 points", thousands_of_points_are_drawn },
		CU_TEST_INFO_NULL,
	};
	int failed = unit_main("reports/sweep", tests);
	report_chart_forget();
	return failed;
}
