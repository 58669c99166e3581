/* SPDX-License-Identifier: MIT */
#include "live/out/log_out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void
live_log_out_open(struct live_log_out *out, int fd)
{
	char path[64];
	struct stat st = { 0 };
	out->fd = fd;
	out->own = -1;
	out->bytes = 0;
	out->lost = 0;
	(void)fstat(fd, &st);
	out->socket = S_ISSOCK(st.st_mode);
	out->poll = S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode);
	if (!out->poll)
		return; /* a file is always ready */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	out->own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void
live_log_out_close(struct live_log_out *out)
{
	if (out->own >= 0)
		(void)close(out->own);
	out->own = -1;
}

/* Bytes written, or -errno; -EAGAIN: not now. */
static ssize_t
write_some(const struct live_log_out *out, const char *text, size_t bytes)
{
	struct pollfd ready = { .fd = out->fd, .events = POLLOUT };
	ssize_t done;
	if (out->socket) {
		done = send(out->fd, text, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else if (out->own >= 0) {
		done = write(out->own, text, bytes);
	} else {
		if (out->poll && poll(&ready, 1, 0) == 0)
			return -EAGAIN;
		done = write(out->fd, text, bytes);
	}
	return done >= 0 ? done : -errno;
}

/* A file that can't grow now, and may later. */
static bool
is_full(ssize_t rc)
{
	return rc == -ENOSPC || rc == -EDQUOT || rc == -EFBIG;
}

/* A line at most, and what a pipe takes whole: two processes' lines do not
 * mix. */
static size_t
next_piece(const struct live_log_out *out)
{
	const char *end = memchr(out->text, '\n', out->bytes);
	size_t bytes = end != NULL ? (size_t)(end - out->text) + 1 : out->bytes;
	return bytes < PIPE_BUF ? bytes : PIPE_BUF;
}

static uint64_t
lines_in(const char *text, size_t bytes)
{
	uint64_t lines = 0;
	for (size_t i = 0; i < bytes; i++)
		lines += text[i] == '\n';
	return lines;
}

bool
live_log_out_turn(struct live_log_out *out)
{
	while (out->bytes > 0) {
		ssize_t rc = write_some(out, out->text, next_piece(out));
		if (rc == -EINTR)
			continue;
		if (rc == -EAGAIN || is_full(rc))
			return false;
		if (rc <= 0) { /* nobody reads it, and nobody will */
			out->lost += lines_in(out->text, out->bytes);
			out->bytes = 0;
			return true;
		}
		out->bytes -= (size_t)rc;
		memmove(out->text, out->text + rc, out->bytes);
	}
	return true;
}

void
live_log_out_put(struct live_log_out *out, const char *line, size_t bytes)
{
	if (bytes > sizeof(out->text) - out->bytes)
		(void)live_log_out_turn(out);
	if (bytes > sizeof(out->text) - out->bytes) {
		out->lost++;
		return;
	}
	memcpy(out->text + out->bytes, line, bytes);
	out->bytes += bytes;
	(void)live_log_out_turn(out);
}

uint64_t
live_log_out_lost(struct live_log_out *out)
{
	uint64_t lost = out->lost;
	out->lost = 0;
	return lost;
}
