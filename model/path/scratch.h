/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_SCRATCH_H
#define MODEL_PATH_SCRATCH_H
/*
 * Where one packet's work lives: too big for BPF's stack, and the only way to
 * hand more than five scalars to a LB_GLOBAL function.  One per world, one
 * per CPU in BPF.
 */
#include "model/path/packet.h"
#include "model/path/plan.h"
#include "model/path/ports.h"
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
	uint64_t w1; /* beside the key: 0, or what SNAT made of it */
	uint64_t w2, w3;
};

/* The blocks that a new outbound flow may have a port of. */
struct lb_choice {
	uint32_t count, at; /* the at-th comes first */
	uint32_t member;
	uint32_t no_room; /* of ports that are free no record can be made */
	uint64_t hash;    /* or of the flow's entry, and its way */
	uint32_t way;
	uint32_t from; /* ports below have no room for what comes back */
	uint32_t turn; /* of blocks, and how many such ports */
	uint32_t full;
	uint32_t foreseen; /* 1: the port of the first block */
	uint32_t zero;
};

struct lb_scratch {
	struct lb_packet packet;
	struct lb_result result;
	struct lb_key key;
	struct lb_hit hit;
	struct lb_victim victim;
	struct lb_fresh fresh;
	struct lb_port_key port_key;
	struct lb_port_ask ask;
	struct lb_port_walk walk;
	struct lb_choice choice;
	struct lb_snat_block block; /* of the port that was picked */
};
LB_LAYOUT_END

#endif
