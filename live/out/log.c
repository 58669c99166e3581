/* SPDX-License-Identifier: MIT */
#include "live/out/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "live/out/log_out.h"

/* For what waits at the end. */
#define END_WAIT_MS 500

static const char *const level_names[] = { "info", "warning", "error" };

char *
live_time_text(const struct timespec *when, char *text, size_t bytes)
{
	struct tm utc;
	char second[32];
	(void)gmtime_r(&when->tv_sec, &utc);
	(void)strftime(second, sizeof(second), "%Y-%m-%dT%H:%M:%S", &utc);
	(void)snprintf(text, bytes, "%s.%03uZ", second,
	    (unsigned)(when->tv_nsec / 1000000));
	return text;
}

/* --- fields -------------------------------------------------------------- */

/* Of a character at most; 0: there is none. */
static size_t
character_at(const char *at, size_t left)
{
	for (size_t bytes = 1; bytes <= 4 && bytes <= left; bytes++) {
		json_t *fits = json_stringn(at, bytes);
		json_decref(fits);
		if (fits != NULL)
			return bytes;
	}
	return 0;
}

json_t *
live_log_text(const char *text)
{
	static const char instead[] = "\xef\xbf\xbd"; /* U+FFFD */
	if (text == NULL)
		return json_null();
	json_t *whole = json_string(text);
	if (whole != NULL)
		return whole;
	size_t left = strlen(text), used = 0;
	char *clean = malloc(3 * left + 1);
	while (clean != NULL && left > 0) {
		size_t bytes = character_at(text, left);
		size_t put = bytes > 0 ? bytes : sizeof(instead) - 1;
		memcpy(clean + used, bytes > 0 ? text : instead, put);
		used += put;
		text += bytes > 0 ? bytes : 1;
		left -= bytes > 0 ? bytes : 1;
	}
	whole = clean != NULL ? json_stringn(clean, used) : NULL;
	free(clean);
	return whole;
}

static json_t *
value_of(char type, va_list *args)
{
	switch (type) {
	case 's':
		return live_log_text(va_arg(*args, const char *));
	case 'b':
		return json_boolean(va_arg(*args, int));
	case 'i':
		return json_integer(va_arg(*args, int));
	case 'I':
		return json_integer(va_arg(*args, json_int_t));
	case 'f':
		return json_real(va_arg(*args, double));
	case 'o':
		return va_arg(*args, json_t *);
	case 'O':
		return json_incref(va_arg(*args, json_t *));
	default:
		return NULL;
	}
}

/* By hand and not by json_pack(), which gives nothing at all when one text of
 * many is no UTF-8.  What there is no value for is null. */
static void
add_fields(json_t *line, const char *fields, va_list *args)
{
	for (const char *at = strchr(fields, ':'); at != NULL;
	     at = strchr(at + 1, ':')) {
		const char *key = va_arg(*args, const char *);
		json_t *value = value_of(at[1], args);
		(void)json_object_set_new(
		    line, key, value != NULL ? value : json_null());
	}
}

/* --- lines --------------------------------------------------------------- */

/* A process has one standard error. */
static struct {
	struct live_log_out to;
	bool open;
} out;

static void
put(json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER);
	size_t bytes = text != NULL ? strlen(text) : 0;
	if (!out.open)
		live_log_out_open(&out.to, STDERR_FILENO);
	out.open = true;
	if (text == NULL)
		return;
	text[bytes] = '\n'; /* in place of its NUL: written with the line */
	live_log_out_put(&out.to, text, bytes + 1);
	free(text);
}

static json_t *
begin(enum live_level level, const char *event)
{
	char now_text[LIVE_TIME_BYTES];
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return json_pack("{s:s, s:s, s:s}", "time",
	    live_time_text(&now, now_text, sizeof(now_text)), "level",
	    level_names[level], "event", event);
}

void
live_log(enum live_level level, const char *event, const char *fields, ...)
{
	va_list args;
	json_t *line = begin(level, event);
	va_start(args, fields);
	add_fields(line, fields, &args);
	va_end(args);
	put(line);
	json_decref(line);
}

void
live_log_turn(void)
{
	if (!out.open || !live_log_out_turn(&out.to))
		return;
	uint64_t lost = live_log_out_lost(&out.to);
	if (lost > 0)
		live_log(LIVE_WARNING, "log", "s:I, s:s", "lost",
		    (json_int_t)lost, "message",
		    "who reads this log stood still, or there was no room for "
		    "it: as many lines were left out");
}

void
live_log_end(void)
{
	const struct timespec pause = { .tv_nsec = END_WAIT_MS * 1000000 / 50 };
	for (unsigned i = 0; i < 50 && out.to.bytes > 0; i++) {
		live_log_turn();
		if (out.to.bytes > 0)
			(void)nanosleep(&pause, NULL);
	}
	if (out.open)
		live_log_out_close(&out.to);
	out.open = false;
}

const char *
live_errno(int code)
{
	return strerror(code < 0 ? -code : code);
}
