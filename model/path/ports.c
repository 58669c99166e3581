/* SPDX-License-Identifier: MIT */
#include "model/path/ports.h"
#include "model/path/hash.h"
#include "model/path/seam.h"

#define PORT_IDENTITY (~UINT64_C(0) << LB_CTL_TAG_SHIFT | LB_CTL_VERSION_MASK)
#define LOCK_TRIES    32u  /* half of them look only */
#define TAKE_TRIES    8u   /* bits that others set first */
#define TAKE_STEPS    272u /* and chunks that are used up */
#define ROOM_TRIED    8u   /* chunks for which no record can be made */

/* The lowest bit set; x != 0.  BPF has no instruction for it, and most other
 * processors none for counting bits that every one of them has. */
LB_INLINE uint32_t
lowest_bit(uint64_t x)
{
#ifdef __bpf__
	uint64_t bit = x & -x;
	lb_forget(bit);
	return (uint32_t)__builtin_popcountll(bit - 1) & 63;
#else
	return (uint32_t)__builtin_ctzll(x);
#endif
}

/* --- records ------------------------------------------------------------- */

LB_INLINE uint64_t
owner_of_hints(const struct lb_port_ask *ask)
{
	return (uint64_t)ask->address << 32 | (uint64_t)ask->member << 16 |
	       (uint64_t)ask->udp << 1;
}

LB_INLINE uint64_t
ask_for(struct lb_scratch *s, const struct lb_hash_key *key, uint64_t owner)
{
	struct lb_port_key *k = &s->port_key;
	k->owner = owner;
	k->dst[0] = s->ask.dst[0];
	k->dst[1] = s->ask.dst[1];
	k->port = s->ask.port;
	k->zero = 0;
	const uint64_t words[4] = { owner, k->dst[0], k->dst[1], 0 };
	return lb_hash6(key, LB_HASH_FLOW, words, k->port);
}

LB_INLINE struct lb_port_record *
record_of(uint64_t ctx, uint64_t hash, uint32_t way)
{
	struct lb_port_bucket *b = lb_port_bucket(ctx, (uint32_t)hash);
	lb_forget(way);
	if (b == NULL || way >= LB_PORT_WAYS)
		return NULL;
	lb_forget(b); /* or the sum below is done before the check */
	return &b->record[way];
}

LB_INLINE bool
same_port_key(const struct lb_port_record *r, const struct lb_port_key *key)
{
	return LB_LOAD(r->owner) == key->owner &&
	       LB_LOAD(r->dst[0]) == key->dst[0] &&
	       LB_LOAD(r->dst[1]) == key->dst[1] &&
	       LB_LOAD(r->port) == key->port;
}

/* The way of scratch->port_key's record, be it that the sweeper weighs it just
 * now; -1: there is none. */
LB_INLINE int
find_record(
    const struct lb_scratch *s, const struct lb_port_bucket *b, uint64_t hash)
{
	const uint32_t tag = lb_hash_tag(hash);
	LB_UNROLL
	for (uint32_t way = 0; way < LB_PORT_WAYS; way++) {
		uint64_t ctl = LB_LOAD(b->ctl[way]);
		if (lb_ctl_tag(ctl) == tag &&
		    lb_ctl_state(ctl) != LB_PORT_EMPTY &&
		    same_port_key(&b->record[way], &s->port_key))
			return (int)way;
	}
	return -1;
}

LB_GLOBAL int
lb_port_find(uint64_t ctx, uint64_t hash)
{
	const struct lb_scratch *s = lb_scratch(ctx);
	const struct lb_port_bucket *b = lb_port_bucket(ctx, (uint32_t)hash);
	return s != NULL && b != NULL ? find_record(s, b, hash) : -1;
}

/* Takes a record back from the sweeper, who finds so when he has weighed it.
 * False: it is gone, or LB_LOAD(*ctl) changes all the time. */
LB_INLINE bool
take_back(uint64_t *ctl)
{
	for (uint32_t i = 0; i < 4; i++) {
		uint64_t now = LB_LOAD(*ctl);
		if (lb_ctl_state(now) != LB_PORT_BUSY)
			return lb_ctl_state(now) == LB_PORT_LIVE;
		if (__sync_bool_compare_and_swap(ctl, now,
			lb_ctl_with_state(lb_ctl_claim(now), LB_PORT_LIVE)))
			return true;
	}
	return false;
}

LB_INLINE int
make_locked(struct lb_scratch *s, struct lb_port_bucket *b, uint64_t hash)
{
	for (uint32_t way = 0; way < LB_PORT_WAYS; way++) {
		uint64_t ctl = LB_LOAD(b->ctl[way]);
		if (lb_ctl_state(ctl) != LB_PORT_EMPTY)
			continue;
		struct lb_port_record *r = &b->record[way];
		LB_STORE(r->owner, s->port_key.owner);
		LB_STORE(r->dst[0], s->port_key.dst[0]);
		LB_STORE(r->dst[1], s->port_key.dst[1]);
		LB_STORE(r->port, s->port_key.port);
		/* `users` stays: whoever is just letting go of the last record
		 * here may not have counted down yet. */
		for (uint32_t i = 0; i < 4; i++)
			LB_STORE(r->used[i], 0);
		uint64_t fresh = lb_ctl_claim(ctl) & LB_CTL_VERSION_MASK;
		fresh |= (uint64_t)lb_hash_tag(hash) << LB_CTL_TAG_SHIFT;
		(void)__sync_lock_test_and_set(
		    &b->ctl[way], lb_ctl_with_state(fresh, LB_PORT_LIVE));
		return (int)way;
	}
	return LB_PORTS_NO_ROOM;
}

/* One try at making the record, or finding that somebody made it. */
LB_GLOBAL int
lb_port_make(uint64_t ctx, uint64_t hash)
{
	struct lb_scratch *s = lb_scratch(ctx);
	struct lb_port_bucket *b = lb_port_bucket(ctx, (uint32_t)hash);
	if (s == NULL || b == NULL)
		return LB_PORTS_NO_ROOM;
	if (!__sync_bool_compare_and_swap(&b->lock, 0, 1))
		return LB_PORTS_CONTENDED;
	/* Not by a call: BPF has room for eight, one in another. */
	int way = find_record(s, b, hash);
	if (way < 0)
		way = make_locked(s, b, hash);
	else if (!take_back(&b->ctl[way]))
		way = LB_PORTS_CONTENDED;
	(void)__sync_lock_test_and_set(&b->lock, 0);
	return way;
}

/* One more is at the record that was found or made, if it still is that one:
 * the sweeper may have emptied it since, and somebody made another of it. */
LB_INLINE bool
pin(const struct lb_scratch *s, struct lb_port_bucket *b, uint64_t hash,
    int found)
{
	uint32_t way = (uint32_t)found;
	lb_forget(way);
	if (way >= LB_PORT_WAYS)
		return false;
	uint64_t ctl = LB_LOAD(b->ctl[way]);
	struct lb_port_record *r = &b->record[way];
	(void)__sync_fetch_and_add(&r->users, 1);
	uint64_t again = LB_LOAD(b->ctl[way]);
	if (((again ^ ctl) & PORT_IDENTITY) == 0 &&
	    lb_ctl_tag(again) == lb_hash_tag(hash) &&
	    lb_ctl_state(again) == LB_PORT_LIVE &&
	    same_port_key(r, &s->port_key))
		return true;
	(void)__sync_fetch_and_add(&r->users, (uint32_t)-1);
	return false;
}

/*
 * The way of scratch->port_key's record, made if need be, with one more who is
 * at it; or LB_PORTS_CONTENDED, LB_PORTS_NO_ROOM.
 */
LB_GLOBAL int
lb_port_hold(uint64_t ctx, uint64_t hash)
{
	struct lb_scratch *s = lb_scratch(ctx);
	struct lb_port_bucket *b = lb_port_bucket(ctx, (uint32_t)hash);
	if (s == NULL || b == NULL)
		return LB_PORTS_NO_ROOM;
	for (uint32_t i = 0; i < LOCK_TRIES; i++) {
		int way = lb_port_find(ctx, hash);
		if (pin(s, b, hash, way))
			return way;
		way = lb_port_make(ctx, hash);
		if (way == LB_PORTS_NO_ROOM || pin(s, b, hash, way))
			return way;
	}
	return LB_PORTS_CONTENDED;
}

LB_GLOBAL int
lb_port_held(uint64_t ctx, uint64_t hash)
{
	struct lb_scratch *s = lb_scratch(ctx);
	struct lb_port_bucket *b = lb_port_bucket(ctx, (uint32_t)hash);
	int way = lb_port_find(ctx, hash);
	return s != NULL && b != NULL && pin(s, b, hash, way) ? way : -1;
}

LB_GLOBAL int
lb_port_let_go(uint64_t ctx, uint64_t hash, uint32_t way)
{
	struct lb_port_record *r = record_of(ctx, hash, way);
	if (r == NULL)
		return -1;
	(void)__sync_fetch_and_add(&r->users, (uint32_t)-1);
	return 0;
}

/* --- bits ---------------------------------------------------------------- */

/* True: it was clear, and is ours. */
LB_INLINE bool
set_bit(struct lb_port_record *r, uint32_t bit)
{
	uint32_t word = bit / 64;
	lb_forget(word);
	if (word > 3)
		return false;
	uint64_t mask = UINT64_C(1) << (bit & 63);
	return (__sync_fetch_and_or(&r->used[word], mask) & mask) == 0;
}

/* Sets one; 1 when it was set already. */
LB_GLOBAL int
lb_port_set(uint64_t ctx, uint64_t hash, uint32_t way, uint32_t bit)
{
	struct lb_port_record *r = record_of(ctx, hash, way);
	return r == NULL || !set_bit(r, bit);
}

LB_GLOBAL int
lb_port_clear(uint64_t ctx, uint64_t hash, uint32_t way, uint32_t bit)
{
	struct lb_port_record *r = record_of(ctx, hash, way);
	uint32_t word = bit / 64;
	lb_forget(word);
	if (r == NULL || word > 3)
		return -1;
	(void)__sync_fetch_and_and(
	    &r->used[word], ~(UINT64_C(1) << (bit & 63)));
	return 0;
}

/* Bits `from` to `to`, both included, of 64 that begin at `base`. */
LB_INLINE uint64_t
span(uint32_t base, uint32_t from, uint32_t to)
{
	if (to < base || from > base + 63)
		return 0;
	uint64_t mask = ~UINT64_C(0);
	if (from > base)
		mask <<= from - base;
	if (to < base + 63)
		mask &= (UINT64_C(2) << (to - base)) - 1;
	return mask;
}

/* The lowest clear bit from `from` to `to`; -1: none. */
LB_INLINE int
first_hint(const struct lb_port_record *r, uint32_t from, uint32_t to)
{
	if (r == NULL)
		return from <= to ? (int)from : -1;
	for (uint32_t i = 0; i < 4; i++) {
		uint64_t clear = ~LB_LOAD(r->used[i]) & span(64 * i, from, to);
		if (clear != 0)
			return (int)(64 * i + lowest_bit(clear));
	}
	return -1;
}

LB_GLOBAL int
lb_port_first_hint(uint64_t ctx, uint64_t hash, uint32_t way, uint32_t from_to)
{
	return first_hint(
	    record_of(ctx, hash, way), from_to & 0xffff, from_to >> 16);
}

/* A bit for a unit becomes a bit for each of its ports. */
LB_INLINE uint64_t
ports_of_units(uint64_t units)
{
	units = (units | units << 28) & UINT64_C(0x0000000f0000000f);
	units = (units | units << 14) & UINT64_C(0x0003000300030003);
	units = (units | units << 7) & UINT64_C(0x0101010101010101);
	return units * 0xff;
}

/* Of the 64 ports from 64 x `eighth` on: those whose units are somebody's. */
LB_INLINE uint64_t
ports_allowed(
    const struct lb_plan_ref *plan, uint32_t units_at, uint32_t eighth)
{
	const struct lb_row *row = lb_plan_row(plan, units_at + eighth / 64);
	uint32_t word = eighth / 8 & 7;
	lb_forget(word);
	if (row == NULL || word > 7)
		return 0;
	return ports_of_units(row->word[word] >> eighth % 8 * 8 & 0xff);
}

/* The lowest free port of a chunk that lies in the block; -1: none.  No record:
 * all of them are free. */
LB_INLINE int
first_free(const struct lb_scratch *s, const struct lb_plan_ref *plan,
    const struct lb_port_record *r, uint32_t chunk, uint32_t block)
{
	const struct lb_plan_header *header =
	    (const struct lb_plan_header *)lb_plan_row(plan, 0);
	if (header == NULL)
		return -1;
	uint32_t at = header->units_at +
		      (s->ask.number * 2u + (s->ask.udp & 1)) * LB_UNIT_ROWS;
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t base = (chunk << LB_CHUNK_BITS) + 64 * i;
		uint64_t free = span(base, block & 0xffff, block >> 16);
		if (r != NULL)
			free &= ~LB_LOAD(r->used[i]);
		if (free != 0)
			free &= ports_allowed(plan, at, base / 64);
		if (free != 0)
			return (int)(base + lowest_bit(free));
	}
	return -1;
}

LB_GLOBAL int
lb_port_first_free(
    uint64_t ctx, uint64_t hash, uint32_t way, uint32_t chunk, uint32_t block)
{
	const struct lb_scratch *s = lb_scratch(ctx);
	const struct lb_port_record *r = record_of(ctx, hash, way);
	const struct lb_plan_ref *plan = lb_plan_in_force(ctx);
	return s != NULL && r != NULL && plan != NULL
		   ? first_free(s, plan, r, chunk, block)
		   : -1;
}

/* --- taking and giving back ---------------------------------------------- */

LB_INLINE const struct lb_hash_key *
hash_key(uint64_t ctx)
{
	const struct lb_plan_ref *plan = lb_plan_in_force(ctx);
	return plan != NULL ? (const struct lb_hash_key *)lb_plan_row(plan, 1)
			    : NULL;
}

/*
 * One chunk: a port of it, LB_PORTS_NONE, or the other answers.  From then on
 * the port's bit keeps the leaf.
 */
LB_GLOBAL int
lb_ports_take_in(uint64_t ctx, uint32_t chunk, uint32_t block)
{
	struct lb_scratch *s = lb_scratch(ctx);
	const struct lb_hash_key *key = hash_key(ctx);
	if (s == NULL || key == NULL)
		return LB_PORTS_NO_ROOM;
	uint64_t hash =
	    ask_for(s, key, lb_port_leaf(s->ask.address, chunk, s->ask.udp));
	int way = lb_port_hold(ctx, hash);
	if (way < 0)
		return way;
	int answer = LB_PORTS_CONTENDED;
	for (uint32_t i = 0; i < TAKE_TRIES; i++) {
		int port =
		    lb_port_first_free(ctx, hash, (uint32_t)way, chunk, block);
		if (port < 0) {
			answer = LB_PORTS_NONE;
			break;
		}
		if (lb_port_set(
			ctx, hash, (uint32_t)way, (uint32_t)port & 0xff) == 0) {
			answer = port;
			break;
		}
	}
	(void)lb_port_let_go(ctx, hash, (uint32_t)way);
	return answer;
}

/*
 * Chunk after chunk.  One in which nothing is free gets a hint, in a record
 * that is made for the first of them; and is then looked at once more, as
 * somebody may have given a port back between the two, and cleared a hint that
 * was not there yet.
 */
LB_GLOBAL int
lb_ports_take(uint64_t ctx, uint32_t first_last)
{
	struct lb_scratch *s = lb_scratch(ctx);
	const struct lb_hash_key *key = hash_key(ctx);
	if (s == NULL || key == NULL)
		return LB_PORTS_NO_ROOM;
	const uint64_t hash = ask_for(s, key, owner_of_hints(&s->ask));
	struct lb_port_walk *walk = &s->walk;
	LB_STORE(walk->way, (uint32_t)lb_port_held(ctx, hash));
	LB_STORE(walk->from, (first_last & 0xffff) >> LB_CHUNK_BITS);
	LB_STORE(walk->no_room, 0);
	int answer = LB_PORTS_NONE;
	for (uint32_t i = 0; i < TAKE_STEPS; i++) {
		int chunk = lb_port_first_hint(ctx, hash, LB_LOAD(walk->way),
		    LB_LOAD(walk->from) | first_last >> 24 << 16);
		if (chunk < 0 || LB_LOAD(walk->no_room) == ROOM_TRIED)
			break;
		LB_STORE(walk->from, (uint32_t)chunk + 1);
		answer = lb_ports_take_in(ctx, (uint32_t)chunk, first_last);
		if (answer >= 0 || answer == LB_PORTS_CONTENDED)
			break;
		if (answer == LB_PORTS_NO_ROOM) {
			LB_STORE(walk->no_room, LB_LOAD(walk->no_room) + 1);
			continue;
		}
		if (LB_LOAD(walk->way) >= LB_PORT_WAYS) {
			(void)ask_for(s, key, owner_of_hints(&s->ask));
			LB_STORE(walk->way, (uint32_t)lb_port_hold(ctx, hash));
		}
		(void)lb_port_set(
		    ctx, hash, LB_LOAD(walk->way), (uint32_t)chunk);
		answer = lb_ports_take_in(ctx, (uint32_t)chunk, first_last);
		if (answer >= 0) {
			(void)lb_port_clear(
			    ctx, hash, LB_LOAD(walk->way), (uint32_t)chunk);
			break;
		}
	}
	(void)lb_port_let_go(ctx, hash, LB_LOAD(walk->way));
	if (answer >= 0 || answer == LB_PORTS_CONTENDED)
		return answer;
	return LB_LOAD(walk->no_room) > 0 ? LB_PORTS_NO_ROOM : LB_PORTS_NONE;
}

/* scratch->port_key's record, uncounted: only to look; NULL: there is none. */
LB_INLINE const struct lb_port_record *
peek(uint64_t ctx, const struct lb_scratch *s, uint64_t hash)
{
	const struct lb_port_bucket *b = lb_port_bucket(ctx, (uint32_t)hash);
	if (b == NULL)
		return NULL;
	return record_of(ctx, hash, (uint32_t)find_record(s, b, hash));
}

LB_GLOBAL int
lb_ports_foresee(uint64_t ctx, uint32_t first_last)
{
	struct lb_scratch *s = lb_scratch(ctx);
	const struct lb_plan_ref *plan = lb_plan_in_force(ctx);
	if (s == NULL || plan == NULL)
		return -1;
	const struct lb_hash_key *key =
	    (const struct lb_hash_key *)lb_plan_row(plan, 1);
	if (key == NULL)
		return -1;
	uint64_t hash = ask_for(s, key, owner_of_hints(&s->ask));
	int chunk = first_hint(peek(ctx, s, hash),
	    (first_last & 0xffff) >> LB_CHUNK_BITS, first_last >> 24);
	if (chunk < 0)
		return -1;
	hash = ask_for(
	    s, key, lb_port_leaf(s->ask.address, (uint32_t)chunk, s->ask.udp));
	LB_STORE(s->walk.leaf, hash);
	LB_STORE(s->walk.from, (uint32_t)chunk);
	return first_free(
	    s, plan, peek(ctx, s, hash), (uint32_t)chunk, first_last);
}

LB_GLOBAL int
lb_ports_take_foreseen(uint64_t ctx, uint32_t first_last)
{
	struct lb_scratch *s = lb_scratch(ctx);
	const struct lb_plan_ref *plan = lb_plan_in_force(ctx);
	if (s == NULL || plan == NULL)
		return LB_PORTS_NONE;
	const uint64_t hash = LB_LOAD(s->walk.leaf);
	struct lb_port_bucket *b = lb_port_bucket(ctx, (uint32_t)hash);
	if (b == NULL)
		return LB_PORTS_NONE;
	int way = find_record(s, b, hash);
	if (!pin(s, b, hash, way))
		return LB_PORTS_NONE;
	struct lb_port_record *r = record_of(ctx, hash, (uint32_t)way);
	if (r == NULL)
		return LB_PORTS_NONE;
	int port = first_free(s, plan, r, LB_LOAD(s->walk.from), first_last);
	if (port >= 0 && !set_bit(r, (uint32_t)port & 0xff))
		port = LB_PORTS_NONE;
	(void)__sync_fetch_and_add(&r->users, (uint32_t)-1);
	return port;
}

/* Takes the hint back that a chunk is used up.  The sweeper does so without
 * being counted: nobody else empties the record, and he may be killed. */
LB_INLINE void
unhint(uint64_t ctx, const struct lb_scratch *s, uint64_t hash, uint32_t chunk,
    bool sweeper)
{
	struct lb_port_bucket *b = lb_port_bucket(ctx, (uint32_t)hash);
	int way = lb_port_find(ctx, hash);
	if (b == NULL || (!sweeper && !pin(s, b, hash, way)))
		return;
	(void)lb_port_clear(ctx, hash, (uint32_t)way, chunk);
	if (!sweeper)
		(void)lb_port_let_go(ctx, hash, (uint32_t)way);
}

LB_GLOBAL int
lb_ports_give(uint64_t ctx, uint32_t port, uint32_t unused)
{
	struct lb_scratch *s = lb_scratch(ctx);
	const struct lb_hash_key *key = hash_key(ctx);
	uint32_t chunk = port >> LB_CHUNK_BITS & 0xff;
	if (s == NULL || key == NULL)
		return -1;
	uint64_t hash =
	    ask_for(s, key, lb_port_leaf(s->ask.address, chunk, s->ask.udp));
	int way = lb_port_find(ctx, hash);
	struct lb_port_record *r = record_of(ctx, hash, (uint32_t)way);
	/* Counted first: who sees the bit cleared, or another's, sees that. */
	if (r != NULL && unused != 0)
		(void)__sync_fetch_and_add(&r->users, LB_PORT_UNUSED);
	if (r != NULL)
		(void)lb_port_clear(ctx, hash, (uint32_t)way, port & 0xff);
	hash = ask_for(s, key, owner_of_hints(&s->ask));
	unhint(ctx, s, hash, chunk, unused == 0);
	return r != NULL ? 0 : -1;
}
