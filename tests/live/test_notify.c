/* SPDX-License-Identifier: MIT */
/* live/out/notify.c: what a service manager hears, at a path and at an abstract
 * name; and that without one, or with a bad one, nothing happens. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "live/out/notify.h"
#include "model/path/base.h"
#include "tests/unit.h"

/* A manager's socket at a name, which is in the environment then. */
static int
manager(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t length = strlen(name);
	memcpy(at.sun_path, name, length);
	if (*name == '@')
		at.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	CU_ASSERT_EQUAL(
	    bind(fd, (const struct sockaddr *)(const void *)&at,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
	    0);
	CU_ASSERT_EQUAL(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static const char *
heard(int fd)
{
	static char text[256];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
test_hears(void)
{
	char name[64];
	for (unsigned abstract = 0; abstract < 2; abstract++) {
		(void)snprintf(name, sizeof(name), "%s/tmp/fairlead-notify-%d",
		    abstract != 0 ? "@" : "", (int)getpid());
		int fd = manager(name);
		CU_ASSERT_EQUAL(live_notify("READY=1\nSTATUS=fine"), 0);
		CU_ASSERT_STRING_EQUAL(heard(fd), "READY=1\nSTATUS=fine");
		CU_ASSERT_EQUAL(live_notify_reloading(), 0);
		CU_ASSERT_EQUAL(
		    strncmp(heard(fd), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
		(void)close(fd);
		(void)unlink(name);
	}
}

static void
test_bad(void)
{
	char lengthy[300];
	memset(lengthy, 'a', sizeof(lengthy) - 1);
	lengthy[0] = '/';
	lengthy[sizeof(lengthy) - 1] = '\0';
	(void)unsetenv("NOTIFY_SOCKET");
	CU_ASSERT_EQUAL(live_notify("READY=1"), 0);
	const char *const rows[] = { "relative", "@", "/", lengthy };
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		(void)setenv("NOTIFY_SOCKET", rows[i], 1);
		UNIT_ROW(rows[i], live_notify("READY=1") == -EINVAL);
	}
	(void)setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	CU_ASSERT(live_notify("READY=1") < 0);
}

static void
test_watchdog(void)
{
	char pid[32];
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	const struct {
		const char *usec, *pid; /* NULL: not set */
		uint64_t ms;
	} rows[] = {
		{ NULL, NULL, 0 },
		{ "30000000", NULL, 30000 },
		{ "30000000", pid, 30000 },
		{ "30000000", "1", 0 },
		{ "30000000", "", 0 },
		{ "-5", NULL, 0 },
		{ "x", NULL, 0 },
		{ "99999999999999999999999", NULL, 0 },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		(void)unsetenv("WATCHDOG_USEC");
		(void)unsetenv("WATCHDOG_PID");
		if (rows[i].usec != NULL)
			(void)setenv("WATCHDOG_USEC", rows[i].usec, 1);
		if (rows[i].pid != NULL)
			(void)setenv("WATCHDOG_PID", rows[i].pid, 1);
		UNIT_EQUAL(rows[i].usec != NULL ? rows[i].usec : "not set",
		    live_notify_watchdog_ms(), rows[i].ms);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "hears", test_hears },
		{ "bad", test_bad },
		{ "watchdog", test_watchdog },
		CU_TEST_INFO_NULL,
	};
	return unit_main("live/notify", tests);
}
