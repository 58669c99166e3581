/* SPDX-License-Identifier: MIT */
#include "model/tables/expire_parts.h"

#include "model/path/conn.h"
#include "model/path/packet.h"

/* A way that changes more often than that while it is read is left out. */
#define READ_TRIES 4

struct lb_way
lb_way_of(const struct lb_tables *t, bool six, uint32_t bucket, uint32_t way)
{
	if (six) {
		struct lb_bucket6 *b = &t->conn6[bucket];
		return (struct lb_way){ &b->ctl[way], &b->entry[way].w1,
			b->entry[way].addr };
	}
	struct lb_bucket4 *b = &t->conn4[bucket];
	return (struct lb_way){ &b->ctl[way], &b->entry[way].w1,
		&b->entry[way].addr };
}

static void
fact_of(const struct lb_way *w, bool six, uint32_t bucket, uint64_t ctl,
    struct lb_expired *out)
{
	uint64_t w1 = w->w1[0], w2 = w->w1[1], w3 = w->w1[2];
	if (six) {
		out->src = (struct lb_addr){ { w->addr[0], w->addr[1] } };
		out->dst = (struct lb_addr){ { w->addr[2], w->addr[3] } };
	} else {
		out->src = lb_addr_v4((uint32_t)w->addr[0]);
		out->dst = lb_addr_v4((uint32_t)(w->addr[0] >> 32));
	}
	out->kind = (uint8_t)lb_ctl_kind(ctl);
	out->snat = (uint8_t)(w1 >> 40);
	out->xlat_port.raw = (uint16_t)(w1 >> 48);
	out->sport.raw = (uint16_t)w1;
	out->dport.raw = (uint16_t)(w1 >> 16);
	out->proto = (uint8_t)(w1 >> 32);
	out->state = (uint8_t)lb_ctl_state(ctl);
	out->member = lb_w2_member(w2);
	out->rule = lb_w2_rule(w2);
	out->bucket = bucket;
	out->seen_ms = lb_w2_seen(w2);
	out->client_ack = (uint32_t)w3;
	out->client_end = (uint32_t)(w3 >> 32);
}

/* `admin_down: reset`: is the entry a connection of a member that an admin took
 * out?  Ports of inbound NAT rules know no admin state (AZ 2.7). */
static bool
is_taken_out(const struct lb_tables *t, const uint64_t *w1)
{
	const uint64_t w2 = LB_LOAD(w1[1]);
	const uint32_t id = lb_w2_member(w2);

	if (t->member_ends == NULL || t->plan == NULL ||
	    (LB_LOAD(w1[0]) >> 32 & 0xff) != LB_PROTO_TCP ||
	    id >= lb_plan_header_of(t->plan)->member_count ||
	    !t->member_ends[id])
		return false;
	const struct lb_rule *rule = lb_plan_rule_row(t->plan, lb_w2_rule(w2));
	return rule != NULL && (rule->flags & LB_RULE_FIXED) == 0;
}

static bool
is_over(const struct lb_tables *t, const struct lb_way *w, uint64_t ctl,
    uint32_t now_ms)
{
	return lb_conn_expired(
		   t->classes, ctl, now_ms, lb_w2_seen(LB_LOAD(w->w1[1]))) ||
	       is_taken_out(t, w->w1);
}

/* Ends the way's entry if it is still over once we own it. */
static bool
expire_way(const struct lb_tables *t, const struct lb_way *w, uint64_t ctl,
    uint32_t now_ms)
{
	uint64_t busy = lb_ctl_claim(ctl);
	if (!__sync_bool_compare_and_swap(w->ctl, ctl, busy))
		return false; /* a packet was faster: not silent any more */
	if (!is_over(t, w, ctl, now_ms)) {
		(void)__sync_lock_test_and_set(
		    w->ctl, lb_ctl_with_state(busy, lb_ctl_state(ctl)));
		return false;
	}
	return true;
}

static bool
is_live(uint64_t ctl)
{
	return lb_ctl_state(ctl) >= LB_CONN_HALF;
}

/* Ends the way's entry when its time has come; *flow says what it was. */
static bool
end_way(const struct lb_tables *t, bool six, uint32_t bucket,
    const struct lb_way *w, uint64_t ctl, uint32_t now_ms,
    struct lb_expired *flow)
{
	if (lb_ctl_kind(ctl) != LB_KIND_LB) {
		fact_of(w, six, bucket, ctl, flow);
		return lb_expire_snat(t, six, w, ctl, now_ms, flow);
	}
	if (!is_over(t, w, ctl, now_ms) || !expire_way(t, w, ctl, now_ms))
		return false;
	fact_of(w, six, bucket, ctl, flow);
	/* The version stays, so that a claim that was being weighed meanwhile
	 * fails. */
	(void)__sync_lock_test_and_set(
	    w->ctl, lb_ctl_claim(ctl) & LB_CTL_VERSION_MASK);
	return true;
}

uint32_t
lb_expire(const struct lb_tables *t, bool six, uint32_t now_ms, uint32_t from,
    uint32_t count, struct lb_expired_list *facts)
{
	uint32_t buckets = six ? t->buckets6 : t->buckets4;
	uint32_t end = count < buckets - from ? from + count : buckets;
	for (uint32_t bucket = from; bucket < end; bucket++) {
		if (facts != NULL && facts->max - facts->count < LB_WAYS)
			return bucket;
		for (uint32_t i = 0; i < LB_WAYS; i++) {
			struct lb_way w = lb_way_of(t, six, bucket, i);
			uint64_t ctl = LB_LOAD(*w.ctl);
			struct lb_expired flow;
			if (!is_live(ctl) ||
			    !end_way(t, six, bucket, &w, ctl, now_ms, &flow))
				continue;
			if (facts != NULL && flow.kind != LB_KIND_SNAT_IN)
				facts->at[facts->count++] = flow;
		}
	}
	return end;
}

uint32_t
lb_deadline_ms(
    const struct lb_tables *t, bool six, uint32_t bucket, uint32_t way)
{
	struct lb_way w = lb_way_of(t, six, bucket, way);
	const uint64_t ctl = LB_LOAD(*w.ctl);
	struct lb_expired flow;

	if (lb_ctl_kind(ctl) == LB_KIND_SNAT_OUT && t->plan != NULL) {
		fact_of(&w, six, bucket, ctl, &flow);
		return lb_snat_join(t, six, &w, ctl, &flow);
	}
	return lb_w2_seen(LB_LOAD(w.w1[1])) +
	       lb_conn_timeout_ms(t->classes, ctl);
}

bool
lb_entry_at(const struct lb_tables *t, bool six, uint32_t bucket, uint32_t way,
    struct lb_expired *out)
{
	struct lb_way w = lb_way_of(t, six, bucket, way);
	uint64_t ctl = LB_LOAD(*w.ctl);

	if (!is_live(ctl))
		return false;
	fact_of(&w, six, bucket, ctl, out);
	return true;
}

/*
 * The entry of a way, if it is of one of those kinds (bit k: kind k); 0: it is
 * not, else its control word.
 *
 * Who claims a way makes it the next version first, so that of two equal ones
 * nobody wrote in between; only the state moves on (table.h).
 */
static uint64_t
read_way(const struct lb_way *w, bool six, uint32_t bucket, unsigned kinds,
    struct lb_expired *out)
{
	for (int tries = 0; tries < READ_TRIES; tries++) {
		uint64_t ctl = __atomic_load_n(w->ctl, __ATOMIC_ACQUIRE);
		if (!is_live(ctl) || (kinds >> lb_ctl_kind(ctl) & 1) == 0)
			return 0;
		fact_of(w, six, bucket, ctl, out);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		uint64_t again = LB_LOAD(*w->ctl);
		if (((ctl ^ again) & ~LB_CTL_STATE_MASK) == 0 && is_live(again))
			return again;
	}
	return 0;
}

bool
lb_entry_read(const struct lb_tables *t, bool six, uint32_t bucket,
    uint32_t way, struct lb_expired *out)
{
	struct lb_way w = lb_way_of(t, six, bucket, way);

	return read_way(&w, six, bucket, ~0u, out) != 0;
}

bool
lb_outbound_read(const struct lb_tables *t, bool six, uint32_t bucket,
    uint32_t way, struct lb_expired *out)
{
	struct lb_way w = lb_way_of(t, six, bucket, way);

	return read_way(&w, six, bucket, 1u << LB_KIND_SNAT_OUT, out) != 0;
}

bool
lb_flow_read(const struct lb_tables *t, bool six, uint32_t bucket, uint32_t way,
    struct lb_expired *out, uint32_t *deadline_ms)
{
	struct lb_way w = lb_way_of(t, six, bucket, way);
	const unsigned kinds = 1u << LB_KIND_LB | 1u << LB_KIND_SNAT_OUT;
	uint64_t ctl = read_way(&w, six, bucket, kinds, out);

	if (ctl == 0)
		return false;
	if (out->kind == LB_KIND_SNAT_OUT && t->plan != NULL)
		*deadline_ms = lb_snat_join(t, six, &w, ctl, out);
	else
		*deadline_ms =
		    out->seen_ms + lb_conn_timeout_ms(t->classes, ctl);
	return true;
}

void
lb_usage_count(const struct lb_tables *t, bool six, uint32_t from,
    uint32_t count, struct lb_usage *usage)
{
	uint32_t buckets = six ? t->buckets6 : t->buckets4;
	uint32_t end = count < buckets - from ? from + count : buckets;
	for (uint32_t bucket = from; bucket < end; bucket++) {
		for (uint32_t i = 0; i < LB_WAYS; i++) {
			struct lb_way w = lb_way_of(t, six, bucket, i);
			/* BUSY counts: it is about to be somebody. */
			uint64_t ctl = LB_LOAD(*w.ctl);
			uint32_t state = lb_ctl_state(ctl);
			if (state == LB_CONN_EMPTY)
				continue;
			uint64_t w2 = LB_LOAD(w.w1[1]);
			usage->member[lb_w2_member(w2)]++;
			usage->rule[lb_w2_rule(w2)]++;
			usage->timeout_class[lb_ctl_class(ctl)]++;
			usage->state[six][state % LB_USAGE_STATES]++;
			if (lb_ctl_kind(ctl) != LB_KIND_LB)
				usage->snat[LB_LOAD(w.w1[0]) >> 40 & 0xff]++;
			if (lb_ctl_kind(ctl) == LB_KIND_SNAT_IN) {
				usage->member_second[lb_w2_member(w2)]++;
				usage->rule_second[lb_w2_rule(w2)]++;
			}
		}
	}
}

uint64_t
lb_live_count(const struct lb_tables *t)
{
	uint64_t live = 0;
	for (uint32_t b = 0; b < t->buckets4; b++)
		for (uint32_t i = 0; i < LB_WAYS; i++)
			live += is_live(LB_LOAD(t->conn4[b].ctl[i]));
	for (uint32_t b = 0; b < t->buckets6; b++)
		for (uint32_t i = 0; i < LB_WAYS; i++)
			live += is_live(LB_LOAD(t->conn6[b].ctl[i]));
	return live;
}
