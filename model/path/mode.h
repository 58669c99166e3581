/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_MODE_H
#define MODEL_PATH_MODE_H
/*
 * Distribution modes: which parts of a flow the affinity key keeps.  A mode
 * is a row of masks, not a branch.
 *
 * Source: Azure, "Load Balancer distribution modes"; loadDistribution
 * Default, SourceIP, SourceIPProtocol.
 * What passes a next hop has the same key in both directions, so that an
 * appliance sees both (lb_key_set_hop()); an _ANY_DST mode, which asks for one
 * end only, does not.
 * Ours besides: the two _ANY_DST rows serve rules that stand for many
 * frontend addresses at once (zero configuration), so that a key is a client.
 */
#include "model/path/base.h"

enum lb_mode {
	LB_MODE_FIVE_TUPLE, /* Default */
	LB_MODE_SOURCE_IP,  /* SourceIP: source and destination address */
	LB_MODE_SOURCE_IP_PROTOCOL, /* SourceIPProtocol: and the protocol */
	LB_MODE_SOURCE_IP_ANY_DST,
	LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST,
	LB_MODE_COUNT
};

struct lb_mode_masks {
	uint32_t ports; /* source and destination port */
	uint32_t proto;
	uint64_t dst; /* each word of the destination address */
};

static const struct lb_mode_masks lb_mode_masks[LB_MODE_COUNT] = {
	/* clang-format off */
	[LB_MODE_FIVE_TUPLE]                 = { ~0u, ~0u, ~0ull },
	[LB_MODE_SOURCE_IP]                  = {  0u,  0u, ~0ull },
	[LB_MODE_SOURCE_IP_PROTOCOL]         = {  0u, ~0u, ~0ull },
	[LB_MODE_SOURCE_IP_ANY_DST]          = {  0u,  0u,  0ull },
	[LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST] = {  0u, ~0u,  0ull },
	/* clang-format on */
};

#endif
