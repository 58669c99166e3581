/* SPDX-License-Identifier: MIT */
#ifndef LIVE_BPF_MEMO_H
#define LIVE_BPF_MEMO_H
/*
 * A plan written down for who comes after us: which names the ids stand for
 * that table entries refer to, the rules' rows, and the numbers of lookup
 * tables, bits and timeout classes.  Read back it serves as the plan before in
 * lb_plan_compile(), so that after a restart every entry still means what it
 * meant.  Lookup tables' slots are left out: the configuration gives them.
 */
#include "model/plan/plan.h"

/* As bytes, *bytes of them, to be freed; NULL without memory. */
void *live_memo_write(const struct lb_plan *plan, size_t *bytes);

/* NULL when it is none of this version, is damaged, or without memory. */
struct lb_plan *live_memo_read(const void *memo, size_t bytes);

#endif
