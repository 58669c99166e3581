/* SPDX-License-Identifier: MIT */
#ifndef MODEL_NUMBERS_H
#define MODEL_NUMBERS_H
/* Numbers as users write them, in files and on the command line.  Each reads
 * the whole text; false, and nothing written, when it is no such number. */
#include "model/path/base.h"

/* Decimal digits only, at most 18 of them. */
bool lb_number_of_text(const char *text, uint64_t *number);
/* "5s", "4m", "250ms", "1h", to milliseconds, at most 10 digits. */
bool lb_duration_of_text(const char *text, uint64_t *ms);
/* "2", "0.5", "1.000001" to millionths: at most 9 digits before the point and
 * 6 behind it. */
bool lb_millionths_of_text(const char *text, uint64_t *millionths);
/* "500us", "20ms", "2s", "100ns", to nanoseconds, at most 10 digits. */
bool lb_nanoseconds_of_text(const char *text, uint64_t *ns);
/* A part of a whole, "5%", "0.05", to millionths, at most 1,000,000. */
bool lb_share_of_text(const char *text, uint64_t *millionths);
/* "50/s", "3/min", "100/h", "50" to millionths a second, rounded. */
bool lb_rate_of_text(const char *text, uint64_t *millionths);

#endif
