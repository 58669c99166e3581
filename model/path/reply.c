/* SPDX-License-Identifier: MIT */
/*
 * Member to client.  A reply needs no entry: the member's address and port
 * name the rule, and the rule names the frontend.  With an entry it keeps the
 * entry alive and moves its state.
 */
#include "model/path/hash.h"
#include "model/path/seen.h"

LB_INLINE bool
in_subnet(const struct lb_addr *addr, const struct lb_subnet *subnet)
{
	return ((addr->word[0] ^ subnet->addr.word[0]) &
		   subnet->mask.word[0]) == 0 &&
	       ((addr->word[1] ^ subnet->addr.word[1]) &
		   subnet->mask.word[1]) == 0;
}

/* A frontend's address or the balancer's own?  Answers to our own probes are to
 * stay as they are. */
LB_INLINE bool
is_balancers(const struct lb_view *v, const struct lb_addr *addr)
{
	const uint64_t *slot =
	    lb_endpoint_find(v, addr, (lb_be16){ 0 }, 0, LB_ENDPOINT_ADDRESS);
	return slot != NULL && (lb_slot_flags(slot) & LB_ADDRESS_OURS) != 0;
}

LB_INLINE bool
is_neighbour(const struct lb_view *v, const struct lb_addr *addr)
{
	for (uint32_t i = 0; i < LB_SUBNET_MAX; i++) {
		if (i >= v->header->subnet_count)
			break;
		const struct lb_row *row =
		    lb_plan_row(v->plan, v->header->subnet_at + i / 2);
		if (row == NULL)
			break;
		const struct lb_subnet *subnet =
		    (const struct lb_subnet *)row->word;
		if ((i & 1) != 0)
			subnet++;
		if (in_subnet(addr, subnet))
			return true;
	}
	return false;
}

LB_API bool
lb_is_client_address(const struct lb_view *v, const struct lb_addr *addr)
{
	return !is_balancers(v, addr) && !is_neighbour(v, addr);
}

LB_INLINE bool
is_of(const struct lb_view *v, uint32_t id, const struct lb_addr *addr)
{
	const struct lb_member *member = lb_member_of(v, id);
	return member != NULL && lb_addr_same(&member->addr, addr);
}

/* The key of the flow that a member's packet answers. */
LB_INLINE void
key_of_answered(const struct lb_view *v, const struct lb_rule *rule,
    const struct lb_headers *h)
{
	lb_be16 port = (rule->flags & LB_RULE_ANY_PORT) != 0
			   ? h->sport
			   : rule->frontend_port;
	lb_key_set(&v->scratch->key, &h->dst, &rule->frontend,
	    lb_ports_proto(h->dport, port, h->proto), v->six);
}

/* A function of its own because replies are asked for in three places. */
LB_GLOBAL int
lb_entry_member(uint64_t ctx, uint32_t now_ms, uint32_t six)
{
	const struct lb_class *classes = lb_classes(ctx);
	const struct lb_plan_ref *plan = lb_plan_in_force(ctx);
	struct lb_scratch *s = lb_scratch(ctx);
	const struct lb_hit *hit = &s->hit;
	if (s == NULL || plan == NULL || classes == NULL)
		return -1;
	const struct lb_hash_key *key =
	    (const struct lb_hash_key *)lb_plan_row(plan, 1);
	if (key == NULL)
		return -1;
	int way = six != 0 ? lb_conn_find6(ctx, lb_hash6(key, LB_HASH_FLOW,
						    s->key.addr, s->key.w1))
			   : lb_conn_find4(ctx, lb_hash4(key, LB_HASH_FLOW,
						    s->key.addr[0], s->key.w1));
	if (way < 0 ||
	    lb_conn_expired(classes, hit->ctl, now_ms, lb_w2_seen(hit->w2)))
		return -1;
	return (int)lb_w2_member(hit->w2);
}

LB_INLINE bool
may_have_entry(const struct lb_rule *rule, const struct lb_headers *h)
{
	return h->fragment == LB_FRAGMENT_NO &&
	       (h->proto == LB_PROTO_TCP ||
		   (rule->flags & LB_RULE_TRACK_UDP) != 0);
}

/* Does it go to a client, and not to who probes?  A neighbour of the members,
 * or one of them, is a client where an entry says so (AZ 4.9). */
LB_INLINE bool
goes_to_client(const struct lb_view *v, const struct lb_rule *rule,
    const struct lb_headers *h)
{
	if (is_balancers(v, &h->dst))
		return false;
	if (!is_neighbour(v, &h->dst))
		return true;
	if (!may_have_entry(rule, h))
		return false;
	key_of_answered(v, rule, h);
	int id = lb_entry_member(v->ctx, v->now_ms, v->six);
	return id >= 0 && is_of(v, (uint32_t)id, &h->src);
}

LB_API const struct lb_rule *
lb_reply_rule(const struct lb_view *v, const struct lb_headers *from_member)
{
	const struct lb_headers *h = from_member;
	uint32_t id = LB_NONE;
	const uint64_t *slot = NULL;
	if (h->fragment != LB_FRAGMENT_LATER)
		slot = lb_endpoint_find(
		    v, &h->src, h->sport, h->proto, LB_ENDPOINT_REPLY);
	if (slot == NULL)
		slot = lb_endpoint_find(
		    v, &h->src, (lb_be16){ 0 }, 0, LB_ENDPOINT_ADDRESS);
	if (slot != NULL)
		id = lb_slot_reply(slot);
	const struct lb_rule *rule = lb_rule_of(v, id);
	if (rule == NULL || !goes_to_client(v, rule, h))
		return NULL;
	return rule;
}

/* The state in which a member's packet leaves an entry. */
LB_INLINE uint32_t
state_after_reply(const struct lb_packet *pkt, uint32_t state)
{
	if (pkt->ip.proto == LB_PROTO_UDP)
		return state < LB_CONN_OPEN ? LB_CONN_OPEN : state;
	if ((pkt->tcp_flags & LB_TCP_RST) != 0)
		return LB_CONN_CLOSING_RST;
	if ((pkt->tcp_flags & LB_TCP_FIN) != 0)
		return state > LB_CONN_CLOSING_FIN ? state
						   : LB_CONN_CLOSING_FIN;
	return state == LB_CONN_HALF ? LB_CONN_ANSWERED : state;
}

/* Refreshes the flow's entry, when its member is the one that speaks. */
LB_INLINE void
refresh(const struct lb_view *v, const struct lb_rule *rule)
{
	const struct lb_class *classes = lb_classes(v->ctx);
	const struct lb_hit *hit = &v->scratch->hit;
	if (classes == NULL)
		return;
	key_of_answered(v, rule, &v->pkt->ip);
	uint64_t hash = lb_flow_hash(v, &v->scratch->key);
	int way = lb_conn_find_key(v, hash);
	if (way < 0 || !is_of(v, lb_w2_member(hit->w2), &v->pkt->ip.src) ||
	    lb_conn_expired(classes, hit->ctl, v->now_ms, lb_w2_seen(hit->w2)))
		return;
	uint32_t state = state_after_reply(v->pkt, lb_ctl_state(hit->ctl));
	v->out->member = lb_w2_member(hit->w2);
	lb_conn_see(v, rule, hash, (uint32_t)way, state);
}

LB_API void
lb_reply(const struct lb_view *v, const struct lb_rule *rule)
{
	const struct lb_headers *ip = &v->pkt->ip;
	struct lb_edit *edit = &v->out->edit;
	const bool any_port = (rule->flags & LB_RULE_ANY_PORT) != 0;
	lb_be16 port = any_port ? ip->sport : rule->frontend_port;
	v->out->rule = rule->id;
	v->out->facts |= LB_FACT_REPLY;
	if ((v->pkt->notes & LB_NOTE_L4_BAD) != 0) {
		lb_say(v, LB_DROP, LB_REASON_MALFORMED);
		return;
	}
	if (ip->fragment != LB_FRAGMENT_NO &&
	    (!any_port || (rule->flags & LB_RULE_NO_FRAGMENTS) != 0)) {
		lb_say(v, LB_DROP, LB_REASON_FRAGMENT);
		return;
	}
	lb_say(v, LB_FORWARD, LB_REASON_NONE);
	edit->src = rule->frontend;
	edit->what |= LB_EDIT_SRC;
	if (ip->fragment != LB_FRAGMENT_NO)
		return;
	if (port.raw != ip->sport.raw) {
		edit->sport = port;
		edit->what |= LB_EDIT_SPORT;
	}
	if (may_have_entry(rule, ip))
		refresh(v, rule);
}
