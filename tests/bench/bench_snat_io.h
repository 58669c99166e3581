/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_BENCH_SNAT_IO_H
#define TESTS_BENCH_BENCH_SNAT_IO_H
/*
 * Packets for the bench of NAT and SNAT, made by the same few lines natively
 * and in the kernel: TCP over IPv4, checksums as they come.
 */
#include "model/path/base.h"

#define BENCH_SNAT_FRAME 60u

LB_LAYOUT_BEGIN
struct bench_snat_io {
	uint64_t next;      /* the flow that the next packet is of */
	uint64_t flow_mask; /* flows - 1, or all ones: ever new ones */
	uint64_t forwarded, other;
	uint32_t src, dst; /* as on the wire */
	uint16_t sport, dport;
	uint8_t flags;   /* of TCP */
	uint8_t return_; /* flows differ by their destination port */
	uint16_t zero;
	uint32_t now_ms;
	uint32_t zero2;
};
LB_LAYOUT_END

/* Flows differ by their source port; 65,536 of them by their address, too. */
LB_INLINE void
bench_snat_packet(uint8_t *data, const struct bench_snat_io *io, uint64_t flow)
{
	uint32_t more = (uint32_t)flow & 0xffff, sport = io->sport;
	uint32_t dport = io->dport, src = io->src;
	if (io->return_ != 0) {
		dport += more;
	} else {
		sport += more;
		src += __builtin_bswap32((uint32_t)(flow >> 16));
	}
	lb_store16(data + 12, 0x0008);
	lb_store32(data + 14, 0x2e000045);
	lb_store32(data + 18, 0);
	lb_store32(data + 22, 0x34120640); /* TTL 64, TCP */
	lb_store32(data + 26, src);
	lb_store32(data + 30, io->dst);
	lb_store16(data + 34, __builtin_bswap16((uint16_t)sport));
	lb_store16(data + 36, __builtin_bswap16((uint16_t)dport));
	lb_store32(data + 38, 0x01020304);
	lb_store32(data + 42, 0x05060708);
	lb_store32(data + 46, 0xffff0050u | (uint32_t)io->flags << 8);
	lb_store32(data + 50, 0x5678);
}

#endif
