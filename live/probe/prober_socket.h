/* SPDX-License-Identifier: MIT */
#ifndef LIVE_PROBE_PROBER_SOCKET_H
#define LIVE_PROBE_PROBER_SOCKET_H
/* Tries over one connected socket: TCP, and all that fits in a datagram. */
#include <sys/socket.h>

#include "live/probe/prober.h"

struct prober_socket {
	uv_poll_t poll;
	int fd;
	bool greeted; /* TCP: the handshake is done */
	unsigned reads;
	struct prober_try *try;
	void (*ready)(struct prober_socket *socket);
};

/*
 * prober_socket_begin - a socket of a type, connect()ed or connecting to a
 * try's address and its probe's port, whose `ready` is called when one of
 * `events` (UV_READABLE, UV_WRITABLE) or an error is there.
 *
 * 0: it is in try->flight, or it was answered already, or nobody will;
 * -errno.
 */
int prober_socket_begin(struct prober_try *try, int type, int events,
    void (*ready)(struct prober_socket *socket));
void prober_socket_look(struct prober_try *try);
void prober_socket_end(struct prober_try *try);

/*
 * For who makes sockets by a library.
 *
 * prober_source_fails  0; -errno: nothing can be sent from a probe's source,
 *                      as begin of struct prober_kind has it.
 * prober_route_fails   the same, or 1: there is no way to the member.
 */
int prober_source_fails(const struct prober_try *try);
int prober_route_fails(const struct prober_try *try);

/* An address and port as sockets want them; its bytes. */
socklen_t prober_sockaddr(
    const struct lb_addr *address, uint16_t port, struct sockaddr_storage *to);

/* What an errno of a socket says of the member: -1 nothing yet. */
int prober_socket_answer(int code);

/* --- one datagram there, one back ----------------------------------------- */

#define PROBER_DATAGRAM_BYTES 1280u
#define PROBER_NOT_OURS       (-1)

struct prober_reply {
	uint8_t bytes[4];
	size_t count; /* 0: none */
};

struct prober_datagram {
	/* Writes what to send, at most PROBER_DATAGRAM_BYTES; 0: it does not
	 * fit. */
	size_t (*compose)(const struct prober_try *try, uint8_t *out);
	/* What came: an enum lb_answer or PROBER_NOT_OURS, and what is to be
	 * sent back.  Hostile. */
	int (*judge)(const struct prober_try *try, const uint8_t *in,
	    size_t bytes, struct prober_reply *reply);
};

int prober_datagram_begin(
    struct prober_try *try, const struct prober_datagram *words);

extern const struct prober_datagram prober_udp_words, prober_coap_words,
    prober_dns_words;

#endif
