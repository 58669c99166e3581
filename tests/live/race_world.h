/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIVE_RACE_WORLD_H
#define TESTS_LIVE_RACE_WORLD_H
/* What the race is about, natively: its configuration, and its flows. */
#include "model/config/config.h"
#include "model/path/packet.h"
#include "tests/live/race_io.h"

/* One rule for each kind of flow in race_io.h; timeouts of a few ms, so that
 * entries expire while packets come.  Aborts without memory. */
struct lb_config *race_config(void);

/* The packet that opens a flow, as parsed. */
struct lb_packet race_syn(uint32_t flow);

#endif
