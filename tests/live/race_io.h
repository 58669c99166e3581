/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIVE_RACE_IO_H
#define TESTS_LIVE_RACE_IO_H
/*
 * What the race test and its BPF program share: which flow a number stands
 * for, and what each of the two CPUs counts.
 *
 * Flows 0..RACE_FLOWS4-1 are IPv4, the rest IPv6.  One in eight is UDP, one in
 * eight goes to a floating rule, the others to one that translates.
 */
#include "model/path/result.h"
#include "model/path/addr.h"
#include "tests/live/race_found.h"

#define RACE_ROLES    2u /* CPUs that step: 0 clients, 1 members and clients */
#define RACE_FLOWS4   6144u
#define RACE_FLOWS6   1024u
#define RACE_FLOWS    (RACE_FLOWS4 + RACE_FLOWS6)
#define RACE_HOT      48u /* flows that both CPUs are at, for a moment */
#define RACE_BUCKETS4 512u
#define RACE_BUCKETS6 8u /* so few that entries hardly live */
#define RACE_WAYS     (8u * (RACE_BUCKETS4 + RACE_BUCKETS6))
#define RACE_FRAME    96u /* bytes; the IP packet is shorter */
#define RACE_ROLE_AT  5u  /* which byte of the frame is the role */

#define RACE_MEMBERS 8u
#define RACE_STEADY  6u /* members 0..5 are always up */
#define RACE_HEALTHS 4u /* members 6 and 7: up or down each */

#define RACE_FRONTEND4     0x0a7100cbu /* 203.0.113.10 as loaded */
#define RACE_FRONTEND6_HI  UINT64_C(0x00000f00b80d0120) /* 2001:db8:f:: */
#define RACE_FRONTEND6_LO  UINT64_C(0x0a00000000000000)
#define RACE_MEMBER4       0x0000010au                  /* 10.1.0.0 */
#define RACE_MEMBER6_HI    UINT64_C(0x00000000010000fd) /* fd00:1:: */
#define RACE_PORT_NAT      80u
#define RACE_PORT_BACKEND  8080u
#define RACE_PORT_FLOATING 81u
#define RACE_PORT_UDP      5683u

enum race_bad {
	RACE_BAD_NOTHING,
	RACE_BAD_MEMBER,   /* a member that no lookup table gives this flow */
	RACE_BAD_CHANGE,   /* an entry's member or flow changed in its life */
	RACE_BAD_RECHOSEN, /* an entry was given up without a reason */
	RACE_BAD_CHECKSUM, /* a packet went out wrong */
	RACE_BAD_PACKET,   /* parse or apply refused ours */
	RACE_BAD_COUNT
};
_Static_assert(RACE_BAD_COUNT <= RACE_FOUND_KINDS, "all are counted");

LB_LAYOUT_BEGIN
struct race_flow {
	uint16_t may[RACE_HEALTHS]; /* its member in each state of health */
	uint64_t last; /* incarnation: slot << 32 | version << 16 | member */
};

struct race_counts {
	uint64_t random;
	uint64_t packets;
	uint64_t verdict[LB_VERDICT_COUNT];
	uint64_t made, hit, untracked, rechosen, opened, closing, replies;
	uint64_t replaced;        /* entries that made room */
	uint64_t duplicates;      /* made while the flow had a live entry */
	uint64_t duplicates_away; /* of these, to another member */
	uint64_t moved;           /* made, at another member than the last */
	struct race_found found;
};

struct race_io {
	uint32_t now_ms; /* written by user space alone */
	uint32_t hot;    /* where the hot flows begin */
};
LB_LAYOUT_END

LB_INLINE bool
race_is_six(uint32_t flow)
{
	return flow >= RACE_FLOWS4;
}

LB_INLINE bool
race_is_udp(uint32_t flow)
{
	return (flow & 7) == 0;
}

LB_INLINE bool
race_is_floating(uint32_t flow)
{
	return (flow & 7) == 1 && !race_is_six(flow);
}

LB_INLINE uint32_t
race_frontend_port(uint32_t flow)
{
	return race_is_udp(flow)        ? RACE_PORT_UDP
	       : race_is_floating(flow) ? RACE_PORT_FLOATING
					: RACE_PORT_NAT;
}

LB_INLINE uint32_t
race_backend_port(uint32_t flow)
{
	return race_is_udp(flow) ? RACE_PORT_UDP : RACE_PORT_BACKEND;
}

/* A client is 64 ports on an address: 198.51.x.y, 2001:db8:c::xxyy. */
LB_INLINE uint32_t
race_client4(uint32_t flow)
{
	return 0x000033c6u | (flow >> 14 & 0xff) << 16 |
	       (flow >> 6 & 0xff) << 24;
}

LB_INLINE uint64_t
race_client6_hi(void)
{
	return UINT64_C(0x00000c00b80d0120);
}

LB_INLINE uint64_t
race_client6_lo(uint32_t flow)
{
	return (uint64_t)race_client4(flow) << 32;
}

LB_INLINE uint32_t
race_client_port(uint32_t flow)
{
	return 1024 + (flow & 63);
}

#endif
