/* SPDX-License-Identifier: MIT */
#include "model/path/step.h"
#include "model/path/view.h"

/* What is left to do when the rules have been asked. */
enum step_left {
	STEP_DONE,
	STEP_LEAVES, /* it is of a member's own flow */
};

/* What an earlier packet left behind must not show. */
LB_INLINE void
result_clear(struct lb_result *out, const struct lb_packet *pkt)
{
	out->verdict = LB_PASS;
	out->reason = LB_REASON_NO_RULE;
	out->facts = 0;
	out->bucket = 0;
	out->member = LB_NONE;
	out->rule = LB_NONE;
	out->way = 0;
	out->state = 0;
	out->edit.what = 0;
	out->edit.l3 = pkt->ip.l3;
	out->edit.l4 = pkt->ip.l4;
	out->edit.family = pkt->ip.family;
	out->edit.proto = pkt->ip.proto;
	out->edit.fragment = pkt->ip.fragment;
}

/* May the next hop have it?  What has a frontend's address is an answer that a
 * member with floating IP gives by itself. */
LB_INLINE const struct lb_rule *
next_hop(const struct lb_view *v)
{
	const struct lb_rule *rule = lb_next_hop_rule(v);
	if (rule == NULL)
		return NULL;
	const uint64_t *slot = lb_endpoint_find(
	    v, &v->pkt->ip.src, (lb_be16){ 0 }, 0, LB_ENDPOINT_ADDRESS);
	return slot != NULL && (lb_slot_flags(slot) & LB_ADDRESS_OURS) != 0
		   ? NULL
		   : rule;
}

/* What no frontend names: a reply, a member's own flow, or what a next hop
 * takes.  `fragment`: it has no ports to go by. */
LB_INLINE int
step_beyond(const struct lb_view *v, bool fragment)
{
	const struct lb_rule *rule = lb_reply_rule(v, &v->pkt->ip);
	if (rule != NULL) {
		lb_reply(v, rule);
		return STEP_DONE;
	}
	if (lb_snat_from(v))
		return STEP_LEAVES;
	rule = next_hop(v);
	if (rule == NULL)
		return STEP_DONE;
	if (fragment)
		lb_forward_fragment(v, rule, true);
	else
		lb_forward_hop(v, rule);
	return STEP_DONE;
}

/* A fragment has a port only by luck: an address must name its rule. */
LB_PART(step_fragment)
{
	const uint64_t *slot = lb_endpoint_find(
	    v, &v->pkt->ip.dst, (lb_be16){ 0 }, 0, LB_ENDPOINT_ADDRESS);
	const struct lb_rule *rule =
	    slot != NULL ? lb_rule_of(v, lb_slot_rule(slot)) : NULL;
	if (rule != NULL) {
		lb_forward_fragment(v, rule, false);
		return STEP_DONE;
	}
	if (slot != NULL && (lb_slot_flags(slot) & LB_ADDRESS_FRONTEND) != 0)
		lb_say(v, LB_DROP, LB_REASON_FRAGMENT);
	if (slot != NULL && (lb_slot_flags(slot) & LB_ADDRESS_OURS) != 0)
		return STEP_DONE;
	return step_beyond(v, true);
}

LB_PART(step_unnamed)
{
	return step_beyond(v, false);
}

/* ICMP that is no error has no ports: with ha_icmp it goes as a fragment does,
 * by its addresses, where a rule for all ports leaves them as they are. */
LB_INLINE bool
forward_icmp(const struct lb_view *v)
{
	const uint64_t *slot = lb_endpoint_find(
	    v, &v->pkt->ip.dst, (lb_be16){ 0 }, 0, LB_ENDPOINT_ADDRESS);
	const struct lb_rule *rule =
	    slot != NULL ? lb_rule_of(v, lb_slot_rule(slot)) : NULL;
	bool hop = rule == NULL;
	if (hop && slot != NULL && (lb_slot_flags(slot) & LB_ADDRESS_OURS) != 0)
		return false;
	if (hop)
		rule = next_hop(v);
	if (rule == NULL || (rule->flags & LB_RULE_FLOATING) == 0)
		return false;
	lb_forward_fragment(v, rule, hop);
	return true;
}

LB_PART(step_icmp)
{
	if ((v->pkt->notes & LB_NOTE_ICMP_ERROR) != 0)
		lb_icmp_error(v);
	else if ((v->header->flags & LB_PLAN_HA_ICMP) != 0 && forward_icmp(v))
		return STEP_DONE;
	else if (lb_is_echo_request(v->pkt))
		lb_echo(v);
	return STEP_DONE;
}

/* A frontend's port that no rule has: the machine's own, or with no_rule
 * nobody's. */
LB_INLINE bool
is_nobodys(const struct lb_view *v, const uint64_t *slot)
{
	return (v->header->flags & LB_PLAN_DROP_NO_RULE) != 0 &&
	       (lb_slot_flags(slot) & LB_ADDRESS_FRONTEND) != 0;
}

/* design.md 2: the more exact match first.  What a frontend names is no part
 * of its own: most packets are. */
LB_INLINE int
step_transport(const struct lb_view *v)
{
	const struct lb_headers *ip = &v->pkt->ip;
	const uint64_t *slot = lb_endpoint_find(
	    v, &ip->dst, ip->dport, ip->proto, LB_ENDPOINT_FRONTEND);
	if (slot == NULL) {
		slot = lb_endpoint_find(
		    v, &ip->dst, (lb_be16){ 0 }, 0, LB_ENDPOINT_ADDRESS);
		if (slot == NULL)
			return lb_part(step_unnamed, v);
		if ((lb_slot_flags(slot) & LB_ADDRESS_SNAT) != 0 &&
		    lb_snat_to(v, slot))
			return STEP_DONE;
	}
	const struct lb_rule *rule = lb_rule_of(v, lb_slot_rule(slot));
	if (rule != NULL)
		lb_forward(v, rule);
	else if ((lb_slot_flags(slot) & LB_ADDRESS_OURS) == 0)
		return lb_part(step_unnamed, v);
	else if (is_nobodys(v, slot))
		lb_say(v, LB_DROP, LB_REASON_NO_RULE);
	return STEP_DONE;
}

LB_INLINE int
step_first(const struct lb_view *v)
{
	const struct lb_headers *ip = &v->pkt->ip;
	if (ip->proto == LB_PROTO_ICMP || ip->proto == LB_PROTO_ICMP6)
		return lb_part(step_icmp, v);
	if (LB_UNLIKELY(ip->fragment != LB_FRAGMENT_NO))
		return lb_part(step_fragment, v);
	return step_transport(v);
}

LB_API void
lb_step(uint64_t ctx, const struct lb_packet *pkt, uint32_t now_ms,
    struct lb_result *out)
{
	struct lb_view v;
	result_clear(out, pkt);
	if (!lb_view_open(&v, ctx, now_ms))
		return;
	v.pkt = pkt;
	v.out = out;
	v.six = pkt->ip.family == 6;
	if (LB_UNLIKELY(step_first(&v) == STEP_LEAVES))
		lb_snat_step(ctx, pkt, now_ms, out);
}
