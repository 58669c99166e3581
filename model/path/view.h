/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_VIEW_H
#define MODEL_PATH_VIEW_H
/*
 * One packet's view of the world: the plan as it was when the packet came,
 * and how to read its rows.  Shared by the files that lb_step() is made of.
 */
#include "model/path/conn.h"
#include "model/path/mode.h"

struct lb_view {
	uint64_t ctx;
	const struct lb_plan_ref *plan;
	const struct lb_plan_header *header;
	const struct lb_hash_key *key;
	const struct lb_packet *pkt;
	struct lb_scratch *scratch;
	struct lb_result *out;
	uint32_t now_ms;
	bool six;
};

/* The view of a packet that lies in scratch, anew: a global function is handed
 * none.  It may see a newer plan than the packet saw so far. */
LB_INLINE bool
lb_view_open(struct lb_view *v, uint64_t ctx, uint32_t now_ms)
{
	v->ctx = ctx;
	v->now_ms = now_ms;
	v->scratch = lb_scratch(ctx);
	v->plan = lb_plan_in_force(ctx);
	if (v->scratch == NULL || v->plan == NULL)
		return false;
	v->pkt = &v->scratch->packet;
	v->out = &v->scratch->result;
	v->six = v->pkt->ip.family == 6;
	v->header = (const struct lb_plan_header *)lb_plan_row(v->plan, 0);
	v->key = (const struct lb_hash_key *)lb_plan_row(v->plan, 1);
	return v->header != NULL && v->key != NULL;
}

/*
 * LB_PART(name) { body } - a part of the step: int name(const struct lb_view
 * *v), called as lb_part(name, v).  In BPF a global function, so that the
 * verifier looks at it once and not once for each way into it: with all in
 * one program Linux 6.1 gives up.  There its packet and result are those of
 * scratch, and its plan the one in force when it is called.
 */
#ifdef __bpf__
#define LB_PART(name)                                                          \
	LB_INLINE int name(const struct lb_view *v);                           \
	LB_GLOBAL int lb_part_##name(uint64_t ctx, uint32_t now_ms)            \
	{                                                                      \
		struct lb_view v;                                              \
		return lb_view_open(&v, ctx, now_ms) ? name(&v) : 0;           \
	}                                                                      \
	LB_INLINE int name(const struct lb_view *v)
#define lb_part(name, v) lb_part_##name((v)->ctx, (v)->now_ms)
#else
#define LB_PART(name)    static LB_NOINLINE int name(const struct lb_view *v)
#define lb_part(name, v) name(v)
#endif

/* An endpoint slot as words: address, address, then the packed fields of
 * struct lb_endpoint. */
#define LB_SLOT_WORDS 4u

LB_INLINE uint32_t
lb_endpoint_tag(lb_be16 port, uint32_t proto, uint32_t kind)
{
	return port.raw | proto << 16 | kind << 24;
}

LB_INLINE const uint64_t *
lb_endpoint_in_row(
    const struct lb_row *row, const struct lb_addr *addr, uint32_t tag)
{
	if (row == NULL)
		return NULL;
	const uint64_t *slot = row->word;
	if ((uint32_t)slot[2] == tag && slot[1] == addr->word[1] &&
	    slot[0] == addr->word[0])
		return slot;
	slot += LB_SLOT_WORDS;
	if ((uint32_t)slot[2] == tag && slot[1] == addr->word[1] &&
	    slot[0] == addr->word[0])
		return slot;
	return NULL;
}

/* The slot of a key in the endpoint table; NULL: it has none. */
LB_INLINE const uint64_t *
lb_endpoint_find(const struct lb_view *v, const struct lb_addr *addr,
    lb_be16 port, uint32_t proto, uint32_t kind)
{
	uint64_t hash =
	    lb_endpoint_hash(addr, port, (uint8_t)proto, (uint8_t)kind);
	uint32_t tag = lb_endpoint_tag(port, proto, kind);
	uint32_t at = v->header->endpoint_at;
	uint32_t mask = v->header->endpoint_mask;
	const uint64_t *slot = lb_endpoint_in_row(
	    lb_plan_row(v->plan, at + ((uint32_t)hash & mask)), addr, tag);
	if (slot != NULL)
		return slot;
	return lb_endpoint_in_row(
	    lb_plan_row(v->plan, at + ((uint32_t)(hash >> 32) & mask)), addr,
	    tag);
}

LB_INLINE uint32_t
lb_slot_rule(const uint64_t *slot)
{
	return (uint32_t)(slot[2] >> 32) & 0xffff;
}

LB_INLINE uint32_t
lb_slot_reply(const uint64_t *slot)
{
	return (uint32_t)(slot[2] >> 48);
}

LB_INLINE uint32_t
lb_slot_snat(const uint64_t *slot)
{
	return (uint32_t)slot[3] >> 8 & 0xff;
}

LB_INLINE uint32_t
lb_slot_block_count(const uint64_t *slot)
{
	return (uint32_t)slot[3] >> 16;
}

LB_INLINE uint32_t
lb_slot_block(const uint64_t *slot)
{
	return (uint32_t)(slot[3] >> 32);
}

LB_INLINE uint32_t
lb_slot_flags(const uint64_t *slot)
{
	return (uint32_t)slot[3] & 0xff;
}

/* NULL for LB_NONE and for ids that no rule has. */
LB_INLINE const struct lb_rule *
lb_rule_of(const struct lb_view *v, uint32_t id)
{
	if (id >= v->header->rule_count)
		return NULL;
	const struct lb_rule *rule = (const struct lb_rule *)lb_plan_row(
	    v->plan, v->header->rule_at + id);
	return rule != NULL && rule->live ? rule : NULL;
}

/* The rule for what nothing else names, in the packet's family. */
LB_INLINE const struct lb_rule *
lb_next_hop_rule(const struct lb_view *v)
{
	return lb_rule_of(
	    v, v->six ? v->header->next_hop_rule6 : v->header->next_hop_rule4);
}

LB_INLINE const struct lb_member *
lb_member_of(const struct lb_view *v, uint32_t id)
{
	if (id >= v->header->member_count)
		return NULL;
	const struct lb_row *row =
	    lb_plan_row(v->plan, v->header->member_at + id / 2);
	if (row == NULL)
		return NULL;
	const struct lb_member *member = (const struct lb_member *)row->word;
	if ((id & 1) != 0)
		member++;
	return member->live ? member : NULL;
}

LB_INLINE void
lb_say(const struct lb_view *v, enum lb_verdict verdict, enum lb_reason reason)
{
	v->out->verdict = verdict;
	v->out->reason = reason;
}

LB_INLINE void
lb_key_set(struct lb_key *key, const struct lb_addr *src,
    const struct lb_addr *dst, uint64_t ports_proto, bool six)
{
	if (six) {
		key->addr[0] = src->word[0];
		key->addr[1] = src->word[1];
		key->addr[2] = dst->word[0];
		key->addr[3] = dst->word[1];
	} else {
		key->addr[0] =
		    lb_addr_v4_raw(src) | (uint64_t)lb_addr_v4_raw(dst) << 32;
	}
	key->w1 = ports_proto;
}

LB_INLINE uint64_t
lb_ports_proto(lb_be16 sport, lb_be16 dport, uint32_t proto)
{
	return sport.raw | (uint32_t)dport.raw << 16 | (uint64_t)proto << 32;
}

/* Does a key's second end come before its first, in an order that means
 * nothing? */
LB_INLINE bool
lb_key_is_turned(const struct lb_key *key, bool six)
{
	uint32_t first = (uint32_t)key->addr[0];
	uint32_t second = (uint32_t)(key->addr[0] >> 32);
	if (six && key->addr[0] != key->addr[2])
		return key->addr[2] < key->addr[0];
	if (six && key->addr[1] != key->addr[3])
		return key->addr[3] < key->addr[1];
	if (!six && first != second)
		return second < first;
	return (uint16_t)(key->w1 >> 16) < (uint16_t)key->w1;
}

/*
 * The key of what passes a next hop: one for both directions, as an appliance
 * wants to see both.  A mode that does not keep the destination asks for the
 * sender's end, and gets it.  Masks, and in place: the verifier would look at
 * all that follows once for each way, and there is no room on the stack.
 */
LB_INLINE void
lb_key_set_hop(const struct lb_view *v, const struct lb_rule *rule,
    const struct lb_headers *h, lb_be16 sport, lb_be16 dport)
{
	struct lb_key *key = &v->scratch->key;
	lb_key_set(key, &h->src, &h->dst,
	    lb_ports_proto(sport, dport, h->proto), v->six);
	uint64_t turn = 0;
	if ((v->header->flags & LB_PLAN_BOTH_WAYS) != 0 &&
	    rule->mode < LB_MODE_SOURCE_IP_ANY_DST &&
	    lb_key_is_turned(key, v->six))
		turn = ~UINT64_C(0);
	lb_forget(turn);
	uint64_t ports = (key->w1 ^ key->w1 >> 16) & turn & UINT16_MAX;
	key->w1 ^= ports | ports << 16;
	if (!v->six) {
		uint64_t ends =
		    (key->addr[0] ^ key->addr[0] >> 32) & turn & UINT32_MAX;
		key->addr[0] ^= ends | ends << 32;
		return;
	}
	for (int i = 0; i < 2; i++) {
		uint64_t ends = (key->addr[i] ^ key->addr[i + 2]) & turn;
		key->addr[i] ^= ends;
		key->addr[i + 2] ^= ends;
	}
}

LB_INLINE uint64_t
lb_flow_hash(const struct lb_view *v, const struct lb_key *key)
{
	return v->six ? lb_hash6(v->key, LB_HASH_FLOW, key->addr, key->w1)
		      : lb_hash4(v->key, LB_HASH_FLOW, key->addr[0], key->w1);
}

LB_INLINE int
lb_conn_find_key(const struct lb_view *v, uint64_t hash)
{
	return v->six ? lb_conn_find6(v->ctx, hash)
		      : lb_conn_find4(v->ctx, hash);
}

/* Does a port of a public address belong to any member? */
LB_INLINE bool
lb_snat_in_block(
    const struct lb_view *v, uint32_t number, uint32_t proto, uint32_t port)
{
	uint32_t at = v->header->units_at +
		      (number * 2 + (proto == LB_PROTO_UDP)) * LB_UNIT_ROWS +
		      port / (64 * 64);
	const struct lb_row *row = lb_plan_row(v->plan, at);
	uint32_t word = port / 512 & 7;
	lb_forget(word);
	if (row == NULL || word > 7)
		return false;
	return (row->word[word] >> (port / 8 & 63) & 1) != 0;
}

/* Where the packet is that an ICMP error quotes. */
LB_INLINE void
lb_quote(const struct lb_view *v)
{
	const struct lb_headers *q = &v->pkt->quoted;
	struct lb_edit *edit = &v->out->edit;
	edit->quoted_l3 = q->l3;
	edit->quoted_l4 = q->l4;
	edit->quoted_proto = q->proto;
	edit->quoted_fragment = q->fragment;
	edit->quoted_bytes =
	    (uint16_t)(q->l4_bytes < 0xffff ? q->l4_bytes : 0xffff);
}

/* forward.c: a client's packet under a rule. */
LB_API void lb_forward(const struct lb_view *v, const struct lb_rule *rule);
/* forward.c: what a next hop takes, in either direction. */
LB_API void lb_forward_hop(const struct lb_view *v, const struct lb_rule *rule);
/* forward.c: a fragment under an HA-ports rule. */
LB_API void lb_forward_fragment(
    const struct lb_view *v, const struct lb_rule *rule, bool hop);
/* forward.c: the member that scratch->key belongs to, without touching or
 * making anything; LB_NONE: none.  *rule becomes the one that the flow's entry
 * was made under. */
LB_API uint32_t lb_member_of_flow(
    const struct lb_view *v, const struct lb_rule **rule);

/* reply.c: an address beyond us: not the balancer's own, not a neighbour of
 * the members. */
LB_API bool lb_is_client_address(
    const struct lb_view *v, const struct lb_addr *addr);
/* reply.c: the member of scratch->key's entry, if that lives; -1: it does not.
 */
LB_GLOBAL int lb_entry_member(uint64_t ctx, uint32_t now_ms, uint32_t six);
/* reply.c: the rule under which what `member` sends from `port` to `client`
 * is a reply; NULL: it is none. */
LB_API const struct lb_rule *lb_reply_rule(
    const struct lb_view *v, const struct lb_headers *from_member);
LB_API void lb_reply(const struct lb_view *v, const struct lb_rule *rule);

/* snat.c: is it of a member's own flow?  Then scratch->choice is filled. */
LB_API bool lb_snat_from(const struct lb_view *v);
/* snat.c: all that is to be done with such a packet, afterwards. */
LB_API void lb_snat_step(uint64_t ctx, const struct lb_packet *pkt,
    uint32_t now_ms, struct lb_result *out);
/* snat_back.c: what comes to the public address in `slot`; false: it is not
 * about a port of any member. */
LB_API bool lb_snat_to(const struct lb_view *v, const uint64_t *slot);

/* snat_back.c: an ICMP error about an outbound flow, from either side; false:
 * it is about something else. */
LB_API bool lb_snat_about(const struct lb_view *v);

/*
 * Their steps, functions of their own because the verifier would else look at
 * them once for every way into them, and because together they would need more
 * stack than BPF has.  The packet and the result are those of scratch.
 *
 *   out        all of what follows, as far as it is needed
 *   leave      by scratch->choice, which is filled before; LB_SNAT_FOUND:
 * scratch->choice and ->hit say by which entry; LB_SNAT_NEW: there is none
 *   by_entry   by the entry that leave found
 *   renew      a SYN begins it anew, if it was closing
 *   foresee    for a SYN, before leave: asks for the control words that a
 *              newcomer will look at, all at once; chooses, too
 *   choose     with which of scratch->choice's blocks to begin
 *   first      the first block of the one at `at`'s address, counted from base
 *   pick       a port of the turn-th block, which is then scratch->block; or
 *              enum lb_ports_answer
 *   enter_in, enter_out   a new flow's entries; LB_SNAT_NEW: can't be made,
 *   undo       and what was made is to go
 *   return, error         by an entry
 */
enum lb_snat_answer {
	LB_SNAT_NOT_OURS,
	LB_SNAT_SAID,
	LB_SNAT_NEW,
	LB_SNAT_FOUND,
};
LB_GLOBAL int lb_snat_out(uint64_t ctx, uint32_t now_ms);
LB_GLOBAL int lb_snat_leave(uint64_t ctx, uint32_t now_ms);
LB_GLOBAL int lb_snat_by_entry(uint64_t ctx, uint32_t now_ms);
LB_GLOBAL int lb_snat_renew(uint64_t ctx);
LB_GLOBAL int lb_snat_choose(uint64_t ctx);
LB_GLOBAL int lb_snat_foresee(uint64_t ctx);
LB_GLOBAL int lb_snat_first(uint64_t ctx, uint32_t base, uint32_t at);
LB_GLOBAL int lb_snat_pick(uint64_t ctx, uint32_t turn);
LB_GLOBAL int lb_snat_enter_in(uint64_t ctx, uint32_t now_ms, int taken);
LB_GLOBAL int lb_snat_enter_out(uint64_t ctx, uint32_t now_ms, uint32_t port);
LB_GLOBAL int lb_snat_undo_in(uint64_t ctx, uint32_t port);
LB_GLOBAL int lb_snat_undo(uint64_t ctx, uint32_t port);
LB_GLOBAL int lb_snat_error(uint64_t ctx, uint32_t now_ms);
LB_GLOBAL int lb_snat_return(uint64_t ctx, uint32_t now_ms, uint32_t number);

/* icmp_error.c */
LB_API void lb_icmp_error(const struct lb_view *v);

/* echo.c */
LB_COLD void lb_echo(const struct lb_view *v);

LB_INLINE bool
lb_is_echo_request(const struct lb_packet *pkt)
{
	return pkt->icmp_type == (pkt->ip.family == 4 ? LB_ECHO_REQUEST4
						      : LB_ECHO_REQUEST6) &&
	       pkt->ip.fragment != LB_FRAGMENT_LATER;
}

#endif
