/* SPDX-License-Identifier: MIT */
#ifndef LIVE_BPF_ENGINE_H
#define LIVE_BPF_ENGINE_H
/*
 * The engine in the kernel: a BPF object whose maps (live/xdp/maps.h) are the
 * world, loaded and filled from a plan.  Who runs it, and on which packets, is
 * the caller's affair: the referee by test runs, `live` on an interface.
 */
#include "model/tables/expire.h"
#include "model/plan/plan.h"

struct bpf_object;
struct live_engine;

/*
 * live_engine_load - load an object and put a plan in force.
 *
 * object   file name in $FAIRLEAD_BPF_DIR, else in live/xdp beside the
 *          program, else where it was installed; with a slash, a path.
 * plan     sizes the tables; need not outlive the call.
 * error    on NULL: one line, what failed, why and how to mend it.
 *
 * Returns NULL when the kernel or the file refuses (errno says which:
 * EPERM without privilege, ENOENT without the object).
 * Cost: the tables are allocated and cleared by the kernel.
 */
struct live_engine *live_engine_load(const char *object,
    const struct lb_plan *plan, char *error, size_t error_bytes);
void live_engine_free(struct live_engine *e); /* NULL is fine */

/*
 * What a program wants besides an empty world: maps that exist already (their
 * contents and sizes stay), sizes of maps of its own, constants.  Of the world
 * conn4, conn6, classes and member_state may be kept, all of them or none.
 */
struct live_kept {
	const char *map;
	int fd; /* stays the caller's */
};

struct live_size {
	const char *map;
	uint32_t entries;
};

struct live_constant {
	const char *name;
	const void *value;
	size_t bytes;
};

struct live_setup {
	const struct live_kept *kept;
	size_t kept_count;
	const struct live_size *sizes;
	size_t size_count;
	const struct live_constant *constants;
	size_t constant_count;
};

/*
 * live_engine_load_with - the same over maps that are in use: the plan must
 * have been compiled against the one whose entries they hold.  What runs on
 * them goes on with its own plan and lookup tables.
 */
struct live_engine *live_engine_load_with(const char *object,
    const struct lb_plan *plan, const struct live_setup *setup, char *error,
    size_t error_bytes);

/*
 * live_engine_swap - put another plan in force (mechanism.md 14), so that
 * every packet finds all that it is led to, whichever plan it looks at: first
 * the lookup tables whose slots are free in the plan in force, and timeout
 * classes; then the plan, which has all members of the one before; last the
 * tables that both have, and who is eligible.
 *
 * plan  compiled against the plan in force.
 *
 * Returns when no packet uses the old one any more; 0, or -errno with the old
 * plan and all its tables still in force: -E2BIG when the plan outgrew the
 * room that was made for it (twice the first one), or its tables outnumber the
 * descriptors that the process may have.
 */
int live_engine_swap(struct live_engine *e, const struct lb_plan *plan);

/* The same without the plan, after lb_plan_health(): states, then tables. */
int live_engine_health(struct live_engine *e, const struct lb_plan *plan);

/* The connection table and the classes, mapped: read and expired in place. */
const struct lb_tables *live_engine_tables(const struct live_engine *e);

/* Where an object is found, as live_engine_load() does. */
void live_engine_object_path(const char *object, char *path, size_t bytes);

/* For programs and maps of the object that only the caller knows.  -1. */
int live_engine_program(const struct live_engine *e, const char *name);
int live_engine_map(const struct live_engine *e, const char *name);

/*
 * live_engine_callable - the program once more, over the same maps, as others
 * call it (live/bpf/beside.h): loaded when it is first asked for.  A descriptor
 * or -errno.
 */
int live_engine_callable(struct live_engine *e, const char *name);

/* Maps an mmapable array of the object; NULL and errno when it can't be. */
void *live_engine_mmap(
    const struct live_engine *e, const char *map, size_t bytes);

#endif
