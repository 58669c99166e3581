/* SPDX-License-Identifier: MIT */
#ifndef LIVE_CHECK_RULE_NOTES_H
#define LIVE_CHECK_RULE_NOTES_H
/* What rules ask of the network around: of members, and of the balancer's own
 * machine. */
#include "live/check/precheck.h"

/* What is done with a pool. */
struct live_pool_use {
	bool answers;    /* what its members send is translated here */
	bool hairpin;    /* and may be for one of themselves */
	const char *hop; /* the rule that is forwarding.ha_next_hop; NULL */
};

struct live_pool_use live_pool_use(const struct lb_config *config, size_t pool);

/* Is every TCP and UDP port of this frontend some rule's, or else dropped? */
bool live_frontend_closed(const struct lb_config *config, size_t frontend);

/* What is wanted to be known of a frontend that is an address of the machine
 * and not closed. */
#define LIVE_FRONTEND_OPEN                                                     \
	"an address of this machine, so that ports of it that no rule has "    \
	"reach what listens on it here, or on all addresses (sshd?), where "   \
	"Azure is silent: have that listen elsewhere, or set "                 \
	"load_balancer.no_rule: drop"

/* The members' part of floating IP, for each rule that has it. */
void live_rule_notes(const struct lb_config *config,
    void (*tell)(void *arg, enum live_finding finding, const char *about,
	const char *text),
    void *arg);

#endif
