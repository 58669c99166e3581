/* SPDX-License-Identifier: MIT */
#include "cli/common/write_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/common/cli.h"

static int
write_all(int fd, const char *text, size_t bytes)
{
	while (bytes > 0) {
		ssize_t written = write(fd, text, bytes);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		text += written;
		bytes -= (size_t)written;
	}
	return 0;
}

static int
write_and_close(int fd, const char *text, size_t bytes)
{
	int rc = write_all(fd, text, bytes);

	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

static int
write_beside(const char *path, const char *text, size_t bytes)
{
	char beside[PATH_MAX];

	if (snprintf(beside, sizeof(beside), "%s.XXXXXX", path) >=
	    (int)sizeof(beside))
		return -ENAMETOOLONG;
	int fd = mkstemp(beside);
	if (fd < 0)
		return -errno;
	mode_t mask = umask(0);
	(void)umask(mask);
	int rc = fchmod(fd, 0666 & ~mask) == 0 ? 0 : -errno;
	int written = write_and_close(fd, text, bytes);
	if (rc == 0)
		rc = written;
	if (rc == 0 && rename(beside, path) != 0)
		rc = -errno;
	if (rc != 0)
		(void)unlink(beside);
	return rc;
}

int
cli_write_text(const char *command, const char *path, const char *text,
    size_t bytes, bool force)
{
	struct stat there;
	int rc;

	if (stat(path, &there) != 0 || S_ISREG(there.st_mode)) {
		if (!force && access(path, F_OK) == 0) {
			cli_say(command,
			    "%s: is there already; --force replaces it", path);
			return CLI_USAGE;
		}
		rc = write_beside(path, text, bytes);
	} else {
		int fd = open(path, O_WRONLY | O_CLOEXEC);
		rc = fd >= 0 ? write_and_close(fd, text, bytes) : -errno;
	}
	if (rc == 0)
		return CLI_DONE;
	cli_say(command, "%s: can't be written: %s", path, strerror(-rc));
	return CLI_REFUSED;
}
