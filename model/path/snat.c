/* SPDX-License-Identifier: MIT */
/*
 * Outbound: what members send to the world leaves from a public address and a
 * port of theirs, and what the world answers goes back to who sent it.
 *
 * A flow has two entries: SNAT_OUT, found by what the member sends, and
 * SNAT_IN, found by what comes back.  SNAT_OUT owns the port and the other
 * entry, and only the sweeper ends them (model/tables/expire_snat.c), so here
 * an entry is good as long as it is there.
 *
 * Source: AZ 4.4 to 4.6; mechanism.md 9 to 12.
 */
#include "model/path/ports.h"
#include "model/path/snat_parts.h"

#define BLOCKS_TRIED 256u /* of one member, at a time */
#define FULL_TRIED   16u  /* ports without room for their way in */

LB_INLINE uint64_t
translation_word(uint32_t address, lb_be16 port)
{
	return (uint64_t)address << 40 | (uint64_t)port.raw << 48;
}

/* --- who leaves, with an entry ------------------------------------------- */

LB_INLINE void
leave(const struct lb_view *v, const struct lb_addr *address, lb_be16 port)
{
	struct lb_edit *edit = &v->out->edit;
	v->out->facts |= LB_FACT_REPLY | LB_FACT_SNAT;
	edit->src = *address;
	edit->sport = port;
	edit->what = LB_EDIT_SRC | LB_EDIT_SPORT;
	lb_say(v, LB_FORWARD, LB_REASON_NONE);
}

/* An entry of a flow that is closing, begun anew. */
LB_INLINE bool
begin_anew(const struct lb_view *v, uint64_t hash, uint32_t way)
{
	struct lb_hit *hit = &v->scratch->hit;
	uint64_t fresh = lb_ctl_with_state(hit->ctl, LB_CONN_HALF);
	if (!lb_conn_replace(v, hash, way, hit->ctl, fresh))
		return false;
	hit->ctl = fresh;
	return true;
}

/* The member's, with the new numbers. */
LB_INLINE void
begin_out_anew(const struct lb_view *v, uint64_t hash, uint32_t way)
{
	uint64_t *w2 = entry_w2(v, hash, way);
	if (begin_anew(v, hash, way) && w2 != NULL)
		LB_STORE(w2[1], lb_sequence_of(v->pkt));
}

LB_INLINE bool
leave_by_entry(const struct lb_view *v, uint64_t hash, uint32_t way)
{
	struct translation to;
	const struct lb_hit *hit = &v->scratch->hit;
	const struct lb_rule *rule = lb_rule_of(v, lb_w2_rule(hit->w2));
	if (rule == NULL || !translation_of(v, hash, way, &to))
		return false;
	const struct lb_addr *address = public_address(v, to.address);
	if (address == NULL)
		return false;
	v->out->rule = rule->id;
	v->out->member = lb_w2_member(hit->w2);
	lb_conn_see(v, rule, hash, way,
	    state_after_snat(v->pkt, lb_ctl_state(hit->ctl)));
	leave(v, address, to.port);
	return true;
}

/* --- who leaves for the first time --------------------------------------- */

/* What makes two uses of one port different (AZ 4.4). */
LB_INLINE void
ask_about(const struct lb_view *v, const struct lb_headers *ip, uint32_t member,
    const struct lb_addr *address, uint32_t number, bool port_only)
{
	struct lb_port_ask *ask = &v->scratch->ask;
	const bool udp = ip->proto == LB_PROTO_UDP;
	ask->dst[0] = udp && port_only ? 0 : ip->dst.word[0];
	ask->dst[1] = udp && port_only ? 0 : ip->dst.word[1];
	ask->port = udp ? 0 : ip->dport.raw;
	ask->address = lb_port_address(address);
	ask->member = (uint16_t)member;
	ask->number = (uint8_t)number;
	ask->udp = udp;
	ask->zero = 0;
}

LB_INLINE void
say_no_port(const struct lb_view *v, int answer)
{
	lb_say(v, LB_DROP,
	    answer != LB_PORTS_OVER           ? LB_REASON_SNAT_CONTENDED
	    : v->scratch->choice.no_room != 0 ? LB_REASON_TABLE_FULL
					      : LB_REASON_SNAT_EXHAUSTED);
}

LB_INLINE int
make_kind(const struct lb_view *v, uint64_t hash, uint32_t kind, uint32_t class,
    int prefer)
{
	uint32_t low = kind << 6 | (class & (LB_CLASS_MAX - 1));
	return v->six ? lb_conn_make6(v->ctx, hash, v->now_ms, low, prefer)
		      : lb_conn_make4(v->ctx, hash, v->now_ms, low, prefer);
}

/* One of a flow's entries in a place; LB_CONN_NO_WAY: that has no room. */
LB_INLINE int
enter_place(const struct lb_view *v, uint64_t hash, uint32_t kind)
{
	/* It may be a flow that was balanced before, by another plan. */
	int there = lb_conn_find_key(v, hash);
	if (there >= 0 && lb_ctl_kind(v->scratch->hit.ctl) != LB_KIND_LB)
		return LB_CONN_TAKEN;
	return make_kind(
	    v, hash, kind, v->scratch->block.class, there >= 0 ? there : -1);
}

/* In the first that has; *hash becomes that place's. */
LB_INLINE int
enter_places(const struct lb_view *v, uint64_t *hash, uint32_t kind)
{
	const uint64_t first = *hash;
	LB_UNROLL
	for (uint32_t place = 0; place < LB_SNAT_PLACES; place++) {
		*hash = place_of(first, place);
		int way = enter_place(v, *hash, kind);
		if (way != LB_CONN_NO_WAY)
			return way;
	}
	return LB_CONN_NO_WAY;
}

/*
 * Makes SNAT_IN.  One that is there already keeps its port: that has no bit, or
 * one of the law that was in force before (`udp_snat`, so that UDP's is looked
 * for in all places), but what comes back still goes by it.
 */
LB_INLINE int
make_return(
    const struct lb_view *v, const struct lb_addr *address, lb_be16 port)
{
	struct lb_fresh *fresh = &v->scratch->fresh;
	uint64_t hash = key_of_return(v, &v->pkt->ip, address, port);
	uint64_t there = hash;
	if (v->pkt->ip.proto == LB_PROTO_UDP &&
	    find_placed(v, &there, LB_KIND_SNAT_IN) != LB_CONN_MISS)
		return LB_CONN_TAKEN;
	fresh->w1 =
	    translation_word(v->scratch->block.address, v->pkt->ip.sport);
	fresh->w3 = 0;
	return enter_places(v, &hash, LB_KIND_SNAT_IN);
}

LB_GLOBAL int
lb_snat_first(uint64_t ctx, uint32_t base, uint32_t at)
{
	struct lb_view v;
	if (!lb_view_open(&v, ctx, 0))
		return 0;
	for (uint32_t i = 0; i < BLOCKS_TRIED && at > 0; i++) {
		const struct lb_snat_block *block = block_at(&v, base + at);
		const struct lb_snat_block *before =
		    block_at(&v, base + at - 1);
		if (block == NULL || before == NULL ||
		    block->address != before->address)
			break;
		at--;
	}
	return (int)at;
}

LB_GLOBAL int
lb_snat_by_entry(uint64_t ctx, uint32_t now_ms)
{
	struct lb_view v;
	if (!lb_view_open(&v, ctx, now_ms))
		return LB_SNAT_SAID;
	const struct lb_choice *choice = &v.scratch->choice;
	if (!leave_by_entry(&v, choice->hash, choice->way))
		lb_say(&v, LB_DROP, LB_REASON_SNAT_CONTENDED);
	return LB_SNAT_SAID;
}

LB_GLOBAL int
lb_snat_renew(uint64_t ctx)
{
	struct lb_view v;
	struct translation to;
	if (!lb_view_open(&v, ctx, 0))
		return 0;
	const uint64_t hash = v.scratch->choice.hash;
	const uint32_t way = v.scratch->choice.way;
	if (!translation_of(&v, hash, way, &to))
		return 0;
	const struct lb_addr *address = public_address(&v, to.address);
	if (address == NULL)
		return 0;
	const struct lb_hit out = v.scratch->hit;
	bool closing = lb_ctl_state(out.ctl) >= LB_CONN_CLOSING_FIN;
	uint64_t back = key_of_return(&v, &v.pkt->ip, address, to.port);
	int in = find_placed(&v, &back, LB_KIND_SNAT_IN);
	/* Either end may have closed it: a refusal shows in the way in only. */
	if (in >= 0 && lb_ctl_state(v.scratch->hit.ctl) >= LB_CONN_CLOSING_FIN)
		closing = true;
	if (in >= 0 && closing)
		(void)begin_anew(&v, back, (uint32_t)in);
	v.scratch->hit = out;
	if (closing)
		begin_out_anew(&v, hash, way);
	return 0;
}

/* With which of its blocks a flow begins.  Sets scratch->key. */
LB_INLINE void
choose_block(const struct lb_view *v, const uint64_t *slot)
{
	struct lb_choice *choice = &v->scratch->choice;
	choice->at = 0;
	choice->from = 0;
	choice->no_room = 0;
	LB_STORE(choice->foreseen, 0);
	if (slot != NULL && lb_slot_block_count(slot) > 1 &&
	    (v->header->flags & LB_PLAN_FILL_FIRST) == 0)
		choice->at = (uint32_t)lb_snat_first(v->ctx,
		    lb_slot_block(slot),
		    lb_hash_slot(key_of_packet(v), lb_slot_block_count(slot)));
}

/* The turn-th of its blocks becomes scratch->block, and scratch->ask is about
 * that; 0, or an answer. */
LB_INLINE int
use_block(const struct lb_view *v, const uint64_t *slot, uint32_t turn)
{
	const struct lb_choice *choice = &v->scratch->choice;
	uint32_t at = choice->at + turn;
	if (slot == NULL || turn >= lb_slot_block_count(slot) ||
	    turn >= BLOCKS_TRIED)
		return LB_PORTS_OVER;
	if (at >= lb_slot_block_count(slot))
		at -= lb_slot_block_count(slot);
	const struct lb_snat_block *block =
	    block_at(v, lb_slot_block(slot) + at);
	if (block == NULL)
		return LB_PORTS_NONE;
	const struct lb_addr *address = public_address(v, block->address);
	if (address == NULL)
		return LB_PORTS_NONE;
	ask_about(v, &v->pkt->ip, choice->member, address, block->address,
	    (v->header->flags & LB_PLAN_UDP_PORT) != 0);
	v->scratch->block = *block;
	return 0;
}

LB_GLOBAL int
lb_snat_choose(uint64_t ctx)
{
	struct lb_view v;
	if (!lb_view_open(&v, ctx, 0))
		return -1;
	choose_block(&v, outbound_slot(&v, &v.pkt->ip.src, v.pkt->ip.proto));
	return 0;
}

/* The hash of the way in by the port that a newcomer would get just now; or
 * that of his way out. */
LB_INLINE uint64_t
foresee_return(const struct lb_view *v)
{
	const struct lb_headers *ip = &v->pkt->ip;
	const struct lb_snat_block *block = &v->scratch->block;
	const uint64_t *slot = outbound_slot(v, &ip->src, ip->proto);
	choose_block(v, slot);
	int port = use_block(v, slot, 0);
	if (port == 0)
		port = lb_ports_foresee(
		    v->ctx, block->first | (uint32_t)block->last << 16);
	const struct lb_addr *address = public_address(v, block->address);
	if (port < 0 || address == NULL)
		return key_of_packet(v);
	LB_STORE(v->scratch->choice.foreseen, 1);
	return key_of_return(v, ip, address, lb_be16_of((uint16_t)port));
}

LB_GLOBAL int
lb_snat_foresee(uint64_t ctx)
{
	struct lb_view v;
	if (!lb_view_open(&v, ctx, 0))
		return 0;
	uint64_t back = foresee_return(&v);
	fetch_places(&v, key_of_packet(&v));
	(void)lb_conn_ctl(&v, back, 0);
	return 0;
}

LB_GLOBAL int
lb_snat_leave(uint64_t ctx, uint32_t now_ms)
{
	struct lb_view v;
	if (!lb_view_open(&v, ctx, now_ms))
		return LB_SNAT_NOT_OURS;
	const struct lb_headers *ip = &v.pkt->ip;
	v.out->facts |= LB_FACT_SNAT;
	v.out->member = (uint16_t)v.scratch->choice.member;
	if (ip->fragment != LB_FRAGMENT_NO) {
		lb_say(&v, LB_DROP, LB_REASON_FRAGMENT);
		return LB_SNAT_SAID;
	}
	if ((v.pkt->notes & LB_NOTE_L4_BAD) != 0) {
		lb_say(&v, LB_DROP, LB_REASON_MALFORMED);
		return LB_SNAT_SAID;
	}
	uint64_t hash = key_of_packet(&v);
	int way = find_placed(&v, &hash, LB_KIND_SNAT_OUT);
	if (way >= 0) {
		v.scratch->choice.hash = hash;
		v.scratch->choice.way = (uint32_t)way;
		return LB_SNAT_FOUND;
	}
	lb_say(&v, LB_DROP, LB_REASON_SNAT_NO_FLOW);
	if (way != LB_CONN_MISS) { /* somebody is at it just now */
		lb_say(&v, LB_DROP, LB_REASON_SNAT_CONTENDED);
		return LB_SNAT_SAID;
	}
	if (v.scratch->choice.count == 0 ||
	    (ip->proto == LB_PROTO_TCP && (v.pkt->tcp_flags & LB_TCP_RST) != 0))
		return LB_SNAT_SAID;
	return LB_SNAT_NEW;
}

/* Whose blocks these are is asked of this plan: the one in force may be another
 * since the step began. */
LB_GLOBAL int
lb_snat_pick(uint64_t ctx, uint32_t turn)
{
	struct lb_view v;
	if (!lb_view_open(&v, ctx, 0))
		return LB_PORTS_NO_ROOM;
	int answer = use_block(
	    &v, outbound_slot(&v, &v.pkt->ip.src, v.pkt->ip.proto), turn);
	if (answer != 0)
		return answer;
	uint32_t first = v.scratch->block.first, last = v.scratch->block.last;
	if (v.scratch->choice.from > first)
		first = v.scratch->choice.from;
	return first > last ? LB_PORTS_NONE
			    : lb_ports_take(ctx, first | last << 16);
}

LB_GLOBAL int
lb_snat_enter_in(uint64_t ctx, uint32_t now_ms, int taken)
{
	struct lb_view v;
	if (!lb_view_open(&v, ctx, now_ms))
		return LB_SNAT_SAID;
	struct lb_scratch *s = v.scratch;
	const struct lb_snat_block *block = &s->block;
	v.out->member = (uint16_t)s->choice.member;
	v.out->rule = block->rule;
	say_no_port(&v, taken);
	if (taken < 0)
		return LB_SNAT_SAID;
	s->choice.no_room = 1; /* unless there is */
	lb_say(&v, LB_DROP, LB_REASON_TABLE_FULL);
	const struct lb_addr *address = public_address(&v, block->address);
	s->fresh.w2 = s->choice.member | (uint64_t)block->rule << 16 |
		      (uint64_t)now_ms << 32;
	if (address == NULL)
		return LB_SNAT_NEW;
	int way = make_return(&v, address, lb_be16_of((uint16_t)taken));
	return way < 0 || (way & LB_CONN_FOUND) != 0 ? LB_SNAT_NEW
						     : LB_SNAT_FOUND;
}

LB_GLOBAL int
lb_snat_enter_out(uint64_t ctx, uint32_t now_ms, uint32_t port)
{
	struct lb_view v;
	if (!lb_view_open(&v, ctx, now_ms))
		return LB_SNAT_NEW;
	struct lb_scratch *s = v.scratch;
	const struct lb_snat_block *block = &s->block;
	const struct lb_addr *address = public_address(&v, block->address);
	const lb_be16 sport = lb_be16_of((uint16_t)port);
	uint64_t hash = key_of_packet(&v);
	s->fresh.w1 = translation_word(block->address, sport);
	/* UDP has no sequence; it notes by which law its port was taken. */
	s->fresh.w3 = v.pkt->ip.proto == LB_PROTO_UDP
			  ? (s->ask.dst[0] | s->ask.dst[1]) == 0
			  : lb_sequence_of(v.pkt);
	int way = enter_places(&v, &hash, LB_KIND_SNAT_OUT);
	if (way < 0 || (way & LB_CONN_FOUND) != 0 || address == NULL)
		return LB_SNAT_NEW;
	v.out->facts |= LB_FACT_MADE;
	v.out->bucket = lb_bucket_index(ctx, v.six, (uint32_t)hash);
	v.out->way = (uint8_t)way;
	v.out->state = LB_CONN_HALF;
	leave(&v, address, sport);
	return LB_SNAT_SAID;
}

#define UNDO_TRIES 8u /* something may come back on it, and move its state */

/* One try at taking the way in away; 0: it changed meanwhile. */
LB_GLOBAL int
lb_snat_undo_in(uint64_t ctx, uint32_t port)
{
	struct lb_view v;
	if (!lb_view_open(&v, ctx, 0))
		return 1;
	const struct lb_addr *address =
	    public_address(&v, v.scratch->block.address);
	if (address == NULL)
		return 1;
	uint64_t hash =
	    key_of_return(&v, &v.pkt->ip, address, lb_be16_of((uint16_t)port));
	int way = find_placed(&v, &hash, LB_KIND_SNAT_IN);
	uint64_t ctl = v.scratch->hit.ctl;
	return way < 0 || lb_conn_replace(&v, hash, (uint32_t)way, ctl,
			      lb_ctl_claim(ctl) & LB_CTL_VERSION_MASK);
}

/* Back to before: the way in, if it was made, then the port. */
LB_GLOBAL int
lb_snat_undo(uint64_t ctx, uint32_t port)
{
	for (uint32_t i = 0; i < UNDO_TRIES; i++)
		if (lb_snat_undo_in(ctx, port) != 0)
			break;
	return lb_ports_give(ctx, port, 1);
}

/* --- for step.c ---------------------------------------------------------- */

/* The next port to try. */
LB_INLINE int
next_port(const struct lb_view *v, uint32_t turn)
{
	struct lb_choice *choice = &v->scratch->choice;
	const struct lb_snat_block *block = &v->scratch->block;
	int port = LB_PORTS_NONE;
	if (LB_LOAD(choice->foreseen) != 0)
		port = lb_ports_take_foreseen(
		    v->ctx, block->first | (uint32_t)block->last << 16);
	LB_STORE(choice->foreseen, 0);
	return port >= 0 ? port : lb_snat_pick(v->ctx, turn);
}

/*
 * A port for a new flow, and the way in by it.  The lowest free port is the
 * same for all who come, and what has no room for its way in stays free: in a
 * full table such ports gather below those that are good.  So the next one is
 * tried, each time twice as far away: else nobody would get out any more.
 */
LB_INLINE int
take_way_in(const struct lb_view *v, int *port)
{
	/* In memory, where the verifier does not follow them. */
	struct lb_choice *choice = &v->scratch->choice;
	LB_STORE(choice->turn, 0);
	LB_STORE(choice->full, 0);
	for (uint32_t i = 0; i <= BLOCKS_TRIED + FULL_TRIED; i++) {
		uint32_t turn = LB_LOAD(choice->turn);
		uint32_t full = LB_LOAD(choice->full) + 1;
		int taken = next_port(v, turn);
		*port = taken;
		if (taken == LB_PORTS_NO_ROOM)
			LB_STORE(choice->no_room, 1);
		if (taken == LB_PORTS_NONE || taken == LB_PORTS_NO_ROOM) {
			LB_STORE(choice->turn, turn + 1);
			LB_STORE(choice->from, 0);
			continue;
		}
		int said = lb_snat_enter_in(v->ctx, v->now_ms, taken);
		if (said != LB_SNAT_NEW)
			return said;
		(void)lb_ports_give(v->ctx, (uint32_t)taken, 1);
		if (full == FULL_TRIED)
			break;
		LB_STORE(choice->full, full);
		LB_STORE(
		    choice->from, (uint32_t)taken + (1u << ((full - 1) & 15)));
	}
	return LB_SNAT_SAID;
}

/* A port for a new flow, then its entries. */
LB_INLINE void
leave_first(const struct lb_view *v)
{
	int taken = LB_PORTS_NONE;
	if (!lb_packet_is_bare_syn(&v->scratch->packet))
		(void)lb_snat_choose(v->ctx);
	int said = take_way_in(v, &taken);
	if (said == LB_SNAT_FOUND)
		said = lb_snat_enter_out(v->ctx, v->now_ms, (uint32_t)taken);
	if (said != LB_SNAT_NEW)
		return;
	/* Another CPU was faster, or there is no room. */
	(void)lb_snat_undo(v->ctx, (uint32_t)taken);
	if (lb_snat_leave(v->ctx, v->now_ms) == LB_SNAT_FOUND)
		(void)lb_snat_by_entry(v->ctx, v->now_ms);
	else
		v->scratch->result.reason = LB_REASON_TABLE_FULL;
}

LB_GLOBAL int
lb_snat_out(uint64_t ctx, uint32_t now_ms)
{
	const struct lb_view v = {
		.ctx = ctx, .now_ms = now_ms, .scratch = lb_scratch(ctx)
	};
	if (v.scratch == NULL)
		return LB_SNAT_NOT_OURS;
	if (lb_packet_is_bare_syn(&v.scratch->packet))
		(void)lb_snat_foresee(ctx);
	int said = lb_snat_leave(ctx, now_ms);
	if (said == LB_SNAT_FOUND) {
		if (lb_packet_is_bare_syn(&v.scratch->packet))
			(void)lb_snat_renew(ctx);
		(void)lb_snat_by_entry(ctx, now_ms);
	}
	if (said == LB_SNAT_NEW)
		leave_first(&v);
	return said;
}

LB_API bool
lb_snat_from(const struct lb_view *v)
{
	const struct lb_headers *ip = &v->pkt->ip;
	if (v->header->snat_count == 0)
		return false;
	const uint64_t *slot = outbound_slot(v, &ip->src, ip->proto);
	if (slot == NULL || !lb_is_client_address(v, &ip->dst))
		return false;
	struct lb_choice *choice = &v->scratch->choice;
	choice->count = lb_slot_block_count(slot);
	choice->member = lb_slot_rule(slot);
	return true;
}

LB_API void
lb_snat_step(uint64_t ctx, const struct lb_packet *pkt, uint32_t now_ms,
    struct lb_result *out)
{
	const struct lb_view v = {
		.pkt = pkt, .out = out, .scratch = lb_scratch(ctx)
	};
	if (v.scratch == NULL)
		return;
	move_in(&v);
	(void)lb_snat_out(ctx, now_ms);
	move_out(&v);
}
