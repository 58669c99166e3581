/* SPDX-License-Identifier: MIT */
/* Members as clients: ports held, failed and given back, as AZ 13.4 and 13.5
 * have it; and blocking beside Erlang's formula. */
#include <math.h>
#include <string.h>

#include "reports/stats/snat.h"
#include "sim/faults/foresee.h"
#include "sim/replay/leavers.h"
#include "tests/sim/scene.h"
#include "tests/sim/stage.h"
#include "tests/unit.h"

#define SECOND UINT64_C(1000) /* ms */
#define MINUTE (60 * SECOND)

/* One member, or more, with so many ports each. */
static const char *
config_of(const char *members, unsigned ports, const char *more)
{
	static char text[2048];

	(void)snprintf(text, sizeof(text),
	    "load_balancer: { sku: fairlead }\n"
	    "connection_table: { entries: 20000, entries6: 0 }\n"
	    "frontends:\n  - { name: f, address: 203.0.113.10 }\n"
	    "pools:\n  - { name: p, members: [%s] }\n"
	    "outbound_rules:\n  - { name: out, frontends: [f], pool: p, "
	    "ports_per_member: %u%s }\n",
	    members, ports, more);
	return text;
}

#define ONE "{ name: a, address: 10.0.0.1 }"
#define TWO ONE ", { name: b, address: 10.0.0.2 }"

static struct lb_addr
outside(unsigned last)
{
	return lb_addr_v4(__builtin_bswap32(0xc6336400u | last));
}

/* Short connections (or questions) to one destination, evenly spaced, whose
 * clients do not try again. */
static struct lb_traffic *
calls(struct stage *s, enum lb_profile profile, unsigned to, uint64_t per_s)
{
	struct lb_traffic *t = stage_traffic(s, profile);

	t->from_pool = (char *)(uintptr_t) "p";
	t->server = outside(to);
	t->arrivals = LB_ARRIVALS_CONSTANT;
	t->rate = per_s * LB_SCENE_ONE;
	t->requests = LB_SCENE_ONE;
	t->sizes = LB_SIZES_CONSTANT;
	t->size_min = 100;
	t->zipf = 0;
	t->tries = 1;
	return t;
}

static struct sim_record *
play(struct stage *s, const char *config)
{
	s->settings.scene = &s->scene;
	struct sim_record *r = stage_play(s, config);
	UNIT_NEED(r);
	return r;
}

static const struct sim_snat *
gauge(const struct sim_record *r, const char *member, uint8_t proto)
{
	const struct sim_case *c = &r->cases[0];

	for (size_t i = 0; i < c->snat_count; i++)
		if (strcmp(c->snat[i].member, member) == 0 &&
		    c->snat[i].proto == proto)
			return &c->snat[i];
	CU_FAIL_FATAL("no such gauge");
	return NULL;
}

static uint64_t
exhausted(const struct sim_record *r)
{
	for (size_t i = 0; i < r->cases[0].drop_count; i++)
		if (strcmp(r->cases[0].drops[i].reason, "snat_exhausted") == 0)
			return r->cases[0].drops[i].packets;
	return 0;
}

/* --- AZ 13.4 and 13.5 ----------------------------------------------------- */

/*
 * The rate that P ports sustain, by how connections end: at the end of so many
 * holds as many connections were made as there are ports, each time.  Links
 * take 41 ms both ways: the last packet of a connection that closes comes 82
 * to 164 ms after its first, and the path counts in whole milliseconds.
 */
/* clang-format off */
static const struct {
	const char *row;
	unsigned ports;
	enum lb_close close;
	const char *more;
	uint64_t hold_s;
} rates[] = {
	{ "FIN, 1024", 1024, LB_CLOSE_FIN, "", 240 },
	{ "FIN, 512", 512, LB_CLOSE_FIN, "", 240 },
	{ "FIN, 32", 32, LB_CLOSE_FIN, "", 240 },
	{ "RST, 1024", 1024, LB_CLOSE_RESET, "", 15 },
	{ "RST, 512", 512, LB_CLOSE_RESET, "", 15 },
	{ "RST, 32", 32, LB_CLOSE_RESET, "", 15 },
	{ "idle 4 min, 1024", 1024, LB_CLOSE_NEVER, "", 240 },
	{ "idle 4 min, 512", 512, LB_CLOSE_NEVER, "", 240 },
	{ "idle 4 min, 32", 32, LB_CLOSE_NEVER, "", 240 },
	{ "idle 30 min, 1024", 1024, LB_CLOSE_NEVER, ", idle_timeout: 30m",
	  1800 },
	{ "idle 30 min, 512", 512, LB_CLOSE_NEVER, ", idle_timeout: 30m",
	  1800 },
	{ "idle 30 min, 32", 32, LB_CLOSE_NEVER, ", idle_timeout: 30m", 1800 },
};
/* clang-format on */

static void
test_steady_rate(void)
{
	for (size_t i = 0; i < LB_COUNT(rates); i++) {
		const char *row = rates[i].row;
		const uint64_t holds = 4;
		struct stage s;

		stage_open(&s);
		s.scene.duration_ms = holds * rates[i].hold_s * SECOND;
		struct lb_traffic *t = calls(&s, LB_PROFILE_WEB, 1,
		    rates[i].ports * 8 / rates[i].hold_s + 1);
		t->close = rates[i].close;
		struct sim_record *r =
		    play(&s, config_of(ONE, rates[i].ports, rates[i].more));
		const struct sim_snat *g = gauge(r, "a", LB_PROTO_TCP);
		UNIT_EQUAL(row, g->allocated, rates[i].ports);
		UNIT_EQUAL(row, g->peak, rates[i].ports);
		UNIT_EQUAL(row, g->opened, rates[i].ports * holds);
		UNIT_EQUAL(row, g->failed, exhausted(r));
		UNIT_ROW(row, g->failed > 3 * g->opened);
		UNIT_EQUAL(row, g->worst_ended + g->used, g->opened);
		sim_record_free(r);
		stage_close(&s);
	}
}

/* AZ 13.5's last: a frontend's 64,000 ports sustain 266.6 connections a second.
 * Four members have them, as one has only 28,232 ports of its own towards one
 * server; a quarter more for two holds, so that it fits a test. */
static void
test_most_ports(void)
{
	const uint64_t holds = 2, ports = 64000, share = ports / 4;
	uint64_t opened = 0, failed = 0;
	struct stage s;

	stage_open(&s);
	s.scene.duration_ms = holds * 240 * SECOND;
	(void)calls(&s, LB_PROFILE_WEB, 1, ports * 5 / 4 / 240 + 1);
	struct sim_record *r = play(&s,
	    "load_balancer: { sku: fairlead }\n"
	    "connection_table: { entries: 1000000, entries6: 0 }\n"
	    "frontends: [ { name: f, address: 203.0.113.10 } ]\n"
	    "pools: [ { name: p, members: [" TWO
	    ", { name: c, address: 10.0.0.3 }, { name: d, address: 10.0.0.4 }"
	    "] } ]\n"
	    "outbound_rules: [ { name: out, frontends: [f], pool: p, "
	    "ports_per_member: 16000 } ]\n");
	for (size_t i = 0; i < r->cases[0].snat_count; i++) {
		const struct sim_snat *g = &r->cases[0].snat[i];
		if (g->proto != LB_PROTO_TCP)
			continue;
		UNIT_EQUAL(g->member, g->allocated, share);
		UNIT_EQUAL(g->member, g->peak, share);
		UNIT_EQUAL(g->member, g->opened, share * holds);
		opened += g->opened;
		failed += g->failed;
	}
	CU_ASSERT_DOUBLE_EQUAL(
	    (double)opened / (double)(holds * 240), 266.6, 0.1);
	CU_ASSERT_TRUE(failed > opened / 5);
	sim_record_free(r);
	stage_close(&s);
}

/* FIN at t: not reusable at t + 239.9 s, reusable at t + 240 s. */
static void
test_release(void)
{
	struct stage s;

	stage_open(&s);
	s.scene.client_link.latency_ns = s.scene.member_link.latency_ns = 0;
	s.scene.duration_ms = 241 * SECOND;
	calls(&s, LB_PROFILE_WEB, 1, 10);
	struct sim_record *r = play(&s, config_of(ONE, 8, ""));
	const struct sim_snat *g = gauge(r, "a", LB_PROTO_TCP);
	/* eight from 0 s to 0.7 s; and from 240 s on the same again */
	CU_ASSERT_EQUAL(g->opened, 16);
	CU_ASSERT_EQUAL(g->worst_held_ms, 8 * 240 * SECOND);
	CU_ASSERT_EQUAL(g->worst_ended, 8);
	CU_ASSERT_EQUAL(g->used, 8);
	sim_record_free(r);
	stage_close(&s);
}

/* Who has no port towards one destination has them all towards another; and
 * UDP's are others. */
static void
test_destinations(void)
{
	struct stage s;

	stage_open(&s);
	s.scene.duration_ms = 200 * SECOND;
	calls(&s, LB_PROFILE_WEB, 1, 1);
	calls(&s, LB_PROFILE_WEB, 2, 2)->stop_ms = 4 * SECOND + 100;
	calls(&s, LB_PROFILE_UDP, 3, 1)->stop_ms = 5 * SECOND + 100;
	struct sim_record *r = play(&s, config_of(ONE, 16, ""));
	const struct sim_snat *tcp = gauge(r, "a", LB_PROTO_TCP);
	const struct sim_snat *udp = gauge(r, "a", LB_PROTO_UDP);
	CU_ASSERT_EQUAL(tcp->opened, 16 + 9);
	CU_ASSERT_EQUAL(tcp->peak, 16); /* both destinations' are the same */
	CU_ASSERT_EQUAL(tcp->worst_peak, 16);
	CU_ASSERT_EQUAL(tcp->worst_failed, tcp->failed);
	CU_ASSERT_TRUE(tcp->failed > 180);
	const struct lb_addr first = outside(1);
	CU_ASSERT_TRUE(lb_addr_same(&tcp->worst, &first));
	CU_ASSERT_EQUAL(tcp->worst_port, 80);
	CU_ASSERT_EQUAL(udp->peak, 6);
	CU_ASSERT_EQUAL(udp->failed, 0);
	CU_ASSERT_EQUAL(udp->worst_port, 0);
	/* the last has not waited its second yet */
	CU_ASSERT_EQUAL(r->cases[0].clients.given_up, tcp->failed - 1);
	sim_record_free(r);
	stage_close(&s);
}

/* Ports are each member's own; zipf makes one of them busier; connections that
 * stay hold theirs, as long as they are kept alive. */
static void
test_members(void)
{
	struct stage s;

	stage_open(&s);
	s.scene.duration_ms = 20 * MINUTE;
	struct lb_traffic *t = calls(&s, LB_PROFILE_LONG_LIVED, 1, 1);
	t->connections = 24;
	t->keepalive_ms = MINUTE;
	struct sim_record *r = play(&s, config_of(TWO, 16, ""));
	const struct sim_snat *a = gauge(r, "a", LB_PROTO_TCP);
	const struct sim_snat *b = gauge(r, "b", LB_PROTO_TCP);
	CU_ASSERT_EQUAL(a->used + b->used, 24);
	CU_ASSERT_TRUE(a->used > 4 && b->used > 4);
	CU_ASSERT_EQUAL(a->worst_ended + b->worst_ended, 0);
	sim_record_free(r);
	stage_close(&s);
}

/* A dead member begins nothing. */
static void
test_dead(void)
{
	struct stage s;

	stage_open(&s);
	s.scene.duration_ms = 100 * SECOND;
	calls(&s, LB_PROFILE_WEB, 1, 1);
	(void)stage_fault(&s, 50 * SECOND, "a", LB_FAULT_CRASHED);
	struct sim_record *r = play(&s, config_of(ONE, 1024, ""));
	const struct sim_snat *a = gauge(r, "a", LB_PROTO_TCP);
	CU_ASSERT_TRUE(a->opened >= 49 && a->opened <= 50);
	sim_record_free(r);
	stage_close(&s);
}

/* AZ 9.2: at over three quarters, when none is left, and every five minutes
 * as long as that lasts. */
static void
test_events(void)
{
	unsigned high = 0, out = 0;
	uint64_t first_high_ns = 0, first_out_ns = 0;
	struct stage s;

	stage_open(&s);
	s.scene.client_link.latency_ns = s.scene.member_link.latency_ns = 0;
	s.scene.duration_ms = 11 * MINUTE;
	calls(&s, LB_PROFILE_WEB, 1, 1);
	struct sim_record *r = play(&s, config_of(ONE, 16, ""));
	for (size_t i = 0; i < r->log_count; i++) {
		const struct sim_event *e = &r->log[i];
		if (e->kind == SIM_EVENT_SNAT_HIGH && high++ == 0) {
			first_high_ns = e->at_ns;
			CU_ASSERT_STRING_EQUAL(e->what, "f, tcp");
		}
		if (e->kind == SIM_EVENT_SNAT_EXHAUSTED && out++ == 0) {
			first_out_ns = e->at_ns;
			CU_ASSERT_STRING_EQUAL(e->member, "a");
			CU_ASSERT_STRING_EQUAL(
			    e->what, "f, tcp, to 198.51.100.1:80");
		}
	}
	CU_ASSERT_EQUAL(first_high_ns, 12 * LB_NS_PER_S);
	CU_ASSERT_EQUAL(first_out_ns, 16 * LB_NS_PER_S);
	CU_ASSERT_EQUAL(out, 3);  /* 16 s, 316 s, 616 s */
	CU_ASSERT_EQUAL(high, 3); /* 12 s, 312 s, 612 s */
	sim_record_free(r);
	stage_close(&s);
}

/* The same where no port changes hands at the right time: all are taken in the
 * first ten seconds, and again 240 s later. */
static void
test_high_again(void)
{
	static const uint64_t at_s[] = { 12, 312, 612, 912 };
	unsigned high = 0;
	struct stage s;

	stage_open(&s);
	s.scene.client_link.latency_ns = s.scene.member_link.latency_ns = 0;
	s.scene.duration_ms = 16 * MINUTE;
	struct lb_traffic *t = calls(&s, LB_PROFILE_LONG_LIVED, 1, 1);
	t->connections = 13;
	t->ramp_ms = 13 * SECOND;
	t->keepalive_ms = MINUTE;
	struct sim_record *r = play(&s, config_of(ONE, 16, ""));
	for (size_t i = 0; i < r->log_count; i++) {
		const struct sim_event *e = &r->log[i];
		if (e->kind != SIM_EVENT_SNAT_HIGH)
			continue;
		CU_ASSERT_FATAL(high < LB_COUNT(at_s));
		CU_ASSERT_EQUAL(e->at_ns / LB_NS_PER_S, at_s[high]);
		high++;
	}
	CU_ASSERT_EQUAL(high, LB_COUNT(at_s));
	sim_record_free(r);
	stage_close(&s);
}

/* What is held when a warm-up ends is a level from then on, told as such, and
 * none before. */
static void
test_warm_up(void)
{
	struct stage s;
	uint64_t high_ns = 0;

	stage_open(&s);
	s.scene.duration_ms = 200 * SECOND;
	s.scene.warm_up_ms = 100 * SECOND;
	struct lb_traffic *t = calls(&s, LB_PROFILE_LONG_LIVED, 1, 1);
	t->connections = 13;
	t->ramp_ms = 13 * SECOND;
	t->keepalive_ms = MINUTE;
	s.settings.report = true;
	struct sim_record *r = play(&s, config_of(ONE, 16, ""));
	const struct sim_snat *g = gauge(r, "a", LB_PROTO_TCP);
	CU_ASSERT_EQUAL(g->peak, 13);
	CU_ASSERT_EQUAL(g->full_used, 13);
	CU_ASSERT_EQUAL(g->full_allocated, 16);
	CU_ASSERT_EQUAL_FATAL(g->slice_count, r->bin_count);
	for (size_t i = 0; i < r->bin_count; i++)
		CU_ASSERT_EQUAL(g->slices[i].used,
		    (i + 1) * r->bin_ns > 100 * LB_NS_PER_S ? 13 : 0);
	for (size_t i = 0; i < r->log_count; i++)
		if (r->log[i].kind == SIM_EVENT_SNAT_HIGH && high_ns == 0)
			high_ns = r->log[i].at_ns;
	CU_ASSERT_EQUAL(high_ns, 100 * LB_NS_PER_S);
	sim_record_free(r);
	stage_close(&s);
}

/* --- AZ 4.2: crossing a tier ----------------------------------------------
 */

/* `count` members by default allocation. */
static const char *
tier_of(unsigned count)
{
	static char text[8192];
	size_t used = (size_t)snprintf(text, sizeof(text),
	    "connection_table: { entries: 200000, entries6: 0 }\n"
	    "frontends:\n  - { name: f, address: 203.0.113.10 }\n"
	    "pools:\n  - name: p\n    members:\n");

	for (unsigned i = 1; i <= count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "      - { name: m%u, address: 10.0.0.%u }\n", i, i);
	(void)snprintf(text + used, sizeof(text) - used,
	    "rules:\n  - { name: w, frontend: f, pool: p, protocol: tcp, "
	    "frontend_port: 80, backend_port: 80 }\n");
	return text;
}

static uint64_t
sum_failed(const struct sim_record *r)
{
	uint64_t failed = 0;

	for (size_t i = 0; i < r->cases[0].snat_count; i++)
		failed += r->cases[0].snat[i].failed;
	return failed;
}

/* 50 members have 1,024 ports each, 51 have 512: about 800 connections each
 * lose a third, and find no other port.  What is written down is of the
 * allocation that held, and it is the newcomer's work. */
static void
test_tier(void)
{
	struct stage s;

	stage_open(&s);
	s.scene.duration_ms = 200 * SECOND;
	struct lb_traffic *t = calls(&s, LB_PROFILE_LONG_LIVED, 1, 1);
	t->connections = 40000;
	t->ramp_ms = 20 * SECOND;
	t->keepalive_ms = MINUTE;
	(void)stage_fault(&s, 100 * SECOND, "m51", LB_FAULT_ADDED);
	struct sim_record *r = play(&s, tier_of(51));
	const struct sim_case *c = &r->cases[0];
	unsigned told = 0;
	CU_ASSERT_EQUAL_FATAL(c->turn_count, 1);
	CU_ASSERT_EQUAL(c->turns[0].members, 50);
	CU_ASSERT_EQUAL(c->turns[0].before, 1024);
	CU_ASSERT_EQUAL(c->turns[0].after, 512);
	CU_ASSERT_EQUAL(c->turns[0].at_ns, 100 * LB_NS_PER_S);
	CU_ASSERT_STRING_EQUAL(c->turns[0].member, "m51");
	CU_ASSERT_EQUAL(c->turns[0].cut, 40000 - 50 * 512);
	CU_ASSERT_EQUAL(c->turns[0].cut_open, c->turns[0].cut);
	CU_ASSERT_EQUAL(c->turns[0].ports, c->turns[0].cut);
	for (size_t i = 0; i < c->snat_count; i++) {
		const struct sim_snat *g = &c->snat[i];
		if (g->proto != LB_PROTO_TCP || g->peak == 0)
			continue;
		CU_ASSERT_EQUAL(g->allocated, 512);
		CU_ASSERT_TRUE(g->peak > 512 && g->peak < 1024);
		CU_ASSERT_EQUAL(g->full_used, 512);
		CU_ASSERT_EQUAL(g->full_allocated, 512);
		CU_ASSERT_EQUAL(g->used, 512);
	}
	for (size_t i = 0; i < r->log_count; i++) {
		if (r->log[i].kind != SIM_EVENT_SNAT_TURN)
			continue;
		told++;
		CU_ASSERT_EQUAL(r->log[i].count, c->turns[0].cut);
		CU_ASSERT_STRING_EQUAL(
		    r->log[i].what, "1024 to 512 for 50 members");
	}
	CU_ASSERT_EQUAL(told, 1);
	CU_ASSERT_EQUAL_FATAL(c->failover_count, 1);
	CU_ASSERT_STRING_EQUAL(c->failovers[0].fault, "added");
	CU_ASSERT_EQUAL(c->failovers[0].broken, c->turns[0].cut_open);
	CU_ASSERT_TRUE(c->failovers[0].retries > 0);
	CU_ASSERT_TRUE(sum_failed(r) > c->turns[0].cut);
	sim_record_free(r);
	stage_close(&s);
}

/* Shrinking below a tier gives more, and takes nothing away; before the first
 * instant there is no crossing. */
static void
test_tier_down(void)
{
	struct stage s;

	stage_open(&s);
	s.scene.duration_ms = 200 * SECOND;
	struct lb_traffic *t = calls(&s, LB_PROFILE_LONG_LIVED, 1, 1);
	t->connections = 20000;
	t->ramp_ms = 20 * SECOND;
	t->keepalive_ms = MINUTE;
	(void)stage_fault(&s, 100 * SECOND, "m51", LB_FAULT_REMOVED);
	struct sim_record *r = play(&s, tier_of(51));
	const struct sim_case *c = &r->cases[0];
	CU_ASSERT_EQUAL_FATAL(c->turn_count, 1);
	CU_ASSERT_EQUAL(c->turns[0].members, 50);
	CU_ASSERT_EQUAL(c->turns[0].before, 512);
	CU_ASSERT_EQUAL(c->turns[0].after, 1024);
	CU_ASSERT_EQUAL(gauge(r, "m1", LB_PROTO_TCP)->allocated, 1024);
	CU_ASSERT_EQUAL(gauge(r, "m1", LB_PROTO_TCP)->full_allocated, 512);
	sim_record_free(r);
	stage_close(&s);
}

/* `check -s` knows it before. */
static void
test_foreseen(void)
{
	static const struct {
		enum lb_fault_kind kind;
		uint64_t at_ms;
		const char *member;
		struct sim_turn turn;
	} rows[] = {
		{ LB_FAULT_CRASHED, 500, "m2", { 0, 0, 0 } },
		{ LB_FAULT_REMOVED, 3000, "m1", { 50, 512, 1024 } },
		{ LB_FAULT_ADDED, 1000, "m51", { 50, 1024, 512 } },
		{ LB_FAULT_REMOVED, 4000, "m2", { 0, 0, 0 } },
		{ LB_FAULT_ADDED, 5000, "m1", { 0, 0, 0 } },
		{ LB_FAULT_ADDED, 5000, "m2", { 50, 1024, 512 } },
	};
	struct lb_fault faults[LB_COUNT(rows)] = { 0 };
	struct sim_turn turns[LB_COUNT(rows)];
	struct lb_problems problems = { 0 };
	const char *text = tier_of(51);
	struct lb_config *config =
	    lb_config_read(text, strlen(text), "tiers", &problems);

	UNIT_NEED(config);
	lb_problems_free(&problems);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		faults[i].kind = rows[i].kind;
		faults[i].at_ms = rows[i].at_ms;
		faults[i].member = (char *)(uintptr_t)rows[i].member;
	}
	CU_ASSERT_EQUAL_FATAL(
	    sim_foresee_turns(config, faults, LB_COUNT(rows), turns), 0);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		const char *row = rows[i].member;
		UNIT_EQUAL(row, turns[i].members, rows[i].turn.members);
		UNIT_EQUAL(row, turns[i].before, rows[i].turn.before);
		UNIT_EQUAL(row, turns[i].after, rows[i].turn.after);
	}
	lb_config_free(config);
}

/* --- whose work it is that there is no port -------------------------------
 */

/* Ports run out after 16 s of a call each; and a fault, or none, that has to
 * do with it or not. */
/* clang-format off */
static const struct {
	const char *row;
	enum lb_fault_kind kind;
	const char *member;
	uint64_t at_s;
	bool blamed;
} faults[] = {
	{ "somebody else dies, before", LB_FAULT_CRASHED, "b", 2, false },
	{ "somebody else dies, after", LB_FAULT_CRASHED, "b", 30, false },
	{ "somebody else is removed", LB_FAULT_REMOVED, "b", 2, true },
	{ "removed when it was so", LB_FAULT_REMOVED, "b", 60, false },
	{ "an admin", LB_FAULT_ADMIN_DOWN, "b", 2, false },
};
/* clang-format on */

static void
test_blame(void)
{
	for (size_t i = 0; i < LB_COUNT(faults); i++) {
		const char *row = faults[i].row;
		struct stage s;
		stage_open(&s);
		s.scene.duration_ms = 100 * SECOND;
		struct lb_traffic *t = calls(&s, LB_PROFILE_WEB, 1, 2);
		t->tries = 2;
		(void)stage_fault(&s, faults[i].at_s * SECOND, faults[i].member,
		    faults[i].kind);
		struct sim_record *r = play(&s, config_of(TWO, 16, ""));
		const struct sim_case *c = &r->cases[0];
		UNIT_ROW(row, c->clients.no_port > 20);
		UNIT_EQUAL(row, c->clients.no_port, c->clients.given_up);
		CU_ASSERT_EQUAL_FATAL(c->failover_count, 1);
		UNIT_EQUAL(row, c->failovers[0].given_up > 0, faults[i].blamed);
		UNIT_EQUAL(row, c->failovers[0].retries > 0, faults[i].blamed);
		UNIT_EQUAL(row, c->failovers[0].unanswered > 0, false);
		sim_record_free(r);
		stage_close(&s);
	}
}

/* --- records of ports -----------------------------------------------------
 */

/* Captured: a call each to so many destinations, one after another, reset at
 * once, so that its port is free 15 s later.  Each takes two records,
 * of 3,584; no more than some 320 are ever in use. */
#define CALLS 4000u

static void
test_many_destinations(void)
{
	struct sim_leaver leaver;
	struct scene s;

	scene_open(&s);
	for (uint32_t i = 0; i < CALLS; i++) {
		struct frame_spec out = {
			.src = FRAME_V4(10, 0, 0, 1),
			.dst = FRAME_V4(198, 51, 100 + i / 250, 1 + i % 250),
			.proto = LB_PROTO_TCP,
			.sport = (uint16_t)(20000 + i),
			.dport = 443,
			.tcp_flags = LB_TCP_SYN,
		};
		struct frame_spec back = out;
		back.src = out.dst;
		back.dst = out.src;
		back.sport = out.dport;
		back.dport = out.sport;
		back.tcp_flags = LB_TCP_SYN | LB_TCP_ACK;
		scene_add(&s, 100 * i, &out);
		scene_add(&s, 100 * i, &back);
		out.tcp_flags = LB_TCP_RST;
		scene_add(&s, 100 * i + 1, &out);
	}
	leaver.captured = leaver.member =
	    lb_addr_v4(__builtin_bswap32(10u << 24 | 1));
	s.settings.leavers = &leaver;
	s.settings.leaver_count = 1;
	struct sim_record *r = scene_play(&s,
	    "load_balancer: { sku: fairlead }\n"
	    "connection_table: { entries: 4000, entries6: 0 }\n"
	    "frontends: [ { name: f, address: 203.0.113.10 } ]\n"
	    "pools: [ { name: p, members: [" ONE "] } ]\n"
	    "outbound_rules: [ { name: out, frontends: [f], pool: p, "
	    "ports_per_member: 64 } ]\n");
	const struct sim_snat *g = gauge(r, "a", LB_PROTO_TCP);
	CU_ASSERT_EQUAL(g->opened, CALLS);
	CU_ASSERT_EQUAL(g->failed, 0);
	CU_ASSERT_EQUAL(g->asked, CALLS);
	for (size_t i = 0; i < r->cases[0].drop_count; i++)
		UNIT_EQUAL(r->cases[0].drops[i].reason,
		    r->cases[0].drops[i].packets, 0);
	sim_record_free(r);
	scene_close(&s);
}

/* --- Erlang --------------------------------------------------------------- */

#define RUNS 12
#define T999                                                                   \
	4.436979      /* Student's t, 11 degrees of freedom, 99.9 % two-sided  \
		       */
#define Z999 3.290527 /* the normal distribution's */
#define RARE 500      /* failures that are too few to see their variance */

struct blocking {
	double mean, half; /* of 99.9 % */
	double erlangs;    /* mean of those offered */
	uint64_t wanted, failed;
};

/* By hand; 1,024 lines as simulation.md C.7 has them. */
/* clang-format off */
static const struct {
	uint32_t ports;
	double erlangs, blocking, off;
} lines[] = {
	{ 0, 3, 1, 0 },
	{ 1, 1, 0.5, 1e-12 },
	{ 2, 1, 0.2, 1e-12 },
	{ 2, 2, 0.4, 1e-12 },
	{ 10, 5, 0.018384570, 1e-8 },
	{ 5, 0, 0, 0 },
	{ 1024, 900, 3.5e-6, 1e-7 },
	{ 1024, 1000, 0.012, 5e-4 },
	{ 1024, 1024, 0.0245, 5e-4 },
	{ 1024, 1100, 0.079, 5e-4 },
	{ 64000, 1, 0, 1e-12 },
};
/* clang-format on */

static void
test_formula(void)
{
	for (size_t i = 0; i < LB_COUNT(lines); i++)
		CU_ASSERT_DOUBLE_EQUAL(
		    report_erlang_b(lines[i].ports, lines[i].erlangs),
		    lines[i].blocking, lines[i].off);
	CU_ASSERT_TRUE(isnan(report_erlang_b(8, -1)));
	CU_ASSERT_EQUAL(report_ports_for(0, 0.001, 64000), 8);
	CU_ASSERT_EQUAL(report_ports_for(5, 0.02, 64000), 16);
	CU_ASSERT_EQUAL(report_ports_for(100, 0.001, 64), 0); /* not enough */
	uint32_t ports = report_ports_for(1000, 0.001, 64000);
	CU_ASSERT_EQUAL(ports % 8, 0);
	CU_ASSERT_TRUE(report_erlang_b(ports, 1000) <= 0.001);
	CU_ASSERT_TRUE(report_erlang_b(ports - 8, 1000) > 0.001);
}

/* Poisson calls of 15 s and what a connection takes, closed by a reset. */
static struct blocking
simulate(unsigned ports, double load)
{
	struct blocking b = { 0 };
	double part[RUNS], variance = 0;
	const double hold_s = 15.081; /* SYN to RST is four hops and 1 ms */

	for (unsigned i = 0; i < RUNS; i++) {
		struct stage s;
		stage_open(&s);
		s.settings.report = false;
		s.settings.seed = 20;
		s.settings.replication = i;
		s.scene.warm_up_ms = 75 * SECOND;
		s.scene.duration_ms =
		    s.scene.warm_up_ms + (ports < 100 ? 3000 : 450) * SECOND;
		struct lb_traffic *t = calls(&s, LB_PROFILE_WEB, 1, 1);
		t->arrivals = LB_ARRIVALS_POISSON;
		t->close = LB_CLOSE_RESET;
		t->rate = (uint64_t)(load * ports / hold_s * 1e6);
		struct sim_record *r = play(&s, config_of(ONE, ports, ""));
		const struct sim_snat *g = gauge(r, "a", LB_PROTO_TCP);
		const struct report_snat now = report_snat_of(&r->cases[0], 0);
		part[i] = now.simulated;
		b.mean += part[i] / RUNS;
		b.erlangs += (double)t->rate / 1e6 * now.hold_s / RUNS;
		b.wanted += g->opened + g->failed;
		b.failed += g->failed;
		sim_record_free(r);
		stage_close(&s);
	}
	for (unsigned i = 0; i < RUNS; i++)
		variance += (part[i] - b.mean) * (part[i] - b.mean);
	b.half = T999 * sqrt(variance / (RUNS - 1) / RUNS);
	return b;
}

/*
 * The interval where few fail: by the law that is tested.  What overflows comes
 * in bursts, z times as peaked as Poisson's (Wilkinson, 1956), so that counts
 * vary by 2 z - 1.
 */
static double
rare(unsigned ports, double load, const struct blocking *b)
{
	const double a = load * ports, part = report_erlang_b(ports, a);
	const double z = 1 - a * part + a / (ports + 1 - a + a * part);

	return Z999 * sqrt(part * (2 * z - 1) / (double)b->wanted);
}

/* Sixteen ports for a call a second, tried five times: by packets far more
 * fails than by calls, and what Erlang speaks of is calls. */
static void
test_calls(void)
{
	uint64_t blocked[2], failed[2];

	for (unsigned many = 0; many < 2; many++) {
		struct stage s;
		stage_open(&s);
		s.scene.duration_ms = 200 * SECOND;
		calls(&s, LB_PROFILE_WEB, 1, 1)->tries = many ? 5 : 1;
		struct sim_record *r = play(&s, config_of(ONE, 16, ""));
		const struct sim_snat *g = gauge(r, "a", LB_PROTO_TCP);
		const struct report_snat now = report_snat_of(&r->cases[0], 0);
		CU_ASSERT_EQUAL(g->asked, 200);
		CU_ASSERT_EQUAL(g->worst_asked, g->asked);
		CU_ASSERT_EQUAL(g->worst_blocked, g->blocked);
		CU_ASSERT_DOUBLE_EQUAL(
		    now.simulated, (double)g->blocked / 200.0, 1e-9);
		CU_ASSERT_DOUBLE_EQUAL(now.of_packets,
		    (double)g->failed / (double)(g->failed + g->opened), 1e-9);
		blocked[many] = g->blocked;
		failed[many] = g->failed;
		sim_record_free(r);
		stage_close(&s);
	}
	CU_ASSERT_EQUAL(blocked[0], 184);
	CU_ASSERT_EQUAL(failed[0], blocked[0]);
	CU_ASSERT_EQUAL(blocked[1], blocked[0]);
	CU_ASSERT_TRUE(failed[1] > 3 * blocked[1]);
}

/* Issue 7, shown by 3. */
static void
test_erlang(void)
{
	static const unsigned ports[] = { 64, 1024 };
	static const double loads[] = { 0.8, 0.9, 1.0, 1.1, 1.2 };

	for (size_t p = 0; p < LB_COUNT(ports); p++)
		for (size_t l = 0; l < LB_COUNT(loads); l++) {
			struct blocking b = simulate(ports[p], loads[l]);
			double wanted =
			    report_erlang_b(ports[p], loads[l] * ports[p]);
			double half = b.half;
			(void)fprintf(stderr,
			    "\n    %4u ports, load %.1f: %.5f +- %.5f, "
			    "Erlang %.5f (%llu calls)",
			    ports[p], loads[l], b.mean, half, wanted,
			    (unsigned long long)b.wanted);
			CU_ASSERT_DOUBLE_EQUAL(
			    b.erlangs, loads[l] * ports[p], 0.001 * ports[p]);
			if (wanted * (double)b.wanted < RARE)
				half = rare(ports[p], loads[l], &b);
			CU_ASSERT_TRUE(fabs(b.mean - wanted) <= half);
			/* it says something */
			if (loads[l] >= 1)
				CU_ASSERT_TRUE(half < 0.25 * wanted);
		}
	(void)fputc('\n', stderr);
}

/* --- AZ 4 and 6: silent for longer than the idle timeout -------------------
 */

/*
 * A connection that says something every 5 minutes, and is forgotten after 4.
 * Its port is the lowest free one again, and nobody notices, unless another
 * connection has taken it: then it comes from a port that the server does not
 * know, which resets it.
 */
/* clang-format off */
static const struct {
	const char *row, *more;
	uint64_t seconds;
	bool taken; /* its port, meanwhile */
	uint64_t opened, answered, given_up, reset, late, elsewhere;
} idles[] = {
	{ "not yet",          "",                   239, false, 1, 0, 0, 0, 0, 0 },
	{ "its port again",   "",                   310, false, 2, 1, 0, 0, 1, 0 },
	{ "another port",     "",                   310, true,  4, 1, 1, 1, 1, 1 },
	{ "told, not yet",    ", tcp_reset: true",  239, false, 1, 0, 0, 0, 0, 0 },
	{ "told in time",     ", tcp_reset: true",  242, false, 2, 0, 0, 1, 0, 0 },
	{ "told twice",       ", tcp_reset: true",  485, false, 3, 0, 0, 2, 0, 0 },
	{ "told, and taken",  ", tcp_reset: true",  310, true,  3, 1, 0, 1, 0, 0 },
};
/* clang-format on */

static void
test_idle(void)
{
	for (size_t i = 0; i < LB_COUNT(idles); i++) {
		const char *row = idles[i].row;
		struct stage s;
		stage_open(&s);
		s.scene.duration_ms = idles[i].seconds * SECOND;
		struct lb_traffic *t = calls(&s, LB_PROFILE_LONG_LIVED, 1, 1);
		t->connections = 1;
		t->keepalive_ms = 0;
		t->message_every_ms = 5 * MINUTE;
		if (idles[i].taken) {
			struct lb_traffic *other =
			    calls(&s, LB_PROFILE_WEB, 1, 1);
			other->port = 443;
			other->start_ms = 250 * SECOND;
			other->stop_ms = 251 * SECOND;
			other->close = LB_CLOSE_NEVER;
		}
		struct sim_record *r =
		    play(&s, config_of(ONE, 32, idles[i].more));
		const struct sim_clients *c = &r->cases[0].clients;
		UNIT_EQUAL(
		    row, gauge(r, "a", LB_PROTO_TCP)->opened, idles[i].opened);
		UNIT_EQUAL(row, c->answered, idles[i].answered);
		UNIT_EQUAL(row, c->given_up, idles[i].given_up);
		UNIT_EQUAL(row, c->reset, idles[i].reset);
		UNIT_EQUAL(row, c->late, idles[i].late);
		UNIT_EQUAL(row, c->late_elsewhere, idles[i].elsewhere);
		sim_record_free(r);
		stage_close(&s);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "ports sustain AZ 13.5's rates", test_steady_rate },
		{ "a port is free 240 s after the FIN", test_release },
		{ "destinations and protocols are apart", test_destinations },
		{ "ports are each member's own", test_members },
		{ "a dead member begins nothing", test_dead },
		{ "health events of AZ 9.2", test_events },
		{ "over 75 %, again every 5 minutes", test_high_again },
		{ "a warm-up ends with ports held", test_warm_up },
		{ "a tier is crossed", test_tier },
		{ "and crossed back", test_tier_down },
		{ "which is known before", test_foreseen },
		{ "whose work it is", test_blame },
		{ "many destinations", test_many_destinations },
		{ "AZ 13.5 at 64,000 ports", test_most_ports },
		{ "who tries again is one call", test_calls },
		{ "Erlang's formula", test_formula },
		{ "blocking is Erlang's", test_erlang },
		{ "silent for too long", test_idle },
		CU_TEST_INFO_NULL,
	};

	return unit_main("sim/outbound", tests);
}
