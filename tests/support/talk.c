/* SPDX-License-Identifier: MIT */
#include "tests/support/talk.h"

#include <ctype.h>
#include <stdlib.h>

#define ANY_PORT     9999u
#define PAYLOAD      100u
#define CLIENT_FIRST 0x7ffffff0u /* wraps its sign, but not 2^32 */
#define MEMBER_FIRST 0xc0000000u

struct talk
talk_open(struct rig *rig, enum rig_rule rule, uint16_t port)
{
	const struct lb_config_rule *r = &rig->config.rules[rule];
	struct talk t = {
		.rig = rig,
		.client_port = port,
		.frontend_port = r->frontend_port,
		.backend_port = r->backend_port,
		.proto = r->proto != 0 ? r->proto : LB_PROTO_TCP,
		.member = LB_NONE,
		.client_seq = CLIENT_FIRST,
		.member_seq = MEMBER_FIRST,
	};
	if (r->frontend >= 0)
		t.frontend = rig->config.frontends[r->frontend].address;
	if (r->frontend_port == 0)
		t.frontend_port = t.backend_port = ANY_PORT;
	if (r->frontend < 0 || lb_addr_is_v4(&t.frontend))
		t.client = (struct lb_addr)RIG_CLIENT4;
	else
		t.client = (struct lb_addr)RIG_CLIENT6;
	return t;
}

static uint8_t
flags_of(char letter)
{
	switch (toupper(letter)) {
	case 'S':
		return LB_TCP_SYN;
	case 'B':
		return LB_TCP_SYN | LB_TCP_ACK;
	case 'A':
		return LB_TCP_ACK;
	case 'D':
		return LB_TCP_ACK | 0x08; /* push */
	case 'F':
		return LB_TCP_FIN | LB_TCP_ACK;
	case 'R':
		return LB_TCP_RST;
	default:
		abort();
	}
}

struct frame_spec
talk_packet(const struct talk *t, char letter)
{
	struct frame_spec spec = {
		.src = t->client,
		.dst = t->frontend,
		.sport = t->client_port,
		.dport = t->frontend_port,
		.proto = t->proto,
		.seq = t->client_seq,
		.ack = t->member_seq,
		.payload_bytes = toupper(letter) == 'D' ? PAYLOAD : 0,
	};
	if (t->proto == LB_PROTO_TCP)
		spec.tcp_flags = flags_of(letter);
	if ((spec.tcp_flags & LB_TCP_ACK) == 0)
		spec.ack = 0;
	if (islower(letter)) {
		spec.src = rig_address(t->rig, t->member);
		spec.dst = t->client;
		spec.sport = t->backend_port;
		spec.dport = t->client_port;
		spec.seq = t->member_seq;
		spec.ack = t->client_seq;
	}
	return spec;
}

const struct lb_result *
talk_say(struct talk *t, char letter, uint32_t now_ms)
{
	struct frame_spec spec = talk_packet(t, letter);
	uint32_t *seq = islower(letter) ? &t->member_seq : &t->client_seq;
	const struct lb_result *result = rig_send(t->rig, &spec, now_ms);
	*seq += spec.payload_bytes + ((spec.tcp_flags & LB_TCP_SYN) != 0) +
		((spec.tcp_flags & LB_TCP_FIN) != 0);
	if (isupper(letter) && result->member != LB_NONE)
		t->member = result->member;
	return result;
}

const struct lb_result *
talk_all(struct talk *t, const char *letters, uint32_t now_ms)
{
	for (; *letters != '\0'; letters++)
		(void)talk_say(t, *letters, now_ms);
	return &t->rig->result;
}
