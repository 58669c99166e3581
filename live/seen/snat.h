/* SPDX-License-Identifier: MIT */
#ifndef LIVE_SNAT_H
#define LIVE_SNAT_H
/*
 * How full members are of their SNAT ports: at each tick a tenth of the
 * connection tables is looked through for outbound flows, so that ten ticks, a
 * second, count them all; then Azure's two health events are logged
 * (model/tables/snat_gauges.h).
 *
 * Where no member leaves nothing is looked through.
 */
#include "live/state/run_parts.h"
#include "model/tables/snat_gauges.h"

/* What a gauge reads. */
struct live_snat_level {
	uint32_t used; /* different ports */
	uint32_t peak; /* the most so far, since the process began */
	uint32_t flows[LB_USAGE_STATES]; /* by enum lb_conn_state */
};

/* For run->plan: run->snat; -1 without memory. */
int live_snat_open(struct live_run *run);
void live_snat_free(struct live_run *run);

/* Another plan is in force. */
void live_snat_use(struct live_run *run);

/* The next tenth. */
void live_snat_tick(struct live_run *run);

/* Whose the levels are, in the same order. */
const struct lb_snat_gauges *live_snat_gauges(const struct live_run *run);

/* The name of a public address, by its number; NULL: no frontend of the
 * configuration has it any more. */
const char *live_snat_frontend(const struct live_run *run, uint8_t number);

/*
 * The same at once, for who asks: from empty, bucket by bucket of both
 * families.  A level of a count is complete when all buckets were added; its
 * peak is the process's.
 */
struct live_snat_count;

struct live_snat_count *live_snat_count_new(void);        /* NULL: no memory */
void live_snat_count_free(struct live_snat_count *count); /* NULL is fine */
void live_snat_count_add(struct live_snat_count *count, struct live_run *run,
    bool six, uint32_t from, uint32_t buckets);
struct live_snat_level live_snat_count_level(
    const struct live_snat_count *count, const struct live_run *run,
    uint32_t gauge);

/* Is a first round over? */
bool live_snat_counted(const struct live_run *run);

/* As of a second or two ago; NULL: not counted yet. */
const struct live_snat_level *live_snat_level(
    const struct live_run *run, uint32_t gauge);

#endif
