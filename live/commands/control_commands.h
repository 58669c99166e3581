/* SPDX-License-Identifier: MIT */
#ifndef LIVE_COMMANDS_CONTROL_COMMANDS_H
#define LIVE_COMMANDS_CONTROL_COMMANDS_H
/* What the control socket's requests mean; fairlead-ctl(8) lists them. */
#include "live/control/control.h"

/* A live_control_asked; arg is the struct live_run. */
void live_control_command(
    void *arg, struct live_caller *caller, const json_t *request);

#endif
