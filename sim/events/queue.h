/* SPDX-License-Identifier: MIT */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H
/*
 * The events that are still to come, in order of time and, at the same
 * instant, of arrival.
 *
 * Time in a simulation never runs back, so the queue need not order what is
 * far away: it is a multi-level bucket queue, a timing wheel of as many levels
 * as a 64-bit time has digits of base 64.  An event waits in the list of the
 * highest digit in which its time differs from now; when that list is the
 * next one, its events move to lists of lower digits.  Lists are FIFO and so
 * is moving them, which keeps ties in order of arrival for nothing.
 *
 * Source: Denardo and Fox 1979; Varghese and Lauck 1987; Cherkassky, Goldberg
 * and Silverstein 1999.  Chosen by make bench BENCH=events.
 */
#include <stdbool.h>
#include <stdint.h>

struct sim_due {
	uint64_t at_ns;
	uint64_t number; /* order of arrival */
	uint32_t kind, subject;
};

struct sim_queue; /* opaque: its order is nobody else's business */

struct sim_queue *sim_queue_new(void);    /* NULL without memory */
void sim_queue_free(struct sim_queue *q); /* NULL is fine */

/*
 * sim_queue_add - event->at_ns is no earlier than the latest event taken.
 * 0; -1 without memory or beyond 2^32 - 2 events.  Cost: O(1), no search.
 */
int sim_queue_add(struct sim_queue *q, const struct sim_due *event);

/* The next event; NULL: there is none.  Valid until one is added or taken.
 * Cost: O(1). */
const struct sim_due *sim_queue_next(const struct sim_queue *q);

/* Takes the next event; false: there is none.  Cost: amortised, an event
 * moves at most 10 times; at 10,000 pending about twice. */
bool sim_queue_take(struct sim_queue *q, struct sim_due *event);

uint32_t sim_queue_pending(const struct sim_queue *q);

#endif
