/* SPDX-License-Identifier: MIT */
#ifndef CLI_CASES_H
#define CLI_CASES_H
/* The cases of a run: a configuration for each mode and algorithm that are
 * compared, with what the command line sets in all of them. */
#include "cli/modes.h"
#include "sim/grid.h"
#include "sim/player.h"

#define CLI_CASES_MAX (CLI_MODES_MAX * CLI_ALGORITHMS_MAX)

struct cli_case_settings {
	const char *config;     /* NULL: zero configuration */
	unsigned backend_count; /* of zero configuration */
	struct cli_modes modes; /* without -c at least one */
	struct cli_algorithms algorithms;
	const struct sim_grid *set; /* one point: pool.size, table_size */
	const uint8_t *hash_key;    /* NULL: as configured */
};

struct cli_cases {
	struct sim_case_settings at[CLI_CASES_MAX];
	struct lb_config *configs[CLI_CASES_MAX]; /* what they point to */
	char names[CLI_CASES_MAX][64];
	size_t count;
	struct cli_text text; /* the configuration file, whole */
};

/*
 * cli_cases_make - all of them, checked.
 *
 * A case is named after what differs: "five-tuple", "maglev", both as
 * "five-tuple maglev"; one that is alone after what was asked for, or
 * "configured".
 *
 * Returns CLI_DONE; CLI_USAGE or CLI_REFUSED said so.  Free them either way.
 */
int cli_cases_make(const char *command, const struct cli_case_settings *from,
    struct cli_cases *cases);
void cli_cases_free(struct cli_cases *cases); /* zeroed is fine */

#endif
