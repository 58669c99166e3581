/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Forwarding: parse, step and apply as the referee runs them, then the next
 * hop.  A member's stands beside it, kept by the control process; a client's
 * is what the kernel's routing says.  Where neither knows the neighbour, the
 * edited packet goes up, and the kernel resolves it and sends.
 *
 * What is ours never reaches the local stack unedited; what is not ours
 * reaches it untouched.
 *
 * Source: design.md 2 and 6; forwarding by an IP router: RFC 1812 5.3.1.
 */
#include "live/xdp/forward_io.h"
#include "live/xdp/neighbours.h"
#include "live/xdp/path.h"
#include "live/xdp/ports.h"
#include "live/xdp/tap.h"

#define ETH_BYTES        14u
#define TAG_BYTES        4u
#define LINK_BYTES_MAX   (ETH_BYTES + LB_VLAN_MAX * TAG_BYTES)
#define LINK_BYTES_MASK  31u /* fits all that LINK_BYTES_MAX allows */
#define ETHERTYPE_TAG    0x8100
#define FAMILY_IP4       2 /* AF_INET */
#define FAMILY_IP6       10
#define HOP_LIMIT        64 /* of what we send ourselves */
#define NS_PER_MS        1000000u
#define IP_DONT_FRAGMENT 0x40 /* in byte 6 */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FORWARD_MEMBERS);
	__type(key, uint32_t);
	__type(value, uint64_t);
} next_hops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct forward_total);
} total SEC(".maps");

/* By id; ids beyond what the loader made room for are not counted. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct forward_share);
} rule_traffic SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct forward_share);
} member_traffic SEC(".maps");

/* When the tables were made, by the clock that now_ms() reads. */
volatile const uint64_t made_ns = 0;
/* A router's part: hop limits count.  Not where only MAC addresses change. */
volatile const uint32_t routes = 1;

LB_INLINE uint32_t
now_ms(void)
{
	return (uint32_t)((bpf_ktime_get_coarse_ns() - made_ns) / NS_PER_MS);
}

/* --- counting ------------------------------------------------------------ */

LB_INLINE void
traffic_add(struct forward_traffic *traffic, uint32_t bytes, bool syn)
{
	traffic->packets++;
	traffic->bytes += bytes;
	traffic->syns += syn;
}

/* What goes on of a rule's or a member's. */
LB_INLINE void
share_add(
    struct forward_share *share, const struct lb_scratch *s, uint32_t bytes)
{
	const uint32_t begun = LB_FACT_SNAT | LB_FACT_MADE;
	const bool syn = lb_packet_is_bare_syn(&s->packet);
	if (share == NULL)
		return;
	if ((s->result.facts & LB_FACT_REPLY) != 0)
		traffic_add(&share->out, bytes, syn);
	else
		traffic_add(&share->in, bytes, syn);
	if ((s->result.facts & begun) != begun)
		return;
	if (s->packet.ip.proto == LB_PROTO_UDP)
		share->udp.opened++;
	else
		share->tcp.opened++;
}

LB_INLINE void
share_fail(struct forward_share *share, const struct lb_scratch *s)
{
	if (share == NULL)
		return;
	if (s->packet.ip.proto == LB_PROTO_UDP)
		share->udp.failed++;
	else
		share->tcp.failed++;
}

LB_INLINE uint32_t
ip_bytes(struct xdp_md *ctx, const struct lb_packet *pkt)
{
	return pkt->ip_bytes != 0
		   ? pkt->ip_bytes
		   : (uint32_t)bpf_xdp_get_buff_len(ctx) - pkt->ip.l3;
}

/* What goes on counts for its rule and, where it is known, its member. */
LB_INLINE void
count_forwarded(struct xdp_md *ctx, const struct lb_scratch *s)
{
	uint32_t rule = s->result.rule, member = s->result.member;
	uint32_t bytes = ip_bytes(ctx, &s->packet);
	share_add(bpf_map_lookup_elem(&rule_traffic, &rule), s, bytes);
	if (member != LB_NONE)
		share_add(
		    bpf_map_lookup_elem(&member_traffic, &member), s, bytes);
}

/* An outbound flow that found no port. */
LB_INLINE void
count_exhausted(const struct lb_scratch *s)
{
	uint32_t rule = s->result.rule, member = s->result.member;
	share_fail(bpf_map_lookup_elem(&rule_traffic, &rule), s);
	share_fail(bpf_map_lookup_elem(&member_traffic, &member), s);
}

LB_INLINE int
drop(struct forward_total *count, uint32_t reason)
{
	lb_forget(reason);
	if (reason < LB_REASON_COUNT)
		count->dropped[reason]++;
	return XDP_DROP;
}

/* --- next hop ------------------------------------------------------------ */

enum hop_answer {
	HOP_KNOWN,
	HOP_KERNEL, /* let the kernel find out */
	HOP_BACK,   /* where it came from */
	/* There is no way: */
	HOP_NONE,    /* as the kernel has found out */
	HOP_ENDS,    /* its hop limit ends here */
	HOP_TOO_BIG, /* for hop.port.mtu, and it may not be fragmented */
};

struct hop {
	struct forward_port port;
	uint8_t mac[6]; /* the neighbour's */
	uint8_t zero[2];
};

/* A redirect to who takes none is lost without a word. */
LB_INLINE int
takes_frames(const struct forward_port *port)
{
	return (port->flags & FORWARD_PORT_KERNEL) != 0 ? HOP_KERNEL
							: HOP_KNOWN;
}

/*
 * A packet that is too big for the way on.  One that may be fragmented is the
 * kernel's, which does that; so is one bigger than the link it came by: put
 * together from several by the card or the stack, the kernel takes it apart.
 */
LB_INLINE int
too_big(struct xdp_md *ctx, const struct lb_packet *pkt)
{
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	uint32_t l3 = pkt->ip.l3;
	const struct forward_port *port = port_of(ctx->ingress_ifindex);
	if (port != NULL && port->mtu != 0 && pkt->ip_bytes > port->mtu)
		return HOP_KERNEL;
	if (pkt->ip.family != 4)
		return HOP_TOO_BIG;
	if (l3 > LINK_BYTES_MAX)
		return HOP_KERNEL;
	const uint8_t *ip =
	    (const uint8_t *)(long)ctx->data + lb_bound(l3, LINK_BYTES_MASK);
	if (ip + 20 > end)
		return HOP_KERNEL;
	return (ip[6] & IP_DONT_FRAGMENT) != 0 ? HOP_TOO_BIG : HOP_KERNEL;
}

LB_INLINE int
member_hop(struct xdp_md *ctx, const struct lb_scratch *s, struct hop *hop)
{
	uint32_t member = s->result.member;
	const uint64_t *row = bpf_map_lookup_elem(&next_hops, &member);
	uint64_t word = row != NULL ? LB_LOAD(*row) : 0;
	if (word == 0)
		return HOP_KERNEL;
	uint32_t at = (uint32_t)(word >> FORWARD_HOP_PORT_SHIFT) - 1;
	const struct forward_port *port = bpf_map_lookup_elem(&ports, &at);
	if (port == NULL || port->ifindex == 0)
		return HOP_KERNEL;
	hop->port = *port;
	__builtin_memcpy(hop->mac, &word, sizeof(hop->mac));
	if (port->mtu != 0 && s->packet.ip_bytes > port->mtu)
		return too_big(ctx, &s->packet);
	return takes_frames(port);
}

/* As the packet is after its edit. */
LB_INLINE void
fib_question(
    const struct lb_scratch *s, uint32_t ingress, struct bpf_fib_lookup *fib)
{
	const struct lb_headers *ip = &s->packet.ip;
	const struct lb_edit *edit = &s->result.edit;
	const struct lb_addr *src =
	    (edit->what & LB_EDIT_SRC) != 0 ? &edit->src : &ip->src;
	const struct lb_addr *dst =
	    (edit->what & LB_EDIT_DST) != 0 ? &edit->dst : &ip->dst;
	__builtin_memset(fib, 0, sizeof(*fib));
	fib->ifindex = ingress;
	fib->l4_protocol = ip->proto;
	fib->sport =
	    (edit->what & LB_EDIT_SPORT) != 0 ? edit->sport.raw : ip->sport.raw;
	fib->dport = ip->dport.raw;
	fib->tot_len = (uint16_t)s->packet.ip_bytes;
	if (ip->family == 4) {
		fib->family = FAMILY_IP4;
		fib->ipv4_src = lb_addr_v4_raw(src);
		fib->ipv4_dst = lb_addr_v4_raw(dst);
	} else {
		fib->family = FAMILY_IP6;
		__builtin_memcpy(fib->ipv6_src, src, sizeof(*src));
		__builtin_memcpy(fib->ipv6_dst, dst, sizeof(*dst));
	}
}

/* The way to a client.  An address of this machine's own counts as "not
 * forwarded", like one without a route: both are the kernel's to judge. */
LB_INLINE int
client_hop(struct xdp_md *ctx, const struct lb_scratch *s, struct hop *hop)
{
	struct bpf_fib_lookup fib;
	fib_question(s, ctx->ingress_ifindex, &fib);
	long answer = bpf_fib_lookup(ctx, &fib, sizeof(fib), 0);
	if (answer == BPF_FIB_LKUP_RET_NOT_FWDED ||
	    answer == BPF_FIB_LKUP_RET_NO_NEIGH ||
	    answer == BPF_FIB_LKUP_RET_UNSUPP_LWT)
		return HOP_KERNEL;
	if (answer == BPF_FIB_LKUP_RET_FRAG_NEEDED) {
		hop->port.mtu = fib.mtu_result;
		return too_big(ctx, &s->packet);
	}
	if (answer != BPF_FIB_LKUP_RET_SUCCESS)
		return HOP_NONE;
	uint32_t ifindex = fib.ifindex;
	const struct forward_port *port = port_of(ifindex);
	if (port == NULL) /* new, or one too many: it may be a VLAN's */
		return HOP_KERNEL;
	hop->port = *port;
	__builtin_memcpy(hop->port.mac, fib.smac, sizeof(hop->port.mac));
	__builtin_memcpy(hop->mac, fib.dmac, sizeof(hop->mac));
	return takes_frames(&hop->port);
}

/* --- sending ------------------------------------------------------------- */

/* TTL or hop limit: false when it ends here. */
LB_INLINE bool
hop_limit_allows(struct xdp_md *ctx, const struct lb_packet *pkt)
{
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	uint32_t l3 = pkt->ip.l3;
	if (l3 > LINK_BYTES_MAX)
		return false;
	const uint8_t *ip =
	    (const uint8_t *)(long)ctx->data + lb_bound(l3, LINK_BYTES_MASK);
	if (ip + 20 > end)
		return false;
	return (pkt->ip.family == 4 ? ip[8] : ip[7]) > 1;
}

/* RFC 1141: one less in the TTL's byte is one more in the sum. */
LB_INLINE void
hop_limit_count(uint8_t *ip, uint8_t family)
{
	if (family != 4) {
		ip[7]--;
		return;
	}
	uint32_t sum = (uint32_t)lb_load16(ip + 10) + 0x0001u;
	ip[8]--;
	lb_store16(ip + 10, (uint16_t)(sum + (sum >> 16)));
}

/* A link header of the length that the port wants: tags come and go. */
LB_INLINE int
fit_link(struct xdp_md *ctx, uint32_t had, uint32_t wants)
{
	if (LB_LIKELY(had == wants))
		return 0;
	return bpf_xdp_adjust_head(ctx, (int)had - (int)wants);
}

LB_INLINE void
write_link(uint8_t *frame, const struct hop *hop, uint8_t family)
{
	uint32_t at = 12;
	__builtin_memcpy(frame, hop->mac, 6);
	__builtin_memcpy(frame + 6, hop->port.mac, 6);
	if (hop->port.vlan != 0) {
		lb_store16(frame + 12, __builtin_bswap16(ETHERTYPE_TAG));
		lb_store16(frame + 14, __builtin_bswap16(hop->port.vlan));
		at = 16;
	}
	lb_store16(
	    frame + at, __builtin_bswap16(family == 4 ? 0x0800 : 0x86dd));
}

LB_INLINE int
send(struct xdp_md *ctx, const struct lb_scratch *s, const struct hop *hop)
{
	uint8_t family = s->packet.ip.family;
	uint32_t wants = ETH_BYTES + (hop->port.vlan != 0 ? TAG_BYTES : 0);
	if (fit_link(ctx, s->packet.ip.l3, wants) != 0)
		return XDP_ABORTED;
	uint8_t *frame = (uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	if (frame + ETH_BYTES + TAG_BYTES + 20 > end)
		return XDP_ABORTED;
	write_link(frame, hop, family);
	if (routes)
		hop_limit_count(frame + wants, family);
	if (hop->port.ifindex == ctx->ingress_ifindex &&
	    (hop->port.flags & FORWARD_PORT_TX) != 0)
		return XDP_TX;
	return (int)bpf_redirect(hop->port.ifindex, 0);
}

/* --- answering ----------------------------------------------------------- */

/* RFC 1624; a hop limit has no sum. */
LB_INLINE void
hop_limit_renew(uint8_t *ip, uint8_t family)
{
	if (family != 4) {
		ip[7] = HOP_LIMIT;
		return;
	}
	uint16_t old = lb_load16(ip + 8);
	ip[8] = HOP_LIMIT;
	uint32_t sum = (~(uint32_t)lb_load16(ip + 10) & 0xffff) +
		       (~(uint32_t)old & 0xffff) + lb_load16(ip + 8);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	lb_store16(ip + 10, (uint16_t)~sum);
}

/* From whom it came to, to whom it came from; tags as they are. */
LB_INLINE void
turn_link(uint8_t *frame)
{
	uint64_t to = lb_load64(frame), from = lb_load64(frame + 6);
	lb_store32(frame, (uint32_t)from);
	lb_store16(frame + 4, (uint16_t)(from >> 32));
	lb_store32(frame + 6, (uint32_t)to);
	lb_store16(frame + 10, (uint16_t)(to >> 32));
}

/* What the engine answered, on its way.  Sent to all on the segment it is not
 * answered (RFC 1122 3.3.6). */
LB_INLINE int
send_answer(
    struct xdp_md *ctx, const struct lb_scratch *s, struct forward_total *count)
{
	uint8_t *frame = (uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	uint32_t l3 = s->packet.ip.l3;
	if (l3 > LINK_BYTES_MAX || frame + ETH_BYTES > end ||
	    (frame[0] & 1) != 0)
		return drop(count, LB_REASON_MALFORMED);
	uint8_t *ip = frame + l3;
	if (ip + 20 > end)
		return drop(count, LB_REASON_MALFORMED);
	hop_limit_renew(ip, s->packet.ip.family);
	turn_link(frame);
	count->answered++;
	return send_back(ctx);
}

/* --- the verdict carried out --------------------------------------------- */

/* The way on, before a byte is changed: who is told that there is none, or of
 * what size it is, knows the packet as it was. */
LB_INLINE int
find_hop(struct xdp_md *ctx, const struct lb_scratch *s, struct hop *hop)
{
	if (s->result.verdict == LB_ANSWER)
		return HOP_BACK;
	if (routes && !hop_limit_allows(ctx, &s->packet))
		return HOP_ENDS;
	if ((s->result.facts & LB_FACT_REPLY) != 0)
		return client_hop(ctx, s, hop);
	int answer = member_hop(ctx, s, hop);
	/* The kernel goes by the address: one that stays is not the member's,
	 * and an appliance would be gone round. */
	if (answer == HOP_KERNEL && (s->result.edit.what & LB_EDIT_DST) == 0)
		return HOP_NONE;
	return answer;
}

/* No way on.  The sender is told why, by the control process. */
LB_INLINE int
refuse(struct xdp_md *ctx, int answer, const struct hop *hop,
    struct forward_total *count)
{
	if (answer == HOP_ENDS) {
		tap_wants(ctx, TAP_TTL, 0);
		return drop(count, LB_REASON_TTL);
	}
	if (answer == HOP_TOO_BIG) {
		tap_wants(ctx, TAP_TOO_BIG, hop->port.mtu);
		return drop(count, LB_REASON_TOO_BIG);
	}
	return drop(count, LB_REASON_NEXT_HOP);
}

LB_INLINE int
send_on(struct xdp_md *ctx, const struct lb_scratch *s, const struct hop *hop,
    int answer, struct forward_total *count)
{
	count_forwarded(ctx, s);
	if ((s->result.facts & LB_FACT_UNTRACKED) != 0)
		count->untracked++;
	if ((s->result.facts & LB_FACT_EVICTED) != 0)
		count->evicted++;
	if (answer == HOP_KERNEL) {
		count->handed++;
		return XDP_PASS;
	}
	int action = send(ctx, s, hop);
	if (action == XDP_ABORTED)
		return drop(count, LB_REASON_NEXT_HOP);
	count->sent++;
	return action;
}

/* What the engine sends: on, or back. */
LB_INLINE int
forward(struct xdp_md *ctx, struct lb_scratch *s, struct forward_total *count)
{
	struct hop hop = { 0 };
	int answer = find_hop(ctx, s, &hop);
	if (answer >= HOP_NONE)
		return refuse(ctx, answer, &hop, count);
	if (path_apply(ctx, s) != 0)
		return drop(count, LB_REASON_MALFORMED);
	if (answer == HOP_BACK)
		return send_answer(ctx, s, count);
	return send_on(ctx, s, &hop, answer, count);
}

/* What is no packet of ours may be a question for one of our addresses. */
LB_INLINE int
pass_other(struct xdp_md *ctx, struct forward_total *count)
{
	int action = neighbours_arp(ctx);
	if (action == NEIGHBOURS_NOT_OURS) {
		count->unread++;
		return XDP_PASS;
	}
	count->answered++;
	return action;
}

LB_INLINE int
pass_packet(
    struct xdp_md *ctx, const struct lb_scratch *s, struct forward_total *count)
{
	const struct lb_packet *pkt = &s->packet;
	uint32_t l3 = pkt->ip.l3;
	int action = NEIGHBOURS_NOT_OURS;
	if (pkt->ip.proto == LB_PROTO_ICMP6 &&
	    (pkt->icmp_type == ND_SOLICITATION ||
		pkt->icmp_type == ND_ADVERTISEMENT) &&
	    pkt->ip.l4 == l3 + IP6_HEADER)
		action = neighbours_nd(ctx, l3, routes ? ND_FLAG_ROUTER : 0);
	if (action == NEIGHBOURS_NOT_OURS) {
		count->passed++;
		return XDP_PASS;
	}
	count->answered++;
	return action;
}

/* Nobody is up behind a frontend: whoever asks is told, by the control
 * process. */
LB_INLINE void
maybe_unreachable(struct xdp_md *ctx, const struct lb_scratch *s)
{
	uint32_t proto = s->packet.ip.proto;
	if (s->result.reason == LB_REASON_NO_HEALTHY_BACKEND &&
	    (proto == LB_PROTO_ICMP || proto == LB_PROTO_ICMP6) &&
	    (s->packet.notes & LB_NOTE_ICMP_ERROR) == 0)
		tap_wants(ctx, TAP_UNREACHABLE, 0);
}

/* A verdict carried out that is not "pass".  By itself, so that the verifier
 * looks at it once, whatever the step said, and its stack is not above that of
 * a step. */
LB_GLOBAL int
fairlead_act(struct xdp_md *ctx)
{
	uint32_t zero = 0;
	struct forward_total *count = bpf_map_lookup_elem(&total, &zero);
	struct lb_scratch *s = lb_scratch(0);
	if (count == NULL || s == NULL)
		return XDP_ABORTED;
	if (s->result.verdict == LB_DROP) {
		maybe_unreachable(ctx, s);
		if (s->result.reason == LB_REASON_SNAT_EXHAUSTED)
			count_exhausted(s);
		return drop(count, s->result.reason);
	}
	return forward(ctx, s, count);
}

/* Multi-buffer or not: the loader says (live/bpf/engine.c). */
SEC("xdp")
int
fairlead_forward(struct xdp_md *ctx)
{
	uint32_t zero = 0;
	struct forward_total *count = bpf_map_lookup_elem(&total, &zero);
	struct lb_scratch *s = lb_scratch(0);
	if (count == NULL || s == NULL)
		return XDP_ABORTED;
	count->packets++;
	if (path_parse(ctx, s) != LB_PARSED)
		return pass_other(ctx, count);
	path_step(s, now_ms());
	const bool tapped = tap_is_on();
	const bool reply = (s->result.facts & LB_FACT_REPLY) != 0;
	if (tapped && !reply)
		tap_from_client(ctx, s);
	if (s->result.verdict == LB_PASS)
		return pass_packet(ctx, s, count);
	int action = fairlead_act(ctx);
	if (tapped && reply && action != XDP_DROP)
		tap_to_client(ctx, s);
	return action;
}

char _license[] SEC("license") = "Dual MIT/GPL";
