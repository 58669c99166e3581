/* SPDX-License-Identifier: MIT */
/* Both sides of the switches that packets meet (doc/decisions.md 40): rows
 * are what is done without a word, and otherwise; and of hairpin and floating
 * IP what IPv4 has tests of elsewhere. */
#include "model/path/step.h"

#include "tests/support/talk.h"
#include "tests/unit.h"

#define T0       RIG_START_MS
#define WEB4     FRAME_V4(10, 0, 0, 4)
#define NVA4     FRAME_V4(10, 0, 1, 4)
#define WEB6     FRAME_V6(0x2001, 0xdb8, 0xa, 0, 0, 0, 0, 4)
#define NVA6     FRAME_V6(0x2001, 0xdb8, 0xb, 0, 0, 0, 0, 4)
#define FLOAT_HA FRAME_V4(203, 0, 113, 40)
#define HA       FRAME_V4(203, 0, 113, 20)

static struct rig rig;

static void
open_with(enum lb_switch which, bool otherwise)
{
	rig_open(&rig);
	rig.config.otherwise[which] = otherwise;
}

/* --- hairpin -------------------------------------------------------------- */

static const struct hairpin_row {
	const char *what;
	enum rig_rule rule;
	struct lb_addr client;
	bool fails; /* otherwise */
} hairpins[] = {
	{ "its member", RIG_HTTP, WEB4, true },
	{ "its member, UDP", RIG_DNS, WEB4, true },
	{ "its member, tracked UDP", RIG_COAP, WEB4, true },
	{ "its member, any port", RIG_ANY, NVA4, true },
	{ "its member, IPv6", RIG_HTTP6, WEB6, true },
	{ "its member, IPv6, any port", RIG_ANY6, NVA6, true },
	{ "another pool's", RIG_HTTP, NVA4, false },
	{ "another pool's, any port", RIG_ANY, WEB4, false },
	{ "a client", RIG_HTTP, RIG_CLIENT4, false },
	{ "a client, IPv6", RIG_ANY6, RIG_CLIENT6, false },
	{ "its member, floating IP", RIG_FLOAT_HTTP, FRAME_V4(10, 0, 2, 4),
	    false },
};

static void
walk_hairpin(const struct hairpin_row *row, bool otherwise)
{
	const bool fails = row->fails && otherwise;
	open_with(LB_SWITCH_HAIRPIN, otherwise);
	rig_start(&rig);
	for (uint16_t port = 46000; port < 46030; port++) {
		struct talk t = talk_open(&rig, row->rule, port);
		t.client = row->client;
		(void)talk_say(&t, t.proto == LB_PROTO_TCP ? 'S' : 'D', T0);
		UNIT_EQUAL(row->what, rig.result.verdict,
		    fails ? LB_DROP : LB_FORWARD);
		UNIT_EQUAL(row->what, rig.result.reason,
		    fails ? LB_REASON_HAIRPIN : LB_REASON_NONE);
	}
	rig_close(&rig);
}

static void
test_hairpin(void)
{
	for (size_t i = 0; i < LB_COUNT(hairpins); i++)
		for (unsigned otherwise = 0; otherwise < 2; otherwise++)
			walk_hairpin(&hairpins[i], otherwise != 0);
}

/* AZ 13.9: as observed one in n comes back to who asked, in IPv6 too, where
 * who is answered is told by the entry as well. */
static void
test_hairpin6(void)
{
	unsigned to_itself = 0;
	open_with(LB_SWITCH_HAIRPIN, false);
	rig_start(&rig);
	for (uint16_t port = 46000; port < 46090; port++) {
		struct talk t = talk_open(&rig, RIG_HTTP6, port);
		t.client = (struct lb_addr)WEB6;
		(void)talk_say(&t, 'S', T0);
		struct lb_addr to = rig_address(&rig, t.member);
		to_itself += lb_addr_same(&to, &t.client);
		(void)talk_say(&t, 'b', T0);
		CU_ASSERT_EQUAL(rig.result.verdict, LB_FORWARD);
		CU_ASSERT_TRUE(lb_addr_same(&rig.result.edit.src, &t.frontend));
	}
	CU_ASSERT(to_itself > 15 && to_itself < 45);
	rig_close(&rig);
}

/* --- floating IP over IPv6 -------------------------------------------------
 */

/* The packet keeps the frontend's address; one-sided: the client's second
 * packet opens; what the member answers is its own and passes. */
static void
test_floating6(void)
{
	rig_open(&rig);
	rig.rules[RIG_HTTP6].floating_ip = true;
	rig.rules[RIG_HTTP6].tcp_reset = true;
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_HTTP6, 42001);
	struct frame_spec spec = talk_packet(&t, 'S');
	(void)talk_say(&t, 'S', T0);
	CU_ASSERT_EQUAL(rig.result.facts, LB_FACT_MADE);
	uint16_t member = rig.result.member;
	spec.dport = t.backend_port;
	CU_ASSERT_TRUE(rig_left_as(&rig, &spec));
	(void)talk_say(&t, 'D', T0);
	CU_ASSERT_EQUAL(rig.result.facts, LB_FACT_HIT | LB_FACT_OPENED);
	CU_ASSERT_EQUAL(rig.result.member, member);
	CU_ASSERT_EQUAL(rig_deadline_ms(&rig), T0 + RIG_IDLE_MS);
	rig_health(&rig, member, false);
	CU_ASSERT_EQUAL(talk_say(&t, 'D', T0)->member, member);

	struct frame_spec answer = { .src = t.frontend,
		.dst = t.client,
		.proto = LB_PROTO_TCP,
		.sport = t.frontend_port,
		.dport = t.client_port,
		.tcp_flags = LB_TCP_ACK };
	(void)rig_send(&rig, &answer, T0);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_PASS);
	rig_close(&rig);
}

/* --- admin_down ----------------------------------------------------------- */

static void
admin_down(uint16_t id, bool drained)
{
	for (unsigned pool = 0; pool < RIG_POOLS; pool++)
		for (unsigned m = 0; m < RIG_MEMBERS; m++)
			if (rig_member(&rig, pool, m) == id) {
				rig.members[pool][m].admin_state =
				    LB_ADMIN_DOWN;
				rig.members[pool][m].drained = drained;
			}
	rig_health(&rig, id, true); /* as before: the states are made anew */
}

static unsigned
sweep(struct lb_expired *at, uint32_t max)
{
	struct lb_expired_list list = { at, max, 0 };
	const struct lb_tables *t = &rig.world->tables;
	(void)lb_expire(t, false, T0 + 1, 0, t->buckets4, &list);
	(void)lb_expire(t, true, T0 + 1, 0, t->buckets6, &list);
	return list.count;
}

static const struct admin_row {
	const char *what;
	enum rig_rule rule;
	const char *history;
	bool drained;
	bool ends; /* otherwise */
} admins[] = {
	{ "open", RIG_RESET, "SbAD", false, true },
	{ "half-open", RIG_RESET, "S", false, true },
	{ "open, IPv6", RIG_HTTP6, "SbAD", false, true },
	{ "drained", RIG_RESET, "SbAD", true, false },
	{ "tracked UDP, which moves", RIG_COAP, "Dd", false, false },
};

static void
walk_admin(const struct admin_row *row, bool otherwise)
{
	struct lb_expired facts[64];
	open_with(LB_SWITCH_ADMIN_DOWN, otherwise);
	rig.config.entries = rig.config.entries6 = 100;
	rig_start(&rig);
	struct talk t = talk_open(&rig, row->rule, 42001);
	(void)talk_all(&t, row->history, T0);
	uint8_t state = rig.result.state;
	UNIT_EQUAL(row->what, sweep(facts, 64), 0);
	admin_down(t.member, row->drained);
	unsigned ended = sweep(facts, 64);
	UNIT_EQUAL(row->what, ended, row->ends && otherwise);
	if (ended == 1) {
		UNIT_EQUAL(row->what, facts[0].state, state);
		UNIT_EQUAL(row->what, facts[0].member, t.member);
		UNIT_EQUAL(row->what, facts[0].client_end,
		    row->rule == RIG_RESET ? t.client_seq : 0);
	}
	UNIT_EQUAL(row->what, sweep(facts, 64), 0);
	UNIT_EQUAL(
	    row->what, lb_live_count(&rig.world->tables), ended == 1 ? 0 : 1);
	rig_close(&rig);
}

static void
test_admin_down(void)
{
	for (size_t i = 0; i < LB_COUNT(admins); i++)
		for (unsigned otherwise = 0; otherwise < 2; otherwise++)
			walk_admin(&admins[i], otherwise != 0);
}

/* --- lone_member_down ----------------------------------------------------- */

static void
walk_lone(bool otherwise, unsigned members)
{
	open_with(LB_SWITCH_LONE_MEMBER_DOWN, otherwise);
	rig.pools[RIG_WEB].member_count = members;
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_HTTP, 42001);
	(void)talk_all(&t, "SbA", T0);
	for (unsigned m = 0; m < members; m++)
		rig_health(&rig, rig_member(&rig, RIG_WEB, m), false);
	(void)talk_say(&t, 'D', T0);
	bool ends = otherwise && members == 1;
	UNIT_EQUAL("lone", rig.result.verdict, ends ? LB_DROP : LB_FORWARD);
	UNIT_EQUAL("lone", rig.result.reason,
	    ends ? LB_REASON_NO_HEALTHY_BACKEND : LB_REASON_NONE);
	t.client_port++;
	(void)talk_say(&t, 'S', T0);
	UNIT_EQUAL("lone, new", rig.result.verdict, LB_DROP);
	rig_close(&rig);
}

static void
test_lone_member(void)
{
	for (unsigned otherwise = 0; otherwise < 2; otherwise++)
		for (unsigned members = 1; members <= 2; members++)
			walk_lone(otherwise != 0, members);
}

/* --- all_probed_up -------------------------------------------------------- */

static void
test_all_probed_up(void)
{
	for (unsigned otherwise = 0; otherwise < 2; otherwise++) {
		unsigned taken_out = 0;
		open_with(LB_SWITCH_ALL_PROBED_UP, otherwise != 0);
		rig.rules[RIG_HTTP].all_down = LB_ALL_PROBED_UP;
		rig.members[RIG_WEB][0].admin_state = LB_ADMIN_DOWN;
		rig_start(&rig);
		for (unsigned m = 0; m < RIG_MEMBERS; m++)
			rig_health(&rig, rig_member(&rig, RIG_WEB, m), false);
		for (uint16_t port = 1; port < 60; port++) {
			struct talk t = talk_open(&rig, RIG_HTTP, port);
			(void)talk_say(&t, 'S', T0);
			CU_ASSERT_EQUAL(rig.result.verdict, LB_FORWARD);
			taken_out += t.member == rig_member(&rig, RIG_WEB, 0);
		}
		UNIT_EQUAL("all up", taken_out > 0, otherwise);
		rig_health(&rig, rig_member(&rig, RIG_WEB, 1), true);
		for (uint16_t port = 100; port < 130; port++) {
			struct talk t = talk_open(&rig, RIG_HTTP, port);
			(void)talk_say(&t, 'S', T0);
			CU_ASSERT_EQUAL(t.member, rig_member(&rig, RIG_WEB, 1));
		}
		rig_close(&rig);
	}
}

/* --- ha_fragments --------------------------------------------------------- */

static const struct fragment_row {
	const char *what;
	struct lb_addr src, dst;
} fragments[] = {
	{ "any port", RIG_CLIENT4, HA },
	{ "floating", RIG_CLIENT4, FLOAT_HA },
	{ "next hop", RIG_CLIENT4, FRAME_V4(192, 0, 2, 77) },
	{ "a reply", NVA4, RIG_CLIENT4 },
	{ "IPv6", RIG_CLIENT6, FRAME_V6(0x2001, 0xdb8, 0xf, 0, 0, 0, 0, 0x20) },
};

static void
test_fragments(void)
{
	for (unsigned otherwise = 0; otherwise < 2; otherwise++) {
		open_with(LB_SWITCH_HA_FRAGMENTS, otherwise != 0);
		rig.config.next_hop_rule4 = RIG_NEXT;
		rig_start(&rig);
		for (size_t i = 0; i < LB_COUNT(fragments); i++) {
			const struct fragment_row *row = &fragments[i];
			bool six = !lb_addr_is_v4(&row->src);
			struct frame_spec spec = { .src = row->src,
				.dst = row->dst,
				.proto = LB_PROTO_UDP,
				.sport = 40000,
				.dport = 53,
				.payload_bytes = 64,
				.fragment_offset = 10,
				.ext_count = six ? 1 : 0,
				.exts = { FRAME_FRAGMENT } };
			(void)rig_send(&rig, &spec, T0);
			UNIT_EQUAL(row->what, rig.result.verdict,
			    otherwise ? LB_DROP : LB_FORWARD);
			UNIT_EQUAL(row->what, rig.result.reason,
			    otherwise ? LB_REASON_FRAGMENT : LB_REASON_NONE);
			spec.fragment_offset = 0;
			spec.ext_count = 0;
			(void)rig_send(&rig, &spec, T0);
			UNIT_EQUAL(row->what, rig.result.verdict, LB_FORWARD);
		}
		rig_close(&rig);
	}
}

/* --- ha_icmp -------------------------------------------------------------- */

static const struct icmp_row {
	const char *what;
	struct lb_addr src, dst;
	uint8_t type;
	unsigned usual, otherwise; /* verdicts */
} icmps[] = {
	{ "echo past the next hop", RIG_CLIENT4, FRAME_V4(192, 0, 2, 77), 8,
	    LB_PASS, LB_FORWARD },
	{ "a reply past it", FRAME_V4(192, 0, 2, 77), RIG_CLIENT4, 0, LB_PASS,
	    LB_FORWARD },
	{ "echo, floating", RIG_CLIENT4, FLOAT_HA, 8, LB_ANSWER, LB_FORWARD },
	{ "timestamp, floating", RIG_CLIENT4, FLOAT_HA, 13, LB_PASS,
	    LB_FORWARD },
	{ "echo, not floating", RIG_CLIENT4, HA, 8, LB_ANSWER, LB_ANSWER },
	{ "echo, one port", RIG_CLIENT4, FRAME_V4(203, 0, 113, 10), 8,
	    LB_ANSWER, LB_ANSWER },
	{ "to the balancer", RIG_CLIENT4, RIG_OWN4, 8, LB_PASS, LB_PASS },
	{ "IPv6, without a next hop", RIG_CLIENT6,
	    FRAME_V6(0x2001, 0xdb8, 9, 0, 0, 0, 0, 9), 128, LB_PASS, LB_PASS },
};

static struct frame_spec
icmp_of(const struct icmp_row *row)
{
	return (struct frame_spec){
		.src = row->src,
		.dst = row->dst,
		.proto =
		    lb_addr_is_v4(&row->src) ? LB_PROTO_ICMP : LB_PROTO_ICMP6,
		.icmp_type = row->type,
		.payload_bytes = 56,
	};
}

static void
test_icmp(void)
{
	for (unsigned otherwise = 0; otherwise < 2; otherwise++) {
		open_with(LB_SWITCH_HA_ICMP, otherwise != 0);
		rig.config.next_hop_rule4 = RIG_NEXT;
		rig_start(&rig);
		for (size_t i = 0; i < LB_COUNT(icmps); i++) {
			struct frame_spec spec = icmp_of(&icmps[i]);
			(void)rig_send(&rig, &spec, T0);
			UNIT_EQUAL(icmps[i].what, rig.result.verdict,
			    otherwise ? icmps[i].otherwise : icmps[i].usual);
			if (rig.result.verdict == LB_FORWARD)
				UNIT_ROW(
				    icmps[i].what, rig_left_as(&rig, &spec));
		}
		rig_close(&rig);
	}
}

/* Both directions past the same appliance, as TCP's. */
static void
test_icmp_both_ways(void)
{
	open_with(LB_SWITCH_HA_ICMP, true);
	rig.config.next_hop_rule4 = RIG_NEXT;
	rig_start(&rig);
	for (unsigned i = 0; i < 40; i++) {
		struct icmp_row row = { "both ways", FRAME_V4(198, 51, 100, i),
			FRAME_V4(192, 0, 2, 77), 8, 0, 0 };
		struct frame_spec spec = icmp_of(&row);
		uint16_t member = rig_send(&rig, &spec, T0)->member;
		struct lb_addr turn = spec.src;
		spec.src = spec.dst;
		spec.dst = turn;
		spec.icmp_type = 0;
		UNIT_EQUAL(row.what, rig_send(&rig, &spec, T0)->member, member);
	}
	rig_close(&rig);
}

/* --- no_rule -------------------------------------------------------------- */

static const struct nobodys_row {
	const char *what;
	struct lb_addr src, dst;
	uint8_t proto;
	uint16_t dport;
	unsigned usual, otherwise; /* verdicts */
} nobodys[] = {
	{ "a rule's", RIG_CLIENT4, FRAME_V4(203, 0, 113, 10), LB_PROTO_TCP, 80,
	    LB_FORWARD, LB_FORWARD },
	{ "no rule's", RIG_CLIENT4, FRAME_V4(203, 0, 113, 10), LB_PROTO_TCP, 23,
	    LB_PASS, LB_DROP },
	{ "no rule's, UDP", RIG_CLIENT4, FRAME_V4(203, 0, 113, 10),
	    LB_PROTO_UDP, 22, LB_PASS, LB_DROP },
	{ "no rule's, IPv6", RIG_CLIENT6,
	    FRAME_V6(0x2001, 0xdb8, 0xf, 0, 0, 0, 0, 0x10), LB_PROTO_TCP, 23,
	    LB_PASS, LB_DROP },
	{ "the balancer's own", RIG_CLIENT4, RIG_OWN4, LB_PROTO_TCP, 22,
	    LB_PASS, LB_PASS },
	{ "nobody's address", RIG_CLIENT4, FRAME_V4(192, 0, 2, 77),
	    LB_PROTO_TCP, 22, LB_PASS, LB_PASS },
};

static void
test_nobodys(void)
{
	for (unsigned otherwise = 0; otherwise < 2; otherwise++) {
		open_with(LB_SWITCH_NO_RULE, otherwise != 0);
		rig_start(&rig);
		for (size_t i = 0; i < LB_COUNT(nobodys); i++) {
			const struct nobodys_row *row = &nobodys[i];
			unsigned wanted =
			    otherwise ? row->otherwise : row->usual;
			struct frame_spec spec = { .src = row->src,
				.dst = row->dst,
				.proto = row->proto,
				.sport = 40000,
				.dport = row->dport,
				.tcp_flags = LB_TCP_SYN };
			(void)rig_send(&rig, &spec, T0);
			UNIT_EQUAL(row->what, rig.result.verdict, wanted);
			if (wanted != LB_FORWARD)
				UNIT_EQUAL(row->what, rig.result.reason,
				    LB_REASON_NO_RULE);
		}
		rig_close(&rig);
	}
}

/* --- fin_timeout, rst_timeout ----------------------------------------------
 */

static const struct closed_row {
	const char *history;
	uint32_t fin_ms, rst_ms; /* as configured; 0: nothing is said */
	uint32_t life_ms;
} closed[] = {
	{ "SbADF", 0, 0, 240000 }, { "SbADR", 0, 0, 15000 },
	{ "SbADF", 30000, 0, 30000 }, { "SbADR", 30000, 0, 15000 },
	{ "SbADR", 0, 2000, 2000 },
	{ "SbADF", 500000, 0, 240000 }, /* no longer than idle_timeout */
};

static void
test_closed(void)
{
	for (size_t i = 0; i < LB_COUNT(closed); i++) {
		const struct closed_row *row = &closed[i];
		rig_open(&rig);
		rig.config.fin_timeout_ms = row->fin_ms;
		rig.config.rst_timeout_ms = row->rst_ms;
		rig_start(&rig);
		struct talk t = talk_open(&rig, RIG_HTTP, 42001);
		(void)talk_all(&t, row->history, T0);
		UNIT_EQUAL(
		    row->history, rig_deadline_ms(&rig), T0 + row->life_ms);
		(void)talk_say(&t, 'A', T0 + row->life_ms - 1);
		UNIT_EQUAL(row->history, rig.result.facts, LB_FACT_HIT);
		(void)talk_say(&t, 'A', T0 + row->life_ms);
		UNIT_EQUAL(row->history, rig.result.facts & LB_FACT_HIT, 0);
		rig_close(&rig);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "hairpin", test_hairpin },
		{ "hairpin, IPv6", test_hairpin6 },
		{ "floating IP, IPv6", test_floating6 },
		{ "admin_down", test_admin_down },
		{ "lone_member_down", test_lone_member },
		{ "all_probed_up", test_all_probed_up },
		{ "ha_fragments", test_fragments },
		{ "ha_icmp", test_icmp },
		{ "ha_icmp, both ways", test_icmp_both_ways },
		{ "no_rule", test_nobodys },
		{ "fin_timeout, rst_timeout", test_closed },
		CU_TEST_INFO_NULL,
	};
	return unit_main("step, switches", tests);
}
