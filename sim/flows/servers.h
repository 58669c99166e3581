/* SPDX-License-Identifier: MIT */
#ifndef SIM_SERVERS_H
#define SIM_SERVERS_H
/* Which servers the flows of a capture went to, by number of flows. */
#include "sim/flows/flows.h"

struct sim_server {
	struct lb_addr addr;
	lb_be16 port;  /* 0 when asked by address */
	uint8_t proto; /* 0 when asked by address */
	uint64_t flows;
};

/*
 * sim_servers_busiest - the servers with the most flows, most first; of equal
 * ones the earlier seen first.
 *
 * by_address  an address with all its ports and protocols is one server.
 * top         room for max of them, out.
 *
 * Returns how many there are, at most max; -1 without memory.
 * Cost: linear in the flows, times max in the servers.
 */
int sim_servers_busiest(const struct sim_flows *flows, bool by_address,
    struct sim_server *top, int max);

#endif
