/* SPDX-License-Identifier: MIT */
#include "sim/clients/payload.h"

#include <stdio.h>
#include <string.h>

#define HEAD_BYTES_MAX 1024u /* longer requests have a body */

void
sim_payload_fill(uint8_t *to, uint32_t bytes, uint32_t offset)
{
	static const char text[] =
	    "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 012345678\n";
	const uint32_t period = sizeof(text) - 1;

	for (uint32_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)text[(offset + i) % period];
}

static bool
is_of_client(enum sim_says says)
{
	return says == SIM_SAYS_REQUEST || says == SIM_SAYS_REGISTER ||
	       says == SIM_SAYS_ACK;
}

uint16_t
sim_payload_id(const struct sim_tap *tap)
{
	const lb_be16 port =
	    is_of_client(tap->says) ? tap->pkt->ip.sport : tap->pkt->ip.dport;
	const uint32_t mixed = tap->id + lb_be16_get(port) * UINT32_C(40503);

	return (uint16_t)(mixed ^ mixed >> 16);
}

/* --- HTTP ----------------------------------------------------------------- */

#define HOST " HTTP/1.1\r\nHost: www.example.com\r\n"

/* A long request's: it has a body. */
static uint32_t
post_head(uint32_t id, uint32_t bytes, char *head)
{
	static const char line[] =
	    "POST /%08x" HOST "Content-Length: %10u\r\n\r\n";
	const uint32_t length = sizeof(line) - 1 - 4 + 8 - 4 + 10;

	return (uint32_t)snprintf(
	    head, HEAD_BYTES_MAX, line, id, bytes - length);
}

/* A short one's, as long as it is to be: a cookie takes up the rest, or, with
 * no room for one, the path. */
static uint32_t
get_head(uint32_t id, uint32_t bytes, char *head)
{
	static const char cookie[] = "Cookie: session=";
	const uint32_t least = sizeof("GET /" HOST "\r\n") - 1 + 8;
	const uint32_t more = bytes > least ? bytes - least : 0;
	const uint32_t with_cookie = sizeof(cookie) - 1 + 2;
	const uint32_t fill = more > with_cookie ? more - with_cookie : more;
	char filler[HEAD_BYTES_MAX];

	memset(filler, 'x', fill);
	filler[fill] = '\0';
	if (fill == more)
		return (uint32_t)snprintf(head, HEAD_BYTES_MAX,
		    "GET /%08x%s" HOST "\r\n", id, filler);
	return (uint32_t)snprintf(head, HEAD_BYTES_MAX,
	    "GET /%08x" HOST "%s%s\r\n\r\n", id, cookie, filler);
}

/* Of an answer; blanks before the number make it as long as any. */
static uint32_t
answer_head(uint32_t bytes, char *head)
{
	static const char line[] =
	    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	    "Content-Length: %10u\r\n\r\n";
	const uint32_t length = sizeof(line) - 1 - 4 + 10;

	if (bytes < length) /* it has nothing to say */
		return (uint32_t)snprintf(
		    head, HEAD_BYTES_MAX, "HTTP/1.1 204 No Content\r\n\r\n");
	return (uint32_t)snprintf(head, HEAD_BYTES_MAX, line, bytes - length);
}

static void
payload_http(const struct sim_tap *tap, uint8_t *to, uint32_t bytes)
{
	char head[HEAD_BYTES_MAX + 1];
	const uint32_t length =
	    tap->says == SIM_SAYS_ANSWER ? answer_head(tap->message_bytes, head)
	    : tap->message_bytes < HEAD_BYTES_MAX
		? get_head(tap->id, tap->message_bytes, head)
		: post_head(tap->id, tap->message_bytes, head);
	uint32_t of_head = 0;

	if (tap->offset < length) {
		of_head = length - tap->offset;
		if (of_head > bytes)
			of_head = bytes;
		memcpy(to, head + tap->offset, of_head);
	}
	sim_payload_fill(to + of_head, bytes - of_head, tap->offset + of_head);
}

void
sim_payload(const struct sim_tap *tap, uint8_t *to)
{
	const uint32_t bytes = tap->pkt->payload_bytes;

	if (bytes == 0)
		return;
	switch (tap->profile) {
	case LB_PROFILE_WEB:
	case LB_PROFILE_LONG_LIVED:
	case LB_PROFILE_SYN_FLOOD:
		payload_http(tap, to, bytes);
		break;
	case LB_PROFILE_DNS:
		sim_payload_dns(tap, to, bytes);
		break;
	case LB_PROFILE_COAP_DEVICES:
		sim_payload_coap(tap, to, bytes);
		break;
	default:
		sim_payload_fill(to, bytes, 0);
		break;
	}
}
