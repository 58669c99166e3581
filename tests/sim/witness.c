/* SPDX-License-Identifier: MIT */
#include "tests/sim/witness.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "model/config/names.h"
#include "tests/sim/truth.h"
#include "tests/unit.h"

#define CASES_MAX 4u
#define HEADS     1024u
#define NOWHERE   UINT32_MAX
#define CHOICES   8192u /* 2^n */
#define HALF_MS   UINT64_C(60000)
#define FIN_MS    UINT64_C(240000)
#define RST_MS    UINT64_C(15000)

enum state { HALF, ANSWERED, OPEN, FIN, RST };

/* A five-tuple as a client sends it, at one instance. */
struct flow {
	struct lb_addr src, dst;
	lb_be16 sport, dport;
	uint8_t proto;
	uint32_t instance;
};

struct entry {
	struct flow flow;
	uint32_t next;         /* of the same head */
	uint32_t place;        /* in its table; NOWHERE: it has no entry */
	unsigned rule, member; /* index in the rule's pool */
	enum state state;
	uint64_t seen_ms;
};

struct choice {
	uint64_t key;
	unsigned member;
};

struct view {
	const char *player_name;
	const struct sim_player *player;
	struct truth *truth;
	struct entry *entries;
	uint32_t count, room;
	uint32_t heads[HEADS];
	uint32_t *places[LB_INSTANCES_MAX][2]; /* entry by bucket and way */
	unsigned deaths[LB_INSTANCES_MAX];     /* that it knows of */
	uint64_t given;                        /* packets since the warm-up */
	bool is_warm;
	uint64_t checked_version;
	struct choice choices[CHOICES];
};

struct witness {
	const struct sim_settings *settings;
	struct view *views[CASES_MAX];
	unsigned view_count;
	struct witness_tally tally;
	bool say;
	char complaint[768];
};

/* What is being looked at. */
struct look {
	struct witness *w;
	struct view *v;
	const struct sim_arrival *a;
	const struct lb_result *result;
	unsigned rule; /* UINT_MAX: none */
	uint32_t instance;
};

/* --- complaints ---------------------------------------------------------- */

static void
describe(const struct look *l, char *text, size_t bytes)
{
	const struct lb_headers *ip = &l->a->pkt.ip;
	const struct lb_result *r = l->result;
	char src[46], dst[46], what[160] = "not stepped";

	if (r != NULL)
		(void)snprintf(what, sizeof(what),
		    "%s %s facts 0x%x member %s rule %d at %u.%u",
		    lb_verdict_name(r->verdict), lb_reason_name(r->reason),
		    r->facts,
		    r->member < l->v->player->plan->member_count
			? l->v->player->plan->members[r->member].name
			: "none",
		    r->rule == LB_NONE ? -1 : r->rule, r->bucket, r->way);
	(void)snprintf(text, bytes,
	    "%s t=%.9f s: %s %s:%u > %s:%u flags 0x%x %s%s: %s",
	    l->v->player->name, (double)l->a->now_ns / 1e9,
	    lb_proto_name(ip->proto), lb_addr_text(&ip->src, src, sizeof(src)),
	    lb_be16_get(ip->sport), lb_addr_text(&ip->dst, dst, sizeof(dst)),
	    lb_be16_get(ip->dport), l->a->pkt.tcp_flags,
	    ip->fragment != 0 ? "fragment " : "",
	    l->a->from_client ? "from client" : "reply", what);
}

static void complain(const struct look *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
complain(const struct look *l, const char *format, ...)
{
	char packet[400], what[300];
	va_list args;

	if (l->w->complaint[0] != '\0')
		return;
	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	describe(l, packet, sizeof(packet));
	(void)snprintf(
	    l->w->complaint, sizeof(l->w->complaint), "%s\n  %s", what, packet);
}

#define MUST(look, condition, ...)                                             \
	do {                                                                   \
		if (!(condition))                                              \
			complain(look, __VA_ARGS__);                           \
	} while (0)

/* --- the table ----------------------------------------------------------- */

static uint32_t
head_of(const struct flow *f)
{
	uint64_t mix = f->src.word[0] ^ f->src.word[1] * 3 ^
		       f->dst.word[1] * 5 ^ (uint64_t)f->sport.raw << 20 ^
		       f->dport.raw ^ (uint64_t)f->proto << 40 ^ f->instance;

	mix *= UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(mix >> 54) % HEADS;
}

static bool
is_same_flow(const struct flow *a, const struct flow *b)
{
	return lb_addr_same(&a->src, &b->src) &&
	       lb_addr_same(&a->dst, &b->dst) && a->sport.raw == b->sport.raw &&
	       a->dport.raw == b->dport.raw && a->proto == b->proto &&
	       a->instance == b->instance;
}

/* The flow's, made when it has none.  Another one may move it. */
static struct entry *
entry_of(struct view *v, const struct flow *flow)
{
	uint32_t *head = &v->heads[head_of(flow)];

	for (uint32_t i = *head; i != NOWHERE; i = v->entries[i].next)
		if (is_same_flow(&v->entries[i].flow, flow))
			return &v->entries[i];
	if (v->count == v->room) {
		v->room = v->room == 0 ? 256 : v->room * 2;
		v->entries =
		    reallocarray(v->entries, v->room, sizeof(*v->entries));
		UNIT_NEED(v->entries);
	}
	struct entry *e = &v->entries[v->count];
	*e = (struct entry){ .flow = *flow, .next = *head, .place = NOWHERE };
	*head = v->count++;
	return e;
}

static const struct lb_config_rule *
rule_at(const struct view *v, unsigned rule)
{
	return &v->player->config->rules[rule];
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
timeout_ms(const struct view *v, const struct entry *e)
{
	const uint64_t idle_ms = rule_at(v, e->rule)->idle_timeout_ms;

	if (e->flow.proto == LB_PROTO_UDP)
		return idle_ms;
	switch (e->state) {
	case HALF:
	case ANSWERED:
		return least(HALF_MS, idle_ms);
	case FIN:
		return least(FIN_MS, idle_ms);
	case RST:
		return least(RST_MS, idle_ms);
	case OPEN:
		break;
	}
	return idle_ms;
}

static bool
is_live(const struct view *v, const struct entry *e, uint64_t now_ms)
{
	return e->place != NOWHERE && now_ms - e->seen_ms < timeout_ms(v, e);
}

static uint32_t *
places_of(struct view *v, uint32_t instance, bool six)
{
	uint32_t **at = &v->places[instance][six];
	const uint32_t ways = LB_WAYS * (six ? v->player->plan->buckets6
					     : v->player->plan->buckets4);

	if (*at == NULL) {
		*at = malloc(ways * sizeof(**at));
		UNIT_NEED(*at);
		memset(*at, 0xff, ways * sizeof(**at));
	}
	return *at;
}

/* How gladly an entry is given up: as victim_score() should say. */
static unsigned
rank(const struct view *v, const struct entry *e, uint64_t now_ms)
{
	if (!is_live(v, e, now_ms))
		return 3;
	return e->state >= FIN ? 2 : e->state < OPEN ? 1 : 0;
}

/* A new entry stands where another stood, or nothing did. */
static void
take_place(struct look *l, struct entry *e)
{
	struct view *v = l->v;
	const bool six = l->a->pkt.ip.family == 6;
	const uint64_t now_ms = l->a->now_ms;
	uint32_t *places = places_of(v, l->instance, six);
	const uint32_t place = l->result->bucket * LB_WAYS + l->result->way;
	const uint32_t number = (uint32_t)(e - v->entries);

	if (e->place != NOWHERE && e->place != place &&
	    places[e->place] == number) {
		/* its old entry may only be gone when it had ended */
		MUST(l, !is_live(v, e, now_ms),
		    "a second entry for a flow whose first lives");
		places[e->place] = NOWHERE;
	}
	uint32_t old = places[place];
	if (old != NOWHERE && old != number) {
		struct entry *victim = &v->entries[old];
		unsigned given = rank(v, victim, now_ms);
		MUST(l, given > 0,
		    "an open entry was replaced (its member %u, silent for "
		    "%llu ms)",
		    victim->member,
		    (unsigned long long)(now_ms - victim->seen_ms));
		for (uint32_t way = 0; given < 3 && way < LB_WAYS; way++) {
			uint32_t other =
			    places[place / LB_WAYS * LB_WAYS + way];
			MUST(l, other != NOWHERE,
			    "an entry was replaced beside an empty way");
			if (other == NOWHERE)
				break;
			const struct entry *o = &v->entries[other];
			MUST(l, rank(v, o, now_ms) <= given,
			    "a better victim was in way %u", way);
			MUST(l,
			    rank(v, o, now_ms) < given ||
				o->seen_ms >= victim->seen_ms,
			    "one idle for longer was in way %u", way);
		}
		l->w->tally.evicted += given < 3;
		victim->place = NOWHERE;
	}
	places[place] = number;
	e->place = place;
}

/* A newcomer without an entry: is there a bucket of open ones at all? */
static bool
some_bucket_is_open(struct look *l)
{
	struct view *v = l->v;
	const bool six = l->a->pkt.ip.family == 6;
	const uint32_t *places = places_of(v, l->instance, six);
	const uint32_t buckets =
	    six ? v->player->plan->buckets6 : v->player->plan->buckets4;

	for (uint32_t b = 0; b < buckets; b++) {
		unsigned open = 0;
		for (uint32_t way = 0; way < LB_WAYS; way++) {
			uint32_t e = places[b * LB_WAYS + way];
			open += e != NOWHERE &&
				rank(v, &v->entries[e], l->a->now_ms) == 0;
		}
		if (open == LB_WAYS)
			return true;
	}
	return false;
}

/* --- whose packet -------------------------------------------------------- */

/* The rule that a client's packet is for: the more exact first. */
static unsigned
find_rule(const struct lb_config *c, const struct lb_headers *ip)
{
	unsigned any = UINT_MAX;

	for (unsigned r = 0; r < c->rule_count; r++) {
		const struct lb_config_rule *rule = &c->rules[r];
		if (rule->frontend < 0 ||
		    !lb_addr_same(
			&c->frontends[rule->frontend].address, &ip->dst))
			continue;
		if (rule->frontend_port == 0)
			any = r;
		else if (ip->fragment == LB_FRAGMENT_NO &&
			 rule->proto == ip->proto &&
			 rule->frontend_port == lb_be16_get(ip->dport))
			return r;
	}
	return any;
}

static bool
is_frontend(const struct lb_config *c, const struct lb_addr *addr)
{
	for (size_t r = 0; r < c->rule_count; r++)
		if (c->rules[r].frontend >= 0 &&
		    lb_addr_same(
			&c->frontends[c->rules[r].frontend].address, addr))
			return true;
	return false;
}

/* The member that the result names, by its index in the rule's pool. */
static unsigned
member_of(const struct look *l)
{
	const struct lb_plan *plan = l->v->player->plan;
	const struct lb_config *c = l->v->player->config;
	const uint16_t id = l->result->member;
	const int pool = c->rules[l->rule].pool;

	if (id >= plan->member_count || plan->members[id].name == NULL ||
	    strcmp(plan->members[id].pool, c->pools[pool].name) != 0)
		return UINT_MAX;
	return truth_member_of_name(
	    l->v->truth, (unsigned)pool, plan->members[id].name);
}

static bool
is_rule(const struct look *l, unsigned rule)
{
	const struct lb_plan *plan = l->v->player->plan;
	const uint16_t id = l->result->rule;

	return id < plan->rule_count && plan->rules[id].name != NULL &&
	       strcmp(plan->rules[id].name, rule_at(l->v, rule)->name) == 0;
}

/* --- where it went ------------------------------------------------------- */

/* The packet really goes there: it is readdressed as the rule says. */
static void
check_edit(const struct look *l, unsigned rule, unsigned member)
{
	const struct lb_config *c = l->v->player->config;
	const struct lb_config_rule *r = rule_at(l->v, rule);
	const struct lb_edit *edit = &l->result->edit;
	const bool floats = lb_config_rule_floats(c, r);
	const bool moves_port =
	    r->backend_port != 0 &&
	    r->backend_port != lb_be16_get(l->a->pkt.ip.dport);

	MUST(l, ((edit->what & LB_EDIT_DST) != 0) == !floats,
	    "destination rewritten, or not, against the rule");
	if (!floats && member != UINT_MAX)
		MUST(l,
		    lb_addr_same(
			&edit->dst, &c->pools[r->pool].members[member].address),
		    "sent to another address than member %u has", member);
	MUST(l, ((edit->what & LB_EDIT_DPORT) != 0) == moves_port,
	    "port rewritten, or not, against the rule");
	MUST(l, !moves_port || lb_be16_get(edit->dport) == r->backend_port,
	    "sent to port %u", lb_be16_get(edit->dport));
}

static uint64_t
fold(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/* What a choice is a function of (design.md 2): the affinity key, who may be
 * chosen, who is in the pool.  Of nothing else. */
static uint64_t
choice_key(const struct look *l, uint64_t candidates)
{
	const struct lb_config_rule *r = rule_at(l->v, l->rule);
	const struct lb_headers *ip = &l->a->pkt.ip;
	const bool ports =
	    r->mode == LB_MODE_FIVE_TUPLE && ip->fragment == LB_FRAGMENT_NO;
	const bool proto = ports || r->mode == LB_MODE_FIVE_TUPLE ||
			   r->mode == LB_MODE_SOURCE_IP_PROTOCOL;
	uint64_t key = fold(fold(1, l->rule + 1), candidates);

	key = fold(key, truth_pool_digest(l->v->truth, (unsigned)r->pool));
	key = fold(fold(key, ip->src.word[0]), ip->src.word[1]);
	key = fold(fold(key, ip->dst.word[0]), ip->dst.word[1]);
	key = fold(
	    key, ports ? (uint64_t)ip->sport.raw << 16 | ip->dport.raw : 0);
	return fold(key, proto ? ip->proto : 0) | 1;
}

/* Whatever was chosen for that key before is chosen now. */
static void
check_repeated(
    const struct look *l, uint64_t key, unsigned chosen, const char *what)
{
	for (uint32_t i = 0; i < 16; i++) {
		struct choice *choice =
		    &l->v->choices[((key >> 20) + i) % CHOICES];
		if (choice->key == key) {
			l->w->tally.repeated++;
			MUST(l, choice->member == chosen,
			    "the same key and the same choice, and yet "
			    "%s %u before and %u now",
			    what, choice->member, chosen);
			return;
		}
		if (choice->key == 0) {
			*choice = (struct choice){ key, chosen };
			return;
		}
	}
}

static void
check_choice(const struct look *l, unsigned member, uint64_t candidates)
{
	const uint64_t key = choice_key(l, candidates);

	MUST(l, member != UINT_MAX, "sent to nobody of the rule's pool");
	if (member == UINT_MAX)
		return;
	MUST(l, (candidates >> member & 1) != 0,
	    "a new flow went to member %u, who may not have it; may: 0x%llx",
	    member, (unsigned long long)candidates);
	check_repeated(l, key, member, "member");
}

/* --- packets from clients ------------------------------------------------ */

static bool
is_bare_syn(const struct lb_packet *pkt)
{
	return pkt->ip.proto == LB_PROTO_TCP &&
	       (pkt->tcp_flags & LB_TCP_SYN) != 0 &&
	       (pkt->tcp_flags & LB_TCP_ACK) == 0;
}

static bool
is_tracked(const struct look *l)
{
	const struct lb_headers *ip = &l->a->pkt.ip;

	return ip->fragment == LB_FRAGMENT_NO &&
	       (ip->proto == LB_PROTO_TCP ||
		   rule_at(l->v, l->rule)->connection_tracking);
}

static bool
is_one_sided(const struct view *v, unsigned rule)
{
	return lb_config_rule_floats(v->player->config, rule_at(v, rule));
}

/* May the entry's member keep this packet? (design.md 2) */
static bool
may_keep(const struct look *l, const struct entry *e)
{
	const bool eligible =
	    (truth_keepers(l->v->truth, e->rule) >> e->member & 1) != 0;

	if (e->flow.proto == LB_PROTO_UDP)
		return eligible;
	if (!is_bare_syn(&l->a->pkt))
		return true;
	return e->state < FIN && (e->state == OPEN || eligible);
}

/* An entry and a packet of it, from either side. */
static void
see(struct view *v, struct entry *e, const struct look *l, bool reply)
{
	const uint8_t flags = l->a->pkt.tcp_flags;
	const enum state was = e->state;

	if (e->flow.proto == LB_PROTO_UDP) {
		if (reply || is_one_sided(v, e->rule))
			e->state = OPEN;
	} else if ((flags & LB_TCP_RST) != 0) {
		e->state = RST;
	} else if ((flags & LB_TCP_FIN) != 0) {
		e->state = was > FIN ? was : FIN;
	} else if (reply) {
		e->state = was == HALF ? ANSWERED : was;
	} else if (!is_bare_syn(&l->a->pkt)) {
		if (was == ANSWERED ||
		    (was == HALF && is_one_sided(v, e->rule)))
			e->state = OPEN;
	}
	if (was < FIN || e->state != was)
		e->seen_ms = l->a->now_ms;
}

static void
check_kept(struct look *l, struct entry *e)
{
	const struct lb_result *r = l->result;

	MUST(l, r->verdict == LB_FORWARD,
	    "the entry lives, and the packet was not forwarded");
	MUST(l, (r->facts & (LB_FACT_HIT | LB_FACT_MADE)) == LB_FACT_HIT,
	    "the entry lives, silent for %llu ms in state %d, and was not hit",
	    (unsigned long long)(l->a->now_ms - e->seen_ms), (int)e->state);
	l->rule = e->rule;
	MUST(l, member_of(l) == e->member,
	    "a tracked flow left member %u, who may keep it", e->member);
	MUST(l, r->bucket * LB_WAYS + r->way == e->place,
	    "the entry was elsewhere");
	check_edit(l, e->rule, e->member);
	see(l->v, e, l, false);
	l->w->tally.kept++;
}

static void
check_new_entry(struct look *l, struct entry *e, unsigned member)
{
	const uint32_t facts = l->result->facts;

	if (l->a->pkt.ip.proto == LB_PROTO_TCP &&
	    (l->a->pkt.tcp_flags & LB_TCP_RST) != 0) {
		MUST(l, (facts & (LB_FACT_MADE | LB_FACT_UNTRACKED)) == 0,
		    "a reset made an entry");
		return;
	}
	MUST(l,
	    ((facts & LB_FACT_MADE) != 0) != ((facts & LB_FACT_UNTRACKED) != 0),
	    "neither tracked nor counted as untracked");
	if ((facts & LB_FACT_UNTRACKED) != 0) {
		l->w->tally.untracked++;
		MUST(l, some_bucket_is_open(l),
		    "no room in the table, and yet no bucket is full of open "
		    "connections");
	}
	if ((facts & LB_FACT_MADE) == 0)
		return;
	take_place(l, e);
	e->rule = l->rule;
	e->member = member;
	e->state = HALF;
	e->seen_ms = l->a->now_ms;
	l->w->tally.chosen++;
}

static void
check_nobody(struct look *l)
{
	MUST(l,
	    l->result->verdict == LB_DROP &&
		l->result->reason == LB_REASON_NO_HEALTHY_BACKEND,
	    "nobody may have it, and it was not dropped for that");
	l->w->tally.dropped++;
}

static void
check_ours(struct look *l)
{
	const struct lb_headers *ip = &l->a->pkt.ip;
	const struct lb_config *c = l->v->player->config;
	const uint64_t candidates = truth_candidates(l->v->truth, l->rule);
	const struct flow flow = { ip->src, ip->dst, ip->sport, ip->dport,
		ip->proto, l->instance };
	struct entry *e = is_tracked(l) ? entry_of(l->v, &flow) : NULL;

	if (c->sku == LB_SKU_BASIC && candidates == 0 &&
	    ip->fragment == LB_FRAGMENT_NO) {
		check_nobody(l);
		return;
	}
	if (e != NULL && is_live(l->v, e, l->a->now_ms) && may_keep(l, e)) {
		check_kept(l, e);
		return;
	}
	if (candidates == 0) {
		check_nobody(l);
		return;
	}
	MUST(l, l->result->verdict == LB_FORWARD && is_rule(l, l->rule),
	    "somebody may have it, and it was not forwarded by rule %u",
	    l->rule);
	MUST(l, (l->result->facts & LB_FACT_HIT) == 0,
	    "an entry was used that is none");
	if (l->result->verdict != LB_FORWARD)
		return;
	const unsigned member = member_of(l);
	check_choice(l, member, candidates);
	check_edit(l, l->rule, member);
	if (e != NULL && member != UINT_MAX)
		check_new_entry(l, e, member);
	else
		l->w->tally.again++;
}

/* Does it get to a balancer, and to the right one?  False: it does not. */
static bool
check_reach(struct look *l)
{
	const struct sim_player *p = l->v->player;
	const struct truth *t = l->v->truth;
	const struct lb_headers *ip = &l->a->pkt.ip;
	const uint64_t all =
	    p->instances == NULL
		? 1
		: (UINT64_C(2) << (p->instances->count - 1)) - 1;
	const bool cut =
	    truth_is_cut(t, l->a->from_client ? &ip->dst : &ip->src) ||
	    (all & ~t->instances_down) == 0;
	const bool reached = l->result->verdict != LB_DROP ||
			     l->result->reason != LB_REASON_NONE;

	MUST(l, reached == !cut,
	    cut ? "nobody can reach it, and it got there"
		: "it should have got there");
	if (cut || !reached) {
		l->w->tally.unreachable++;
		return false;
	}
	if (p->instances == NULL)
		return true;
	l->instance = p->instance;
	MUST(l, (t->instances_down >> l->instance & 1) == 0,
	    "it went to instance %u, which is dead", l->instance + 1);
	const bool ports = ip->fragment == LB_FRAGMENT_NO;
	const bool in = l->a->from_client;
	const struct flow flow = { in ? ip->src : ip->dst,
		in ? ip->dst : ip->src, in ? ip->sport : ip->dport,
		in ? ip->dport : ip->sport, ip->proto, 0 };
	uint64_t key = fold(fold(2, t->instances_down), ip->proto);
	key = fold(fold(key, flow.src.word[0]), flow.src.word[1]);
	key = fold(fold(key, flow.dst.word[0]), flow.dst.word[1]);
	key = fold(key,
	    ports ? (uint64_t)flow.sport.raw << 16 | flow.dport.raw : 1u << 31);
	check_repeated(l, key | 1, l->instance, "instance");
	return true;
}

static void
check_client(struct look *l)
{
	const struct lb_headers *ip = &l->a->pkt.ip;
	const struct lb_config *c = l->v->player->config;

	if (l->result == NULL) {
		complain(l, "a client's packet was not stepped");
		return;
	}
	if (!check_reach(l))
		return;
	l->rule = find_rule(c, ip);
	if (l->rule != UINT_MAX)
		check_ours(l);
	else if (ip->fragment != LB_FRAGMENT_NO && is_frontend(c, &ip->dst))
		MUST(l,
		    l->result->verdict == LB_DROP &&
			l->result->reason == LB_REASON_FRAGMENT,
		    "a fragment to a frontend without an any-port rule");
	else
		MUST(l, l->result->verdict == LB_PASS,
		    "no rule is for it, and it was not left alone");
}

/* --- replies ------------------------------------------------------------- */

/* What the client gets comes from where he sent to. */
static void
check_reply(struct look *l)
{
	const struct sim_player *p = l->v->player;
	const struct lb_headers *ip = &l->a->pkt.ip;
	const struct lb_edit *edit = &l->result->edit;
	const struct lb_headers turned = { .src = ip->dst,
		.dst = ip->src,
		.sport = ip->dport,
		.dport = ip->sport,
		.proto = ip->proto };
	const unsigned rule = find_rule(p->config, &turned);
	const struct flow flow = { ip->dst, ip->src, ip->dport, ip->sport,
		ip->proto, l->instance };

	l->w->tally.replies++;
	if (l->result->verdict != LB_FORWARD ||
	    ip->fragment != LB_FRAGMENT_NO || rule == UINT_MAX)
		return;
	MUST(l,
	    (edit->what & LB_EDIT_SRC) != 0 &&
		lb_addr_same(&edit->src, &ip->src),
	    "the reply's source is not the frontend");
	MUST(l,
	    (edit->what & LB_EDIT_SPORT) != 0
		? edit->sport.raw == ip->sport.raw
		: p->reply.ip.sport.raw == ip->sport.raw,
	    "the reply's port is not the frontend's");
	struct entry *e = entry_of(l->v, &flow);
	if (!is_live(l->v, e, l->a->now_ms))
		return;
	const struct lb_config_pool *pool =
	    &p->config->pools[rule_at(l->v, e->rule)->pool];
	if (lb_addr_same(&pool->members[e->member].address, &p->reply.ip.src))
		see(l->v, e, l, true);
}

/* --- all there is -------------------------------------------------------- */

/* Every packet is in exactly one count (design.md 10 (5)). */
static void
check_counts(struct look *l)
{
	const struct sim_player *p = l->v->player;
	const struct lb_scene *scene = l->w->settings->scene;
	uint64_t counted = p->reply_suppressed + p->unreachable;

	for (size_t r = 0; r < p->rule_count; r++)
		for (size_t m = 0; m < p->rules[r].member_count; m++)
			counted += p->rules[r].members[m].packets;
	for (unsigned d = 0; d < LB_REASON_COUNT; d++)
		counted += p->drops[d];
	if (!l->v->is_warm && scene != NULL && scene->warm_up_ms > 0 &&
	    l->a->now_ns >= scene->warm_up_ms * LB_NS_PER_MS) {
		l->v->is_warm = true;
		l->v->given = 0;
	}
	l->v->given++;
	MUST(l, counted == l->v->given,
	    "%llu packets were given, %llu are counted",
	    (unsigned long long)l->v->given, (unsigned long long)counted);
}

/* The plan beside the truth, whenever that changed: who is eligible, and that
 * every slot of every table is somebody's who may have new flows. */
static void
check_rule_of_plan(struct look *l, unsigned rule)
{
	const struct lb_plan *plan = l->v->player->plan;
	const struct lb_config_rule *r = rule_at(l->v, rule);
	const struct lb_config_pool *pool =
	    &l->v->player->config->pools[r->pool];
	const uint64_t keepers = truth_keepers(l->v->truth, rule);
	const uint64_t candidates = truth_candidates(l->v->truth, rule);
	const struct lb_rule *row =
	    lb_plan_rule_row(plan, plan->rule_ids[rule]);
	const struct lb_plan_lut *lut = &plan->luts[row->lut];

	for (uint32_t id = 0; id < plan->member_count; id++) {
		if (plan->members[id].name == NULL ||
		    strcmp(plan->members[id].pool, pool->name) != 0)
			continue;
		unsigned m = truth_member_of_name(
		    l->v->truth, (unsigned)r->pool, plan->members[id].name);
		MUST(l,
		    (plan->member_state[id] >> row->probe & 1) ==
			(keepers >> m & 1),
		    "rule %s: member %s is %s", r->name, plan->members[id].name,
		    (keepers >> m & 1) != 0 ? "not eligible and should be"
					    : "eligible and should not be");
	}
	for (uint32_t i = 0; i < lut->size; i++) {
		const uint16_t id = lut->slots[i];
		unsigned m = id == LB_NONE ? UINT_MAX
					   : truth_member_of_name(l->v->truth,
						 (unsigned)r->pool,
						 plan->members[id].name);
		MUST(l,
		    candidates == 0
			? id == LB_NONE
			: m != UINT_MAX && (candidates >> m & 1) != 0,
		    "rule %s: slot %u is of member %u; may: 0x%llx", r->name, i,
		    m, (unsigned long long)candidates);
	}
}

static void
check_plan(struct look *l)
{
	const uint64_t version = (uint64_t)l->v->truth->version + 1;

	if (version == l->v->checked_version)
		return;
	l->v->checked_version = version;
	for (unsigned r = 0; r < l->v->player->config->rule_count; r++)
		check_rule_of_plan(l, r);
}

/* What a dead instance knew is gone, even when it is back already. */
static void
forget_dead(struct view *v)
{
	for (uint32_t i = 0; i < LB_INSTANCES_MAX; i++) {
		if (v->deaths[i] == v->truth->deaths[i])
			continue;
		v->deaths[i] = v->truth->deaths[i];
		for (uint32_t e = 0; e < v->count; e++)
			if (v->entries[e].flow.instance == i)
				v->entries[e].place = NOWHERE;
		for (unsigned six = 0; six < 2; six++) {
			free(v->places[i][six]);
			v->places[i][six] = NULL;
		}
	}
}

static struct view *
view_of(struct witness *w, const struct sim_player *p)
{
	for (unsigned i = 0; i < w->view_count; i++)
		if (strcmp(w->views[i]->player_name, p->name) == 0)
			return w->views[i];
	if (w->view_count == CASES_MAX)
		abort();
	struct view *v = calloc(1, sizeof(*v));
	UNIT_NEED(v);
	v->player = p;
	v->player_name = p->name;
	v->truth = truth_new(w->settings, p);
	memset(v->heads, 0xff, sizeof(v->heads));
	w->views[w->view_count++] = v;
	return v;
}

void
witness_see(void *arg, const struct sim_player *player,
    const struct sim_arrival *arrival, const struct lb_result *result)
{
	struct look l = { .w = arg, .a = arrival, .result = result };

	l.v = view_of(l.w, player);
	truth_advance(l.v->truth, arrival->now_ns);
	forget_dead(l.v);
	if (l.w->say) {
		char text[400];
		describe(&l, text, sizeof(text));
		(void)fprintf(stderr, "%s\n", text);
	}
	l.w->tally.packets++;
	check_plan(&l);
	if (arrival->from_client)
		check_client(&l);
	else if (result != NULL && check_reach(&l))
		check_reply(&l);
	check_counts(&l);
}

const char *
witness_complaint(const struct witness *w)
{
	return w->complaint[0] != '\0' ? w->complaint : NULL;
}

struct witness_tally
witness_tally(const struct witness *w)
{
	return w->tally;
}

struct witness *
witness_new(const struct sim_settings *settings, bool say)
{
	struct witness *w = calloc(1, sizeof(*w));

	UNIT_NEED(w);
	w->settings = settings;
	w->say = say;
	return w;
}

void
witness_free(struct witness *w)
{
	for (unsigned i = 0; i < w->view_count; i++) {
		struct view *v = w->views[i];
		truth_free(v->truth);
		for (unsigned k = 0; k < LB_INSTANCES_MAX; k++) {
			free(v->places[k][0]);
			free(v->places[k][1]);
		}
		free(v->entries);
		free(v);
	}
	free(w);
}
