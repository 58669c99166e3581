/* SPDX-License-Identifier: MIT */
/* What a world's clients and servers did, for the record of its case. */
#include <stdlib.h>

#include "sim/replay/run_state.h"
#include "sim/world/world.h"

static uint32_t
larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static void
add_served(struct sim_served *to, struct sim_served *from)
{
	to->served += from->served;
	to->turned_away += from->turned_away;
	to->cut_short += from->cut_short;
	to->busy_ns += from->busy_ns;
	to->waited_ns += from->waited_ns;
	to->peak_busy = larger(to->peak_busy, from->peak_busy);
	to->peak_queue = larger(to->peak_queue, from->peak_queue);
	free(from->name);
	*from = (struct sim_served){ 0 };
}

/* Zero configuration's two families, the second half, are one. */
static void
join_families(struct sim_case *out)
{
	const size_t half = out->served_count / 2;

	for (size_t i = 0; i < half; i++)
		add_served(&out->served[i], &out->served[half + i]);
	out->served_count = half;
}

/* The world is at its end: the case, whose failovers are built, takes its
 * histogram. */
int
sim_build_world(const struct sim_run *run, struct sim_case *out)
{
	struct sim_world *w = run->world;
	const uint32_t servers = sim_farm_server_count(w->farm);

	sim_world_unanswered(
	    w, run->duration_ns, out->failovers, out->failover_count);
	out->clients = w->clients;
	w->clients.response = NULL;
	out->served = calloc((size_t)servers + 1, sizeof(*out->served));
	if (out->served == NULL || sim_farm_served(w->farm, w->player->outage,
				       run->duration_ns, out->served) != 0)
		return -1;
	out->served_count = servers;
	if (run->settings->together)
		join_families(out);
	return 0;
}
