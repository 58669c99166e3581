/* SPDX-License-Identifier: MIT */
#ifndef SIM_PRECISION_H
#define SIM_PRECISION_H
/*
 * How well a run's replications tell what is asked of them: the 95 % interval
 * of one figure of the first case, by Student's t.
 *
 * The figure is the time to detect of the first fault that was detected; in a
 * run without one, the Jain index of the first rule by packets.
 *
 * Source: simulation.md B.2, replication/deletion.
 */
#include "sim/record/record.h"

enum sim_figure {
	SIM_FIGURE_DETECTION, /* seconds */
	SIM_FIGURE_JAIN,
};

struct sim_interval {
	enum sim_figure figure;
	uint32_t count;    /* of replications that have the figure */
	double mean;       /* 0 without any */
	double half_width; /* infinite of fewer than two */
};

/* Of a record with its replicas.  Cost: linear; always reckoned in order of
 * the replications. */
struct sim_interval sim_interval_of(const struct sim_record *record);

/* Half of it against the mean: 0.05 is 5 %. */
double sim_interval_relative(const struct sim_interval *interval);

#endif
