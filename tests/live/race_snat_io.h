/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIVE_RACE_SNAT_IO_H
#define TESTS_LIVE_RACE_SNAT_IO_H
/*
 * What the race for SNAT ports and its BPF program share: which outbound flow
 * a number stands for, and what each of the two CPUs counts.
 *
 * Bits of a flow's number: 0 UDP, 1 the remote's address, 2 its port, 3 and 4
 * the member, 5 to 11 the member's port, 12 to 20 the age.  A port of TCP is
 * one flow's per remote address and port, one of UDP per remote address (AZ
 * 4.4): these are six destinations, each with every member's ports.
 *
 * One remote address stays, so that ports towards it are used up; the other
 * is another one in each age, so that records come and go.
 */
#include "model/path/addr.h"
#include "model/path/result.h"
#include "tests/live/race_found.h"

#define SNAT_ROLES   2u /* CPUs: 0 members, 1 members and remotes */
#define SNAT_AGES    512u
#define SNAT_AGE     16u /* packets of both CPUs in an age */
#define SNAT_FLOWS   (SNAT_AGES * 4096u)
#define SNAT_HOT     24u /* flows that both CPUs are at, for a moment */
#define SNAT_MEMBERS 4u
#define SNAT_PORTS   96u /* of a member: two chunks share some members */
#define SNAT_FIRST   1024u
#define SNAT_ALL     (SNAT_MEMBERS * SNAT_PORTS)
#define SNAT_SEATS   512u /* of a destination, SNAT_ALL rounded up */
#define SNAT_TOWARDS (SNAT_AGES * 8u) /* destinations, and holes */
#define SNAT_LEDGER  (SNAT_TOWARDS * SNAT_SEATS)
#define SNAT_BUCKETS 2048u /* of either family's table */
#define SNAT_WAYS    (8u * SNAT_BUCKETS)
#define SNAT_FRAME   80u /* bytes; the IP packet is shorter */
#define SNAT_ROLE_AT 5u  /* which byte of the frame is the role */

#define SNAT_PUBLIC4  0x1e7100cbu /* 203.0.113.30 as loaded */
#define SNAT_MEMBER4  0x0000020au /* 10.2.0.0 */
#define SNAT_REMOTE4  0x000000c0u /* 192.0.0.1, 192.age.2 */
#define SNAT_CLIENT4  0x006433c6u /* 198.51.100.0 */
#define SNAT_PORT_WEB 80u

enum snat_bad {
	SNAT_BAD_NOTHING,
	SNAT_BAD_PACKET,   /* parse or apply refused ours */
	SNAT_BAD_CHECKSUM, /* a packet went out wrong */
	SNAT_BAD_BLOCK,    /* left by a port that is not its member's */
	SNAT_BAD_TWICE,    /* left by a port that another live flow has */
	SNAT_BAD_CHANGE,   /* an entry's port changed in its life */
	SNAT_BAD_RETURN,   /* did not come back to who opened the flow */
	SNAT_BAD_GUESS,    /* came back to nobody's flow */
	SNAT_BAD_REASON,   /* dropped for what cannot be */
	SNAT_BAD_COUNT
};
_Static_assert(SNAT_BAD_COUNT <= RACE_FOUND_KINDS, "all are counted");

LB_LAYOUT_BEGIN
struct snat_counts {
	uint64_t random;
	uint64_t packets;
	uint64_t verdict[LB_VERDICT_COUNT], reason[LB_REASON_COUNT];
	uint64_t made, hit, evicted, udp;
	uint64_t returned; /* to a flow that lived all the time */
	uint64_t astray;   /* to a port whose flow is another's */
	struct race_found found;
};

struct snat_io {
	uint32_t now_ms; /* written by user space alone */
	uint32_t hot;    /* where the hot flows begin */
	uint64_t turn;   /* counts packets */
	uint32_t six;    /* IPv6, all of it */
	uint32_t zero;
};
LB_LAYOUT_END

/* All is said in IPv4 addresses; IPv6's have them in their third quarter. */
#define SNAT_PREFIX6 UINT64_C(0x00000000b80d0120) /* 2001:db8:: as loaded */

LB_INLINE uint64_t
snat_low6(uint32_t addr4)
{
	return (uint64_t)addr4 << 32 | 1;
}

/* SNAT_NOBODY: none of ours. */
#define SNAT_NOBODY 0u
LB_INLINE uint32_t
snat_addr4(uint64_t high, uint64_t low)
{
	return high == SNAT_PREFIX6 && (uint32_t)low == 1
		   ? (uint32_t)(low >> 32)
		   : SNAT_NOBODY;
}

LB_INLINE uint32_t
snat_addr(const struct lb_addr *addr, bool six)
{
	return six ? snat_addr4(addr->word[0], addr->word[1])
		   : lb_addr_v4_raw(addr);
}

LB_INLINE bool
snat_is_udp(uint32_t flow)
{
	return (flow & 1) != 0;
}

LB_INLINE uint32_t
snat_member(uint32_t flow)
{
	return flow >> 3 & (SNAT_MEMBERS - 1);
}

LB_INLINE uint32_t
snat_member4(uint32_t flow)
{
	return SNAT_MEMBER4 | (snat_member(flow) + 1) << 24;
}

/* The age is nothing to the address that stays. */
LB_INLINE uint32_t
snat_aged(uint32_t flow, uint32_t age)
{
	return (flow & 0xfff) |
	       ((flow & 2) != 0 ? (age & (SNAT_AGES - 1)) << 12 : 0);
}

LB_INLINE uint32_t
snat_remote4(uint32_t flow)
{
	return SNAT_REMOTE4 | (flow >> 12) << 8 | ((flow >> 1 & 1) + 1) << 24;
}

LB_INLINE uint32_t
snat_remote_port(uint32_t flow)
{
	return 443 + (flow >> 2 & 1);
}

LB_INLINE uint32_t
snat_member_port(uint32_t flow)
{
	return 30000 + (flow >> 5 & 127);
}

/* Below SNAT_TOWARDS: flows of one number must not share a port. */
LB_INLINE uint32_t
snat_destination(uint32_t flow)
{
	return (flow >> 12) << 3 | (snat_is_udp(flow) ? flow & 3 : flow & 7);
}

/* The flow that a packet from or to a member is of; SNAT_FLOWS: none. */
LB_INLINE uint32_t
snat_flow_of(
    uint32_t member4, uint32_t member_port, uint32_t remote4, uint32_t rest)
{
	uint32_t member = (member4 >> 24) - 1, port = member_port - 30000;
	uint32_t remote = (remote4 >> 24) - 1, age = remote4 >> 8 & 0xffff;
	uint32_t remote_port = (rest >> 1) - 443;
	if ((member4 & 0xffffff) != SNAT_MEMBER4 || member >= SNAT_MEMBERS ||
	    (remote4 & 0xff) != SNAT_REMOTE4 || remote > 1 || port > 127 ||
	    remote_port > 1 || age >= SNAT_AGES || (remote == 0 && age != 0))
		return SNAT_FLOWS;
	return (rest & 1) | remote << 1 | remote_port << 2 | member << 3 |
	       port << 5 | age << 12;
}

/* `rest` above: the remote's port and whether it is UDP. */
LB_INLINE uint32_t
snat_rest(uint32_t remote_port, bool udp)
{
	return remote_port << 1 | (udp ? 1 : 0);
}

#endif
