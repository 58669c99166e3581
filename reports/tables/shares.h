/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_SHARES_H
#define REPORTS_SHARES_H
/* What each backend of a rule got, as a table of at most 80 columns: plain
 * ASCII, aligned. */
#include "reports/stats/stats.h"
#include <stdio.h>

/*
 * report_put_shares - the backends, each with its counts and how far it is
 * from the fair share; with the share itself where there is room, and with the
 * weight where backends differ in it.
 *
 * An asterisk marks who is further from fair than 95 % of the backends would
 * be under a perfect hash (report_perfect_range).  Of many backends the
 * heaviest and the lightest are shown.
 */
void report_put_shares(FILE *to, const struct sim_rule *rule, uint64_t seed);

#endif
