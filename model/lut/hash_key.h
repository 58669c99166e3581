/* SPDX-License-Identifier: MIT */
#ifndef MODEL_HASH_KEY_H
#define MODEL_HASH_KEY_H
/*
 * The operator's 128-bit key, stretched to the schedule that the path's hash
 * uses, and the keyed hash of names for lookup tables.
 * Source: SipHash-2-4, Aumasson and Bernstein, 2012.
 */
#include "model/path/hash.h"

/* SipHash-2-4 of `bytes` bytes under a 128-bit key. */
uint64_t lb_siphash(const uint8_t key[16], const void *data, size_t bytes);

/* Word i of the schedule's eight 64-bit words is SipHash of the text
 * "fairlead hash" and the byte i. */
void lb_hash_key_make(const uint8_t key[16], struct lb_hash_key *out);

/* The key that `sim` uses when nobody names one: fixed and public. */
extern const uint8_t lb_hash_key_default[16];

#endif
