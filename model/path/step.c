/* SPDX-License-Identifier: MIT */
#include "model/path/step.h"
#include "model/path/view.h"

/* What is left to do when the rules have been asked. */
enum step_rest {
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

/* A fragment has a port only by luck: an address must name its rule. */
LB_INLINE int
step_fragment(const struct lb_view *v)
{
	const uint64_t *slot = lb_endpoint_find(
	    v, &v->pkt->ip.dst, (lb_be16){ 0 }, 0, LB_ENDPOINT_ADDRESS);
	const struct lb_rule *rule = NULL;
	bool hop = false;
	if (slot != NULL) {
		rule = lb_rule_of(v, lb_slot_rule(slot));
		if (rule == NULL &&
		    (lb_slot_flags(slot) & LB_ADDRESS_FRONTEND) != 0)
			lb_say(v, LB_DROP, LB_REASON_FRAGMENT);
		if (rule == NULL &&
		    (lb_slot_flags(slot) & LB_ADDRESS_OURS) != 0)
			return STEP_DONE;
	}
	if (rule == NULL) {
		rule = lb_reply_rule(v, &v->pkt->ip);
		if (rule != NULL) {
			lb_reply(v, rule);
			return STEP_DONE;
		}
		if (lb_snat_from(v))
			return STEP_LEAVES;
		rule = next_hop(v);
		hop = true;
	}
	if (rule != NULL)
		lb_forward_fragment(v, rule, hop);
	return STEP_DONE;
}

/* design.md 2: the more exact match first. */
LB_INLINE int
step_transport(const struct lb_view *v)
{
	const struct lb_headers *ip = &v->pkt->ip;
	const uint64_t *slot = lb_endpoint_find(
	    v, &ip->dst, ip->dport, ip->proto, LB_ENDPOINT_FRONTEND);
	if (slot == NULL) {
		slot = lb_endpoint_find(
		    v, &ip->dst, (lb_be16){ 0 }, 0, LB_ENDPOINT_ADDRESS);
		if (slot != NULL &&
		    (lb_slot_flags(slot) & LB_ADDRESS_SNAT) != 0 &&
		    lb_snat_to(v, slot))
			return STEP_DONE;
	}
	const struct lb_rule *rule =
	    slot != NULL ? lb_rule_of(v, lb_slot_rule(slot)) : NULL;
	bool hop = false;
	if (rule == NULL) {
		if (slot != NULL &&
		    (lb_slot_flags(slot) & LB_ADDRESS_OURS) != 0)
			return STEP_DONE;
		rule = lb_reply_rule(v, ip);
		if (rule != NULL) {
			lb_reply(v, rule);
			return STEP_DONE;
		}
		if (lb_snat_from(v))
			return STEP_LEAVES;
		rule = next_hop(v);
		hop = true;
	}
	if (rule != NULL)
		lb_forward(v, rule, hop);
	return STEP_DONE;
}

/* Not inlined: what a flow of a member's own needs comes after it, and BPF
 * has no stack for both. */
static LB_NOINLINE int
step_first(uint64_t ctx, const struct lb_packet *pkt, uint32_t now_ms,
    struct lb_result *out)
{
	struct lb_view v = { .ctx = ctx,
		.pkt = pkt,
		.out = out,
		.now_ms = now_ms,
		.six = pkt->ip.family == 6 };
	result_clear(out, pkt);
	v.scratch = lb_scratch(ctx);
	v.plan = lb_plan_in_force(ctx);
	if (v.scratch == NULL || v.plan == NULL)
		return STEP_DONE;
	v.header = (const struct lb_plan_header *)lb_plan_row(v.plan, 0);
	v.key = (const struct lb_hash_key *)lb_plan_row(v.plan, 1);
	if (v.header == NULL || v.key == NULL)
		return STEP_DONE;
	if (pkt->ip.proto == LB_PROTO_ICMP || pkt->ip.proto == LB_PROTO_ICMP6) {
		if ((pkt->notes & LB_NOTE_ICMP_ERROR) != 0)
			lb_icmp_error(&v);
		else if (lb_is_echo_request(pkt))
			lb_echo(&v);
	} else if (LB_UNLIKELY(pkt->ip.fragment != LB_FRAGMENT_NO)) {
		return step_fragment(&v);
	} else {
		return step_transport(&v);
	}
	return STEP_DONE;
}

LB_API void
lb_step(uint64_t ctx, const struct lb_packet *pkt, uint32_t now_ms,
    struct lb_result *out)
{
	if (LB_UNLIKELY(step_first(ctx, pkt, now_ms, out) == STEP_LEAVES))
		lb_snat_step(ctx, pkt, now_ms, out);
}
