/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_SEEN_H
#define MODEL_PATH_SEEN_H
/* What a packet does to the entry that it belongs to. */
#include "model/path/view.h"

/* Reset numbers (mechanism.md): the highest ACK and the highest sequence end
 * that the client sent, so that a keep-alive probe does not lower them. */
LB_INLINE uint64_t
lb_sequence_of(const struct lb_packet *pkt)
{
	uint32_t end = pkt->seq + pkt->payload_bytes +
		       ((pkt->tcp_flags & LB_TCP_SYN) != 0) +
		       ((pkt->tcp_flags & LB_TCP_FIN) != 0);
	return pkt->ack | (uint64_t)end << 32;
}

LB_INLINE uint32_t
later(uint32_t a, uint32_t b)
{
	return a - b < UINT32_C(0x80000000) ? a : b;
}

LB_INLINE void
note_sequence(const struct lb_view *v, uint64_t *w3)
{
	uint64_t old = LB_LOAD(*w3);
	uint64_t new = lb_sequence_of(v->pkt);
	uint32_t ack = (uint32_t)old;
	/* The first has nothing before it to be later than. */
	if ((v->pkt->tcp_flags & LB_TCP_ACK) != 0)
		ack = lb_ctl_state(v->scratch->hit.ctl) < LB_CONN_OPEN
			  ? (uint32_t) new
			  : later((uint32_t) new, ack);
	uint32_t end = later((uint32_t)(new >> 32), (uint32_t)(old >> 32));
	LB_STORE(*w3, ack | (uint64_t)end << 32);
}

/* Pointer to w2 of an entry (w3 follows it); NULL: there is no such way. */
LB_INLINE uint64_t *
entry_w2(const struct lb_view *v, uint64_t hash, uint32_t way)
{
	lb_forget(way);
	if (way >= LB_WAYS)
		return NULL;
	if (v->six) {
		struct lb_bucket6 *b = lb_bucket6(v->ctx, (uint32_t)hash);
		if (b == NULL)
			return NULL;
		lb_forget(b); /* or the sum below is done before the check */
		return &b->entry[lb_bound(way, LB_WAYS - 1)].w2;
	}
	struct lb_bucket4 *b = lb_bucket4(v->ctx, (uint32_t)hash);
	if (b == NULL)
		return NULL;
	lb_forget(b);
	return &b->entry[lb_bound(way, LB_WAYS - 1)].w2;
}

LB_INLINE uint64_t *
entry_ctl(const struct lb_view *v, uint64_t hash, uint32_t way)
{
	lb_forget(way);
	if (way >= LB_WAYS)
		return NULL;
	if (v->six) {
		struct lb_bucket6 *b = lb_bucket6(v->ctx, (uint32_t)hash);
		if (b == NULL)
			return NULL;
		lb_forget(b);
		return &b->ctl[lb_bound(way, LB_WAYS - 1)];
	}
	struct lb_bucket4 *b = lb_bucket4(v->ctx, (uint32_t)hash);
	if (b == NULL)
		return NULL;
	lb_forget(b);
	return &b->ctl[lb_bound(way, LB_WAYS - 1)];
}

/* The control word of a way; 0: there is no such way. */
LB_INLINE uint64_t
lb_conn_ctl(const struct lb_view *v, uint64_t hash, uint32_t way)
{
	uint64_t *ctl = entry_ctl(v, hash, way);
	return ctl != NULL ? LB_LOAD(*ctl) : 0;
}

/* Is a way's entry still the one that had this control word? */
LB_INLINE bool
lb_conn_is(const struct lb_view *v, uint64_t hash, uint32_t way, uint64_t ctl)
{
	uint64_t now = lb_conn_ctl(v, hash, way);
	return ((now ^ ctl) & ~(LB_CTL_STATE_MASK | 0xff)) == 0 &&
	       lb_ctl_state(now) >= LB_CONN_HALF;
}

LB_INLINE bool
lb_conn_replace(const struct lb_view *v, uint64_t hash, uint32_t way,
    uint64_t old, uint64_t fresh)
{
	uint64_t *ctl = entry_ctl(v, hash, way);
	return ctl != NULL && __sync_bool_compare_and_swap(ctl, old, fresh);
}

/*
 * lb_conn_see - the packet belongs to the entry in scratch->hit, found in
 * `way` under `hash`: refresh it, note the client's sequence numbers, move it
 * on to `state`.  A closing entry is not refreshed again.
 */
LB_INLINE void
lb_conn_see(const struct lb_view *v, const struct lb_rule *rule, uint64_t hash,
    uint32_t way, uint32_t state)
{
	const struct lb_hit *hit = &v->scratch->hit;
	uint32_t was = lb_ctl_state(hit->ctl);
	v->out->facts |= LB_FACT_HIT;
	v->out->bucket = lb_bucket_index(v->ctx, v->six, (uint32_t)hash);
	v->out->way = (uint8_t)way;
	v->out->state = (uint8_t)state;
	if (was < LB_CONN_CLOSING_FIN || state != was) {
		uint64_t *w2 = entry_w2(v, hash, way);
		if (w2 == NULL)
			return;
		if (v->now_ms != lb_w2_seen(hit->w2))
			LB_STORE(((lb_half *)w2)[1], v->now_ms);
		if ((rule->flags & LB_RULE_TCP_RESET) != 0 &&
		    v->pkt->ip.proto == LB_PROTO_TCP &&
		    (v->out->facts & LB_FACT_REPLY) == 0 &&
		    lb_conn_is(v, hash, way, hit->ctl))
			note_sequence(v, w2 + 1);
	}
	if (state != was) {
		int moved =
		    v->six
			? lb_conn_advance6(v->ctx, hash, way, hit->ctl, state)
			: lb_conn_advance4(v->ctx, hash, way, hit->ctl, state);
		if (moved > 0 && state >= LB_CONN_CLOSING_FIN)
			v->out->facts |= LB_FACT_CLOSING;
		else if (moved > 0 && state == LB_CONN_OPEN)
			v->out->facts |= LB_FACT_OPENED;
	}
}

#endif
