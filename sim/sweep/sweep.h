/* SPDX-License-Identifier: MIT */
#ifndef SIM_SWEEP_H
#define SIM_SWEEP_H
/*
 * A sweep: every point of a grid is a case, and as many cases as fit the
 * memory meet the packets in the same pass (sim/run/run.h).  The rest follows
 * in further passes, for which the captures are read again.
 *
 * Connection tables are sized for the flows that the captures have, not for
 * those of a balancer in service: eight slots a flow, but never more than the
 * configuration asks for.  A bucket of eight then overflows for one flow in a
 * million, so that a point is what `fairlead sim` makes of the same settings.
 *
 * Clients that answer (run.scene with traffic) send other packets at each
 * point: then a point is a run of its own, and they are given to threads.
 *
 * Source: design.md 4, Sweeps.
 */
#include "sim/sweep/grid.h"
#include "sim/run/run.h"

struct sim_sweep_settings {
	struct sim_settings run; /* of one pass; its cases are the sweep's */
	const struct sim_grid *grid;
	uint64_t memory_bytes; /* not to be exceeded; 0: half of what there
				  is */
	unsigned workers;      /* of points with clients; 0: processors */
	/* Makes a point's configuration, sim_grid_apply() included.  NULL:
	 * with trouble filled, or without memory.  With clients by several
	 * threads at once. */
	struct lb_config *(*configure)(
	    void *arg, size_t point, struct sim_trouble *trouble);
	/* Takes what came of a point; called in order of the points, whose
	 * case is gone afterwards.  0; -1 without memory. */
	int (*take)(void *arg, size_t point, const struct sim_case *of);
	void *arg;
};

struct sim_sweep_facts {
	unsigned passes; /* begun, over the input, counting it apart; 0: each
			    point was a run */
	size_t points;   /* taken */
	uint64_t played; /* packets read in passes, times points in them */
};

/*
 * sim_sweep - play all points.
 *
 * record   out with SIM_DONE: the input, without a case; the caller frees it.
 *          When it was interrupted the points of that pass were not taken.
 * facts    out.
 * trouble  filled with the other two; zeroed before the call.
 *
 * More than a few points are preceded by a pass that only counts flows,
 * unless the input can be read only once.  SIM_USAGE also when such an input
 * would have to be read twice.
 */
int sim_sweep(const struct sim_sweep_settings *settings,
    struct sim_record **record, struct sim_sweep_facts *facts,
    struct sim_trouble *trouble);

#endif
