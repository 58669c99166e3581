/* SPDX-License-Identifier: MIT */
#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H
/*
 * fairlead verify: what was asked, what came of it, and how that is shown.
 * Every packet goes through both builds once per case, a case being the
 * configuration with one distribution mode.
 */
#include "cli/common/capture_options.h"
#include "cli/common/modes.h"
#include "live/bpf/loaded.h"
#include "live/bpf/referee.h"
#include "sim/replay/feed.h"

struct verify_options {
	const char *config; /* NULL: zero configuration */
	struct capture_options common;
	struct cli_modes modes;
	bool live; /* what is in force in the kernel, of: */
	const char *pin_name;
};

/* The first packet on which the builds differ. */
struct verify_difference {
	const char *path;
	uint64_t packet; /* of that file, from 1; 0: of none */
	uint64_t time_ns;
	struct referee_answer answer;
	char table[80]; /* of memory or facts: which; else "" */
};

struct verify_case {
	const char *name;
	struct lb_config *config;
	struct lb_plan *plan;
	struct referee *referee;
	/* By the native build. */
	uint64_t verdict[LB_VERDICT_COUNT], reason[LB_REASON_COUNT];
	uint64_t parsed[LB_PARSED_COUNT], unread;
	uint64_t made, untracked, ended[LB_CONN_CLOSING_RST + 1];
	uint64_t tables_compared, differences;
	struct verify_difference *first; /* NULL: none */
};

struct verify {
	const struct verify_options *options;
	struct sim_feed feed;
	struct live_loaded
	    *loaded; /* NULL: not asked for; has the case's plan */
	struct verify_case cases[CLI_MODES_MAX];
	size_t case_count;
	uint64_t compared, native_only, cut; /* packets */
	uint64_t duration_ns, swept_ms;
	bool interrupted;
};

/* 0; 1: help was asked for and given; CLI_USAGE, said so. */
int verify_options_read(struct verify_options *o, int argc, char **argv);

uint64_t verify_differences(const struct verify *v); /* of all cases */

/* Is what forwards in the kernel what this build would load?  true also when
 * that was not asked. */
bool verify_same_program(const struct verify *v);

/* For people, and as JSON: 0, -1 without memory or when it can't write. */
void verify_table(const struct verify *v, FILE *to);
int verify_json(const struct verify *v, FILE *to);

#endif
