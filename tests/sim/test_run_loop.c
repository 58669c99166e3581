/* SPDX-License-Identifier: MIT */
/* How a capture is played: again with other clients, faster, with its gaps
 * cut, with no more flows than that; and the flows as rows of the record. */
#include <string.h>
#include <unistd.h>

#include "model/config/names.h"
#include "tests/sim/scene.h"
#include "tests/unit.h"

#define CLIENT4(n) FRAME_V4(192, 0, 2, n)
#define SERVER4    FRAME_V4(203, 0, 113, 10)
#define SECOND     UINT64_C(1000)

static struct frame_spec
udp(unsigned client, bool reply)
{
	struct frame_spec spec = { .src = CLIENT4(client),
		.dst = SERVER4,
		.proto = LB_PROTO_UDP,
		.sport = 40000,
		.dport = 5683 };

	if (!reply)
		return spec;
	spec.dst = spec.src;
	spec.src = (struct lb_addr)SERVER4;
	spec.sport = 5683;
	spec.dport = 40000;
	return spec;
}

/* Three clients ask and are answered, a second between packets. */
static void
open_three(struct scene *s)
{
	scene_open(s);
	for (unsigned i = 0; i < 6; i++) {
		struct frame_spec spec = udp(1 + i / 2, i % 2 == 1);
		scene_add(s, i * SECOND, &spec);
	}
}

static const struct sim_rule *
rule_of(const struct sim_record *r, size_t mode)
{
	return &r->cases[mode].rules[0];
}

static void
test_loop(void)
{
	struct scene s;

	open_three(&s);
	s.settings.loop = 50;
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(r->input.loop, 50);
	CU_ASSERT_EQUAL(r->input.packets, 300);
	CU_ASSERT_EQUAL(r->input.files[0].packets, 6);
	CU_ASSERT_EQUAL(r->input.flows, 150);
	/* New clients, in every mode; and replies find their way. */
	for (size_t mode = 0; mode < r->case_count; mode++) {
		CU_ASSERT_EQUAL(rule_of(r, mode)->key_count, 150);
		CU_ASSERT_EQUAL(rule_of(r, mode)->flows, 150);
		CU_ASSERT_EQUAL(rule_of(r, mode)->packets, 300);
		CU_ASSERT_EQUAL(r->cases[mode].reply_suppressed, 0);
	}
	/* 5 s a round, and the mean gap of 1 s between. */
	CU_ASSERT_EQUAL(r->input.duration_ns, (50 * 6 - 1) * LB_NS_PER_S);
	sim_record_free(r);
	scene_close(&s);
}

/* What is damaged is so in every round, and said once. */
static void
test_loop_damaged(void)
{
	struct scene s;
	struct frame_spec spec = udp(1, false);
	struct frame f;

	open_three(&s);
	frame_build(&f, &spec);
	scene_add_frame(&s, 9 * SECOND, &f, f.bytes, f.bytes);
	CU_ASSERT_EQUAL(fflush(s.file), 0);
	CU_ASSERT_EQUAL(ftruncate(fileno(s.file), ftell(s.file) - 3), 0);
	s.settings.loop = 2;
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT_TRUE(r->partial);
	UNIT_NEED(r->input.files[0].error);
	CU_ASSERT_EQUAL(r->input.packets, 12);
	sim_record_free(r);
	scene_close(&s);
}

/* clang-format off */
static const struct {
	const char *text, *first, *second;
} shifts[] = {
	{ "10.0.0.1",      "168.55.121.178",      "70.110.243.99" },
	{ "255.255.255.255", "158.55.121.176",    "60.110.243.97" },
	{ "2001:db8::7",   "2001:db8:9e37:79b1::7", "2001:db8:3c6e:f362::7" },
};
/* clang-format on */

static void
test_shift(void)
{
	for (size_t i = 0; i < LB_COUNT(shifts); i++) {
		struct lb_addr addr, shifted;
		char text[46];

		CU_ASSERT_TRUE_FATAL(lb_addr_of_text(shifts[i].text, &addr));
		shifted = sim_shift_client(&addr, 0);
		UNIT_ROW(shifts[i].text, lb_addr_same(&addr, &shifted));
		shifted = sim_shift_client(&addr, 1);
		(void)lb_addr_text(&shifted, text, sizeof(text));
		UNIT_ROW(shifts[i].text, strcmp(text, shifts[i].first) == 0);
		shifted = sim_shift_client(&addr, 2);
		(void)lb_addr_text(&shifted, text, sizeof(text));
		UNIT_ROW(shifts[i].text, strcmp(text, shifts[i].second) == 0);
	}
}

/* A flow that is idle for the timeout of 4 min starts a second connection. */
/* clang-format off */
static const struct {
	const char *row;
	uint64_t speed_millionths, longest_gap_ms;
	uint64_t connections, duration_ms, gaps;
} paces[] = {
	{ "as captured",        0,       0,      2, 300000,  0 },
	{ "at speed 1",         1000000, 0,      2, 300000,  0 },
	{ "just fast enough",   1250001, 0,      1, 239999,  0 },
	{ "just not",           1250000, 0,      2, 240000,  0 },
	{ "as slow as may be",  1,       0,      2, 300000000000, 0 },
	{ "very fast",          1000000000000, 0, 1, 0,      0 },
	{ "gap cut",            0,       239999, 1, 239999,  1 },
	{ "gap not cut enough", 0,       240000, 2, 240000,  1 },
	{ "cut, then slowed",   500000,  120000, 2, 240000,  1 },
	{ "cut, then sped up",  2000000, 240000, 1, 120000,  1 },
	{ "gap of just that",   0,       300000, 2, 300000,  0 },
};
/* clang-format on */

static void
test_pace(void)
{
	for (size_t i = 0; i < LB_COUNT(paces); i++) {
		struct scene s;
		struct frame_spec spec = udp(1, false);

		scene_open(&s);
		scene_add(&s, 0, &spec);
		scene_add(&s, 300 * SECOND, &spec);
		s.settings.speed_millionths = paces[i].speed_millionths;
		s.settings.longest_gap_ns =
		    paces[i].longest_gap_ms * LB_NS_PER_MS;
		struct sim_record *r = scene_play(&s, NULL);
		UNIT_EQUAL(paces[i].row, rule_of(r, 0)->connections,
		    paces[i].connections);
		UNIT_EQUAL(paces[i].row, r->input.duration_ns / LB_NS_PER_MS,
		    paces[i].duration_ms);
		UNIT_EQUAL(paces[i].row, r->input.gaps, paces[i].gaps);
		UNIT_EQUAL(paces[i].row, r->input.gaps_cut_ns / LB_NS_PER_MS,
		    paces[i].gaps != 0 ? 300000 - paces[i].longest_gap_ms : 0);
		sim_record_free(r);
		scene_close(&s);
	}
}

/* Who came first is played to the end, others not at all. */
static void
test_max_flows(void)
{
	struct scene s;

	open_three(&s);
	for (unsigned i = 1; i <= 3; i++) {
		struct frame_spec spec = udp(i, false);
		scene_add(&s, (9 + i) * SECOND, &spec);
	}
	for (uint32_t max = 1; max <= 4; max++) {
		const uint32_t flows = max < 3 ? max : 3;
		s.settings.max_flows = max;
		struct sim_record *r = scene_play(&s, NULL);
		CU_ASSERT_EQUAL(r->input.flows, flows);
		CU_ASSERT_EQUAL(r->input.max_flows, max);
		CU_ASSERT_EQUAL(r->input.over_limit, 9 - 3 * flows);
		CU_ASSERT_EQUAL(r->partial, max < 3);
		CU_ASSERT_EQUAL(rule_of(r, 0)->packets, 3 * flows);
		CU_ASSERT_EQUAL(rule_of(r, 0)->bytes, r->input.bytes);
		sim_record_free(r);
	}
	scene_close(&s);
}

static void
check_row(const struct sim_record *r, size_t i, const char *client)
{
	const struct sim_flow_row *row = &r->flows[i];
	char text[46];

	(void)lb_addr_text(&row->client, text, sizeof(text));
	UNIT_ROW(client, strcmp(text, client) == 0);
	UNIT_ROW(client, strcmp(row->role_by, "port") == 0);
	UNIT_EQUAL(client, row->client_port, 40000);
	UNIT_EQUAL(client, row->server_port, 5683);
	UNIT_EQUAL(client, row->packets, 2);
	UNIT_EQUAL(client, row->packets_in, 1);
	UNIT_EQUAL(client, row->bytes, 2 * row->bytes_in);
	UNIT_EQUAL(client, row->first_ns, i * 2 * LB_NS_PER_S);
	UNIT_EQUAL(client, row->last_ns, (i * 2 + 1) * LB_NS_PER_S);
}

static void
test_flow_rows(void)
{
	struct scene s;
	uint64_t carried[3][4] = { { 0 } };

	open_three(&s);
	s.settings.loop = 2;
	s.settings.details = s.settings.flow_rows = true;
	struct sim_record *r = scene_play(&s, NULL);
	UNIT_NEED(r->flows);
	CU_ASSERT_EQUAL_FATAL(r->flow_count, 6);
	check_row(r, 0, "192.0.2.1");
	check_row(r, 2, "192.0.2.3");
	check_row(r, 3, "94.55.123.178");
	for (size_t i = 0; i < r->flow_count; i++)
		for (size_t c = 0; c < r->case_count; c++) {
			CU_ASSERT_EQUAL_FATAL(r->flows[i].places[c].rule, 0);
			carried[c][r->flows[i].places[c].backend]++;
		}
	for (size_t c = 0; c < r->case_count; c++)
		for (size_t b = 0; b < 4; b++)
			CU_ASSERT_EQUAL(
			    carried[c][b], rule_of(r, c)->backends[b].flows);
	sim_record_free(r);
	scene_close(&s);
}

/* Only what servers sent: nobody carries it. */
static void
test_nobody(void)
{
	struct scene s;
	struct frame_spec spec = udp(1, true);

	scene_open(&s);
	scene_add(&s, 0, &spec);
	s.settings.details = s.settings.flow_rows = true;
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL_FATAL(r->flow_count, 1);
	CU_ASSERT_EQUAL(r->flows[0].packets_in, 0);
	CU_ASSERT_EQUAL(r->flows[0].places[0].rule, SIM_NOWHERE);
	CU_ASSERT_EQUAL(r->flows[0].places[2].backend, SIM_NOWHERE);
	sim_record_free(r);
	scene_close(&s);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "a loop", test_loop },
		{ "a damaged loop", test_loop_damaged },
		{ "a round's clients", test_shift },
		{ "pace", test_pace },
		{ "no more flows", test_max_flows },
		{ "flows as rows", test_flow_rows },
		{ "nobody's flow", test_nobody },
		CU_TEST_INFO_NULL,
	};

	return unit_main("loop", tests);
}
