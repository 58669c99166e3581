/* SPDX-License-Identifier: MIT */
#ifndef TRACES_CLOCK_H
#define TRACES_CLOCK_H
/*
 * Captured times as one axis that never runs back: nanoseconds since the
 * first kept packet.  A capture's own clock does run back: it was set while
 * capturing, several CPUs stamped, files were merged.  Such a packet happens
 * when the latest one before it did, and is counted.
 *
 * Zero is ready to use.  trace_clock_ns() alone writes it.
 */
#include <stdbool.h>
#include <stdint.h>

struct trace_clock {
	uint64_t first_ns; /* since 1970 */
	uint64_t last_ns;  /* since 1970, the latest so far */
	uint64_t backwards_count;
	bool started;
};

/*
 * trace_clock_ns - when a packet happens.
 *
 * captured_ns  since 1970, any number.
 *
 * Returns ns since the first packet; never less than the time before.
 */
uint64_t trace_clock_ns(struct trace_clock *c, uint64_t captured_ns);

#endif
