/* SPDX-License-Identifier: MIT */
/* UDP: a datagram, and a reply that begins as wanted; any, when nothing is.
 * By itself the payload names who asks. */
#include <string.h>

#include "live/probe/prober_socket.h"

static size_t
compose(const struct prober_try *try, uint8_t *out)
{
	static const char payload[] = "fairlead probe\n";
	const struct lb_bytes *said = &try->probe->payload;

	if (said->at == NULL) {
		memcpy(out, payload, sizeof(payload) - 1);
		return sizeof(payload) - 1;
	}
	if (said->count > PROBER_DATAGRAM_BYTES)
		return 0;
	memcpy(out, said->at, said->count);
	return said->count;
}

static int
judge(const struct prober_try *try, const uint8_t *in, size_t bytes,
    struct prober_reply *reply)
{
	const struct lb_bytes *wanted = &try->probe->expect;

	(void)reply;
	return wanted->count <= bytes &&
		       (wanted->count == 0 ||
			   memcmp(in, wanted->at, wanted->count) == 0)
		   ? LB_ANSWER_GOOD
		   : LB_ANSWER_WRONG;
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
