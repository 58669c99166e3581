/* SPDX-License-Identifier: MIT */
/* model/path/: entries outlive the plan that they were made under. */
#include "model/path/step.h"

#include <string.h>
#include "tests/support/talk.h"
#include "tests/unit.h"

#define T0    RIG_START_MS
#define TALKS 40u

static struct rig rig;
static struct talk talks[TALKS];
static uint16_t members[TALKS], rule_then;

/* TALKS open connections with a rule. */
static void
begin(enum rig_rule rule)
{
	rig_open(&rig);
	rig.config.entries = rig.config.entries6 = 500;
	rig_start(&rig);
	for (uint16_t i = 0; i < TALKS; i++) {
		talks[i] = talk_open(&rig, rule, (uint16_t)(48000 + i));
		(void)talk_all(&talks[i], "SbA", T0);
		members[i] = talks[i].member;
	}
	rule_then = rig_rule(&rig, rule);
}

/* They all go on where they were. */
static void
expect_unmoved(const char *what)
{
	for (uint16_t i = 0; i < TALKS; i++) {
		(void)talk_say(&talks[i], 'D', T0 + 1000);
		UNIT_EQUAL(what, rig.result.verdict, LB_FORWARD);
		UNIT_EQUAL(what, rig.result.facts, LB_FACT_HIT);
		UNIT_EQUAL(what, rig.result.member, members[i]);
		UNIT_EQUAL(what, rig.result.rule, rule_then);
		struct frame_spec spec = talk_packet(&talks[i], 'D');
		spec.seq -= 100; /* it was said already */
		spec.dst = rig_address(&rig, members[i]);
		spec.dport = talks[i].backend_port;
		UNIT_ROW(what, rig_left_as(&rig, &spec));
	}
}

/* A new connection goes to one of these of the pool (bit m: member m of the
 * configuration), and by this rule. */
static void
expect_new(const char *what, enum rig_rule rule, unsigned mask)
{
	for (uint16_t port = 1; port < 100; port++) {
		struct talk t = talk_open(&rig, rule, port);
		(void)talk_say(&t, 'S', T0 + 1000);
		UNIT_EQUAL(what, rig.result.verdict, LB_FORWARD);
		UNIT_EQUAL(what, rig.result.rule, rig_rule(&rig, rule));
		bool found = false;
		enum rig_pool pool = (enum rig_pool)rig.rules[rule].pool;
		for (unsigned m = 0; m < rig.pools[pool].member_count; m++)
			found |= (mask >> m & 1) != 0 &&
				 t.member == rig_member(&rig, pool, m);
		UNIT_ROW(what, found);
	}
}

static void
swap_members(struct lb_config_member *a, struct lb_config_member *b)
{
	struct lb_config_member keep = *a;
	*a = *b;
	*b = keep;
}

static void
test_same_plan(void)
{
	begin(RIG_HTTP);
	rig_swap(&rig);
	expect_unmoved("same plan");
	rig_close(&rig);
}

static void
walk_reordered(enum rig_rule rule, enum rig_pool pool)
{
	begin(rule);
	swap_members(&rig.members[pool][0], &rig.members[pool][2]);
	rig_swap(&rig);
	expect_unmoved("reordered");
	expect_new("reordered", rule, 7);
	rig_close(&rig);
}

static void
test_reordered(void)
{
	walk_reordered(RIG_HTTP, RIG_WEB);
	walk_reordered(RIG_ANY, RIG_NVA);
	walk_reordered(RIG_HTTP6, RIG_WEB6);
}

/* What every conversation's member says still reaches its client as the
 * frontend's, whoever is gone. */
static void
expect_answers(const char *what)
{
	for (uint16_t i = 0; i < TALKS; i++) {
		(void)talk_say(&talks[i], 'd', T0 + 1000);
		UNIT_ROW(what,
		    rig.result.verdict == LB_FORWARD &&
			(rig.result.facts & LB_FACT_REPLY) != 0 &&
			(rig.result.facts & LB_FACT_HIT) != 0 &&
			rig.result.member == members[i] &&
			lb_addr_same(&rig.result.edit.src, &talks[i].frontend));
	}
}

/* A member that is gone keeps its open connections; nobody new goes there,
 * and what is half-open leaves it. */
static void
test_member_gone(void)
{
	begin(RIG_HTTP);
	struct talk half = talk_open(&rig, RIG_HTTP, 49000);
	(void)talk_say(&half, 'S', T0);
	uint16_t gone = half.member;
	for (unsigned m = 0; m < RIG_MEMBERS; m++)
		if (rig_member(&rig, RIG_WEB, m) == gone)
			swap_members(
			    &rig.members[RIG_WEB][m], &rig.members[RIG_WEB][2]);
	rig.pools[RIG_WEB].member_count = 2;
	rig_swap(&rig);
	expect_unmoved("a member gone");
	expect_answers("a member gone");
	(void)talk_say(&half, 'S', T0 + 1000);
	CU_ASSERT_EQUAL(rig.result.facts, LB_FACT_MADE | LB_FACT_RECHOSEN);
	CU_ASSERT_NOT_EQUAL(half.member, gone);
	expect_new("a member gone", RIG_HTTP, 3);
	/* and when it is back, they are still there */
	rig.pools[RIG_WEB].member_count = 3;
	rig_swap(&rig);
	expect_unmoved("a member back");
	rig_close(&rig);
}

/* A frontend port changes its rule: open connections go on by the old one, to
 * its port; new ones by the new. */
static void
test_rule_replaced(void)
{
	begin(RIG_HTTP);
	rig.rules[RIG_HTTP].name = (char *)"http-new";
	rig.rules[RIG_HTTP].backend_port = 8888;
	rig_swap(&rig);
	expect_unmoved("another rule");
	expect_answers("another rule");
	expect_new("another rule", RIG_HTTP, 7);
	struct talk t = talk_open(&rig, RIG_HTTP, 49001);
	(void)talk_say(&t, 'S', T0 + 1000);
	struct frame_spec spec = talk_packet(&t, 'S');
	spec.seq--;
	spec.dst = rig_address(&rig, t.member);
	spec.dport = 8888;
	CU_ASSERT(rig_left_as(&rig, &spec));
	rig_close(&rig);
}

/* The same rule with another backend port: it is the rule that an entry
 * knows, so its connections follow it. */
static void
test_rule_changed(void)
{
	begin(RIG_HTTP);
	rig.rules[RIG_HTTP].backend_port = 8888;
	rig_swap(&rig);
	for (uint16_t i = 0; i < TALKS; i++) {
		(void)talk_say(&talks[i], 'D', T0 + 1000);
		CU_ASSERT_EQUAL(rig.result.facts, LB_FACT_HIT);
		CU_ASSERT_EQUAL(rig.result.member, members[i]);
		CU_ASSERT_EQUAL(lb_be16_get(rig.result.edit.dport), 8888);
	}
	rig_close(&rig);
}

/* The rule is gone and nobody has its frontend's port: not ours. */
static void
test_rule_gone(void)
{
	begin(RIG_HTTP);
	rig.rules[RIG_HTTP].frontend_port = 88;
	rig.rules[RIG_HTTP].name = (char *)"other";
	rig_swap(&rig);
	(void)talk_say(&talks[0], 'D', T0 + 1000);
	CU_ASSERT_EQUAL(rig.result.verdict, LB_PASS);
	rig_close(&rig);
}

/* An id that nobody has any more, against all promises: dropped, not sent
 * anywhere. */
static void
test_nobodys_id(void)
{
	struct lb_result result;
	begin(RIG_HTTP);
	(void)talk_say(&talks[0], 'D', T0);
	uint64_t *w2 = &rig.world->tables.conn4[rig.result.bucket]
			    .entry[rig.result.way]
			    .w2;
	*w2 |= 0xffff;
	lb_step(lb_world_ctx(rig.world), &rig.packet, T0, &result);
	CU_ASSERT_EQUAL(result.verdict, LB_DROP);
	CU_ASSERT_EQUAL(result.reason, LB_REASON_NO_HEALTHY_BACKEND);
	/* of a rule: as if there were no entry */
	*w2 |= 0xffff0000;
	lb_step(lb_world_ctx(rig.world), &rig.packet, T0, &result);
	CU_ASSERT_EQUAL(result.verdict, LB_FORWARD);
	CU_ASSERT_EQUAL(result.facts, LB_FACT_MADE | LB_FACT_RECHOSEN);
	CU_ASSERT_EQUAL(result.rule, rule_then);
	rig_close(&rig);
}

/* Another timeout in the plan is for new entries: the old keep theirs. */
static void
test_timeout_changed(void)
{
	begin(RIG_HTTP);
	rig.rules[RIG_HTTP].idle_timeout_ms = 480000;
	rig_swap(&rig);
	(void)talk_say(&talks[0], 'D', T0);
	CU_ASSERT_EQUAL(rig_deadline_ms(&rig), T0 + 240000);
	struct talk t = talk_open(&rig, RIG_HTTP, 49002);
	(void)talk_all(&t, "SbA", T0);
	CU_ASSERT_EQUAL(rig_deadline_ms(&rig), T0 + 480000);
	rig_close(&rig);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "the same plan", test_same_plan },
		{ "members reordered", test_reordered },
		{ "a member gone", test_member_gone },
		{ "a rule replaced", test_rule_replaced },
		{ "a rule changed", test_rule_changed },
		{ "a rule gone", test_rule_gone },
		{ "nobody's id", test_nobodys_id },
		{ "a timeout changed", test_timeout_changed },
		CU_TEST_INFO_NULL,
	};
	return unit_main("step, plan swaps", tests);
}
