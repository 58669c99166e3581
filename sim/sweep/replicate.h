/* SPDX-License-Identifier: MIT */
#ifndef SIM_REPLICATE_H
#define SIM_REPLICATE_H
/*
 * Replications: a run again and again, each time with other draws.
 *
 * Replication 0 is the run as it is.  Each of the others draws its hash key,
 * variate (seed, SIM_DRAW_HASH_KEY, r) as in a sweep (sim/sweep/grid.h), for
 * the cases whose configuration names none; what else there is to draw it draws
 * by settings.replication: phases of probes, arrivals, failures.  All cases
 * of a replication share its draws, so that they can be compared one by one.
 *
 * Replications are runs of their own, given to threads and merged in order:
 * the record does not depend on how many threads there are.
 *
 * Source: design.md 4, Replications; simulation.md B.2.
 */
#include "sim/sweep/crew.h"
#include "sim/sweep/precision.h"
#include "sim/run/run.h"

#define SIM_REPLICATIONS_MAX 100000u
/* With a precision: so many unless told otherwise, and at the least. */
#define SIM_REPLICATIONS_PRECISE 1000u
#define SIM_REPLICATIONS_LEAST   10u

struct sim_replicate_settings {
	const struct sim_settings *run; /* of all; .replication is not read */
	uint32_t replications; /* 0: not asked for.  With a precision: at most;
				  0: SIM_REPLICATIONS_PRECISE */
	/* Go on until half the interval is that part of the mean
	 * (sim/sweep/precision.h); 0: as many as asked for. */
	uint64_t precision_millionths;
	unsigned workers; /* 0: one for each processor that may be used */
};

struct sim_replicate_facts {
	unsigned workers; /* at the most at once */
	bool alike;       /* nothing is drawn: one run is all there is */
	bool precise;     /* what was asked was reached */
	struct sim_interval interval; /* with a precision */
};

/*
 * sim_replicate - play all of them.
 *
 * record   out with SIM_DONE: replication 0's, with the others' cases in
 *          replicas, which have no keys, slices and harms; .replications are
 *          those that are in it, 0 when none were asked for.
 * facts    out.
 * trouble  filled with the other two; zeroed before the call.
 *
 * With a precision they come in rounds of SIM_REPLICATIONS_LEAST.  Interrupted,
 * the record has the replications up to the first that was not finished, and
 * says so.  SIM_USAGE also when captures can't be read again, or were changed
 * between two readings.
 *
 * settings->run->progress is called by one thread at a time, of all that was
 * played until then; details, rows of flows and the tap are replication 0's.
 *
 * Cost: a run for each; memory of as many at once as there are workers.
 */
int sim_replicate(const struct sim_replicate_settings *settings,
    struct sim_record **record, struct sim_replicate_facts *facts,
    struct sim_trouble *trouble);

/*
 * sim_replicate_one - replication r, alone: what sim_replicate() makes of it,
 * with its keys and pictures.  As sim_run().
 */
int sim_replicate_one(const struct sim_settings *run, uint32_t r,
    struct sim_record **record, struct sim_trouble *trouble);

#endif
