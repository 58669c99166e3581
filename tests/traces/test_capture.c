/* SPDX-License-Identifier: MIT */
/* traces/capture.c, classic.c: what is a capture, what is none, and where one
 * breaks. */
#include "traces/capture.h"
#include "tests/traces/capture_file.h"

#include <CUnit/Basic.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Names the row that failed, which CUnit does not know. */
#define CHECK(row, cond) check((row), (cond), #cond)

static void
check(const char *row, bool ok, const char *what)
{
	if (!ok)
		(void)fprintf(stderr, "  row \"%s\": %s\n", row, what);
	CU_ASSERT(ok);
}

static struct trace *
open_bytes(const struct bytes *b, char error[512])
{
	bool usage = true;

	error[0] = '\0';
	capture_write(b->at, b->count);
	struct trace *t = trace_open(capture_path, NULL, &usage, error, 512);
	CU_ASSERT_FALSE(usage);
	return t;
}

/* --- the tests ----------------------------------------------------------- */

static void
test_forms(void)
{
	/* clang-format off */
	static const struct {
		const char *name;
		bool big;
		uint32_t magic, link;
		uint32_t s, fraction;
		enum trace_link expect;
		uint64_t time_ns;
	} rows[] = {
		{ "us, little", false, MAGIC_US, 1, 7, 5, TRACE_ETHERNET, 7000005000u },
		{ "us, big", true, MAGIC_US, 1, 7, 5, TRACE_ETHERNET, 7000005000u },
		{ "ns, little", false, MAGIC_NS, 1, 7, 5, TRACE_ETHERNET, 7000000005u },
		{ "ns, big", true, MAGIC_NS, 1, 7, 5, TRACE_ETHERNET, 7000000005u },
		{ "raw 12", false, MAGIC_US, 12, 7, 5, TRACE_RAW_IP, 7000005000u },
		{ "raw 14", false, MAGIC_US, 14, 7, 5, TRACE_RAW_IP, 7000005000u },
		{ "raw 101", true, MAGIC_NS, 101, 7, 5, TRACE_RAW_IP, 7000000005u },
		{ "IPv4 228", false, MAGIC_US, 228, 7, 5, TRACE_RAW_IP, 7000005000u },
		{ "IPv6 229, IPv4 inside", false, MAGIC_US, 229, 7, 5, TRACE_NOT_IP, 7000005000u },
		/* seconds are unsigned: 2038 is not the end, 2106 is */
		{ "year 2100", false, MAGIC_NS, 1, 0xf48656ffu, 1, TRACE_ETHERNET, 4102444799000000001u },
		{ "last second", false, MAGIC_NS, 1, UINT32_MAX, 0, TRACE_ETHERNET, 4294967295000000000u },
		/* a fraction stays within its second */
		{ "fraction", false, MAGIC_NS, 1, 7, 1000000000, TRACE_ETHERNET, 7999999999u },
		{ "fraction, us", false, MAGIC_US, 1, 7, 4000000, TRACE_ETHERNET, 7999999999u },
		{ "fraction < 0", false, MAGIC_NS, 1, 7, UINT32_MAX, TRACE_ETHERNET, 7999999999u },
	};
	/* clang-format on */

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct bytes b = { .big = rows[i].big };
		struct trace_packet p;
		char error[512];

		put_header(&b, rows[i].magic, rows[i].link);
		put_record(
		    &b, rows[i].s, rows[i].fraction, sizeof(packet_ip4), 99);
		put(&b, packet_ip4, sizeof(packet_ip4));
		struct trace *t = open_bytes(&b, error);
		CHECK(rows[i].name, t != NULL);
		if (t == NULL)
			continue;
		CHECK(rows[i].name, trace_next(t, &p) == TRACE_PACKET);
		CHECK(rows[i].name, p.time_ns == rows[i].time_ns);
		CHECK(rows[i].name, p.link == rows[i].expect);
		CHECK(rows[i].name, p.captured_bytes == sizeof(packet_ip4));
		CHECK(rows[i].name, p.wire_bytes == 99);
		CHECK(rows[i].name,
		    !memcmp(p.data, packet_ip4, sizeof(packet_ip4)));
		CHECK(rows[i].name, trace_next(t, &p) == TRACE_END);
		CHECK(rows[i].name, trace_next(t, &p) == TRACE_END);
		CHECK(rows[i].name, trace_bytes_total(t) == b.count);
		CHECK(rows[i].name, trace_bytes_read(t) == b.count);
		trace_close(t);
	}
}

static void
test_refused(void)
{
	/* clang-format off */
	static const struct {
		const char *name, *data;
		size_t count;
		const char *says;
	} rows[] = {
		{ "empty", "", 0, "is empty (0 bytes)" },
		{ "one byte", "x", 1, "is not a readable capture" },
		{ "text", "Dear balancer, do as you please.\n", 33, "give a pcap or pcapng" },
		{ "zeroes", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24, "unknown file format" },
		{ "magic alone", "\xd4\xc3\xb2\xa1", 4, "truncated dump file" },
		{ "gzip of nothing", "\x1f\x8b\x08\0\0\0\0\0\0\0", 10, "gzip packing is damaged" },
		{ "packed otherwise", "\x1f\x8b\x07\0\0\0\0\0\0\0", 10, "gzip -d" },
		{ "zstd", "\x28\xb5\x2f\xfd\0\0", 6, "zstd -d" },
		{ "xz", "\xfd\x37zXZ\0", 6, "xz -d" },
		{ "bzip2", "BZh91AY", 7, "bzip2 -d" },
		{ "zip", "PK\x03\x04\x14\0", 6, "unzip" },
		{ "pcapng magic", "\x0a\x0d\x0d\x0a\x1c\0\0\0", 8, "is not a readable capture" },
	};
	/* clang-format on */

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		bool usage = true;
		char error[512] = "";

		capture_write(rows[i].data, rows[i].count);
		struct trace *t =
		    trace_open(capture_path, NULL, &usage, error, 512);
		CHECK(rows[i].name, t == NULL);
		CHECK(rows[i].name, !usage);
		CHECK(rows[i].name,
		    !strncmp(error, capture_path, strlen(capture_path)));
		CHECK(rows[i].name, strstr(error, rows[i].says) != NULL);
		CHECK(rows[i].name, strpbrk(error, "\r\n") == NULL);
		trace_close(t);
	}
}

static void
test_links_refused(void)
{
	static const struct {
		uint32_t link;
		const char *says;
	} rows[] = {
		{ 9, "PPP (PPP)" },
		{ 105, "IEEE802_11 (802.11)" },
		{ 239, "NFLOG (Linux netfilter log messages)" },
		{ 5000, "5000 (unknown)" },
	};

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct bytes b = { 0 };
		char error[512];

		put_header(&b, MAGIC_US, rows[i].link);
		struct trace *t = open_bytes(&b, error);
		CHECK(rows[i].says, t == NULL);
		CHECK(rows[i].says, strstr(error, rows[i].says) != NULL);
		CHECK(rows[i].says, strstr(error, "tcpdump -i") != NULL);
		trace_close(t);
	}
}

static void
test_unopenable(void)
{
	char error[512];
	bool usage = true;

	(void)unlink(capture_path);
	CU_ASSERT_PTR_NULL(trace_open(capture_path, NULL, &usage, error, 512));
	CU_ASSERT_FALSE(usage);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "No such file"));
	CU_ASSERT_PTR_NULL(
	    trace_open(capture_folder, NULL, &usage, error, 512));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "is a directory"));

	/* one line, and never more than there is room for */
	CU_ASSERT_PTR_NULL(trace_open("/a\nb", NULL, &usage, error, 512));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "/a?b: "));
	CU_ASSERT_PTR_NULL(trace_open(capture_path, NULL, &usage, error, 8));
	CU_ASSERT_EQUAL(strlen(error), 7);
	trace_close(NULL);
}

/* A file of two packets, cut after each of its bytes. */
static void
test_cut(void)
{
	const size_t record_bytes =
	    RECORD_BYTES + sizeof(packet_ethernet) + sizeof(packet_ip4);
	struct bytes b = { 0 };

	put_header(&b, MAGIC_US, 1);
	put_frame(&b, 1);
	put_frame(&b, 2);
	for (size_t cut = b.count; cut != SIZE_MAX; cut--) {
		struct bytes part = b;
		struct trace_packet p;
		char row[32], error[512], says[32];
		size_t whole = 0;
		int status;

		(void)snprintf(row, sizeof(row), "cut at %zu", cut);
		part.count = cut;
		struct trace *t = open_bytes(&part, error);
		CHECK(row, (t != NULL) == (cut >= HEADER_BYTES));
		if (t == NULL)
			continue;
		while ((status = trace_next(t, &p)) == TRACE_PACKET)
			CHECK(row, p.time_ns == ++whole * LB_NS_PER_S);
		size_t behind = cut - HEADER_BYTES;
		CHECK(row, whole == behind / record_bytes);
		CHECK(row, status == (behind % record_bytes ? TRACE_DAMAGED
							    : TRACE_END));
		CHECK(row, trace_next(t, &p) == status);
		(void)snprintf(says, sizeof(says), "after %zu packet%s (",
		    whole, whole == 1 ? "" : "s");
		if (status == TRACE_DAMAGED) {
			uint64_t at = HEADER_BYTES + whole * record_bytes;
			CHECK(row, trace_damaged_at(t) == at);
			CHECK(row, strstr(trace_error(t), says) != NULL);
			(void)snprintf(
			    says, sizeof(says), "at byte %ju,", (uintmax_t)at);
			CHECK(row, strstr(trace_error(t), says) != NULL);
			CHECK(row, !strncmp(trace_error(t), capture_path,
				       strlen(capture_path)));
		}
		trace_close(t);
	}
}

/* Records whose header lies; a good one follows. */
static void
test_lengths(void)
{
	/* clang-format off */
	static const struct {
		const char *name;
		uint32_t captured, wire, fill;
		int status;
		uint32_t captured_expect, wire_expect;
	} rows[] = {
		{ "honest", 46, 46, 46, TRACE_PACKET, 46, 46 },
		{ "snapped", 20, 1500, 20, TRACE_PACKET, 20, 1500 },
		{ "wire too short", 46, 10, 46, TRACE_PACKET, 46, 46 },
		{ "wire 0", 46, 0, 46, TRACE_PACKET, 46, 46 },
		{ "nothing", 0, 0, 0, TRACE_PACKET, 0, 0 },
		{ "nothing of 60", 0, 60, 0, TRACE_PACKET, 0, 60 },
		{ "beyond the end", 60000, 60000, 46, TRACE_DAMAGED, 0, 0 },
		{ "absurd", UINT32_MAX, UINT32_MAX, 46, TRACE_DAMAGED, 0, 0 },
	};
	/* clang-format on */

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		static const uint8_t zeroes[64];
		struct bytes b = { 0 };
		struct trace_packet p;
		char error[512];

		put_header(&b, MAGIC_US, 1);
		put_record(&b, 1, 0, rows[i].captured, rows[i].wire);
		put(&b, zeroes, rows[i].fill);
		put_frame(&b, 2);
		struct trace *t = open_bytes(&b, error);
		CU_ASSERT_PTR_NOT_NULL_FATAL(t);
		CHECK(rows[i].name, trace_next(t, &p) == rows[i].status);
		if (rows[i].status == TRACE_PACKET) {
			CHECK(rows[i].name,
			    p.captured_bytes == rows[i].captured_expect);
			CHECK(
			    rows[i].name, p.wire_bytes == rows[i].wire_expect);
			CHECK(rows[i].name, trace_next(t, &p) == TRACE_PACKET);
			CHECK(rows[i].name, p.time_ns == 2 * LB_NS_PER_S);
		}
		trace_close(t);
	}
}

static void
test_filter(void)
{
	/* clang-format off */
	static const struct {
		const char *filter;
		bool wrong;
		int packets;
	} rows[] = {
		{ "udp port 5683", false, 2 },
		{ "tcp", false, 0 },
		{ "", false, 2 },
		{ "utp", true, 0 },
		{ "host", true, 0 },
		{ "port 99999", true, 0 },
	};
	/* clang-format on */
	struct bytes b = { 0 };

	put_header(&b, MAGIC_US, 1);
	put_frame(&b, 1);
	put_frame(&b, 2);
	capture_write(b.at, b.count);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct trace_packet p;
		char error[512] = "";
		bool usage = false;
		int packets = 0;

		struct trace *t = trace_open(
		    capture_path, rows[i].filter, &usage, error, 512);
		CHECK(rows[i].filter, usage == rows[i].wrong);
		CHECK(rows[i].filter, (t == NULL) == rows[i].wrong);
		CHECK(rows[i].filter,
		    !rows[i].wrong || strstr(error, "wrong filter"));
		while (t != NULL && trace_next(t, &p) == TRACE_PACKET)
			packets++;
		CHECK(rows[i].filter, packets == rows[i].packets);
		trace_close(t);
	}
}

/*
 * Where the damage begins, after records that libpcap cuts to the file's
 * snapshot length, and in the format with longer record headers; from a file
 * and from a pipe, where offsets are counted differently.
 */
static void
test_damaged_at(void)
{
	/* clang-format off */
	static const struct {
		const char *name;
		uint32_t magic, snaplen, captured;
		uint32_t captured_expect;
	} rows[] = {
		{ "us", MAGIC_US, SNAP_BYTES, 32, 32 },
		{ "ns", MAGIC_NS, SNAP_BYTES, 32, 32 },
		{ "as long as allowed", MAGIC_US, 32, 32, 32 },
		{ "longer than allowed", MAGIC_US, 20, 32, 20 },
		{ "long record headers", MAGIC_LONGER, SNAP_BYTES, 32, 32 },
		{ "both", MAGIC_LONGER, 20, 32, 20 },
	};
	/* clang-format on */

	for (size_t i = 0; i < 4 * LB_COUNT(rows); i++) {
		const char *name = rows[i / 4].name;
		uint32_t magic = rows[i / 4].magic;
		struct bytes b = { .big = i & 1 };
		struct trace_packet p;
		char error[512];
		bool piped = i & 2, usage;
		int was = -1;

		put_header(&b, magic, 101);
		memcpy(b.at + 16, (uint8_t[]){ 0, 0, 0, 0 }, 4);
		b.at[b.big ? 19 : 16] = (uint8_t)rows[i / 4].snaplen;
		b.at[b.big ? 18 : 17] = (uint8_t)(rows[i / 4].snaplen >> 8);
		for (unsigned r = 0; r < 3; r++) {
			put_record(&b, r, 0, rows[i / 4].captured, 99);
			put(&b, "\0\0\0\0\0\0\0",
			    magic == MAGIC_LONGER ? 8 : 0);
			put(&b, packet_ip4, rows[i / 4].captured);
		}
		uint64_t whole = b.count;
		put_record(&b, 9, 0, UINT32_MAX, 99);
		put_frame(&b, 1);
		put_frame(&b, 2);
		capture_write(b.at, b.count);
		if (piped)
			was = capture_begin_pipe(b.at, b.count);
		struct trace *t = trace_open(piped ? "-" : capture_path, NULL,
		    &usage, error, sizeof(error));
		CHECK(name, t != NULL);
		if (t == NULL)
			continue;
		for (unsigned r = 0; r < 3; r++) {
			CHECK(name, trace_next(t, &p) == TRACE_PACKET);
			CHECK(name, p.time_ns == r * LB_NS_PER_S);
			CHECK(name,
			    p.captured_bytes == rows[i / 4].captured_expect);
			CHECK(name, p.wire_bytes == 99);
		}
		CHECK(name, trace_next(t, &p) == TRACE_DAMAGED);
		CHECK(name, trace_damaged_at(t) == whole);
		trace_close(t);
		capture_end_pipe(was);
	}
}

static void
test_info(void)
{
	/* clang-format off */
	static const struct {
		const char *name;
		bool big;
		uint32_t magic, link;
		uint64_t units_per_s;
		const char *link_name;
	} rows[] = {
		{ "us", false, MAGIC_US, 1, 1000000, "EN10MB" },
		{ "ns", false, MAGIC_NS, 0, 1000000000, "NULL" },
		{ "big", true, MAGIC_NS, 113, 1000000000, "LINUX_SLL" },
		{ "raw", true, MAGIC_US, 101, 1000000, "RAW" },
		{ "longer", true, MAGIC_LONGER, 12, 1000000, "RAW" },
		{ "with checksums", true, MAGIC_US, 0x24000001, 1000000, "EN10MB" },
	};
	/* clang-format on */

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct bytes b = { .big = rows[i].big };
		struct trace_packet p;
		struct trace_info info;
		char error[512];

		put_header(&b, rows[i].magic, rows[i].link);
		put_record(&b, 1, 0, 0, 60);
		put(&b, "\0\0\0\0\0\0\0",
		    rows[i].magic == MAGIC_LONGER ? 8 : 0);
		struct trace *t = open_bytes(&b, error);
		CHECK(rows[i].name, t != NULL);
		if (t == NULL)
			continue;
		while (trace_next(t, &p) == TRACE_PACKET)
			;
		trace_info(t, &info);
		CHECK(rows[i].name, !strcmp(info.format, "pcap"));
		CHECK(rows[i].name, info.packing == NULL);
		CHECK(rows[i].name, info.big_endian == rows[i].big);
		CHECK(rows[i].name, info.interface_count == 1);
		const struct trace_interface *interface = info.interfaces;
		int link = (int)(rows[i].link & 0x03ffffff);
		CHECK(rows[i].name, interface->link_type == link);
		CHECK(rows[i].name, interface->snaplen == SNAP_BYTES);
		CHECK(rows[i].name,
		    interface->units_per_s == rows[i].units_per_s);
		CHECK(rows[i].name, interface->packets == 1);
		CHECK(rows[i].name, interface->name[0] == '\0');
		CHECK(
		    rows[i].name, !strcmp(trace_link_name(interface->link_type),
				      rows[i].link_name));
		trace_close(t);
	}
	CU_ASSERT_PTR_NULL(trace_link_name(5000));
}

/* Standard input is a pipe here, and still open afterwards. */
static void
test_stdin(void)
{
	struct bytes b = { 0 };
	struct trace_packet p;
	char error[512];
	bool usage;

	put_header(&b, MAGIC_US, 1);
	put_frame(&b, 1);
	int was = capture_begin_pipe(b.at, b.count);

	struct trace *t = trace_open("-", NULL, &usage, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_EQUAL(trace_bytes_total(t), 0);
	CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_PACKET);
	CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_END);
	CU_ASSERT_EQUAL(trace_bytes_read(t), 0);
	trace_close(t);

	/* nothing is left in it: the second time it is empty, not closed */
	CU_ASSERT_PTR_NULL(trace_open("-", NULL, &usage, error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "standard input: is empty"));
	capture_end_pipe(was);
}

static void
test_parse(void)
{
	static uint8_t frame[14 + 32];
	static uint8_t huge[70000];
	/* clang-format off */
	static const struct {
		const char *name;
		enum trace_link link;
		const uint8_t *data;
		uint32_t captured, wire;
		int parsed, family;
	} rows[] = {
		{ "Ethernet", TRACE_ETHERNET, frame, 46, 46, LB_PARSED, 4 },
		{ "raw IPv4", TRACE_RAW_IP, packet_ip4, 32, 32, LB_PARSED, 4 },
		{ "raw IPv6", TRACE_RAW_IP, packet_ip6, 52, 52, LB_PARSED, 6 },
		{ "offloaded", TRACE_ETHERNET, huge, 70000, 70000, LB_PARSED, 4 },
		{ "snapped", TRACE_ETHERNET, frame, 30, 46, LB_PARSED_TRUNCATED, 0 },
		{ "nothing", TRACE_ETHERNET, frame, 0, 46, LB_PARSED_TRUNCATED, 0 },
		{ "no IP", TRACE_NOT_IP, frame, 46, 46, LB_PARSED_NOT_IP, 0 },
		{ "unread", TRACE_UNREAD, packet_ip4, 32, 32, LB_PARSED_NOT_IP, 0 },
	};
	/* clang-format on */

	memcpy(frame, packet_ethernet, sizeof(packet_ethernet));
	memcpy(frame + sizeof(packet_ethernet), packet_ip4, sizeof(packet_ip4));
	memcpy(huge, frame, sizeof(frame));
	huge[16] = huge[17] = 0; /* IP length 0: the sender's card knows */
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct trace_packet p = { .data = rows[i].data,
			.captured_bytes = rows[i].captured,
			.wire_bytes = rows[i].wire,
			.link = rows[i].link };
		struct lb_packet pkt;

		CHECK(rows[i].name, trace_parse(&p, &pkt) == rows[i].parsed);
		if (rows[i].parsed != LB_PARSED)
			continue;
		CHECK(rows[i].name, pkt.ip.family == rows[i].family);
		CHECK(rows[i].name, lb_be16_get(pkt.ip.dport) == 5683);
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "forms", test_forms },
		{ "refused", test_refused },
		{ "link types refused", test_links_refused },
		{ "unopenable", test_unopenable },
		{ "cut", test_cut },
		{ "lengths", test_lengths },
		{ "filter", test_filter },
		{ "damaged at", test_damaged_at },
		{ "info", test_info },
		{ "standard input", test_stdin },
		{ "parse", test_parse },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ "capture", capture_make_folder, capture_remove_folder, NULL,
		    NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	if (CU_initialize_registry() != CUE_SUCCESS ||
	    CU_register_suites(suites) != CUE_SUCCESS)
		return EXIT_FAILURE;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_ErrorCode ran = CU_basic_run_tests();
	unsigned failures =
	    CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return ran == CUE_SUCCESS && failures == 0 ? EXIT_SUCCESS
						   : EXIT_FAILURE;
}
