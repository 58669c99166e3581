/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_SCRATCH_H
#define MODEL_PATH_SCRATCH_H
/*
 * Where one packet's work lives: too big for BPF's stack, and the only way to
 * hand more than five scalars to a LB_GLOBAL function.  One per world, one
 * per CPU in BPF.
 */
#include "model/path/packet.h"
#include "model/path/result.h"

LB_LAYOUT_BEGIN
/* A flow as the connection table keeps it; IPv4 uses addr[0] only. */
struct lb_key {
	uint64_t addr[4];
	uint64_t w1; /* LB_W1_KEY_MASK bits only */
};

/* What lb_conn_find() and lb_conn_make() found in a way. */
struct lb_hit {
	uint64_t ctl, w2;
};

/* The way to give up so far, and its control word. */
struct lb_victim {
	uint64_t score, ctl;
	uint32_t way, zero;
};

/* What lb_conn_make() writes into a way beside the key. */
struct lb_fresh {
	uint64_t w2, w3;
};

struct lb_scratch {
	struct lb_packet packet;
	struct lb_result result;
	struct lb_key key;
	struct lb_hit hit;
	struct lb_victim victim;
	struct lb_fresh fresh;
};
LB_LAYOUT_END

#endif
