/* SPDX-License-Identifier: MIT */
/* backends.csv, timeline.csv, events.jsonl, run.json, timing.json: to the
 * byte. */
#include <stdlib.h>
#include <string.h>

#include "reports/data/products.h"
#include "tests/unit.h"

/* Two backends that got 1:1 flows, 3:1 packets and bytes, and one rule that
 * nobody used; two pieces of time, in the second of which one was idle. */
static struct sim_backend backends[] = {
	{ (char[]){ "a, or \"b\"" }, 0, 100, 1, 3, 2, 300, 100 },
	{ (char[]){ "plain" }, 1, 100, 1, 1, 1, 100, 100 },
};
static struct sim_backend idle[] = {
	{ .name = (char[]){ "idle" }, .weight = 100 },
};
static struct sim_slice slices[] = {
	{ .bytes = 200, .packets = 2, .flows = 1 },
	{ .bytes = 100, .packets = 1, .flows = 1 },
	{ .bytes = 100, .packets = 1 },
	{ .bytes = 0 },
};
static struct sim_rule rules[] = {
	{ .name = (char[]){ "web" },
	    .backends = backends,
	    .backend_count = 2,
	    .slices = slices,
	    .slice_count = 4 },
	{ .name = (char[]){ "=1+1" }, .backends = idle, .backend_count = 1 },
};
static struct sim_case cases[] = {
	{ .name = (char[]){ "five-tuple" },
	    .hash_key = { 0x00, 0x01, 0xff },
	    .rules = rules,
	    .rule_count = 2 },
};
static struct sim_file files[] = {
	{ .name = (char[]){ "a.pcap" }, .sha256 = "00ff", .packets = 9 },
	{ .name = (char[]){ "b\x1b.pcap" }, .error = (char[]){ "cut off" } },
};
static struct sim_event happened[] = {
	{ .at_ns = 0, .kind = SIM_EVENT_START, .of_case = SIM_NO_CASE },
	{ 1500000000, SIM_EVENT_CLOCK_BACK, SIM_NO_CASE, 3, NULL, NULL },
	{ 2000000000, SIM_EVENT_GAP, SIM_NO_CASE, 2, NULL, NULL },
	{ 2000000000, SIM_EVENT_FLOW_LIMIT, SIM_NO_CASE, 7, NULL, NULL },
	{ 2500000000, SIM_EVENT_TABLE_FULL, 0, 5, NULL, NULL },
	{ 3000000000, SIM_EVENT_INTERRUPTED, SIM_NO_CASE, 0, NULL, NULL },
	{ 3000000000, SIM_EVENT_END, SIM_NO_CASE, 0, NULL, NULL },
};
static struct sim_setting settings[] = {
	{ (char[]){ "config" }, (char[]){ "lb.yaml" }, SIM_SETTING_TEXT, true },
	{ (char[]){ "filter" }, NULL, SIM_SETTING_TEXT, false },
	{ (char[]){ "speed" }, (char[]){ "0.5" }, SIM_SETTING_NUMBER, true },
	{ (char[]){ "loop" }, (char[]){ "no" }, SIM_SETTING_NUMBER, false },
	{ (char[]){ "reverse" }, (char[]){ "true" }, SIM_SETTING_BOOL, false },
};
static struct lb_assertion assertions[] = {
	{ .metric = LB_METRIC_DROPS,
	    .relation = LB_ABOVE,
	    .case_name = (char[]){ "x" } },
};
static struct sim_timing timing = {
	.started_s = 951782400, /* a leap day */
	.finished_s = 951782402,
	.wall_ns = 2000000000,
	.cpu_ns = 1500000000,
	.peak_rss_bytes = 4096,
	.workers = 1,
	.host = "h",
	.directory = (char[]){ "/tmp/run" },
	.inputs = (char *[]){ (char[]){ "/tmp/a.pcap" }, NULL },
};
static const struct sim_record record = {
	.version = (char[]){ "0.1.0" },
	.libraries = (char[]){ "libpcap 1.10, gsl 2.7.1" },
	.command = (char[]){ "sim" },
	.settings = settings,
	.setting_count = 5,
	.config = (char[]){ "rules: []\n# \xc3\xa9\n" },
	.assertions = assertions,
	.assertion_count = 1,
	.timing = &timing,
	.seed = 7,
	.deterministic = true,
	.input = {
	    .files = files,
	    .file_count = 2,
	    .packets = 9,
	    .duration_ns = 3000000000,
	    .gaps = 2,
	    .gaps_cut_ns = 250000000,
	    .max_flows = 1000,
	},
	.cases = cases,
	.case_count = 1,
	.log = happened,
	.log_count = 7,
	.bin_ns = 2048000000,
	.bin_count = 2,
};

static const char backends_csv[] =
    "case,rule,backend,flows,packets,packets_in,bytes,bytes_in,share_flows,"
    "share_packets,share_bytes,deviation_flows,deviation_packets,"
    "deviation_bytes,weight,fair\n"
    "five-tuple,web,\"a, or \"\"b\"\"\",1,3,2,300,100,0.5,0.75,0.75,0,0.5,"
    "0.5,100,0.5\n"
    "five-tuple,web,plain,1,1,1,100,100,0.5,0.25,0.25,0,-0.5,-0.5,"
    "100,0.5\n"
    "five-tuple,=1+1,idle,0,0,0,0,0,,,,,,,100,1\n";

static const char timeline_csv[] =
    "case,rule,from_s,to_s,backend,flows,packets,bytes\n"
    "five-tuple,web,0.000,2.048,\"a, or \"\"b\"\"\",1,2,200\n"
    "five-tuple,web,0.000,2.048,plain,1,1,100\n"
    "five-tuple,web,2.048,4.096,\"a, or \"\"b\"\"\",0,1,100\n";

static const char events_jsonl[] =
    "{\"at_s\":0.0,\"event\":\"start\"}\n"
    "{\"at_s\":1.5,\"event\":\"clock_ran_back\",\"packets\":3}\n"
    "{\"at_s\":2.0,\"event\":\"gaps_shortened\",\"gaps\":2,\"by_s\":0.25}\n"
    "{\"at_s\":2.0,\"event\":\"flow_limit_reached\",\"packets_left_out\":7,"
    "\"max_flows\":1000}\n"
    "{\"at_s\":2.5,\"event\":\"table_full\",\"case\":\"five-tuple\","
    "\"packets_untracked\":5}\n"
    "{\"at_s\":3.0,\"event\":\"interrupted\"}\n"
    "{\"at_s\":null,\"event\":\"input_damaged\",\"file\":\"b\\u001B.pcap\","
    "\"error\":\"cut off\",\"packets\":0}\n"
    "{\"at_s\":3.0,\"event\":\"end\"}\n";

static const char run_json[] =
    "{\n"
    "  \"fairlead\": \"0.1.0\",\n"
    "  \"schema\": 1,\n"
    "  \"libraries\": {\n"
    "    \"libpcap\": \"1.10\",\n"
    "    \"gsl\": \"2.7.1\"\n"
    "  },\n"
    "  \"command\": \"sim\",\n"
    "  \"seed\": 7,\n"
    "  \"deterministic\": true,\n"
    "  \"settings\": {\n"
    "    \"config\": \"lb.yaml\",\n"
    "    \"filter\": null,\n"
    "    \"speed\": 0.5,\n"
    "    \"loop\": \"no\",\n"
    "    \"reverse\": true\n"
    "  },\n"
    "  \"given\": [\n"
    "    \"config\",\n"
    "    \"speed\"\n"
    "  ],\n"
    "  \"cases\": [\n"
    "    {\n"
    "      \"name\": \"five-tuple\",\n"
    "      \"hash_key\": \"0001ff00000000000000000000000000\"\n"
    "    }\n"
    "  ],\n"
    "  \"inputs\": [\n"
    "    {\n"
    "      \"name\": \"a.pcap\",\n"
    "      \"sha256\": \"00ff\"\n"
    "    },\n"
    "    {\n"
    "      \"name\": \"b\\u001B.pcap\",\n"
    "      \"sha256\": null\n"
    "    }\n"
    "  ],\n"
    "  \"assertions\": [\n"
    "    \"drops(*, x) > 0\"\n"
    "  ],\n"
    "  \"configuration\": \"rules: []\\n# \xc3\xa9\\n\",\n"
    "  \"scenario\": null\n"
    "}\n";

static const char timing_json[] =
    "{\n"
    "  \"started_utc\": \"2000-02-29T00:00:00Z\",\n"
    "  \"finished_utc\": \"2000-02-29T00:00:02Z\",\n"
    "  \"wall_s\": 2.0,\n"
    "  \"cpu_s\": 1.5,\n"
    "  \"packets_per_s\": 4.5,\n"
    "  \"times_real_time\": 1.5,\n"
    "  \"peak_rss_bytes\": 4096,\n"
    "  \"workers\": 1,\n"
    "  \"host\": \"h\",\n"
    "  \"directory\": \"/tmp/run\",\n"
    "  \"inputs\": [\n"
    "    \"/tmp/a.pcap\",\n"
    "    null\n"
    "  ]\n"
    "}\n";

static const struct {
	const char *name;
	int (*write)(const struct sim_record *record, FILE *to);
	const char *expect;
} products[] = {
	{ "backends.csv", report_backends_csv, backends_csv },
	{ "timeline.csv", report_timeline_csv, timeline_csv },
	{ "events.jsonl", report_events_jsonl, events_jsonl },
	{ "run.json", report_run_json, run_json },
	{ "timing.json", report_timing_json, timing_json },
};

static void
test_bytes(void)
{
	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
		char *text = NULL;
		size_t bytes;
		FILE *to = open_memstream(&text, &bytes);

		UNIT_NEED(to);
		CU_ASSERT_EQUAL(products[i].write(&record, to), 0);
		(void)fclose(to);
		if (strcmp(text, products[i].expect) != 0)
			(void)fprintf(
			    stderr, "%s is\n%s", products[i].name, text);
		UNIT_ROW(
		    products[i].name, strcmp(text, products[i].expect) == 0);
		free(text);
	}
}

/* Of a record in which nearly nothing is. */
static void
test_empty(void)
{
	const struct sim_record empty = { .version = (char[]){ "0" } };

	for (size_t i = 0; i < 4; i++) {
		char *text = NULL;
		size_t bytes;
		FILE *to = open_memstream(&text, &bytes);

		UNIT_NEED(to);
		CU_ASSERT_EQUAL(products[i].write(&empty, to), 0);
		(void)fclose(to);
		UNIT_ROW(products[i].name, strstr(text, "nan") == NULL);
		free(text);
	}
}

static void
test_full_disk(void)
{
	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
		FILE *to = fopen("/dev/full", "w");

		UNIT_NEED(to);
		(void)setvbuf(to, NULL, _IONBF, 0);
		UNIT_ROW(
		    products[i].name, products[i].write(&record, to) == -1);
		(void)fclose(to);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "to the byte", test_bytes },
		{ "empty", test_empty },
		{ "full disk", test_full_disk },
		CU_TEST_INFO_NULL,
	};

	return unit_main("products", tests);
}
