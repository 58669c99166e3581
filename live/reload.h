/* SPDX-License-Identifier: MIT */
#ifndef LIVE_RELOAD_H
#define LIVE_RELOAD_H
#include "live/run_parts.h"

/*
 * live_reload - read the configuration again and put it in force.
 *
 * No packet is lost and no connection moves but those of removed members
 * (doc/decisions.md 25).  What it changed is logged; what is wrong is logged
 * too, and the configuration before stays in force.
 */
void live_reload(struct live_run *run);

#endif
