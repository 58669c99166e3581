/* SPDX-License-Identifier: MIT */
#ifndef LIVE_BPF_FORWARDER_H
#define LIVE_BPF_FORWARDER_H
/*
 * The forwarding program with all that belongs to it: its maps, the links by
 * which it is attached, and the pins that keep both when the control process
 * ends.  Opened in three steps, because a plan is compiled in between:
 *
 *     live_forwarder_open()    lock the pins, find what is there to adopt
 *     lb_plan_compile()        against live_forwarder_before(), if any, and
 *                              under live_forwarder_hash_key()
 *     live_forwarder_load()    the program, over the tables that there are
 *     live_forwarder_attach()  per interface
 */
#include "live/bpf/attach.h"
#include "live/bpf/engine.h"
#include "live/xdp/forward_io.h"

struct live_forwarder;

/*
 * live_forwarder_open - take hold of a pin name.
 *
 * hash_key  what the configuration says, NULL: nothing, and one is drawn.  The
 *           key of what is adopted stays in any case.
 *
 * Returns NULL with a line in error.  What is pinned but can't be adopted (of
 * another network namespace, incomplete) is an error or, where it forwards
 * nothing, removed.
 */
struct live_forwarder *live_forwarder_open(const char *pin_name,
    const uint8_t *hash_key, char *error, size_t error_bytes);

/* Lets go.  What is attached goes on forwarding; where nothing is, no pin
 * stays. */
void live_forwarder_close(struct live_forwarder *f); /* NULL is fine */

/* Where it is pinned. */
const char *live_forwarder_folder(const struct live_forwarder *f);
bool live_forwarder_adopted(const struct live_forwarder *f);
/* The plan whose ids the adopted entries have; NULL: there are none. */
const struct lb_plan *live_forwarder_before(const struct live_forwarder *f);
/* LIVE_HEALTH_WORDS of them, mapped and pinned (live/probe/health.h). */
uint32_t *live_forwarder_health(const struct live_forwarder *f);

/*
 * Notes for who comes after us: pinned bytes under a name.
 *
 * live_forwarder_note    in place of what was there: 0 or -errno.
 * live_forwarder_noted   to be freed, *bytes of it; NULL: there is none.
 */
int live_forwarder_note(const struct live_forwarder *f, const char *name,
    const void *note, size_t bytes);
void *live_forwarder_noted(
    const struct live_forwarder *f, const char *name, size_t *bytes);
const uint8_t *live_forwarder_hash_key(const struct live_forwarder *f);

/*
 * live_forwarder_load - load the program for a plan, over the tables.
 *
 * routes  packets are routed: hop limits count (nat, not l2dsr).
 *
 * Interfaces that are attached keep the program before until
 * live_forwarder_attach().  0, or -errno with a line in error and nothing
 * changed.
 */
int live_forwarder_load(struct live_forwarder *f, const struct lb_plan *plan,
    bool routes, char *error, size_t error_bytes);

/*
 * The same in two steps, for who has to get more ready in between: the engine
 * is loaded, and then in place of the one before, which is no more.
 *
 * live_forwarder_prepare  NULL and errno, with a line in error.
 * live_forwarder_commit   takes the engine, also when it fails: 0, or -errno
 *                         with a line in error and nothing changed.
 */
struct live_engine *live_forwarder_prepare(const struct live_forwarder *f,
    const struct lb_plan *plan, bool routes, char *error, size_t error_bytes);
int live_forwarder_commit(struct live_forwarder *f, struct live_engine *engine,
    const struct lb_plan *plan, char *error, size_t error_bytes);

/* live_engine_swap() of the plan, written down first.  -E2BIG: it, or what is
 * counted of it, outgrew its room: load anew, which carries counters over. */
int live_forwarder_swap(struct live_forwarder *f, const struct lb_plan *plan);

/* Neither went well: who comes after us finds the plan that is in force. */
void live_forwarder_stays(struct live_forwarder *f, const struct lb_plan *plan);

/* live_attach() of the program loaded last. */
int live_forwarder_attach(struct live_forwarder *f, uint32_t ifindex,
    enum live_mode mode, bool beside, struct live_attachment *how);

bool live_forwarder_attached(const struct live_forwarder *f, uint32_t ifindex);

/* The interfaces that have a link of ours. */
size_t live_forwarder_links(
    const struct live_forwarder *f, uint32_t *ifindexes, size_t max);
int live_forwarder_detach(struct live_forwarder *f, uint32_t ifindex);

struct live_engine *live_forwarder_engine(const struct live_forwarder *f);

/* Path time, and since when: live/xdp/forward.bpf.c's clock. */
uint32_t live_forwarder_now_ms(const struct live_forwarder *f);

/* Sums over all CPUs: 0 or -errno (-ENOENT: not counted, too high an id). */
int live_forwarder_total(
    const struct live_forwarder *f, struct forward_total *sum);
int live_forwarder_rule(
    const struct live_forwarder *f, uint16_t rule, struct forward_share *sum);
int live_forwarder_member(
    const struct live_forwarder *f, uint16_t member, struct forward_share *sum);

#endif
