/* SPDX-License-Identifier: MIT */
/* reports/words/checks.c: every metric measured, every relation, what is not
 * known.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/words/checks.h"
#include "reports/report.h"
#include "tests/unit.h"

/* Flows 1:1, packets 3:1, bytes 3:1: Jain 0.8 and the like. */
static struct sim_backend backends[] = {
	{ (char[]){ "a" }, 0, 100, 1, 3, 2, 300, 100 },
	{ (char[]){ "b" }, 1, 100, 1, 1, 1, 100, 100 },
};
static struct sim_key keys[] = { { 1, 3, 300, 0 }, { 1, 1, 100, 1 } };
static struct sim_backend lone[] = {
	{ (char[]){ "a" }, 0, 100, 0, 0, 0, 0, 0 },
};
static struct sim_rule rules[] = {
	{ .name = (char[]){ "all" },
	    .flows = 2,
	    .connections = 5,
	    .packets = 4,
	    .bytes = 400,
	    .backends = backends,
	    .backend_count = 2,
	    .keys = keys,
	    .key_count = 2 },
	{ .name = (char[]){ "idle" }, .backends = lone, .backend_count = 1 },
};
static struct sim_drop drops[] = { { "no_rule", 0 }, { "fragment", 3 },
	{ "ttl", 4 } };
/* Of 100 packets 25 lost in a minute; found after 7.5 s, back after 45 s.
 * Then one that no probe finds, and in which nothing is asked for. */
static struct sim_failover known[] = { {
    .fault = (char[]){ "crashed" },
    .member = (char[]){ "a" },
    .at_ns = 30000000000,
    .failed_ns = 2500000000,
    .detected_ns = 7500000000,
    .rerouted_ns = 7600000000,
    .restored_ns = 45000000000,
    .moved = 4,
    .needless = 1,
    .broken = 2,
    .lost = 25,
    .offered = 100,
    .window_ns = 60000000000,
} };
static struct sim_failover both[] = {
	{
	    .fault = (char[]){ "admin-down" },
	    .member = (char[]){ "b" },
	    .failed_ns = SIM_NO_TIME,
	    .detected_ns = 0,
	    .rerouted_ns = 100000000,
	    .restored_ns = 20000000000,
	    .moved = 3,
	    .lost = 5,
	    .offered = 20,
	    .window_ns = 120000000000,
	},
	{
	    .fault = (char[]){ "deaf" },
	    .member = (char[]){ "a" },
	    .failed_ns = SIM_NO_TIME,
	    .detected_ns = SIM_NO_TIME,
	    .rerouted_ns = SIM_NO_TIME,
	    .restored_ns = SIM_NO_TIME,
	    .soonest_ns = SIM_NO_TIME,
	    .latest_ns = SIM_NO_TIME,
	    .window_ns = 60000000000,
	},
};
/* The same case in another replication: worse. */
static struct sim_failover worse[] = { {
    .fault = (char[]){ "crashed" },
    .member = (char[]){ "a" },
    .detected_ns = 9500000000,
    .rerouted_ns = 9600000000,
    .restored_ns = 44000000000,
    .moved = 5,
    .lost = 30,
    .offered = 100,
    .window_ns = 60000000000,
} };
/* 99 answered in 10 to 11 ms, one in 1 to 1.06 s: 16 to a power of 2. */
static uint64_t response[SIM_TIME_BUCKETS];
static struct sim_case lived[] = { {
    .name = (char[]){ "m" },
    .rules = rules,
    .rule_count = 1,
    .failovers = known,
    .failover_count = 1,
} };
static struct sim_case faulty[] = {
	{ .name = (char[]){ "m" },
	    .rules = rules,
	    .rule_count = 1,
	    .failovers = known,
	    .failover_count = 1 },
	{ .name = (char[]){ "n" },
	    .rules = rules,
	    .rule_count = 1,
	    .failovers = both,
	    .failover_count = 2,
	    .clients = { .requests = 1000,
		.answered = 995,
		.given_up = 5,
		.response = response } },
	{ .name = (char[]){ "calm" }, .rules = rules, .rule_count = 1 },
};
static struct sim_case again[] = { {
    .name = (char[]){ "m" },
    .rules = rules,
    .rule_count = 1,
    .failovers = worse,
    .failover_count = 1,
} };

/* On two frontends, which belong together. */
static struct sim_snat full[] = {
	{ .member = (char[]){ "a" },
	    .proto = 6,
	    .allocated = 64,
	    .peak = 64,
	    .full_used = 64,
	    .full_allocated = 64,
	    .opened = 100,
	    .asked = 125,
	    .blocked = 40,
	    .failed = 50 },
	{ .member = (char[]){ "a" },
	    .proto = 6,
	    .allocated = 64,
	    .peak = 64,
	    .full_used = 64,
	    .full_allocated = 64,
	    .opened = 100,
	    .asked = 75 },
};
static struct sim_snat half[] = {
	{ .member = (char[]){ "a" },
	    .proto = 6,
	    .allocated = 64,
	    .peak = 40,
	    .full_used = 40,
	    .full_allocated = 64,
	    .opened = 100 },
	{ .member = (char[]){ "a" },
	    .proto = 6,
	    .allocated = 64,
	    .peak = 8,
	    .full_used = 8,
	    .full_allocated = 64,
	    .opened = 10 },
	{ .member = (char[]){ "b" }, .proto = 6, .allocated = 128 },
};
static struct sim_case calling[] = {
	{ .name = (char[]){ "full" }, .snat = full, .snat_count = 2 },
	{ .name = (char[]){ "half" },
	    .snat = half,
	    .snat_count = 3,
	    .hairpins = 3 },
	{ .name = (char[]){ "none" }, .snat = &half[2], .snat_count = 1 },
};

static struct sim_case cases[] = {
	{ .name = (char[]){ "m" },
	    .rules = rules,
	    .rule_count = 2,
	    .drops = drops,
	    .drop_count = 3,
	    .untracked = 5,
	    .reply_suppressed = 6 },
	{ .name = (char[]){ "n" },
	    .rules = rules,
	    .rule_count = 1,
	    .drops = drops,
	    .drop_count = 1 },
};

/* clang-format off */
static const struct row {
	const char *text, *shown; /* all that is shown, a line each */
	int failed;
} rows[] = {
	{ "jain(all, m) == 1", "  PASS  jain(all, m) == 1: 1\n", 0 },
	{ "jain.bytes(all, m) >= 0.8", "  PASS  jain.bytes(all, m) >= 0.8: 0.8\n", 0 },
	{ "jain.bytes(all, m) > 0.8", "  FAIL  jain.bytes(all, m) > 0.8: 0.8\n", 1 },
	{ "cv.bytes(all, m) <= 0.5", "  PASS  cv.bytes(all, m) <= 0.5: 0.5\n", 0 },
	{ "gini.packets(all, m) < 0.25", "  FAIL  gini.packets(all, m) < 0.25: 0.25\n", 1 },
	{ "peak_to_average.bytes(all, m) == 1.5",
	    "  PASS  peak_to_average.bytes(all, m) == 1.5: 1.5\n", 0 },
	{ "effective_backends.bytes(all, m) == 1.6",
	    "  PASS  effective_backends.bytes(all, m) == 1.6: 1.6\n", 0 },
	{ "p_value(all, m) >= 0",
	    "  FAIL  p_value(all, m) >= 0: - (not known: too few keys to test)\n", 1 },
	{ "max_share.bytes(all, m) <= 75%",
	    "  PASS  max_share.bytes(all, m) <= 0.75: 0.75\n", 0 },
	{ "min_share.bytes(all, m) == 25%",
	    "  PASS  min_share.bytes(all, m) == 0.25: 0.25\n", 0 },
	{ "share.bytes(all, b, m) == 0.25",
	    "  PASS  share.bytes(all, b, m) == 0.25: 0.25\n", 0 },
	{ "share(all, z, m) > 0",
	    "  FAIL  share(all, z, m) > 0: - (not known: no such backend)\n", 1 },
	{ "flows(all, m) == 2", "  PASS  flows(all, m) == 2: 2\n", 0 },
	{ "connections(all, m) == 5", "  PASS  connections(all, m) == 5: 5\n", 0 },
	{ "packets(all, m) == 4", "  PASS  packets(all, m) == 4: 4\n", 0 },
	{ "bytes(all, m) == 400", "  PASS  bytes(all, m) == 400: 400\n", 0 },
	{ "keys(all, m) == 2", "  PASS  keys(all, m) == 2: 2\n", 0 },
	{ "backends(*, m) < 2", "  FAIL  backends(all, m) < 2: 2\n"
	    "  PASS  backends(idle, m) < 2: 1\n", 1 },
	{ "drops(fragment, m) == 3", "  PASS  drops(fragment, m) == 3: 3\n", 0 },
	{ "drops(*, m) == 7", "  PASS  drops(*, m) == 7: 7\n", 0 },
	{ "drops(fragment) == 3", "  PASS  drops(fragment, m) == 3: 3\n"
	    "  FAIL  drops(fragment, n) == 3: - (not known: no such drop reason)\n", 1 },
	{ "untracked() < 5", "  FAIL  untracked(m) < 5: 5\n"
	    "  PASS  untracked(n) < 5: 0\n", 1 },
	{ "reply_suppressed(m) == 6", "  PASS  reply_suppressed(m) == 6: 6\n", 0 },
	{ "jain(idle) > 0",
	    "  FAIL  jain(idle, m) > 0: - (not known: nothing was carried)\n", 1 },
	{ "jain(nobody) > 0",
	    "  FAIL  jain(nobody) > 0: - (not known: no such rule or case)\n", 1 },
	{ "jain(all, o) > 0",
	    "  FAIL  jain(all, o) > 0: - (not known: no such rule or case)\n", 1 },
};

/* Of the cases m, n and calm. */
static const struct row failures[] = {
	{ "time_to_detect(m) <= 10s", "  PASS  time_to_detect(m) <= 10s: 7.5\n", 0 },
	{ "time_to_detect(m) <= 7", "  FAIL  time_to_detect(m) <= 7s: 7.5\n", 1 },
	{ "time_to_detect(n) <= 10s", "  FAIL  time_to_detect(n) <= 10s: - "
	    "(not known: a fault was never detected)\n", 1 },
	{ "time_to_detect(calm) <= 10s", "  FAIL  time_to_detect(calm) <= 10s: - "
	    "(not known: there was no fault)\n", 1 },
	{ "time_to_reroute(m) == 7600ms", "  PASS  time_to_reroute(m) == 7.6s: 7.6\n", 0 },
	{ "time_to_reroute(n) <= 1h", "  FAIL  time_to_reroute(n) <= 3600s: - "
	    "(not known: no flow was placed elsewhere)\n", 1 },
	{ "time_to_restore(m) <= 1m", "  PASS  time_to_restore(m) <= 60s: 45\n", 0 },
	{ "time_to_restore(n) <= 1m", "  FAIL  time_to_restore(n) <= 60s: - "
	    "(not known: a member never came back)\n", 1 },
	{ "flows_moved() <= 3", "  FAIL  flows_moved(m) <= 3: 4\n"
	    "  PASS  flows_moved(n) <= 3: 3\n"
	    "  PASS  flows_moved(calm) <= 3: 0\n", 1 },
	{ "flows_moved_needlessly(m) == 1",
	    "  PASS  flows_moved_needlessly(m) == 1: 1\n", 0 },
	{ "flows_broken(m) == 0", "  FAIL  flows_broken(m) == 0: 2\n", 1 },
	{ "packets_lost(n) == 5", "  PASS  packets_lost(n) == 5: 5\n", 0 },
	{ "error_budget_minutes(m) == 0.25",
	    "  PASS  error_budget_minutes(m) == 0.25: 0.25\n", 0 },
	{ "error_budget_minutes(n) == 0.5", /* the deaf one's is not known */
	    "  PASS  error_budget_minutes(n) == 0.5: 0.5\n", 0 },
	{ "given_up(n) < 5", "  FAIL  given_up(n) < 5: 5\n", 1 },
	{ "availability(m) >= 75%", "  PASS  availability(m) >= 0.75: 0.75\n", 0 },
	{ "availability(n) >= 99.9%", "  FAIL  availability(n) >= 0.999: 0.995\n", 1 },
	{ "availability(calm) > 0", "  FAIL  availability(calm) > 0: - "
	    "(not known: nothing was asked for)\n", 1 },
	{ "response_p99(n) < 11ms", "  PASS  response_p99(n) < 0.011s: 0.0104858\n", 0 },
	{ "response_p99(m) < 11ms", "  FAIL  response_p99(m) < 0.011s: - "
	    "(not known: no request was answered)\n", 1 },
};

/* Members whose own connections found ports, or did not. */
static const struct row outbound[] = {
	{ "snat_blocking(full) <= 20%", "  PASS  snat_blocking(full) <= 0.2: 0.2\n", 0 },
	{ "snat_blocking(full) < 20%", "  FAIL  snat_blocking(full) < 0.2: 0.2\n", 1 },
	{ "snat_failed(full) <= 50", "  PASS  snat_failed(full) <= 50: 50\n", 0 },
	{ "snat_failed() == 0", "  FAIL  snat_failed(full) == 0: 50\n"
	    "  PASS  snat_failed(half) == 0: 0\n"
	    "  PASS  snat_failed(none) == 0: 0\n", 1 },
	{ "snat_peak_ports(full) <= 128", "  PASS  snat_peak_ports(full) <= 128: 128\n", 0 },
	{ "snat_peak_ports(half) < 40", "  FAIL  snat_peak_ports(half) < 40: 48\n", 1 },
	{ "snat_peak_share(half) <= 75%", "  PASS  snat_peak_share(half) <= 0.75: 0.375\n", 0 },
	{ "snat_peak_share(full) <= 75%", "  FAIL  snat_peak_share(full) <= 0.75: 1\n", 1 },
	{ "snat_peak_share(none) <= 75%", "  FAIL  snat_peak_share(none) <= 0.75: - "
	    "(not known: no member used a SNAT port)\n", 1 },
	{ "snat_blocking(none) <= 1%", "  FAIL  snat_blocking(none) <= 0.01: - "
	    "(not known: no member used a SNAT port)\n", 1 },
	{ "hairpin_failures(half) == 3", "  PASS  hairpin_failures(half) == 3: 3\n", 0 },
	{ "hairpin_failures() == 0", "  PASS  hairpin_failures(full) == 0: 0\n"
	    "  FAIL  hairpin_failures(half) == 0: 3\n"
	    "  PASS  hairpin_failures(none) == 0: 0\n", 1 },
};

/* Of m in two replications: the worse one counts, whatever is asked. */
static const struct row replicated[] = {
	{ "time_to_detect() <= 9", "  FAIL  time_to_detect(m) <= 9s: 9.5\n", 1 },
	{ "time_to_restore() <= 1m", "  PASS  time_to_restore(m) <= 60s: 45\n", 0 },
	{ "availability() >= 70%", "  PASS  availability(m) >= 0.7: 0.7\n", 0 },
	{ "flows_moved() == 4", "  FAIL  flows_moved(m) == 4: 5\n", 1 },
	{ "flows(all) == 2", "  PASS  flows(all, m) == 2: 2\n", 0 },
};
/* clang-format on */

static void
try_rows(const struct sim_record *of, const struct row *table, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		struct lb_assertion a;
		char error[256], expect[512], *shown = NULL;
		size_t bytes;
		struct sim_record record = *of;

		record.assertions = &a;
		record.assertion_count = 1;

		UNIT_ROW(table[i].text,
		    lb_assertion_read(table[i].text, &a, error, sizeof(error)));
		FILE *to = open_memstream(&shown, &bytes);
		UNIT_NEED(to);
		UNIT_EQUAL(table[i].text, report_assertions(&record, to),
		    table[i].failed);
		UNIT_EQUAL(
		    table[i].text, report_failures(&record), table[i].failed);
		(void)fclose(to);
		int count = 0;
		for (const char *c = table[i].shown; *c != '\0'; c++)
			count += *c == '\n';
		(void)snprintf(expect, sizeof(expect), "\nAssertions:\n%s",
		    table[i].shown);
		if (table[i].failed > 0)
			(void)snprintf(expect + strlen(expect),
			    sizeof(expect) - strlen(expect),
			    "  %d of %d failed\n", table[i].failed, count);
		if (strcmp(shown, expect) != 0)
			(void)fprintf(stderr, "%s", shown);
		UNIT_ROW(table[i].text, strcmp(shown, expect) == 0);
		free(shown);
		lb_assertion_free(&a);
	}
}

#define TRY(record, rows)                                                      \
	try_rows(&(record), rows, sizeof(rows) / sizeof((rows)[0]))

static void
test_rows(void)
{
	const struct sim_record record = { .cases = cases, .case_count = 2 };

	TRY(record, rows);
}

static void
test_failures(void)
{
	const struct sim_record record = { .cases = faulty, .case_count = 3 };
	const struct sim_record twice = {
		.cases = lived,
		.case_count = 1,
		.replicas = again,
		.replica_count = 1,
		.replications = 2,
	};

	response[sim_time_bucket(10000000)] = 99;
	response[sim_time_bucket(1000000000)] = 1;
	TRY(record, failures);
	TRY(twice, replicated);
}

static void
test_outbound(void)
{
	const struct sim_record record = { .cases = calling, .case_count = 3 };

	TRY(record, outbound);
}

/* Nothing demanded, nothing said. */
static void
test_none(void)
{
	const struct sim_record record = { .cases = cases, .case_count = 2 };
	char *shown = NULL;
	size_t bytes;
	FILE *to = open_memstream(&shown, &bytes);

	UNIT_NEED(to);
	CU_ASSERT_EQUAL(report_assertions(&record, to), 0);
	(void)fclose(to);
	CU_ASSERT_EQUAL(bytes, 0);
	free(shown);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "rows", test_rows },
		{ "failures", test_failures },
		{ "outbound", test_outbound },
		{ "none", test_none },
		CU_TEST_INFO_NULL,
	};

	return unit_main("checks", tests);
}
