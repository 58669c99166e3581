/* SPDX-License-Identifier: MIT */
#ifndef MODEL_ADDR_KIND_H
#define MODEL_ADDR_KIND_H
/*
 * What an address is for.  Only some can be a machine's, and of these some on
 * one link only.
 *
 * Source: RFC 6890 (IPv4: 2.2.2, IPv6: 2.2.3), RFC 4291 2.4, 2.5.5.1.
 */
#include "model/path/addr.h"

enum lb_addr_kind {
	LB_ADDR_MACHINE,
	LB_ADDR_LOOPBACK,    /* 127.0.0.0/8, ::1 */
	LB_ADDR_LINK_LOCAL,  /* 169.254.0.0/16, fe80::/10 */
	LB_ADDR_UNSPECIFIED, /* 0.0.0.0/8, :: */
	LB_ADDR_MULTICAST,   /* 224.0.0.0/4, ff00::/8 */
	LB_ADDR_RESERVED,    /* 240.0.0.0/4 with broadcast, ::a.b.c.d */
};

enum lb_addr_kind lb_addr_kind(const struct lb_addr *addr);

/* "a multicast address", for messages. */
const char *lb_addr_kind_name(enum lb_addr_kind kind);

/* Can a packet come from it and go to it, on some wire? */
static inline bool
lb_addr_is_unicast(const struct lb_addr *addr)
{
	return lb_addr_kind(addr) < LB_ADDR_UNSPECIFIED;
}

#endif
