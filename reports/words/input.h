/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_INPUT_H
#define REPORTS_INPUT_H
/* What was read, in words.  The caller frees texts; NULL without memory. */
#include "sim/record/record.h"
#include <stdbool.h>

/* "coap.pcap", "3 captures", "no capture" */
char *report_input_name(const struct sim_record *record);

/* "the captures", "the scenario": what was played. */
const char *report_input_kind(const struct sim_record *record);

/* Whether some input is missing; of what was only stopped another word tells.
 */
bool report_is_partial(const struct sim_record *record);

#endif
