/* SPDX-License-Identifier: MIT */
#ifndef CLI_SIM_OPTIONS_H
#define CLI_SIM_OPTIONS_H
/* What `fairlead sim` was asked, read and checked, nothing done yet. */
#include "cli/modes.h"
#include "sim/run.h"

struct sim_options {
	const char *config;  /* NULL: zero configuration */
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
	bool letter; /* the report's paper; else A4 */
};

/*
 * sim_options_read - the command line.
 *
 * Returns 0; else stop: 1 when help was asked for and given, 2 with a usage
 * error said on stderr.
 */
int sim_options_read(struct sim_options *o, int argc, char **argv);

/* ADDR, ADDR:PORT, [ADDR]:PORT or "auto"; false: none of them. */
bool sim_vip_read(const char *text, struct sim_vip *vip);

#endif
