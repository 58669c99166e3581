/* SPDX-License-Identifier: MIT */
#include "live/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* NULL: no memory, or the caller's format is wrong. */
static json_t *
fields_of(const char *fields, va_list args)
{
	char format[256];
	(void)snprintf(format, sizeof(format), "{%s}", fields);
	return json_vpack_ex(NULL, 0, format, args);
}

void
live_log(enum live_level level, const char *event, const char *fields, ...)
{
	char text_now[LIVE_TIME_BYTES];
	struct timespec now;
	va_list args;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	va_start(args, fields);
	json_t *more = fields_of(fields, args);
	va_end(args);
	json_t *line = json_pack("{s:s, s:s, s:s}", "time",
	    live_time_text(&now, text_now, sizeof(text_now)), "level",
	    level_names[level], "event", event);
	if (line != NULL && more != NULL)
		(void)json_object_update(line, more);
	char *text = line != NULL
			 ? json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER)
			 : NULL;
	if (text != NULL) /* in one write, or two processes' lines mix */
		(void)fprintf(stderr, "%s\n", text);
	free(text);
	json_decref(line);
	json_decref(more);
}

const char *
live_errno(int code)
{
	return strerror(code < 0 ? -code : code);
}
