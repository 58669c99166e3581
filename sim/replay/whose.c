/* SPDX-License-Identifier: MIT */
/* Whose packet: its flow, which end is the client, and whether the flow is
 * one that is asked for. */
#include "sim/replay/leavers.h"
#include "sim/replay/run_state.h"

bool
sim_vip_has(const struct sim_vip *vip, const struct sim_flow *flow)
{
	if (vip->kind == SIM_VIP_ANY)
		return true;
	if (!lb_addr_same(&vip->addr, &flow->server))
		return false;
	return vip->port == 0 || (flow->marks & SIM_FLOW_PORTLESS) != 0 ||
	       vip->port == lb_be16_get(flow->server_port);
}

static bool
is_frontend(const struct lb_config *c, const struct lb_addr *addr)
{
	for (size_t i = 0; i < c->frontend_count; i++)
		if (lb_addr_same(&c->frontends[i].address, addr))
			return true;
	return false;
}

/* The frontend that stands in for the vip asked for; LB_NONE: it is one. */
static uint16_t
frontend_for(const struct sim_run *run, const struct sim_flow *flow)
{
	const struct sim_settings *s = run->settings;
	const uint16_t port = lb_be16_get(flow->server_port);

	if (run->vip.kind == SIM_VIP_ANY || s->together || s->case_count == 0)
		return LB_NONE;
	const struct lb_config *c = s->cases[0].config;
	if (is_frontend(c, &flow->server))
		return LB_NONE;
	for (size_t i = 0; i < c->rule_count; i++) {
		const struct lb_config_rule *rule = &c->rules[i];
		if (rule->frontend < 0 ||
		    (rule->proto != 0 && rule->proto != flow->proto) ||
		    (rule->frontend_port != 0 && rule->frontend_port != port))
			continue;
		const struct lb_addr *addr =
		    &c->frontends[rule->frontend].address;
		if (lb_addr_is_v4(addr) == lb_addr_is_v4(&flow->server))
			return (uint16_t)rule->frontend;
	}
	return LB_NONE;
}

/* The first packet of a flow decides its roles.  Is it from the client? */
static bool
settle(const struct sim_run *run, struct sim_flow *flow, struct sim_role role)
{
	if (!role.sender_is_client)
		sim_flow_turn(flow);
	flow->marks |= (uint8_t)(role.by << SIM_FLOW_BY_SHIFT);
	sim_leavers_settle(run, flow);
	if ((flow->marks & SIM_FLOW_OUTBOUND) != 0)
		return role.sender_is_client;
	if (sim_vip_has(&run->vip, flow)) {
		flow->marks |= SIM_FLOW_OURS;
		flow->frontend = frontend_for(run, flow);
	}
	return role.sender_is_client;
}

void
sim_count_flow(struct sim_run *run, struct sim_flow *flow)
{
	if ((flow->marks & SIM_FLOW_COUNTED) != 0)
		return;
	flow->marks |= SIM_FLOW_COUNTED;
	const unsigned by = flow->marks >> SIM_FLOW_BY_SHIFT;
	if (by < SIM_ROLE_BY_COUNT)
		run->role_by[by]++;
	run->flow_count++;
}

/*
 * The first fragment of a datagram has ports, the others do not and are a
 * flow of their own: its roles are decided now, while there are ports to tell
 * by.  0; -1 without memory.
 */
static int
find_datagram(struct sim_run *run, struct sim_arrival *a)
{
	enum sim_direction direction;

	a->datagram = sim_flows_find(run->flows, &a->pkt, true,
	    sim_flows_hash(run->flows, &a->pkt, true), &direction);
	if (a->datagram == NULL)
		return direction == SIM_FLOWS_FULL ? 0 : -1;
	if (direction == SIM_NEW_FLOW)
		(void)settle(run, a->datagram,
		    (struct sim_role){
			.sender_is_client = a->from_client,
			.by = a->flow->marks >> SIM_FLOW_BY_SHIFT,
		    });
	return 0;
}

/* The addresses that the packet has in this round and with this vip. */
static void
readdress(const struct sim_run *run, struct sim_arrival *a)
{
	struct lb_headers *ip = &a->pkt.ip;

	if ((a->flow->marks & SIM_FLOW_OUTBOUND) != 0) {
		*(a->from_client ? &ip->src : &ip->dst) =
		    *sim_leaver_address(run, a->flow);
		return;
	}
	if (run->round > 0) {
		struct lb_addr *client = a->from_client ? &ip->src : &ip->dst;
		*client = sim_shift_client(client, run->round);
	}
	if (a->flow->frontend != LB_NONE && a->from_client)
		ip->dst = run->settings->cases[0]
			      .config->frontends[a->flow->frontend]
			      .address;
}

int
sim_find_flow(struct sim_run *run, struct sim_arrival *a)
{
	const uint8_t fragment = a->pkt.ip.fragment;
	enum sim_direction direction;

	a->datagram = NULL;
	a->flow = sim_flows_find(run->flows, &a->pkt,
	    fragment == LB_FRAGMENT_LATER, a->hash, &direction);
	if (LB_UNLIKELY(a->flow == NULL))
		return direction == SIM_FLOWS_FULL ? 0 : -1;
	a->from_client = direction == SIM_FROM_CLIENT;
	if (direction == SIM_NEW_FLOW) {
		struct sim_role role = sim_role_of(&a->pkt);
		role.sender_is_client ^= run->settings->reverse;
		a->from_client = settle(run, a->flow, role);
	}
	if (LB_UNLIKELY(fragment == LB_FRAGMENT_FIRST) &&
	    find_datagram(run, a) != 0)
		return -1;
	if (LB_UNLIKELY(a->flow->frontend != LB_NONE || run->round > 0))
		readdress(run, a);
	return 0;
}
