/* SPDX-License-Identifier: MIT */
/* Connections that outlive their entries (AZ 3.2): who is counted, how often,
 * and who is not. */
#include "tests/sim/scene.h"
#include "tests/sim/stage.h"
#include "tests/unit.h"
#include <string.h>

#define S        1000u
#define MINUTE   (60 * S)
#define LB       "load_balancer: { sku: standard }\n"
#define FRONTEND "frontends: [ { name: f, address: 203.0.113.10 } ]\n"
#define POOL(more)                                                             \
	"pools: [ { name: p, members: [ { name: a, address: 10.0.0.1 }, "      \
	"{ name: b, address: 10.0.0.2 } ] } ]\n" more
#define RULE(more)                                                             \
	LB FRONTEND POOL("rules: [ { name: r, frontend: f, pool: p, "          \
			 "protocol: tcp, frontend_port: 443, "                 \
			 "backend_port: 443" more " } ]\n")
#define OUT(more)                                                              \
	LB FRONTEND POOL(                                                      \
	    "outbound_rules: [ { name: o, frontends: [ f ], "                  \
	    "pool: p, protocol: tcp, ports_per_member: 64" more " } ]\n")

/* Only the second way has traffic. */
#define NAT(more)                                                              \
	LB FRONTEND POOL(                                                      \
	    "nat_rules: [ "                                                    \
	    "{ name: ssh, frontend: f, member: a, protocol: tcp, "             \
	    "frontend_port: 22, backend_port: 22 }, "                          \
	    "{ name: n, frontend: f, member: b, protocol: tcp, "               \
	    "frontend_port: 443, backend_port: 443" more " } ]\n")

/* To the NAT rule, where there is one. */
static char *
aim_of(const char *config)
{
	static char name[] = "n";

	return strstr(config, "nat_rules") != NULL ? name : NULL;
}

static struct sim_silence
silence_of(const struct sim_case *c, bool outbound)
{
	if (outbound)
		return c->outbound_silence;
	if (c->nat_count == 0)
		return c->rules[0].silence;
	CU_ASSERT_EQUAL(c->nats[0].silence.flows, 0);
	return c->nats[1].silence;
}

/* --- made up ------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *row, *config;
	bool outbound;
	uint64_t keepalive_ms, message_every_ms, duration_ms;
	uint64_t flows, times; /* of 10 connections */
} made_up[] = {
	/* the review's: keepalives at 5, 15, 25 min and messages between */
	{ "too slow a keepalive", RULE(""), false,
	  300 * S, 10 * MINUTE, 22 * MINUTE, 10, 40 },
	{ "no keepalive", RULE(""), false, 0, 10 * MINUTE, 22 * MINUTE,
	  10, 20 },
	{ "a good keepalive", RULE(""), false,
	  200 * S, 10 * MINUTE, 22 * MINUTE, 0, 0 },
	{ "a longer timeout", RULE(", idle_timeout: 6m"), false,
	  300 * S, 10 * MINUTE, 22 * MINUTE, 0, 0 },
	{ "nothing is ever said", RULE(""), false, 0, 0, 22 * MINUTE, 0, 0 },
	{ "over before", RULE(""), false, 300 * S, 0, 4 * MINUTE, 0, 0 },
	/* at 4, 8, 12, 16 and 20 min, each time with a new connection */
	{ "reset", RULE(", tcp_reset: true"), false,
	  300 * S, 10 * MINUTE, 22 * MINUTE, 50, 50 },
	{ "reset, nothing said", RULE(", tcp_reset: true"), false,
	  0, 0, 22 * MINUTE, 50, 50 },
	/* sent at the instant at which it ends */
	{ "reset, as slow as can be", RULE(", tcp_reset: true"), false,
	  240 * S, 0, 6 * MINUTE, 10, 10 },
	{ "reset, a good keepalive", RULE(", tcp_reset: true"), false,
	  200 * S, 10 * MINUTE, 22 * MINUTE, 0, 0 },
	{ "a NAT rule", NAT(""), false, 0, 10 * MINUTE, 22 * MINUTE, 10, 20 },
	{ "a NAT rule, a good keepalive", NAT(""), false,
	  200 * S, 10 * MINUTE, 22 * MINUTE, 0, 0 },
	{ "a NAT rule, reset", NAT(", tcp_reset: true"), false,
	  0, 0, 22 * MINUTE, 50, 50 },
	{ "outbound", OUT(""), true, 0, 10 * MINUTE, 22 * MINUTE, 10, 20 },
	{ "outbound, a good keepalive", OUT(""), true,
	  200 * S, 10 * MINUTE, 22 * MINUTE, 0, 0 },
	{ "outbound, reset", OUT(", tcp_reset: true"), true,
	  0, 0, 22 * MINUTE, 50, 50 },
	{ "outbound by a rule", RULE(", idle_timeout: 30m"), true,
	  0, 10 * MINUTE, 22 * MINUTE, 10, 20 },
};
/* clang-format on */

static void
test_made_up(void)
{
	for (size_t i = 0; i < LB_COUNT(made_up); i++) {
		const char *row = made_up[i].row;
		static char pool[] = "p";
		struct stage s;
		stage_open(&s);
		s.scene.duration_ms = made_up[i].duration_ms;
		struct lb_traffic *t = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
		t->connections = 10;
		t->clients = 10;
		t->keepalive_ms = made_up[i].keepalive_ms;
		t->message_every_ms = made_up[i].message_every_ms;
		t->rule = aim_of(made_up[i].config);
		if (made_up[i].outbound) {
			t->from_pool = pool;
			t->server = lb_addr_v4(__builtin_bswap32(0xc6336407u));
			t->port = 443;
		}
		struct sim_record *r = stage_play(&s, made_up[i].config);
		const struct sim_silence of =
		    silence_of(&r->cases[0], made_up[i].outbound);
		UNIT_EQUAL(row, of.flows, made_up[i].flows);
		UNIT_EQUAL(row, of.times, made_up[i].times);
		if (of.flows > 0) {
			UNIT_EQUAL(row, of.idle_ms, 4 * MINUTE);
			UNIT_ROW(row, of.longest_ms >= 4 * MINUTE);
			UNIT_EQUAL(row, of.reset,
			    strstr(made_up[i].config, "reset") != NULL);
		}
		/* and nobody is counted at the other one */
		UNIT_EQUAL(row,
		    silence_of(&r->cases[0], false).flows +
			r->cases[0].outbound_silence.flows,
		    of.flows);
		sim_record_free(r);
		t->from_pool = t->rule = NULL;
		stage_close(&s);
	}
}

/* What was counted in the warm-up is not, and what goes on is. */
static void
warm_up(const char *config)
{
	struct stage s;

	stage_open(&s);
	s.scene.duration_ms = 22 * MINUTE;
	s.scene.warm_up_ms = 12 * MINUTE;
	struct lb_traffic *t = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
	t->connections = t->clients = 10;
	t->keepalive_ms = 0;
	t->message_every_ms = 10 * MINUTE;
	t->rule = aim_of(config);
	struct sim_record *r = stage_play(&s, config);
	CU_ASSERT_EQUAL(silence_of(&r->cases[0], false).flows, 10);
	CU_ASSERT_EQUAL(silence_of(&r->cases[0], false).times, 10);
	sim_record_free(r);
	t->rule = NULL;
	stage_close(&s);
}

static void
test_warm_up(void)
{
	warm_up(RULE(""));
	warm_up(NAT(""));
}

/* --- captured ------------------------------------------------------------ */

#define SYN LB_TCP_SYN
#define ACK LB_TCP_ACK
#define FIN (LB_TCP_FIN | LB_TCP_ACK)
#define RST LB_TCP_RST

/* clang-format off */
static const struct {
	const char *row, *config;
	uint8_t proto;
	struct { uint64_t at_ms; bool reply; uint8_t flags; } packets[8];
	uint64_t flows, times, longest_ms;
} captured[] = {
	{ "never for long", RULE(""), 6,
	  { { 0, 0, SYN }, { 1, 1, SYN | ACK }, { 2, 0, ACK },
	    { 239 * S, 0, ACK }, { 470 * S, 0, ACK } }, 0, 0, 0 },
	{ "twice", RULE(""), 6,
	  { { 0, 0, SYN }, { 1, 1, SYN | ACK }, { 2, 0, ACK },
	    { 300 * S, 0, ACK }, { 301 * S, 0, ACK }, { 700 * S, 0, ACK } },
	  1, 2, 399 * S },
	{ "twice, but over at the first", RULE(", tcp_reset: true"), 6,
	  { { 0, 0, SYN }, { 1, 1, SYN | ACK }, { 2, 0, ACK },
	    { 300 * S, 0, ACK }, { 301 * S, 0, ACK }, { 700 * S, 0, ACK } },
	  1, 1, 300 * S - 2 },
	{ "to the millisecond", RULE(""), 6,
	  { { 0, 0, SYN }, { 1, 1, SYN | ACK }, { 2, 0, ACK },
	    { 240 * S + 1, 0, ACK }, { 480 * S + 1, 0, ACK } },
	  1, 1, 240 * S },
	{ "the server speaks", RULE(""), 6,
	  { { 0, 0, SYN }, { 1, 1, SYN | ACK }, { 2, 0, ACK },
	    { 200 * S, 1, ACK }, { 400 * S, 0, ACK } }, 0, 0, 0 },
	{ "it only ends", RULE(""), 6,
	  { { 0, 0, SYN }, { 1, 1, SYN | ACK }, { 2, 0, ACK },
	    { 400 * S, 0, FIN } }, 0, 0, 0 },
	{ "it is only reset", RULE(""), 6,
	  { { 0, 0, SYN }, { 1, 1, SYN | ACK }, { 2, 0, ACK },
	    { 400 * S, 0, RST } }, 0, 0, 0 },
	{ "another one", RULE(""), 6,
	  { { 0, 0, SYN }, { 1, 1, SYN | ACK }, { 2, 0, ACK },
	    { 400 * S, 0, SYN }, { 400 * S + 1, 1, SYN | ACK },
	    { 400 * S + 2, 0, ACK } }, 0, 0, 0 },
	{ "its beginning is not there", RULE(""), 6,
	  { { 0, 0, ACK }, { 1, 1, ACK }, { 400 * S, 0, ACK } },
	  1, 1, 400 * S },
	{ "another rule's timeout", RULE(", idle_timeout: 30m"), 6,
	  { { 0, 0, SYN }, { 1, 1, SYN | ACK }, { 2, 0, ACK },
	    { 900 * S, 0, ACK } }, 0, 0, 0 },
	{ "a NAT rule", NAT(""), 6,
	  { { 0, 0, SYN }, { 1, 1, SYN | ACK }, { 2, 0, ACK },
	    { 300 * S, 0, ACK }, { 301 * S, 0, ACK }, { 700 * S, 0, ACK } },
	  1, 2, 399 * S },
	{ "a NAT rule, over at the first", NAT(", tcp_reset: true"), 6,
	  { { 0, 0, SYN }, { 1, 1, SYN | ACK }, { 2, 0, ACK },
	    { 300 * S, 0, ACK }, { 301 * S, 0, ACK }, { 700 * S, 0, ACK } },
	  1, 1, 300 * S - 2 },
	{ "a NAT rule's own timeout", NAT(", idle_timeout: 30m"), 6,
	  { { 0, 0, SYN }, { 1, 1, SYN | ACK }, { 2, 0, ACK },
	    { 900 * S, 0, ACK } }, 0, 0, 0 },
	{ "never again", RULE(""), 6,
	  { { 0, 0, SYN }, { 1, 1, SYN | ACK }, { 2, 0, ACK } }, 0, 0, 0 },
	{ "UDP", LB FRONTEND POOL("rules: [ { name: r, frontend: f, pool: p, "
	  "protocol: udp, frontend_port: 443, backend_port: 443, "
	  "connection_tracking: true } ]\n"), 17,
	  { { 0, 0, 0 }, { 400 * S, 0, 0 }, { 800 * S, 0, 0 } }, 0, 0, 0 },
};
/* clang-format on */

static void
add(struct scene *s, uint64_t at_ms, uint8_t proto, bool reply, uint8_t flags)
{
	const struct frame_spec asked = {
		.src = FRAME_V4(192, 0, 2, 7),
		.dst = FRAME_V4(203, 0, 113, 10),
		.proto = proto,
		.sport = 40000,
		.dport = 443,
		.tcp_flags = flags,
	};
	struct frame_spec answer = asked;

	answer.src = asked.dst;
	answer.dst = asked.src;
	answer.sport = asked.dport;
	answer.dport = asked.sport;
	scene_add(s, at_ms, reply ? &answer : &asked);
}

static void
test_captured(void)
{
	for (size_t i = 0; i < LB_COUNT(captured); i++) {
		const char *row = captured[i].row;
		struct scene s;
		scene_open(&s);
		for (size_t p = 0; p < LB_COUNT(captured[i].packets); p++)
			if (p == 0 || captured[i].packets[p].at_ms > 0)
				add(&s, captured[i].packets[p].at_ms,
				    captured[i].proto,
				    captured[i].packets[p].reply,
				    captured[i].packets[p].flags);
		struct sim_record *r = scene_play(&s, captured[i].config);
		const struct sim_silence of = silence_of(&r->cases[0], false);
		UNIT_EQUAL(row, of.flows, captured[i].flows);
		UNIT_EQUAL(row, of.times, captured[i].times);
		UNIT_EQUAL(row, of.longest_ms, captured[i].longest_ms);
		sim_record_free(r);
		scene_close(&s);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "made up", test_made_up },
		{ "a warm-up", test_warm_up },
		{ "captured", test_captured },
		CU_TEST_INFO_NULL,
	};

	return unit_main("sim/silence", tests);
}
