/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Outbound flows made, stepped and judged inside the kernel, so that two test
 * runs on two CPUs want ports of the same members at the same time.
 *
 * Judged by a ledger of our own: per destination and port, which entry had it
 * last.  Who got a port while that entry still lives with it, was given it
 * twice; what comes back while it lives must reach who opened it.
 */
#include "live/xdp/path.h"
#include "tests/live/race_frame.h"
#include "tests/live/race_snat_io.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct snat_io);
} race SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SNAT_ROLES);
	__type(key, uint32_t);
	__type(value, struct snat_counts);
} counts SEC(".maps");

/* The port that a flow got last; 0: none yet. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SNAT_FLOWS);
	__type(key, uint32_t);
	__type(value, uint32_t);
} got SEC(".maps");

/* Who had a port of a destination last: the entry's slot << 32 | flow + 1. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SNAT_LEDGER);
	__type(key, uint32_t);
	__type(value, uint64_t);
} ledger SEC(".maps");

/* Who lives in a way: version << 48 | port << 32 | flow. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SNAT_WAYS);
	__type(key, uint32_t);
	__type(value, uint64_t);
} tenants SEC(".maps");

enum { KIND_WEB, KIND_OUT, KIND_BACK };

/* What this packet is, from the making to the judging. */
struct snat_packet {
	uint32_t flow, kind, now_ms;
	uint32_t seat;   /* of KIND_BACK: of the ledger */
	uint64_t tenant; /* and who sits there */
	uint64_t ctl;    /* with this control word; 0: nobody does any more */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct snat_packet);
} at_hand SEC(".maps");

LB_INLINE struct snat_packet *
packet_of(void)
{
	uint32_t zero = 0;
	return bpf_map_lookup_elem(&at_hand, &zero);
}

LB_INLINE bool
is_six(void)
{
	uint32_t zero = 0;
	const struct snat_io *io = bpf_map_lookup_elem(&race, &zero);
	return io != NULL && LB_LOAD(io->six) != 0;
}

/* --- the ledger ---------------------------------------------------------- */

LB_INLINE uint32_t
seat_of(uint32_t flow, uint32_t port)
{
	return snat_destination(flow) * SNAT_SEATS +
	       ((port - SNAT_FIRST) & (SNAT_SEATS - 1));
}

/*
 * The control word of a slot, if the flow lives in it with this port; else 0.
 * What was read between two equal ones belongs to one owner (mechanism.md 5).
 */
LB_INLINE uint64_t
lives(const uint64_t *at, const uint64_t *entry, bool six, uint32_t flow,
    uint32_t port)
{
	uint64_t ctl = LB_LOAD(*at);
	if (lb_ctl_state(ctl) < LB_CONN_HALF ||
	    lb_ctl_kind(ctl) != LB_KIND_SNAT_OUT)
		return 0;
	uint64_t addr = LB_LOAD(entry[0]);
	uint64_t w1 = LB_LOAD(entry[six ? 4 : 1]);
	if (six)
		addr =
		    snat_addr4(addr, LB_LOAD(entry[1])) |
		    (uint64_t)snat_addr4(LB_LOAD(entry[2]), LB_LOAD(entry[3]))
			<< 32;
	if (((LB_LOAD(*at) ^ ctl) & ~LB_CTL_STATE_MASK) != 0)
		return 0;
	uint32_t rest = snat_rest(__builtin_bswap16((uint16_t)(w1 >> 16)),
	    (w1 >> 32 & 0xff) == LB_PROTO_UDP);
	if (__builtin_bswap16((uint16_t)(w1 >> 48)) != port ||
	    snat_flow_of((uint32_t)addr, __builtin_bswap16((uint16_t)w1),
		(uint32_t)(addr >> 32), rest) != flow)
		return 0;
	return ctl & ~LB_CTL_STATE_MASK;
}

LB_GLOBAL uint64_t
snat_lives(uint32_t slot, uint32_t flow, uint32_t port)
{
	uint32_t bucket = slot / 8, way = slot % 8;
	lb_forget(way);
	if (way >= 8)
		return 0;
	if (is_six()) {
		struct lb_bucket6 *b = bpf_map_lookup_elem(&conn6, &bucket);
		return b == NULL ? 0
				 : lives(&b->ctl[way], b->entry[way].addr, true,
				       flow, port);
	}
	struct lb_bucket4 *b = bpf_map_lookup_elem(&conn4, &bucket);
	return b == NULL ? 0
			 : lives(&b->ctl[way], &b->entry[way].addr, false, flow,
			       port);
}

/* Who had the port before; and now `flow` has it. */
LB_GLOBAL uint64_t
snat_seat(uint32_t seat, uint64_t tenant)
{
	uint64_t *at = bpf_map_lookup_elem(&ledger, &seat);
	return at != NULL ? __sync_lock_test_and_set(at, tenant) : 0;
}

LB_GLOBAL int
snat_note(uint32_t slot, uint64_t tenant)
{
	uint64_t *at = bpf_map_lookup_elem(&tenants, &slot);
	return at == NULL ? 0 : race_note_tenant(at, tenant);
}

/* --- making -------------------------------------------------------------- */

/* Both CPUs meet a new age at the same moment. */
LB_INLINE uint32_t
pick_flow(struct snat_io *io, uint64_t *random)
{
	uint32_t at = race_draw(random);
	uint32_t age =
	    (uint32_t)(__sync_fetch_and_add(&io->turn, 1) / SNAT_AGE);
	if ((at & 0xe0) == 0)
		age -= at >> 28; /* an old friend */
	if ((at & 3) == 0)
		return snat_aged(LB_LOAD(io->hot) + (at >> 8) % SNAT_HOT, age);
	return snat_aged(at >> 8, age);
}

LB_INLINE uint32_t
pick_flags(uint64_t *random)
{
	uint32_t at = race_draw(random) & 63;
	return at < 26   ? LB_TCP_SYN
	       : at < 56 ? LB_TCP_ACK
	       : at < 60 ? LB_TCP_FIN | LB_TCP_ACK
			 : LB_TCP_RST;
}

LB_INLINE void
put_ip4(uint8_t *data, bool udp, uint32_t src, uint32_t dst)
{
	lb_store16(data + 12, 0x0008);
	lb_store16(data + IP_AT, 0x0045);
	lb_store16(data + 16, __builtin_bswap16(udp ? 28 : 40));
	lb_store32(data + 18, 0);
	data[22] = 64;
	data[23] = udp ? LB_PROTO_UDP : LB_PROTO_TCP;
	lb_store16(data + 24, 0);
	lb_store32(data + 26, src);
	lb_store32(data + 30, dst);
	lb_store16(data + 24, (uint16_t)~folded(sum32(data + IP_AT, 5)));
}

LB_INLINE void
put_ip6(uint8_t *data, bool udp, uint32_t src, uint32_t dst)
{
	lb_store16(data + 12, 0xdd86);
	lb_store32(data + IP_AT, 0x60);
	lb_store16(data + 18, __builtin_bswap16(udp ? 8 : 20));
	data[20] = udp ? LB_PROTO_UDP : LB_PROTO_TCP;
	data[21] = 64;
	lb_store64(data + 22, SNAT_PREFIX6);
	lb_store64(data + 30, snat_low6(src));
	lb_store64(data + 38, SNAT_PREFIX6);
	lb_store64(data + 46, snat_low6(dst));
}

/* The segment, whose checksum is that of its family. */
LB_INLINE void
put_l4(uint8_t *data, bool six, bool udp, uint32_t ports, uint32_t flags)
{
	uint8_t *l4 = data + (six ? L4_AT6 : L4_AT4);
	lb_store32(l4, ports);
	lb_store32(l4 + 4, udp ? 0x0800 : ports);
	if (!udp) {
		lb_store32(l4 + 8, flags);
		lb_store32(l4 + 12, 0x50 | flags << 8 | 0xffff0000u);
		lb_store32(l4 + 16, 0);
	}
	uint16_t sum = (uint16_t)~folded(l4_sum(data, six, udp));
	lb_store16(l4 + (udp ? 6 : 16), udp && sum == 0 ? 0xffff : sum);
}

struct ends {
	uint32_t src, sport, dst, dport;
};

LB_INLINE void
put(uint8_t *data, bool udp, const struct ends *e, uint32_t flags)
{
	uint32_t ports = __builtin_bswap16((uint16_t)e->sport) |
			 (uint32_t)__builtin_bswap16((uint16_t)e->dport) << 16;
	if (is_six()) {
		put_ip6(data, udp, e->src, e->dst);
		put_l4(data, true, udp, ports, flags);
	} else {
		put_ip4(data, udp, e->src, e->dst);
		put_l4(data, false, udp, ports, flags);
	}
}

/* What comes back to a port that the flow had, or has; who has it now is
 * looked up before the packet goes. */
LB_INLINE int
pick_return(struct snat_packet *p, uint64_t *random)
{
	uint32_t flow = p->flow;
	const uint32_t *port = bpf_map_lookup_elem(&got, &flow);
	if (port == NULL || LB_LOAD(*port) == 0)
		return -1;
	uint32_t at = LB_LOAD(*port);
	if ((race_draw(random) & 7) == 0)
		at ^= 1; /* the neighbour's */
	p->seat = seat_of(flow, at);
	uint32_t seat = p->seat;
	const uint64_t *tenant = bpf_map_lookup_elem(&ledger, &seat);
	p->kind = KIND_BACK;
	p->tenant = tenant != NULL ? LB_LOAD(*tenant) : 0;
	p->ctl = p->tenant == 0 ? 0
				: snat_lives((uint32_t)(p->tenant >> 32),
				      (uint32_t)p->tenant - 1, at);
	return (int)at;
}

/* Writes the next packet and notes what it is; 0 or -1. */
LB_GLOBAL int
snat_make(struct xdp_md *ctx)
{
	uint8_t *data = (uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	uint32_t zero = 0;
	struct snat_io *io = bpf_map_lookup_elem(&race, &zero);
	struct snat_packet *p = packet_of();
	if (data + SNAT_FRAME > end || io == NULL || p == NULL)
		return -1;
	uint32_t role = data[SNAT_ROLE_AT];
	struct snat_counts *c = bpf_map_lookup_elem(&counts, &role);
	if (c == NULL)
		return -1;
	uint32_t flow = pick_flow(io, &c->random);
	uint32_t what = race_draw(&c->random) & 15;
	bool udp = snat_is_udp(flow);
	p->flow = flow;
	p->kind = KIND_OUT;
	p->now_ms = LB_LOAD(io->now_ms);
	int back = role == 1 && what < 7 ? pick_return(p, &c->random) : -1;
	struct ends ends = { snat_member4(flow), snat_member_port(flow),
		snat_remote4(flow), snat_remote_port(flow) };
	if (back >= 0) {
		ends = (struct ends){ snat_remote4(flow),
			snat_remote_port(flow), SNAT_PUBLIC4, (uint32_t)back };
	} else if (what == 15) { /* somebody to make room, or not */
		p->kind = KIND_WEB;
		udp = false;
		ends = (struct ends){ SNAT_CLIENT4 | (flow & 0xff) << 24,
			1024 + (flow >> 4), SNAT_PUBLIC4, SNAT_PORT_WEB };
	}
	put(data, udp, &ends, pick_flags(&c->random));
	return 0;
}

/* --- judging ------------------------------------------------------------- */

LB_INLINE bool
in_block(uint32_t member, uint32_t port)
{
	uint32_t first = SNAT_FIRST + member * SNAT_PORTS;
	return port >= first && port < first + SNAT_PORTS;
}

/* A flow left by a port of its own. */
LB_GLOBAL int
snat_judge_out(uint32_t role)
{
	struct snat_packet *p = packet_of();
	struct lb_scratch *s = lb_scratch(0);
	struct snat_counts *c = bpf_map_lookup_elem(&counts, &role);
	if (p == NULL || s == NULL || c == NULL)
		return -1;
	const struct lb_result *r = &s->result;
	const bool made = (r->facts & LB_FACT_MADE) != 0;
	uint32_t flow = p->flow, slot = 8 * r->bucket + r->way;
	uint32_t port = lb_be16_get(r->edit.sport);
	uint64_t version = (made ? lb_ctl_claim(s->victim.ctl) : s->hit.ctl) &
			   LB_CTL_VERSION_MASK;
	if (!in_block(snat_member(flow), port) ||
	    snat_addr(&r->edit.src, is_six()) != SNAT_PUBLIC4)
		race_find(&c->found, SNAT_BAD_BLOCK, flow, slot, port);
	if (snat_note(slot, version << 32 | (uint64_t)port << 32 | flow) != 0)
		race_find(&c->found, SNAT_BAD_CHANGE, flow, slot, port);
	if (!made) {
		c->hit++;
		return 0;
	}
	c->made++;
	c->udp += snat_is_udp(flow);
	uint64_t before =
	    snat_seat(seat_of(flow, port), (uint64_t)slot << 32 | (flow + 1));
	uint32_t other = (uint32_t)before - 1;
	if (before != 0 && (uint32_t)(before >> 32) != slot &&
	    snat_lives((uint32_t)(before >> 32), other, port) != 0)
		race_find(&c->found, SNAT_BAD_TWICE, flow, slot, before);
	uint32_t *at = bpf_map_lookup_elem(&got, &flow);
	if (at != NULL)
		LB_STORE(*at, port);
	return 0;
}

/* Something came back. */
LB_GLOBAL int
snat_judge_back(uint32_t role)
{
	struct snat_packet *p = packet_of();
	struct lb_scratch *s = lb_scratch(0);
	struct snat_counts *c = bpf_map_lookup_elem(&counts, &role);
	if (p == NULL || s == NULL || c == NULL)
		return -1;
	const struct lb_result *r = &s->result;
	uint32_t port = lb_be16_get(s->packet.ip.dport);
	uint32_t rest =
	    snat_rest(snat_remote_port(p->flow), snat_is_udp(p->flow));
	uint32_t reached = SNAT_FLOWS;
	if (r->verdict == LB_FORWARD)
		reached = snat_flow_of(snat_addr(&r->edit.dst, is_six()),
		    lb_be16_get(r->edit.dport), snat_remote4(p->flow), rest);
	if (r->verdict == LB_FORWARD &&
	    (reached == SNAT_FLOWS || !in_block(snat_member(reached), port)))
		race_find(&c->found, SNAT_BAD_GUESS, p->flow, 0, reached);
	uint32_t owner = (uint32_t)p->tenant - 1, seat = p->seat;
	const uint64_t *tenant = bpf_map_lookup_elem(&ledger, &seat);
	if (p->ctl == 0 || tenant == NULL || LB_LOAD(*tenant) != p->tenant ||
	    snat_lives((uint32_t)(p->tenant >> 32), owner, port) != p->ctl)
		return 0; /* it came or went meanwhile */
	/* UDP: the remote's other port has no flow by this port of ours. */
	if (snat_remote_port(owner) != snat_remote_port(p->flow)) {
		c->astray++;
		if (r->reason != LB_REASON_SNAT_NO_FLOW)
			race_find(
			    &c->found, SNAT_BAD_GUESS, p->flow, 1, reached);
		return 0;
	}
	c->returned++;
	if (reached != owner)
		race_find(&c->found, SNAT_BAD_RETURN, p->flow, owner,
		    (uint64_t)r->reason << 32 | reached);
	return 0;
}

LB_INLINE void
judge(struct xdp_md *ctx, struct snat_counts *c, const struct lb_scratch *s,
    const struct snat_packet *p)
{
	const uint8_t *data = (const uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	const struct lb_result *r = &s->result;
	uint32_t verdict = r->verdict, reason = r->reason;
	if (data + SNAT_FRAME > end)
		return;
	uint32_t role = data[SNAT_ROLE_AT];
	lb_forget(verdict);
	if (verdict < LB_VERDICT_COUNT)
		c->verdict[verdict]++;
	lb_forget(reason);
	if (reason < LB_REASON_COUNT)
		c->reason[reason]++;
	c->evicted += (r->facts & LB_FACT_EVICTED) != 0;
	if (verdict == LB_FORWARD) {
		const bool udp = s->packet.ip.proto == LB_PROTO_UDP;
		const bool six = is_six();
		uint16_t ip = six ? 0xffff : folded(sum32(data + IP_AT, 5));
		uint16_t l4 = folded(
		    six ? l4_sum(data, true, udp) : l4_sum(data, false, udp));
		if (ip != 0xffff || l4 != 0xffff)
			race_find(&c->found, SNAT_BAD_CHECKSUM, p->flow, 0, ip);
	}
	if (p->kind == KIND_BACK)
		(void)snat_judge_back(role);
	if (p->kind != KIND_OUT)
		return;
	if (verdict == LB_FORWARD)
		(void)snat_judge_out(role);
	else if (reason != LB_REASON_SNAT_EXHAUSTED &&
		 reason != LB_REASON_SNAT_CONTENDED &&
		 reason != LB_REASON_TABLE_FULL &&
		 (reason != LB_REASON_SNAT_NO_FLOW ||
		     (s->packet.tcp_flags & LB_TCP_RST) == 0))
		race_find(&c->found, SNAT_BAD_REASON, p->flow, 0, reason);
}

SEC("xdp")
int
fairlead_race_snat(struct xdp_md *ctx)
{
	if (snat_make(ctx) != 0)
		return XDP_ABORTED;
	struct snat_packet *p = packet_of();
	struct lb_scratch *s = lb_scratch(0);
	uint8_t *data = (uint8_t *)(long)ctx->data;
	if (p == NULL || s == NULL ||
	    data + SNAT_FRAME > (uint8_t *)(long)ctx->data_end)
		return XDP_ABORTED;
	uint32_t role = data[SNAT_ROLE_AT];
	struct snat_counts *c = bpf_map_lookup_elem(&counts, &role);
	if (c == NULL)
		return XDP_ABORTED;
	c->packets++;
	int parsed = path_parse(ctx, s);
	if (parsed != LB_PARSED) {
		race_find(
		    &c->found, SNAT_BAD_PACKET, p->flow, 0, (uint64_t)parsed);
		return XDP_PASS;
	}
	path_step(s, p->now_ms);
	if (lb_result_sends(&s->result) && path_apply(ctx, s) != 0)
		race_find(
		    &c->found, SNAT_BAD_PACKET, p->flow, 0, LB_PARSED_COUNT);
	judge(ctx, c, s, p);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
