/* SPDX-License-Identifier: MIT */
/* traces/input.c: files and pipes, plain and packed, whole and damaged. */
#include <string.h>

#include "tests/traces/capture_file.h"
#include "tests/unit.h"
#include "traces/capture.h"

#define PACKETS     600u
#define PACKED_ROOM 65536u

static struct bytes plain;
static uint8_t packed[PACKED_ROOM];
static size_t packed_bytes;

static size_t
load(uint8_t *to, size_t room)
{
	FILE *f = fopen(capture_path, "rb");

	UNIT_NEED(f);
	size_t bytes = fread(to, 1, room, f);
	(void)fclose(f);
	return bytes;
}

/* Packets that gzip does not shrink to nothing. */
static void
make_files(bool ng)
{
	uint32_t state = 1;

	plain.count = 0;
	if (ng) {
		put_section(&plain);
		put_interface(&plain, 101, 0);
	} else {
		put_header(&plain, MAGIC_US, 101);
	}
	for (uint32_t i = 0; i < PACKETS; i++) {
		uint8_t packet[sizeof(packet_ip4)];
		memcpy(packet, packet_ip4, sizeof(packet));
		for (size_t k = 20; k < sizeof(packet); k++) {
			state = state * 1664525u + 1013904223u;
			packet[k] = (uint8_t)(state >> 24);
		}
		if (ng) {
			put_enhanced(&plain, 0, i, packet, 32, 32);
		} else {
			put_record(&plain, 0, i, 32, 32);
			put(&plain, packet, 32);
		}
	}
	capture_write_gzip(plain.at, plain.count, false);
	packed_bytes = load(packed, sizeof(packed));
}

struct outcome {
	uint32_t packets;
	bool in_order;
	int status; /* -1: not opened */
	uint64_t at;
	char error[1024];
};

static struct outcome
read_capture(const char *path)
{
	struct outcome o = { .status = -1, .in_order = true };
	struct trace_packet p;
	bool usage;

	struct trace *t =
	    trace_open(path, NULL, &usage, o.error, sizeof(o.error));
	if (t == NULL)
		return o;
	while ((o.status = trace_next(t, &p)) == TRACE_PACKET) {
		o.in_order &= p.time_ns == o.packets * 1000u;
		o.packets++;
	}
	o.at = trace_damaged_at(t);
	(void)snprintf(o.error, sizeof(o.error), "%s", trace_error(t));
	trace_close(t);
	return o;
}

static void
test_gzip(void)
{
	for (int ng = 0; ng < 2; ng++) {
		const char *row = ng ? "pcapng" : "pcap";
		struct trace_packet p;
		struct trace_info info;
		char error[512];
		bool usage;

		make_files(ng);
		struct trace *t = trace_open(
		    capture_path, NULL, &usage, error, sizeof(error));
		UNIT_NEED(t);
		UNIT_EQUAL(row, trace_bytes_total(t), packed_bytes);
		for (unsigned i = 0; i < PACKETS; i++)
			UNIT_EQUAL(row, trace_next(t, &p), TRACE_PACKET);
		UNIT_EQUAL(row, trace_next(t, &p), TRACE_END);
		UNIT_EQUAL(row, trace_bytes_read(t), packed_bytes);
		trace_info(t, &info);
		UNIT_ROW(row, info.packing && !strcmp(info.packing, "gzip"));
		UNIT_ROW(row, !strcmp(info.format, row));
		trace_close(t);
	}
}

/* Members cut the capture anywhere; zeroes may follow, other bytes not. */
static void
test_members(void)
{
	static const size_t cuts[] = { 0, 1, 3, 24, 30, 4000 };

	make_files(false);
	for (size_t i = 0; i < LB_COUNT(cuts); i++) {
		char row[32];

		(void)snprintf(row, sizeof(row), "cut at %zu", cuts[i]);
		capture_write_gzip(plain.at, cuts[i], false);
		capture_write_gzip(
		    plain.at + cuts[i], plain.count - cuts[i], true);
		struct outcome o = read_capture(capture_path);
		UNIT_EQUAL(row, o.status, TRACE_END);
		UNIT_EQUAL(row, o.packets, PACKETS);
		UNIT_ROW(row, o.in_order);
	}

	memset(packed + packed_bytes, 0, 600);
	capture_write(packed, packed_bytes + 600);
	struct outcome o = read_capture(capture_path);
	CU_ASSERT_EQUAL(o.status, TRACE_END);
	CU_ASSERT_EQUAL(o.packets, PACKETS);

	packed[packed_bytes + 599] = 'x';
	capture_write(packed, packed_bytes + 600);
	o = read_capture(capture_path);
	CU_ASSERT_EQUAL(o.status, TRACE_DAMAGED);
	CU_ASSERT_EQUAL(o.packets, PACKETS);
	CU_ASSERT_EQUAL(o.at, plain.count);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.error, "other bytes follow its end"));
}

static void
check_cut(size_t at, uint32_t *most)
{
	char row[32];

	(void)snprintf(row, sizeof(row), "cut at %zu", at);
	capture_write(packed, at);
	struct outcome o = read_capture(capture_path);
	UNIT_ROW(row, o.status == -1 || o.status == TRACE_DAMAGED);
	UNIT_ROW(
	    row, o.status == -1 || strstr(o.error, "gzip packing is damaged"));
	UNIT_ROW(row, o.in_order && o.packets >= *most);
	*most = o.packets;
}

static void
check_changed(size_t at)
{
	char row[32];

	(void)snprintf(row, sizeof(row), "changed at %zu", at);
	packed[at] ^= 0x20;
	capture_write(packed, packed_bytes);
	packed[at] ^= 0x20;
	struct outcome o = read_capture(capture_path);
	UNIT_ROW(row, o.status == -1 || o.status == TRACE_DAMAGED);
}

/* Cut off or with one byte changed, a packed capture is never taken for a
 * whole one, and what came before is given out. */
static void
test_gzip_damage(void)
{
	for (int ng = 0; ng < 2; ng++) {
		uint32_t most = 0;

		make_files(ng);
		for (size_t at = 1; at < packed_bytes; at += 97)
			check_cut(at, &most);
		CU_ASSERT(most > PACKETS * 3 / 4);
		CU_ASSERT(most <= PACKETS);
		for (size_t at = 10; at < packed_bytes; at += 97)
			check_changed(at);
	}
}

/* A pipe: nothing can be read twice. */
static void
test_pipe(void)
{
	for (int i = 0; i < 4; i++) {
		const char *row = i & 1 ? "pcapng" : "pcap";

		make_files(i & 1);
		int was = i & 2 ? capture_begin_pipe(packed, packed_bytes)
				: capture_begin_pipe(plain.at, plain.count);
		struct outcome o = read_capture("-");
		UNIT_EQUAL(row, o.status, TRACE_END);
		UNIT_EQUAL(row, o.packets, PACKETS);
		UNIT_ROW(row, o.in_order);
		capture_end_pipe(was);
	}
}

/* Other packings are named from a pipe, too. */
static void
test_refused_from_pipe(void)
{
	char error[512];
	bool usage;

	int was = capture_begin_pipe("\x28\xb5\x2f\xfd\0\0", 6);
	CU_ASSERT_PTR_NULL(trace_open("-", NULL, &usage, error, 512));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "zstd -d"));
	capture_end_pipe(was);

	/* packed twice */
	capture_write_gzip("\x1f\x8b\x08\0\0\0", 6, false);
	CU_ASSERT_PTR_NULL(trace_open(capture_path, NULL, &usage, error, 512));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "gzip -d"));
	/* packed nothing */
	capture_write_gzip("", 0, false);
	CU_ASSERT_PTR_NULL(trace_open(capture_path, NULL, &usage, error, 512));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "is empty"));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "gzip", test_gzip },
		{ "members", test_members },
		{ "gzip damage", test_gzip_damage },
		{ "pipe", test_pipe },
		{ "refused from a pipe", test_refused_from_pipe },
		CU_TEST_INFO_NULL,
	};

	if (capture_make_folder() != 0)
		return EXIT_FAILURE;
	int status = unit_main("input", tests);
	return capture_remove_folder() == 0 ? status : EXIT_FAILURE;
}
