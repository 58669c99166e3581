/* SPDX-License-Identifier: MIT */
#ifndef LIVE_OUT_LOG_H
#define LIVE_OUT_LOG_H
/*
 * What the control process did, one JSON object a line on stderr:
 *   {"time": "2026-11-22T10:00:00.123Z", "level": "info", "event": "attached",
 *    "interface": "eth0", ...}
 *
 * Nobody waits for who reads it: live/out/log_out.h.
 */
#include <jansson.h>
#include <time.h>

enum live_level { LIVE_INFO, LIVE_WARNING, LIVE_ERROR };

/*
 * live_log - one line.
 *
 * fields  what stands behind "event", "s:X" each: X as json_pack() has it,
 *         s, b, i, I, f, o or O; "" for nothing.  Texts may be NULL, and no
 *         UTF-8: what is none becomes U+FFFD.
 */
void live_log(
    enum live_level level, const char *event, const char *fields, ...);

/* Writes what waits, and says what was left out: every tenth of a second. */
void live_log_turn(void);

/* The same at the end, for half a second at most. */
void live_log_end(void);

/* A text as JSON, whatever bytes it has; NULL is null.  NULL: no memory. */
json_t *live_log_text(const char *text);

/* A time by CLOCK_REALTIME as the log writes it; returns text. */
#define LIVE_TIME_BYTES 64
char *live_time_text(const struct timespec *when, char *text, size_t bytes);

/* Texts of numbers and the like for fields that are cheaper made than kept. */
const char *live_errno(int code); /* of -code or code */

#endif
