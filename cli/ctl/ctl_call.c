/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/ctl/ctl.h"
#include "cli/common/progress.h"
#include "live/control/control.h"

/* Who is silent for so long is stopped, or stuck. */
#define SILENCE_S 5

struct call {
	const char *path;
	int fd;
	FILE *in;
	char *line;
	size_t room;
	bool stopping;
	bool endless; /* a capture, or waiting: silence means nothing */
	bool patient; /* a reload takes as long as it takes */
	bool limited; /* silence is to end the call */
	bool silent;  /* it did, and that was said */
};

/* --- the call ------------------------------------------------------------ */

static void
say_nobody(const struct ctl_options *o, const char *path, int code)
{
	if (code == ENOENT || code == ECONNREFUSED)
		cli_say("ctl",
		    "nobody answers at %s: is fairlead live running%s%s? With "
		    "another --pin-name or --control it is reached by the same",
		    path, o->pin_name != NULL ? " as " : "",
		    o->pin_name != NULL ? o->pin_name : "");
	else if (code == EACCES || code == EPERM)
		cli_say("ctl", "%s: not permitted: run it as root", path);
	else
		cli_say("ctl", "%s: can't be called: %s", path, strerror(code));
}

/* Of each read and write, and of connecting; 0: none. */
static void
limit(struct call *call, int seconds)
{
	const struct timeval most = { .tv_sec = seconds };
	(void)setsockopt(
	    call->fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	(void)setsockopt(
	    call->fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	call->limited = seconds > 0;
}

static void
say_silent(const struct call *call)
{
	cli_say("ctl",
	    "%s: it does not answer for %d s: fairlead live is stopped, or at "
	    "a large reload; packets are forwarded without it",
	    call->path, SILENCE_S);
}

static int
dial(const struct ctl_options *o, struct call *call)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	if (strlen(call->path) >= sizeof(at.sun_path))
		return cli_usage(
		    "ctl", "--control: a path of 107 bytes at most");
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", call->path);
	call->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	limit(call, SILENCE_S);
	if (call->fd < 0 ||
	    connect(call->fd, (const struct sockaddr *)(const void *)&at,
		sizeof(at)) != 0) {
		if (errno == EAGAIN) /* it takes no more callers */
			say_silent(call);
		else
			say_nobody(o, call->path, errno);
		return CLI_REFUSED;
	}
	call->in = fdopen(call->fd, "r");
	return call->in != NULL ? CLI_DONE : CLI_REFUSED;
}

static void
hang_up(struct call *call)
{
	if (call->in != NULL)
		(void)fclose(call->in);
	else if (call->fd >= 0)
		(void)close(call->fd);
	free(call->line);
}

/* MSG_NOSIGNAL: who hung up is noticed when reading. */
static void
send_line(const struct call *call, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	char *line = NULL;
	int bytes = text != NULL ? asprintf(&line, "%s\n", text) : -1;
	if (bytes > 0)
		(void)!send(call->fd, line, (size_t)bytes, MSG_NOSIGNAL);
	if (bytes >= 0)
		free(line);
	free(text);
}

/* Ctrl-C: what runs on over there is to come to its end, and we hear it. */
static void
send_stop(struct call *call)
{
	json_t *stop = json_pack("{s:s}", "command", "stop");
	call->stopping = true;
	limit(call, SILENCE_S);
	send_line(call, stop);
	json_decref(stop);
}

/* Nothing came for SILENCE_S. */
static bool
go_on_waiting(struct call *call)
{
	if (!call->patient) {
		call->silent = true;
		say_silent(call);
		return false;
	}
	cli_say("ctl",
	    "fairlead live is at the configuration for %d s: waiting "
	    "for it to be read and put in force",
	    SILENCE_S);
	limit(call, 0);
	errno = EAGAIN;
	return true;
}

/* The next line as JSON; NULL: there is none. */
static json_t *
next_line(struct call *call)
{
	for (;;) {
		if (cli_interrupted() && !call->stopping)
			send_stop(call);
		errno = 0;
		ssize_t bytes = getline(&call->line, &call->room, call->in);
		if (bytes > 0)
			return json_loadb(call->line, (size_t)bytes, 0, NULL);
		if (errno == EAGAIN && !go_on_waiting(call))
			return NULL;
		if (errno != EINTR && errno != EAGAIN)
			return NULL;
		clearerr(call->in);
	}
}

/* --- the answer ---------------------------------------------------------- */

static int
hear_refusal(const json_t *line)
{
	const char *code = ctl_text(line, "code");
	cli_say("ctl", "%s", ctl_text(line, "error"));
	return strcmp(code, live_refusal_name(LIVE_REFUSED_MACHINE)) == 0
		   ? CLI_REFUSED
		   : CLI_USAGE;
}

/* CLI_DONE: spoken to. */
static int
hear_greeting(struct call *call)
{
	json_t *line = next_line(call);
	int status = CLI_REFUSED;
	if (json_object_get(line, "error") != NULL) {
		status = hear_refusal(line);
	} else if (ctl_count(line, "protocol") == LIVE_CONTROL_PROTOCOL) {
		status = CLI_DONE;
	} else if (!call->silent) {
		cli_say("ctl", "%s: %s", call->path,
		    line != NULL ? "another version's protocol is spoken "
				   "there: take its fairlead ctl"
				 : "no greeting came: it is not fairlead "
				   "live's, or that ends just now");
	}
	json_decref(line);
	return status;
}

/* true: that was the last one. */
static bool
hear_line(const json_t *line, ctl_heard *heard, void *arg, int *status)
{
	const char *kind;
	json_t *value;
	if (json_object_get(line, "error") != NULL) {
		*status = hear_refusal(line);
		return true;
	}
	if (json_object_get(line, "done") != NULL)
		return true;
	json_object_foreach((json_t *)(uintptr_t)line, kind, value)
	{
		*status = heard(arg, kind, value);
		if (*status != CLI_DONE)
			return true;
	}
	return false;
}

static int
hear_answer(struct call *call, ctl_heard *heard, void *arg)
{
	int status = CLI_DONE;
	bool last = false;
	while (!last) {
		json_t *line = next_line(call);
		if (line == NULL) {
			if (!call->silent)
				cli_say("ctl",
				    "%s: the answer broke off: did fairlead "
				    "live end?",
				    call->path);
			return CLI_REFUSED;
		}
		if (call->endless && call->limited && !call->stopping)
			limit(call, 0);
		last = hear_line(line, heard, arg, &status);
		json_decref(line);
	}
	return status == CLI_DONE && call->stopping ? CLI_INTERRUPTED : status;
}

int
ctl_ask(
    const struct ctl_options *o, json_t *request, ctl_heard *heard, void *arg)
{
	char path[128];
	struct call call = { .path = o->control, .fd = -1 };
	if (call.path == NULL)
		call.path = live_control_path(
		    o->pin_name != NULL ? o->pin_name : "default", path,
		    sizeof(path));
	int status = dial(o, &call);
	if (status == CLI_DONE)
		status = hear_greeting(&call);
	if (status == CLI_DONE) {
		call.endless = o->wait || o->command->run == ctl_capture;
		call.patient = o->command->run == ctl_reload;
		send_line(&call, request);
		status = hear_answer(&call, heard, arg);
	}
	hang_up(&call);
	json_decref(request);
	return status;
}

/* --- reading ------------------------------------------------------------- */

uint64_t
ctl_count(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));
	return value > 0 ? (uint64_t)value : 0;
}

double
ctl_real(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

bool
ctl_is(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

const char *
ctl_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : "";
}

char *
ctl_end(char text[CTL_END_BYTES], const char *address, uint64_t port)
{
	(void)snprintf(text, CTL_END_BYTES,
	    strchr(address, ':') != NULL ? "[%s]:%ju" : "%s:%ju", address,
	    (uintmax_t)port);
	return text;
}
