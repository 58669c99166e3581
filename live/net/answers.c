/* SPDX-License-Identifier: MIT */
#include "live/net/answers.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "live/net/raw.h"
#include "model/path/packet.h"

#define HOP_LIMIT      64
#define ICMP_BYTES     8u
#define IP4_BYTES_MAX  576u /* RFC 1812 4.3.2.3 */
#define IP4_PRECEDENCE 0xc0 /* internetwork control: RFC 1812 4.3.2.5 */
/* Interfaces whose addresses are known; and for how long. */
#define INTERFACES_MAX 256u
#define ADDRESSES_NS   LB_NS_PER_S

struct interface {
	uint32_t ifindex;
	bool has4, has6;
	struct lb_addr four, six;
};

struct live_answers {
	struct live_raw *raw;
	struct interface interfaces[INTERFACES_MAX];
	uint32_t interface_count;
	uint64_t addresses_ns; /* when that was asked; 0: never */
	uint64_t tokens_ns;    /* what is due is what has gone by since */
	struct live_answer_counts counts;
};

/* --- what is said -------------------------------------------------------- */

struct saying {
	uint8_t type4, code4, type6, code6;
};

static const struct saying sayings[LIVE_TAP_KINDS] = {
	[LIVE_TAP_TTL] = { ICMP_TIME_EXCEEDED, ICMP_EXC_TTL,
	    ICMP6_TIME_EXCEEDED, ICMP6_TIME_EXCEED_TRANSIT },
	[LIVE_TAP_TOO_BIG] = { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
	    ICMP6_PACKET_TOO_BIG, 0 },
	[LIVE_TAP_UNREACHABLE] = { ICMP_DEST_UNREACH, ICMP_HOST_UNREACH,
	    ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR },
};

/* Does it speak of another packet, or of a way?  Then nothing is said about it:
 * RFC 1122 3.2.2, RFC 4443 2.4 (e). */
static bool
is_icmp_error(const struct lb_packet *pkt)
{
	if (pkt->ip.proto == LB_PROTO_ICMP6)
		return pkt->icmp_type < ICMP6_ECHO_REQUEST ||
		       pkt->icmp_type == 137; /* a redirect */
	return pkt->ip.proto == LB_PROTO_ICMP &&
	       (pkt->icmp_type == ICMP_DEST_UNREACH ||
		   pkt->icmp_type == ICMP_SOURCE_QUENCH ||
		   pkt->icmp_type == ICMP_REDIRECT ||
		   pkt->icmp_type == ICMP_TIME_EXCEEDED ||
		   pkt->icmp_type == ICMP_PARAMETERPROB);
}

/* One host's address, not nobody's and not many's. */
static bool
is_host(const struct lb_addr *addr)
{
	uint8_t a[16];
	struct in6_addr six;
	memcpy(a, addr, sizeof(a));
	memcpy(&six, addr, sizeof(six));
	if (lb_addr_is_v4(addr))
		return a[12] != 0 && a[12] != 127 && a[12] < 224;
	return a[0] != 0xff && !IN6_IS_ADDR_UNSPECIFIED(&six) &&
	       !IN6_IS_ADDR_LOOPBACK(&six);
}

/* Reads the packet: true when it may be answered. */
static bool
may_be_answered(const struct live_tap_packet *packet, struct lb_packet *pkt)
{
	return packet->kind < LIVE_TAP_KINDS &&
	       sayings[packet->kind].type4 != 0 && packet->bytes > 0 &&
	       lb_parse(packet->frame, packet->frame + packet->bytes,
		   packet->wire_bytes, pkt) == LB_PARSED &&
	       (packet->frame[0] & 1) == 0 && /* to one on its segment */
	       pkt->ip.fragment != LB_FRAGMENT_LATER && !is_icmp_error(pkt) &&
	       is_host(&pkt->ip.src) && is_host(&pkt->ip.dst);
}

/* What follows the link header, at most so much of it, and not what pads the
 * frame. */
static size_t
quote(const struct live_tap_packet *packet, const struct lb_packet *pkt,
    size_t most, uint8_t *to)
{
	size_t bytes = packet->bytes - pkt->ip.l3;
	if (pkt->ip_bytes != 0 && bytes > pkt->ip_bytes)
		bytes = pkt->ip_bytes;
	if (bytes > most)
		bytes = most;
	memcpy(to, packet->frame + pkt->ip.l3, bytes);
	return bytes;
}

static size_t
make4(const struct live_tap_packet *packet, const struct lb_packet *pkt,
    const struct lb_addr *from, uint8_t *to)
{
	const struct saying *say = &sayings[packet->kind];
	struct ip ip = { .ip_v = 4,
		.ip_hl = sizeof(ip) / 4,
		.ip_tos = IP4_PRECEDENCE,
		.ip_ttl = HOP_LIMIT,
		.ip_p = IPPROTO_ICMP,
		.ip_src.s_addr = lb_addr_v4_raw(from),
		.ip_dst.s_addr = lb_addr_v4_raw(&pkt->ip.src) };
	struct icmphdr icmp = { .type = say->type4, .code = say->code4 };
	uint8_t *l4 = to + sizeof(ip);
	size_t bytes = quote(packet, pkt,
	    IP4_BYTES_MAX - sizeof(ip) - ICMP_BYTES, l4 + ICMP_BYTES);
	if (packet->kind == LIVE_TAP_TOO_BIG)
		icmp.un.frag.mtu = htons(
		    (uint16_t)(packet->mtu < 65535 ? packet->mtu : 65535));
	memcpy(l4, &icmp, sizeof(icmp));
	icmp.checksum = live_raw_checksum(l4, ICMP_BYTES + bytes, 0);
	memcpy(l4, &icmp, sizeof(icmp));
	ip.ip_len = htons((uint16_t)(sizeof(ip) + ICMP_BYTES + bytes));
	memcpy(to, &ip, sizeof(ip));
	return sizeof(ip) + ICMP_BYTES + bytes;
}

static size_t
make6(const struct live_tap_packet *packet, const struct lb_packet *pkt,
    const struct lb_addr *from, uint8_t *to)
{
	const struct saying *say = &sayings[packet->kind];
	struct ip6_hdr ip = { .ip6_nxt = IPPROTO_ICMPV6,
		.ip6_hlim = HOP_LIMIT };
	struct icmp6_hdr icmp = { .icmp6_type = say->type6,
		.icmp6_code = say->code6 };
	uint8_t *l4 = to + sizeof(ip);
	size_t bytes = quote(packet, pkt,
	    LIVE_ANSWER_BYTES_MAX - sizeof(ip) - ICMP_BYTES, l4 + ICMP_BYTES);
	if (packet->kind == LIVE_TAP_TOO_BIG)
		icmp.icmp6_mtu = htonl(packet->mtu);
	memcpy(l4, &icmp, sizeof(icmp));
	icmp.icmp6_cksum = live_raw_checksum(l4, ICMP_BYTES + bytes,
	    live_raw_pseudo(
		from, &pkt->ip.src, IPPROTO_ICMPV6, ICMP_BYTES + bytes));
	memcpy(l4, &icmp, sizeof(icmp));
	ip.ip6_vfc = 6 << 4; /* over the flow label's first byte */
	ip.ip6_plen = htons((uint16_t)(ICMP_BYTES + bytes));
	memcpy(&ip.ip6_src, from, sizeof(*from));
	memcpy(&ip.ip6_dst, &pkt->ip.src, sizeof(pkt->ip.src));
	memcpy(to, &ip, sizeof(ip));
	return sizeof(ip) + ICMP_BYTES + bytes;
}

size_t
live_answer_make(const struct live_tap_packet *packet,
    const struct lb_addr *from, uint8_t *to, struct lb_addr *receiver)
{
	struct lb_packet pkt;
	if (!may_be_answered(packet, &pkt) ||
	    lb_addr_is_v4(from) != (pkt.ip.family == 4))
		return 0;
	*receiver = pkt.ip.src;
	return pkt.ip.family == 4 ? make4(packet, &pkt, from, to)
				  : make6(packet, &pkt, from, to);
}

/* --- who says it --------------------------------------------------------- */

/* NULL: there is no more room. */
static struct interface *
interface_of(struct live_answers *a, uint32_t ifindex, bool add)
{
	for (uint32_t i = 0; i < a->interface_count; i++)
		if (a->interfaces[i].ifindex == ifindex)
			return &a->interfaces[i];
	if (!add || a->interface_count == INTERFACES_MAX)
		return NULL;
	struct interface *new = &a->interfaces[a->interface_count++];
	*new = (struct interface){ .ifindex = ifindex };
	return new;
}

/* The first address of a family; link-local ones say nothing further away. */
static void
keep_address(struct interface *to, const struct sockaddr *addr)
{
	if (addr->sa_family == AF_INET && !to->has4) {
		struct sockaddr_in in;
		memcpy(&in, addr, sizeof(in));
		to->four = lb_addr_v4(in.sin_addr.s_addr);
		to->has4 = true;
	} else if (addr->sa_family == AF_INET6 && !to->has6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, addr, sizeof(in6));
		if (IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr))
			return;
		memcpy(&to->six, &in6.sin6_addr, sizeof(to->six));
		to->has6 = true;
	}
}

static void
find_addresses(struct live_answers *a, uint64_t now_ns)
{
	struct ifaddrs *all;
	if (a->addresses_ns != 0 && now_ns - a->addresses_ns < ADDRESSES_NS)
		return;
	a->addresses_ns = now_ns;
	if (getifaddrs(&all) != 0)
		return;
	a->interface_count = 0;
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		struct interface *to = NULL;
		if (i->ifa_addr != NULL)
			to = interface_of(a, if_nametoindex(i->ifa_name), true);
		if (to != NULL)
			keep_address(to, i->ifa_addr);
	}
	freeifaddrs(all);
}

static bool
is_frontend(const struct lb_config *config, const struct lb_addr *addr)
{
	for (size_t i = 0; i < config->frontend_count; i++)
		if (lb_addr_same(&config->frontends[i].address, addr))
			return true;
	return false;
}

/* false: nobody can. */
static bool
who_says_it(struct live_answers *a, const struct live_tap_packet *packet,
    const struct lb_config *config, struct lb_addr *from)
{
	struct lb_packet pkt;
	if (!may_be_answered(packet, &pkt))
		return false;
	const bool frontend = is_frontend(config, &pkt.ip.dst);
	const struct interface *in = interface_of(a, packet->ifindex, false);
	const bool four = pkt.ip.family == 4;
	*from = pkt.ip.dst;
	if (frontend && packet->kind == LIVE_TAP_UNREACHABLE)
		return true;
	if (in != NULL && (four ? in->has4 : in->has6)) {
		*from = four ? in->four : in->six;
		return true;
	}
	return frontend;
}

/* --- sending ------------------------------------------------------------- */

struct live_answers *
live_answers_new(void)
{
	struct live_answers *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return NULL;
	a->raw = live_raw_new();
	if (a->raw != NULL)
		return a;
	int code = errno;
	free(a);
	errno = code;
	return NULL;
}

void
live_answers_free(struct live_answers *a)
{
	if (a == NULL)
		return;
	live_raw_free(a->raw);
	free(a);
}

/* A token a millisecond, and a burst's worth at most. */
static bool
take_token(struct live_answers *a, uint64_t now_ns)
{
	const uint64_t each_ns = LB_NS_PER_S / LIVE_ANSWERS_PER_S;
	const uint64_t burst_ns = LIVE_ANSWERS_BURST * each_ns;
	if (a->tokens_ns == 0 || now_ns - a->tokens_ns > burst_ns)
		a->tokens_ns = now_ns - burst_ns;
	if (now_ns - a->tokens_ns < each_ns)
		return false;
	a->tokens_ns += each_ns;
	return true;
}

bool
live_answers_send(struct live_answers *a, const struct live_tap_packet *packet,
    const struct lb_config *config, uint64_t now_ns)
{
	uint8_t answer[LIVE_ANSWER_BYTES_MAX];
	struct lb_addr from, to;
	if (!take_token(a, now_ns)) {
		a->counts.limited++;
		return false;
	}
	find_addresses(a, now_ns);
	size_t bytes = who_says_it(a, packet, config, &from)
			   ? live_answer_make(packet, &from, answer, &to)
			   : 0;
	bool sent = bytes > 0 && live_raw_send(a->raw, answer, bytes, &to);
	a->counts.sent += sent;
	a->counts.unfit += !sent;
	return sent;
}

struct live_answer_counts
live_answers_count(const struct live_answers *a)
{
	return a->counts;
}
