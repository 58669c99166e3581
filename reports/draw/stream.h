/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_STREAM_H
#define REPORTS_STREAM_H
/*
 * A file as cairo makes it, and when it says it was made.
 *
 * It is kept in memory until it is whole: cairo 1.16 crashes in
 * cairo_surface_finish when a PDF's stream fails before that, as on a full
 * disk.
 */
#include "reports/draw/sink.h"
#include <cairo.h>

#define REPORT_DATE_BYTES 32

struct report_stream {
	unsigned char *bytes;
	size_t count, room;
	bool no_memory;
};

/* A cairo_write_func_t; ctx: a struct report_stream.  Never fails: lack of
 * memory is said at the end. */
cairo_status_t report_stream_write(
    void *ctx, const unsigned char *bytes, unsigned count);

/* SVG: cairo numbers elements as it does in all of a program's life; here
 * they are numbered from 0, so that the same picture is the same file. */
void report_stream_renumber(struct report_stream *stream);

/* Gives it to the sink, when all went well, and frees it.  0, or the errno
 * that tells best why not: ENOMEM, the sink's, else EINVAL. */
int report_stream_end(struct report_stream *stream,
    const struct report_sink *sink, cairo_status_t status, bool no_memory);

/* SOURCE_DATE_EPOCH (reproducible-builds.org) as PDF metadata wants it; else
 * a fixed day, never now: the same run gives the same file. */
void report_creation_date(char *to); /* REPORT_DATE_BYTES */

#endif
