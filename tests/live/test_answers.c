/* SPDX-License-Identifier: MIT */
/* live/net/answers.c: what is said about which packets, and about which
 * nothing. */
#include "live/net/answers.h"

#include <string.h>
#include "tests/support/frame.h"
#include "tests/unit.h"

#define HERE4   FRAME_V4(192, 0, 2, 254)
#define HERE6   FRAME_V6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0xfe)
#define CLIENT4 FRAME_V4(198, 51, 100, 7)
#define CLIENT6 FRAME_V6(0x2001, 0xdb8, 9, 0, 0, 0, 0, 7)
#define THERE4  FRAME_V4(192, 0, 2, 1)
#define THERE6  FRAME_V6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)

static const struct frame_spec quoted4 = { .src = THERE4,
	.dst = CLIENT4,
	.proto = LB_PROTO_UDP,
	.sport = 53,
	.dport = 4000,
	.payload_bytes = 20 };

/* clang-format off */
static const struct row {
	const char *what;
	enum live_tap_kind kind;
	struct frame_spec spec;
	uint32_t mtu;
	uint8_t type, code;
	size_t bytes; /* 0: nothing is said */
} rows[] = {
	{ "TTL", LIVE_TAP_TTL, { .src = CLIENT4, .dst = THERE4, .proto = LB_PROTO_UDP, .payload_bytes = 40 }, 0, 11, 0, 20 + 8 + 68 },
	{ "TTL, a long one", LIVE_TAP_TTL, { .src = CLIENT4, .dst = THERE4, .proto = LB_PROTO_UDP, .payload_bytes = 1000 }, 0, 11, 0, 576 },
	{ "TTL, tags and padding", LIVE_TAP_TTL, { .src = CLIENT4, .dst = THERE4, .proto = LB_PROTO_UDP, .payload_bytes = 5, .tags = 2, .padding_bytes = 13 }, 0, 11, 0, 20 + 8 + 33 },
	{ "hop limit", LIVE_TAP_TTL, { .src = CLIENT6, .dst = THERE6, .proto = LB_PROTO_TCP, .tcp_flags = LB_TCP_SYN }, 0, 3, 0, 40 + 8 + 60 },
	{ "hop limit, a long one", LIVE_TAP_TTL, { .src = CLIENT6, .dst = THERE6, .proto = LB_PROTO_UDP, .payload_bytes = 1400 }, 0, 3, 0, 1280 },
	{ "too big", LIVE_TAP_TOO_BIG, { .src = CLIENT4, .dst = THERE4, .proto = LB_PROTO_TCP, .payload_bytes = 1400 }, 1400, 3, 4, 576 },
	{ "too big, IPv6", LIVE_TAP_TOO_BIG, { .src = CLIENT6, .dst = THERE6, .proto = LB_PROTO_TCP, .payload_bytes = 1400 }, 1400, 2, 0, 1280 },
	{ "an echo, nobody up", LIVE_TAP_UNREACHABLE, { .src = CLIENT4, .dst = THERE4, .proto = LB_PROTO_ICMP, .icmp_type = 8, .payload_bytes = 56 }, 0, 3, 1, 20 + 8 + 84 },
	{ "an echo, IPv6", LIVE_TAP_UNREACHABLE, { .src = CLIENT6, .dst = THERE6, .proto = LB_PROTO_ICMP6, .icmp_type = 128, .payload_bytes = 56 }, 0, 1, 3, 40 + 8 + 104 },
	{ "an odd length", LIVE_TAP_TTL, { .src = CLIENT6, .dst = THERE6, .proto = LB_PROTO_UDP, .payload_bytes = 7 }, 0, 3, 0, 40 + 8 + 55 },
	{ "a first fragment", LIVE_TAP_TTL, { .src = CLIENT4, .dst = THERE4, .proto = LB_PROTO_UDP, .more_fragments = true, .payload_bytes = 40 }, 0, 11, 0, 20 + 8 + 68 },
	/* nothing is said about */
	{ "a capture", LIVE_TAP_CAPTURED, { .src = CLIENT4, .dst = THERE4, .proto = LB_PROTO_UDP }, 0, 0, 0, 0 },
	{ "a later fragment", LIVE_TAP_TTL, { .src = CLIENT4, .dst = THERE4, .proto = LB_PROTO_UDP, .fragment_offset = 10, .payload_bytes = 40 }, 0, 0, 0, 0 },
	{ "an error", LIVE_TAP_TTL, { .src = CLIENT4, .dst = THERE4, .proto = LB_PROTO_ICMP, .icmp_type = 11, .quoted = &quoted4 }, 0, 0, 0, 0 },
	{ "a redirect", LIVE_TAP_TTL, { .src = CLIENT4, .dst = THERE4, .proto = LB_PROTO_ICMP, .icmp_type = 5, .payload_bytes = 28 }, 0, 0, 0, 0 },
	{ "an unknown ICMPv6 error", LIVE_TAP_TTL, { .src = CLIENT6, .dst = THERE6, .proto = LB_PROTO_ICMP6, .icmp_type = 100, .payload_bytes = 48 }, 0, 0, 0, 0 },
	{ "from nobody", LIVE_TAP_TTL, { .src = FRAME_V4(0, 0, 0, 0), .dst = THERE4, .proto = LB_PROTO_UDP }, 0, 0, 0, 0 },
	{ "from many", LIVE_TAP_TTL, { .src = FRAME_V4(239, 0, 0, 1), .dst = THERE4, .proto = LB_PROTO_UDP }, 0, 0, 0, 0 },
	{ "to many", LIVE_TAP_TTL, { .src = CLIENT6, .dst = FRAME_V6(0xff02, 0, 0, 0, 0, 0, 0, 1), .proto = LB_PROTO_UDP }, 0, 0, 0, 0 },
};
/* clang-format on */

/* The answer as a frame, for who reads those. */
static uint32_t
framed(const uint8_t *answer, size_t bytes, bool six, uint8_t *frame)
{
	memset(frame, 0, 14);
	frame_put16(frame + 12, six ? 0x86dd : 0x0800);
	memcpy(frame + 14, answer, bytes);
	if (!six) { /* as the kernel does */
		uint32_t sum = 0;
		for (int i = 0; i < 20; i += 2)
			sum += frame_get16(frame + 14 + i);
		frame_put16(frame + 24, ~(sum + (sum >> 16)) & 0xffff);
	}
	return (uint32_t)bytes + 14;
}

static void
check_said(const struct row *row, const struct frame *f, const uint8_t *answer,
    size_t bytes)
{
	static uint8_t frame[14 + LIVE_ANSWER_BYTES_MAX];
	struct frame_sums sums;
	const bool six = !lb_addr_is_v4(&row->spec.src);
	const size_t l4 = six ? 40 : 20;
	frame_sums(frame, framed(answer, bytes, six, frame), &sums);
	UNIT_ROW(row->what, sums.right);
	UNIT_EQUAL(row->what, answer[l4], row->type);
	UNIT_EQUAL(row->what, answer[l4 + 1], row->code);
	UNIT_EQUAL(row->what, frame_get16(answer + l4 + 6), row->mtu);
	UNIT_ROW(row->what,
	    memcmp(answer + l4 + 8, f->data + f->l3, bytes - l4 - 8) == 0);
}

static void
test_rows(void)
{
	const struct lb_addr here4 = HERE4, here6 = HERE6;
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		const bool six = !lb_addr_is_v4(&row->spec.src);
		uint8_t answer[LIVE_ANSWER_BYTES_MAX];
		struct lb_addr to = { { 0, 0 } };
		struct frame f;
		frame_build(&f, &row->spec);
		struct live_tap_packet packet = { .kind = row->kind,
			.mtu = row->mtu,
			.wire_bytes = f.bytes,
			.bytes = f.bytes < 1304 ? f.bytes : 1304,
			.frame = f.data };
		size_t bytes = live_answer_make(
		    &packet, six ? &here6 : &here4, answer, &to);
		UNIT_EQUAL(row->what, bytes, row->bytes);
		if (bytes == 0 || bytes != row->bytes)
			continue;
		UNIT_ROW(row->what, lb_addr_same(&to, &row->spec.src));
		check_said(row, &f, answer, bytes);
		/* by another family's address nothing can be said */
		UNIT_EQUAL(row->what,
		    live_answer_make(
			&packet, six ? &here4 : &here6, answer, &to),
		    0);
		/* nor to all on a segment, nor with a header cut off */
		f.data[0] |= 1;
		UNIT_EQUAL(row->what,
		    live_answer_make(
			&packet, six ? &here6 : &here4, answer, &to),
		    0);
		f.data[0] &= 0xfe;
		packet.bytes = f.l4;
		UNIT_EQUAL(row->what,
		    live_answer_make(
			&packet, six ? &here6 : &here4, answer, &to),
		    0);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "what is said", test_rows },
		CU_TEST_INFO_NULL,
	};
	return unit_main("live/answers", tests);
}
