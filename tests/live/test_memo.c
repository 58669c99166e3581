/* SPDX-License-Identifier: MIT */
/*
 * live/bpf/memo.c: a plan read back leads lb_plan_compile() to the same plan as
 * the one that was written, through changes of everything; and bytes that are
 * no memo are none.
 */
#include <stdlib.h>
#include <string.h>

#include "live/bpf/memo.h"
#include "tests/live/rich.h"
#include "tests/unit.h"

#define CHANGES 200u
#define SEED    UINT64_C(20261122)

static struct lb_plan *
compile(const struct rich *rich, const struct lb_plan *before,
    const struct lb_usage *used)
{
	struct lb_problems problems = { 0 };
	struct lb_config *config = rich_config(rich);
	UNIT_NEED(config);
	struct lb_plan *plan = lb_plan_compile(config, before, used, &problems);
	if (plan == NULL)
		lb_problems_print(&problems, "rich", stdout);
	lb_problems_free(&problems);
	lb_config_free(config);
	UNIT_NEED(plan);
	return plan;
}

static bool
rows_same(const struct lb_plan *a, const struct lb_plan *b)
{
	return a->row_count == b->row_count &&
	       memcmp(a->rows, b->rows, (size_t)a->row_count * LB_ROW_BYTES) ==
		   0;
}

static bool
luts_same(const struct lb_plan *a, const struct lb_plan *b)
{
	if (a->lut_count != b->lut_count)
		return false;
	for (uint32_t i = 0; i < a->lut_count; i++) {
		const struct lb_plan_lut *x = &a->luts[i], *y = &b->luts[i];
		if ((x->slots == NULL) != (y->slots == NULL) ||
		    (x->slots != NULL &&
			(x->size != y->size || x->bit != y->bit ||
			    memcmp(x->slots, y->slots,
				x->size * sizeof(*x->slots)) != 0)))
			return false;
	}
	return true;
}

static struct lb_plan *
read_back(const struct lb_plan *plan)
{
	size_t bytes;
	void *memo = live_memo_write(plan, &bytes);
	UNIT_NEED(memo);
	struct lb_plan *back = live_memo_read(memo, bytes);
	free(memo);
	UNIT_NEED(back);
	return back;
}

static void
test_leads_on(void)
{
	static const struct lb_usage nobody;
	struct chance chance = { SEED };
	struct rich rich = rich_everything();
	struct lb_plan *plan = compile(&rich, NULL, NULL);
	for (uint32_t i = 0; i < CHANGES; i++) {
		struct lb_plan *back = read_back(plan);
		rich_change(&rich, &chance);
		/* Now and then no connection is left of plans before. */
		const struct lb_usage *used = i % 4 == 3 ? &nobody : NULL;
		struct lb_plan *next = compile(&rich, plan, used);
		struct lb_plan *again = compile(&rich, back, used);
		char row[32];
		(void)snprintf(row, sizeof(row), "change %u", i);
		UNIT_ROW(row, rows_same(next, again));
		UNIT_ROW(row, luts_same(next, again));
		UNIT_ROW(row, next->rule_classes == again->rule_classes &&
				  memcmp(next->classes, again->classes,
				      sizeof(next->classes)) == 0);
		UNIT_ROW(row,
		    memcmp(next->member_state, again->member_state,
			next->member_count * sizeof(*next->member_state)) == 0);
		lb_plan_free(plan);
		lb_plan_free(back);
		lb_plan_free(again);
		plan = next;
	}
	lb_plan_free(plan);
}

static void
test_damaged(void)
{
	struct chance chance = { SEED };
	struct rich rich = rich_everything();
	struct lb_plan *plan = compile(&rich, NULL, NULL);
	size_t bytes;
	uint8_t *memo = live_memo_write(plan, &bytes);
	UNIT_NEED(memo);
	for (size_t less = 1; less <= bytes; less += less < 512 ? 1 : 97) {
		/* A copy of just that size, for the sanitizer to watch. */
		uint8_t *part = malloc(bytes - less + 1);
		UNIT_NEED(part);
		memcpy(part, memo, bytes - less);
		CU_ASSERT_PTR_NULL(live_memo_read(part, bytes - less));
		free(part);
	}
	for (uint32_t i = 0; i < 2000; i++) {
		size_t at = chance_below(&chance, (uint32_t)bytes);
		uint8_t was = memo[at];
		memo[at] = (uint8_t)chance_below(&chance, 256);
		lb_plan_free(live_memo_read(memo, bytes));
		memo[at] = was;
	}
	free(memo);
	lb_plan_free(plan);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "what is read back leads to the same plan", test_leads_on },
		{ "what is damaged is none", test_damaged },
		CU_TEST_INFO_NULL,
	};
	return unit_main("memo", tests);
}
