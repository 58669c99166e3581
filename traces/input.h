/* SPDX-License-Identifier: MIT */
#ifndef TRACES_INPUT_H
#define TRACES_INPUT_H
/*
 * The bytes of a capture, wherever they come from: a file or a pipe, as they
 * are or packed with gzip (RFC 1952, several members too).  Offsets count what
 * is handed on, unpacked.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define TRACE_INPUT_HEAD_BYTES 32u
#define TRACE_WHY_BYTES        512u

struct trace_input;

/*
 * trace_input_open - open a file; "-" is standard input, which stays open.
 *
 * why  on NULL: what is wrong and how to mend it, without the name.
 *
 * Returns NULL when there is nothing to read: missing, a directory, empty.
 */
struct trace_input *trace_input_open(
    const char *path, char why[TRACE_WHY_BYTES]);
void trace_input_close(struct trace_input *in); /* NULL is fine */

/* Its first bytes, fewer when it is shorter; they are read again later. */
const uint8_t *trace_input_head(const struct trace_input *in, size_t *bytes);

/*
 * trace_input_read - the next bytes, at least one.
 *
 * Returns how many; 0 at the end; -1 when no more can be read: errno and
 * trace_input_why() say why.  A signal ends the reading.
 */
ssize_t trace_input_read(struct trace_input *in, void *to, size_t bytes);

/* The same as a stream, for libpcap, with other first bytes: as many as
 * trace_input_head() gave.  Close it before the input. */
FILE *trace_input_stream(
    struct trace_input *in, const uint8_t head[TRACE_INPUT_HEAD_BYTES]);

/* NULL while sound; then one phrase. */
const char *trace_input_why(const struct trace_input *in);

/* "gzip"; NULL: as they are. */
const char *trace_input_packing(const struct trace_input *in);

/* Of the file: its bytes, 0 for a pipe; and of gzip, how many are used up. */
uint64_t trace_input_bytes_total(const struct trace_input *in);
uint64_t trace_input_bytes_unpacked(const struct trace_input *in);

#endif
