/* SPDX-License-Identifier: MIT */
#ifndef CLI_ASSERTIONS_H
#define CLI_ASSERTIONS_H
/* Assertions before a run: read, collected, and held against what there will
 * be, so that a name written wrongly is found now and not after an hour. */
#include "model/scenario/assertion.h"
#include "sim/case/player.h"
#include "sim/record/record.h"

struct cli_assertions {
	struct lb_assertion *at;
	size_t count;
};

/* Reads one more; 0, or CLI_USAGE or CLI_REFUSED said so. */
int cli_assertions_add(
    const char *command, struct cli_assertions *list, const char *text);

/* Adds one that was read; it is taken over.  CLI_DONE, CLI_REFUSED. */
int cli_assertions_take(const char *command, struct cli_assertions *list,
    struct lb_assertion *assertion);

/*
 * cli_assertions_check - do the cases have the rules, backends and reasons
 * that are named?
 *
 * together  all rules are reported as "all": zero configuration.
 *
 * CLI_DONE, or CLI_USAGE having said of each what is wrong.
 */
int cli_assertions_check(const char *command, const struct cli_assertions *list,
    const struct sim_case_settings *cases, size_t case_count, bool together);

/* Into the record, which owns them then. */
void cli_assertions_give(
    struct cli_assertions *list, struct sim_record *record);
void cli_assertions_free(struct cli_assertions *list);

#endif
