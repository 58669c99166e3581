/* SPDX-License-Identifier: MIT */
#ifndef LIVE_NET_CLAIMS_H
#define LIVE_NET_CLAIMS_H
/*
 * The frontends that this machine answers for on its links, where
 * forwarding.answer_neighbours says so.  The program answers
 * (live/xdp/neighbours.h); here it is told for which addresses, the interfaces
 * are made to hear the questions (IPv6's come by multicast), and the links are
 * told unasked: 3 times, a second apart, when an address or an interface is
 * new or comes back.
 *
 * Of those that a rule names, and never of the machine's own addresses: for
 * these the kernel answers.
 */
#include "live/bpf/forwarder.h"
#include "live/bpf/tap.h"
#include "live/net/netlink.h"
#include "model/config/config.h"

struct live_claims;

/* Opens the socket, which takes CAP_NET_RAW, and the timer of announcements.
 * NULL and errno.  live_claims_close() before the loop ends. */
struct live_claims *live_claims_open(
    uv_loop_t *loop, struct live_netlink *netlink);
void live_claims_close(struct live_claims *claims); /* NULL is fine */

/* How many of the configuration's frontends are too many to be answered for;
 * the first of them are.  And what to do about it. */
size_t live_claims_beyond(const struct lb_config *config);

#define LIVE_CLAIMS_BEYOND                                                     \
	"so many frontends are not answered for, the last ones: there is "     \
	"room "                                                                \
	"for 4096 with forwarding.answer_neighbours; give clients a route to " \
	"the others by this machine, or ip addr add them"

/*
 * live_claims_use - another configuration, or another program: the addresses,
 * into its map.  Before a program is attached.
 *
 * Returns 0 or -errno; what could be put is put.  Warns in the log of those
 * that there is no room for.
 */
int live_claims_use(struct live_claims *claims,
    const struct live_forwarder *forwarder, const struct lb_config *config);

/* live_claims_refresh - look again which addresses are the machine's own and
 * where the program is: after every change of either, and now and then. */
int live_claims_refresh(
    struct live_claims *claims, const struct live_forwarder *forwarder);

/* A packet of the kind LIVE_TAP_CLAIMED: logged, of each address once in ten
 * seconds, unless it is one of our own interfaces that is heard. */
void live_claims_heard(
    struct live_claims *claims, const struct live_tap_packet *packet);

#endif
