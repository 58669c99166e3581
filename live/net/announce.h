/* SPDX-License-Identifier: MIT */
#ifndef LIVE_NET_ANNOUNCE_H
#define LIVE_NET_ANNOUNCE_H
/*
 * Frames about who has an address: what we say unasked, and what others say.
 * Bytes only.
 *
 * Source: RFC 5227 2.3 (announcement), 2.4 (conflict); RFC 4861 4.4, 7.2.6.
 */
#include "model/path/addr.h"

#define LIVE_ANNOUNCEMENT_BYTES 86u /* at most */

/*
 * live_announcement - the frame that tells a whole link who has an address: an
 * ARP request for itself, or an advertisement to all nodes.
 *
 * router  IPv6: whether we forward.
 * to      LIVE_ANNOUNCEMENT_BYTES of room.
 *
 * Returns its bytes.
 */
size_t live_announcement(
    const struct lb_addr *addr, const uint8_t mac[6], bool router, uint8_t *to);

/* live_claim_read - which address a frame that was handed over as
 * LIVE_TAP_CLAIMED claims, and for which link address; false: none. */
bool live_claim_read(
    const uint8_t *frame, size_t bytes, struct lb_addr *addr, uint8_t mac[6]);

/* The group that is asked for an IPv6 address: RFC 4291 2.7.1, RFC 2464 7. */
void live_solicited_group(const struct lb_addr *addr, uint8_t mac[6]);

#endif
