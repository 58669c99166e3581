/* SPDX-License-Identifier: MIT */
#ifndef LIVE_COMMANDS_READDRESS_H
#define LIVE_COMMANDS_READDRESS_H
/*
 * The machine's own addresses, and the subnets that it shares with members,
 * are part of the plan: a packet to one of them is no answer to a client.
 * They come and go without anybody touching the configuration.
 */
#include "live/state/run_parts.h"

/*
 * live_readdress - where they changed, a plan of the configuration in force
 * with those that there are now, in place of the one before; logged.
 *
 * The file is not read.  What fails is logged and left as it was, to be tried
 * again at the next call.  Cost without a change: one list of addresses.
 */
void live_readdress(struct live_run *run);

#endif
