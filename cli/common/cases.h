/* SPDX-License-Identifier: MIT */
#ifndef CLI_CASES_H
#define CLI_CASES_H
/* The cases of a run: a configuration for each mode and algorithm that are
 * compared, with what the command line sets in all of them. */
#include "cli/common/modes.h"
#include "sim/sweep/grid.h"
#include "sim/case/player.h"

#define CLI_CASES_MAX       (CLI_MODES_MAX * CLI_ALGORITHMS_MAX)
#define CLI_CASE_NAME_BYTES 64u

/* What is set in all cases, whatever the configuration says. */
struct cli_set {
	struct sim_grid grid; /* one point: pool.size, table_size */
	uint64_t probe_interval_ms, idle_timeout_ms; /* 0: as configured */
	unsigned probe_threshold;                    /* the same */
};

struct cli_case_settings {
	const char *config;     /* NULL: zero configuration */
	unsigned backend_count; /* of zero configuration */
	struct cli_modes modes; /* without -c at least one */
	struct cli_algorithms algorithms;
	const struct cli_set *set; /* NULL: nothing */
	const uint8_t *hash_key;   /* NULL: as configured */
};

struct cli_cases {
	struct sim_case_settings at[CLI_CASES_MAX];
	struct lb_config *configs[CLI_CASES_MAX]; /* what they point to */
	char names[CLI_CASES_MAX][CLI_CASE_NAME_BYTES];
	size_t count;
	struct cli_text text; /* the configuration file, whole */
};

/* How many there will be, at least 1, and what each is called: after what
 * differs, "five-tuple", "maglev", both as "five-tuple maglev"; one that is
 * alone after what was asked for, or "configured". */
size_t cli_case_count(const struct cli_case_settings *from);
void cli_case_name(const struct cli_case_settings *from, size_t number,
    char name[CLI_CASE_NAME_BYTES]);

/*
 * cli_cases_make - all of them, checked.
 *
 * Returns CLI_DONE; CLI_USAGE or CLI_REFUSED said so.  Free them either way.
 */
int cli_cases_make(const char *command, const struct cli_case_settings *from,
    struct cli_cases *cases);
void cli_cases_free(struct cli_cases *cases); /* zeroed is fine */

#endif
