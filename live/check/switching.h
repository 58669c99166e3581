/* SPDX-License-Identifier: MIT */
#ifndef LIVE_CHECK_SWITCHING_H
#define LIVE_CHECK_SWITCHING_H
/*
 * From `fairlead sim` to `fairlead live` with the same file: what the engine
 * does is the same, and this is what is not, because sim assumes it or makes
 * it up.  Of the configuration alone; what the machine has to say is
 * live/check/precheck.h's.
 */
#include "model/config/config.h"

/* about: a key or a name of the configuration. */
typedef void live_switching_tell(
    void *arg, const char *about, const char *text);

#define LIVE_SWITCHING_BYTES 320u

/*
 * live_switching - every difference that this configuration meets.
 *
 * config  as the file has it: nothing of the machine's added, no key drawn.
 *
 * Returns how many were told.
 */
unsigned live_switching(
    const struct lb_config *config, live_switching_tell *tell, void *arg);

#endif
