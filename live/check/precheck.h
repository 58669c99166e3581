/* SPDX-License-Identifier: MIT */
#ifndef LIVE_CHECK_PRECHECK_H
#define LIVE_CHECK_PRECHECK_H
/*
 * What `fairlead live` would do on this machine, and what would be in its way:
 * everything that can be found out without attaching or pinning anything.
 */
#include "live/check/settings.h"
#include "live/net/netlink.h"

enum live_finding {
	LIVE_WOULD,      /* what would be done */
	LIVE_UNLIKE_SIM, /* what sim assumes or makes up
			    (live/check/switching.h) */
	LIVE_WOULD_WARN, /* would go on, but wants to be known */
	LIVE_WOULD_FAIL,
};

/*
 * live_precheck - look, and tell.
 *
 * config  read with success.
 * tell    called for each finding: about is an interface, a frontend, ...; ""
 *         for the machine.
 *
 * Returns how many LIVE_WOULD_FAIL there were.
 */
unsigned live_precheck(const struct live_settings *settings,
    const struct lb_config *config,
    void (*tell)(void *arg, enum live_finding finding, const char *about,
	const char *text),
    void *arg);

/* Only how members are reached, and whether their answers come by. */
void live_precheck_members(const struct live_settings *settings,
    const struct lb_config *config, struct live_netlink *netlink,
    void (*tell)(void *arg, enum live_finding finding, const char *about,
	const char *text),
    void *arg);

#endif
