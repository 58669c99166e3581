/* SPDX-License-Identifier: MIT */
#ifndef CLI_CAPTURES_H
#define CLI_CAPTURES_H
/* What the commands that read captures have in common. */
#include "sim/run/run.h"

#define CLI_BACKENDS_DEFAULT 4u
#define CLI_BACKENDS_MAX     ((LB_MEMBER_MAX - 1) / 2) /* one id per family */

struct cli_digests;

/* The value of --backends; 0, or CLI_USAGE said so. */
int cli_backends_read(const char *command, const char *text, unsigned *count);

/* Says what could not be read.  CLI_DONE, CLI_PARTIAL, CLI_UNREADABLE. */
int cli_say_unreadable(const char *command, const char *const *captures,
    const struct sim_input *input);

/* Says what sim was in trouble with, and frees it; an exit code.
 * config: the configuration's name, NULL without. */
int cli_say_trouble(const char *command, int status,
    struct sim_trouble *trouble, const char *config);

/* Waits for the inputs' digests, notes them and frees them; NULL is fine. */
void cli_digests_take(struct cli_digests *digests, struct sim_input *input);

/*
 * cli_choose_dir - the directory of a report.
 *
 * out_dir  as asked for; NULL: the capture's name and the suffix, "coap-run",
 *          numbered when that is there.
 *
 * The caller frees it.  NULL: said why, *status is the exit code.
 */
char *cli_choose_dir(const char *command, const char *out_dir,
    const char *capture, const char *suffix, bool force, int *status);

#endif
