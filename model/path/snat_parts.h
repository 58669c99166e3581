/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_SNAT_PARTS_H
#define MODEL_PATH_SNAT_PARTS_H
/* What both directions of an outbound flow share (snat.c, snat_back.c). */
#include "model/path/hash.h"
#include "model/path/seen.h"

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

LB_INLINE int
find_kind(const struct lb_view *v, uint64_t hash, uint32_t kind)
{
	int way = lb_conn_find_key(v, hash);
	if (way >= 0 && lb_ctl_kind(v->scratch->hit.ctl) != kind)
		return LB_CONN_MISS;
	return way;
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
