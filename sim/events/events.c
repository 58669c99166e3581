/* SPDX-License-Identifier: MIT */
#include "sim/events/events.h"

#include <stdlib.h>

#include "model/path/base.h"

/* In order of being due, which is the order of being set. */
struct timers {
	uint64_t timeout_ns;
	struct sim_timer *first, *last;
};

struct sim_events {
	uint64_t now_ns;
	uint64_t numbers; /* given so far */
	uint64_t taken, max_pending;
	struct sim_queue *queue;
	struct timers classes[SIM_TIMER_CLASS_MAX];
	unsigned class_count;
};

struct sim_events *
sim_events_new(void)
{
	struct sim_events *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->queue = sim_queue_new();
	if (e->queue == NULL) {
		free(e);
		return NULL;
	}
	return e;
}

void
sim_events_free(struct sim_events *e)
{
	if (e == NULL)
		return;
	sim_queue_free(e->queue);
	free(e);
}

uint64_t
sim_events_now(const struct sim_events *e)
{
	return e->now_ns;
}

uint64_t
sim_events_taken(const struct sim_events *e)
{
	return e->taken;
}

uint64_t
sim_events_max_pending(const struct sim_events *e)
{
	return e->max_pending;
}

uint64_t
sim_events_add(
    struct sim_events *e, uint64_t at_ns, uint32_t kind, uint32_t subject)
{
	struct sim_due event = { at_ns, e->numbers + 1, kind, subject };

	lb_assert(at_ns >= e->now_ns);
	if (sim_queue_add(e->queue, &event) != 0)
		return 0;
	if (sim_queue_pending(e->queue) > e->max_pending)
		e->max_pending = sim_queue_pending(e->queue);
	return ++e->numbers;
}

/* --- timers -------------------------------------------------------------- */

int
sim_events_class(struct sim_events *e, uint64_t timeout_ns)
{
	for (unsigned c = 0; c < e->class_count; c++)
		if (e->classes[c].timeout_ns == timeout_ns)
			return (int)c;
	if (e->class_count == SIM_TIMER_CLASS_MAX)
		return -1;
	e->classes[e->class_count] = (struct timers){ timeout_ns, NULL, NULL };
	return (int)e->class_count++;
}

void
sim_timer_clear(
    struct sim_events *e, unsigned timer_class, struct sim_timer *timer)
{
	struct timers *timers = &e->classes[timer_class];

	lb_assert(timer_class < e->class_count);
	if (!timer->is_set)
		return;
	if (timer->earlier != NULL)
		timer->earlier->later = timer->later;
	else
		timers->first = timer->later;
	if (timer->later != NULL)
		timer->later->earlier = timer->earlier;
	else
		timers->last = timer->earlier;
	timer->is_set = false;
}

void
sim_timer_set(
    struct sim_events *e, unsigned timer_class, struct sim_timer *timer)
{
	struct timers *timers = &e->classes[timer_class];

	sim_timer_clear(e, timer_class, timer);
	/* what would be later than the end of time is at its end */
	timer->event.at_ns = timers->timeout_ns < SIM_NEVER - e->now_ns
				 ? e->now_ns + timers->timeout_ns
				 : SIM_NEVER;
	timer->event.number = ++e->numbers;
	timer->earlier = timers->last;
	timer->later = NULL;
	timer->is_set = true;
	if (timers->last != NULL)
		timers->last->later = timer;
	else
		timers->first = timer;
	timers->last = timer;
}

/* --- what is next -------------------------------------------------------- */

static bool
is_before(const struct sim_due *a, const struct sim_due *b)
{
	if (b == NULL || a->at_ns != b->at_ns)
		return b == NULL || a->at_ns < b->at_ns;
	return a->number < b->number;
}

/* NULL: nothing.  *timer_class is -1 when it waits in the queue. */
static const struct sim_due *
next_event(const struct sim_events *e, int *timer_class)
{
	const struct sim_due *next = sim_queue_next(e->queue);

	*timer_class = -1;
	for (unsigned c = 0; c < e->class_count; c++) {
		const struct sim_timer *first = e->classes[c].first;
		if (first != NULL && is_before(&first->event, next)) {
			next = &first->event;
			*timer_class = (int)c;
		}
	}
	return next;
}

uint64_t
sim_events_next_ns(const struct sim_events *e)
{
	int timer_class;
	const struct sim_due *next = next_event(e, &timer_class);

	return next != NULL ? next->at_ns : SIM_NEVER;
}

bool
sim_events_take(struct sim_events *e, uint64_t until_ns, struct sim_due *event)
{
	int timer_class;
	const struct sim_due *next = next_event(e, &timer_class);

	if (next == NULL || next->at_ns > until_ns)
		return false;
	if (timer_class >= 0) {
		*event = *next;
		sim_timer_clear(
		    e, (unsigned)timer_class, e->classes[timer_class].first);
	} else {
		(void)sim_queue_take(e->queue, event);
	}
	e->now_ns = event->at_ns;
	e->taken++;
	return true;
}

void
sim_events_advance(struct sim_events *e, uint64_t now_ns)
{
	lb_assert(now_ns >= e->now_ns);
	e->now_ns = now_ns;
}
