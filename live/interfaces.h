/* SPDX-License-Identifier: MIT */
#ifndef LIVE_INTERFACES_H
#define LIVE_INTERFACES_H
/* Which interfaces are to have the program, and giving it to them: those of
 * the command line, else those of the configuration. */
#include "live/run_parts.h"

/* Is any named? */
bool live_interfaces_named(const struct live_run *run);

/* All of them, or those that were attached by this are taken off again and
 * false; logged.  Off those that are no longer named. */
bool live_interfaces_attach(struct live_run *run);

/* Interfaces that came (back) since; program: it is another one now. */
void live_interfaces_again(struct live_run *run, bool program);

#endif
