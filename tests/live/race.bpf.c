/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets made, stepped and judged inside the kernel, so that two test runs
 * on two CPUs are at the same table at the same time.  Each run writes the
 * whole packet anew, for the last one's edit is still in it.
 */
#include "live/xdp/path.h"
#include "tests/live/race_frame.h"
#include "tests/live/race_io.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct race_io);
} race SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, RACE_ROLES);
	__type(key, uint32_t);
	__type(value, struct race_counts);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, RACE_FLOWS);
	__type(key, uint32_t);
	__type(value, struct race_flow);
} flows SEC(".maps");

/* Who lives in a way, as those said who made or hit it:
 * version << 48 | member << 32 | flow. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, RACE_WAYS);
	__type(key, uint32_t);
	__type(value, uint64_t);
} tenants SEC(".maps");

/* What this packet is, from the making to the judging. */
struct race_packet {
	uint32_t flow, now_ms;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct race_packet);
} at_hand SEC(".maps");

LB_INLINE struct race_io *
io_of(void)
{
	uint32_t zero = 0;
	return bpf_map_lookup_elem(&race, &zero);
}

LB_INLINE struct race_packet *
packet_of(void)
{
	uint32_t zero = 0;
	return bpf_map_lookup_elem(&at_hand, &zero);
}

LB_INLINE struct race_counts *
counts_of(uint32_t role)
{
	return bpf_map_lookup_elem(&counts, &role);
}

LB_INLINE uint32_t
draw(struct race_counts *c)
{
	return race_draw(&c->random);
}

/* --- making -------------------------------------------------------------- */

LB_INLINE void
put_addresses(uint8_t *data, uint32_t flow, bool from_member, uint32_t member)
{
	const bool six = race_is_six(flow);
	uint8_t *src = data + (six ? 22 : 26), *dst = data + (six ? 38 : 30);
	if (from_member) {
		uint8_t *swap = src;
		src = dst;
		dst = swap;
	}
	/* The client's end, then the other. */
	if (six) {
		lb_store64(src, race_client6_hi());
		lb_store64(src + 8, race_client6_lo(flow));
		lb_store64(
		    dst, from_member ? RACE_MEMBER6_HI : RACE_FRONTEND6_HI);
		lb_store64(dst + 8, from_member ? (uint64_t)(member + 1) << 56
						: RACE_FRONTEND6_LO);
		return;
	}
	lb_store32(src, race_client4(flow));
	lb_store32(dst,
	    from_member ? RACE_MEMBER4 | (member + 1) << 24 : RACE_FRONTEND4);
}

LB_INLINE void
put_ip(uint8_t *data, bool six, bool udp)
{
	uint32_t l4_bytes = udp ? 8 : 20;
	uint32_t proto = udp ? LB_PROTO_UDP : LB_PROTO_TCP;
	lb_store16(data + 12, six ? 0xdd86 : 0x0008);
	if (six) {
		lb_store32(data + IP_AT, 0x60);
		lb_store16(data + 18, __builtin_bswap16((uint16_t)l4_bytes));
		data[20] = (uint8_t)proto;
		data[21] = 64;
		return;
	}
	lb_store16(data + IP_AT, 0x0045);
	lb_store16(data + 16, __builtin_bswap16((uint16_t)(20 + l4_bytes)));
	lb_store32(data + 18, 0);
	data[22] = 64;
	data[23] = (uint8_t)proto;
	lb_store16(data + 24, 0);
	lb_store16(data + 24, (uint16_t)~folded(sum32(data + IP_AT, 5)));
}

LB_INLINE void
put_l4(uint8_t *l4, uint32_t flow, bool from_member, uint32_t flags,
    uint32_t number)
{
	uint32_t client = race_client_port(flow);
	uint32_t other =
	    from_member ? race_backend_port(flow) : race_frontend_port(flow);
	lb_store16(
	    l4, __builtin_bswap16((uint16_t)(from_member ? other : client)));
	lb_store16(l4 + 2,
	    __builtin_bswap16((uint16_t)(from_member ? client : other)));
	if (race_is_udp(flow)) {
		lb_store32(l4 + 4, 0x0800); /* length 8, checksum 0 */
		return;
	}
	lb_store32(l4 + 4, number);
	lb_store32(l4 + 8, ~number);
	lb_store32(l4 + 12, 0x50 | flags << 8 | 0xffff0000u);
	lb_store32(l4 + 16, 0);
}

LB_INLINE uint32_t
pick_flow(const struct race_io *io, struct race_counts *c)
{
	uint32_t at = draw(c);
	if ((at & 3) == 0)
		return RACE_FLOWS4 + (at >> 8) % RACE_FLOWS6;
	if ((at & 3) == 1)
		return (at >> 8) % RACE_FLOWS;
	return (io->hot + (at >> 8) % RACE_HOT) % RACE_FLOWS;
}

/* Whoever knows what a member or a client would send. */
LB_INLINE uint32_t
pick_flags(struct race_counts *c, bool from_member)
{
	uint32_t at = draw(c) & 63;
	if (from_member)
		return at < 26   ? LB_TCP_SYN | LB_TCP_ACK
		       : at < 50 ? LB_TCP_ACK
		       : at < 58 ? LB_TCP_FIN | LB_TCP_ACK
				 : LB_TCP_RST;
	return at < 20   ? LB_TCP_SYN
	       : at < 54 ? LB_TCP_ACK
	       : at < 60 ? LB_TCP_FIN | LB_TCP_ACK
			 : LB_TCP_RST;
}

/* Writes the next packet and notes what it is; 0 or -1. */
LB_GLOBAL int
race_make(struct xdp_md *ctx)
{
	uint8_t *data = (uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	struct race_io *io = io_of();
	struct race_packet *p = packet_of();
	if (data + RACE_FRAME > end || io == NULL || p == NULL)
		return -1;
	uint32_t role = data[RACE_ROLE_AT];
	struct race_counts *c = counts_of(role);
	if (c == NULL)
		return -1;
	uint32_t flow = pick_flow(io, c);
	struct race_flow *f = bpf_map_lookup_elem(&flows, &flow);
	if (f == NULL)
		return -1;
	bool from_member =
	    role == 1 && (draw(c) & 1) == 0 && !race_is_floating(flow);
	uint32_t flags = pick_flags(c, from_member), number = draw(c);
	const bool six = race_is_six(flow), udp = race_is_udp(flow);
	put_addresses(data, flow, from_member,
	    (uint32_t)LB_LOAD(f->last) & (RACE_MEMBERS - 1));
	put_ip(data, six, udp);
	uint8_t *l4 = data + (six ? L4_AT6 : L4_AT4);
	put_l4(l4, flow, from_member, flags, number);
	uint64_t sum = six ? l4_sum(data, true, udp) : l4_sum(data, false, udp);
	lb_store16(l4 + (udp ? 6 : 16), (uint16_t)~folded(sum));
	p->flow = flow;
	p->now_ms = LB_LOAD(io->now_ms);
	return 0;
}

/* --- judging ------------------------------------------------------------- */

/* In the test's numbering of ways. */
LB_INLINE uint32_t
slot_of(uint32_t flow, uint32_t bucket, uint32_t way)
{
	return 8 * (bucket + (race_is_six(flow) ? RACE_BUCKETS4 : 0)) + way;
}

/* The control word of a slot now; 0: there is no such slot. */
LB_GLOBAL uint64_t
race_ctl(uint32_t slot)
{
	uint32_t bucket = slot / 8, way = slot % 8;
	lb_forget(way);
	if (way >= 8)
		return 0;
	if (bucket < RACE_BUCKETS4) {
		struct lb_bucket4 *b = bpf_map_lookup_elem(&conn4, &bucket);
		return b != NULL ? LB_LOAD(b->ctl[way]) : 0;
	}
	bucket -= RACE_BUCKETS4;
	struct lb_bucket6 *b = bpf_map_lookup_elem(&conn6, &bucket);
	return b != NULL ? LB_LOAD(b->ctl[way]) : 0;
}

LB_GLOBAL int
race_note(uint32_t slot, uint64_t tenant)
{
	uint64_t *at = bpf_map_lookup_elem(&tenants, &slot);
	return at == NULL ? 0 : race_note_tenant(at, tenant);
}

LB_INLINE bool
may_have(const struct race_flow *f, uint32_t member)
{
	return f->may[0] == member || f->may[1] == member ||
	       f->may[2] == member || f->may[3] == member;
}

/* Was there a reason to leave the entry in scratch->hit?  Those of members
 * that are always up leave by age, or by a SYN after the end. */
LB_INLINE bool
may_rechoose(const struct lb_scratch *s, uint32_t now_ms)
{
	const struct lb_class *classes = lb_classes(0);
	uint32_t member = lb_w2_member(s->hit.w2) & (RACE_MEMBERS - 1);
	if (classes == NULL || member >= RACE_STEADY)
		return true;
	if (lb_conn_expired(classes, s->hit.ctl, now_ms, lb_w2_seen(s->hit.w2)))
		return true;
	return lb_packet_is_bare_syn(&s->packet) &&
	       lb_ctl_state(s->hit.ctl) >= LB_CONN_CLOSING_FIN;
}

/* An entry was made: was there one already? */
LB_INLINE void
judge_made(struct race_counts *c, const struct lb_scratch *s,
    struct race_flow *f, const struct race_packet *p, uint64_t incarnation)
{
	const struct lb_class *classes = lb_classes(0);
	c->made++;
	if (lb_ctl_state(s->victim.ctl) >= LB_CONN_HALF)
		c->replaced++;
	if ((s->result.facts & LB_FACT_RECHOSEN) != 0) {
		c->rechosen++;
		if (!may_rechoose(s, p->now_ms))
			race_find(&c->found, RACE_BAD_RECHOSEN, p->flow,
			    (uint32_t)(incarnation >> 32), s->hit.ctl);
	}
	uint64_t before = __sync_lock_test_and_set(&f->last, incarnation);
	if (before == 0 || classes == NULL)
		return;
	bool away = ((before ^ incarnation) & 0xffff) != 0;
	c->moved += away;
	uint64_t ctl = race_ctl((uint32_t)(before >> 32));
	if (((ctl ^ before) & LB_CTL_VERSION_MASK) == 0 &&
	    lb_ctl_tag(ctl) != 0 && lb_ctl_state(ctl) >= LB_CONN_HALF &&
	    before >> 16 != incarnation >> 16) {
		c->duplicates++;
		c->duplicates_away += away;
	}
}

LB_INLINE void
judge_entry(struct race_counts *c, const struct lb_scratch *s,
    struct race_flow *f, const struct race_packet *p)
{
	const struct lb_result *r = &s->result;
	const bool made = (r->facts & LB_FACT_MADE) != 0;
	uint32_t slot = slot_of(p->flow, r->bucket, r->way);
	uint64_t version = (made ? lb_ctl_claim(s->victim.ctl) : s->hit.ctl) &
			   LB_CTL_VERSION_MASK;
	if (made)
		judge_made(
		    c, s, f, p, (uint64_t)slot << 32 | version | r->member);
	else
		c->hit++;
	uint64_t tenant = version << 32 | (uint64_t)r->member << 32 | p->flow;
	if (race_note(slot, tenant) != 0)
		race_find(&c->found, RACE_BAD_CHANGE, p->flow, slot, tenant);
}

LB_INLINE void
judge_bytes(struct race_counts *c, const uint8_t *data, uint32_t flow)
{
	const bool six = race_is_six(flow), udp = race_is_udp(flow);
	uint16_t ip = six ? 0xffff : folded(sum32(data + IP_AT, 5));
	uint16_t l4 =
	    folded(six ? l4_sum(data, true, udp) : l4_sum(data, false, udp));
	if (ip != 0xffff || l4 != 0xffff)
		race_find(&c->found, RACE_BAD_CHECKSUM, flow, 0,
		    (uint64_t)ip << 32 | l4);
}

LB_GLOBAL int
race_judge(struct xdp_md *ctx)
{
	const uint8_t *data = (const uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	struct race_packet *p = packet_of();
	struct lb_scratch *s = lb_scratch(0);
	if (data + RACE_FRAME > end || p == NULL || s == NULL)
		return -1;
	struct race_counts *c = counts_of(data[RACE_ROLE_AT]);
	uint32_t flow = p->flow;
	struct race_flow *f = bpf_map_lookup_elem(&flows, &flow);
	if (c == NULL || f == NULL)
		return -1;
	const struct lb_result *r = &s->result;
	uint32_t verdict = r->verdict;
	lb_forget(verdict);
	if (verdict < LB_VERDICT_COUNT)
		c->verdict[verdict]++;
	c->untracked += (r->facts & LB_FACT_UNTRACKED) != 0;
	c->opened += (r->facts & LB_FACT_OPENED) != 0;
	c->closing += (r->facts & LB_FACT_CLOSING) != 0;
	c->replies += (r->facts & LB_FACT_REPLY) != 0;
	if (verdict == LB_FORWARD)
		judge_bytes(c, data, flow);
	if (r->member != LB_NONE && !may_have(f, r->member))
		race_find(&c->found, RACE_BAD_MEMBER, flow,
		    slot_of(flow, r->bucket, r->way), r->member);
	if ((r->facts & (LB_FACT_MADE | LB_FACT_HIT)) != 0)
		judge_entry(c, s, f, p);
	return 0;
}

SEC("xdp")
int
fairlead_race(struct xdp_md *ctx)
{
	if (race_make(ctx) != 0)
		return XDP_ABORTED;
	struct race_packet *p = packet_of();
	struct lb_scratch *s = lb_scratch(0);
	uint8_t *data = (uint8_t *)(long)ctx->data;
	if (p == NULL || s == NULL ||
	    data + RACE_FRAME > (uint8_t *)(long)ctx->data_end)
		return XDP_ABORTED;
	struct race_counts *c = counts_of(data[RACE_ROLE_AT]);
	if (c == NULL)
		return XDP_ABORTED;
	c->packets++;
	int parsed = path_parse(ctx, s);
	if (parsed != LB_PARSED) {
		race_find(
		    &c->found, RACE_BAD_PACKET, p->flow, 0, (uint64_t)parsed);
		return XDP_PASS;
	}
	path_step(s, p->now_ms);
	if (lb_result_sends(&s->result) && path_apply(ctx, s) != 0)
		race_find(
		    &c->found, RACE_BAD_PACKET, p->flow, 0, LB_PARSED_COUNT);
	(void)race_judge(ctx);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
