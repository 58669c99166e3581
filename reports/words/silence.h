/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_SILENCE_H
#define REPORTS_SILENCE_H
/* Connections that were silent for longer than their rule's idle timeout. */
#include "reports/text/text.h"
#include "sim/record/record.h"
#include <jansson.h>
#include <stdio.h>

/* What became of them, and what keeps them: a line a rule, the first few NAT
 * rules, too, and one for members' own connections; of cases that are alike in
 * it once. */
void report_put_silences(FILE *to, const struct sim_record *record,
    const struct report_script *script);

/* For summary.json; null where there were none. */
json_t *report_silence_json(const struct sim_silence *of);

#endif
