/* SPDX-License-Identifier: MIT */
#ifndef CLI_SCENARIO_H
#define CLI_SCENARIO_H
/* A scenario file, and where its captures are. */
#include "cli/common/cli.h"
#include "model/scenario/scenario.h"

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

/* The same, but what is wrong with it goes into problems; the scenario is
 * CLI_USAGE then. */
int cli_scenario_read(const char *command, const char *path,
    struct cli_scenario *scenario, struct lb_problems *problems);

/*
 * cli_scenario_check - has a configuration what the scenario names?  Says on
 * stderr what it has not, at its line.
 *
 * any_server  zero configuration: traffic needs no rule.
 *
 * Returns CLI_DONE, CLI_USAGE or CLI_REFUSED.
 */
int cli_scenario_check(const char *command, const struct cli_scenario *scenario,
    const struct lb_config *config, bool any_server);
/* Is there more to it than captures and faults? */
bool cli_scene_is_set(const struct lb_scene *scene);

void cli_scenario_free(struct cli_scenario *scenario); /* zeroed is fine */

#endif
