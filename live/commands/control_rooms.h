/* SPDX-License-Identifier: MIT */
#ifndef LIVE_COMMANDS_CONTROL_ROOMS_H
#define LIVE_COMMANDS_CONTROL_ROOMS_H
/* The commands of the control socket, a room of files each kind. */
#include "live/control/control.h"
#include "live/state/run_parts.h"

typedef void live_control_command_of(
    struct live_run *run, struct live_caller *caller, const json_t *request);

/* live/commands/control_show.c: what figures say. */
live_control_command_of live_control_status, live_control_members,
    live_control_nat, live_control_stats;

/* live/commands/control_flows.c: the connection table. */
live_control_command_of live_control_flows;

/* live/commands/control_snat.c: the ports that members leave from. */
live_control_command_of live_control_snat;

/* live/commands/control_change.c: what changes something. */
live_control_command_of live_control_drain, live_control_undrain,
    live_control_admin, live_control_reload;

/* live/commands/control_capture.c: packets. */
live_control_command_of live_control_capture;

#endif
