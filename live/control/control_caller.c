/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live/control/control_parts.h"
#include "live/out/log.h"

#define HANDLES 2u /* of a caller */

/* Lines that lie ready. */
struct outbox {
	char *text;
	size_t bytes, room;
};

struct live_caller {
	struct live_control *control;
	struct live_caller *next;
	uv_pipe_t pipe;
	uv_idle_t turn; /* runs while a stream may say more */
	uv_write_t write;
	char in[LIVE_REQUEST_MAX + 1]; /* a line and its end */
	size_t in_bytes;
	struct outbox ready, sending; /* sending: bytes 0, none is */
	struct live_stream stream;    /* more NULL: none */
	uint64_t moved_ms;            /* when it last read or asked */
	size_t left;                  /* to be sent, then */
	unsigned handles;             /* that are not closed yet */
	bool busy;                    /* with a request */
	bool stopped;                 /* it said so */
	bool ended;                   /* it closed its end */
	bool hang_up;                 /* once all is sent */
	bool broken;                  /* at the next flush(): no memory */
	bool reading, closing;
};

/* --- hanging up ---------------------------------------------------------- */

static void
stream_end(struct live_caller *caller)
{
	struct live_stream stream = caller->stream;
	caller->stream = (struct live_stream){ 0 };
	(void)uv_idle_stop(&caller->turn);
	if (stream.more != NULL && stream.end != NULL)
		stream.end(stream.state);
}

static void
on_closed(uv_handle_t *handle)
{
	struct live_caller *caller = handle->data;
	struct live_control *control = caller->control;
	if (--caller->handles > 0)
		return;
	free(caller->ready.text);
	free(caller->sending.text);
	free(caller);
	live_control_let_go(control);
}

static void
leave_list(struct live_caller *caller)
{
	struct live_caller **at = &caller->control->callers;
	while (*at != NULL && *at != caller)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = caller->next;
	caller->control->caller_count--;
}

void
live_caller_close(struct live_caller *caller)
{
	if (caller->closing)
		return;
	caller->closing = true;
	leave_list(caller);
	stream_end(caller);
	uv_close((uv_handle_t *)&caller->turn, on_closed);
	uv_close((uv_handle_t *)&caller->pipe, on_closed);
}

struct live_caller *
live_caller_next(const struct live_caller *caller)
{
	return caller->next;
}

/* --- lines out ----------------------------------------------------------- */

static size_t
backlog(const struct live_caller *caller)
{
	return caller->ready.bytes + caller->sending.bytes;
}

bool
live_caller_has_room(const struct live_caller *caller)
{
	return !caller->closing && !caller->broken &&
	       backlog(caller) < LIVE_BACKLOG_MAX;
}

bool
live_caller_stopped(const struct live_caller *caller)
{
	return caller->stopped || caller->ended;
}

static bool
outbox_add(struct outbox *box, const char *text, size_t bytes)
{
	if (box->room - box->bytes < bytes) {
		size_t room = 2 * (box->bytes + bytes);
		char *more = realloc(box->text, room);
		if (more == NULL)
			return false;
		box->text = more;
		box->room = room;
	}
	memcpy(box->text + box->bytes, text, bytes);
	box->bytes += bytes;
	return true;
}

static void on_written(uv_write_t *write, int status);
static void take_lines(struct live_caller *caller);

/* What is ready goes, unless something is on its way already. */
static void
flush(struct live_caller *caller)
{
	if (caller->broken)
		live_caller_close(caller);
	if (caller->closing || caller->sending.bytes > 0)
		return;
	if (caller->ready.bytes == 0) {
		if (caller->hang_up)
			live_caller_close(caller);
		return;
	}
	struct outbox sending = caller->ready;
	caller->ready = caller->sending;
	caller->sending = sending;
	uv_buf_t buf =
	    uv_buf_init(caller->sending.text, (unsigned)caller->sending.bytes);
	caller->write.data = caller;
	if (uv_write(&caller->write, (uv_stream_t *)&caller->pipe, &buf, 1,
		on_written) != 0)
		live_caller_close(caller);
}

static void
on_written(uv_write_t *write, int status)
{
	struct live_caller *caller = write->data;
	caller->sending.bytes = 0;
	if (status != 0)
		live_caller_close(caller);
	if (caller->closing)
		return;
	caller->moved_ms = uv_now(caller->control->loop);
	if (caller->stream.more != NULL)
		live_caller_wake(caller);
	flush(caller);
}

void
live_caller_say(struct live_caller *caller, json_t *line)
{
	char *text =
	    line != NULL && !caller->closing
		? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9))
		: NULL;
	json_decref(line);
	if (text == NULL || !outbox_add(&caller->ready, text, strlen(text)) ||
	    !outbox_add(&caller->ready, "\n", 1))
		caller->broken = true; /* not closed: a stream may call us */
	free(text);
}

/* --- requests ------------------------------------------------------------ */

static void
answered(struct live_caller *caller, json_t *last)
{
	live_caller_say(caller, last);
	caller->busy = false;
	caller->stopped = false;
}

void
live_caller_done(struct live_caller *caller)
{
	answered(caller, json_pack("{s:b}", "done", 1));
}

void
live_caller_fail(struct live_caller *caller, enum live_refusal refusal,
    const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	answered(caller, json_pack("{s:o, s:s}", "error", live_log_text(text),
			     "code", live_refusal_name(refusal)));
}

static void
on_turn(uv_idle_t *turn)
{
	struct live_caller *caller = turn->data;
	if (!live_caller_has_room(caller)) { /* until some was read */
		(void)uv_idle_stop(turn);
		flush(caller);
		return;
	}
	enum live_more more = caller->stream.more(caller->stream.state, caller);
	if (caller->closing)
		return;
	if (more == LIVE_WAIT)
		(void)uv_idle_stop(turn);
	if (more == LIVE_END) {
		stream_end(caller);
		take_lines(caller); /* what it asked meanwhile */
	}
	flush(caller);
}

void
live_caller_stream(struct live_caller *caller, const struct live_stream *stream)
{
	caller->stream = *stream;
	live_caller_wake(caller);
}

void
live_caller_wake(struct live_caller *caller)
{
	if (!caller->closing && caller->stream.more != NULL)
		(void)uv_idle_start(&caller->turn, on_turn);
}

/* The last that it hears. */
static void
refuse(struct live_caller *caller, const char *why)
{
	live_caller_fail(caller, LIVE_REFUSED_USAGE, "%s", why);
	caller->hang_up = true;
}

static void
take_request(struct live_caller *caller, const char *line, size_t bytes)
{
	json_error_t error;
	json_t *request =
	    json_loadb(line, bytes, JSON_REJECT_DUPLICATES, &error);
	const json_t *protocol = json_object_get(request, "protocol");
	if (!json_is_object(request))
		live_caller_fail(caller, LIVE_REFUSED_USAGE,
		    "a request is a JSON object in one line: %s",
		    request == NULL ? error.text : "this is none");
	else if (protocol != NULL &&
		 json_integer_value(protocol) != LIVE_CONTROL_PROTOCOL)
		live_caller_fail(caller, LIVE_REFUSED_USAGE,
		    "protocol %d is spoken here: take the fairlead ctl of "
		    "version " PACKAGE_VERSION,
		    LIVE_CONTROL_PROTOCOL);
	else {
		caller->busy = true;
		caller->control->asked(caller->control->arg, caller, request);
	}
	json_decref(request);
}

/* The only thing that is heard while an answer is under way. */
static bool
says_stop(const char *line, size_t bytes)
{
	json_t *request = json_loadb(line, bytes, 0, NULL);
	const char *command =
	    json_string_value(json_object_get(request, "command"));
	bool stop = command != NULL && strcmp(command, "stop") == 0;
	json_decref(request);
	return stop;
}

static void
drop_line(struct live_caller *caller, size_t bytes)
{
	caller->in_bytes -= bytes;
	memmove(caller->in, caller->in + bytes, caller->in_bytes);
}

/* A stop that comes between two answers ended the one before. */
static void
take_line(struct live_caller *caller, size_t length)
{
	char line[LIVE_REQUEST_MAX + 1];
	memcpy(line, caller->in, length);
	drop_line(caller, length + 1);
	if (length > 0 && !says_stop(line, length))
		take_request(caller, line, length);
}

static void
stop_stream(struct live_caller *caller)
{
	caller->stopped = true;
	live_caller_wake(caller);
}

static void on_readable(uv_stream_t *pipe, ssize_t got, const uv_buf_t *buf);

static void
give_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
	struct live_caller *caller = handle->data;
	(void)wanted;
	*buf = uv_buf_init(caller->in + caller->in_bytes,
	    (unsigned)(sizeof(caller->in) - caller->in_bytes));
}

/* Who is asked nothing more of until its answer has ended is not read. */
static void
read_on(struct live_caller *caller, bool on)
{
	if (caller->closing || caller->ended || caller->reading == on)
		return;
	caller->reading = on;
	if (!on)
		(void)uv_read_stop((uv_stream_t *)&caller->pipe);
	else if (uv_read_start(
		     (uv_stream_t *)&caller->pipe, give_room, on_readable) != 0)
		live_caller_close(caller);
}

static void
take_lines(struct live_caller *caller)
{
	const char *end;
	while (!caller->closing && !caller->hang_up &&
	       (end = memchr(caller->in, '\n', caller->in_bytes)) != NULL) {
		size_t length = (size_t)(end - caller->in);
		if (!caller->busy) {
			take_line(caller, length);
			continue;
		}
		if (!says_stop(caller->in, length))
			break;
		drop_line(caller, length + 1);
		stop_stream(caller);
	}
	bool full = caller->in_bytes == sizeof(caller->in);
	if (full && !caller->busy && !caller->hang_up)
		refuse(caller, "a request has 4096 bytes at most");
	if (caller->ended && !caller->busy)
		caller->hang_up = true;
	read_on(caller, !full && !caller->hang_up);
}

static void
on_end(struct live_caller *caller)
{
	caller->ended = true;
	caller->reading = false;
	(void)uv_read_stop((uv_stream_t *)&caller->pipe);
	live_caller_wake(caller);
	take_lines(caller);
	flush(caller);
}

static void
on_readable(uv_stream_t *pipe, ssize_t got, const uv_buf_t *buf)
{
	struct live_caller *caller = pipe->data;
	(void)buf;
	if (got == 0) /* EAGAIN */
		return;
	if (got < 0) {
		if (got == UV_EOF)
			on_end(caller);
		else
			live_caller_close(caller);
		return;
	}
	caller->moved_ms = uv_now(caller->control->loop);
	caller->in_bytes += (size_t)got;
	take_lines(caller);
	flush(caller);
}

/* --- a new one ----------------------------------------------------------- */

/* root, or who we are. */
static bool
is_trusted(struct live_caller *caller)
{
	struct ucred peer;
	socklen_t bytes = sizeof(peer);
	uv_os_fd_t fd;
	if (uv_fileno((uv_handle_t *)&caller->pipe, &fd) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0)
		return false;
	return peer.uid == 0 || peer.uid == geteuid();
}

static void
greet(struct live_caller *caller)
{
	if (!is_trusted(caller))
		refuse(caller, "only root and the user that it runs as are "
			       "answered here");
	else if (caller->control->caller_count > LIVE_CALLERS_MAX)
		refuse(caller, "too many callers at once: end another "
			       "fairlead ctl");
	else
		live_caller_say(
		    caller, json_pack("{s:s, s:i}", "fairlead", PACKAGE_VERSION,
				"protocol", LIVE_CONTROL_PROTOCOL));
	read_on(caller, !caller->hang_up);
	flush(caller);
}

void
live_caller_accept(struct live_control *control)
{
	struct live_caller *caller = calloc(1, sizeof(*caller));
	if (caller == NULL || control->closing) {
		free(caller); /* it waits until there is memory, or forever */
		return;
	}
	caller->control = control;
	caller->pipe.data = caller->turn.data = caller;
	(void)uv_idle_init(control->loop, &caller->turn);
	(void)uv_pipe_init(control->loop, &caller->pipe, 0);
	caller->handles = HANDLES;
	caller->moved_ms = uv_now(control->loop);
	caller->next = control->callers;
	control->callers = caller;
	control->caller_count++;
	control->handles++;
	if (uv_accept((uv_stream_t *)&control->listener,
		(uv_stream_t *)&caller->pipe) != 0)
		live_caller_close(caller);
	else
		greet(caller);
}

/* --- quiet and stuck ----------------------------------------------------- */

static bool
is_overdue(struct live_caller *caller, uint64_t now_ms)
{
	size_t left =
	    uv_stream_get_write_queue_size((const uv_stream_t *)&caller->pipe);
	if (left != caller->left) {
		caller->left = left;
		caller->moved_ms = now_ms;
	}
	uint64_t quiet_s = (now_ms - caller->moved_ms) / 1000;
	if (left > 0)
		return quiet_s >= LIVE_CALLER_STUCK_S;
	return !caller->busy && quiet_s >= LIVE_CALLER_QUIET_S;
}

void
live_callers_watch(struct live_control *control)
{
	uint64_t now_ms = uv_now(control->loop);
	struct live_caller *next;
	for (struct live_caller *c = control->callers; c != NULL; c = next) {
		next = c->next;
		if (is_overdue(c, now_ms))
			live_caller_close(c);
	}
}
