/* SPDX-License-Identifier: MIT */
#ifndef LIVE_BPF_LOADED_H
#define LIVE_BPF_LOADED_H
/*
 * What is in force in the kernel, asked of the kernel and not of the process
 * that put it there: the program on the interfaces, and the plan, lookup
 * tables, health and timeouts in that program's own maps.
 *
 * Only read.  The program is not run: a test run of it would make connections
 * in the tables that packets are being forwarded by.
 */
#include "model/plan/plan.h"

#define LIVE_TAG_BYTES 17u /* 16 hexadecimal digits and a NUL */

struct live_loaded {
	/* With lookup tables and states as they are now; names from the memo
	 * that is pinned beside. */
	struct lb_plan *plan;
	uint32_t interfaces; /* that have it */
	/* The kernel's digest of the instructions, and that of forward.bpf.o as
	 * this program would load it. */
	char tag[LIVE_TAG_BYTES], installed[LIVE_TAG_BYTES];
};

/*
 * live_loaded_read - of what is pinned under a name, whether or not its
 * control process runs.
 *
 * Returns NULL with a line in error: nothing is there, a change is on its way,
 * no privilege.
 */
struct live_loaded *live_loaded_read(
    const char *pin_name, char *error, size_t error_bytes);
void live_loaded_free(struct live_loaded *loaded); /* NULL is fine */

#endif
