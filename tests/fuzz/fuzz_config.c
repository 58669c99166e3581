/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a configuration.  Beyond not crashing: there is a
 * configuration exactly when there is no error; a good one compiles or says
 * why not; and compiled anew it is the same plan.
 */
#include <stdlib.h>
#include <string.h>
#include "model/plan/plan.h"
#include "tests/fuzz/fuzz.h"

#define LUT_SLOTS_MAX (1u << 21) /* larger tables only cost time */

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
is_small(const struct lb_config *config)
{
	uint64_t slots = 0;

	for (size_t r = 0; r < config->rule_count; r++)
		slots += config->rules[r].table_size;
	return slots <= LUT_SLOTS_MAX;
}

static void
compile(const struct lb_config *config, struct lb_problems *problems)
{
	struct lb_plan *plan = lb_plan_compile(config, NULL, NULL, problems);

	must((plan != NULL) == (problems->error_count == 0));
	if (plan == NULL)
		return;
	struct lb_plan *again = lb_plan_compile(config, plan, NULL, problems);
	must(again != NULL);
	must(again->row_count == plan->row_count);
	must(memcmp(again->rows, plan->rows,
		 plan->row_count * sizeof(plan->rows[0])) == 0);
	lb_plan_free(again);
	lb_plan_free(plan);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct lb_problems problems = { 0 };
	struct lb_config *config = lb_config_read(
	    bytes == 0 ? "" : (const char *)data, bytes, "fuzz", &problems);

	must((config != NULL) == (problems.error_count == 0));
	for (size_t i = 0; i < problems.count; i++)
		must(problems.at[i].what != NULL &&
		     problems.at[i].what[0] != '\0');
	if (config != NULL && is_small(config))
		compile(config, &problems);
	lb_config_free(config);
	lb_problems_free(&problems);
	return 0;
}
