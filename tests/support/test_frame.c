/* SPDX-License-Identifier: MIT */
/* tests/support/frame.c: what other tests measure by is itself right. */
#include "tests/support/frame.h"

#include <string.h>

#include "tests/support/chance.h"
#include "tests/unit.h"

static struct lb_addr
v4(uint8_t last)
{
	return lb_addr_v4(10u | (uint32_t)last << 24);
}

static struct lb_addr
v6(uint8_t last)
{
	return (struct lb_addr){ { 0xfd, (uint64_t)last << 56 } };
}

/* Reckoned by hand: the header of many a textbook (192.168.0.1 to .199, its
 * checksum b861 for 115 bytes, so b8b7 for 29), and one byte by UDP. */
static const uint8_t textbook[] = {
	/* clang-format off */
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00,
	0x45, 0x00, 0x00, 0x1d, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
	0xb8, 0xb7, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7,
	0x00, 0x07, 0x00, 0x08, 0x00, 0x09, 0x1c, 0xb4, 0x61,
	/* clang-format on */
};

static void
test_textbook(void)
{
	uint8_t frame[sizeof(textbook)];
	struct frame_sums sums;

	memcpy(frame, textbook, sizeof(frame));
	frame_sums(frame, sizeof(frame), &sums);
	CU_ASSERT(sums.ip.has && sums.ip.sum == 0);
	CU_ASSERT(sums.l4.has && sums.l4.sum == 0);
	CU_ASSERT(sums.right);
	frame[24] ^= 1;
	frame_sums(frame, sizeof(frame), &sums);
	CU_ASSERT(sums.ip.sum != 0);
	CU_ASSERT(!sums.right);
}

/* clang-format off */
static const struct row {
	const char *what;
	struct frame_spec spec;
	uint32_t bytes, l3, l4;
	bool six;
} rows[] = {
	{ "SYN", { .proto = LB_PROTO_TCP, .tcp_flags = LB_TCP_SYN },
	    54, 14, 34, false },
	{ "UDP with data", { .proto = LB_PROTO_UDP, .payload_bytes = 7 },
	    49, 14, 34, false },
	{ "UDP without a checksum", { .proto = LB_PROTO_UDP,
	    .no_checksum = true }, 42, 14, 34, false },
	{ "echo", { .proto = LB_PROTO_ICMP, .icmp_type = 8 },
	    42, 14, 34, false },
	{ "options", { .proto = LB_PROTO_TCP, .ip_option_words = 10,
	    .tcp_option_words = 10 }, 134, 14, 74, false },
	{ "a tag", { .proto = LB_PROTO_TCP, .tags = 1 }, 58, 18, 38, false },
	{ "QinQ", { .proto = LB_PROTO_TCP, .tags = 2 }, 62, 22, 42, false },
	{ "padding", { .proto = LB_PROTO_UDP, .padding_bytes = 18 },
	    60, 14, 34, false },
	{ "no protocol of ours", { .proto = 47, .payload_bytes = 9 },
	    43, 14, 34, false },
	{ "IPv6 TCP", { .proto = LB_PROTO_TCP }, 74, 14, 54, true },
	{ "IPv6 UDP", { .proto = LB_PROTO_UDP, .payload_bytes = 1 },
	    63, 14, 54, true },
	{ "ICMPv6", { .proto = LB_PROTO_ICMP6, .icmp_type = 128 },
	    62, 14, 54, true },
	{ "IPv6 extensions", { .proto = LB_PROTO_TCP, .ext_count = 4,
	    .exts = { FRAME_HOP_BY_HOP, FRAME_ROUTING, FRAME_AUTHENTICATION,
	    FRAME_DESTINATION } }, 106, 14, 86, true },
	{ "IPv6 fragment of one", { .proto = LB_PROTO_UDP, .ext_count = 1,
	    .exts = { FRAME_FRAGMENT } }, 70, 14, 62, true },
};
/* clang-format on */

/* Each is as long as it should be, right, and the engine reads it so. */
static void
test_rows(void)
{
	static struct frame f;
	struct frame_sums sums;
	struct lb_packet pkt;

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct frame_spec spec = rows[i].spec;
		spec.src = rows[i].six ? v6(1) : v4(1);
		spec.dst = rows[i].six ? v6(2) : v4(2);
		spec.sport = 1024;
		spec.dport = 80;
		frame_build(&f, &spec);
		UNIT_EQUAL(rows[i].what, f.bytes, rows[i].bytes);
		UNIT_EQUAL(rows[i].what, f.l3, rows[i].l3);
		UNIT_EQUAL(rows[i].what, f.l4, rows[i].l4);
		frame_sums(f.data, f.bytes, &sums);
		UNIT_ROW(rows[i].what, sums.right);
		UNIT_EQUAL(rows[i].what, sums.ip.has, !rows[i].six);
		UNIT_EQUAL(rows[i].what, sums.l4.has,
		    spec.proto != 47 && !spec.no_checksum);
		int parsed = lb_parse(f.data, f.data + f.bytes, 0, &pkt);
		UNIT_EQUAL(rows[i].what, parsed,
		    spec.proto == 47 ? LB_PARSED_OTHER_PROTOCOL : LB_PARSED);
		UNIT_EQUAL(rows[i].what, pkt.ip.l4, rows[i].l4);
		UNIT_EQUAL(rows[i].what, pkt.ip.proto, spec.proto);
		UNIT_EQUAL(rows[i].what, pkt.notes, 0);
	}
}

/* One bit anywhere behind Ethernet shows; ten thousand times. */
static void
test_flips(void)
{
	static struct frame f;
	struct chance c = { 1 };
	struct frame_sums before, after;

	frame_build(&f, &(struct frame_spec){ .src = v4(1),
			    .dst = v4(2),
			    .proto = LB_PROTO_TCP,
			    .payload_bytes = 33 });
	frame_sums(f.data, f.bytes, &before);
	CU_ASSERT(before.right);
	for (unsigned i = 0; i < 10000; i++) {
		uint32_t at = chance_between(&c, f.l3, f.bytes - 1);
		uint8_t bit = (uint8_t)(1u << chance_below(&c, 8));
		f.data[at] ^= bit;
		frame_sums(f.data, f.bytes, &after);
		bool shows =
		    !after.right && frame_sums_differ(&before, &after) != NULL;
		if (!shows)
			(void)fprintf(
			    stderr, "  bit %02x of byte %u\n", bit, at);
		CU_ASSERT(shows);
		f.data[at] ^= bit;
	}
}

static void
test_error(void)
{
	static struct frame f, about;
	struct frame_sums sums;
	struct lb_packet pkt;

	for (int six = 0; six < 2; six++) {
		struct frame_spec spec = {
			.src = six != 0 ? v6(1) : v4(1),
			.dst = six != 0 ? v6(2) : v4(2),
			.proto = LB_PROTO_UDP,
			.sport = 7,
			.dport = 9,
			.payload_bytes = 20,
		};
		frame_build(&about, &spec);
		spec.icmp_type = six != 0 ? 1 : 3;
		frame_build_error(&f, &spec, &about, UINT32_MAX);
		frame_sums(f.data, f.bytes, &sums);
		CU_ASSERT(sums.right);
		CU_ASSERT_EQUAL(sums.quoted_ip.has, six == 0);
		CU_ASSERT_EQUAL(sums.quoted_ip.sum, 0);
		CU_ASSERT(sums.quoted_l4.has && sums.quoted_l4.sum == 0);
		CU_ASSERT_EQUAL(
		    lb_parse(f.data, f.data + f.bytes, 0, &pkt), LB_PARSED);
		CU_ASSERT_EQUAL(pkt.notes, LB_NOTE_ICMP_ERROR);
		CU_ASSERT_EQUAL(lb_be16_get(pkt.quoted.sport), 7);
		/* eight bytes of UDP are its checksum, too; four are not */
		frame_build_error(&f, &spec, &about, six != 0 ? 44 : 24);
		frame_sums(f.data, f.bytes, &sums);
		CU_ASSERT(sums.right);
		CU_ASSERT(!sums.quoted_l4.has);
	}
}

/* Any bytes whatever, in a room of their own size for the sanitizers. */
static void
test_noise(void)
{
	struct chance c = { 2 };
	struct frame_sums sums;

	for (unsigned i = 0; i < 20000; i++) {
		uint32_t bytes = chance_below(&c, 120);
		uint8_t *noise = malloc(bytes + 1);
		if (noise == NULL)
			abort();
		for (uint32_t k = 0; k < bytes; k++)
			noise[k] = (uint8_t)chance_next(&c);
		if (bytes > 14) {
			noise[12] = (i & 1) != 0 ? 0x08 : 0x86;
			noise[13] = (i & 1) != 0 ? 0x00 : 0xdd;
			noise[14] = (i & 1) != 0 ? 0x45 : 0x60;
		}
		frame_sums(noise, bytes, &sums);
		free(noise);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "textbook", test_textbook },
		{ "rows", test_rows },
		{ "flips", test_flips },
		{ "error", test_error },
		{ "noise", test_noise },
		CU_TEST_INFO_NULL,
	};

	return unit_main("frame", tests);
}
