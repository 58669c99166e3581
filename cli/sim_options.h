/* SPDX-License-Identifier: MIT */
#ifndef CLI_SIM_OPTIONS_H
#define CLI_SIM_OPTIONS_H
/* What `fairlead sim` was asked, read and checked, nothing done yet. */
#include "cli/assertions.h"
#include "cli/modes.h"
#include "cli/scenario.h"
#include "sim/run.h"

struct sim_options {
	const char *config;        /* NULL: zero configuration */
	const char *scenario_path; /* NULL: none */
	struct cli_scenario scenario;
	struct cli_assertions assertions; /* its own and the user's */
	const char *out_dir; /* NULL: named after the first capture */
	const char *filter;  /* NULL: none */
	const char *const *captures;
	size_t capture_count;
	struct cli_modes modes;
	struct sim_vip vip;
	unsigned backend_count;
	uint64_t seed;
	uint64_t speed_millionths, longest_gap_ns; /* 0: as captured */
	uint32_t loop, max_flows;                  /* 0: not given */
	bool hash_key_set;
	uint8_t hash_key[16];
	bool reverse, report, flows, json, force, quiet;
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

/* ADDR, ADDR:PORT, [ADDR]:PORT or "auto"; false: none of them. */
bool sim_vip_read(const char *text, struct sim_vip *vip);

#endif
