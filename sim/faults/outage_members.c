/* SPDX-License-Identifier: MIT */
/* Who there is for faults to hit: pools that members leave and join, and the
 * hosts that members are. */
#include <stdlib.h>
#include <string.h>

#include "model/scenario/scene.h"
#include "sim/faults/outage_parts.h"

/* --- pools ---------------------------------------------------------------- */

static struct lb_config_pool *
copy_pools(const struct lb_config *config)
{
	struct lb_config_pool *pools =
	    calloc(config->pool_count + 1, sizeof(*pools));
	bool memory = pools != NULL;

	for (size_t p = 0; memory && p < config->pool_count; p++) {
		const struct lb_config_pool *from = &config->pools[p];
		const size_t bytes =
		    from->member_count * sizeof(*from->members);
		pools[p] = *from;
		pools[p].members = malloc(bytes + 1);
		memory = pools[p].members != NULL;
		if (memory && bytes > 0)
			memcpy(pools[p].members, from->members, bytes);
	}
	return pools; /* where a pool has no members, there was no memory */
}

int
sim_outage_copy_config(struct sim_outage *o, const struct lb_config *config)
{
	o->config = *config;
	o->config.pools = copy_pools(config);
	o->everybody = copy_pools(config);
	o->is_out = calloc(config->pool_count + 1, sizeof(*o->is_out));
	if (o->config.pools == NULL || o->everybody == NULL ||
	    o->is_out == NULL)
		return -1;
	for (size_t p = 0; p < config->pool_count; p++) {
		o->is_out[p] = calloc(
		    config->pools[p].member_count + 1, sizeof(**o->is_out));
		if (o->is_out[p] == NULL ||
		    o->config.pools[p].members == NULL ||
		    o->everybody[p].members == NULL)
			return -1;
	}
	return 0;
}

void
sim_outage_free_pools(struct lb_config_pool *pools, size_t count)
{
	for (size_t p = 0; pools != NULL && p < count; p++)
		free(pools[p].members);
	free(pools);
}

void
sim_outage_seat(struct sim_outage *o)
{
	for (size_t p = 0; p < o->config.pool_count; p++) {
		const struct lb_config_pool *from = &o->everybody[p];
		struct lb_config_pool *to = &o->config.pools[p];
		to->member_count = 0;
		for (size_t m = 0; m < from->member_count; m++)
			if (!o->is_out[p][m])
				to->members[to->member_count++] =
				    from->members[m];
	}
}

/* --- hosts ---------------------------------------------------------------- */

struct address_id {
	struct lb_addr address;
	uint16_t id;
};

static int
by_address(const void *a, const void *b)
{
	const struct address_id *x = a, *y = b;
	int order = memcmp(&x->address, &y->address, sizeof(x->address));

	return order != 0 ? order : (x->id > y->id) - (x->id < y->id);
}

static int
host_order(const void *key, const void *host)
{
	return memcmp(key, &((const struct sim_host *)host)->address,
	    sizeof(struct lb_addr));
}

uint32_t
sim_outage_host_at(const struct sim_outage *o, const struct lb_addr *address)
{
	const struct sim_host *h = bsearch(
	    address, o->hosts, o->host_count, sizeof(*o->hosts), host_order);

	return (uint32_t)(h - o->hosts); /* every member has one */
}

/* The first entry that names the member, or everybody. */
static const struct lb_server *
server_of(const struct lb_scene *scene, const char *member)
{
	for (size_t s = 0; scene != NULL && s < scene->server_count; s++) {
		const char *only = scene->servers[s].member;
		if (only == NULL || strcmp(only, member) == 0)
			return &scene->servers[s];
	}
	return NULL;
}

static void
host_add(struct sim_outage *o, const struct address_id *at, uint32_t i)
{
	const struct lb_plan_member *m = &o->player->plan->members[at->id];
	/* whose name outlives this plan */
	const struct lb_config_member *config =
	    &o->player->config->pools[m->pool_index].members[m->member_index];
	struct sim_host *h;

	if (o->host_count == 0 ||
	    !lb_addr_same(&o->hosts[o->host_count - 1].address, &at->address))
		o->hosts[o->host_count++] = (struct sim_host){
			.address = at->address,
			.first = i,
			.name = config->name,
			.server = server_of(o->scene, config->name),
			.factor = LB_SCENE_ONE,
		};
	h = &o->hosts[o->host_count - 1];
	h->end = i + 1;
	if (config->zone != 0)
		h->zones |= 1u << (config->zone & 31);
	o->ids[i] = at->id;
	o->host_of[at->id] = o->host_count - 1;
}

int
sim_outage_list_hosts(struct sim_outage *o)
{
	const struct lb_plan *plan = o->player->plan;
	const uint32_t count = plan->member_count;
	struct address_id *sorted = calloc(count + 1, sizeof(*sorted));

	o->hosts = calloc(count + 1, sizeof(*o->hosts));
	o->host_of = calloc(count + 1, sizeof(*o->host_of));
	o->ids = calloc(count + 1, sizeof(*o->ids));
	if (sorted == NULL || o->hosts == NULL || o->host_of == NULL ||
	    o->ids == NULL) {
		free(sorted);
		return -1;
	}
	for (uint32_t id = 0; id < count; id++)
		sorted[id] = (struct address_id){ plan->members[id].address,
			(uint16_t)id };
	qsort(sorted, count, sizeof(*sorted), by_address);
	for (uint32_t i = 0; i < count; i++)
		host_add(o, &sorted[i], i);
	free(sorted);
	return 0;
}
