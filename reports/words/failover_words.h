/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_FAILOVER_WORDS_H
#define REPORTS_FAILOVER_WORDS_H
/*
 * What failures did, in sentences for who is on call, and whether they are why
 * the shares are uneven.  Names are fit to be shown; the caller frees texts;
 * NULL without memory.
 */
#include "reports/stats/failover.h"
#include "reports/text/text.h"
#include <stdio.h>

/* "backend-2 crashed", at most `columns` wide. */
char *report_fault_name(const struct sim_failover *f, size_t columns);

/* "backend-2 crashed at 30 s; its probe noticed after 7.3 s (5 to 10 s
 * expected) ...": sentences, one line, of the case's failover of that index
 * and those of the same kind at the same instant before it. */
char *report_failover_words(
    const struct sim_case *c, size_t index, const struct report_script *script);
/* Whether those of the next tell of this one, too. */
bool report_is_told_later(const struct sim_case *c, size_t index);

/* "backend-2 crashed, which was noticed after 7.3 s; 41 client packets were
 * lost": of the gravest failover of a case that has some, for a picture. */
char *report_failover_title(const struct sim_case *c);

/* By what report_failover_worst() tells, in its order. */
bool report_is_graver(
    const struct sim_failover *a, const struct sim_failover *b);

/* "41 client packets were lost": of all it did, what weighs most. */
char *report_failover_worst(
    const struct sim_failover *f, const struct report_script *script);

/* Of all cases together. */
size_t report_count_faults(const struct sim_record *record);

/* "1 200 requests, 1 195 answered ...": what synthetic clients saw, or NULL
 * and "" where there were none. */
char *report_clients_words(
    const struct sim_case *c, const struct report_script *script);

/* "modulo breaks the most open connections, 1 144; maglev the fewest, 130":
 * what tells the cases most apart; false, and nothing, when nothing does. */
bool report_put_difference(FILE *to, const struct sim_record *record,
    const struct report_script *script);

/* For a verdict: what the faults did in the case, a line each, the gravest
 * few; then, of each disturbed rule, how even it was without them. */
void report_put_failovers(FILE *to, const struct sim_record *record,
    size_t of_case, const struct report_script *script);

#endif
