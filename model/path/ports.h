/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_PORTS_H
#define MODEL_PATH_PORTS_H
/*
 * Which SNAT ports are in use towards whom, a bit each, so that the lowest
 * free one is found by looking at two records whatever the number of ports.
 *
 *   leaf   of a public address, protocol and remote: 256 ports of one chunk
 *          (port >> 8).  The bit decides: who sets it has the port.
 *   hints  of a member besides: chunks in which it found nothing.  Only to
 *          save time, and made when there is something to say: who talks to
 *          many remotes needs one record for each.  A bit may be cleared
 *          whenever somebody likes.
 *
 * Which ports are a member's is the plan's to say, at every take.
 *
 * Who writes what (several CPUs at once, and one sweeper, who may be killed at
 * any time): a record is made under its bucket's lock word, else two CPUs
 * would make it twice and hand out its ports twice; bits by fetch-or and
 * fetch-and, so that to give a port back is one step; `users` counts the CPUs
 * that are at a record just now, and only the sweeper empties one, that has
 * neither these nor bits.  While he weighs that it is BUSY, and who needs it
 * takes it back.  Source: mechanism.md 9, 10, 12; doc/decisions.md 38.
 */
#include "model/path/addr.h"

#define LB_PORT_WAYS  7u
#define LB_CHUNK_BITS 8u /* ports of a leaf: 2^8 */

enum lb_port_state { LB_PORT_EMPTY, LB_PORT_BUSY, LB_PORT_LIVE };

LB_LAYOUT_BEGIN
struct lb_port_key {
	/* public address:32 | chunk or member:16 | UDP:1 | is a leaf:1 */
	uint64_t owner;
	uint64_t dst[2]; /* the remote's address */
	uint32_t port;   /* and port, as on the wire; 0: whatever it is */
	uint32_t zero;
};

struct lb_port_record {
	uint64_t owner, dst[2];
	uint32_t port;
	uint32_t users; /* CPUs at it | times a port was given back unused */
	uint64_t used[4];
};

struct lb_port_bucket {
	uint64_t ctl[LB_PORT_WAYS]; /* tag:32 | version:16 | state:8 | 0 */
	uint64_t lock;              /* 1: somebody makes a record */
	struct lb_port_record record[LB_PORT_WAYS];
};

/* What lb_ports_take() and lb_ports_give() are about. */
struct lb_port_ask {
	uint64_t dst[2];
	uint32_t port;
	uint32_t address; /* lb_port_address() of the public one */
	uint16_t member;
	uint8_t number; /* of the public address in the plan */
	uint8_t udp;
	uint32_t zero;
};

/* How far lb_ports_take() is: in memory, where the verifier does not follow. */
struct lb_port_walk {
	uint32_t from;    /* chunk */
	uint32_t way;     /* of the hints; LB_PORT_WAYS or more: none yet */
	uint32_t no_room; /* chunks for which no record could be made */
	uint32_t zero;
	uint64_t
	    leaf; /* the hash of the one that was foreseen, in chunk from */
};
LB_LAYOUT_END

/* Of lb_port_record.users. */
#define LB_PORT_USERS  UINT32_C(0xffff)
#define LB_PORT_UNUSED UINT32_C(0x10000)

_Static_assert(sizeof(struct lb_port_record) == 64, "a cache line");
_Static_assert(sizeof(struct lb_port_bucket) == 512, "eight of them");

/* 32 bits that stand for a public address.  Two IPv6 ones that share theirs
 * share their ports, too: nobody is harmed, and fewer are free. */
LB_INLINE uint32_t
lb_port_address(const struct lb_addr *addr)
{
	uint64_t word = addr->word[0] * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)((word ^ addr->word[1]) >> 32);
}

/* lb_port_key.owner of a leaf. */
LB_INLINE uint64_t
lb_port_leaf(uint32_t address, uint32_t chunk, uint32_t udp)
{
	return (uint64_t)address << 32 | (uint64_t)chunk << 16 |
	       (uint64_t)udp << 1 | 1;
}

enum lb_ports_answer {
	LB_PORTS_NONE = -1,      /* all of them are in use */
	LB_PORTS_CONTENDED = -2, /* lost to other CPUs again and again */
	LB_PORTS_NO_ROOM = -3,   /* none is known to be free; of others there
				    is no room for a record */
	LB_PORTS_OVER = -4,      /* of lb_snat_pick(): that were all blocks */
};

/*
 * lb_ports_take - the lowest free port of a block, for scratch->ask.
 *
 * first_last  the block's first port | its last << 16.
 *
 * Returns the port, which is then in use until lb_ports_give(), or enum
 * lb_ports_answer.  Cost: a look for hints and a leaf; two more looks for each
 * chunk that is found used up for the first time.  Targets: both.
 */
LB_GLOBAL int lb_ports_take(uint64_t ctx, uint32_t first_last);

/*
 * lb_ports_foresee - the port that a take would give just now; takes nothing.
 *
 * Returns it, or -1.  The chunk that it is of is then scratch->walk's and
 * ->port_key's, for lb_ports_take_foreseen(): the lowest port of that chunk,
 * without looking for hints again, or LB_PORTS_NONE: then take.  Nothing of
 * this file's may be called between the two.
 */
LB_GLOBAL int lb_ports_foresee(uint64_t ctx, uint32_t first_last);
LB_GLOBAL int lb_ports_take_foreseen(uint64_t ctx, uint32_t first_last);

/* Gives the port of scratch->ask back.  unused: 0 says the sweeper, of a flow
 * that ended; 1 who took it and could not use it, which is counted for
 * model/tables/audit.h.  -1: it was in no record. */
LB_GLOBAL int lb_ports_give(uint64_t ctx, uint32_t port, uint32_t unused);

/*
 * The steps of the two, functions of their own because they loop.  `hash` and
 * `way` name a record; a negative answer is enum lb_ports_answer.
 *
 *   find        scratch->port_key's record: its way, or -1
 *   make        the same, made if there is none; one try at the lock
 *   hold        the same, however often it takes; counted in its `users`
 *   held        found, and counted in its `users`; -1: there is none just now
 *   let_go      counted no more
 *   set, clear  one bit; set says 1 when it was set already
 *   first_hint  the first chunk without a hint, of from | to << 16; or -1.
 *               Without a record: from.
 *
 *   first_free  the lowest free port of a chunk in a block; or -1.
 *
 *   take_in     a port of one chunk.
 */
LB_GLOBAL int lb_port_find(uint64_t ctx, uint64_t hash);
LB_GLOBAL int lb_port_make(uint64_t ctx, uint64_t hash);
LB_GLOBAL int lb_port_hold(uint64_t ctx, uint64_t hash);
LB_GLOBAL int lb_port_held(uint64_t ctx, uint64_t hash);
LB_GLOBAL int lb_port_let_go(uint64_t ctx, uint64_t hash, uint32_t way);
LB_GLOBAL int lb_port_set(
    uint64_t ctx, uint64_t hash, uint32_t way, uint32_t bit);
LB_GLOBAL int lb_port_clear(
    uint64_t ctx, uint64_t hash, uint32_t way, uint32_t bit);
LB_GLOBAL int lb_port_first_hint(
    uint64_t ctx, uint64_t hash, uint32_t way, uint32_t from_to);
LB_GLOBAL int lb_port_first_free(
    uint64_t ctx, uint64_t hash, uint32_t way, uint32_t chunk, uint32_t block);
LB_GLOBAL int lb_ports_take_in(uint64_t ctx, uint32_t chunk, uint32_t block);

#endif
