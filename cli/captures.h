/* SPDX-License-Identifier: MIT */
#ifndef CLI_CAPTURES_H
#define CLI_CAPTURES_H
/* What the commands that read captures have in common. */
#include "sim/run.h"

#define CLI_BACKENDS_DEFAULT 4u
#define CLI_BACKENDS_MAX     ((LB_MEMBER_MAX - 1) / 2) /* one id per family */

/* The value of --backends; 0, or CLI_USAGE said so. */
int cli_backends_read(const char *command, const char *text, unsigned *count);

/* Says what could not be read.  CLI_DONE, CLI_PARTIAL, CLI_UNREADABLE. */
int cli_say_unreadable(const char *command, const char *const *captures,
    const struct sim_input *input);

/* Says what sim was in trouble with, and frees it; an exit code.
 * config: the configuration's name, NULL without. */
int cli_say_trouble(const char *command, int status,
    struct sim_trouble *trouble, const char *config);

#endif
