/* SPDX-License-Identifier: MIT */
#ifndef SIM_MERGE_H
#define SIM_MERGE_H
/* Records of runs that had one part each of what was asked for, as one. */
#include "sim/record/record.h"

/*
 * sim_record_append - the cases of another run behind those of this one, and
 * what happened to them into its log.  Both have had the same settings but for
 * their cases.
 *
 * input, settings and texts remain the first's; events are added up.
 *
 * next  is freed, in any case.
 *
 * Returns 0; -1 without memory: then record lacks some of it, and is still to
 * be freed.
 */
int sim_record_append(struct sim_record *record, struct sim_record *next);

/* What qsort() orders a log by: time; of the same time, kind, case, count. */
int sim_event_order(const void *a, const void *b);

#endif
