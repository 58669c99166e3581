/* SPDX-License-Identifier: MIT */
#include "sim/events/queue.h"

#include <stdlib.h>

#include "model/path/base.h"

#define DIGIT_BITS  6u
#define DIGIT_COUNT 64u /* as many as a word of `used` has bits */
#define LEVEL_COUNT 11u /* x 6 bits: 64 bits and two to spare */
#define NODES_FIRST 1024u

/* 32 bytes: two to a line of memory. */
struct node {
	struct sim_due event;
	uint32_t next; /* number from 1; 0: the last */
	uint32_t zero;
};

struct list {
	uint32_t first, last; /* numbers of nodes; 0: empty */
	uint32_t earliest;    /* the first of those with the least time */
};

struct sim_queue {
	uint64_t now_ns;     /* of the latest event taken */
	uint32_t levels;     /* bit l: used[l] is not 0 */
	uint32_t free, made; /* nodes: list of free ones; ever used */
	uint32_t room, pending;
	struct node *nodes; /* by number */
	uint64_t used[LEVEL_COUNT];
	struct list lists[LEVEL_COUNT][DIGIT_COUNT];
};

struct sim_queue *
sim_queue_new(void)
{
	return calloc(1, sizeof(struct sim_queue));
}

void
sim_queue_free(struct sim_queue *q)
{
	if (q != NULL)
		free(q->nodes);
	free(q);
}

uint32_t
sim_queue_pending(const struct sim_queue *q)
{
	return q->pending;
}

/* --- nodes --------------------------------------------------------------- */

static int
grow(struct sim_queue *q)
{
	uint32_t room = q->room == 0 ? NODES_FIRST : q->room * 2;

	if (q->room > UINT32_MAX / 2)
		return -1;
	struct node *nodes = realloc(q->nodes, room * sizeof(*nodes));
	if (nodes == NULL)
		return -1;
	q->nodes = nodes;
	q->room = room;
	return 0;
}

/* 0 without memory. */
static uint32_t
take_node(struct sim_queue *q)
{
	uint32_t number = q->free;

	if (number != 0) {
		q->free = q->nodes[number].next;
		return number;
	}
	if (q->made + 1 >= q->room && grow(q) != 0)
		return 0;
	return ++q->made;
}

/* --- lists --------------------------------------------------------------- */

/* The highest digit in which two times differ; 0 when in none. */
static unsigned
level_of(uint64_t at_ns, uint64_t now_ns)
{
	return (63u - (unsigned)__builtin_clzll((at_ns ^ now_ns) | 1)) /
	       DIGIT_BITS;
}

/* Behind those that are in its list already. */
static void
place(struct sim_queue *q, uint32_t number)
{
	struct node *node = &q->nodes[number];
	uint64_t at_ns = node->event.at_ns;
	unsigned level = level_of(at_ns, q->now_ns);
	unsigned digit = at_ns >> (level * DIGIT_BITS) & (DIGIT_COUNT - 1);
	struct list *list = &q->lists[level][digit];

	node->next = 0;
	q->levels |= 1u << level;
	if ((q->used[level] >> digit & 1) == 0) {
		q->used[level] |= UINT64_C(1) << digit;
		*list = (struct list){ number, number, number };
		return;
	}
	q->nodes[list->last].next = number;
	list->last = number;
	if (at_ns < q->nodes[list->earliest].event.at_ns)
		list->earliest = number;
}

static void
leave_list(struct sim_queue *q, unsigned level, unsigned digit)
{
	q->used[level] &= ~(UINT64_C(1) << digit);
	if (q->used[level] == 0)
		q->levels &= ~(1u << level);
}

/* Where the next event is: what shares most digits with now comes first. */
static void
find_next(const struct sim_queue *q, unsigned *level, unsigned *digit)
{
	*level = (unsigned)__builtin_ctz(q->levels);
	*digit = (unsigned)__builtin_ctzll(q->used[*level]);
}

/* A list's events, whose earliest is now, to lists of lower digits. */
static void
spread(struct sim_queue *q, uint32_t number)
{
	while (number != 0) {
		uint32_t next = q->nodes[number].next;
		place(q, number);
		number = next;
	}
}

/* --- the queue ----------------------------------------------------------- */

int
sim_queue_add(struct sim_queue *q, const struct sim_due *event)
{
	uint32_t number = take_node(q);

	lb_assert(event->at_ns >= q->now_ns);
	if (number == 0)
		return -1;
	q->nodes[number].event = *event;
	place(q, number);
	q->pending++;
	return 0;
}

const struct sim_due *
sim_queue_next(const struct sim_queue *q)
{
	unsigned level, digit;

	if (q->levels == 0)
		return NULL;
	find_next(q, &level, &digit);
	return &q->nodes[q->lists[level][digit].earliest].event;
}

bool
sim_queue_take(struct sim_queue *q, struct sim_due *event)
{
	unsigned level, digit;

	if (q->levels == 0)
		return false;
	find_next(q, &level, &digit);
	struct list *list = &q->lists[level][digit];
	q->now_ns = q->nodes[list->earliest].event.at_ns;
	if (level > 0 && list->first != list->last) {
		leave_list(q, level, digit);
		spread(q, list->first);
		find_next(q, &level, &digit);
		list = &q->lists[level][digit];
	}
	/* its events are all of this instant */
	uint32_t number = list->first;
	*event = q->nodes[number].event;
	list->first = list->earliest = q->nodes[number].next;
	if (list->first == 0)
		leave_list(q, level, digit);
	q->nodes[number].next = q->free;
	q->free = number;
	q->pending--;
	return true;
}
