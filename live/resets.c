/* SPDX-License-Identifier: MIT */
#include "live/resets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "model/path/packet.h"

#define RESET_TTL 64

struct live_resets {
	int four, six; /* raw sockets; we write the IP headers */
};

struct endpoint {
	struct lb_addr addr;
	lb_be16 port;
};

struct live_resets *
live_resets_new(void)
{
	struct live_resets *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->four = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	r->six = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (r->four >= 0 && (r->six >= 0 || errno == EAFNOSUPPORT))
		return r;
	int code = errno;
	live_resets_free(r);
	errno = code;
	return NULL;
}

void
live_resets_free(struct live_resets *r)
{
	if (r == NULL)
		return;
	if (r->four >= 0)
		(void)close(r->four);
	if (r->six >= 0)
		(void)close(r->six);
	free(r);
}

/* RFC 1071, over an even number of bytes. */
static uint32_t
sum_of(const void *data, size_t bytes)
{
	const uint8_t *at = data;
	uint32_t sum = 0;
	for (size_t i = 0; i < bytes; i += 2)
		sum += lb_load16(at + i);
	return sum;
}

static uint16_t
checksum_of(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The segment, with its checksum: RFC 9293 3.1, RFC 8200 8.1. */
static struct tcphdr
segment(const struct endpoint *from, const struct endpoint *to, uint32_t seq)
{
	struct tcphdr tcp = {
		.th_sport = from->port.raw,
		.th_dport = to->port.raw,
		.th_seq = htonl(seq),
		.th_off = sizeof(tcp) / 4,
		.th_flags = TH_RST,
	};
	bool is_v4 = lb_addr_is_v4(&from->addr);
	size_t skip = is_v4 ? 12 : 0, bytes = sizeof(from->addr) - skip;
	uint32_t sum = sum_of((const uint8_t *)&from->addr + skip, bytes) +
		       sum_of((const uint8_t *)&to->addr + skip, bytes) +
		       htons(IPPROTO_TCP) + htons(sizeof(tcp)) +
		       sum_of(&tcp, sizeof(tcp));
	tcp.th_sum = checksum_of(sum);
	return tcp;
}

static bool
send4(const struct live_resets *r, const struct endpoint *from,
    const struct endpoint *to, uint32_t seq)
{
	struct {
		struct ip ip; /* the kernel adds length and checksum */
		struct tcphdr tcp;
	} packet = { .ip = { .ip_v = 4,
			 .ip_hl = sizeof(struct ip) / 4,
			 .ip_ttl = RESET_TTL,
			 .ip_p = IPPROTO_TCP,
			 .ip_src.s_addr = lb_addr_v4_raw(&from->addr),
			 .ip_dst.s_addr = lb_addr_v4_raw(&to->addr) },
		.tcp = segment(from, to, seq) };
	struct sockaddr_in where = { .sin_family = AF_INET,
		.sin_addr = packet.ip.ip_dst };
	return sendto(r->four, &packet, sizeof(packet), MSG_DONTWAIT,
		   (const struct sockaddr *)&where,
		   sizeof(where)) == (ssize_t)sizeof(packet);
}

static bool
send6(const struct live_resets *r, const struct endpoint *from,
    const struct endpoint *to, uint32_t seq)
{
	struct {
		struct ip6_hdr ip;
		struct tcphdr tcp;
	} packet = { .tcp = segment(from, to, seq) };
	struct sockaddr_in6 where = { .sin6_family = AF_INET6 };
	packet.ip.ip6_vfc = 6 << 4;
	packet.ip.ip6_plen = htons(sizeof(packet.tcp));
	packet.ip.ip6_nxt = IPPROTO_TCP;
	packet.ip.ip6_hlim = RESET_TTL;
	memcpy(&packet.ip.ip6_src, &from->addr, sizeof(from->addr));
	memcpy(&packet.ip.ip6_dst, &to->addr, sizeof(to->addr));
	memcpy(&where.sin6_addr, &to->addr, sizeof(to->addr));
	return sendto(r->six, &packet, sizeof(packet), MSG_DONTWAIT,
		   (const struct sockaddr *)&where,
		   sizeof(where)) == (ssize_t)sizeof(packet);
}

static bool
send_reset(const struct live_resets *r, const struct endpoint *from,
    const struct endpoint *to, uint32_t seq)
{
	return lb_addr_is_v4(&to->addr) ? send4(r, from, to, seq)
					: send6(r, from, to, seq);
}

/* The rule under which a flow that ended is to be reset; NULL: it is not. */
static const struct lb_rule *
resetting_rule(const struct lb_plan *plan, const struct lb_expired *flow)
{
	const struct lb_rule *rule = lb_plan_rule_row(plan, flow->rule);
	if (flow->kind != LB_KIND_LB || flow->proto != LB_PROTO_TCP ||
	    flow->state != LB_CONN_OPEN || rule == NULL ||
	    (rule->flags & LB_RULE_TCP_RESET) == 0 ||
	    (rule->flags & LB_RULE_FLOATING) != 0)
		return NULL;
	return rule;
}

unsigned
live_resets_send(struct live_resets *r, const struct lb_plan *plan,
    const struct lb_expired *flow)
{
	const struct lb_rule *rule = resetting_rule(plan, flow);
	if (rule == NULL || flow->member >= plan->member_count ||
	    plan->members[flow->member].name == NULL)
		return 0;
	const struct endpoint client = { flow->src, flow->sport };
	const struct endpoint frontend = { flow->dst, flow->dport };
	const struct endpoint member = { plan->members[flow->member].address,
		(rule->flags & LB_RULE_ANY_PORT) != 0 ? flow->dport
						      : rule->backend_port };
	unsigned sent = send_reset(r, &frontend, &client, flow->client_ack);
	return sent + send_reset(r, &client, &member, flow->client_end);
}
