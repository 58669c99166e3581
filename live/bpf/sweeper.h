/* SPDX-License-Identifier: MIT */
#ifndef LIVE_BPF_SWEEPER_H
#define LIVE_BPF_SWEEPER_H
/*
 * Time passing over the tables in the kernel: a tenth of them at each tick, so
 * that ten ticks, a second, see every entry.  The lock on the pins makes it
 * the only sweeper.
 *
 * One round in which nothing was swapped also tells which members, rules and
 * timeout classes entries still refer to, so that a reload can let go of
 * tombstones.
 */
#include "model/tables/expire.h"

#define LIVE_SWEEP_MS    100u /* between ticks */
#define LIVE_SWEEP_PARTS 10u

struct live_sweeper;

/* tables must outlive it or the next live_sweeper_use().  NULL: no memory. */
struct live_sweeper *live_sweeper_new(const struct lb_tables *tables);
void live_sweeper_free(struct live_sweeper *sweeper); /* NULL is fine */

/* The same entries, mapped anew: a round begins. */
void live_sweeper_use(
    struct live_sweeper *sweeper, const struct lb_tables *tables);

/*
 * live_sweeper_tick - the next tenth.
 *
 * ended  called for each flow that ended; NULL: nobody wants to know.
 *
 * Returns how many ended.  Cost: linear in a tenth of the tables.
 */
uint64_t live_sweeper_tick(struct live_sweeper *sweeper, uint32_t now_ms,
    void (*ended)(void *arg, const struct lb_expired *flow), void *arg);

/* What a plan ended is to end now, and not within a second: the next tick sees
 * every entry. */
void live_sweeper_hurry(struct live_sweeper *sweeper);

/* SNAT ports that were freed because nobody had them any more: a sweeper had
 * been killed between his steps (model/tables/audit.h). */
uint64_t live_sweeper_freed(const struct live_sweeper *sweeper);

/* A plan was swapped: what is in use is to be found out anew. */
void live_sweeper_swapped(struct live_sweeper *sweeper);

/* What entries refer to; NULL: not known yet, so everything may be in use. */
const struct lb_usage *live_sweeper_usage(const struct live_sweeper *sweeper);

/* The same as of the last whole round, whatever was swapped since: for who
 * only wants to know how many.  NULL: no round is over yet.  The number of
 * rounds tells two of them apart. */
const struct lb_usage *live_sweeper_counts(const struct live_sweeper *sweeper);
uint32_t live_sweeper_rounds(const struct live_sweeper *sweeper);

#endif
