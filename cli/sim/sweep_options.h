/* SPDX-License-Identifier: MIT */
#ifndef CLI_SWEEP_OPTIONS_H
#define CLI_SWEEP_OPTIONS_H
/* What `fairlead sweep` was asked, read and checked, nothing done yet. */
#include "cli/common/replay_options.h"
#include "sim/sweep/grid.h"

struct sweep_options {
	struct replay_options replay;
	struct sim_grid grid;  /* its keys drawn */
	uint64_t memory_bytes; /* 0: half of what there is */
};

/*
 * sweep_options_read - the command line.
 *
 * Returns 0; else stop: 1 when help was asked for and given, 2 with a usage
 * error said on stderr.  Free it in any case.
 */
int sweep_options_read(struct sweep_options *o, int argc, char **argv);
void sweep_options_free(struct sweep_options *o);

/* "500M", "2G", "65536": bytes, k M G T being powers of 1,024. */
bool sweep_memory_read(const char *text, uint64_t *bytes);

#endif
