/* SPDX-License-Identifier: MIT */
/* Outbound SNAT on the path: which port, and who gets what comes back (AZ 4.4,
 * 4.7, 13.4). */
#include <stdlib.h>
#include "model/config/names.h"
#include "tests/model/path/site.h"

/* --- 13.4 ------------------------------------------------------------------
 */

/* clang-format off */
static const struct use {
	const char *what, *flows; /* "A443 B53": to whom */
	uint8_t proto;
	bool old_udp;
	unsigned ports;
} uses[] = {
	{ "TCP, 3 flows to A:443", "A443 A443 A443", TCP, false, 3 },
	{ "TCP, A:443, A:80, B:443", "A443 A80 B443", TCP, false, 1 },
	{ "TCP, 2 x A:443 + 1 x B:443", "A443 A443 B443", TCP, false, 2 },
	{ "UDP, A:53, A:123, A:500", "A53 A123 A500", UDP, false, 3 },
	{ "UDP, one flow each to A, B, C", "A53 B53 C53", UDP, false, 1 },
	{ "UDP, 2 flows to A, 2 to B", "A53 A53 B53 B54", UDP, false, 2 },
	{ "UDP of 2019, A, B, C", "A53 B53 C53", UDP, true, 3 },
	{ "TCP of 2019", "A443 B443 C443", TCP, true, 1 },
};
/* clang-format on */

static void
test_uses(void)
{
	for (size_t i = 0; i < LB_COUNT(uses); i++) {
		const struct use *row = &uses[i];
		struct site s;
		bool seen[65536] = { false };
		unsigned ports = 0;
		uint16_t sport = 5000;
		site_open(&s, 2, 1, row->old_udp ? ", udp_snat: port" : "",
		    OUT("1024"));
		for (const char *at = row->flows; *at != '\0';) {
			unsigned to = (unsigned)(*at++ - 'A');
			uint16_t dport =
			    (uint16_t)strtoul(at, (char **)&at, 10);
			at += *at == ' ';
			uint16_t port =
			    leaves(&s, row->proto, 0, sport++, to, dport, SYN);
			UNIT_ROW(row->what, port >= 1024);
			ports += !seen[port];
			seen[port] = true;
		}
		UNIT_EQUAL(row->what, ports, row->ports);
		site_close(&s);
	}
}

/* P=1024, 1025 flows to A: one fails; others are not touched by that. */
static void
test_exhausted(void)
{
	struct site s;

	site_open(&s, 2, 1, "", OUT("1024"));
	for (unsigned i = 0; i < 1024; i++) /* the lowest first */
		CU_ASSERT_EQUAL(
		    leaves(&s, TCP, 0, (uint16_t)(5000 + i), 0, 443, SYN),
		    1024 + i);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 9000, 0, 443, SYN), 0);
	CU_ASSERT_EQUAL(s.result.verdict, LB_DROP);
	CU_ASSERT_EQUAL(s.result.reason, LB_REASON_SNAT_EXHAUSTED);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 9000, 1, 443, SYN), 1024);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 9001, 0, 80, SYN), 1024);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 1, 9000, 0, 443, SYN), 2048);
	/* UDP has as many of its own, whatever the remote's port */
	for (unsigned i = 0; i < 1024; i++)
		CU_ASSERT_EQUAL(leaves(&s, UDP, 0, (uint16_t)(5000 + i), 0,
				    (uint16_t)(1 + i), 0),
		    1024 + i);
	CU_ASSERT_EQUAL(leaves(&s, UDP, 0, 9000, 0, 7777, 0), 0);
	CU_ASSERT_EQUAL(s.result.reason, LB_REASON_SNAT_EXHAUSTED);
	CU_ASSERT_EQUAL(leaves(&s, UDP, 0, 9000, 1, 7777, 0), 1024);
	/* retransmissions are no flows of their own */
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 5000, 0, 443, SYN), 1024);
	CU_ASSERT_EQUAL(
	    s.result.facts, LB_FACT_HIT | LB_FACT_REPLY | LB_FACT_SNAT);
	site_close(&s);
}

/* --- returns ----------------------------------------------------------------
 */

static void
test_returns(void)
{
	const struct lb_addr public = address(203, 0, 113, 1);
	struct site s;

	site_open(&s, 2, 1, "", OUT("1024"));
	uint16_t port = leaves(&s, TCP, 1, 5555, 0, 443, SYN);
	CU_ASSERT_TRUE(lb_addr_same(&s.result.edit.src, &public));
	CU_ASSERT_EQUAL(port, 2048);
	(void)say(&s, TCP, remote(0), 443, public, port, SYN | ACK);
	CU_ASSERT_EQUAL(s.result.verdict, LB_FORWARD);
	CU_ASSERT_EQUAL(
	    s.result.facts, LB_FACT_HIT | LB_FACT_SNAT | LB_FACT_OPENED);
	struct lb_addr m1 = member(1);
	CU_ASSERT_TRUE(lb_addr_same(&s.result.edit.dst, &m1));
	CU_ASSERT_EQUAL(lb_be16_get(s.result.edit.dport), 5555);
	CU_ASSERT_EQUAL(s.result.member, member_id(s.made.plan, "p", "m1"));

	/* without a flow: dropped, never guessed */
	static const struct {
		const char *what;
		unsigned from;
		uint16_t sport, dport;
		uint32_t verdict, reason;
	} rows[] = {
		{ "another remote", 1, 443, 2048, LB_DROP,
		    LB_REASON_SNAT_NO_FLOW },
		{ "another port of it", 0, 80, 2048, LB_DROP,
		    LB_REASON_SNAT_NO_FLOW },
		{ "a port not in use", 0, 443, 2049, LB_DROP,
		    LB_REASON_SNAT_NO_FLOW },
		{ "another member's", 0, 443, 1024, LB_DROP,
		    LB_REASON_SNAT_NO_FLOW },
		{ "nobody's port", 0, 443, 9999, LB_PASS, LB_REASON_NO_RULE },
		{ "below them all", 0, 443, 1023, LB_PASS, LB_REASON_NO_RULE },
		{ "a rule's port", 0, 443, 80, LB_FORWARD, LB_REASON_NONE },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		(void)say(&s, TCP, remote(rows[i].from), rows[i].sport, public,
		    rows[i].dport, SYN);
		UNIT_EQUAL(rows[i].what, s.result.verdict, rows[i].verdict);
		UNIT_EQUAL(rows[i].what, s.result.reason, rows[i].reason);
	}
	/* what no rule lets out, or nobody should */
	(void)say(&s, TCP, member(0), 1, remote(0), 2, LB_TCP_RST);
	CU_ASSERT_EQUAL(s.result.reason, LB_REASON_SNAT_NO_FLOW);
	(void)say(&s, LB_PROTO_ICMP, member(0), 0, remote(0), 0, 0);
	CU_ASSERT_EQUAL(s.result.verdict, LB_PASS);
	(void)say(&s, TCP, address(10, 0, 0, 99), 1, remote(0), 2, SYN);
	CU_ASSERT_EQUAL(s.result.verdict, LB_PASS);
	/* a reply is no flow of the member's own */
	(void)say(&s, TCP, member(0), 8080, remote(0), 2, ACK);
	CU_ASSERT_EQUAL(s.result.facts & LB_FACT_SNAT, 0);
	CU_ASSERT_EQUAL(lb_be16_get(s.result.edit.sport), 80);
	site_close(&s);
}

/* Errors follow the quoted packet, both ways; ICMP itself stays. */
static const struct lb_result *
complain(struct site *s, struct lb_addr from, struct lb_addr to,
    const struct lb_headers *about)
{
	s->pkt = (struct lb_packet){
		.ip = { .src = from,
		    .dst = to,
		    .l3 = 14,
		    .l4 = 34,
		    .family = 4,
		    .proto = LB_PROTO_ICMP },
		.quoted = *about,
		.notes = LB_NOTE_ICMP_ERROR,
		.icmp_type = 3,
	};
	lb_step(lb_world_ctx(s->world), &s->pkt, s->now_ms, &s->result);
	return &s->result;
}

static void
test_errors(void)
{
	const struct lb_addr public = address(203, 0, 113, 1), m0 = member(0);
	const struct lb_addr router = address(192, 0, 2, 9);
	struct site s;

	site_open(&s, 1, 1, "", OUT("1024"));
	(void)leaves(&s, TCP, 0, 5000, 0, 443, SYN);
	struct lb_headers left = { .src = public,
		.dst = remote(0),
		.sport = lb_be16_of(1024),
		.dport = lb_be16_of(443),
		.family = 4,
		.proto = TCP };
	(void)complain(&s, router, public, &left);
	CU_ASSERT_EQUAL(s.result.verdict, LB_FORWARD);
	CU_ASSERT_EQUAL(s.result.facts, LB_FACT_SNAT | LB_FACT_ICMP);
	CU_ASSERT_EQUAL(s.result.edit.what, LB_EDIT_DST | LB_EDIT_QUOTED_SRC);
	CU_ASSERT_TRUE(lb_addr_same(&s.result.edit.dst, &m0));
	CU_ASSERT_TRUE(lb_addr_same(&s.result.edit.quoted, &m0));
	CU_ASSERT_EQUAL(lb_be16_get(s.result.edit.quoted_port), 5000);
	left.sport = lb_be16_of(1025); /* nobody's */
	(void)complain(&s, router, public, &left);
	CU_ASSERT_EQUAL(s.result.facts & LB_FACT_SNAT, 0);

	struct lb_headers back = { .src = remote(0),
		.dst = m0,
		.sport = lb_be16_of(443),
		.dport = lb_be16_of(5000),
		.family = 4,
		.proto = TCP };
	(void)complain(&s, m0, remote(0), &back);
	CU_ASSERT_EQUAL(
	    s.result.facts, LB_FACT_SNAT | LB_FACT_ICMP | LB_FACT_REPLY);
	CU_ASSERT_EQUAL(s.result.edit.what, LB_EDIT_SRC | LB_EDIT_QUOTED_DST);
	CU_ASSERT_TRUE(lb_addr_same(&s.result.edit.src, &public));
	CU_ASSERT_EQUAL(lb_be16_get(s.result.edit.quoted_port), 1024);
	site_close(&s);
}

/* --- several frontends (4.7) ------------------------------------------------
 */

static unsigned
spread(const char *head, unsigned flows)
{
	struct site s;
	struct lb_addr first = address(203, 0, 113, 1);
	unsigned by_first = 0;

	site_open(&s, 1, 2, head, OUT_OF("[f0, f1]", "160", ""));
	for (unsigned i = 0; i < flows; i++) {
		CU_ASSERT_NOT_EQUAL(
		    leaves(&s, TCP, 0, (uint16_t)(5000 + i), 0, 443, SYN), 0);
		by_first += lb_addr_same(&s.result.edit.src, &first);
	}
	site_close(&s);
	return by_first;
}

static void
test_frontends(void)
{
	unsigned some = spread("", 60);

	CU_ASSERT_TRUE(some > 10 && some < 50);
	CU_ASSERT_EQUAL(spread("", 160), 80);
	CU_ASSERT_EQUAL(spread(", outbound_frontends: fill-first", 60), 60);
	CU_ASSERT_EQUAL(spread(", outbound_frontends: fill-first", 100), 80);
}

/* --- IPv6 -------------------------------------------------------------------
 */

static void
test_six(void)
{
	struct site s;
	struct lb_addr inside, outside, public;

	site_open_text(&s, "load_balancer: { sku: fairlead }\n"
			   "frontends: [{ name: f, address: 2001:db8::f }]\n"
			   "pools: [{ name: p, members: [{ name: a, "
			   "address: fd00::1 }] }]\n"
			   "outbound_rules: [{ name: o, pool: p, "
			   "frontends: [f] }]\n");
	CU_ASSERT_TRUE(lb_addr_of_text("fd00::1", &inside) &&
		       lb_addr_of_text("2001:db8:9::9", &outside) &&
		       lb_addr_of_text("2001:db8::f", &public));
	for (uint16_t i = 0; i < 3; i++) {
		(void)say(&s, UDP, inside, 5000 + i, outside, 53, 0);
		CU_ASSERT_EQUAL(s.result.verdict, LB_FORWARD);
		CU_ASSERT_TRUE(lb_addr_same(&s.result.edit.src, &public));
		CU_ASSERT_EQUAL(lb_be16_get(s.result.edit.sport), 1024 + i);
		(void)say(&s, UDP, outside, 53, public, 1024 + i, 0);
		CU_ASSERT_TRUE(lb_addr_same(&s.result.edit.dst, &inside));
		CU_ASSERT_EQUAL(lb_be16_get(s.result.edit.dport), 5000 + i);
	}
	CU_ASSERT_EQUAL(expire(&s, T0 + 240000), 3);
	CU_ASSERT_EQUAL(lb_ports_in_use(&s.world->tables), 0);
	site_close(&s);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "13.4 port use", test_uses },
		{ "13.4 exhaustion", test_exhausted },
		{ "returns", test_returns },
		{ "ICMP errors", test_errors },
		{ "4.7 several frontends", test_frontends },
		{ "IPv6", test_six },
		CU_TEST_INFO_NULL,
	};

	return unit_main("snat", tests);
}
