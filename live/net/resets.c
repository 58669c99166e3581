/* SPDX-License-Identifier: MIT */
#include "live/net/resets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "live/net/raw.h"
#include "model/path/packet.h"

#define RESET_TTL 64

struct live_resets {
	struct live_raw *raw;
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
	r->raw = live_raw_new();
	if (r->raw != NULL)
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
	live_raw_free(r->raw);
	free(r);
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
	tcp.th_sum = live_raw_checksum(&tcp, sizeof(tcp),
	    live_raw_pseudo(&from->addr, &to->addr, IPPROTO_TCP, sizeof(tcp)));
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
	return live_raw_send(r->raw, &packet, sizeof(packet), &to->addr);
}

static bool
send6(const struct live_resets *r, const struct endpoint *from,
    const struct endpoint *to, uint32_t seq)
{
	struct {
		struct ip6_hdr ip;
		struct tcphdr tcp;
	} packet = { .tcp = segment(from, to, seq) };
	packet.ip.ip6_vfc = 6 << 4;
	packet.ip.ip6_plen = htons(sizeof(packet.tcp));
	packet.ip.ip6_nxt = IPPROTO_TCP;
	packet.ip.ip6_hlim = RESET_TTL;
	memcpy(&packet.ip.ip6_src, &from->addr, sizeof(from->addr));
	memcpy(&packet.ip.ip6_dst, &to->addr, sizeof(to->addr));
	return live_raw_send(r->raw, &packet, sizeof(packet), &to->addr);
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
	if (flow->proto != LB_PROTO_TCP || flow->state != LB_CONN_OPEN ||
	    rule == NULL || (rule->flags & LB_RULE_TCP_RESET) == 0)
		return NULL;
	return rule;
}

/* A client's to a member: each takes the other for who stands between. */
static unsigned
reset_inbound(const struct live_resets *r, const struct lb_plan *plan,
    const struct lb_rule *rule, const struct lb_expired *flow)
{
	if ((rule->flags & LB_RULE_FLOATING) != 0 ||
	    flow->member >= plan->member_count ||
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

/* A member's to the world, where it is known by its public address. */
static unsigned
reset_outbound(const struct live_resets *r, const struct lb_plan *plan,
    const struct lb_expired *flow)
{
	if (flow->snat >= plan->snat_count || !plan->snats[flow->snat].live)
		return 0;
	const struct endpoint member = { flow->src, flow->sport };
	const struct endpoint remote = { flow->dst, flow->dport };
	const struct endpoint frontend = { plan->snats[flow->snat].address,
		flow->xlat_port };
	unsigned sent = send_reset(r, &remote, &member, flow->client_ack);
	return sent + send_reset(r, &frontend, &remote, flow->client_end);
}

unsigned
live_resets_send(struct live_resets *r, const struct lb_plan *plan,
    const struct lb_expired *flow)
{
	const struct lb_rule *rule = resetting_rule(plan, flow);
	if (rule == NULL)
		return 0;
	return flow->kind == LB_KIND_SNAT_OUT
		   ? reset_outbound(r, plan, flow)
		   : reset_inbound(r, plan, rule, flow);
}
