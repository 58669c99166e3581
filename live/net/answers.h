/* SPDX-License-Identifier: MIT */
#ifndef LIVE_NET_ANSWERS_H
#define LIVE_NET_ANSWERS_H
/*
 * ICMP errors about packets that went no further: Time Exceeded where a hop
 * limit ended, "fragmentation needed" or Packet Too Big where the way on is
 * too narrow, Destination Unreachable for an echo to a frontend behind which
 * nobody is up.
 *
 * About the packet as its sender sent it, which is why the kernel can't say
 * it: what that gets has been rewritten.
 *
 * Source: RFC 792; RFC 1812 4.3.2; RFC 1191 4; RFC 4443 2.4, 3.
 */
#include "live/bpf/tap.h"
#include "model/config/config.h"

#define LIVE_ANSWER_BYTES_MAX 1280u /* RFC 4443 2.4 (c) */

/*
 * live_answer_make - the IP packet that answers one that was handed over.
 *
 * from      who says it: of the packet's family.
 * to        LIVE_ANSWER_BYTES_MAX bytes of room.
 * receiver  whom to send it to.
 *
 * Returns its bytes, or 0 when none may be sent: about an ICMP error, a later
 * fragment, to or from what is no single host, about what can't be read.  The
 * IPv4 header's checksum is left to who sends it.
 * Cost: the bytes quoted.  State: none.
 */
size_t live_answer_make(const struct live_tap_packet *packet,
    const struct lb_addr *from, uint8_t *to, struct lb_addr *receiver);

struct live_answers;

/* Opens the raw sockets: NULL and errno (EPERM without privilege). */
struct live_answers *live_answers_new(void);
void live_answers_free(struct live_answers *answers); /* NULL is fine */

#define LIVE_ANSWERS_PER_S 1000u /* on average */
#define LIVE_ANSWERS_BURST 100u  /* at once */

/*
 * live_answers_send - make and send one: from the address of the interface
 * that the packet came in by; where that has none, and about an echo, from the
 * frontend's.
 *
 * config  whose frontends.
 * now_ns  by a clock that goes on: tokens come with it.
 *
 * Returns whether one was sent.  Cost: now and then a look at all addresses.
 */
bool live_answers_send(struct live_answers *answers,
    const struct live_tap_packet *packet, const struct lb_config *config,
    uint64_t now_ns);

struct live_answer_counts {
	uint64_t sent;
	uint64_t limited; /* for want of tokens */
	uint64_t unfit;   /* none may be sent, or none could be */
};

struct live_answer_counts live_answers_count(
    const struct live_answers *answers);

#endif
