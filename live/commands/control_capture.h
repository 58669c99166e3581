/* SPDX-License-Identifier: MIT */
#ifndef LIVE_COMMANDS_CONTROL_CAPTURE_H
#define LIVE_COMMANDS_CONTROL_CAPTURE_H
/* fairlead ctl capture: packets of a frontend to who called. */
#include "live/state/run_parts.h"

/* A packet of the kind LIVE_TAP_CAPTURED. */
void live_capture_heard(
    struct live_run *run, const struct live_tap_packet *packet);

/* Every tenth of a second or so: is its time over? */
void live_capture_look(struct live_run *run);

#endif
