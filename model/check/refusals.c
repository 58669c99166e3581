/* SPDX-License-Identifier: MIT */
#include "model/check/refusals.h"

#include <stddef.h>

static const struct {
	const char *code, *meaning;
} refusals[LB_REFUSAL_COUNT] = {
#define X(name, code, meaning) [LB_REFUSAL_##name] = { code, meaning },
	LB_REFUSALS(X)
#undef X
};

const char *
lb_refusal_code(enum lb_refusal refusal)
{
	return refusals[refusal].code;
}

const char *
lb_refusal_meaning(enum lb_refusal refusal)
{
	return refusals[refusal].meaning;
}
