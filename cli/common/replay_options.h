/* SPDX-License-Identifier: MIT */
#ifndef CLI_REPLAY_OPTIONS_H
#define CLI_REPLAY_OPTIONS_H
/*
 * What the commands that replay captures are all asked: which captures, how
 * they pass, over which pool, in which scenario, and where the report goes.  A
 * command puts CLI_REPLAY_LONG_OPTIONS into its table, numbers its own options
 * from CLI_REPLAY_OPTION_END, and hands on what it does not know.
 */
#include "cli/common/capture_options.h"
#include "cli/common/scenario.h"
#include "sim/run/run.h"

struct replay_options {
	struct capture_options common;
	const char *config;        /* NULL: zero configuration */
	const char *out_dir;       /* NULL: named after the first capture */
	const char *scenario_path; /* NULL: none */
	struct cli_scenario scenario;
	struct sim_vip vip;
	const char *outbound; /* captured clients that are members; NULL */
	unsigned workers;     /* 0: as many as there are processors */
	uint64_t seed;
	uint64_t speed_millionths, longest_gap_ns; /* 0: as captured */
	uint32_t loop, max_flows;                  /* 0: not given */
	bool seed_given, reverse, report, force;
	bool needs_no_capture; /* there is other traffic */
};

enum {
	CLI_REPLAY_FORCE = CLI_CAPTURE_OPTION_END,
	CLI_REPLAY_NO_REPORT,
	CLI_REPLAY_VIP,
	CLI_REPLAY_REVERSE,
	CLI_REPLAY_SEED,
	CLI_REPLAY_LOOP,
	CLI_REPLAY_SPEED,
	CLI_REPLAY_MAX_GAP,
	CLI_REPLAY_MAX_FLOWS,
	CLI_REPLAY_OUTBOUND,
	CLI_REPLAY_WORKERS,
	CLI_REPLAY_OPTION_END
};

#define CLI_REPLAY_SHORT_OPTIONS ":c:o:s:qh"

/* clang-format off */
#define CLI_REPLAY_LONG_OPTIONS                                                \
	CLI_CAPTURE_LONG_OPTIONS,                                              \
	{ "config", required_argument, NULL, 'c' },                            \
	{ "output", required_argument, NULL, 'o' },                            \
	{ "scenario", required_argument, NULL, 's' },                          \
	{ "force", no_argument, NULL, CLI_REPLAY_FORCE },                      \
	{ "no-report", no_argument, NULL, CLI_REPLAY_NO_REPORT },              \
	{ "vip", required_argument, NULL, CLI_REPLAY_VIP },                    \
	{ "reverse", no_argument, NULL, CLI_REPLAY_REVERSE },                  \
	{ "seed", required_argument, NULL, CLI_REPLAY_SEED },                  \
	{ "loop", required_argument, NULL, CLI_REPLAY_LOOP },                  \
	{ "speed", required_argument, NULL, CLI_REPLAY_SPEED },                \
	{ "max-gap", required_argument, NULL, CLI_REPLAY_MAX_GAP },            \
	{ "max-flows", required_argument, NULL, CLI_REPLAY_MAX_FLOWS },        \
	{ "outbound", required_argument, NULL, CLI_REPLAY_OUTBOUND },          \
	{ "workers", required_argument, NULL, CLI_REPLAY_WORKERS }
/* clang-format on */

/* Their part of --help; what seeds and workers are for says the command. */
#define CLI_REPLAY_HELP                                                        \
	"      --backends N     members of the pool, without -c (default 4)\n" \
	"      --vip ADDR[:PORT]|auto\n"                                       \
	"                       this server's flows only, auto: the server "   \
	"with\n"                                                               \
	"                       most; with -c they are played to the "         \
	"frontend\n"                                                           \
	"      --reverse        the captured servers are the clients\n"        \
	"      --outbound WHO   what members send to servers outside leaves "  \
	"by SNAT:\n"                                                           \
	"                       members, by their addresses in -c, or "        \
	"captured\n"                                                           \
	"                       addresses (A,B) that stand for them\n"         \
	"      --filter EXPR    only packets that match, as for tcpdump\n"     \
	"      --max-gap TIME   a longer silence passes as this one (30s, "    \
	"1h)\n"                                                                \
	"      --speed FACTOR   the captures' time runs that much faster\n"    \
	"      --loop N         all of it N times, with other clients each "   \
	"time\n"                                                               \
	"      --max-flows N    leave out flows beyond N (default 16777216)\n"

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

/*
 * replay_options_captures - take the captures behind the options, and read the
 * scenario: where the command line says nothing, it does.  What of it is the
 * command's own stands in o->scenario.read, NULL without one.
 *
 * Returns CLI_DONE, CLI_USAGE or CLI_REFUSED, said so.
 */
int replay_options_captures(
    const char *command, struct replay_options *o, int argc, char **argv);

/* Looks at what no single option shows, and fills in what was not given.
 * Returns 0; CLI_USAGE, said so. */
int replay_options_end(const char *command, struct replay_options *o);
void replay_options_free(struct replay_options *o);

/* What of it a run is told; cases, details and progress are the command's. */
struct sim_settings replay_settings(const struct replay_options *o);

/* The value of --vip: ADDR, ADDR:PORT, [ADDR]:PORT or "auto"; 0, or CLI_USAGE
 * said so. */
int cli_vip_read(const char *command, const char *text, struct sim_vip *vip);

#endif
