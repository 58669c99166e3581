/* SPDX-License-Identifier: MIT */
#ifndef SIM_TCP_H
#define SIM_TCP_H
/*
 * TCP clients and their servers: client_tcp.c are the clients, tcp_server.c is
 * what answers them.
 *
 * What the standards say: sequence numbers, states, resets (RFC 9293); the
 * first timeout is 1 s, doubled each time (RFC 6298 2.1, 5.5); ten segments at
 * first (RFC 6928); an acknowledgement for each second segment (RFC 5681 4.2).
 *
 * What we do of it: an answer goes out in trains.  A train is sent at once,
 * and the next, twice as long up to 64 segments, when all of it has been
 * acknowledged; what is not is sent again from the first hole after a timeout.
 * What comes before its turn is kept.  No congestion control beyond that, no
 * selective acknowledgements, no fast retransmission, no simultaneous open, no
 * waiting in TIME-WAIT: a port is free when nothing of its connection is on
 * any wire.
 *
 * A connection that is lost (reset, or silent for too long) gives up what it
 * asked for.  Has a web client more to ask for, it connects once more and goes
 * on; when that connection is lost as well, it goes away.  A long-lived client
 * always connects again: at once when it had a connection, after a minute when
 * it got none.
 */
#include "sim/world/world_parts.h"

#define SIM_TCP_MSS4         1460u
#define SIM_TCP_MSS6         1440u
#define SIM_TCP_WINDOW_FIRST 10u /* segments */
#define SIM_TCP_WINDOW_MOST  64u
#define SIM_TCP_RETRIES      6u
#define SIM_TCP_PSH          0x08u
#define SIM_TCP_RTO_NS       LB_NS_PER_S /* the first, and the least */

enum sim_tcp_mark {
	SIM_TCP_AGAIN = SIM_SESSION_FIRST_OWN, /* it goes on with a lost one */
	/* the server has the whole request */
	SIM_TCP_IS_HEARD = SIM_TCP_AGAIN << 1,
	/* the server's alarm is the answer's */
	SIM_TCP_IS_SERVING = SIM_TCP_AGAIN << 2,
	SIM_TCP_IS_ERROR = SIM_TCP_AGAIN << 3, /* the answer is short */
};

static inline const struct lb_traffic *
sim_tcp_traffic(const struct sim_world *w, const struct sim_session *s)
{
	return sim_session_source(w, s)->traffic;
}

static inline uint32_t
sim_tcp_mss(const struct sim_session *s)
{
	return lb_addr_is_v4(&s->flow->client) ? SIM_TCP_MSS4 : SIM_TCP_MSS6;
}

/* A request's place among the variates: the same wherever it is asked. */
static inline uint64_t
sim_tcp_draw(const struct sim_session *s)
{
	return sim_draw_in(s->serial, s->left);
}

static inline uint32_t
sim_tcp_exchange(const struct sim_session *s)
{
	return s->serial << 10 | (s->left & 1023u);
}

/* Of the answer to the request it is at. */
uint32_t sim_tcp_answer_bytes(struct sim_world *w, const struct sim_session *s);

/* Of who has measured a round trip: three of it (RFC 6298 2.2). */
uint64_t sim_tcp_timeout_ns(const struct sim_world *w);

/*
 * A segment comes to who waits for number next of what ends at end; returns
 * what is waited for now: the same when it came early, or twice.
 */
uint32_t sim_tcp_take(struct sim_session *s, const struct sim_parcel *parcel,
    uint32_t next, uint32_t end);

/* The server's side of a profile: struct sim_profile's at_server, and its
 * alarm at that end. */
void sim_tcp_at_server(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel, struct sim_condition condition);
void sim_tcp_server_alarm(struct sim_world *w, struct sim_session *s);

#endif
