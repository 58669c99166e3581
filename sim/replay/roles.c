/* SPDX-License-Identifier: MIT */
#include "sim/replay/roles.h"

#define SYSTEM_PORT_END 1024u /* RFC 6335 6: system ports are below */

/* Registered ports above the system's that only servers have. */
static const uint16_t server_ports[] = {
	1883, /* MQTT */
	3478, /* STUN and TURN */
	4433, /* QUIC and DTLS, by habit of their test tools */
	5060, /* SIP */
	5683, /* CoAP */
	5684, /* CoAP over DTLS */
	8080, /* HTTP */
	8443, /* HTTPS */
	8883, /* MQTT over TLS */
};

static bool
is_server_port(lb_be16 wire_port)
{
	uint16_t port = lb_be16_get(wire_port);

	if (port < SYSTEM_PORT_END)
		return true;
	for (size_t i = 0; i < LB_COUNT(server_ports); i++)
		if (server_ports[i] == port)
			return true;
	return false;
}

struct sim_role
sim_role_of(const struct lb_packet *pkt)
{
	const struct lb_headers *ip = &pkt->ip;
	bool has_flags =
	    ip->proto == LB_PROTO_TCP && ip->fragment != LB_FRAGMENT_LATER;

	if (has_flags && (pkt->tcp_flags & LB_TCP_SYN) != 0)
		return (struct sim_role){
			.sender_is_client = lb_packet_is_bare_syn(pkt),
			.by = SIM_ROLE_BY_SYN,
		};

	bool from_server = is_server_port(ip->sport);
	bool to_server = is_server_port(ip->dport);
	if (from_server != to_server)
		return (struct sim_role){
			.sender_is_client = to_server,
			.by = SIM_ROLE_BY_PORT,
		};
	return (struct sim_role){
		.sender_is_client = true,
		.by = SIM_ROLE_BY_FIRST,
	};
}
