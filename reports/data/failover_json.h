/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_FAILOVER_JSON_H
#define REPORTS_FAILOVER_JSON_H
/* What failures did, in summary.json: each returns a new value, NULL without
 * memory, as json_build.h has it. */
#include "sim/record/record.h"
#include <jansson.h>

/* The case's list "failover". */
json_t *report_failover_json(const struct sim_case *c);
/* Adds what the synthetic world saw: clients, servers, instances, flows that
 * changed instance.  object NULL stays NULL. */
json_t *report_world_json(json_t *object, const struct sim_case *c);
/* A spread: n, mean, interval, quantiles. */
struct report_spread;
json_t *report_spread_json(const struct report_spread *spread);
/* Means over all replications, with intervals. */
json_t *report_replications_json(const struct sim_record *record);

#endif
