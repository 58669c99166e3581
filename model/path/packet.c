/* SPDX-License-Identifier: MIT */
#include "model/path/packet.h"

enum {
	ETH_BYTES = 14,
	VLAN_BYTES = 4,
	IP4_BYTES = 20,
	IP6_BYTES = 40,
	TCP_BYTES = 20,
	UDP_BYTES = 8,
	ICMP_BYTES = 8,
	PORTS_BYTES = 4,
};

enum {
	ETHERTYPE_IP4 = 0x0800,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IP6 = 0x86dd,
	ETHERTYPE_QINQ = 0x88a8,
};

/* RFC 8200 4: the headers that may stand between IPv6 and its payload. */
enum {
	EXT_HOP_BY_HOP = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_AUTHENTICATION = 51, /* RFC 4302 */
	EXT_DESTINATION = 60,
};

/* struct lb_headers.l4_bytes: nothing in a header says how long this is. */
#define LENGTH_UNKNOWN UINT32_MAX

/* No header that we read starts further in: two tags and, outer and quoted,
 * IPv6 and six extension headers of 2,048 bytes.  The verifier needs it. */
#define OFFSET_MAX 0x7fffu

/* What a header out of reach means depends on whether there was more. */
#define OUT_OF_REACH(whole)                                                    \
	((whole) ? LB_PARSED_MALFORMED : LB_PARSED_TRUNCATED)

/*
 * The place of a header whose offset is in the packet struct.  It is read
 * back from there instead of carried in a register, so that the verifier does
 * not explore what follows once per path that led here.  `usual` is where it
 * nearly always is: guessed right, nothing waits for the offset.
 */
LB_INLINE const uint8_t *
header_at(const uint8_t *data, const uint16_t *offset, uint32_t usual)
{
	uint32_t at = LB_LOAD(*offset);
	if (LB_LIKELY(at == usual))
		return data + usual;
	lb_forget(at);
	return data + (at <= OFFSET_MAX ? at : OFFSET_MAX);
}

/* Steps over tags; leaves *at behind the ethertype that it returns, or -1. */
LB_INLINE int
parse_link(const uint8_t *data, const uint8_t *end, uint32_t *at)
{
	if (data + ETH_BYTES > end)
		return -1;
	uint32_t type = lb_load_be16(data + 12);
	uint32_t offset = ETH_BYTES;
	for (uint32_t i = 0; i < LB_VLAN_MAX; i++) {
		if (LB_LIKELY(type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ))
			break;
		const uint8_t *tag = data + offset;
		if (tag + VLAN_BYTES > end)
			return -1;
		type = lb_load_be16(tag + 2);
		offset += VLAN_BYTES;
	}
	*at = offset;
	return (int)type;
}

/* The IPv4 header at h->l3. */
LB_INLINE int
parse_ip4(
    const uint8_t *data, const uint8_t *end, bool whole, struct lb_headers *h)
{
	const uint8_t *ip = header_at(data, &h->l3, ETH_BYTES);
	if (ip + IP4_BYTES > end)
		return OUT_OF_REACH(whole);
	uint32_t header = (ip[0] & 0xfu) * 4;
	if (ip[0] >> 4 != 4 || header < IP4_BYTES)
		return LB_PARSED_MALFORMED;
	uint32_t total = lb_load_be16(ip + 2);
	if (total != 0 && total < header)
		return LB_PARSED_MALFORMED;
	uint32_t fragment = lb_load_be16(ip + 6);
	h->family = 4;
	h->l4 = (uint16_t)(h->l3 + header);
	h->proto = ip[9];
	h->fragment = LB_FRAGMENT_NO;
	if (LB_UNLIKELY((fragment & 0x3fff) != 0))
		h->fragment = (fragment & 0x1fff) != 0 ? LB_FRAGMENT_LATER
						       : LB_FRAGMENT_FIRST;
	h->src = lb_addr_v4(lb_load32(ip + 12));
	h->dst = lb_addr_v4(lb_load32(ip + 16));
	h->l4_bytes = total == 0 ? LENGTH_UNKNOWN : total - header;
	return LB_PARSED;
}

/* Steps over one extension header: h->proto and h->l4 become the next's. */
LB_INLINE int
parse_extension(const uint8_t *data, const uint8_t *end, bool whole,
    uint32_t proto, struct lb_headers *h)
{
	const uint8_t *ext = header_at(data, &h->l4, ETH_BYTES + IP6_BYTES);
	uint32_t bytes = 8;
	if (ext + 8 > end)
		return OUT_OF_REACH(whole);
	if (proto == EXT_FRAGMENT) {
		uint32_t fragment = lb_load_be16(ext + 2);
		if ((fragment & 0xfff8) != 0)
			h->fragment = LB_FRAGMENT_LATER;
		else if ((fragment & 1) != 0)
			h->fragment = LB_FRAGMENT_FIRST;
	} else if (proto == EXT_AUTHENTICATION) {
		bytes = (ext[1] + 2u) * 4;
	} else {
		bytes = (ext[1] + 1u) * 8;
	}
	h->proto = ext[0];
	h->l4 = (uint16_t)(LB_LOAD(h->l4) + bytes);
	return LB_PARSED;
}

LB_INLINE bool
is_extension(uint32_t proto)
{
	return proto == EXT_HOP_BY_HOP || proto == EXT_ROUTING ||
	       proto == EXT_FRAGMENT || proto == EXT_AUTHENTICATION ||
	       proto == EXT_DESTINATION;
}

/* The IPv6 header at h->l3 and what stands between it and its payload. */
LB_INLINE int
parse_ip6(
    const uint8_t *data, const uint8_t *end, bool whole, struct lb_headers *h)
{
	const uint8_t *ip = header_at(data, &h->l3, ETH_BYTES);
	if (ip + IP6_BYTES > end)
		return OUT_OF_REACH(whole);
	if (ip[0] >> 4 != 6)
		return LB_PARSED_MALFORMED;
	h->family = 6;
	h->l4 = (uint16_t)(h->l3 + IP6_BYTES);
	h->fragment = LB_FRAGMENT_NO;
	h->src.word[0] = lb_load64(ip + 8);
	h->src.word[1] = lb_load64(ip + 16);
	h->dst.word[0] = lb_load64(ip + 24);
	h->dst.word[1] = lb_load64(ip + 32);
	/* IPv4's addresses have no place here (RFC 6890 table 20), and would be
	 * taken for IPv4's. */
	if (lb_addr_is_v4(&h->src) || lb_addr_is_v4(&h->dst))
		return LB_PARSED_MALFORMED;
	h->proto = ip[6];
	h->l4_bytes = lb_load_be16(ip + 4);
	for (uint32_t i = 0; i < LB_EXT_MAX; i++) {
		uint32_t proto = LB_LOAD(h->proto);
		if (LB_LIKELY(!is_extension(proto)) ||
		    LB_LOAD(h->fragment) == LB_FRAGMENT_LATER)
			break;
		int parsed = parse_extension(data, end, whole, proto, h);
		if (parsed != LB_PARSED)
			return parsed;
	}
	uint32_t payload = LB_LOAD(h->l4_bytes);
	uint32_t between = (uint32_t)LB_LOAD(h->l4) - h->l3 - IP6_BYTES;
	if (payload == 0) { /* a jumbogram, or left to the NIC to fill in */
		h->l4_bytes = LENGTH_UNKNOWN;
		return LB_PARSED;
	}
	if (between > payload)
		return LB_PARSED_MALFORMED;
	h->l4_bytes = payload - between;
	return LB_PARSED;
}

LB_INLINE int
parse_tcp(
    const uint8_t *l4, const uint8_t *end, bool whole, struct lb_packet *pkt)
{
	uint32_t left = LB_LOAD(pkt->ip.l4_bytes);
	if (l4 + TCP_BYTES > end)
		return OUT_OF_REACH(whole);
	uint32_t header = (l4[12] >> 4) * 4u;
	pkt->ip.sport.raw = lb_load16(l4);
	pkt->ip.dport.raw = lb_load16(l4 + 2);
	pkt->seq = lb_load_be32(l4 + 4);
	pkt->ack = lb_load_be32(l4 + 8);
	pkt->tcp_flags = l4[13];
	/* A first fragment that cuts the header is an attack (RFC 1858). */
	if (header < TCP_BYTES || left < TCP_BYTES ||
	    (header > left && pkt->ip.fragment == LB_FRAGMENT_NO)) {
		pkt->notes |= LB_NOTE_L4_BAD;
		return LB_PARSED;
	}
	if (left != LENGTH_UNKNOWN && left > header)
		pkt->payload_bytes = left - header;
	return LB_PARSED;
}

LB_INLINE int
parse_udp(
    const uint8_t *l4, const uint8_t *end, bool whole, struct lb_packet *pkt)
{
	uint32_t left = LB_LOAD(pkt->ip.l4_bytes);
	if (l4 + UDP_BYTES > end)
		return OUT_OF_REACH(whole);
	uint32_t length = lb_load_be16(l4 + 4);
	pkt->ip.sport.raw = lb_load16(l4);
	pkt->ip.dport.raw = lb_load16(l4 + 2);
	/* RFC 2675: a jumbogram's UDP length is 0. */
	bool bad =
	    length < UDP_BYTES && !(length == 0 && left == LENGTH_UNKNOWN);
	if (length > left && pkt->ip.fragment == LB_FRAGMENT_NO)
		bad = true;
	if (left < UDP_BYTES)
		bad = true;
	if (bad)
		pkt->notes |= LB_NOTE_L4_BAD;
	return LB_PARSED;
}

/*
 * The packet that an ICMP error quotes.  What is cut short, a later fragment
 * or of a protocol without ports can't be ours: then there is no note.
 */
LB_INLINE void
parse_quoted(const uint8_t *data, const uint8_t *end, struct lb_packet *pkt)
{
	struct lb_headers *q = &pkt->quoted;
	q->l3 = (uint16_t)(LB_LOAD(pkt->ip.l4) + ICMP_BYTES);
	int parsed = LB_LOAD(pkt->ip.family) == 4
			 ? parse_ip4(data, end, false, q)
			 : parse_ip6(data, end, false, q);
	if (parsed != LB_PARSED || LB_LOAD(q->fragment) == LB_FRAGMENT_LATER)
		return;
	uint32_t proto = LB_LOAD(q->proto);
	if (proto != LB_PROTO_TCP && proto != LB_PROTO_UDP)
		return;
	const uint8_t *l4 = header_at(data, &q->l4, 0);
	if (l4 + PORTS_BYTES > end)
		return;
	uint32_t before = (uint32_t)LB_LOAD(q->l4) - pkt->ip.l4;
	uint32_t left = LB_LOAD(pkt->ip.l4_bytes);
	uint32_t quoted = (uint32_t)(end - l4);
	if (left != LENGTH_UNKNOWN) {
		if (left < before + PORTS_BYTES)
			return;
		if (quoted > left - before)
			quoted = left - before;
	}
	q->sport.raw = lb_load16(l4);
	q->dport.raw = lb_load16(l4 + 2);
	q->l4_bytes = quoted;
	pkt->notes |= LB_NOTE_ICMP_ERROR;
}

/* RFC 792, RFC 4443 2.1: the types that quote the packet they are about.
 * A redirect quotes too, but speaks to the sender's own segment. */
LB_INLINE bool
is_icmp_error(uint32_t proto, uint32_t type)
{
	if (proto == LB_PROTO_ICMP6)
		return type >= 1 && type <= 4;
	return type == 3 || type == 4 || type == 11 || type == 12;
}

LB_INLINE int
parse_icmp(
    const uint8_t *data, const uint8_t *end, bool whole, struct lb_packet *pkt)
{
	const uint8_t *l4 = header_at(data, &pkt->ip.l4, 0);
	if (l4 + ICMP_BYTES > end)
		return OUT_OF_REACH(whole);
	pkt->icmp_type = l4[0];
	if (LB_LOAD(pkt->ip.l4_bytes) < ICMP_BYTES)
		pkt->notes |= LB_NOTE_L4_BAD;
	else if (LB_LOAD(pkt->ip.fragment) == LB_FRAGMENT_NO &&
		 is_icmp_error(LB_LOAD(pkt->ip.proto), LB_LOAD(pkt->icmp_type)))
		parse_quoted(data, end, pkt);
	return LB_PARSED;
}

LB_INLINE bool
is_ours(uint32_t family, uint32_t proto)
{
	return proto == LB_PROTO_TCP || proto == LB_PROTO_UDP ||
	       proto == (family == 4 ? LB_PROTO_ICMP : LB_PROTO_ICMP6);
}

/* The packet whose IP header is at pkt->ip.l3. */
LB_INLINE int
parse_network(const uint8_t *data, const uint8_t *end, bool whole,
    uint32_t version, struct lb_packet *pkt)
{
	struct lb_headers *h = &pkt->ip;
	int parsed = version == 4 ? parse_ip4(data, end, whole, h)
				  : parse_ip6(data, end, whole, h);
	if (parsed != LB_PARSED)
		return parsed;
	if (LB_LOAD(h->l4_bytes) != LENGTH_UNKNOWN)
		pkt->ip_bytes = (uint32_t)h->l4 - h->l3 + h->l4_bytes;
	uint32_t proto = LB_LOAD(h->proto);
	if (!is_ours(LB_LOAD(h->family), proto))
		return LB_PARSED_OTHER_PROTOCOL;
	const uint8_t *l4 = header_at(
	    data, &h->l4, ETH_BYTES + (version == 4 ? IP4_BYTES : IP6_BYTES));
	if (LB_LOAD(h->fragment) == LB_FRAGMENT_LATER)
		return l4 > end ? OUT_OF_REACH(whole) : LB_PARSED;
	if (proto == LB_PROTO_TCP)
		return parse_tcp(l4, end, whole, pkt);
	if (proto == LB_PROTO_UDP)
		return parse_udp(l4, end, whole, pkt);
	return parse_icmp(data, end, whole, pkt);
}

/* Only what every reader may look at; the rest has no meaning without it. */
LB_INLINE void
packet_clear(struct lb_packet *pkt)
{
	pkt->ip.sport.raw = 0;
	pkt->ip.dport.raw = 0;
	pkt->ip.family = 0;
	pkt->ip.proto = 0;
	pkt->ip.fragment = LB_FRAGMENT_NO;
	pkt->ip.l3 = 0;
	pkt->ip_bytes = 0;
	pkt->payload_bytes = 0;
	pkt->tcp_flags = 0;
	pkt->notes = 0;
	pkt->icmp_type = 0;
}

LB_API int
lb_parse(const uint8_t *data, const uint8_t *end, uint32_t wire_bytes,
    struct lb_packet *pkt)
{
	bool whole = (uint32_t)(end - data) >= wire_bytes;
	uint32_t at = 0;
	packet_clear(pkt);
	int type = parse_link(data, end, &at);
	if (type < 0)
		return OUT_OF_REACH(whole);
	pkt->ip.l3 = (uint16_t)at;
	if (type != ETHERTYPE_IP4 && type != ETHERTYPE_IP6)
		return LB_PARSED_NOT_IP;
	uint32_t version = type == ETHERTYPE_IP4 ? 4 : 6;
	const uint8_t *ip = header_at(data, &pkt->ip.l3, ETH_BYTES);
	if (ip + 1 > end)
		return OUT_OF_REACH(whole);
	if (ip[0] >> 4 != version)
		return LB_PARSED_MALFORMED;
	return parse_network(data, end, whole, version, pkt);
}

LB_API int
lb_parse_ip(const uint8_t *data, const uint8_t *end, uint32_t wire_bytes,
    struct lb_packet *pkt)
{
	bool whole = (uint32_t)(end - data) >= wire_bytes;
	packet_clear(pkt);
	if (data + 1 > end)
		return OUT_OF_REACH(whole);
	if (data[0] >> 4 != 4 && data[0] >> 4 != 6)
		return LB_PARSED_NOT_IP;
	return parse_network(data, end, whole, data[0] >> 4, pkt);
}
