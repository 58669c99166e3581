/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "live/control/control_parts.h"

#define WATCH_MS 1000u
#define BACKLOG  16

static const char *const refusal_names[LIVE_REFUSALS] = {
	[LIVE_REFUSED_USAGE] = "usage",
	[LIVE_REFUSED_CONFIG] = "configuration",
	[LIVE_REFUSED_MACHINE] = "machine",
};

const char *
live_refusal_name(unsigned refusal)
{
	return refusal < LIVE_REFUSALS ? refusal_names[refusal] : "?";
}

char *
live_control_path(const char *pin_name, char *path, size_t bytes)
{
	(void)snprintf(
	    path, bytes, LIVE_CONTROL_FOLDER "/%.64s.sock", pin_name);
	return path;
}

size_t
live_control_callers(const struct live_control *c)
{
	return c->caller_count;
}

void
live_control_wake(struct live_control *c)
{
	if (c == NULL)
		return;
	for (struct live_caller *at = c->callers; at != NULL;
	     at = live_caller_next(at))
		live_caller_wake(at);
}

/* --- the socket ---------------------------------------------------------- */

/* Our own folder is nobody else's; another one is its owner's to judge. */
static int
make_folder(const char *path)
{
	size_t length = strlen(LIVE_CONTROL_FOLDER);
	if (strncmp(path, LIVE_CONTROL_FOLDER "/", length + 1) != 0)
		return 0;
	if (mkdir(LIVE_CONTROL_FOLDER, 0700) == 0 || errno == EEXIST)
		return 0;
	return -errno;
}

/* Does somebody listen there?  1, 0, or -errno. */
static int
is_answered(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int rc =
	    connect(fd, (const struct sockaddr *)(const void *)at, sizeof(*at));
	int code = rc == 0 ? 0 : errno;
	(void)close(fd);
	if (code == 0 || code == EAGAIN) /* its backlog is full */
		return 1;
	return code == ECONNREFUSED || code == ENOENT ? 0 : -code;
}

/* What is there: 0, nothing; 1, what a dead process left; or -errno. */
static int
look_at(const struct sockaddr_un *at)
{
	struct stat st;
	if (lstat(at->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	int answered = is_answered(at);
	if (answered != 0)
		return answered > 0 ? -EADDRINUSE : answered;
	return 1;
}

/* What a dead process left is in the way of bind(). */
static int
clear_stale(const struct sockaddr_un *at)
{
	int rc = look_at(at);
	if (rc == 1)
		rc = unlink(at->sun_path) == 0 ? 0 : -errno;
	return rc;
}

/* Never there with more rights than it is to have: a caller could be in. */
static int
bind_private(struct live_control *c, const char *path)
{
	mode_t before = umask(0177);
	int rc = uv_pipe_bind(&c->listener, path);
	(void)umask(before);
	return rc;
}

static void
on_connection(uv_stream_t *listener, int status)
{
	if (status == 0)
		live_caller_accept(listener->data);
}

static int
address_of(const char *path, struct sockaddr_un *at)
{
	*at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(at->sun_path))
		return -ENAMETOOLONG;
	(void)snprintf(at->sun_path, sizeof(at->sun_path), "%s", path);
	return 0;
}

static int
listen_at(struct live_control *c, const char *path)
{
	struct sockaddr_un at;
	int rc = address_of(path, &at);
	if (rc == 0)
		rc = make_folder(path);
	if (rc == 0)
		rc = clear_stale(&at);
	if (rc == 0)
		rc = bind_private(c, path);
	return rc == 0 ? uv_listen((uv_stream_t *)&c->listener, BACKLOG,
			     on_connection)
		       : rc;
}

static void
say_why(int rc, const char *path, char *error, size_t bytes)
{
	const char *why = strerror(-rc);
	if (rc == -EADDRINUSE)
		why = "somebody listens there already: use another --control";
	else if (rc == -ENOTSOCK)
		why = "it is there, and no socket: use another --control";
	else if (rc == -ENAMETOOLONG)
		why = "a socket's path has 107 bytes at most: use a shorter "
		      "--control";
	else if (rc == -ENOENT)
		why = "there is no such folder";
	(void)snprintf(error, bytes, "control socket %s: %s", path, why);
}

int
live_control_clear(const char *path)
{
	struct sockaddr_un at;
	int rc = address_of(path, &at);
	return rc == 0 ? clear_stale(&at) : rc;
}

bool
live_control_taken(const char *path, char *error, size_t error_bytes)
{
	struct sockaddr_un at;
	int rc = address_of(path, &at);
	if (rc == 0)
		rc = look_at(&at);
	if (rc < 0)
		say_why(rc, path, error, error_bytes);
	return rc < 0;
}

/* --- open and close ------------------------------------------------------ */

static void
on_watch(uv_timer_t *timer)
{
	live_callers_watch(timer->data);
}

void
live_control_let_go(struct live_control *c)
{
	if (--c->handles == 0)
		free(c);
}

static void
on_closed(uv_handle_t *handle)
{
	live_control_let_go(handle->data);
}

struct live_control *
live_control_open(uv_loop_t *loop, const char *path, live_control_asked *asked,
    void *arg, char *error, size_t error_bytes)
{
	struct live_control *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		(void)snprintf(error, error_bytes, "no memory");
		return NULL;
	}
	/* Who hangs up before the answer would end us (libuv asks for no
	 * MSG_NOSIGNAL). */
	(void)signal(SIGPIPE, SIG_IGN);
	c->loop = loop;
	c->asked = asked;
	c->arg = arg;
	c->listener.data = c->watch.data = c;
	(void)uv_timer_init(loop, &c->watch); /* these two can't fail */
	(void)uv_pipe_init(loop, &c->listener, 0);
	c->handles = 2;
	int rc = listen_at(c, path);
	if (rc == 0)
		rc = uv_timer_start(&c->watch, on_watch, WATCH_MS, WATCH_MS);
	if (rc == 0)
		return c;
	say_why(rc, path, error, error_bytes);
	live_control_close(c);
	return NULL;
}

void
live_control_close(struct live_control *c)
{
	if (c == NULL || c->closing)
		return;
	c->closing = true;
	while (c->callers != NULL)
		live_caller_close(c->callers);
	uv_close((uv_handle_t *)&c->watch, on_closed);
	uv_close((uv_handle_t *)&c->listener, on_closed); /* unlinks it */
}
