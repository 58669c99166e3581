/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_PLAN_H
#define MODEL_PATH_PLAN_H
/*
 * The plan: a configuration compiled to flat rows of 64 bytes, as the packet
 * path reads it.  Written by model/plan/plan.c, immutable afterwards; a change
 * makes a new plan and swaps it whole.
 *
 *   row 0          struct lb_plan_header
 *   row 1          struct lb_hash_key
 *   endpoint_at    2^n rows of two struct lb_endpoint: a two-choice hash table
 *   rule_at        one struct lb_rule per rule id
 *   member_at      rows of two struct lb_member, by member id
 *   subnet_at      rows of two struct lb_subnet
 *   snat_at        rows of four addresses that members leave from, by number
 *   units_at       per such address 16 rows for TCP and 16 for UDP: bit u is
 *                  set when ports 8 u to 8 u + 7 belong to some member
 *   block_at       rows of eight struct lb_snat_block, a member's together
 *
 * Beside the plan, because they change without it: lookup tables (rows of 32
 * member ids), one word of state per member, and the timeout classes.
 */
#include "model/path/addr.h"
#include "model/path/hash.h"

#define LB_ROW_BYTES         64u
#define LB_LUT_SLOTS_PER_ROW 32u
#define LB_LUT_SIZE_MAX      (1u << 20)
#define LB_LUT_MAX           4096u  /* lookup tables at a time */
#define LB_CLASS_MAX         64u    /* distinct pairs of timeouts */
#define LB_MEMBER_MAX        65535u /* ids 0..65534; LB_NONE is none */
#define LB_SUBNET_MAX        32u
#define LB_ECHO_RULES_MAX    32u /* of a frontend that are asked who is up */
#define LB_PROBE_MAX         31u /* probes on one pool; bit 0 is "no probe" */
#define LB_PLAN_VERSION      3u
#define LB_SNAT_ADDRESS_MAX  256u /* addresses that members leave from */
#define LB_UNIT_ROWS         16u  /* of one address and protocol */
#define LB_UNIT_ROWS_SHIFT   4u
#define LB_BLOCKS_PER_ROW    8u

LB_LAYOUT_BEGIN
struct lb_row {
	uint64_t word[8];
};

struct lb_plan_header {
	uint32_t version;                    /* LB_PLAN_VERSION */
	uint32_t row_count;                  /* of the whole plan */
	uint32_t endpoint_at, endpoint_mask; /* row = at + (hash & mask) */
	uint32_t rule_at, rule_count;
	uint32_t member_at, member_count; /* count of ids, not of rows */
	uint32_t subnet_at, subnet_count;
	uint16_t next_hop_rule4; /* rule for IPv4 that nothing else names */
	uint16_t next_hop_rule6; /* the same for IPv6; LB_NONE: none */
	uint32_t snat_at, snat_count;
	uint32_t units_at, block_at;
	uint32_t flags; /* enum lb_plan_flag */
};

enum lb_plan_flag {
	LB_PLAN_FILL_FIRST = 0x1,    /* outbound_frontends */
	LB_PLAN_UDP_PORT = 0x2,      /* udp_snat: port */
	LB_PLAN_BOTH_WAYS = 0x4,     /* one key for both ways past a next hop */
	LB_PLAN_HA_ICMP = 0x8,       /* ha_icmp: forward */
	LB_PLAN_DROP_NO_RULE = 0x10, /* no_rule: drop */
};

/*
 * What a packet's address, or address and port, means to us.
 *   ADDRESS   key (addr): flags say what it is, rule the port-0 rule that it
 *             is the frontend of, reply the port-0 rule it is a member of.
 *   FRONTEND  key (addr, proto, port): rule.
 *   REPLY     key (member addr, proto, backend port): reply.
 *   OUTBOUND  key (member addr, proto): `rule` is the member's id; its blocks
 *             are block_count ones from `block` on.
 * A FRONTEND with ICMP or ICMPv6 for its protocol names the first rule of an
 * address that has members: echo.c goes on from there.
 */
enum lb_endpoint_kind {
	LB_ENDPOINT_EMPTY,
	LB_ENDPOINT_ADDRESS,
	LB_ENDPOINT_FRONTEND,
	LB_ENDPOINT_REPLY,
	LB_ENDPOINT_OUTBOUND,
};

enum lb_endpoint_flag {
	LB_ADDRESS_OURS = 0x1,     /* a frontend's, or the balancer's own */
	LB_ADDRESS_FRONTEND = 0x2, /* some rule has it as its frontend */
	LB_ADDRESS_MEMBER = 0x4,
	LB_ADDRESS_SNAT = 0x8, /* `snat` is its number */
};

struct lb_endpoint {
	struct lb_addr addr;
	lb_be16 port; /* 0 for ADDRESS */
	uint8_t proto;
	uint8_t kind;   /* enum lb_endpoint_kind */
	uint16_t rule;  /* LB_NONE: none */
	uint16_t reply; /* LB_NONE: none */
	uint8_t flags;  /* enum lb_endpoint_flag */
	uint8_t snat;   /* of ADDRESS */
	uint16_t block_count;
	uint32_t block; /* of OUTBOUND */
};

enum lb_rule_flag {
	LB_RULE_FLOATING = 0x01,  /* the destination is not rewritten */
	LB_RULE_ANY_PORT = 0x02,  /* port 0: HA ports; ports are kept */
	LB_RULE_TRACK_UDP = 0x04, /* connection_tracking */
	LB_RULE_TCP_RESET = 0x08,
	LB_RULE_ONE_SIDED = 0x10,     /* replies do not pass us */
	LB_RULE_ALL_END = 0x20,       /* all down: entries are not consulted */
	LB_RULE_FIXED = 0x40,         /* inbound NAT: `lut` is the one member */
	LB_RULE_NO_HAIRPIN = 0x80,    /* its members do not reach it */
	LB_RULE_NO_FRAGMENTS = 0x100, /* with LB_RULE_ANY_PORT */
};

struct lb_rule {
	struct lb_addr frontend;
	lb_be16 frontend_port, backend_port; /* 0 with LB_RULE_ANY_PORT */
	uint32_t lut_size;                   /* slots */
	uint16_t lut;   /* which lookup table; with LB_RULE_FIXED a member */
	uint16_t flags; /* enum lb_rule_flag */
	uint16_t id;
	uint8_t live;      /* 0: a row that no rule has */
	uint8_t mode;      /* enum lb_mode */
	uint8_t class_tcp; /* timeout class of this rule's TCP entries */
	uint8_t class_udp;
	uint8_t probe; /* bit of the member state that says "eligible" */
	uint8_t zero;
	uint16_t next_echo; /* the next rule of this frontend that has another
			       lookup table; LB_NONE: there is none */
	uint8_t zero2[26];
};

struct lb_member {
	struct lb_addr addr;
	uint8_t live; /* 0: a row that no member has */
	uint8_t zero[15];
};

struct lb_subnet {
	struct lb_addr addr, mask;
};

/* Ports that a member may leave from: those of first to last whose units
 * belong to anybody (between them lie only rules'). */
struct lb_snat_block {
	uint16_t first, last;
	uint16_t rule;   /* outbound, or load-balancing with implicit SNAT */
	uint8_t address; /* number at snat_at */
	uint8_t class;   /* timeout class of its flows */
};

/* Milliseconds without a packet after which an entry of this class is over.
 * Classes are only ever added while entries live, never changed. */
struct lb_class {
	uint32_t half_ms;        /* half-open */
	uint32_t open_ms;        /* open; also bounds the two closing states */
	uint32_t fin_ms, rst_ms; /* closing (AZ 4.5) */
};
LB_LAYOUT_END

_Static_assert(sizeof(struct lb_row) == LB_ROW_BYTES, "a row is 64 bytes");
_Static_assert(sizeof(struct lb_plan_header) == LB_ROW_BYTES, "one row");
_Static_assert(sizeof(struct lb_hash_key) == LB_ROW_BYTES, "one row");
_Static_assert(sizeof(struct lb_rule) == LB_ROW_BYTES, "one row");
_Static_assert(sizeof(struct lb_snat_block) == 8, "eight in a row");
_Static_assert(sizeof(struct lb_endpoint) == LB_ROW_BYTES / 2, "half a row");
_Static_assert(sizeof(struct lb_member) == LB_ROW_BYTES / 2, "half a row");
_Static_assert(sizeof(struct lb_subnet) == LB_ROW_BYTES / 2, "half a row");

/*
 * The two rows of the endpoint table in which a key may stand, before the
 * mask: the low and the high half.  Not keyed: who could choose these keys
 * already writes the configuration.
 */
LB_INLINE uint64_t
lb_endpoint_hash(
    const struct lb_addr *addr, lb_be16 port, uint8_t proto, uint8_t kind)
{
	uint64_t h = addr->word[1] ^
		     ((uint64_t)kind << 24 | (uint64_t)proto << 16 | port.raw);
	h *= UINT64_C(0x9e3779b97f4a7c15);
	h ^= h >> 32;
	h += addr->word[0];
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 29;
}

#endif
