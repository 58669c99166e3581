/* SPDX-License-Identifier: MIT */
/*
 * How outbound flows end.  SNAT_OUT owns the pair: it goes when both have been
 * silent for long enough, takes SNAT_IN with it and gives the port back, or
 * when the plan in force gives that port to its member no more (AZ 4.2:
 * crossing a tier).
 *
 * The path's own functions do it, over a world that has the tables at hand.
 *
 * Source: mechanism.md 12; times: AZ 4.5.
 */
#include "model/tables/expire_parts.h"

#include "model/path/snat_parts.h"
#include "model/tables/world.h"

/* The tables as a world, and a view of it. */
struct bench {
	struct lb_world world;
	struct lb_view view;
};

/* One of the two entries, as it was found. */
struct half {
	uint64_t *ctl, *w1; /* w2 and w3 follow w1; NULL: there is none */
	uint64_t was;       /* control word */
	uint32_t seen_ms;
};

static void
bench_open(
    struct bench *b, const struct lb_tables *t, bool six, uint32_t now_ms)
{
	b->world.tables = *t;
	b->world.plan = t->plan;
	uint64_t ctx = lb_world_ctx(&b->world);
	b->view = (struct lb_view){
		.ctx = ctx,
		.plan = lb_plan_in_force(ctx),
		.scratch = &b->world.scratch,
		.now_ms = now_ms,
		.six = six,
	};
	b->view.header =
	    (const struct lb_plan_header *)lb_plan_row(b->view.plan, 0);
	b->view.key = (const struct lb_hash_key *)lb_plan_row(b->view.plan, 1);
}

/* The public address of a number; NULL: nobody leaves from it any more. */
static const struct lb_addr *
snat_address(const struct lb_view *v, uint32_t number)
{
	return number < v->header->snat_count ? public_address(v, number)
					      : NULL;
}

/* The entry of a key and kind. */
static struct half
find_half(const struct lb_view *v, const struct lb_tables *t,
    const struct lb_headers *flow, uint32_t kind)
{
	struct half half = { 0 };

	lb_key_set(&v->scratch->key, &flow->src, &flow->dst,
	    lb_ports_proto(flow->sport, flow->dport, flow->proto), v->six);
	uint64_t hash = lb_flow_hash(v, &v->scratch->key);
	int way = find_placed(v, &hash, kind);
	if (way < 0)
		return half;
	uint32_t bucket = lb_bucket_index(v->ctx, v->six, (uint32_t)hash);
	struct lb_way at = lb_way_of(t, v->six, bucket, (uint32_t)way);
	half.ctl = at.ctl;
	half.w1 = at.w1;
	half.was = v->scratch->hit.ctl;
	half.seen_ms = lb_w2_seen(v->scratch->hit.w2);
	return half;
}

/* What is sent back to an outbound flow's public address. */
static struct lb_headers
returned(const struct lb_expired *out, const struct lb_addr *address)
{
	return (struct lb_headers){
		.src = out->dst,
		.dst = *address,
		.sport = out->dport,
		.dport = out->xlat_port,
		.proto = out->proto,
	};
}

/* The pair's state for its timeouts: the more closing of the two; open only
 * by the member's word. */
static uint64_t
pair_ctl(const struct half *out, const struct half *in)
{
	uint32_t theirs = in->ctl != NULL ? lb_ctl_state(in->was) : 0;
	uint32_t ours = lb_ctl_state(out->was);

	if (theirs >= LB_CONN_CLOSING_FIN && theirs > ours)
		return lb_ctl_with_state(out->was, theirs);
	return out->was;
}

static bool
pair_silent(const struct lb_tables *t, const struct half *out,
    const struct half *in, uint32_t now_ms)
{
	uint32_t idle = lb_idle_ms(now_ms, out->seen_ms);

	if (in->ctl != NULL && lb_idle_ms(now_ms, in->seen_ms) < idle)
		idle = lb_idle_ms(now_ms, in->seen_ms);
	return idle >= lb_conn_timeout_ms(t->classes, pair_ctl(out, in));
}

/* Is the flow's port in one of the blocks that an outbound endpoint has? */
static bool
has_port(const struct lb_view *v, const uint64_t *slot,
    const struct lb_expired *flow)
{
	uint32_t port = lb_be16_get(flow->xlat_port);

	for (uint32_t i = 0; i < lb_slot_block_count(slot); i++) {
		const struct lb_snat_block *block =
		    block_at(v, lb_slot_block(slot) + i);
		if (block == NULL)
			return false;
		if (block->address == flow->snat && block->first <= port &&
		    port <= block->last)
			return lb_snat_in_block(
			    v, flow->snat, flow->proto, port);
	}
	return false;
}

/* Was its port taken by the law of `udp_snat` that is not in force?  A port's
 * bit under one says nothing to who asks under the other. */
static bool
is_by_other_law(const struct lb_view *v, const struct lb_expired *flow)
{
	const bool by_port = (v->header->flags & LB_PLAN_UDP_PORT) != 0;

	return flow->proto == LB_PROTO_UDP &&
	       ((flow->client_ack & 1) != 0) != by_port;
}

/* Is it a rule's port by now?  Then what comes back goes there. */
static bool
is_rules(const struct lb_view *v, const struct lb_expired *flow)
{
	const struct lb_addr *address = snat_address(v, flow->snat);

	return address != NULL &&
	       lb_endpoint_find(v, address, flow->xlat_port, flow->proto,
		   LB_ENDPOINT_FRONTEND) != NULL;
}

/* Does the plan in force give the port to others, or the member other ports,
 * and not this one?  `slot` is the member's outbound endpoint, if it has one.
 */
static bool
is_reclaimed(const struct lb_view *v, const uint64_t *slot,
    const struct lb_expired *flow)
{
	if (is_by_other_law(v, flow))
		return true;
	if (slot == NULL || lb_slot_block_count(slot) == 0)
		return is_rules(v, flow); /* else it ends by itself */
	return !has_port(v, slot, flow);
}

/* Whose port is it by the plan in force?  The flow's member's, if nobody's. */
static uint32_t
owner_of(const struct lb_view *v, const uint64_t *slot,
    const struct lb_expired *flow)
{
	const uint32_t tag =
	    lb_endpoint_tag((lb_be16){ 0 }, flow->proto, LB_ENDPOINT_OUTBOUND);

	if (!lb_snat_in_block(
		v, flow->snat, flow->proto, lb_be16_get(flow->xlat_port)) ||
	    (slot != NULL && has_port(v, slot, flow)))
		return flow->member;
	for (uint32_t i = 0; i <= v->header->endpoint_mask; i++) {
		const struct lb_row *row =
		    lb_plan_row(v->plan, v->header->endpoint_at + i);
		for (uint32_t k = 0; row != NULL && k < 2; k++) {
			slot = &row->word[k * LB_SLOT_WORDS];
			if ((uint32_t)slot[2] == tag && has_port(v, slot, flow))
				return lb_slot_rule(slot);
		}
	}
	return flow->member;
}

/* Claims an entry that is still as it was found.  No entry: nothing to do. */
static bool
claim(const struct half *half)
{
	return half->ctl == NULL || __sync_bool_compare_and_swap(half->ctl,
					half->was, lb_ctl_claim(half->was));
}

static void
restore(const struct half *half)
{
	if (half->ctl != NULL)
		(void)__sync_lock_test_and_set(
		    half->ctl, lb_ctl_with_state(lb_ctl_claim(half->was),
				   lb_ctl_state(half->was)));
}

static void
empty(const struct half *half)
{
	if (half->ctl != NULL)
		(void)__sync_lock_test_and_set(
		    half->ctl, lb_ctl_claim(half->was) & LB_CTL_VERSION_MASK);
}

static void
reload(struct half *half)
{
	if (half->ctl != NULL)
		half->seen_ms = lb_w2_seen(LB_LOAD(half->w1[1]));
}

/* The hint that it takes back is of who may have the port next: the block may
 * be another member's by now. */
static void
give_port(const struct lb_view *v, const uint64_t *slot,
    const struct lb_expired *flow, const struct lb_addr *address)
{
	const bool udp = flow->proto == LB_PROTO_UDP;
	const bool by_port = udp && (flow->client_ack & 1) != 0;

	v->scratch->ask = (struct lb_port_ask){
		.dst = { by_port ? 0 : flow->dst.word[0],
		    by_port ? 0 : flow->dst.word[1] },
		.port = udp ? 0 : flow->dport.raw,
		.address = lb_port_address(address),
		.member = (uint16_t)owner_of(v, slot, flow),
		.number = flow->snat,
		.udp = udp,
	};
	(void)lb_ports_give(v->ctx, lb_be16_get(flow->xlat_port), 0);
}

/* SNAT_OUT in `w`, whose fact is *flow. */
static bool
expire_out(const struct lb_tables *t, const struct lb_way *w, uint64_t ctl,
    uint32_t now_ms, struct lb_expired *flow, struct bench *b)
{
	const struct lb_view *v = &b->view;
	const struct lb_addr *address = snat_address(v, flow->snat);
	struct half out = { w->ctl, w->w1, ctl, flow->seen_ms }, in = { 0 };

	if (address == NULL)
		return false;
	struct lb_headers back = returned(flow, address);
	in = find_half(v, t, &back, LB_KIND_SNAT_IN);
	const uint64_t *slot = outbound_slot(v, &flow->src, flow->proto);
	bool reclaimed = is_reclaimed(v, slot, flow);
	if (!reclaimed && !pair_silent(t, &out, &in, now_ms))
		return false;
	if (!claim(&out))
		return false;
	if (!claim(&in)) {
		restore(&out);
		return false;
	}
	reload(&out);
	reload(&in);
	if (!reclaimed && !pair_silent(t, &out, &in, now_ms)) {
		restore(&in);
		restore(&out);
		return false;
	}
	if (in.ctl != NULL &&
	    lb_idle_ms(now_ms, in.seen_ms) < lb_idle_ms(now_ms, flow->seen_ms))
		flow->seen_ms = in.seen_ms;
	flow->state = (uint8_t)lb_ctl_state(pair_ctl(&out, &in));
	empty(&in);
	give_port(v, slot, flow, address);
	empty(&out);
	return true;
}

/* SNAT_IN whose other half is gone: a sweeper was killed between the two. */
static bool
expire_in(const struct lb_tables *t, const struct lb_way *w, uint64_t ctl,
    uint32_t now_ms, const struct lb_expired *flow, struct bench *b)
{
	const struct lb_view *v = &b->view;
	const struct half in = { w->ctl, w->w1, ctl, flow->seen_ms };

	if (!lb_conn_expired(t->classes, ctl, now_ms, flow->seen_ms))
		return false;
	const struct lb_member *member = lb_member_of(v, flow->member);
	if (member != NULL) {
		struct lb_headers forth = {
			.src = member->addr,
			.dst = flow->src,
			.sport = flow->xlat_port,
			.dport = flow->sport,
			.proto = flow->proto,
		};
		if (find_half(v, t, &forth, LB_KIND_SNAT_OUT).ctl != NULL)
			return false;
	}
	if (!claim(&in))
		return false;
	empty(&in);
	return true;
}

bool
lb_expire_snat(const struct lb_tables *t, bool six, const struct lb_way *w,
    uint64_t ctl, uint32_t now_ms, struct lb_expired *flow)
{
	struct bench b;

	if (t->plan == NULL || t->ports == NULL)
		return false;
	bench_open(&b, t, six, now_ms);
	if (lb_ctl_kind(ctl) == LB_KIND_SNAT_OUT)
		return expire_out(t, w, ctl, now_ms, flow, &b);
	return expire_in(t, w, ctl, now_ms, flow, &b);
}

uint32_t
lb_snat_join(const struct lb_tables *t, bool six, const struct lb_way *w,
    uint64_t ctl, struct lb_expired *flow)
{
	struct half out = { w->ctl, w->w1, ctl, flow->seen_ms }, in = { 0 };
	struct bench b;

	bench_open(&b, t, six, flow->seen_ms);
	const struct lb_addr *address = snat_address(&b.view, flow->snat);
	if (address != NULL) {
		struct lb_headers back = returned(flow, address);
		in = find_half(&b.view, t, &back, LB_KIND_SNAT_IN);
	}
	if (in.ctl != NULL && (int32_t)(in.seen_ms - flow->seen_ms) > 0)
		flow->seen_ms = in.seen_ms;
	const uint64_t both = pair_ctl(&out, &in);
	flow->state = (uint8_t)lb_ctl_state(both);
	return flow->seen_ms + lb_conn_timeout_ms(t->classes, both);
}

/* --- records ------------------------------------------------------------- */

/* Neither CPUs nor bits?  In this order: who has just gone left a bit. */
static bool
is_idle(const struct lb_port_record *r)
{
	if ((LB_LOAD(r->users) & LB_PORT_USERS) != 0)
		return false;
	for (uint32_t i = 0; i < 4; i++)
		if (LB_LOAD(r->used[i]) != 0)
			return false;
	return true;
}

/*
 * A record that nobody needs.  mechanism.md 12: whoever is just about to,
 * counts himself first and looks at the version then; who finds it BUSY takes
 * it back, so that it is never made twice.  What is BUSY before us was left by
 * a sweeper who was killed.
 */
static void
sweep_record(struct lb_port_bucket *b, uint32_t way)
{
	uint64_t ctl = LB_LOAD(b->ctl[way]), busy = ctl;

	if (lb_ctl_state(ctl) == LB_PORT_LIVE) {
		busy = lb_ctl_claim(ctl);
		if (!is_idle(&b->record[way]) ||
		    !__sync_bool_compare_and_swap(&b->ctl[way], ctl, busy))
			return;
	}
	if (lb_ctl_state(busy) == LB_PORT_BUSY)
		(void)__sync_bool_compare_and_swap(&b->ctl[way], busy,
		    is_idle(&b->record[way])
			? busy & LB_CTL_VERSION_MASK
			: lb_ctl_with_state(busy, LB_PORT_LIVE));
}

uint32_t
lb_expire_ports(const struct lb_tables *t, uint32_t from, uint32_t count)
{
	uint32_t left = 0;

	uint32_t end =
	    count < t->port_buckets - from ? from + count : t->port_buckets;

	for (uint32_t bucket = from; bucket < end; bucket++)
		for (uint32_t way = 0; way < LB_PORT_WAYS; way++) {
			sweep_record(&t->ports[bucket], way);
			left +=
			    lb_ctl_state(LB_LOAD(t->ports[bucket].ctl[way])) !=
			    LB_PORT_EMPTY;
		}
	return left;
}

void
lb_forget_hints(const struct lb_tables *t)
{
	for (uint32_t bucket = 0; bucket < t->port_buckets; bucket++)
		for (uint32_t way = 0; way < LB_PORT_WAYS; way++) {
			struct lb_port_record *r =
			    &t->ports[bucket].record[way];
			/* A live one stays so: we alone empty them.  An empty
			 * one has an owner yet, and may become a leaf. */
			if (lb_ctl_state(LB_LOAD(t->ports[bucket].ctl[way])) !=
				LB_PORT_LIVE ||
			    (LB_LOAD(r->owner) & 1) != 0)
				continue;
			for (uint32_t i = 0; i < 4; i++)
				if (LB_LOAD(r->used[i]) != 0)
					(void)__sync_lock_test_and_set(
					    &r->used[i], 0);
		}
}

/* A leaf that goes and comes anew meanwhile is another version. */
bool
lb_ports_read(const struct lb_tables *t, uint32_t bucket, uint32_t way,
    struct lb_ports_held *out)
{
	const uint64_t *at = &t->ports[bucket].ctl[way];
	const uint64_t ctl = __atomic_load_n(at, __ATOMIC_ACQUIRE);
	const struct lb_port_record *r = &t->ports[bucket].record[way];
	const uint64_t owner = LB_LOAD(r->owner);

	if (lb_ctl_state(ctl) != LB_PORT_LIVE || (owner & 1) == 0)
		return false;
	*out = (struct lb_ports_held){
		.address = (uint32_t)(owner >> 32),
		.first = (uint16_t)((owner >> 16 & 0xff) << LB_CHUNK_BITS),
		.udp = (owner >> 1 & 1) != 0,
		.dst = { { LB_LOAD(r->dst[0]), LB_LOAD(r->dst[1]) } },
		.port = { (uint16_t)LB_LOAD(r->port) },
	};
	for (uint32_t i = 0; i < 4; i++)
		out->used[i] = LB_LOAD(r->used[i]);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return LB_LOAD(*at) == ctl;
}

uint64_t
lb_ports_in_use(const struct lb_tables *t)
{
	uint64_t bits = 0;

	for (uint32_t bucket = 0; bucket < t->port_buckets; bucket++)
		for (uint32_t way = 0; way < LB_PORT_WAYS; way++) {
			const struct lb_port_record *r =
			    &t->ports[bucket].record[way];
			if (lb_ctl_state(LB_LOAD(t->ports[bucket].ctl[way])) !=
				LB_PORT_LIVE ||
			    (LB_LOAD(r->owner) & 1) == 0)
				continue;
			for (uint32_t i = 0; i < 4; i++)
				bits += (uint64_t)__builtin_popcountll(
				    LB_LOAD(r->used[i]));
		}
	return bits;
}
