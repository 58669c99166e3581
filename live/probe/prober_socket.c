/* SPDX-License-Identifier: MIT */
#include "live/probe/prober_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Datagrams taken at a time: a flood must not keep the loop. */
#define TAKE_MAX 16

int
prober_socket_answer(int code)
{
	switch (code) {
	case ECONNREFUSED:
	case ECONNRESET:
		return LB_ANSWER_REFUSED;
	default:
		/* No route, no neighbour, an ICMP error on the way: whoever
		 * is there has said nothing. */
		return -1;
	}
}

socklen_t
prober_sockaddr(
    const struct lb_addr *address, uint16_t port, struct sockaddr_storage *to)
{
	struct sockaddr_in four = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = lb_addr_v4_raw(address),
	};
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };

	memset(to, 0, sizeof(*to));
	if (lb_addr_is_v4(address)) {
		memcpy(to, &four, sizeof(four));
		return sizeof(four);
	}
	memcpy(&six.sin6_addr, address, sizeof(six.sin6_addr));
	memcpy(to, &six, sizeof(six));
	return sizeof(six);
}

/* From the probe's source, if it has one; the port is chosen with the
 * destination, so that one source has room for many members. */
static int
bind_to_source(int fd, const struct prober_try *try)
{
	struct sockaddr_storage from;
	int on = 1;

	if (!lb_probe_has_source(try->probe))
		return 0;
	socklen_t bytes = prober_sockaddr(&try->probe->source, 0, &from);
	(void)setsockopt(
	    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(fd, (struct sockaddr *)&from, bytes) == 0 ? 0 : -errno;
}

static int
connect_to(int fd, const struct prober_try *try)
{
	struct sockaddr_storage to;
	socklen_t bytes = prober_sockaddr(&try->address, try->probe->port, &to);
	int rc = bind_to_source(fd, try);

	if (rc != 0)
		return rc;
	rc = connect(fd, (struct sockaddr *)&to, bytes);
	return rc == 0 || errno == EINPROGRESS ? 0 : -errno;
}

static int
open_socket(const struct prober_try *try, int type)
{
	int fd = socket(lb_addr_is_v4(&try->address) ? AF_INET : AF_INET6,
	    type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* Is that about this machine and not about the member? */
static bool
is_ours(int code)
{
	switch (code) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
	case EADDRNOTAVAIL: /* no local port left */
	case EAGAIN:
	case EACCES:
	case EPERM:
	case EINVAL:
	case EAFNOSUPPORT:
		return true;
	default:
		return false;
	}
}

/* Neither sends anything: a datagram socket is connected by itself. */
static int
attempt(
    const struct prober_try *try, int (*what)(int, const struct prober_try *))
{
	int fd = open_socket(try, SOCK_DGRAM);

	if (fd < 0)
		return fd;
	int rc = what(fd, try);
	(void)close(fd);
	return rc;
}

int
prober_source_fails(const struct prober_try *try)
{
	return lb_probe_has_source(try->probe) ? attempt(try, bind_to_source)
					       : 0;
}

int
prober_route_fails(const struct prober_try *try)
{
	int rc = attempt(try, connect_to);

	return rc == 0 || is_ours(-rc) ? rc : 1;
}

/* Before anything was watched; what is left is only to say how it ended. */
static int
give_up(struct prober_try *try, int code)
{
	int answer = prober_socket_answer(code);

	if (answer >= 0)
		try->answered(try, (enum lb_answer)answer);
	return is_ours(code) ? -code : 0;
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct prober_socket *s = poll->data;

	(void)status; /* the socket itself tells which error it is */
	(void)events;
	s->ready(s);
}

static void
on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static int
watch(struct prober_socket *s, int events)
{
	int rc = uv_poll_init(s->try->loop, &s->poll, s->fd);

	if (rc != 0) {
		(void)close(s->fd);
		free(s);
		return rc;
	}
	s->poll.data = s;
	s->try->flight = s;
	rc = uv_poll_start(&s->poll, events, on_ready);
	if (rc != 0)
		prober_socket_end(s->try);
	return rc;
}

int
prober_socket_begin(struct prober_try *try, int type, int events,
    void (*ready)(struct prober_socket *socket))
{
	struct prober_socket *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->try = try;
	s->ready = ready;
	s->fd = open_socket(try, type);
	int rc = s->fd < 0 ? s->fd : connect_to(s->fd, try);
	if (rc == 0)
		return watch(s, events);
	if (s->fd >= 0)
		(void)close(s->fd);
	free(s);
	return give_up(try, -rc);
}

void
prober_socket_look(struct prober_try *try)
{
	struct prober_socket *s = try->flight;

	if (s != NULL)
		s->ready(s);
}

void
prober_socket_end(struct prober_try *try)
{
	struct prober_socket *s = try->flight;

	if (s == NULL)
		return;
	try->flight = NULL;
	(void)uv_poll_stop(&s->poll);
	uv_close((uv_handle_t *)&s->poll, on_closed);
	(void)close(s->fd);
}

/* --- one datagram there, one back ----------------------------------------- */

static const struct prober_datagram *
words_of(const struct prober_try *try)
{
	switch (try->probe->protocol) {
	case LB_PROBE_COAP:
		return &prober_coap_words;
	case LB_PROBE_DNS:
		return &prober_dns_words;
	default:
		return &prober_udp_words;
	}
}

static void
datagram_end(struct prober_try *try, int answer)
{
	prober_socket_end(try);
	if (answer >= 0)
		try->answered(try, (enum lb_answer)answer);
}

/* true: there may be more. */
static bool
datagram_take(struct prober_socket *s)
{
	struct prober_try *try = s->try;
	struct prober_reply reply = { .count = 0 };
	uint8_t in[2048];
	ssize_t bytes = recv(s->fd, in, sizeof(in), MSG_DONTWAIT);
	int answer;

	if (bytes < 0) {
		answer = prober_socket_answer(errno);
		if (answer >= 0)
			datagram_end(try, answer);
		return false;
	}
	answer = words_of(try)->judge(try, in, (size_t)bytes, &reply);
	if (reply.count > 0)
		(void)send(s->fd, reply.bytes, reply.count,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (answer >= 0)
		datagram_end(try, answer);
	return answer < 0;
}

static void
datagram_ready(struct prober_socket *s)
{
	int left = TAKE_MAX;

	while (left > 0 && datagram_take(s))
		left--;
}

int
prober_datagram_begin(
    struct prober_try *try, const struct prober_datagram *words)
{
	uint8_t out[PROBER_DATAGRAM_BYTES];
	size_t bytes = words->compose(try, out);

	if (bytes == 0)
		return -EMSGSIZE;
	int rc =
	    prober_socket_begin(try, SOCK_DGRAM, UV_READABLE, datagram_ready);
	struct prober_socket *s = try->flight;
	if (rc != 0 || s == NULL)
		return rc;
	if (send(s->fd, out, bytes, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	rc = errno;
	prober_socket_end(try);
	return give_up(try, rc);
}
