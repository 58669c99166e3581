/* SPDX-License-Identifier: MIT */
#ifndef TRACES_CLOCK_H
#define TRACES_CLOCK_H
/*
 * Captured times as one axis that never runs back: nanoseconds since the
 * first kept packet.  A capture's own clock does run back: it was set while
 * capturing, several CPUs stamped, files were merged.  Such a packet happens
 * when the latest one before it did, and is counted.  A capture's clock also
 * jumps, by years when captures were put together: with a longest gap, more
 * than that passes as just that, and is counted.
 *
 * Zero, but for longest_gap_ns if wanted, is ready to use.  The functions
 * here alone write the rest.
 */
#include <stdbool.h>
#include <stdint.h>

struct trace_clock {
	uint64_t longest_gap_ns; /* 0: any */
	uint64_t first_ns;       /* since 1970, the first of all */
	uint64_t last_ns;        /* since 1970, the latest of this round */
	uint64_t elapsed_ns;     /* since the first packet of the first */
	uint64_t round_ns;       /* elapsed when this round began */
	uint64_t round_packets;
	uint64_t backwards_count;
	uint64_t gap_count, gap_cut_ns;       /* what did not pass */
	uint64_t first_back_ns, first_gap_ns; /* elapsed at the first, if any */
	bool started;
};

/*
 * trace_clock_ns - when a packet happens.
 *
 * captured_ns  since 1970, any number.
 *
 * Returns ns since the first packet; never less than the time before; at most
 * UINT64_MAX, where time stands still (584 years).
 */
uint64_t trace_clock_ns(struct trace_clock *c, uint64_t captured_ns);

/* The same packets are coming again: the next one happens a mean gap of this
 * round after its last one. */
void trace_clock_again(struct trace_clock *c);

#endif
