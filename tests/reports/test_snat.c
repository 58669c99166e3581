/* SPDX-License-Identifier: MIT */
#include "reports/stats/snat.h"
#include "reports/compare/compare.h"
#include "reports/stats/failover.h"
#include "reports/words/finding.h"
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
	const struct outlet_spec outlet = {
		.members = members, .frontends = 1, .ports = ports, .peak = peak
	};
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

/* A record of one case, as its outlet says. */
static struct sim_record *
record_with(const struct outlet_spec *outlet)
{
	const struct sample_spec spec = { 2, 30, 0, NULL };
	struct sim_record *record = sample_record(&spec);

	sample_report(record, 60, 60, 60);
	outlet_record(record, outlet);
	record->case_count = 1;
	return record;
}

static void
forget_all(struct sim_record *record)
{
	record->case_count = 3;
	forget(record);
}

/* Who, when, what failed, what would do; and nothing that nobody knows. */
static void
test_headlines(void)
{
	static const struct {
		const char *what;
		struct outlet_spec outlet;
		bool bursts; /* not by Poisson's law */
		const char *parts[3], *without;
	} table[] = {
		{ "one ran out", { 1, 1, 64, false, 9, NULL }, false,
		    { "vm-1 ran out of SNAT ports: its 64 were used up after ",
			" attempts towards 198.51.100.20:443 failed (",
			" are needed, by Erlang" },
		    " of 1 members" },
		{ "all ran out", { 12, 1, 64, false, 9, NULL }, false,
		    { "12 of 12 members ran out of SNAT ports, worst vm-",
			": its 64 were used up after ", "; at least " },
		    NULL },
		{ "several frontends", { 1, 4, 256, false, 90, NULL }, false,
		    { "vm-1 ran out of SNAT ports: its 1\xe2\x80\xaf"
		      "024 were used up after ",
			" failed (", "" },
		    " 256 " },
		{ "not by Poisson's law", { 1, 1, 64, false, 9, NULL }, true,
		    { "vm-1 ran out of SNAT ports: its 64 were used up after ",
			" failed (", "" },
		    "Erlang" },
		{ "nobody", { 2, 1, 64, false, 0.5, NULL }, false,
		    { "No attempt failed: vm-", ", the fullest, used ",
			" of its 64 SNAT ports at most" },
		    "Erlang" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct sim_record *record = record_with(&table[i].outlet);
		for (size_t n = 0; n < record->cases[0].snat_count; n++)
			record->cases[0].snat[n].worst_poisson =
			    !table[i].bursts;
		char *text = report_snat_headline(record);
		UNIT_NEED(text);
		for (size_t p = 0; p < 3; p++)
			UNIT_ROW(table[i].what,
			    strstr(text, table[i].parts[p]) != NULL);
		UNIT_ROW(
		    table[i].what, table[i].without == NULL ||
				       strstr(text, table[i].without) == NULL);
		free(text);
		forget_all(record);
	}
}

/* What failed is the report's headline, also where a rule balanced well; the
 * picture of the balance keeps its own. */
static void
test_what_it_is_about(void)
{
	static const struct {
		const char *what;
		double peak;
		uint64_t lost; /* by a fault */
		bool about;
	} table[] = {
		{ "ports failed", 9, 0, true },
		{ "none failed", 0.5, 0, false },
		{ "a fault cost less", 9, 1, true },
		{ "a fault cost more", 9, 1000000, false },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		const struct outlet_spec outlet = { .members = 2,
			.frontends = 1,
			.ports = 64,
			.peak = table[i].peak };
		struct sim_record *record = record_with(&outlet);
		struct sim_failover fault = { .fault = (char[]){ "crashed" },
			.member = (char[]){ "vm-1" },
			.lost = table[i].lost };
		record->cases[0].failovers = &fault;
		record->cases[0].failover_count = table[i].lost > 0;
		UNIT_ROW(table[i].what,
		    report_is_about_snat(record) == table[i].about);
		char *text = report_headline(record);
		char *balance = report_balance_headline(record);
		UNIT_NEED(text);
		UNIT_NEED(balance);
		UNIT_ROW(table[i].what,
		    (strstr(text, "SNAT") != NULL) == table[i].about);
		UNIT_ROW(table[i].what, strstr(balance, "SNAT") == NULL);
		free(text);
		free(balance);
		record->cases[0].failovers = NULL;
		record->cases[0].failover_count = 0;
		forget_all(record);
	}
}

/* What is said of a member is of all its frontends together. */
static void
test_words(void)
{
	static const struct {
		const char *what;
		struct outlet_spec outlet;
		bool bursts; /* not by Poisson's law */
		bool once;   /* nobody tries again */
		const char *part, *without;
	} table[] = {
		{ "several frontends", { 1, 4, 256, false, 0.5, NULL }, false,
		    true, " of its 1 024 tcp ports were in use (",
		    "of its 256" },
		{ "Poisson is named", { 1, 1, 64, false, 9, NULL }, false, true,
		    "random (Poisson) arrivals that do not try again",
		    "here they do" },
		{ "who tries again is, too", { 1, 1, 64, false, 9, NULL },
		    false, false, "; here they do try again", NULL },
		{ "bursts", { 1, 1, 64, false, 9, NULL }, true, false,
		    "vm-1 found no port for ", "Erlang" },
		{ "bursts, calm", { 1, 1, 64, false, 0.4, NULL }, true, false,
		    "vm-1 was the fullest: at most ", "Erlang" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct sim_record *record = record_with(&table[i].outlet);
		for (size_t n = 0; n < record->cases[0].snat_count; n++) {
			struct sim_snat *g = &record->cases[0].snat[n];
			g->worst_poisson = !table[i].bursts;
			if (table[i].once)
				g->worst_blocked = g->worst_failed;
		}
		const struct sim_case *c = &record->cases[0];
		char *text =
		    report_snat_words(c, report_snat_worst(c), TERMINAL);
		UNIT_NEED(text);
		UNIT_ROW(table[i].what, strstr(text, table[i].part) != NULL);
		UNIT_ROW(
		    table[i].what, table[i].without == NULL ||
				       strstr(text, table[i].without) == NULL);
		free(text);
		forget_all(record);
	}
}

/* Full on one of two frontends is less full than nearly so on both. */
static void
test_fullest(void)
{
	struct sim_snat snat[] = {
		{ .member = (char[]){ "a" },
		    .frontend = (char[]){ "x" },
		    .proto = 6,
		    .allocated = 100,
		    .peak = 100,
		    .full_used = 100,
		    .full_allocated = 100,
		    .opened = 1 },
		{ .member = (char[]){ "b" },
		    .frontend = (char[]){ "x" },
		    .proto = 6,
		    .allocated = 100,
		    .peak = 90,
		    .full_used = 90,
		    .full_allocated = 100,
		    .opened = 1 },
		{ .member = (char[]){ "a" },
		    .frontend = (char[]){ "y" },
		    .proto = 6,
		    .allocated = 100,
		    .peak = 0,
		    .opened = 0 },
		{ .member = (char[]){ "b" },
		    .frontend = (char[]){ "y" },
		    .proto = 6,
		    .allocated = 100,
		    .peak = 80,
		    .full_used = 80,
		    .full_allocated = 100,
		    .opened = 1 },
	};
	struct sim_case c = { .snat = snat, .snat_count = COUNT(snat) };

	CU_ASSERT_EQUAL(report_snat_worst(&c), 1);
	const struct report_snat s = report_snat_of(&c, 1);
	CU_ASSERT_EQUAL(s.ports, 200);
	CU_ASSERT_EQUAL(s.peak, 170);
	CU_ASSERT_EQUAL(s.full_ns, SIM_NO_TIME);
	CU_ASSERT_TRUE(
	    fabs(report_snat_figure(&c, REPORT_SNAT_PEAK) - 0.85) < 1e-12);
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

/* The field of that number, of a line without quotes; "" beyond the last. */
static char *
field(const char *line, size_t number)
{
	while (number-- > 0 && line != NULL)
		line = strchr(line, ',') != NULL ? strchr(line, ',') + 1 : NULL;
	return line != NULL ? strndup(line, strcspn(line, ",\n")) : strdup("");
}

/* Each row has a field for each name, and the ports of each run are there. */
static void
try_csv(const struct report_comparison *c)
{
	static const struct {
		const char *name,
		    *is; /* of the first row of SNAT; NULL: some */
	} fields[] = { { "case", NULL }, { "rule", "" },
		{ "jain_flows_first", "" }, { "snat_allocated_first", "64" },
		{ "snat_allocated_second", "128" },
		{ "snat_failed_second", "0" }, { "snat_blocking_first", NULL },
		{ "snat_worst_destination_first", "198.51.100.20:443" },
		{ "snat_ports_advised_first", NULL } };
	char *text = NULL;
	size_t bytes, commas[2] = { 0, 0 };
	FILE *to = open_memstream(&text, &bytes);

	UNIT_NEED(to);
	CU_ASSERT_EQUAL(report_compare_csv(c, 1, to), 0);
	(void)fclose(to);
	const char *row = strstr(text, "\nx,y,five-tuple,,");
	UNIT_NEED(row);
	row++;
	for (const char *at = text; *at != '\n'; at++)
		commas[0] += *at == ',';
	for (const char *at = row; *at != '\n'; at++)
		commas[1] += *at == ',';
	CU_ASSERT_EQUAL(commas[0], commas[1]);
	for (size_t i = 0; i < COUNT(fields); i++) {
		size_t number = 0;
		char *name = field(text, 0);
		while (*name != '\0' && strcmp(name, fields[i].name) != 0) {
			free(name);
			name = field(text, ++number);
		}
		char *is = field(row, number);
		UNIT_ROW(fields[i].name, *name != '\0');
		UNIT_ROW(fields[i].name, fields[i].is != NULL
					     ? strcmp(is, fields[i].is) == 0
					     : *is != '\0');
		free(name);
		free(is);
	}
	free(text);
}

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
	try_csv(&c);
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
		{ "headlines", test_headlines },
		{ "what it is about", test_what_it_is_about },
		{ "words", test_words },
		{ "the fullest of all frontends", test_fullest },
		{ "little", test_part },
		{ "replications", test_spread },
		{ "two runs", test_compare },
		CU_TEST_INFO_NULL,
	};

	return unit_main("SNAT ports", tests);
}
