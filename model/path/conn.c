/* SPDX-License-Identifier: MIT */
#include "model/path/conn.h"
#include "model/path/hash.h"

/*
 * One source for both families: `six` is a constant wherever these are
 * inlined.  A bucket is seen as words: 8 control words, then the entries.
 */
#define ADDR_WORDS(six)  ((six) ? 4u : 1u)
#define ENTRY_WORDS(six) ((six) ? 8u : 4u)

#define CTL_IDENTITY (~UINT64_C(0) << LB_CTL_TAG_SHIFT | LB_CTL_VERSION_MASK)

LB_INLINE uint64_t *
bucket_of(uint64_t ctx, uint64_t hash, bool six)
{
	return six ? (uint64_t *)lb_bucket6(ctx, (uint32_t)hash)
		   : (uint64_t *)lb_bucket4(ctx, (uint32_t)hash);
}

LB_INLINE uint64_t *
entry_of(uint64_t *bucket, uint32_t way, bool six)
{
	return bucket + LB_WAYS + way * ENTRY_WORDS(six);
}

LB_INLINE bool
same_key(const uint64_t *entry, const struct lb_key *key, bool six)
{
	const uint32_t n = ADDR_WORDS(six);
	if (LB_LOAD(entry[0]) != key->addr[0])
		return false;
	if (six && (LB_LOAD(entry[1]) != key->addr[1] ||
		       LB_LOAD(entry[2]) != key->addr[2] ||
		       LB_LOAD(entry[3]) != key->addr[3]))
		return false;
	return (LB_LOAD(entry[n]) & LB_W1_KEY_MASK) == key->w1;
}

/* mechanism.md 5: the control word is read before and after the entry, so
 * that what was read between belongs to one owner. */
LB_INLINE int
find(struct lb_scratch *s, uint64_t *bucket, uint64_t hash, bool six)
{
	const uint32_t tag = lb_hash_tag(hash);
	int missing = LB_CONN_MISS;
	LB_UNROLL
	for (uint32_t way = 0; way < LB_WAYS; way++) {
		if (LB_LIKELY(LB_LOAD(((lb_half *)&bucket[way])[1]) != tag))
			continue;
		uint64_t ctl = LB_LOAD(bucket[way]);
		if (lb_ctl_tag(ctl) != tag)
			continue;
		if (lb_ctl_state(ctl) < LB_CONN_HALF) {
			if (lb_ctl_state(ctl) == LB_CONN_BUSY)
				missing = LB_CONN_TAKEN;
			continue;
		}
		const uint64_t *entry = entry_of(bucket, way, six);
		if (!same_key(entry, &s->key, six))
			continue;
		uint64_t w2 = LB_LOAD(entry[ADDR_WORDS(six) + 1]);
		uint64_t again = LB_LOAD(bucket[way]);
		if (((again ^ ctl) & CTL_IDENTITY) != 0 ||
		    lb_ctl_state(again) < LB_CONN_HALF)
			continue;
		s->hit.ctl = again;
		s->hit.w2 = w2;
		return (int)way;
	}
	return missing;
}

LB_INLINE int
find_in(uint64_t ctx, uint64_t hash, bool six)
{
	struct lb_scratch *s = lb_scratch(ctx);
	uint64_t *bucket = bucket_of(ctx, hash, six);
	if (s == NULL || bucket == NULL)
		return LB_CONN_MISS;
	return find(s, bucket, hash, six);
}

LB_GLOBAL int
lb_conn_find4(uint64_t ctx, uint64_t hash)
{
	return find_in(ctx, hash, false);
}

LB_GLOBAL int
lb_conn_find6(uint64_t ctx, uint64_t hash)
{
	return find_in(ctx, hash, true);
}

/* How gladly a way is given up: 0 never; larger is sooner, then by idleness. */
LB_INLINE uint64_t
victim_score(uint64_t ctl, uint32_t idle_ms, uint32_t timeout_ms)
{
	uint32_t state = lb_ctl_state(ctl);
	uint64_t rank;
	if (state < LB_CONN_HALF || lb_ctl_kind(ctl) != LB_KIND_LB)
		return 0; /* somebody's just now; or owns a port */
	if (idle_ms >= timeout_ms)
		rank = LB_VICTIM_EXPIRED;
	else if (state >= LB_CONN_CLOSING_FIN)
		rank = 2;
	else if (state != LB_CONN_OPEN)
		rank = 1;
	else
		return 0;
	return rank << LB_VICTIM_RANK_SHIFT | idle_ms;
}

/*
 * The way to replace, with its control word in scratch->victim; all open:
 * LB_CONN_NO_WAY.  The best so far is kept in memory, where the verifier
 * does not follow it: in registers it explores every order of scores.
 */
LB_INLINE int
victim(uint64_t ctx, uint64_t hash, uint32_t now_ms, bool six)
{
	struct lb_scratch *s = lb_scratch(ctx);
	uint64_t *bucket = bucket_of(ctx, hash, six);
	const struct lb_class *classes = lb_classes(ctx);
	if (s == NULL || bucket == NULL || classes == NULL)
		return LB_CONN_NO_WAY;
	for (uint32_t way = 0; way < LB_WAYS; way++) {
		uint64_t ctl = LB_LOAD(bucket[way]);
		if (lb_ctl_state(ctl) == LB_CONN_EMPTY) {
			s->victim.ctl = ctl;
			LB_STORE(s->victim.score, 0);
			return (int)way;
		}
	}
	LB_STORE(s->victim.score, 0);
	for (uint32_t way = 0; way < LB_WAYS; way++) {
		uint64_t ctl = LB_LOAD(bucket[way]);
		uint64_t *entry = entry_of(bucket, way, six);
		uint64_t w2 = LB_LOAD(entry[ADDR_WORDS(six) + 1]);
		uint64_t score =
		    victim_score(ctl, lb_idle_ms(now_ms, lb_w2_seen(w2)),
			lb_conn_timeout_ms(classes, ctl));
		if (score > LB_LOAD(s->victim.score)) {
			LB_STORE(s->victim.score, score);
			LB_STORE(s->victim.ctl, ctl);
			LB_STORE(s->victim.way, way);
		}
	}
	if (LB_LOAD(s->victim.score) == 0)
		return LB_CONN_NO_WAY;
	return (int)(LB_LOAD(s->victim.way) & (LB_WAYS - 1));
}

LB_GLOBAL int
lb_conn_victim4(uint64_t ctx, uint64_t hash, uint32_t now_ms)
{
	return victim(ctx, hash, now_ms, false);
}

LB_GLOBAL int
lb_conn_victim6(uint64_t ctx, uint64_t hash, uint32_t now_ms)
{
	return victim(ctx, hash, now_ms, true);
}

LB_INLINE void
write_entry(uint64_t *entry, const struct lb_scratch *s, bool six)
{
	const uint32_t n = ADDR_WORDS(six);
	LB_STORE(entry[0], s->key.addr[0]);
	if (six) {
		LB_STORE(entry[1], s->key.addr[1]);
		LB_STORE(entry[2], s->key.addr[2]);
		LB_STORE(entry[3], s->key.addr[3]);
	}
	LB_STORE(entry[n], s->key.w1 | s->fresh.w1);
	LB_STORE(entry[n + 1], s->fresh.w2);
	LB_STORE(entry[n + 2], s->fresh.w3);
}

/* Claim, write, publish.  True when the way was still as `old` says. */
LB_INLINE bool
take_way(struct lb_scratch *s, uint64_t *bucket, uint32_t way, uint64_t old,
    uint64_t fresh, bool six)
{
	uint64_t version = lb_ctl_claim(old) & LB_CTL_VERSION_MASK;
	uint64_t busy = lb_ctl_with_state(fresh | version, LB_CONN_BUSY);
	if (!__sync_bool_compare_and_swap(&bucket[way], old, busy))
		return false;
	write_entry(entry_of(bucket, way, six), s, six);
	(void)__sync_lock_test_and_set(
	    &bucket[way], lb_ctl_with_state(busy, LB_CONN_HALF));
	return true;
}

LB_INLINE int
make(uint64_t ctx, uint64_t hash, uint32_t now_ms, uint32_t low, int prefer,
    bool six)
{
	struct lb_scratch *s = lb_scratch(ctx);
	uint64_t *bucket = bucket_of(ctx, hash, six);
	if (s == NULL || bucket == NULL)
		return LB_CONN_LOST;
	const uint64_t fresh =
	    (uint64_t)lb_hash_tag(hash) << LB_CTL_TAG_SHIFT | (low & 0xff);
	int way = prefer;
	if (prefer >= 0)
		s->victim.ctl = s->hit.ctl;
	for (uint32_t attempt = 0; attempt < 2; attempt++) {
		if (way < 0)
			way = six ? lb_conn_victim6(ctx, hash, now_ms)
				  : lb_conn_victim4(ctx, hash, now_ms);
		if (way < 0)
			return LB_CONN_NO_WAY;
		uint32_t index = (uint32_t)way;
		lb_forget(index);
		if (index >= LB_WAYS)
			return LB_CONN_LOST;
		if (take_way(
			s, bucket, index, LB_LOAD(s->victim.ctl), fresh, six))
			return (int)index;
		/* Lost.  Perhaps to a packet of the same flow. */
		int found =
		    six ? lb_conn_find6(ctx, hash) : lb_conn_find4(ctx, hash);
		if (found >= 0)
			return found | LB_CONN_FOUND;
		if (found == LB_CONN_TAKEN)
			return found;
		way = -1;
	}
	return LB_CONN_LOST;
}

LB_INLINE int
advance(uint64_t ctx, uint64_t hash, uint32_t way, uint64_t ctl, uint32_t state,
    bool six)
{
	uint64_t *bucket = bucket_of(ctx, hash, six);
	if (bucket == NULL || way >= LB_WAYS)
		return 0;
	for (uint32_t attempt = 0; attempt < 4; attempt++) {
		uint64_t now = LB_LOAD(bucket[way]);
		uint32_t at = lb_ctl_state(now);
		if (((now ^ ctl) & CTL_IDENTITY) != 0 || at < LB_CONN_HALF ||
		    at >= state)
			return 0;
		if (__sync_bool_compare_and_swap(
			&bucket[way], now, lb_ctl_with_state(now, state)))
			return 1;
	}
	return 0;
}

LB_GLOBAL int
lb_conn_make4(
    uint64_t ctx, uint64_t hash, uint32_t now_ms, uint32_t low, int prefer)
{
	return make(ctx, hash, now_ms, low, prefer, false);
}

LB_GLOBAL int
lb_conn_make6(
    uint64_t ctx, uint64_t hash, uint32_t now_ms, uint32_t low, int prefer)
{
	return make(ctx, hash, now_ms, low, prefer, true);
}

LB_GLOBAL int
lb_conn_advance4(
    uint64_t ctx, uint64_t hash, uint32_t way, uint64_t ctl, uint32_t state)
{
	return advance(ctx, hash, way, ctl, state, false);
}

LB_GLOBAL int
lb_conn_advance6(
    uint64_t ctx, uint64_t hash, uint32_t way, uint64_t ctl, uint32_t state)
{
	return advance(ctx, hash, way, ctl, state, true);
}
