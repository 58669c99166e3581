/* SPDX-License-Identifier: MIT */
/*
 * traces/pcapng.c against libpcap, wherever that one reads on; and by itself
 * on what libpcap refuses, on time and on damage.
 */
#include <dirent.h>
#include <pcap/pcap.h>
#include <string.h>

#include "tests/traces/capture_file.h"
#include "tests/unit.h"
#include "traces/reader.h"

#define LINK_ETHERNET 1
#define LINK_RAW      101

static struct trace_reader *
open_reader(const char *path, struct trace_input **in)
{
	char why[TRACE_WHY_BYTES] = "";

	*in = trace_input_open(path, why);
	UNIT_NEED(*in);
	struct trace_reader *r = trace_pcapng_open(*in, why);
	if (r == NULL) {
		(void)fprintf(stderr, "  %s: %s\n", path, why);
		trace_input_close(*in);
	}
	return r;
}

/* --- beside libpcap ------------------------------------------------------ */

/* Beyond what fits is the edge, as ours. */
static uint64_t
pcap_ns(const struct pcap_pkthdr *h)
{
	uint64_t ns;

	return __builtin_mul_overflow(h->ts.tv_sec, LB_NS_PER_S, &ns) ||
		       __builtin_add_overflow(ns, h->ts.tv_usec, &ns)
		   ? UINT64_MAX
		   : ns;
}

/* One step of both.  False when they stop. */
static bool
same_packet(const char *row, pcap_t *theirs, struct trace_reader *ours)
{
	struct pcap_pkthdr *h;
	struct trace_packet p;
	const u_char *data;
	size_t interface;

	int they = pcap_next_ex(theirs, &h, &data);
	if (they == PCAP_ERROR) /* we read on: no matter */
		return false;
	int we = ours->next(ours, &p, &interface);
	UNIT_EQUAL(row, we, they == 1 ? TRACE_PACKET : TRACE_END);
	if (they != 1 || we != TRACE_PACKET)
		return false;
	UNIT_EQUAL(row, p.time_ns, pcap_ns(h));
	UNIT_EQUAL(row, p.captured_bytes, h->caplen);
	UNIT_EQUAL(row, p.wire_bytes, h->len > h->caplen ? h->len : h->caplen);
	UNIT_ROW(row,
	    p.captured_bytes == h->caplen && !memcmp(p.data, data, h->caplen));
	return true;
}

/* How many packets both gave; *all, whether libpcap came to the end. */
static unsigned long
compare(const char *row, const char *path, bool *all)
{
	char why[PCAP_ERRBUF_SIZE];
	unsigned long packets = 0;
	struct trace_input *in;

	*all = false;
	pcap_t *theirs = pcap_open_offline_with_tstamp_precision(
	    path, PCAP_TSTAMP_PRECISION_NANO, why);
	if (theirs == NULL)
		return 0;
	struct trace_reader *ours = open_reader(path, &in);
	UNIT_NEED(ours);
	while (same_packet(row, theirs, ours))
		packets++;
	*all = pcap_geterr(theirs)[0] == '\0';
	ours->close(ours);
	trace_input_close(in);
	pcap_close(theirs);
	return packets;
}

/* A file of all that libpcap reads: blocks of every kind, and several
 * interfaces alike in link type and snapshot length.  (Not raw IP: there
 * libpcap 1.10 takes a second interface for one of another type.) */
static void
put_everything(struct bytes *b, uint8_t tsresol)
{
	size_t block;

	put_section(b);
	put_interface_units(b, LINK_ETHERNET, 60, tsresol);
	put_enhanced(b, 0, UINT64_C(0x123456789abcd), packet_ip4, 32, 32);
	block = put_block(b, 4); /* name resolution */
	put16(b, 1), put16(b, 9), put(b, "\xc0\0\2\1h.ex\0", 10);
	put16(b, 0), put32(b, 0);
	put_block_end(b, block);
	put_interface(b, LINK_ETHERNET, 60);
	put_enhanced(b, 1, UINT64_C(0x5b5b5b5b5b5b5), packet_ip6, 52, 1500);
	block = put_block(b, 5); /* statistics */
	put32(b, 0), put64(b, 7), put_option(b, 4, "12345678", 8);
	put_block_end(b, block);
	block = put_block(b, 3); /* simple */
	put32(b, 32), put(b, packet_ip4, 32);
	put_block_end(b, block);
	block = put_block(b, 3); /* simple, longer than is captured */
	put32(b, 1400), put(b, packet_ip6, 52), put64(b, 0);
	put_block_end(b, block);
	block = put_block(b, 2); /* the obsolete one, with options */
	put16(b, 0), put16(b, 3), put64(b, 5), put32(b, 31), put32(b, 32);
	put(b, packet_ip4, 31), put(b, "", 1), put_option(b, 2, "flag", 4);
	put_block_end(b, block);
	block = put_block(b, 0xbad); /* custom */
	put32(b, 32473), put(b, "whatever", 8);
	put_block_end(b, block);
	block = put_block(b, 0x7fffabcd); /* unknown */
	put_block_end(b, block);
	block = put_block(b, 6); /* options behind the packet */
	put32(b, 1), put64(b, 9), put32(b, 30), put32(b, 10);
	put(b, packet_ip4, 30), put(b, "\0", 2), put_option(b, 1, "hi", 2);
	put_option(b, 0, "", 0);
	put_block_end(b, block);
	put_enhanced(b, 0, UINT64_C(1) << 40, "", 0, 60);
}

static void
test_beside_libpcap(void)
{
	/* seconds to picoseconds, and powers of two */
	static const uint8_t resolutions[] = { 0, 3, 6, 7, 9, 12, 0x80, 0x8a,
		0x94, 0x9e, 0xa2 };

	for (size_t i = 0; i < 4 * LB_COUNT(resolutions); i++) {
		struct bytes b = { .big = i & 1 };
		char row[48];
		bool all;

		(void)snprintf(row, sizeof(row), "if_tsresol 0x%02x, %s%s",
		    resolutions[i / 4], i & 1 ? "big" : "little",
		    i & 2 ? ", twice" : "");
		put_everything(&b, resolutions[i / 4]);
		if (i & 2)
			put_everything(&b, resolutions[i / 4]);
		capture_write(b.at, b.count);
		UNIT_EQUAL(
		    row, compare(row, capture_path, &all), i & 2 ? 14 : 7);
		UNIT_ROW(row, all);
	}
}

static void
test_offsets_beside_libpcap(void)
{
	static const int64_t offsets[] = { 0, 1, 3600, -1, 1700000000 };

	for (size_t i = 0; i < 2 * LB_COUNT(offsets); i++) {
		struct bytes b = { .big = i & 1 };
		char row[48];
		bool all;

		(void)snprintf(row, sizeof(row), "if_tsoffset %jd",
		    (intmax_t)offsets[i / 2]);
		put_section(&b);
		size_t block = put_block(&b, 1);
		put16(&b, LINK_RAW), put16(&b, 0), put32(&b, 0);
		put16(&b, 14), put16(&b, 8),
		    put64(&b, (uint64_t)offsets[i / 2]);
		put_block_end(&b, block);
		put_enhanced(&b, 0, 5000001, packet_ip4, 32, 32);
		capture_write(b.at, b.count);
		UNIT_EQUAL(row, compare(row, capture_path, &all), 1);
		UNIT_ROW(row, all);
	}
}

static void
test_captures_beside_libpcap(void)
{
	const char *captures = getenv("FAIRLEAD_CAPTURES");
	DIR *dir = captures == NULL ? NULL : opendir(captures);
	unsigned long packets = 0, files = 0;
	struct dirent *entry;

	if (dir == NULL) {
		(void)printf("skipped, no FAIRLEAD_CAPTURES ");
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		char path[4096];
		uint8_t magic[4] = { 0 };
		bool all;

		(void)snprintf(
		    path, sizeof(path), "%s/%s", captures, entry->d_name);
		FILE *f = fopen(path, "rb");
		if (f == NULL)
			continue;
		size_t got = fread(magic, 1, sizeof(magic), f);
		(void)fclose(f);
		if (!trace_is_pcapng(magic, got))
			continue;
		packets += compare(entry->d_name, path, &all);
		files++;
	}
	(void)closedir(dir);
	(void)printf("%lu packets of %lu files ", packets, files);
	CU_ASSERT(files == 0 || packets > 0);
}

/* --- what libpcap refuses ------------------------------------------------ */

static struct trace *
open_bytes(const struct bytes *b)
{
	char error[TRACE_WHY_BYTES];
	bool usage;

	capture_write(b->at, b->count);
	struct trace *t =
	    trace_open(capture_path, NULL, &usage, error, sizeof(error));
	if (t == NULL)
		(void)fprintf(stderr, "  %s\n", error);
	return t;
}

/* Interfaces of differing link type, snapshot length and units, sections of
 * differing byte order: all of it, and told apart. */
static void
test_mixed(void)
{
	static const uint8_t frame[46] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1,
		8 };
	static const struct trace_interface expect[] = {
		{ 1, "eth?", 0, 1000000000, 1 },
		{ 101, "", 20, 1000000, 2 },
		{ 101, "eth?", 99, 1024, 1 },
		{ 113, "", 99, 1000000, 0 },
	};
	struct bytes b = { 0 };
	struct trace_packet p;
	struct trace_info info;

	put_section(&b);
	put_interface_units(&b, 1, 0, 9);
	put_interface(&b, 101, 20);
	put_enhanced(&b, 1, 1, packet_ip4, 20, 32);
	put_enhanced(&b, 0, 2, frame, sizeof(frame), 46);
	put_enhanced(&b, 1, 3, packet_ip4, 32, 64); /* beyond its snaplen */
	b.big = true;
	put_section(&b);
	put_interface_units(&b, 101, 99, 0x8a);
	put_interface(&b, 113, 99);
	put_enhanced(&b, 0, 1024 + 512, packet_ip6, 52, 52);

	struct trace *t = open_bytes(&b);
	UNIT_NEED(t);
	CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_PACKET);
	CU_ASSERT_EQUAL(p.link, TRACE_RAW_IP);
	CU_ASSERT_EQUAL(p.time_ns, 1000);
	CU_ASSERT_EQUAL(p.wire_bytes, 32);
	CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_PACKET);
	CU_ASSERT_EQUAL(p.link, TRACE_ETHERNET);
	CU_ASSERT_EQUAL(p.time_ns, 2);
	CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_PACKET);
	CU_ASSERT_EQUAL(p.captured_bytes, 20);
	CU_ASSERT_EQUAL(p.wire_bytes, 64);
	trace_info(t, &info);
	CU_ASSERT_EQUAL(info.interface_count, 2);
	CU_ASSERT_FALSE(info.big_endian);
	CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_PACKET);
	CU_ASSERT_EQUAL(p.time_ns, 1500000000);
	CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_END);
	CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_END);
	CU_ASSERT_EQUAL(trace_bytes_read(t), b.count);
	CU_ASSERT_EQUAL(trace_bytes_total(t), b.count);

	trace_info(t, &info);
	CU_ASSERT_STRING_EQUAL(info.format, "pcapng");
	CU_ASSERT_TRUE(info.big_endian);
	CU_ASSERT_EQUAL(info.interface_count, LB_COUNT(expect));
	for (size_t i = 0; i < LB_COUNT(expect); i++) {
		const struct trace_interface *is = &info.interfaces[i];
		UNIT_EQUAL("link", is->link_type, expect[i].link_type);
		UNIT_EQUAL("snaplen", is->snaplen, expect[i].snaplen);
		UNIT_EQUAL("units", is->units_per_s, expect[i].units_per_s);
		UNIT_EQUAL("packets", is->packets, expect[i].packets);
		CU_ASSERT_STRING_EQUAL(is->name, expect[i].name);
	}
	trace_close(t);
}

/* --- time ---------------------------------------------------------------- */

static void
test_time(void)
{
	/* clang-format off */
	static const struct {
		const char *name;
		uint8_t tsresol;
		int64_t offset_s;
		uint64_t units, time_ns;
	} rows[] = {
		{ "us", 6, 0, 1, 1000 },
		{ "the year 2106 and on", 6, 0, UINT64_C(5000000000000000), UINT64_C(5000000000000000000) },
		{ "the last that fits", 9, 0, UINT64_MAX, UINT64_MAX },
		{ "beyond all, us", 6, 0, UINT64_MAX, UINT64_MAX },
		{ "beyond all, s", 0, 0, UINT64_MAX, UINT64_MAX },
		{ "ps", 12, 0, 1999, 1 },
		{ "the finest", 19, 0, UINT64_MAX, 1844674407 },
		{ "2^-1", 0x81, 0, 3, 1500000000 },
		{ "2^-63", 0xbf, 0, UINT64_C(3) << 62, 1500000000 },
		{ "2^-63, just below", 0xbf, 0, (UINT64_C(1) << 63) - 1, 999999999 },
		{ "before 1970", 6, -10, 9000000, 0 },
		{ "after 1970", 6, -10, 10000001, 1000 },
		{ "offset", 9, 5, 7, 5000000007u },
		{ "offset beyond all", 6, INT64_MAX, 1, UINT64_MAX },
		{ "offset before all", 6, INT64_MIN, 1, 0 },
	};
	/* clang-format on */

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct bytes b = { 0 };
		struct trace_packet p = { 0 };

		put_section(&b);
		size_t block = put_block(&b, 1);
		put16(&b, LINK_RAW), put16(&b, 0), put32(&b, 0);
		put_option(&b, 9, &rows[i].tsresol, 1);
		put_option(&b, 14, &rows[i].offset_s, 8);
		put_block_end(&b, block);
		put_enhanced(&b, 0, rows[i].units, packet_ip4, 32, 32);
		struct trace *t = open_bytes(&b);
		UNIT_NEED(t);
		UNIT_EQUAL(rows[i].name, trace_next(t, &p), TRACE_PACKET);
		UNIT_EQUAL(rows[i].name, p.time_ns, rows[i].time_ns);
		trace_close(t);
	}
}

/* --- damage -------------------------------------------------------------- */

/* A file of two packets, cut after each of its bytes. */
static void
test_cut(void)
{
	struct bytes b = { 0 };
	size_t edge[4];

	put_section(&b);
	edge[0] = b.count;
	put_interface(&b, LINK_RAW, 0);
	edge[1] = b.count;
	put_enhanced(&b, 0, 1, packet_ip4, 32, 32);
	edge[2] = b.count;
	put_enhanced(&b, 0, 2, packet_ip6, 52, 52);
	edge[3] = b.count;
	for (size_t cut = b.count; cut != SIZE_MAX; cut--) {
		char row[32], error[TRACE_WHY_BYTES];
		struct trace_packet p;
		size_t e = 3, packets = 0;
		bool usage;
		int status;

		(void)snprintf(row, sizeof(row), "cut at %zu", cut);
		capture_write(b.at, cut);
		struct trace *t = trace_open(
		    capture_path, NULL, &usage, error, sizeof(error));
		UNIT_ROW(row, (t != NULL) == (cut >= edge[0]));
		if (t == NULL)
			continue;
		while (edge[e] > cut)
			e--;
		while ((status = trace_next(t, &p)) == TRACE_PACKET)
			packets++;
		UNIT_EQUAL(row, packets, e < 2 ? 0 : e - 1);
		UNIT_EQUAL(
		    row, status, cut == edge[e] ? TRACE_END : TRACE_DAMAGED);
		UNIT_EQUAL(row, trace_damaged_at(t),
		    cut == edge[e] ? UINT64_MAX : edge[e]);
		UNIT_EQUAL(row, trace_next(t, &p), status);
		trace_close(t);
	}
}

/* One packet, then a block with one thing wrong, then a packet that is not
 * reached. */
static void
test_damage(void)
{
	/* clang-format off */
	static const struct {
		const char *name;
		uint32_t type, length, tail; /* lengths 0: as they are */
		uint32_t bytes;              /* of the body */
		const char *body, *says;
	} rows[] = {
		{ "length 0", 0x99, 1, 0, 0, "", "a block of 1 bytes" },
		{ "length 8", 0x99, 8, 0, 0, "", "a block of 8 bytes" },
		{ "odd length", 0x99, 14, 0, 4, "\0\0\0", "a block of 14 bytes" },
		{ "huge", 0x99, 0xfffffffc, 0, 0, "", "a block of 4294967292 bytes" },
		{ "beyond the end", 0x99, 0x1000000, 0, 0, "", "it is cut off" },
		{ "other tail", 0x99, 0, 28, 4, "\0\0\0", "ends with a length of 28" },
		{ "short packet", 6, 0, 0, 4, "\0\0\0", "a packet block of 4 bytes" },
		{ "short old packet", 2, 0, 0, 4, "\0\0\0", "a packet block of 4 bytes" },
		{ "empty simple packet", 3, 0, 0, 0, "", "a packet block of 0 bytes" },
		{ "unknown interface", 6, 0, 0, 20, "\1\0\0\0" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "interface 1" },
		{ "beyond its block", 6, 0, 0, 24, "\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0\5\0\0\0aaa", "a packet of 5 bytes in a block with room for 4" },
		{ "simple beyond", 3, 0, 0, 8, "\5\0\0\0aaa", "a packet of 5 bytes" },
		{ "short interface", 1, 0, 0, 4, "\0\0\0", "an interface description of 4" },
		{ "option beyond", 1, 0, 0, 16, "\1\0\0\0\0\0\0\0\2\0\5\0abc", "option 2 of 5 bytes" },
		{ "resolution of 2 bytes", 1, 0, 0, 16, "\1\0\0\0\0\0\0\0\x9\0\2\0ab\0", "option 9 has 2 bytes" },
		{ "offset of 4 bytes", 1, 0, 0, 16, "\1\0\0\0\0\0\0\0\xe\0\4\0abc", "option 14 has 4 bytes" },
		{ "too fine", 1, 0, 0, 16, "\1\0\0\0\0\0\0\0\x9\0\1\0\x14\0\0", "10^-20" },
		{ "too fine, twos", 1, 0, 0, 16, "\1\0\0\0\0\0\0\0\x9\0\1\0\xc0\0\0", "2^-64" },
		{ "no byte order", 0x0a0d0d0a, 0, 0, 16, "\1\2\3\4\1\0\0\0\0\0\0\0\0\0\0", "0x01020304" },
		{ "short section", 0x0a0d0d0a, 0, 0, 8, "\x4d\x3c\x2b\x1a\1\0\0", "a section header of 8" },
		{ "version 2", 0x0a0d0d0a, 0, 0, 16, "\x4d\x3c\x2b\x1a\2\0\0\0\0\0\0\0\0\0\0", "version 2" },
	};
	/* clang-format on */

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct bytes b = { 0 };
		struct trace_packet p;

		put_section(&b);
		put_interface(&b, LINK_RAW, 0);
		put_enhanced(&b, 0, 1, packet_ip4, 32, 32);
		size_t block = put_block(&b, rows[i].type);
		put(&b, rows[i].body, rows[i].bytes);
		put_block_end(&b, block);
		if (rows[i].length != 0)
			memcpy(b.at + block + 4, &rows[i].length, 4);
		if (rows[i].tail != 0)
			memcpy(b.at + b.count - 4, &rows[i].tail, 4);
		put_enhanced(&b, 0, 2, packet_ip4, 32, 32);
		struct trace *t = open_bytes(&b);
		UNIT_NEED(t);
		UNIT_EQUAL(rows[i].name, trace_next(t, &p), TRACE_PACKET);
		UNIT_EQUAL(rows[i].name, trace_next(t, &p), TRACE_DAMAGED);
		UNIT_EQUAL(rows[i].name, trace_damaged_at(t), block);
		UNIT_ROW(
		    rows[i].name, strstr(trace_error(t), rows[i].says) != NULL);
		trace_close(t);
	}
}

/* A section forgets the interfaces of the one before. */
static void
test_sections(void)
{
	struct bytes b = { 0 };
	struct trace_packet p;

	put_section(&b);
	put_interface(&b, LINK_RAW, 0);
	put_section(&b);
	size_t block = b.count;
	put_enhanced(&b, 0, 1, packet_ip4, 32, 32);
	struct trace *t = open_bytes(&b);
	UNIT_NEED(t);
	CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_DAMAGED);
	CU_ASSERT_EQUAL(trace_damaged_at(t), block);
	trace_close(t);
}

/* A block larger than the buffer is read, and what follows it, too. */
static void
test_large_block(void)
{
	enum { BLOCK_BYTES = 1 << 20 };
	struct bytes b = { 0 };
	struct trace_packet p;
	uint32_t length = BLOCK_BYTES;

	put_section(&b);
	put_interface(&b, LINK_RAW, 0);
	put32(&b, 0x99);
	put32(&b, length);
	size_t before = b.count;
	put32(&b, length);
	put_enhanced(&b, 0, 5, packet_ip4, 32, 32);
	uint8_t *all = calloc(1, b.count + BLOCK_BYTES);
	UNIT_NEED(all);
	memcpy(all, b.at, before);
	memcpy(
	    all + before + BLOCK_BYTES - 12, b.at + before, b.count - before);
	capture_write(all, b.count + BLOCK_BYTES - 12);
	free(all);

	char error[TRACE_WHY_BYTES];
	bool usage;
	struct trace *t =
	    trace_open(capture_path, NULL, &usage, error, sizeof(error));
	UNIT_NEED(t);
	CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_PACKET);
	CU_ASSERT_EQUAL(p.time_ns, 5000);
	CU_ASSERT_EQUAL(p.captured_bytes, 32);
	CU_ASSERT(!memcmp(p.data, packet_ip4, 32));
	CU_ASSERT_EQUAL(trace_next(t, &p), TRACE_END);
	trace_close(t);
}

/* --- link types that are not read ---------------------------------------- */

static void
test_unread(void)
{
	/* clang-format off */
	static const struct {
		const char *name;
		uint16_t link[2]; /* of both interfaces */
		int packets[2];   /* of each */
		bool refused;
		int end;
	} rows[] = {
		{ "all read", { 1, 101 }, { 1, 1 }, false, TRACE_END },
		{ "one read, one not", { 1, 227 }, { 1, 1 }, false, TRACE_END },
		{ "one not, one read", { 227, 101 }, { 2, 1 }, false, TRACE_END },
		{ "none", { 227, 190 }, { 1, 1 }, true, 0 },
		{ "none, empty", { 227, 190 }, { 0, 0 }, false, TRACE_END },
		{ "one that has no packets", { 227, 101 }, { 2, 0 }, false, TRACE_DAMAGED },
	};
	/* clang-format on */

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct bytes b = { 0 };
		struct trace_packet p;
		char error[TRACE_WHY_BYTES] = "";
		int packets[2] = { 0 };
		bool usage;
		int status;

		put_section(&b);
		for (unsigned k = 0; k < 2; k++)
			put_interface(&b, rows[i].link[k], 0);
		for (unsigned k = 0; k < 2; k++)
			for (int n = 0; n < rows[i].packets[k]; n++)
				put_enhanced(&b, k, 1, packet_ip4, 32, 32);
		capture_write(b.at, b.count);
		struct trace *t = trace_open(
		    capture_path, NULL, &usage, error, sizeof(error));
		UNIT_ROW(rows[i].name, (t == NULL) == rows[i].refused);
		UNIT_ROW(rows[i].name,
		    !rows[i].refused || strstr(error, "CAN_SOCKETCAN"));
		if (t == NULL)
			continue;
		while ((status = trace_next(t, &p)) == TRACE_PACKET)
			packets[p.link == TRACE_UNREAD]++;
		UNIT_EQUAL(rows[i].name, status, rows[i].end);
		UNIT_EQUAL(rows[i].name, packets[0] + packets[1],
		    rows[i].packets[0] + rows[i].packets[1]);
		UNIT_EQUAL(rows[i].name, packets[1],
		    (rows[i].link[0] == 227 ? rows[i].packets[0] : 0) +
			(rows[i].link[1] == 227 ? rows[i].packets[1] : 0));
		UNIT_ROW(rows[i].name,
		    status == TRACE_END ||
			strstr(trace_error(t), "CAN_SOCKETCAN") != NULL);
		trace_close(t);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "beside libpcap", test_beside_libpcap },
		{ "offsets beside libpcap", test_offsets_beside_libpcap },
		{ "captures beside libpcap", test_captures_beside_libpcap },
		{ "mixed", test_mixed },
		{ "time", test_time },
		{ "cut", test_cut },
		{ "damage", test_damage },
		{ "sections", test_sections },
		{ "large block", test_large_block },
		{ "unread link types", test_unread },
		CU_TEST_INFO_NULL,
	};

	if (capture_make_folder() != 0)
		return EXIT_FAILURE;
	int status = unit_main("pcapng", tests);
	return capture_remove_folder() == 0 ? status : EXIT_FAILURE;
}
