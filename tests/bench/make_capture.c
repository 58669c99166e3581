/* SPDX-License-Identifier: MIT */
/*
 * Writes the capture that the replay is measured with: many flows, taking
 * turns at random, both directions, most of them TCP.  The same numbers give
 * the same file.
 *
 *	make_capture FILE PACKETS FLOWS MEAN_BYTES [UDP_PERCENT]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETHERNET_BYTES 14u
#define IP_BYTES       20u
#define HEADERS_BYTES  (ETHERNET_BYTES + IP_BYTES + 20u)
#define FRAME_BYTES    1514u

struct record {
	uint32_t seconds, microseconds, captured_bytes, wire_bytes;
};

static uint64_t state = 1;

/* splitmix64 (Steele, Lea, Flood, 2014) */
static uint64_t
draw(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void
put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void
put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

/* One packet of a flow: its SYN first, then data either way. */
static void
fill(uint8_t *frame, uint32_t flow, uint32_t bytes, int first, int udp)
{
	uint8_t *ip = frame + ETHERNET_BYTES, *l4 = ip + IP_BYTES;
	uint32_t client = 0x0a000000u + flow / 16, server = 0xcb007100u;
	uint32_t port = 1024 + flow % 60000, service = udp ? 5683 : 443;
	int reply = !first && (draw() & 1) != 0;

	memset(frame, 0, HEADERS_BYTES);
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, bytes - ETHERNET_BYTES);
	ip[8] = 64;
	ip[9] = udp ? 17 : 6;
	put32(ip + 12, reply ? server : client);
	put32(ip + 16, reply ? client : server);
	put16(l4, reply ? service : port);
	put16(l4 + 2, reply ? port : service);
	if (udp) {
		put16(l4 + 4, bytes - ETHERNET_BYTES - IP_BYTES);
		return;
	}
	l4[12] = 0x50;
	l4[13] = first ? 0x02 : 0x10;
}

static int
write_packets(FILE *out, uint64_t packets, uint32_t flows, uint32_t mean,
    uint32_t udp_percent)
{
	static uint8_t frame[FRAME_BYTES];
	uint8_t *seen = calloc(flows, 1);
	/* Either a bare acknowledgement or a full frame. */
	uint32_t full_per_1000 =
	    1000 * (mean - HEADERS_BYTES) / (FRAME_BYTES - HEADERS_BYTES);

	if (seen == NULL)
		return -1;
	for (uint64_t i = 0; i < packets; i++) {
		uint32_t flow = (uint32_t)(draw() % flows);
		uint32_t bytes =
		    draw() % 1000 < full_per_1000 ? FRAME_BYTES : HEADERS_BYTES;
		struct record record = {
			.seconds = (uint32_t)(1700000000 + i / 100000),
			.microseconds = (uint32_t)(i % 100000 * 10),
			.captured_bytes = bytes,
			.wire_bytes = bytes,
		};
		fill(frame, flow, bytes, !seen[flow], flow % 100 < udp_percent);
		seen[flow] = 1;
		if (fwrite(&record, sizeof(record), 1, out) != 1 ||
		    fwrite(frame, bytes, 1, out) != 1)
			break;
	}
	free(seen);
	return ferror(out) ? -1 : 0;
}

int
main(int argc, char **argv)
{
	static const uint32_t header[6] = { 0xa1b2c3d4, 0x00040002, 0, 0,
		262144, 1 };

	if (argc < 5) {
		(void)fprintf(stderr,
		    "usage: make_capture FILE PACKETS FLOWS MEAN_BYTES "
		    "[UDP_PERCENT]\n");
		return 2;
	}
	uint64_t packets = strtoull(argv[2], NULL, 10);
	uint32_t flows = (uint32_t)strtoul(argv[3], NULL, 10);
	uint32_t mean = (uint32_t)strtoul(argv[4], NULL, 10);
	uint32_t udp = argc > 5 ? (uint32_t)strtoul(argv[5], NULL, 10) : 0;
	if (flows == 0 || mean < HEADERS_BYTES || mean > FRAME_BYTES)
		return 2;
	FILE *out = fopen(argv[1], "wb");
	if (out == NULL || fwrite(header, sizeof(header), 1, out) != 1 ||
	    write_packets(out, packets, flows, mean, udp) != 0 ||
	    fclose(out) != 0) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
