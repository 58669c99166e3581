/* SPDX-License-Identifier: MIT */
#ifndef LIVE_BPF_ENGINE_PARTS_H
#define LIVE_BPF_ENGINE_PARTS_H
/*
 * The two parts of an engine in the kernel: engine.c loads the object and maps
 * its tables, engine_swap.c puts plans and health in force.
 */
#include "live/bpf/engine.h"

/* Ids are 16 bits: the state words of all of them. */
#define LIVE_MEMBER_WORDS 65536u
/* The kernel keeps an array's values 8 bytes apart. */
#define LIVE_STATE_STRIDE 8u

struct live_engine {
	struct bpf_object *object;
	struct bpf_object *called; /* NULL: not asked for */
	char path[4096];           /* of both */
	struct lb_tables tables;
	struct lb_plan rows; /* those of the plan in force, nothing else */
	struct lb_class *classes;
	uint8_t *states;
	bool member_ends[LB_MEMBER_MAX + 1]; /* lb_expire()'s; nobody else's */
	int plan_fd, luts_fd;
	uint32_t plan_rows;        /* that a plan may have, set when loaded */
	bool in_force[LB_LUT_MAX]; /* slots of the plan in force's tables */
};

#endif
