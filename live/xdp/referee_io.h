/* SPDX-License-Identifier: MIT */
#ifndef LIVE_XDP_REFEREE_IO_H
#define LIVE_XDP_REFEREE_IO_H
/* What the referee hands to its program and gets back, besides the packet. */
#include "model/path/result.h"

LB_LAYOUT_BEGIN
struct referee_io {
	uint32_t now_ms;  /* in: the instant of this packet */
	uint32_t parsed;  /* out: enum lb_parsed */
	int32_t applied;  /* out: lb_apply()'s answer */
	uint32_t packets; /* out: how many were seen */
	struct lb_result result;
};
LB_LAYOUT_END

#endif
