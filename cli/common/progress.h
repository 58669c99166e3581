/* SPDX-License-Identifier: MIT */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H
/* How far a long command is, as one line on a terminal that is written again
 * a few times a second; and whether somebody pressed Ctrl-C. */
#include <stdbool.h>
#include <stdint.h>

struct cli_progress {
	bool shown;     /* stderr is a terminal and nobody wants quiet */
	bool on_screen; /* the line is there now */
	uint64_t started_ns, last_ns;
};

void cli_progress_start(struct cli_progress *p, bool quiet);

/* For struct sim_settings: shows, and says whether to go on.  Reads the
 * clock, so at most every few thousand packets. */
bool cli_progress_show(void *progress, uint64_t packets, uint64_t bytes_read,
    uint64_t bytes_total);

void cli_progress_end(struct cli_progress *p); /* wipes the line */

/* How fast it was, where the line would be: of so many packets, which took
 * duration_ns when they were captured. */
void cli_progress_rate(
    const struct cli_progress *p, uint64_t packets, uint64_t duration_ns);

/* From now on SIGINT and SIGTERM only leave a note; again: they end us. */
void cli_interrupt_catch(void);
bool cli_interrupted(void);

#endif
