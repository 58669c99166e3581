/* SPDX-License-Identifier: MIT */
#ifndef CLI_CLI_H
#define CLI_CLI_H
/*
 * The command line: cli/main.c is a table of commands, each has a file of its
 * own with its <name>_main(), which gets its name as argv[0] and returns the
 * exit code.  stdout is for results, stderr for everything else.
 */
#include "model/config/config.h"

enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1,     /* an assertion failed, a verification differed */
	CLI_USAGE = 2,      /* usage or configuration */
	CLI_UNREADABLE = 3, /* no input was readable */
	CLI_PARTIAL = 4,    /* some input was not; the rest was used */
	CLI_REFUSED = 5,    /* the machine: privilege, BPF, disk, memory */
	CLI_INTERRUPTED = 130,
};

int sim_main(int argc, char **argv);
int inspect_main(int argc, char **argv);
int report_main(int argc, char **argv);
int sweep_main(int argc, char **argv);
int check_main(int argc, char **argv);
int gen_main(int argc, char **argv);
int import_main(int argc, char **argv);
int verify_main(int argc, char **argv); /* only with HAVE_LIVE */
int live_main(int argc, char **argv);   /* the same */
int ctl_main(int argc, char **argv);    /* the same */

/* Of two exit codes the one that counts: 2, 5, 3, 1, 4, 0. */
int cli_worse(int a, int b);

/* One line to stderr: "fairlead <command>: <text>". */
void cli_say(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, and where to read on; returns CLI_USAGE. */
int cli_usage(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* After getopt_long() returned '?' or ':' (opterr 0, short options begin with
 * ':'): says what is wrong with the option; returns CLI_USAGE. */
int cli_bad_option(const char *command, int got, char **argv);

/* A configuration file as read, not yet understood. */
struct cli_text {
	const char *path;
	char *text; /* the reader frees it */
	size_t bytes;
	int error; /* errno, when it can't be read */
};

/*
 * cli_read_text    - read a configuration file whole ("-": standard input).
 * cli_make_config  - a configuration of what was read.
 * cli_load_config  - both.
 *
 * show     print the problems found to stderr, warnings too.
 * status   out with NULL: CLI_USAGE when it can't be read or is wrong,
 *          CLI_REFUSED without memory.
 *
 * cli_read_text() returns CLI_DONE or the like, having said why.
 */
int cli_read_text(const char *command, const char *path, struct cli_text *text);
struct lb_config *cli_make_config(
    const char *command, const struct cli_text *text, bool show, int *status);
struct lb_config *cli_load_config(
    const char *command, const char *path, int *status);

/* The same for who must not wait and speaks for itself: regular files only,
 * and nothing is said.  0, or -1 with text->error, which cli_read_error() has
 * words for. */
int cli_read_regular(const char *path, struct cli_text *text);
const char *cli_read_error(const struct cli_text *text);

/* A whole number 0..max in decimal; false when it is none. */
bool cli_number(const char *text, uint64_t max, uint64_t *value);
/* The value of --workers; 0, or CLI_USAGE said so. */
int cli_workers_read(const char *command, const char *text, unsigned *workers);
/* 32 hexadecimal digits. */
bool cli_hash_key(const char *text, uint8_t key[16]);

/* Writes what stdout still holds.  CLI_DONE, or CLI_REFUSED said so. */
int cli_flush(const char *command);

#endif
