/* SPDX-License-Identifier: MIT */
#ifndef CLI_SIM_OPTIONS_H
#define CLI_SIM_OPTIONS_H
/* What `fairlead sim` was asked, read and checked, nothing done yet. */
#include "cli/common/assertions.h"
#include "cli/common/cases.h"
#include "cli/common/paper.h"
#include "cli/common/replay_options.h"

struct sim_options {
	struct replay_options replay;
	struct cli_assertions assertions; /* its own and the user's */
	struct cli_modes modes;
	struct cli_algorithms algorithms;
	bool hash_key_set;
	uint8_t hash_key[16];
	uint32_t replications; /* 0: not asked for */
	uint64_t precision_millionths;
	struct lb_scene scene; /* points into the scenario */
	/* --set, as it was written, joined by commas; NULL: nothing. */
	char *set;
	struct cli_set in_cases;          /* what of it configurations have */
	uint64_t duration_ms, warm_up_ms; /* of the command line */
	unsigned instances;               /* the same; 0: not said */
	bool warm_up_set;
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

/* The value of an option that is like this everywhere; 0, CLI_USAGE said so. */
int sim_replications_read(struct sim_options *o, const char *text);
int sim_precision_read(struct sim_options *o, const char *text);
int sim_duration_read(struct sim_options *o, const char *text);
int sim_hash_key_read(struct sim_options *o, const char *text);

/* "KEY=VALUE" of --set: what has an option of its own is that option. */
int sim_set_read(struct sim_options *o, const char *text);

/* As if the user had said it.  name: of a long option. */
void sim_options_give(struct sim_options *o, const char *name);

/* Notes in a record what was asked, for run.json.  0, -1 without memory. */
int sim_settings_note(const struct sim_options *o, struct sim_record *record);

#endif
