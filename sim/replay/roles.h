/* SPDX-License-Identifier: MIT */
#ifndef SIM_ROLES_H
#define SIM_ROLES_H
/*
 * Who is the client of a captured flow: decided at the flow's first packet
 * and never revised, because what follows was balanced by that decision.
 *
 * Source: design.md 4.
 */
#include "model/path/packet.h"

enum sim_role_by {
	SIM_ROLE_BY_SYN,   /* a SYN's sender, a SYN-ACK's receiver */
	SIM_ROLE_BY_PORT,  /* exactly one end has a port that servers have */
	SIM_ROLE_BY_FIRST, /* who was seen first */
	SIM_ROLE_BY_COUNT,
	SIM_ROLE_SYNTHETIC = SIM_ROLE_BY_COUNT /* not captured: it was told */
};

struct sim_role {
	bool sender_is_client;
	enum sim_role_by by;
};

/*
 * sim_role_of - the roles in the flow that this packet is the first of.
 *
 * pkt  TCP or UDP, parsed.  Without ports (later fragments) they are 0 and
 *      the sender is the client.
 *
 * No errors.  Cost: constant.
 */
struct sim_role sim_role_of(const struct lb_packet *pkt);

#endif
