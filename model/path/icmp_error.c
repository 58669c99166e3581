/* SPDX-License-Identifier: MIT */
/*
 * An ICMP error goes to whoever sent the packet that it quotes, with the
 * quoted packet translated back to what that sender sent.  It makes no entry
 * and refreshes none.
 *
 * Source: RFC 5508 4.2, RFC 792, RFC 4443; design.md 2.
 */
#include "model/path/view.h"

LB_INLINE void
begin(const struct lb_view *v, const struct lb_rule *rule)
{
	v->out->rule = rule->id;
	v->out->facts |= LB_FACT_ICMP;
	lb_say(v, LB_FORWARD, LB_REASON_NONE);
	lb_quote(v);
}

/* The rule under which the quoted packet went from a member to a client:
 * its source is a frontend of ours, and so is the error's destination. */
LB_INLINE const struct lb_rule *
frontend_rule(const struct lb_view *v)
{
	const struct lb_headers *q = &v->pkt->quoted;
	if (!lb_addr_same(&q->src, &v->pkt->ip.dst))
		return NULL;
	const uint64_t *slot = lb_endpoint_find(
	    v, &q->src, q->sport, q->proto, LB_ENDPOINT_FRONTEND);
	if (slot == NULL)
		slot = lb_endpoint_find(
		    v, &q->src, (lb_be16){ 0 }, 0, LB_ENDPOINT_ADDRESS);
	return slot != NULL ? lb_rule_of(v, lb_slot_rule(slot)) : NULL;
}

/* An error about a member's packet: to that member. */
LB_INLINE void
to_member(const struct lb_view *v, const struct lb_rule *rule, bool hop)
{
	const struct lb_headers *q = &v->pkt->quoted;
	struct lb_edit *edit = &v->out->edit;
	if (hop)
		lb_key_set_hop(v, rule, q, q->sport, q->dport);
	else
		lb_key_set(&v->scratch->key, &q->dst, &q->src,
		    lb_ports_proto(q->dport, q->sport, q->proto), v->six);
	uint32_t id = lb_member_of_flow(v, &rule);
	const struct lb_member *member = lb_member_of(v, id);
	begin(v, rule);
	if (member == NULL) {
		lb_say(v, LB_DROP, LB_REASON_NO_HEALTHY_BACKEND);
		return;
	}
	v->out->member = (uint16_t)id;
	const bool moves_port = (rule->flags & LB_RULE_ANY_PORT) == 0;
	const bool moves_address = (rule->flags & LB_RULE_FLOATING) == 0;
	edit->quoted = q->src;
	edit->quoted_port = moves_port ? rule->backend_port : q->sport;
	if (moves_address) {
		edit->dst = member->addr;
		edit->quoted = member->addr;
		edit->what |= LB_EDIT_DST;
	}
	if (moves_address || edit->quoted_port.raw != q->sport.raw)
		edit->what |= LB_EDIT_QUOTED_SRC;
}

/* An error about a client's packet, which had been translated: to the client,
 * who knows only the frontend. */
LB_INLINE void
to_client(const struct lb_view *v, const struct lb_rule *rule)
{
	const struct lb_headers *q = &v->pkt->quoted;
	struct lb_edit *edit = &v->out->edit;
	const bool any_port = (rule->flags & LB_RULE_ANY_PORT) != 0;
	begin(v, rule);
	v->out->facts |= LB_FACT_REPLY;
	edit->quoted = rule->frontend;
	edit->quoted_port = any_port ? q->dport : rule->frontend_port;
	edit->what |= LB_EDIT_QUOTED_DST;
	if (lb_addr_same(&v->pkt->ip.src, &q->dst)) {
		edit->src = rule->frontend;
		edit->what |= LB_EDIT_SRC;
	}
}

LB_API void
lb_icmp_error(const struct lb_view *v)
{
	const struct lb_headers *q = &v->pkt->quoted;
	if (lb_snat_about(v))
		return;
	const struct lb_rule *rule = frontend_rule(v);
	if (rule != NULL) {
		to_member(v, rule, false);
		return;
	}
	/* The quoted packet turned round, as the member would have answered. */
	if (lb_addr_same(&q->src, &v->pkt->ip.dst)) {
		struct lb_headers back;
		back.src = q->dst;
		back.dst = q->src;
		back.sport = q->dport;
		back.dport = q->sport;
		back.proto = q->proto;
		back.fragment = q->fragment;
		rule = lb_reply_rule(v, &back);
		if (rule != NULL) {
			to_client(v, rule);
			return;
		}
	}
	rule = lb_next_hop_rule(v);
	if (rule != NULL)
		to_member(v, rule, true);
}
