/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_FAILOVER_EVENNESS_H
#define REPORTS_FAILOVER_EVENNESS_H
/* Whether failures are why the shares are uneven, and how even they were
 * without them. */
#include "reports/stats/stats.h"
#include "reports/text/text.h"
#include <stdio.h>

/* Whether members of the rule were out, or flows changed instance, for part of
 * the run: then its shares are not the hash's doing alone. */
bool report_is_disturbed(const struct sim_case *c, const struct sim_rule *rule);

/* Jain's index over the pieces of time in which nothing was wrong; NAN where
 * there are none, or no timeline. */
double report_calm_jain(const struct sim_record *record,
    const struct sim_case *c, const struct sim_rule *rule,
    enum report_unit unit);

/* For a verdict: a sentence, where the rule's shares need an excuse. */
void report_put_evenness(FILE *to, const struct sim_record *record,
    const struct sim_case *c, const struct sim_rule *rule);

#endif
