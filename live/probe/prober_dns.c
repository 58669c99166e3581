/* SPDX-License-Identifier: MIT */
/*
 * DNS (RFC 1035).  Of a name that the probe gives there must be an answer.
 * Without one: who are the name servers of the root?  The cheapest question
 * that every server has an answer to; that there is such a name, or that there
 * is none, is good then, that the server can't or won't say is not.
 */
#include <string.h>

#include "live/probe/prober_socket.h"

#define HEADER_BYTES 12u
#define RESPONSE     0x80u /* in byte 2 */
#define RECURSE      0x01u
#define OPCODE       0x78u
#define RCODE        0x0fu /* in byte 3 */
#define ANSWERS      6     /* where their count is */
#define NO_ERROR     0u
#define NO_SUCH_NAME 3u
#define TYPE_A       1u
#define TYPE_NS      2u
#define CLASS_IN     1u
#define LABEL_MAX    63u
#define WIRE_MAX     255u /* bytes on the wire */

/* A name in labels (3.1); its bytes, 0: it is none. */
static size_t
write_name(const char *name, uint8_t *out)
{
	size_t at = 0;

	while (name != NULL && *name != '\0' && strcmp(name, ".") != 0) {
		size_t label = strcspn(name, ".");
		if (label == 0 || label > LABEL_MAX ||
		    at + 1 + label + 1 > WIRE_MAX)
			return 0;
		out[at++] = (uint8_t)label;
		memcpy(out + at, name, label);
		at += label;
		name += label + (name[label] == '.');
	}
	out[at++] = 0;
	return at;
}

static size_t
compose(const struct prober_try *try, uint8_t *out)
{
	const struct lb_config_probe *probe = try->probe;
	unsigned type = probe->dns_type != 0      ? probe->dns_type
			: probe->dns_name != NULL ? TYPE_A
						  : TYPE_NS;
	const uint8_t header[HEADER_BYTES] = {
		(uint8_t)(try->id >> 8), (uint8_t)try->id, RECURSE, 0, /* */
		0, 1, /* one question */
	};
	const uint8_t kind[] = { (uint8_t)(type >> 8), (uint8_t)type, 0,
		CLASS_IN };

	memcpy(out, header, sizeof(header));
	size_t name = write_name(probe->dns_name, out + sizeof(header));
	if (name == 0)
		return 0;
	memcpy(out + sizeof(header) + name, kind, sizeof(kind));
	return sizeof(header) + name + sizeof(kind);
}

static bool
is_good(const struct prober_try *try, const uint8_t *in)
{
	unsigned code = in[3] & RCODE;
	bool answers = in[ANSWERS] != 0 || in[ANSWERS + 1] != 0;

	return try->probe->dns_name != NULL
		   ? code == NO_ERROR && answers
		   : code == NO_ERROR || code == NO_SUCH_NAME;
}

static int
judge(const struct prober_try *try, const uint8_t *in, size_t bytes,
    struct prober_reply *reply)
{
	(void)reply;
	if (bytes < HEADER_BYTES || (in[0] << 8 | in[1]) != try->id ||
	    (in[2] & RESPONSE) == 0 || (in[2] & OPCODE) != 0)
		return PROBER_NOT_OURS;
	return is_good(try, in) ? LB_ANSWER_GOOD : LB_ANSWER_WRONG;
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
