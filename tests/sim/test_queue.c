/* SPDX-License-Identifier: MIT */
/* Events leave in order of time, ties in order of arrival. */
#include <stdlib.h>
#include "model/path/base.h"
#include "sim/events/queue.h"
#include "tests/support/chance.h"
#include "tests/unit.h"

static struct sim_queue *
new_queue(void)
{
	struct sim_queue *q = sim_queue_new();

	UNIT_NEED(q);
	return q;
}

static void
add(struct sim_queue *q, uint64_t at_ns, uint64_t number)
{
	struct sim_due event = { at_ns, number, 7, (uint32_t)number };

	CU_ASSERT_EQUAL_FATAL(sim_queue_add(q, &event), 0);
}

static void
test_empty(void)
{
	struct sim_queue *q = new_queue();
	struct sim_due event;

	CU_ASSERT_PTR_NULL(sim_queue_next(q));
	CU_ASSERT_FALSE(sim_queue_take(q, &event));
	CU_ASSERT_EQUAL(sim_queue_pending(q), 0);
	sim_queue_free(q);
	sim_queue_free(NULL);
}

/* clang-format off */
static const uint64_t edges[] = { /* in order: every digit's ends, and ties */
	0, 0, 1, 1, 62, 63, 64, 64, 65, 4095, 4096, 4097, 262143, 262144,
	UINT64_C(0xffffffff), UINT64_C(0x100000000), UINT64_C(0x100000000),
	UINT64_C(0x7fffffffffffffff), UINT64_C(0x8000000000000000),
	UINT64_C(0x8000000000000001), UINT64_MAX - 1, UINT64_MAX, UINT64_MAX,
};
/* clang-format on */

static void
test_edges(void)
{
	struct sim_queue *q = new_queue();
	struct sim_due event;

	/* every other one backwards, then the rest forwards */
	for (size_t i = LB_COUNT(edges); i-- > 0;)
		if (i % 2 == 0)
			add(q, edges[i], i);
	for (size_t i = 1; i < LB_COUNT(edges); i += 2)
		add(q, edges[i], i);
	CU_ASSERT_EQUAL(sim_queue_pending(q), LB_COUNT(edges));
	for (size_t i = 0; i < LB_COUNT(edges); i++) {
		UNIT_NEED(sim_queue_next(q));
		UNIT_EQUAL("next", sim_queue_next(q)->at_ns, edges[i]);
		CU_ASSERT_TRUE(sim_queue_take(q, &event));
		UNIT_EQUAL("taken", event.at_ns, edges[i]);
		CU_ASSERT_EQUAL(event.kind, 7);
	}
	CU_ASSERT_EQUAL(sim_queue_pending(q), 0);
	sim_queue_free(q);
}

/* --- against what is plainly right --------------------------------------- */

struct plain {
	struct sim_due at[4096];
	unsigned count;
};

/* The first of the earliest. */
static struct sim_due
plain_take(struct plain *plain)
{
	unsigned best = 0;

	for (unsigned i = 1; i < plain->count; i++)
		if (plain->at[i].at_ns < plain->at[best].at_ns)
			best = i;
	struct sim_due event = plain->at[best];
	plain->count--;
	for (unsigned i = best; i < plain->count; i++)
		plain->at[i] = plain->at[i + 1];
	return event;
}

/* So far ahead: nothing, a few, or any power of two. */
static uint64_t
ahead(struct chance *chance)
{
	unsigned bits = chance_below(chance, 45);

	return chance_percent(chance, 30)
		   ? 0
		   : chance_next(chance) & ((UINT64_C(1) << bits) - 1);
}

static void
test_random(void)
{
	static struct plain plain;
	struct chance chance = { 5 };
	struct sim_queue *q = new_queue();
	uint64_t now_ns = 0, number = 0;

	plain.count = 0;
	for (unsigned step = 0; step < 60000; step++) {
		/* now many more, now fewer */
		bool grow = chance_percent(&chance, step / 5000 % 2 ? 40 : 60);
		if (plain.count == 0 || (grow && plain.count < 4096)) {
			uint64_t at_ns = now_ns + ahead(&chance);
			add(q, at_ns, ++number);
			plain.at[plain.count++] = (struct sim_due){ at_ns,
				number, 7, (uint32_t)number };
			continue;
		}
		struct sim_due is = { 0 }, wanted = plain_take(&plain);
		const struct sim_due *next = sim_queue_next(q);
		UNIT_NEED(next);
		bool right =
		    next->at_ns == wanted.at_ns && sim_queue_take(q, &is) &&
		    is.at_ns == wanted.at_ns && is.number == wanted.number &&
		    is.subject == wanted.subject;
		CU_ASSERT_TRUE_FATAL(right);
		CU_ASSERT_EQUAL(sim_queue_pending(q), plain.count);
		now_ns = is.at_ns;
	}
	sim_queue_free(q);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "empty", test_empty },
		{ "the ends of every digit", test_edges },
		{ "against a plain list", test_random },
		CU_TEST_INFO_NULL,
	};

	return unit_main("queue", tests);
}
