/* SPDX-License-Identifier: MIT */
#ifndef CLI_SIM_OPTIONS_H
#define CLI_SIM_OPTIONS_H
/* What `fairlead sim` was asked, read and checked, nothing done yet. */
#include "cli/assertions.h"
#include "cli/modes.h"
#include "cli/paper.h"
#include "cli/replay_options.h"
#include "cli/scenario.h"

struct sim_options {
	struct replay_options replay;
	const char *scenario_path; /* NULL: none */
	struct cli_scenario scenario;
	struct cli_assertions assertions; /* its own and the user's */
	struct cli_modes modes;
	bool hash_key_set;
	uint8_t hash_key[16];
	bool flows;
	enum report_paper paper;
	uint64_t given; /* sim_options_given() */
};

/*
 * sim_options_read - the command line.
 *
 * What a scenario says holds where the command line says nothing; assertions
 * of both hold.
 *
 * Returns 0; else stop: 1 when help was asked for and given, or an exit code,
 * having said why.  Free it either way.
 */
int sim_options_read(struct sim_options *o, int argc, char **argv);
void sim_options_free(struct sim_options *o);

/* Did the user say it, or is it a default?  name: of a long option. */
bool sim_options_given(const struct sim_options *o, const char *name);

/* Notes in a record what was asked, for run.json.  0, -1 without memory. */
int sim_settings_note(const struct sim_options *o, struct sim_record *record);

#endif
