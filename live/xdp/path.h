/* SPDX-License-Identifier: MIT */
#ifndef LIVE_XDP_PATH_H
#define LIVE_XDP_PATH_H
/*
 * The whole packet path in one BPF translation unit, and its three stages as
 * global functions: the verifier checks each once, for any caller.
 */
#include "live/xdp/seam.h"
#include "model/path/apply.c"
#include "model/path/conn.c"
#include "model/path/forward.c"
#include "model/path/hash.c"
#include "model/path/icmp_error.c"
#include "model/path/packet.c"
#include "model/path/reply.c"
#include "model/path/seen.c"
#include "model/path/step.c"

/* Frame to scratch->packet: enum lb_parsed. */
LB_GLOBAL int
path_parse(struct xdp_md *ctx)
{
	struct lb_scratch *s = lb_scratch(0);
	if (s == NULL)
		return LB_PARSED_NOT_IP;
	return lb_parse((const uint8_t *)(long)ctx->data,
	    (const uint8_t *)(long)ctx->data_end, 0, &s->packet);
}

/* scratch->result.edit to the frame: 0 or -1. */
LB_GLOBAL int
path_apply(struct xdp_md *ctx)
{
	struct lb_scratch *s = lb_scratch(0);
	if (s == NULL)
		return -1;
	return lb_apply((uint8_t *)(long)ctx->data,
	    (const uint8_t *)(long)ctx->data_end, &s->result.edit);
}

#endif
