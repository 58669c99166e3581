/* SPDX-License-Identifier: MIT */
#include "live/probe/probe_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a key: 0x, digits, the line's end. */
#define LINE_MAX_BYTES (2 + 2 * LIVE_PSK_MAX + 2)

struct place {
	char *error;
	size_t bytes;
	const char *path;
};

static int
refuse(const struct place *p, const char *what)
{
	(void)snprintf(p->error, p->bytes, "%s: %s", p->path, what);
	return -1;
}

/* A name as the configuration has it; NULL without memory. */
static char *
path_of(const struct lb_config *config, const char *name)
{
	const char *slash =
	    config->file == NULL ? NULL : strrchr(config->file, '/');
	char *path = NULL;

	if (name[0] == '/' || slash == NULL)
		return strdup(name);
	if (asprintf(&path, "%.*s/%s", (int)(slash - config->file),
		config->file, name) < 0)
		return NULL;
	return path;
}

/* --- keys ----------------------------------------------------------------- */

/* The first line, without its end; its bytes, or -1 with errno. */
static ssize_t
read_line(const char *path, char *line, bool *is_open)
{
	struct stat about;
	/* not to wait for who writes into a pipe */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	*is_open = fstat(fd, &about) == 0 && (about.st_mode & S_IROTH) != 0;
	ssize_t got = read(fd, line, LINE_MAX_BYTES);
	int code = errno;
	(void)close(fd);
	errno = code;
	if (got < 0)
		return -1;
	line[got] = '\0';
	return (ssize_t)strcspn(line, "\r\n");
}

static int
digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, c | ('A' <= c && c <= 'F' ? 32 : 0));

	return c == '\0' || at == NULL ? -1 : (int)(at - digits);
}

/* false: it does not fit, or is none. */
static bool
key_of_line(const char *line, size_t count, struct live_probe_files *files)
{
	bool hex = count >= 2 && strncmp(line, "0x", 2) == 0;
	size_t wants = hex ? (count - 2) / 2 : count;

	if (wants == 0 || wants > LIVE_PSK_MAX || (hex && count % 2 != 0))
		return false;
	for (size_t i = 0; i < wants; i++) {
		int high = hex ? digit_of(line[2 + 2 * i]) : 0;
		int low = hex ? digit_of(line[3 + 2 * i]) : 0;
		if (high < 0 || low < 0)
			return false;
		files->psk[i] =
		    hex ? (uint8_t)(high << 4 | low) : (uint8_t)line[i];
	}
	files->psk_bytes = wants;
	return true;
}

static int
read_key(const struct place *p, struct live_probe_files *files)
{
	char line[LINE_MAX_BYTES + 1];
	ssize_t count = read_line(p->path, line, &files->psk_open);
	int rc = 0;

	if (count < 0)
		rc = refuse(p, strerror(errno));
	else if (!key_of_line(line, (size_t)count, files))
		rc = refuse(p,
		    "its first line is no key: a text of 1 to 64 bytes, or 0x "
		    "and as many pairs of hexadecimal digits");
	explicit_bzero(line, sizeof(line));
	return rc;
}

/* --- both ----------------------------------------------------------------- */

static int
read_ca(const struct place *p, struct live_probe_files *files)
{
	if (access(p->path, R_OK) != 0)
		return refuse(p, strerror(errno));
	files->ca = strdup(p->path);
	return files->ca != NULL ? 0 : refuse(p, "no memory");
}

int
live_probe_files_read(const struct lb_config *config,
    const struct lb_config_probe *probe, struct live_probe_files *files,
    enum lb_probe_key *key, char *error, size_t bytes)
{
	bool psk = probe->psk_file != NULL;
	const char *name = psk ? probe->psk_file : probe->tls_ca;
	struct place place = { .error = error, .bytes = bytes, .path = name };

	*files = (struct live_probe_files){ .ca = NULL };
	*key = psk ? LB_PROBE_KEY_PSK_FILE : LB_PROBE_KEY_TLS_CA;
	if (name == NULL)
		return 0;
	char *path = path_of(config, name);
	if (path == NULL)
		return refuse(&place, "no memory");
	place.path = path;
	int rc = psk ? read_key(&place, files) : read_ca(&place, files);
	free(path);
	return rc;
}

void
live_probe_files_clear(struct live_probe_files *files)
{
	free(files->ca);
	explicit_bzero(files, sizeof(*files));
}

bool
live_probe_files_same(
    const struct live_probe_files *a, const struct live_probe_files *b)
{
	bool ca = a->ca == NULL || b->ca == NULL ? a->ca == b->ca
						 : strcmp(a->ca, b->ca) == 0;

	return ca && a->psk_bytes == b->psk_bytes &&
	       memcmp(a->psk, b->psk, a->psk_bytes) == 0;
}
