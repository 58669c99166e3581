/* SPDX-License-Identifier: MIT */
/* What a world's clients and servers did, for the record of its case. */
#include <stdlib.h>

#include "sim/run_state.h"
#include "sim/world.h"

/* The world is at its end: the case takes its histogram. */
int
sim_build_world(const struct sim_run *run, struct sim_case *out)
{
	struct sim_world *w = run->world;
	const uint32_t servers = sim_farm_server_count(w->farm);

	out->clients = w->clients;
	w->clients.response = NULL;
	out->served = calloc((size_t)servers + 1, sizeof(*out->served));
	if (out->served == NULL || sim_farm_served(w->farm, w->player->outage,
				       run->duration_ns, out->served) != 0)
		return -1;
	out->served_count = servers;
	return 0;
}
