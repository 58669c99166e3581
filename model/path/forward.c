/* SPDX-License-Identifier: MIT */
/*
 * Client to member.  Tracked flows go where their entry says; without one,
 * where the lookup table says, and get an entry.  Untracked ones always go
 * where the lookup table says.
 */
#include "model/path/hash.h"
#include "model/path/mode.h"
#include "model/path/seen.h"

/* The affinity key: what the rule's mode leaves of scratch->key. */
LB_INLINE uint64_t
affinity_hash(const struct lb_view *v, const struct lb_rule *rule)
{
	const struct lb_key *key = &v->scratch->key;
	uint32_t mode = rule->mode;
	lb_forget(mode);
	if (mode >= LB_MODE_COUNT)
		mode = LB_MODE_FIVE_TUPLE;
	const struct lb_mode_masks *m = &lb_mode_masks[mode];
	uint64_t w1 = key->w1 & (m->ports | (uint64_t)m->proto << 32);
	if (!v->six)
		return lb_hash4(v->key, LB_HASH_AFFINITY,
		    key->addr[0] & (UINT32_MAX | m->dst << 32), w1);
	const uint64_t addr[4] = { key->addr[0], key->addr[1],
		key->addr[2] & m->dst, key->addr[3] & m->dst };
	return lb_hash6(v->key, LB_HASH_AFFINITY, addr, w1);
}

/* The member for a flow without an entry; LB_NONE: nobody is healthy. */
LB_INLINE uint32_t
choose(const struct lb_view *v, const struct lb_rule *rule)
{
	if ((rule->flags & LB_RULE_FIXED) != 0)
		return rule->lut;
	return lb_lut_member(v->ctx, rule->lut,
	    lb_hash_slot(affinity_hash(v, rule), rule->lut_size));
}

/* The edit that brings a client's packet to a member. */
LB_INLINE void
deliver(const struct lb_view *v, const struct lb_rule *rule, uint32_t id)
{
	const struct lb_packet *pkt = v->pkt;
	struct lb_edit *edit = &v->out->edit;
	v->out->member = (uint16_t)id;
	edit->what = 0; /* a lost race may have chosen another member before */
	lb_say(v, LB_FORWARD, LB_REASON_NONE);
	if ((rule->flags & LB_RULE_FLOATING) == 0) {
		const struct lb_member *member = lb_member_of(v, id);
		if (member == NULL) {
			lb_say(v, LB_DROP, LB_REASON_NO_HEALTHY_BACKEND);
			return;
		}
		edit->dst = member->addr;
		edit->what |= LB_EDIT_DST;
	}
	if ((rule->flags & LB_RULE_ANY_PORT) == 0 &&
	    rule->backend_port.raw != pkt->ip.dport.raw) {
		edit->dport = rule->backend_port;
		edit->what |= LB_EDIT_DPORT;
	}
}

LB_INLINE bool
eligible(const struct lb_view *v, const struct lb_rule *rule, uint32_t member)
{
	if ((rule->flags & LB_RULE_FIXED) != 0)
		return rule->lut == member; /* probed or not: AZ 2.7, 2.8 */
	return (lb_member_state(v->ctx, (uint16_t)member) >>
		       (rule->probe & 31) &
		   1) != 0;
}

/*
 * Does the entry in scratch->hit keep its member for this packet?
 * design.md 2: a bare SYN on a half-open entry keeps an eligible member and
 * on a closing one chooses again; a tracked UDP flow leaves a member that
 * went down; an open connection never moves.
 */
LB_INLINE bool
keeps_member(const struct lb_view *v, const struct lb_rule *rule,
    const struct lb_class *classes)
{
	const struct lb_hit *hit = &v->scratch->hit;
	uint32_t state = lb_ctl_state(hit->ctl);
	if (lb_conn_expired(classes, hit->ctl, v->now_ms, lb_w2_seen(hit->w2)))
		return false;
	if (v->pkt->ip.proto == LB_PROTO_UDP)
		return eligible(v, rule, lb_w2_member(hit->w2));
	if (!lb_packet_is_bare_syn(v->pkt))
		return true;
	if (state >= LB_CONN_CLOSING_FIN)
		return false;
	return state == LB_CONN_OPEN ||
	       eligible(v, rule, lb_w2_member(hit->w2));
}

/* A SYN-ACK past a next hop that sees both ways is the server's answer. */
LB_INLINE bool
is_servers(const struct lb_view *v, const struct lb_rule *rule)
{
	uint32_t hop =
	    v->six ? v->header->next_hop_rule6 : v->header->next_hop_rule4;
	return (v->pkt->tcp_flags & LB_TCP_SYN) != 0 && rule->id == hop &&
	       (v->header->flags & LB_PLAN_BOTH_WAYS) != 0;
}

/* The state in which a client's packet leaves an entry that it found. */
LB_INLINE uint32_t
state_after(const struct lb_view *v, const struct lb_rule *rule, uint32_t state)
{
	bool one_sided = (rule->flags & LB_RULE_ONE_SIDED) != 0;
	if (v->pkt->ip.proto == LB_PROTO_UDP)
		return one_sided && state < LB_CONN_OPEN ? LB_CONN_OPEN : state;
	if ((v->pkt->tcp_flags & LB_TCP_RST) != 0)
		return LB_CONN_CLOSING_RST;
	if ((v->pkt->tcp_flags & LB_TCP_FIN) != 0)
		return state > LB_CONN_CLOSING_FIN ? state
						   : LB_CONN_CLOSING_FIN;
	if (lb_packet_is_bare_syn(v->pkt))
		return state;
	if (state == LB_CONN_ANSWERED)
		return LB_CONN_OPEN;
	if (state == LB_CONN_HALF && one_sided && !is_servers(v, rule))
		return LB_CONN_OPEN;
	return state;
}

/* The rule that an entry was made under: a reload may have given the frontend
 * to another since, and the connection stays with the old one. */
LB_INLINE const struct lb_rule *
rule_of_hit(const struct lb_view *v, const struct lb_rule *rule)
{
	uint32_t id = lb_w2_rule(v->scratch->hit.w2);
	return id == rule->id ? rule : lb_rule_of(v, id);
}

LB_INLINE void
use_hit(const struct lb_view *v, const struct lb_rule *rule, uint64_t hash,
    uint32_t way)
{
	const struct lb_hit *hit = &v->scratch->hit;
	uint32_t state = state_after(v, rule, lb_ctl_state(hit->ctl));
	v->out->rule = rule->id;
	lb_conn_see(v, rule, hash, way, state);
	deliver(v, rule, lb_w2_member(hit->w2));
}

/* An entry for a flow whose member was just chosen. */
LB_INLINE void
make_entry(const struct lb_view *v, const struct lb_rule *rule, uint64_t hash,
    int prefer)
{
	struct lb_scratch *s = v->scratch;
	uint32_t class = v->pkt->ip.proto == LB_PROTO_UDP ? rule->class_udp
							  : rule->class_tcp;
	s->fresh.w1 = 0;
	s->fresh.w2 = v->out->member | (uint64_t)rule->id << 16 |
		      (uint64_t)v->now_ms << 32;
	s->fresh.w3 = v->pkt->ip.proto == LB_PROTO_TCP &&
			      (rule->flags & LB_RULE_TCP_RESET) != 0
			  ? lb_sequence_of(v->pkt)
			  : 0;
	class &= LB_CLASS_MAX - 1;
	int way = v->six
		      ? lb_conn_make6(v->ctx, hash, v->now_ms, class, prefer)
		      : lb_conn_make4(v->ctx, hash, v->now_ms, class, prefer);
	if (way < 0) {
		v->out->facts |= LB_FACT_UNTRACKED;
		return;
	}
	if ((way & LB_CONN_FOUND) != 0) { /* another CPU was faster */
		const struct lb_rule *theirs = rule_of_hit(v, rule);
		use_hit(
		    v, theirs != NULL ? theirs : rule, hash, (uint32_t)way & 7);
		return;
	}
	v->out->facts |= LB_FACT_MADE;
	if (prefer >= 0)
		v->out->facts |= LB_FACT_RECHOSEN;
	else if (lb_victim_lived(&v->scratch->victim))
		v->out->facts |= LB_FACT_EVICTED;
	v->out->bucket = lb_bucket_index(v->ctx, v->six, (uint32_t)hash);
	v->out->way = (uint8_t)way;
	v->out->state = LB_CONN_HALF;
}

LB_INLINE void
forward_tracked(const struct lb_view *v, const struct lb_rule *rule)
{
	const struct lb_class *classes = lb_classes(v->ctx);
	if (classes == NULL)
		return;
	uint64_t hash = lb_flow_hash(v, &v->scratch->key);
	if (lb_packet_is_bare_syn(v->pkt))
		lb_conn_fetch(v->ctx, hash, v->six);
	int way = lb_conn_find_key(v, hash);
	int prefer = -1;
	/* An outbound flow's: the port was one of SNAT a moment ago, and the
	 * entry is the sweeper's to end. */
	if (way >= 0 && lb_ctl_kind(v->scratch->hit.ctl) != LB_KIND_LB)
		way = LB_CONN_TAKEN;
	if (way >= 0) {
		const struct lb_rule *old = rule_of_hit(v, rule);
		if (old != NULL && keeps_member(v, old, classes)) {
			use_hit(v, old, hash, (uint32_t)way);
			return;
		}
		prefer = way;
	}
	uint32_t member = choose(v, rule);
	if (member == LB_NONE) {
		lb_say(v, LB_DROP, LB_REASON_NO_HEALTHY_BACKEND);
		return;
	}
	deliver(v, rule, member);
	if (v->out->verdict != LB_FORWARD)
		return;
	if (v->pkt->ip.proto == LB_PROTO_TCP &&
	    (v->pkt->tcp_flags & LB_TCP_RST) != 0)
		return; /* a reset makes no entry */
	if (way == LB_CONN_TAKEN) {
		v->out->facts |= LB_FACT_UNTRACKED;
		return;
	}
	make_entry(v, rule, hash, prefer);
}

/* With all members down established connections end too: Azure Basic, or
 * lone_member_down: end. */
LB_INLINE bool
all_down_ends_all(const struct lb_view *v, const struct lb_rule *rule)
{
	return (rule->flags & LB_RULE_ALL_END) != 0 &&
	       lb_lut_member(v->ctx, rule->lut, 0) == LB_NONE;
}

LB_INLINE bool
is_tracked(const struct lb_rule *rule, uint32_t proto)
{
	return proto == LB_PROTO_TCP || (rule->flags & LB_RULE_TRACK_UDP) != 0;
}

LB_INLINE void
forward_by_hash(const struct lb_view *v, const struct lb_rule *rule)
{
	uint32_t member = choose(v, rule);
	if (member == LB_NONE)
		lb_say(v, LB_DROP, LB_REASON_NO_HEALTHY_BACKEND);
	else
		deliver(v, rule, member);
}

/* Does one of the rule's own members ask?  What it answers from names the
 * rule. */
LB_PART(is_hairpin)
{
	const struct lb_headers *ip = &v->pkt->ip;
	const struct lb_rule *rule = lb_rule_of(v, v->out->rule);
	if (rule == NULL)
		return false;
	const bool any_port = (rule->flags & LB_RULE_ANY_PORT) != 0;
	const uint64_t *slot =
	    any_port ? lb_endpoint_find(
			   v, &ip->src, (lb_be16){ 0 }, 0, LB_ENDPOINT_ADDRESS)
		     : lb_endpoint_find(v, &ip->src, rule->backend_port,
			   ip->proto, LB_ENDPOINT_REPLY);
	return slot != NULL && lb_slot_reply(slot) == rule->id;
}

LB_INLINE void
forward_packet(const struct lb_view *v, const struct lb_rule *rule, bool hop)
{
	const struct lb_headers *ip = &v->pkt->ip;
	v->out->rule = rule->id;
	if ((v->pkt->notes & LB_NOTE_L4_BAD) != 0) {
		lb_say(v, LB_DROP, LB_REASON_MALFORMED);
		return;
	}
	if (all_down_ends_all(v, rule)) {
		lb_say(v, LB_DROP, LB_REASON_NO_HEALTHY_BACKEND);
		return;
	}
	if (LB_UNLIKELY((rule->flags & LB_RULE_NO_HAIRPIN) != 0) &&
	    lb_part(is_hairpin, v)) {
		lb_say(v, LB_DROP, LB_REASON_HAIRPIN);
		return;
	}
	if (hop)
		lb_key_set_hop(v, rule, ip, ip->sport, ip->dport);
	else
		lb_key_set(&v->scratch->key, &ip->src, &ip->dst,
		    lb_ports_proto(ip->sport, ip->dport, ip->proto), v->six);
	if (is_tracked(rule, ip->proto))
		forward_tracked(v, rule);
	else
		forward_by_hash(v, rule);
}

LB_API void
lb_forward(const struct lb_view *v, const struct lb_rule *rule)
{
	forward_packet(v, rule, false);
}

LB_API void
lb_forward_hop(const struct lb_view *v, const struct lb_rule *rule)
{
	forward_packet(v, rule, true);
}

LB_API void
lb_forward_fragment(
    const struct lb_view *v, const struct lb_rule *rule, bool hop)
{
	const lb_be16 none = { 0 };
	const struct lb_headers *ip = &v->pkt->ip;
	v->out->rule = rule->id;
	if ((v->pkt->notes & LB_NOTE_L4_BAD) != 0) {
		lb_say(v, LB_DROP, LB_REASON_MALFORMED);
		return;
	}
	if (ip->fragment != LB_FRAGMENT_NO &&
	    (rule->flags & LB_RULE_NO_FRAGMENTS) != 0) {
		lb_say(v, LB_DROP, LB_REASON_FRAGMENT);
		return;
	}
	if (hop)
		lb_key_set_hop(v, rule, ip, none, none);
	else
		lb_key_set(&v->scratch->key, &ip->src, &ip->dst,
		    lb_ports_proto(none, none, ip->proto), v->six);
	forward_by_hash(v, rule);
}

LB_API uint32_t
lb_member_of_flow(const struct lb_view *v, const struct lb_rule **rule)
{
	uint32_t proto = (uint32_t)(v->scratch->key.w1 >> 32) & 0xff;
	const struct lb_class *classes = lb_classes(v->ctx);
	if (classes != NULL && is_tracked(*rule, proto) &&
	    !all_down_ends_all(v, *rule) &&
	    lb_conn_find_key(v, lb_flow_hash(v, &v->scratch->key)) >= 0) {
		const struct lb_hit *hit = &v->scratch->hit;
		const struct lb_rule *old = rule_of_hit(v, *rule);
		if (old != NULL && !lb_conn_expired(classes, hit->ctl,
				       v->now_ms, lb_w2_seen(hit->w2))) {
			*rule = old;
			return lb_w2_member(hit->w2);
		}
	}
	return choose(v, *rule);
}
