/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_NATS_H
#define REPORTS_NATS_H
/* Inbound NAT rules: what went each way.  They balance nothing, so nothing
 * about them is even or uneven. */
#include "reports/text/text.h"
#include "sim/record/record.h"
#include <jansson.h>

/* Packets of all of them, both directions. */
uint64_t report_nat_packets(const struct sim_case *c);

/* Those that had traffic, busiest first, *count of them; the caller frees it;
 * NULL without memory. */
const struct sim_nat **report_nats_order(
    const struct sim_case *c, size_t *count);

/* The same for a terminal; nothing when none had. */
void report_put_nats(FILE *to, const struct sim_case *c);

/* A list of all; NULL without memory. */
json_t *report_nats_json(const struct sim_case *c);

/* Where they had all there was: "Inbound NAT rules carried 90 packets, ...";
 * "": they had nothing.  To be freed; NULL without memory. */
char *report_nat_finding(
    const struct sim_record *record, const struct report_script *script);

/* The same, or else "No traffic reached a backend": where nothing was
 * balanced. */
char *report_idle_title(
    const struct sim_record *record, const struct report_script *script);

#endif
