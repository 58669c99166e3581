/* SPDX-License-Identifier: MIT */
/* model/tables/snat_gauges.c: whose ports are counted where, through reloads;
 * and when the two health events are told. */
#include "model/tables/snat_gauges.h"

#include "tests/model/plan_text.h"

/* clang-format off */
#define TWO_FRONTENDS \
	"load_balancer: { sku: fairlead }\n" \
	"frontends:\n" \
	"  - { name: f, address: 192.0.2.1 }\n" \
	"  - { name: g, address: 192.0.2.2 }\n"
#define POOL_AB \
	"pools:\n" \
	"  - { name: p, members: [{ name: a, address: 10.0.0.1 }, { name: b, address: 10.0.0.2 }] }\n"
#define POOL_B \
	"pools:\n" \
	"  - { name: p, members: [{ name: b, address: 10.0.0.2 }] }\n"
#define OUT(what) "outbound_rules:\n  - { name: o, pool: p, " what " }\n"
/* clang-format on */

/* Takes a unit of 8 out of the middle of what members may have. */
#define RULE_1032                                                              \
	"rules:\n"                                                             \
	"  - { name: r, frontend: f, pool: p, protocol: tcp, "                 \
	"frontend_port: 1032, backend_port: 80, outbound_snat: false }\n"

static uint32_t
allocated(
    const struct lb_snat_gauges *g, uint16_t member, uint8_t number, bool udp)
{
	int i = lb_snat_gauge_find(g, member, number, udp);
	return i < 0 ? UINT32_MAX : g->at[i].allocated;
}

static void
test_read(void)
{
	struct lb_snat_gauges g = { 0 };
	struct made m = make(TWO_FRONTENDS POOL_AB OUT(
				 "frontends: [f, g], ports_per_member: 64"),
	    NULL, NULL);
	uint16_t a = member_id(m.plan, "p", "a");
	uint16_t b = member_id(m.plan, "p", "b");

	CU_ASSERT_EQUAL_FATAL(lb_snat_gauges_read(&g, m.plan), 0);
	CU_ASSERT_EQUAL(g.count, 8); /* 2 members, 2 addresses, 2 protocols */
	for (uint8_t number = 0; number < 2; number++)
		for (int udp = 0; udp < 2; udp++) {
			CU_ASSERT_EQUAL(allocated(&g, a, number, udp), 32);
			CU_ASSERT_EQUAL(allocated(&g, b, number, udp), 32);
		}
	CU_ASSERT_EQUAL(allocated(&g, a, 2, false), UINT32_MAX);
	CU_ASSERT_EQUAL(allocated(&g, 7, 0, false), UINT32_MAX);
	CU_ASSERT_FALSE(lb_snat_gauge_is_only(&g, 0));
	int first = lb_snat_gauge_first(&g, b, true);
	CU_ASSERT_TRUE_FATAL(first >= 0);
	CU_ASSERT_EQUAL(g.at[first].member, b);
	CU_ASSERT_TRUE(g.at[first].udp);
	CU_ASSERT_EQUAL(lb_snat_gauge_first(&g, 7, true), -1);
	/* Without a, b's gauges stay where they were, and a's have nothing. */
	struct made less = make(TWO_FRONTENDS POOL_B OUT(
				    "frontends: [f, g], ports_per_member: 128"),
	    m.plan, NULL);
	CU_ASSERT_EQUAL_FATAL(lb_snat_gauges_read(&g, less.plan), 0);
	CU_ASSERT_EQUAL(g.count, 8);
	CU_ASSERT_EQUAL(lb_snat_gauge_first(&g, b, true), first);
	CU_ASSERT_EQUAL(allocated(&g, b, 0, false), 64);
	CU_ASSERT_EQUAL(allocated(&g, a, 0, false), 0);
	/* Nor by the frontend that is left out.  Failures are g's now. */
	struct made one = make(
	    TWO_FRONTENDS POOL_B OUT("frontends: [g], ports_per_member: 8"),
	    less.plan, NULL);
	int second = lb_snat_gauge_find(&g, b, 1, true);
	CU_ASSERT_EQUAL_FATAL(lb_snat_gauges_read(&g, one.plan), 0);
	CU_ASSERT_EQUAL(allocated(&g, b, 0, true), 0);
	CU_ASSERT_EQUAL(allocated(&g, b, 1, true), 8);
	CU_ASSERT_EQUAL(lb_snat_gauge_first(&g, b, true), second);
	CU_ASSERT_TRUE(lb_snat_gauge_is_only(&g, (uint32_t)second));
	CU_ASSERT_FALSE(lb_snat_gauge_is_only(&g, (uint32_t)first));
	lb_snat_gauges_free(&g);
	drop(&one);
	drop(&less);
	drop(&m);
}

/* A rule's ports in the middle of a block are nobody's. */
static void
test_rule_between(void)
{
	struct lb_snat_gauges g = { 0 };
	struct made m =
	    make(TWO_FRONTENDS POOL_B RULE_1032 OUT(
		     "frontends: [f], protocol: tcp, ports_per_member: 64"),
		NULL, NULL);
	uint16_t b = member_id(m.plan, "p", "b");

	CU_ASSERT_EQUAL_FATAL(lb_snat_gauges_read(&g, m.plan), 0);
	CU_ASSERT_EQUAL(g.count, 1);
	CU_ASSERT_EQUAL(allocated(&g, b, 0, false), 64);
	CU_ASSERT_EQUAL(m.plan->block_count, 1);
	CU_ASSERT_EQUAL(m.plan->blocks[0].row.first, 1024);
	CU_ASSERT_EQUAL(m.plan->blocks[0].row.last, 1024 + 64 + 8 - 1);
	lb_snat_gauges_free(&g);
	drop(&m);
}

static void
test_make(void)
{
	struct lb_snat_gauges g = { 0 };

	for (unsigned i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(
		    lb_snat_gauge_make(&g, (uint16_t)(i * 600), 3, i & 1),
		    (int)i);
	CU_ASSERT_EQUAL(lb_snat_gauge_make(&g, 600, 3, true), 1);
	CU_ASSERT_EQUAL(lb_snat_gauge_make(&g, 600, 4, true), 100);
	CU_ASSERT_EQUAL(lb_snat_gauge_find(&g, 600, 4, true), 100);
	CU_ASSERT_EQUAL(lb_snat_gauge_first(&g, 600, true), 1);
	CU_ASSERT_EQUAL(lb_snat_gauge_find(&g, 600, 4, false), -1);
	lb_snat_gauges_free(&g);
}

/* AZ 13.10: 76 of 100 ports, not 75; AZ 9.2: again after 5 minutes. */
static void
test_events(void)
{
	const uint64_t minute = 60 * UINT64_C(1000000000);
	struct lb_snat_alarm alarm = { 0 };

	CU_ASSERT_FALSE(lb_snat_is_high(75, 100));
	CU_ASSERT_TRUE(lb_snat_is_high(76, 100));
	CU_ASSERT_TRUE(lb_snat_is_high(1, 0)); /* held, and none allocated */
	CU_ASSERT_FALSE(lb_snat_is_high(0, 0));
	CU_ASSERT_TRUE(lb_snat_tell(&alarm, LB_SNAT_HIGH, 0));
	CU_ASSERT_FALSE(lb_snat_tell(&alarm, LB_SNAT_HIGH, 5 * minute - 1));
	CU_ASSERT_TRUE(lb_snat_tell(&alarm, LB_SNAT_EXHAUSTED, minute));
	CU_ASSERT_TRUE(lb_snat_tell(&alarm, LB_SNAT_HIGH, 5 * minute));
	CU_ASSERT_FALSE(lb_snat_tell(&alarm, LB_SNAT_HIGH, 10 * minute - 1));
	CU_ASSERT_TRUE(lb_snat_tell(&alarm, LB_SNAT_HIGH, 10 * minute));
	CU_ASSERT_STRING_EQUAL(
	    lb_snat_event_name(LB_SNAT_HIGH), "HighSnatPortUsage");
	CU_ASSERT_STRING_EQUAL(
	    lb_snat_event_name(LB_SNAT_EXHAUSTED), "SnatPortExhaustion");
	CU_ASSERT_STRING_EQUAL(lb_snat_event_name(9), "?");
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "gauges of a plan, and of the next", test_read },
		{ "a rule's ports within a block", test_rule_between },
		{ "made when met", test_make },
		{ "13.10 health events", test_events },
		CU_TEST_INFO_NULL,
	};

	return unit_main("snat_gauges", tests);
}
