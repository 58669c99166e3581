/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_PRODUCTS_H
#define REPORTS_PRODUCTS_H
/* The files of a run directory that are made here and nowhere else asked
 * for; reports/write.c has the list.  Each returns 0, or -1 without memory or
 * when writing fails (errno where it is known). */
#include "reports/report.h"

int report_backends_csv(const struct sim_record *record, FILE *to);
int report_events_jsonl(const struct sim_record *record, FILE *to);
int report_flows_csv(const struct sim_record *record, FILE *to);
int report_run_json(const struct sim_record *record, FILE *to);
int report_timeline_csv(const struct sim_record *record, FILE *to);
int report_timing_json(const struct sim_record *record, FILE *to);

#endif
