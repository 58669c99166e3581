/* SPDX-License-Identifier: MIT */
#ifndef CLI_SCENARIO_H
#define CLI_SCENARIO_H
/* A scenario file, and where its captures are. */
#include "cli/cli.h"
#include "model/scenario.h"

struct cli_scenario {
	struct cli_text text; /* the file, whole */
	struct lb_scenario *read;
	char **captures; /* as paths from here */
	char *config;    /* the same; NULL: it names none */
};

/*
 * cli_scenario_load - read one ("-": standard input), saying on stderr what
 * is wrong with it.
 *
 * A file is looked for beside the scenario unless its path is absolute.
 *
 * Returns CLI_DONE, CLI_USAGE or CLI_REFUSED.  Free it either way.
 */
int cli_scenario_load(
    const char *command, const char *path, struct cli_scenario *scenario);
void cli_scenario_free(struct cli_scenario *scenario); /* zeroed is fine */

#endif
