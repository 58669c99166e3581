/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIVE_TRAFFIC_H
#define TESTS_LIVE_TRAFFIC_H
/*
 * Packets without end, of four kinds: random bytes; packets of every shape
 * with something broken; conversations between clients, frontends and the
 * members that a balancer sent them to, whose replies and ICMP errors come
 * back as real ones do; and members that talk to the world, which answers to
 * where it heard them from.
 */
#include "model/path/result.h"
#include "tests/live/rich.h"
#include "tests/support/frame.h"

#define TRAFFIC_FLOWS 3000u
#define TRAFFIC_ROAMS 400u

enum traffic_kind {
	TRAFFIC_RANDOM,
	TRAFFIC_MUTATED,
	TRAFFIC_TALK,
	TRAFFIC_ROAM,
	TRAFFIC_KINDS
};

enum talk_phase {
	TALK_NEW,
	TALK_SYN,
	TALK_ANSWERED,
	TALK_OPEN,
	TALK_CLOSED,
	TALK_PHASES
};

struct talk {
	struct lb_addr client, frontend;
	struct lb_addr at; /* where the balancer last took the client's */
	uint16_t cport, fport, aport;
	uint32_t client_seq, member_seq;
	uint8_t proto, phase;
};

/* A member's own conversation with the world. */
struct roam {
	struct lb_addr inside, outside, public;
	uint16_t sport, dport, port; /* the member's, the world's, public */
	uint8_t proto;
	bool heard; /* public and port are where it leaves from */
};

struct traffic {
	struct chance chance;
	struct talk talks[TRAFFIC_FLOWS];
	struct talk *said; /* whose client spoke last; NULL: no client did */
	struct roam roams[TRAFFIC_ROAMS];
	struct roam *left;  /* whose member spoke last */
	uint32_t crowd;     /* acts left while everybody opens a connection */
	struct frame about; /* what an ICMP error quotes */
};

void traffic_start(struct traffic *t, uint64_t seed);
/* From now on each opens a connection, one after the other, until no table
 * has room for more open ones. */
void traffic_crowd(struct traffic *t);
/* Writes the next frame; enum traffic_kind. */
int traffic_next(struct traffic *t, struct frame *f);
/* What the balancer made of it: where replies come from. */
void traffic_learn(struct traffic *t, const struct lb_result *r);

#endif
