/* SPDX-License-Identifier: MIT */
#ifndef LIVE_CONTROL_CONTROL_H
#define LIVE_CONTROL_CONTROL_H
/*
 * The control socket: a unix stream socket on which whoever runs the balancer
 * asks it things, a JSON object a line, and is answered in JSON lines:
 *
 *     <  {"fairlead": "0.1.0", "protocol": 1}
 *     >  {"command": "members"}
 *     <  {"member": {...}}
 *     <  ...
 *     <  {"done": true}        or  {"error": "...", "code": "usage"}
 *
 * Here is how lines come and go; live/commands/control_commands.c knows what
 * they mean.
 *
 * A caller is one connection.  It has one request under way; what it asks
 * meanwhile waits in its buffer, but {"command": "stop"} ends what would run
 * on.  Nobody can make the loop wait or grow: lines, callers and what lies
 * ready for a caller are bounded, and what is more than a few lines is made as
 * fast as it is read.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#define LIVE_CONTROL_PROTOCOL 1
#define LIVE_CONTROL_FOLDER   "/run/fairlead"

#define LIVE_CALLERS_MAX 16u
#define LIVE_REQUEST_MAX 4096u /* bytes of a line in */
#define LIVE_BACKLOG_MAX                                                       \
	(256u << 10)             /* bytes ready for a caller: then no          \
				    more is made */
#define LIVE_CALLER_QUIET_S 300u /* without a request: gone */
#define LIVE_CALLER_STUCK_S 30u  /* without reading what lies ready */

/* Why a request failed, in its "code". */
enum live_refusal {
	LIVE_REFUSED_USAGE,   /* a request that nobody understands */
	LIVE_REFUSED_CONFIG,  /* the configuration */
	LIVE_REFUSED_MACHINE, /* the machine, or too many at once */
	LIVE_REFUSALS
};

const char *live_refusal_name(unsigned refusal); /* "usage" */

struct live_control;
struct live_caller;

/* Answers a request, a JSON object: at once by live_caller_say() and then
 * live_caller_done() or _fail(), or bit by bit by live_caller_stream(). */
typedef void live_control_asked(
    void *arg, struct live_caller *caller, const json_t *request);

/*
 * live_control_open - listen.
 *
 * path  of the socket; its folder is made when it is LIVE_CONTROL_FOLDER,
 *       owner-only as the socket is.  What a dead process left there is
 *       replaced.
 *
 * Callers are root or the user that we run as; others hear why not.
 * Returns NULL with a line in error: somebody listens there already, or the
 * machine refuses.
 */
struct live_control *live_control_open(uv_loop_t *loop, const char *path,
    live_control_asked *asked, void *arg, char *error, size_t error_bytes);

/* Hangs up; memory is given back when the loop has run to its end once more.
 * NULL is fine. */
void live_control_close(struct live_control *control);

/* The socket's path for a pin name.  128 bytes suffice; returns path. */
char *live_control_path(const char *pin_name, char *path, size_t bytes);

/* Would live_control_open() be refused the path for what is there?  true, with
 * a line in error.  Changes nothing. */
bool live_control_taken(const char *path, char *error, size_t error_bytes);

/* Removes the socket that a dead process left, if it is one: 0 or -errno. */
int live_control_clear(const char *path);

/* Wakes everyone who waits. */
void live_control_wake(struct live_control *control);

/* How many are connected. */
size_t live_control_callers(const struct live_control *control);

/* --- answering ----------------------------------------------------------- */

/* One line; the reference is taken.  NULL: there was no memory for it, and the
 * caller is hung up on. */
void live_caller_say(struct live_caller *caller, json_t *line);

/* The end of an answer. */
void live_caller_done(struct live_caller *caller);
void live_caller_fail(struct live_caller *caller, enum live_refusal refusal,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

enum live_more {
	LIVE_MORE, /* again, as soon as there is room */
	LIVE_WAIT, /* again after live_caller_wake() */
	LIVE_END,  /* live_caller_done() or _fail() was called */
};

/* An answer that comes bit by bit: more() says a few lines, in at most about a
 * millisecond; end() frees the state, however it ended. */
struct live_stream {
	enum live_more (*more)(void *state, struct live_caller *caller);
	void (*end)(void *state);
	void *state;
};

void live_caller_stream(
    struct live_caller *caller, const struct live_stream *stream);
void live_caller_wake(struct live_caller *caller);

/* Is there room for more lines? */
bool live_caller_has_room(const struct live_caller *caller);
/* It said stop, or closed its end: what would run on is to end. */
bool live_caller_stopped(const struct live_caller *caller);

#endif
