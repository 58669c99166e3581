/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_HAIRPIN_H
#define REPORTS_HAIRPIN_H
/*
 * Members that asked a frontend of their own and got themselves (AZ 4.9): the
 * balancer forwards such a packet like any other, and nobody answers it.
 */
#include "reports/text/text.h"
#include "sim/record/record.h"
#include <jansson.h>

/* A sentence for each case that has some, on a line of its own. */
void report_put_hairpins(FILE *to, const struct sim_record *record,
    const struct report_script *script);

/* "hairpin" of a case: connections and packets. */
json_t *report_hairpin_json(const struct sim_case *c);

#endif
