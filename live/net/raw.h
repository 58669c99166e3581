/* SPDX-License-Identifier: MIT */
#ifndef LIVE_NET_RAW_H
#define LIVE_NET_RAW_H
/*
 * IP packets of our own making, from any address, sent where the kernel's
 * routing says: resets and ICMP errors in a frontend's name.
 */
#include "model/path/addr.h"

struct live_raw;

/* NULL and errno (EPERM without privilege). */
struct live_raw *live_raw_new(void);
void live_raw_free(struct live_raw *raw); /* NULL is fine */

/* live_raw_send - send a packet that begins with its IP header; of IPv4's the
 * kernel adds length and checksum.  Never waits; false: it did not go out. */
bool live_raw_send(const struct live_raw *raw, const void *packet, size_t bytes,
    const struct lb_addr *to);

/* RFC 1071: the checksum over data and what `sum` already adds up to (any
 * 16-bit words of it, in the order of the wire). */
uint16_t live_raw_checksum(const void *data, size_t bytes, uint32_t sum);

/* What a pseudo-header adds to it: RFC 9293 3.1, RFC 8200 8.1. */
uint32_t live_raw_pseudo(const struct lb_addr *src, const struct lb_addr *dst,
    uint8_t proto, size_t bytes);

#endif
