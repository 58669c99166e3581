/* SPDX-License-Identifier: MIT */
#ifndef LIVE_OUT_HTTP_H
#define LIVE_OUT_HTTP_H
/*
 * A few pages by HTTP, for machines that watch this one: GET and HEAD, nothing
 * else, over one address.
 *
 * libmicrohttpd without a thread of its own: its descriptors are turned by the
 * loop that everything else belongs to, so a page reads that without locks,
 * and a loop that stands still does not go on calling itself healthy.  No
 * client can hold the loop up: sockets don't block, there are few connections,
 * each has a few seconds, and a page is made at most every LIVE_HTTP_FRESH_MS,
 * however often it is asked for.  Nor can clients keep others out: when
 * connections become scarce, the one that has been at its request for longest
 * is ended for the next.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "model/path/addr.h"

#define LIVE_HTTP_FRESH_MS      250u
#define LIVE_HTTP_CONNECTIONS   64u
#define LIVE_HTTP_IDLE_S        2u    /* also in the middle of a request */
#define LIVE_HTTP_REQUEST_S     10u   /* for a request and its answer */
#define LIVE_HTTP_REQUEST_BYTES 8192u /* of a request, headers included */

struct live_http_address {
	struct lb_addr address;
	uint16_t port;
};

/* ADDR:PORT, [ADDR6]:PORT or PORT (then 127.0.0.1): false when it is none. */
bool live_http_address_of_text(
    const char *text, struct live_http_address *address);

/* What a page says.  text: malloc()ed, taken over; NULL: no memory. */
struct live_http_answer {
	unsigned status;
	const char *type; /* a constant string */
	char *text;
	size_t bytes;
};

struct live_http_page {
	const char *path; /* "/metrics" */
	struct live_http_answer (*make)(void *arg);
};

struct live_http;

/*
 * live_http_open - listen, and answer in the loop's turns.
 *
 * pages  count of them; must outlive it.
 * arg    for their make().
 *
 * Returns NULL with a line in error.
 */
struct live_http *live_http_open(uv_loop_t *loop,
    const struct live_http_address *address, const struct live_http_page *pages,
    size_t count, void *arg, char *error, size_t error_bytes);

/* Would live_http_open() be refused the address?  true, with a line in error;
 * it is free again at once. */
bool live_http_taken(
    const struct live_http_address *address, char *error, size_t error_bytes);

/* Ends all connections; memory is given back when the loop has run to its end
 * once more.  NULL is fine. */
void live_http_close(struct live_http *http);

#endif
