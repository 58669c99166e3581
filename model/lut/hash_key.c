/* SPDX-License-Identifier: MIT */
#include "model/lut/hash_key.h"

#include <string.h>

#define SCHEDULE_WORDS (sizeof(struct lb_hash_key) / sizeof(uint64_t))

const uint8_t lb_hash_key_default[16] = "fairlead default";

struct sip {
	uint64_t v[4];
};

static uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void
sip_rounds(struct sip *s, unsigned count)
{
	uint64_t *v = s->v;

	while (count-- > 0) {
		v[0] += v[1];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[0] = rotate(v[0], 32);
		v[2] += v[3];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static void
sip_eat(struct sip *s, uint64_t word)
{
	s->v[3] ^= word;
	sip_rounds(s, 2);
	s->v[0] ^= word;
}

uint64_t
lb_siphash(const uint8_t key[16], const void *data, size_t bytes)
{
	const uint8_t *at = data;
	uint64_t k[2], word;
	memcpy(k, key, sizeof(k));
	struct sip s = { {
	    k[0] ^ UINT64_C(0x736f6d6570736575),
	    k[1] ^ UINT64_C(0x646f72616e646f6d),
	    k[0] ^ UINT64_C(0x6c7967656e657261),
	    k[1] ^ UINT64_C(0x7465646279746573),
	} };

	for (size_t left = bytes; left >= 8; left -= 8, at += 8) {
		memcpy(&word, at, 8);
		sip_eat(&s, word);
	}
	word = (uint64_t)bytes << 56;
	for (size_t i = 0; i < bytes % 8; i++)
		word |= (uint64_t)at[i] << 8 * i;
	sip_eat(&s, word);
	s.v[2] ^= 0xff;
	sip_rounds(&s, 4);
	return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}

void
lb_hash_key_make(const uint8_t key[16], struct lb_hash_key *out)
{
	static const char purpose[] = "fairlead hash";
	uint64_t words[SCHEDULE_WORDS] = { 0 };
	uint8_t text[sizeof(purpose)];

	memcpy(text, purpose, sizeof(purpose));
	for (size_t i = 0; i < SCHEDULE_WORDS; i++) {
		text[sizeof(purpose) - 1] =
		    (uint8_t)i; /* in place of the NUL */
		words[i] = lb_siphash(key, text, sizeof(text));
	}
	memcpy(out, words, sizeof(*out));
}
