/* SPDX-License-Identifier: MIT */
#ifndef SIM_PAYLOAD_H
#define SIM_PAYLOAD_H
/*
 * What synthetic packets say, as bytes: HTTP requests and answers, DNS
 * questions and answers, CoAP messages; and where a message is longer than
 * what it has to say, filler.  Nothing is random: a packet that is sent again
 * says the same.
 *
 * Source: RFC 9112; RFC 1035; RFC 7252 3, RFC 7641 2.
 */
#include "sim/case/settings.h"

/*
 * sim_payload - a packet's payload.
 *
 * tap  as the world gives it.
 * to   tap->pkt->payload_bytes of room.
 */
void sim_payload(const struct sim_tap *tap, uint8_t *to);

/* --- its parts ------------------------------------------------------------ */

/* A datagram of `bytes`, whole. */
void sim_payload_dns(const struct sim_tap *tap, uint8_t *to, uint32_t bytes);
void sim_payload_coap(const struct sim_tap *tap, uint8_t *to, uint32_t bytes);

/* Printable bytes, by their place in the message. */
void sim_payload_fill(uint8_t *to, uint32_t bytes, uint32_t offset);

/* The number of an exchange on the wire: 16 bits of its id and of who it is
 * of, so that clients do not all begin alike. */
uint16_t sim_payload_id(const struct sim_tap *tap);

#endif
