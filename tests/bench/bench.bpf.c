/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The packet path under a stopwatch.  BPF_PROG_TEST_RUN repeats on the packet
 * as the last run left it, so each program first puts the packet back as it
 * was, with the next flow's source; bench_nothing does only that and is what
 * the others are measured net of.
 */
#include "live/xdp/path.h"
#include "tests/bench/bench_io.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct bench_io);
} bench SEC(".maps");

#define FRAME4 (14 + 20 + 20)
#define FRAME6 (14 + 40 + 20)

/* Where a service's packets go: what the path rewrites. */
#define SERVICE4      0x0a7100cbu                  /* 203.0.113.10 as loaded */
#define SERVICE6_HIGH UINT64_C(0xb80d0120)         /* 2001:db8:: as loaded */
#define SERVICE6_LOW  UINT64_C(0x0a00000000000000) /* ...::a as loaded */
#define SERVICE_PORT  0x3316u                      /* 5683 as loaded */

/* 16,384 ports on each of as many addresses as it takes. */
#define FLOW_PORT(flow) __builtin_bswap16((uint16_t)(1024 + ((flow)&0x3fff)))
#define FLOW_ADDRESS(flow)                                                     \
	__builtin_bswap32(0x0a000000u + (uint32_t)((flow) >> 14))

/* The next packet: 4 or 6 by the frame's own type. */
LB_INLINE int
next_packet(struct xdp_md *ctx, struct bench_io *io)
{
	uint8_t *data = (uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	if (data + FRAME4 > end)
		return -1;
	uint64_t flow = io->next++ & io->flow_mask;
	if (data[12] == 0x08) {
		lb_store16(data + 24, 0x1234);
		lb_store32(data + 26, FLOW_ADDRESS(flow));
		lb_store32(data + 30, SERVICE4);
		lb_store16(data + 34, FLOW_PORT(flow));
		lb_store16(data + 36, SERVICE_PORT);
		/* UDP's checksum, or TCP's; the other's bytes are not read */
		lb_store16(data + (data[23] == 17 ? 40 : 50), 0x5678);
		return 4;
	}
	if (data + FRAME6 > end)
		return -1;
	lb_store32(data + 34, FLOW_ADDRESS(flow));
	lb_store64(data + 38, SERVICE6_HIGH);
	lb_store64(data + 46, SERVICE6_LOW);
	lb_store16(data + 54, FLOW_PORT(flow));
	lb_store16(data + 56, SERVICE_PORT);
	lb_store16(data + (data[20] == 17 ? 60 : 70), 0x5678);
	return 6;
}

SEC("xdp")
int
bench_nothing(struct xdp_md *ctx)
{
	uint32_t zero = 0;
	struct bench_io *io = bpf_map_lookup_elem(&bench, &zero);
	if (io == NULL || next_packet(ctx, io) < 0)
		return XDP_ABORTED;
	return XDP_PASS;
}

SEC("xdp")
int
bench_path(struct xdp_md *ctx)
{
	uint32_t zero = 0;
	struct bench_io *io = bpf_map_lookup_elem(&bench, &zero);
	struct lb_scratch *s = lb_scratch(0);
	if (io == NULL || s == NULL || next_packet(ctx, io) < 0)
		return XDP_ABORTED;
	if (path_parse(ctx, s) != LB_PARSED)
		return XDP_ABORTED;
	path_step(s, io->now_ms);
	if (s->result.verdict == LB_FORWARD && path_apply(ctx, s) == 0)
		io->forwarded++;
	else
		io->other++;
	if (s->result.facts & LB_FACT_UNTRACKED)
		io->untracked++;
	return XDP_PASS;
}

/*
 * The yardstick: what no balancer with a table can do without.  Parse, one
 * bucket (its control words, one entry), one read of a lookup table.
 */
LB_INLINE uint64_t
bare_hash(const uint8_t *addresses, const uint8_t *ports)
{
	uint64_t h = lb_load64(addresses) * UINT64_C(0x9e3779b97f4a7c15);
	h ^= h >> 32;
	h += lb_load32(ports);
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

LB_GLOBAL int
bare_scan(uint64_t hash)
{
	uint32_t index = (uint32_t)hash & conn4_mask;
	struct lb_bucket4 *bucket = bpf_map_lookup_elem(&conn4, &index);
	uint32_t found = (uint32_t)(hash >> 32) & 7;
	if (bucket == NULL)
		return 0;
	for (uint32_t way = 0; way < LB_WAYS; way++)
		if (LB_LOAD(bucket->ctl[way]) >> 32 == hash >> 32)
			found = way;
	lb_forget(found);
	if (found >= LB_WAYS)
		return 0;
	return (int)LB_LOAD(bucket->entry[found].w2);
}

SEC("xdp")
int
bench_bare_bucket(struct xdp_md *ctx)
{
	uint32_t zero = 0;
	struct bench_io *io = bpf_map_lookup_elem(&bench, &zero);
	if (io == NULL || next_packet(ctx, io) < 0)
		return XDP_ABORTED;
	uint8_t *data = (uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	if (data + FRAME4 > end || data[12] != 0x08 || data[14] != 0x45)
		return XDP_ABORTED;
	uint64_t hash = bare_hash(data + 26, data + 34);
	int entry = bare_scan(hash);
	uint32_t member = lb_lut_member(0, 0, lb_hash_slot(hash, 65537));
	io->sum += (uint64_t)entry + member;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
