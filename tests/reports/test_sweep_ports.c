/* SPDX-License-Identifier: MIT */
/* A sweep that asks how many ports are needed: what it chooses, its files. */
#include <math.h>
#include <string.h>

#include "model/config/names.h"
#include "reports/plots/chart.h"
#include "reports/sweep/sweep.h"
#include "reports/sweep/sweep_chart.h"
#include "tests/unit.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CALLS    10000u

static const struct report_level ports[] = {
	{ .text = "512", .value = 512 },
	{ .text = "2048", .value = 2048 },
	{ .text = "1024", .value = 1024 },
};
static const struct report_level idle[] = {
	{ .text = "4m", .value = 240000 },
	{ .text = "30m", .value = 1800000 },
};
static const struct report_level fronts[] = {
	{ .text = "1", .value = 1 },
	{ .text = "2", .value = 2 },
	{ .text = "3", .value = 3 },
	{ .text = "4", .value = 4 },
	{ .text = "5", .value = 5 },
};
static const struct report_level draws[] = { { .text = "0" }, { .text = "1" },
	{ .text = "2" } };

#define FACTOR(title, part, is_a_number, of, n)                                \
	{                                                                      \
		.name = (title), .role = (part), .is_numeric = (is_a_number),  \
		.levels = (of), .level_count = (n)                             \
	}
#define PORTS(n)  FACTOR("ports_per_member", REPORT_CHOICE, true, ports, n)
#define IDLE(n)   FACTOR("outbound.idle_timeout", REPORT_CHOICE, false, idle, n)
#define FRONTS(n) FACTOR("outbound.frontends", REPORT_CHOICE, true, fronts, n)
#define DRAWS(n)  FACTOR("replication", REPORT_REPLICATION, true, draws, n)

static char version[] = "0.0.0", member[] = "vm-1", frontend[] = "pub";
static const struct sim_record input = {
	.version = version,
	.seed = 1,
	.input = { .packets = 10, .flows = 5, .duration_ns = 60000000000 },
};

/* How many of CALLS fail at a point. */
typedef uint64_t (*failing)(const struct report_sweep *s, size_t point);

static void
add_point(struct report_sweep *s, size_t point, failing fails)
{
	const size_t f = report_sweep_ports_factor(s);
	const uint64_t failed = fails(s, point);
	struct sim_snat g = {
		.member = member,
		.frontend = frontend,
		.proto = LB_PROTO_TCP,
		.allocated =
		    f == SIZE_MAX
			? 1024
			: (uint32_t)ports[report_sweep_level(s, point, f)]
			      .value,
		.opened = CALLS - failed,
		.asked = CALLS,
		.blocked = failed,
		.worst_asked = CALLS,
		.worst_blocked = failed,
		.failed = failed,
		.worst_begun = CALLS,
		.worst_opened = CALLS - failed,
		.worst_failed = failed,
		.worst_ended = CALLS - failed,
		.worst_held_ms = 6000 * (CALLS - failed),
		.worst_port = 443,
		.worst_poisson = true,
	};
	g.peak = failed > 0 ? g.allocated : g.allocated / 2;
	g.full_used = g.peak;
	g.full_allocated = g.allocated;
	struct sim_case c = {
		.snat = &g, .snat_count = 1, .snat_window_ns = 60000000000
	};

	if (failed == UINT64_MAX)
		c.snat_count = 0;
	CU_ASSERT_EQUAL(report_sweep_add(s, point, &c), 0);
}

static void
make(struct report_sweep *s, const struct report_factor *factors, size_t count,
    failing fails)
{
	CU_ASSERT_EQUAL_FATAL(report_sweep_open(s, factors, count), 0);
	s->input = &input;
	s->asks_ports = true;
	for (size_t i = 0; i < s->point_count; i++)
		add_point(s, i, fails);
	CU_ASSERT_EQUAL(report_sweep_reckon(s), 0);
}

/* --- who fails ------------------------------------------------------------ */

static uint64_t
few_are_enough(const struct report_sweep *s, size_t point)
{
	static const uint64_t failed[] = { 900, 0, 5 };
	return failed[report_sweep_level(s, point, 0)] +
	       report_sweep_combination(s, point, REPORT_REPLICATION);
}

static uint64_t
none_is_enough(const struct report_sweep *s, size_t point)
{
	static const uint64_t failed[] = { 900, 100, 300 };
	return failed[report_sweep_level(s, point, 0)];
}

static uint64_t
nobody_asks(const struct report_sweep *s, size_t point)
{
	(void)s, (void)point;
	return UINT64_MAX;
}

/* The later the level of the second factor, the fewer. */
static uint64_t
the_other_helps(const struct report_sweep *s, size_t point)
{
	return report_sweep_level(s, point, 1) == 0
		   ? 5000 / (1 + report_sweep_level(s, point, 0))
		   : 2;
}

static uint64_t
always_well(const struct report_sweep *s, size_t point)
{
	(void)s, (void)point;
	return 0;
}

/* --- what it says --------------------------------------------------------- */

static const struct report_factor just_ports[] = { PORTS(3) };
static const struct report_factor ports_draws[] = { PORTS(3), DRAWS(3) };
static const struct report_factor ports_idle[] = { PORTS(3), IDLE(2) };
static const struct report_factor just_idle[] = { IDLE(2) };
static const struct report_factor fronts_draws[] = { FRONTS(5), DRAWS(3) };
static const struct report_factor all[] = { PORTS(3), IDLE(2), FRONTS(5),
	DRAWS(3) };

static const struct {
	const char *row;
	const struct report_factor *factors;
	size_t count;
	failing fails;
	const char *line; /* how it begins */
} rows[] = {
	{ "enough", just_ports, 1, few_are_enough,
	    "1 024 ports per member keep failures below 0.1 %: 0.0500 % "
	    "failed at the worst destination, with 512 ports 9.00 %; at most "
	    "1 024 ports were in use" },
	{ "with an interval", ports_draws, 2, few_are_enough,
	    "1 024 ports per member keep failures below 0.1 %: 0.0600 % "
	    "(0.0352 % to 0.0848 %) failed" },
	{ "not enough", just_ports, 1, none_is_enough,
	    "Nothing that was tried keeps failures below 0.1 %: with 2 048 "
	    "ports per member, the best, 1.00 % failed at the worst "
	    "destination" }, /* not that fewer would do, by Erlang's formula */
	{ "the fewest of many", ports_idle, 2, the_other_helps,
	    "512 ports per member, outbound.idle_timeout 30m keep" },
	{ "no ports", just_idle, 1, always_well,
	    "outbound.idle_timeout 4m keeps failures below 0.1 %: none" },
	{ "the fewest frontends", fronts_draws, 2, always_well,
	    "outbound.frontends 1 keeps" },
	{ "nobody", just_ports, 1, nobody_asks, "No member used a SNAT port" },
};

static void
the_line_says_how_many(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct report_sweep s;
		make(&s, rows[i].factors, rows[i].count, rows[i].fails);
		char *line = report_sweep_ports_line(&s, &report_terminal);
		UNIT_NEED(line);
		const bool same =
		    strncmp(line, rows[i].line, strlen(rows[i].line)) == 0 &&
		    strstr(line, "Erlang") == NULL;
		if (!same)
			(void)printf("\"%s\"\n", line);
		UNIT_ROW(rows[i].row, same);
		free(line);
		report_sweep_close(&s);
	}
}

/* --- files ---------------------------------------------------------------- */

static char *
written(const struct report_sweep *s,
    int (*write)(const struct report_sweep *s, FILE *to))
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	if (to == NULL)
		abort();
	CU_ASSERT_EQUAL(write(s, to), 0);
	(void)fclose(to);
	return text;
}

static void
programs_get_it_too(void)
{
	struct report_sweep s;

	make(&s, ports_draws, 2, few_are_enough);
	char *text = written(&s, report_sweep_json);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"enough\": true"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"ports_per_member\": 1024"));
	CU_ASSERT_PTR_NULL(strstr(text, "nan"));
	free(text);
	text = written(&s, report_sweep_csv);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, ",snat_blocking,"));
	/* there is no rule: a row for each point, and the header */
	size_t lines = 0;
	for (const char *at = text; *at != '\0'; at++)
		lines += *at == '\n';
	CU_ASSERT_EQUAL(lines, 1 + 9);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, ",0.0005,"));
	free(text);
	report_sweep_close(&s);
}

/* Broken lines as one. */
static char *
text_of(const struct report_sweep *s)
{
	char *text = NULL, *hang;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	if (to == NULL)
		abort();
	report_sweep_text(s, to);
	(void)fclose(to);
	while ((hang = strstr(text, "\n  ")) != NULL)
		memmove(hang, hang + 2, strlen(hang + 2) + 1), *hang = ' ';
	return text;
}

static void
the_table_marks_the_chosen(void)
{
	struct report_sweep s;

	make(&s, ports_draws, 2, few_are_enough);
	char *text = text_of(&s);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n*             1024 "));
	CU_ASSERT_PTR_NULL(strstr(text, "\n*              512 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "mean of 3 replications"));
	free(text);
	report_sweep_close(&s);
}

/* --- the picture ---------------------------------------------------------- */

static int
take(void *ctx, const void *bytes, size_t count)
{
	(void)bytes;
	*(size_t *)ctx += count;
	return 0;
}

static void
draw(const char *row, const struct report_sweep *s)
{
	for (int kind = REPORT_CANVAS_PNG; kind <= REPORT_CANVAS_PDF; kind++) {
		struct report_chart_facts facts = { 0 };
		size_t bytes = 0;
		const struct report_sink sink = { take, &bytes };
		CU_ASSERT_EQUAL(
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
it_is_drawn(void)
{
	struct report_sweep s;

	for (size_t i = 0; i < COUNT(rows); i++) {
		make(&s, rows[i].factors, rows[i].count, rows[i].fails);
		draw(rows[i].row, &s);
		report_sweep_close(&s);
	}
	make(&s, all, COUNT(all), few_are_enough);
	draw("ten lines", &s);
	report_sweep_close(&s);
}

/* A member with a quarter of its ports on each of four frontends, and a rule
 * that carries nothing; told: that ports are asked for. */
static void
make_spread(struct report_sweep *s, const struct report_factor *factor,
    bool told, bool poisson)
{
	static char nobody[] = "nobody", names[4][2] = { "a", "b", "c", "d" };
	static struct sim_rule unused = { .name = nobody };

	CU_ASSERT_EQUAL_FATAL(report_sweep_open(s, factor, 1), 0);
	s->input = &input;
	s->asks_ports = told;
	for (size_t i = 0; i < s->point_count; i++) {
		struct sim_snat at[4];
		for (size_t f = 0; f < COUNT(at); f++)
			at[f] = (struct sim_snat){ .member = member,
				.frontend = names[f],
				.proto = LB_PROTO_TCP,
				.allocated = 256,
				.peak = 100,
				.full_used = 100,
				.full_allocated = 256,
				.asked = CALLS,
				.worst_asked = CALLS,
				.opened = CALLS,
				.worst_opened = CALLS,
				.worst_begun = CALLS,
				.worst_ended = CALLS,
				.worst_held_ms = 600 * CALLS,
				.worst_poisson = poisson };
		const struct sim_case c = { .rules = &unused,
			.rule_count = 1,
			.snat = at,
			.snat_count = COUNT(at),
			.snat_window_ns = 60000000000 };
		CU_ASSERT_EQUAL(report_sweep_add(s, i, &c), 0);
	}
	CU_ASSERT_EQUAL(report_sweep_reckon(s), 0);
}

/* Of all frontends together; and where nothing is balanced, ports are what is
 * told of, whatever was varied. */
static void
ports_are_a_members(void)
{
	static const struct report_level sizes[] = { { "2", 2, 0 },
		{ "4", 4, 1 } };
	static const struct report_factor pool[] = { FACTOR(
	    "pool.size", REPORT_CONDITION, true, sizes, 2) };
	static const struct {
		const char *row;
		const struct report_factor *factor;
		bool told, poisson;
	} table[] = { { "ports varied", just_ports, true, true },
		{ "the pool varied", pool, false, true },
		{ "bursts", pool, false, false } };

	for (size_t i = 0; i < COUNT(table); i++) {
		struct report_sweep s;
		make_spread(
		    &s, table[i].factor, table[i].told, table[i].poisson);
		char *text = text_of(&s);
		UNIT_ROW(table[i].row,
		    strstr(text, "at most 400 ports were") != NULL);
		UNIT_ROW(table[i].row, strstr(text, " 39.1 % ") != NULL);
		UNIT_ROW(table[i].row, strstr(text, "Jain") == NULL);
		UNIT_ROW(table[i].row,
		    (strstr(text, "Erlang") != NULL) == table[i].poisson);
		UNIT_ROW(table[i].row,
		    (strstr(text, "Poisson") != NULL) == table[i].poisson);
		free(text);
		draw(table[i].row, &s);
		report_sweep_close(&s);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "how many", the_line_says_how_many },
		{ "files", programs_get_it_too },
		{ "table", the_table_marks_the_chosen },
		{ "charts", it_is_drawn },
		{ "of all frontends", ports_are_a_members },
		CU_TEST_INFO_NULL,
	};
	int failed = unit_main("reports/sweep: ports", tests);
	report_chart_forget();
	return failed;
}
