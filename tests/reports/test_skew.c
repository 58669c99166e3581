/* SPDX-License-Identifier: MIT */
/*
 * SKEW.tsv says how many keys each mode has in a capture, and how even a
 * perfect hash would be over four backends: reckoned by somebody else's
 * program.  What inspect says must be that, digit by digit.
 *
 * Bytes there are those of the frames; ours are those of the IP packets.
 * With a link header for each packet ours become theirs.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"
#include "reports/stats/stats.h"
#include "sim/run/run.h"
#include "tests/unit.h"

#define BACKENDS    4
#define COLUMNS_MAX 32
#define DIGITS_3    0.00051
#define DIGITS_4    0.000051

enum { FIVE_TUPLE, SOURCE_IP, SOURCE_IP_PROTOCOL };

/*
 * Columns that differ, what they are here, and why.  All three were redone by
 * a third program, which gets SKEW.tsv's numbers with its rules and ours with
 * ours.
 *
 * cut: frames whose lengths, also those on the wire, are shorter than their
 * IP headers say; design.md 8 counts the IP length.
 *
 * fragments: SKEW.tsv leaves fragments without ports out.  The balancer does
 * not: their bytes are their flow's where a server sent them, and where a
 * client sent them they are a flow without ports (design.md 8).
 *
 * fuzzed: fragments again, and headers of random bytes: what SKEW.tsv takes
 * for malformed or for a SYN is not known.
 */
/* clang-format off */
static const struct known {
	const char *capture, *column;
	double ours;
} known[] = {
	/* cut */
	{ "ndpi_badpackets.pcap", "J5bytes_pred", 0.9687 },
	{ "ndpi_badpackets.pcap", "J2bytes_pred", 0.2582 },
	{ "ndpi_badpackets.pcap", "rev_J2bytes_pred", 0.8404 },
	/* fragments */
	{ "ndpi_dns_fragmented.pcap", "J5bytes_pred", 0.8172 },
	{ "ndpi_dns_fragmented.pcap", "J2bytes_pred", 0.6428 },
	{ "ndpi_dns_fragmented.pcap", "rev_J2pred", 0.5319 },
	{ "ndpi_dns_fragmented.pcap", "rev_H2_flow", 0.2934 },
	{ "ndpi_dns_fragmented.pcap", "rev_J2bytes_pred", 0.5378 },
	/* fuzzed */
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "flows", 251 },
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "keys2", 61 },
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "keys3", 64 },
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "J2pred", 0.4085 },
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "J3pred", 0.4391 },
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "H2_flow", 0.4827 },
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "H3_flow", 0.4258 },
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "J5bytes_pred", 0.7244 },
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "J2bytes_pred", 0.3881 },
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "rev_keys2", 52 },
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "rev_keys3", 54 },
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "rev_J2pred", 0.4910 },
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "rev_H2_flow", 0.3456 },
	{ "ndpi_fuzz-2006-06-26-2594.pcap", "rev_J2bytes_pred", 0.5474 },
};
/* clang-format on */

static const char *folder;
static unsigned rows_read;

struct row {
	char line[1024];
	const char *head[COLUMNS_MAX], *value[COLUMNS_MAX];
	size_t count;
};

static size_t
split(char *line, const char *out[COLUMNS_MAX])
{
	char *state = NULL;
	size_t count = 0;

	for (char *word = strtok_r(line, "\t\n", &state);
	     word != NULL && count < COLUMNS_MAX;
	     word = strtok_r(NULL, "\t\n", &state))
		out[count++] = word;
	return count;
}

static const char *
column(const struct row *row, const char *name)
{
	for (size_t i = 0; i < row->count; i++)
		if (strcmp(row->head[i], name) == 0)
			return row->value[i];
	CU_FAIL("no such column");
	return "";
}

/* What a column should be: SKEW.tsv's number, or ours where it is known. */
static double
expected(const struct row *row, const char *name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].capture, row->value[0]) == 0 &&
		    strcmp(known[i].column, name) == 0)
			return known[i].ours;
	return strtod(column(row, name), NULL);
}

static void
expect(const struct row *row, const char *name, double is, double off)
{
	const double to_be = expected(row, name);

	if (fabs(is - to_be) <= off)
		return;
	(void)fprintf(stderr, "  %s: %s is %.4f, not %.4f\n", row->value[0],
	    name, is, to_be);
	CU_FAIL("a column differs");
}

/* --- what inspect says --------------------------------------------------- */

static struct sim_survey *
look(const char *capture, bool reverse)
{
	char path[4096];
	const char *paths[] = { path };
	const struct sim_settings settings = {
		.paths = paths, .path_count = 1, .reverse = reverse
	};
	struct sim_trouble trouble = { 0 };
	struct sim_survey *survey = NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, capture);
	CU_ASSERT_EQUAL(
	    sim_survey_make(&settings, &survey, &trouble), SIM_DONE);
	UNIT_NEED(survey);
	return survey;
}

static json_t *
document(const struct sim_survey *survey)
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	UNIT_NEED(to);
	CU_ASSERT_EQUAL(report_inspect_json(survey, BACKENDS, to), 0);
	(void)fclose(to);
	json_t *o = json_loads(text, 0, NULL);
	free(text);
	UNIT_NEED(o);
	return o;
}

static json_t *
mode(json_t *document_, unsigned number)
{
	return json_array_get(json_object_get(document_, "modes"), number);
}

static double
keys(json_t *document_, unsigned number)
{
	return (double)json_integer_value(
	    json_object_get(mode(document_, number), "keys"));
}

static double
by_flows(json_t *document_, unsigned number, const char *what)
{
	return json_real_value(json_object_get(
	    json_object_get(mode(document_, number), what), "flows"));
}

/* The link header of a capture's first interface. */
static unsigned
link_bytes(const struct sim_survey *survey)
{
	static const struct {
		int link_type;
		unsigned bytes;
	} rows[] = { { 0, 4 }, { 1, 14 }, { 113, 16 } };

	CU_ASSERT_FATAL(survey->files[0].interface_count > 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].link_type ==
		    survey->files[0].interfaces[0].link_type)
			return rows[i].bytes;
	CU_FAIL("no such link type in the table");
	return 0;
}

/* The predicted index by the bytes of frames. */
static double
by_frames(const struct sim_survey *survey, unsigned number)
{
	const struct sim_survey_mode *m = &survey->modes[number];

	const unsigned link = link_bytes(survey);
	for (size_t k = 0; k < m->key_count; k++)
		m->keys[k].bytes += link * m->keys[k].packets;
	double h =
	    report_keys_concentration(m->keys, m->key_count, REPORT_BYTES);
	return report_expected_jain(h, BACKENDS);
}

/* --- a row --------------------------------------------------------------- */

static void
check_forward(const struct row *row)
{
	struct sim_survey *s = look(row->value[0], false);
	json_t *o = document(s);

	expect(row, "flows", keys(o, FIVE_TUPLE), 0);
	expect(row, "keys2", keys(o, SOURCE_IP), 0);
	expect(row, "keys3", keys(o, SOURCE_IP_PROTOCOL), 0);
	expect(
	    row, "J5pred", by_flows(o, FIVE_TUPLE, "predicted_jain"), DIGITS_3);
	expect(
	    row, "J2pred", by_flows(o, SOURCE_IP, "predicted_jain"), DIGITS_3);
	expect(row, "J3pred", by_flows(o, SOURCE_IP_PROTOCOL, "predicted_jain"),
	    DIGITS_3);
	expect(
	    row, "H2_flow", 1 / by_flows(o, SOURCE_IP, "equal_keys"), DIGITS_4);
	expect(row, "H3_flow",
	    1 / by_flows(o, SOURCE_IP_PROTOCOL, "equal_keys"), DIGITS_4);
	expect(row, "J5bytes_pred", by_frames(s, FIVE_TUPLE), DIGITS_3);
	expect(row, "J2bytes_pred", by_frames(s, SOURCE_IP), DIGITS_3);
	json_decref(o);
	sim_survey_free(s);
}

static void
check_reverse(const struct row *row)
{
	struct sim_survey *s = look(row->value[0], true);
	json_t *o = document(s);

	expect(row, "rev_keys2", keys(o, SOURCE_IP), 0);
	expect(row, "rev_keys3", keys(o, SOURCE_IP_PROTOCOL), 0);
	expect(row, "rev_J2pred", by_flows(o, SOURCE_IP, "predicted_jain"),
	    DIGITS_3);
	expect(row, "rev_H2_flow", 1 / by_flows(o, SOURCE_IP, "equal_keys"),
	    DIGITS_4);
	expect(row, "rev_J2bytes_pred", by_frames(s, SOURCE_IP), DIGITS_3);
	json_decref(o);
	sim_survey_free(s);
}

static FILE *
open_skew(void)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/SKEW.tsv", folder);
	return fopen(path, "re");
}

static void
test_skew(void)
{
	char head[1024];
	struct row row;
	FILE *file = open_skew();

	UNIT_NEED(file);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fgets(head, sizeof(head), file));
	row.count = split(head, row.head);
	while (fgets(row.line, sizeof(row.line), file) != NULL) {
		CU_ASSERT_EQUAL_FATAL(split(row.line, row.value), row.count);
		check_forward(&row);
		check_reverse(&row);
		rows_read++;
	}
	(void)fclose(file);
	CU_ASSERT(rows_read >= 10);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "as SKEW.tsv says", test_skew },
		CU_TEST_INFO_NULL,
	};

	folder = getenv("FAIRLEAD_CAPTURES");
	FILE *file = folder != NULL ? open_skew() : NULL;
	if (file == NULL) {
		(void)puts("skipped: FAIRLEAD_CAPTURES has no SKEW.tsv");
		return 77;
	}
	(void)fclose(file);
	return unit_main("reports: skew", tests);
}
