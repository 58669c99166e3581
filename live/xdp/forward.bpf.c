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
#include "live/xdp/path.h"

#define ETH_BYTES      14u
#define TAG_BYTES      4u
#define LINK_BYTES_MAX (ETH_BYTES + LB_VLAN_MAX * TAG_BYTES)
#define ETHERTYPE_TAG  0x8100
#define FAMILY_IP4     2 /* AF_INET */
#define FAMILY_IP6     10
#define NS_PER_MS      1000000u

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FORWARD_MEMBERS);
	__type(key, uint32_t);
	__type(value, uint64_t);
} next_hops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FORWARD_PORTS_MAX);
	__type(key, uint32_t);
	__type(value, struct forward_port);
} ports SEC(".maps");

/* Interface index to row of ports, for what the kernel's routing names. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FORWARD_PORTS_MAX);
	__type(key, uint32_t);
	__type(value, uint32_t);
} port_rows SEC(".maps");

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
traffic_add(struct forward_traffic *traffic, uint32_t bytes)
{
	traffic->packets++;
	traffic->bytes += bytes;
}

LB_INLINE void
share_add(struct forward_share *share, bool reply, uint32_t bytes)
{
	if (share == NULL)
		return;
	if (reply)
		traffic_add(&share->out, bytes);
	else
		traffic_add(&share->in, bytes);
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
	bool reply = (s->result.facts & LB_FACT_REPLY) != 0;
	uint32_t bytes = ip_bytes(ctx, &s->packet);
	share_add(bpf_map_lookup_elem(&rule_traffic, &rule), reply, bytes);
	if (member != LB_NONE)
		share_add(bpf_map_lookup_elem(&member_traffic, &member), reply,
		    bytes);
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
	HOP_NONE,   /* it has found out: there is no way */
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

LB_INLINE int
member_hop(const struct lb_scratch *s, struct hop *hop)
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
		return HOP_KERNEL; /* which fragments, or says so */
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
	    answer == BPF_FIB_LKUP_RET_UNSUPP_LWT ||
	    answer == BPF_FIB_LKUP_RET_FRAG_NEEDED)
		return HOP_KERNEL;
	if (answer != BPF_FIB_LKUP_RET_SUCCESS)
		return HOP_NONE;
	uint32_t ifindex = fib.ifindex;
	const uint32_t *row = bpf_map_lookup_elem(&port_rows, &ifindex);
	const struct forward_port *port =
	    row != NULL ? bpf_map_lookup_elem(&ports, row) : NULL;
	if (port != NULL) {
		hop->port = *port;
	} else {
		__builtin_memset(&hop->port, 0, sizeof(hop->port));
		hop->port.ifindex = ifindex;
	}
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
	const uint8_t *ip = (const uint8_t *)(long)ctx->data + l3;
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

LB_INLINE int
forward(struct xdp_md *ctx, struct lb_scratch *s, struct forward_total *count)
{
	struct hop hop = { 0 };
	if (routes && !hop_limit_allows(ctx, &s->packet))
		return drop(count, LB_REASON_TTL);
	if (path_apply(ctx, s) != 0)
		return drop(count, LB_REASON_MALFORMED);
	int answer = (s->result.facts & LB_FACT_REPLY) != 0
			 ? client_hop(ctx, s, &hop)
			 : member_hop(s, &hop);
	if (answer == HOP_NONE)
		return drop(count, LB_REASON_NEXT_HOP);
	count_forwarded(ctx, s);
	if ((s->result.facts & LB_FACT_UNTRACKED) != 0)
		count->untracked++;
	if (answer == HOP_KERNEL) {
		count->handed++;
		return XDP_PASS;
	}
	int action = send(ctx, s, &hop);
	if (action == XDP_ABORTED)
		return drop(count, LB_REASON_NEXT_HOP);
	count->sent++;
	return action;
}

/* Multi-buffer or not: the loader says (live/engine.c). */
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
	if (path_parse(ctx, s) != LB_PARSED) {
		count->unread++;
		return XDP_PASS;
	}
	path_step(s, now_ms());
	if (s->result.verdict == LB_DROP)
		return drop(count, s->result.reason);
	if (s->result.verdict == LB_FORWARD)
		return forward(ctx, s, count);
	count->passed++;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
