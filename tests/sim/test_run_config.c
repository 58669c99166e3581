/* SPDX-License-Identifier: MIT */
/* sim/case/player.c with a configuration: answers are played from the members,
 * and what no rule names is nobody's. */
#include <string.h>

#include "tests/sim/scene.h"
#include "tests/unit.h"

#define CLIENT   FRAME_V4(192, 0, 2, 1)
#define FRONTEND FRAME_V4(203, 0, 113, 10)
#define OTHER    FRAME_V4(203, 0, 113, 99)
#define MEMBER   FRAME_V4(10, 0, 0, 4)

static const char config[] =
    "load_balancer: { sku: fairlead }\n"
    "frontends:\n"
    "  - { name: web, address: 203.0.113.10 }\n"
    "pools:\n"
    "  - name: vms\n"
    "    members:\n"
    "      - { name: one, address: 10.0.0.4 }\n"
    "      - { name: two, address: 10.0.0.5 }\n"
    "      - { name: out, address: 10.0.0.6, admin_state: down }\n"
    "rules:\n"
    "  - { name: http, frontend: web, pool: vms, protocol: tcp,\n"
    "      frontend_port: 80, backend_port: 8080 }\n"
    "  - { name: coap, frontend: web, pool: vms, protocol: udp,\n"
    "      frontend_port: 5683, backend_port: 5683,\n"
    "      distribution: source-ip }\n"
    "forwarding: { mode: nat }\n";

static struct frame_spec
from_client(uint8_t proto, uint16_t dport, uint8_t flags)
{
	return (struct frame_spec){ .src = CLIENT,
		.dst = FRONTEND,
		.proto = proto,
		.sport = 40000,
		.dport = dport,
		.tcp_flags = flags };
}

static struct frame_spec
answer_to(const struct frame_spec *p, uint8_t flags)
{
	struct frame_spec answer = *p;

	answer.src = p->dst;
	answer.dst = p->src;
	answer.sport = p->dport;
	answer.dport = p->sport;
	answer.tcp_flags = flags;
	return answer;
}

static void
test_nat(void)
{
	struct scene s;
	struct frame_spec p = from_client(LB_PROTO_TCP, 80, LB_TCP_SYN);
	struct frame_spec a = answer_to(&p, LB_TCP_SYN | LB_TCP_ACK);

	scene_open(&s);
	scene_add(&s, 0, &p);
	scene_add(&s, 1, &a);
	p.tcp_flags = LB_TCP_ACK;
	a.tcp_flags = LB_TCP_ACK;
	scene_add(&s, 2, &p);
	/* Kept alive by its answers alone: so they did go through the table,
	 * as from the member, and opened it. */
	for (uint64_t minute = 1; minute < 20; minute++)
		scene_add(&s, minute * 60000, &a);
	scene_add(&s, UINT64_C(20) * 60000, &p);
	struct sim_record *r = scene_play(&s, config);
	CU_ASSERT_EQUAL_FATAL(r->cases[0].rule_count, 2);
	const struct sim_rule *rule = &r->cases[0].rules[0];
	CU_ASSERT_STRING_EQUAL(rule->name, "http");
	CU_ASSERT_EQUAL(rule->backend_count, 2); /* never eligible: not there */
	CU_ASSERT_EQUAL(rule->connections, 1);
	CU_ASSERT_EQUAL(rule->packets, 23);
	CU_ASSERT_EQUAL(scene_backend(rule)->packets_in, 3);
	CU_ASSERT_EQUAL(scene_backend(rule)->packets, 23);
	CU_ASSERT_EQUAL(r->cases[0].reply_suppressed, 0);
	CU_ASSERT_STRING_EQUAL(r->cases[0].rules[1].distribution, "source-ip");
	CU_ASSERT_EQUAL(r->cases[0].rules[1].flows, 0);
	sim_record_free(r);
	scene_close(&s);
}

/* clang-format off */
static const struct {
	const char *row;
	struct frame_spec p; /* from the client, then answered */
	uint64_t packets;    /* of both rules */
	const char *reason;  /* the client's packet's drop; NULL: none */
	uint64_t no_rule, suppressed;
} fates[] = {
	{ "http",           { .src = CLIENT, .dst = FRONTEND, .proto = 6,
	    .sport = 40000, .dport = 80, .tcp_flags = LB_TCP_SYN },
	    2, NULL, 0, 0 },
	{ "coap",           { .src = CLIENT, .dst = FRONTEND, .proto = 17,
	    .sport = 40000, .dport = 5683 },
	    2, NULL, 0, 0 },
	{ "another port",   { .src = CLIENT, .dst = FRONTEND, .proto = 6,
	    .sport = 40000, .dport = 81, .tcp_flags = LB_TCP_SYN },
	    0, NULL, 2, 0 },
	{ "another address", { .src = CLIENT, .dst = OTHER, .proto = 6,
	    .sport = 40000, .dport = 80, .tcp_flags = LB_TCP_SYN },
	    0, NULL, 2, 0 },
	{ "a head",         { .src = CLIENT, .dst = FRONTEND, .proto = 17,
	    .sport = 40000, .dport = 5683, .more_fragments = true },
	    0, "fragment", 0, 1 },
	{ "a tail",         { .src = CLIENT, .dst = FRONTEND, .proto = 17,
	    .sport = 40000, .dport = 5683, .fragment_offset = 8 },
	    0, "fragment", 0, 1 },
	/* To the engine that is an answer: nobody's flow. */
	{ "from a member",  { .src = MEMBER, .dst = OTHER, .proto = 17,
	    .sport = 5683, .dport = 5683 },
	    0, NULL, 2, 0 },
};
/* clang-format on */

static void
test_fates(void)
{
	for (size_t i = 0; i < LB_COUNT(fates); i++) {
		struct scene s;
		struct frame_spec a =
		    answer_to(&fates[i].p, LB_TCP_SYN | LB_TCP_ACK);

		scene_open(&s);
		scene_add(&s, 0, &fates[i].p);
		scene_add(&s, 1, &a);
		struct sim_record *r = scene_play(&s, config);
		const struct sim_case *c = &r->cases[0];
		UNIT_EQUAL(fates[i].row,
		    c->rules[0].packets + c->rules[1].packets,
		    fates[i].packets);
		UNIT_EQUAL(
		    fates[i].row, scene_drops(c, "no_rule"), fates[i].no_rule);
		UNIT_EQUAL(
		    fates[i].row, c->reply_suppressed, fates[i].suppressed);
		if (fates[i].reason != NULL)
			UNIT_EQUAL(
			    fates[i].row, scene_drops(c, fates[i].reason), 1);
		sim_record_free(r);
		scene_close(&s);
	}
}

/* clang-format off */
static const struct {
	const char *row;
	uint16_t port;
	uint64_t ssh, range_one, range_two; /* packets of the NAT rules */
	uint64_t passed;
} ways[] = {
	{ "one member's",         2201, 2, 0, 0, 0 },
	{ "a range's first",       500, 0, 2, 0, 0 },
	{ "its second",            501, 0, 0, 2, 0 },
	{ "the third's: out, yet", 502, 0, 0, 0, 0 },
	{ "beyond the range",      503, 0, 0, 0, 2 },
};
/* clang-format on */

/* An answered SYN by NAT rules: a row for each member, and no drop; what they
 * do not name is left alone. */
static void
test_inbound_nat(void)
{
	char text[sizeof(config) + 512];

	(void)snprintf(text, sizeof(text), "%s%s", config,
	    "nat_rules:\n"
	    "  - { name: ssh, frontend: web, protocol: tcp,\n"
	    "      frontend_port: 2201, backend_port: 22, member: one,\n"
	    "      pool: vms }\n"
	    "  - { name: range, frontend: web, protocol: tcp,\n"
	    "      frontend_ports: 500-502, backend_port: 443, pool: vms }\n");
	for (size_t i = 0; i < LB_COUNT(ways); i++) {
		const char *row = ways[i].row;
		struct scene s;
		struct frame_spec p =
		    from_client(LB_PROTO_TCP, ways[i].port, LB_TCP_SYN);
		struct frame_spec a = answer_to(&p, LB_TCP_SYN | LB_TCP_ACK);
		scene_open(&s);
		scene_add(&s, 0, &p);
		scene_add(&s, 1, &a);
		struct sim_record *r = scene_play(&s, text);
		const struct sim_case *c = &r->cases[0];
		CU_ASSERT_EQUAL_FATAL(c->nat_count, 4);
		CU_ASSERT_STRING_EQUAL(c->nats[0].name, "ssh/one");
		CU_ASSERT_STRING_EQUAL(c->nats[2].name, "range/two");
		CU_ASSERT_STRING_EQUAL(c->nats[2].member, "two");
		UNIT_EQUAL(row, c->nats[0].packets, ways[i].ssh);
		UNIT_EQUAL(row, c->nats[1].packets, ways[i].range_one);
		UNIT_EQUAL(row, c->nats[2].packets, ways[i].range_two);
		UNIT_EQUAL(row, c->nats[2].packets_in, ways[i].range_two / 2);
		UNIT_EQUAL(row, c->nats[2].flows, ways[i].range_two / 2);
		UNIT_EQUAL(row, c->passed, ways[i].passed);
		UNIT_EQUAL(row, scene_drops(c, "no_rule"), ways[i].passed);
		UNIT_EQUAL(row, c->rules[0].packets, 0);
		sim_record_free(r);
		scene_close(&s);
	}
}

/* A captured server that is no frontend stands in for one that has its port. */
static void
test_stand_in(void)
{
	struct scene s;
	struct frame_spec p = from_client(LB_PROTO_TCP, 80, LB_TCP_SYN);

	p.dst = (struct lb_addr)OTHER;
	struct frame_spec a = answer_to(&p, LB_TCP_SYN | LB_TCP_ACK);
	struct frame_spec elsewhere = p;
	elsewhere.dport = 81;
	scene_open(&s);
	scene_add(&s, 0, &p);
	scene_add(&s, 1, &a);
	scene_add(&s, 2, &elsewhere);
	s.settings.vip =
	    (struct sim_vip){ .kind = SIM_VIP_ADDRESS, .addr = OTHER };
	struct sim_record *r = scene_play(&s, config);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].packets, 2);
	CU_ASSERT_EQUAL(scene_drops(&r->cases[0], "no_rule"), 1);
	sim_record_free(r);
	s.settings.vip = (struct sim_vip){ .kind = SIM_VIP_AUTO };
	r = scene_play(&s, config);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].packets, 2);
	sim_record_free(r);
	scene_close(&s);
}

/* With nobody up, nothing is counted but drops. */
static void
test_nobody(void)
{
	static const char nobody[] =
	    "load_balancer: { sku: fairlead }\n"
	    "frontends: [ { name: web, address: 203.0.113.10 } ]\n"
	    "pools: [ { name: vms, members: [\n"
	    "  { name: out, address: 10.0.0.6, admin_state: down } ] } ]\n"
	    "rules: [ { name: coap, frontend: web, pool: vms,\n"
	    "  protocol: udp, frontend_port: 5683, backend_port: 5683 } ]\n";
	struct scene s;
	struct frame_spec p = from_client(LB_PROTO_UDP, 5683, 0);
	struct frame_spec a = answer_to(&p, 0);

	scene_open(&s);
	scene_add(&s, 0, &p);
	scene_add(&s, 1, &a);
	struct sim_record *r = scene_play(&s, nobody);
	CU_ASSERT_EQUAL(scene_drops(&r->cases[0], "no_healthy_backend"), 1);
	CU_ASSERT_EQUAL(r->cases[0].reply_suppressed, 1);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].backend_count, 0);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].flows, 0);
	sim_record_free(r);
	scene_close(&s);
}

/* More connections at once than the table has room for. */
static void
test_full_table(void)
{
	char small[sizeof(config) + 64];
	struct scene s;

	(void)snprintf(small, sizeof(small),
	    "%sconnection_table: { entries: 64 }\n", config);
	scene_open(&s);
	for (uint16_t i = 0; i < 2000; i++) {
		struct frame_spec p = from_client(LB_PROTO_TCP, 80, LB_TCP_SYN);
		p.sport = (uint16_t)(1024 + i);
		struct frame_spec a = answer_to(&p, LB_TCP_SYN | LB_TCP_ACK);
		scene_add(&s, 0, &p);
		scene_add(&s, 1, &a);
		p.tcp_flags = LB_TCP_ACK;
		scene_add(&s, 2, &p);
	}
	struct sim_record *r = scene_play(&s, small);
	/* Every flow was forwarded; not every one remembered. */
	CU_ASSERT_EQUAL(r->cases[0].rules[0].flows, 2000);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].packets, 6000);
	CU_ASSERT(r->cases[0].untracked > 0);
	CU_ASSERT(r->cases[0].rules[0].connections < 2000);
	sim_record_free(r);
	scene_close(&s);
}

/* A flow's fragments have another rule than its whole packets, and keys of
 * that one: of each rule all must add up. */
static void
test_fragments_elsewhere(void)
{
	static const char both[] =
	    "load_balancer: { sku: fairlead }\n"
	    "frontends:\n"
	    "  - { name: web, address: 203.0.113.10 }\n"
	    "pools:\n"
	    "  - name: vms\n"
	    "    members: [ { name: one, address: 10.0.0.4 } ]\n"
	    "  - name: others\n"
	    "    members: [ { name: two, address: 10.0.0.5 } ]\n"
	    "rules:\n"
	    "  - { name: coap, frontend: web, pool: vms, protocol: udp,\n"
	    "      frontend_port: 5683, backend_port: 5683 }\n"
	    "  - { name: all, frontend: web, pool: others, protocol: all,\n"
	    "      frontend_port: 0, backend_port: 0,\n"
	    "      distribution: source-ip }\n";
	struct scene s;

	scene_open(&s);
	for (unsigned round = 0; round < 3; round++)
		for (uint16_t i = 0; i < 300; i++) {
			struct frame_spec p =
			    from_client(LB_PROTO_UDP, 5683, 0);
			p.sport = (uint16_t)(20000 + i);
			p.more_fragments = round == 1;
			p.payload_bytes = 64;
			scene_add(&s, round, &p);
		}
	struct sim_record *r = scene_play(&s, both);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].packets, 600);
	CU_ASSERT_EQUAL(r->cases[0].rules[1].packets, 300);
	CU_ASSERT_EQUAL(r->cases[0].rules[1].key_count, 1);
	sim_record_free(r);
	scene_close(&s);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "nat", test_nat },
		{ "fates", test_fates },
		{ "inbound NAT rules", test_inbound_nat },
		{ "a server stands in", test_stand_in },
		{ "nobody is up", test_nobody },
		{ "a full table", test_full_table },
		{ "fragments elsewhere", test_fragments_elsewhere },
		CU_TEST_INFO_NULL,
	};

	return unit_main("sim/run: configured", tests);
}
