/* SPDX-License-Identifier: MIT */
#ifndef CLI_TIMING_H
#define CLI_TIMING_H
/* For timing.json, the only file that differs between two runs. */
#include "sim/record/record.h"

struct cli_timing {
	struct sim_timing timing; /* for the record, after cli_timing_end() */
	uint64_t started_ns;      /* of the monotonic clock */
	size_t input_count;
};

void cli_timing_start(struct cli_timing *t);

/*
 * cli_timing_end - fills in the rest.
 *
 * paths  as the user named the inputs, "-": standard input.
 *
 * 0; -1 without memory.  Free it either way.
 */
int cli_timing_end(struct cli_timing *t, const char *dir,
    const char *const *paths, size_t path_count);
void cli_timing_free(struct cli_timing *t);

#endif
