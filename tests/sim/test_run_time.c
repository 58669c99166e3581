/* SPDX-License-Identifier: MIT */
/* sim/run/play.c: the capture's time as the path sees it: what is one
 * connection and what two, over gaps that wrap the path's clock, and a clock
 * that runs back. */
#include "tests/sim/scene.h"
#include "tests/unit.h"

#define CLIENT4 FRAME_V4(192, 0, 2, 1)
#define SERVER4 FRAME_V4(203, 0, 113, 10)
#define SECOND  UINT64_C(1000)
#define MINUTE  (60 * SECOND)
#define DAY     (1440 * MINUTE)
#define YEAR    (365 * DAY)
#define WRAP    (UINT64_C(1) << 32) /* of the path's clock */

static const struct frame_spec udp = { .src = CLIENT4,
	.dst = SERVER4,
	.proto = LB_PROTO_UDP,
	.sport = 40000,
	.dport = 5683 };

static struct frame_spec
tcp(uint8_t flags, uint16_t port)
{
	return (struct frame_spec){ .src = CLIENT4,
		.dst = SERVER4,
		.proto = LB_PROTO_TCP,
		.sport = port,
		.dport = 443,
		.tcp_flags = flags };
}

/* A flow begins at 0 with SYN and ACK (or two datagrams), and after a gap
 * comes one more packet: how many connections is that? */
/* clang-format off */
static const struct {
	const char *row;
	uint8_t proto;
	uint8_t flags;	/* of the last packet */
	uint64_t gap_ms;
	uint64_t connections;
} gaps[] = {
	{ "TCP, no gap",            6, LB_TCP_ACK, 0,                  1 },
	{ "TCP, just open",         6, LB_TCP_ACK, 4 * MINUTE - 1,     1 },
	{ "TCP, idle",              6, LB_TCP_ACK, 4 * MINUTE,         2 },
	{ "SYN on an open one",     6, LB_TCP_SYN, 10 * SECOND,        1 },
	{ "SYN after it",           6, LB_TCP_SYN, 4 * MINUTE,         2 },
	{ "TCP, 2^30",              6, LB_TCP_ACK, WRAP / 4,           2 },
	{ "TCP, 2^31 - 1",          6, LB_TCP_ACK, WRAP / 2 - 1,       2 },
	{ "TCP, 2^31",              6, LB_TCP_ACK, WRAP / 2,           2 },
	{ "TCP, 2^31 and a bit",    6, LB_TCP_ACK, WRAP / 2 + SECOND,  2 },
	{ "TCP, just not wrapped",  6, LB_TCP_ACK, WRAP - 1,           2 },
	{ "TCP, wrapped",           6, LB_TCP_ACK, WRAP,               2 },
	{ "TCP, wrapped and a bit", 6, LB_TCP_ACK, WRAP + SECOND,      2 },
	{ "TCP, years",             6, LB_TCP_ACK, 10 * YEAR,          2 },
	{ "TCP, just wrapped years", 6, LB_TCP_ACK, 100 * WRAP,        2 },
	{ "UDP, no gap",           17, 0,          0,                  1 },
	{ "UDP, just not idle",    17, 0,          4 * MINUTE - 1,     1 },
	{ "UDP, idle",             17, 0,          4 * MINUTE,         2 },
	{ "UDP, wrapped",          17, 0,          WRAP,               2 },
	{ "UDP, years",            17, 0,          10 * YEAR,          2 },
};
/* clang-format on */

static void
test_gaps(void)
{
	for (size_t i = 0; i < LB_COUNT(gaps); i++) {
		struct scene s;
		bool is_tcp = gaps[i].proto == LB_PROTO_TCP;
		struct frame_spec first = is_tcp ? tcp(LB_TCP_SYN, 4000) : udp;
		struct frame_spec second = is_tcp ? tcp(LB_TCP_ACK, 4000) : udp;
		struct frame_spec last =
		    is_tcp ? tcp(gaps[i].flags, 4000) : udp;

		scene_open(&s);
		scene_add(&s, 0, &first);
		scene_add(&s, 0, &second);
		scene_add(&s, gaps[i].gap_ms, &last);
		struct sim_record *r = scene_play(&s, NULL);
		UNIT_EQUAL(gaps[i].row, r->cases[0].rules[0].connections,
		    gaps[i].connections);
		UNIT_EQUAL(gaps[i].row, r->cases[0].rules[0].flows, 1);
		UNIT_EQUAL(gaps[i].row, r->input.duration_ns,
		    gaps[i].gap_ms * LB_NS_PER_MS);
		sim_record_free(r);
		scene_close(&s);
	}
}

/* One port, used again and again: FIN, then SYN. */
static void
test_port_reuse(void)
{
	struct scene s;

	scene_open(&s);
	for (unsigned i = 0; i < 5; i++) {
		struct frame_spec p = tcp(LB_TCP_SYN, 4000);
		scene_add(&s, i * SECOND, &p);
		p.tcp_flags = LB_TCP_ACK;
		scene_add(&s, i * SECOND + 1, &p);
		p.tcp_flags = LB_TCP_FIN | LB_TCP_ACK;
		scene_add(&s, i * SECOND + 2, &p);
	}
	struct sim_record *r = scene_play(&s, NULL);
	for (size_t i = 0; i < r->case_count; i++) {
		CU_ASSERT_EQUAL(r->cases[i].rules[0].flows, 1);
		CU_ASSERT_EQUAL(r->cases[i].rules[0].connections, 5);
		CU_ASSERT_EQUAL(
		    scene_backend(&r->cases[i].rules[0])->packets, 15);
	}
	sim_record_free(r);
	scene_close(&s);
}

/*
 * One connection talks every 200 s for longer than the path's clock reaches,
 * and stays one; another says something at the beginning and, just when the
 * clock is where it was, once more.
 */
static void
test_no_gap_at_all(void)
{
	struct scene s;
	const uint64_t step = 200 * SECOND;
	struct frame_spec busy = tcp(LB_TCP_SYN, 4000);
	struct frame_spec idle = tcp(LB_TCP_SYN, 4001);
	bool said = false;

	scene_open(&s);
	scene_add(&s, 0, &idle);
	idle.tcp_flags = LB_TCP_ACK;
	scene_add(&s, 0, &idle);
	for (uint64_t at = 0; at < WRAP + 100 * step; at += step) {
		if (!said && at > WRAP) {
			scene_add(&s, WRAP, &idle);
			said = true;
		}
		scene_add(&s, at, &busy);
		if (at == 0) { /* two packets make it open */
			busy.tcp_flags = LB_TCP_ACK;
			scene_add(&s, at, &busy);
		}
	}
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].flows, 2);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].connections, 3);
	CU_ASSERT_EQUAL(r->input.backwards, 0);
	sim_record_free(r);
	scene_close(&s);
}

/* A capture full of gaps of weeks is played in no time. */
static void
test_many_gaps(void)
{
	struct scene s;

	scene_open(&s);
	for (uint16_t i = 0; i < 200; i++) {
		struct frame_spec p = tcp(LB_TCP_SYN, (uint16_t)(4000 + i));
		scene_add(&s, i * (WRAP / 4), &p);
	}
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(r->cases[2].rules[0].connections, 200);
	sim_record_free(r);
	scene_close(&s);
}

/* What is captured earlier than the packet before happens when that did. */
static void
test_backwards(void)
{
	struct scene s;

	scene_open(&s);
	scene_add(&s, YEAR, &udp);
	scene_add(&s, YEAR + 4 * MINUTE - 1, &udp);
	scene_add(&s, 0, &udp);        /* not before the first */
	scene_add(&s, YEAR + 1, &udp); /* nor before the latest */
	scene_add(&s, YEAR + 5 * MINUTE, &udp);
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(r->input.backwards, 2);
	CU_ASSERT_EQUAL(r->input.duration_ns, 5 * MINUTE * LB_NS_PER_MS);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].connections, 1);
	sim_record_free(r);
	scene_close(&s);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "gaps", test_gaps },
		{ "port reuse", test_port_reuse },
		{ "no gap at all", test_no_gap_at_all },
		{ "many gaps", test_many_gaps },
		{ "backwards", test_backwards },
		CU_TEST_INFO_NULL,
	};

	return unit_main("sim/run: time", tests);
}
