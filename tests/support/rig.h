/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_RIG_H
#define TESTS_SUPPORT_RIG_H
/*
 * A balancer on the bench: one configuration with a rule of every kind, its
 * plan and world, and a way to send packets through parse, step and apply
 * with everything checked that must hold of any packet.
 *
 *     rig_open(&rig);             the configuration, to be changed at will
 *     rig_start(&rig);            plan and world
 *     rig_send(&rig, &spec, ms);  see rig.result, rig.out
 *     rig_swap(&rig);             after changing rig.config: a new plan
 *     rig_close(&rig);
 */
#include "model/tables/world.h"
#include "tests/support/frame.h"

enum rig_frontend {
	RIG_VIP,      /* 203.0.113.10 */
	RIG_HA,       /* .20 */
	RIG_FLOAT,    /* .30 */
	RIG_FLOAT_HA, /* .40 */
	RIG_BARE,     /* .50, no rule has it */
	RIG_VIP6,     /* 2001:db8:f::10 */
	RIG_HA6,      /* ::20 */
	RIG_FRONTENDS
};

enum rig_pool {
	RIG_WEB,  /* 10.0.0.4, .5, .6 */
	RIG_NVA,  /* 10.0.1.4 .. */
	RIG_NEAR, /* 10.0.2.4 .., for floating IP */
	RIG_WEB6, /* 2001:db8:a::4 .. */
	RIG_NVA6, /* 2001:db8:b::4 .. */
	RIG_POOLS
};

#define RIG_MEMBERS 3u /* in each pool */

enum rig_rule {
	RIG_HTTP,         /* VIP, TCP 80 -> 8080 */
	RIG_RESET,        /* VIP, TCP 81 -> 8081, tcp_reset */
	RIG_BRIEF,        /* VIP, TCP 90 -> 8090, idle 30 s */
	RIG_SAME_PORT,    /* VIP, TCP 22 -> 22 */
	RIG_SOURCE,       /* VIP, TCP 443 -> 8443, source-ip */
	RIG_SOURCE_UDP,   /* VIP, UDP 443 -> 8443, source-ip */
	RIG_SOURCE2,      /* VIP, TCP 445 -> 8445, source-ip */
	RIG_PROTOCOL,     /* VIP, TCP 444 -> 8444, source-ip-protocol */
	RIG_PROTOCOL_UDP, /* VIP, UDP 444 -> 8444, source-ip-protocol */
	RIG_PROTOCOL2,    /* VIP, TCP 446 -> 8446, source-ip-protocol */
	RIG_DNS,          /* VIP, UDP 53 -> 5353, not tracked */
	RIG_COAP,         /* VIP, UDP 5683 -> 5684, tracked, tcp_reset */
	RIG_ANY,          /* HA, all ports */
	RIG_FLOAT_HTTP,   /* FLOAT, TCP 80 -> 8080, floating */
	RIG_FLOAT_COAP,   /* FLOAT, UDP 5683 -> 5683, floating, tracked */
	RIG_FLOAT_ANY,    /* FLOAT_HA, all ports, floating */
	RIG_NEXT,         /* no frontend: next_hop_rule4 can be it */
	RIG_HTTP6,        /* VIP6, TCP 80 -> 8080 */
	RIG_DNS6,         /* VIP6, UDP 53 -> 5353 */
	RIG_COAP6,        /* VIP6, UDP 5683 -> 5684, tracked */
	RIG_ANY6,         /* HA6, all ports */
	RIG_RULES
};

#define RIG_OWN4     FRAME_V4(10, 0, 0, 2) /* the balancer's own */
#define RIG_NEAR4    FRAME_V4(10, 0, 9, 9) /* in the members' subnets */
#define RIG_CLIENT4  FRAME_V4(198, 51, 100, 7)
#define RIG_CLIENT6  FRAME_V6(0x2001, 0xdb8, 0xc, 0, 0, 0, 0, 7)
#define RIG_ROUTER4  FRAME_V4(192, 0, 2, 1)
#define RIG_IDS_MAX  64u
#define RIG_START_MS 1000u
#define RIG_IDLE_MS  240000u

struct rig {
	struct lb_config config;
	struct lb_config_frontend frontends[RIG_FRONTENDS];
	struct lb_config_pool pools[RIG_POOLS];
	struct lb_config_member members[RIG_POOLS][RIG_MEMBERS + 1];
	struct lb_config_probe probe;
	struct lb_config_rule rules[RIG_RULES + 1];
	struct lb_addr own[1];
	struct lb_config_subnet subnets[3];

	struct lb_plan *plan;
	struct lb_world *world;
	bool down[RIG_IDS_MAX]; /* by member id, as probed */

	struct frame in, out;
	struct lb_packet packet;
	struct lb_result result;
};

void rig_open(struct rig *rig);
void rig_start(struct rig *rig);
void rig_swap(struct rig *rig);
void rig_close(struct rig *rig);

/*
 * rig_send.c: one packet at path time now_ms; in rig->in as it came, in
 * rig->out as it left.  Asserts (CUnit) that it parses; that a packet that
 * passes or is dropped is not edited; that a forwarded one can be, that its
 * checksums are as right as before, that only what the edit names has changed;
 * and that the tables are in order.
 */
const struct lb_result *rig_send(
    struct rig *rig, const struct frame_spec *spec, uint32_t now_ms);
/* The same for a frame already in rig->in. */
const struct lb_result *rig_send_frame(struct rig *rig, uint32_t now_ms);

/* A member's probe fails or answers again. */
void rig_health(struct rig *rig, uint16_t member, bool up);

uint16_t rig_rule(const struct rig *rig, enum rig_rule rule);
uint16_t rig_member(const struct rig *rig, enum rig_pool pool, unsigned i);
struct lb_addr rig_address(const struct rig *rig, uint16_t member);
struct lb_addr rig_frontend(const struct rig *rig, enum rig_frontend frontend);
/* A member of the pool that is not this one. */
uint16_t rig_other(const struct rig *rig, enum rig_pool pool, uint16_t than);

/* The entry that rig->result names. */
uint64_t *rig_ctl(const struct rig *rig);
uint32_t rig_seen_ms(const struct rig *rig);
uint32_t rig_deadline_ms(const struct rig *rig);

/* Is rig->out just what this describes, to the byte? */
bool rig_left_as(const struct rig *rig, const struct frame_spec *spec);

#endif
