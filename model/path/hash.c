/* SPDX-License-Identifier: MIT */
#include "model/path/hash.h"

/* Two 32-bit halves, keyed, multiplied: NH's one step. */
LB_INLINE uint64_t
nh(uint64_t pair, uint32_t key_low, uint32_t key_high)
{
	return (uint64_t)((uint32_t)pair + key_low) *
	       ((uint32_t)(pair >> 32) + key_high);
}

/* NH's sum is universal, not uniform: its low bits are weak. */
LB_INLINE uint64_t
finish(uint64_t sum, uint64_t key)
{
	uint64_t h = sum + key;
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 29;
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

LB_API uint64_t
lb_hash4(const struct lb_hash_key *key, enum lb_hash_use use, uint64_t src_dst,
    uint64_t ports_proto)
{
	return finish(nh(src_dst, key->nh[0], key->nh[1]) +
			  nh(ports_proto, key->nh[2], key->nh[3]),
	    key->end[use]);
}

LB_API uint64_t
lb_hash6(const struct lb_hash_key *key, enum lb_hash_use use,
    const uint64_t addr[4], uint64_t ports_proto)
{
	return finish(nh(addr[0], key->nh[0], key->nh[1]) +
			  nh(ports_proto, key->nh[2], key->nh[3]) +
			  nh(addr[1], key->nh[4], key->nh[5]) +
			  nh(addr[2], key->nh[6], key->nh[7]) +
			  nh(addr[3], key->nh[8], key->nh[9]),
	    key->end[use]);
}
