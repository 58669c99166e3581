/* SPDX-License-Identifier: MIT */
#ifndef LIVE_CHECK_PROBE_NOTES_H
#define LIVE_CHECK_PROBE_NOTES_H
/* What is to be known of a configuration's probes before they are sent, and
 * what a simulation, whose servers answer as they are told, does not show. */
#include "live/check/precheck.h"

#define LIVE_PROBE_TEXT_BYTES 600

/* What is asked and what is good: "CoAP GET /time over DTLS to port 5684 every
 * 200 ms: any 2.xx is good".  Shows no key. */
void live_probe_describe(
    const struct lb_config_probe *probe, char *text, size_t bytes);

/*
 * live_probe_notes - look at files, addresses and what is built in.
 *
 * tell  called for what would fail, and what wants to be known; where is the
 *       key's place in the configuration.
 *
 * Returns how many LIVE_WOULD_FAIL there were.  Blocks as files do.
 */
unsigned live_probe_notes(const struct lb_config *config,
    void (*tell)(void *arg, enum live_finding finding,
	const struct lb_config_probe *probe, struct lb_where where,
	const char *text),
    void *arg);

#endif
