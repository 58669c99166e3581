/* SPDX-License-Identifier: MIT */
#include "traces/frame.h"

#include <string.h>

#define ETHERNET_BYTES 14u
#define IPV4_BYTES     20u
#define IPV6_BYTES     40u
#define TCP_BYTES      20u
#define UDP_BYTES      8u
#define HOPS           64u
#define WINDOW         65535u
#define DONT_FRAGMENT  0x4000u

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

/* --- checksums ------------------------------------------------------------ */

/* Added up as 16-bit words; an odd last byte is followed by a zero. */
static uint64_t
sum(const uint8_t *at, uint32_t bytes, uint64_t so_far)
{
	for (; bytes >= 2; bytes -= 2, at += 2)
		so_far += (uint32_t)at[0] << 8 | at[1];
	return bytes == 0 ? so_far : so_far + ((uint32_t)at[0] << 8);
}

static uint32_t
checksum(uint64_t total)
{
	while (total >> 16 != 0)
		total = (total & 0xffff) + (total >> 16);
	return (uint32_t)~total & 0xffff;
}

/* Addresses, protocol and length: of TCP and UDP over either IP. */
static uint64_t
pseudo_header(const struct lb_packet *pkt, uint32_t l4_bytes)
{
	uint64_t total = pkt->ip.proto + (uint64_t)l4_bytes;

	if (pkt->ip.family == 4) {
		const uint32_t src = lb_addr_v4_raw(&pkt->ip.src);
		const uint32_t dst = lb_addr_v4_raw(&pkt->ip.dst);
		total = sum((const uint8_t *)&src, sizeof(src), total);
		return sum((const uint8_t *)&dst, sizeof(dst), total);
	}
	total = sum((const uint8_t *)&pkt->ip.src, sizeof(pkt->ip.src), total);
	return sum((const uint8_t *)&pkt->ip.dst, sizeof(pkt->ip.dst), total);
}

/* --- headers -------------------------------------------------------------- */

static void
put_ethernet(uint8_t *to, enum trace_way way, unsigned family)
{
	/* locally administered: nobody's */
	const uint8_t client[] = { 0x02, 0, 0, 0, 0, 0x01 };
	const uint8_t server[] = { 0x02, 0, 0, 0, 0, 0x02 };
	const bool out = way == TRACE_FROM_SERVER;

	memcpy(to, out ? client : server, sizeof(client));
	memcpy(to + 6, out ? server : client, sizeof(client));
	put16(to + 12, family == 4 ? 0x0800 : 0x86dd);
}

/* Never to be fragmented, so its identification may be 0 (RFC 6864 4.1). */
static void
put_ip4(uint8_t *to, const struct lb_packet *pkt, uint32_t l4_bytes)
{
	const uint32_t src = lb_addr_v4_raw(&pkt->ip.src);
	const uint32_t dst = lb_addr_v4_raw(&pkt->ip.dst);

	memset(to, 0, IPV4_BYTES);
	to[0] = 0x45;
	put16(to + 2, IPV4_BYTES + l4_bytes);
	put16(to + 6, DONT_FRAGMENT);
	to[8] = HOPS;
	to[9] = pkt->ip.proto;
	memcpy(to + 12, &src, sizeof(src));
	memcpy(to + 16, &dst, sizeof(dst));
	put16(to + 10, checksum(sum(to, IPV4_BYTES, 0)));
}

static void
put_ip6(uint8_t *to, const struct lb_packet *pkt, uint32_t l4_bytes)
{
	memset(to, 0, IPV6_BYTES);
	to[0] = 0x60;
	put16(to + 4, l4_bytes);
	to[6] = pkt->ip.proto;
	to[7] = HOPS;
	memcpy(to + 8, &pkt->ip.src, sizeof(pkt->ip.src));
	memcpy(to + 24, &pkt->ip.dst, sizeof(pkt->ip.dst));
}

static void
put_ports(uint8_t *to, const struct lb_packet *pkt)
{
	memcpy(to, &pkt->ip.sport, sizeof(pkt->ip.sport));
	memcpy(to + 2, &pkt->ip.dport, sizeof(pkt->ip.dport));
}

static void
put_tcp(uint8_t *to, const struct lb_packet *pkt)
{
	memset(to, 0, TCP_BYTES);
	put_ports(to, pkt);
	put32(to + 4, pkt->seq);
	put32(to + 8, pkt->ack);
	to[12] = TCP_BYTES / 4 << 4;
	to[13] = pkt->tcp_flags;
	put16(to + 14, WINDOW);
}

static void
put_udp(uint8_t *to, const struct lb_packet *pkt, uint32_t l4_bytes)
{
	memset(to, 0, UDP_BYTES);
	put_ports(to, pkt);
	put16(to + 4, l4_bytes);
}

uint32_t
trace_frame(const struct lb_packet *pkt, enum trace_way way,
    const uint8_t *payload, uint8_t *frame)
{
	const bool tcp = pkt->ip.proto == LB_PROTO_TCP;
	const uint32_t l3_bytes = pkt->ip.family == 4 ? IPV4_BYTES : IPV6_BYTES;
	const uint32_t header_bytes = tcp ? TCP_BYTES : UDP_BYTES;
	const uint64_t l4_bytes = (uint64_t)header_bytes + pkt->payload_bytes;
	uint8_t *l3 = frame + ETHERNET_BYTES, *l4 = l3 + l3_bytes;

	if ((!tcp && pkt->ip.proto != LB_PROTO_UDP) ||
	    l3_bytes + l4_bytes > UINT16_MAX)
		return 0;
	put_ethernet(frame, way, pkt->ip.family);
	if (pkt->ip.family == 4)
		put_ip4(l3, pkt, (uint32_t)l4_bytes);
	else
		put_ip6(l3, pkt, (uint32_t)l4_bytes);
	if (tcp)
		put_tcp(l4, pkt);
	else
		put_udp(l4, pkt, (uint32_t)l4_bytes);
	memcpy(l4 + header_bytes, payload, pkt->payload_bytes);
	uint32_t check = checksum(sum(
	    l4, (uint32_t)l4_bytes, pseudo_header(pkt, (uint32_t)l4_bytes)));
	/* of UDP, 0 is none, and what would be 0 is its other form */
	put16(l4 + (tcp ? 16 : 6), !tcp && check == 0 ? 0xffff : check);
	return ETHERNET_BYTES + l3_bytes + (uint32_t)l4_bytes;
}
