/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TRACES_CAPTURE_FILE_H
#define TESTS_TRACES_CAPTURE_FILE_H
/*
 * A capture in the making: bytes put one after the other, in either byte
 * order, and written to a file that is removed at the end.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAGIC_US     0xa1b2c3d4u
#define MAGIC_NS     0xa1b23c4du
#define MAGIC_LONGER 0xa1b2cd34u
#define HEADER_BYTES 24u
#define RECORD_BYTES 16u
#define SNAP_BYTES   65535u

/* 192.0.2.1:40000 > 203.0.113.10:5683, UDP, 4 bytes (a CoAP ping) */
extern const uint8_t packet_ip4[32];
/* 2001:db8::1 to 2001:db8::2, the same */
extern const uint8_t packet_ip6[52];
/* in front of packet_ip4 */
extern const uint8_t packet_ethernet[14];

struct bytes {
	uint8_t at[65536];
	size_t count;
	bool big; /* numbers in big-endian order */
};

void put(struct bytes *b, const void *data, size_t count);
void put16(struct bytes *b, uint16_t value);
void put32(struct bytes *b, uint32_t value);
void put64(struct bytes *b, uint64_t value);

/* --- pcap ---------------------------------------------------------------- */

void put_header(struct bytes *b, uint32_t magic, uint32_t link);
void put_record(struct bytes *b, uint32_t s, uint32_t fraction,
    uint32_t captured, uint32_t wire);
/* Ethernet, IPv4, UDP: 46 bytes. */
void put_frame(struct bytes *b, uint32_t s);

/* --- pcapng -------------------------------------------------------------- */

/* Begins a block; returns where it is, for put_block_end(). */
size_t put_block(struct bytes *b, uint32_t type);
void put_block_end(struct bytes *b, size_t block);
void put_option(
    struct bytes *b, uint16_t code, const void *value, uint16_t count);

void put_section(struct bytes *b);
/* Without options: microseconds. */
void put_interface(struct bytes *b, uint16_t link, uint32_t snaplen);
/* An interface of that if_tsresol. */
void put_interface_units(
    struct bytes *b, uint16_t link, uint32_t snaplen, uint8_t tsresol);
void put_enhanced(struct bytes *b, uint32_t interface, uint64_t units,
    const void *data, uint32_t captured, uint32_t wire);

/* --- the file ------------------------------------------------------------ */

/* Its folder and its name; there is nothing in it yet.  CUnit's suite
 * functions: 0, or it failed. */
extern char capture_folder[64];
extern char capture_path[96];
int capture_make_folder(void);
int capture_remove_folder(void);

void capture_write(const void *data, size_t count);
/* Packed by gzip, as one more member of what is there. */
void capture_write_gzip(const void *data, size_t count, bool append);

/* Standard input becomes a pipe that holds these bytes, 60,000 at most;
 * returns what it was, for capture_end_pipe(). */
int capture_begin_pipe(const void *data, size_t count);
void capture_end_pipe(int was);

#endif
