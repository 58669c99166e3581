/* SPDX-License-Identifier: MIT */
#ifndef LIVE_STATE_PROBING_H
#define LIVE_STATE_PROBING_H
/* From what a probe heard to who gets new flows: answers into health, changes
 * of it into the tables, both into the log. */
#include "live/state/run_parts.h"

/* For live_probers_new(): arg is the struct live_run. */
void live_probing_heard(void *arg, int probe, const struct lb_addr *address,
    enum lb_answer answer, uint64_t now_ns, uint64_t latency_ns);

/* Who is up and what was said of members, into the tables: 0 or -errno. */
int live_probing_apply(struct live_run *run);

/* Probes what the plan in force wants probed. */
void live_probing_use(struct live_run *run);

/* Ends it, and says how it went. */
void live_probing_close(struct live_run *run);

#endif
