/* SPDX-License-Identifier: MIT */
#include "sim/flows/servers.h"

#include "sim/flows/keys.h"

static int
count_flows(
    struct sim_keys *servers, const struct sim_flows *flows, bool by_address)
{
	for (uint32_t i = 0; i < sim_flows_count(flows); i++) {
		const struct sim_flow *flow = sim_flows_at(flows, i);
		struct sim_key_id id = { .src = flow->server };

		if ((flow->marks & SIM_FLOW_COUNTED) == 0)
			continue;
		if (!by_address)
			id.ports_proto =
			    flow->server_port.raw | (uint64_t)flow->proto << 32;
		uint32_t number = sim_keys_find(servers, &id);
		if (number == SIM_KEY_NONE)
			return -1;
		servers->at[number].flows++;
	}
	return 0;
}

/* Takes the busiest out of the list: none is found twice. */
static bool
take_busiest(struct sim_keys *servers, struct sim_server *out)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < servers->count; i++)
		if (servers->at[i].flows > servers->at[best].flows)
			best = i;
	if (servers->count == 0 || servers->at[best].flows == 0)
		return false;
	const struct sim_key_id *id = &servers->ids[best];
	*out = (struct sim_server){
		.addr = id->src,
		.port = { (uint16_t)id->ports_proto },
		.proto = (uint8_t)(id->ports_proto >> 32),
		.flows = servers->at[best].flows,
	};
	servers->at[best].flows = 0;
	return true;
}

int
sim_servers_busiest(const struct sim_flows *flows, bool by_address,
    struct sim_server *top, int max)
{
	struct sim_keys servers;
	int count = -1;

	if (sim_keys_init(&servers) == 0 &&
	    count_flows(&servers, flows, by_address) == 0) {
		count = 0;
		while (count < max && take_busiest(&servers, &top[count]))
			count++;
	}
	sim_keys_free(&servers);
	return count;
}
