/* SPDX-License-Identifier: MIT */
#include "cli/captures.h"

#include "cli/cli.h"

int
cli_backends_read(const char *command, const char *text, unsigned *count)
{
	uint64_t value;

	if (!cli_number(text, CLI_BACKENDS_MAX, &value) || value == 0)
		return cli_usage(command,
		    "--backends wants a number from 1 to %u, not \"%s\"",
		    CLI_BACKENDS_MAX, text);
	*count = (unsigned)value;
	return 0;
}

int
cli_say_unreadable(const char *command, const char *const *captures,
    const struct sim_input *input)
{
	size_t unreadable = 0, damaged = 0;

	for (size_t i = 0; i < input->file_count; i++) {
		const struct sim_file *file = &input->files[i];
		if (file->error == NULL)
			continue;
		cli_say(command, "%s: %s", captures[i], file->error);
		unreadable += file->unreadable;
		damaged += !file->unreadable;
	}
	if (unreadable == input->file_count)
		return CLI_UNREADABLE;
	if (input->over_limit > 0) {
		cli_say(command,
		    "more than %u flows: %ju packets of later ones were left "
		    "out; --max-flows lets more in, at about 160 bytes each",
		    input->max_flows, (uintmax_t)input->over_limit);
		damaged++;
	}
	return unreadable + damaged > 0 ? CLI_PARTIAL : CLI_DONE;
}

int
cli_say_trouble(const char *command, int status, struct sim_trouble *trouble,
    const char *config)
{
	if (trouble->text[0] != '\0')
		cli_say(command, "%s", trouble->text);
	lb_problems_print(&trouble->problems, config, stderr);
	lb_problems_free(&trouble->problems);
	return status == SIM_USAGE ? CLI_USAGE : CLI_REFUSED;
}
