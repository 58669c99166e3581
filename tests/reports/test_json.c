/* SPDX-License-Identifier: MIT */
#include "reports/report.h"
#include "tests/reports/sample.h"
#include "tests/unit.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The caller frees it. */
static char *
summary(const struct sim_record *record)
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);
	CU_ASSERT_EQUAL(report_json(record, to), 0);
	(void)fclose(to);
	return text;
}

/* --- the whole document --------------------------------------------------- */

/* Two backends, two keys: small enough to reckon by hand.  Flows 1:1, packets
 * 3:1, bytes 3:1 (so Jain 0.8, cv 0.5, Gini 0.25); H of packets 10/16, so a
 * perfect hash gives 1/(1 + 0.625). */
static struct sim_backend backends[] = {
	{ (char[]){ "backend-1" }, 0, 100, 1, 3, 2, 300, 100 },
	{ (char[]){ "backend-2" }, 1, 100, 1, 1, 1, 100, 100 },
};
static struct sim_key keys[] = { { 1, 3, 300, 0 }, { 1, 1, 100, 1 } };
static struct sim_rule rules[] = { {
    .name = (char[]){ "all" },
    .distribution = (char[]){ "five-tuple" },
    .algorithm = (char[]){ "maglev" },
    .flows = 2,
    .connections = 2,
    .packets = 4,
    .bytes = 400,
    .backends = backends,
    .backend_count = 2,
    .keys = keys,
    .key_count = 2,
} };
static struct sim_nat nats[] = { { .name = (char[]){ "ssh/m" },
    .member = (char[]){ "m" },
    .flows = 1,
    .packets = 5,
    .packets_in = 3,
    .bytes = 500,
    .bytes_in = 300,
    .silence = { 1, 2, 300000, 240000, false } } };
static struct sim_drop drops[] = { { "no_rule", 0 }, { "fragment", 3 } };
/* Of 8 requests 2 failed in a minute: 15 s of the error budget. */
static struct sim_failover failovers[] = {
	{ .fault = (char[]){ "crashed" },
	    .member = (char[]){ "backend-1" },
	    .at_ns = 30000000000,
	    .failed_ns = 2500000000,
	    .detected_ns = 7500000000,
	    .rerouted_ns = 7625000000,
	    .restored_ns = SIM_NO_TIME,
	    .moved = 4,
	    .needless = 1,
	    .broken = 2,
	    .lost = 25,
	    .soonest_ns = 5000000000,
	    .latest_ns = 10000000000,
	    .offered = 100,
	    .requests = 8,
	    .retries = 7,
	    .given_up = 1,
	    .errors = 1,
	    .window_ns = 60000000000 },
	{ .fault = (char[]){ "instance-down" },
	    .failed_ns = SIM_NO_TIME,
	    .detected_ns = SIM_NO_TIME,
	    .rerouted_ns = SIM_NO_TIME,
	    .restored_ns = SIM_NO_TIME,
	    .soonest_ns = SIM_NO_TIME,
	    .latest_ns = SIM_NO_TIME },
};
static struct sim_served served[] = { {
    .name = (char[]){ "backend-1" },
    .served = 6,
    .turned_away = 1,
    .cut_short = 2,
    .busy_ns = 1500000000,
    .waited_ns = 250000000,
    .peak_busy = 3,
    .peak_queue = 4,
} };
static struct sim_instance instances[] = { { 1, 3 }, { 1, 1 } };
/* Six answers of 16 to 17 ns, which cannot be told apart. */
static uint64_t response[SIM_TIME_BUCKETS] = { [16] = 6 };
static struct sim_snat_turn turns[] = { { .at_ns = 1500000000,
    .member = (char[]){ "m51" },
    .fault = (char[]){ "added" },
    .members = 50,
    .before = 1024,
    .after = 512,
    .ports = 19,
    .cut = 20,
    .cut_open = 18 } };
static struct sim_case cases[] = { {
    .name = (char[]){ "five-tuple" },
    .rules = rules,
    .rule_count = 1,
    .drops = drops,
    .nats = nats,
    .nat_count = 1,
    .passed = 4,
    .drop_count = 2,
    .untracked = 5,
    .reply_suppressed = 6,
    .turns = turns,
    .turn_count = 1,
    .hairpins = 7,
    .hairpin_packets = 8,
    .outbound_silence = { 3, 5, 600000, 240000, true },
    .failovers = failovers,
    .failover_count = 2,
    .unreachable = 9,
    .clients = { .sessions = 3,
	.requests = 10,
	.answered = 6,
	.retries = 7,
	.given_up = 1,
	.errors = 1,
	.unanswered = 1,
	.refused = 10,
	.reset = 11,
	.notifications = 12,
	.notified = 13,
	.rebound = 14,
	.link_lost = 15,
	.late = 17,
	.late_elsewhere = 16,
	.no_port = 21,
	.came_back = 22,
	.response_ns = 96,
	.response = response },
    .served = served,
    .served_count = 1,
    .instances = instances,
    .instance_count = 2,
    .rehomed = 30,
    .rehomed_moved = 20,
    .rehomed_broken = 10,
} };
/* Nothing detected in the second replication; Jain 1, then 0.5. */
static struct sim_backend backends_too[] = {
	{ (char[]){ "backend-1" }, 0, 100, 0, 3, 2, 300, 100 },
	{ (char[]){ "backend-2" }, 1, 100, 2, 1, 1, 100, 100 },
};
static struct sim_rule rules_too[] = { {
    .name = (char[]){ "all" },
    .backends = backends_too,
    .backend_count = 2,
} };
static struct sim_failover failovers_too[] = {
	{ .fault = (char[]){ "crashed" },
	    .member = (char[]){ "backend-1" },
	    .failed_ns = 1500000000,
	    .detected_ns = SIM_NO_TIME,
	    .rerouted_ns = SIM_NO_TIME,
	    .restored_ns = SIM_NO_TIME,
	    .moved = 6 },
	{ .fault = (char[]){ "instance-down" } },
};
static struct sim_case cases_too[] = { {
    .name = (char[]){ "five-tuple" },
    .rules = rules_too,
    .rule_count = 1,
    .failovers = failovers_too,
    .failover_count = 2,
} };
static struct sim_file files[] = {
	{ .name = (char[]){ "a.pcap" },
	    .sha256 = "00ff",
	    .packets = 9,
	    .damaged_at = UINT64_MAX },
	{ .name = (char[]){ "b\xff.pcap" },
	    .error = (char[]){ "cut off" },
	    .damaged_at = 240 },
};
static const struct sim_record small = {
	.version = (char[]){ "0.1.0" },
	.seed = 1,
	.deterministic = true,
	.partial = true,
	.input = { .files = files,
	    .file_count = 2,
	    .packets = 9,
	    .bytes = 400,
	    .flows = 2,
	    .duration_ns = 1500000000,
	    .role_syn = 1,
	    .role_port = 1,
	    .not_ip = 1,
	    .truncated = 2,
	    .malformed = 0,
	    .other_protocol = 1,
	    .icmp = 1,
	    .over_limit = 5,
	    .loop = 2,
	    .gaps = 1,
	    .gaps_cut_ns = 2250000000,
	    .backwards = 4 },
	.cases = cases,
	.case_count = 1,
	.synthetic = true,
	.warm_up_ns = 500000000,
	.events = 4,
	.max_pending = 1,
};

#define TIED(unit, jain, peak, cv, gini, like, expected, p, h, keys, perfect)  \
	"            \"" unit "\": {\n"                                        \
	"              \"jain\": " jain ",\n"                                  \
	"              \"peak_to_average\": " peak ",\n"                       \
	"              \"cv\": " cv ",\n"                                      \
	"              \"gini\": " gini ",\n"                                  \
	"              \"effective_backends\": " like ",\n"                    \
	"              \"expected_jain\": " expected ",\n"                     \
	"              \"p_value\": " p ",\n"                                  \
	"              \"herfindahl\": " h ",\n"                               \
	"              \"effective_keys\": " keys ",\n"                        \
	"              \"expected\": {\n" perfect "              },\n"         \
	"              \"interval\": {\n"                                      \
	"                \"jain\": null,\n"                                    \
	"                \"cv\": null,\n"                                      \
	"                \"gini\": null,\n"                                    \
	"                \"effective_backends\": null\n"                       \
	"              }\n"                                                    \
	"            }"

/* Two keys on two backends meet half the time: Jain 1/2 and 1, or 1/2 and
 * 0.8; 4,000 draws come so near. */
#define DRAWN(jain, peak, cv, gini, like)                                      \
	"                \"jain\": " jain ",\n"                                \
	"                \"peak_to_average\": " peak ",\n"                     \
	"                \"cv\": " cv ",\n"                                    \
	"                \"gini\": " gini ",\n"                                \
	"                \"effective_backends\": " like "\n"

/* clang-format off */
static const char golden[] =
"{\n"
"  \"fairlead\": \"0.1.0\",\n"
"  \"schema\": 1,\n"
"  \"seed\": 1,\n"
"  \"deterministic\": true,\n"
"  \"partial\": true,\n"
"  \"input\": {\n"
"    \"files\": [\n"
"      {\n"
"        \"name\": \"a.pcap\",\n"
"        \"sha256\": \"00ff\",\n"
"        \"packets\": 9,\n"
"        \"error\": null,\n"
"        \"damaged_at\": null\n"
"      },\n"
"      {\n"
"        \"name\": \"b\xef\xbf\xbd.pcap\",\n"
"        \"sha256\": null,\n"
"        \"packets\": 0,\n"
"        \"error\": \"cut off\",\n"
"        \"damaged_at\": 240\n"
"      }\n"
"    ],\n"
"    \"packets\": 9,\n"
"    \"bytes\": 400,\n"
"    \"flows\": 2,\n"
"    \"duration_s\": 1.5,\n"
"    \"synthetic\": true,\n"
"    \"warm_up_s\": 0.5,\n"
"    \"loop\": 2,\n"
"    \"backwards\": 4,\n"
"    \"gaps_shortened\": 1,\n"
"    \"gaps_shortened_by_s\": 2.25,\n"
"    \"role_by\": {\n"
"      \"syn\": 1,\n"
"      \"port\": 1,\n"
"      \"first\": 0\n"
"    },\n"
"    \"skipped\": {\n"
"      \"not_ip\": 1,\n"
"      \"truncated\": 2,\n"
"      \"malformed\": 0,\n"
"      \"other_protocol\": 1,\n"
"      \"icmp\": 1,\n"
"      \"over_limit\": 5\n"
"    }\n"
"  },\n"
"  \"cases\": [\n"
"    {\n"
"      \"name\": \"five-tuple\",\n"
"      \"rules\": [\n"
"        {\n"
"          \"name\": \"all\",\n"
"          \"distribution\": \"five-tuple\",\n"
"          \"algorithm\": \"maglev\",\n"
"          \"keys\": 2,\n"
"          \"flows\": 2,\n"
"          \"connections\": 2,\n"
"          \"packets\": 4,\n"
"          \"bytes\": 400,\n"
"          \"silent\": null,\n"
"          \"backends\": [\n"
"            {\n"
"              \"name\": \"backend-1\",\n"
"              \"weight\": 100,\n"
"              \"fair\": 0.5,\n"
"              \"flows\": 1,\n"
"              \"packets\": 3,\n"
"              \"packets_in\": 2,\n"
"              \"bytes\": 300,\n"
"              \"bytes_in\": 100\n"
"            },\n"
"            {\n"
"              \"name\": \"backend-2\",\n"
"              \"weight\": 100,\n"
"              \"fair\": 0.5,\n"
"              \"flows\": 1,\n"
"              \"packets\": 1,\n"
"              \"packets_in\": 1,\n"
"              \"bytes\": 100,\n"
"              \"bytes_in\": 100\n"
"            }\n"
"          ],\n"
"          \"fairness\": {\n"
TIED("flows", "1.0", "1.0", "0.0", "0.0", "2.0", "0.666666666667", "null",
    "0.5", "2.0", DRAWN("0.749375", "1.50125", "0.50125", "0.250625", "1.49875")) ",\n"
TIED("packets", "0.8", "1.5", "0.5", "0.25", "1.6", "0.615384615385", "1.0",
    "0.625", "1.6", DRAWN("0.649625", "1.750625", "0.750625", "0.3753125", "1.29925")) ",\n"
TIED("bytes", "0.8", "1.5", "0.5", "0.25", "1.6", "0.615384615385", "1.0",
    "0.625", "1.6", DRAWN("0.649625", "1.750625", "0.750625", "0.3753125", "1.29925")) "\n"
"          }\n"
"        }\n"
"      ],\n"
"      \"nat_rules\": [\n"
"        {\n"
"          \"name\": \"ssh/m\",\n"
"          \"member\": \"m\",\n"
"          \"flows\": 1,\n"
"          \"packets\": 5,\n"
"          \"packets_in\": 3,\n"
"          \"bytes\": 500,\n"
"          \"bytes_in\": 300,\n"
"          \"silent\": {\n"
"            \"connections\": 1,\n"
"            \"times\": 2,\n"
"            \"longest_s\": 300.0,\n"
"            \"idle_timeout_s\": 240.0,\n"
"            \"tcp_reset\": false\n"
"          }\n"
"        }\n"
"      ],\n"
"      \"drops\": {\n"
"        \"no_rule\": 0,\n"
"        \"fragment\": 3\n"
"      },\n"
"      \"passed\": 4,\n"
"      \"untracked\": 5,\n"
"      \"reply_suppressed\": 6,\n"
"      \"hairpin\": {\n"
"        \"connections\": 7,\n"
"        \"packets\": 8\n"
"      },\n"
"      \"outbound_silent\": {\n"
"        \"connections\": 3,\n"
"        \"times\": 5,\n"
"        \"longest_s\": 600.0,\n"
"        \"idle_timeout_s\": 240.0,\n"
"        \"tcp_reset\": true\n"
"      },\n"
"      \"failover\": [\n"
"        {\n"
"          \"fault\": \"crashed\",\n"
"          \"member\": \"backend-1\",\n"
"          \"at_s\": 30.0,\n"
"          \"first_failed_after_s\": 2.5,\n"
"          \"detected_after_s\": 7.5,\n"
"          \"expected_s\": {\n"
"            \"soonest\": 5.0,\n"
"            \"latest\": 10.0\n"
"          },\n"
"          \"rerouted_after_s\": 7.625,\n"
"          \"restored_after_s\": null,\n"
"          \"flows_moved\": 4,\n"
"          \"flows_moved_needlessly\": 1,\n"
"          \"flows_broken\": 2,\n"
"          \"packets_lost\": 25,\n"
"          \"offered\": 100,\n"
"          \"requests\": 8,\n"
"          \"retries\": 7,\n"
"          \"given_up\": 1,\n"
"          \"errors\": 1,\n"
"          \"unanswered\": 0,\n"
"          \"availability\": 0.75,\n"
"          \"error_budget_minutes\": 0.25\n"
"        },\n"
"        {\n"
"          \"fault\": \"instance-down\",\n"
"          \"member\": null,\n"
"          \"at_s\": 0.0,\n"
"          \"first_failed_after_s\": null,\n"
"          \"detected_after_s\": null,\n"
"          \"expected_s\": {\n"
"            \"soonest\": null,\n"
"            \"latest\": null\n"
"          },\n"
"          \"rerouted_after_s\": null,\n"
"          \"restored_after_s\": null,\n"
"          \"flows_moved\": 0,\n"
"          \"flows_moved_needlessly\": 0,\n"
"          \"flows_broken\": 0,\n"
"          \"packets_lost\": 0,\n"
"          \"offered\": 0,\n"
"          \"requests\": 0,\n"
"          \"retries\": 0,\n"
"          \"given_up\": 0,\n"
"          \"errors\": 0,\n"
"          \"unanswered\": 0,\n"
"          \"availability\": null,\n"
"          \"error_budget_minutes\": null\n"
"        }\n"
"      ],\n"
"      \"unreachable\": 9,\n"
"      \"clients\": {\n"
"        \"sessions\": 3,\n"
"        \"requests\": 10,\n"
"        \"answered\": 6,\n"
"        \"retries\": 7,\n"
"        \"given_up\": 1,\n"
"        \"given_up_without_port\": 21,\n"
"        \"given_up_hairpin\": 22,\n"
"        \"errors\": 1,\n"
"        \"unanswered\": 1,\n"
"        \"under_way\": 2,\n"
"        \"refused\": 10,\n"
"        \"reset\": 11,\n"
"        \"notifications\": 12,\n"
"        \"notified\": 13,\n"
"        \"rebound\": 14,\n"
"        \"link_lost\": 15,\n"
"        \"late\": 17,\n"
"        \"late_elsewhere\": 16,\n"
"        \"availability\": 0.625,\n"
"        \"response_s\": {\n"
"          \"mean\": 1.6e-8,\n"
"          \"p50\": 1.65e-8,\n"
"          \"p90\": 1.7e-8,\n"
"          \"p99\": 1.7e-8,\n"
"          \"max\": 1.7e-8\n"
"        }\n"
"      },\n"
"      \"servers\": [\n"
"        {\n"
"          \"name\": \"backend-1\",\n"
"          \"served\": 6,\n"
"          \"turned_away\": 1,\n"
"          \"cut_short\": 2,\n"
"          \"busy_s\": 1.5,\n"
"          \"waited_s\": 0.25,\n"
"          \"peak_busy\": 3,\n"
"          \"peak_queue\": 4\n"
"        }\n"
"      ],\n"
"      \"instances\": [\n"
"        {\n"
"          \"flows\": 1,\n"
"          \"packets\": 3\n"
"        },\n"
"        {\n"
"          \"flows\": 1,\n"
"          \"packets\": 1\n"
"        }\n"
"      ],\n"
"      \"rehomed\": {\n"
"        \"flows\": 30,\n"
"        \"moved\": 20,\n"
"        \"broken\": 10\n"
"      },\n"
"      \"snat\": [],\n"
"      \"snat_turns\": [\n"
"        {\n"
"          \"at_s\": 1.5,\n"
"          \"member\": \"m51\",\n"
"          \"fault\": \"added\",\n"
"          \"members\": 50,\n"
"          \"ports_before\": 1024,\n"
"          \"ports_after\": 512,\n"
"          \"ports_taken\": 19,\n"
"          \"flows_cut\": 20,\n"
"          \"open_cut\": 18\n"
"        }\n"
"      ],\n"
"      \"outbound\": {\n"
"        \"packets\": 0,\n"
"        \"bytes\": 0\n"
"      }\n"
"    }\n"
"  ],\n"
"  \"replications\": {\n"
"    \"count\": 1,\n"
"    \"cases\": []\n"
"  },\n"
"  \"assertions\": [],\n"
"  \"run\": {\n"
"    \"events\": 4,\n"
"    \"max_pending\": 1\n"
"  }\n"
"}\n";
/* clang-format on */

static void
test_golden(void)
{
	char *text = summary(&small);
	CU_ASSERT_STRING_EQUAL(text, golden);
	if (strcmp(text, golden) != 0)
		(void)fputs(text, stdout);
	free(text);
}

/* --- what cannot be known, what does not fit ------------------------------ */

/* Where there are keys enough, each interval holds its index. */
/* Two replications: where one never noticed, one value is left, and no
 * interval; of 4 and 6 flows that is 5 +- 12.7, Student's t of one degree. */
static void
test_replications(void)
{
	static const char *const parts[] = {
		"  \"replications\": {\n    \"count\": 2,",
		"            \"detected_after_s\": {\n              \"n\": 1,\n"
		"              \"mean\": 7.5,\n"
		"              \"interval\": null,\n",
		"            \"first_failed_after_s\": {\n"
		"              \"n\": 2,\n              \"mean\": 2.0,\n",
		"            \"flows_moved\": {\n              \"n\": 2,\n"
		"              \"mean\": 5.0,\n"
		"              \"interval\": [\n"
		"                0.0",
		"            \"restored_after_s\": {\n              \"n\": 0,\n"
		"              \"mean\": null,\n"
		"              \"interval\": null,\n"
		"              \"min\": null,\n",
		/* Jain 1 and 0.5 */
		"            \"flows\": {\n              \"jain\": {\n"
		"                \"n\": 2,\n                \"mean\": 0.75,\n",
	};
	struct sim_record twice = small;

	twice.replicas = cases_too;
	twice.replica_count = 1;
	twice.replications = 2;
	char *text = summary(&twice);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		UNIT_ROW(parts[i], strstr(text, parts[i]) != NULL);
	CU_ASSERT_PTR_NULL(strstr(text, ": nan"));
	/* other faults in each: all together */
	failovers_too[1].fault = (char[]){ "crashed" };
	char *drawn = summary(&twice);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(drawn, "          {\n            \"fault\": null,\n"));
	failovers_too[1].fault = (char[]){ "instance-down" };
	free(drawn);
	free(text);
}

static void
test_intervals(void)
{
	struct sample_spec spec = { 4, 400, 0, NULL };
	struct sim_record *record = sample_record(&spec);
	char *text = summary(record), *at;
	static const char *const names[] = { "jain", "cv", "gini",
		"effective_backends" };

	UNIT_NEED(text);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char name[32], *end;
		(void)snprintf(name, sizeof(name), "\"%s\": ", names[i]);
		UNIT_NEED(at = strstr(text, name));
		double value = strtod(at + strlen(name), NULL);
		(void)snprintf(name, sizeof(name), "\"%s\": [", names[i]);
		UNIT_NEED(at = strstr(text, name));
		double low = strtod(at + strlen(name), &end);
		double high = strtod(end + 1, NULL);
		UNIT_ROW(names[i], low < value && value < high);
	}
	free(text);
	sample_free(record);
}

static void
test_no_traffic(void)
{
	struct sample_spec spec = { 4, 0, 0, NULL };
	struct sim_record *record = sample_record(&spec);
	char *text = summary(record);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"jain\": null"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"p_value\": null"));
	CU_ASSERT_PTR_NULL(strstr(text, ": nan"));
	CU_ASSERT_PTR_NULL(strstr(text, "inf"));
	free(text);
	sample_free(record);
}

static void
test_nothing_at_all(void)
{
	struct sim_record record = { .version = (char[]){ "0" } };
	char *text = summary(&record);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"files\": []"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"cases\": []"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"duration_s\": 0.0"));
	free(text);
}

static void
test_large_numbers(void)
{
	struct sim_record record = { .version = (char[]){ "0" } };
	record.seed = INT64_MAX;
	record.events = UINT64_MAX;
	char *text = summary(&record);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"seed\": 9223372036854775807,"));
	/* text, rather than -1 */
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(text, "\"events\": \"18446744073709551615\","));
	free(text);
}

static void
test_same_again(void)
{
	struct sample_spec spec = { 12, 5000, 1.2, NULL };
	struct sim_record *record = sample_record(&spec);
	char *one = summary(record), *two = summary(record);
	CU_ASSERT_STRING_EQUAL(one, two);
	free(one);
	free(two);
	sample_free(record);
}

static void
test_full_disk(void)
{
	FILE *to = fopen("/dev/full", "w");
	if (to == NULL)
		return; /* not a Linux */
	CU_ASSERT_EQUAL(report_json(&small, to), -1);
	CU_ASSERT_EQUAL(errno, ENOSPC);
	(void)fclose(to);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "golden", test_golden },
		{ "replications", test_replications },
		{ "intervals", test_intervals },
		{ "no traffic", test_no_traffic },
		{ "nothing at all", test_nothing_at_all },
		{ "large numbers", test_large_numbers },
		{ "same again", test_same_again },
		{ "full disk", test_full_disk },
		CU_TEST_INFO_NULL,
	};

	return unit_main("json", tests);
}
