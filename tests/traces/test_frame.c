/* SPDX-License-Identifier: MIT */
/* traces/frame.c: read back by lb_parse(), and by a reader of checksums that
 * shares nothing with it. */
#include <string.h>

#include "tests/support/frame.h"
#include "tests/unit.h"
#include "traces/frame.h"

static uint8_t written[TRACE_FRAME_BYTES_MAX];
static uint8_t payload[UINT16_MAX + 1];

static struct lb_packet
packet(bool six, uint8_t proto, uint32_t payload_bytes)
{
	const struct lb_addr client4 = FRAME_V4(100, 64, 0, 1);
	const struct lb_addr server4 = FRAME_V4(203, 0, 113, 10);
	const struct lb_addr client6 =
	    FRAME_V6(0x2001, 0xdb8, 0x64, 0, 0, 0, 0, 1);
	const struct lb_addr server6 =
	    FRAME_V6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 10);
	const bool tcp = proto == LB_PROTO_TCP;

	return (struct lb_packet){
		.ip = {
			.src = six ? client6 : client4,
			.dst = six ? server6 : server4,
			.sport = lb_be16_of(32768),
			.dport = lb_be16_of(80),
			.family = six ? 6 : 4,
			.proto = proto,
		},
		.seq = tcp ? 0xfffffff0u : 0,
		.ack = tcp ? 0x12345678u : 0,
		.tcp_flags = tcp ? LB_TCP_ACK | 0x08 : 0,
		.payload_bytes = payload_bytes,
	};
}

static void
check_frame(const char *row, const struct lb_packet *pkt)
{
	const uint32_t bytes =
	    trace_frame(pkt, TRACE_FROM_CLIENT, payload, written);
	struct frame_sums sums;
	struct lb_packet got = { 0 };

	CU_ASSERT_TRUE_FATAL(bytes > 0);
	frame_sums(written, bytes, &sums);
	UNIT_ROW(row, sums.right);
	UNIT_ROW(row, sums.l4.has);
	UNIT_EQUAL(row, sums.l4.sum, 0);
	UNIT_EQUAL(
	    row, lb_parse(written, written + bytes, bytes, &got), LB_PARSED);
	UNIT_ROW(row, lb_addr_same(&got.ip.src, &pkt->ip.src));
	UNIT_ROW(row, lb_addr_same(&got.ip.dst, &pkt->ip.dst));
	UNIT_EQUAL(row, got.ip.family, pkt->ip.family);
	UNIT_EQUAL(row, got.ip.proto, pkt->ip.proto);
	UNIT_EQUAL(row, lb_be16_get(got.ip.sport), 32768);
	UNIT_EQUAL(row, lb_be16_get(got.ip.dport), 80);
	UNIT_EQUAL(row, got.ip_bytes, bytes - 14);
	UNIT_EQUAL(row, got.seq, pkt->seq);
	UNIT_EQUAL(row, got.ack, pkt->ack);
	UNIT_EQUAL(row, got.tcp_flags, pkt->tcp_flags);
	UNIT_EQUAL(row, got.notes, 0);
	UNIT_ROW(row, memcmp(written + bytes - pkt->payload_bytes, payload,
			  pkt->payload_bytes) == 0);
}

/* Both families, both protocols; odd and even, none and the most. */
static void
test_shapes(void)
{
	static const uint32_t sizes[] = { 0, 1, 2, 3, 20, 99, 1459, 1460, 9000,
		65495, 65507, 65515 };

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 31 + (i >> 8));
	for (int six = 0; six < 2; six++) {
		for (int udp = 0; udp < 2; udp++) {
			for (size_t i = 0; i < LB_COUNT(sizes); i++) {
				const struct lb_packet pkt = packet(six != 0,
				    udp ? LB_PROTO_UDP : LB_PROTO_TCP,
				    sizes[i]);
				const uint32_t ip = (six ? 40u : 20u) +
						    (udp ? 8u : 20u) + sizes[i];
				char row[64];
				(void)snprintf(row, sizeof(row), "v%d %s %u",
				    six ? 6 : 4, udp ? "udp" : "tcp", sizes[i]);
				if (ip > UINT16_MAX)
					UNIT_EQUAL(row,
					    trace_frame(&pkt, TRACE_FROM_CLIENT,
						payload, written),
					    0);
				else
					check_frame(row, &pkt);
			}
		}
	}
}

/* Byte by byte, and added up by hand:
 * 4500 001e 0000 4000 4011 6440 0001 cb00 710a
 * pseudo header 6440 0001 cb00 710a 0011 000a; 8000 0035 000a 6869. */
static void
test_by_hand(void)
{
	static const uint8_t expect[] = { 0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0,
		0, 0x01, 0x08, 0x00, 0x45, 0, 0, 0x1e, 0, 0, 0x40, 0, 0x40,
		0x11, 0x9a, 0x83, 100, 64, 0, 1, 203, 0, 113, 10, 0x80, 0, 0,
		0x35, 0, 10, 0x76, 0xef, 'h', 'i' };
	struct lb_packet pkt = packet(false, LB_PROTO_UDP, 2);

	pkt.ip.dport = lb_be16_of(53);
	UNIT_EQUAL("bytes",
	    trace_frame(
		&pkt, TRACE_FROM_CLIENT, (const uint8_t *)"hi", written),
	    sizeof(expect));
	for (size_t i = 0; i < sizeof(expect); i++)
		UNIT_EQUAL("by hand", written[i], expect[i]);
	(void)trace_frame(
	    &pkt, TRACE_FROM_SERVER, (const uint8_t *)"hi", written);
	CU_ASSERT_EQUAL(written[5], 1);
	CU_ASSERT_EQUAL(written[11], 2);
}

/* A UDP checksum that adds up to nothing is written as its other form. */
static void
test_zero(void)
{
	struct lb_packet pkt = packet(false, LB_PROTO_UDP, 2);
	unsigned found = 0;

	for (unsigned value = 0; value <= UINT16_MAX; value++) {
		uint8_t say[2] = { (uint8_t)(value >> 8), (uint8_t)value };
		(void)trace_frame(&pkt, TRACE_FROM_CLIENT, say, written);
		unsigned check = (unsigned)written[40] << 8 | written[41];
		CU_ASSERT_NOT_EQUAL(check, 0);
		found += check == 0xffff;
	}
	CU_ASSERT_EQUAL(found, 1);
}

static void
test_others(void)
{
	struct lb_packet pkt = packet(false, LB_PROTO_ICMP, 0);

	CU_ASSERT_EQUAL(
	    trace_frame(&pkt, TRACE_FROM_CLIENT, payload, written), 0);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "every shape", test_shapes },
		{ "by hand", test_by_hand },
		{ "UDP's zero", test_zero },
		{ "others", test_others },
		CU_TEST_INFO_NULL,
	};

	return unit_main("frame", tests);
}
