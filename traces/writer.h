/* SPDX-License-Identifier: MIT */
#ifndef TRACES_WRITER_H
#define TRACES_WRITER_H
/*
 * A capture file, written frame by frame: classic pcap, Ethernet.  It is there
 * whole or not at all: written under another name beside it, and renamed.  Who
 * can't write it again has trace_writer_keep_part().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_writer;

/*
 * trace_writer_open - begin one.
 *
 * path        "-": standard output, as it comes; so is a device or a pipe.
 * nanosecond  in the time stamps, and the magic number that says so; else
 *             microseconds, rounded down, which every reader understands.
 * force       replace a file that is there.
 * error       on NULL: one line; at least 256 bytes.
 */
struct trace_writer *trace_writer_open(const char *path, bool nanosecond,
    bool force, char *error, size_t error_bytes);

/* One more; time_ns since 1970.  0; -1 when it can't be written, which
 * trace_writer_close() explains. */
int trace_writer_put(struct trace_writer *w, uint64_t time_ns,
    const uint8_t *frame, uint32_t bytes);

/* One that was cut: wire_bytes is what it had on the wire. */
int trace_writer_put_cut(struct trace_writer *w, uint64_t time_ns,
    const uint8_t *frame, uint32_t bytes, uint32_t wire_bytes);

/* When a write fails, the packets before it are kept all the same, if
 * trace_writer_close() is to keep the file; that fails, and says so. */
void trace_writer_keep_part(struct trace_writer *w);

/*
 * trace_writer_close - end it, in any case.
 *
 * keep   the file is to be there; false: as if nothing had been.
 * error  on -1: one line; at least 256 bytes.
 *
 * Returns 0; -1 when it is not there as wanted.  NULL is fine.
 */
int trace_writer_close(
    struct trace_writer *w, bool keep, char *error, size_t error_bytes);

#endif
