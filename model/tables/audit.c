/* SPDX-License-Identifier: MIT */
#include "model/tables/audit.h"

#include "model/tables/expire_parts.h"
#include "model/path/hash.h"
#include "model/path/packet.h"

uint32_t
lb_audit_records(const struct lb_tables *t)
{
	return t->port_buckets * LB_PORT_WAYS;
}

static bool
is_leaf(uint64_t ctl, const struct lb_port_record *r)
{
	return lb_ctl_state(ctl) != LB_PORT_EMPTY &&
	       (LB_LOAD(r->owner) & 1) != 0;
}

static void
begin_record(const struct lb_port_bucket *b, uint32_t way, bool again,
    struct lb_audit_record *record)
{
	const struct lb_port_record *r = &b->record[way];
	uint64_t ctl = LB_LOAD(b->ctl[way]);
	uint32_t users = LB_LOAD(r->users) & ~LB_PORT_USERS;
	bool same = ctl == record->ctl && users == record->users;

	for (uint32_t i = 0; i < 4; i++) {
		uint64_t open = is_leaf(ctl, r) ? LB_LOAD(r->used[i]) : 0;
		if (again)
			open &= same ? record->open[i] : 0;
		record->open[i] = open;
	}
	record->ctl = ctl;
	record->users = users;
}

void
lb_audit_begin(
    const struct lb_tables *t, bool again, struct lb_audit_record *records)
{
	for (uint32_t bucket = 0; bucket < t->port_buckets; bucket++)
		for (uint32_t way = 0; way < LB_PORT_WAYS; way++)
			begin_record(&t->ports[bucket], way, again,
			    &records[bucket * LB_PORT_WAYS + way]);
}

/* --- owners -------------------------------------------------------------- */

/* A use of a port: whose bit in whose leaf. */
struct use {
	struct lb_addr public, remote;
	uint32_t remote_port; /* as on the wire */
	uint32_t port;
	bool udp;
};

static void
owned(const struct lb_tables *t, const struct use *u,
    struct lb_audit_record *records)
{
	const struct lb_hash_key *key =
	    (const struct lb_hash_key *)&t->plan->rows[1];
	const uint64_t words[4] = { lb_port_leaf(lb_port_address(&u->public),
					u->port >> LB_CHUNK_BITS, u->udp),
		u->remote.word[0], u->remote.word[1], 0 };
	uint64_t hash = lb_hash6(key, LB_HASH_FLOW, words, u->remote_port);
	uint32_t bucket = (uint32_t)hash & (t->port_buckets - 1);
	const struct lb_port_bucket *b = &t->ports[bucket];

	for (uint32_t way = 0; way < LB_PORT_WAYS; way++) {
		const struct lb_port_record *r = &b->record[way];
		if (r->owner == words[0] && r->dst[0] == words[1] &&
		    r->dst[1] == words[2] && r->port == u->remote_port)
			records[bucket * LB_PORT_WAYS + way]
			    .open[u->port / 64 % 4] &=
			    ~(UINT64_C(1) << (u->port & 63));
	}
}

static bool
public_address(const struct lb_plan *plan, uint32_t number, struct lb_addr *out)
{
	if (number >= LB_COUNT(plan->snats) || !plan->snats[number].live)
		return false;
	*out = plan->snats[number].address;
	return true;
}

/* By both laws of UDP: which of them a port was taken by does not matter to
 * who asks whether somebody has it. */
static void
owned_by_laws(
    const struct lb_tables *t, struct use *u, struct lb_audit_record *records)
{
	if (u->udp)
		u->remote_port = 0;
	owned(t, u, records);
	if (!u->udp)
		return;
	u->remote = (struct lb_addr){ { 0, 0 } };
	owned(t, u, records);
}

/* An entry of either direction owns the port: one may outlive the other. */
static bool
entry_owns(const struct lb_tables *t, const struct lb_expired *e,
    struct lb_audit_record *records)
{
	struct use u = { .udp = e->proto == LB_PROTO_UDP };

	if (e->kind == LB_KIND_SNAT_IN) {
		u.public = e->dst;
		u.remote = e->src;
		u.remote_port = e->sport.raw;
		u.port = lb_be16_get(e->dport);
	} else {
		u.remote = e->dst;
		u.remote_port = e->dport.raw;
		u.port = lb_be16_get(e->xlat_port);
		if (!public_address(t->plan, e->snat, &u.public))
			return false;
	}
	owned_by_laws(t, &u, records);
	return true;
}

bool
lb_audit_entries(const struct lb_tables *t, bool six, uint32_t from,
    uint32_t count, struct lb_audit_record *records)
{
	uint32_t buckets = six ? t->buckets6 : t->buckets4;
	uint32_t end = count < buckets - from ? from + count : buckets;
	bool told = true;

	for (uint32_t bucket = from; bucket < end; bucket++)
		for (uint32_t i = 0; i < LB_WAYS; i++) {
			struct lb_way w = lb_way_of(t, six, bucket, i);
			uint64_t ctl = LB_LOAD(*w.ctl);
			struct lb_expired e;
			if (lb_ctl_state(ctl) < LB_CONN_HALF ||
			    lb_ctl_kind(ctl) == LB_KIND_LB)
				continue;
			/* It does not change, but for its state. */
			told &= !lb_entry_at(t, six, bucket, i, &e) ||
				entry_owns(t, &e, records);
		}
	return told;
}

/* --- the end ------------------------------------------------------------- */

uint32_t
lb_audit_end(const struct lb_tables *t, const struct lb_audit_record *records)
{
	uint32_t freed = 0;

	for (uint32_t i = 0; i < lb_audit_records(t); i++) {
		const struct lb_audit_record *a = &records[i];
		struct lb_port_bucket *b = &t->ports[i / LB_PORT_WAYS];
		struct lb_port_record *r = &b->record[i % LB_PORT_WAYS];
		if (LB_LOAD(b->ctl[i % LB_PORT_WAYS]) != a->ctl ||
		    (LB_LOAD(r->users) & ~LB_PORT_USERS) != a->users)
			continue;
		for (uint32_t word = 0; word < 4; word++) {
			if (a->open[word] == 0)
				continue;
			(void)__sync_fetch_and_and(
			    &r->used[word], ~a->open[word]);
			freed += (uint32_t)__builtin_popcountll(a->open[word]);
		}
	}
	/* Nor did anybody take back the hints that these were used up. */
	if (freed > 0)
		lb_forget_hints(t);
	return freed;
}
