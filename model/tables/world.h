/* SPDX-License-Identifier: MIT */
#ifndef MODEL_WORLD_H
#define MODEL_WORLD_H
/*
 * The native world: the tables that lb_step() works on, when they are not BPF
 * maps.  One per case and thread; any number in one process.  Its address is
 * the `ctx` of every function of the path.
 */
#include "model/tables/expire.h"
#include "model/path/scratch.h"

struct lb_world {
	struct lb_tables tables;    /* classes: the array below */
	const struct lb_plan *plan; /* not owned */
	struct lb_class classes[LB_CLASS_MAX];
	struct lb_scratch scratch;
};

/*
 * lb_world_new - empty tables under a plan.  The memory is anonymous, zero
 * and committed when touched; the plan must outlive its use here.
 * Returns NULL without memory.
 */
struct lb_world *lb_world_new(const struct lb_plan *plan);
void lb_world_free(struct lb_world *world); /* NULL is fine */

/* The native plan swap: between two packets, entries stay.  The table sizes
 * stay as they are, whatever the new plan asks for. */
void lb_world_swap(struct lb_world *world, const struct lb_plan *plan);

static inline uint64_t
lb_world_ctx(struct lb_world *world)
{
	return (uint64_t)(uintptr_t)world;
}

#endif
