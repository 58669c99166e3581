/* SPDX-License-Identifier: MIT */
/* cli/live/verify_report.c: a verification, agreed or not, as text and as JSON.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/live/verify.h"
#include "tests/unit.h"

static struct verify_options options;
static struct verify_difference in_packet = {
	.path = "a.pcap",
	.packet = 17,
	.time_ns = 1234000000,
	.answer = {
		.native = { .parsed = LB_PARSED, .bytes = 2,
		    .frame = { 0x0a, 0xff },
		    .result = { .verdict = LB_FORWARD, .member = 3 } },
		.kernel = { .parsed = LB_PARSED_MALFORMED, .bytes = 2,
		    .frame = { 0x0a, 0xfe } },
		.differs = "parse",
	},
};
static struct verify_difference in_table = {
	.time_ns = 5000000000,
	.table = "table memory, first in bucket 7 of the IPv6 table",
};

static struct verify
two_cases(void)
{
	struct verify v = {
		.options = &options,
		.cases = {
			{ .name = "five-tuple",
			    .verdict = { 1, 2, 30 },
			    .reason = { [LB_REASON_FRAGMENT] = 2 },
			    .made = 4,
			    .tables_compared = 1 },
			{ .name = "source-ip",
			    .verdict = { 1, 0, 32 },
			    .parsed = { [LB_PARSED_NOT_IP] = 5 },
			    .unread = 5,
			    .made = 4,
			    .untracked = 1,
			    .tables_compared = 1 },
		},
		.case_count = 2,
		.compared = 38,
		.duration_ns = 61500000000,
	};

	return v;
}

static char *
shown(const struct verify *v, bool json)
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	if (to == NULL)
		abort();
	int rc = json ? verify_json(v, to) : 0;
	if (!json)
		verify_table(v, to);
	CU_ASSERT_EQUAL(rc, 0);
	(void)fclose(to);
	return text;
}

static void
expect(const char *text, const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		UNIT_ROW(lines[i], strstr(text, lines[i]) != NULL);
		if (strstr(text, lines[i]) == NULL)
			(void)fprintf(stderr, "%s", text);
	}
}

static void
test_agreed(void)
{
	static const char *const lines[] = {
		"forward                                   30"
		"                  32\n",
		"pass                                       1"
		"                   1\n"
		"drop                                       2"
		"                   0\n"
		"  fragment                                 2"
		"                   0\n"
		"not for the balancer                       0"
		"                   5\n"
		"  not_ip                                   0"
		"                   5\n",
		"untracked                                  0"
		"                   1\n",
		"\n38 packets in 61.5 s of capture: both builds agree",
	};
	struct verify v = two_cases();
	char *text = shown(&v, false);

	expect(text, lines, LB_COUNT(lines));
	CU_ASSERT_PTR_NULL(strstr(text, "malformed"));
	CU_ASSERT_PTR_NULL(strstr(text, "native build only"));
	free(text);
}

static void
test_differed(void)
{
	static const char *const lines[] = {
		"differences                                2"
		"                   1\n",
		"\nfive-tuple: first difference at 1.234 s, packet 17 of "
		"a.pcap\n  differs   parse\n",
		"  native 0000  0a ff\n  kernel 0000  0a fe\n",
		"\nsource-ip: first difference at 5.000 s\n"
		"  differs   table memory, first in bucket 7 of the IPv6 "
		"table\n",
		"\n1 packet of less than 14 bytes went through the native "
		"build only\n",
		"\n2 packets of more than 3500 bytes: the first 3500 were "
		"compared\n",
		"the builds DIFFER\n",
	};
	struct verify v = two_cases();

	v.native_only = 1;
	v.cut = 2;
	v.cases[0].differences = 2;
	v.cases[0].first = &in_packet;
	v.cases[1].differences = 1;
	v.cases[1].first = &in_table;
	char *text = shown(&v, false);
	expect(text, lines, LB_COUNT(lines));
	free(text);
}

/* The value at a path of keys and indices, as compact JSON. */
static char *
at(json_t *all, const char *path)
{
	char key[64];
	json_t *value = all;

	for (; *path != '\0'; path += *path == '.') {
		size_t bytes = strcspn(path, ".");
		(void)snprintf(key, sizeof(key), "%.*s", (int)bytes, path);
		value = json_is_array(value)
			    ? json_array_get(value, strtoul(key, NULL, 10))
			    : json_object_get(value, key);
		path += bytes;
	}
	return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
}

static void
test_json(void)
{
	static const struct {
		const char *path, *value;
	} rows[] = {
		{ "agree", "false" },
		{ "partial", "true" },
		{ "compared", "38" },
		{ "differences", "3" },
		{ "input.packets", "39" },
		{ "input.files.0.packets", "39" },
		{ "input.files.0.error", "\"damaged\"" },
		{ "input.files.1.name", "null" }, /* no UTF-8 */
		{ "cases.0.name", "\"five-tuple\"" },
		{ "cases.0.verdicts",
		    "{\"pass\":1,\"drop\":2,\"forward\":30}" },
		{ "cases.0.drops.fragment", "2" },
		{ "cases.1.unparsed.not_ip", "5" },
		{ "cases.0.first_difference.what", "\"parse\"" },
		{ "cases.0.first_difference.packet", "17" },
		{ "cases.0.first_difference.native.verdict", "\"forward\"" },
		{ "cases.0.first_difference.native.member", "\"backend-4\"" },
		{ "cases.0.first_difference.native.rule", "\"all\"" },
		{ "cases.0.first_difference.native.frame", "\"0aff\"" },
		{ "cases.0.first_difference.kernel",
		    "{\"parsed\":\"malformed\",\"frame\":\"0afe\"}" },
		{ "cases.1.first_difference.what",
		    "\"table memory, first in bucket 7 of the IPv6 table\"" },
		{ "cases.1.first_difference.file", "null" },
	};
	struct sim_feed_file files[] = {
		{ .path = "a.pcap",
		    .state = SIM_FEED_DAMAGED,
		    .packets = 39,
		    .error = "damaged" },
		{ .path = "\xff\xfe", .state = SIM_FEED_ENDED },
	};
	struct verify v = two_cases();

	struct lb_problems problems = { 0 };
	struct lb_config *config = lb_config_zero(4, LB_MODE_FIVE_TUPLE);

	v.cases[0].plan = lb_plan_compile(config, NULL, NULL, &problems);
	UNIT_NEED(v.cases[0].plan);
	v.feed = (struct sim_feed){
		.files = files, .file_count = LB_COUNT(files), .packets = 39
	};
	v.cases[0].differences = 2;
	v.cases[0].first = &in_packet;
	v.cases[1].differences = 1;
	v.cases[1].first = &in_table;
	char *text = shown(&v, true);
	json_t *all = json_loads(text, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL(all);
	for (size_t i = 0; all != NULL && i < LB_COUNT(rows); i++) {
		char *value = at(all, rows[i].path);
		UNIT_ROW(rows[i].path,
		    value != NULL && strcmp(value, rows[i].value) == 0);
		free(value);
	}
	json_decref(all);
	free(text);
	lb_plan_free(v.cases[0].plan);
	lb_config_free(config);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "agreed", test_agreed },
		{ "differed", test_differed },
		{ "json", test_json },
		CU_TEST_INFO_NULL,
	};

	return unit_main("verify_report", tests);
}
