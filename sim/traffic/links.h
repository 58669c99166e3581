/* SPDX-License-Identifier: MIT */
#ifndef SIM_LINKS_H
#define SIM_LINKS_H
/*
 * A packet on its way: lost, or how long it takes.  Each packet by itself, so
 * that jitter may turn their order round.
 */
#include "model/scenario/scene.h"
#include "sim/events/dice.h"

/*
 * sim_link_cross - one packet, one way, one link.
 *
 * purpose    SIM_DRAW_CLIENT_LINK, SIM_DRAW_MEMBER_LINK.
 * entity, n  the source of traffic and sim_draw_in(session, the packet's number
 *            in it, both directions counted as one): the same packet is lost
 *            in every case.
 * delay_ns   out, unless it is lost: latency, plus 0 to jitter.
 *
 * Returns false when it is lost.  Cost: nothing is drawn for a link without
 * jitter and loss, else ten rounds.
 */
bool sim_link_cross(const struct lb_link *link, struct sim_dice *dice,
    enum sim_purpose purpose, uint32_t entity, uint64_t n, uint64_t *delay_ns);

#endif
