/* SPDX-License-Identifier: MIT */
#include "sim/case/instances.h"

#include <stdlib.h>
#include <string.h>

#include "model/lut/hash_key.h"
#include "sim/events/philox.h"

/* What the router looks at; no padding. */
struct tuple {
	struct lb_addr client, server;
	uint32_t ports, proto;
};

static void
list_alive(struct sim_instances *s)
{
	s->alive_count = 0;
	for (uint32_t i = 0; i < s->count; i++)
		if (s->world[i] != NULL)
			s->alive[s->alive_count++] = (uint8_t)i;
}

struct sim_instances *
sim_instances_new(uint32_t count, enum lb_ecmp ecmp, uint64_t seed,
    const struct lb_plan *plan)
{
	struct sim_instances *s = calloc(1, sizeof(*s));
	uint32_t drawn[4];

	if (s == NULL)
		return NULL;
	s->count = count;
	s->ecmp = ecmp;
	sim_draw(seed, SIM_DRAW_ROUTER_KEY, 0, 0, drawn);
	memcpy(s->key, drawn, sizeof(s->key));
	for (uint32_t i = 0; i < count; i++)
		if (sim_instances_up(s, i, plan) != 0) {
			sim_instances_free(s);
			return NULL;
		}
	return s;
}

void
sim_instances_free(struct sim_instances *s)
{
	if (s == NULL)
		return;
	for (uint32_t i = 0; i < s->count; i++)
		lb_world_free(s->world[i]);
	free(s);
}

static uint32_t
hash_of(const struct sim_instances *s, const struct lb_headers *ip,
    bool from_client)
{
	const bool ports = ip->fragment == LB_FRAGMENT_NO;
	const uint32_t from = ports ? ip->sport.raw : 0;
	const uint32_t to = ports ? ip->dport.raw : 0;
	const struct tuple tuple = {
		.client = from_client ? ip->src : ip->dst,
		.server = from_client ? ip->dst : ip->src,
		.ports = from_client ? from | to << 16 : to | from << 16,
		.proto = ip->proto,
	};

	return (uint32_t)(lb_siphash(s->key, &tuple, sizeof(tuple)) >> 32);
}

uint32_t
sim_instances_route(const struct sim_instances *s, const struct lb_headers *ip,
    bool from_client)
{
	if (s->alive_count == 0)
		return SIM_NO_INSTANCE;
	const uint32_t hash = hash_of(s, ip, from_client);
	return s->alive[s->ecmp == LB_ECMP_MODULO
			    ? hash % s->alive_count
			    : (uint64_t)hash * s->alive_count >> 32];
}

void
sim_instances_down(struct sim_instances *s, uint32_t number)
{
	lb_world_free(s->world[number]);
	s->world[number] = NULL;
	list_alive(s);
}

int
sim_instances_up(
    struct sim_instances *s, uint32_t number, const struct lb_plan *plan)
{
	if (s->world[number] != NULL)
		return 0;
	s->world[number] = lb_world_new(plan);
	list_alive(s);
	return s->world[number] != NULL ? 0 : -1;
}

void
sim_instances_swap(struct sim_instances *s, const struct lb_plan *plan)
{
	for (uint32_t i = 0; i < s->alive_count; i++)
		lb_world_swap(s->world[s->alive[i]], plan);
}
