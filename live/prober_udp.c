/* SPDX-License-Identifier: MIT */
/* UDP: a datagram, and any reply.  Its payload names who asks. */
#include <string.h>

#include "live/prober_socket.h"

static size_t
compose(const struct prober_try *try, uint8_t *out)
{
	static const char payload[] = "fairlead probe\n";

	(void)try;
	memcpy(out, payload, sizeof(payload) - 1);
	return sizeof(payload) - 1;
}

static int
judge(const struct prober_try *try, const uint8_t *in, size_t bytes,
    struct prober_reply *reply)
{
	(void)try;
	(void)in;
	(void)bytes;
	(void)reply;
	return LB_ANSWER_GOOD;
}

const struct prober_datagram prober_udp_words = { compose, judge };

static int
begin(struct prober_try *try)
{
	return prober_datagram_begin(try, &prober_udp_words);
}

const struct prober_kind prober_udp = {
	.begin = begin,
	.look = prober_socket_look,
	.end = prober_socket_end,
};
