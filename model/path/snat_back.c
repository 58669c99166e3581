/* SPDX-License-Identifier: MIT */
/*
 * What the world sends to an outbound flow: answers, found by their SNAT_IN
 * entry, and ICMP errors about either direction.
 *
 * Source: AZ 4.4; errors: RFC 5508 4.2.
 */
#include "model/path/snat_parts.h"

LB_INLINE bool
come_back(const struct lb_view *v, uint64_t hash, uint32_t way)
{
	struct translation to;
	const struct lb_hit *hit = &v->scratch->hit;
	if (!translation_of(v, hash, way, &to))
		return false;
	const struct lb_rule *rule = lb_rule_of(v, lb_w2_rule(hit->w2));
	const struct lb_member *member = lb_member_of(v, lb_w2_member(hit->w2));
	if (rule == NULL || member == NULL)
		return false;
	v->out->rule = rule->id;
	v->out->member = lb_w2_member(hit->w2);
	v->out->facts |= LB_FACT_SNAT;
	lb_conn_see(v, rule, hash, way,
	    state_after_snat(v->pkt, lb_ctl_state(hit->ctl)));
	v->out->edit.dst = member->addr;
	v->out->edit.dport = to.port;
	v->out->edit.what = LB_EDIT_DST | LB_EDIT_DPORT;
	lb_say(v, LB_FORWARD, LB_REASON_NONE);
	return true;
}

LB_GLOBAL int
lb_snat_return(uint64_t ctx, uint32_t now_ms, uint32_t number)
{
	struct lb_view v;
	if (!lb_view_open(&v, ctx, now_ms))
		return LB_SNAT_NOT_OURS;
	const bool bad = (v.pkt->notes & LB_NOTE_L4_BAD) != 0;
	uint64_t hash = key_of_packet(&v);
	int way = bad ? LB_CONN_MISS : find_placed(&v, &hash, LB_KIND_SNAT_IN);
	if (way >= 0 && come_back(&v, hash, (uint32_t)way))
		return LB_SNAT_SAID;
	if (!lb_snat_in_block(
		&v, number, v.pkt->ip.proto, lb_be16_get(v.pkt->ip.dport)))
		return LB_SNAT_NOT_OURS;
	v.out->facts |= LB_FACT_SNAT;
	lb_say(&v, LB_DROP, bad ? LB_REASON_MALFORMED : LB_REASON_SNAT_NO_FLOW);
	return LB_SNAT_SAID;
}

/* About what a member sent: to that member. */
LB_INLINE bool
error_to_member(const struct lb_view *v, struct translation to)
{
	struct lb_edit *edit = &v->out->edit;
	const struct lb_member *member =
	    lb_member_of(v, lb_w2_member(v->scratch->hit.w2));
	if (member == NULL)
		return false;
	edit->dst = member->addr;
	edit->quoted = member->addr;
	edit->quoted_port = to.port;
	edit->what = LB_EDIT_DST | LB_EDIT_QUOTED_SRC;
	return true;
}

/* About what came back to a member: to who sent it, who knows only the public
 * address. */
LB_INLINE bool
error_to_world(const struct lb_view *v, struct translation to)
{
	struct lb_edit *edit = &v->out->edit;
	const struct lb_addr *address = public_address(v, to.address);
	if (address == NULL)
		return false;
	edit->quoted = *address;
	edit->quoted_port = to.port;
	edit->what = LB_EDIT_QUOTED_DST;
	if (lb_addr_same(&v->pkt->ip.src, &v->pkt->quoted.dst)) {
		edit->src = *address;
		edit->what |= LB_EDIT_SRC;
	}
	v->out->facts |= LB_FACT_REPLY;
	return true;
}

/* The quoted packet turned round is what the flow's other side sends: its key
 * is that of SNAT_IN, or of SNAT_OUT. */
LB_GLOBAL int
lb_snat_error(uint64_t ctx, uint32_t now_ms)
{
	struct lb_view v;
	struct translation to;
	if (!lb_view_open(&v, ctx, now_ms))
		return LB_SNAT_NOT_OURS;
	const struct lb_headers *q = &v.pkt->quoted;
	const struct lb_hit *hit = &v.scratch->hit;
	if (!lb_addr_same(&q->src, &v.pkt->ip.dst))
		return LB_SNAT_NOT_OURS; /* not to who sent it */
	lb_key_set(&v.scratch->key, &q->dst, &q->src,
	    lb_ports_proto(q->dport, q->sport, q->proto), v.six);
	uint64_t hash = lb_flow_hash(&v, &v.scratch->key);
	const uint64_t first = hash;
	int way = find_placed(&v, &hash, LB_KIND_SNAT_IN);
	if (way < 0) {
		hash = first;
		way = find_placed(&v, &hash, LB_KIND_SNAT_OUT);
	}
	if (way < 0 || !translation_of(&v, hash, (uint32_t)way, &to))
		return LB_SNAT_NOT_OURS;
	bool ours = lb_ctl_kind(hit->ctl) == LB_KIND_SNAT_IN
			? error_to_member(&v, to)
			: error_to_world(&v, to);
	if (!ours)
		return LB_SNAT_NOT_OURS;
	lb_quote(&v);
	v.out->rule = lb_w2_rule(hit->w2);
	v.out->member = lb_w2_member(hit->w2);
	v.out->facts |= LB_FACT_SNAT | LB_FACT_ICMP;
	lb_say(&v, LB_FORWARD, LB_REASON_NONE);
	return LB_SNAT_SAID;
}

LB_API bool
lb_snat_to(const struct lb_view *v, const uint64_t *slot)
{
	move_in(v);
	if (lb_snat_return(v->ctx, v->now_ms, lb_slot_snat(slot)) ==
	    LB_SNAT_NOT_OURS)
		return false;
	move_out(v);
	return true;
}

LB_API bool
lb_snat_about(const struct lb_view *v)
{
	if (v->header->snat_count == 0)
		return false;
	move_in(v);
	if (lb_snat_error(v->ctx, v->now_ms) == LB_SNAT_NOT_OURS)
		return false;
	move_out(v);
	return true;
}
