/* SPDX-License-Identifier: MIT */
#ifndef SIM_INSTANCES_H
#define SIM_INSTANCES_H
/*
 * Several balancers behind a router that spreads flows over them (ECMP): each
 * has the plan and tables of its own, and they share nothing.  The router
 * hashes the client's five-tuple under a key of its own, knows at once who is
 * dead, and sends answers through the instance that it sends their questions
 * to.  Fragments go by addresses and protocol, so that a datagram stays
 * together.
 *
 * Source: RFC 2992 (hash-threshold: the hash space in equal regions, in order
 * of the next hops); modulo: hash mod next hops.
 */
#include "model/path/packet.h"
#include "model/scenario/scene.h"
#include "model/tables/world.h"
#include "sim/record/record.h"

#define SIM_NO_INSTANCE UINT32_MAX

struct sim_instances {
	struct lb_world *world[LB_INSTANCES_MAX]; /* NULL: it is dead */
	struct sim_instance counts[LB_INSTANCES_MAX];
	uint32_t count;
	uint8_t alive[LB_INSTANCES_MAX]; /* the router's next hops */
	uint32_t alive_count;
	enum lb_ecmp ecmp;
	uint8_t key[16]; /* the router's */
};

/* 1..LB_INSTANCES_MAX of them, all alive; the router's key is drawn.  NULL
 * without memory.  The plan must outlive them or be swapped. */
struct sim_instances *sim_instances_new(uint32_t count, enum lb_ecmp ecmp,
    uint64_t seed, const struct lb_plan *plan);
void sim_instances_free(struct sim_instances *s); /* NULL is fine */

/* Which one gets a packet, from the client or to it; SIM_NO_INSTANCE: none is
 * alive.  Cost: one hash. */
uint32_t sim_instances_route(const struct sim_instances *s,
    const struct lb_headers *ip, bool from_client);

/* One dies with its table; one comes back with an empty one: 0, -1 without
 * memory.  Nothing when it is so already. */
void sim_instances_down(struct sim_instances *s, uint32_t number);
int sim_instances_up(
    struct sim_instances *s, uint32_t number, const struct lb_plan *plan);

void sim_instances_swap(struct sim_instances *s, const struct lb_plan *plan);

#endif
