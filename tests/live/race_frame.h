/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef TESTS_LIVE_RACE_FRAME_H
#define TESTS_LIVE_RACE_FRAME_H
/* What both races' BPF programs share: chance and checksums for packets that
 * are made inside the kernel, and the book of who lives where.  The sums are
 * our own, not the path's: they are the yardstick. */
#include "model/path/base.h"

#define IP_AT  14u
#define L4_AT4 34u
#define L4_AT6 54u

/* xorshift64*, which never is 0. */
LB_INLINE uint32_t
race_draw(uint64_t *random)
{
	uint64_t x = *random;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*random = x;
	return (uint32_t)(x * UINT64_C(0x2545f4914f6cdd1d) >> 32);
}

LB_INLINE uint64_t
sum32(const uint8_t *at, uint32_t words)
{
	uint64_t sum = 0;
#pragma unroll
	for (uint32_t i = 0; i < words; i++)
		sum += lb_load32(at + 4 * i);
	return sum;
}

LB_INLINE uint16_t
folded(uint64_t sum)
{
#pragma unroll
	for (uint32_t i = 0; i < 4; i++)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Addresses, protocol, length and the segment with its checksum. */
LB_INLINE uint64_t
l4_sum(const uint8_t *data, bool six, bool udp)
{
	const uint8_t *l4 = data + (six ? L4_AT6 : L4_AT4);
	uint64_t sum = six ? sum32(data + 22, 8) : sum32(data + 26, 2);
	sum += __builtin_bswap16(udp ? LB_PROTO_UDP : LB_PROTO_TCP);
	sum += __builtin_bswap16(udp ? 8 : 20);
	return sum + (udp ? sum32(l4, 2) : sum32(l4, 5));
}

/*
 * Notes who lives in a way: version << 48 | what must not change meanwhile.
 * -1 when somebody noted another under this version.  What is older than the
 * note is not looked at: its entry is gone.
 */
LB_INLINE int
race_note_tenant(uint64_t *at, uint64_t tenant)
{
	for (uint32_t i = 0; i < 8; i++) {
		uint64_t old = LB_LOAD(*at);
		if (old >> 48 == tenant >> 48 && old != 0)
			return old == tenant ? 0 : -1;
		if (old != 0 && (tenant - old) >> 48 >= 0x8000)
			return 0;
		if (__sync_bool_compare_and_swap(at, old, tenant))
			return 0;
	}
	return 0;
}

#endif
