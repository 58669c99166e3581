/* SPDX-License-Identifier: MIT */
#include "cli/common/cli.h"
#include "sim/sweep/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_BYTES_MAX                                                       \
	(64u << 20) /* nobody writes more; hostile files do                    \
		     */

int
cli_worse(int a, int b)
{
	static const int order[] = { CLI_INTERRUPTED, CLI_USAGE, CLI_REFUSED,
		CLI_UNREADABLE, CLI_FAILED, CLI_PARTIAL };

	for (size_t i = 0; i < LB_COUNT(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return CLI_DONE;
}

static void
say(const char *command, const char *format, va_list args)
{
	/* Results before it come out before it, also in a log of both. */
	(void)fflush(stdout);
	(void)fprintf(
	    stderr, "fairlead%s%s: ", *command != '\0' ? " " : "", command);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
}

void
cli_say(const char *command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(command, format, args);
	va_end(args);
}

int
cli_usage(const char *command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(command, format, args);
	va_end(args);
	(void)fprintf(stderr, "Try: fairlead%s%s --help\n",
	    *command != '\0' ? " " : "", command);
	return CLI_USAGE;
}

int
cli_bad_option(const char *command, int got, char **argv)
{
	const char *word = argv[optind - 1];
	bool is_long = strncmp(word, "--", 2) == 0;

	if (got == ':' && is_long)
		return cli_usage(command, "option %s wants a value", word);
	if (got == ':')
		return cli_usage(command, "option -%c wants a value", optopt);
	if (optopt == 0)
		return cli_usage(command,
		    "there is no option %s, or it is short for several", word);
	if (is_long && strchr(word, '=') != NULL)
		return cli_usage(command, "option %.*s takes no value",
		    (int)strcspn(word, "="), word);
	return cli_usage(command, "there is no option -%c", optopt);
}

/* The whole file, with a NUL behind it; NULL: *error says why. */
static char *
read_all(FILE *file, size_t *bytes, int *error)
{
	size_t room = 64u << 10, used = 0;
	char *text = malloc(room + 1);

	while (text != NULL) {
		used += fread(text + used, 1, room - used, file);
		if (used < room)
			break;
		if (room >= CONFIG_BYTES_MAX) {
			*error = EFBIG;
			free(text);
			return NULL;
		}
		room *= 2;
		char *more = realloc(text, room + 1);
		if (more == NULL)
			free(text);
		text = more;
	}
	if (text == NULL || ferror(file)) {
		*error = text == NULL ? ENOMEM : errno;
		free(text);
		return NULL;
	}
	text[used] = '\0';
	*bytes = used;
	return text;
}

static char *
read_file(const char *path, size_t *bytes, int *error)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(path, "re");

	if (file == NULL) {
		*error = errno;
		return NULL;
	}
	char *text = read_all(file, bytes, error);
	if (!is_stdin)
		(void)fclose(file);
	return text;
}

/* A pipe could keep whoever opens or reads it waiting for ever. */
static FILE *
open_regular(const char *path, int *error)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *file = NULL;

	*error = 0;
	if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		*error = ESPIPE;
	else if (fd >= 0)
		file = fdopen(fd, "r");
	if (file == NULL && *error == 0)
		*error = errno;
	if (file == NULL && fd >= 0)
		(void)close(fd);
	return file;
}

int
cli_read_regular(const char *path, struct cli_text *text)
{
	*text = (struct cli_text){ .path = path };
	FILE *file = open_regular(path, &text->error);

	if (file == NULL)
		return -1;
	text->text = read_all(file, &text->bytes, &text->error);
	(void)fclose(file);
	return text->text != NULL ? 0 : -1;
}

const char *
cli_read_error(const struct cli_text *text)
{
	return text->error == ESPIPE ? "it is no regular file"
				     : strerror(text->error);
}

int
cli_read_text(const char *command, const char *path, struct cli_text *text)
{
	int error = 0;

	*text = (struct cli_text){ .path = path };
	text->text = read_file(path, &text->bytes, &error);
	text->error = error;
	if (text->text != NULL)
		return CLI_DONE;
	cli_say(command, "%s: can't be read: %s", path, strerror(error));
	return error == ENOMEM ? CLI_REFUSED : CLI_USAGE;
}

struct lb_config *
cli_make_config(
    const char *command, const struct cli_text *text, bool show, int *status)
{
	struct lb_problems problems = { 0 };
	struct lb_config *config =
	    lb_config_read(text->text, text->bytes, text->path, &problems);

	if (show)
		lb_problems_print(&problems, text->path, stderr);
	*status = config != NULL ? CLI_DONE : CLI_USAGE;
	if (config == NULL && problems.error_count == 0) {
		cli_say(command, "%s: no memory", text->path);
		*status = CLI_REFUSED;
	}
	lb_problems_free(&problems);
	return config;
}

struct lb_config *
cli_load_config(const char *command, const char *path, int *status)
{
	struct cli_text text;

	*status = cli_read_text(command, path, &text);
	if (*status != CLI_DONE)
		return NULL;
	struct lb_config *config =
	    cli_make_config(command, &text, true, status);
	free(text.text);
	return config;
}

bool
cli_number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	/* strtoull() would take a sign and spaces. */
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *value <= max;
}

bool
cli_hash_key(const char *text, uint8_t key[16])
{
	if (strlen(text) != 32)
		return false;
	for (int i = 0; i < 32; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = strchr(digits, text[i] | 0x20);
		if (digit == NULL || *digit == '\0' || text[i] < '0')
			return false;
		key[i / 2] = (uint8_t)(key[i / 2] << 4 | (digit - digits));
	}
	return true;
}

int
cli_flush(const char *command)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return CLI_DONE;
	cli_say(command, "can't write the result: %s", strerror(errno));
	return CLI_REFUSED;
}

int
cli_workers_read(const char *command, const char *text, unsigned *workers)
{
	uint64_t count;

	if (!cli_number(text, SIM_WORKERS_MAX, &count) || count == 0)
		return cli_usage(command,
		    "--workers wants a number from 1 to %u, not \"%s\"",
		    SIM_WORKERS_MAX, text);
	*workers = (unsigned)count;
	return 0;
}
