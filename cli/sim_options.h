/* SPDX-License-Identifier: MIT */
#ifndef CLI_SIM_OPTIONS_H
#define CLI_SIM_OPTIONS_H
/* What `fairlead sim` was asked, read and checked, nothing done yet. */
#include "cli/modes.h"
#include "cli/replay_options.h"

struct sim_options {
	struct replay_options replay;
	struct cli_modes modes;
	bool hash_key_set;
	uint8_t hash_key[16];
	bool flows;
};

/*
 * sim_options_read - the command line.
 *
 * Returns 0; else stop: 1 when help was asked for and given, 2 with a usage
 * error said on stderr.
 */
int sim_options_read(struct sim_options *o, int argc, char **argv);

#endif
