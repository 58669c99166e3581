/* SPDX-License-Identifier: MIT */
#ifndef SIM_EVENTS_H
#define SIM_EVENTS_H
/*
 * The event kernel: a nanosecond clock, what is still to happen, and timers.
 *
 * Packets of a trace are never events.  Who plays one first takes all events
 * that are due by then, the packet's own instant included (what was planned
 * comes before what happens), and then tells the clock:
 *
 *     while (sim_events_take(events, packet_ns, &event))
 *             ...
 *     sim_events_advance(events, packet_ns);
 *
 * Cancelling is lazy: sim_events_add() gives every event a number, its owner
 * keeps the one that counts and lets others pass when they come.
 *
 * Idle timers do not enter the queue.  Those of one class have the same
 * timeout, so the latest one set is the last one due, and a class is a list
 * that is never searched: setting, setting again and clearing are O(1).
 */
#include "sim/events/queue.h"

#define SIM_NEVER           UINT64_MAX
#define SIM_TIMER_CLASS_MAX 64u

/* Part of what it is the timer of; zeroed before it is set the first time,
 * not moved while it is set. */
struct sim_timer {
	struct sim_timer *earlier, *later;
	struct sim_due event; /* what is taken when it is due; kind and
				   subject are the owner's to fill in */
	bool is_set;
};

struct sim_events; /* opaque */

struct sim_events *sim_events_new(void);    /* NULL without memory */
void sim_events_free(struct sim_events *e); /* NULL is fine; timers are their
					       owners' */

uint64_t sim_events_now(const struct sim_events *e);

/*
 * sim_events_add - something happens at at_ns, which is not before now.
 * Returns its number, from 1; 0 without memory.
 */
uint64_t sim_events_add(
    struct sim_events *e, uint64_t at_ns, uint32_t kind, uint32_t subject);

/* When the next event or timer is due; SIM_NEVER: there is none. */
uint64_t sim_events_next_ns(const struct sim_events *e);

/*
 * sim_events_take - the next event or timer that is due at until_ns or
 * before; the clock goes there.  Ties leave in order of arrival: of being
 * added, of the timer being set.  False: there is none, the clock stays.
 */
bool sim_events_take(
    struct sim_events *e, uint64_t until_ns, struct sim_due *event);

/* Nothing is due before now_ns; the clock goes there.  It never runs back. */
void sim_events_advance(struct sim_events *e, uint64_t now_ns);

/* The number of the class of that timeout, made when it is new; -1: there
 * are SIM_TIMER_CLASS_MAX already. */
int sim_events_class(struct sim_events *e, uint64_t timeout_ns);

/* Due timeout_ns from now, whether it was set before or not.  A timer is set
 * again, or cleared, in the class it was set in. */
void sim_timer_set(
    struct sim_events *e, unsigned timer_class, struct sim_timer *timer);
void sim_timer_clear(
    struct sim_events *e, unsigned timer_class, struct sim_timer *timer);

/* Taken so far, cancelled ones included; the most that ever waited in the
 * queue, timers not counted. */
uint64_t sim_events_taken(const struct sim_events *e);
uint64_t sim_events_max_pending(const struct sim_events *e);

#endif
