/* SPDX-License-Identifier: MIT */
#include "cli/common/assertions.h"

#include <stdlib.h>
#include <string.h>

#include "cli/common/cli.h"
#include "model/config/names.h"

int
cli_assertions_take(const char *command, struct cli_assertions *list,
    struct lb_assertion *assertion)
{
	struct lb_assertion *more =
	    reallocarray(list->at, list->count + 1, sizeof(*more));

	if (more == NULL) {
		cli_say(command, "no memory");
		lb_assertion_free(assertion);
		return CLI_REFUSED;
	}
	list->at = more;
	more[list->count++] = *assertion;
	*assertion = (struct lb_assertion){ 0 };
	return CLI_DONE;
}

int
cli_assertions_add(
    const char *command, struct cli_assertions *list, const char *text)
{
	struct lb_assertion assertion;
	char error[256];

	if (lb_assertion_read(text, &assertion, error, sizeof(error)))
		return cli_assertions_take(command, list, &assertion);
	if (error[0] != '\0')
		return cli_usage(command, "--assert '%s': %s", text, error);
	cli_say(command, "no memory");
	return CLI_REFUSED;
}

/* --- names ---------------------------------------------------------------- */

static bool
is_reason(const char *name)
{
	for (unsigned i = LB_REASON_NONE + 1; i < LB_REASON_COUNT; i++)
		if (strcmp(lb_reason_name(i), name) == 0)
			return true;
	return false;
}

static bool
has_member(const struct lb_config_pool *pool, const char *name)
{
	for (size_t m = 0; m < pool->member_count; m++)
		if (strcmp(pool->members[m].name, name) == 0)
			return true;
	return false;
}

/* What the assertion names, found so far. */
struct found {
	bool in_case, rule, object;
};

static void
look_in(const struct lb_config *config, const struct lb_assertion *a,
    bool together, struct found *found)
{
	found->in_case = true;
	for (size_t r = 0; r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		/* Of zero configuration's two, the first's name is shown. */
		if (a->rule != NULL &&
		    strcmp(config->rules[together ? 0 : r].name, a->rule) != 0)
			continue;
		found->rule = true;
		found->object |=
		    a->metric != LB_METRIC_SHARE || rule->pool < 0 ||
		    has_member(&config->pools[rule->pool], a->object);
	}
}

/* What of it is wrong; NULL: nothing. */
static const char *
wrong(const struct lb_assertion *a, const struct found *found)
{
	if (!found->in_case)
		return "there is no such case; a case is a mode, or "
		       "configured with -c and without --modes";
	if (lb_metric_has_rule(a->metric) && !found->rule)
		return "there is no such rule; without -c the rule is all";
	if (a->metric == LB_METRIC_SHARE && !found->object)
		return "the rule has no such backend";
	if (a->metric == LB_METRIC_DROPS && a->object != NULL &&
	    !is_reason(a->object))
		return "there is no such drop reason; man fairlead-run lists "
		       "them";
	return NULL;
}

int
cli_assertions_check(const char *command, const struct cli_assertions *list,
    const struct sim_case_settings *cases, size_t case_count, bool together)
{
	int status = CLI_DONE;

	for (size_t i = 0; i < list->count; i++) {
		const struct lb_assertion *a = &list->at[i];
		struct found found = { 0 };
		for (size_t c = 0; c < case_count; c++)
			if (a->case_name == NULL ||
			    strcmp(a->case_name, cases[c].name) == 0)
				look_in(cases[c].config, a, together, &found);
		const char *what = wrong(a, &found);
		if (what == NULL)
			continue;
		char *text = lb_assertion_text(a, a->rule, a->case_name);
		cli_say(command, "assertion %s: %s",
		    text != NULL ? text : lb_metric_name(a->metric), what);
		free(text);
		status = CLI_USAGE;
	}
	return status;
}

void
cli_assertions_give(struct cli_assertions *list, struct sim_record *record)
{
	record->assertions = list->at;
	record->assertion_count = list->count;
	*list = (struct cli_assertions){ 0 };
}

void
cli_assertions_free(struct cli_assertions *list)
{
	for (size_t i = 0; i < list->count; i++)
		lb_assertion_free(&list->at[i]);
	free(list->at);
	*list = (struct cli_assertions){ 0 };
}
