/* SPDX-License-Identifier: MIT */
/* The event kernel: clock, ties between events and timers, cancelling. */
#include <string.h>
#include "model/path/base.h"
#include "sim/events/events.h"
#include "tests/support/chance.h"
#include "tests/unit.h"

static struct sim_events *
new_events(void)
{
	struct sim_events *e = sim_events_new();

	UNIT_NEED(e);
	return e;
}

/* The subjects of all that is due by then, one letter each. */
static const char *
taken(struct sim_events *e, uint64_t until_ns)
{
	static char text[64];
	struct sim_due event;
	size_t count = 0;

	while (count < sizeof(text) - 1 && sim_events_take(e, until_ns, &event))
		text[count++] = (char)event.subject;
	text[count] = '\0';
	return text;
}

static void
test_with_a_trace(void)
{
	struct sim_events *e = new_events();

	CU_ASSERT_EQUAL(sim_events_next_ns(e), SIM_NEVER);
	CU_ASSERT_EQUAL(sim_events_add(e, 20, 0, 'b'), 1);
	CU_ASSERT_EQUAL(sim_events_add(e, 10, 0, 'a'), 2);
	CU_ASSERT_EQUAL(sim_events_add(e, 20, 0, 'c'), 3);
	CU_ASSERT_EQUAL(sim_events_next_ns(e), 10);
	CU_ASSERT_STRING_EQUAL(taken(e, 9), "");
	CU_ASSERT_EQUAL(sim_events_now(e), 0); /* asking is not going there */
	sim_events_advance(e, 9);
	/* between the packet and the next event there is room for more */
	CU_ASSERT_NOT_EQUAL(sim_events_add(e, 9, 0, 'x'), 0);
	CU_ASSERT_STRING_EQUAL(taken(e, 15), "xa");
	CU_ASSERT_EQUAL(sim_events_now(e), 10);
	/* a packet at 20: what was planned for 20 comes before it */
	CU_ASSERT_STRING_EQUAL(taken(e, 20), "bc");
	sim_events_advance(e, 20);
	CU_ASSERT_EQUAL(sim_events_next_ns(e), SIM_NEVER);
	CU_ASSERT_EQUAL(sim_events_taken(e), 4);
	CU_ASSERT_EQUAL(sim_events_max_pending(e), 4); /* a, b, c, x */
	sim_events_free(e);
	sim_events_free(NULL);
}

static void
test_timers(void)
{
	struct sim_events *e = new_events();
	struct sim_timer a = { .event.subject = 'a' };
	struct sim_timer b = { .event.subject = 'b' };
	struct sim_timer c = { .event.subject = 'c' };
	struct sim_timer d = { .event.subject = 'd' };
	int slow = sim_events_class(e, 100), fast = sim_events_class(e, 10);

	CU_ASSERT_EQUAL(slow, 0);
	CU_ASSERT_EQUAL(fast, 1);
	CU_ASSERT_EQUAL(sim_events_class(e, 100), slow);
	sim_timer_set(e, 0, &a);
	sim_timer_set(e, 0, &b);
	sim_timer_set(e, 0, &c);
	sim_timer_set(e, 1, &d);
	CU_ASSERT_EQUAL(sim_events_next_ns(e), 10);
	CU_ASSERT_STRING_EQUAL(taken(e, 10), "d");
	CU_ASSERT_FALSE(d.is_set);
	sim_events_advance(e, 50);
	sim_timer_set(e, 0, &b);   /* from the middle */
	sim_timer_clear(e, 0, &c); /* from the end */
	sim_timer_clear(e, 0, &c); /* twice is fine */
	CU_ASSERT_STRING_EQUAL(taken(e, 149), "a");
	CU_ASSERT_EQUAL(sim_events_now(e), 100);
	sim_timer_set(e, 0, &d);
	sim_timer_set(e, 0, &b); /* the first becomes the last */
	CU_ASSERT_STRING_EQUAL(taken(e, 200), "db");
	CU_ASSERT_EQUAL(sim_events_next_ns(e), SIM_NEVER);
	sim_events_free(e);
}

/* At one instant: whoever was added or set first. */
static void
test_ties(void)
{
	struct sim_events *e = new_events();
	struct sim_timer a = { .event.subject = 'a' };
	struct sim_timer b = { .event.subject = 'b' };
	struct sim_timer c = { .event.subject = 'c' };

	CU_ASSERT_EQUAL(sim_events_class(e, 30), 0);
	CU_ASSERT_EQUAL(sim_events_class(e, 20), 1);
	CU_ASSERT_NOT_EQUAL(sim_events_add(e, 30, 0, '1'), 0);
	sim_timer_set(e, 0, &a);
	CU_ASSERT_NOT_EQUAL(sim_events_add(e, 30, 0, '2'), 0);
	sim_timer_set(e, 0, &b);
	sim_events_advance(e, 10);
	sim_timer_set(e, 1, &c);
	CU_ASSERT_NOT_EQUAL(sim_events_add(e, 30, 0, '3'), 0);
	CU_ASSERT_STRING_EQUAL(taken(e, 30), "1a2bc3");
	sim_events_free(e);
}

/* The owner of a probe moves it twice: only the last one counts. */
static void
test_lazy_cancel(void)
{
	struct sim_events *e = new_events();
	struct sim_due event;
	unsigned stale = 0, good = 0;
	uint64_t mine = sim_events_add(e, 10, 0, 'p');

	CU_ASSERT_NOT_EQUAL(mine, 0);
	CU_ASSERT_NOT_EQUAL(sim_events_add(e, 5, 0, 'p'), mine);
	mine = sim_events_add(e, 20, 0, 'p');
	while (sim_events_take(e, SIM_NEVER, &event)) {
		stale += event.number != mine;
		good += event.number == mine && event.at_ns == 20;
	}
	CU_ASSERT_EQUAL(stale, 2);
	CU_ASSERT_EQUAL(good, 1);
	sim_events_free(e);
}

static void
test_limits(void)
{
	struct sim_events *e = new_events();
	struct sim_timer late = { .event.subject = 'l' };

	for (unsigned c = 0; c < SIM_TIMER_CLASS_MAX; c++)
		CU_ASSERT_EQUAL(sim_events_class(e, c + 5), (int)c);
	CU_ASSERT_EQUAL(sim_events_class(e, 4), -1);
	CU_ASSERT_EQUAL(sim_events_class(e, 5), 0);
	sim_events_advance(e, SIM_NEVER - 3); /* 584 years */
	sim_timer_set(e, 0, &late);
	CU_ASSERT_EQUAL(late.event.at_ns, SIM_NEVER);
	CU_ASSERT_NOT_EQUAL(sim_events_add(e, SIM_NEVER - 1, 0, 'x'), 0);
	CU_ASSERT_STRING_EQUAL(taken(e, SIM_NEVER), "xl");
	sim_events_free(e);
}

/* --- many timers that are set again and again ---------------------------- */

#define FLOWS 500u

static void
test_idle_flows(void)
{
	static struct sim_timer timers[FLOWS];
	static uint64_t due_ns[FLOWS]; /* 0: not set */
	struct chance chance = { 8 };
	struct sim_events *e = new_events();
	struct sim_due event;
	unsigned fired = 0;

	CU_ASSERT_EQUAL(sim_events_class(e, 1000), 0);
	memset(timers, 0, sizeof(timers));
	for (unsigned i = 0; i < FLOWS; i++)
		timers[i].event.subject = i;
	for (uint64_t now_ns = 1; now_ns < 200000; now_ns++) {
		while (sim_events_take(e, now_ns, &event)) {
			UNIT_EQUAL("due", due_ns[event.subject], event.at_ns);
			CU_ASSERT_EQUAL(event.at_ns, now_ns);
			due_ns[event.subject] = 0;
			fired++;
		}
		sim_events_advance(e, now_ns);
		uint32_t flow = chance_below(&chance, FLOWS);
		sim_timer_set(e, 0, &timers[flow]);
		due_ns[flow] = now_ns + 1000;
	}
	for (unsigned i = 0; i < FLOWS; i++)
		CU_ASSERT_TRUE(due_ns[i] == 0 || due_ns[i] >= 200000);
	CU_ASSERT_TRUE(fired > 10000);
	CU_ASSERT_EQUAL(sim_events_max_pending(e), 0);
	sim_events_free(e);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "merged with a trace", test_with_a_trace },
		{ "timers", test_timers },
		{ "ties", test_ties },
		{ "lazy cancel", test_lazy_cancel },
		{ "limits", test_limits },
		{ "idle flows", test_idle_flows },
		CU_TEST_INFO_NULL,
	};

	return unit_main("events", tests);
}
