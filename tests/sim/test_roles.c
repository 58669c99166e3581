/* SPDX-License-Identifier: MIT */
/* sim/replay/roles.c: who is the client, by a flow's first packet (design.md
 * 4). */
#include "sim/replay/roles.h"
#include "tests/unit.h"

#define T     LB_PROTO_TCP
#define U     LB_PROTO_UDP
#define S     LB_TCP_SYN
#define A     LB_TCP_ACK
#define F     LB_TCP_FIN
#define R     LB_TCP_RST
#define SYN   SIM_ROLE_BY_SYN
#define PORT  SIM_ROLE_BY_PORT
#define FIRST SIM_ROLE_BY_FIRST
#define WHOLE LB_FRAGMENT_NO
#define HEAD  LB_FRAGMENT_FIRST
#define TAIL  LB_FRAGMENT_LATER

/* clang-format off */
static const struct {
	const char *row;
	uint8_t proto, flags, fragment;
	uint16_t sport, dport;
	bool sender_is_client;
	enum sim_role_by by;
} truths[] = {
	/* a handshake says who begins, whatever the ports say */
	{ "SYN to a server port",   T, S,     WHOLE, 40000,   443, true,  SYN },
	{ "SYN from one",           T, S,     WHOLE,   443, 40000, true,  SYN },
	{ "SYN between high ports", T, S,     WHOLE, 40000, 40001, true,  SYN },
	{ "SYN-ACK",                T, S | A, WHOLE,   443, 40000, false, SYN },
	{ "SYN-ACK, ports turned",  T, S | A, WHOLE, 40000,   443, false, SYN },
	{ "SYN and FIN",            T, S | F, WHOLE, 40000,   443, true,  SYN },
	{ "SYN in a first fragment", T, S,    HEAD,  40000, 40001, true,  SYN },
	/* else exactly one server port */
	{ "ACK to 443",             T, A,     WHOLE, 40000,   443, true,  PORT },
	{ "ACK from 443",           T, A,     WHOLE,   443, 40000, false, PORT },
	{ "RST from 80",            T, R,     WHOLE,    80, 40000, false, PORT },
	{ "UDP to 53",              U, 0,     WHOLE, 40000,    53, true,  PORT },
	{ "UDP from 53",            U, 0,     WHOLE,    53, 40000, false, PORT },
	{ "to 1023",                U, 0,     WHOLE, 40000,  1023, true,  PORT },
	{ "from 0",                 U, 0,     WHOLE,     0, 40000, false, PORT },
	{ "MQTT",                   T, A,     WHOLE,  1883, 40000, false, PORT },
	{ "STUN",                   U, 0,     WHOLE,  3478, 40000, false, PORT },
	{ "QUIC tests",             U, 0,     WHOLE,  4433, 40000, false, PORT },
	{ "SIP",                    U, 0,     WHOLE,  5060, 40000, false, PORT },
	{ "CoAP",                   U, 0,     WHOLE,  5683, 40000, false, PORT },
	{ "CoAP over DTLS",         U, 0,     WHOLE,  5684, 40000, false, PORT },
	{ "HTTP",                   T, A,     WHOLE,  8080, 40000, false, PORT },
	{ "HTTPS",                  T, A,     WHOLE,  8443, 40000, false, PORT },
	{ "MQTT over TLS",          T, A,     WHOLE,  8883, 40000, false, PORT },
	{ "first fragment from 53", U, 0,     HEAD,     53, 40000, false, PORT },
	{ "flags of UDP mean nothing", U, S | A, WHOLE, 40000, 53, true,  PORT },
	/* else the sender */
	{ "1024 is none",           U, 0,     WHOLE,  1024, 40000, true, FIRST },
	{ "both are",               U, 0,     WHOLE,   123,   123, true, FIRST },
	{ "both are, by list",      U, 0,     WHOLE,  5683,    53, true, FIRST },
	{ "none is",                T, A,     WHOLE, 40000, 40001, true, FIRST },
	{ "443 would be, 4430 not", T, A,     WHOLE,  4430, 40001, true, FIRST },
	{ "no ports",               U, 0,     TAIL,      0,     0, true, FIRST },
	{ "a fragment has no flags", T, S | A, TAIL,     0,     0, true, FIRST },
};
/* clang-format on */

static void
test_truths(void)
{
	for (size_t i = 0; i < LB_COUNT(truths); i++) {
		const struct lb_packet pkt = {
			.ip = { .proto = truths[i].proto,
			    .fragment = truths[i].fragment,
			    .sport = lb_be16_of(truths[i].sport),
			    .dport = lb_be16_of(truths[i].dport) },
			.tcp_flags = truths[i].flags,
		};
		struct sim_role role = sim_role_of(&pkt);

		UNIT_ROW(truths[i].row,
		    role.sender_is_client == truths[i].sender_is_client);
		UNIT_EQUAL(truths[i].row, role.by, truths[i].by);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "truths", test_truths },
		CU_TEST_INFO_NULL,
	};

	return unit_main("sim/roles", tests);
}
