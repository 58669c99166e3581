/* SPDX-License-Identifier: MIT */
#include "sim/traffic/links.h"

bool
sim_link_cross(const struct lb_link *link, struct sim_dice *dice,
    enum sim_purpose purpose, uint32_t entity, uint64_t n, uint64_t *delay_ns)
{
	*delay_ns = link->latency_ns;
	if (link->jitter_ns == 0 && link->loss == 0)
		return true;

	uint32_t out[4];

	sim_draw(dice->seed, purpose, entity, n, out);

	uint64_t jitter = (uint64_t)out[1] << 32 | out[0];
	uint64_t loss = (uint64_t)out[3] << 32 | out[2];

	*delay_ns += sim_part_of(jitter, link->jitter_ns + 1);
	return sim_part_of(loss, LB_SCENE_ONE) >= link->loss;
}
