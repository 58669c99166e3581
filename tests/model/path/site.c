/* SPDX-License-Identifier: MIT */
#include "tests/model/path/site.h"

#include <stdlib.h>
#include <string.h>
#include "model/path/apply.h"
#include "tests/support/frame.h"

unsigned site_entries = 20000;

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
	SAY("connection_table: { entries: %u }\n", site_entries);
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

void
site_open(
    struct site *s, unsigned n, unsigned f, const char *head, const char *rest)
{
	memset(s, 0, sizeof(*s));
	s->now_ms = T0;
	s->made = compile(n, f, head, rest, NULL);
	s->world = lb_world_new(s->made.plan);
	UNIT_NEED(s->world);
}

void
site_open_text(struct site *s, const char *text)
{
	memset(s, 0, sizeof(*s));
	s->now_ms = T0;
	s->made = make(text, NULL, NULL);
	s->world = lb_world_new(s->made.plan);
	UNIT_NEED(s->world);
}

void
site_swap(
    struct site *s, unsigned n, unsigned f, const char *head, const char *rest)
{
	struct made next = compile(n, f, head, rest, s->made.plan);

	lb_world_swap(s->world, next.plan);
	drop(&s->made);
	s->made = next;
}

void
site_close(struct site *s)
{
	lb_world_free(s->world);
	drop(&s->made);
}

struct lb_addr
address(unsigned a, unsigned b, unsigned c, unsigned d)
{
	return lb_addr_v4(a | b << 8 | c << 16 | d << 24);
}

struct lb_addr
remote(unsigned i)
{
	return address(198, 51, 100, i + 1);
}

struct lb_addr
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

const struct lb_result *
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

uint16_t
leaves(struct site *s, uint8_t proto, unsigned m, uint16_t sport, unsigned to,
    uint16_t dport, uint8_t flags)
{
	(void)say(s, proto, member(m), sport, remote(to), dport, flags);
	if (s->result.verdict != LB_FORWARD)
		return 0;
	CU_ASSERT_EQUAL(s->result.edit.what, LB_EDIT_SRC | LB_EDIT_SPORT);
	return lb_be16_get(s->result.edit.sport);
}

uint32_t
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
