/* SPDX-License-Identifier: MIT */
#ifndef CLI_CAPTURE_OPTIONS_H
#define CLI_CAPTURE_OPTIONS_H
/*
 * What every command that reads captures is asked: which, what of them, how
 * many share them, and how the answer is shown.  A command puts
 * CLI_CAPTURE_LONG_OPTIONS into its table, numbers its own options from
 * CLI_CAPTURE_OPTION_END, and hands on what it does not know.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

struct capture_options {
	const char *const *paths;
	size_t count;
	const char *filter;     /* NULL: none */
	unsigned backend_count; /* 0: not given */
	bool json, quiet;
};

enum {
	CLI_CAPTURE_JSON = 256,
	CLI_CAPTURE_BACKENDS,
	CLI_CAPTURE_FILTER,
	CLI_CAPTURE_OPTION_END
};

/* clang-format off */
#define CLI_CAPTURE_LONG_OPTIONS                                               \
	{ "quiet", no_argument, NULL, 'q' },                                   \
	{ "help", no_argument, NULL, 'h' },                                    \
	{ "json", no_argument, NULL, CLI_CAPTURE_JSON },                       \
	{ "backends", required_argument, NULL, CLI_CAPTURE_BACKENDS },         \
	{ "filter", required_argument, NULL, CLI_CAPTURE_FILTER }
/* clang-format on */

/*
 * capture_option_read - one option that getopt_long() met, of this table or
 * '?' or ':'.  -h is the command's own.
 *
 * Returns 0; CLI_USAGE, said so.
 */
int capture_option_read(const char *command, struct capture_options *o,
    int option, const char *value, char **argv);

/* Takes the captures behind the options. */
void capture_options_paths(struct capture_options *o, int argc, char **argv);

/* Is "-", standard input, one file at the most, of the captures, of file and
 * of other (NULL: none)?  Returns 0; CLI_USAGE, said so. */
int capture_options_one_stdin(const char *command,
    const struct capture_options *o, const char *file, const char *other);

#endif
