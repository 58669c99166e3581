/* SPDX-License-Identifier: MIT */
/* model/path/packet.c: every shape a packet can have, and how it is read. */
#include "model/path/packet.h"

#include <string.h>

#include "tests/support/frame.h"
#include "tests/unit.h"

#define A4 FRAME_V4(198, 51, 100, 7)
#define B4 FRAME_V4(203, 0, 113, 10)
#define A6 FRAME_V6(0x2001, 0xdb8, 0, 1, 0, 0, 0, 7)
#define B6 FRAME_V6(0x2001, 0xdb8, 0, 2, 0, 0, 0, 0x10)

#define UNKNOWN UINT32_MAX

/* Where a patch's offset counts from. */
enum from { LINK, L3, L4, QL3, QL4 };

struct patch {
	enum from from;
	unsigned at, bytes, value; /* bytes 0: no patch */
};

/* What is expected of the parser. */
struct expect {
	int parsed;
	unsigned l3, l4, l4_bytes, ip_bytes, payload_bytes;
	unsigned fragment, notes;
	bool no_ports;
};

struct row {
	const char *what;
	struct frame_spec spec;
	struct patch patch[2];
	struct expect expect;
};

static uint8_t *
patch_at(struct frame *f, enum from from)
{
	size_t at = from == LINK  ? 0
		    : from == L3  ? f->l3
		    : from == L4  ? f->l4
		    : from == QL3 ? f->quoted_l3
				  : f->quoted_l4;
	return f->data + at;
}

static void
patches(struct frame *f, const struct patch *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t *at = patch_at(f, list[i].from) + list[i].at;
		if (list[i].bytes == 1)
			*at = (uint8_t)list[i].value;
		else if (list[i].bytes == 2)
			frame_put16(at, list[i].value);
	}
}

static int
parse(const uint8_t *at, size_t bytes, size_t wire, bool raw,
    struct lb_packet *pkt)
{
	/* A copy of just that size, so that a sanitizer sees reads beyond. */
	uint8_t *copy = malloc(bytes + 1);
	memcpy(copy, at, bytes);
	memset(pkt, 0xa5, sizeof(*pkt)); /* what an earlier packet left */
	int parsed = raw ? lb_parse_ip(copy, copy + bytes, (uint32_t)wire, pkt)
			 : lb_parse(copy, copy + bytes, (uint32_t)wire, pkt);
	free(copy);
	return parsed;
}

static void
expect_transport(const struct row *row, const struct lb_packet *pkt)
{
	const struct frame_spec *s = &row->spec;
	const struct expect *e = &row->expect;
	bool ports = !e->no_ports && (s->proto == 6 || s->proto == 17);
	UNIT_EQUAL(row->what, lb_be16_get(pkt->ip.sport), ports ? s->sport : 0);
	UNIT_EQUAL(row->what, lb_be16_get(pkt->ip.dport), ports ? s->dport : 0);
	UNIT_EQUAL(row->what, pkt->payload_bytes, e->payload_bytes);
	if (s->proto == 6 && ports) {
		UNIT_EQUAL(row->what, pkt->tcp_flags, s->tcp_flags);
		UNIT_EQUAL(row->what, pkt->seq, s->seq);
		UNIT_EQUAL(row->what, pkt->ack, s->ack);
	} else {
		UNIT_EQUAL(row->what, pkt->tcp_flags, 0);
	}
}

static void
walk_row(const struct row *row)
{
	static struct frame f;
	const struct expect *e = &row->expect;
	struct lb_packet pkt;
	frame_build(&f, &row->spec);
	patches(&f, row->patch, 2);
	int parsed = parse(f.data, f.bytes, 0, row->spec.raw, &pkt);
	UNIT_EQUAL(row->what, parsed, e->parsed);
	if (e->parsed != LB_PARSED || parsed != LB_PARSED)
		return;
	UNIT_EQUAL(row->what, pkt.ip.l3, e->l3);
	UNIT_EQUAL(row->what, pkt.ip.l4, e->l4);
	UNIT_EQUAL(row->what, pkt.ip.l4_bytes, e->l4_bytes);
	UNIT_EQUAL(row->what, pkt.ip_bytes, e->ip_bytes);
	UNIT_EQUAL(row->what, pkt.ip.fragment, e->fragment);
	UNIT_EQUAL(row->what, pkt.notes, e->notes);
	UNIT_EQUAL(row->what, pkt.ip.proto, row->spec.proto);
	UNIT_EQUAL(
	    row->what, pkt.ip.family, lb_addr_is_v4(&row->spec.dst) ? 4 : 6);
	UNIT_ROW(row->what, lb_addr_same(&pkt.ip.src, &row->spec.src));
	UNIT_ROW(row->what, lb_addr_same(&pkt.ip.dst, &row->spec.dst));
	expect_transport(row, &pkt);
}

static void
walk(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		walk_row(&rows[i]);
}

#define EXTS(count, ...) .ext_count = (count), .exts = { __VA_ARGS__ }
#define MORE(...)        .ext_more = { __VA_ARGS__ }

#define BAD                                                                    \
	{                                                                      \
		.parsed = LB_PARSED_MALFORMED                                  \
	}
#define NOT_IP                                                                 \
	{                                                                      \
		.parsed = LB_PARSED_NOT_IP                                     \
	}
#define OTHER                                                                  \
	{                                                                      \
		.parsed = LB_PARSED_OTHER_PROTOCOL                             \
	}

#define TCP4                                                                   \
	.src = A4, .dst = B4, .proto = 6, .sport = 40000, .dport = 80,         \
	.tcp_flags = 0x12, .seq = 0x80000001, .ack = 0xfffffffe
#define UDP4 .src = A4, .dst = B4, .proto = 17, .sport = 40000, .dport = 53
#define TCP6                                                                   \
	.src = A6, .dst = B6, .proto = 6, .sport = 40000, .dport = 80,         \
	.tcp_flags = 0xff, .seq = 0x80000001, .ack = 0xfffffffe
#define UDP6 .src = A6, .dst = B6, .proto = 17, .sport = 40000, .dport = 53

/* clang-format off */
static const struct row link_rows[] = {
	{ "plain", { TCP4 }, { { 0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 20, .ip_bytes = 40 } },
	{ "one tag", { TCP4, .tags = 1 }, { { 0 } },
	    { .l3 = 18, .l4 = 38, .l4_bytes = 20, .ip_bytes = 40 } },
	{ "two tags", { TCP4, .tags = 2 }, { { 0 } },
	    { .l3 = 22, .l4 = 42, .l4_bytes = 20, .ip_bytes = 40 } },
	{ "two tags of 802.1Q", { TCP4, .tags = 2 },
	    { { LINK, 12, 2, 0x8100 } },
	    { .l3 = 22, .l4 = 42, .l4_bytes = 20, .ip_bytes = 40 } },
	{ "one tag of 802.1ad", { TCP4, .tags = 1 },
	    { { LINK, 12, 2, 0x88a8 } },
	    { .l3 = 18, .l4 = 38, .l4_bytes = 20, .ip_bytes = 40 } },
	{ "three tags", { TCP4, .tags = 3 }, { { 0 } }, NOT_IP },
	{ "two tags, IPv6", { UDP6, .tags = 2 }, { { 0 } },
	    { .l3 = 22, .l4 = 62, .l4_bytes = 8, .ip_bytes = 48 } },
	{ "ARP", { TCP4 }, { { LINK, 12, 2, 0x0806 } }, NOT_IP },
	{ "tagged ARP", { TCP4, .tags = 1 },
	    { { LINK, 16, 2, 0x0806 } }, NOT_IP },
	{ "ethertype 0", { TCP4 }, { { LINK, 12, 2, 0 } }, NOT_IP },
	{ "802.3 length", { TCP4 }, { { LINK, 12, 2, 60 } }, NOT_IP },
	{ "old QinQ is no tag", { TCP4, .tags = 1 },
	    { { LINK, 12, 2, 0x9100 } }, NOT_IP },
	{ "says IPv6, is IPv4", { TCP4 }, { { LINK, 12, 2, 0x86dd } }, BAD },
	{ "says IPv4, is IPv6", { TCP6 }, { { LINK, 12, 2, 0x0800 } }, BAD },
	{ "padding behind", { UDP4, .padding_bytes = 18 }, { { 0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 8, .ip_bytes = 28 } },
	{ "raw IPv4", { UDP4, .raw = true }, { { 0 } },
	    { .l3 = 0, .l4 = 20, .l4_bytes = 8, .ip_bytes = 28 } },
	{ "raw IPv6", { TCP6, .raw = true }, { { 0 } },
	    { .l3 = 0, .l4 = 40, .l4_bytes = 20, .ip_bytes = 60 } },
	{ "raw, version 5", { UDP4, .raw = true }, { { L3, 0, 1, 0x55 } },
	    NOT_IP },
	{ "raw, version 0", { UDP4, .raw = true }, { { L3, 0, 1, 0x05 } },
	    NOT_IP },
}, ip4_rows[] = {
	{ "options", { TCP4, .ip_option_words = 1, .payload_bytes = 3 },
	    { { 0 } },
	    { .l3 = 14, .l4 = 38, .l4_bytes = 23, .ip_bytes = 47,
	      .payload_bytes = 3 } },
	{ "all options", { UDP4, .ip_option_words = 10 }, { { 0 } },
	    { .l3 = 14, .l4 = 74, .l4_bytes = 8, .ip_bytes = 68 } },
	{ "header of 16", { TCP4 }, { { L3, 0, 1, 0x44 } }, BAD },
	{ "header of 0", { TCP4 }, { { L3, 0, 1, 0x40 } }, BAD },
	{ "version 6 in type 0800", { TCP4 }, { { L3, 0, 1, 0x65 } }, BAD },
	{ "header longer than the frame", { UDP4 }, { { L3, 0, 1, 0x4f } },
	    BAD },
	{ "header longer than the packet", { UDP4, .payload_bytes = 60 },
	    { { L3, 0, 1, 0x4f }, { L3, 2, 2, 59 } }, BAD },
	{ "total less than the header", { UDP4 }, { { L3, 2, 2, 19 } }, BAD },
	{ "total 0: the NIC fills it in", { TCP4, .payload_bytes = 9 },
	    { { L3, 2, 2, 0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = UNKNOWN, .ip_bytes = 0 } },
	{ "don't fragment", { TCP4, .dont_fragment = true }, { { 0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 20, .ip_bytes = 40 } },
	{ "the reserved bit is no fragment", { TCP4 },
	    { { L3, 6, 2, 0x8000 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 20, .ip_bytes = 40 } },
	{ "first fragment", { UDP4, .more_fragments = true,
	    .payload_bytes = 16 }, { { 0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 24, .ip_bytes = 44,
	      .fragment = LB_FRAGMENT_FIRST } },
	{ "first fragment of a longer datagram", { UDP4,
	    .more_fragments = true, .payload_bytes = 16 },
	    { { L4, 4, 2, 2000 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 24, .ip_bytes = 44,
	      .fragment = LB_FRAGMENT_FIRST } },
	{ "middle fragment", { UDP4, .more_fragments = true,
	    .fragment_offset = 3, .payload_bytes = 16 }, { { 0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 16, .ip_bytes = 36,
	      .fragment = LB_FRAGMENT_LATER, .no_ports = true } },
	{ "last fragment", { TCP4, .fragment_offset = 0x1fff,
	    .payload_bytes = 1 }, { { 0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 1, .ip_bytes = 21,
	      .fragment = LB_FRAGMENT_LATER, .no_ports = true } },
	{ "empty last fragment", { TCP4, .fragment_offset = 1 }, { { 0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 0, .ip_bytes = 20,
	      .fragment = LB_FRAGMENT_LATER, .no_ports = true } },
	{ "last fragment's header beyond the frame", { TCP4,
	    .fragment_offset = 1 },
	    { { L3, 0, 1, 0x46 }, { L3, 2, 2, 24 } }, BAD },
	{ "GRE", { .src = A4, .dst = B4, .proto = 47, .payload_bytes = 40 },
	    { { 0 } }, OTHER },
	{ "ICMPv6 in IPv4", { .src = A4, .dst = B4, .proto = 58,
	    .payload_bytes = 40 }, { { 0 } }, OTHER },
	{ "SCTP fragment", { .src = A4, .dst = B4, .proto = 132,
	    .fragment_offset = 9, .payload_bytes = 40 }, { { 0 } }, OTHER },
};

static const struct row ip6_rows[] = {
	{ "plain", { TCP6, .payload_bytes = 5 }, { { 0 } },
	    { .l3 = 14, .l4 = 54, .l4_bytes = 25, .ip_bytes = 65,
	      .payload_bytes = 5 } },
	{ "version 4 in type 86dd", { TCP6 }, { { L3, 0, 1, 0x40 } }, BAD },
	{ "to an IPv4 address", { .src = A6, .dst = B4, .proto = 6 }, { { 0 } },
	    BAD },
	{ "from an IPv4 address", { .dst = B6, .proto = 6,
	    .src = FRAME_V6(0, 0, 0, 0, 0, 0xfffe, 0xc633, 0x6407) },
	    { { L3, 18, 2, 0xffff } }, BAD },
	{ "from nearly one", { .dst = B6, .proto = 6, .sport = 1, .dport = 2,
	    .src = FRAME_V6(0, 0, 0, 0, 0, 0xfffe, 0xc633, 0x6407) },
	    { { 0 } }, { .l3 = 14, .l4 = 54, .l4_bytes = 20, .ip_bytes = 60 } },
	{ "hop-by-hop", { UDP6, EXTS(1, 0) },
	    { { 0 } },
	    { .l3 = 14, .l4 = 62, .l4_bytes = 8, .ip_bytes = 56 } },
	{ "routing of 24", { UDP6, EXTS(1, 43),
	    MORE(2) },
	    { { 0 } },
	    { .l3 = 14, .l4 = 78, .l4_bytes = 8, .ip_bytes = 72 } },
	{ "destination of 2048", { UDP6, EXTS(1, 60),
	    MORE(255) }, { { 0 } },
	    { .l3 = 14, .l4 = 2102, .l4_bytes = 8, .ip_bytes = 2096 } },
	{ "authentication of 12", { TCP6, EXTS(1, 51),
	    MORE(1) }, { { 0 } },
	    { .l3 = 14, .l4 = 66, .l4_bytes = 20, .ip_bytes = 72 } },
	{ "authentication of 8", { TCP6, EXTS(1, 51) }, { { 0 } },
	    { .l3 = 14, .l4 = 62, .l4_bytes = 20, .ip_bytes = 68 } },
	{ "six of them", { TCP6, EXTS(6, 0, 60, 43, 44, 51, 60),
	    MORE(0, 1, 2, 0, 4, 0) },
	    { { 0 } },
	    { .l3 = 14, .l4 = 142, .l4_bytes = 20, .ip_bytes = 148 } },
	{ "seven", { TCP6, EXTS(7, 0, 60, 43, 60, 60, 60, 60) },
	    { { 0 } }, OTHER },
	{ "ESP behind", { .src = A6, .dst = B6, .proto = 50,
	    .payload_bytes = 30, EXTS(1, 60) },
	    { { 0 } }, OTHER },
	{ "no next header", { .src = A6, .dst = B6, .proto = 59 }, { { 0 } },
	    OTHER },
	{ "ICMP in IPv6", { .src = A6, .dst = B6, .proto = 1,
	    .payload_bytes = 20 }, { { 0 } }, OTHER },
	{ "first fragment", { UDP6, EXTS(1, 44),
	    .more_fragments = true, .payload_bytes = 8 }, { { 0 } },
	    { .l3 = 14, .l4 = 62, .l4_bytes = 16, .ip_bytes = 64,
	      .fragment = LB_FRAGMENT_FIRST } },
	{ "later fragment", { UDP6, EXTS(1, 44),
	    .fragment_offset = 1, .payload_bytes = 8 }, { { 0 } },
	    { .l3 = 14, .l4 = 62, .l4_bytes = 8, .ip_bytes = 56,
	      .fragment = LB_FRAGMENT_LATER, .no_ports = true } },
	{ "atomic fragment is none (RFC 6946)", { UDP6, EXTS(1, 44),
	    .payload_bytes = 8 }, { { 0 } },
	    { .l3 = 14, .l4 = 62, .l4_bytes = 16, .ip_bytes = 64 } },
	{ "reserved bits are no offset", { UDP6, EXTS(1, 44) },
	    { { L3, 42, 2, 6 } },
	    { .l3 = 14, .l4 = 62, .l4_bytes = 8, .ip_bytes = 56 } },
	{ "a later fragment's data is no header", { TCP6,
	    EXTS(1, 44), .fragment_offset = 185,
	    .payload_bytes = 8 }, { { 0 } },
	    { .l3 = 14, .l4 = 62, .l4_bytes = 8, .ip_bytes = 56,
	      .fragment = LB_FRAGMENT_LATER, .no_ports = true } },
	{ "extensions of a later fragment are data", { TCP6,
	    EXTS(2, 44, 60),
	    .fragment_offset = 4 }, { { 0 } }, OTHER },
	{ "payload length 0", { UDP6, .payload_bytes = 8 },
	    { { L3, 4, 2, 0 } },
	    { .l3 = 14, .l4 = 54, .l4_bytes = UNKNOWN, .ip_bytes = 0 } },
	{ "a jumbogram", { UDP6, EXTS(1, 0),
	    .payload_bytes = 2000 }, { { L3, 4, 2, 0 }, { L4, 4, 2, 0 } },
	    { .l3 = 14, .l4 = 62, .l4_bytes = UNKNOWN, .ip_bytes = 0 } },
	{ "payload less than the extensions", { TCP6, EXTS(2, 0, 60),
	    MORE(0, 1) }, { { L3, 4, 2, 23 } }, BAD },
	{ "payload just the extensions", { TCP6, EXTS(2, 0, 60),
	    MORE(0, 1) }, { { L3, 4, 2, 24 } },
	    { .l3 = 14, .l4 = 78, .l4_bytes = 0, .ip_bytes = 64,
	      .notes = LB_NOTE_L4_BAD } },
	{ "an extension beyond the frame", { TCP6, EXTS(1, 60) },
	    { { L3, 41, 1, 255 }, { L3, 4, 2, 2100 } }, BAD },
	{ "extension headers that end in the air", { .src = A6, .dst = B6,
	    .proto = 0 }, { { 0 } }, BAD },
}, l4_rows[] = {
	{ "TCP options", { TCP4, .tcp_option_words = 10,
	    .payload_bytes = 1000 }, { { 0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 1060, .ip_bytes = 1080,
	      .payload_bytes = 1000 } },
	{ "TCP header of 16", { TCP4, .payload_bytes = 4 },
	    { { L4, 12, 1, 0x40 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 24, .ip_bytes = 44,
	      .notes = LB_NOTE_L4_BAD } },
	{ "TCP header of 0", { TCP6 }, { { L4, 12, 1, 0x0f } },
	    { .l3 = 14, .l4 = 54, .l4_bytes = 20, .ip_bytes = 60,
	      .notes = LB_NOTE_L4_BAD } },
	{ "TCP header longer than the packet", { TCP4, .payload_bytes = 39 },
	    { { L4, 12, 1, 0xf0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 59, .ip_bytes = 79,
	      .notes = LB_NOTE_L4_BAD } },
	{ "TCP header as long as the packet", { TCP4, .payload_bytes = 40 },
	    { { L4, 12, 1, 0xf0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 60, .ip_bytes = 80 } },
	{ "TCP in 19 bytes, padded", { TCP4, .padding_bytes = 10 },
	    { { L3, 2, 2, 39 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 19, .ip_bytes = 39,
	      .notes = LB_NOTE_L4_BAD } },
	{ "TCP in no bytes, padded", { TCP4, .padding_bytes = 10 },
	    { { L3, 2, 2, 20 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 0, .ip_bytes = 20,
	      .notes = LB_NOTE_L4_BAD } },
	{ "first fragment cuts the options", { TCP4, .more_fragments = true,
	    .payload_bytes = 4 }, { { L4, 12, 1, 0xf0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 24, .ip_bytes = 44,
	      .fragment = LB_FRAGMENT_FIRST } },
	/* RFC 1858: its checksum is in the next one */
	{ "first fragment cuts the header", { TCP4, .more_fragments = true,
	    .padding_bytes = 12 }, { { L3, 2, 2, 28 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 8, .ip_bytes = 28,
	      .fragment = LB_FRAGMENT_FIRST, .notes = LB_NOTE_L4_BAD } },
	{ "first fragment cuts UDP's header", { UDP4, .more_fragments = true,
	    .padding_bytes = 12 }, { { L3, 2, 2, 24 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 4, .ip_bytes = 24,
	      .fragment = LB_FRAGMENT_FIRST, .notes = LB_NOTE_L4_BAD } },
	{ "UDP length 7", { UDP4, .payload_bytes = 4 }, { { L4, 4, 2, 7 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 12, .ip_bytes = 32,
	      .notes = LB_NOTE_L4_BAD } },
	{ "UDP length 0", { UDP4, .payload_bytes = 4 }, { { L4, 4, 2, 0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 12, .ip_bytes = 32,
	      .notes = LB_NOTE_L4_BAD } },
	{ "UDP length 8 of 12", { UDP4, .payload_bytes = 4 },
	    { { L4, 4, 2, 8 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 12, .ip_bytes = 32 } },
	{ "UDP length 13 of 12", { UDP4, .payload_bytes = 4 },
	    { { L4, 4, 2, 13 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 12, .ip_bytes = 32,
	      .notes = LB_NOTE_L4_BAD } },
	{ "UDP in 7 bytes, padded", { UDP6, .padding_bytes = 10 },
	    { { L3, 4, 2, 7 } },
	    { .l3 = 14, .l4 = 54, .l4_bytes = 7, .ip_bytes = 47,
	      .notes = LB_NOTE_L4_BAD } },
	{ "UDP, both lengths 0", { UDP6 }, { { L3, 4, 2, 0 },
	    { L4, 4, 2, 0 } },
	    { .l3 = 14, .l4 = 54, .l4_bytes = UNKNOWN, .ip_bytes = 0 } },
	{ "UDP length 7, IP length 0", { UDP4 }, { { L3, 2, 2, 0 },
	    { L4, 4, 2, 7 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = UNKNOWN, .ip_bytes = 0,
	      .notes = LB_NOTE_L4_BAD } },
	{ "echo request", { .src = A4, .dst = B4, .proto = 1, .icmp_type = 8,
	    .payload_bytes = 56 }, { { 0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 64, .ip_bytes = 84 } },
	{ "echo request of ICMPv6", { .src = A6, .dst = B6, .proto = 58,
	    .icmp_type = 128 }, { { 0 } },
	    { .l3 = 14, .l4 = 54, .l4_bytes = 8, .ip_bytes = 48 } },
	{ "ICMP in 7 bytes, padded", { .src = A4, .dst = B4, .proto = 1,
	    .icmp_type = 8, .padding_bytes = 20 }, { { L3, 2, 2, 27 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 7, .ip_bytes = 27,
	      .notes = LB_NOTE_L4_BAD } },
	{ "later fragment of ICMP", { .src = A4, .dst = B4, .proto = 1,
	    .fragment_offset = 4, .payload_bytes = 8 }, { { 0 } },
	    { .l3 = 14, .l4 = 34, .l4_bytes = 8, .ip_bytes = 28,
	      .fragment = LB_FRAGMENT_LATER } },
};
/* clang-format on */

static void
test_link(void)
{
	walk(link_rows, LB_COUNT(link_rows));
}

static void
test_ip4(void)
{
	walk(ip4_rows, LB_COUNT(ip4_rows));
}

static void
test_ip6(void)
{
	walk(ip6_rows, LB_COUNT(ip6_rows));
}

static void
test_l4(void)
{
	walk(l4_rows, LB_COUNT(l4_rows));
}

/* --- cut short ------------------------------------------------------------ */

/* How many bytes must be there for all the headers we read. */
static size_t
bytes_needed(const struct frame *f, const struct lb_packet *whole)
{
	if (whole->ip.fragment == LB_FRAGMENT_LATER)
		return f->l4;
	return f->l4 + (whole->ip.proto == LB_PROTO_TCP ? 20u : 8u);
}

static bool
same_headers(const struct lb_headers *a, const struct lb_headers *b)
{
	return lb_addr_same(&a->src, &b->src) &&
	       lb_addr_same(&a->dst, &b->dst) && a->sport.raw == b->sport.raw &&
	       a->dport.raw == b->dport.raw && a->l3 == b->l3 &&
	       a->l4 == b->l4 && a->family == b->family &&
	       a->proto == b->proto && a->fragment == b->fragment &&
	       a->l4_bytes == b->l4_bytes;
}

static bool
same_packet(const struct lb_packet *a, const struct lb_packet *b)
{
	return same_headers(&a->ip, &b->ip) && a->ip_bytes == b->ip_bytes &&
	       a->payload_bytes == b->payload_bytes &&
	       a->tcp_flags == b->tcp_flags && a->icmp_type == b->icmp_type &&
	       (a->notes & LB_NOTE_L4_BAD) == (b->notes & LB_NOTE_L4_BAD);
}

/*
 * Cut after every byte.  With more on the wire: truncated until the headers
 * are there, then the same packet whatever more is there.  With no more on
 * the wire: malformed instead.
 */
static void
cut_row(const struct row *row)
{
	static struct frame f;
	struct lb_packet whole, cut;
	frame_build(&f, &row->spec);
	patches(&f, row->patch, 2);
	bool raw = row->spec.raw;
	UNIT_EQUAL(
	    row->what, parse(f.data, f.bytes, 0, raw, &whole), LB_PARSED);
	size_t need = bytes_needed(&f, &whole);
	size_t most = f.bytes < need + 60 ? f.bytes : need + 60;
	for (size_t n = 0; n < most; n++) {
		int parsed = parse(f.data, n, f.bytes, raw, &cut);
		int expect = n < need ? LB_PARSED_TRUNCATED : LB_PARSED;
		if (parsed != expect)
			(void)fprintf(stderr, "  cut to %zu:\n", n);
		UNIT_EQUAL(row->what, parsed, expect);
		if (parsed == LB_PARSED)
			UNIT_ROW(row->what, same_packet(&whole, &cut));
		parsed = parse(f.data, n, n, raw, &cut);
		expect = n < need ? LB_PARSED_MALFORMED : LB_PARSED;
		if (parsed != expect)
			(void)fprintf(stderr, "  ending at %zu:\n", n);
		UNIT_EQUAL(row->what, parsed, expect);
	}
}

static void
cut(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].expect.parsed == LB_PARSED)
			cut_row(&rows[i]);
}

static void
test_cut(void)
{
	cut(link_rows, LB_COUNT(link_rows));
	cut(ip4_rows, LB_COUNT(ip4_rows));
	cut(ip6_rows, LB_COUNT(ip6_rows));
	cut(l4_rows, LB_COUNT(l4_rows));
}

/* Not to be known before it is read: what is cut there is truncated, whatever
 * it would have been. */
static void
test_cut_other(void)
{
	static struct frame f;
	struct lb_packet pkt;
	frame_build(
	    &f, &(struct frame_spec){
		    .src = A4, .dst = B4, .proto = 47, .payload_bytes = 10 });
	CU_ASSERT_EQUAL(parse(f.data, f.l3 + 19, f.bytes, false, &pkt),
	    LB_PARSED_TRUNCATED);
	CU_ASSERT_EQUAL(parse(f.data, f.l3 + 20, f.bytes, false, &pkt),
	    LB_PARSED_OTHER_PROTOCOL);
	/* more captured than there was on the wire: take what there is */
	CU_ASSERT_EQUAL(
	    parse(f.data, f.bytes, 1, false, &pkt), LB_PARSED_OTHER_PROTOCOL);
	/* just an ethertype; just a version */
	static const uint8_t arp[14] = { [12] = 0x08, [13] = 0x06 };
	static const uint8_t version[1] = { 0x55 };
	CU_ASSERT_EQUAL(parse(arp, 14, 14, false, &pkt), LB_PARSED_NOT_IP);
	CU_ASSERT_EQUAL(parse(arp, 13, 13, false, &pkt), LB_PARSED_MALFORMED);
	CU_ASSERT_EQUAL(parse(arp, 13, 14, false, &pkt), LB_PARSED_TRUNCATED);
	CU_ASSERT_EQUAL(parse(version, 1, 1, true, &pkt), LB_PARSED_NOT_IP);
	CU_ASSERT_EQUAL(
	    parse(f.data, 14, 14, false, &pkt), LB_PARSED_MALFORMED);
	CU_ASSERT_EQUAL(parse(f.data, 0, 0, true, &pkt), LB_PARSED_MALFORMED);
	CU_ASSERT_EQUAL(parse(f.data, 0, 40, true, &pkt), LB_PARSED_TRUNCATED);
}

/* What could not be read says so, whatever was there before. */
static void
test_nothing_read(void)
{
	static const uint8_t arp[60] = { [12] = 0x08, [13] = 0x06 };
	struct lb_packet pkt;
	CU_ASSERT_EQUAL(parse(arp, 60, 60, false, &pkt), LB_PARSED_NOT_IP);
	CU_ASSERT_EQUAL(pkt.ip.family, 0);
	CU_ASSERT_EQUAL(pkt.ip.proto, 0);
	CU_ASSERT_EQUAL(pkt.ip.fragment, LB_FRAGMENT_NO);
	CU_ASSERT_EQUAL(pkt.ip.l3, 14);
	CU_ASSERT_EQUAL(pkt.ip.sport.raw, 0);
	CU_ASSERT_EQUAL(pkt.ip.dport.raw, 0);
	CU_ASSERT_EQUAL(pkt.ip_bytes, 0);
	CU_ASSERT_EQUAL(pkt.payload_bytes, 0);
	CU_ASSERT_EQUAL(pkt.tcp_flags, 0);
	CU_ASSERT_EQUAL(pkt.notes, 0);
	CU_ASSERT_EQUAL(pkt.icmp_type, 0);
}

/* --- what an ICMP error quotes -------------------------------------------- */

static const struct frame_spec quoted_tcp4 = { TCP4, .payload_bytes = 40 };
static const struct frame_spec quoted_udp4 = { UDP4, .payload_bytes = 40 };
static const struct frame_spec quoted_options4 = { UDP4, .ip_option_words = 10,
	.payload_bytes = 9 };
static const struct frame_spec quoted_first4 = { UDP4, .more_fragments = true,
	.payload_bytes = 16 };
static const struct frame_spec quoted_later4 = { UDP4, .fragment_offset = 2,
	.payload_bytes = 16 };
static const struct frame_spec quoted_gre4 = {
	.src = A4, .dst = B4, .proto = 47, .payload_bytes = 40
};
static const struct frame_spec quoted_icmp4 = {
	.src = A4, .dst = B4, .proto = 1, .icmp_type = 8, .payload_bytes = 8
};
static const struct frame_spec quoted_udp6 = { UDP6, .payload_bytes = 40 };
static const struct frame_spec quoted_to4 = {
	.src = A6, .dst = B4, .proto = 6
};
static const struct frame_spec quoted_tcp6 = { TCP6, .payload_bytes = 4 };
static const struct frame_spec quoted_ext6 = { TCP6,
	EXTS(6, 0, 60, 43, 44, 51, 60), MORE(0, 1, 2, 0, 4, 0) };
static const struct frame_spec quoted_seven6 = { TCP6,
	EXTS(7, 0, 60, 60, 60, 60, 60, 60) };

#define ERROR4                                                                 \
	.src = FRAME_V4(192, 0, 2, 1), .dst = A4, .proto = 1, .icmp_type = 3
#define ERROR6                                                                 \
	.src = FRAME_V6(0x2001, 0xdb8, 9, 0, 0, 0, 0, 1), .dst = A6,           \
	.proto = 58, .icmp_type = 1

/* expect_bytes: behind the quoted transport header's start; 0: not noted. */
/* clang-format off */
static const struct quote_row {
	const char *what;
	struct frame_spec spec;
	struct patch patch[2];
	unsigned expect_bytes;
} quote_rows[] = {
	{ "TCP", { ERROR4, .quoted = &quoted_tcp4 }, { { 0 } }, 60 },
	{ "UDP", { ERROR4, .quoted = &quoted_udp4 }, { { 0 } }, 48 },
	{ "RFC 792's 8 bytes", { ERROR4, .quoted = &quoted_tcp4,
	    .quote_bytes = 28 }, { { 0 } }, 8 },
	{ "only ports", { ERROR4, .quoted = &quoted_tcp4,
	    .quote_bytes = 24 }, { { 0 } }, 4 },
	{ "less than ports", { ERROR4, .quoted = &quoted_tcp4,
	    .quote_bytes = 23 }, { { 0 } }, 0 },
	{ "less than ports, padded", { ERROR4, .quoted = &quoted_tcp4,
	    .quote_bytes = 23, .padding_bytes = 10 }, { { 0 } }, 0 },
	{ "less than a header", { ERROR4, .quoted = &quoted_tcp4,
	    .quote_bytes = 19 }, { { 0 } }, 0 },
	{ "padding is not quoted", { ERROR4, .quoted = &quoted_tcp4,
	    .quote_bytes = 28, .padding_bytes = 10 }, { { 0 } }, 8 },
	{ "nothing quoted", { ERROR4 }, { { 0 } }, 0 },
	{ "options", { ERROR4, .quoted = &quoted_options4 }, { { 0 } }, 17 },
	{ "options cut", { ERROR4, .quoted = &quoted_options4,
	    .quote_bytes = 40 }, { { 0 } }, 0 },
	{ "first fragment", { ERROR4, .quoted = &quoted_first4 }, { { 0 } },
	    24 },
	{ "later fragment", { ERROR4, .quoted = &quoted_later4 }, { { 0 } },
	    0 },
	{ "GRE", { ERROR4, .quoted = &quoted_gre4 }, { { 0 } }, 0 },
	{ "ICMP", { ERROR4, .quoted = &quoted_icmp4 }, { { 0 } }, 0 },
	{ "IPv6 in ICMP", { ERROR4, .quoted = &quoted_udp6 }, { { 0 } }, 0 },
	{ "quoted header of 16", { ERROR4, .quoted = &quoted_udp4 },
	    { { QL3, 0, 1, 0x44 } }, 0 },
	{ "quoted length is not asked", { ERROR4, .quoted = &quoted_udp4 },
	    { { QL3, 2, 2, 1500 } }, 48 },
	{ "source quench", { ERROR4, .quoted = &quoted_udp4 },
	    { { L4, 0, 1, 4 } }, 48 },
	{ "redirect", { ERROR4, .quoted = &quoted_udp4 },
	    { { L4, 0, 1, 5 } }, 0 },
	{ "time exceeded", { ERROR4, .quoted = &quoted_udp4 },
	    { { L4, 0, 1, 11 } }, 48 },
	{ "parameter problem", { ERROR4, .quoted = &quoted_udp4 },
	    { { L4, 0, 1, 12 } }, 48 },
	{ "timestamp", { ERROR4, .quoted = &quoted_udp4 },
	    { { L4, 0, 1, 13 } }, 0 },
	{ "echo reply", { ERROR4, .quoted = &quoted_udp4 },
	    { { L4, 0, 1, 0 } }, 0 },
	{ "the error is a fragment", { ERROR4, .quoted = &quoted_udp4,
	    .more_fragments = true }, { { 0 } }, 0 },
	{ "IP length 0", { ERROR4, .quoted = &quoted_udp4 },
	    { { L3, 2, 2, 0 } }, 48 },
	{ "IP length up to the ports", { ERROR4, .quoted = &quoted_udp4 },
	    { { L3, 2, 2, 20 + 8 + 24 } }, 4 },
	{ "IP length before the ports' end", { ERROR4,
	    .quoted = &quoted_udp4 }, { { L3, 2, 2, 20 + 8 + 23 } }, 0 },
	{ "tagged", { ERROR4, .quoted = &quoted_tcp4, .tags = 2 },
	    { { 0 } }, 60 },
	{ "raw", { ERROR4, .quoted = &quoted_tcp4, .raw = true }, { { 0 } },
	    60 },
	{ "ICMPv6, UDP", { ERROR6, .quoted = &quoted_udp6 }, { { 0 } }, 48 },
	{ "ICMPv6, TCP", { ERROR6, .quoted = &quoted_tcp6 }, { { 0 } }, 24 },
	{ "ICMPv6, cut", { ERROR6, .quoted = &quoted_tcp6,
	    .quote_bytes = 43 }, { { 0 } }, 0 },
	{ "ICMPv6, six extensions", { ERROR6, .quoted = &quoted_ext6 },
	    { { 0 } }, 20 },
	{ "ICMPv6, seven", { ERROR6, .quoted = &quoted_seven6 }, { { 0 } },
	    0 },
	{ "packet too big", { ERROR6, .quoted = &quoted_tcp6 },
	    { { L4, 0, 1, 2 } }, 24 },
	{ "parameter problem of ICMPv6", { ERROR6, .quoted = &quoted_tcp6 },
	    { { L4, 0, 1, 4 } }, 24 },
	{ "ICMPv6 type 0", { ERROR6, .quoted = &quoted_tcp6 },
	    { { L4, 0, 1, 0 } }, 0 },
	{ "ICMPv6 type 5", { ERROR6, .quoted = &quoted_tcp6 },
	    { { L4, 0, 1, 5 } }, 0 },
	{ "ICMPv6 redirect", { ERROR6, .quoted = &quoted_tcp6 },
	    { { L4, 0, 1, 137 } }, 0 },
	{ "ICMPv6 about an IPv4 address", { ERROR6, .quoted = &quoted_to4 },
	    { { 0 } }, 0 },
	{ "IPv4 in ICMPv6", { ERROR6, .quoted = &quoted_tcp4 }, { { 0 } }, 0 },
};
/* clang-format on */

static void
quote_row(const struct quote_row *row)
{
	static struct frame f;
	struct lb_packet pkt;
	frame_build(&f, &row->spec);
	patches(&f, row->patch, 2);
	int parsed = parse(f.data, f.bytes, 0, row->spec.raw, &pkt);
	UNIT_EQUAL(row->what, parsed, LB_PARSED);
	UNIT_EQUAL(row->what, pkt.notes,
	    row->expect_bytes != 0 ? LB_NOTE_ICMP_ERROR : 0);
	if (row->expect_bytes == 0 || pkt.notes == 0)
		return;
	const struct lb_headers *q = &pkt.quoted;
	const struct frame_spec *s = row->spec.quoted;
	UNIT_EQUAL(row->what, q->l3, f.quoted_l3);
	UNIT_EQUAL(row->what, q->l4, f.quoted_l4);
	UNIT_EQUAL(row->what, q->l4_bytes, row->expect_bytes);
	UNIT_EQUAL(row->what, q->proto, s->proto);
	UNIT_EQUAL(row->what, q->family, lb_addr_is_v4(&s->dst) ? 4 : 6);
	UNIT_EQUAL(row->what, q->fragment,
	    s->more_fragments ? LB_FRAGMENT_FIRST : LB_FRAGMENT_NO);
	UNIT_EQUAL(row->what, lb_be16_get(q->sport), s->sport);
	UNIT_EQUAL(row->what, lb_be16_get(q->dport), s->dport);
	UNIT_ROW(row->what, lb_addr_same(&q->src, &s->src));
	UNIT_ROW(row->what, lb_addr_same(&q->dst, &s->dst));
}

static void
test_quoted(void)
{
	for (size_t i = 0; i < LB_COUNT(quote_rows); i++)
		quote_row(&quote_rows[i]);
}

/* --- as far in as headers go ---------------------------------------------- */

#define BIG_BYTES_MAX 65550u

struct big {
	size_t bytes;
	uint8_t data[BIG_BYTES_MAX];
};

/* Makes the 8-byte extension header at `at` 2,048 bytes long, and with it the
 * packet at l3. */
static void
stretch(struct big *b, size_t l3, size_t at)
{
	memmove(b->data + at + 2048, b->data + at + 8, b->bytes - at - 8);
	memset(b->data + at + 8, 0, 2040);
	b->data[at + 1] = 255;
	b->bytes += 2040;
	frame_put16(b->data + l3 + 4, frame_get16(b->data + l3 + 4) + 2040);
}

static void
big_of(const struct frame *f, struct big *b)
{
	b->bytes = f->bytes;
	memcpy(b->data, f->data, f->bytes);
}

static const struct frame_spec six_tcp6 = { TCP6,
	EXTS(6, 0, 60, 43, 60, 60, 60) };

static void
test_longest_extensions(void)
{
	static struct frame f;
	static struct big b;
	struct lb_packet pkt;
	for (unsigned tags = 0; tags <= 2; tags++) {
		struct frame_spec spec = six_tcp6;
		spec.tags = (uint8_t)tags;
		frame_build(&f, &spec);
		big_of(&f, &b);
		for (unsigned i = 0; i < 6; i++)
			stretch(&b, f.l3, f.l3 + 40u + 2048u * i);
		CU_ASSERT_EQUAL(
		    parse(b.data, b.bytes, 0, false, &pkt), LB_PARSED);
		CU_ASSERT_EQUAL(pkt.ip.l4, 14 + 4 * tags + 40 + 6 * 2048);
		CU_ASSERT_EQUAL(pkt.ip.l4_bytes, 20);
		CU_ASSERT_EQUAL(lb_be16_get(pkt.ip.dport), 80);
		CU_ASSERT_EQUAL(
		    parse(b.data, b.bytes - 1, b.bytes, false, &pkt),
		    LB_PARSED_TRUNCATED);
	}
}

static void
test_longest_quotation(void)
{
	static struct frame f;
	static struct big b;
	struct lb_packet pkt;
	struct frame_spec spec = { ERROR6, .quoted = &six_tcp6, .tags = 2,
		EXTS(6, 0, 60, 43, 60, 60, 60) };
	frame_build(&f, &spec);
	big_of(&f, &b);
	size_t l3 = f.l3, at = f.quoted_l3;
	for (unsigned i = 0; i < 6; i++) {
		stretch(&b, l3, at + 40u + 2048u * i);
		frame_put16(b.data + at + 4, 20 + 48 + 2040 * (i + 1));
	}
	for (unsigned i = 0; i < 6; i++)
		stretch(&b, l3, l3 + 40u + 2048u * i);
	CU_ASSERT_EQUAL(parse(b.data, b.bytes, 0, false, &pkt), LB_PARSED);
	CU_ASSERT_EQUAL(pkt.notes, LB_NOTE_ICMP_ERROR);
	CU_ASSERT_EQUAL(pkt.quoted.l4, 22 + 2 * (40 + 6 * 2048) + 8);
	CU_ASSERT_EQUAL(lb_be16_get(pkt.quoted.dport), 80);
	CU_ASSERT_EQUAL(pkt.quoted.l4_bytes, 20);
}

static void
test_longest_packet(void)
{
	static struct frame f;
	static struct big b;
	struct lb_packet pkt;
	frame_build(&f, &(struct frame_spec){ UDP4 });
	memcpy(b.data, f.data, f.bytes);
	b.bytes = 14 + 65535;
	frame_put16(b.data + f.l3 + 2, 65535);
	frame_put16(b.data + f.l4 + 4, 65515);
	CU_ASSERT_EQUAL(parse(b.data, b.bytes, 0, false, &pkt), LB_PARSED);
	CU_ASSERT_EQUAL(pkt.ip.l4_bytes, 65515);
	CU_ASSERT_EQUAL(pkt.ip_bytes, 65535);
	CU_ASSERT_EQUAL(pkt.notes, 0);
}

static void
test_bare_syn(void)
{
	for (unsigned flags = 0; flags < 256; flags++) {
		struct lb_packet pkt = { .tcp_flags = (uint8_t)flags };
		pkt.ip.proto = LB_PROTO_TCP;
		CU_ASSERT_EQUAL(lb_packet_is_bare_syn(&pkt),
		    (flags & LB_TCP_SYN) != 0 && (flags & LB_TCP_ACK) == 0);
		pkt.ip.proto = LB_PROTO_UDP;
		CU_ASSERT_FALSE(lb_packet_is_bare_syn(&pkt));
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "link headers", test_link },
		{ "IPv4", test_ip4 },
		{ "IPv6", test_ip6 },
		{ "transport headers", test_l4 },
		{ "cut after every byte", test_cut },
		{ "cut, not ours", test_cut_other },
		{ "nothing read", test_nothing_read },
		{ "what an ICMP error quotes", test_quoted },
		{ "the longest extensions", test_longest_extensions },
		{ "the longest quotation", test_longest_quotation },
		{ "the longest packet", test_longest_packet },
		{ "bare SYN", test_bare_syn },
		CU_TEST_INFO_NULL,
	};
	return unit_main("packet", tests);
}
