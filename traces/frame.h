/* SPDX-License-Identifier: MIT */
#ifndef TRACES_FRAME_H
#define TRACES_FRAME_H
/*
 * An Ethernet frame of a packet that never had bytes: the headers that its
 * struct lb_packet describes, no options, and every checksum right.
 *
 * Source: RFC 791, 768, 1071, 6864, 8200, 9293.
 */
#include "model/path/packet.h"

#define TRACE_FRAME_HEADERS_MAX 74u /* Ethernet, IPv6, TCP */
#define TRACE_FRAME_BYTES_MAX   (14u + 65535u)

enum trace_way { TRACE_FROM_CLIENT, TRACE_FROM_SERVER };

/*
 * trace_frame - write a frame.
 *
 * pkt      family, addresses, ports, protocol (TCP or UDP), payload_bytes; of
 *          TCP sequence numbers and flags.
 * way      who is who on the segment: two made-up MAC addresses.
 * payload  pkt->payload_bytes of it.
 * frame    room for TRACE_FRAME_BYTES_MAX.
 *
 * Returns its bytes; 0 when the packet is longer than IP can be, or neither
 * TCP nor UDP.  Cost: linear in the payload.
 */
uint32_t trace_frame(const struct lb_packet *pkt, enum trace_way way,
    const uint8_t *payload, uint8_t *frame);

#endif
