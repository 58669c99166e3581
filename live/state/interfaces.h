/* SPDX-License-Identifier: MIT */
#ifndef LIVE_STATE_INTERFACES_H
#define LIVE_STATE_INTERFACES_H
/* Which interfaces are to have the program, and giving it to them: those of
 * the command line, else those of the configuration. */
#include "live/state/run_parts.h"

/* All of them, or those that were attached by this are taken off again and
 * false; both logged.  Where it forwards already, what is not there is told,
 * and got when it comes.  Off those that are no longer named. */
bool live_interfaces_attach(struct live_run *run);

/* Interfaces that came (back) since; program: it is another one now. */
void live_interfaces_again(struct live_run *run, bool program);

/* Warns of members that packets find no way to, whose answers come by an
 * interface that is not among those, or that would be a next hop of their own;
 * and of frontends whose other ports reach what listens here.  Cost: a question
 * per member. */
void live_interfaces_warn(const struct live_run *run);

/* Those that are wanted, and whether the program is there: how many.  Names
 * stand until the next reload. */
struct live_interface_now {
	const char *name;
	bool attached;
};

size_t live_interfaces_now(const struct live_run *run,
    struct live_interface_now at[LIVE_INTERFACES_MAX]);

#endif
