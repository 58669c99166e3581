/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The packet path under a stopwatch, with translation in all directions; see
 * bench.bpf.c. */
#include "live/xdp/path.h"
#include "tests/bench/bench_snat_io.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct bench_snat_io);
} bench SEC(".maps");

LB_INLINE struct bench_snat_io *
next_packet(struct xdp_md *ctx)
{
	uint32_t zero = 0;
	struct bench_snat_io *io = bpf_map_lookup_elem(&bench, &zero);
	uint8_t *data = (uint8_t *)(long)ctx->data;
	if (io == NULL ||
	    data + BENCH_SNAT_FRAME > (uint8_t *)(long)ctx->data_end)
		return NULL;
	bench_snat_packet(data, io, io->next++ & io->flow_mask);
	return io;
}

SEC("xdp")
int
bench_nothing(struct xdp_md *ctx)
{
	return next_packet(ctx) != NULL ? XDP_PASS : XDP_ABORTED;
}

SEC("xdp")
int
bench_path(struct xdp_md *ctx)
{
	struct lb_scratch *s = lb_scratch(0);
	struct bench_snat_io *io = next_packet(ctx);
	if (io == NULL || s == NULL || path_parse(ctx, s) != LB_PARSED)
		return XDP_ABORTED;
	path_step(s, io->now_ms);
	if (s->result.verdict == LB_FORWARD && path_apply(ctx, s) == 0)
		io->forwarded++;
	else
		io->other++;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
