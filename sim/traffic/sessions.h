/* SPDX-License-Identifier: MIT */
#ifndef SIM_SESSIONS_H
#define SIM_SESSIONS_H
/*
 * Sessions: what a client has to do with a server over one five-tuple, both
 * ends of it.  A TCP connection, a datagram and its answer, a device's
 * binding.
 *
 * They come from a pool, do not move, and go back to it when they are closed
 * and nothing of theirs is under way: no packet, no alarm.
 *
 * Memory: 104 bytes each, of the most that ever were at a time; beside them a
 * flow (sim/flows/flows.h), a table entry, and 32 bytes of queue while an alarm
 * is set.
 */
#include "sim/flows/flows.h"

/* Rings at due_ns.  There is at most one event for it in the queue, unless it
 * was set to an earlier time than the one that is there. */
struct sim_alarm {
	uint64_t due_ns;   /* SIM_NEVER: it is not set */
	uint64_t event_ns; /* of its event; SIM_NEVER: there is none */
};

/* The two ends have an alarm each. */
enum sim_end { SIM_CLIENT, SIM_SERVER };

enum sim_session_mark {
	SIM_SESSION_CLOSED = 0x01,   /* nobody is told anything any more */
	SIM_SESSION_HAS_PORT = 0x02, /* no other session has it */
	SIM_SESSION_WATCHED = 0x04,  /* its entry's end is waited for */
	/* its latest packet found no SNAT port, or came back to its sender */
	SIM_SESSION_STRANDED = 0x08,
	SIM_SESSION_FIRST_OWN = 0x10, /* this and those above: the profile's */
};

/* A TCP connection; sequence numbers count from each side's SYN, 0. */
struct sim_tcp {
	uint64_t asked_ns; /* the request was first sent, or was wanted */
	/* Who waits for a segment has those that are marked: bit 0 is the one
	 * behind it.  Of the request, then of the answer. */
	uint64_t early;
	/* the client */
	uint32_t sent; /* its next */
	uint32_t got;  /* the server's next that it waits for */
	/* the server */
	uint32_t heard; /* the client's next that it waits for */
	uint32_t acked; /* the client has what is before */
	uint32_t out;   /* its next */
	uint32_t end;   /* of the answer that is asked for or under way */
};

/* A datagram that is to be answered. */
struct sim_ask {
	uint64_t asked_ns;
	uint64_t answer_ns; /* s->member's answer is ready; SIM_NEVER */
};

/* A server that notifies a device along the flow it registered by:
 * s->member's, of the epoch it was registered in. */
struct sim_observer {
	uint64_t notify_ns; /* the next time; SIM_NEVER: not registered */
	uint64_t retry_ns;  /* a confirmable one is sent again; SIM_NEVER: none
			       is unacknowledged */
	uint32_t id;        /* of that one */
};

struct sim_session {
	struct sim_flow *flow;     /* who, from which port, to whom */
	struct sim_alarm alarm[2]; /* by enum sim_end */
	uint32_t number;           /* in the pool */
	uint32_t serial;           /* in its source, from 0 */
	uint16_t source;           /* number */
	uint16_t pending;          /* packets and alarms under way */
	/* The server that knows it, and how often that one had forgotten all
	 * it knew; LB_NONE: nobody does.  Maintained by the profile.  One
	 * outside forgets nothing: epoch is the public port that it knows the
	 * client by, as the packet has it. */
	uint16_t member, epoch;
	uint16_t left; /* requests, this one not counted; and from here on: the
			  profile's own */
	uint8_t state;
	uint8_t marks; /* enum sim_session_mark */
	uint8_t tries, server_tries;
	uint8_t window;
	uint8_t address; /* and this the number of the public address */
	union {
		struct sim_tcp tcp;
		struct sim_ask ask;
		struct sim_observer observer;
		uint64_t own[5];
	};
};
_Static_assert(sizeof(struct sim_session) == 104, "millions of them");

struct sim_sessions {
	struct sim_session **chunks;
	uint32_t chunk_count, chunk_room;
	uint32_t made;  /* so many were ever there at a time */
	uint32_t first; /* free one, number from 1; 0: none */
	uint32_t live;
};

void sim_sessions_free(struct sim_sessions *pool); /* zeroed is fine */

/* A zeroed one, but for its number and its alarms.  NULL without memory. */
struct sim_session *sim_session_take(struct sim_sessions *pool);
void sim_session_give(struct sim_sessions *pool, struct sim_session *s);

struct sim_session *sim_session_at(
    const struct sim_sessions *pool, uint32_t number);

#endif
