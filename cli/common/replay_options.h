/* SPDX-License-Identifier: MIT */
#ifndef CLI_REPLAY_OPTIONS_H
#define CLI_REPLAY_OPTIONS_H
/*
 * What the commands that replay captures are all asked: which captures, how
 * they pass, over which pool, and where the report goes.  A command puts
 * CLI_REPLAY_LONG_OPTIONS into its table, numbers its own options from
 * CLI_REPLAY_OPTION_END, and hands on what it does not know.
 */
#include <getopt.h>

#include "sim/run/run.h"

struct replay_options {
	const char *config;  /* NULL: zero configuration */
	const char *out_dir; /* NULL: named after the first capture */
	const char *filter;  /* NULL: none */
	const char *const *captures;
	size_t capture_count;
	struct sim_vip vip;
	const char *outbound; /* captured clients that are members; NULL */
	unsigned backend_count;
	uint64_t seed;
	uint64_t speed_millionths, longest_gap_ns; /* 0: as captured */
	uint32_t loop, max_flows;                  /* 0: not given */
	bool reverse, report, json, force, quiet;
	bool needs_no_capture; /* there is other traffic */
};

enum {
	CLI_REPLAY_FORCE = 256,
	CLI_REPLAY_NO_REPORT,
	CLI_REPLAY_JSON,
	CLI_REPLAY_BACKENDS,
	CLI_REPLAY_VIP,
	CLI_REPLAY_REVERSE,
	CLI_REPLAY_FILTER,
	CLI_REPLAY_SEED,
	CLI_REPLAY_LOOP,
	CLI_REPLAY_SPEED,
	CLI_REPLAY_MAX_GAP,
	CLI_REPLAY_MAX_FLOWS,
	CLI_REPLAY_OUTBOUND,
	CLI_REPLAY_OPTION_END
};

#define CLI_REPLAY_SHORT_OPTIONS ":c:o:qh"

/* clang-format off */
#define CLI_REPLAY_LONG_OPTIONS                                                \
	{ "config", required_argument, NULL, 'c' },                            \
	{ "output", required_argument, NULL, 'o' },                            \
	{ "quiet", no_argument, NULL, 'q' },                                   \
	{ "help", no_argument, NULL, 'h' },                                    \
	{ "force", no_argument, NULL, CLI_REPLAY_FORCE },                      \
	{ "no-report", no_argument, NULL, CLI_REPLAY_NO_REPORT },              \
	{ "json", no_argument, NULL, CLI_REPLAY_JSON },                        \
	{ "backends", required_argument, NULL, CLI_REPLAY_BACKENDS },          \
	{ "vip", required_argument, NULL, CLI_REPLAY_VIP },                    \
	{ "reverse", no_argument, NULL, CLI_REPLAY_REVERSE },                  \
	{ "filter", required_argument, NULL, CLI_REPLAY_FILTER },              \
	{ "seed", required_argument, NULL, CLI_REPLAY_SEED },                  \
	{ "loop", required_argument, NULL, CLI_REPLAY_LOOP },                  \
	{ "speed", required_argument, NULL, CLI_REPLAY_SPEED },                \
	{ "max-gap", required_argument, NULL, CLI_REPLAY_MAX_GAP },            \
	{ "max-flows", required_argument, NULL, CLI_REPLAY_MAX_FLOWS },        \
	{ "outbound", required_argument, NULL, CLI_REPLAY_OUTBOUND }
/* clang-format on */

/* As they are when nothing is said. */
struct replay_options replay_options_default(void);

/*
 * replay_option_read - one option that getopt_long() met, of this table or
 * '?' or ':'.  -h is the command's own.
 *
 * Returns 0; CLI_USAGE, said so.
 */
int replay_option_read(const char *command, struct replay_options *o,
    int option, const char *value, char **argv);

/* Takes the captures behind the options. */
void replay_options_captures(struct replay_options *o, int argc, char **argv);

/*
 * replay_options_end - look at what no single option shows, and fill in what
 * was not given.
 *
 * file  one more that may be standard input, "-"; NULL: none.
 *
 * Returns 0; CLI_USAGE, said so.
 */
int replay_options_end(
    const char *command, struct replay_options *o, const char *file);

/* What of it a run is told; cases, details and progress are the command's. */
struct sim_settings replay_settings(const struct replay_options *o);

/* The value of --vip: ADDR, ADDR:PORT, [ADDR]:PORT or "auto"; 0, or CLI_USAGE
 * said so. */
int cli_vip_read(const char *command, const char *text, struct sim_vip *vip);

#endif
