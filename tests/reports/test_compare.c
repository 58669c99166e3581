/* SPDX-License-Identifier: MIT */
/* reports/compare/compare.c, and what is shown of it. */
#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"
#include "reports/compare/compare.h"
#include "tests/unit.h"

/* Two runs of the same three clients, the second with another backend: one
 * client moves, and one is in the first run only. */
static struct sim_backend two[] = {
	{ .name = (char[]){ "a" }, .flows = 3, .packets = 6, .bytes = 600 },
	{ .name = (char[]){ "b" }, .flows = 1, .packets = 2, .bytes = 200 },
};
static struct sim_backend three[] = {
	{ .name = (char[]){ "b" }, .flows = 1, .packets = 2, .bytes = 200 },
	{ .name = (char[]){ "a" }, .flows = 1, .packets = 1, .bytes = 100 },
	{ .name = (char[]){ "c" }, .flows = 1, .packets = 3, .bytes = 300 },
};
static struct sim_key first_keys[] = {
	{ 1, 1, 100, 0 },
	{ 1, 2, 200, 1 },
	{ 1, 3, 300, 0 },
	{ 1, 2, 200, 0 },
};
static uint64_t first_ids[] = { 7, UINT64_MAX, 8, 9 };
static struct sim_key second_keys[] = {
	{ 1, 3, 300, 2 },
	{ 1, 1, 100, 1 },
	{ 1, 2, 200, 0 },
};
static uint64_t second_ids[] = { 8, 7, UINT64_MAX };
static struct sim_heavy names[] = {
	{ .key = 2, .proto = LB_PROTO_UDP, .has_proto = true },
};
static struct sim_rule first_rules[] = {
	{ .name = (char[]){ "all" },
	    .flows = 4,
	    .backends = two,
	    .backend_count = 2,
	    .keys = first_keys,
	    .key_ids = first_ids,
	    .key_count = 4,
	    .heavy = names,
	    .heavy_count = 1 },
	{ .name = (char[]){ "gone" } },
};
static struct sim_rule second_rules[] = {
	{ .name = (char[]){ "new" } },
	{ .name = (char[]){ "all" },
	    .flows = 3,
	    .backends = three,
	    .backend_count = 3,
	    .keys = second_keys,
	    .key_ids = second_ids,
	    .key_count = 3 },
};
static struct sim_case first_cases[] = {
	{ .name = (char[]){ "m" }, .rules = first_rules, .rule_count = 2 },
	{ .name = (char[]){ "old" }, .rules = first_rules, .rule_count = 1 },
};
static struct sim_case second_cases[] = {
	{ .name = (char[]){ "fresh" },
	    .hash_key = { 0xab },
	    .rules = first_rules,
	    .rule_count = 1 },
	{ .name = (char[]){ "m" }, .rules = second_rules, .rule_count = 2 },
};
static struct sim_setting first_settings[] = {
	{ .name = (char[]){ "backends" }, .value = (char[]){ "2" } },
	{ .name = (char[]){ "loop" }, .value = (char[]){ "1" } },
	{ .name = (char[]){ "vip" } },
};
static struct sim_setting second_settings[] = {
	{ .name = (char[]){ "vip" }, .value = (char[]){ "auto" } },
	{ .name = (char[]){ "backends" }, .value = (char[]){ "3" } },
	{ .name = (char[]){ "loop" }, .value = (char[]){ "1" } },
	{ .name = (char[]){ "later" }, .value = (char[]){ "x" } },
};
static struct sim_file first_files[] = { { .sha256 = "00ff" } };
static struct sim_file second_files[] = { { .sha256 = "00ff" } };

static struct sim_record first = {
	.version = (char[]){ "0.1.0" },
	.settings = first_settings,
	.setting_count = 3,
	.config = (char[]){ "one\ntwo\nthree\n" },
	.input = { .files = first_files, .file_count = 1 },
	.cases = first_cases,
	.case_count = 2,
};
static struct sim_record second = {
	.version = (char[]){ "0.1.0" },
	.settings = second_settings,
	.setting_count = 4,
	.config = (char[]){ "one\ntwo\n3\n" },
	.input = { .files = second_files, .file_count = 1 },
	.cases = second_cases,
	.case_count = 2,
};

/* clang-format off */
static const char text[] =
    "                                                       x                     y\n"
    "Both read the same input.\n"
    "Asked differently:\n"
    "  backends                                             2                     3\n"
    "  vip                                                  -                  auto\n"
    "  later                                                -                     x\n"
    "  configuration, line 3                            three                     3\n"
    "  hash key in use                   000000000...00000000  ab0000000...00000000\n"
    "\n"
    "m, rule all\n"
    "  Jain by flows                                    0.800                 1.000\n"
    "  Jain by packets                                  0.800                 0.857\n"
    "  Jain by bytes                                    0.800                 0.857\n"
    "  busiest backend's bytes                         75.0 %                50.0 %\n"
    "  backends                                             2                     3\n"
    "  flows                                                4                     3\n"
    "  Another backend for 1 of the 3 keys in both, with\n"
    "    33.3 % of the flows, 50.0 % of the packets, 50.0 % of the bytes.\n"
    "  The heaviest of them:\n"
    "    udp ::\n"
    "      50.0 % of the bytes, a -> c\n"
    "\n"
    "m, rule gone: only in x\n"
    "\n"
    "m, rule new: only in y\n"
    "\n"
    "old: only in x\n"
    "\n"
    "fresh: only in y\n";

/* clang-format on */

static const char csv[] =
    "first,second,case,rule,jain_flows_first,jain_flows_second,"
    "jain_packets_first,jain_packets_second,jain_bytes_first,"
    "jain_bytes_second,common_keys,common_flows,common_packets,common_bytes,"
    "moved_keys,moved_flows,moved_packets,moved_bytes"
    ",snat_failed_first,snat_failed_second,snat_blocking_first"
    ",snat_blocking_second,snat_peak_share_first"
    ",snat_peak_share_second,snat_member_first"
    ",snat_member_second,snat_allocated_first"
    ",snat_allocated_second,snat_worst_destination_first"
    ",snat_worst_destination_second"
    ",snat_predicted_blocking_first"
    ",snat_predicted_blocking_second,snat_ports_advised_first"
    ",snat_ports_advised_second"
    "\n"
    "x,y,m,all,0.8,1,0.8,0.857142857,0.8,0.857142857,3,3,6,600,1,1,3,300"
    ",,,,,,,,,,,,,,,,\n";

static void
test_shown(void)
{
	struct report_comparison c;
	char *shown = NULL;
	size_t bytes;

	CU_ASSERT_EQUAL(report_compare(&c, &first, "x", &second, "y"), 0);
	FILE *to = open_memstream(&shown, &bytes);
	UNIT_NEED(to);
	report_compare_text(&c, 1, to);
	(void)fflush(to);
	if (strcmp(shown, text) != 0)
		(void)fprintf(stderr, "%s", shown);
	CU_ASSERT_STRING_EQUAL(shown, text);
	rewind(to);
	CU_ASSERT_EQUAL(report_compare_csv(&c, 1, to), 0);
	(void)fclose(to);
	shown[bytes < sizeof(csv) ? bytes : sizeof(csv) - 1] = '\0';
	CU_ASSERT_STRING_EQUAL(shown, csv);
	free(shown);
	report_comparison_free(&c);
}

static void
test_with_itself(void)
{
	struct report_comparison c;

	CU_ASSERT_EQUAL(report_compare(&c, &first, "x", &first, "x"), 0);
	CU_ASSERT_EQUAL(c.difference_count, 0);
	CU_ASSERT_EQUAL(c.input, REPORT_SAME);
	CU_ASSERT_EQUAL(c.pair_count, 3);
	CU_ASSERT_EQUAL(c.pairs[0].common.keys, 4);
	for (size_t i = 0; i < c.pair_count; i++)
		CU_ASSERT_EQUAL(c.pairs[i].moved.keys, 0);
	report_comparison_free(&c);
}

static void
test_inputs(void)
{
	static const struct {
		const char *name, *sha256;
		size_t files;
		enum report_same expect;
	} rows[] = {
		{ "the same", "00ff", 1, REPORT_SAME },
		{ "another", "00fe", 1, REPORT_DIFFERENT },
		{ "no digest", "", 1, REPORT_NOT_KNOWN },
		{ "none", "", 0, REPORT_DIFFERENT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct report_comparison c;
		struct sim_record other = second;
		struct sim_file file = { .packets = 0 };

		(void)strcpy(file.sha256, rows[i].sha256);
		other.input.files = &file;
		other.input.file_count = rows[i].files;
		CU_ASSERT_EQUAL(
		    report_compare(&c, &first, "x", &other, "y"), 0);
		UNIT_EQUAL(rows[i].name, c.input, rows[i].expect);
		report_comparison_free(&c);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "shown", test_shown },
		{ "with itself", test_with_itself },
		{ "inputs", test_inputs },
		CU_TEST_INFO_NULL,
	};

	return unit_main("compare", tests);
}
