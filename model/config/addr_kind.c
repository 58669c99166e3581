/* SPDX-License-Identifier: MIT */
#include "model/config/addr_kind.h"

#include <string.h>

static enum lb_addr_kind
kind4(const uint8_t *byte)
{
	if (byte[0] == 0)
		return LB_ADDR_UNSPECIFIED;
	if (byte[0] == 127)
		return LB_ADDR_LOOPBACK;
	if (byte[0] == 169 && byte[1] == 254)
		return LB_ADDR_LINK_LOCAL;
	if (byte[0] >= 240)
		return LB_ADDR_RESERVED;
	return byte[0] >= 224 ? LB_ADDR_MULTICAST : LB_ADDR_MACHINE;
}

/* ::/96 has the unspecified address, loopback and what nobody uses. */
static enum lb_addr_kind
kind6(const uint8_t *byte)
{
	static const uint8_t zero[16];

	if (byte[0] == 0xff)
		return LB_ADDR_MULTICAST;
	if (byte[0] == 0xfe && (byte[1] & 0xc0) == 0x80)
		return LB_ADDR_LINK_LOCAL;
	if (memcmp(byte, zero, 12) != 0)
		return LB_ADDR_MACHINE;
	if (memcmp(byte, zero, 15) != 0 || byte[15] > 1)
		return LB_ADDR_RESERVED;
	return byte[15] == 1 ? LB_ADDR_LOOPBACK : LB_ADDR_UNSPECIFIED;
}

enum lb_addr_kind
lb_addr_kind(const struct lb_addr *addr)
{
	uint8_t byte[16];

	memcpy(byte, addr, sizeof(byte));
	return lb_addr_is_v4(addr) ? kind4(byte + 12) : kind6(byte);
}

const char *
lb_addr_kind_name(enum lb_addr_kind kind)
{
	static const char *const names[] = {
		[LB_ADDR_MACHINE] = "a machine's address",
		[LB_ADDR_LOOPBACK] = "a loopback address",
		[LB_ADDR_LINK_LOCAL] = "a link-local address",
		[LB_ADDR_UNSPECIFIED] = "nobody's address",
		[LB_ADDR_MULTICAST] = "a multicast address",
		[LB_ADDR_RESERVED] = "a reserved address",
	};

	return names[kind];
}
