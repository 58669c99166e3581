/* SPDX-License-Identifier: MIT */
/* model/path/forward.c: who gets which flow.  Source: AZ 13.9. */
#include "model/path/step.h"

#include <string.h>
#include "model/path/hash.h"
#include "tests/support/chance.h"
#include "tests/support/talk.h"
#include "tests/unit.h"

#define T0 RIG_START_MS

static struct rig rig;

/* The member that a packet goes to when nothing is known of its flow. */
static uint16_t
member_of(const struct frame_spec *spec)
{
	struct lb_packet pkt;
	struct lb_result result;
	frame_build(&rig.in, spec);
	(void)lb_parse(rig.in.data, rig.in.data + rig.in.bytes, 0, &pkt);
	lb_step(lb_world_ctx(rig.world), &pkt, T0, &result);
	CU_ASSERT_EQUAL(result.verdict, LB_FORWARD);
	return result.member;
}

/* --- what changes the member, and what may -------------------------------- */

enum change { NOTHING, SOURCE_PORT, PROTOCOL, PORT, ADDRESS, SOURCE };

/* Two packets of one client: to rule `a`, and changed, to rule `b`. */
/* clang-format off */
static const struct row {
	const char *what;
	enum rig_rule a, b;
	enum change change;
	bool same; /* else it may differ: it does for some clients */
} rows[] = {
	{ "five-tuple, nothing", RIG_HTTP, RIG_HTTP, NOTHING, true },
	{ "five-tuple, source port", RIG_HTTP, RIG_HTTP, SOURCE_PORT, false },
	{ "five-tuple, port", RIG_HTTP, RIG_RESET, PORT, false },
	{ "five-tuple, protocol", RIG_ANY, RIG_ANY, PROTOCOL, false },
	{ "five-tuple, address", RIG_FLOAT_ANY, RIG_FLOAT_ANY, ADDRESS,
	  false },
	{ "source-ip, nothing", RIG_SOURCE, RIG_SOURCE, NOTHING, true },
	{ "source-ip, source port", RIG_SOURCE, RIG_SOURCE, SOURCE_PORT,
	  true },
	{ "source-ip, port", RIG_SOURCE, RIG_SOURCE2, PORT, true },
	{ "source-ip, protocol", RIG_SOURCE, RIG_SOURCE_UDP, PROTOCOL, true },
	{ "source-ip, source", RIG_SOURCE, RIG_SOURCE, SOURCE, false },
	{ "source-ip-protocol, source port", RIG_PROTOCOL, RIG_PROTOCOL,
	  SOURCE_PORT, true },
	{ "source-ip-protocol, port", RIG_PROTOCOL, RIG_PROTOCOL2, PORT,
	  true },
	{ "source-ip-protocol, protocol", RIG_PROTOCOL, RIG_PROTOCOL_UDP,
	  PROTOCOL, false },
	{ "source-ip-protocol, source", RIG_PROTOCOL, RIG_PROTOCOL, SOURCE,
	  false },
};
/* clang-format on */

static struct frame_spec
packet_to(enum rig_rule rule, uint32_t client)
{
	const struct lb_config_rule *r = &rig.rules[rule];
	return (struct frame_spec){
		.src = lb_addr_v4(client),
		.dst = rig_frontend(&rig, (enum rig_frontend)r->frontend),
		.proto = r->proto != 0 ? r->proto : LB_PROTO_TCP,
		.sport = 40000,
		.dport = r->frontend_port != 0 ? r->frontend_port : 7000,
		.tcp_flags = LB_TCP_SYN,
	};
}

static void
change(struct frame_spec *spec, enum change what)
{
	if (what == SOURCE_PORT)
		spec->sport ^= 0x101;
	else if (what == PROTOCOL)
		spec->proto =
		    spec->proto == LB_PROTO_TCP ? LB_PROTO_UDP : spec->proto;
	else if (what == ADDRESS)
		spec->dst = rig_frontend(&rig, RIG_BARE);
	else if (what == SOURCE)
		spec->src.word[1] ^= UINT64_C(1) << 60;
}

static void
walk_row(const struct row *row)
{
	const unsigned clients = 200;
	unsigned moved = 0;
	for (uint32_t i = 0; i < clients; i++) {
		uint32_t client = 0x0100a8c0u + (i << 24); /* 192.168.0.i */
		struct frame_spec a = packet_to(row->a, client);
		struct frame_spec b = packet_to(row->b, client);
		change(&b, row->change);
		moved += member_of(&a) != member_of(&b);
	}
	/* of three members, two in three move when the choice is free */
	if (row->same)
		UNIT_EQUAL(row->what, moved, 0);
	else
		UNIT_ROW(row->what, moved > 100 && moved < 167);
}

static void
test_keys(void)
{
	rig_open(&rig);
	rig.config.next_hop_rule4 = -1;
	/* a second frontend of the same rule's kind, for ADDRESS */
	rig.rules[RIG_NEXT] = rig.rules[RIG_FLOAT_ANY];
	rig.rules[RIG_NEXT].name = (char *)"float-any2";
	rig.rules[RIG_NEXT].frontend = RIG_BARE;
	rig.config.entries = 1000;
	rig_start(&rig);
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		walk_row(&rows[i]);
	rig_close(&rig);
}

/* Affinity modes over another address differ too; but not the _ANY_DST rows,
 * which serve many addresses as one. */
static void
test_addresses(void)
{
	/* clang-format off */
	static const struct {
		const char *what;
		enum lb_mode mode;
		bool same;
	} modes[] = {
		{ "five-tuple", LB_MODE_FIVE_TUPLE, false },
		{ "source-ip", LB_MODE_SOURCE_IP, false },
		{ "source-ip-protocol", LB_MODE_SOURCE_IP_PROTOCOL, false },
		{ "source-ip, any", LB_MODE_SOURCE_IP_ANY_DST, true },
		{ "source-ip-protocol, any",
		  LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST, true },
	};
	/* clang-format on */
	for (size_t i = 0; i < LB_COUNT(modes); i++) {
		unsigned moved = 0;
		rig_open(&rig);
		rig.config.next_hop_rule4 = RIG_NEXT;
		rig.config.next_hop_rule6 = RIG_NEXT;
		rig.rules[RIG_NEXT].mode = modes[i].mode;
		rig_start(&rig);
		for (uint32_t c = 0; c < 200; c++) {
			struct frame_spec spec = { .proto = LB_PROTO_UDP,
				.src =
				    FRAME_V6(0x2001, 0xdb8, 7, 0, 0, 0, 0, c),
				.sport = 40000,
				.dport = 53 };
			bool six = c % 2 != 0;
			if (!six)
				spec.src = lb_addr_v4(0x010000cbu + (c << 24));
			spec.dst = six ? (struct lb_addr)RIG_CLIENT6
				       : (struct lb_addr)RIG_CLIENT4;
			uint16_t first = member_of(&spec);
			spec.dst =
			    six ? (struct lb_addr)FRAME_V6(
				      1, 2, 3, 4, 5, 6, 7, 8)
				: (struct lb_addr)FRAME_V4(192, 0, 2, 200);
			moved += member_of(&spec) != first;
		}
		if (modes[i].same)
			UNIT_EQUAL(modes[i].what, moved, 0);
		else
			UNIT_ROW(modes[i].what, moved > 100 && moved < 167);
		rig_close(&rig);
	}
}

/* --- which slot ----------------------------------------------------------- */

/* What each mode keeps of a flow, written out. */
/* clang-format off */
static const struct mode_row {
	const char *what;
	enum lb_mode mode;
	bool dst, ports, proto;
} mode_rows[] = {
	{ "five-tuple", LB_MODE_FIVE_TUPLE, true, true, true },
	{ "source-ip", LB_MODE_SOURCE_IP, true, false, false },
	{ "source-ip-protocol", LB_MODE_SOURCE_IP_PROTOCOL, true, false,
	  true },
	{ "source-ip, any", LB_MODE_SOURCE_IP_ANY_DST, false, false, false },
	{ "source-ip-protocol, any", LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST,
	  false, false, true },
};
/* clang-format on */

/* What passes a next hop is the same flow in both directions: its lower end
 * first, where both ends are kept. */
static struct frame_spec
lower_first(const struct frame_spec *s)
{
	struct frame_spec turned = *s;
	const uint64_t *a = s->src.word, *b = s->dst.word;
	if (a[0] != b[0] ? a[0] < b[0] : a[1] < b[1])
		return turned;
	turned.src = s->dst;
	turned.dst = s->src;
	turned.sport = s->dport;
	turned.dport = s->sport;
	return turned;
}

/* The member in the slot that the affinity hash of what is kept names. */
static uint16_t
expect_member(const struct mode_row *row, const struct frame_spec *sent)
{
	const struct frame_spec turned = lower_first(sent);
	const struct frame_spec *s = row->dst ? &turned : sent;
	struct lb_hash_key key;
	const struct lb_rule *rule =
	    lb_plan_rule_row(rig.plan, rig_rule(&rig, RIG_NEXT));
	uint64_t addr[4] = { s->src.word[0], s->src.word[1], 0, 0 };
	uint64_t ports_proto = 0, hash;
	memcpy(&key, &rig.plan->rows[1], sizeof(key));
	if (row->dst) {
		addr[2] = s->dst.word[0];
		addr[3] = s->dst.word[1];
	}
	if (row->ports)
		ports_proto = lb_be16_of(s->sport).raw |
			      (uint64_t)lb_be16_of(s->dport).raw << 16;
	if (row->proto)
		ports_proto |= (uint64_t)s->proto << 32;
	if (lb_addr_is_v4(&s->src))
		hash = lb_hash4(&key, LB_HASH_AFFINITY,
		    addr[1] >> 32 | (addr[3] >> 32 << 32), ports_proto);
	else
		hash = lb_hash6(&key, LB_HASH_AFFINITY, addr, ports_proto);
	return rig.plan->luts[rule->lut]
	    .slots[(hash >> 32) * rule->lut_size >> 32];
}

static void
walk_slots(const struct mode_row *row)
{
	struct chance c = { 31 };
	rig_open(&rig);
	rig.config.next_hop_rule4 = rig.config.next_hop_rule6 = RIG_NEXT;
	rig.rules[RIG_NEXT].mode = row->mode;
	rig_start(&rig);
	for (unsigned i = 0; i < 400; i++) {
		bool six = i % 2 != 0;
		struct frame_spec s = {
			.src = lb_addr_v4((uint32_t)chance_next(&c)),
			.dst = FRAME_V4(192, 0, 2, i % 250),
			.proto = i % 4 < 2 ? LB_PROTO_TCP : LB_PROTO_UDP,
			.sport = (uint16_t)chance_next(&c),
			.dport = (uint16_t)chance_next(&c),
		};
		if (six) {
			s.src = (struct lb_addr){ { chance_next(&c),
			    chance_next(&c) } };
			s.dst = (struct lb_addr){ { chance_next(&c),
			    chance_next(&c) } };
		}
		UNIT_EQUAL(row->what, member_of(&s), expect_member(row, &s));
	}
	rig_close(&rig);
}

static void
test_slots(void)
{
	for (size_t i = 0; i < LB_COUNT(mode_rows); i++)
		walk_slots(&mode_rows[i]);
}

/* --- how even ------------------------------------------------------------- */

#define FLOWS 6000u

static double
chi_square(const unsigned *counts, enum rig_pool pool, double expect)
{
	double sum = 0;
	for (unsigned m = 0; m < RIG_MEMBERS; m++) {
		double off = counts[rig_member(&rig, pool, m)] - expect;
		sum += off * off / expect;
	}
	return sum;
}

/* n equal members, N source ports: each has its share N/n, within what chance
 * allows (chi-square, 2 degrees of freedom: 13.8 is p = 0.001). */
static void
walk_even(const char *what, enum rig_rule rule, bool random)
{
	struct chance c = { 20260101 };
	unsigned counts[RIG_IDS_MAX] = { 0 };
	for (unsigned i = 0; i < FLOWS; i++) {
		struct frame_spec spec = packet_to(rule, 0x0700a8c0u);
		spec.sport =
		    random ? (uint16_t)chance_next(&c) : (uint16_t)(20000 + i);
		counts[member_of(&spec)]++;
	}
	double x = chi_square(counts, (enum rig_pool)rig.rules[rule].pool,
	    (double)FLOWS / RIG_MEMBERS);
	if (x >= 13.8)
		(void)fprintf(stderr, "  %s: chi-square %f\n", what, x);
	CU_ASSERT(x < 13.8);
}

static void
test_even(void)
{
	rig_open(&rig);
	rig_start(&rig);
	walk_even("UDP, one port after the other", RIG_DNS, false);
	walk_even("UDP, random ports", RIG_DNS, true);
	walk_even("TCP, one port after the other", RIG_HTTP, false);
	walk_even("any port", RIG_ANY, false);
	rig_close(&rig);
}

/* One client in source-ip: one member gets everything. */
static void
test_one_client(void)
{
	unsigned counts[RIG_IDS_MAX] = { 0 };
	rig_open(&rig);
	rig_start(&rig);
	for (unsigned i = 0; i < 1000; i++) {
		struct frame_spec spec = packet_to(RIG_SOURCE, 0x0700a8c0u);
		spec.sport = (uint16_t)(1 + i);
		counts[member_of(&spec)]++;
	}
	unsigned most = 0;
	for (unsigned m = 0; m < RIG_MEMBERS; m++) {
		unsigned n = counts[rig_member(&rig, RIG_WEB, m)];
		most = n > most ? n : most;
	}
	CU_ASSERT_EQUAL(most, 1000);
	rig_close(&rig);
}

/* The same key spreads the same way in every world; another key otherwise. */
static void
test_key_decides(void)
{
	uint16_t first[300] = { 0 };
	unsigned moved[3] = { 0 };
	for (unsigned world = 0; world < 3; world++) {
		rig_open(&rig);
		rig.config.hash_key_set = true;
		rig.config.hash_key[15] = world == 2 ? 1 : 0;
		rig_start(&rig);
		for (uint32_t i = 0; i < LB_COUNT(first); i++) {
			struct frame_spec spec =
			    packet_to(RIG_DNS, 0x0700a8c0u);
			spec.sport = (uint16_t)(5000 + i);
			uint16_t member = member_of(&spec);
			if (world == 0)
				first[i] = member;
			moved[world] += member != first[i];
		}
		rig_close(&rig);
	}
	CU_ASSERT_EQUAL(moved[1], 0);
	CU_ASSERT(moved[2] > 150 && moved[2] < 250);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "what changes the member", test_keys },
		{ "another address", test_addresses },
		{ "which slot", test_slots },
		{ "how even", test_even },
		{ "one client", test_one_client },
		{ "the key decides", test_key_decides },
		CU_TEST_INFO_NULL,
	};
	return unit_main("step, spread", tests);
}
