/* SPDX-License-Identifier: MIT */
/* traces/filter.c: one expression, packets of every link type. */
#include <string.h>

#include "tests/traces/capture_file.h"
#include "tests/unit.h"
#include "traces/capture.h"

/* An interface of each; on each, IPv4 and IPv6 to port 5683. */
static const struct {
	const char *header4, *header6;
	uint32_t bytes;
	uint16_t link;
} links[] = {
	{ "\2\0\0\0\0\2\2\0\0\0\0\1\x08", "\2\0\0\0\0\2\2\0\0\0\0\1\x86\xdd",
	    14, 1 },
	{ "", "", 0, 101 }, { "\2\0\0", "\x1e\0\0", 4, 0 },
	{ "\0\0\0\2", "\0\0\0\x1c", 4, 0 },
	{ "\0\0\0\2", "\0\0\0\x18", 4, 108 },
	{ "\0\0\0\1\0\6AAAAAA\0\0\x08\0", "\0\0\0\1\0\6AAAAAA\0\0\x86\xdd", 16,
	    113 },
	{ "\x08\0\0\0\0\0\0\1\0\1\0\6AAAAAA\0",
	    "\x86\xdd\0\0\0\0\0\1\0\1\0\6AAAAAA\0", 20, 276 },
	{ "", "", 0, 227 }, /* CAN, which is not read */
};
#define LINKS LB_COUNT(links)

static void
put_link(struct bytes *b, size_t i, uint32_t interface)
{
	uint8_t packet[128];

	memcpy(packet, links[i].header4, links[i].bytes);
	memcpy(packet + links[i].bytes, packet_ip4, sizeof(packet_ip4));
	put_enhanced(b, interface, i, packet, links[i].bytes + 32, 120);
	memcpy(packet, links[i].header6, links[i].bytes);
	memcpy(packet + links[i].bytes, packet_ip6, sizeof(packet_ip6));
	put_enhanced(b, interface, i, packet, links[i].bytes + 52, 120);
}

/* How many pass, as pairs of packets seen by link: a bit per packet. */
static uint32_t
passing(struct trace *t)
{
	struct trace_packet p;
	struct lb_packet pkt;
	uint32_t bits = 0;

	while (trace_next(t, &p) == TRACE_PACKET) {
		CU_ASSERT_EQUAL(trace_parse(&p, &pkt), LB_PARSED);
		bits |= (pkt.ip.family == 4 ? 1u : 2u)
			<< 2 * (p.time_ns / 1000);
	}
	return bits;
}

/* clang-format off */
static const struct {
	const char *filter;
	uint32_t each; /* of a link's two packets: 1 IPv4, 2 IPv6 */
	uint32_t links; /* where it fits: Ethernet's bit is 1 */
} rows[] = {
	{ "", 3, 0x7f },
	{ "udp port 5683", 3, 0x7f },
	{ "ip", 1, 0x7f },
	{ "ip6", 2, 0x7f },
	{ "ip6 and udp", 2, 0x7f },
	{ "tcp", 0, 0x7f },
	{ "host 192.0.2.1", 1, 0x7f },
	{ "not host 192.0.2.1", 2, 0x7f },
	{ "net 2001:db8::/32 and dst port 5683", 2, 0x7f },
	{ "ether host 02:00:00:00:00:01", 3, 0x01 },
	{ "ether dst 02:00:00:00:00:02 and ip", 1, 0x01 },
	{ "utp", 0, 0 },
	{ "port 99999", 0, 0 },
	{ "host", 0, 0 },
};
/* clang-format on */

static uint32_t
expected(size_t row)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < LINKS; i++)
		if (rows[row].links >> i & 1)
			bits |= rows[row].each << 2 * i;
	return bits;
}

static struct trace *
open_filtered(const struct bytes *b, const char *filter, bool *usage)
{
	char error[1024] = "";

	capture_write(b->at, b->count);
	struct trace *t =
	    trace_open(capture_path, filter, usage, error, sizeof(error));
	UNIT_ROW(filter, (t == NULL) == (strstr(error, "wrong filter") != 0));
	UNIT_ROW(filter, *usage == (t == NULL));
	return t;
}

/* All interfaces in one file. */
static void
test_mixed(void)
{
	for (size_t row = 0; row < LB_COUNT(rows); row++) {
		struct bytes b = { 0 };
		bool usage;

		put_section(&b);
		for (size_t i = 0; i < LINKS; i++)
			put_interface(&b, links[i].link, 0);
		for (size_t i = 0; i < LINKS; i++)
			put_link(&b, i, (uint32_t)i);
		struct trace *t = open_filtered(&b, rows[row].filter, &usage);
		UNIT_ROW(rows[row].filter, (t == NULL) == !rows[row].links);
		if (t == NULL)
			continue;
		UNIT_EQUAL(rows[row].filter, passing(t), expected(row));
		trace_close(t);
	}
}

/* One file each: there a filter must fit. */
static void
test_single(void)
{
	for (size_t n = 0; n < LB_COUNT(rows) * (LINKS - 1); n++) {
		size_t row = n / (LINKS - 1), i = n % (LINKS - 1);
		struct bytes b = { 0 };
		bool usage;

		put_section(&b);
		put_interface(&b, links[i].link, 0);
		put_link(&b, i, 0);
		struct trace *t = open_filtered(&b, rows[row].filter, &usage);
		UNIT_ROW(rows[row].filter,
		    (t == NULL) == !(rows[row].links >> i & 1));
		if (t == NULL)
			continue;
		UNIT_EQUAL(
		    rows[row].filter, passing(t), rows[row].each << 2 * i);
		trace_close(t);
	}
}

/* Without any interface its grammar counts. */
static void
test_empty(void)
{
	struct bytes b = { 0 };
	bool usage;

	put_section(&b);
	struct trace *t = open_filtered(&b, "udp", &usage);
	UNIT_NEED(t);
	CU_ASSERT_EQUAL(passing(t), 0);
	trace_close(t);
	CU_ASSERT_PTR_NULL(open_filtered(&b, "utp", &usage));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "mixed", test_mixed },
		{ "single", test_single },
		{ "empty", test_empty },
		CU_TEST_INFO_NULL,
	};

	if (capture_make_folder() != 0)
		return EXIT_FAILURE;
	int status = unit_main("filter", tests);
	return capture_remove_folder() == 0 ? status : EXIT_FAILURE;
}
