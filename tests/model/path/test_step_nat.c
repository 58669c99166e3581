/* SPDX-License-Identifier: MIT */
/* Inbound NAT rules on the path (AZ 5.5): a port, a member, and back. */
#include "model/path/step.h"

#include <string.h>
#include "model/config/config_new.h"
#include "tests/support/talk.h"
#include "tests/unit.h"

#define T0   RIG_START_MS
#define VIP  FRAME_V4(203, 0, 113, 10)
#define VIP6 FRAME_V6(0x2001, 0xdb8, 0xf, 0, 0, 0, 0, 0x10)

enum { SSH, RANGE, DTLS, FLOATS, SIX, FLOATS6, NATS };

static struct rig rig;
static struct lb_config_nat nats[NATS];

static struct lb_config_nat
nat_of(const char *name, int frontend, int pool, int member, uint8_t proto,
    uint16_t first, uint16_t last, uint16_t backend)
{
	struct lb_config_nat nat;

	lb_config_nat_init(&nat);
	nat.name = (char *)name;
	nat.frontend = frontend;
	nat.pool = pool;
	nat.member = member;
	nat.proto = proto;
	nat.first_port = first;
	nat.last_port = last;
	nat.backend_port = backend;
	return nat;
}

static void
open_nats(void)
{
	rig_open(&rig);
	nats[SSH] = nat_of("ssh", RIG_VIP, RIG_WEB, 1, 6, 2201, 2201, 22022);
	nats[RANGE] = nat_of("range", RIG_VIP, RIG_WEB, -1, 6, 500, 505, 2222);
	nats[DTLS] = nat_of("dtls", RIG_VIP, RIG_WEB, -1, 17, 500, 502, 5685);
	nats[FLOATS] =
	    nat_of("floats", RIG_FLOAT, RIG_NEAR, 2, 6, 2203, 2203, 23);
	nats[FLOATS].floating_ip = true;
	nats[SIX] = nat_of("six", RIG_VIP6, RIG_WEB6, -1, 0, 500, 502, 2222);
	nats[SIX].tcp_reset = true;
	nats[FLOATS6] =
	    nat_of("floats6", RIG_VIP6, RIG_WEB6, 2, 6, 2203, 2203, 23);
	nats[FLOATS6].floating_ip = true;
	rig.config.nats = nats;
	rig.config.nat_count = NATS;
	rig_start(&rig);
}

/* A conversation with a NAT rule's port. */
static struct talk
talk_nat(struct lb_addr frontend, uint8_t proto, uint16_t port,
    uint16_t backend_port)
{
	bool six = !lb_addr_is_v4(&frontend);
	struct talk talk = talk_open(&rig, six ? RIG_HTTP6 : RIG_HTTP, 40000);

	talk.frontend = frontend;
	talk.proto = proto;
	talk.frontend_port = port;
	talk.backend_port = backend_port;
	return talk;
}

/* clang-format off */
static const struct row {
	const char *what;
	struct lb_addr to;
	uint8_t proto;
	uint16_t port;
	const char *rule; /* NULL: it passes */
	enum rig_pool pool;
	unsigned member;
	uint16_t backend_port;
	bool moves; /* the destination address */
	bool replies; /* the balancer translates them */
} rows[] = {
	{ "one member", VIP, 6, 2201, "ssh/two", RIG_WEB, 1, 22022, true, true },
	{ "one member, UDP", VIP, 17, 2201, NULL, 0, 0, 0, false, false },
	/* 13.10: ports {500, 501, 502} for 3 members */
	{ "range, first", VIP, 6, 500, "range/one", RIG_WEB, 0, 2222, true, true },
	{ "range, second", VIP, 6, 501, "range/two", RIG_WEB, 1, 2222, true, true },
	{ "range, third", VIP, 6, 502, "range/three", RIG_WEB, 2, 2222, true,
	  true },
	{ "range, nobody's", VIP, 6, 503, NULL, 0, 0, 0, false, false },
	{ "range, beyond", VIP, 6, 506, NULL, 0, 0, 0, false, false },
	{ "UDP range", VIP, 17, 501, "dtls/two", RIG_WEB, 1, 5685, true, true },
	{ "floating", FRAME_V4(203, 0, 113, 30), 6, 2203, "floats/three",
	  RIG_NEAR, 2, 23, false, false },
	{ "IPv6, TCP", VIP6, 6, 502, "six/three", RIG_WEB6, 2, 2222, true, true },
	{ "IPv6, UDP", VIP6, 17, 500, "six/one", RIG_WEB6, 0, 2222, true, true },
	{ "IPv6, floating", VIP6, 6, 2203, "floats6/three", RIG_WEB6, 2, 23,
	  false, false },
	{ "IPv6, nobody's", VIP6, 6, 503, NULL, 0, 0, 0, false, false },
};
/* clang-format on */

static const char *
rule_name(void)
{
	uint16_t id = rig.result.rule;

	return id < rig.plan->rule_count ? rig.plan->rules[id].name : "none";
}

static void
check_reply(const struct row *row, struct talk *t)
{
	struct frame_spec spec = talk_packet(t, row->proto == 6 ? 'b' : 'd');

	if (!row->replies)
		return;
	(void)rig_send(&rig, &spec, T0);
	spec.src = row->to;
	spec.sport = row->port;
	UNIT_ROW(row->what, rig_left_as(&rig, &spec));
	UNIT_ROW(row->what, strcmp(rule_name(), row->rule) == 0);
	UNIT_ROW(row->what, (rig.result.facts & LB_FACT_REPLY) != 0);
	UNIT_EQUAL(
	    row->what, (rig.result.facts & LB_FACT_HIT) != 0, row->proto == 6);
}

static void
test_rows(void)
{
	open_nats();
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct talk t =
		    talk_nat(row->to, row->proto, row->port, row->backend_port);
		struct frame_spec spec =
		    talk_packet(&t, row->proto == 6 ? 'S' : 'D');
		(void)rig_send(&rig, &spec, T0);
		if (row->rule == NULL) {
			UNIT_EQUAL(row->what, rig.result.verdict, LB_PASS);
			continue;
		}
		t.member = rig_member(&rig, row->pool, row->member);
		UNIT_EQUAL(row->what, rig.result.member, t.member);
		UNIT_ROW(row->what, strcmp(rule_name(), row->rule) == 0);
		if (row->moves)
			spec.dst = rig_address(&rig, t.member);
		spec.dport = row->backend_port;
		UNIT_ROW(row->what, rig_left_as(&rig, &spec));
		UNIT_EQUAL(row->what, (rig.result.facts & LB_FACT_MADE) != 0,
		    row->proto == 6);
		check_reply(row, &t);
	}
	rig_close(&rig);
}

/* No probe and no admin state counts (AZ 2.7, 2.8). */
static void
test_health(void)
{
	open_nats();
	uint16_t two = rig_member(&rig, RIG_WEB, 1);
	struct talk t = talk_nat((struct lb_addr)VIP, 6, 2201, 22022);

	(void)talk_say(&t, 'S', T0);
	rig.members[RIG_WEB][1].admin_state = LB_ADMIN_DOWN;
	rig_health(&rig, two, false);
	UNIT_EQUAL("SYN again", talk_say(&t, 'S', T0)->member, two);
	UNIT_EQUAL("kept", rig.result.facts, LB_FACT_HIT);
	t.client_port++;
	UNIT_EQUAL("a new one", talk_say(&t, 'S', T0)->member, two);
	(void)talk_all(&t, "bA", T0);
	UNIT_EQUAL("goes on", rig.result.member, two);
	rig_close(&rig);
}

/* 5.5: who leaves gives the port back, but not the connections. */
static void
test_reload(void)
{
	open_nats();
	uint16_t two = rig_member(&rig, RIG_WEB, 1);
	struct talk t = talk_nat((struct lb_addr)VIP, 6, 501, 2222);

	(void)talk_all(&t, "SbA", T0);
	UNIT_EQUAL("open", rig.result.member, two);

	rig.members[RIG_WEB][1].name = (char *)"four"; /* in two's place */
	rig.members[RIG_WEB][1].address = (struct lb_addr)FRAME_V4(10, 0, 0, 7);
	rig_swap(&rig);
	UNIT_EQUAL("stays", talk_say(&t, 'D', T0)->member, two);
	(void)talk_say(&t, 'd', T0);
	UNIT_ROW("still translated",
	    rig.result.verdict == LB_FORWARD &&
		lb_addr_same(&rig.result.edit.src, &t.frontend) &&
		lb_be16_get(rig.result.edit.sport) == 501);
	t.client_port++;
	(void)talk_say(&t, 'S', T0);
	UNIT_ROW(
	    "the port is somebody's", strcmp(rule_name(), "range/four") == 0);
	UNIT_EQUAL(
	    "who is new", rig.result.member, rig_member(&rig, RIG_WEB, 1));
	t = talk_nat((struct lb_addr)VIP, 6, 502, 2222);
	(void)talk_say(&t, 'S', T0);
	UNIT_ROW("the others'", strcmp(rule_name(), "range/three") == 0);
	rig_close(&rig);
}

/* Idle, 13.10: alive at 239 s, gone at 240. */
static void
test_idle(void)
{
	const struct lb_addr frontends[] = { VIP, VIP6 };

	for (size_t i = 0; i < LB_COUNT(frontends); i++) {
		open_nats();
		struct talk t = talk_nat(frontends[i], 6, 500, 2222);
		(void)talk_all(&t, "SbA", T0);
		(void)talk_say(&t, 'D', T0 + 239999);
		UNIT_EQUAL("alive", rig.result.facts, LB_FACT_HIT);
		(void)talk_say(&t, 'D', T0 + 239999 + 240000);
		UNIT_ROW("gone", (rig.result.facts & LB_FACT_MADE) != 0);
		rig_close(&rig);
	}
}

/* With tcp_reset the sweeper's fact has both ends' exact numbers. */
static void
test_reset_numbers(void)
{
	static struct lb_expired facts[LB_WAYS];
	struct lb_expired_list list = { facts, LB_WAYS, 0 };

	open_nats();
	struct talk t = talk_nat((struct lb_addr)VIP6, 6, 500, 2222);
	(void)talk_all(&t, "SbADdA", T0);
	(void)lb_expire(
	    &rig.world->tables, true, T0 + 240000, rig.result.bucket, 1, &list);
	CU_ASSERT_EQUAL_FATAL(list.count, 1);
	CU_ASSERT_EQUAL(facts[0].state, LB_CONN_OPEN);
	CU_ASSERT_EQUAL(facts[0].client_end, t.client_seq);
	CU_ASSERT_EQUAL(facts[0].client_ack, t.member_seq);
	CU_ASSERT_TRUE(lb_addr_same(&facts[0].dst, &t.frontend));
	rig_close(&rig);
}

/* Errors follow the quoted packet, both ways. */
static const struct error_row {
	const char *what;
	struct lb_addr frontend, router;
	uint8_t proto, type, code;
} errors[] = {
	{ "fragmentation needed", VIP, RIG_ROUTER4, LB_PROTO_ICMP, 3, 4 },
	{ "port unreachable", VIP, RIG_ROUTER4, LB_PROTO_ICMP, 3, 3 },
	{ "packet too big", VIP6, FRAME_V6(0x2001, 0xdb8, 9, 0, 0, 0, 0, 1),
	    LB_PROTO_ICMP6, 2, 0 },
	{ "IPv6, port unreachable", VIP6,
	    FRAME_V6(0x2001, 0xdb8, 9, 0, 0, 0, 0, 1), LB_PROTO_ICMP6, 1, 4 },
};

static void
walk_error(const struct error_row *row)
{
	open_nats();
	struct talk t = talk_nat(row->frontend, 6, 501, 2222);

	(void)talk_all(&t, "SbA", T0);
	struct frame_spec about = talk_packet(&t, 'd');
	about.src = t.frontend; /* as the client's side saw it */
	about.sport = 501;
	struct frame_spec error = { .src = row->router,
		.dst = t.frontend,
		.proto = row->proto,
		.icmp_type = row->type,
		.icmp_code = row->code,
		.quoted = &about };
	(void)rig_send(&rig, &error, T0);
	UNIT_EQUAL(row->what, rig.result.member, t.member);
	about = talk_packet(&t, 'd');
	error.dst = rig_address(&rig, t.member);
	UNIT_ROW(row->what, rig_left_as(&rig, &error));

	about = talk_packet(&t, 'D'); /* as the member's side saw it */
	about.dst = rig_address(&rig, t.member);
	about.dport = 2222;
	error.src = rig_address(&rig, t.member);
	error.dst = t.client;
	(void)rig_send(&rig, &error, T0);
	about = talk_packet(&t, 'D');
	error.src = t.frontend;
	UNIT_ROW(row->what, rig_left_as(&rig, &error));
	rig_close(&rig);
}

static void
test_errors(void)
{
	for (size_t i = 0; i < LB_COUNT(errors); i++)
		walk_error(&errors[i]);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "which port leads where", test_rows },
		{ "health does not matter", test_health },
		{ "a member goes, another comes", test_reload },
		{ "idle", test_idle },
		{ "reset numbers, IPv6", test_reset_numbers },
		{ "ICMP errors", test_errors },
		CU_TEST_INFO_NULL,
	};

	return unit_main("step_nat", tests);
}
