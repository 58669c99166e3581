/* SPDX-License-Identifier: MIT */
#ifndef SIM_PHILOX_H
#define SIM_PHILOX_H
/*
 * Random numbers by address: Philox4x32-10.  Every variate has a place of its
 * own, (seed, replication, purpose, entity, n), and is the same wherever,
 * whenever and by whomever it is drawn.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3", SC'11; the constants and known answers are Random123's.
 */
#include <stdint.h>

/* A number is part of the address, and stays. */
enum sim_purpose {
	SIM_DRAW_HASH_KEY = 1, /* entity: the key's index; n: 0 */
	SIM_DRAW_PROBE_PHASE,  /* entity: the probe's; n: 0 */
	SIM_DRAW_REPLICATION,  /* entity: 0; n: the replication's number */
	SIM_DRAW_FAILURE,      /* entity: the member's; n: of its failures */
	/* entity: the number of the source of traffic; n: of its session, or
	 * sim_draw_in() */
	SIM_DRAW_ARRIVAL,
	SIM_DRAW_CLIENT,       /* which of the addresses */
	SIM_DRAW_PORT,         /* from which port */
	SIM_DRAW_REQUESTS,     /* so many a connection */
	SIM_DRAW_SIZE,         /* of an answer */
	SIM_DRAW_THINK,        /* before the next request */
	SIM_DRAW_SERVICE,      /* time to serve a request */
	SIM_DRAW_CLIENT_LINK,  /* loss and delay of a packet */
	SIM_DRAW_MEMBER_LINK,  /* the same */
	SIM_DRAW_REPORT = 16,  /* jitter of a device's report */
	SIM_DRAW_NOTIFICATION, /* first timeout of a confirmable one */
	SIM_DRAW_NAT_TIMEOUT,  /* of a device's NAT */
	SIM_DRAW_ACK_TIMEOUT,  /* first timeout of a device's message */
	SIM_DRAW_CONFIRMABLE,  /* is a report one? */
	SIM_DRAW_ROUTER_KEY,   /* entity: 0; n: 0 */
	SIM_DRAW_COUNT
};

_Static_assert(SIM_DRAW_COUNT <= 256, "a purpose is 8 bits: sim/events/dice.h");

/* The k-th of its kind in a session: the n of a variate. */
static inline uint64_t
sim_draw_in(uint32_t session, uint32_t k)
{
	return (uint64_t)session << 32 | k;
}

/* The bare function: 128 bits of a counter under a key of 64. */
void sim_philox(
    const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* 128 random bits: the n-th of an entity.  Cost: ten rounds. */
void sim_draw(uint64_t seed, enum sim_purpose purpose, uint32_t entity,
    uint64_t n, uint32_t out[4]);

/* The seed of a replication: that of the first, 0, is the seed itself. */
uint64_t sim_replication_seed(uint64_t seed, uint32_t replication);

#endif
