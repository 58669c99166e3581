/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MODEL_CONFIG_TEXT_H
#define TESTS_MODEL_CONFIG_TEXT_H
/* Configurations as text, and what is said about them. */
#include <string.h>
#include "model/config/config.h"
#include "tests/unit.h"

/* One mistake: where it stands and some of what is said about it. */
struct said {
	const char *what; /* names the row */
	const char *text;
	unsigned line, column;
	const char *part; /* of the message; NULL: the text is good */
	const char *code; /* Azure's */
};

static inline struct lb_config *
config_of(const char *text, struct lb_problems *problems)
{
	*problems = (struct lb_problems){ 0 };
	return lb_config_read(text, strlen(text), "test.yaml", problems);
}

static inline bool
problem_is(const struct lb_problem *problem, const struct said *row)
{
	if (problem->where.line != row->line ||
	    problem->where.column != row->column ||
	    strstr(problem->what, row->part) == NULL)
		return false;
	return row->code == NULL ? problem->code == NULL
				 : problem->code != NULL &&
				       strcmp(problem->code, row->code) == 0;
}

/* The row's mistake is found, at its place, and it is the only error
 * (or, for a warning, there is none). */
static inline void
check_said(const struct said *row, bool warning)
{
	struct lb_problems problems;
	struct lb_config *config = config_of(row->text, &problems);
	bool found = row->part == NULL;

	for (size_t i = 0; !found && i < problems.count; i++)
		found = problems.at[i].warning == warning &&
			problem_is(&problems.at[i], row);
	bool good = warning || row->part == NULL;
	bool right = found && problems.error_count == (good ? 0u : 1u) &&
		     (config != NULL) == good;
	if (!right)
		lb_problems_print(&problems, row->what, stderr);
	UNIT_ROW(row->what, right);
	lb_problems_free(&problems);
	lb_config_free(config);
}

#endif
