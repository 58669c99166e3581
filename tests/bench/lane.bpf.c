/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Both ends of what is measured: the least that a balancer does, and a sink. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "model/path/base.h"

#define HEAD_BYTES 80u /* tests/bench/blast_io.h: no frame is shorter */
#define IP4        0x0008
#define IP6        0xdd86
#define NET4       0x580a /* 10.88 as loaded */
#define FLOOD_PORT 0x8b13 /* 5003 as loaded */

/* Interfaces to the sinks, set by the loader. */
volatile const uint32_t lane_out[2] = { 0 };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint64_t);
} lane_sunk SEC(".maps");

/* The sinks by turns, by the source's port; nothing else. */
SEC("xdp.frags")
int
lane_floor(struct xdp_md *ctx)
{
	const uint8_t *data = (const uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	if (data + HEAD_BYTES > end)
		return XDP_PASS;
	uint8_t port = data[12] == (uint8_t)IP4 ? data[35] : data[55];
	return (int)bpf_redirect(
	    (port & 1) != 0 ? lane_out[1] : lane_out[0], 0);
}

/* TCP and UDP: where that header begins; 0: it is neither. */
LB_INLINE uint32_t
transport_at(const uint8_t *data, const uint8_t *end)
{
	if (data + 42 > end) /* no UDP packet is shorter */
		return 0;
	uint16_t type = lb_load16(data + 12);
	uint8_t proto = type == IP4 ? data[23] : type == IP6 ? data[20] : 0;
	if ((proto != 6 && proto != 17) || (type == IP6 && data + 62 > end))
		return 0;
	return type == IP4 ? 34 : 54;
}

/* Counts and drops TCP and UDP. */
SEC("xdp")
int
lane_sink(struct xdp_md *ctx)
{
	const uint8_t *data = (const uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	uint32_t zero = 0;
	uint64_t *sunk = bpf_map_lookup_elem(&lane_sunk, &zero);
	if (sunk == NULL || transport_at(data, end) == 0)
		return XDP_PASS;
	++*sunk;
	return XDP_DROP;
}

/* 10.88.N.1: the balancer's own, that is its probes. */
LB_INLINE bool
is_balancers(const uint8_t *data)
{
	return lb_load16(data + 12) == IP4 && lb_load16(data + 26) == NET4 &&
	       data[29] == 1;
}

/* Counts what was forwarded, and drops only what is flooded with. */
SEC("xdp")
int
lane_count(struct xdp_md *ctx)
{
	const uint8_t *data = (const uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	uint32_t zero = 0, at = transport_at(data, end);
	uint64_t *sunk = bpf_map_lookup_elem(&lane_sunk, &zero);
	if (sunk == NULL || at == 0 || is_balancers(data))
		return XDP_PASS;
	++*sunk;
	uint16_t port = lb_load16(data + 36);
	if (at != 34)
		port = data + 62 <= end ? lb_load16(data + 56) : 0;
	return port == FLOOD_PORT ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
