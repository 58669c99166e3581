/* SPDX-License-Identifier: MIT */
#ifndef SIM_FORECAST_H
#define SIM_FORECAST_H
/*
 * What synthetic traffic will come to, before it is played: means, when nobody
 * fails and nothing is lost.  For `fairlead check`, and for who must know
 * whether it fits the machine.
 */
#include "model/scenario/scene.h"

struct sim_forecast {
	double rate;     /* sessions begun a second, mean */
	double sessions; /* connections, questions, devices */
	double packets;  /* at the balancer, in both directions */
	double flows;    /* five-tuples */
	double live;     /* sessions at a time */
	double bytes;    /* of memory, a case: flows and sessions */
};

/* Of one source.  Accurate to some percent while sessions are short beside
 * the duration and sizes have a mean that they come near to. */
struct sim_forecast sim_forecast(
    const struct lb_traffic *traffic, const struct lb_scene *scene);

#endif
