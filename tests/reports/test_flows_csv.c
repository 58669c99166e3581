/* SPDX-License-Identifier: MIT */
/* reports/data/flows_csv.c and reports/text/csv.c: to the byte. */
#include <string.h>

#include "model/config/names.h"
#include "reports/text/csv.h"
#include "reports/data/products.h"
#include "tests/unit.h"

static struct sim_backend backends[] = {
	{ .name = (char[]){ "a, or \"b\"" } },
	{ .name = (char[]){ "plain" } },
};
static struct sim_rule rules[] = {
	{ .name = (char[]){ "web" }, .backends = backends, .backend_count = 2 },
};
static struct sim_case cases[] = {
	{ .name = (char[]){ "five-tuple" }, .rules = rules, .rule_count = 1 },
	{ .name = (char[]){ "x,y" }, .rules = rules, .rule_count = 1 },
};
static const struct sim_flow_place places[][2] = {
	{ { 0, 0 }, { 0, 1 } },
	{ { 0, 1 }, { SIM_NOWHERE, SIM_NOWHERE } },
};

static const char expected[] =
    "flow,client,client_port,server,server_port,protocol,role_by,first_s,"
    "last_s,packets,packets_in,bytes,bytes_in,five-tuple rule,"
    "five-tuple backend,\"x,y rule\",\"x,y backend\"\n"
    "1,192.0.2.1,1024,203.0.113.10,443,tcp,syn,0.000000000,12.000000001,5,3,"
    "500,300,web,\"a, or \"\"b\"\"\",web,plain\n"
    "2,2001:db8::1,,2001:db8::2,,udp,first,18446744073.709551615,"
    "18446744073.709551615,1,0,40,0,web,plain,,\n";

static void
test_rows(void)
{
	struct sim_flow_row rows[] = {
		{ .client_port = 1024,
		    .server_port = 443,
		    .proto = LB_PROTO_TCP,
		    .role_by = "syn",
		    .packets = 5,
		    .packets_in = 3,
		    .bytes = 500,
		    .bytes_in = 300,
		    .last_ns = 12000000001,
		    .places = places[0] },
		{ .proto = LB_PROTO_UDP,
		    .portless = true,
		    .role_by = "first",
		    .packets = 1,
		    .bytes = 40,
		    .first_ns = UINT64_MAX,
		    .last_ns = UINT64_MAX,
		    .places = places[1] },
	};
	const struct sim_record record = {
		.cases = cases, .case_count = 2, .flows = rows, .flow_count = 2
	};
	char *text = NULL;
	size_t bytes = 0;

	CU_ASSERT_TRUE(lb_addr_of_text("192.0.2.1", &rows[0].client));
	CU_ASSERT_TRUE(lb_addr_of_text("203.0.113.10", &rows[0].server));
	CU_ASSERT_TRUE(lb_addr_of_text("2001:db8::1", &rows[1].client));
	CU_ASSERT_TRUE(lb_addr_of_text("2001:db8::2", &rows[1].server));
	FILE *to = open_memstream(&text, &bytes);
	UNIT_NEED(to);
	CU_ASSERT_EQUAL(report_flows_csv(&record, to), 0);
	CU_ASSERT_EQUAL(fclose(to), 0);
	CU_ASSERT_STRING_EQUAL(text, expected);
	if (strcmp(text, expected) != 0)
		(void)fputs(text, stderr);
	free(text);
}

static void
test_full_disk(void)
{
	const struct sim_record record = { .cases = cases, .case_count = 2 };
	FILE *full = fopen("/dev/full", "w");

	UNIT_NEED(full);
	CU_ASSERT_EQUAL(setvbuf(full, NULL, _IONBF, 0), 0);
	CU_ASSERT_EQUAL(report_flows_csv(&record, full), -1);
	(void)fclose(full);
}

/* clang-format off */
static const struct {
	const char *raw, *field;
} fields[] = {
	{ "plain",       "plain" },
	{ "",            "" },
	{ NULL,          "" },
	{ "a,b",         "\"a,b\"" },
	{ "say \"x\"",   "\"say \"\"x\"\"\"" },
	{ " led",        "\" led\"" },
	{ "two\nlines",  "two?lines" },
	{ "b\xff",       "b\xef\xbf\xbd" },
};
/* clang-format on */

static void
test_fields(void)
{
	for (size_t i = 0; i < LB_COUNT(fields); i++) {
		char *text = NULL;
		size_t bytes = 0;
		FILE *to = open_memstream(&text, &bytes);

		UNIT_NEED(to);
		report_csv_text(to, fields[i].raw);
		CU_ASSERT_EQUAL(fclose(to), 0);
		UNIT_ROW(fields[i].field, strcmp(text, fields[i].field) == 0);
		free(text);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "rows", test_rows },
		{ "a full disk", test_full_disk },
		{ "fields", test_fields },
		CU_TEST_INFO_NULL,
	};

	return unit_main("flows.csv", tests);
}
