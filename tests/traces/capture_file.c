/* SPDX-License-Identifier: MIT */
#include "tests/traces/capture_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

const uint8_t packet_ip4[32] = { 0x45, 0, 0, 32, 0, 0, 0x40, 0, 64, 17, 0, 0,
	192, 0, 2, 1, 203, 0, 113, 10, 0x9c, 0x40, 0x16, 0x33, 0, 12, 0, 0,
	0x40, 0, 0x12, 0x34 };
const uint8_t packet_ip6[52] = { 0x60, 0, 0, 0, 0, 12, 17, 64, 0x20, 0x01, 0x0d,
	0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 0x01, 0x0d, 0xb8, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x9c, 0x40, 0x16, 0x33, 0, 12, 0, 0, 0x40,
	0, 0x12, 0x34 };
const uint8_t packet_ethernet[14] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8 };

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	abort();
}

void
put(struct bytes *b, const void *data, size_t count)
{
	must(count <= sizeof(b->at) - b->count, "put: no room");
	memcpy(b->at + b->count, data, count);
	b->count += count;
}

void
put16(struct bytes *b, uint16_t value)
{
	uint16_t out = b->big ? __builtin_bswap16(value) : value;

	put(b, &out, sizeof(out));
}

void
put32(struct bytes *b, uint32_t value)
{
	uint32_t out = b->big ? __builtin_bswap32(value) : value;

	put(b, &out, sizeof(out));
}

void
put64(struct bytes *b, uint64_t value)
{
	uint64_t out = b->big ? __builtin_bswap64(value) : value;

	put(b, &out, sizeof(out));
}

/* --- pcap ---------------------------------------------------------------- */

void
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

void
put_record(struct bytes *b, uint32_t s, uint32_t fraction, uint32_t captured,
    uint32_t wire)
{
	put32(b, s);
	put32(b, fraction);
	put32(b, captured);
	put32(b, wire);
}

void
put_frame(struct bytes *b, uint32_t s)
{
	const uint32_t count = sizeof(packet_ethernet) + sizeof(packet_ip4);

	put_record(b, s, 0, count, count);
	put(b, packet_ethernet, sizeof(packet_ethernet));
	put(b, packet_ip4, sizeof(packet_ip4));
}

/* --- pcapng -------------------------------------------------------------- */

static void
pad(struct bytes *b, size_t count)
{
	put(b, "\0\0", -count % 4);
}

size_t
put_block(struct bytes *b, uint32_t type)
{
	size_t block = b->count;

	put32(b, type);
	put32(b, 0); /* put_block_end() knows */
	return block;
}

void
put_block_end(struct bytes *b, size_t block)
{
	struct bytes length = { .big = b->big };

	pad(b, b->count - block);
	put32(&length, (uint32_t)(b->count - block + 4));
	memcpy(b->at + block + 4, length.at, 4);
	put(b, length.at, 4);
}

void
put_option(struct bytes *b, uint16_t code, const void *value, uint16_t count)
{
	put16(b, code);
	put16(b, count);
	put(b, value, count);
	pad(b, count);
}

void
put_section(struct bytes *b)
{
	size_t block = put_block(b, 0x0a0d0d0a);

	put32(b, 0x1a2b3c4d);
	put16(b, 1);
	put16(b, 0);
	put64(b, UINT64_MAX);
	put_block_end(b, block);
}

void
put_interface(struct bytes *b, uint16_t link, uint32_t snaplen)
{
	size_t block = put_block(b, 1);

	put16(b, link);
	put16(b, 0);
	put32(b, snaplen);
	put_block_end(b, block);
}

void
put_interface_units(
    struct bytes *b, uint16_t link, uint32_t snaplen, uint8_t tsresol)
{
	size_t block = put_block(b, 1);

	put16(b, link);
	put16(b, 0);
	put32(b, snaplen);
	put_option(b, 2, "eth\x07", 4);
	put_option(b, 9, &tsresol, 1);
	put_option(b, 0, "", 0);
	put_block_end(b, block);
}

void
put_enhanced(struct bytes *b, uint32_t interface, uint64_t units,
    const void *data, uint32_t captured, uint32_t wire)
{
	size_t block = put_block(b, 6);

	put32(b, interface);
	put32(b, (uint32_t)(units >> 32));
	put32(b, (uint32_t)units);
	put32(b, captured);
	put32(b, wire);
	put(b, data, captured);
	put_block_end(b, block);
}

/* --- the file ------------------------------------------------------------ */

char capture_folder[64];
char capture_path[96];

int
capture_make_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(capture_folder, sizeof(capture_folder),
	    "%s/fairlead-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	if (mkdtemp(capture_folder) == NULL)
		return -1;
	(void)snprintf(
	    capture_path, sizeof(capture_path), "%s/capture", capture_folder);
	return 0;
}

int
capture_remove_folder(void)
{
	(void)unlink(capture_path);
	return rmdir(capture_folder);
}

void
capture_write(const void *data, size_t count)
{
	FILE *f = fopen(capture_path, "wb");

	must(f != NULL && fwrite(data, 1, count, f) == count && fclose(f) == 0,
	    capture_path);
}

void
capture_write_gzip(const void *data, size_t count, bool append)
{
	gzFile f = gzopen(capture_path, append ? "ab" : "wb");

	must(f != NULL && gzwrite(f, data, (unsigned)count) == (int)count &&
		 gzclose(f) == Z_OK,
	    capture_path);
}

int
capture_begin_pipe(const void *data, size_t count)
{
	int ends[2], was = dup(STDIN_FILENO);

	must(pipe(ends) == 0 && write(ends[1], data, count) == (ssize_t)count &&
		 dup2(ends[0], STDIN_FILENO) == STDIN_FILENO,
	    "pipe");
	(void)close(ends[0]);
	(void)close(ends[1]);
	return was;
}

void
capture_end_pipe(int was)
{
	if (was < 0)
		return;
	(void)dup2(was, STDIN_FILENO);
	(void)close(was);
}
