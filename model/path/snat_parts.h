/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_SNAT_PARTS_H
#define MODEL_PATH_SNAT_PARTS_H
/* What both directions of an outbound flow share (snat.c, snat_back.c). */
#include "model/path/hash.h"
#include "model/path/seen.h"

/*
 * Buckets that each of a flow's two entries may stand in, tried in this order:
 * nobody may be pushed out for it, and it can't do without.
 * doc/decisions.md 53 has the figures.
 */
#define LB_SNAT_PLACES 3u

/* How a flow was translated: what is left of w1 beside the key. */
struct translation {
	uint8_t address; /* number of the public one; of SNAT_OUT */
	lb_be16 port;    /* the public one; of SNAT_IN the private one */
};

LB_INLINE const struct lb_addr *
public_address(const struct lb_view *v, uint32_t number)
{
	const struct lb_row *row =
	    lb_plan_row(v->plan, v->header->snat_at + number / 4);
	if (row == NULL)
		return NULL;
	return (const struct lb_addr *)row->word + (number & 3);
}

/* What a hit's entry says; false: it is not that entry any more. */
LB_INLINE bool
translation_of(const struct lb_view *v, uint64_t hash, uint32_t way,
    struct translation *out)
{
	const uint64_t *w2 = entry_w2(v, hash, way);
	if (w2 == NULL)
		return false;
	uint64_t w1 = LB_LOAD(w2[-1]);
	if (!lb_conn_is(v, hash, way, v->scratch->hit.ctl))
		return false;
	out->address = (uint8_t)(w1 >> 40);
	out->port.raw = (uint16_t)(w1 >> 48);
	return true;
}

LB_INLINE const struct lb_snat_block *
block_at(const struct lb_view *v, uint32_t index)
{
	const struct lb_row *row = lb_plan_row(
	    v->plan, v->header->block_at + index / LB_BLOCKS_PER_ROW);
	if (row == NULL)
		return NULL;
	return (const struct lb_snat_block *)row->word +
	       (index & (LB_BLOCKS_PER_ROW - 1));
}

/* The endpoint that knows a member's blocks; NULL: it has none. */
LB_INLINE const uint64_t *
outbound_slot(
    const struct lb_view *v, const struct lb_addr *member, uint32_t proto)
{
	return lb_endpoint_find(
	    v, member, (lb_be16){ 0 }, proto, LB_ENDPOINT_OUTBOUND);
}

LB_INLINE int
find_kind(const struct lb_view *v, uint64_t hash, uint32_t kind)
{
	int way = lb_conn_find_key(v, hash);
	if (way >= 0 && lb_ctl_kind(v->scratch->hit.ctl) != kind)
		return LB_CONN_MISS;
	return way;
}

/* The hash of the n-th place: the same tag, another bucket.  An odd number of
 * buckets away, or twice or three times that: no two of them are one. */
LB_INLINE uint64_t
place_of(uint64_t hash, uint32_t place)
{
	uint32_t step =
	    ((uint32_t)(hash >> 32) | 1) * UINT32_C(0x9e3779b1) * place;
	return hash ^ step;
}

/* Asks for the control words of all places at once: a newcomer looks into each
 * of them, and would wait for one after the other. */
LB_INLINE void
fetch_places(const struct lb_view *v, uint64_t hash)
{
	LB_UNROLL
	for (uint32_t place = 0; place < LB_SNAT_PLACES; place++)
		(void)lb_conn_ctl(v, place_of(hash, place), 0);
}

/* The entry of scratch->key and of a kind; *hash becomes that of its place. */
LB_INLINE int
find_placed(const struct lb_view *v, uint64_t *hash, uint32_t kind)
{
	const uint64_t first = *hash;
	int missing = LB_CONN_MISS;
	LB_UNROLL
	for (uint32_t place = 0; place < LB_SNAT_PLACES; place++) {
		*hash = place_of(first, place);
		int way = find_kind(v, *hash, kind);
		if (way >= 0)
			return way;
		if (way != LB_CONN_MISS)
			missing = way;
	}
	return missing;
}

/* The state in which a packet leaves its own direction's entry. */
LB_INLINE uint32_t
state_after_snat(const struct lb_packet *pkt, uint32_t state)
{
	if (pkt->ip.proto == LB_PROTO_UDP)
		return state < LB_CONN_OPEN ? LB_CONN_OPEN : state;
	if ((pkt->tcp_flags & LB_TCP_RST) != 0)
		return LB_CONN_CLOSING_RST;
	if ((pkt->tcp_flags & LB_TCP_FIN) != 0)
		return state > LB_CONN_CLOSING_FIN ? state
						   : LB_CONN_CLOSING_FIN;
	if (lb_packet_is_bare_syn(pkt) || state >= LB_CONN_OPEN)
		return state;
	return LB_CONN_OPEN;
}

LB_INLINE uint64_t
key_of_packet(const struct lb_view *v)
{
	const struct lb_headers *ip = &v->pkt->ip;
	lb_key_set(&v->scratch->key, &ip->src, &ip->dst,
	    lb_ports_proto(ip->sport, ip->dport, ip->proto), v->six);
	return lb_flow_hash(v, &v->scratch->key);
}

/* The key of what comes back to a public address and port. */
LB_INLINE uint64_t
key_of_return(const struct lb_view *v, const struct lb_headers *out,
    const struct lb_addr *address, lb_be16 port)
{
	lb_key_set(&v->scratch->key, &out->dst, address,
	    lb_ports_proto(out->dport, port, out->proto), v->six);
	return lb_flow_hash(v, &v->scratch->key);
}

/* Into scratch, where the global functions look, and out of it.  BPF's packet
 * and result are there already. */
LB_INLINE void
move_in(const struct lb_view *v)
{
	if (v->pkt != &v->scratch->packet)
		v->scratch->packet = *v->pkt;
	if (v->out != &v->scratch->result)
		v->scratch->result = *v->out;
}

LB_INLINE void
move_out(const struct lb_view *v)
{
	if (v->out != &v->scratch->result)
		*v->out = v->scratch->result;
}

#endif
