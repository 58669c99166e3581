/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_FINDING_H
#define REPORTS_FINDING_H
/*
 * What a run shows, in words; which cases are the most even is ranking.h's to
 * say, and why reason.h's.  Names are cleaned of what a terminal would obey.
 * The caller frees the texts; NULL without memory.
 */
#include "reports/stats/ranking.h"
#include "reports/text/text.h"

/* One line, a report's title: what went wrong, where something did (SNAT
 * ports, or what the faults did: whichever cost more); else which case is the
 * most even, and what that means for the busiest backend. */
char *report_headline(const struct sim_record *record);

/* The same for a picture of how even it is: SNAT ports are not in it. */
char *report_balance_headline(const struct sim_record *record);

/* Whether a rule carried anything. */
bool report_is_balanced(const struct sim_record *record);

/* Whether the headline is about SNAT ports. */
bool report_is_about_snat(const struct sim_record *record);

/* Some sentences, a line each: the most even case by flows and by bytes, and
 * whether it is the traffic or the hash; what the faults did. */
char *report_verdict(
    const struct sim_record *record, const struct report_script *script);

/* Of whose failovers is told, where one case has to do: the most even. */
size_t report_told_case(
    const struct sim_record *record, const struct report_ranking *ranking);

#endif
