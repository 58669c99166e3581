/* SPDX-License-Identifier: MIT */
#ifndef SIM_PLAYER_H
#define SIM_PLAYER_H
/*
 * One case being played: a plan, the tables of its own world, and what was
 * counted.  All cases of a run meet the same packets, each in its own player.
 *
 * Every packet given to a player ends in exactly one of: a member's tally, a
 * NAT rule's tally, a drop reason, reply_suppressed, unreachable,
 * outbound->packets.
 */
#include "model/path/result.h"
#include "model/path/mode.h"
#include "model/tables/world.h"
#include "sim/flows/flows.h"
#include "sim/case/instances.h"
#include "sim/flows/keys.h"
#include "sim/case/nats.h"
#include "sim/case/outbound.h"
#include "sim/record/timeline.h"

struct sim_case_settings {
	const char *name;
	const struct lb_config *config;
};

/* A rule of the report.  Zero configuration's two, one per family, are one. */
struct sim_player_rule {
	uint64_t flows, connections, packets, bytes;
	struct sim_silence silence;
	struct sim_tally *members; /* by index in the pool */
	size_t member_count;
	struct sim_keys keys;
	struct sim_series series;
	const struct lb_mode_masks *masks;
	bool key_is_flow;
	bool one_sided, any_port, track_udp;
	lb_be16 backend_port;
	uint64_t idle_ms;
};

struct sim_outage; /* sim/faults/outage.h */
struct sim_arrival;

struct sim_player {
	const char *name;
	const struct lb_config *config; /* not owned */
	struct lb_plan *plan;
	struct lb_world *world;          /* NULL: of several instances */
	struct sim_instances *instances; /* NULL: one, which does not die */
	uint32_t instance;               /* that the latest packet went to */
	bool routed; /* packets may go to one of several, or to nobody */
	uint64_t drops[LB_REASON_COUNT];
	uint64_t passed; /* of drops, no_rule: the engine lets them be */
	uint64_t untracked, reply_suppressed;
	uint64_t unreachable; /* clients' packets that no balancer got */
	uint64_t rehomed, rehomed_moved, rehomed_broken; /* flows */
	/* What came to who had sent it: starts, packets, when at first. */
	uint64_t hairpins, hairpin_packets, hairpin_first_ns;
	void *hairpin_syns; /* sim/case/hairpin.c's */
	struct sim_silence outbound_silence;
	uint64_t untracked_first_ns; /* when the table was full at first */
	struct sim_player_rule *rules;
	size_t rule_count;
	struct sim_nats nats;   /* their numbers go on where rules' end */
	uint16_t *rule_of_id;   /* number in rules or nats, by rule id; LB_NONE:
				   an outbound rule's */
	uint16_t *member_of_id; /* index in its pool, by member id */
	uint64_t longest_ms;    /* no entry is silent that long */
	struct lb_result result;
	struct sim_outage *outage;     /* faults; NULL: there are none */
	struct sim_outbound *outbound; /* NULL: no member leaves */
	struct sim_harm *harms;        /* [SIM_BINS]; NULL: not kept */
	struct lb_packet reply; /* a captured one as its member sends it */
	/* What became of the packet played last, for who plays synthetic ones
	 * and sets them to LB_NONE and false before. */
	uint16_t reached; /* the member that a client's went to */
	bool is_let_out;  /* a reply goes on to the client */
	bool is_hairpin;  /* it came to who had sent it, who took it for no
			     packet of his */
};

/*
 * sim_player_silence - the entry of an open TCP connection has ended, and its
 * client goes on now, or both ends are told: counted, if it is silence that
 * ended it.
 *
 * Who never speaks again lost nothing that could be seen, and is not counted
 * where nobody is told.
 *
 * part  of the flow: this player's.
 * rule  id of the entry's.
 */
void sim_player_silence(struct sim_player *p, struct sim_flow *flow,
    struct sim_flow_part *part, uint16_t rule, uint64_t now_ms);

/* The packet in p->result came to who had sent it: counted, and its connection
 * unless it was. */
void sim_player_hairpin(struct sim_player *p, const struct sim_arrival *a);
void sim_player_forget_syns(struct sim_player *p);

/* The NAT rule of that number; NULL: it is none's. */
static inline struct sim_nat_way *
sim_player_nat(const struct sim_player *p, uint16_t rule)
{
	return rule >= p->rule_count && rule - p->rule_count < p->nats.count
		   ? &p->nats.at[rule - p->rule_count]
		   : NULL;
}

/* One packet of a flow, the same for every player. */
struct sim_arrival {
	struct lb_packet pkt;
	uint64_t now_ns;   /* since the first packet */
	uint64_t now_ms;   /* the same, rounded down */
	uint32_t ip_bytes; /* on the wire */
	uint32_t bin;      /* piece of time, where there is a timeline */
	uint32_t hash;     /* of its flow */
	struct sim_flow *flow;
	struct sim_flow *datagram; /* the flow of its later fragments; NULL */
	uint16_t sender; /* of a synthetic reply: the member; else LB_NONE */
	/* Of one from outside: where it goes, as in struct sim_parcel. */
	lb_be16 public_port;
	uint8_t public_address;
	bool from_client;
};

/*
 * sim_player_new - compile a case and make its tables.
 *
 * together  count all rules as one: zero configuration's two families.
 * series    keep what members got over time.
 * problems  grows when the plan can't be compiled.
 *
 * Returns NULL with problems, or without memory.  settings' config must
 * outlive the player.
 */
struct sim_player *sim_player_new(const struct sim_case_settings *settings,
    bool together, bool series, struct lb_problems *problems);
void sim_player_free(struct sim_player *p); /* NULL is fine */

/* Several instances instead of one, before the first packet: 0, -1 without
 * memory. */
int sim_player_scale(
    struct sim_player *p, uint32_t count, enum lb_ecmp ecmp, uint64_t seed);

/*
 * sim_player_swap - another plan, between two packets; entries stay.
 *
 * plan  compiled against the one before, which is freed, from a configuration
 *       with the same rules and, of the same members, perhaps fewer.  It is
 *       the player's from now on.
 */
void sim_player_swap(struct sim_player *p, struct lb_plan *plan);

/*
 * sim_player_client - a packet from the client: it goes through lb_step().
 * sim_player_reply  - a packet from the server.  One-sided rules only count
 *     it for the member that has the flow, or sent it; others get it as that
 *     member would send it.
 *
 * number  of this player's part in the flow.
 *
 * What nobody gets, because its frontend's zone or every instance is down, is
 * LB_DROP in p->result, without a reason.  What comes back to its sender is
 * forwarded and counted like any other, and nobody answers it: a guest takes no
 * packet whose source is its own address (AZ 4.9).
 *
 * Return 0, -1 without memory.  Cost: at most one lb_step(), no lookup of ours
 * except for a flow's first packet in a mode whose keys are not flows; of
 * several instances the router's hash.
 */
int sim_player_client(
    struct sim_player *p, const struct sim_arrival *a, unsigned number);
int sim_player_reply(
    struct sim_player *p, const struct sim_arrival *a, unsigned number);

/* A packet of an outbound flow: from the member, or to the public address that
 * its server has heard from.  Of one instance only. */
int sim_player_outbound(
    struct sim_player *p, const struct sim_arrival *a, unsigned number);

/* What no rule takes: the engine lets it be. */
void sim_player_pass(struct sim_player *p);

/* Calls for the memory that playing this packet will most likely need. */
void sim_player_call(
    const struct sim_player *p, const struct sim_arrival *a, unsigned number);

/* `admin_down: reset`: the connections of members that an admin took out, now
 * and not when the sweeper comes by. */
void sim_player_end_taken_out(struct sim_player *p, uint64_t now_ms);

/* Makes sure that no entry lives on that ended before now: the path's clock
 * wraps and would take it for young.  last_ms: of the packet before.
 * 0, -1 without memory. */
int sim_player_expire(struct sim_player *p, uint64_t last_ms, uint64_t now_ms);

/* What a player must ask of its faults, which know of players. */
void sim_outage_free(struct sim_outage *o); /* NULL is fine */
/* Is that frontend out of reach, because all its zones are down? */
bool sim_outage_cuts(
    const struct sim_outage *o, const struct lb_addr *frontend);

#endif
