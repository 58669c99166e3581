/* SPDX-License-Identifier: MIT */
/* model/path/apply.c: edits on bytes; checksums that were right stay right,
 * and what was wrong stays wrong by as much. */
#include "model/path/apply.h"

#include <stdlib.h>
#include <string.h>
#include "model/path/packet.h"
#include "tests/support/chance.h"
#include "tests/support/edit_scope.h"
#include "tests/support/frame.h"
#include "tests/unit.h"

#define ALL4 (LB_EDIT_SRC | LB_EDIT_DST | LB_EDIT_SPORT | LB_EDIT_DPORT)

/* --- random packets ------------------------------------------------------- */

/* Addresses and ports of all zeros and ones among them: where ones'
 * complement has its corners. */
static struct lb_addr
random_addr(struct chance *c, bool six)
{
	struct lb_addr a;
	uint32_t kind = chance_below(c, 8);
	uint32_t raw = (uint32_t)chance_next(c);
	raw = kind == 0 ? 0 : kind == 1 ? UINT32_MAX : raw;
	if (!six)
		return lb_addr_v4(raw);
	do {
		a.word[0] = kind == 0   ? 0
			    : kind == 1 ? UINT64_MAX
					: chance_next(c);
		a.word[1] = kind == 0   ? 1
			    : kind == 1 ? UINT64_MAX
					: chance_next(c);
	} while (lb_addr_is_v4(&a));
	return a;
}

static uint16_t
random_port(struct chance *c)
{
	uint32_t kind = chance_below(c, 8);
	uint16_t port = (uint16_t)chance_next(c);
	return kind == 0 ? 0 : kind == 1 ? UINT16_MAX : port;
}

static void
random_extensions(struct chance *c, struct frame_spec *s)
{
	static const uint8_t types[] = { FRAME_HOP_BY_HOP, FRAME_ROUTING,
		FRAME_AUTHENTICATION, FRAME_DESTINATION };
	s->ext_count = (uint8_t)chance_below(c, 4);
	for (unsigned i = 0; i < s->ext_count; i++) {
		s->exts[i] = types[chance_below(c, LB_COUNT(types))];
		s->ext_more[i] = (uint8_t)chance_below(c, 4);
	}
}

static void
random_fragment(struct chance *c, struct frame_spec *s, bool six)
{
	uint32_t kind = chance_below(c, 8);
	if (kind > 1)
		return;
	s->more_fragments = true;
	s->fragment_offset = kind == 0 ? 0 : (uint16_t)chance_below(c, 99);
	if (six)
		s->exts[s->ext_count++] = FRAME_FRAGMENT;
}

/* A packet of TCP or UDP. */
static struct frame_spec
random_transport(struct chance *c, bool six)
{
	struct frame_spec s = {
		.src = random_addr(c, six),
		.dst = random_addr(c, six),
		.proto = chance_percent(c, 50) ? LB_PROTO_TCP : LB_PROTO_UDP,
		.sport = random_port(c),
		.dport = random_port(c),
		.seq = (uint32_t)chance_next(c),
		.ack = (uint32_t)chance_next(c),
		.tcp_flags = (uint8_t)chance_next(c),
		.tags = (uint8_t)chance_below(c, 3),
		.tcp_option_words = (uint8_t)chance_below(c, 11),
		.payload_bytes = chance_below(c, 80),
		.padding_bytes = chance_below(c, 8),
		.no_checksum = chance_percent(c, 15),
	};
	if (six)
		random_extensions(c, &s);
	else
		s.ip_option_words = (uint8_t)chance_below(c, 11);
	return s;
}

/* An ICMP error about one, quoting it more or less. */
static void
random_error(struct chance *c, struct frame *f, bool six)
{
	struct frame_spec about = random_transport(c, six);
	struct frame_spec error = random_transport(c, six);
	struct frame quoted;
	if (chance_percent(c, 10)) {
		about.more_fragments = true;
		if (six)
			about.exts[about.ext_count++] = FRAME_FRAGMENT;
	}
	frame_build(&quoted, &about);
	uint32_t whole = quoted.bytes - quoted.l3;
	uint32_t ports = (uint32_t)quoted.l4 - quoted.l3 + 4u;
	uint32_t quote = chance_percent(c, 50)
			     ? whole
			     : chance_between(c, ports,
				   whole < ports + 20 ? whole : ports + 20);
	error.proto = six ? LB_PROTO_ICMP6 : LB_PROTO_ICMP;
	error.icmp_type = six ? 1 : 3;
	frame_build_error(f, &error, &quoted, quote);
}

/* Somebody's checksums are wrong already. */
static void
damage(struct chance *c, struct frame *f)
{
	for (unsigned n = chance_below(c, 4); n > 0; n--) {
		uint32_t at = f->l4 + chance_below(c, f->bytes - f->l4);
		if (chance_percent(c, 20) && f->data[f->l3] >> 4 == 4)
			at = f->l3 + 10u;
		f->data[at] ^= (uint8_t)chance_next(c);
	}
}

/* --- random edits --------------------------------------------------------- */

static void
edit_start(const struct lb_packet *pkt, struct lb_edit *e)
{
	memset(e, 0x5a, sizeof(*e)); /* what is not named must not matter */
	e->what = 0;
	e->l3 = pkt->ip.l3;
	e->l4 = pkt->ip.l4;
	e->family = pkt->ip.family;
	e->proto = pkt->ip.proto;
	e->fragment = pkt->ip.fragment;
}

static void
edit_quoted(const struct lb_packet *pkt, struct lb_edit *e)
{
	e->quoted_l3 = pkt->quoted.l3;
	e->quoted_l4 = pkt->quoted.l4;
	e->quoted_proto = pkt->quoted.proto;
	e->quoted_fragment = pkt->quoted.fragment;
	e->quoted_bytes = (uint16_t)pkt->quoted.l4_bytes;
}

static void
random_edit(struct chance *c, const struct lb_packet *pkt, struct lb_edit *e)
{
	const bool six = pkt->ip.family == 6;
	edit_start(pkt, e);
	e->what = (uint8_t)(chance_next(c) & ALL4);
	if ((pkt->notes & LB_NOTE_ICMP_ERROR) != 0) {
		static const uint8_t sides[] = { 0, LB_EDIT_QUOTED_SRC,
			LB_EDIT_QUOTED_DST };
		e->what &= LB_EDIT_SRC | LB_EDIT_DST;
		e->what |= sides[chance_below(c, 3)];
		edit_quoted(pkt, e);
	} else if (pkt->ip.fragment == LB_FRAGMENT_LATER ||
		   pkt->ip.proto == LB_PROTO_ICMP ||
		   pkt->ip.proto == LB_PROTO_ICMP6) {
		e->what &= LB_EDIT_SRC | LB_EDIT_DST;
	}
	e->src = random_addr(c, six);
	e->dst = random_addr(c, six);
	e->quoted = random_addr(c, six);
	e->sport = lb_be16_of(random_port(c));
	e->dport = lb_be16_of(random_port(c));
	e->quoted_port = lb_be16_of(random_port(c));
}

/* What an edit would have to say to take back another. */
static struct lb_edit
reverse_of(const struct lb_edit *e, const struct lb_packet *pkt)
{
	struct lb_edit back = *e;
	back.src = pkt->ip.src;
	back.dst = pkt->ip.dst;
	back.sport = pkt->ip.sport;
	back.dport = pkt->ip.dport;
	bool src = (e->what & LB_EDIT_QUOTED_SRC) != 0;
	back.quoted = src ? pkt->quoted.src : pkt->quoted.dst;
	back.quoted_port = src ? pkt->quoted.sport : pkt->quoted.dport;
	return back;
}

/* --- what must hold ------------------------------------------------------- */

/* On a copy of just its size, so that a sanitizer sees what is beyond. */
static int
apply(const struct frame *in, const struct lb_edit *e, struct frame *out)
{
	uint8_t *copy = malloc(in->bytes + 1);
	memcpy(copy, in->data, in->bytes);
	int result = lb_apply(copy, copy + in->bytes, e);
	*out = *in;
	memcpy(out->data, copy, in->bytes);
	free(copy);
	return result;
}

static bool
is_what_it_says(const struct lb_edit *e, const struct lb_packet *pkt)
{
	const struct lb_headers *ip = &pkt->ip;
	const struct lb_headers *q = &pkt->quoted;
	bool src = (e->what & LB_EDIT_QUOTED_SRC) != 0;
	bool quoted = src || (e->what & LB_EDIT_QUOTED_DST) != 0;
	return ((e->what & LB_EDIT_SRC) == 0 ||
		   lb_addr_same(&ip->src, &e->src)) &&
	       ((e->what & LB_EDIT_DST) == 0 ||
		   lb_addr_same(&ip->dst, &e->dst)) &&
	       ((e->what & LB_EDIT_SPORT) == 0 ||
		   ip->sport.raw == e->sport.raw) &&
	       ((e->what & LB_EDIT_DPORT) == 0 ||
		   ip->dport.raw == e->dport.raw) &&
	       (!quoted || (lb_addr_same(src ? &q->src : &q->dst, &e->quoted) &&
			       (src ? q->sport.raw : q->dport.raw) ==
				   e->quoted_port.raw));
}

/* The checksums' bytes: 0xffff and 0 are the same number, but only for UDP
 * does 0xffff come back. */
static bool
same_but_twins(
    const struct frame *a, const struct frame *b, const struct lb_edit *e)
{
	if (a->bytes != b->bytes)
		return false;
	for (uint32_t i = 0; i < a->bytes; i++) {
		if (a->data[i] == b->data[i])
			continue;
		if (!edit_may_change(e, i) || a->data[i] != 0xff ||
		    b->data[i] != 0)
			return false;
	}
	return true;
}

/* A UDP length that leaves out its own checksum: no sum holds over that. */
static bool
is_absurd(const struct frame *f, const struct lb_packet *pkt)
{
	const struct lb_headers *q = &pkt->quoted;
	return (pkt->notes & LB_NOTE_L4_BAD) != 0 ||
	       ((pkt->notes & LB_NOTE_ICMP_ERROR) != 0 &&
		   q->proto == LB_PROTO_UDP && q->l4_bytes >= 6 &&
		   frame_get16(f->data + q->l4 + 4) < 8);
}

static void
walk_one(struct chance *c, const struct frame *in, bool damaged)
{
	static struct frame out, back;
	struct lb_packet pkt, after;
	struct lb_edit e;
	struct frame_sums before_sums, after_sums;
	if (lb_parse(in->data, in->data + in->bytes, 0, &pkt) != LB_PARSED ||
	    is_absurd(in, &pkt))
		return;
	random_edit(c, &pkt, &e);
	CU_ASSERT_EQUAL(apply(in, &e, &out), 0);
	frame_sums(in->data, in->bytes, &before_sums);
	frame_sums(out.data, out.bytes, &after_sums);
	const char *differ = frame_sums_differ(&before_sums, &after_sums);
	if (differ != NULL)
		(void)fprintf(stderr, "  %s, edit 0x%x\n", differ, e.what);
	CU_ASSERT_PTR_NULL(differ);
	CU_ASSERT_EQUAL(before_sums.right, after_sums.right);
	if (!damaged)
		CU_ASSERT(
		    before_sums.right || pkt.ip.fragment != LB_FRAGMENT_NO);
	for (uint32_t i = 0; i < in->bytes; i++)
		if (in->data[i] != out.data[i])
			CU_ASSERT(edit_may_change(&e, i));
	CU_ASSERT_EQUAL(
	    lb_parse(out.data, out.data + out.bytes, 0, &after), LB_PARSED);
	CU_ASSERT(is_what_it_says(&e, &after));
	struct lb_edit reverse = reverse_of(&e, &pkt);
	CU_ASSERT_EQUAL(apply(&out, &reverse, &back), 0);
	CU_ASSERT(same_but_twins(in, &back, &e));
	if (!damaged)
		CU_ASSERT_EQUAL(memcmp(in->data, back.data, in->bytes), 0);
}

static void
walk_random(bool damaged)
{
	static struct frame f;
	struct chance c = { damaged ? 2 : 1 };
	for (unsigned n = 0; n < 30000; n++) {
		bool six = n % 2 != 0;
		if (n % 4 < 2) {
			struct frame_spec s = random_transport(&c, six);
			random_fragment(&c, &s, six);
			frame_build(&f, &s);
		} else {
			random_error(&c, &f, six);
		}
		if (damaged)
			damage(&c, &f);
		walk_one(&c, &f, damaged);
	}
}

static void
test_right_stays_right(void)
{
	walk_random(false);
}

static void
test_wrong_stays_wrong(void)
{
	walk_random(true);
}

/* --- UDP's zero ----------------------------------------------------------- */

static struct frame_spec
udp_of(bool six)
{
	struct frame_spec s = { .src = FRAME_V4(198, 51, 100, 7),
		.dst = FRAME_V4(203, 0, 113, 10),
		.proto = LB_PROTO_UDP,
		.sport = 40000,
		.dport = 53,
		.payload_bytes = 21 };
	if (six) {
		s.src =
		    (struct lb_addr)FRAME_V6(0x2001, 0xdb8, 1, 2, 3, 4, 5, 6);
		s.dst =
		    (struct lb_addr)FRAME_V6(0x2001, 0xdb8, 1, 2, 3, 4, 5, 7);
	}
	return s;
}

/* All ports there are: one of them makes the checksum 0, and it is sent as
 * 0xffff. */
static void
walk_computed_zero(bool six, bool quoted)
{
	static struct frame in, out;
	struct frame_spec udp = udp_of(six);
	struct frame_spec error = udp_of(six);
	struct lb_packet pkt;
	unsigned twins = 0;
	error.proto = six ? LB_PROTO_ICMP6 : LB_PROTO_ICMP;
	error.icmp_type = six ? 1 : 3;
	error.quoted = &udp;
	frame_build(&in, quoted ? &error : &udp);
	const size_t at = (quoted ? in.quoted_l4 : in.l4) + 6u;
	(void)lb_parse(in.data, in.data + in.bytes, 0, &pkt);
	for (uint32_t port = 0; port < 65536; port++) {
		struct lb_edit e;
		struct frame_sums sums;
		edit_start(&pkt, &e);
		if (quoted) {
			edit_quoted(&pkt, &e);
			e.what = LB_EDIT_QUOTED_DST;
			e.quoted = udp.dst;
			e.quoted_port = lb_be16_of((uint16_t)port);
		} else {
			e.what = LB_EDIT_DPORT;
			e.dport = lb_be16_of((uint16_t)port);
		}
		CU_ASSERT_EQUAL(apply(&in, &e, &out), 0);
		uint32_t checksum = frame_get16(out.data + at);
		CU_ASSERT_NOT_EQUAL(checksum, 0);
		twins += checksum == 0xffff;
		frame_sums(out.data, out.bytes, &sums);
		CU_ASSERT(sums.right);
		CU_ASSERT_EQUAL(sums.quoted_l4.sum, 0);
	}
	CU_ASSERT(twins == 1 || twins == 2);
}

static void
test_computed_zero(void)
{
	walk_computed_zero(false, false);
	walk_computed_zero(true, false);
	walk_computed_zero(false, true);
	walk_computed_zero(true, true);
}

/* No checksum stays none: with IPv4 it means that, and with IPv6 it was wrong
 * before. */
static void
test_no_checksum(void)
{
	static struct frame in, out;
	for (unsigned six = 0; six < 2; six++) {
		struct frame_spec s = udp_of(six != 0);
		struct lb_packet pkt;
		struct lb_edit e;
		s.no_checksum = true;
		frame_build(&in, &s);
		(void)lb_parse(in.data, in.data + in.bytes, 0, &pkt);
		edit_start(&pkt, &e);
		e.what = ALL4;
		e.src = e.dst = s.src;
		e.sport = e.dport = lb_be16_of(7);
		CU_ASSERT_EQUAL(apply(&in, &e, &out), 0);
		CU_ASSERT_EQUAL(frame_get16(out.data + out.l4 + 6), 0);
		s.dst = s.src;
		s.sport = s.dport = 7;
		frame_build(&in, &s);
		CU_ASSERT_EQUAL(memcmp(in.data, out.data, in.bytes), 0);
	}
}

/* --- nothing, and not enough ---------------------------------------------- */

static void
test_no_edit(void)
{
	struct lb_edit e;
	memset(&e, 0xff, sizeof(e));
	e.what = 0;
	CU_ASSERT_EQUAL(lb_apply(NULL, NULL, &e), 0);
}

/* A frame shorter than the one that the edit was made from: refused where a
 * header is missing, and never touched beyond its end. */
static void
walk_short(const struct frame *whole, struct chance *c)
{
	static struct frame cut, out;
	struct lb_packet pkt;
	struct lb_edit e;
	if (lb_parse(whole->data, whole->data + whole->bytes, 0, &pkt) !=
	    LB_PARSED)
		return;
	do
		random_edit(c, &pkt, &e);
	while (e.what == 0);
	cut = *whole;
	for (uint32_t n = 1; n <= whole->bytes; n++) {
		cut.bytes = n;
		int result = apply(&cut, &e, &out);
		if (n < e.l3 + 20u)
			CU_ASSERT_EQUAL(result, -1);
		for (uint32_t i = 0; i < n; i++)
			if (cut.data[i] != out.data[i])
				CU_ASSERT(edit_may_change(&e, i));
	}
	CU_ASSERT_EQUAL(apply(whole, &e, &out), 0);
}

static void
test_short(void)
{
	static struct frame f;
	struct chance c = { 3 };
	for (unsigned n = 0; n < 60; n++) {
		bool six = n % 2 != 0;
		struct frame_spec s = random_transport(&c, six);
		random_fragment(&c, &s, six);
		if (n % 4 < 2)
			frame_build(&f, &s);
		else
			random_error(&c, &f, six);
		walk_short(&f, &c);
	}
}

/* Offsets that no parser gave: nothing beyond the frame is touched. */
static void
test_wild_offsets(void)
{
	static struct frame in, out;
	struct chance c = { 4 };
	for (unsigned n = 0; n < 20000; n++) {
		struct frame_spec s = udp_of(n % 2 != 0);
		struct lb_packet pkt;
		struct lb_edit e;
		frame_build(&in, &s);
		(void)lb_parse(in.data, in.data + in.bytes, 0, &pkt);
		edit_start(&pkt, &e);
		e.what = (uint8_t)chance_next(&c);
		e.proto = (uint8_t)chance_next(&c);
		e.quoted_proto = n % 3 != 0 ? LB_PROTO_UDP : LB_PROTO_TCP;
		e.fragment = (uint8_t)chance_below(&c, 3);
		e.l3 = (uint16_t)(chance_next(&c) >> chance_below(&c, 16));
		e.l4 = (uint16_t)(chance_next(&c) >> chance_below(&c, 16));
		e.quoted_l3 = (uint16_t)chance_below(&c, 200);
		e.quoted_l4 = (uint16_t)chance_below(&c, 200);
		(void)apply(&in, &e, &out);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "right stays right", test_right_stays_right },
		{ "wrong stays wrong by as much", test_wrong_stays_wrong },
		{ "a computed 0", test_computed_zero },
		{ "no checksum", test_no_checksum },
		{ "no edit", test_no_edit },
		{ "frames cut short", test_short },
		{ "wild offsets", test_wild_offsets },
		CU_TEST_INFO_NULL,
	};
	return unit_main("apply", tests);
}
