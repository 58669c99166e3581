/* SPDX-License-Identifier: MIT */
/* CoAP messages: RFC 7252 3, RFC 7641 2. */
#include <string.h>

#include "sim/clients/payload.h"

enum { CONFIRMABLE, NON_CONFIRMABLE, ACKNOWLEDGEMENT }; /* types */
enum {
	EMPTY = 0x00,
	GET = 0x01,
	POST = 0x02,
	CHANGED = 0x44, /* 2.04 */
	CONTENT = 0x45, /* 2.05 */
};
enum { OBSERVE = 6, URI_PATH = 11, CONTENT_FORMAT = 12 }; /* options */

#define TOKEN_BYTES  4u
#define HEADER_BYTES (4u + TOKEN_BYTES)
#define EMPTY_BYTES  4u
#define MARKER       0xff
#define FROM_SERVER  0x8000u /* what it numbers, not what it acknowledges */

/* A message in the making. */
struct message {
	uint8_t *at, *end;
	unsigned option; /* the latest, for the next one's delta */
};

static void
put_header(
    struct message *m, const struct sim_tap *tap, unsigned type, unsigned code)
{
	const bool of_server =
	    tap->says == SIM_SAYS_NOTIFICATION || tap->says == SIM_SAYS_ACK;
	const uint16_t id = sim_payload_id(tap);
	const uint16_t number =
	    (uint16_t)(of_server ? id | FROM_SERVER : id & ~FROM_SERVER);

	m->at[0] =
	    (uint8_t)(1u << 6 | type << 4 | (code == EMPTY ? 0 : TOKEN_BYTES));
	m->at[1] = (uint8_t)code;
	m->at[2] = (uint8_t)(number >> 8);
	m->at[3] = (uint8_t)number;
	m->at += EMPTY_BYTES;
}

/* Of exchanges their number; of an observation one for as long as it lasts. */
static void
put_token(struct message *m, const struct sim_tap *tap)
{
	const bool observes = tap->says == SIM_SAYS_REGISTER ||
			      tap->says == SIM_SAYS_REGISTERED ||
			      tap->says == SIM_SAYS_NOTIFICATION;
	const uint32_t token = observes ? 0 : tap->id;

	m->at[0] = observes ? 'o' : 'r';
	m->at[1] = (uint8_t)(token >> 16);
	m->at[2] = (uint8_t)(token >> 8);
	m->at[3] = (uint8_t)token;
	m->at += TOKEN_BYTES;
}

static uint32_t
room(const struct message *m)
{
	return (uint32_t)(m->end - m->at);
}

/* An option, if there is room for it: at most 12 above the last, 268 long. */
static void
put_option(
    struct message *m, unsigned number, const void *value, uint32_t bytes)
{
	const unsigned delta = number - m->option;
	const uint32_t head = bytes < 13 ? 1 : 2;

	if (room(m) < head + bytes)
		return;
	m->at[0] = (uint8_t)(delta << 4 | (bytes < 13 ? bytes : 13));
	if (head == 2)
		m->at[1] = (uint8_t)(bytes - 13);
	memcpy(m->at + head, value, bytes);
	m->at += head + bytes;
	m->option = number;
}

/* What a notification's number is, in as few bytes as it needs. */
static void
put_observe(struct message *m, uint32_t number)
{
	const uint8_t bytes[] = { (uint8_t)(number >> 16),
		(uint8_t)(number >> 8), (uint8_t)number };
	unsigned skip = 0;

	while (skip < sizeof(bytes) && bytes[skip] == 0)
		skip++;
	put_option(m, OBSERVE, bytes + skip, (uint32_t)sizeof(bytes) - skip);
}

/* All that is left; a marker with nothing behind it would be an error. */
static void
put_payload(struct message *m)
{
	if (room(m) == 1)
		put_option(m, CONTENT_FORMAT, "", 0); /* text/plain */
	if (room(m) < 2)
		return;
	*m->at++ = MARKER;
	sim_payload_fill(m->at, room(m), 0);
	m->at = m->end;
}

/* A path that takes what is left, where it is as long as a path can be. */
static void
put_path(struct message *m)
{
	static const char path[] = "sensor-values";

	if (room(m) == sizeof(path) + 1) /* with two bytes before it */
		put_option(m, URI_PATH, path, sizeof(path) - 1);
	else if (room(m) <= sizeof(path) && room(m) > 1)
		put_option(m, URI_PATH, path, room(m) - 1);
}

static void
put_message(struct message *m, const struct sim_tap *tap)
{
	const unsigned type = tap->confirmable ? CONFIRMABLE : NON_CONFIRMABLE;
	const unsigned answer_type =
	    tap->confirmable ? ACKNOWLEDGEMENT : NON_CONFIRMABLE;

	switch (tap->says) {
	case SIM_SAYS_REGISTER:
		put_header(m, tap, type, GET);
		put_token(m, tap);
		put_option(m, OBSERVE, "", 0);
		put_path(m);
		return;
	case SIM_SAYS_REGISTERED:
		put_header(m, tap, answer_type, CONTENT);
		put_token(m, tap);
		put_option(m, OBSERVE, "", 0);
		put_payload(m);
		return;
	case SIM_SAYS_NOTIFICATION:
		put_header(m, tap, type, CONTENT);
		put_token(m, tap);
		put_observe(m, tap->id);
		put_payload(m);
		return;
	case SIM_SAYS_ANSWER:
		put_header(m, tap, answer_type, CHANGED);
		put_token(m, tap);
		put_payload(m);
		return;
	default:
		put_header(m, tap, type, POST);
		put_token(m, tap);
		put_option(m, URI_PATH, "r", 1);
		put_payload(m);
		return;
	}
}

void
sim_payload_coap(const struct sim_tap *tap, uint8_t *to, uint32_t bytes)
{
	struct message m = { .at = to, .end = to + bytes };

	if (bytes < EMPTY_BYTES) {
		sim_payload_fill(to, bytes, 0);
		return;
	}
	if (tap->says == SIM_SAYS_ACK || bytes < HEADER_BYTES)
		put_header(&m, tap, ACKNOWLEDGEMENT, EMPTY);
	else
		put_message(&m, tap);
	memset(m.at, 0, room(&m)); /* nothing, unless it is of an odd size */
}
