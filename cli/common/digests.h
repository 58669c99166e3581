/* SPDX-License-Identifier: MIT */
#ifndef CLI_DIGESTS_H
#define CLI_DIGESTS_H
/* The SHA-256 of every input, reckoned on a second thread while the first
 * replays them. */
#include <stddef.h>

struct cli_digests;

/* NULL without memory or threads.  paths must outlive it.  Who does not want
 * to wait leaves it: the thread ends with the process. */
struct cli_digests *cli_digests_start(
    const char *const *paths, size_t path_count);

/* Waits for all.  hex of path i: 64 digits, or "" where there is none (a
 * pipe, an unreadable file). */
void cli_digests_wait(struct cli_digests *d);
const char *cli_digests_hex(const struct cli_digests *d, size_t i);
void cli_digests_free(struct cli_digests *d); /* after wait */

#endif
