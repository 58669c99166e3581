/* SPDX-License-Identifier: MIT */
/* Members that ask a frontend of their own (AZ 4.9, 13.9): who gets himself is
 * not answered, and nobody else is the worse for it. */
#include <string.h>

#include "model/config/names.h"
#include "tests/sim/scene.h"
#include "tests/sim/stage.h"
#include "tests/unit.h"

#define FLOWS 300u

static const char *
config_of(const char *switches, const char *rule)
{
	static char text[1024];

	(void)snprintf(text, sizeof(text),
	    "load_balancer: { sku: fairlead%s }\n"
	    "frontends: [ { name: f, address: 10.0.0.100 } ]\n"
	    "pools: [ { name: p, members: [ { name: a, address: 10.0.0.1 }, "
	    "{ name: b, address: 10.0.0.2 }, { name: c, address: 10.0.0.3 }, "
	    "{ name: d, address: 10.0.0.4 } ] } ]\n"
	    "%s\n",
	    switches, rule);
	return text;
}

#define RULE(more) "rules: [ { name: w, frontend: f, pool: p, " more " } ]"
#define TCP        "protocol: tcp, frontend_port: 80, backend_port: 8080"
#define NAT                                                                    \
	"nat_rules: [ { name: n, frontend: f, pool: p, member: a, "            \
	"protocol: tcp, frontend_port: 80, backend_port: 8080 } ]"
#define UDP "protocol: udp, frontend_port: 80, backend_port: 80"
#define NAT_UDP                                                                \
	"nat_rules: [ { name: n, frontend: f, pool: p, member: a, " UDP " } ]"

/* --- captured -------------------------------------------------------------
 */

/* Flows that the engine gave to who had begun them, as it told. */
struct told {
	uint64_t forwarded, own, stepped;
};

static void
hear(void *arg, const struct sim_player *p, const struct sim_arrival *a,
    const struct lb_result *result)
{
	struct told *t = arg;

	t->stepped += result != NULL;
	if (result == NULL || !a->from_client || result->verdict != LB_FORWARD)
		return;
	t->forwarded++;
	t->own += lb_addr_same(
	    &a->pkt.ip.src, &p->plan->members[result->member].address);
}

/* FLOWS flows of a client, each answered as a whole in the capture. */
static struct sim_record *
play_captured(
    uint8_t last, uint8_t proto, const char *config, struct told *told)
{
	struct scene s;
	struct lb_fault fault = { .at_ms = FLOWS / 2,
		.kind = LB_FAULT_CRASHED };
	char crashed[] = "d";

	*told = (struct told){ 0 };
	fault.member = crashed;
	scene_open(&s);
	for (uint32_t i = 0; i < FLOWS; i++) {
		const struct frame_spec asked = {
			.src = FRAME_V4(10, 0, 0, last),
			.dst = FRAME_V4(10, 0, 0, 100),
			.proto = proto,
			.sport = (uint16_t)(40000 + i),
			.dport = 80,
			.tcp_flags = LB_TCP_SYN,
		};
		struct frame_spec answer = asked;
		answer.src = asked.dst;
		answer.dst = asked.src;
		answer.sport = asked.dport;
		answer.dport = asked.sport;
		answer.tcp_flags = LB_TCP_SYN | LB_TCP_ACK;
		scene_add(&s, i, &asked);
		scene_add(&s, i, &answer);
	}
	s.settings.witness = hear;
	s.settings.witness_arg = told;
	if (strstr(config, "probes:") != NULL) {
		s.settings.faults = &fault;
		s.settings.fault_count = 1;
	}
	struct sim_record *r = scene_play(&s, config);
	scene_close(&s);
	return r;
}

/* clang-format off */
static const struct {
	const char *row;
	const char *switches, *rule;
	uint8_t last; /* of the client's address */
	uint8_t proto;
	unsigned least, most; /* of FLOWS: that fail */
	bool dropped;         /* by the balancer */
} captured[] = {
	{ "a stranger", "", RULE(TCP), 9, 6, 0, 0, false },
	{ "a member", "", RULE(TCP), 1, 6, 45, 105, false },
	{ "another", "", RULE(TCP), 3, 6, 45, 105, false },
	{ "UDP", "", RULE("protocol: udp, frontend_port: 80, "
	  "backend_port: 80"), 1, 17, 45, 105, false },
	{ "tracked UDP", "", RULE("protocol: udp, frontend_port: 80, "
	  "backend_port: 80, connection_tracking: true"), 1, 17, 45, 105,
	  false },
	{ "by client", "", RULE(TCP ", distribution: source-ip"), 1, 6, 0,
	  FLOWS, false },
	{ "a NAT rule's own member", "", NAT, 1, 6, FLOWS, FLOWS, false },
	{ "a NAT rule's other one", "", NAT, 2, 6, 0, 0, false },
	{ "always", ", hairpin: always-fails", RULE(TCP), 1, 6, FLOWS, FLOWS,
	  true },
	{ "always, a stranger", ", hairpin: always-fails", RULE(TCP), 9, 6, 0,
	  0, false },
};
/* clang-format on */

static void
test_captured(void)
{
	for (size_t i = 0; i < LB_COUNT(captured); i++) {
		const char *row = captured[i].row;
		struct told told;
		struct sim_record *r = play_captured(captured[i].last,
		    captured[i].proto,
		    config_of(captured[i].switches, captured[i].rule), &told);
		const struct sim_case *c = &r->cases[0];
		UNIT_ROW(row, c->hairpins >= captured[i].least);
		UNIT_ROW(row, c->hairpins <= captured[i].most);
		UNIT_EQUAL(row, c->hairpin_packets, c->hairpins);
		UNIT_EQUAL(row, c->reply_suppressed, c->hairpins);
		UNIT_EQUAL(row, scene_drops(c, "hairpin"),
		    captured[i].dropped ? FLOWS : 0);
		/* just those whose hash says so, and the engine's word stands,
		 * to which the referee holds the other build */
		if (!captured[i].dropped) {
			UNIT_EQUAL(row, told.forwarded, FLOWS);
			UNIT_EQUAL(row, c->hairpins, told.own);
		}
		sim_record_free(r);
	}
}

/* The event says when the first was, and of how many packets. */
static void
test_event(void)
{
	struct told told;
	struct sim_record *r =
	    play_captured(1, 6, config_of("", RULE(TCP)), &told);
	unsigned events = 0;

	for (size_t i = 0; i < r->log_count; i++) {
		if (r->log[i].kind != SIM_EVENT_HAIRPIN)
			continue;
		events++;
		CU_ASSERT_EQUAL(r->log[i].count, r->cases[0].hairpin_packets);
		CU_ASSERT_EQUAL(r->log[i].of_case, 0);
		CU_ASSERT_TRUE(r->log[i].at_ns < 60 * LB_NS_PER_MS);
	}
	CU_ASSERT_EQUAL(events, 1);
	sim_record_free(r);
}

/* A fault elsewhere has no part in it. */
static void
test_beside_fault(void)
{
	struct told told;
	struct sim_record *r = play_captured(1, 6,
	    config_of("",
		"probes: [ { name: x, protocol: tcp, port: 80, interval: 5s, "
		"probe_threshold: 1 } ]\n" RULE("probe: x, " TCP)),
	    &told);
	const struct sim_case *c = &r->cases[0];

	CU_ASSERT_EQUAL_FATAL(c->failover_count, 1);
	CU_ASSERT_TRUE(c->hairpins > 40);
	CU_ASSERT_EQUAL(c->hairpins, told.own);
	CU_ASSERT_TRUE(c->failovers[0].lost > 15);
	CU_ASSERT_TRUE(c->failovers[0].lost < 65); /* d's share of half */
	CU_ASSERT_EQUAL(c->failovers[0].broken, 0);
	sim_record_free(r);
}

#define SYN LB_TCP_SYN
#define ACK LB_TCP_ACK
#define FIN (LB_TCP_FIN | LB_TCP_ACK)
#define RST LB_TCP_RST

/* clang-format off */
static const struct {
	const char *row;
	uint8_t proto;
	struct { uint64_t at_ms; uint8_t flags; uint32_t seq; } packets[5];
	uint64_t connections, of_dropped; /* `always-fails` knows no entries */
} returning[] = {
	{ "once", 6, { { 1, SYN, 7 } }, 1, 1 },
	{ "tries again", 6,
	  { { 1, SYN, 7 }, { 1000, SYN, 7 }, { 3000, SYN, 7 } }, 1, 1 },
	{ "tries for so long that the entry ends", 6,
	  { { 1, SYN, 7 }, { 31000, SYN, 7 }, { 63000, SYN, 7 },
	    { 127000, SYN, 7 } }, 1, 1 },
	{ "the port is back", 6,
	  { { 1, SYN, 7 }, { 1000, SYN, 7 }, { 20000, SYN, 9 },
	    { 21000, SYN, 9 } }, 2, 2 },
	{ "after a reset", 6,
	  { { 1, SYN, 7 }, { 2, RST, 8 }, { 20000, SYN, 9 } }, 2, 2 },
	{ "after a FIN", 6,
	  { { 1, SYN, 7 }, { 2, FIN, 8 }, { 20000, SYN, 9 } }, 2, 2 },
	{ "three times", 6,
	  { { 1, SYN, 7 }, { 20000, SYN, 9 }, { 40000, SYN, 11 } }, 3, 3 },
	{ "its beginning is not there", 6,
	  { { 1, ACK, 7 }, { 2, ACK, 8 } }, 1, 1 },
	{ "UDP", 17, { { 1, 0, 0 }, { 20000, 0, 0 } }, 1, 1 },
};
/* clang-format on */

/* One five-tuple of a member's to itself. */
static struct sim_record *
play_returning(size_t row, const char *config)
{
	struct scene s;

	scene_open(&s);
	for (size_t i = 0; i < LB_COUNT(returning[row].packets) &&
			   returning[row].packets[i].at_ms > 0;
	     i++)
		scene_add(&s, returning[row].packets[i].at_ms,
		    &(struct frame_spec){
			.src = FRAME_V4(10, 0, 0, 1),
			.dst = FRAME_V4(10, 0, 0, 100),
			.proto = returning[row].proto,
			.sport = 40000,
			.dport = 80,
			.tcp_flags = returning[row].packets[i].flags,
			.seq = returning[row].packets[i].seq,
		    });
	struct sim_record *r = scene_play(&s, config);
	scene_close(&s);
	return r;
}

/* A port that is used again is another connection, a packet that is sent again
 * is none. */
static void
test_returning(void)
{
	for (size_t i = 0; i < LB_COUNT(returning); i++) {
		const bool tcp = returning[i].proto == LB_PROTO_TCP;
		struct sim_record *r =
		    play_returning(i, config_of("", tcp ? NAT : NAT_UDP));
		UNIT_EQUAL(returning[i].row, r->cases[0].hairpins,
		    returning[i].connections);
		sim_record_free(r);
		r = play_returning(i, config_of(", hairpin: always-fails",
					  tcp ? RULE(TCP) : RULE(UDP)));
		UNIT_EQUAL(returning[i].row, r->cases[0].hairpins,
		    returning[i].of_dropped);
		sim_record_free(r);
	}
}

/* --- synthetic ------------------------------------------------------------
 */

static struct sim_record *
play_client(struct stage *s, const char *client)
{
	struct lb_traffic *t = stage_traffic(s, LB_PROFILE_WEB);

	CU_ASSERT_TRUE_FATAL(lb_addr_of_text(client, &t->first_client));
	t->clients = 1;
	t->arrivals = LB_ARRIVALS_CONSTANT;
	t->rate = 10 * LB_SCENE_ONE;
	t->requests = LB_SCENE_ONE;
	t->tries = 1;
	t->port = 80;
	return stage_play(s, NULL);
}

/* One of three is the asker himself: a third of his requests come to nothing,
 * and a stranger's all come to something. */
static void
test_synthetic(void)
{
	for (unsigned own = 0; own < 2; own++) {
		struct stage s;
		stage_open(&s);
		struct sim_record *r =
		    play_client(&s, own ? "10.0.0.1" : "192.0.2.1");
		const struct sim_case *c = &r->cases[0];
		const double part =
		    (double)c->hairpin_packets / (double)c->clients.requests;
		if (own)
			CU_ASSERT_DOUBLE_EQUAL(part, 1.0 / 3, 0.06);
		if (!own)
			CU_ASSERT_EQUAL(c->hairpins, 0);
		/* the youngest have not waited a second yet */
		CU_ASSERT_TRUE(c->clients.given_up <= c->hairpin_packets);
		CU_ASSERT_TRUE(c->clients.given_up + 15 >= c->hairpin_packets);
		CU_ASSERT_TRUE(c->clients.answered + c->hairpin_packets + 15 >=
			       c->clients.requests);
		sim_record_free(r);
		stage_close(&s);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "captured: just whom the hash returns", test_captured },
		{ "a port that is used again", test_returning },
		{ "the event", test_event },
		{ "a fault has no part in it", test_beside_fault },
		{ "synthetic clients that are members", test_synthetic },
		CU_TEST_INFO_NULL,
	};

	return unit_main("sim/hairpin", tests);
}
