/* SPDX-License-Identifier: MIT */
#include "tests/bench/synthetic.h"

#include <stdlib.h>
#include <string.h>

#define ETHERNET_BYTES 14u
#define TCP_BYTES      20u

struct record {
	uint32_t seconds, microseconds, captured_bytes, wire_bytes;
};

struct writer {
	const struct synthetic *spec;
	uint64_t state; /* of chance */
	uint8_t *seen;  /* by flow */
	uint8_t frame[SYNTHETIC_BYTES_MAX];
};

/* splitmix64 (Steele, Lea, Flood, 2014) */
static uint64_t
draw(struct writer *w)
{
	uint64_t z = w->state += UINT64_C(0x9e3779b97f4a7c15);
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

static uint32_t
ip_header_bytes(const struct synthetic *s)
{
	return s->six ? 40 : 20;
}

static uint32_t
headers_bytes(const struct synthetic *s)
{
	return ETHERNET_BYTES + ip_header_bytes(s) + TCP_BYTES;
}

/* Ethernet and IP; returns where the ports go. */
static uint8_t *
fill_ip(const struct synthetic *s, uint8_t *frame, const uint32_t ends[2],
    uint32_t bytes, uint8_t proto)
{
	uint8_t *ip = frame + ETHERNET_BYTES;

	memset(frame, 0, headers_bytes(s));
	if (s->six) {
		put16(frame + 12, 0x86dd);
		ip[0] = 0x60;
		put16(ip + 4, bytes - ETHERNET_BYTES - 40);
		ip[6] = proto;
		ip[7] = 64;
		for (int i = 0; i < 2; i++) {
			put32(ip + 8 + 16 * i, 0x20010db8);
			put32(ip + 20 + 16 * i, ends[i]);
		}
		return ip + 40;
	}
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, bytes - ETHERNET_BYTES);
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + 12, ends[0]);
	put32(ip + 16, ends[1]);
	return ip + 20;
}

/* One packet of a flow: its SYN first, then data either way. */
static void
fill(struct writer *w, uint32_t flow, uint32_t bytes)
{
	const bool first = w->seen[flow] == 0;
	const bool udp = flow % 100 < w->spec->udp_percent;
	const bool reply = !first && (draw(w) & 1) != 0;
	const uint32_t client = 0x0a000000u + flow / 16, server = 0xcb007100u;
	const uint32_t port = 1024 + flow % 60000, service = udp ? 5683 : 443;
	const uint32_t ends[2] = { reply ? server : client,
		reply ? client : server };
	uint8_t *l4 = fill_ip(w->spec, w->frame, ends, bytes, udp ? 17 : 6);

	w->seen[flow] = 1;
	put16(l4, reply ? service : port);
	put16(l4 + 2, reply ? port : service);
	if (udp) {
		put16(
		    l4 + 4, bytes - ETHERNET_BYTES - ip_header_bytes(w->spec));
		return;
	}
	l4[12] = 0x50;
	l4[13] = first ? 0x02 : 0x10;
}

static int
write_packets(struct writer *w, FILE *out)
{
	const struct synthetic *s = w->spec;
	const uint32_t least = headers_bytes(s);
	const uint32_t full_per_1000 = s->even
					   ? 0
					   : 1000 * (s->mean_bytes - least) /
						 (SYNTHETIC_BYTES_MAX - least);

	for (uint64_t i = 0; i < s->packets; i++) {
		uint32_t flow = s->in_turn && i < s->flows
				    ? (uint32_t)i
				    : (uint32_t)(draw(w) % s->flows);
		uint32_t bytes = s->even ? s->mean_bytes : least;
		if (!s->even && draw(w) % 1000 < full_per_1000)
			bytes = SYNTHETIC_BYTES_MAX;
		const struct record record = {
			.seconds = (uint32_t)(1700000000 + i / 100000),
			.microseconds = (uint32_t)(i % 100000 * 10),
			.captured_bytes = bytes,
			.wire_bytes = bytes,
		};
		fill(w, flow, bytes);
		if (fwrite(&record, sizeof(record), 1, out) != 1 ||
		    fwrite(w->frame, bytes, 1, out) != 1)
			return -1;
	}
	return fflush(out);
}

const char *
synthetic_wrong(const struct synthetic *s)
{
	if (s->flows == 0 || s->flows > 1u << 24)
		return "1 to 16 M flows";
	if (s->mean_bytes > SYNTHETIC_BYTES_MAX ||
	    s->mean_bytes < (s->even && !s->six ? 64 : SYNTHETIC_BYTES_MIN))
		return "74 to 1514 bytes a packet; 64 if even, over IPv4";
	if (s->udp_percent > 100)
		return "at most 100 percent";
	return NULL;
}

int
synthetic_write(const struct synthetic *s, FILE *out)
{
	static const uint32_t header[6] = { 0xa1b2c3d4, 0x00040002, 0, 0,
		262144, 1 };
	struct writer w = { .spec = s, .state = 1 };

	w.seen = calloc(s->flows, 1);
	if (w.seen == NULL)
		return -1;
	int rc = fwrite(header, sizeof(header), 1, out) == 1
		     ? write_packets(&w, out)
		     : -1;
	free(w.seen);
	return rc;
}
