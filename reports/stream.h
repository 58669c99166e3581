/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_STREAM_H
#define REPORTS_STREAM_H
/* Where cairo writes a file, and when the file says it was made. */
#include "reports/chart.h"
#include <cairo.h>

#define REPORT_DATE_BYTES 32

struct report_stream {
	const struct report_sink *sink;
	int error; /* errno of the sink's first failure */
};

/* A cairo_write_func_t; ctx: a struct report_stream. */
cairo_status_t report_stream_write(
    void *ctx, const unsigned char *bytes, unsigned count);

/* 0, or the errno that tells best why: the sink's, ENOMEM, else EINVAL. */
int report_stream_error(
    const struct report_stream *stream, cairo_status_t status, bool no_memory);

/* SOURCE_DATE_EPOCH (reproducible-builds.org) as PDF metadata wants it; else
 * a fixed day, never now: the same run gives the same file. */
void report_creation_date(char *to); /* REPORT_DATE_BYTES */

#endif
