/* SPDX-License-Identifier: MIT */
#include "tests/bench/talk.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS      64
#define LISTENERS   (2 * TALK_ADDRESSES * TALK_PORTS)
#define CHUNK_BYTES 65536
#define FLOWS_MAX   1024
#define PATIENCE_S  1.0
#define LOOK_MS     50
#define BACKLOG     4096

static double
now_s(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool
talk_address(const char *text, uint16_t port, struct sockaddr_in6 *address)
{
	char mapped[80];
	memset(address, 0, sizeof(*address));
	address->sin6_family = AF_INET6;
	address->sin6_port = htons(port);
	if (inet_pton(AF_INET6, text, &address->sin6_addr) == 1)
		return true;
	(void)snprintf(mapped, sizeof(mapped), "::ffff:%s", text);
	return inet_pton(AF_INET6, mapped, &address->sin6_addr) == 1;
}

static int
open_socket(int type)
{
	int off = 0, on = 1;
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd;
}

static int
watch(int epoll, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };
	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

/* --- server -------------------------------------------------------------- */

/* An event's data: the descriptor, and what it is. */
enum what { WHAT_UDP, WHAT_LISTENER, WHAT_CONNECTION };

#define WHAT_SHIFT 32

struct talk_server {
	int epoll;
	int open[LISTENERS];
	unsigned count;
	uint64_t answered;
	bool end;
	pthread_t thread;
	char chunk[CHUNK_BYTES];
};

static int
add_listener(struct talk_server *s, int type, const struct sockaddr_in6 *host,
    uint16_t port)
{
	struct sockaddr_in6 at = *host;
	at.sin6_port = htons(port);
	int fd = open_socket(type);
	if (fd < 0)
		return -1;
	s->open[s->count++] = fd;
	uint64_t what = type == SOCK_DGRAM ? WHAT_UDP : WHAT_LISTENER;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    (type == SOCK_STREAM && listen(fd, BACKLOG) != 0))
		return -1;
	return watch(s->epoll, fd, EPOLLIN, what << WHAT_SHIFT | (uint64_t)fd);
}

static void
answer_datagrams(struct talk_server *s, int fd)
{
	struct sockaddr_in6 who;
	for (int i = 0; i < EVENTS; i++) {
		socklen_t bytes = sizeof(who);
		ssize_t n = recvfrom(fd, s->chunk, sizeof(s->chunk), 0,
		    (struct sockaddr *)&who, &bytes);
		if (n < 0)
			return;
		if (sendto(fd, s->chunk, (size_t)n, 0, (struct sockaddr *)&who,
			bytes) == n)
			s->answered++;
	}
}

static void
accept_all(const struct talk_server *s, int fd)
{
	int one;
	while (
	    (one = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		if (watch(s->epoll, one, EPOLLIN,
			(uint64_t)WHAT_CONNECTION << WHAT_SHIFT |
			    (uint64_t)one) != 0)
			(void)close(one);
}

static void
answer_connection(struct talk_server *s, int fd)
{
	ssize_t n = recv(fd, s->chunk, sizeof(s->chunk), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		(void)close(fd);
		return;
	}
	if (s->chunk[0] == TALK_ECHO &&
	    send(fd, s->chunk, (size_t)n, MSG_NOSIGNAL) == n)
		s->answered++;
}

static void *
serve(void *arg)
{
	struct talk_server *s = arg;
	struct epoll_event events[EVENTS];
	while (!__atomic_load_n(&s->end, __ATOMIC_ACQUIRE)) {
		int n = epoll_wait(s->epoll, events, EVENTS, LOOK_MS);
		for (int i = 0; i < n; i++) {
			uint64_t data = events[i].data.u64;
			int fd = (int)(uint32_t)data;
			if (data >> WHAT_SHIFT == WHAT_UDP)
				answer_datagrams(s, fd);
			else if (data >> WHAT_SHIFT == WHAT_LISTENER)
				accept_all(s, fd);
			else
				answer_connection(s, fd);
		}
	}
	return NULL;
}

static int
listen_everywhere(struct talk_server *s, const struct talk_service *service)
{
	for (unsigned a = 0; a < service->addresses; a++)
		for (unsigned p = 0; p < TALK_PORTS; p++) {
			if (service->udp[p] != 0 &&
			    add_listener(s, SOCK_DGRAM, &service->at[a],
				service->udp[p]) != 0)
				return -errno;
			if (service->tcp[p] != 0 &&
			    add_listener(s, SOCK_STREAM, &service->at[a],
				service->tcp[p]) != 0)
				return -errno;
		}
	return 0;
}

struct talk_server *
talk_serve(const struct talk_service *service)
{
	struct talk_server *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	int rc = s->epoll >= 0 ? listen_everywhere(s, service) : -errno;
	if (rc == 0)
		rc = -pthread_create(&s->thread, NULL, serve, s);
	if (rc == 0)
		return s;
	s->thread = 0;
	talk_end(s);
	errno = -rc;
	return NULL;
}

uint64_t
talk_answered(const struct talk_server *server)
{
	return __atomic_load_n(&server->answered, __ATOMIC_RELAXED);
}

void
talk_end(struct talk_server *s)
{
	if (s == NULL)
		return;
	__atomic_store_n(&s->end, true, __ATOMIC_RELEASE);
	if (s->thread != 0)
		(void)pthread_join(s->thread, NULL);
	for (unsigned i = 0; i < s->count; i++)
		(void)close(s->open[i]);
	if (s->epoll >= 0)
		(void)close(s->epoll);
	free(s);
}

/* --- client -------------------------------------------------------------- */

struct flow {
	int fd; /* -1: to be opened */
	bool waiting, connecting;
	double asked, next; /* when; not before */
};

struct client {
	const struct talk_ask *ask;
	struct talk_heard *heard;
	int epoll;
	struct flow flows[FLOWS_MAX];
	char chunk[CHUNK_BYTES];
};

static bool
is_tcp(const struct client *c)
{
	return c->ask->kind == TALK_TCP || c->ask->kind == TALK_STREAM;
}

/* By a reset: no port waits out two minutes. */
static void
drop(struct flow *f)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };
	if (f->fd < 0)
		return;
	(void)setsockopt(f->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)close(f->fd);
	f->fd = -1;
	f->waiting = f->connecting = false;
}

static void
end_flow(const struct client *c, struct flow *f, double now)
{
	f->waiting = false;
	f->next = now + c->ask->pause_s;
	if (c->ask->kind != TALK_UDP)
		drop(f);
}

static int
open_flow(struct client *c, unsigned index)
{
	struct flow *f = &c->flows[index];
	const char *interface = c->ask->interface;
	f->fd = open_socket(is_tcp(c) ? SOCK_STREAM : SOCK_DGRAM);
	if (f->fd < 0)
		return -errno;
	if (setsockopt(f->fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		(socklen_t)strlen(interface)) != 0)
		return -errno;
	f->connecting = is_tcp(c);
	if (connect(f->fd, (const struct sockaddr *)&c->ask->to,
		sizeof(c->ask->to)) != 0 &&
	    errno != EINPROGRESS) {
		c->heard->broken++;
		drop(f);
		return 0;
	}
	return watch(c->epoll, f->fd,
		   is_tcp(c) ? EPOLLIN | EPOLLOUT | EPOLLET : EPOLLIN,
		   index) == 0
		   ? 0
		   : -errno;
}

static void
send_request(struct client *c, struct flow *f)
{
	static const char request[] = { TALK_ECHO, 'c', 'h', 'o' };
	if (send(f->fd, request, sizeof(request), MSG_NOSIGNAL) < 0 &&
	    errno != EAGAIN) {
		c->heard->broken++;
		drop(f);
	}
}

/* Asks, where the time has come; TCP asks once it is connected. */
static int
begin(struct client *c, unsigned index, double now)
{
	struct flow *f = &c->flows[index];
	int rc = 0;
	if (f->waiting || now < f->next)
		return 0;
	if (f->fd < 0)
		rc = open_flow(c, index);
	if (rc != 0 || f->fd < 0)
		return rc;
	f->asked = now;
	f->waiting = true;
	if (!is_tcp(c))
		send_request(c, f);
	return 0;
}

static void
stream(struct client *c, struct flow *f)
{
	ssize_t n;
	while ((n = send(f->fd, c->chunk, sizeof(c->chunk), MSG_NOSIGNAL)) > 0)
		c->heard->answers += (uint64_t)n;
	f->asked = now_s();
	if (n < 0 && errno != EAGAIN) {
		c->heard->broken++;
		drop(f);
	}
}

static void
hear(struct client *c, struct flow *f, double now)
{
	char answer[64];
	ssize_t n = recv(f->fd, answer, sizeof(answer), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		c->heard->answers++;
		if (now - f->asked > c->heard->worst_s)
			c->heard->worst_s = now - f->asked;
	} else {
		c->heard->broken++;
	}
	end_flow(c, f, now);
}

static void
on_event(struct client *c, const struct epoll_event *event)
{
	struct flow *f = &c->flows[event->data.u64];
	double now = now_s();
	if (f->fd < 0)
		return;
	if (f->connecting && (event->events & EPOLLOUT) != 0 &&
	    (event->events & (EPOLLERR | EPOLLHUP)) == 0) {
		f->connecting = false;
		if (c->ask->kind == TALK_TCP)
			send_request(c, f);
	}
	if (c->ask->kind == TALK_STREAM && !f->connecting)
		stream(c, f);
	else if ((event->events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
		hear(c, f, now);
}

/* Who hears nothing for a second asks again, over another flow. */
static void
give_up(struct client *c, double now)
{
	for (unsigned i = 0; i < c->ask->at_once; i++) {
		struct flow *f = &c->flows[i];
		if (!f->waiting || now - f->asked < PATIENCE_S)
			continue;
		c->heard->lost++;
		drop(f);
	}
}

static int
talk(struct client *c)
{
	struct epoll_event events[EVENTS];
	double start = now_s(), now = start, looked = start;
	int rc = 0;
	while (rc == 0 && now < start + c->ask->seconds &&
	       (c->ask->stop == NULL || !*c->ask->stop)) {
		for (unsigned i = 0; rc == 0 && i < c->ask->at_once; i++)
			rc = begin(c, i, now);
		int n = epoll_wait(c->epoll, events, EVENTS,
		    c->ask->pause_s > 0 ? 1 : LOOK_MS);
		for (int i = 0; i < n; i++)
			on_event(c, &events[i]);
		now = now_s();
		if (now - looked > PATIENCE_S / 4) {
			give_up(c, now);
			looked = now;
		}
	}
	c->heard->seconds = now - start;
	return rc;
}

int
talk_ask(const struct talk_ask *ask, struct talk_heard *heard)
{
	struct client *c = calloc(1, sizeof(*c));
	if (c == NULL || ask->at_once > FLOWS_MAX) {
		free(c);
		return -ENOMEM;
	}
	*heard = (struct talk_heard){ 0 };
	c->ask = ask;
	c->heard = heard;
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned i = 0; i < ask->at_once; i++)
		c->flows[i].fd = -1;
	int rc = c->epoll >= 0 ? talk(c) : -errno;
	for (unsigned i = 0; i < ask->at_once; i++)
		drop(&c->flows[i]);
	if (c->epoll >= 0)
		(void)close(c->epoll);
	free(c);
	return rc;
}
