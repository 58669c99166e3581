/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_TABLE_FAULT_H
#define TESTS_SUPPORT_TABLE_FAULT_H
/*
 * What must hold of a connection table whenever nobody is writing it: no way
 * is claimed, each entry stands where its key says, under its key's tag, and
 * once; it names a member, a rule and timeouts that the plan has.
 */
#include "model/tables/expire.h"

/* What is wrong with a table, by name; NULL: nothing.  Cost: linear. */
const char *table_fault(
    const struct lb_tables *tables, const struct lb_plan *plan);

#endif
