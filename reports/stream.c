/* SPDX-License-Identifier: MIT */
#include "reports/stream.h"
#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* 2000-01-01: a chart is as old as nothing in particular */
#define FIXED_DATE 946684800

cairo_status_t
report_stream_write(void *ctx, const unsigned char *bytes, unsigned count)
{
	struct report_stream *stream = ctx;
	if (stream->error == 0 &&
	    stream->sink->take(stream->sink->ctx, bytes, count) != 0)
		stream->error = errno != 0 ? errno : EIO;
	return stream->error == 0 ? CAIRO_STATUS_SUCCESS
				  : CAIRO_STATUS_WRITE_ERROR;
}

int
report_stream_error(
    const struct report_stream *stream, cairo_status_t status, bool no_memory)
{
	if (stream->error != 0)
		return stream->error;
	if (no_memory || status == CAIRO_STATUS_NO_MEMORY)
		return ENOMEM;
	return status == CAIRO_STATUS_SUCCESS ? 0 : EINVAL;
}

void
report_creation_date(char *to)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	time_t at = FIXED_DATE;
	struct tm tm;
	char *end;

	if (epoch != NULL && epoch[0] >= '0' && epoch[0] <= '9') {
		errno = 0;
		long long value = strtoll(epoch, &end, 10);
		if (*end == '\0' && errno == 0)
			at = (time_t)value;
	}
	if (gmtime_r(&at, &tm) == NULL ||
	    strftime(to, REPORT_DATE_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		to[0] = '\0';
}
