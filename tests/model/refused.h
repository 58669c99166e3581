/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MODEL_REFUSED_H
#define TESTS_MODEL_REFUSED_H
/* What a problem of a configuration must say to whoever has it. */
#include <string.h>

#include "model/check/refusals.h"
#include "model/config/problems.h"

struct refused {
	enum lb_refusal code;
	const char *said, *mend; /* parts of it */
};

/* Azure's code, a place, what is wrong and how to mend it. */
static inline bool
refused_says(const struct lb_problem *problem, const struct refused *r)
{
	const char *what = strstr(problem->what, r->said);
	const char *code = lb_refusal_code(r->code);

	if (what == NULL || strstr(what, r->mend) == NULL)
		return false;
	if (problem->where.line == 0 || problem->where.column == 0)
		return false; /* nobody would find it */
	return code == NULL
		   ? problem->code == NULL
		   : problem->code != NULL && strcmp(problem->code, code) == 0;
}

#endif
