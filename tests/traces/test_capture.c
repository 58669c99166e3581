/* SPDX-License-Identifier: MIT */
/* traces/capture.c: what is a capture, what is none, and where one breaks. */
#include "traces/capture.h"

#include <CUnit/Basic.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC_US     0xa1b2c3d4u
#define MAGIC_NS     0xa1b23c4du
#define HEADER_BYTES 24u
#define RECORD_BYTES 16u
#define SNAP_BYTES   65535u

/* Names the row that failed, which CUnit does not know. */
#define CHECK(row, cond) check((row), (cond), #cond)

static void
check(const char *row, bool ok, const char *what)
{
	if (!ok)
		(void)fprintf(stderr, "  row \"%s\": %s\n", row, what);
	CU_ASSERT(ok);
}

/* 192.0.2.1:40000 > 203.0.113.10:5683, UDP, 4 bytes (a CoAP ping) */
static const uint8_t ip4[] = { 0x45, 0, 0, 32, 0, 0, 0x40, 0, 64, 17, 0, 0, 192,
	0, 2, 1, 203, 0, 113, 10, 0x9c, 0x40, 0x16, 0x33, 0, 12, 0, 0, 0x40, 0,
	0x12, 0x34 };
/* 2001:db8::1 to 2001:db8::2, the same */
static const uint8_t ip6[] = { 0x60, 0, 0, 0, 0, 12, 17, 64, 0x20, 0x01, 0x0d,
	0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 0x01, 0x0d, 0xb8, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x9c, 0x40, 0x16, 0x33, 0, 12, 0, 0, 0x40,
	0, 0x12, 0x34 };
static const uint8_t ethernet[14] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8 };

/* --- a file in the making ------------------------------------------------ */

struct bytes {
	uint8_t at[4096];
	size_t count;
	bool big; /* numbers in big-endian order */
};

static void
put(struct bytes *b, const void *data, size_t count)
{
	CU_ASSERT_FATAL(count <= sizeof(b->at) - b->count);
	memcpy(b->at + b->count, data, count);
	b->count += count;
}

static void
put16(struct bytes *b, uint16_t value)
{
	uint16_t out = b->big ? __builtin_bswap16(value) : value;

	put(b, &out, sizeof(out));
}

static void
put32(struct bytes *b, uint32_t value)
{
	uint32_t out = b->big ? __builtin_bswap32(value) : value;

	put(b, &out, sizeof(out));
}

static void
put_header(struct bytes *b, uint32_t magic, uint32_t link)
{
	put32(b, magic);
	put16(b, 2);
	put16(b, 4);
	put32(b, 0);
	put32(b, 0);
	put32(b, SNAP_BYTES);
	put32(b, link);
}

static void
put_record(struct bytes *b, uint32_t s, uint32_t fraction, uint32_t captured,
    uint32_t wire)
{
	put32(b, s);
	put32(b, fraction);
	put32(b, captured);
	put32(b, wire);
}

/* Ethernet, IPv4, UDP: 46 bytes. */
static void
put_frame(struct bytes *b, uint32_t s)
{
	put_record(b, s, 0, sizeof(ethernet) + sizeof(ip4),
	    sizeof(ethernet) + sizeof(ip4));
	put(b, ethernet, sizeof(ethernet));
	put(b, ip4, sizeof(ip4));
}

static char folder[64];
static char path[96]; /* of the file that write_file() wrote */

static void
write_file(const void *data, size_t count)
{
	FILE *f = fopen(path, "wb");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL_FATAL(fwrite(data, 1, count, f), count);
	CU_ASSERT_EQUAL_FATAL(fclose(f), 0);
}

static struct trace *
open_bytes(const struct bytes *b, char error[512])
{
	bool usage = true;

	error[0] = '\0';
	write_file(b->at, b->count);
	struct trace *t = trace_open(path, NULL, &usage, error, 512);
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
		{ "IPv6 229", false, MAGIC_US, 229, 7, 5, TRACE_RAW_IP, 7000005000u },
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
		put_record(&b, rows[i].s, rows[i].fraction, sizeof(ip4), 99);
		put(&b, ip4, sizeof(ip4));
		struct trace *t = open_bytes(&b, error);
		CHECK(rows[i].name, t != NULL);
		if (t == NULL)
			continue;
		CHECK(rows[i].name, trace_next(t, &p) == TRACE_PACKET);
		CHECK(rows[i].name, p.time_ns == rows[i].time_ns);
		CHECK(rows[i].name, p.link == rows[i].expect);
		CHECK(rows[i].name, p.captured_bytes == sizeof(ip4));
		CHECK(rows[i].name, p.wire_bytes == 99);
		CHECK(rows[i].name, !memcmp(p.data, ip4, sizeof(ip4)));
		CHECK(rows[i].name, trace_next(t, &p) == TRACE_END);
		CHECK(rows[i].name, trace_next(t, &p) == TRACE_END);
		CHECK(rows[i].name, trace_bytes_total(t) == b.count);
		CHECK(rows[i].name, trace_bytes_read(t) == b.count);
		trace_close(t);
	}
}

/* Section, interface in ns (option 9), one packet block. */
static void
test_pcapng(void)
{
	for (int big = 0; big < 2; big++) {
		struct bytes b = { .big = big };
		struct trace_packet p;
		char error[512];

		put32(&b, 0x0a0d0d0a), put32(&b, 28);
		put32(&b, 0x1a2b3c4d), put16(&b, 1), put16(&b, 0);
		put32(&b, UINT32_MAX), put32(&b, UINT32_MAX), put32(&b, 28);
		put32(&b, 1), put32(&b, 32), put16(&b, 101), put16(&b, 0);
		put32(&b, SNAP_BYTES), put16(&b, 9), put16(&b, 1);
		put(&b, "\x09\0\0\0", 4), put32(&b, 0), put32(&b, 32);
		put32(&b, 6), put32(&b, 32 + sizeof(ip4)), put32(&b, 0);
		put32(&b, 1), put32(&b, 2);
		put32(&b, sizeof(ip4)), put32(&b, sizeof(ip4));
		put(&b, ip4, sizeof(ip4)), put32(&b, 32 + sizeof(ip4));

		struct trace *t = open_bytes(&b, error);
		CU_ASSERT_PTR_NOT_NULL_FATAL(t);
		CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_PACKET);
		CU_ASSERT_EQUAL(p.time_ns, (UINT64_C(1) << 32) + 2);
		CU_ASSERT_EQUAL(p.link, TRACE_RAW_IP);
		CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_END);
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
		{ "gzip", "\x1f\x8b\x08\0\0\0\0\0\0\0", 10, "gzip -d" },
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

		write_file(rows[i].data, rows[i].count);
		struct trace *t = trace_open(path, NULL, &usage, error, 512);
		CHECK(rows[i].name, t == NULL);
		CHECK(rows[i].name, !usage);
		CHECK(rows[i].name, !strncmp(error, path, strlen(path)));
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
		{ 0, "NULL (BSD loopback)" },
		{ 105, "IEEE802_11 (802.11)" },
		{ 113, "LINUX_SLL (Linux cooked v1)" },
		{ 239, "NFLOG (Linux netfilter log messages)" },
		{ 276, "LINUX_SLL2 (Linux cooked v2)" },
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

	(void)unlink(path);
	CU_ASSERT_PTR_NULL(trace_open(path, NULL, &usage, error, 512));
	CU_ASSERT_FALSE(usage);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "No such file"));
	CU_ASSERT_PTR_NULL(trace_open(folder, NULL, &usage, error, 512));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "is a directory"));

	/* one line, and never more than there is room for */
	CU_ASSERT_PTR_NULL(trace_open("/a\nb", NULL, &usage, error, 512));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "/a?b: "));
	CU_ASSERT_PTR_NULL(trace_open(path, NULL, &usage, error, 8));
	CU_ASSERT_EQUAL(strlen(error), 7);
	trace_close(NULL);
}

/* A file of two packets, cut after each of its bytes. */
static void
test_cut(void)
{
	const size_t record_bytes =
	    RECORD_BYTES + sizeof(ethernet) + sizeof(ip4);
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
			CHECK(row, strstr(trace_error(t), says) != NULL);
			CHECK(
			    row, !strncmp(trace_error(t), path, strlen(path)));
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
	write_file(b.at, b.count);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct trace_packet p;
		char error[512] = "";
		bool usage = false;
		int packets = 0;

		struct trace *t =
		    trace_open(path, rows[i].filter, &usage, error, 512);
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

/* Standard input is a pipe here, and still open afterwards. */
static void
test_stdin(void)
{
	struct bytes b = { 0 };
	struct trace_packet p;
	char error[512];
	int ends[2];
	bool usage;

	put_header(&b, MAGIC_US, 1);
	put_frame(&b, 1);
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	CU_ASSERT_EQUAL(write(ends[1], b.at, b.count), (ssize_t)b.count);
	(void)close(ends[1]);
	int kept = dup(STDIN_FILENO);
	CU_ASSERT_EQUAL(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	(void)close(ends[0]);

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
	if (kept >= 0) {
		(void)dup2(kept, STDIN_FILENO);
		(void)close(kept);
	}
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
		{ "raw IPv4", TRACE_RAW_IP, ip4, 32, 32, LB_PARSED, 4 },
		{ "raw IPv6", TRACE_RAW_IP, ip6, 52, 52, LB_PARSED, 6 },
		{ "offloaded", TRACE_ETHERNET, huge, 70000, 70000, LB_PARSED, 4 },
		{ "snapped", TRACE_ETHERNET, frame, 30, 46, LB_PARSED_TRUNCATED, 0 },
		{ "nothing", TRACE_ETHERNET, frame, 0, 46, LB_PARSED_TRUNCATED, 0 },
	};
	/* clang-format on */

	memcpy(frame, ethernet, sizeof(ethernet));
	memcpy(frame + sizeof(ethernet), ip4, sizeof(ip4));
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

static int
make_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(folder, sizeof(folder), "%s/fairlead-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/capture", folder);
	return 0;
}

static int
remove_folder(void)
{
	(void)unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "forms", test_forms },
		{ "pcapng", test_pcapng },
		{ "refused", test_refused },
		{ "link types refused", test_links_refused },
		{ "unopenable", test_unopenable },
		{ "cut", test_cut },
		{ "lengths", test_lengths },
		{ "filter", test_filter },
		{ "standard input", test_stdin },
		{ "parse", test_parse },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ "capture", make_folder, remove_folder, NULL, NULL, tests },
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
