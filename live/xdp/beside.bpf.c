/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Our place among other XDP programs: what libxdp's dispatcher calls.  It goes
 * on to the forwarding program by an array that is pinned, so that a new
 * program takes the old one's place in one step, where the dispatcher would
 * have to be built anew for it.
 *
 * With nothing in the array, or no array any more, every packet passes.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <stdint.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint32_t);
} programs SEC(".maps");

SEC("xdp.frags")
int
fairlead_beside(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &programs, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
