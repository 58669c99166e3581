/* SPDX-License-Identifier: MIT */
/* Failures by chance: their times, and that they are the same everywhere. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/faults/drawn.h"
#include "tests/unit.h"

#define MEMBERS 50u
#define DAY_MS  UINT64_C(86400000)

static struct lb_fault *
draw(const struct lb_scene *scene, unsigned members, uint64_t seed,
    uint64_t until_ms, size_t *count)
{
	struct lb_config *config = lb_config_zero(members, LB_MODE_FIVE_TUPLE);
	struct lb_fault *faults;

	UNIT_NEED(config);
	CU_ASSERT_EQUAL_FATAL(
	    sim_drawn_make(scene, config, seed, until_ms, &faults, count), 0);
	UNIT_NEED(faults);
	/* the names are the configuration's */
	for (size_t i = 0; i < *count; i++)
		faults[i].member = strdup(faults[i].member);
	lb_config_free(config);
	return faults;
}

static void
drop(struct lb_fault *faults, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(faults[i].member);
	free(faults);
}

static struct lb_failures every = {
	.kind = LB_FAULT_CRASHED, .mean_up_ms = 3600000, .mean_down_ms = 60000
};
static const struct lb_scene scene = { .failures = &every, .failure_count = 1 };

/* In order; each member down and up in turn; the means are as asked for. */
static void
test_times(void)
{
	size_t count;
	struct lb_fault *faults = draw(&scene, MEMBERS, 1, 10 * DAY_MS, &count);
	uint64_t down_ms[MEMBERS + 1] = { 0 }, last_ms = 0;
	double sum_down_ms = 0;
	unsigned downs = 0, ups = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned m = (unsigned)atoi(faults[i].member + 8);
		CU_ASSERT_TRUE_FATAL(m >= 1 && m <= MEMBERS);
		CU_ASSERT_TRUE(faults[i].at_ms >= last_ms);
		last_ms = faults[i].at_ms;
		if (down_ms[m] == 0) {
			CU_ASSERT_EQUAL(faults[i].kind, LB_FAULT_CRASHED);
			CU_ASSERT_TRUE(last_ms <= 10 * DAY_MS);
			down_ms[m] = last_ms;
			downs++;
		} else {
			CU_ASSERT_EQUAL(faults[i].kind, LB_FAULT_UP);
			sum_down_ms += (double)(last_ms - down_ms[m]);
			down_ms[m] = 0;
			ups++;
		}
	}
	CU_ASSERT_EQUAL(downs, ups);
	/* 50 members, 10 days, one an hour and a minute: 11,803; 4 sd */
	double wanted = MEMBERS * 10.0 * 1440 / 61;
	CU_ASSERT_DOUBLE_EQUAL(downs, wanted, 4 * sqrt(wanted));
	CU_ASSERT_DOUBLE_EQUAL(sum_down_ms / ups, 60000, 4 * 60000 / sqrt(ups));
	drop(faults, count);
}

/* The same again; another seed another; a member's do not depend on who else
 * there is. */
static void
test_addresses(void)
{
	size_t count[4], j = 0;
	struct lb_fault *made[] = {
		draw(&scene, 10, 1, DAY_MS, &count[0]),
		draw(&scene, 10, 1, DAY_MS, &count[1]),
		draw(&scene, 10, 2, DAY_MS, &count[2]),
		draw(&scene, 20, 1, DAY_MS, &count[3]),
	};

	CU_ASSERT_EQUAL_FATAL(count[0], count[1]);
	for (size_t i = 0; i < count[0]; i++) {
		CU_ASSERT_EQUAL(made[0][i].at_ms, made[1][i].at_ms);
		CU_ASSERT_STRING_EQUAL(made[0][i].member, made[1][i].member);
	}
	CU_ASSERT_NOT_EQUAL(made[0][0].at_ms, made[2][0].at_ms);
	for (size_t i = 0; i < count[3]; i++) {
		if (atoi(made[3][i].member + 8) > 10)
			continue;
		CU_ASSERT_TRUE_FATAL(j < count[0]);
		CU_ASSERT_EQUAL(made[3][i].at_ms, made[0][j++].at_ms);
	}
	CU_ASSERT_EQUAL(j, count[0]);
	for (size_t i = 0; i < 4; i++)
		drop(made[i], count[i]);
}

/* One member only; a mean of nothing; no end: bounded all the same. */
static void
test_bounds(void)
{
	char name[] = "backend-2";
	struct lb_failures failures[] = {
		{ .member = name,
		    .kind = LB_FAULT_HANGING,
		    .mean_up_ms = 1000,
		    .mean_down_ms = 1000 },
		{ .kind = LB_FAULT_OFF },
	};
	struct lb_scene s = { .failures = failures, .failure_count = 1 };
	size_t count;
	struct lb_fault *faults = draw(&s, 3, 1, 100000, &count);

	CU_ASSERT_TRUE(count > 50 && count < 160);
	for (size_t i = 0; i < count; i++)
		CU_ASSERT_STRING_EQUAL(faults[i].member, name);
	drop(faults, count);
	s.failure_count = 2;
	faults = draw(&s, 3, 1, LB_FAULT_AT_MAX_MS, &count);
	CU_ASSERT_EQUAL(count, 2 * SIM_DRAWN_MAX);
	drop(faults, count);
	failures[0].mean_up_ms = failures[0].mean_down_ms = UINT64_MAX;
	s.failure_count = 1;
	faults = draw(&s, 3, 1, LB_FAULT_AT_MAX_MS, &count);
	CU_ASSERT_TRUE(count <= 20);
	drop(faults, count);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "times", test_times },
		{ "drawn by address", test_addresses },
		{ "bounded", test_bounds },
		CU_TEST_INFO_NULL,
	};

	return unit_main("drawn", tests);
}
