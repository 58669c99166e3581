/* SPDX-License-Identifier: MIT */
#include "live/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const level_names[] = { "info", "warning", "error" };

static void
time_text(char *text, size_t bytes)
{
	struct timespec now;
	struct tm utc;
	char second[32];
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &utc);
	(void)strftime(second, sizeof(second), "%Y-%m-%dT%H:%M:%S", &utc);
	(void)snprintf(
	    text, bytes, "%s.%03uZ", second, (unsigned)(now.tv_nsec / 1000000));
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
	char now[64];
	va_list args;
	time_text(now, sizeof(now));
	va_start(args, fields);
	json_t *more = fields_of(fields, args);
	va_end(args);
	json_t *line = json_pack("{s:s, s:s, s:s}", "time", now, "level",
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
