/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_TALK_H
#define TESTS_BENCH_TALK_H
/*
 * Real sockets at both ends: servers that answer, and clients that ask as fast
 * as they are answered.  A server is a thread, in the network namespace of who
 * starts it; a client runs in the caller's.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define TALK_ADDRESSES 4
#define TALK_PORTS     4

/* Echoes datagrams; of TCP what begins with TALK_ECHO, and drops the rest. */
struct talk_service {
	struct sockaddr_in6 at[TALK_ADDRESSES]; /* IPv4 mapped */
	unsigned addresses;
	uint16_t udp[TALK_PORTS], tcp[TALK_PORTS]; /* 0: no more */
};

#define TALK_ECHO 'e'

struct talk_server;

/* NULL and errno. */
struct talk_server *talk_serve(const struct talk_service *service);
/* Datagrams and connections answered so far. */
uint64_t talk_answered(const struct talk_server *server);
void talk_end(struct talk_server *server); /* NULL is fine */

enum talk_kind {
	TALK_UDP,     /* datagrams over flows that last */
	TALK_UDP_NEW, /* each over a socket of its own */
	TALK_TCP,     /* connect, a byte there, a byte back, reset */
	TALK_STREAM,  /* bytes, as many as go */
	TALK_KINDS
};

struct talk_ask {
	enum talk_kind kind;
	const char *interface; /* that they leave by */
	struct sockaddr_in6 to;
	unsigned at_once; /* flows */
	double seconds;
	const volatile sig_atomic_t *stop; /* set: ends; NULL: nobody sets it */
	double pause_s; /* after an answer, before a flow asks again */
};

struct talk_heard {
	double seconds;
	uint64_t answers; /* or bytes that the socket took */
	uint64_t lost;    /* no answer in a second */
	uint64_t broken;  /* refused, reset */
	double worst_s;   /* the longest that an answer took */
};

/* 0 or -errno. */
int talk_ask(const struct talk_ask *ask, struct talk_heard *heard);

/* Of text; false: it is no address. */
bool talk_address(
    const char *text, uint16_t port, struct sockaddr_in6 *address);

#endif
