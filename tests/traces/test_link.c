/* SPDX-License-Identifier: MIT */
/* traces/link.c: what is left behind each link header. */
#include <string.h>

#include "tests/traces/capture_file.h"
#include "tests/unit.h"
#include "traces/link.h"

#define HEADER_MAX 32u

/* clang-format off */
static const struct {
	const char *name;
	int link_type;
	const char *header;
	uint32_t header_bytes;
	int version; /* of the IP packet behind it */
	enum trace_link expect;
	uint32_t stripped;
} rows[] = {
	{ "raw 12", 12, "", 0, 4, TRACE_RAW_IP, 0 },
	{ "raw 14", 14, "", 0, 6, TRACE_RAW_IP, 0 },
	{ "raw 101", 101, "", 0, 4, TRACE_RAW_IP, 0 },
	{ "IPv4", 228, "", 0, 4, TRACE_RAW_IP, 0 },
	{ "IPv4, 6 inside", 228, "", 0, 6, TRACE_NOT_IP, 0 },
	{ "IPv6", 229, "", 0, 6, TRACE_RAW_IP, 0 },
	{ "IPv6, 4 inside", 229, "", 0, 4, TRACE_NOT_IP, 0 },
	{ "NULL, little, IPv4", 0, "\2\0\0\0", 4, 4, TRACE_RAW_IP, 4 },
	{ "NULL, big, IPv4", 0, "\0\0\0\2", 4, 4, TRACE_RAW_IP, 4 },
	{ "NULL, NetBSD", 0, "\x18\0\0\0", 4, 6, TRACE_RAW_IP, 4 },
	{ "NULL, FreeBSD", 0, "\x1c\0\0\0", 4, 6, TRACE_RAW_IP, 4 },
	{ "NULL, macOS", 0, "\x1e\0\0\0", 4, 6, TRACE_RAW_IP, 4 },
	{ "NULL, macOS, big", 0, "\0\0\0\x1e", 4, 6, TRACE_RAW_IP, 4 },
	{ "NULL, Linux", 0, "\x0a\0\0\0", 4, 6, TRACE_RAW_IP, 4 },
	{ "NULL, AppleTalk", 0, "\x10\0\0\0", 4, 4, TRACE_NOT_IP, 4 },
	{ "NULL, 4 says 6", 0, "\x1e\0\0\0", 4, 4, TRACE_NOT_IP, 4 },
	{ "NULL, nonsense", 0, "\2\2\2\2", 4, 4, TRACE_NOT_IP, 4 },
	{ "LOOP, IPv4", 108, "\0\0\0\2", 4, 4, TRACE_RAW_IP, 4 },
	{ "LOOP, IPv6", 108, "\0\0\0\x18", 4, 6, TRACE_RAW_IP, 4 },
	{ "LOOP, little", 108, "\2\0\0\0", 4, 4, TRACE_NOT_IP, 4 },
	{ "SLL, IPv4", 113, "\0\0\0\1\0\6AAAAAA\0\0\x08\0", 16, 4, TRACE_RAW_IP, 16 },
	{ "SLL, IPv6", 113, "\0\4\0\1\0\6AAAAAA\0\0\x86\xdd", 16, 6, TRACE_RAW_IP, 16 },
	{ "SLL, ARP", 113, "\0\4\0\1\0\6AAAAAA\0\0\x08\6", 16, 4, TRACE_NOT_IP, 16 },
	{ "SLL, 802.3", 113, "\0\4\0\1\0\6AAAAAA\0\0\0\1", 16, 4, TRACE_NOT_IP, 16 },
	{ "SLL, loopback", 113, "\0\4\3\4\0\6AAAAAA\0\0\x08\0", 16, 4, TRACE_RAW_IP, 16 },
	{ "SLL, GRE", 113, "\0\4\3\x0a\0\6AAAAAA\0\0\x08\0", 16, 4, TRACE_RAW_IP, 16 },
	{ "SLL, netlink", 113, "\0\4\3\x38\0\6AAAAAA\0\0\x08\0", 16, 4, TRACE_NOT_IP, 16 },
	{ "SLL, radiotap", 113, "\0\4\3\x23\0\6AAAAAA\0\0\x08\0", 16, 4, TRACE_NOT_IP, 16 },
	{ "SLL, frame relay", 113, "\0\4\3\2\0\6AAAAAA\0\0\x08\0", 16, 4, TRACE_NOT_IP, 16 },
	{ "SLL, VLAN", 113, "\0\0\0\1\0\6AAAAAA\0\0\x81\0\0\7\x08\0", 20, 4, TRACE_RAW_IP, 20 },
	{ "SLL, QinQ", 113, "\0\0\0\1\0\6AAAAAA\0\0\x88\xa8\0\7\x81\0\0\7\x86\xdd", 24, 6, TRACE_RAW_IP, 24 },
	{ "SLL, old QinQ", 113, "\0\0\0\1\0\6AAAAAA\0\0\x91\0\0\7\x81\0\0\7\x08\0", 24, 4, TRACE_RAW_IP, 24 },
	{ "SLL, three tags", 113, "\0\0\0\1\0\6AAAAAA\0\0\x88\xa8\0\7\x81\0\0\7\x81\0\0\7\x08\0", 28, 4, TRACE_NOT_IP, 24 },
	{ "SLL, VLAN, ARP", 113, "\0\0\0\1\0\6AAAAAA\0\0\x81\0\0\7\x08\6", 20, 4, TRACE_NOT_IP, 20 },
	{ "SLL2, IPv4", 276, "\x08\0\0\0\0\0\0\1\0\1\0\6AAAAAA\0", 20, 4, TRACE_RAW_IP, 20 },
	{ "SLL2, IPv6", 276, "\x86\xdd\0\0\0\0\0\1\0\1\0\6AAAAAA\0", 20, 6, TRACE_RAW_IP, 20 },
	{ "SLL2, ARP", 276, "\x08\6\0\0\0\0\0\1\0\1\0\6AAAAAA\0", 20, 4, TRACE_NOT_IP, 20 },
	{ "SLL2, netlink", 276, "\x08\0\0\0\0\0\0\1\3\x38\0\6AAAAAA\0", 20, 4, TRACE_NOT_IP, 20 },
	{ "SLL2, VLAN", 276, "\x81\0\0\0\0\0\0\1\0\1\0\6AAAAAA\0\0\0\7\x08\0", 24, 4, TRACE_RAW_IP, 24 },
	{ "Ethernet", 1, "", 0, 4, TRACE_ETHERNET, 0 },
	{ "CAN", 227, "", 0, 4, TRACE_UNREAD, 0 },
};
/* clang-format on */

static uint32_t
build(size_t i, uint8_t *data)
{
	const void *ip = rows[i].version == 4 ? packet_ip4 : packet_ip6;
	size_t bytes =
	    rows[i].version == 4 ? sizeof(packet_ip4) : sizeof(packet_ip6);

	memcpy(data, rows[i].header, rows[i].header_bytes);
	memcpy(data + rows[i].header_bytes, ip, bytes);
	return rows[i].header_bytes + (uint32_t)bytes;
}

static void
test_strip(void)
{
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		uint8_t data[HEADER_MAX + sizeof(packet_ip6)];
		uint32_t bytes = build(i, data);
		struct trace_packet p = { .data = data,
			.captured_bytes = bytes,
			.wire_bytes = bytes + 100 };
		struct lb_packet pkt;

		trace_link_strip(trace_link_form(rows[i].link_type), &p);
		UNIT_EQUAL(rows[i].name, p.link, rows[i].expect);
		UNIT_EQUAL(rows[i].name, p.data - data, rows[i].stripped);
		UNIT_EQUAL(
		    rows[i].name, p.captured_bytes, bytes - rows[i].stripped);
		UNIT_EQUAL(
		    rows[i].name, p.wire_bytes, bytes + 100 - rows[i].stripped);
		if (p.link != TRACE_RAW_IP)
			continue;
		UNIT_EQUAL(rows[i].name, trace_parse(&p, &pkt), LB_PARSED);
		UNIT_EQUAL(rows[i].name, pkt.ip.family, rows[i].version);
	}
}

/* The first bytes of a row's packet, of so many on the wire. */
static int
parse_part(size_t i, uint32_t bytes, uint32_t wire, enum trace_link *link)
{
	uint8_t data[HEADER_MAX + sizeof(packet_ip6)];
	uint8_t *part = malloc(bytes + 1); /* watched for its end */
	struct lb_packet pkt;

	UNIT_NEED(part);
	(void)build(i, data);
	memcpy(part, data, bytes);
	struct trace_packet p = {
		.data = part, .captured_bytes = bytes, .wire_bytes = wire
	};
	trace_link_strip(trace_link_form(rows[i].link_type), &p);
	int parsed = trace_parse(&p, &pkt);
	*link = p.link;
	free(part);
	return parsed;
}

/* Too short for its link header: truncated when more was on the wire, and
 * malformed, as a frame of a few bytes is, when not. */
static void
check_short(size_t i, uint32_t bytes)
{
	enum trace_link link;

	int cut = parse_part(i, bytes, 100, &link);
	int runt = parse_part(i, bytes, bytes, &link);
	if (link == TRACE_RAW_IP) {
		UNIT_EQUAL(rows[i].name, cut, LB_PARSED_TRUNCATED);
		UNIT_EQUAL(rows[i].name, runt, LB_PARSED_MALFORMED);
	} else { /* enough to know that it is no IP */
		UNIT_EQUAL(rows[i].name, rows[i].expect, TRACE_NOT_IP);
	}
}

static void
test_short(void)
{
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		for (uint32_t bytes = 0; bytes < rows[i].stripped; bytes++)
			check_short(i, bytes);
}

/* Nothing behind the header is a packet cut off, not one that is no IP. */
static void
test_header_alone(void)
{
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		uint8_t data[HEADER_MAX + sizeof(packet_ip6)];
		uint32_t whole = build(i, data);
		struct trace_packet p = { .data = data,
			.captured_bytes = rows[i].stripped,
			.wire_bytes = whole };
		struct lb_packet pkt;

		trace_link_strip(trace_link_form(rows[i].link_type), &p);
		if (rows[i].expect == TRACE_RAW_IP)
			UNIT_EQUAL(rows[i].name, trace_parse(&p, &pkt),
			    LB_PARSED_TRUNCATED);
	}
}

static void
test_names(void)
{
	static const struct {
		int link_type;
		const char *name;
	} names[] = {
		{ 0, "NULL" },
		{ 1, "EN10MB" },
		{ 101, "RAW" },
		{ 12, "RAW" },
		{ 14, "RAW" },
		{ 108, "LOOP" },
		{ 113, "LINUX_SLL" },
		{ 228, "IPV4" },
		{ 229, "IPV6" },
		{ 276, "LINUX_SLL2" },
		{ 104, "C_HDLC" },
		{ 105, "IEEE802_11" },
	};

	for (size_t i = 0; i < LB_COUNT(names); i++) {
		const char *name = trace_link_name(names[i].link_type);
		UNIT_ROW(names[i].name,
		    name != NULL && !strcmp(name, names[i].name));
	}
	CU_ASSERT_PTR_NULL(trace_link_name(5000));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "strip", test_strip },
		{ "short", test_short },
		{ "header alone", test_header_alone },
		{ "names", test_names },
		CU_TEST_INFO_NULL,
	};

	return unit_main("link", tests);
}
