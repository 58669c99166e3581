/* SPDX-License-Identifier: MIT */
/* model/path/icmp_error.c: errors about flows, both ways. */
#include "model/path/step.h"

#include <string.h>
#include "tests/support/talk.h"
#include "tests/unit.h"

#define T0 RIG_START_MS

#define ROUTER6 FRAME_V6(0x2001, 0xdb8, 0xd, 0, 0, 0, 0, 1)
#define SERVER4 FRAME_V4(192, 0, 2, 80)

static struct rig rig;

/* Who sends the error, as the receiver should see it. */
enum sender { ROUTER, OTHER_END };

/* clang-format off */
static const struct row {
	const char *what;
	enum rig_rule rule;
	enum sender sender;
	const char *history; /* letters as in talk.h */
	unsigned quote_bytes; /* 0: all */
	uint8_t type;
	bool no_checksum;
	bool half; /* of the checksum is quoted: it can't be mended */
} rows[] = {
	{ "TCP, unreachable", RIG_HTTP, ROUTER, "SbA", 0, 3, false, false },
	{ "TCP, RFC 792's 8 bytes", RIG_HTTP, ROUTER, "SbA", 28, 3, false,
	  false },
	{ "TCP, ports only", RIG_HTTP, ROUTER, "SbA", 24, 11, false, false },
	{ "TCP, one byte before the checksum's end", RIG_HTTP, ROUTER, "SbA",
	  37, 11, false, true },
	{ "TCP, to the checksum's end", RIG_HTTP, ROUTER, "SbA", 38, 11,
	  false, false },
	{ "TCP, an odd number of bytes", RIG_HTTP, ROUTER, "SbA", 71, 3,
	  false, false },
	{ "TCP, from the other end", RIG_HTTP, OTHER_END, "SbA", 0, 3, false,
	  false },
	{ "TCP, half-open", RIG_HTTP, OTHER_END, "S", 0, 3, false, false },
	{ "TCP, no entry", RIG_HTTP, ROUTER, "", 0, 3, false, false },
	{ "TCP, port kept", RIG_SAME_PORT, ROUTER, "SbA", 0, 3, false, false },
	{ "UDP", RIG_DNS, ROUTER, "D", 0, 3, false, false },
	{ "UDP, 8 bytes", RIG_DNS, OTHER_END, "D", 28, 3, false, false },
	{ "UDP, 7 bytes", RIG_DNS, OTHER_END, "D", 27, 3, false,
	  true },
	{ "UDP, no checksum", RIG_DNS, ROUTER, "D", 0, 3, true, false },
	{ "UDP, tracked", RIG_COAP, ROUTER, "Dd", 0, 12, false, false },
	{ "any port", RIG_ANY, ROUTER, "SbA", 0, 3, false, false },
	{ "any port, from the other end", RIG_ANY, OTHER_END, "SbA", 28, 3,
	  false, false },
	{ "IPv6, TCP", RIG_HTTP6, ROUTER, "SbA", 0, 2, false, false },
	{ "IPv6, TCP, ports only", RIG_HTTP6, ROUTER, "SbA", 44, 2, false,
	  false },
	{ "IPv6, UDP", RIG_DNS6, OTHER_END, "D", 0, 1, false, false },
	{ "IPv6, UDP, 8 bytes", RIG_DNS6, OTHER_END, "D", 48, 1, false, false },
	{ "IPv6, any port", RIG_ANY6, OTHER_END, "SbA", 0, 3, false, false },
};
/* clang-format on */

static struct frame_spec
error_of(const struct row *row, const struct frame_spec *about)
{
	bool six = !lb_addr_is_v4(&about->src);
	return (struct frame_spec){
		.src = row->sender == OTHER_END ? about->dst
		       : six                    ? (struct lb_addr)ROUTER6
						: (struct lb_addr)RIG_ROUTER4,
		.dst = about->src,
		.proto = six ? LB_PROTO_ICMP6 : LB_PROTO_ICMP,
		.icmp_type = row->type,
		.icmp_code = 1,
		.quoted = about,
		.quote_bytes = row->quote_bytes,
	};
}

/* What the member sent, and what the client got of it. */
static struct frame_spec
spoken(const struct talk *t, bool translated)
{
	struct frame_spec spec = talk_packet(t, 'd');
	if (translated) {
		spec.src = t->frontend;
		spec.sport = t->frontend_port;
	}
	return spec;
}

/* What the client sent, and what the member got of it. */
static struct frame_spec
heard(const struct talk *t, bool translated)
{
	struct frame_spec spec = talk_packet(t, 'D');
	if (translated) {
		spec.dst = rig_address(t->rig, t->member);
		spec.dport = t->backend_port;
	}
	return spec;
}

/* The tables must not change; returns what they are. */
static uint64_t
table_print(void)
{
	const struct lb_tables *t = &rig.world->tables;
	uint64_t print = 0;
	const uint8_t *at = (const uint8_t *)t->conn4;
	for (size_t i = 0; i < t->buckets4 * sizeof(*t->conn4); i++)
		print = print * 31 + at[i];
	at = (const uint8_t *)t->conn6;
	for (size_t i = 0; i < t->buckets6 * sizeof(*t->conn6); i++)
		print = print * 31 + at[i];
	return print;
}

static void
begin(const struct row *row, struct talk *t)
{
	rig_open(&rig);
	rig_start(&rig);
	*t = talk_open(&rig, row->rule, 47000);
	(void)talk_all(t, row->history, T0);
	if (t->member != LB_NONE)
		return;
	/* not spoken yet: to whom it would go */
	(void)talk_all(t, "S", T0);
	rig_close(&rig);
	rig_open(&rig);
	rig_start(&rig);
}

/* An error about what the member sent: to the member, in its own terms. */
static void
walk_to_member(const struct row *row)
{
	struct talk t;
	begin(row, &t);
	uint64_t print = table_print();
	struct frame_spec about = spoken(&t, true), own = spoken(&t, false);
	about.no_checksum = own.no_checksum = row->no_checksum;
	struct frame_spec error = error_of(row, &about);
	struct frame_spec expect = error_of(row, &own);
	const struct lb_result *r = rig_send(&rig, &error, T0 + 1000);
	UNIT_EQUAL(row->what, r->verdict, LB_FORWARD);
	UNIT_EQUAL(row->what, r->facts, LB_FACT_ICMP);
	UNIT_EQUAL(row->what, r->rule, rig_rule(&rig, row->rule));
	UNIT_EQUAL(row->what, r->member, t.member);
	expect.src = error.src;
	UNIT_EQUAL(row->what, rig_left_as(&rig, &expect), !row->half);
	UNIT_EQUAL(row->what, table_print(), print);
	rig_close(&rig);
}

/* An error about what the client sent: to the client, in its terms. */
static void
walk_to_client(const struct row *row)
{
	struct talk t;
	begin(row, &t);
	uint64_t print = table_print();
	struct frame_spec about = heard(&t, true), own = heard(&t, false);
	about.no_checksum = own.no_checksum = row->no_checksum;
	struct frame_spec error = error_of(row, &about);
	struct frame_spec expect = error_of(row, &own);
	const struct lb_result *r = rig_send(&rig, &error, T0 + 1000);
	UNIT_EQUAL(row->what, r->verdict, LB_FORWARD);
	UNIT_EQUAL(row->what, r->facts, LB_FACT_ICMP | LB_FACT_REPLY);
	UNIT_EQUAL(row->what, r->rule, rig_rule(&rig, row->rule));
	UNIT_EQUAL(row->what, rig_left_as(&rig, &expect), !row->half);
	UNIT_EQUAL(row->what, table_print(), print);
	rig_close(&rig);
}

static void
test_to_member(void)
{
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		walk_to_member(&rows[i]);
}

static void
test_to_client(void)
{
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		walk_to_client(&rows[i]);
}

/* --- whose it is ---------------------------------------------------------- */

static const struct row plain = { "plain", RIG_HTTP, ROUTER, "SbA", 0, 3, false,
	false };
static const struct row plain_udp = { "plain UDP", RIG_DNS, ROUTER, "D", 0, 3,
	false, false };

/* An open connection keeps its member, so does an error about it; a flow that
 * is over or unknown goes by its hash. */
static void
test_follows_the_entry(void)
{
	struct talk t;
	begin(&plain, &t);
	uint16_t member = t.member;
	rig_health(&rig, member, false);
	struct frame_spec about = spoken(&t, true);
	struct frame_spec error = error_of(&plain, &about);
	(void)rig_send(&rig, &error, T0 + 239999);
	CU_ASSERT_EQUAL(rig.result.member, member);
	(void)rig_send(&rig, &error, T0 + 240000);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_FORWARD);
	CU_ASSERT_NOT_EQUAL(rig.result.member, member);
	rig_close(&rig);
}

/* The rule of the frontend's port was replaced: an error about an old flow
 * speaks of the old rule's backend port. */
static void
test_follows_the_rule(void)
{
	struct talk t;
	begin(&plain, &t);
	uint16_t old = rig_rule(&rig, RIG_HTTP);
	struct frame_spec about = spoken(&t, true), own = spoken(&t, false);
	struct frame_spec error = error_of(&plain, &about);
	struct frame_spec expect = error_of(&plain, &own);
	rig.rules[RIG_HTTP].name = (char *)"http-new";
	rig.rules[RIG_HTTP].backend_port = 8888;
	rig_swap(&rig);
	(void)rig_send(&rig, &error, T0 + 1000);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_FORWARD);
	CU_ASSERT_EQUAL(rig.result.rule, old);
	CU_ASSERT(rig_left_as(&rig, &expect));
	/* about a flow that nobody knows: the rule in force */
	own.sport = 8888;
	about.dport = own.dport = 1;
	(void)rig_send(&rig, &error, T0 + 1000);
	CU_ASSERT_EQUAL(rig.result.rule, rig_rule(&rig, RIG_HTTP));
	own.src = rig_address(&rig, rig.result.member);
	expect.dst = own.src;
	CU_ASSERT(rig_left_as(&rig, &expect));
	rig_close(&rig);
}

static void
test_nobody_healthy(void)
{
	struct talk t;
	begin(&plain_udp, &t);
	struct frame_spec about = spoken(&t, true);
	struct frame_spec error = error_of(&plain_udp, &about);
	for (unsigned m = 0; m < RIG_MEMBERS; m++)
		rig_health(&rig, rig_member(&rig, RIG_WEB, m), false);
	(void)rig_send(&rig, &error, T0);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_DROP);
	CU_ASSERT_EQUAL(rig.result.reason, LB_REASON_NO_HEALTHY_BACKEND);
	CU_ASSERT_EQUAL(rig.result.facts, LB_FACT_ICMP);
	rig_close(&rig);
}

/* Floating IP: the member knows the frontend's address, so nothing changes. */
static void
test_floating(void)
{
	static const struct row rules[] = {
		{ "floating", RIG_FLOAT_COAP, ROUTER, "DD", 0, 3, false,
		    false },
		{ "floating, any port", RIG_FLOAT_ANY, ROUTER, "SA", 0, 3,
		    false, false },
	};
	for (size_t i = 0; i < LB_COUNT(rules); i++) {
		struct talk t;
		begin(&rules[i], &t);
		struct frame_spec about = spoken(&t, true);
		struct frame_spec error = error_of(&rules[i], &about);
		(void)rig_send(&rig, &error, T0);
		UNIT_EQUAL(rules[i].what, rig.result.verdict, LB_FORWARD);
		UNIT_EQUAL(rules[i].what, rig.result.member, t.member);
		UNIT_EQUAL(rules[i].what, rig.result.edit.what, 0);
		rig_close(&rig);
	}
}

/* Floating IP with another backend port: what the client was answered from
 * the frontend's port, the member sent from its own. */
static void
test_floating_port(void)
{
	static const struct row rule = { "floating, another port",
		RIG_FLOAT_HTTP, ROUTER, "SA", 0, 3, false, false };
	struct talk t;
	begin(&rule, &t);
	struct frame_spec about = spoken(&t, true), own = spoken(&t, true);
	own.sport = t.backend_port;
	struct frame_spec error = error_of(&rule, &about);
	struct frame_spec expect = error_of(&rule, &own);
	(void)rig_send(&rig, &error, T0);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_FORWARD);
	CU_ASSERT_EQUAL(rig.result.member, t.member);
	CU_ASSERT(rig_left_as(&rig, &expect));
	rig_close(&rig);
}

/* clang-format off */
static const struct other_row {
	const char *what;
	struct lb_addr from, to; /* of the quoted packet */
	uint16_t sport, dport;
	uint8_t proto;
	bool elsewhere; /* the error goes to another than the sender */
} other_rows[] = {
	{ "a frontend's port without a rule", FRAME_V4(203, 0, 113, 10),
	  RIG_CLIENT4, 8080, 40000, 6, false },
	{ "a frontend's port of the other protocol",
	  FRAME_V4(203, 0, 113, 10), RIG_CLIENT4, 80, 40000, 17, false },
	{ "a frontend that no rule has", FRAME_V4(203, 0, 113, 50),
	  RIG_CLIENT4, 80, 40000, 6, false },
	{ "not to the sender of what it quotes", FRAME_V4(203, 0, 113, 10),
	  RIG_CLIENT4, 80, 40000, 6, true },
	{ "about a client's, not to the client", RIG_CLIENT4,
	  FRAME_V4(10, 0, 0, 5), 40000, 8080, 6, true },
	{ "about a probe of ours", RIG_OWN4, FRAME_V4(10, 0, 0, 5), 40000,
	  8080, 6, false },
	{ "about a neighbour's", RIG_NEAR4, FRAME_V4(10, 0, 0, 5), 40000,
	  8080, 6, false },
	{ "about a port that no rule has", RIG_CLIENT4,
	  FRAME_V4(10, 0, 0, 5), 40000, 8079, 6, false },
	{ "about strangers", RIG_CLIENT4, SERVER4, 40000, 80, 6, false },
	{ "about floating", RIG_CLIENT4, FRAME_V4(10, 0, 2, 5), 40000, 8080,
	  6, false },
};
/* clang-format on */

static void
test_not_ours(void)
{
	rig_open(&rig);
	rig_start(&rig);
	for (size_t i = 0; i < LB_COUNT(other_rows); i++) {
		const struct other_row *row = &other_rows[i];
		struct frame_spec about = { .src = row->from,
			.dst = row->to,
			.proto = row->proto,
			.sport = row->sport,
			.dport = row->dport };
		struct frame_spec error = error_of(&plain, &about);
		if (row->elsewhere)
			error.dst = (struct lb_addr)SERVER4;
		(void)rig_send(&rig, &error, T0);
		UNIT_EQUAL(row->what, rig.result.verdict, LB_PASS);
		UNIT_EQUAL(row->what, rig.result.facts, 0);
	}
	rig_close(&rig);
}

/* What quotes nothing of ours passes: echoes, errors too short to tell. */
static void
test_no_error(void)
{
	struct talk t;
	begin(&plain, &t);
	struct frame_spec about = spoken(&t, true);
	struct frame_spec error = error_of(&plain, &about);
	error.quote_bytes = 23;
	(void)rig_send(&rig, &error, T0);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_PASS);
	/* what is quoted counts only where the parser noted it */
	struct lb_result result;
	error.quote_bytes = 0;
	(void)rig_send(&rig, &error, T0);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_FORWARD);
	rig.packet.notes = 0;
	lb_step(lb_world_ctx(rig.world), &rig.packet, T0, &result);
	CU_ASSERT_EQUAL(result.verdict, LB_PASS);
	struct frame_spec echo = { .src = RIG_CLIENT4,
		.dst = RIG_ROUTER4,
		.proto = LB_PROTO_ICMP,
		.icmp_type = 8 };
	(void)rig_send(&rig, &echo, T0);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_PASS);
	rig_close(&rig);
}

/* Behind a next-hop rule: to the member that the flow goes through. */
static void
test_next_hop(void)
{
	rig_open(&rig);
	rig.config.next_hop_rule4 = RIG_NEXT;
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_NEXT, 47001);
	t.frontend = (struct lb_addr)SERVER4;
	(void)talk_all(&t, "SA", T0);
	struct frame_spec about = spoken(&t, true);
	struct frame_spec error = error_of(&plain, &about);
	(void)rig_send(&rig, &error, T0);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_FORWARD);
	CU_ASSERT_EQUAL(rig.result.member, t.member);
	CU_ASSERT_EQUAL(rig.result.edit.what, 0);
	rig_close(&rig);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "to the member", test_to_member },
		{ "to the client", test_to_client },
		{ "follows the entry", test_follows_the_entry },
		{ "follows the rule", test_follows_the_rule },
		{ "nobody healthy", test_nobody_healthy },
		{ "floating", test_floating },
		{ "floating, another port", test_floating_port },
		{ "not ours", test_not_ours },
		{ "no error", test_no_error },
		{ "next hop", test_next_hop },
		CU_TEST_INFO_NULL,
	};
	return unit_main("step, ICMP errors", tests);
}
