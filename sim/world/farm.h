/* SPDX-License-Identifier: MIT */
#ifndef SIM_FARM_H
#define SIM_FARM_H
/*
 * The servers behind the members: places that serve, and a queue before them.
 *
 * A server is an address; members that have the same are the same server.  It
 * serves so many requests at once, first come first served, lets so many more
 * wait and turns away the rest.  When a request is done is known when it comes,
 * so there are no events: kept are the times at which the places are free, and
 * at which those begin that wait.  A server that lost all it had (another
 * epoch) lost its requests, too.
 */
#include "model/plan/plan.h"
#include "model/scenario/scene.h"
#include "sim/events/dice.h"
#include "sim/faults/outage.h"

#define SIM_TURNED_AWAY UINT64_MAX

/* No member: a server outside, that is always up and serves at once.  Nor is
 * there a member of that id: traffic `from_pool` is refused then. */
#define SIM_OUTSIDE 0xfffeu

struct sim_farm; /* opaque */

/* scene must outlive it.  NULL without memory. */
struct sim_farm *sim_farm_new(
    const struct lb_scene *scene, const struct lb_plan *plan);
void sim_farm_free(struct sim_farm *farm); /* NULL is fine */

/* Another plan: servers for members that are new.  0, -1 without memory. */
int sim_farm_plan(struct sim_farm *farm, const struct lb_plan *plan);

/* Comes to a member.  source and n are its address, of SIM_DRAW_SERVICE: it
 * takes the same time at every member and in every case. */
struct sim_request {
	uint64_t now_ns; /* does not run back for a member */
	uint64_t n;
	uint32_t source;
	uint16_t member;
};

/*
 * sim_farm_serve - a request comes to a member.
 *
 * condition  of sim_outage_condition(), now; whether it serves at all is the
 *            caller's to ask.
 *
 * Returns when its answer is sent, which is then still to be asked of the
 * server's epoch; SIM_TURNED_AWAY.  Cost: logarithmic in the places that are
 * busy.  Without memory it is turned away.
 */
uint64_t sim_farm_serve(struct sim_farm *farm,
    const struct sim_request *request, struct sim_condition condition,
    struct sim_dice *dice);

/* Does it listen there?  All do that name no ports. */
bool sim_farm_listens(
    const struct sim_farm *farm, uint16_t member, uint16_t port);

/* The number of its server: the same for members with the same address. */
uint32_t sim_farm_server(const struct sim_farm *farm, uint16_t member);
uint32_t sim_farm_server_count(const struct sim_farm *farm);

/*
 * sim_farm_warmed_up - what was counted until then is forgotten; requests that
 * are not done are not, and count from then on.
 *
 * outage  NULL: no server ever loses anything.
 */
void sim_farm_warmed_up(
    struct sim_farm *farm, const struct sim_outage *outage, uint64_t now_ns);

/*
 * sim_farm_served - what the servers did until then.
 *
 * served  out: sim_farm_server_count() of them; names are the caller's to
 *         free.  Requests that are not done then are not served, and what is
 *         left of them is not counted as busy or waiting.
 *
 * To be asked once, at the end.  0, -1 without memory, when there is nothing
 * to free.
 */
int sim_farm_served(struct sim_farm *farm, const struct sim_outage *outage,
    uint64_t end_ns, struct sim_served *served);

#endif
