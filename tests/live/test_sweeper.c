/* SPDX-License-Identifier: MIT */
/*
 * live/bpf/sweeper.c over native tables: ten ticks see every entry, what is in
 * use is known after one whole round without a swap, and a way that a killed
 * sweeper left claimed is free after the first.
 */
#include "live/bpf/sweeper.h"
#include "tests/support/rig.h"
#include "tests/unit.h"

#define FLOWS    500u
#define T0       RIG_START_MS
#define LATER_MS (T0 + RIG_IDLE_MS)

static struct rig rig;

static void
open_flows(void)
{
	rig_open(&rig);
	rig_start(&rig);
	for (uint32_t i = 0; i < FLOWS; i++)
		(void)rig_send(&rig,
		    &(struct frame_spec){ .src = RIG_CLIENT4,
			.dst = rig.config.frontends[RIG_VIP].address,
			.proto = LB_PROTO_UDP,
			.sport = (uint16_t)(1024 + i),
			.dport = 5683 },
		    T0);
}

static void
count_one(void *arg, const struct lb_expired *flow)
{
	CU_ASSERT_EQUAL(flow->proto, LB_PROTO_UDP);
	++*(uint64_t *)arg;
}

static void
test_round(void)
{
	uint64_t told = 0, ended = 0;
	open_flows();
	struct live_sweeper *s = live_sweeper_new(&rig.world->tables);
	UNIT_NEED(s);
	uint64_t live = lb_live_count(&rig.world->tables);
	CU_ASSERT(live > LB_WAYS);
	for (uint32_t i = 0; i < LIVE_SWEEP_PARTS; i++)
		ended += live_sweeper_tick(s, LATER_MS - 1, count_one, &told);
	CU_ASSERT_EQUAL(ended, 0);
	for (uint32_t i = 0; i < LIVE_SWEEP_PARTS; i++)
		ended += live_sweeper_tick(s, LATER_MS, count_one, &told);
	CU_ASSERT_EQUAL(ended, live);
	CU_ASSERT_EQUAL(told, live);
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), 0);
	live_sweeper_free(s);
	rig_close(&rig);
}

/* In a hurry one tick sees every entry, wherever the round was. */
static void
test_hurry(void)
{
	uint64_t told = 0;
	open_flows();
	struct live_sweeper *s = live_sweeper_new(&rig.world->tables);
	UNIT_NEED(s);
	uint64_t live = lb_live_count(&rig.world->tables);
	for (uint32_t i = 0; i < 3; i++)
		(void)live_sweeper_tick(s, T0, NULL, NULL);
	live_sweeper_hurry(s);
	CU_ASSERT_EQUAL(live_sweeper_tick(s, LATER_MS, count_one, &told), live);
	CU_ASSERT_EQUAL(told, live);
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), 0);
	live_sweeper_free(s);
	rig_close(&rig);
}

/* Ticks up to the next round's begin. */
static void
tick_round(struct live_sweeper *s, uint32_t now_ms)
{
	for (uint32_t i = 0; i < LIVE_SWEEP_PARTS; i++)
		(void)live_sweeper_tick(s, now_ms, NULL, NULL);
}

static uint32_t
used_rules(const struct lb_usage *usage)
{
	uint32_t count = 0;
	for (uint32_t id = 0; id < LB_MEMBER_MAX; id++)
		count += usage->rule[id] > 0;
	return count;
}

static void
test_usage(void)
{
	open_flows();
	struct live_sweeper *s = live_sweeper_new(&rig.world->tables);
	UNIT_NEED(s);
	CU_ASSERT_PTR_NULL(live_sweeper_usage(s));
	tick_round(s, T0);
	UNIT_NEED(live_sweeper_usage(s));
	CU_ASSERT_EQUAL(used_rules(live_sweeper_usage(s)), 1);
	/* A swap in the middle of a round: that round does not count. */
	(void)live_sweeper_tick(s, T0, NULL, NULL);
	live_sweeper_swapped(s);
	CU_ASSERT_PTR_NULL(live_sweeper_usage(s));
	for (uint32_t i = 1; i < LIVE_SWEEP_PARTS; i++)
		(void)live_sweeper_tick(s, T0, NULL, NULL);
	CU_ASSERT_PTR_NULL(live_sweeper_usage(s));
	tick_round(s, LATER_MS);
	UNIT_NEED(live_sweeper_usage(s));
	CU_ASSERT_EQUAL(used_rules(live_sweeper_usage(s)), 0);
	live_sweeper_free(s);
	rig_close(&rig);
}

static void
test_stuck(void)
{
	open_flows();
	uint64_t *left = &rig.world->tables.conn4[3].ctl[5];
	uint64_t *busy_later = &rig.world->tables.conn4[3].ctl[6];
	*left = lb_ctl_claim(*left | UINT64_C(1) << LB_CTL_TAG_SHIFT);
	struct live_sweeper *s = live_sweeper_new(&rig.world->tables);
	UNIT_NEED(s);
	uint64_t claimed = lb_ctl_claim(*busy_later);
	*busy_later = claimed;
	CU_ASSERT_EQUAL(lb_ctl_state(*left), LB_CONN_BUSY);
	tick_round(s, T0);
	CU_ASSERT_EQUAL(lb_ctl_state(*left), LB_CONN_EMPTY);
	CU_ASSERT_EQUAL(*busy_later, claimed);
	live_sweeper_free(s);
	rig_close(&rig);
}

/* Mapped anew before the first round is over, as by a reload just after a
 * restart. */
static void
test_stuck_anew(void)
{
	open_flows();
	struct lb_tables anew = rig.world->tables;
	uint64_t *left = &rig.world->tables.conn4[3].ctl[5];
	*left = lb_ctl_claim(*left | UINT64_C(1) << LB_CTL_TAG_SHIFT);
	struct live_sweeper *s = live_sweeper_new(&rig.world->tables);
	UNIT_NEED(s);
	for (uint32_t i = 0; i < LIVE_SWEEP_PARTS - 1; i++)
		(void)live_sweeper_tick(s, T0, NULL, NULL);
	live_sweeper_use(s, &anew);
	(void)live_sweeper_tick(s, T0, NULL, NULL);
	CU_ASSERT_EQUAL(lb_ctl_state(*left), LB_CONN_BUSY);
	tick_round(s, T0);
	CU_ASSERT_EQUAL(lb_ctl_state(*left), LB_CONN_EMPTY);
	live_sweeper_free(s);
	rig_close(&rig);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "ten ticks end what has idled out", test_round },
		{ "in a hurry", test_hurry },
		{ "what is in use", test_usage },
		{ "a way left claimed", test_stuck },
		{ "the same, mapped anew", test_stuck_anew },
		CU_TEST_INFO_NULL,
	};
	return unit_main("sweeper", tests);
}
