/* SPDX-License-Identifier: MIT */
#ifndef LIVE_OUT_NOTIFY_H
#define LIVE_OUT_NOTIFY_H
/*
 * Tells the service manager how the process is: sd_notify(3)'s protocol, one
 * datagram of KEY=VALUE lines to the socket that $NOTIFY_SOCKET names.  So
 * little of it that a library would be more to carry than to write.
 *
 * Without a service manager all of it does nothing.
 */
#include <stdint.h>

/* Sends lines, as "READY=1\nSTATUS=forwarding".  0; -errno when there is a
 * socket and it would not take them (-EAGAIN: never waited for). */
int live_notify(const char *lines);

/* RELOADING=1 with the time that the protocol wants with it. */
int live_notify_reloading(void);

/* Milliseconds within which the manager wants to hear WATCHDOG=1 from this
 * process; 0: it does not. */
uint64_t live_notify_watchdog_ms(void);

#endif
