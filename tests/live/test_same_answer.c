/* SPDX-License-Identifier: MIT */
/*
 * Invariant 6: the native build and the BPF build agree on verdict, bytes and
 * table memory, always.  Random packets, broken ones and conversations go
 * through both, under a configuration that keeps changing, over tables too
 * small for them, past the end of the clock.
 *
 * On the way it holds the native build to invariants 1, 2, 4 and 5, and in
 * the end fails if something that can happen did not.
 *
 * FAIRLEAD_SEED, FAIRLEAD_PACKETS: the run in other words; FAIRLEAD_SEEDS: so
 * many of them, each with the next seed.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/bpf/referee_print.h"
#include "model/config/names.h"
#include "tests/live/rich.h"
#include "tests/live/traffic.h"

#define SEED_DEFAULT    UINT64_C(20261122)
#define PACKETS_DEFAULT UINT64_C(300000)
#define MEMORY_EVERY    1000u
#define WRAP_EVERY      40000u
#define CROWD_EVERY     50000u
#define BUCKETS_MAX     128u
#define TEST_SKIPPED    77

/* What the engine remembers of an entry, remembered apart from it. */
struct owner {
	uint16_t member, rule;
	bool known;
};

/* A way that is BUSY for so many packets more. */
struct held {
	bool six;
	uint8_t way;
	uint32_t bucket, left;
	uint64_t ctl; /* as it was */
};

/* What conversations are made of, each of four families and protocols. */
#define SORTS(X)                                                               \
	X(NEW, "balanced, new")                                                \
	X(KNOWN, "balanced, known")                                            \
	X(REPLY, "balanced, reply")                                            \
	X(NAT_NEW, "NAT rule, new")                                            \
	X(NAT_KNOWN, "NAT rule, known")                                        \
	X(NAT_REPLY, "NAT rule, reply")                                        \
	X(SNAT_NEW, "outbound, new")                                           \
	X(SNAT_KNOWN, "outbound, known")                                       \
	X(SNAT_BACK, "outbound, came back")                                    \
	X(SNAT_FULL, "outbound, no port left")                                 \
	X(ERROR, "error about a balanced flow")                                \
	X(SNAT_ERROR, "error about an outbound flow")                          \
	X(ECHO, "echo answered")                                               \
	X(RESET, "RST of a client")                                            \
	X(RESET_REPLY, "RST of a member")                                      \
	X(RESET_OUT, "RST on an outbound flow")                                \
	X(RESET_BACK, "RST that came back")

enum sort {
#define X(name, text) SORT_##name,
	SORTS(X)
#undef X
	    SORT_COUNT
};

#define SORT_WIRES 4u /* IPv4 TCP, UDP; IPv6 TCP, UDP; ICMP: as TCP */

struct counts {
	uint64_t sort[SORT_COUNT][SORT_WIRES];
	uint64_t resets; /* that live would send */
	uint64_t kind[TRAFFIC_KINDS];
	uint64_t verdict[LB_VERDICT_COUNT], reason[LB_REASON_COUNT];
	uint64_t parsed[LB_PARSED_COUNT];
	uint64_t fact[10], edit[7]; /* by bit */
	uint64_t ended[LB_CONN_CLOSING_RST + 1];
	uint64_t errors, nat, returned, ports, shorter, cut, right, untouched,
	    held, deadlines;
	uint64_t expires, healths, swaps, wraps, memories;
};

struct test {
	struct chance chance;
	uint64_t now_ms; /* the path's is modulo 2^32 */
	struct rich rich;
	struct rich_health health;
	struct lb_config *config;
	struct lb_plan *plan;
	struct referee *referee;
	struct traffic traffic;
	struct held held;
	struct owner owners[2][BUCKETS_MAX][LB_WAYS];
	struct counts counts;
	bool again;      /* the same frame comes next */
	uint64_t packet; /* number of the one at hand */
	struct frame frame;
	struct referee_answer answer;
};

static int fail(const struct test *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int
fail(const struct test *t, const char *format, ...)
{
	va_list args;

	(void)printf(
	    "packet %ju, %ju ms: ", (uintmax_t)t->packet, (uintmax_t)t->now_ms);
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
	return -1;
}

/* fail(), with the packet that came and what became of it. */
static int
fail_packet(const struct test *t, const char *what)
{
	struct referee_answer in = { 0 };

	(void)fail(t, "%s", what);
	in.native.bytes = in.kernel.bytes = t->frame.bytes < REFEREE_BYTES_MAX
						? t->frame.bytes
						: REFEREE_BYTES_MAX;
	memcpy(in.native.frame, t->frame.data, in.native.bytes);
	memcpy(in.kernel.frame, t->frame.data, in.kernel.bytes);
	(void)printf("came:\n");
	in.native.parsed = in.kernel.parsed = LB_PARSED_COUNT;
	referee_print(&in, NULL, stdout);
	(void)printf("went:\n");
	referee_print(&t->answer, t->plan, stdout);
	return -1;
}

/* --- the packet and its answer ------------------------------------------- */

static void
count_bits(uint64_t *counts, uint32_t bits, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		counts[i] += bits >> i & 1;
}

static void
count(struct counts *c, const struct referee_answer *a)
{
	const struct referee_side *side = &a->native;

	c->parsed[side->parsed]++;
	c->cut += a->cut;
	if (side->parsed != LB_PARSED)
		return;
	c->verdict[side->result.verdict]++;
	c->reason[side->result.reason]++;
	count_bits(c->fact, side->result.facts, LB_COUNT(c->fact));
	count_bits(c->edit, side->result.edit.what, LB_COUNT(c->edit));
}

static enum sort
sort_of_snat(const struct lb_result *r)
{
	if ((r->facts & LB_FACT_ICMP) != 0)
		return SORT_SNAT_ERROR;
	if (r->reason == LB_REASON_SNAT_EXHAUSTED)
		return SORT_SNAT_FULL;
	if (r->verdict != LB_FORWARD)
		return SORT_COUNT;
	if ((r->facts & LB_FACT_REPLY) == 0)
		return SORT_SNAT_BACK;
	return (r->facts & LB_FACT_MADE) != 0 ? SORT_SNAT_NEW : SORT_SNAT_KNOWN;
}

static enum sort
sort_of(const struct lb_plan *plan, const struct lb_result *r)
{
	if ((r->facts & LB_FACT_SNAT) != 0)
		return sort_of_snat(r);
	if (r->verdict == LB_ANSWER)
		return SORT_ECHO;
	if (r->verdict != LB_FORWARD || r->rule == LB_NONE)
		return SORT_COUNT;
	if ((r->facts & LB_FACT_ICMP) != 0)
		return SORT_ERROR;
	const struct lb_rule *rule = lb_plan_rule_row(plan, r->rule);
	const bool nat = (rule->flags & LB_RULE_FIXED) != 0;
	if ((r->facts & LB_FACT_REPLY) != 0)
		return nat ? SORT_NAT_REPLY : SORT_REPLY;
	if ((r->facts & LB_FACT_HIT) != 0)
		return nat ? SORT_NAT_KNOWN : SORT_KNOWN;
	return nat ? SORT_NAT_NEW : SORT_NEW;
}

static enum sort
sort_of_reset(enum sort sort)
{
	switch (sort) {
	case SORT_NEW:
	case SORT_KNOWN:
	case SORT_NAT_NEW:
	case SORT_NAT_KNOWN:
		return SORT_RESET;
	case SORT_REPLY:
	case SORT_NAT_REPLY:
		return SORT_RESET_REPLY;
	case SORT_SNAT_KNOWN:
		return SORT_RESET_OUT;
	case SORT_SNAT_BACK:
		return SORT_RESET_BACK;
	default:
		return SORT_COUNT;
	}
}

static void
count_sorts(struct test *t)
{
	const struct lb_packet *pkt =
	    &referee_world(t->referee)->scratch.packet;
	if (t->answer.native.parsed != LB_PARSED)
		return;
	enum sort sort = sort_of(t->plan, &t->answer.native.result);
	uint32_t wire = (pkt->ip.family == 6 ? 2u : 0u) |
			(pkt->ip.proto == LB_PROTO_UDP ? 1u : 0u);
	if (sort == SORT_COUNT)
		return;
	t->counts.sort[sort][wire]++;
	if (pkt->ip.proto != LB_PROTO_TCP || (pkt->tcp_flags & LB_TCP_RST) == 0)
		return;
	sort = sort_of_reset(sort);
	if (sort != SORT_COUNT)
		t->counts.sort[sort][wire]++;
}

/* Invariant 4: what was right stays right, what was wrong stays wrong by as
 * much, and what is not ours is not touched. */
static int
check_bytes(struct test *t)
{
	const struct referee_side *side = &t->answer.native;
	struct frame_sums before, after;
	bool same = memcmp(side->frame, t->frame.data, side->bytes) == 0;

	if (side->parsed != LB_PARSED || !lb_result_sends(&side->result)) {
		t->counts.untouched++;
		return same ? 0 : fail_packet(t, "touched though not ours");
	}
	if (side->applied != 0)
		return fail_packet(t, "the edit did not fit the packet");
	if (!same && side->result.edit.what == 0)
		return fail_packet(t, "touched without an edit");
	frame_sums(t->frame.data, side->bytes, &before);
	frame_sums(side->frame, side->bytes, &after);
	const char *differs = frame_sums_differ(&before, &after);
	if (differs == NULL && before.right && !after.right)
		differs = "some checksum";
	t->counts.right += before.right;
	return differs == NULL ? 0 : fail_packet(t, differs);
}

/* Invariants 1 and 2: an entry keeps its member, and whoever is new goes to
 * one that is eligible. */
static int
check_member(struct test *t)
{
	const struct lb_result *r = &t->answer.native.result;
	const struct lb_packet *pkt =
	    &referee_world(t->referee)->scratch.packet;

	if (t->answer.native.parsed != LB_PARSED)
		return 0;
	t->counts.errors +=
	    (r->facts & LB_FACT_SNAT) != 0 && (r->facts & LB_FACT_ICMP) != 0;
	if ((r->facts & (LB_FACT_SNAT | LB_FACT_REPLY)) == LB_FACT_SNAT) {
		t->counts.returned += r->verdict == LB_FORWARD;
		return 0; /* the entry was made beside another */
	}
	if ((r->facts & (LB_FACT_MADE | LB_FACT_HIT)) != 0) {
		struct owner *owner =
		    &t->owners[pkt->ip.family == 6][r->bucket][r->way];
		if ((r->facts & LB_FACT_MADE) != 0)
			*owner = (struct owner){ r->member, r->rule, true };
		else if (!owner->known || owner->member != r->member)
			return fail_packet(t, "an entry changed its member");
	}
	if (r->verdict != LB_FORWARD ||
	    (r->facts & (LB_FACT_HIT | LB_FACT_REPLY | LB_FACT_ICMP)) != 0)
		return 0;
	const struct lb_rule *rule = lb_plan_rule_row(t->plan, r->rule);
	t->counts.nat += (rule->flags & LB_RULE_FIXED) != 0;
	if ((rule->flags & LB_RULE_FIXED) != 0)
		return r->member == rule->lut
			   ? 0
			   : fail_packet(t, "a NAT port led to another member");
	if ((t->plan->member_state[r->member] >> rule->probe & 1) == 0)
		return fail_packet(t, "sent to a member that is down");
	return 0;
}

static int
check_memory(struct test *t)
{
	uint32_t bucket = 0;

	t->counts.memories++;
	t->counts.ports += lb_ports_in_use(&referee_world(t->referee)->tables);
	if (referee_memory(t->referee, &bucket) == REFEREE_SAME)
		return 0;
	return fail(t, "IPv%c table memory differs, first in bucket %u",
	    bucket >> 31 != 0 ? '6' : '4', bucket & INT32_MAX);
}

static int
play_packet(struct test *t)
{
	/* What a packet leaves behind must not decide about the next. */
	memset(&referee_world(t->referee)->scratch,
	    (int)chance_below(&t->chance, 256), sizeof(struct lb_scratch));
	if (!t->again)
		t->counts.kind[traffic_next(&t->traffic, &t->frame)]++;
	t->again = false;
	int said = referee_packet(t->referee, t->frame.data, t->frame.bytes,
	    (uint32_t)t->now_ms, &t->answer);
	if (said == REFEREE_ERROR)
		return fail(
		    t, "the kernel does not run it: %s", strerror(errno));
	if (said == REFEREE_DIFFERENT)
		return fail_packet(t, "the builds differ");
	t->counts.shorter += said == REFEREE_SHORT;
	count(&t->counts, &t->answer);
	count_sorts(t);
	if (check_bytes(t) != 0 || check_member(t) != 0)
		return -1;
	if (t->answer.native.parsed == LB_PARSED)
		traffic_learn(&t->traffic, &t->answer.native.result);
	return 0;
}

/* --- what happens between packets ---------------------------------------- */

/* Of the flows that end now: those whose ends are to be told so. */
static void
count_resets(struct test *t)
{
	const struct lb_tables *tables = &referee_world(t->referee)->tables;
	struct lb_expired e;

	for (unsigned six = 0; six < 2; six++) {
		uint32_t ways =
		    LB_WAYS * (six ? tables->buckets6 : tables->buckets4);
		for (uint32_t i = 0; i < ways; i++) {
			uint32_t bucket = i / LB_WAYS, way = i % LB_WAYS;
			if (!lb_entry_at(tables, six != 0, bucket, way, &e) ||
			    e.state != LB_CONN_OPEN || e.proto != LB_PROTO_TCP)
				continue;
			uint32_t left_ms =
			    lb_deadline_ms(tables, six != 0, bucket, way) -
			    (uint32_t)t->now_ms;
			const struct lb_rule *rule =
			    lb_plan_rule_row(t->plan, e.rule);
			t->counts.resets +=
			    (left_ms == 0 || left_ms > INT32_MAX) &&
			    (rule->flags & LB_RULE_TCP_RESET) != 0;
		}
	}
}

static int
expire(struct test *t)
{
	count_resets(t);
	t->counts.expires++;
	if (referee_expire(t->referee, (uint32_t)t->now_ms, t->counts.ended) !=
	    REFEREE_SAME)
		return fail(t, "expiring differs");
	return check_memory(t);
}

static int
change_health(struct test *t)
{
	t->counts.healths++;
	rich_health_change(&t->health, t->plan, &t->chance);
	if (lb_plan_health(t->plan, t->config, rich_is_up, &t->health) != 0)
		return fail(t, "no memory");
	int rc = referee_health(t->referee, t->plan);
	if (rc != 0)
		return fail(t, "a change of health: %s", strerror(-rc));
	return check_memory(t);
}

/* Ids that entries need stay; the others may be given to somebody else. */
static struct lb_plan *
next_plan(struct test *t, const struct lb_config *config)
{
	static struct lb_usage used;
	const struct lb_tables *tables = &referee_world(t->referee)->tables;
	struct lb_problems problems = { 0 };

	memset(&used, 0, sizeof(used));
	lb_usage_count(tables, false, 0, tables->buckets4, &used);
	lb_usage_count(tables, true, 0, tables->buckets6, &used);
	struct lb_plan *plan = lb_plan_compile(config, t->plan,
	    chance_percent(&t->chance, 80) ? &used : NULL, &problems);
	lb_problems_print(&problems, "rich", stdout);
	lb_problems_free(&problems);
	return plan;
}

static uint64_t *
ctl_of(const struct lb_tables *tables, const struct held *held)
{
	if (held->six)
		return &tables->conn6[held->bucket].ctl[held->way];
	return &tables->conn4[held->bucket].ctl[held->way];
}

/*
 * Alone nobody ever meets a way that another CPU is just writing.  So we say
 * that of the entry used last, to both builds, and take it back later.
 */
static void
hold_entry(struct test *t)
{
	const struct lb_result *r = &t->answer.native.result;
	const struct lb_packet *pkt =
	    &referee_world(t->referee)->scratch.packet;
	struct held *held = &t->held;

	if (held->left > 0 || t->answer.native.parsed != LB_PARSED ||
	    (r->facts & (LB_FACT_MADE | LB_FACT_HIT)) == 0)
		return;
	*held = (struct held){ pkt->ip.family == 6, r->way, r->bucket,
		chance_between(&t->chance, 1, 400), 0 };
	const struct lb_tables *kernel =
	    live_engine_tables(referee_engine(t->referee));
	uint64_t *ctl = ctl_of(&referee_world(t->referee)->tables, held);
	held->ctl = *ctl;
	*ctl = lb_ctl_with_state(held->ctl, LB_CONN_BUSY);
	*ctl_of(kernel, held) = *ctl;
	t->counts.held++;
}

static void
release_entry(struct test *t)
{
	struct held *held = &t->held;

	if (held->left == 0 || --held->left > 0)
		return;
	*ctl_of(&referee_world(t->referee)->tables, held) = held->ctl;
	*ctl_of(live_engine_tables(referee_engine(t->referee)), held) =
	    held->ctl;
}

static int
swap(struct test *t)
{
	struct rich next = t->rich;

	t->counts.swaps++;
	rich_change(&next, &t->chance);
	struct lb_config *config = rich_config(&next);
	struct lb_plan *plan = config != NULL ? next_plan(t, config) : NULL;
	if (plan == NULL ||
	    lb_plan_health(plan, config, rich_is_up, &t->health) != 0) {
		lb_plan_free(plan);
		lb_config_free(config);
		return fail(t, "no plan");
	}
	int rc = referee_swap(t->referee, plan);
	lb_plan_free(t->plan);
	lb_config_free(t->config);
	t->plan = plan;
	t->config = config;
	t->rich = next;
	if (rc != 0)
		return fail(t, "swapping plans: %s", strerror(-rc));
	return check_memory(t);
}

/* To just before the path's clock wraps, as a long silence leads there: never
 * so far at once that the old looks new. */
static int
go_to_wrap(struct test *t)
{
	const uint64_t stride_ms = UINT64_C(1) << 30;
	uint64_t wrap_ms = ((t->now_ms >> 32) + 1) << 32;

	t->counts.wraps++;
	while (wrap_ms - t->now_ms > stride_ms) {
		t->now_ms += stride_ms;
		if (expire(t) != 0)
			return -1;
	}
	t->now_ms = wrap_ms - 3000;
	return expire(t);
}

/* To the last millisecond of the entry used last, or to the first without it;
 * then the same packet comes again. */
static void
go_to_deadline(struct test *t)
{
	const struct lb_result *r = &t->answer.native.result;
	const struct lb_packet *pkt =
	    &referee_world(t->referee)->scratch.packet;

	if (t->answer.native.parsed != LB_PARSED || t->held.left > 0 ||
	    (r->facts & (LB_FACT_MADE | LB_FACT_HIT)) == 0)
		return;
	uint32_t left_ms = lb_deadline_ms(&referee_world(t->referee)->tables,
			       pkt->ip.family == 6, r->bucket, r->way) -
			   (uint32_t)t->now_ms;
	if (left_ms == 0 || left_ms > INT32_MAX)
		return;
	t->now_ms += left_ms - chance_below(&t->chance, 2);
	t->again = true;
	t->counts.deadlines++;
}

static void
pass_time(struct test *t)
{
	struct chance *c = &t->chance;
	uint32_t at = chance_below(c, 10000);

	if (at < 6000 || t->traffic.crowd > 0)
		return;
	if (at < 9900)
		t->now_ms += chance_below(c, 4);
	else if (at < 9990)
		t->now_ms += chance_below(c, 2000);
	else if (at < 9999)
		t->now_ms += chance_below(c, 300000);
	else /* no law forbids it, and both must say the same */
		t->now_ms += chance_next(c) >> 32;
}

static int
play(struct test *t, uint64_t packets)
{
	struct chance *c = &t->chance;

	for (t->packet = 1; t->packet <= packets; t->packet++) {
		int rc = play_packet(t);
		release_entry(t);
		if (chance_below(c, 500) == 0)
			hold_entry(t);
		pass_time(t);
		if (t->traffic.crowd == 0 && chance_below(c, 300) == 0)
			go_to_deadline(t);
		if (rc == 0 && t->packet % MEMORY_EVERY == 0)
			rc = check_memory(t);
		if (t->packet % CROWD_EVERY == CROWD_EVERY / 2)
			traffic_crowd(&t->traffic);
		if (rc == 0 && t->packet % WRAP_EVERY == 0)
			rc = go_to_wrap(t);
		if (rc == 0 && chance_below(c, 1500) == 0)
			rc = expire(t);
		if (rc == 0 && chance_below(c, 4000) == 0)
			rc = change_health(t);
		if (rc == 0 && chance_below(c, 4000) == 0)
			rc = swap(t);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* --- what was reached ---------------------------------------------------- */

/* One line per thing: whether it was there, and had to be. */
static int
reached(const char *what, uint64_t times, bool expected)
{
	bool missing = expected && times == 0;

	(void)printf("  %-36s %10ju%s\n", what, (uintmax_t)times,
	    missing ? "   NEVER, though it can be" : "");
	return missing ? -1 : 0;
}

/* Reasons that this version of the path gives. */
static bool
can_be(unsigned reason)
{
	return reason == LB_REASON_NONE || reason == LB_REASON_NO_RULE ||
	       reason == LB_REASON_NO_HEALTHY_BACKEND ||
	       reason == LB_REASON_FRAGMENT || reason == LB_REASON_MALFORMED ||
	       reason == LB_REASON_ECHO_TOO_BIG ||
	       reason == LB_REASON_SNAT_EXHAUSTED ||
	       reason == LB_REASON_SNAT_NO_FLOW ||
	       reason == LB_REASON_TABLE_FULL ||
	       reason == LB_REASON_HAIRPIN; /* contended: test_race's */
}

/* Echoes and errors are ICMP and resets TCP; no NAT rule tracks UDP. */
static bool
sort_has_wire(enum sort sort, uint32_t wire)
{
	const bool tcp_only = sort == SORT_ERROR || sort == SORT_SNAT_ERROR ||
			      sort == SORT_ECHO || sort == SORT_NAT_KNOWN ||
			      sort >= SORT_RESET;

	return !tcp_only || wire % 2 == 0;
}

static int
reached_sorts(const struct counts *c)
{
	static const char *const names[] = {
#define X(name, text) text,
		SORTS(X)
#undef X
	};
	static const char *const wires[] = { "4 TCP", "4 UDP", "6 TCP",
		"6 UDP" };
	char text[64];
	int rc = 0;

	for (unsigned sort = 0; sort < SORT_COUNT; sort++)
		for (unsigned wire = 0; wire < SORT_WIRES; wire++) {
			if (!sort_has_wire((enum sort)sort, wire))
				continue;
			(void)snprintf(text, sizeof(text), "%s, %s",
			    names[sort], wires[wire]);
			rc |= reached(text, c->sort[sort][wire], true);
		}
	return rc;
}

static int
reached_all(const struct counts *c)
{
	static const char *const kinds[] = { "random", "broken", "talk",
		"roam" };
	static const char *const edits[] = { "src", "dst", "sport", "dport",
		"quoted src", "quoted dst", "echo" };
	static const char *const ended[] = { "", "", "half-open", "answered",
		"open", "closing by FIN", "closing by RST" };
	char text[64];
	int rc = 0;

#define REACHED(times, expected, format, ...)                                  \
	do {                                                                   \
		(void)snprintf(text, sizeof(text), format, __VA_ARGS__);       \
		rc |= reached(text, times, expected);                          \
	} while (0)
	for (unsigned i = 0; i < TRAFFIC_KINDS; i++)
		REACHED(c->kind[i], true, "packets: %s", kinds[i]);
	for (unsigned i = 0; i < LB_PARSED_COUNT; i++)
		/* What was captured counts as the whole. */
		REACHED(c->parsed[i], i != LB_PARSED_TRUNCATED, "parsed: %s",
		    lb_parsed_name(i));
	for (unsigned i = 0; i < LB_COUNT(c->verdict); i++)
		REACHED(c->verdict[i], true, "verdict: %s", lb_verdict_name(i));
	for (unsigned i = 0; i < LB_REASON_COUNT; i++)
		REACHED(
		    c->reason[i], can_be(i), "reason: %s", lb_reason_name(i));
	for (unsigned i = 0; i < LB_COUNT(c->fact); i++) {
		char name[32];
		REACHED(c->fact[i], true, "fact: %s",
		    referee_facts_text(1u << i, name, sizeof(name)));
	}
	for (unsigned i = 0; i < LB_COUNT(c->edit); i++)
		REACHED(c->edit[i], true, "edit: %s", edits[i]);
	for (unsigned i = LB_CONN_HALF; i < LB_COUNT(c->ended); i++)
		REACHED(c->ended[i], true, "ended: %s", ended[i]);
#undef REACHED
	rc |= reached_sorts(c);
	rc |= reached("resets to send", c->resets, true);
	rc |= reached("new flows of NAT rules", c->nat, true);
	rc |= reached("SNAT, came back", c->returned, true);
	rc |= reached("SNAT, ICMP errors", c->errors, true);
	rc |= reached("SNAT ports in use, sum", c->ports, true);
	rc |= reached("native build only (short)", c->shorter, true);
	rc |= reached("cut (long)", c->cut, true);
	rc |= reached("forwarded, checksums right", c->right, true);
	rc |= reached("not ours, untouched", c->untouched, true);
	rc |= reached("entries held BUSY", c->held, true);
	rc |= reached("deadlines met to the ms", c->deadlines, true);
	rc |= reached("expired", c->expires, true);
	rc |= reached("changes of health", c->healths, true);
	rc |= reached("plan swaps", c->swaps, true);
	rc |= reached("ends of the clock", c->wraps, true);
	rc |= reached("table memory compared", c->memories, true);
	return rc;
}

/* --- the run ------------------------------------------------------------- */

static uint64_t
number(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text != NULL && *text != '\0' ? strtoull(text, NULL, 0)
					     : otherwise;
}

static struct test *
test_new(uint64_t seed)
{
	char error[512] = "no memory";
	struct lb_problems problems = { 0 };
	struct test *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->chance.state = seed;
	t->now_ms = (UINT64_C(1) << 32) - 60000;
	t->rich = rich_everything();
	t->config = rich_config(&t->rich);
	t->plan = lb_plan_compile(t->config, NULL, NULL, &problems);
	lb_problems_print(&problems, "rich", stdout);
	lb_problems_free(&problems);
	if (t->plan == NULL)
		return t;
	traffic_start(&t->traffic, chance_next(&t->chance));
	t->referee = referee_new(t->plan, error, sizeof(error));
	if (t->referee == NULL)
		(void)printf("%s\n", error);
	return t;
}

static void
test_free(struct test *t)
{
	if (t == NULL)
		return;
	referee_free(t->referee);
	lb_plan_free(t->plan);
	lb_config_free(t->config);
	free(t);
}

static int
run_one(uint64_t seed, uint64_t packets)
{
	int rc = EXIT_FAILURE;

	(void)printf("FAIRLEAD_SEED=%ju FAIRLEAD_PACKETS=%ju\n",
	    (uintmax_t)seed, (uintmax_t)packets);
	errno = 0;
	struct test *t = test_new(seed);
	if (t != NULL && t->referee != NULL) {
		rc = play(t, packets) == 0 && reached_all(&t->counts) == 0
			 ? EXIT_SUCCESS
			 : EXIT_FAILURE;
		(void)printf("%ju packets, %ju of conversations, differences: "
			     "%s\n",
		    (uintmax_t)t->packet - 1,
		    (uintmax_t)(t->counts.kind[TRAFFIC_TALK] +
				t->counts.kind[TRAFFIC_ROAM]),
		    rc == EXIT_SUCCESS ? "0" : "see above");
	} else if (errno == EPERM) {
		(void)printf("skipped: without privilege\n");
		rc = TEST_SKIPPED;
	}
	test_free(t);
	return rc;
}

int
main(void)
{
	uint64_t seed = number("FAIRLEAD_SEED", SEED_DEFAULT);
	uint64_t packets = number("FAIRLEAD_PACKETS", PACKETS_DEFAULT);
	uint64_t seeds = number("FAIRLEAD_SEEDS", 1);
	int rc = EXIT_SUCCESS;

	for (uint64_t i = 0; i < seeds && rc == EXIT_SUCCESS; i++)
		rc = run_one(seed + i, packets);
	return rc;
}
