/* SPDX-License-Identifier: MIT */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H
/*
 * The synthetic world of one case: clients that answer to what befalls them,
 * links, servers.  Packets are lb_packets made when they pass the balancer,
 * never bytes; between hops they are parcels.  One hop is one event:
 *
 *   client  -- client_link --> balancer: sim_player_client()
 *           -- member_link --> server: profile->at_server()
 *   server  -- member_link --> balancer: sim_player_reply()
 *           -- client_link --> client: profile->at_client()
 *
 * Of traffic `from_pool` the client is a member and the server is outside: the
 * links change places, and the balancer is sim_player_outbound().
 *
 * What a kind of client does, and its server with it, is a profile: a table of
 * what to do when.  Profiles know their sessions and the functions below, and
 * nothing of players, flows and tables.
 *
 * Want of memory is noted in no_memory and ends the run after the event that
 * met it: functions here need not be asked whether they had any, unless they
 * return a session.
 */
#include "model/scenario/scene.h"
#include "sim/traffic/arrivals.h"
#include "sim/traffic/crowd.h"
#include "sim/events/dice.h"
#include "sim/events/events.h"
#include "sim/world/farm.h"
#include "sim/faults/outage.h"
#include "sim/case/settings.h"
#include "sim/traffic/sessions.h"

struct sim_run; /* sim/replay/run_state.h */
struct sim_world;
struct sim_source;

/* A packet under way, or what one is to be. */
struct sim_parcel {
	uint32_t session;    /* filled in as it is sent */
	uint32_t seq, ack;   /* TCP: as in struct sim_tcp */
	uint32_t bytes;      /* of payload */
	uint32_t id, offset; /* as in struct sim_tap */
	uint16_t member;     /* it goes to, or comes from */
	/* Of a member's own connection, on the server's side: the public port
	 * and the number of the public address. */
	lb_be16 port;
	uint8_t address;
	uint8_t flags; /* enum lb_tcp_flag */
	uint8_t says;  /* enum sim_says */
	bool confirmable;
	/* Not a packet but the ICMP error about one; balancers let it through
	 * and do not count it.  To clients only. */
	bool unreachable;
	bool is_error; /* CoAP: a 5.03 */
};

/*
 * What to do when.  A function that is NULL is never needed.
 *
 * begin      the source is new: may make source->own.  0; -1 without memory.
 * end        frees source->own.
 * arrive     the source's next session begins, by its arrivals: serial says
 *            which, from 0.
 * at_server  a parcel has reached parcel->member, whose computer is alive and
 *            whose port is open: crashed, off, refusing and ports nobody
 *            listens on are answered before that.
 * at_client  a parcel has reached the client; never of a closed session.
 * alarm      of the session's end; never of a closed session.
 * waits      when the request was made that the client of a session that is
 *            not closed waits for the answer of; SIM_NEVER: there is none.
 */
struct sim_profile {
	int (*begin)(struct sim_world *w, struct sim_source *source);
	void (*end)(struct sim_source *source);
	void (*arrive)(
	    struct sim_world *w, struct sim_source *source, uint32_t serial);
	void (*at_server)(struct sim_world *w, struct sim_session *s,
	    const struct sim_parcel *parcel, struct sim_condition condition);
	void (*at_client)(struct sim_world *w, struct sim_session *s,
	    const struct sim_parcel *parcel);
	void (*alarm)(
	    struct sim_world *w, struct sim_session *s, enum sim_end end);
	uint64_t (*waits)(
	    const struct sim_world *w, const struct sim_session *s);
	uint8_t proto;
};

/* client_tcp.c, client_flood.c, client_udp.c, client_coap.c.  The world plays
 * nothing of a profile whose table is empty. */
extern const struct sim_profile sim_profile_web, sim_profile_long_lived,
    sim_profile_syn_flood, sim_profile_dns, sim_profile_udp, sim_profile_coap;

/* An entry of the scene's traffic as it is played in this case. */
struct sim_source {
	const struct lb_traffic *traffic;
	const struct sim_profile *profile;
	uint32_t number; /* in the scene */
	uint32_t serial; /* of the next session */
	int pool;        /* outbound: whose members it is of; -1 */
	struct lb_addr server;
	lb_be16 port;
	struct sim_arrivals arrivals;
	struct sim_crowd *crowd;
	void *own; /* the profile's */
};

struct sim_parcels {
	struct sim_parcel *at;
	uint32_t made, room, first; /* first free one, from 1 */
};

struct sim_world {
	struct sim_run *run;
	struct sim_player *player;
	const struct lb_scene *scene;
	struct sim_events *events;
	struct sim_sessions sessions;
	struct sim_parcels parcels;
	struct sim_source *sources; /* as many as the scene's traffic */
	struct sim_ports *ports;
	struct sim_farm *farm;
	struct sim_clients clients;
	struct sim_dice dice;
	uint64_t outage_ns; /* when the next event of it is */
	uint64_t warm_ns;   /* what began before is not counted */
	uint64_t packets;   /* at the balancer, in both directions */
	bool is_tapped;     /* somebody writes packets' bytes */
	bool no_memory;
};

static inline uint64_t
sim_world_now(const struct sim_world *w)
{
	return sim_events_now(w->events);
}

/* --- for profiles: sessions ----------------------------------------------- */

/*
 * sim_session_open - a session of a source.
 *
 * serial  which of the source's, or the one that it goes on with: the address
 *         of what is drawn for it.
 * client  whose.
 * wanted  port, of sim_port_draw() for who does not care.  When the client's
 *         address has it in use, an ephemeral one that it has not.
 *
 * Returns NULL when all its ports are in use, when there are too many flows
 * (counted, as over_limit), or without memory (noted).
 */
struct sim_session *sim_session_open(struct sim_world *w,
    const struct sim_source *source, uint32_t serial,
    const struct lb_addr *client, uint16_t wanted);

/* The same for who does not care whether the port is in use: a spoofer. */
struct sim_session *sim_session_open_anyhow(struct sim_world *w,
    const struct sim_source *source, uint32_t serial,
    const struct lb_addr *client, uint16_t port);

/* What is under way still goes its way; nobody hears of it.  The session is
 * not to be touched by its owner afterwards. */
void sim_session_close(struct sim_world *w, struct sim_session *s);

/* Whose a source's n-th session is. */
struct lb_addr sim_source_client(
    struct sim_world *w, const struct sim_source *source, uint64_t n);

struct sim_source *sim_session_source(
    const struct sim_world *w, const struct sim_session *s);

/* Sets or, with SIM_NEVER, clears an alarm.  Cost: O(1); a later time than
 * the one set costs nothing until then. */
void sim_alarm_set(struct sim_world *w, struct sim_session *s, enum sim_end end,
    uint64_t at_ns);

/* --- for profiles: packets ------------------------------------------------ */

/* From the session's client. */
void sim_send(
    struct sim_world *w, struct sim_session *s, const struct sim_parcel *what);

/* From a member to the session's client. */
void sim_answer(struct sim_world *w, struct sim_session *s, uint16_t member,
    const struct sim_parcel *what);

/* That member refuses a parcel that came to it: TCP with a reset (never of a
 * reset), else as unreachable. */
void sim_refuse(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel);

/* How a member is now. */
struct sim_condition sim_world_condition(
    const struct sim_world *w, uint16_t member);

/* --- for profiles: what clients saw --------------------------------------- */

void sim_count_request(struct sim_world *w);
/* of: whose it is; NULL: nobody's. */
void sim_count_retry(struct sim_world *w, const struct sim_session *of);
/* asked_ns: when the request was made that these are the end of. */
void sim_count_answered(struct sim_world *w, uint64_t asked_ns);
void sim_count_given_up(
    struct sim_world *w, const struct sim_session *of, uint64_t asked_ns);
/* The answer that is counted as one was a 503 or a 5.03. */
void sim_count_error(struct sim_world *w, uint64_t asked_ns);

/* --- for the run loop ------------------------------------------------------
 */

/*
 * sim_world_new - the world of a run's only player.
 *
 * trouble  out when traffic finds no rule to go to.
 *
 * Returns NULL with trouble->text, or without memory.
 */
struct sim_world *sim_world_new(
    struct sim_run *run, struct sim_trouble *trouble);
void sim_world_free(struct sim_world *w); /* NULL is fine */

/* All that happens until then, that instant and the outage's share included,
 * or until somebody wants no more of it.  0; -1 without memory. */
int sim_world_advance(struct sim_world *w, uint64_t until_ns);

/* When something happens next; SIM_NEVER. */
uint64_t sim_world_next_ns(const struct sim_world *w);

/*
 * sim_world_unanswered - the requests that nobody answered until end_ns, of
 * those begun more than SIM_UNANSWERED_NS before and not in the warm-up:
 * into w->clients, and into the latest of the failovers that had begun by
 * then.  Cost: linear in sessions.
 *
 * failovers  in order of time; count 0: NULL is fine.
 */
void sim_world_unanswered(struct sim_world *w, uint64_t end_ns,
    struct sim_failover *failovers, size_t count);

/* Nothing was counted so far. */
void sim_world_forget(struct sim_world *w);

#endif
