/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_FRAME_H
#define TESTS_SUPPORT_FRAME_H
/*
 * Ethernet frames for tests: described by a struct, written with all
 * checksums reckoned in full; and checksums of any frame looked at, by a
 * reader of its own that shares nothing with lb_parse() and lb_apply().
 *
 *     struct frame f;
 *     frame_build(&f, &(struct frame_spec){ .src = client, .dst = frontend,
 *         .proto = LB_PROTO_TCP, .sport = 1024, .dport = 80,
 *         .tcp_flags = LB_TCP_SYN });
 *
 * Source: RFC 791, 768, 792, 1071, 4443, 8200, 9293.
 */
#include "model/path/packet.h"

#define FRAME_BYTES_MAX 8192u
#define FRAME_EXT_MAX   8u

/* Addresses as initialisers, of constants too. */
/* clang-format off */
#define FRAME_V4(a, b, c, d)                                                   \
	{ { 0, (uint64_t)(a) << 32 | (uint64_t)(b) << 40 |                     \
		(uint64_t)(c) << 48 | (uint64_t)(d) << 56 | 0xffff0000u } }
#define FRAME_V6(a, b, c, d, e, f, g, h)                                       \
	{ { FRAME_V6_WORD(a, b, c, d), FRAME_V6_WORD(e, f, g, h) } }
/* clang-format on */
#define FRAME_V6_WORD(a, b, c, d)                                              \
	(FRAME_SWAP(a) | FRAME_SWAP(b) << 16 | FRAME_SWAP(c) << 32 |           \
	    FRAME_SWAP(d) << 48)
#define FRAME_SWAP(x) ((uint64_t)(((x) >> 8 | (x) << 8) & 0xffff))

/* IPv6 extension headers, for frame_spec.exts. */
enum frame_ext {
	FRAME_HOP_BY_HOP = 0,
	FRAME_ROUTING = 43, /* no segments left */
	FRAME_FRAGMENT = 44,
	FRAME_AUTHENTICATION = 51,
	FRAME_DESTINATION = 60,
};

/* A frame to be; what is left 0 is as plain as can be. */
struct frame_spec {
	struct lb_addr src, dst; /* the family is src's */
	uint8_t proto;           /* enum lb_proto, or any number */
	uint16_t sport, dport;   /* TCP, UDP */
	uint32_t seq, ack;       /* TCP */
	uint8_t tcp_flags;       /* enum lb_tcp_flag */
	uint8_t icmp_type, icmp_code;
	uint8_t tags;                /* VLAN tags, 2: QinQ */
	uint8_t ip_option_words;     /* IPv4: 0..10 words of no-operations */
	uint8_t tcp_option_words;    /* the same for TCP */
	uint8_t ttl;                 /* 0: 64 */
	uint8_t ext_count;           /* IPv6 */
	uint8_t exts[FRAME_EXT_MAX]; /* enum frame_ext, in order */
	/* Their length beyond 8 bytes, in units of 8 (authentication: 4). */
	uint8_t ext_more[FRAME_EXT_MAX];
	/* A fragment: of IPv6 with FRAME_FRAGMENT among exts.  With an offset
	 * there is no transport header; else its checksum is over what is
	 * here, so right only without more_fragments. */
	bool more_fragments;
	uint16_t fragment_offset; /* in units of 8 bytes */
	bool no_checksum;         /* UDP: 0 */
	const uint8_t *payload;   /* NULL: payload_bytes of a pattern */
	uint32_t payload_bytes;
	uint32_t padding_bytes; /* behind the IP packet, as Ethernet's */
	bool raw;               /* no link header: it starts with IP */
	bool dont_fragment;
	/* ICMP errors: what they are about, and how much of it is quoted (0:
	 * all); instead of a payload. */
	const struct frame_spec *quoted;
	uint32_t quote_bytes;
};

struct frame {
	uint32_t bytes;
	uint16_t l3, l4;               /* offsets of the headers */
	uint16_t quoted_l3, quoted_l4; /* with frame_spec.quoted */
	uint8_t data[FRAME_BYTES_MAX];
};

/* In network order. */
void frame_put16(uint8_t *to, uint32_t value);
uint32_t frame_get16(const uint8_t *from);

/* Makes the checksum of the IPv4 header at l3 right again. */
void frame_mend_ip(struct frame *f, uint32_t l3);

/* Writes the frame; what does not fit is cut off its end. */
void frame_build(struct frame *f, const struct frame_spec *wanted);

/*
 * The ICMP or ICMPv6 error that `spec` describes (source, destination, type,
 * code, tags), quoting the first quote_bytes of the IP packet in `about`.
 */
void frame_build_error(struct frame *f, const struct frame_spec *spec,
    const struct frame *about, uint32_t quote_bytes);

/*
 * What a header or a segment and its checksum add up to, modulo 0xffff: 0 is
 * right, and an edit that mends and breaks nothing leaves any number as it
 * was.  `has`: the checksum is there, and is not UDP's 0.
 */
struct frame_sum {
	bool has;
	uint16_t sum;
};

struct frame_sums {
	struct frame_sum ip, l4, quoted_ip, quoted_l4;
	/* Nobody could find fault: what has a checksum is whole and has the
	 * right one.  (Quoted packets are cut by custom: not looked at.) */
	bool right;
};

/* Of any bytes whatever; what can't be read has no checksum. */
void frame_sums(const uint8_t *data, uint32_t bytes, struct frame_sums *sums);

/* The first of them that differs, by name; NULL: none. */
const char *frame_sums_differ(
    const struct frame_sums *a, const struct frame_sums *b);

#endif
