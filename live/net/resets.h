/* SPDX-License-Identifier: MIT */
#ifndef LIVE_NET_RESETS_H
#define LIVE_NET_RESETS_H
/*
 * TCP resets to both ends of a connection that idled out under a rule with
 * tcp_reset, an outbound one too.  Both numbers were learnt from the packets of
 * who began it: only an exact one resets, anything else in the window asks for
 * proof (RFC 5961 3.2).
 */
#include "model/tables/expire.h"

struct live_resets;

/* Opens the raw sockets: NULL and errno (EPERM without privilege). */
struct live_resets *live_resets_new(void);
void live_resets_free(struct live_resets *resets); /* NULL is fine */

/*
 * live_resets_send - the resets for a flow that ended, if there are any to
 * send: of an open TCP connection, under a rule of the plan that asks for
 * them, and where addresses are rewritten (a member with floating IP is not
 * reached by routing).
 *
 * Returns how many were sent, 0 to 2.
 */
unsigned live_resets_send(struct live_resets *resets,
    const struct lb_plan *plan, const struct lb_expired *flow);

#endif
