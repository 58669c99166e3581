/* SPDX-License-Identifier: MIT */
#include "cli/common/captures.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/common/cli.h"
#include "cli/common/digests.h"

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
	if (unreadable > 0 && unreadable == input->file_count)
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

void
cli_digests_take(struct cli_digests *digests, struct sim_input *input)
{
	if (digests == NULL)
		return;
	cli_digests_wait(digests);
	for (size_t i = 0; i < input->file_count; i++)
		memcpy(input->files[i].sha256, cli_digests_hex(digests, i),
		    sizeof(input->files[i].sha256));
	cli_digests_free(digests);
}

/* --- where the report goes ----------------------------------------------- */

static bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* "traces/coap.pcap" -> "coap-run", "coap-run-2" when that is there. */
static char *
default_dir(const char *path, const char *suffix, bool force)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL && slash[1] != '\0' ? slash + 1 : path;
	if (strcmp(path, "-") == 0)
		name = "stdin";
	const char *dot = strrchr(name, '.');
	int stem =
	    dot != NULL && dot != name ? (int)(dot - name) : (int)strlen(name);
	char *dir;

	if (asprintf(&dir, "%.*s-%s", stem, name, suffix) < 0)
		return NULL;
	for (unsigned i = 2; !force && exists(dir); i++) {
		free(dir);
		if (asprintf(&dir, "%.*s-%s-%u", stem, name, suffix, i) < 0)
			return NULL;
	}
	return dir;
}

char *
cli_choose_dir(const char *command, const char *out_dir, const char *capture,
    const char *suffix, bool force, int *status)
{
	if (out_dir != NULL && !force && exists(out_dir)) {
		*status = cli_usage(command,
		    "%s is there already; --force replaces it", out_dir);
		return NULL;
	}
	char *dir = out_dir != NULL ? strdup(out_dir)
				    : default_dir(capture, suffix, force);
	if (dir == NULL) {
		cli_say(command, "no memory");
		*status = CLI_REFUSED;
	}
	return dir;
}
