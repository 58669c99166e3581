/* SPDX-License-Identifier: MIT */
#ifndef LIVE_NET_NEXTHOPS_H
#define LIVE_NET_NEXTHOPS_H
/*
 * Where members are reached: interface and link address, kept in the maps of
 * the forwarding program (live/xdp/forward_io.h) as routes and neighbours
 * change.
 *
 * What is forwarded past the kernel confirms no neighbour to it.  So whoever
 * is stale is asked again, members and clients alike, or a gateway that got
 * another link address would never be noticed.
 */
#include "live/bpf/engine.h"
#include "live/net/netlink.h"

struct live_nexthops;

/* NULL and errno. */
struct live_nexthops *live_nexthops_new(struct live_netlink *netlink);
void live_nexthops_free(struct live_nexthops *hops); /* NULL is fine */

/*
 * live_nexthops_use - fill the maps of an engine for the members of a plan
 * (tombstones too: they have connections), and keep those from now on.
 * Returns 0, or -errno with the maps before still in use.
 */
int live_nexthops_use(struct live_nexthops *hops,
    const struct live_engine *engine, const struct lb_plan *plan);

/*
 * The same in two steps: all that can fail, with nothing changed, and then what
 * can't but for the refresh, which commit ends with and returns the result of:
 * until one goes well, what it would have found is the kernel's to forward.
 *
 * live_nexthops_prepare  NULL and errno.
 * live_nexthops_commit   takes the change.
 */
struct live_nexthops *live_nexthops_prepare(const struct live_nexthops *hops,
    const struct live_engine *engine, const struct lb_plan *plan);
int live_nexthops_commit(
    struct live_nexthops *hops, struct live_nexthops *change);
void live_nexthops_drop(struct live_nexthops *change); /* NULL is fine */

/*
 * live_nexthops_refresh - ask for everything anew: interfaces, routes,
 * neighbours; have the unknown and the stale resolved.  For every change that
 * is not a neighbour's, and every few seconds.  Cost: a question per member.
 */
int live_nexthops_refresh(struct live_nexthops *hops);

/* A neighbour changed. */
void live_nexthops_neighbour(
    struct live_nexthops *hops, const struct live_neighbour *neighbour);

/*
 * live_nexthops_doubt - nothing is heard from a member: has the kernel ask anew
 * who has its address, as soon as that can be another machine than it believes.
 * Only of who is on our own links; a router has others behind it.  What
 * somebody wrote down stays.
 */
void live_nexthops_doubt(
    struct live_nexthops *hops, const struct lb_addr *member);

/* Is a member's neighbour known, so that packets go straight to it? */
bool live_nexthops_known(const struct live_nexthops *hops, uint16_t member);

/* Members of the plan with and without a known neighbour. */
void live_nexthops_count(
    const struct live_nexthops *hops, uint32_t *known, uint32_t *unknown);

#endif
