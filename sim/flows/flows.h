/* SPDX-License-Identifier: MIT */
#ifndef SIM_FLOWS_H
#define SIM_FLOWS_H
/*
 * The flows of a capture: a hash map from bidirectional five-tuples to what
 * the replay keeps of each, for every case at once.  Which end is the client
 * is not known before the first packet has been looked at, so a packet is
 * looked up by both of its ends in either order.
 *
 * Fragments without ports make a flow of their own per (ends, protocol).
 *
 * Memory: 64 bytes a flow with one case, 88 with three, 64 more with details,
 * and 16 to 32 of slots; nothing is ever forgotten, because a report counts
 * flows.
 */
#include "model/path/packet.h"

#define SIM_KEY_NONE   UINT32_MAX
#define SIM_PLACE_NONE 0x3fffffffu
#define SIM_TIME_NONE  ((UINT64_C(1) << 45) - 1) /* 1,115 years */
#define SIM_ROUND_MAX  ((1u << 19) - 1)
#define SIM_FLOWS_MAX  (1u << 30)

/* A rule number that says, without member: no rule took this flow. */
#define SIM_RULE_NOT_OURS 0xfffeu

/*
 * What one case knows of a flow; written by sim/case/player.c alone.  An
 * outbound one has no keys: there are the number of its public address in the
 * plan, and its public port.
 */
struct sim_flow_part {
	uint32_t key;         /* affinity key of its whole packets */
	uint32_t last_key;    /* of its latest client packet */
	uint32_t place : 30;  /* of its latest table entry: bucket, way */
	uint32_t counted : 1; /* it is one of its rule's flows */
	uint32_t silent : 1;  /* it is one of its rule's silence */
	uint16_t member; /* id; who got its latest client packet; LB_NONE */
	uint16_t rule;   /* number in the case; meaningless without member */
};

enum sim_flow_mark {
	SIM_FLOW_PORTLESS = 0x01, /* of fragments without ports */
	SIM_FLOW_COUNTED = 0x02,  /* it had a packet of its own */
	SIM_FLOW_OURS = 0x04,     /* its server is one that is asked for */
	SIM_FLOW_OUTBOUND = 0x08, /* a member's own: the client is a member */
};

/* Beside them in sim_flow.marks: how its roles were decided. */
#define SIM_FLOW_BY_SHIFT 4 /* enum sim_role_by */

struct sim_flow {
	struct lb_addr client, server;
	lb_be16 client_port, server_port;
	uint8_t proto;
	uint8_t marks;     /* enum sim_flow_mark, and by whom */
	uint16_t frontend; /* its packets get that one's address; LB_NONE */
	uint64_t client_ms : 45; /* its latest client packet; SIM_TIME_NONE */
	uint64_t round : 19;     /* it is of: later rounds have other clients */
	struct sim_flow_part parts[]; /* one per case */
};

/* What was seen of a flow, whatever became of it; only where asked for. */
struct sim_flow_detail {
	uint64_t packets_in, packets_out; /* from the client, from the server */
	uint64_t bytes_in, bytes_out;     /* IP length on the wire */
	uint64_t first_ns, last_ns;       /* since the first packet */
	/* Of fragments without ports: the flow whose answers they are. */
	const struct sim_flow *answers;
	uint8_t tcp_flags_in, tcp_flags_out; /* all that were seen */
	uint8_t sent;                        /* enum sim_sent */
};

/* What the client of a flow sent. */
enum sim_sent {
	SIM_SENT_WHOLE = 0x1, /* packets that are no fragments */
	SIM_SENT_FIRST = 0x2, /* fragments with ports */
};

/* What faults did to a flow in one case; only where asked for.  Outages are
 * counted from 2: what happens before the first is in 1. */
struct sim_flow_fate {
	uint16_t moved, needless, broke; /* the latest outage it did so in */
	uint16_t rehomed, rehomed_moved, rehomed_broken; /* the same */
	uint8_t open;     /* its TCP connection has been answered */
	uint8_t broken;   /* and is no more */
	uint8_t instance; /* that got its latest client packet, from 1; 0 */
	uint8_t ended;    /* its TCP connection was closed or reset */
};

/* What a packet turned out to be. */
enum sim_direction {
	SIM_NEW_FLOW, /* of a new flow, with its sender as the client so far */
	SIM_FROM_CLIENT,
	SIM_FROM_SERVER,
	SIM_FLOWS_FULL, /* of a new flow that there is no room for */
};

struct sim_flows;

/*
 * sim_flows_new - no flows yet.
 *
 * details  with a struct sim_flow_detail each.
 * max      so many and no more, at most SIM_FLOWS_MAX.
 *
 * NULL: no memory.
 */
struct sim_flows *sim_flows_new(
    unsigned case_count, bool details, uint32_t max);
void sim_flows_free(struct sim_flows *f); /* NULL is fine */

/* Each flow with a struct sim_flow_fate per case; before the first flow. */
void sim_flows_keep_fates(struct sim_flows *f);

/* Those of a flow, one per case. */
struct sim_flow_fate *sim_flow_fates(
    const struct sim_flows *f, const struct sim_flow *flow);

/* From now on packets belong to that round, 0 at first, and to flows of it
 * only: at most SIM_ROUND_MAX. */
void sim_flows_begin_round(struct sim_flows *f, uint32_t round);

/*
 * sim_shift_client - the address that a captured client has in a round: the
 * captured one, moved on by an odd constant a round, so that rounds bring
 * clients of their own.  IPv4: the whole address; IPv6: its second 32 bits.
 */
struct lb_addr sim_shift_client(const struct lb_addr *captured, uint32_t round);

/*
 * Finding a packet's flow is done in three steps, because each waits for
 * memory and many packets can wait at once: reckon the hash and call for its
 * slot; call for the record that the slot names; find.
 *
 * sim_flows_hash - the hash of a packet's flow, its slot on the way.
 * sim_flows_call - the record on the way.  Only a hint: without it finding
 *                  takes longer.
 *
 * portless  look for the flow of fragments, whatever ports pkt has.
 */
uint32_t sim_flows_hash(
    const struct sim_flows *f, const struct lb_packet *pkt, bool portless);
void sim_flows_call(const struct sim_flows *f, uint32_t hash);

/*
 * sim_flows_find - a packet's flow, made when it is new.
 *
 * hash       of sim_flows_hash() with the same pkt and portless.
 * direction  out.
 *
 * Returns NULL without memory, or with SIM_FLOWS_FULL.
 * Cost: one lookup; the record stays where it is for good.
 */
struct sim_flow *sim_flows_find(struct sim_flows *f,
    const struct lb_packet *pkt, bool portless, uint32_t hash,
    enum sim_direction *direction);

/* Makes the server of a flow its client: for its first packet only. */
void sim_flow_turn(struct sim_flow *flow);

/* In order of first appearance, from 0. */
uint32_t sim_flows_count(const struct sim_flows *f);
const struct sim_flow *sim_flows_at(const struct sim_flows *f, uint32_t i);

/* Zeroed at first.  Only for flows made with details. */
struct sim_flow_detail *sim_flow_detail(
    const struct sim_flows *f, const struct sim_flow *flow);

#endif
