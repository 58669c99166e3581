/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_FAILOVER_TABLE_H
#define REPORTS_FAILOVER_TABLE_H
/* What failures did, as tables of at most 80 columns: plain ASCII, aligned. */
#include "sim/record/record.h"

/* A section for all cases: a line each fault, what clients saw, how many
 * flows changed balancer; over replications, means with intervals.  Nothing
 * when nothing befell anyone. */
void report_put_failover_table(FILE *to, const struct sim_record *record);

#endif
