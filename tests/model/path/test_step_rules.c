/* SPDX-License-Identifier: MIT */
/* model/path/step.c, forward.c: which rule a client's packet is for, and what
 * is done to it. */
#include "model/path/step.h"

#include <string.h>
#include "tests/support/talk.h"
#include "tests/unit.h"

#define T0 RIG_START_MS

#define VIP       FRAME_V4(203, 0, 113, 10)
#define HA        FRAME_V4(203, 0, 113, 20)
#define FLOAT     FRAME_V4(203, 0, 113, 30)
#define FLOAT_HA  FRAME_V4(203, 0, 113, 40)
#define BARE      FRAME_V4(203, 0, 113, 50)
#define VIP6      FRAME_V6(0x2001, 0xdb8, 0xf, 0, 0, 0, 0, 0x10)
#define HA6       FRAME_V6(0x2001, 0xdb8, 0xf, 0, 0, 0, 0, 0x20)
#define NVA4      FRAME_V4(10, 0, 1, 5)
#define MEMBER4   FRAME_V4(10, 0, 0, 5)
#define ELSEWHERE FRAME_V4(192, 0, 2, 77)

/* A packet to a port; .dst says of whom. */
#define TCP_TO(port)                                                           \
	.src = RIG_CLIENT4, .proto = 6, .sport = 40000, .dport = (port),       \
	.tcp_flags = LB_TCP_SYN
#define UDP_TO(port)                                                           \
	.src = RIG_CLIENT4, .proto = 17, .sport = 40000, .dport = (port),      \
	.payload_bytes = 11
#define TCP6_TO(port)                                                          \
	.src = RIG_CLIENT6, .proto = 6, .sport = 40000, .dport = (port),       \
	.tcp_flags = LB_TCP_SYN
#define UDP6_TO(port)                                                          \
	.src = RIG_CLIENT6, .proto = 17, .sport = 40000, .dport = (port),      \
	.payload_bytes = 11

static struct rig rig;

#define NO_RULE (-1)

/* --- rules ---------------------------------------------------------------- */

/* expect_port: the destination port afterwards; moves: the destination
 * address becomes the member's. */
/* clang-format off */
static const struct row {
	const char *what;
	struct frame_spec spec;
	int rule; /* enum rig_rule; NO_RULE: it passes */
	bool moves;
	uint16_t expect_port;
} rows[] = {
	{ "TCP", { TCP_TO(80), .dst = VIP }, RIG_HTTP, true, 8080 },
	{ "TCP, port kept", { TCP_TO(22), .dst = VIP }, RIG_SAME_PORT, true,
	  22 },
	{ "UDP, not tracked", { UDP_TO(53), .dst = VIP }, RIG_DNS, true, 5353 },
	{ "UDP, tracked", { UDP_TO(5683), .dst = VIP }, RIG_COAP, true, 5684 },
	{ "TCP and UDP on one port: TCP", { TCP_TO(443), .dst = VIP },
	  RIG_SOURCE, true,
	  8443 },
	{ "TCP and UDP on one port: UDP", { UDP_TO(443), .dst = VIP },
	  RIG_SOURCE_UDP,
	  true, 8443 },
	{ "UDP to a port of TCP", { UDP_TO(80), .dst = VIP }, NO_RULE, false,
	  0 },
	{ "TCP to a port of UDP", { TCP_TO(53), .dst = VIP }, NO_RULE, false,
	  0 },
	{ "a port without a rule", { TCP_TO(8080), .dst = VIP }, NO_RULE, false,
	  0 },
	{ "port 0 of a frontend with ports", { TCP_TO(0), .dst = VIP }, NO_RULE,
	  false,
	  0 },
	{ "any port, TCP", { TCP_TO(1), .dst = HA }, RIG_ANY, true, 1 },
	{ "any port, UDP", { UDP_TO(65535), .dst = HA }, RIG_ANY, true, 65535 },
	{ "any port, port 0", { TCP_TO(0), .dst = HA }, RIG_ANY, true, 0 },
	{ "floating, another backend port", { TCP_TO(80), .dst = FLOAT },
	  RIG_FLOAT_HTTP,
	  false, 8080 },
	{ "floating, the same port", { UDP_TO(5683), .dst = FLOAT },
	  RIG_FLOAT_COAP,
	  false, 5683 },
	{ "floating, any port", { UDP_TO(7), .dst = FLOAT_HA }, RIG_FLOAT_ANY,
	  false, 7 },
	{ "a frontend that no rule has", { TCP_TO(80), .dst = BARE }, NO_RULE,
	  false, 0 },
	{ "the balancer itself", { TCP_TO(80), .dst = RIG_OWN4 }, NO_RULE,
	  false, 0 },
	{ "a member", { TCP_TO(8080), .dst = MEMBER4 }, NO_RULE, false, 0 },
	{ "elsewhere", { TCP_TO(80), .dst = ELSEWHERE }, NO_RULE, false, 0 },
	{ "IPv6, TCP", { TCP6_TO(80), .dst = VIP6 }, RIG_HTTP6, true, 8080 },
	{ "IPv6, UDP", { UDP6_TO(53), .dst = VIP6 }, RIG_DNS6, true, 5353 },
	{ "IPv6, tracked", { UDP6_TO(5683), .dst = VIP6 }, RIG_COAP6, true,
	  5684 },
	{ "IPv6, any port", { UDP6_TO(4000), .dst = HA6 }, RIG_ANY6, true,
	  4000 },
	{ "IPv6, no rule", { TCP6_TO(81), .dst = VIP6 }, NO_RULE, false, 0 },
	{ "tagged", { .src = RIG_CLIENT4, .dst = VIP, .proto = 6, .tags = 2,
	    .sport = 40000, .dport = 80, .payload_bytes = 1001,
	    .tcp_option_words = 3, .ip_option_words = 2 },
	  RIG_HTTP, true, 8080 },
	{ "IPv6, extensions", { .src = RIG_CLIENT6, .dst = VIP6, .proto = 17,
	    .sport = 40000, .dport = 53, .ext_count = 3,
	    .exts = { 0, 43, 60 }, .ext_more = { 0, 2, 1 } },
	  RIG_DNS6, true, 5353 },
	{ "UDP without a checksum", { .src = RIG_CLIENT4, .dst = VIP,
	    .proto = 17, .sport = 40000, .dport = 53, .no_checksum = true },
	  RIG_DNS, true, 5353 },
	{ "UDP/IPv6 without a checksum", { .src = RIG_CLIENT6, .dst = VIP6,
	    .proto = 17, .sport = 40000, .dport = 53, .no_checksum = true },
	  RIG_DNS6, true, 5353 },
	{ "a TTL of 1 is none of our business", { .src = RIG_CLIENT4,
	    .dst = VIP, .proto = 17, .sport = 40000, .dport = 53, .ttl = 1 },
	  RIG_DNS, true, 5353 },
};
/* clang-format on */

static void
expect_passed(const char *what)
{
	UNIT_EQUAL(what, rig.result.verdict, LB_PASS);
	UNIT_EQUAL(what, rig.result.reason, LB_REASON_NO_RULE);
	UNIT_EQUAL(what, rig.result.rule, LB_NONE);
	UNIT_EQUAL(what, rig.result.member, LB_NONE);
	UNIT_EQUAL(what, rig.result.facts, 0);
}

static void
expect_dropped(const char *what, unsigned reason)
{
	UNIT_EQUAL(what, rig.result.verdict, LB_DROP);
	UNIT_EQUAL(what, rig.result.reason, reason);
}

static void
walk_row(const struct row *row)
{
	(void)rig_send(&rig, &row->spec, T0);
	if (row->rule == NO_RULE) {
		expect_passed(row->what);
		return;
	}
	const struct lb_result *r = &rig.result;
	UNIT_EQUAL(row->what, r->verdict, LB_FORWARD);
	UNIT_EQUAL(
	    row->what, r->rule, rig_rule(&rig, (enum rig_rule)row->rule));
	struct frame_spec expect = row->spec;
	if (row->moves)
		expect.dst = rig_address(&rig, r->member);
	expect.dport = row->expect_port;
	UNIT_ROW(row->what, rig_left_as(&rig, &expect));
	/* a member of the rule's pool */
	int pool = rig.config.rules[row->rule].pool;
	bool mine = false;
	for (unsigned m = 0; m < RIG_MEMBERS; m++)
		mine |= rig_member(&rig, (enum rig_pool)pool, m) == r->member;
	UNIT_ROW(row->what, mine);
}

static void
test_rules(void)
{
	rig_open(&rig);
	rig_start(&rig);
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		walk_row(&rows[i]);
	rig_close(&rig);
}

/* The more exact match first: a port before every port. */
static void
test_exact_first(void)
{
	static const struct row exact[] = {
		{ "its port", { TCP_TO(80), .dst = FLOAT_HA }, RIG_FLOAT_HTTP,
		    false, 8080 },
		{ "its port, UDP", { UDP_TO(80), .dst = FLOAT_HA },
		    RIG_FLOAT_ANY, false, 80 },
		{ "another port", { TCP_TO(81), .dst = FLOAT_HA },
		    RIG_FLOAT_ANY, false, 81 },
	};
	rig_open(&rig);
	rig.rules[RIG_FLOAT_HTTP].frontend = RIG_FLOAT_HA;
	rig_start(&rig);
	for (size_t i = 0; i < LB_COUNT(exact); i++)
		walk_row(&exact[i]);
	rig_close(&rig);
}

/* What no frontend names goes by the next-hop rule, when there is one: with
 * its own destination, to a member. */
static void
test_next_hop(void)
{
	static const struct row hops[] = {
		{ "elsewhere", { TCP_TO(80), .dst = ELSEWHERE }, RIG_NEXT,
		    false, 80 },
		{ "elsewhere, UDP", { UDP_TO(0), .dst = ELSEWHERE }, RIG_NEXT,
		    false, 0 },
		{ "a frontend first", { TCP_TO(80), .dst = VIP }, RIG_HTTP,
		    true, 8080 },
		{ "a frontend's other port is ours",
		    { TCP_TO(81 + 256), .dst = VIP }, NO_RULE, false, 0 },
		{ "our own", { TCP_TO(80), .dst = RIG_OWN4 }, NO_RULE, false,
		    0 },
		{ "a member", { TCP_TO(80), .dst = MEMBER4 }, RIG_NEXT, false,
		    80 },
		{ "a member of any port", { TCP_TO(80), .dst = NVA4 }, RIG_NEXT,
		    false, 80 },
		{ "IPv6 has none", { TCP6_TO(80), .dst = RIG_CLIENT6 }, NO_RULE,
		    false, 0 },
	};
	rig_open(&rig);
	rig.config.next_hop_rule4 = RIG_NEXT;
	rig_start(&rig);
	for (size_t i = 0; i < LB_COUNT(hops); i++)
		walk_row(&hops[i]);
	rig_close(&rig);
}

/* A conversation between others: the member that takes it, both ways. A SYN-ACK
 * opens nothing, or a flood of SYNs would fill the table with open flows. */
static uint16_t
hop_both_ways(unsigned n, bool tcp)
{
	struct frame_spec there = { .proto = tcp ? LB_PROTO_TCP : LB_PROTO_UDP,
		.src = FRAME_V4(10, 1, n % 250, 2),
		.dst = FRAME_V4(10, n % 3, 7, 9),
		.sport = (uint16_t)(30000 + n),
		.dport = 80,
		.tcp_flags = LB_TCP_SYN };
	struct frame_spec back = there;
	back.src = there.dst;
	back.dst = there.src;
	back.sport = there.dport;
	back.dport = there.sport;
	back.tcp_flags = LB_TCP_SYN | LB_TCP_ACK;
	(void)rig_send(&rig, &there, T0);
	uint16_t member = rig.result.member;
	(void)rig_send(&rig, &back, T0);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_FORWARD);
	CU_ASSERT_EQUAL(rig.result.member, member);
	CU_ASSERT_EQUAL(rig.result.edit.what, 0);
	CU_ASSERT_EQUAL(rig.result.facts & LB_FACT_OPENED, 0);
	there.tcp_flags = LB_TCP_ACK;
	(void)rig_send(&rig, &there, T0);
	CU_ASSERT_EQUAL(rig.result.member, member);
	CU_ASSERT_EQUAL((rig.result.facts & LB_FACT_OPENED) != 0, tcp);
	/* one that is cut goes by its ends alone, both ways */
	back.fragment_offset = 10;
	(void)rig_send(&rig, &back, T0);
	uint16_t cut = rig.result.member;
	there.fragment_offset = 10;
	(void)rig_send(&rig, &there, T0);
	CU_ASSERT_EQUAL(rig.result.member, cut);
	return member;
}

static void
test_next_hop_both_ways(void)
{
	unsigned counts[RIG_IDS_MAX] = { 0 };
	rig_open(&rig);
	rig.config.next_hop_rule4 = RIG_NEXT;
	rig.config.entries = 4000;
	rig_start(&rig);
	for (unsigned n = 0; n < 300; n++)
		counts[hop_both_ways(n, n % 2 == 0)]++;
	for (unsigned m = 0; m < RIG_MEMBERS; m++)
		CU_ASSERT(counts[rig_member(&rig, RIG_WEB, m)] < 200);
	rig_close(&rig);
}

/* What a member with floating IP answers by itself is no flow of others. */
static void
test_next_hop_answers(void)
{
	struct frame_spec answer = { .proto = LB_PROTO_TCP,
		.src = FLOAT_HA,
		.dst = RIG_CLIENT4,
		.sport = 80,
		.dport = 40000,
		.tcp_flags = LB_TCP_ACK };
	rig_open(&rig);
	rig.config.next_hop_rule4 = RIG_NEXT;
	rig_start(&rig);
	(void)rig_send(&rig, &answer, 0);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_PASS);
	rig_close(&rig);
}

/* --- what is malformed ---------------------------------------------------- */

/* clang-format off */
static const struct bad_row {
	const char *what;
	struct frame_spec spec;
	unsigned at, value; /* one byte behind the transport header's start */
	int rule;
} bad_rows[] = {
	{ "UDP length", { UDP_TO(53), .dst = VIP }, 5, 7, RIG_DNS },
	{ "UDP length beyond", { UDP_TO(5683), .dst = VIP }, 5, 20, RIG_COAP },
	{ "TCP header of 16", { TCP_TO(80), .dst = VIP }, 12, 0x40, RIG_HTTP },
	{ "TCP header beyond", { TCP_TO(80), .dst = HA }, 12, 0x60, RIG_ANY },
	{ "IPv6", { UDP6_TO(53), .dst = VIP6 }, 5, 7, RIG_DNS6 },
	{ "not ours", { UDP_TO(53), .dst = ELSEWHERE }, 5, 7, NO_RULE },
};
/* clang-format on */

static void
test_malformed(void)
{
	rig_open(&rig);
	rig_start(&rig);
	for (size_t i = 0; i < LB_COUNT(bad_rows); i++) {
		const struct bad_row *row = &bad_rows[i];
		frame_build(&rig.in, &row->spec);
		rig.in.data[rig.in.l4 + row->at] = (uint8_t)row->value;
		(void)rig_send_frame(&rig, T0);
		if (row->rule == NO_RULE) {
			expect_passed(row->what);
			continue;
		}
		expect_dropped(row->what, LB_REASON_MALFORMED);
		UNIT_EQUAL(row->what, rig.result.rule,
		    rig_rule(&rig, (enum rig_rule)row->rule));
	}
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), 0);
	rig_close(&rig);
}

/* --- fragments ------------------------------------------------------------ */

enum fate { PASSES, DROPS, GOES };

/* clang-format off */
static const struct fragment_row {
	const char *what;
	struct lb_addr dst;
	enum fate fate;
	uint16_t dport;
	uint8_t proto;
	bool moves;
} fragment_rows[] = {
	{ "a rule of one port, TCP", VIP, DROPS, 80, 6, false },
	{ "a rule of one port, UDP", VIP, DROPS, 53, 17, false },
	{ "its frontend, another port", VIP, DROPS, 9, 17, false },
	{ "floating, one port", FLOAT, DROPS, 80, 6, false },
	{ "any port, TCP", HA, GOES, 80, 6, true },
	{ "any port, UDP", HA, GOES, 53, 17, true },
	{ "floating, any port", FLOAT_HA, GOES, 53, 17, false },
	{ "our own", RIG_OWN4, PASSES, 53, 17, false },
	{ "a member", MEMBER4, PASSES, 53, 17, false },
	{ "elsewhere", ELSEWHERE, PASSES, 53, 17, false },
	{ "ICMP", HA, PASSES, 0, 1, false },
	{ "IPv6, one port", VIP6, DROPS, 80, 6, false },
	{ "IPv6, any port", HA6, GOES, 80, 6, true },
	{ "IPv6, elsewhere", RIG_CLIENT6, PASSES, 80, 6, false },
};
/* clang-format on */

static struct frame_spec
fragment_of(const struct fragment_row *row, unsigned offset)
{
	bool six = !lb_addr_is_v4(&row->dst);
	return (struct frame_spec){
		.src = six ? (struct lb_addr)RIG_CLIENT6
			   : (struct lb_addr)RIG_CLIENT4,
		.dst = row->dst,
		.proto = row->proto,
		.sport = 40000,
		.dport = row->dport,
		.tcp_flags = LB_TCP_ACK,
		.payload_bytes = 64,
		.more_fragments = offset < 20,
		.fragment_offset = (uint16_t)offset,
		.ext_count = six ? 1 : 0,
		.exts = { FRAME_FRAGMENT },
	};
}

static void
walk_fragment(const struct fragment_row *row, unsigned offset)
{
	struct frame_spec spec = fragment_of(row, offset);
	const struct lb_result *r = rig_send(&rig, &spec, T0);
	if (row->fate == PASSES) {
		expect_passed(row->what);
	} else if (row->fate == DROPS) {
		expect_dropped(row->what, LB_REASON_FRAGMENT);
	} else {
		UNIT_EQUAL(row->what, r->verdict, LB_FORWARD);
		UNIT_EQUAL(row->what, r->facts, 0);
		UNIT_ROW(row->what, r->rule != LB_NONE);
		if (row->moves)
			spec.dst = rig_address(&rig, r->member);
		UNIT_ROW(row->what, rig_left_as(&rig, &spec));
	}
	UNIT_EQUAL(row->what, lb_live_count(&rig.world->tables), 0);
}

static void
test_fragments(void)
{
	rig_open(&rig);
	rig_start(&rig);
	for (size_t i = 0; i < LB_COUNT(fragment_rows); i++)
		for (unsigned offset = 0; offset <= 20; offset += 10)
			walk_fragment(&fragment_rows[i], offset);
	rig_close(&rig);
}

static void
test_fragments_next_hop(void)
{
	static const struct fragment_row hop[] = {
		{ "elsewhere", ELSEWHERE, GOES, 53, 17, false },
		{ "a member of any port", NVA4, GOES, 53, 17, false },
		{ "one port", VIP, DROPS, 53, 17, false },
		{ "our own", RIG_OWN4, PASSES, 53, 17, false },
	};
	rig_open(&rig);
	rig.config.next_hop_rule4 = RIG_NEXT;
	rig_start(&rig);
	for (size_t i = 0; i < LB_COUNT(hop); i++)
		for (unsigned offset = 0; offset <= 20; offset += 10)
			walk_fragment(&hop[i], offset);
	rig_close(&rig);
}

/* All fragments between two addresses go together, whatever their ports;
 * other addresses may go elsewhere; what is whole goes by its own hash. */
static void
test_fragments_together(void)
{
	unsigned per_member[RIG_IDS_MAX] = { 0 };
	rig_open(&rig);
	rig_start(&rig);
	for (unsigned client = 1; client < 60; client++) {
		uint16_t member = LB_NONE;
		for (unsigned i = 0; i < 6; i++) {
			struct frame_spec spec =
			    fragment_of(&fragment_rows[5], i * 4);
			spec.src =
			    (struct lb_addr)FRAME_V4(198, 51, 100, client);
			spec.sport = (uint16_t)(1000 + i);
			(void)rig_send(&rig, &spec, T0);
			if (member == LB_NONE)
				member = rig.result.member;
			CU_ASSERT_EQUAL(rig.result.member, member);
		}
		per_member[member]++;
	}
	for (unsigned m = 0; m < RIG_MEMBERS; m++)
		CU_ASSERT(per_member[rig_member(&rig, RIG_NVA, m)] > 5);
	rig_close(&rig);
}

/* RFC 1858: a first fragment whose checksum is in the second can't be edited
 * rightly, and nobody honest sends it. */
static void
test_fragment_tiny(void)
{
	struct frame_spec spec = fragment_of(&fragment_rows[4], 0);
	spec.payload_bytes = 0;
	rig_open(&rig);
	rig_start(&rig);
	frame_build(&rig.in, &spec);
	frame_put16(rig.in.data + rig.in.l3 + 2, 28);
	frame_mend_ip(&rig.in, rig.in.l3);
	(void)rig_send_frame(&rig, T0);
	expect_dropped("tiny", LB_REASON_MALFORMED);
	rig_close(&rig);
}

/* --- health --------------------------------------------------------------- */

static void
all_down(enum rig_pool pool, bool down)
{
	for (unsigned m = 0; m < RIG_MEMBERS; m++)
		rig_health(&rig, rig_member(&rig, pool, m), !down);
}

/* AZ 2.5: the last member goes down.  Letters as in talk.h. */
/* clang-format off */
static const struct down_row {
	const char *what;
	const char *history;
	enum lb_sku sku;
	enum lb_all_down all_down;
	enum rig_rule rule;
	char event;
	bool expect_goes;
} down_rows[] = {
	{ "new TCP", "",
	  LB_SKU_STANDARD, LB_ALL_PROBED_DOWN, RIG_HTTP, 'S', false },
	{ "half-open TCP", "S",
	  LB_SKU_STANDARD, LB_ALL_PROBED_DOWN, RIG_HTTP, 'S', false },
	{ "half-open TCP goes on", "Sb",
	  LB_SKU_STANDARD, LB_ALL_PROBED_DOWN, RIG_HTTP, 'A', true },
	{ "open TCP", "SbA",
	  LB_SKU_STANDARD, LB_ALL_PROBED_DOWN, RIG_HTTP, 'D', true },
	{ "closing TCP", "SbAF",
	  LB_SKU_STANDARD, LB_ALL_PROBED_DOWN, RIG_HTTP, 'A', true },
	{ "closed TCP anew", "SbAF",
	  LB_SKU_STANDARD, LB_ALL_PROBED_DOWN, RIG_HTTP, 'S', false },
	{ "UDP", "D",
	  LB_SKU_STANDARD, LB_ALL_PROBED_DOWN, RIG_DNS, 'D', false },
	{ "tracked UDP", "Dd",
	  LB_SKU_STANDARD, LB_ALL_PROBED_DOWN, RIG_COAP, 'D', false },
	{ "Basic, new TCP", "",
	  LB_SKU_BASIC, LB_ALL_PROBED_DOWN, RIG_HTTP, 'S', false },
	{ "Basic, open TCP", "SbA",
	  LB_SKU_BASIC, LB_ALL_PROBED_DOWN, RIG_HTTP, 'D', false },
	{ "Basic, tracked UDP", "Dd",
	  LB_SKU_BASIC, LB_ALL_PROBED_DOWN, RIG_COAP, 'D', false },
	{ "Basic, IPv6, open TCP", "SbA",
	  LB_SKU_BASIC, LB_ALL_PROBED_DOWN, RIG_HTTP6, 'D', false },
	{ "up, new TCP", "",
	  LB_SKU_STANDARD, LB_ALL_PROBED_UP, RIG_HTTP, 'S', true },
	{ "up, open TCP", "SbA",
	  LB_SKU_STANDARD, LB_ALL_PROBED_UP, RIG_HTTP, 'D', true },
	{ "up, UDP", "D",
	  LB_SKU_STANDARD, LB_ALL_PROBED_UP, RIG_DNS, 'D', true },
	{ "up, Basic, open TCP", "SbA",
	  LB_SKU_BASIC, LB_ALL_PROBED_UP, RIG_HTTP, 'D', true },
};
/* clang-format on */

static void
walk_down(const struct down_row *row)
{
	rig_open(&rig);
	rig.config.sku = row->sku;
	for (unsigned r = 0; r < RIG_RULES; r++)
		rig.rules[r].all_down = row->all_down;
	rig_start(&rig);
	enum rig_pool pool = (enum rig_pool)rig.rules[row->rule].pool;
	struct talk t = talk_open(&rig, row->rule, 42000);
	(void)talk_all(&t, row->history, T0);
	uint16_t old = t.member;
	all_down(pool, true);
	(void)talk_say(&t, row->event, T0 + 10);
	if (row->expect_goes) {
		UNIT_EQUAL(row->what, rig.result.verdict, LB_FORWARD);
		if (row->history[0] != '\0')
			UNIT_EQUAL(row->what, t.member, old);
	} else {
		expect_dropped(row->what, LB_REASON_NO_HEALTHY_BACKEND);
		UNIT_EQUAL(row->what, rig.result.member, LB_NONE);
	}
	/* and then they are up again */
	all_down(pool, false);
	(void)talk_say(&t, row->event, T0 + 20);
	UNIT_EQUAL(row->what, rig.result.verdict, LB_FORWARD);
	rig_close(&rig);
}

static void
test_all_down(void)
{
	for (size_t i = 0; i < LB_COUNT(down_rows); i++)
		walk_down(&down_rows[i]);
}

/* A table of one slot, which is all there is to ask. */
static void
test_one_slot(void)
{
	rig_open(&rig);
	rig.config.sku = LB_SKU_BASIC;
	for (unsigned r = 0; r < RIG_RULES; r++)
		rig.rules[r].table_size = 1;
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_HTTP, 42002);
	(void)talk_say(&t, 'S', T0);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_FORWARD);
	all_down(RIG_WEB, true);
	(void)talk_say(&t, 'A', T0);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_DROP);
	rig_close(&rig);
}

/* Invariant 2: no new flow to a member that is down, draining or taken out;
 * AZ 2.7: admin state Up is eligible whatever the probe says. */
static void
test_admin_state(void)
{
	rig_open(&rig);
	rig.members[RIG_WEB][0].admin_state = LB_ADMIN_DOWN;
	rig.members[RIG_WEB][1].admin_state = LB_ADMIN_UP;
	rig_start(&rig);
	rig_health(&rig, rig_member(&rig, RIG_WEB, 1), false);
	rig_health(&rig, rig_member(&rig, RIG_WEB, 2), false);
	for (uint16_t port = 1; port < 40; port++) {
		struct talk t = talk_open(&rig, RIG_HTTP, port);
		(void)talk_say(&t, 'S', T0);
		CU_ASSERT_EQUAL(t.member, rig_member(&rig, RIG_WEB, 1));
	}
	rig_close(&rig);
}

/* AZ 2.7: an open connection stays with a member taken out; tracked UDP
 * leaves it. */
static void
test_admin_down_later(void)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk tcp = talk_open(&rig, RIG_HTTP, 42001);
	(void)talk_all(&tcp, "SbA", T0);
	struct talk udp = talk_open(&rig, RIG_COAP, 42001);
	(void)talk_all(&udp, "Dd", T0);
	uint16_t tcp_member = tcp.member, udp_member = udp.member;
	for (unsigned m = 0; m < RIG_MEMBERS; m++)
		if (rig_member(&rig, RIG_WEB, m) == tcp_member ||
		    rig_member(&rig, RIG_WEB, m) == udp_member)
			rig.members[RIG_WEB][m].admin_state = LB_ADMIN_DOWN;
	rig_swap(&rig);
	(void)talk_say(&tcp, 'D', T0 + 1);
	CU_ASSERT_EQUAL(tcp.member, tcp_member);
	(void)talk_say(&udp, 'D', T0 + 1);
	CU_ASSERT_NOT_EQUAL(udp.member, udp_member);
	rig_close(&rig);
}

/* --- a table that is full ------------------------------------------------- */

static struct lb_bucket4 before;

static void
open_small(void)
{
	rig_open(&rig);
	rig.config.entries = 5; /* one bucket */
	rig_start(&rig);
	CU_ASSERT_EQUAL(rig.world->tables.buckets4, 1);
}

static void
fill(const char *letters, uint32_t now_ms)
{
	for (uint16_t i = 0; i < LB_WAYS; i++) {
		struct talk t =
		    talk_open(&rig, RIG_HTTP, (uint16_t)(43000 + i));
		(void)talk_all(&t, letters, now_ms + i);
	}
}

/* Nobody may be replaced: the packet goes by its hash all the same, twice to
 * the same member, and not a word of the table changes. */
static void
expect_untracked(const char *what)
{
	memcpy(&before, rig.world->tables.conn4, sizeof(before));
	struct talk t = talk_open(&rig, RIG_HTTP, 44000);
	(void)talk_say(&t, 'S', T0 + 100);
	uint16_t member = t.member;
	UNIT_EQUAL(what, rig.result.verdict, LB_FORWARD);
	UNIT_EQUAL(what, rig.result.facts, LB_FACT_UNTRACKED);
	UNIT_EQUAL(what, rig.result.state, LB_CONN_EMPTY);
	(void)talk_say(&t, 'b', T0 + 100);
	UNIT_EQUAL(what, rig.result.verdict, LB_FORWARD);
	UNIT_EQUAL(what, rig.result.facts, LB_FACT_REPLY);
	(void)talk_say(&t, 'A', T0 + 100);
	UNIT_EQUAL(what, t.member, member);
	UNIT_EQUAL(
	    what, memcmp(&before, rig.world->tables.conn4, sizeof(before)), 0);
}

static void
test_full_open(void)
{
	open_small();
	fill("SbA", T0);
	expect_untracked("eight open");
	rig_close(&rig);
}

/* A newcomer's entry is told apart: in a way that was empty, that had expired,
 * or whose entry still lived. */
static void
test_full_evicted(void)
{
	static const struct {
		const char *what, *letters;
		uint16_t flows;
		uint32_t later_ms, facts;
	} cases[] = {
		{ "room", "S", LB_WAYS - 1, 100, LB_FACT_MADE },
		{ "half-open", "S", LB_WAYS, 100,
		    LB_FACT_MADE | LB_FACT_EVICTED },
		{ "reset", "SbAR", LB_WAYS, 100,
		    LB_FACT_MADE | LB_FACT_EVICTED },
		{ "expired", "S", LB_WAYS, 61000, LB_FACT_MADE },
		{ "reset and expired", "SbAR", LB_WAYS, 16000, LB_FACT_MADE },
	};

	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		open_small();
		for (uint16_t f = 0; f < cases[i].flows; f++) {
			struct talk t =
			    talk_open(&rig, RIG_HTTP, (uint16_t)(43000 + f));
			(void)talk_all(&t, cases[i].letters, T0);
		}
		struct talk newcomer = talk_open(&rig, RIG_HTTP, 44000);
		(void)talk_say(&newcomer, 'S', T0 + cases[i].later_ms);
		UNIT_EQUAL(cases[i].what, rig.result.facts, cases[i].facts);
		rig_close(&rig);
	}
}

static void
test_full_snat(void)
{
	open_small();
	fill("S", T0);
	for (unsigned way = 0; way < LB_WAYS; way++)
		rig.world->tables.conn4->ctl[way] |= LB_KIND_SNAT_OUT << 6;
	memcpy(&before, rig.world->tables.conn4, sizeof(before));
	struct frame_spec syn = { TCP_TO(80), .dst = VIP };
	struct lb_packet pkt;
	struct lb_result result;
	frame_build(&rig.in, &syn);
	(void)lb_parse(rig.in.data, rig.in.data + rig.in.bytes, 0, &pkt);
	/* even long after they expired */
	lb_step(lb_world_ctx(rig.world), &pkt, T0 + 1000000, &result);
	CU_ASSERT_EQUAL(result.verdict, LB_FORWARD);
	CU_ASSERT_EQUAL(result.facts, LB_FACT_UNTRACKED);
	CU_ASSERT_EQUAL(
	    memcmp(&before, rig.world->tables.conn4, sizeof(before)), 0);
	rig_close(&rig);
}

/* Somebody is writing a way with our tag: perhaps our own entry. */
static void
test_busy_way(void)
{
	open_small();
	struct talk t = talk_open(&rig, RIG_HTTP, 43001);
	(void)talk_say(&t, 'S', T0);
	uint64_t *ctl = rig_ctl(&rig);
	*ctl = lb_ctl_with_state(*ctl, LB_CONN_BUSY);
	struct lb_packet pkt = rig.packet;
	struct lb_result result;
	memcpy(&before, rig.world->tables.conn4, sizeof(before));
	lb_step(lb_world_ctx(rig.world), &pkt, T0 + 1, &result);
	CU_ASSERT_EQUAL(result.verdict, LB_FORWARD);
	CU_ASSERT_EQUAL(result.facts, LB_FACT_UNTRACKED);
	CU_ASSERT_EQUAL(
	    memcmp(&before, rig.world->tables.conn4, sizeof(before)), 0);
	rig_close(&rig);
}

/* A flood of SYNs replaces only itself. */
static void
test_full_flood(void)
{
	uint16_t members[4];
	open_small();
	for (uint16_t i = 0; i < 4; i++) {
		struct talk t =
		    talk_open(&rig, RIG_HTTP, (uint16_t)(43000 + i));
		(void)talk_all(&t, "SbA", T0);
		members[i] = t.member;
	}
	for (uint16_t i = 0; i < 1000; i++) {
		struct talk t = talk_open(&rig, RIG_HTTP, (uint16_t)(1 + i));
		(void)talk_all(&t, "Sb", T0 + i);
		CU_ASSERT_EQUAL(rig.result.facts, LB_FACT_HIT | LB_FACT_REPLY);
	}
	for (uint16_t i = 0; i < 4; i++) {
		struct talk t =
		    talk_open(&rig, RIG_HTTP, (uint16_t)(43000 + i));
		(void)talk_all(&t, "A", T0 + 2000);
		CU_ASSERT_EQUAL(rig.result.facts, LB_FACT_HIT);
		CU_ASSERT_EQUAL(t.member, members[i]);
	}
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), 8);
	rig_close(&rig);
}

/* A reset makes no entry, nor does it claim one that is over. */
static void
test_reset_alone(void)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_HTTP, 43002);
	(void)talk_say(&t, 'S', T0);
	uint16_t member = t.member;
	uint64_t ctl = *rig_ctl(&rig);
	const uint64_t *at = rig_ctl(&rig);
	(void)talk_say(&t, 'R', T0 + 60000);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_FORWARD);
	CU_ASSERT_EQUAL(rig.result.facts, 0);
	CU_ASSERT_EQUAL(t.member, member);
	CU_ASSERT_EQUAL(*at, ctl);
	rig_close(&rig);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "which rule", test_rules },
		{ "the more exact first", test_exact_first },
		{ "next hop", test_next_hop },
		{ "next hop, both ways", test_next_hop_both_ways },
		{ "next hop, answers", test_next_hop_answers },
		{ "malformed", test_malformed },
		{ "fragments", test_fragments },
		{ "fragments, next hop", test_fragments_next_hop },
		{ "fragments stay together", test_fragments_together },
		{ "a tiny fragment", test_fragment_tiny },
		{ "all members down", test_all_down },
		{ "one slot", test_one_slot },
		{ "admin state", test_admin_state },
		{ "admin state, later", test_admin_down_later },
		{ "full of open flows", test_full_open },
		{ "who is replaced", test_full_evicted },
		{ "full of SNAT flows", test_full_snat },
		{ "a way being written", test_busy_way },
		{ "flooded", test_full_flood },
		{ "a reset alone", test_reset_alone },
		CU_TEST_INFO_NULL,
	};
	return unit_main("step, rules", tests);
}
