/* SPDX-License-Identifier: MIT */
#include "cli/common/capture_options.h"

#include <string.h>

#include "cli/common/captures.h"
#include "cli/common/cli.h"

int
capture_option_read(const char *command, struct capture_options *o, int option,
    const char *value, char **argv)
{
	switch (option) {
	case 'q':
		o->quiet = true;
		return 0;
	case CLI_CAPTURE_JSON:
		o->json = true;
		return 0;
	case CLI_CAPTURE_FILTER:
		o->filter = value;
		return 0;
	case CLI_CAPTURE_BACKENDS:
		return cli_backends_read(command, value, &o->backend_count);
	case '?':
	case ':':
		return cli_bad_option(command, option, argv);
	default:
		return cli_usage(command, "option %d is not read", option);
	}
}

void
capture_options_paths(struct capture_options *o, int argc, char **argv)
{
	o->paths = (const char *const *)argv + optind;
	o->count = (size_t)(argc - optind);
}

static bool
is_stdin(const char *path)
{
	return path != NULL && strcmp(path, "-") == 0;
}

int
capture_options_one_stdin(const char *command, const struct capture_options *o,
    const char *file, const char *other)
{
	unsigned count = is_stdin(file) + is_stdin(other);

	for (size_t i = 0; i < o->count; i++)
		count += is_stdin(o->paths[i]);
	if (count > 1)
		return cli_usage(command, "- can stand for one file only");
	return 0;
}
