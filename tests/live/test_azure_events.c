/* SPDX-License-Identifier: MIT */
/* live/seen/azure_events.c: when Azure's health events are told, second by
 * second.
 */
#include <string.h>

#include "live/seen/azure_events.h"
#include "model/path/base.h"
#include "tests/unit.h"

#define NONE     0u
#define NOBODY   (1u << LIVE_AZURE_NO_HEALTHY_BACKENDS)
#define WARNING  (1u << LIVE_AZURE_DATA_PATH_WARNING)
#define CRITICAL (1u << LIVE_AZURE_DATA_PATH_CRITICAL)

/*
 * A frontend's life: for so many seconds it is served (s), and available (a);
 * the seconds within that stretch in which an event is told are counted, and
 * the first of them (from 1) is named.
 */
struct stretch {
	const char *name;
	unsigned seconds;
	bool served, available;
	unsigned event, told, first;
};

static void
live_through(const struct stretch *rows, size_t count)
{
	struct live_azure_frontend f = { 0 };
	uint64_t now_s = 1000;
	for (size_t i = 0; i < count; i++) {
		unsigned told = 0, first = 0;
		for (unsigned s = 1; s <= rows[i].seconds; s++) {
			unsigned events = live_azure_sample(
			    &f, rows[i].served, rows[i].available, now_s++);
			if ((events & rows[i].event) == 0)
				continue;
			told++;
			first = first == 0 ? s : first;
		}
		UNIT_EQUAL(rows[i].name, told, rows[i].told);
		UNIT_EQUAL(rows[i].name, first, rows[i].first);
	}
}

static void
test_nobody(void)
{
	static const struct stretch rows[] = {
		{ "begins unknown", 5, false, false, NOBODY, 0, 0 },
		{ "up", 10, true, true, NOBODY, 0, 0 },
		{ "all die", 3600, false, false, NOBODY, 1, 1 },
		{ "an hour later", 100, false, false, NOBODY, 1, 1 },
		{ "back", 1, true, true, NOBODY, 0, 0 },
		{ "and gone", 10, false, false, NOBODY, 1, 1 },
	};
	live_through(rows, LB_COUNT(rows));
	static const struct stretch never[] = {
		{ "never up", 3000, false, false, NOBODY, 1, 60 },
	};
	live_through(never, LB_COUNT(never));
}

static void
test_data_path(void)
{
	static const struct stretch rows[] = {
		{ "fine", 100, true, true, WARNING | CRITICAL, 0, 0 },
		/* 54 of 60 are 90 %: the seventh is too many. */
		{ "a little", 6, true, false, WARNING | CRITICAL, 0, 0 },
		{ "too much", 1, true, false, WARNING, 1, 1 },
		/* Below 25 % with the 46th in all. */
		{ "much worse", 60, true, false, CRITICAL, 1, 39 },
		{ "still", 300, true, false, CRITICAL, 1, 279 },
		/* 15 of 60 again, and warned anew. */
		{ "better", 20, true, true, WARNING, 1, 15 },
		{ "good", 200, true, true, WARNING | CRITICAL, 0, 0 },
	};
	live_through(rows, LB_COUNT(rows));
}

static void
test_names(void)
{
	CU_ASSERT_STRING_EQUAL(
	    live_azure_event_name(LIVE_AZURE_NO_HEALTHY_BACKENDS),
	    "NoHealthyBackends");
	CU_ASSERT_STRING_EQUAL(live_azure_event_name(LIVE_AZURE_EVENTS), "?");
	struct live_azure_frontend f = { 0 };
	CU_ASSERT_EQUAL(live_azure_percent(&f), 100);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "nobody", test_nobody },
		{ "data path", test_data_path },
		{ "names", test_names },
		CU_TEST_INFO_NULL,
	};
	return unit_main("live/azure_events", tests);
}
