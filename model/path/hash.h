/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_HASH_H
#define MODEL_PATH_HASH_H
/*
 * The keyed hash of a flow: who may choose ports must not choose members.
 *
 * An NH sum (the universal hash inside UMAC, RFC 4418 5.2: products of
 * keyed 32-bit halves, so that any two flows collide for at most one key in
 * 2^32) and a keyed multiply-xorshift finish.  Two answers from one key:
 *
 *   LB_HASH_FLOW      bucket index (low half) and tag (high half)
 *   LB_HASH_AFFINITY  slot of the lookup table (high half)
 *
 * The operator's 128 bits are stretched to this schedule natively, by
 * SipHash-2-4 (model/lut/hash_key.c).  doc/decisions.md tells why this hash.
 */
#include "model/path/addr.h"

LB_LAYOUT_BEGIN
struct lb_hash_key {
	uint32_t nh[12]; /* one per 32-bit word of the longest input */
	uint64_t end[2]; /* one per enum lb_hash_use */
};
LB_LAYOUT_END

enum lb_hash_use { LB_HASH_FLOW, LB_HASH_AFFINITY };

/*
 * lb_hash4, lb_hash6 - hash one flow, or what an affinity mode leaves of it.
 *
 * addr          IPv6 source and destination, as loaded from the wire.
 * src_dst       IPv4 source | destination << 32, each as loaded from the wire.
 * ports_proto   source port | destination port << 16, as loaded, | protocol
 *               << 32: word w1 of a table entry.
 *
 * No errors.  Cost: constant (two, five multiplications deep three).
 * Targets: both.
 */
LB_API uint64_t lb_hash4(const struct lb_hash_key *key, enum lb_hash_use use,
    uint64_t src_dst, uint64_t ports_proto);
LB_API uint64_t lb_hash6(const struct lb_hash_key *key, enum lb_hash_use use,
    const uint64_t addr[4], uint64_t ports_proto);

/* A tag is never 0, so that no empty way looks like a candidate. */
LB_INLINE uint32_t
lb_hash_tag(uint64_t hash)
{
	uint32_t tag = (uint32_t)(hash >> 32);
	return tag != 0 ? tag : 1;
}

/* Slot of a table of `size` slots: multiply instead of divide. */
LB_INLINE uint32_t
lb_hash_slot(uint64_t hash, uint32_t size)
{
	return (uint32_t)((hash >> 32) * size >> 32);
}

#endif
