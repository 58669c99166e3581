/* SPDX-License-Identifier: MIT */
#ifndef LIVE_XDP_NEIGHBOURS_H
#define LIVE_XDP_NEIGHBOURS_H
/*
 * Who has this frontend?  ARP requests and neighbour solicitations for the
 * addresses that the control process put into `owned`, answered with the link
 * address of the interface that they came in by; tags as they are.  All other
 * questions are the kernel's.
 *
 * Who else says that he has one of them is told to the control process, and
 * not contradicted: two that do would go on for ever.
 *
 * Global functions, verified once, and out of the way of what is forwarded.
 * They copy what they read: no pointer into the frame is reckoned with.
 *
 * Source: RFC 826; RFC 5227 2.1.1, 2.4; RFC 4861 4.3, 4.4, 7.1, 7.2.4.
 */
#include "live/xdp/ports.h"
#include "live/xdp/tap.h"
#include "model/path/packet.h"

#define NEIGHBOURS_NOT_OURS (-1) /* else an action */

#define LINK_TAGGED_MAX   22u /* with LB_VLAN_MAX tags */
#define LINK_MACS         12u
#define ARP_BYTES         28u
#define ARP_ETHERNET      0x0001
#define ARP_REQUEST       0x0001
#define ARP_REPLY         0x0002
#define ETHERTYPE_ARP     0x0806
#define IP6_HEADER        40u
#define ND_BYTES          64u /* with the IPv6 header, without options */
#define ND_BODY           24u
#define ND_UNITS_MAX      12u /* of 8 bytes, in options */
#define ND_HOP_LIMIT      255
#define ND_SOLICITATION   135
#define ND_ADVERTISEMENT  136
#define ND_SOURCE_MAC     1
#define ND_TARGET_MAC     2
#define ND_FLAG_ROUTER    0x80u /* in the first byte of four */
#define ND_FLAG_SOLICITED 0x40u
#define ND_FLAG_OVERRIDE  0x20u

/* What is answered for; the value says nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FORWARD_OWNED_MAX);
	__type(key, struct lb_addr);
	__type(value, uint32_t);
} owned SEC(".maps");

/* Of Ethernet and IPv4.  Its words are in the order of the wire. */
struct arp {
	uint16_t hardware, protocol;
	uint16_t lengths;
	uint16_t operation;
	uint8_t sender_mac[6], sender[4];
	uint8_t target_mac[6], target[4];
};
_Static_assert(sizeof(struct arp) == ARP_BYTES, "as on the wire");

struct nd_option {
	uint8_t type, units; /* of 8 bytes */
	uint8_t mac[6];
};

/* With the IPv6 header, and one option. */
struct nd {
	uint32_t version;
	uint16_t payload;
	uint8_t next, hop_limit;
	struct lb_addr src, dst;
	uint8_t type, code;
	uint16_t sum;
	uint32_t flags;
	struct lb_addr target;
	struct nd_option option;
};
_Static_assert(sizeof(struct nd) == ND_BYTES + 8, "as on the wire");

/* --- addresses ----------------------------------------------------------- */

LB_INLINE bool
is_owned(const struct lb_addr *addr)
{
	return bpf_map_lookup_elem(&owned, addr) != NULL;
}

LB_INLINE bool
same_mac(const uint8_t *a, const uint8_t *b)
{
	return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) |
		   (a[4] ^ b[4]) | (a[5] ^ b[5])) == 0;
}

/* One station's, not a group's and not nobody's. */
LB_INLINE bool
is_station(const uint8_t *mac)
{
	return (mac[0] & 1) == 0 &&
	       (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]) != 0;
}

/* Was the frame sent to this interface, or to a group? */
LB_INLINE bool
is_for(const struct forward_port *port, const uint8_t *link)
{
	return (link[0] & 1) != 0 || same_mac(link, port->mac);
}

/* Somebody says that he has an address of ours. */
LB_INLINE int
claimed(struct xdp_md *ctx, const uint8_t *mac, const struct forward_port *port)
{
	if (!same_mac(mac, port->mac))
		tap_wants(ctx, TAP_CLAIMED, 0);
	return NEIGHBOURS_NOT_OURS;
}

/* --- ARP ----------------------------------------------------------------- */

LB_INLINE bool
is_tag(uint32_t type)
{
	return type == 0x8100 || type == 0x88a8;
}

/* Where the ARP packet begins behind the tags; 0: it is none. */
LB_INLINE uint32_t
arp_offset(const uint8_t *link)
{
	uint32_t type = lb_load_be16(link + 12), at = 14;
	if (is_tag(type)) {
		type = lb_load_be16(link + 16);
		at = 18;
		if (is_tag(type)) {
			type = lb_load_be16(link + 20);
			at = 22;
		}
	}
	return type == ETHERTYPE_ARP ? at : 0;
}

LB_INLINE struct lb_addr
arp_addr(const uint8_t *at)
{
	return lb_addr_v4(lb_load16(at) | (uint32_t)lb_load16(at + 2) << 16);
}

/* The question becomes the answer. */
LB_INLINE void
arp_turn(struct arp *arp, const uint8_t *own)
{
	uint8_t asked[4];
	__builtin_memcpy(asked, arp->target, 4);
	__builtin_memcpy(arp->target_mac, arp->sender_mac, 6);
	__builtin_memcpy(arp->target, arp->sender, 4);
	__builtin_memcpy(arp->sender_mac, own, 6);
	__builtin_memcpy(arp->sender, asked, 4);
	arp->operation = __builtin_bswap16(ARP_REPLY);
}

/*
 * neighbours_arp - a frame that is no IP packet.  A probe (RFC 5227 2.1.1),
 * whose sender is 0.0.0.0, is a question like another.
 */
__attribute__((noinline)) int
neighbours_arp(struct xdp_md *ctx)
{
	uint8_t link[24] __attribute__((aligned(8)));
	struct arp arp;
	const struct forward_port *port = port_of(ctx->ingress_ifindex);
	if (port == NULL || !is_station(port->mac) ||
	    bpf_xdp_load_bytes(ctx, 0, link, LINK_TAGGED_MAX) != 0)
		return NEIGHBOURS_NOT_OURS;
	uint32_t l3 = arp_offset(link);
	if (l3 == 0 || !is_for(port, link) ||
	    bpf_xdp_load_bytes(ctx, l3, &arp, sizeof(arp)) != 0)
		return NEIGHBOURS_NOT_OURS;
	if (arp.hardware != __builtin_bswap16(ARP_ETHERNET) ||
	    arp.protocol != __builtin_bswap16(0x0800) ||
	    arp.lengths != __builtin_bswap16(0x0604) ||
	    !is_station(arp.sender_mac))
		return NEIGHBOURS_NOT_OURS;
	struct lb_addr sender = arp_addr(arp.sender);
	struct lb_addr target = arp_addr(arp.target);
	if (is_owned(&sender))
		return claimed(ctx, arp.sender_mac, port);
	if (arp.operation != __builtin_bswap16(ARP_REQUEST) ||
	    !is_owned(&target))
		return NEIGHBOURS_NOT_OURS;
	arp_turn(&arp, port->mac);
	__builtin_memcpy(link, arp.target_mac, 6);
	__builtin_memcpy(link + 6, arp.sender_mac, 6);
	if (bpf_xdp_store_bytes(ctx, l3, &arp, sizeof(arp)) != 0 ||
	    bpf_xdp_store_bytes(ctx, 0, link, LINK_MACS) != 0)
		return NEIGHBOURS_NOT_OURS;
	return send_back(ctx);
}

/* --- neighbour discovery ------------------------------------------------- */

/* What the options add to the checksum, and the asker's link address. */
struct nd_options {
	uint64_t sum;
	uint8_t mac[6];
	bool has_mac;
	uint8_t zero;
};

/* -1: they go beyond the packet, or one has no length. */
LB_INLINE int
nd_options(
    struct xdp_md *ctx, uint32_t at, uint32_t units, struct nd_options *to)
{
	uint32_t left = 0; /* of the option that we are in */
	for (uint32_t i = 0; i < ND_UNITS_MAX && i < units; i++) {
		struct nd_option unit __attribute__((aligned(8)));
		if (bpf_xdp_load_bytes(ctx, at + 8 * i, &unit, 8) != 0)
			return -1;
		to->sum += lb_load32((const uint8_t *)&unit);
		to->sum += lb_load32((const uint8_t *)&unit + 4);
		if (left == 0) {
			left = unit.units;
			if (left == 0 || left > units - i)
				return -1;
			if (unit.type == ND_SOURCE_MAC && left == 1) {
				__builtin_memcpy(to->mac, unit.mac, 6);
				to->has_mac = true;
			}
		}
		left--;
	}
	return 0;
}

/* RFC 1071, of what lies between the addresses and the options; the sum of the
 * rest is handed in.  0xffff: it is right. */
LB_INLINE uint16_t
nd_sum(const struct nd *nd, uint64_t sum)
{
	const uint8_t *from = (const uint8_t *)&nd->src;
	LB_UNROLL
	for (uint32_t i = 0; i < ND_BYTES - 8; i += 4)
		sum += lb_load32(from + i);
	sum += nd->payload;
	sum += __builtin_bswap16(LB_PROTO_ICMP6);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Is it the group of those whose addresses end like this one? */
LB_INLINE bool
is_solicited_node(const struct lb_addr *group, const struct lb_addr *target)
{
	/* ff02::1:ffXX:XXXX, the last three bytes the address's */
	const uint64_t first = 0x02ff, fixed = 0xff01000000,
		       most = 0xffffffffff;
	return group->word[0] == first && (group->word[1] & most) == fixed &&
	       (group->word[1] & ~most) == (target->word[1] & ~most);
}

LB_INLINE bool
is_nobody(const struct lb_addr *addr)
{
	return addr->word[0] == 0 && addr->word[1] == 0;
}

/* RFC 4861 7.1.1; that it asks who has the target, which is ours, is known. */
LB_INLINE bool
nd_may_ask(const struct nd *nd, const struct nd_options *options)
{
	bool group = is_solicited_node(&nd->dst, &nd->target);
	if (is_nobody(&nd->src)) /* duplicate address detection */
		return group && !options->has_mac;
	if ((nd->src.word[0] & 0xff) == 0xff ||
	    (options->has_mac && !is_station(options->mac)))
		return false;
	return group || (nd->dst.word[0] == nd->target.word[0] &&
			    nd->dst.word[1] == nd->target.word[1]);
}

/* The solicitation becomes the advertisement, RFC 4861 7.2.4: to all nodes
 * where nobody asked. */
LB_INLINE void
nd_turn(struct nd *nd, const uint8_t *own, uint32_t flags)
{
	if (is_nobody(&nd->src)) {
		nd->dst.word[0] = 0x02ff;
		nd->dst.word[1] = 1ull << 56;
	} else {
		nd->dst = nd->src;
		flags |= ND_FLAG_SOLICITED;
	}
	nd->src = nd->target;
	nd->version = 0x60;
	nd->payload = __builtin_bswap16(ND_BODY + 8);
	nd->type = ND_ADVERTISEMENT;
	nd->flags = flags | ND_FLAG_OVERRIDE;
	nd->option.type = ND_TARGET_MAC;
	nd->option.units = 1;
	__builtin_memcpy(nd->option.mac, own, 6);
	nd->sum = 0;
	const uint8_t *option = (const uint8_t *)&nd->option;
	nd->sum = (uint16_t)~nd_sum(
	    nd, (uint64_t)lb_load32(option) + lb_load32(option + 4));
}

/* To whom: as the link header and the option say. */
LB_INLINE void
nd_address(uint8_t *link, const struct nd *asked,
    const struct nd_options *options, const uint8_t *own)
{
	if (is_nobody(&asked->src)) {
		lb_store16(link, 0x3333);
		lb_store16(link + 2, 0);
		lb_store16(link + 4, 0x0100);
	} else if (options->has_mac) {
		__builtin_memcpy(link, options->mac, 6);
	} else {
		__builtin_memcpy(link, link + 6, 6);
	}
	__builtin_memcpy(link + 6, own, 6);
}

/* A frame of another length: what is needed comes and goes at its head. */
LB_INLINE int
nd_send(
    struct xdp_md *ctx, const uint8_t *link, uint32_t l3, const struct nd *nd)
{
	int had = (int)bpf_xdp_get_buff_len(ctx);
	int wants = (int)(l3 + sizeof(*nd));
	if (had != wants && bpf_xdp_adjust_head(ctx, had - wants) != 0)
		return NEIGHBOURS_NOT_OURS;
	if (bpf_xdp_store_bytes(ctx, 0, (void *)link, LINK_TAGGED_MAX) != 0 ||
	    bpf_xdp_store_bytes(ctx, l3, (void *)nd, sizeof(*nd)) != 0)
		return XDP_ABORTED;
	return send_back(ctx);
}

/*
 * neighbours_nd - a packet whose ICMPv6 header follows its IPv6 header, a
 * solicitation or an advertisement.
 *
 * l3      where the IPv6 header begins.
 * router  whether we are one: ND_FLAG_ROUTER or 0.
 */
__attribute__((noinline)) int
neighbours_nd(struct xdp_md *ctx, uint32_t l3, uint32_t router)
{
	uint8_t link[24] __attribute__((aligned(8)));
	struct nd nd;
	struct nd_options options = { 0 };
	const struct forward_port *port = port_of(ctx->ingress_ifindex);
	if (port == NULL || !is_station(port->mac) ||
	    bpf_xdp_load_bytes(ctx, 0, link, LINK_TAGGED_MAX) != 0 ||
	    bpf_xdp_load_bytes(ctx, l3, &nd, ND_BYTES) != 0 ||
	    !is_for(port, link) || !is_station(link + 6))
		return NEIGHBOURS_NOT_OURS;
	const bool asks = nd.type == ND_SOLICITATION;
	const bool claims = is_owned(asks ? &nd.src : &nd.target);
	if (nd.hop_limit != ND_HOP_LIMIT || nd.code != 0 ||
	    (!claims && !(asks && is_owned(&nd.target))))
		return NEIGHBOURS_NOT_OURS;
	uint32_t bytes = __builtin_bswap16(nd.payload);
	if (bytes < ND_BODY || bytes % 8 != 0 ||
	    bytes > ND_BODY + 8 * ND_UNITS_MAX ||
	    nd_options(ctx, l3 + ND_BYTES, (bytes - ND_BODY) / 8, &options) !=
		0 ||
	    nd_sum(&nd, options.sum) != 0xffff)
		return NEIGHBOURS_NOT_OURS;
	if (claims)
		return claimed(ctx, link + 6, port);
	if (!nd_may_ask(&nd, &options))
		return NEIGHBOURS_NOT_OURS;
	nd_address(link, &nd, &options, port->mac);
	nd_turn(&nd, port->mac, router);
	return nd_send(ctx, link, l3, &nd);
}

#endif
