/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_REASON_H
#define REPORTS_REASON_H
/*
 * Why the loads are as even as they are, in words.  What tells the hash from
 * the traffic, by flows or by bytes:
 *
 *     skewed traffic   fewer effective keys (1/H) than REPORT_KEYS_WANTED a
 *                      backend: no hash can spread them
 *     a bad hash       that many keys, and yet Jain lies REPORT_TIE below what
 *                      a perfect hash gives, with p under 0.01 / tests.  So
 *                      many tests are made (two a rule), and a verdict is to
 *                      blame a good hash in one run of 100; beyond some 10^6
 *                      flows p alone would blame any
 *     an outage        members were out for part of the run: what is uneven is
 *                      not held against the hash
 *     neither          as even as the keys allow
 */
#include <stdio.h>
#include "reports/stats/ranking.h"
#include "reports/text/text.h"

/* 1/H keys per backend below which no hash can spread them (simulation.md
 * C.3: a perfect hash then gives a Jain index under 0.91). */
#define REPORT_KEYS_WANTED 10

/* Sentences, a line each; lines that begin with two blanks belong to the one
 * before.  Some backend got traffic. */
void report_put_reasons(FILE *to, const struct sim_record *record,
    const struct report_ranking *ranking, const struct report_script *script);

#endif
