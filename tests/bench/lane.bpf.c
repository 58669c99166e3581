/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Both ends of what is measured: the least that a balancer does, and a sink. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "model/path/base.h"

#define HEAD_BYTES 80u /* tests/bench/blast_io.h: no frame is shorter */
#define IP4        0x0008
#define IP6        0xdd86

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

/* Counts and drops TCP and UDP. */
SEC("xdp")
int
lane_sink(struct xdp_md *ctx)
{
	const uint8_t *data = (const uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	uint32_t zero = 0;
	uint64_t *sunk = bpf_map_lookup_elem(&lane_sunk, &zero);
	if (sunk == NULL || data + 34 > end)
		return XDP_PASS;
	uint16_t type = lb_load16(data + 12);
	uint8_t proto = type == IP4 ? data[23] : type == IP6 ? data[20] : 0;
	if (proto != 6 && proto != 17)
		return XDP_PASS;
	++*sunk;
	return XDP_DROP;
}

/* A veth takes XDP_TX and redirected frames where its end has a program. */
SEC("xdp")
int
lane_pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
