/* SPDX-License-Identifier: MIT */
/*
 * DNS (RFC 1035): who are the name servers of the root?  The cheapest question
 * that every server has an answer to.  That there is such a name, or that
 * there is none, is good; that the server can't or won't say is not.
 */
#include "live/prober_socket.h"

#define HEADER_BYTES 12u
#define RESPONSE     0x80u /* in byte 2 */
#define RECURSE      0x01u
#define OPCODE       0x78u
#define RCODE        0x0fu /* in byte 3 */
#define NO_ERROR     0u
#define NO_SUCH_NAME 3u

static size_t
compose(const struct prober_try *try, uint8_t *out)
{
	const uint8_t query[] = {
		(uint8_t)(try->id >> 8), (uint8_t)try->id, RECURSE, 0, /* */
		0, 1, 0, 0, 0, 0, 0, 0, /* one question */
		0, 0, 2, 0, 1,          /* ".", NS, IN */
	};

	for (size_t i = 0; i < sizeof(query); i++)
		out[i] = query[i];
	return sizeof(query);
}

static int
judge(const struct prober_try *try, const uint8_t *in, size_t bytes,
    struct prober_reply *reply)
{
	(void)reply;
	if (bytes < HEADER_BYTES || (in[0] << 8 | in[1]) != try->id ||
	    (in[2] & RESPONSE) == 0 || (in[2] & OPCODE) != 0)
		return PROBER_NOT_OURS;
	unsigned code = in[3] & RCODE;
	return code == NO_ERROR || code == NO_SUCH_NAME ? LB_ANSWER_GOOD
							: LB_ANSWER_WRONG;
}

const struct prober_datagram prober_dns_words = { compose, judge };

static int
begin(struct prober_try *try)
{
	return prober_datagram_begin(try, &prober_dns_words);
}

const struct prober_kind prober_dns = {
	.begin = begin,
	.look = prober_socket_look,
	.end = prober_socket_end,
};
