/* SPDX-License-Identifier: MIT */
#include "live/out/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A path, or with a leading @ a name in the abstract namespace.  0: it is
 * neither, or too long. */
static socklen_t
address_of(const char *name, struct sockaddr_un *to)
{
	size_t length = strlen(name);
	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	if ((*name != '/' && *name != '@') || length < 2 ||
	    length >= sizeof(to->sun_path))
		return 0;
	memcpy(to->sun_path, name, length);
	if (*name == '@')
		to->sun_path[0] = '\0';
	size_t path = length + (*name == '/');
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path);
}

int
live_notify(const char *lines)
{
	struct sockaddr_un to;
	const char *name = getenv("NOTIFY_SOCKET");
	if (name == NULL || *name == '\0')
		return 0;
	socklen_t bytes = address_of(name, &to);
	if (bytes == 0)
		return -EINVAL;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ssize_t sent =
	    sendto(fd, lines, strlen(lines), MSG_DONTWAIT | MSG_NOSIGNAL,
		(const struct sockaddr *)(const void *)&to, bytes);
	int rc = sent < 0 ? -errno : 0;
	(void)close(fd);
	return rc;
}

int
live_notify_reloading(void)
{
	char lines[64];
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)snprintf(lines, sizeof(lines),
	    "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
	return live_notify(lines);
}

/* A number of an environment variable; 0: there is none. */
static uint64_t
number_in(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	if (text == NULL || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	return *end == '\0' && errno == 0 ? value : 0;
}

uint64_t
live_notify_watchdog_ms(void)
{
	uint64_t pid = number_in("WATCHDOG_PID");
	if (getenv("WATCHDOG_PID") != NULL && pid != (uint64_t)getpid())
		return 0; /* meant for whoever started us */
	return number_in("WATCHDOG_USEC") / 1000;
}
