/* SPDX-License-Identifier: MIT */
#include "sim/traffic/sizes.h"

#include <math.h>

#include "traces/models.h"

static double
draw(const struct lb_traffic *t, const gsl_rng *rng)
{
	switch (t->sizes) {
	case LB_SIZES_BOUNDED_PARETO:
		return trace_pareto(rng, (double)t->size_min,
		    (double)t->size_max, (double)t->alpha / LB_SCENE_ONE);
	case LB_SIZES_WEB_SEARCH:
		return trace_cdf_draw(rng, &trace_web_search);
	case LB_SIZES_DATA_MINING:
		return trace_cdf_draw(rng, &trace_data_mining);
	case LB_SIZES_HADOOP:
		return trace_cdf_draw(rng, &trace_hadoop);
	case LB_SIZES_CACHE:
		return trace_cdf_draw(rng, &trace_cache);
	case LB_SIZES_CONSTANT:
		break;
	}
	return (double)t->size_min;
}

uint64_t
sim_size_draw(const struct lb_traffic *traffic, struct sim_dice *dice,
    uint32_t source, uint64_t n)
{
	if (traffic->sizes == LB_SIZES_CONSTANT)
		return traffic->size_min > 0 ? traffic->size_min : 1;

	double bytes =
	    draw(traffic, sim_dice_at(dice, SIM_DRAW_SIZE, source, n));

	/* a double below 2^53 is a whole number of bytes */
	return (uint64_t)fmin(fmax(bytes, 1), 0x1p53);
}
