/* SPDX-License-Identifier: MIT */
#ifndef LIVE_CONTROL_CONTROL_PARTS_H
#define LIVE_CONTROL_CONTROL_PARTS_H
/* The insides of the control socket: live/control/control.c listens, and
 * live/control/control_caller.c speaks with one who called. */
#include "live/control/control.h"

struct live_control {
	uv_loop_t *loop;
	uv_pipe_t listener;
	uv_timer_t watch; /* over callers that are quiet or stuck */
	live_control_asked *asked;
	void *arg;
	struct live_caller *callers; /* a list */
	size_t caller_count;
	unsigned handles; /* that are not closed yet */
	bool closing;
};

/* Takes the next connection: a caller more, or none. */
void live_caller_accept(struct live_control *control);

/* In the control's list. */
struct live_caller *live_caller_next(const struct live_caller *caller);

/* Hangs up.  Freed when its handles are closed. */
void live_caller_close(struct live_caller *caller);

/* Hangs up on who is quiet or stuck for too long. */
void live_callers_watch(struct live_control *control);

/* A handle is closed: with the last one the control goes. */
void live_control_let_go(struct live_control *control);

#endif
