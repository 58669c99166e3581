/* SPDX-License-Identifier: MIT */
#ifndef LIVE_OUT_LOG_OUT_H
#define LIVE_OUT_LOG_OUT_H
/*
 * Lines to standard error that never make the loop wait.  Who reads the log may
 * stand still (a pager, a stopped collector), and probes must not stand still
 * with it: what can't be written now waits, LIVE_LOG_ROOM bytes of it; lines
 * beyond that are counted and left out.
 *
 * O_NONBLOCK belongs to an open file that others have too (a shell's terminal,
 * the pipe of several processes), so it is not set on ours: sockets have
 * MSG_DONTWAIT, pipes and terminals are opened once more, and where that is
 * refused poll() is asked before each write.  A thread would do for files that
 * hang as well, and would be a second one in a process that has but one, with
 * capabilities of its own.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIVE_LOG_ROOM (256u << 10)

struct live_log_out {
	int fd, own; /* own: another open file of the same pipe; -1: none */
	bool socket, poll;
	size_t bytes;  /* that wait */
	uint64_t lost; /* lines, since the last live_log_out_lost() */
	char text[LIVE_LOG_ROOM];
};

/* fd stays its owner's. */
void live_log_out_open(struct live_log_out *out, int fd);
void live_log_out_close(struct live_log_out *out);

/* One line, with its end. */
void live_log_out_put(struct live_log_out *out, const char *line, size_t bytes);

/* Writes what can be written now; true: nothing waits. */
bool live_log_out_turn(struct live_log_out *out);

/* How many lines were left out; and from here on none. */
uint64_t live_log_out_lost(struct live_log_out *out);

#endif
