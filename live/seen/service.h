/* SPDX-License-Identifier: MIT */
#ifndef LIVE_SEEN_SERVICE_H
#define LIVE_SEEN_SERVICE_H
/*
 * The control process as a service: what others see of it, and what it may do.
 * Pages by HTTP (/metrics, /healthz), word to the service manager, privilege
 * given up, and once a second a look at every frontend
 * (live/seen/azure_events.h).
 */
#include "live/state/run_parts.h"

/* Before anything is attached: listens where it is told to, and takes no
 * request before the loop turns.  0, or -1 with a line in error. */
int live_service_open(struct live_run *run, char *error, size_t error_bytes);

/* Forwarding: drops privilege (0, or -1 with a line in error), and says that
 * it is ready. */
int live_service_ready(struct live_run *run, char *error, size_t error_bytes);

/* Around what is asked for and takes the loop's time, a reload: that it did is
 * no sign of ill health, up to LIVE_EXCUSED_MS. */
#define LIVE_EXCUSED_MS 30000u
void live_service_work_begin(struct live_run *run);
void live_service_work_end(struct live_run *run);

/* Around a reload, for the service manager. */
void live_service_reloading(void);
void live_service_reloaded(const struct live_run *run);

/* Before the loop is closed, and after. */
void live_service_close(struct live_run *run);
void live_service_free(struct live_run *run);

#endif
