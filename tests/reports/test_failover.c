/* SPDX-License-Identifier: MIT */
/* reports/stats/failover.c, failover_words.c, failover_table.c and what a
 * verdict says when members were out. */
#include "reports/tables/failover_table.h"
#include "reports/words/failover_words.h"
#include "reports/words/finding.h"
#include "model/scenario/fault.h"
#include "tests/reports/wreck.h"
#include "tests/unit.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define S  UINT64_C(1000000000)
#define NO SIM_NO_TIME

static char crashed[] = "crashed", member_a[] = "a";

/* --- words ---------------------------------------------------------------- */

/* clang-format off */
static const struct {
	struct sim_failover of;
	const char *words;
} told[] = {
	{ { .fault = (char[]){ "crashed" }, .member = (char[]){ "vm-2" },
	    .at_ns = 30 * S, .failed_ns = 2 * S, .detected_ns = 7300000000,
	    .rerouted_ns = 7500000000, .restored_ns = 45 * S,
	    .soonest_ns = 5 * S, .latest_ns = 10 * S,
	    .moved = 12, .needless = 1, .broken = 2, .lost = 41,
	    .offered = 82, .window_ns = 120 * S },
	    "vm-2 crashed at 30 s; its probe noticed after 7.3 s (5 s to 10 s "
	    "expected), and the first flow went elsewhere 200 ms later. It was "
	    "back 45 s after the fault. 41 client packets were lost, 12 flows "
	    "moved (1 needlessly), 2 open connections broke until the end. "
	    "That is an availability of 50.0 %, and 60 s of error budget." },
	{ { .fault = (char[]){ "deaf" }, .member = (char[]){ "vm-2" },
	    .at_ns = 90 * S, .failed_ns = NO, .detected_ns = NO,
	    .rerouted_ns = NO, .restored_ns = NO, .soonest_ns = NO,
	    .latest_ns = NO, .lost = 1, .requests = 10, .given_up = 1,
	    .window_ns = 60 * S },
	    "vm-2 fell silent while something else on it still answered from "
	    "90 s on; no probe noticed, nor could one: only one that asks the "
	    "service itself sees it. Probe it with coap, udp or dns, which "
	    "take `sku: fairlead`. 1 client packet was lost, no flow moved; of "
	    "10 requests 1 was given up until the end. That is an availability "
	    "of 90.0 %, and 6 s of error budget." },
	{ { .fault = (char[]){ "crashed" }, .member = (char[]){ "vm-2" },
	    .at_ns = 0, .failed_ns = NO, .detected_ns = NO, .rerouted_ns = NO,
	    .restored_ns = NO, .soonest_ns = 5 * S, .latest_ns = 10 * S },
	    "vm-2 crashed at 0 s; no probe noticed it in time (5 s to 10 s "
	    "expected). No client packet was lost and no flow moved." },
	{ { .fault = (char[]){ "admin-down" }, .member = (char[]){ "vm-2" },
	    .at_ns = 5 * S, .failed_ns = NO, .detected_ns = 0,
	    .rerouted_ns = 0, .restored_ns = NO, .soonest_ns = NO,
	    .latest_ns = NO, .moved = 1 },
	    "vm-2 was set to admin state down at 5 s, and the first flow went "
	    "elsewhere at once. No client packet was lost, 1 flow moved "
	    "until the end." },
	{ { .fault = (char[]){ "instance-down" }, .at_ns = 5 * S,
	    .failed_ns = NO, .detected_ns = NO, .rerouted_ns = NO,
	    .restored_ns = NO, .soonest_ns = NO, .latest_ns = NO,
	    .broken = 1, .requests = 4 },
	    "a balancer died at 5 s. It did not come back. No client packet "
	    "was lost, no flow moved, 1 open connection broke; of 4 requests "
	    "none was given up until the end." },
	{ { .fault = (char[]){ "off" }, .member = (char[]){ "vm-2" },
	    .at_ns = 5 * S, .failed_ns = NO, .detected_ns = NO,
	    .rerouted_ns = NO, .restored_ns = NO, .soonest_ns = NO,
	    .latest_ns = NO, .requests = 40, .given_up = 1, .errors = 5,
	    .unanswered = 4, .window_ns = 60 * S },
	    "vm-2 was switched off at 5 s; nobody was to notice: no probe sees "
	    "this. Give its rule a probe. No client packet was lost and no "
	    "flow moved; of 40 requests 1 was given up, 4 left unanswered, 5 "
	    "answered by an error until the end. That is an availability of "
	    "75.0 %, and 15 s of error budget." },
	{ { .fault = (char[]){ "slow" },
	    .member = (char[]){ "\x1b[2J\xff" }, .at_ns = 1500000,
	    .failed_ns = NO, .detected_ns = NO, .rerouted_ns = NO,
	    .restored_ns = NO, .soonest_ns = NO, .latest_ns = NO },
	    "?[2J\xef\xbf\xbd slowed down from 1.5 ms on; no probe noticed, "
	    "nor could one: a probe sees whether it answers, not how soon. "
	    "No client packet was lost and no flow moved." },
};
/* clang-format on */

static void
test_words(void)
{
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		struct sim_failover f = told[i].of;
		const struct sim_case c = { .failovers = &f,
			.failover_count = 1 };
		char *words = report_failover_words(&c, 0, &report_terminal);
		UNIT_NEED(words);
		if (strcmp(words, told[i].words) != 0)
			(void)fprintf(stderr, "%s\n", words);
		UNIT_ROW(told[i].words, strcmp(words, told[i].words) == 0);
		free(words);
	}
}

/* Every fault that takes something away has words of its own; who is added
 * does so where others give up SNAT ports. */
static void
test_kinds(void)
{
	for (unsigned k = 0; k < LB_FAULT_COUNT; k++) {
		struct sim_failover f = {
			.fault = (char *)(uintptr_t)lb_fault_name(k),
			.member = (char[]){ "vm" },
		};
		const struct sim_case c = { .failovers = &f,
			.failover_count = 1 };
		char *words = report_failover_words(&c, 0, &report_terminal);
		UNIT_NEED(words);
		bool none = strncmp(words, "vm failed at", 12) == 0;
		UNIT_ROW(lb_fault_name(k),
		    none == !(lb_fault_is_bad((enum lb_fault_kind)k) ||
				k == LB_FAULT_ADDED));
		/* the same who probe for nothing there */
		bool by_hand = lb_fault_subject((enum lb_fault_kind)k) ==
				   LB_FAULT_OF_CONFIG ||
			       lb_fault_subject((enum lb_fault_kind)k) ==
				   LB_FAULT_OF_INSTANCE;
		if (lb_fault_is_bad((enum lb_fault_kind)k))
			UNIT_ROW(lb_fault_name(k),
			    report_is_probed_for(&f) != by_hand);
		free(words);
	}
}

/* What befalls several at once is told once. */
static void
test_together(void)
{
	static const struct {
		size_t count;
		const char *begins;
	} table[] = { { 1, "vm-1 crashed at" },
		{ 2, "vm-1 and vm-2 crashed at 1 s; their probes noticed "
		     "after" },
		{ 3, "vm-1, vm-2 and vm-3 crashed" },
		{ 12, "vm-1, vm-2 and 10 others crashed" } };
	char names[12][8];
	struct sim_failover f[12];

	for (size_t i = 0; i < 12; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "vm-%zu", i + 1);
		f[i] = (struct sim_failover){
			.fault = crashed, .member = names[i], .at_ns = S
		};
	}
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct sim_case c = { .failovers = f,
			.failover_count = table[i].count };
		char *words = report_failover_words(
		    &c, table[i].count - 1, &report_terminal);
		UNIT_NEED(words);
		UNIT_ROW(words, strncmp(words, table[i].begins,
				    strlen(table[i].begins)) == 0);
		UNIT_ROW(words, !report_is_told_later(&c, table[i].count - 1));
		UNIT_ROW(
		    words, report_is_told_later(&c, 0) == (table[i].count > 1));
		free(words);
	}
}

static void
test_nines(void)
{
	static const struct {
		double is;
		const char *text;
	} table[] = { { 1, "100 %" }, { 0, "0.0 %" }, { 0.5, "50.0 %" },
		{ 0.974, "97.4 %" }, { 0.9974, "99.74 %" },
		{ 0.99967, "99.967 %" }, { 0.9999951, "99.99951 %" } };
	char text[REPORT_TEXT_BYTES];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		CU_ASSERT_STRING_EQUAL(
		    report_nines(text, &report_terminal, table[i].is),
		    table[i].text);
}

/* --- numbers -------------------------------------------------------------- */

static void
expect_near(const char *what, double is, double to_be)
{
	if (!(fabs(is - to_be) <= 1e-9 * (1 + fabs(to_be))))
		(void)fprintf(
		    stderr, "%s: %.12g, not %.12g\n", what, is, to_be);
	UNIT_ROW(what, fabs(is - to_be) <= 1e-9 * (1 + fabs(to_be)));
}

/* 100 answers: 98 of 16 ns, then 32 ns and 64 ns; a bucket is as wide as a
 * 16th of them. */
static void
test_response(void)
{
	static uint64_t response[SIM_TIME_BUCKETS];
	const struct sim_clients c = {
		.answered = 100,
		.response_ns = 98 * 16 + 32 + 64,
		.response = response,
	};
	const struct sim_clients none = { .answered = 0 };

	response[sim_time_bucket(16)] = 98;
	response[sim_time_bucket(32)] = 1;
	response[sim_time_bucket(64)] = 1;
	struct report_response r = report_response_of(&c);
	expect_near("mean", r.mean, 16.64e-9);
	expect_near("p50", r.p50, (16 + 50. / 98) * 1e-9);
	expect_near("p90", r.p90, (16 + 90. / 98) * 1e-9);
	expect_near("p99", r.p99, 34e-9);
	expect_near("max", r.max, 68e-9);
	CU_ASSERT_TRUE(isnan(report_response_of(&none).p50));
	CU_ASSERT_TRUE(isnan(report_response_quantile(&none, 1)));
}

/* Detected after 4, 6 and 8 s, and in the fourth never. */
static void
test_spread(void)
{
	struct sim_failover f[4] = { { 0 } };
	struct sim_case cases[4] = { { 0 } };
	struct report_spread s;

	for (size_t i = 0; i < 4; i++) {
		f[i].fault = crashed;
		f[i].member = member_a;
		f[i].detected_ns = i < 3 ? (4 + 2 * i) * S : NO;
		cases[i].failovers = &f[i];
		cases[i].failover_count = 1;
	}
	struct sim_record record = {
		.cases = cases,
		.case_count = 1,
		.replicas = &cases[1],
		.replica_count = 3,
		.replications = 4,
	};
	CU_ASSERT_TRUE(report_faults_agree(&record, 0));
	CU_ASSERT_EQUAL(
	    report_spread_make(&s, &record, 0, 0, REPORT_DETECTED), 0);
	CU_ASSERT_EQUAL(s.n, 3);
	expect_near("mean", s.mean, 6);
	/* t of 2 degrees at 0.975, times 2/sqrt 3 */
	expect_near("low", s.interval.low, 6 - 4.30265272974946 * 2 / sqrt(3));
	expect_near("min", s.min, 4);
	expect_near("p50", s.p50, 6);
	expect_near("p99", s.p99, 8);
	report_spread_free(&s);
	CU_ASSERT_EQUAL(
	    report_spread_make(&s, &record, 0, 0, REPORT_RESTORED), 0);
	CU_ASSERT_EQUAL(s.n, 4);
	expect_near("no difference", s.interval.high - s.interval.low, 0);
	report_spread_free(&s);
	f[2].member = (char[]){ "b" };
	CU_ASSERT_FALSE(report_faults_agree(&record, 0));
	CU_ASSERT_EQUAL(report_spread_make(&s, &record, 0, REPORT_ALL_FAULTS,
			    REPORT_AVAILABILITY),
	    0);
	CU_ASSERT_EQUAL(s.n, 0);
	CU_ASSERT_TRUE(isnan(s.mean) && isnan(s.max) && isnan(s.interval.low));
	report_spread_free(&s);
}

/* --- evenness ------------------------------------------------------------- */

static struct sim_record *
wrecked(const char *kind, size_t faults)
{
	const struct sample_spec sample = { 4, 4000, 0, NULL };
	const struct wreck_spec spec = { faults, 0.3, 0.05, 12, true, true,
		kind };
	struct sim_record *record = sample_record(&sample);

	sample_report(record, 240, 240, 240);
	wreck_record(record, &spec);
	return record;
}

/* Half of a backend's keys somewhere else: a hash would be blamed for it. */
static void
skew(struct sim_record *record)
{
	for (size_t c = 0; c < record->case_count; c++) {
		struct sim_rule *rule = &record->cases[c].rules[0];
		for (size_t k = 0; k < rule->key_count; k += 2) {
			struct sim_key *key = &rule->keys[k];
			struct sim_backend *b = rule->backends;
			if (key->backend != 0)
				continue;
			key->backend = 1;
			b[0].flows -= key->flows;
			b[1].flows += key->flows;
			b[0].bytes -= key->bytes;
			b[1].bytes += key->bytes;
		}
	}
}

static void
test_verdict(void)
{
	struct sim_record *record = wrecked("crashed", 1);

	skew(record);
	char *verdict = report_verdict(record, &report_terminal);
	UNIT_NEED(verdict);
	CU_ASSERT_PTR_NULL(strstr(verdict, "hash is bad"));
	CU_ASSERT_PTR_NOT_NULL(strstr(verdict, "backend-1 crashed at"));
	CU_ASSERT_PTR_NOT_NULL(strstr(verdict, "what the faults left"));
	CU_ASSERT_PTR_NOT_NULL(strstr(verdict, "while nothing was wrong"));
	free(verdict);
	wreck_undo(record);
	/* and without: it is to blame */
	for (size_t i = 0; i < record->case_count; i++)
		record->cases[i].failover_count = 0;
	verdict = report_verdict(record, &report_terminal);
	UNIT_NEED(verdict);
	CU_ASSERT_PTR_NOT_NULL(strstr(verdict, "hash is bad"));
	free(verdict);
	sample_free(record);
}

/* Each fault a line, no line too long, and never a NaN. */
static void
test_table(void)
{
	static const size_t faults[] = { 1, 3, 12, 40 };

	for (size_t i = 0; i < 4; i++) {
		struct sim_record *record = wrecked(NULL, faults[i]);
		char *text = NULL;
		size_t bytes, used = 0;
		FILE *to = open_memstream(&text, &bytes);
		UNIT_NEED(to);
		report_put_failover_table(to, record);
		(void)fclose(to);
		for (const char *at = text; *at != '\0'; at++) {
			used = *at == '\n' ? 0 : used + 1;
			CU_ASSERT_TRUE(used <= 80);
			CU_ASSERT_TRUE((unsigned char)*at < 0x80);
		}
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "what the failures did"));
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "  backend-1 crashed"));
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "over 12 replications"));
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "3 balancers: 300 flows"));
		CU_ASSERT_PTR_NULL(strstr(text, "nan"));
		CU_ASSERT_EQUAL(
		    strstr(text, "and 20 more") != NULL, faults[i] == 40);
		free(text);
		wreck_undo(record);
		sample_free(record);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "words", test_words },
		{ "every kind", test_kinds },
		{ "told together", test_together },
		{ "nines", test_nines },
		{ "response times", test_response },
		{ "replications", test_spread },
		{ "verdict", test_verdict },
		{ "table", test_table },
		CU_TEST_INFO_NULL,
	};

	return unit_main("failover", tests);
}
