/* SPDX-License-Identifier: MIT */
#ifndef LIVE_LOG_H
#define LIVE_LOG_H
/*
 * What the control process did, one JSON object a line on stderr:
 *   {"time": "2026-11-22T10:00:00.123Z", "level": "info", "event": "attached",
 *    "interface": "eth0", ...}
 */
#include <jansson.h>
#include <time.h>

enum live_level { LIVE_INFO, LIVE_WARNING, LIVE_ERROR };

/*
 * live_log - one line.
 *
 * fields  json_pack()'s format for what stands behind "event", without the
 *         braces around it: "s:s, s:i"; "" for nothing.
 */
void live_log(
    enum live_level level, const char *event, const char *fields, ...);

/* A time by CLOCK_REALTIME as the log writes it; returns text. */
#define LIVE_TIME_BYTES 64
char *live_time_text(const struct timespec *when, char *text, size_t bytes);

/* Texts of numbers and the like for fields that are cheaper made than kept. */
const char *live_errno(int code); /* of -code or code */

#endif
