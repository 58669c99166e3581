/* SPDX-License-Identifier: MIT */
/*
 * TCP: the handshake is the answer.  Then we close as a client does that has
 * nothing to say: our FIN, what the member still sends is thrown away (closed
 * with data unread, the kernel would send a reset), its FIN (AZ 2.2).
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "live/probe/prober_socket.h"

/* Who goes on talking after our FIN is closed on. */
#define READS_MAX 64u

static void
greet(struct prober_socket *s)
{
	struct prober_try *try = s->try;

	s->greeted = true;
	if (shutdown(s->fd, SHUT_WR) != 0 ||
	    uv_poll_start(&s->poll, UV_READABLE, s->poll.poll_cb) != 0)
		prober_socket_end(try);
	try->answered(try, LB_ANSWER_GOOD);
}

static void
connecting(struct prober_socket *s)
{
	struct prober_try *try = s->try;
	struct pollfd now = { .fd = s->fd, .events = POLLOUT };
	socklen_t bytes = sizeof(int);
	int code = 0;

	if (poll(&now, 1, 0) <= 0)
		return;
	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &code, &bytes) != 0)
		code = errno;
	if (code == 0) {
		greet(s);
		return;
	}
	int answer = prober_socket_answer(code);
	prober_socket_end(try);
	if (answer >= 0)
		try->answered(try, (enum lb_answer)answer);
}

static void
closing(struct prober_socket *s)
{
	char rest[4096];
	ssize_t bytes = recv(s->fd, rest, sizeof(rest), MSG_DONTWAIT);

	if (bytes < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (bytes <= 0 || ++s->reads == READS_MAX)
		prober_socket_end(s->try);
}

static void
ready(struct prober_socket *s)
{
	if (s->greeted)
		closing(s);
	else
		connecting(s);
}

static int
begin(struct prober_try *try)
{
	return prober_socket_begin(try, SOCK_STREAM, UV_WRITABLE, ready);
}

const struct prober_kind prober_tcp = {
	.begin = begin,
	.look = prober_socket_look,
	.end = prober_socket_end,
};
