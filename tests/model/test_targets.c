/* SPDX-License-Identifier: MIT */
/* What is probed, and what becomes of the members when answers come in. */
#include "model/config/names.h"
#include "model/health/targets.h"
#include "tests/model/plan_text.h"

#define S_NS UINT64_C(1000000000)

static struct lb_addr
addr(const char *text)
{
	struct lb_addr made = { { 0, 0 } };

	CU_ASSERT_TRUE(lb_addr_of_text(text, &made));
	return made;
}

static struct lb_target *
target(const struct lb_targets *targets, int probe, const char *address)
{
	struct lb_addr at = addr(address);

	return lb_targets_find(targets, probe, &at);
}

/* --- each (probe, address) once ------------------------------------------ */

static void
test_shared(void)
{
	struct made m = make(HEAD
	    "pools:\n"
	    "  - { name: p, members: [\n"
	    "      { name: a, address: 10.0.0.1 },\n"
	    "      { name: b, address: 10.0.0.2 }] }\n"
	    "  - { name: q, members: [\n"
	    "      { name: x, address: 10.0.0.2 },\n"
	    "      { name: y, address: 10.0.0.3 }] }\n"
	    "  - { name: unprobed, members: [\n"
	    "      { name: z, address: 10.0.0.4 }] }\n" PROBES "rules:\n" RULE(
		"r", "p", "1", ", probe: t") RULE("s", "p", "2", ", probe: t")
		RULE("v", "q", "3", ", probe: t") RULE(
		    "w", "p", "4", ", probe: u") RULE("n", "unprobed", "5", ""),
	    NULL, NULL);
	struct lb_targets targets;

	CU_ASSERT_EQUAL_FATAL(
	    lb_targets_init(&targets, m.plan, LB_HEALTH_UNKNOWN), 0);
	CU_ASSERT_EQUAL(targets.count, 5); /* t: .1 .2 .3; u: .1 .2 */
	CU_ASSERT_PTR_NOT_NULL(target(&targets, 0, "10.0.0.3"));
	CU_ASSERT_PTR_NULL(target(&targets, 1, "10.0.0.3"));
	CU_ASSERT_PTR_NULL(target(&targets, 0, "10.0.0.4"));

	struct lb_target *both = target(&targets, 0, "10.0.0.2");
	UNIT_NEED(both);
	both->health.state = LB_HEALTH_UP;
	uint16_t b = member_id(m.plan, "p", "b");
	CU_ASSERT_TRUE(lb_targets_up(&targets, 0, b));
	CU_ASSERT_TRUE(lb_targets_up(&targets, 0, member_id(m.plan, "q", "x")));
	CU_ASSERT_FALSE(
	    lb_targets_up(&targets, 0, member_id(m.plan, "q", "y")));
	CU_ASSERT_FALSE(lb_targets_up(&targets, 1, b));
	lb_targets_free(&targets);
	drop(&m);
}

static void
test_nothing_to_probe(void)
{
	struct made m =
	    make(HEAD POOLS "rules:\n" RULE("r", "p", "1", ""), NULL, NULL);
	struct lb_targets targets;

	CU_ASSERT_EQUAL(lb_targets_init(&targets, m.plan, LB_HEALTH_UP), 0);
	CU_ASSERT_EQUAL(targets.count, 0);
	CU_ASSERT_PTR_NULL(target(&targets, 0, "10.0.0.1"));
	lb_targets_free(&targets);
	drop(&m);
}

/* --- AZ 13.8, from answers to who is a candidate ------------------------- */

/* clang-format off */
static const struct truth {
	const char *what, *admin, *behaviour;
	bool a_up, b_up; /* as probed; b has no admin state */
	bool a, b;       /* candidates */
} truths[] = {
	{ "none, up, others down", "none", "all-probed-down",
	    true, false, true, false },
	{ "none, up, others up", "none", "all-probed-up",
	    true, true, true, true },
	{ "none, down, some up", "none", "all-probed-down",
	    false, true, false, true },
	{ "none, down, some up, saved", "none", "all-probed-up",
	    false, true, false, true },
	{ "none, all down", "none", "all-probed-down",
	    false, false, false, false },
	{ "none, all down, saved", "none", "all-probed-up",
	    false, false, true, true },
	{ "up, down", "up", "all-probed-down", false, true, true, true },
	{ "up, all down", "up", "all-probed-down", false, false, true, false },
	{ "up, all down, nobody to save", "up", "all-probed-up",
	    false, false, true, false },
	{ "down, up", "down", "all-probed-down", true, true, false, true },
	{ "down, up, others down", "down", "all-probed-down",
	    true, false, false, false },
	{ "down, up, others down, saved", "down", "all-probed-up",
	    true, false, false, true },
};
/* clang-format on */

/* Every slot of the rule's table belongs to a candidate. */
static bool
is_table_right(const struct lb_plan *plan, const struct truth *row)
{
	const struct lb_plan_lut *lut = &plan->luts[rule_row(plan, "r")->lut];
	uint16_t a = member_id(plan, "p", "a"), b = member_id(plan, "p", "b");
	uint32_t of_a = 0, of_b = 0, of_none = 0;

	for (uint32_t s = 0; s < lut->size; s++) {
		of_a += lut->slots[s] == a;
		of_b += lut->slots[s] == b;
		of_none += lut->slots[s] == LB_NONE;
	}
	return of_a + of_b + of_none == lut->size && (of_a > 0) == row->a &&
	       (of_b > 0) == row->b && (of_none > 0) == (!row->a && !row->b);
}

static void
answers_give(const struct truth *row)
{
	char text[1024];
	struct lb_targets targets;
	(void)snprintf(text, sizeof(text),
	    HEAD "pools:\n"
		 "  - { name: p, members: [\n"
		 "      { name: a, address: 10.0.0.1, admin_state: %s },\n"
		 "      { name: b, address: 10.0.0.2 }] }\n" PROBES
		 "rules:\n" RULE(
		     "r", "p", "1", ", probe: t, no_healthy_backends: %s"),
	    row->admin, row->behaviour);
	struct made m = make(text, NULL, NULL);

	CU_ASSERT_EQUAL_FATAL(
	    lb_targets_init(&targets, m.plan, LB_HEALTH_UP), 0);
	const bool up[] = { row->a_up, row->b_up };
	for (size_t i = 0; i < 2; i++)
		(void)lb_health_answer(&targets.at[i].health,
		    &m.config->probes[0],
		    up[i] ? LB_ANSWER_GOOD : LB_ANSWER_SILENT, S_NS);
	UNIT_EQUAL(row->what,
	    lb_plan_health(m.plan, m.config, lb_targets_up, &targets), 0);
	UNIT_ROW(row->what, is_table_right(m.plan, row));
	lb_targets_free(&targets);
	drop(&m);
}

static void
test_truths(void)
{
	for (size_t i = 0; i < LB_COUNT(truths); i++)
		answers_give(&truths[i]);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a state per probe and address", test_shared },
		{ "nothing to probe", test_nothing_to_probe },
		{ "AZ 13.8", test_truths },
		CU_TEST_INFO_NULL,
	};

	return unit_main("targets", tests);
}
