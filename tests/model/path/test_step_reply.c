/* SPDX-License-Identifier: MIT */
/* model/path/reply.c: what members send. */
#include "model/path/step.h"

#include <string.h>
#include "tests/support/talk.h"
#include "tests/unit.h"

#define T0 RIG_START_MS

#define WEB4   FRAME_V4(10, 0, 0, 5)
#define NVA4   FRAME_V4(10, 0, 1, 5)
#define NEAR4  FRAME_V4(10, 0, 2, 5)
#define NOBODY FRAME_V4(10, 0, 3, 3)
#define VIP4   FRAME_V4(203, 0, 113, 10)
#define BARE4  FRAME_V4(203, 0, 113, 50)
#define FLOAT4 FRAME_V4(203, 0, 113, 30)
#define WEB6   FRAME_V6(0x2001, 0xdb8, 0xa, 0, 0, 0, 0, 5)
#define NVA6   FRAME_V6(0x2001, 0xdb8, 0xb, 0, 0, 0, 0, 5)
#define NEAR6  FRAME_V6(0x2001, 0xdb8, 0xa, 0, 9, 9, 9, 9)

static struct rig rig;

enum fate {
	PASSES,
	REPLY,  /* its source becomes the frontend's */
	DROPS,  /* fragment */
	CLIENT, /* it is a client's: to a frontend */
};

/* clang-format off */
static const struct row {
	const char *what;
	struct lb_addr src, dst;
	uint8_t proto;
	uint16_t sport;
	enum fate fate;
	enum rig_rule rule;
	uint16_t expect_sport;
} rows[] = {
	{ "TCP", WEB4, RIG_CLIENT4, 6, 8080, REPLY, RIG_HTTP, 80 },
	{ "another rule", WEB4, RIG_CLIENT4, 6, 8081, REPLY, RIG_RESET, 81 },
	{ "port kept", WEB4, RIG_CLIENT4, 6, 22, REPLY, RIG_SAME_PORT, 22 },
	{ "UDP, not tracked", WEB4, RIG_CLIENT4, 17, 5353, REPLY, RIG_DNS,
	  53 },
	{ "UDP, tracked", WEB4, RIG_CLIENT4, 17, 5684, REPLY, RIG_COAP, 5683 },
	{ "one port, TCP", WEB4, RIG_CLIENT4, 6, 8443, REPLY, RIG_SOURCE,
	  443 },
	{ "one port, UDP", WEB4, RIG_CLIENT4, 17, 8443, REPLY, RIG_SOURCE_UDP,
	  443 },
	{ "a port without a rule", WEB4, RIG_CLIENT4, 6, 80, PASSES, 0, 0 },
	{ "a port of the other protocol", WEB4, RIG_CLIENT4, 17, 8080, PASSES,
	  0, 0 },
	{ "any port", NVA4, RIG_CLIENT4, 6, 1, REPLY, RIG_ANY, 1 },
	{ "any port, UDP", NVA4, RIG_CLIENT4, 17, 65535, REPLY, RIG_ANY,
	  65535 },
	{ "any port, port 0", NVA4, RIG_CLIENT4, 17, 0, REPLY, RIG_ANY, 0 },
	{ "floating: the member itself", NEAR4, RIG_CLIENT4, 6, 8080, PASSES,
	  0, 0 },
	{ "floating: from the frontend", FLOAT4, RIG_CLIENT4, 6, 80, PASSES,
	  0, 0 },
	{ "a port of another pool", NVA4, RIG_OWN4, 6, 8080, PASSES, 0, 0 },
	{ "nobody's address", NOBODY, RIG_CLIENT4, 6, 8080, PASSES, 0, 0 },
	{ "an answer to our own probe", WEB4, RIG_OWN4, 6, 8080, PASSES, 0,
	  0 },
	{ "to a neighbour", WEB4, RIG_NEAR4, 6, 8080, PASSES, 0, 0 },
	{ "to another member", WEB4, NVA4, 6, 8080, PASSES, 0, 0 },
	{ "any port, to a neighbour", NVA4, RIG_NEAR4, 6, 8080, PASSES, 0, 0 },
	{ "to a frontend's port", WEB4, VIP4, 6, 8080, CLIENT, RIG_HTTP, 0 },
	{ "to a frontend that no rule has", WEB4, BARE4, 6, 8080, PASSES, 0,
	  0 },
	{ "IPv6", WEB6, RIG_CLIENT6, 6, 8080, REPLY, RIG_HTTP6, 80 },
	{ "IPv6, any port", NVA6, RIG_CLIENT6, 17, 7, REPLY, RIG_ANY6, 7 },
	{ "IPv6, to a neighbour", WEB6, NEAR6, 6, 8080, PASSES, 0, 0 },
	{ "IPv6, to a neighbour in the other subnet", WEB6, NVA6, 6, 8080,
	  PASSES, 0, 0 },
}, fragment_rows[] = {
	{ "one port", WEB4, RIG_CLIENT4, 6, 8080, DROPS, RIG_HTTP, 0 },
	{ "one port, UDP", WEB4, RIG_CLIENT4, 17, 5353, DROPS, RIG_DNS, 0 },
	{ "any port", NVA4, RIG_CLIENT4, 17, 5353, REPLY, RIG_ANY, 5353 },
	{ "any port, TCP", NVA4, RIG_CLIENT4, 6, 5353, REPLY, RIG_ANY, 5353 },
	{ "to a neighbour", NVA4, RIG_NEAR4, 17, 5353, PASSES, 0, 0 },
	{ "IPv6, any port", NVA6, RIG_CLIENT6, 17, 7, REPLY, RIG_ANY6, 7 },
};
/* clang-format on */

static struct frame_spec
spec_of(const struct row *row)
{
	return (struct frame_spec){
		.src = row->src,
		.dst = row->dst,
		.proto = row->proto,
		.sport = row->sport,
		.dport = row->fate == CLIENT ? 80 : 40000,
		.tcp_flags = LB_TCP_ACK,
		.payload_bytes = 40,
	};
}

static void
walk_row(const struct row *row, struct frame_spec spec)
{
	const struct lb_result *r = rig_send(&rig, &spec, T0);
	if (row->fate == PASSES) {
		UNIT_EQUAL(row->what, r->verdict, LB_PASS);
		UNIT_EQUAL(row->what, r->rule, LB_NONE);
		UNIT_EQUAL(row->what, r->facts, 0);
		return;
	}
	UNIT_EQUAL(row->what, r->rule, rig_rule(&rig, row->rule));
	if (row->fate == CLIENT) {
		UNIT_EQUAL(row->what, r->verdict, LB_FORWARD);
		UNIT_EQUAL(row->what, r->facts, LB_FACT_MADE);
		return;
	}
	UNIT_EQUAL(row->what, r->facts, LB_FACT_REPLY);
	UNIT_EQUAL(row->what, lb_live_count(&rig.world->tables), 0);
	if (row->fate == DROPS) {
		UNIT_EQUAL(row->what, r->verdict, LB_DROP);
		UNIT_EQUAL(row->what, r->reason, LB_REASON_FRAGMENT);
		return;
	}
	UNIT_EQUAL(row->what, r->verdict, LB_FORWARD);
	spec.src = rig_frontend(
	    &rig, (enum rig_frontend)rig.rules[row->rule].frontend);
	spec.sport = row->expect_sport;
	UNIT_ROW(row->what, rig_left_as(&rig, &spec));
}

static void
test_who(void)
{
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		rig_open(&rig);
		rig_start(&rig);
		walk_row(&rows[i], spec_of(&rows[i]));
		rig_close(&rig);
	}
}

static void
test_fragments(void)
{
	rig_open(&rig);
	rig_start(&rig);
	for (size_t i = 0; i < LB_COUNT(fragment_rows); i++) {
		const struct row *row = &fragment_rows[i];
		for (unsigned offset = 0; offset <= 16; offset += 8) {
			struct frame_spec spec = spec_of(row);
			spec.more_fragments = offset < 16;
			spec.fragment_offset = (uint16_t)offset;
			spec.ext_count = lb_addr_is_v4(&row->src) ? 0 : 1;
			spec.exts[0] = FRAME_FRAGMENT;
			/* without a port nothing says whose it is */
			if (row->fate == DROPS && offset > 0)
				continue;
			walk_row(row, spec);
		}
	}
	rig_close(&rig);
}

static void
test_malformed(void)
{
	static const struct {
		struct frame_spec spec;
		unsigned at, value;
	} bad[] = {
		{ { .src = WEB4,
		      .dst = RIG_CLIENT4,
		      .proto = 17,
		      .sport = 5353 },
		    5, 7 },
		{ { .src = NVA4, .dst = RIG_CLIENT4, .proto = 6, .sport = 9 },
		    12, 0x40 },
	};
	rig_open(&rig);
	rig_start(&rig);
	for (size_t i = 0; i < LB_COUNT(bad); i++) {
		frame_build(&rig.in, &bad[i].spec);
		rig.in.data[rig.in.l4 + bad[i].at] = (uint8_t)bad[i].value;
		(void)rig_send_frame(&rig, T0);
		CU_ASSERT_EQUAL(rig.result.verdict, LB_DROP);
		CU_ASSERT_EQUAL(rig.result.reason, LB_REASON_MALFORMED);
	}
	rig_close(&rig);
}

/* A reply refreshes the entry of its flow, but only as its member's. */
static void
test_other_member(void)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_HTTP, 45000);
	(void)talk_all(&t, "SbA", T0);
	struct lb_entry4 *e =
	    &rig.world->tables.conn4[rig.result.bucket].entry[rig.result.way];
	const uint64_t *ctl = rig_ctl(&rig);
	uint16_t member = t.member;
	t.member = rig_other(&rig, RIG_WEB, member);
	for (const char *letter = "badfr"; *letter != '\0'; letter++) {
		(void)talk_say(&t, *letter, T0 + 1000);
		CU_ASSERT_EQUAL(rig.result.verdict, LB_FORWARD);
		CU_ASSERT_EQUAL(rig.result.facts, LB_FACT_REPLY);
		CU_ASSERT_EQUAL(lb_ctl_state(*ctl), LB_CONN_OPEN);
		CU_ASSERT_EQUAL(lb_w2_seen(e->w2), T0);
	}
	t.member = member;
	(void)talk_say(&t, 'a', T0 + 1000);
	CU_ASSERT_EQUAL(rig.result.facts, LB_FACT_REPLY | LB_FACT_HIT);
	CU_ASSERT_EQUAL(rig.result.member, member);
	CU_ASSERT_EQUAL(lb_w2_seen(e->w2), T0 + 1000);
	rig_close(&rig);
}

/* An entry that is over is none, and a reply does not bring it back. */
static const struct end_row {
	const char *history, *replies;
	uint32_t life_ms;
} ends[] = { { "S", "ba", 60000 }, { "SbA", "adfr", 240000 },
	{ "SbAR", "ar", 15000 } };

static void
walk_end(const struct end_row *row)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_HTTP, 45001);
	(void)talk_all(&t, row->history, T0);
	const uint64_t *at = rig_ctl(&rig);
	const uint64_t ctl = *at;
	for (const char *letter = row->replies; *letter != '\0'; letter++) {
		(void)talk_say(&t, *letter, T0 + row->life_ms);
		UNIT_EQUAL(row->history, rig.result.verdict, LB_FORWARD);
		UNIT_EQUAL(row->history, rig.result.facts, LB_FACT_REPLY);
		UNIT_EQUAL(row->history, *at, ctl);
	}
	rig_close(&rig);
}

static void
test_expired(void)
{
	for (size_t i = 0; i < LB_COUNT(ends); i++)
		walk_end(&ends[i]);
}

/* What a member says moves no number that the client's alone decide. */
static void
test_numbers_are_the_clients(void)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_RESET, 45002);
	(void)talk_all(&t, "SbAD", T0);
	const struct lb_entry4 *e =
	    &rig.world->tables.conn4[rig.result.bucket].entry[rig.result.way];
	uint64_t numbers = e->w3;
	(void)talk_all(&t, "addf", T0);
	CU_ASSERT_EQUAL(e->w3, numbers);
	rig_close(&rig);
}

/* Hairpin: a member is a client like any other, and is answered through the
 * frontend although it is a neighbour; but not by itself, as what comes to it
 * has its own address.  What no entry knows passes. */
static void
test_hairpin(void)
{
	unsigned to_itself = 0;
	rig_open(&rig);
	rig_start(&rig);
	for (uint16_t port = 46000; port < 46090; port++) {
		struct talk t = talk_open(&rig, RIG_HTTP, port);
		t.client = (struct lb_addr)WEB4;
		(void)talk_say(&t, 'S', T0);
		CU_ASSERT_EQUAL(rig.result.verdict, LB_FORWARD);
		struct lb_addr to = rig_address(&rig, t.member);
		to_itself += lb_addr_same(&to, &t.client);
		(void)talk_say(&t, 'b', T0);
		CU_ASSERT_EQUAL(rig.result.verdict, LB_FORWARD);
		CU_ASSERT_TRUE(lb_addr_same(&rig.result.edit.src, &t.frontend));
		t.client_port++;
		(void)talk_say(&t, 'b', T0);
		CU_ASSERT_EQUAL(rig.result.verdict, LB_PASS);
	}
	/* AZ 13.9: 1/n of them; n is 3 here */
	CU_ASSERT(to_itself > 15 && to_itself < 45);
	rig_close(&rig);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "who replies to whom", test_who },
		{ "fragments", test_fragments },
		{ "malformed", test_malformed },
		{ "another member", test_other_member },
		{ "expired", test_expired },
		{ "reset numbers", test_numbers_are_the_clients },
		{ "hairpin", test_hairpin },
		CU_TEST_INFO_NULL,
	};
	return unit_main("step, replies", tests);
}
