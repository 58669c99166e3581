/* SPDX-License-Identifier: MIT */
#ifndef SIM_WORLD_PARTS_H
#define SIM_WORLD_PARTS_H
/* Between the files that the world is made of: world.c, world_new.c,
 * world_send.c. */
#include "model/tables/expire.h"
#include "sim/replay/run_state.h"
#include "sim/world/world.h"

enum sim_happens {
	SIM_HAPPENS_ARRIVAL,      /* subject: the source */
	SIM_HAPPENS_CLIENT_ALARM, /* subject: the session */
	SIM_HAPPENS_SERVER_ALARM,
	SIM_HAPPENS_IDLE, /* subject: the session whose entry may have ended */
	SIM_HAPPENS_PORT_ENDS,   /* subject: a slot, of an outbound flow's entry
				  */
	SIM_HAPPENS_AT_BALANCER, /* subject: the parcel, from a client */
	SIM_HAPPENS_AT_SERVER,
	SIM_HAPPENS_BACK, /* at the balancer, from a member */
	SIM_HAPPENS_AT_CLIENT,
};

void sim_world_plan(struct sim_world *w, uint64_t at_ns, enum sim_happens what,
    uint32_t subject);

/* The source's next arrival is planned. */
void sim_source_wait(struct sim_world *w, struct sim_source *source);

/* A hop has ended. */
void sim_parcel_arrives(
    struct sim_world *w, enum sim_happens where, uint32_t parcel);

/* On its way, as if what `to` follows had just sent it: to a client from the
 * balancer, to parcel->member. */
void sim_parcel_depart(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *what, enum sim_happens to);

/* Tells who listens at the balancer's client side. */
void sim_parcel_tap(const struct sim_world *w, const struct sim_session *s,
    const struct sim_parcel *parcel, bool from_client);

/* The session's packet has an entry whose end is to be told (tcp_reset); that
 * may have come. */
void sim_entry_watch(struct sim_world *w, struct sim_session *s);
void sim_entry_look(struct sim_world *w, struct sim_session *s);

/* That was the entry of a member's own connection, of that session or of one
 * before it: says so, as above. */
void sim_entry_ended(
    struct sim_world *w, struct sim_session *s, const struct lb_expired *was);

/* --- traffic `from_pool`: world_outbound.c ---------------------------------
 */

/* Whom it is for; false with trouble->text. */
bool sim_source_aim_outside(struct sim_world *w, struct sim_source *source,
    struct sim_trouble *trouble);
uint32_t sim_source_members(
    const struct sim_world *w, const struct sim_source *source);

/* Is the member that would begin the n-th session, or that has begun one, dead
 * now? */
bool sim_source_is_dead(
    struct sim_world *w, const struct sim_source *source, uint64_t n);
bool sim_session_is_dead(
    const struct sim_world *w, const struct sim_session *s);

/* A member's next ephemeral port. */
uint16_t sim_source_port(struct sim_world *w, const struct sim_source *source,
    const struct lb_addr *client);

/* A session of that flow begins. */
void sim_session_leaves(struct sim_world *w, const struct sim_source *source,
    struct sim_flow *flow);

/* A packet of the session has passed: when its port is free may have changed;
 * and that time has come. */
void sim_port_watch(
    struct sim_world *w, const struct sim_session *s, uint8_t flags);
void sim_port_ends(struct sim_world *w, uint32_t subject);

/* Sessions are told of ports that another plan takes from them. */
void sim_ports_listen(struct sim_world *w);

/* The failover that is to blame for what becomes of a session just now (NULL:
 * of one that could not be opened): the latest, unless what it waits for found
 * no SNAT port or came back to its sender.  NULL: none is. */
struct sim_failover *sim_session_blames(
    const struct sim_world *w, const struct sim_session *s);

/* --- of both ---------------------------------------------------------------
 */

/* Of a TCP client's request, which goes out at once: at most a window. */
uint32_t sim_tcp_request_bytes(
    const struct lb_traffic *traffic, const struct sim_session *s);

/* The flow of a client of a source; NULL as sim_session_open(). */
struct sim_flow *sim_world_flow(struct sim_world *w,
    const struct sim_source *source, const struct lb_addr *client,
    uint16_t port);

/* One thing less of it is under way; back to the pool, if it may. */
void sim_session_release(struct sim_world *w, struct sim_session *s);

#endif
