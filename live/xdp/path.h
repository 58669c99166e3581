/* SPDX-License-Identifier: MIT */
#ifndef LIVE_XDP_PATH_H
#define LIVE_XDP_PATH_H
/*
 * The whole packet path in one BPF translation unit, and its three stages
 * over a program's context.  Inlined into the program: as global functions
 * they cost half as much again (doc/decisions.md); what loops is global.
 */
#include "live/xdp/seam.h"
#include "model/path/apply.c"
#include "model/path/conn.c"
#include "model/path/echo.c"
#include "model/path/forward.c"
#include "model/path/hash.c"
#include "model/path/icmp_error.c"
#include "model/path/packet.c"
#include "model/path/ports.c"
#include "model/path/reply.c"
#include "model/path/snat.c"
#include "model/path/snat_back.c"
#include "model/path/step.c"

/* Frame to scratch->packet: enum lb_parsed. */
LB_INLINE int
path_parse(struct xdp_md *ctx, struct lb_scratch *s)
{
	return lb_parse((const uint8_t *)(long)ctx->data,
	    (const uint8_t *)(long)ctx->data_end, 0, &s->packet);
}

/* scratch->packet to scratch->result. */
LB_INLINE void
path_step(struct lb_scratch *s, uint32_t now_ms)
{
	lb_step(0, &s->packet, now_ms, &s->result);
}

/* scratch->result.edit to the frame: 0 or -1. */
LB_INLINE int
path_apply(struct xdp_md *ctx, const struct lb_scratch *s)
{
	return lb_apply((uint8_t *)(long)ctx->data,
	    (const uint8_t *)(long)ctx->data_end, &s->result.edit);
}

#endif
