/* SPDX-License-Identifier: MIT */
#ifndef CLI_LEAVERS_H
#define CLI_LEAVERS_H
/* The value of --outbound: which captured clients are members. */
#include "model/config/config.h"
#include "sim/replay/leavers.h"

struct cli_leavers {
	struct sim_leaver *at; /* ascending */
	size_t count;
};

/*
 * cli_leavers_make - who leaves, of a configuration.
 *
 * text  "members": those of the configuration, by their addresses; or captured
 *       addresses, by commas, which stand for the first members of the pool
 *       that has an outbound rule, else of the first pool.
 *
 * Returns 0; CLI_USAGE or CLI_REFUSED, said so.
 */
int cli_leavers_make(const char *command, const char *text,
    const struct lb_config *config, struct cli_leavers *out);
void cli_leavers_free(struct cli_leavers *leavers);

/* Tells whom to name when not one captured flow was a member's. */
void cli_leavers_say_none(const char *command, const char *text,
    const struct cli_leavers *leavers, const struct sim_record *record);

#endif
