/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_TALK_H
#define TESTS_SUPPORT_TALK_H
/*
 * A conversation through a rig, written as letters: capitals are the
 * client's, small ones the member's.
 *
 *   S SYN   B SYN-ACK   A ACK   D data   F FIN   R RST    (UDP: D, d)
 *
 * Sequence numbers are what they would be if nothing else was ever said.
 */
#include "tests/support/rig.h"

struct talk {
	struct rig *rig;
	struct lb_addr client, frontend;
	uint16_t client_port, frontend_port, backend_port;
	uint8_t proto;
	uint16_t member; /* to whom the last of the client's went */
	uint32_t client_seq, member_seq;
};

/* A conversation with a rule of the rig (one of one port, or port 9999) from
 * RIG_CLIENT4 or 6. */
struct talk talk_open(struct rig *rig, enum rig_rule rule, uint16_t port);

/* Who says it, in what packet. */
struct frame_spec talk_packet(const struct talk *t, char letter);

/* Says it; the answer is rig->result. */
const struct lb_result *talk_say(struct talk *t, char letter, uint32_t now_ms);

/* Says all of it at one time. */
const struct lb_result *talk_all(
    struct talk *t, const char *letters, uint32_t now_ms);

#endif
