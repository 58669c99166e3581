/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Another's XDP program, called after ours (whose priority is libxdp's default,
 * 50): drops UDP over IPv4 to port 7777, which is none of a frontend.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <stdint.h>
#include <xdp/xdp_helpers.h>

#define UDP_AT  (14 + 20)
#define PORT_AT (UDP_AT + 2)

struct {
	__uint(priority, 60);
	__uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(late);

SEC("xdp.frags")
int
late(struct xdp_md *ctx)
{
	const uint8_t *frame = (const uint8_t *)(long)ctx->data;
	if (frame + UDP_AT + 8 > (const uint8_t *)(long)ctx->data_end)
		return XDP_PASS;
	if (frame[12] != 0x08 || frame[14] != 0x45 || frame[23] != 17)
		return XDP_PASS;
	return frame[PORT_AT] == 7777 >> 8 &&
		       frame[PORT_AT + 1] == (7777 & 0xff)
		   ? XDP_DROP
		   : XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
