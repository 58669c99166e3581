/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a flood came for, at a member: packets from 198.18.0.0/15 (benchmarks,
 * RFC 2544) end here, and the rest goes on to the member's own stack, which a
 * flood at the machine's rate would be the end of.  ethtool -S counts them.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "model/path/base.h"

#define ETHERTYPE_AT 12u
#define SOURCE_AT    26u /* of an IPv4 packet in a frame */
#define IPV4         0x0800u
#define FLOOD        0xc612u /* 198.18, and 198.19 */

LB_INLINE uint32_t
load16(const uint8_t *data, uint32_t at)
{
	return (uint32_t)data[at] << 8 | data[at + 1];
}

SEC("xdp")
int
sink(struct xdp_md *ctx)
{
	const uint8_t *data = (const uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	if (data + SOURCE_AT + 2 > end || load16(data, ETHERTYPE_AT) != IPV4)
		return XDP_PASS;
	return (load16(data, SOURCE_AT) & 0xfffe) == FLOOD ? XDP_DROP
							   : XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
