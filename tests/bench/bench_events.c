/* SPDX-License-Identifier: MIT */
/*
 * Which structure for the events that are to come?  The hold model: one event
 * is taken, one is added, so many stay pending.  Increments as a simulation
 * has them: exponential; nine in ten very short and one long; and probes that
 * come back every 5 s, each with a phase of its own.
 *
 * By the thread's own time: who else uses the machine takes only its caches.
 *
 * Beside the simulator's queue, two others that do the same, ties included:
 * an array heap with four children to a node, and a pairing heap.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/events/queue.h"
#include "tests/bench/bench.h"
#include "tests/support/chance.h"

#define MEAN_NS     1e9
#define PROBE_NS    UINT64_C(5000000000)
#define DRAWS       (1u << 16) /* increments, drawn before the clock runs */
#define HOLDS_LEAST 1000000u
#define ROUNDS      2 /* the best of */

static bool
is_before(const struct sim_due *a, const struct sim_due *b)
{
	if (a->at_ns != b->at_ns)
		return a->at_ns < b->at_ns;
	return a->number < b->number;
}

/* --- a heap in an array -------------------------------------------------- */

#define CHILDREN 4u

struct heap {
	struct sim_due *at;
	uint32_t count;
};

static void *
heap_new(uint32_t most)
{
	struct heap *h = calloc(1, sizeof(*h));

	if (h != NULL)
		h->at = calloc(most, sizeof(*h->at));
	return h;
}

static void
heap_free(void *queue)
{
	struct heap *h = queue;

	free(h->at);
	free(h);
}

static void
heap_add(void *queue, const struct sim_due *event)
{
	struct heap *h = queue;
	uint32_t i = h->count++;

	while (i > 0 && is_before(event, &h->at[(i - 1) / CHILDREN])) {
		h->at[i] = h->at[(i - 1) / CHILDREN];
		i = (i - 1) / CHILDREN;
	}
	h->at[i] = *event;
}

static uint32_t
least_child(const struct heap *h, uint32_t i)
{
	uint32_t first = i * CHILDREN + 1, least = first;

	for (uint32_t c = first + 1; c < first + CHILDREN && c < h->count; c++)
		if (is_before(&h->at[c], &h->at[least]))
			least = c;
	return least;
}

static void
heap_take(void *queue, struct sim_due *event)
{
	struct heap *h = queue;
	struct sim_due moved = h->at[--h->count];
	uint32_t i = 0;

	*event = h->at[0];
	while (i * CHILDREN + 1 < h->count) {
		uint32_t child = least_child(h, i);
		if (!is_before(&h->at[child], &moved))
			break;
		h->at[i] = h->at[child];
		i = child;
	}
	h->at[i] = moved;
}

/* --- a pairing heap ------------------------------------------------------ */

struct pair {
	struct sim_due event;
	struct pair *child, *next;
};

struct pairs {
	struct pair *nodes, *free, *root;
};

static void *
pairs_new(uint32_t most)
{
	struct pairs *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->nodes = calloc(most, sizeof(*p->nodes));
	for (uint32_t i = 0; p->nodes != NULL && i < most; i++) {
		p->nodes[i].next = p->free;
		p->free = &p->nodes[i];
	}
	return p;
}

static void
pairs_free(void *queue)
{
	struct pairs *p = queue;

	free(p->nodes);
	free(p);
}

static struct pair *
meld(struct pair *a, struct pair *b)
{
	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	if (is_before(&b->event, &a->event)) {
		struct pair *swap = a;
		a = b;
		b = swap;
	}
	b->next = a->child;
	a->child = b;
	return a;
}

static void
pairs_add(void *queue, const struct sim_due *event)
{
	struct pairs *p = queue;
	struct pair *node = p->free;

	p->free = node->next;
	*node = (struct pair){ *event, NULL, NULL };
	p->root = meld(p->root, node);
}

/* Two by two from the left, then all together from the right. */
static struct pair *
meld_all(struct pair *list)
{
	struct pair *twos = NULL, *all = NULL;

	while (list != NULL) {
		struct pair *a = list, *b = list->next;
		list = b != NULL ? b->next : NULL;
		a->next = NULL;
		if (b != NULL)
			b->next = NULL;
		a = meld(a, b);
		a->next = twos;
		twos = a;
	}
	while (twos != NULL) {
		struct pair *next = twos->next;
		twos->next = NULL;
		all = meld(all, twos);
		twos = next;
	}
	return all;
}

static void
pairs_take(void *queue, struct sim_due *event)
{
	struct pairs *p = queue;
	struct pair *root = p->root;

	*event = root->event;
	p->root = meld_all(root->child);
	root->next = p->free;
	p->free = root;
}

/* --- the simulator's ----------------------------------------------------- */

static void *
ours_new(uint32_t most)
{
	(void)most;
	return sim_queue_new();
}

static void
ours_free(void *queue)
{
	sim_queue_free(queue);
}

static void
ours_add(void *queue, const struct sim_due *event)
{
	if (sim_queue_add(queue, event) != 0)
		abort();
}

static void
ours_take(void *queue, struct sim_due *event)
{
	(void)sim_queue_take(queue, event);
}

static const struct structure {
	const char *name;
	void *(*new)(uint32_t most);
	void (*free)(void *queue);
	void (*add)(void *queue, const struct sim_due *event);
	void (*take)(void *queue, struct sim_due *event);
} structures[] = {
	{ "", ours_new, ours_free, ours_add, ours_take },
	{ "_heap4", heap_new, heap_free, heap_add, heap_take },
	{ "_pairing", pairs_new, pairs_free, pairs_add, pairs_take },
};

/* --- the hold model ------------------------------------------------------ */

enum increments { EXPONENTIAL, BIMODAL, PROBES };
static const char *const increment_names[] = { "", "_bimodal", "_probes" };
static uint64_t draws[DRAWS];

static void
draw(enum increments increments)
{
	struct chance chance = { 1 };

	for (uint32_t i = 0; i < DRAWS; i++) {
		double u = ((double)(chance_next(&chance) >> 11) + 0.5) /
			   9007199254740992.0;
		double mean_ns = MEAN_NS;
		if (increments == BIMODAL)
			mean_ns *= chance_percent(&chance, 90) ? 1e-4 : 10;
		draws[i] = increments == PROBES ? PROBE_NS
						: (uint64_t)(-log(u) * mean_ns);
	}
}

/* Holds a second.  The sum of what came out goes to *check: all structures
 * give the same. */
static double
hold(const struct structure *s, uint32_t pending, uint64_t *check)
{
	uint32_t holds = pending < HOLDS_LEAST ? HOLDS_LEAST : pending;
	struct chance chance = { 2 };
	struct sim_due event = { 0 };
	struct timespec from, to;
	void *queue = s->new (pending + 1);
	uint64_t number = 0;

	if (queue == NULL)
		abort();
	for (; number < pending; number++) {
		event = (struct sim_due){ chance_next(&chance) % PROBE_NS,
			number, 0, (uint32_t)number };
		s->add(queue, &event);
	}
	*check = 0;
	/* until all that was there at first has gone round */
	for (uint32_t i = 0; i < holds * 2; i++) {
		if (i == holds)
			(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
		s->take(queue, &event);
		*check = *check * 31 + event.at_ns + event.subject;
		event.at_ns += draws[number % DRAWS];
		event.number = number++;
		s->add(queue, &event);
	}
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	s->free(queue);
	return holds / ((double)(to.tv_sec - from.tv_sec) +
			   (double)(to.tv_nsec - from.tv_nsec) * 1e-9);
}

static void
measure(enum increments increments, uint32_t pending, const char *label)
{
	uint64_t first = 0, check;

	for (size_t i = 0; i < sizeof(structures) / sizeof(*structures); i++) {
		char name[64];
		double best = 0;
		for (int round = 0; round < ROUNDS; round++) {
			double speed = hold(&structures[i], pending, &check);
			best = speed > best ? speed : best;
		}
		bool budget =
		    i == 0 && pending == 10000 && increments == EXPONENTIAL;
		(void)snprintf(name, sizeof(name), "events_per_s%s%s%s",
		    structures[i].name, increment_names[increments], label);
		bench_say(name, best, "/s",
		    budget ? BENCH_AT_LEAST : BENCH_NO_GOAL, 1e7);
		if (i == 0)
			first = check;
		if (check != first)
			(void)printf("  %s: ANOTHER ORDER\n", name);
	}
}

int
bench_events(void)
{
	static const struct {
		uint32_t pending;
		const char *label;
	} sizes[] = { { 10000, "" }, { 100, "_100" }, { 1000000, "_1m" } };

	for (int i = EXPONENTIAL; i <= PROBES; i++) {
		draw((enum increments)i);
		for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++)
			measure((enum increments)i, sizes[s].pending,
			    sizes[s].label);
	}
	return 0;
}
