/* SPDX-License-Identifier: MIT */
#include "sim/case/player.h"

#include <stdlib.h>

#include "model/tables/expire.h"
#include "model/path/step.h"

/* Of an outbound flow: it found no port. */
#define KEY_FAILED (SIM_KEY_NONE - 1)

/* What playing a rule needs of its row and its configuration. */
static void
set_rule(struct sim_player *p, struct sim_player_rule *r, uint16_t id)
{
	const struct lb_rule *row = lb_plan_rule_row(p->plan, id);
	const struct lb_config_rule *config =
	    &p->config->rules[p->plan->rules[id].rule_index];

	r->masks = &lb_mode_masks[config->mode];
	r->key_is_flow = config->mode == LB_MODE_FIVE_TUPLE;
	r->one_sided = (row->flags & LB_RULE_ONE_SIDED) != 0;
	r->any_port = (row->flags & LB_RULE_ANY_PORT) != 0;
	r->track_udp = (row->flags & LB_RULE_TRACK_UDP) != 0;
	r->backend_port = row->backend_port;
	r->idle_ms = config->idle_timeout_ms;
}

static int
new_rules(struct sim_player *p, bool together, bool series)
{
	const struct lb_config *c = p->config;

	p->rule_count = together ? 1 : c->rule_count;
	/* One more than asked for: a calloc of none may be NULL. */
	p->rules = calloc(p->rule_count + 1, sizeof(*p->rules));
	p->rule_of_id = calloc(p->plan->rule_count + 1, sizeof(uint16_t));
	p->member_of_id = calloc(p->plan->member_count + 1, sizeof(uint16_t));
	if (p->rules == NULL || p->rule_of_id == NULL ||
	    p->member_of_id == NULL)
		return -1;
	for (uint32_t id = 0; id < p->plan->member_count; id++)
		p->member_of_id[id] =
		    (uint16_t)p->plan->members[id].member_index;
	for (uint32_t id = 0; id < p->plan->rule_count; id++) {
		p->rule_of_id[id] = LB_NONE;
		if (p->plan->rules[id].rule_index < 0)
			continue;
		unsigned index = (unsigned)p->plan->rules[id].rule_index;
		p->rule_of_id[id] = (uint16_t)(together ? 0 : index);
		struct sim_player_rule *r = &p->rules[p->rule_of_id[id]];
		if (r->members != NULL)
			continue; /* the other family's, the same */
		set_rule(p, r, (uint16_t)id);
		r->member_count = c->pools[c->rules[index].pool].member_count;
		r->members = calloc(r->member_count + 1, sizeof(*r->members));
		if (r->members == NULL || sim_keys_init(&r->keys) != 0)
			return -1;
		if (series && sim_series_init(&r->series, r->member_count) != 0)
			return -1;
	}
	return 0;
}

/* Ids of rules are numbers enough for both. */
static int
new_nats(struct sim_player *p)
{
	if (sim_nats_init(&p->nats, p->config, p->plan) != 0)
		return -1;
	for (size_t i = 0; i < p->nats.count; i++)
		p->rule_of_id[p->nats.at[i].rule] =
		    (uint16_t)(p->rule_count + i);
	return 0;
}

static uint64_t
longest_timeout_ms(const struct lb_plan *plan)
{
	uint64_t longest_ms = 0;

	for (uint32_t i = 0; i < plan->class_count; i++) {
		if (plan->classes[i].open_ms > longest_ms)
			longest_ms = plan->classes[i].open_ms;
		if (plan->classes[i].half_ms > longest_ms)
			longest_ms = plan->classes[i].half_ms;
	}
	return longest_ms;
}

struct sim_player *
sim_player_new(const struct sim_case_settings *settings, bool together,
    bool series, struct lb_problems *problems)
{
	struct sim_player *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->name = settings->name;
	p->config = settings->config;
	p->plan = lb_plan_compile(p->config, NULL, NULL, problems);
	if (p->plan == NULL)
		goto fail;
	p->longest_ms = longest_timeout_ms(p->plan);
	p->world = lb_world_new(p->plan);
	if (p->world == NULL || new_rules(p, together, series) != 0 ||
	    new_nats(p) != 0)
		goto fail;
	if (series) {
		p->harms = calloc(SIM_BINS, sizeof(*p->harms));
		if (p->harms == NULL)
			goto fail;
	}
	return p;
fail:
	sim_player_free(p);
	return NULL;
}

void
sim_player_free(struct sim_player *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; p->rules != NULL && i < p->rule_count; i++) {
		free(p->rules[i].members);
		sim_keys_free(&p->rules[i].keys);
		sim_series_free(&p->rules[i].series);
	}
	sim_nats_free(&p->nats);
	sim_player_forget_syns(p);
	sim_outage_free(p->outage);
	sim_outbound_free(p->outbound);
	sim_instances_free(p->instances);
	free(p->harms);
	free(p->rules);
	free(p->rule_of_id);
	free(p->member_of_id);
	lb_world_free(p->world);
	lb_plan_free(p->plan);
	free(p);
}

int
sim_player_scale(
    struct sim_player *p, uint32_t count, enum lb_ecmp ecmp, uint64_t seed)
{
	p->instances = sim_instances_new(count, ecmp, seed, p->plan);
	if (p->instances == NULL)
		return -1;
	p->routed = true;
	lb_world_free(p->world);
	p->world = NULL;
	return 0;
}

/* Members and rules keep their ids, those that are gone as tombstones: what
 * is known by id stays right. */
void
sim_player_swap(struct sim_player *p, struct lb_plan *plan)
{
	if (p->instances != NULL)
		sim_instances_swap(p->instances, plan);
	else
		lb_world_swap(p->world, plan);
	lb_plan_free(p->plan);
	p->plan = plan;
	p->longest_ms = longest_timeout_ms(plan);
}

/* --- where a packet goes ------------------------------------------------- */

static struct lb_world *
route(struct sim_player *p, const struct sim_arrival *a)
{
	const struct lb_headers *ip = &a->pkt.ip;

	if (p->outage != NULL &&
	    sim_outage_cuts(p->outage, a->from_client ? &ip->dst : &ip->src))
		return NULL;
	if (p->instances == NULL)
		return p->world;
	p->instance = sim_instances_route(p->instances, ip, a->from_client);
	return p->instance == SIM_NO_INSTANCE
		   ? NULL
		   : p->instances->world[p->instance];
}

/* The balancer that gets a packet; NULL: none does. */
static inline struct lb_world *
world_for(struct sim_player *p, const struct sim_arrival *a)
{
	return LB_LIKELY(!p->routed) ? p->world : route(p, a);
}

static void
reach_nobody(struct sim_player *p)
{
	p->result.verdict = LB_DROP;
	p->result.reason = LB_REASON_NONE;
	p->result.facts = 0;
	p->result.member = LB_NONE;
}

/* --- keys ---------------------------------------------------------------- */

/* What the mode leaves of the packet's flow; a fragment has no ports. */
static uint32_t
find_key(struct sim_player_rule *r, const struct lb_headers *ip)
{
	const lb_be16 none = { 0 };
	const bool has_ports = ip->fragment == LB_FRAGMENT_NO;
	const struct sim_key_id whole = {
		.src = ip->src,
		.dst = ip->dst,
		.ports_proto = sim_key_ports(has_ports ? ip->sport : none,
		    has_ports ? ip->dport : none, ip->proto),
	};
	const struct sim_key_id id = sim_key_mask(&whole, r->masks);

	return sim_keys_find(&r->keys, &id);
}

/*
 * The number of the key that a client's packet was balanced by.  The engine
 * takes a fragment's ports, even the first's, for none, so that a datagram
 * stays together; where a key is a flow, its fragments' key is the flow of
 * the fragments without ports.
 */
static uint32_t
key_of(struct sim_player_rule *r, const struct sim_arrival *a, unsigned number)
{
	struct sim_flow_part *part = &a->flow->parts[number];

	if (a->datagram != NULL && r->key_is_flow)
		part = &a->datagram->parts[number];
	if (LB_UNLIKELY(part->key == SIM_KEY_NONE))
		part->key = r->key_is_flow ? sim_keys_add(&r->keys)
					   : find_key(r, &a->pkt.ip);
	return part->key;
}

/* --- counting ------------------------------------------------------------ */

static void
count_packet(struct sim_player_rule *r, struct sim_tally *member,
    struct sim_key *key, const struct sim_arrival *a, bool first)
{
	r->packets++;
	r->bytes += a->ip_bytes;
	member->packets++;
	member->bytes += a->ip_bytes;
	key->packets++;
	key->bytes += a->ip_bytes;
	if (r->series.at != NULL) {
		struct sim_slice *slice =
		    &r->series.at[a->bin * r->member_count +
				  (size_t)(member - r->members)];
		slice->bytes += a->ip_bytes;
		slice->packets++;
		slice->flows += first;
	}
}

/* Does this packet, which went to a member, start a connection? */
static bool
is_start(const struct sim_player_rule *r, const struct sim_arrival *a,
    uint32_t facts, bool first)
{
	const struct lb_headers *ip = &a->pkt.ip;

	if (ip->fragment == LB_FRAGMENT_NO &&
	    (ip->proto == LB_PROTO_TCP || r->track_udp))
		return (facts & LB_FACT_MADE) != 0;
	return first || a->flow->client_ms == SIM_TIME_NONE ||
	       a->now_ms - a->flow->client_ms >= r->idle_ms;
}

void
sim_player_pass(struct sim_player *p)
{
	p->drops[LB_REASON_NO_RULE]++;
	p->passed++;
}

/* --- silence ---------------------------------------------------------------
 */

/* A packet that made an entry, of a flow that had packets before.  Who says
 * that it ends is not hurt. */
static void
note_silence(struct sim_player *p, const struct sim_arrival *a,
    struct sim_flow_part *part)
{
	const uint8_t begins_or_ends = LB_TCP_SYN | LB_TCP_FIN | LB_TCP_RST;

	if (LB_UNLIKELY((p->result.facts & LB_FACT_MADE) != 0) &&
	    a->flow->proto == LB_PROTO_TCP &&
	    (a->pkt.tcp_flags & begins_or_ends) == 0 &&
	    a->flow->client_ms != SIM_TIME_NONE)
		sim_player_silence(p, a->flow, part, p->result.rule, a->now_ms);
}

/* Whatever the rule rewrites: the member is who the packet is from. */
static inline bool
is_own(
    const struct sim_player *p, uint16_t member, const struct lb_addr *client)
{
	return lb_addr_same(client, &p->plan->members[member].address);
}

/* Dropped; or no rule's; or, though captured as a client's, sent from where a
 * member answers: the engine takes that for a reply. */
static void
not_balanced(struct sim_player *p, const struct sim_arrival *a,
    struct sim_flow_part *part)
{
	part->member = LB_NONE;
	if (p->result.verdict == LB_DROP) {
		p->drops[p->result.reason]++;
		if (p->result.reason == LB_REASON_HAIRPIN)
			sim_player_hairpin(p, a); /* `always-fails` */
		return;
	}
	sim_player_pass(p);
	part->rule = SIM_RULE_NOT_OURS;
}

static void
count_nat(struct sim_nat_way *nat, const struct sim_arrival *a)
{
	nat->tally.packets++;
	nat->tally.bytes += a->ip_bytes;
	if (!a->from_client)
		return;
	nat->tally.packets_in++;
	nat->tally.bytes_in += a->ip_bytes;
}

/* To the one member there is. */
static void
not_balanced_but_sent(struct sim_player *p, const struct sim_arrival *a,
    struct sim_flow_part *part, uint16_t rule)
{
	struct sim_nat_way *nat = sim_player_nat(p, rule);
	const bool first = !part->counted;

	note_silence(p, a, part);
	nat->tally.flows += first;
	if (first && p->instances != NULL)
		p->instances->counts[p->instance].flows++;
	count_nat(nat, a);
	part->counted = 1;
	part->rule = rule;
	part->member = p->result.member;
	part->key = SIM_KEY_NONE;
	if (LB_LIKELY(!p->is_hairpin))
		p->reached = p->result.member;
}

/* To a member of a balancing rule.  0, or -1 without memory. */
static int
balanced(struct sim_player *p, const struct sim_arrival *a, unsigned number,
    uint16_t rule)
{
	struct sim_flow_part *part = &a->flow->parts[number];
	const struct lb_result *result = &p->result;
	struct sim_player_rule *r = &p->rules[rule];
	struct sim_tally *member = &r->members[p->member_of_id[result->member]];

	if (LB_UNLIKELY(part->rule != rule))
		/* A key is a number in its rule, and a flow's fragments may
		 * have another rule than its whole packets. */
		part->key = SIM_KEY_NONE;
	uint32_t key_number = key_of(r, a, number);
	if (key_number == SIM_KEY_NONE)
		return -1;
	struct sim_key *key = &r->keys.at[key_number];
	note_silence(p, a, part);
	bool first = !part->counted;
	if (first) {
		r->flows++;
		member->flows++;
		key->flows++;
		if (p->instances != NULL)
			p->instances->counts[p->instance].flows++;
	}
	if (key->packets == 0)
		key->backend = (uint32_t)(member - r->members);
	r->connections += is_start(r, a, result->facts, first);
	part->counted = 1;
	part->rule = rule;
	part->member = result->member;
	part->last_key = key_number;
	if (LB_UNLIKELY(a->datagram != NULL))
		/* Whose key it is, should no later fragment come. */
		a->datagram->parts[number].rule = rule;
	member->packets_in++;
	member->bytes_in += a->ip_bytes;
	count_packet(r, member, key, a, first);
	if (LB_LIKELY(!p->is_hairpin))
		p->reached = result->member;
	return 0;
}

int
sim_player_client(
    struct sim_player *p, const struct sim_arrival *a, unsigned number)
{
	struct sim_flow_part *part = &a->flow->parts[number];
	const struct lb_result *result = &p->result;
	struct lb_world *world = world_for(p, a);

	p->is_hairpin = false;
	if (LB_UNLIKELY(world == NULL)) {
		p->unreachable++;
		reach_nobody(p);
		return 0;
	}
	if (LB_UNLIKELY(p->instances != NULL))
		p->instances->counts[p->instance].packets++;
	lb_step(lb_world_ctx(world), &a->pkt, (uint32_t)a->now_ms, &p->result);
	if (LB_UNLIKELY((result->facts & LB_FACT_UNTRACKED) != 0) &&
	    p->untracked++ == 0)
		p->untracked_first_ns = a->now_ns;
	if ((result->facts & (LB_FACT_MADE | LB_FACT_HIT)) != 0)
		/* Cut to its bits: it is taken modulo the table's size. */
		part->place =
		    (result->bucket * LB_WAYS + result->way) & SIM_PLACE_NONE;
	uint16_t rule = result->verdict == LB_FORWARD
			    ? p->rule_of_id[result->rule]
			    : LB_NONE;
	if (LB_UNLIKELY(
		rule == LB_NONE ||
		(result->facts & (LB_FACT_REPLY | LB_FACT_SNAT)) != 0)) {
		not_balanced(p, a, part);
		return 0;
	}
	if (LB_UNLIKELY(is_own(p, result->member, &a->pkt.ip.src)))
		sim_player_hairpin(p, a);
	if (LB_UNLIKELY(rule >= p->rule_count)) {
		not_balanced_but_sent(p, a, part, rule);
		return 0;
	}
	return balanced(p, a, number, rule);
}

/* Has the member send the captured reply; true when the client gets it.
 * port: it answers from that one; NULL: from the one it was asked at. */
static bool
play_reply(struct sim_player *p, const lb_be16 *port,
    const struct sim_arrival *a, uint16_t member_id)
{
	struct lb_world *world = world_for(p, a);

	if (LB_UNLIKELY(world == NULL)) {
		reach_nobody(p);
		p->reply_suppressed++;
		return false;
	}
	p->reply = a->pkt;
	p->reply.ip.src = p->plan->members[member_id].address;
	if (port != NULL && p->reply.ip.fragment != LB_FRAGMENT_LATER)
		p->reply.ip.sport = *port;
	lb_step(
	    lb_world_ctx(world), &p->reply, (uint32_t)a->now_ms, &p->result);
	if (p->result.verdict == LB_FORWARD)
		return true;
	if (p->result.verdict == LB_DROP)
		p->drops[p->result.reason]++;
	else
		p->reply_suppressed++; /* not a reply where it is answered */
	return false;
}

static void
answer_by_nat(struct sim_player *p, const struct sim_arrival *a,
    struct sim_nat_way *nat, uint16_t from)
{
	const lb_be16 *port = nat->any_port ? NULL : &nat->backend_port;

	if (!nat->one_sided && !play_reply(p, port, a, from))
		return;
	p->is_let_out = true;
	count_nat(nat, a);
}

int
sim_player_reply(
    struct sim_player *p, const struct sim_arrival *a, unsigned number)
{
	const struct sim_flow_part *part = &a->flow->parts[number];
	const uint16_t from = a->sender != LB_NONE ? a->sender : part->member;

	if (LB_UNLIKELY(from == LB_NONE || part->rule == SIM_RULE_NOT_OURS ||
			is_own(p, from, &a->pkt.ip.dst))) {
		if (part->rule == SIM_RULE_NOT_OURS)
			sim_player_pass(p);
		else
			p->reply_suppressed++;
		return 0;
	}
	struct sim_nat_way *nat = sim_player_nat(p, part->rule);
	if (LB_UNLIKELY(nat != NULL)) {
		answer_by_nat(p, a, nat, from);
		return 0;
	}
	struct sim_player_rule *r = &p->rules[part->rule];
	const lb_be16 *port = r->any_port ? NULL : &r->backend_port;
	if (!r->one_sided && !play_reply(p, port, a, from))
		return 0;
	p->is_let_out = true;
	count_packet(r, &r->members[p->member_of_id[from]],
	    &r->keys.at[part->last_key], a, false);
	if (LB_UNLIKELY(a->datagram != NULL)) {
		/* Its later fragments come from the same member. */
		struct sim_flow_part *later = &a->datagram->parts[number];
		later->member = part->member;
		later->rule = part->rule;
		later->last_key = part->last_key;
	}
	return 0;
}

/* --- what members send outwards ------------------------------------------- */

static void
count_outbound(struct sim_player *p, const struct sim_arrival *a)
{
	p->outbound->packets++;
	p->outbound->bytes += a->ip_bytes;
}

/* Dropped, or not translated: then nobody outside could answer. */
static void
not_let_out(struct sim_player *p)
{
	if (p->result.verdict == LB_DROP)
		p->drops[p->result.reason]++;
	else
		p->drops[LB_REASON_NO_RULE]++;
}

/* Of a captured connection whose SYN found no port, and that does not try
 * again with this packet. */
static bool
never_came_to_be(const struct sim_player *p, const struct sim_arrival *a,
    const struct sim_flow_part *part)
{
	return p->outbound->learns && part->key == KEY_FAILED &&
	       a->flow->proto == LB_PROTO_TCP &&
	       (a->pkt.tcp_flags & LB_TCP_SYN) == 0;
}

static bool
is_exhausted(const struct lb_result *result)
{
	return result->verdict == LB_DROP &&
	       result->reason == LB_REASON_SNAT_EXHAUSTED;
}

/* A captured flow begins with a packet that wants a port, unless it is one
 * that tries again. */
static void
note_captured(struct sim_player *p, const struct sim_arrival *a, bool again)
{
	const struct lb_result *result = &p->result;

	if (p->outbound->learns && !again &&
	    ((result->facts & LB_FACT_MADE) != 0 || is_exhausted(result)))
		sim_outbound_begin(p->outbound, result->member, a->flow);
}

/* What answers a captured one was never asked. */
static void
note_failed(const struct sim_player *p, struct sim_flow_part *part)
{
	if (p->outbound->learns)
		part->member = LB_NONE;
	if (is_exhausted(&p->result))
		part->key = KEY_FAILED;
}

static void
play_leaving(struct sim_player *p, const struct sim_arrival *a,
    struct sim_flow_part *part)
{
	const struct lb_result *result = &p->result;
	const uint32_t translated = LB_FACT_SNAT | LB_FACT_REPLY;
	const bool again = part->key == KEY_FAILED;

	if (LB_UNLIKELY(never_came_to_be(p, a, part))) {
		reach_nobody(p);
		p->drops[LB_REASON_SNAT_EXHAUSTED]++;
		return;
	}
	sim_outbound_sweep(p->outbound, &p->world->tables, a->now_ms);
	lb_step(
	    lb_world_ctx(p->world), &a->pkt, (uint32_t)a->now_ms, &p->result);
	note_captured(p, a, again);
	sim_outbound_note(
	    p->outbound, p->plan, a->flow, result, again, a->now_ns, a->bin);
	if (result->verdict != LB_FORWARD ||
	    (result->facts & translated) != translated) {
		not_let_out(p);
		note_failed(p, part);
		return;
	}
	note_silence(p, a, part);
	part->place = (result->bucket * LB_WAYS + result->way) & SIM_PLACE_NONE;
	part->member = result->member;
	part->rule = SIM_RULE_NOT_OURS;
	part->key = (uint32_t)sim_outbound_number(p->plan, &result->edit.src);
	part->last_key = result->edit.sport.raw;
	p->reached = result->member;
	count_outbound(p, a);
}

/* To the public address and port that the server has heard from; whoever has
 * those now. */
static void
play_returning(struct sim_player *p, const struct sim_arrival *a,
    const struct sim_flow_part *part)
{
	const struct lb_edit *edit = &p->result.edit;

	if (LB_UNLIKELY(part->member == LB_NONE)) {
		reach_nobody(p); /* the server was never asked */
		p->reply_suppressed++;
		return;
	}
	p->reply = a->pkt;
	if (a->sender != LB_NONE) { /* who knows whom he answers */
		p->reply.ip.dst = p->plan->snats[a->public_address].address;
		p->reply.ip.dport = a->public_port;
	} else {
		p->reply.ip.dst = p->plan->snats[part->key].address;
		p->reply.ip.dport.raw = (uint16_t)part->last_key;
	}
	if (p->outage != NULL && sim_outage_cuts(p->outage, &p->reply.ip.dst)) {
		p->unreachable++;
		reach_nobody(p);
		return;
	}
	lb_step(
	    lb_world_ctx(p->world), &p->reply, (uint32_t)a->now_ms, &p->result);
	if (p->result.verdict != LB_FORWARD) {
		not_let_out(p);
		return;
	}
	/* the port may be another flow's by now */
	p->is_let_out = lb_addr_same(&edit->dst, &a->pkt.ip.dst) &&
			edit->dport.raw == a->flow->client_port.raw;
	if (p->is_let_out)
		count_outbound(p, a);
	else
		p->reply_suppressed++;
}

int
sim_player_outbound(
    struct sim_player *p, const struct sim_arrival *a, unsigned number)
{
	struct sim_flow_part *part = &a->flow->parts[number];

	if (a->from_client)
		play_leaving(p, a, part);
	else
		play_returning(p, a, part);
	return 0;
}

/* --- memory -------------------------------------------------------------- */

/* The flow's table entry: where it was the last time. */
static void
call_entry(
    const struct lb_tables *t, const struct sim_flow_part *part, bool six)
{
	const uint32_t bucket = part->place / LB_WAYS;
	const uint32_t way = part->place % LB_WAYS;

	if (six) {
		const struct lb_bucket6 *b =
		    &t->conn6[bucket & (t->buckets6 - 1)];
		sim_call_line(b->ctl);
		sim_call_line(&b->entry[way]);
	} else {
		const struct lb_bucket4 *b =
		    &t->conn4[bucket & (t->buckets4 - 1)];
		sim_call_line(b->ctl);
		sim_call_line(&b->entry[way]);
	}
}

void
sim_player_call(
    const struct sim_player *p, const struct sim_arrival *a, unsigned number)
{
	const struct sim_flow_part *part = &a->flow->parts[number];

	if (part->place != SIM_PLACE_NONE && a->from_client && !p->routed)
		call_entry(&p->world->tables, part, a->pkt.ip.family == 6);
	if (part->member != LB_NONE && part->rule < p->rule_count)
		sim_call_line(&p->rules[part->rule].keys.at[part->last_key]);
}

/* --- time ---------------------------------------------------------------- */

/* Outbound flows end by their own timers, which count them. */
static void
expire(struct lb_world *world, uint64_t now_ms)
{
	struct lb_tables t = world->tables;

	t.ports = NULL;
	(void)lb_expire(&t, false, (uint32_t)now_ms, 0, t.buckets4, NULL);
	(void)lb_expire(&t, true, (uint32_t)now_ms, 0, t.buckets6, NULL);
}

/* Where nothing outlived a silence, new tables are quicker than a sweep of old
 * ones, so that a capture full of such gaps costs little. */
static int
expire_or_renew(
    struct sim_player *p, struct lb_world **world, bool renew, uint64_t now_ms)
{
	if (!renew) {
		expire(*world, now_ms);
		return 0;
	}
	lb_world_free(*world);
	*world = lb_world_new(p->plan);
	return *world != NULL ? 0 : -1;
}

void
sim_player_end_taken_out(struct sim_player *p, uint64_t now_ms)
{
	if (p->instances == NULL)
		expire(p->world, now_ms);
	for (uint32_t i = 0;
	     p->instances != NULL && i < p->instances->alive_count; i++)
		expire(p->instances->world[p->instances->alive[i]], now_ms);
}

int
sim_player_expire(struct sim_player *p, uint64_t last_ms, uint64_t now_ms)
{
	/* who counts held ports must see them end */
	const bool renew =
	    now_ms - last_ms >= p->longest_ms && p->outbound == NULL;
	int done = 0;

	if (p->instances == NULL)
		return expire_or_renew(p, &p->world, renew, now_ms);
	for (uint32_t i = 0; i < p->instances->alive_count && done == 0; i++)
		done = expire_or_renew(p,
		    &p->instances->world[p->instances->alive[i]], renew,
		    now_ms);
	return done;
}
