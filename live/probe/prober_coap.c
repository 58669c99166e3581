/* SPDX-License-Identifier: MIT */
/*
 * CoAP over UDP (RFC 7252).  Without a path a ping: an empty Confirmable
 * message, answered by a Reset (4.3); by an Acknowledgement, whatever it
 * carries, from servers that take it for a request, as Node.js's coap does.
 * With a path a GET, answered by a 2.xx, at once or apart after an empty
 * Acknowledgement (5.2).
 *
 * By hand and not by libcoap: it retransmits, and walks over all its sessions
 * whenever one of them stirs; these are a header of four bytes and two options.
 * A probe is never retransmitted: the next one is.  Over DTLS it is libcoap's
 * (prober_coaps.c).
 */
#include <string.h>

#include "live/probe/prober_socket.h"

#define HEADER_BYTES 4u
#define TOKEN_BYTES  2u
#define COAP_VERSION 1u

enum { CONFIRMABLE, NON_CONFIRMABLE, ACKNOWLEDGEMENT, RESET };
enum { EMPTY = 0, GET = 1 };
enum { URI_PATH = 11, URI_QUERY = 15 };

static bool
is_ping(const struct prober_try *try)
{
	return try->probe->path == NULL;
}

static void
header(uint8_t *out, unsigned type, unsigned token_bytes, unsigned code,
    uint16_t id)
{
	out[0] = (uint8_t)(COAP_VERSION << 6 | type << 4 | token_bytes);
	out[1] = (uint8_t)code;
	out[2] = (uint8_t)(id >> 8);
	out[3] = (uint8_t)id;
}

/* --- the request ---------------------------------------------------------- */

struct options {
	uint8_t *out;
	size_t bytes;
	unsigned last; /* number of the option before */
	bool full;
};

/* Section 3.1: lengths to 12 in the first byte, to 268 in one more.  Neither
 * may be longer than 255 (5.10). */
static void
add(struct options *o, unsigned number, const char *value, size_t length)
{
	if (length > 255 || o->bytes + 2 + length > PROBER_DATAGRAM_BYTES) {
		o->full = true;
		return;
	}
	unsigned delta = number - o->last;
	o->out[o->bytes++] =
	    (uint8_t)(delta << 4 | (length < 13 ? length : 13));
	if (length >= 13)
		o->out[o->bytes++] = (uint8_t)(length - 13);
	memcpy(o->out + o->bytes, value, length);
	o->bytes += length;
	o->last = number;
}

/* Each part of text between separators; returns where it ends. */
static const char *
add_parts(struct options *o, unsigned number, const char *text,
    const char *separator, const char *until)
{
	const char *end = text + strcspn(text, until);

	while (text < end) {
		size_t length = strcspn(text, separator);
		if (text + length > end)
			length = (size_t)(end - text);
		add(o, number, text, length);
		text += length;
		if (text < end)
			text++;
	}
	return end;
}

static size_t
compose(const struct prober_try *try, uint8_t *out)
{
	struct options o = { .out = out, .bytes = HEADER_BYTES };
	const char *rest;

	if (is_ping(try)) {
		header(out, CONFIRMABLE, 0, EMPTY, try->id);
		return HEADER_BYTES;
	}
	header(out, CONFIRMABLE, TOKEN_BYTES, GET, try->id);
	out[o.bytes++] = (uint8_t)(try->id >> 8);
	out[o.bytes++] = (uint8_t)try->id;
	rest = try->probe->path;
	rest = add_parts(&o, URI_PATH, rest + (*rest == '/'), "/", "?");
	if (*rest == '?')
		(void)add_parts(&o, URI_QUERY, rest + 1, "&", "");
	return o.full ? 0 : o.bytes;
}

/* --- what comes back ------------------------------------------------------ */

struct message {
	unsigned type, token_bytes, code;
	uint16_t id;
	bool our_token;
};

static bool
parse(const struct prober_try *try, const uint8_t *in, size_t bytes,
    struct message *m)
{
	if (bytes < HEADER_BYTES || in[0] >> 6 != COAP_VERSION)
		return false;
	*m = (struct message){
		.type = in[0] >> 4 & 3,
		.token_bytes = in[0] & 15,
		.code = in[1],
		.id = (uint16_t)(in[2] << 8 | in[3]),
	};
	if (m->token_bytes > 8 || HEADER_BYTES + m->token_bytes > bytes)
		return false;
	m->our_token =
	    m->token_bytes == TOKEN_BYTES && (in[4] << 8 | in[5]) == try->id;
	return true;
}

static int
judge_code(unsigned code)
{
	return code >> 5 == 2 ? LB_ANSWER_GOOD : LB_ANSWER_WRONG;
}

static int
judge(const struct prober_try *try, const uint8_t *in, size_t bytes,
    struct prober_reply *reply)
{
	struct message m;

	if (!parse(try, in, bytes, &m))
		return PROBER_NOT_OURS;
	if (m.type == RESET)
		return m.id != try->id ? PROBER_NOT_OURS
		       : is_ping(try)  ? LB_ANSWER_GOOD
				       : LB_ANSWER_WRONG;
	if (is_ping(try))
		return m.type == ACKNOWLEDGEMENT && m.id == try->id
			   ? LB_ANSWER_GOOD
			   : PROBER_NOT_OURS;
	if (m.type == ACKNOWLEDGEMENT && m.id != try->id)
		return PROBER_NOT_OURS;
	if (m.code == EMPTY || !m.our_token) /* the response comes apart */
		return PROBER_NOT_OURS;
	if (m.type == CONFIRMABLE) {
		header(reply->bytes, ACKNOWLEDGEMENT, 0, EMPTY, m.id);
		reply->count = HEADER_BYTES;
	}
	return judge_code(m.code);
}

const struct prober_datagram prober_coap_words = { compose, judge };

static int
begin(struct prober_try *try)
{
	return prober_datagram_begin(try, &prober_coap_words);
}

const struct prober_kind prober_coap = {
	.begin = begin,
	.look = prober_socket_look,
	.end = prober_socket_end,
};
