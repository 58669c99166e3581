/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIVE_RICH_H
#define TESTS_LIVE_RICH_H
/*
 * A configuration that leads into every branch of the path, and its endless
 * changes: members and rules come, go and change places, the SKU and the
 * forwarding mode change, timeouts too; and members go up and down.
 */
#include "model/plan/plan.h"
#include "tests/support/chance.h"

#define RICH_POOLS_MAX   16u
#define RICH_MEMBERS_MAX 8u /* in a pool */
#define RICH_PROBES      2u

/* What may change.  A member or rule is itself wherever it stands. */
struct rich {
	uint32_t members[RICH_POOLS_MAX]; /* bit m: the pool's m-th is there */
	uint32_t rules;                   /* bit r: so for the r-th rule */
	uint32_t nats;                    /* bit n: so for the n-th NAT rule */
	uint32_t outbounds; /* bit o: so for the o-th outbound rule */
	bool udp_port, fill_first;
	uint32_t otherwise; /* bit s: so for that switch */
	uint32_t turn;      /* lists begin somewhere else */
	enum lb_sku sku;
	enum lb_forwarding forwarding;
	bool next_hop;
	uint32_t idle_more_ms; /* than the rules' tables say */
	uint64_t admin_seed;   /* 0: no member has an admin state */
};

struct rich_health {
	uint64_t down[RICH_PROBES]; /* bit id & 63 */
};

/* Where the traffic may go. */
struct rich_target {
	struct lb_addr addr;
	uint16_t port; /* 0: any */
	uint8_t proto; /* 0: TCP and UDP */
};

struct rich rich_everything(void);
void rich_change(struct rich *r, struct chance *c);
/* NULL without memory. */
struct lb_config *rich_config(const struct rich *r);

void rich_health_change(
    struct rich_health *h, const struct lb_plan *plan, struct chance *c);
/* For lb_plan_health(); arg is a struct rich_health. */
bool rich_is_up(void *arg, int probe, uint16_t member);

uint32_t rich_target_count(void);
struct rich_target rich_target(uint32_t i);
/* A member's, there or not. */
struct lb_addr rich_member(bool six, struct chance *c);
/* One that has few SNAT ports. */
struct lb_addr rich_busy_member(bool six, bool udp);
/* Any address that means something: frontends, members, the balancer's own,
 * its neighbours. */
struct lb_addr rich_address(bool six, struct chance *c);

#endif
