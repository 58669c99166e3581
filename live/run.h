/* SPDX-License-Identifier: MIT */
#ifndef LIVE_RUN_H
#define LIVE_RUN_H
/*
 * The control process of `fairlead live`: loads, attaches, and then keeps the
 * kernel's part true to the configuration and the network until a signal ends
 * it.  Packets do not pass through it: without it they go on being forwarded.
 */
#include "live/check/settings.h"

/* Runs until SIGTERM or SIGINT; SIGHUP reloads.  Why it did not or did end is
 * logged. */
enum live_end live_run(const struct live_settings *settings);

#endif
