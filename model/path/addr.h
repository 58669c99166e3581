/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_ADDR_H
#define MODEL_PATH_ADDR_H
/*
 * An IP address of either family in one shape: 16 bytes as on the wire, IPv4
 * as ::ffff:a.b.c.d (RFC 4291 2.5.5.2).  Two words, so that comparing is two
 * instructions; never reckoned with, so the order inside a word is the wire's.
 */
#include "model/path/base.h"

LB_LAYOUT_BEGIN
struct lb_addr {
	uint64_t word[2];
};
LB_LAYOUT_END
_Static_assert(sizeof(struct lb_addr) == 16, "an address is 16 bytes");

/* raw: the four bytes as loaded from the wire. */
LB_INLINE struct lb_addr
lb_addr_v4(uint32_t raw)
{
	return (struct lb_addr){ { 0, (uint64_t)raw << 32 | 0xffff0000u } };
}

LB_INLINE uint32_t
lb_addr_v4_raw(const struct lb_addr *addr)
{
	return (uint32_t)(addr->word[1] >> 32);
}

LB_INLINE bool
lb_addr_is_v4(const struct lb_addr *addr)
{
	return addr->word[0] == 0 && (uint32_t)addr->word[1] == 0xffff0000u;
}

LB_INLINE bool
lb_addr_same(const struct lb_addr *a, const struct lb_addr *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1];
}

#endif
