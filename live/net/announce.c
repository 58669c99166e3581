/* SPDX-License-Identifier: MIT */
#include "live/net/announce.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <string.h>

#include "live/net/raw.h"
#include "model/path/packet.h"

#define TAG_BYTES   4u
#define TYPE_QINQ   0x88a8
#define OPTION_UNIT 8u

static size_t
put_link(uint8_t *to, const uint8_t dst[6], const uint8_t mac[6], uint16_t type)
{
	struct ether_header link = { .ether_type = htons(type) };
	memcpy(link.ether_dhost, dst, 6);
	memcpy(link.ether_shost, mac, 6);
	memcpy(to, &link, sizeof(link));
	return sizeof(link);
}

static size_t
announce4(const struct lb_addr *addr, const uint8_t mac[6], uint8_t *to)
{
	static const uint8_t everybody[6] = { 255, 255, 255, 255, 255, 255 };
	const uint32_t own = lb_addr_v4_raw(addr);
	struct ether_arp arp = { .ea_hdr = { .ar_hrd = htons(ARPHRD_ETHER),
				     .ar_pro = htons(ETHERTYPE_IP),
				     .ar_hln = 6,
				     .ar_pln = 4,
				     .ar_op = htons(ARPOP_REQUEST) } };
	size_t at = put_link(to, everybody, mac, ETHERTYPE_ARP);
	memcpy(arp.arp_sha, mac, 6);
	memcpy(arp.arp_spa, &own, sizeof(own));
	memcpy(arp.arp_tpa, &own, sizeof(own));
	memcpy(to + at, &arp, sizeof(arp));
	return at + sizeof(arp);
}

static size_t
announce6(
    const struct lb_addr *addr, const uint8_t mac[6], bool router, uint8_t *to)
{
	static const uint8_t group_mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	const struct lb_addr all = { { 0x02ff, UINT64_C(1) << 56 } };
	const size_t bytes = sizeof(struct nd_neighbor_advert) + OPTION_UNIT;
	struct ip6_hdr ip = { .ip6_nxt = IPPROTO_ICMPV6, .ip6_hlim = 255 };
	struct nd_neighbor_advert says = {
		.nd_na_type = ND_NEIGHBOR_ADVERT,
	};
	says.nd_na_flags_reserved =
	    ND_NA_FLAG_OVERRIDE | (router ? ND_NA_FLAG_ROUTER : 0);
	memcpy(&says.nd_na_target, addr, sizeof(*addr));
	size_t at = put_link(to, group_mac, mac, ETHERTYPE_IPV6);
	uint8_t *icmp = to + at + sizeof(ip);
	uint8_t *option = icmp + sizeof(says);
	option[0] = ND_OPT_TARGET_LINKADDR;
	option[1] = 1;
	memcpy(option + 2, mac, 6);
	memcpy(icmp, &says, sizeof(says));
	says.nd_na_cksum = live_raw_checksum(
	    icmp, bytes, live_raw_pseudo(addr, &all, IPPROTO_ICMPV6, bytes));
	memcpy(icmp, &says, sizeof(says));
	ip.ip6_vfc = 6 << 4;
	ip.ip6_plen = htons((uint16_t)bytes);
	memcpy(&ip.ip6_src, addr, sizeof(*addr));
	memcpy(&ip.ip6_dst, &all, sizeof(all));
	memcpy(to + at, &ip, sizeof(ip));
	return at + sizeof(ip) + bytes;
}

size_t
live_announcement(
    const struct lb_addr *addr, const uint8_t mac[6], bool router, uint8_t *to)
{
	return lb_addr_is_v4(addr) ? announce4(addr, mac, to)
				   : announce6(addr, mac, router, to);
}

/* --- what others say ----------------------------------------------------- */

/* Behind the tags; 0: it ends before that. */
static size_t
behind_link(const uint8_t *frame, size_t bytes, uint16_t *type)
{
	size_t at = sizeof(struct ether_header);
	if (bytes < at)
		return 0;
	*type = lb_load_be16(frame + 12);
	while (*type == ETHERTYPE_VLAN || *type == TYPE_QINQ) {
		if (at + TAG_BYTES > bytes ||
		    at > sizeof(struct ether_header) + TAG_BYTES)
			return 0;
		*type = lb_load_be16(frame + at + 2);
		at += TAG_BYTES;
	}
	return at;
}

static bool
read_arp(const uint8_t *at, size_t bytes, struct lb_addr *addr, uint8_t mac[6])
{
	struct ether_arp arp;
	uint32_t sender;
	if (bytes < sizeof(arp))
		return false;
	memcpy(&arp, at, sizeof(arp));
	memcpy(&sender, arp.arp_spa, sizeof(sender));
	*addr = lb_addr_v4(sender);
	memcpy(mac, arp.arp_sha, 6);
	return true;
}

static bool
read_nd(const uint8_t *at, size_t bytes, struct lb_addr *addr)
{
	struct ip6_hdr ip;
	struct nd_neighbor_advert nd; /* a solicitation begins alike */
	if (bytes < sizeof(ip) + sizeof(nd))
		return false;
	memcpy(&ip, at, sizeof(ip));
	memcpy(&nd, at + sizeof(ip), sizeof(nd));
	if (nd.nd_na_type == ND_NEIGHBOR_ADVERT)
		memcpy(addr, &nd.nd_na_target, sizeof(*addr));
	else
		memcpy(addr, &ip.ip6_src, sizeof(*addr));
	return true;
}

bool
live_claim_read(
    const uint8_t *frame, size_t bytes, struct lb_addr *addr, uint8_t mac[6])
{
	uint16_t type = 0;
	size_t at = behind_link(frame, bytes, &type);
	if (at == 0)
		return false;
	memcpy(mac, frame + 6, 6);
	if (type == ETHERTYPE_ARP)
		return read_arp(frame + at, bytes - at, addr, mac);
	return type == ETHERTYPE_IPV6 && read_nd(frame + at, bytes - at, addr);
}

void
live_solicited_group(const struct lb_addr *addr, uint8_t mac[6])
{
	const uint8_t first[3] = { 0x33, 0x33, 0xff };
	memcpy(mac, first, sizeof(first));
	memcpy(mac + 3, (const uint8_t *)addr + 13, 3);
}
