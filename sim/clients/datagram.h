/* SPDX-License-Identifier: MIT */
#ifndef SIM_DATAGRAM_H
#define SIM_DATAGRAM_H
/* What servers of datagrams have in common: client_udp.c, client_coap.c. */
#include "sim/traffic/sizes.h"
#include "sim/world/world.h"

/* Of Ethernet's 1,500 bytes, less IPv4 and UDP: answers are one packet. */
#define SIM_DATAGRAM_MAX 1472u

/* Does a server in that state say anything? */
static inline bool
sim_server_speaks(enum lb_fault_kind state)
{
	switch (state) {
	case LB_FAULT_CRASHED:
	case LB_FAULT_OFF:
	case LB_FAULT_REFUSING:
	case LB_FAULT_HANGING:
	case LB_FAULT_DEAF:
		return false;
	default:
		return true;
	}
}

/* Is it still as it was when it took what it has not answered?  Outside they
 * always are. */
static inline bool
sim_server_knows(const struct sim_world *w, uint16_t member, uint16_t epoch)
{
	struct sim_condition condition = sim_world_condition(w, member);

	if (member == SIM_OUTSIDE)
		return true;
	return (uint16_t)condition.epoch == epoch &&
	       sim_server_speaks(condition.state);
}

/* Bytes of the answer to the k-th request of a session. */
static inline uint32_t
sim_datagram_bytes(struct sim_world *w, const struct sim_session *s, uint32_t k)
{
	uint64_t bytes = sim_size_draw(sim_session_source(w, s)->traffic,
	    &w->dice, s->source, sim_draw_in(s->serial, k));

	return bytes < SIM_DATAGRAM_MAX ? (uint32_t)bytes : SIM_DATAGRAM_MAX;
}

#endif
