/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The engine as the kernel runs it, for BPF_PROG_TEST_RUN: time comes from
 * the caller, the result goes back whole.  Nothing is attached anywhere.
 */
#include "live/xdp/path.h"
#include "live/xdp/referee_io.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct referee_io);
} referee SEC(".maps");

SEC("xdp")
int
fairlead_referee(struct xdp_md *ctx)
{
	uint32_t zero = 0;
	struct referee_io *io = bpf_map_lookup_elem(&referee, &zero);
	struct lb_scratch *s = lb_scratch(0);
	if (io == NULL || s == NULL)
		return XDP_ABORTED;
	io->packets++;
	io->applied = 0;
	io->parsed = (uint32_t)path_parse(ctx, s);
	if (io->parsed != LB_PARSED)
		return XDP_PASS;
	path_step(s, io->now_ms);
	if (lb_result_sends(&s->result))
		io->applied = path_apply(ctx, s);
	io->result = s->result;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
