/* SPDX-License-Identifier: MIT */
/* Outbound SNAT on the path (AZ 4.4 to 4.7, 13.4 to 13.6, 13.10), and a
 * property test of invariants 3 and 4: random conversations, after every
 * packet of which no two flows share what must be one's alone. */
#include "model/path/step.h"

#include <stdlib.h>
#include <string.h>
#include "model/path/apply.h"
#include "model/config/names.h"
#include "model/tables/world.h"
#include "tests/model/plan_text.h"
#include "tests/support/chance.h"
#include "tests/support/frame.h"

#define T0      1000u
#define MINUTE  60000u
#define REMOTES 5u

/* --- a balancer and its surroundings -------------------------------------- */

struct site {
	struct made made;
	struct lb_world *world;
	uint32_t now_ms;
	struct lb_packet pkt;
	struct lb_result result;
};

/* A pool of n members 10.0.0.1.., frontends f0 203.0.113.1.., `rest`. */
static struct made
compile(unsigned n, unsigned f, const char *head, const char *rest,
    const struct lb_plan *before)
{
	size_t bytes = 4096 + (size_t)n * 64, used = 0;
	char *text = malloc(bytes);

	UNIT_NEED(text);
#define SAY(...)                                                               \
	used += (size_t)snprintf(text + used, bytes - used, __VA_ARGS__)
	SAY("load_balancer: { sku: fairlead%s }\nfrontends:\n", head);
	for (unsigned i = 0; i < f; i++)
		SAY("  - { name: f%u, address: 203.0.113.%u }\n", i, i + 1);
	SAY("connection_table: { entries: 20000 }\n");
	SAY("pools:\n  - name: p\n    members:\n");
	for (unsigned i = 0; i < n; i++)
		SAY("      - { name: m%u, address: 10.0.0.%u }\n", i, i + 1);
	SAY("rules: [{ name: web, frontend: f0, pool: p, protocol: tcp,\n"
	    "  frontend_port: 80, backend_port: 8080, table_size: 101,\n"
	    "  outbound_snat: false }]\n%s",
	    rest);
#undef SAY
	struct made made = make(text, before, NULL);
	free(text);
	return made;
}

static void
site_open(
    struct site *s, unsigned n, unsigned f, const char *head, const char *rest)
{
	memset(s, 0, sizeof(*s));
	s->now_ms = T0;
	s->made = compile(n, f, head, rest, NULL);
	s->world = lb_world_new(s->made.plan);
	UNIT_NEED(s->world);
}

static void
site_swap(
    struct site *s, unsigned n, unsigned f, const char *head, const char *rest)
{
	struct made next = compile(n, f, head, rest, s->made.plan);

	lb_world_swap(s->world, next.plan);
	drop(&s->made);
	s->made = next;
}

static void
site_close(struct site *s)
{
	lb_world_free(s->world);
	drop(&s->made);
}

static struct lb_addr
address(unsigned a, unsigned b, unsigned c, unsigned d)
{
	return lb_addr_v4(a | b << 8 | c << 16 | d << 24);
}

/* The i-th remote: A, B, C.. */
static struct lb_addr
remote(unsigned i)
{
	return address(198, 51, 100, i + 1);
}

static struct lb_addr
member(unsigned i)
{
	return address(10, 0, 0, i + 1);
}

/* Invariant 4: what leaves has right checksums and the addresses that it was
 * to have, what does not is untouched. */
static void
check_bytes(const struct site *s, struct frame *f)
{
	static uint8_t before[FRAME_BYTES_MAX];
	const struct lb_edit *edit = &s->result.edit;
	struct frame_sums sums;
	struct lb_packet after;

	memcpy(before, f->data, f->bytes);
	if (s->result.verdict != LB_FORWARD) {
		CU_ASSERT_EQUAL(edit->what, 0);
		return;
	}
	CU_ASSERT_EQUAL(lb_apply(f->data, f->data + f->bytes, edit), 0);
	frame_sums(f->data, f->bytes, &sums);
	CU_ASSERT_TRUE(sums.right);
	CU_ASSERT_EQUAL(
	    lb_parse(f->data, f->data + f->bytes, 0, &after), LB_PARSED);
	struct lb_headers is = s->pkt.ip;
	if ((edit->what & LB_EDIT_SRC) != 0)
		is.src = edit->src;
	if ((edit->what & LB_EDIT_DST) != 0)
		is.dst = edit->dst;
	if ((edit->what & LB_EDIT_SPORT) != 0)
		is.sport = edit->sport;
	if ((edit->what & LB_EDIT_DPORT) != 0)
		is.dport = edit->dport;
	CU_ASSERT_TRUE(lb_addr_same(&is.src, &after.ip.src) &&
		       lb_addr_same(&is.dst, &after.ip.dst));
	CU_ASSERT_TRUE(is.sport.raw == after.ip.sport.raw &&
		       is.dport.raw == after.ip.dport.raw);
	/* and nothing else of the packet: put back, it is the same */
	struct lb_edit back = *edit;
	back.src = s->pkt.ip.src;
	back.dst = s->pkt.ip.dst;
	back.sport = s->pkt.ip.sport;
	back.dport = s->pkt.ip.dport;
	CU_ASSERT_EQUAL(lb_apply(f->data, f->data + f->bytes, &back), 0);
	CU_ASSERT_EQUAL(memcmp(before, f->data, f->bytes), 0);
}

/* One end to another; flags of TCP. */
static const struct lb_result *
say(struct site *s, uint8_t proto, struct lb_addr src, uint16_t sport,
    struct lb_addr dst, uint16_t dport, uint8_t flags)
{
	static struct frame f;

	frame_build(&f, &(struct frame_spec){
			    .src = src,
			    .dst = dst,
			    .proto = proto,
			    .sport = sport,
			    .dport = dport,
			    .seq = sport * 77u,
			    .tcp_flags = proto == LB_PROTO_TCP ? flags : 0,
			    .payload_bytes = dport % 4u,
			});
	CU_ASSERT_EQUAL(
	    lb_parse(f.data, f.data + f.bytes, 0, &s->pkt), LB_PARSED);
	lb_step(lb_world_ctx(s->world), &s->pkt, s->now_ms, &s->result);
	check_bytes(s, &f);
	return &s->result;
}

#define TCP LB_PROTO_TCP
#define UDP LB_PROTO_UDP
#define SYN LB_TCP_SYN
#define ACK LB_TCP_ACK

/* Member m opens, or goes on with, a flow; its public port, 0: it was
 * dropped. */
static uint16_t
leaves(struct site *s, uint8_t proto, unsigned m, uint16_t sport, unsigned to,
    uint16_t dport, uint8_t flags)
{
	(void)say(s, proto, member(m), sport, remote(to), dport, flags);
	if (s->result.verdict != LB_FORWARD)
		return 0;
	CU_ASSERT_EQUAL(s->result.edit.what, LB_EDIT_SRC | LB_EDIT_SPORT);
	return lb_be16_get(s->result.edit.sport);
}

/* Everything whose time has come ends: so many outbound flows. */
static uint32_t
expire(struct site *s, uint32_t now_ms)
{
	static struct lb_expired facts[4096];
	const struct lb_tables *t = &s->world->tables;
	uint32_t ended = 0;

	s->now_ms = now_ms;
	for (int six = 0; six < 2; six++) {
		uint32_t n = six ? t->buckets6 : t->buckets4;
		for (uint32_t from = 0; from < n;) {
			struct lb_expired_list list = { facts, 4096, 0 };
			from = lb_expire(
			    t, six != 0, now_ms, from, n - from, &list);
			for (uint32_t i = 0; i < list.count; i++)
				ended += facts[i].kind == LB_KIND_SNAT_OUT;
		}
	}
	lb_expire_ports(t, 0, UINT32_MAX);
	return ended;
}

#define OUT_OF(f, ports, more)                                                 \
	"outbound_rules: [{ name: o, pool: p, frontends: " f                   \
	", ports_per_member: " ports more " }]\n"
#define OUT(ports) OUT_OF("[f0]", ports, "")

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

/* --- 13.5 and 4.5: release --------------------------------------------------
 */

/* clang-format off */
static const struct release {
	const char *what;
	uint8_t proto;
	const char *idle;
	const char *says; /* S F R member; s f r remote: SYN, FIN, RST */
	uint32_t hold_ms;
} releases[] = {
	{ "FIN", TCP, "4m", "SsAF", 240000 },
	{ "FIN of the remote", TCP, "4m", "SsAf", 240000 },
	{ "FIN of both", TCP, "30m", "SsAFf", 240000 },
	{ "RST", TCP, "4m", "SsAR", 15000 },
	{ "RST of the remote", TCP, "30m", "SsAr", 15000 },
	{ "FIN, then RST", TCP, "30m", "SsAFr", 15000 },
	{ "refused", TCP, "4m", "Sr", 15000 },
	{ "never closed, idle 4 min", TCP, "4m", "SsA", 240000 },
	{ "never closed, idle 30 min", TCP, "30m", "SsA", 1800000 },
	{ "never answered", TCP, "4m", "S", 60000 },
	{ "UDP, idle 4 min", UDP, "4m", "A", 240000 },
	{ "UDP, answered, idle 30 min", UDP, "30m", "As", 1800000 },
	{ "FIN, idle of 2 min", TCP, "2m", "SsAF", 120000 },
};
/* clang-format on */

static void
speak(struct site *s, const struct release *row, char letter)
{
	const char *const letters = "SsAFfRr";
	static const uint8_t flags[] = { SYN, SYN | ACK, ACK, LB_TCP_FIN | ACK,
		LB_TCP_FIN | ACK, LB_TCP_RST, LB_TCP_RST };
	uint8_t flag = flags[strchr(letters, letter) - letters];

	if (letter >= 'a')
		(void)say(s, row->proto, remote(0), 443,
		    address(203, 0, 113, 1), 1024, flag);
	else
		(void)leaves(s, row->proto, 0, 5000, 0, 443, flag);
	UNIT_EQUAL(row->what, s->result.verdict, LB_FORWARD);
}

static void
test_releases(void)
{
	for (size_t i = 0; i < LB_COUNT(releases); i++) {
		const struct release *row = &releases[i];
		struct site s;
		char rest[256];
		(void)snprintf(rest, sizeof(rest),
		    OUT_OF("[f0]", "8", ", idle_timeout: %s"), row->idle);
		site_open(&s, 2, 1, "", rest);
		for (const char *at = row->says; *at != '\0'; at++)
			speak(&s, row, *at);
		for (uint16_t k = 1; k < 8; k++)
			CU_ASSERT_EQUAL(leaves(&s, row->proto, 0,
					    (uint16_t)(6000 + k), 0, 443, SYN),
			    1024 + k);
		/* the others stay alive */
		uint32_t end = T0 + row->hold_ms;
		for (uint32_t t = T0; t + 20000 < end; t += 20000) {
			UNIT_EQUAL(row->what, expire(&s, t), 0);
			for (uint16_t k = 1; k < 8; k++)
				(void)leaves(&s, row->proto, 0,
				    (uint16_t)(6000 + k), 0, 443, SYN);
		}
		UNIT_EQUAL(row->what, expire(&s, end - 1), 0);
		UNIT_EQUAL(
		    row->what, leaves(&s, row->proto, 0, 7000, 0, 443, SYN), 0);
		UNIT_EQUAL(row->what, expire(&s, end), 1);
		UNIT_EQUAL(row->what,
		    leaves(&s, row->proto, 0, 7000, 0, 443, SYN), 1024);
		site_close(&s);
	}
}

/* 13.10: alive at 239 s, gone at 240; a keepalive every 200 s: never. */
static void
test_idle(void)
{
	struct site s;

	site_open(&s, 1, 1, "", OUT("8"));
	(void)leaves(&s, TCP, 0, 5000, 0, 443, SYN);
	(void)leaves(&s, TCP, 0, 5000, 0, 443, ACK);
	for (uint32_t i = 1; i < 20; i++) {
		CU_ASSERT_EQUAL(expire(&s, T0 + i * 200000), 0);
		if (i % 2 == 0) /* enabling them on one side is enough */
			(void)say(&s, TCP, remote(0), 443,
			    address(203, 0, 113, 1), 1024, ACK);
		else
			(void)leaves(&s, TCP, 0, 5000, 0, 443, ACK);
		CU_ASSERT_EQUAL(s.result.verdict, LB_FORWARD);
	}
	CU_ASSERT_EQUAL(expire(&s, s.now_ms + 239999), 0);
	CU_ASSERT_EQUAL(expire(&s, s.now_ms + 1), 1);
	CU_ASSERT_EQUAL(lb_live_count(&s.world->tables), 0);
	CU_ASSERT_EQUAL(lb_ports_in_use(&s.world->tables), 0);
	site_close(&s);
}

/* The same member's port and the same remote again, while it still closes. */
static void
test_again(void)
{
	struct site s;

	site_open(&s, 1, 1, "", OUT("8"));
	(void)leaves(&s, TCP, 0, 5000, 0, 443, SYN);
	(void)leaves(&s, TCP, 0, 5000, 0, 443, LB_TCP_FIN | ACK);
	(void)say(&s, TCP, remote(0), 443, address(203, 0, 113, 1), 1024,
	    LB_TCP_FIN | ACK);
	s.now_ms += 200000;
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 5000, 0, 443, SYN), 1024);
	CU_ASSERT_EQUAL(s.result.state, LB_CONN_HALF);
	(void)leaves(&s, TCP, 0, 5000, 0, 443, ACK);
	CU_ASSERT_EQUAL(expire(&s, T0 + 240000 + MINUTE), 0);
	(void)say(&s, TCP, remote(0), 443, address(203, 0, 113, 1), 1024, ACK);
	CU_ASSERT_EQUAL(s.result.verdict, LB_FORWARD);
	CU_ASSERT_EQUAL(s.result.state, LB_CONN_OPEN);
	site_close(&s);
}

/* --- read by others ---------------------------------------------------------
 */

/* The flows and the outbound entries that are read, and the last flow. */
static unsigned
read_flows(const struct site *s, unsigned *outbound, struct lb_expired *flow,
    uint32_t *deadline_ms)
{
	const struct lb_tables *t = &s->world->tables;
	struct lb_expired entry;
	unsigned flows = 0;

	*outbound = 0;
	for (uint32_t b = 0; b < t->buckets4; b++)
		for (uint32_t way = 0; way < LB_WAYS; way++) {
			*outbound += lb_outbound_read(t, false, b, way, &entry);
			if (lb_flow_read(
				t, false, b, way, &entry, deadline_ms)) {
				flows++;
				*flow = entry;
			}
		}
	return flows;
}

/* Two entries are one flow, whatever of them says more. */
static void
test_read(void)
{
	static struct lb_usage usage;
	struct lb_expired flow;
	uint32_t deadline_ms = 0;
	unsigned outbound;
	struct site s;

	site_open(&s, 1, 1, "", OUT("8"));
	CU_ASSERT_EQUAL(read_flows(&s, &outbound, &flow, &deadline_ms), 0);
	(void)leaves(&s, TCP, 0, 5000, 0, 443, SYN);
	s.now_ms = T0 + 100;
	(void)leaves(&s, TCP, 0, 5000, 0, 443, ACK);
	s.now_ms = T0 + 5000;
	(void)say(&s, TCP, remote(0), 443, address(203, 0, 113, 1), 1024, ACK);
	CU_ASSERT_EQUAL(read_flows(&s, &outbound, &flow, &deadline_ms), 1);
	CU_ASSERT_EQUAL(outbound, 1);
	CU_ASSERT_EQUAL(flow.kind, LB_KIND_SNAT_OUT);
	CU_ASSERT_EQUAL(flow.state, LB_CONN_OPEN);
	CU_ASSERT_EQUAL(flow.seen_ms, T0 + 5000);
	CU_ASSERT_EQUAL(deadline_ms, T0 + 5000 + 4 * MINUTE);
	CU_ASSERT_EQUAL(lb_be16_get(flow.xlat_port), 1024);
	/* the remote resets it: 15 s from then, by the entry that it came to */
	s.now_ms = T0 + 9000;
	(void)say(
	    &s, TCP, remote(0), 443, address(203, 0, 113, 1), 1024, LB_TCP_RST);
	CU_ASSERT_EQUAL(read_flows(&s, &outbound, &flow, &deadline_ms), 1);
	CU_ASSERT_EQUAL(flow.state, LB_CONN_CLOSING_RST);
	CU_ASSERT_EQUAL(deadline_ms, T0 + 9000 + 15000);
	/* both entries refer to the member, of whom there is one flow */
	lb_usage_count(&s.world->tables, false, 0, UINT32_MAX, &usage);
	CU_ASSERT_EQUAL(usage.member[flow.member], 2);
	CU_ASSERT_EQUAL(usage.member_second[flow.member], 1);
	CU_ASSERT_EQUAL(usage.rule[flow.rule], 2);
	CU_ASSERT_EQUAL(usage.rule_second[flow.rule], 1);
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

/* --- 13.6: crossing a tier --------------------------------------------------
 */

static void
test_tiers(void)
{
	struct site s;
	const char *rule = "outbound_rules: [{ name: o, pool: p, "
			   "frontends: [f0] }]\n";

	site_open(&s, 50, 1, "", rule);
	for (unsigned i = 0; i < 600; i++)
		CU_ASSERT_EQUAL(
		    leaves(&s, TCP, 0, (uint16_t)(5000 + i), 0, 443, SYN),
		    1024 + i);
	site_swap(&s, 51, 1, "", rule);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 9999, 0, 443, SYN), 0);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 50, 9999, 0, 443, SYN), 1024 + 600);
	CU_ASSERT_EQUAL(expire(&s, s.now_ms), 88); /* of the 512 reclaimed */
	CU_ASSERT_EQUAL(leaves(&s, TCP, 50, 9998, 0, 443, SYN), 1024 + 512);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 5000, 0, 443, ACK), 1024);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 5511, 0, 443, ACK), 1535);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 5512, 0, 443, ACK), 0);
	/* fewer members: more ports, and nothing lost */
	site_swap(&s, 50, 1, "", rule);
	CU_ASSERT_EQUAL(expire(&s, s.now_ms), 0);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 5511, 0, 443, ACK), 1535);
	CU_ASSERT_NOT_EQUAL(leaves(&s, TCP, 0, 9999, 0, 443, SYN), 0);
	/* who is gone keeps what it has, and opens no more */
	CU_ASSERT_EQUAL(leaves(&s, TCP, 50, 9998, 0, 443, ACK), 1536);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 50, 1, 0, 443, SYN), 0);
	CU_ASSERT_EQUAL(s.result.reason, LB_REASON_SNAT_NO_FLOW);
	site_close(&s);
}

/* --- no room ----------------------------------------------------------------
 */

/* The lowest free port is the same for all who come: one without room for what
 * comes back must not keep the others in. */
static void
test_no_room(void)
{
	struct site s = { .now_ms = T0 };
	unsigned opened = 0;

	s.made = make("load_balancer: { sku: fairlead }\n"
		      "connection_table: { entries: 200 }\n"
		      "frontends: [{ name: f0, address: 203.0.113.1 }]\n"
		      "pools: [{ name: p, members: [{ name: a, "
		      "address: 10.0.0.1 }] }]\n" OUT("1024"),
	    NULL, NULL);
	s.world = lb_world_new(s.made.plan);
	UNIT_NEED(s.world);
	CU_ASSERT_EQUAL(s.world->tables.buckets4 * LB_WAYS, 512);
	for (uint16_t i = 0; i < 200; i++)
		opened +=
		    leaves(&s, TCP, 0, (uint16_t)(5000 + i), 0, 443, SYN) != 0;
	/* three quarters of the table for 200 of them */
	CU_ASSERT_TRUE(opened > 150);
	CU_ASSERT_EQUAL(lb_ports_in_use(&s.world->tables), opened);
	CU_ASSERT_EQUAL(lb_live_count(&s.world->tables), 2 * opened);
	(void)printf("%u of 200; ", opened);
	site_close(&s);
}

/* --- IPv6 -------------------------------------------------------------------
 */

static void
test_six(void)
{
	struct site s = { .now_ms = T0 };
	struct lb_addr inside, outside, public;

	s.made = make("load_balancer: { sku: fairlead }\n"
		      "frontends: [{ name: f, address: 2001:db8::f }]\n"
		      "pools: [{ name: p, members: [{ name: a, "
		      "address: fd00::1 }] }]\n"
		      "outbound_rules: [{ name: o, pool: p, "
		      "frontends: [f] }]\n",
	    NULL, NULL);
	s.world = lb_world_new(s.made.plan);
	UNIT_NEED(s.world);
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

/* --- invariants 3 and 4 over random conversations ----------------------------
 */

#define FLOWS_MAX 6000u
#define MEMBERS   9u

struct flow {
	bool live;
	uint8_t proto;
	unsigned m, to;
	uint16_t sport, dport, port;
	struct lb_addr public;
};

struct town {
	struct site site;
	struct chance chance;
	struct flow flows[FLOWS_MAX];
	unsigned count, members;
	uint64_t opened, exhausted, returned, ended, swaps, strangers;
};

/* Would these two, if both live, be one and the same for the remote? */
static bool
clash(const struct flow *a, const struct flow *b)
{
	return a->proto == b->proto && a->port == b->port && a->to == b->to &&
	       lb_addr_same(&a->public, &b->public) &&
	       (a->proto == UDP || a->dport == b->dport);
}

static void
check_unique(struct town *t, unsigned which)
{
	bool unique = true;

	for (unsigned i = 0; i < t->count; i++)
		unique &= i == which || !t->flows[i].live ||
			  !clash(&t->flows[i], &t->flows[which]);
	CU_ASSERT_TRUE(unique);
}

/* Is the port one of the member's, by the plan in force? */
static bool
in_block(const struct town *t, const struct flow *f)
{
	const struct lb_plan *plan = t->site.made.plan;

	for (uint32_t i = 0; i < plan->block_count; i++) {
		const struct lb_plan_block *b = &plan->blocks[i];
		struct lb_addr inside = member(f->m);
		if (b->udp == (f->proto == UDP) && b->row.first <= f->port &&
		    f->port <= b->row.last &&
		    lb_addr_same(&plan->members[b->member].address, &inside) &&
		    lb_addr_same(
			&plan->snats[b->row.address].address, &f->public))
			return (plan->units[b->row.address][b->udp]
					   [f->port / 64] >>
				       (f->port / 8 % 8) &
				   1) != 0;
	}
	return false;
}

static uint8_t
some_flags(struct chance *c)
{
	static const uint8_t flags[] = { SYN, ACK, ACK, ACK, ACK, ACK, ACK,
		LB_TCP_FIN | ACK, LB_TCP_RST };

	return flags[chance_below(c, LB_COUNT(flags))];
}

static void
town_leave(struct town *t, unsigned which)
{
	struct flow *f = &t->flows[which];
	struct site *s = &t->site;
	uint8_t flags = f->live ? some_flags(&t->chance) : SYN;
	uint16_t port =
	    leaves(s, f->proto, f->m, f->sport, f->to, f->dport, flags);

	if (f->live) { /* as long as it lives it leaves by the same port */
		CU_ASSERT_EQUAL(port, f->port);
		CU_ASSERT_TRUE(lb_addr_same(&s->result.edit.src, &f->public));
		return;
	}
	if (port == 0) {
		t->exhausted += s->result.reason == LB_REASON_SNAT_EXHAUSTED;
		CU_ASSERT_TRUE(s->result.reason == LB_REASON_SNAT_EXHAUSTED ||
			       s->result.reason == LB_REASON_TABLE_FULL ||
			       f->m >= t->members);
		return;
	}
	f->live = true;
	f->port = port;
	f->public = s->result.edit.src;
	t->opened++;
	CU_ASSERT_TRUE(in_block(t, f));
	check_unique(t, which);
}

/* To a flow that lives, if one is found soon. */
static void
town_return(struct town *t)
{
	const struct flow *f = NULL;

	for (unsigned tries = 0; (f == NULL || !f->live) && tries < 16; tries++)
		f = &t->flows[chance_below(&t->chance, t->count)];
	if (!f->live)
		return;
	struct lb_addr inside = member(f->m);
	(void)say(&t->site, f->proto, remote(f->to), f->dport, f->public,
	    f->port, some_flags(&t->chance));
	CU_ASSERT_EQUAL(t->site.result.verdict, LB_FORWARD);
	CU_ASSERT_TRUE(lb_addr_same(&t->site.result.edit.dst, &inside));
	CU_ASSERT_EQUAL(lb_be16_get(t->site.result.edit.dport), f->sport);
	t->returned++;
}

/* To a public port, from anywhere: to whom it belongs, or to nobody. */
static void
town_stranger(struct town *t)
{
	struct chance *c = &t->chance;
	struct flow f = { .proto = chance_percent(c, 50) ? TCP : UDP,
		.to = chance_below(c, REMOTES),
		.dport = (uint16_t)chance_between(c, 443, 446),
		.port = (uint16_t)chance_between(c, 1020, 1300),
		.public = address(203, 0, 113, chance_between(c, 1, 2)) };
	const struct flow *owner = NULL;

	(void)say(
	    &t->site, f.proto, remote(f.to), f.dport, f.public, f.port, ACK);
	for (unsigned i = 0; i < t->count; i++)
		if (t->flows[i].live && clash(&t->flows[i], &f) &&
		    t->flows[i].dport == f.dport)
			owner = &t->flows[i];
	CU_ASSERT_EQUAL(owner != NULL, t->site.result.verdict == LB_FORWARD);
	t->strangers++;
}

/* What ended, ends in the town's book, too. */
static void
town_expire(struct town *t)
{
	static struct lb_expired facts[65536];
	const struct lb_tables *tables = &t->site.world->tables;
	struct lb_expired_list list = { facts, 65536, 0 };

	CU_ASSERT_EQUAL(lb_expire(tables, false, t->site.now_ms, 0,
			    tables->buckets4, &list),
	    tables->buckets4);
	lb_expire_ports(tables, 0, UINT32_MAX);
	for (uint32_t i = 0; i < list.count; i++)
		for (unsigned k = 0; k < t->count; k++) {
			struct flow *f = &t->flows[k];
			struct lb_addr inside = member(f->m);
			struct lb_addr outside = remote(f->to);
			if (!f->live || facts[i].proto != f->proto ||
			    lb_be16_get(facts[i].sport) != f->sport ||
			    lb_be16_get(facts[i].dport) != f->dport ||
			    !lb_addr_same(&facts[i].src, &inside) ||
			    !lb_addr_same(&facts[i].dst, &outside))
				continue;
			CU_ASSERT_EQUAL(
			    lb_be16_get(facts[i].xlat_port), f->port);
			f->live = false;
			t->ended++;
		}
}

static void
town_count(struct town *t)
{
	uint64_t live = 0;

	for (unsigned i = 0; i < t->count; i++)
		live += t->flows[i].live;
	CU_ASSERT_EQUAL(lb_ports_in_use(&t->site.world->tables), live);
	CU_ASSERT_EQUAL(lb_live_count(&t->site.world->tables), 2 * live);
}

static const char *const town_rules[] = {
	OUT_OF("[f0, f1]", "80", ""),
	OUT_OF("[f0, f1]", "48", ", idle_timeout: 90s"),
	OUT_OF("[f0]", "16", ""),
	OUT_OF("[f1, f0]", "800", ", tcp_reset: true"),
};

static void
town_swap(struct town *t)
{
	struct chance *c = &t->chance;

	t->members = chance_between(c, 1, MEMBERS);
	site_swap(&t->site, t->members, 2,
	    chance_percent(c, 50) ? "" : ", outbound_frontends: fill-first",
	    town_rules[chance_below(c, LB_COUNT(town_rules))]);
	t->swaps++;
	town_expire(t); /* what was reclaimed */
	for (unsigned i = 0; i < t->count; i++)
		CU_ASSERT_TRUE(!t->flows[i].live ||
			       t->flows[i].m >= t->members ||
			       in_block(t, &t->flows[i]));
}

static void
town_step(struct town *t)
{
	struct chance *c = &t->chance;
	unsigned which = chance_below(c, FLOWS_MAX);

	if (which >= t->count) {
		which = t->count++;
		t->flows[which] = (struct flow){
			.proto = chance_percent(c, 60) ? TCP : UDP,
			.m = chance_below(c, MEMBERS),
			.to = chance_below(c, REMOTES),
			.sport = (uint16_t)(10000 + which),
			.dport = (uint16_t)chance_between(c, 443, 446),
		};
	}
	switch (chance_below(c, 8)) {
	case 0:
		town_stranger(t);
		break;
	case 1:
	case 2:
	case 3:
		town_return(t);
		break;
	default:
		town_leave(t, which);
		break;
	}
	t->site.now_ms += chance_below(c, 60);
}

static void
test_town(void)
{
	static struct town t;

	t.chance.state = 20261122;
	t.members = MEMBERS;
	site_open(&t.site, MEMBERS, 2, "", town_rules[0]);
	for (unsigned i = 0; i < 200000; i++) {
		town_step(&t);
		if (chance_below(&t.chance, 700) == 0)
			town_expire(&t);
		if (chance_below(&t.chance, 9000) == 0)
			town_swap(&t);
		if (chance_below(&t.chance, 2000) == 0)
			t.site.now_ms += chance_below(&t.chance, 400000);
		if (i % 1000 == 0)
			town_count(&t);
	}
	t.site.now_ms += 3600000;
	town_expire(&t);
	town_count(&t);
	CU_ASSERT_EQUAL(lb_ports_in_use(&t.site.world->tables), 0);
	for (uint32_t b = 0; b < t.site.world->tables.port_buckets; b++)
		for (unsigned w = 0; w < LB_PORT_WAYS; w++)
			CU_ASSERT_EQUAL(
			    lb_ctl_state(t.site.world->tables.ports[b].ctl[w]),
			    LB_PORT_EMPTY);
	(void)printf("%ju opened, %ju exhausted, %ju returned, %ju ended, "
		     "%ju strangers, %ju swaps\n",
	    (uintmax_t)t.opened, (uintmax_t)t.exhausted, (uintmax_t)t.returned,
	    (uintmax_t)t.ended, (uintmax_t)t.strangers, (uintmax_t)t.swaps);
	CU_ASSERT_TRUE(t.opened > 1000 && t.exhausted > 100 &&
		       t.returned > 20000 && t.ended > 1000 && t.swaps > 5);
	site_close(&t.site);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "13.4 port use", test_uses },
		{ "13.4 exhaustion", test_exhausted },
		{ "13.5 release", test_releases },
		{ "13.10 idle", test_idle },
		{ "the same again while closing", test_again },
		{ "read as one flow", test_read },
		{ "returns", test_returns },
		{ "ICMP errors", test_errors },
		{ "4.7 several frontends", test_frontends },
		{ "13.6 crossing tiers", test_tiers },
		{ "no room for what comes back", test_no_room },
		{ "IPv6", test_six },
		{ "invariants over random conversations", test_town },
		CU_TEST_INFO_NULL,
	};

	return unit_main("snat", tests);
}
