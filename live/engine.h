/* SPDX-License-Identifier: MIT */
#ifndef LIVE_ENGINE_H
#define LIVE_ENGINE_H
/*
 * The engine in the kernel: a BPF object whose maps (live/xdp/maps.h) are the
 * world, loaded and filled from a plan.  Who runs it, and on which packets, is
 * the caller's affair: the referee by test runs, `live` on an interface.
 */
#include "model/expire.h"
#include "model/plan.h"

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
 * live_engine_swap - put another plan in force (mechanism.md 14): timeout
 * classes and member states, then lookup tables, then the plan itself, so
 * that nothing a packet can name is ever absent.  Returns when no packet uses
 * the old one any more; 0, or -errno with the old plan still in force: -E2BIG
 * when the plan outgrew the room that was made for it (twice the first one).
 */
int live_engine_swap(struct live_engine *e, const struct lb_plan *plan);

/* The same without the plan, after lb_plan_health(): states, then tables. */
int live_engine_health(struct live_engine *e, const struct lb_plan *plan);

/* The connection table and the classes, mapped: read and expired in place. */
const struct lb_tables *live_engine_tables(const struct live_engine *e);

/* For programs and maps of the object that only the caller knows.  -1. */
int live_engine_program(const struct live_engine *e, const char *name);
int live_engine_map(const struct live_engine *e, const char *name);

/* Maps an mmapable array of the object; NULL and errno when it can't be. */
void *live_engine_mmap(
    const struct live_engine *e, const char *map, size_t bytes);

#endif
