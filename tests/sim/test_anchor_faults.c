/* SPDX-License-Identifier: MIT */
/*
 * The fault scenarios that trusted balancers are judged by, anchors.md D, as
 * far as they need no network and no client that reacts: 1 to 9 and 29, each
 * with its pass figure.  Captures are replayed: packets keep coming whether or
 * not anyone answers.
 *
 * Every run has a hash key, probe phases and a router of its own; shares are
 * of all runs together.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/faults/outage.h"
#include "tests/sim/scene.h"
#include "tests/unit.h"

#define FRONTEND FRAME_V4(203, 0, 113, 10)
#define NS_S     UINT64_C(1000000000)
#define FLOWS    1000u
#define SEEDS    30u

/* --- what is played ------------------------------------------------------ */

static struct frame_spec
packet(unsigned flow, uint8_t flags, bool answer)
{
	const uint16_t port = (uint16_t)(1024 + flow % 20000 * 3);
	struct frame_spec spec = { .src =
				       FRAME_V4(198, 51, 100, 1 + flow / 20000),
		.dst = FRONTEND,
		.proto = LB_PROTO_TCP,
		.sport = port,
		.dport = 80,
		.tcp_flags = flags };

	if (answer) {
		spec.dst = spec.src;
		spec.src = (struct lb_addr)FRONTEND;
		spec.sport = 80;
		spec.dport = port;
	}
	return spec;
}

static void
say(struct scene *s, uint64_t at_ms, unsigned flow, uint8_t flags, bool answer)
{
	struct frame_spec spec = packet(flow, flags, answer);

	scene_add(s, at_ms, &spec);
}

/* Connections of flows first.. open, and so they are with two more packets. */
static void
open_flows(struct scene *s, uint64_t at_ms, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++) {
		say(s, at_ms, i, LB_TCP_SYN, false);
		say(s, at_ms, i, LB_TCP_SYN | LB_TCP_ACK, true);
		say(s, at_ms, i, LB_TCP_ACK, false);
	}
}

static void
talk(struct scene *s, uint64_t at_ms, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++) {
		say(s, at_ms, i, LB_TCP_ACK, false);
		say(s, at_ms, i, LB_TCP_ACK, true);
	}
}

/* --- to whom ------------------------------------------------------------- */

struct setup {
	unsigned members;
	const char *sku, *algorithm, *probe, *rule;
};

/* To be freed. */
static char *
config_text(const struct setup *setup, uint64_t seed)
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	UNIT_NEED(to);
	(void)fprintf(to,
	    "load_balancer: { sku: %s, hash_key: %016llx%016llx }\n"
	    "connection_table: { entries: 20000, entries6: 0 }\n"
	    "frontends: [{ name: f, address: 203.0.113.10 }]\n"
	    "pools:\n  - name: p\n    members:\n",
	    setup->sku != NULL ? setup->sku : "fairlead",
	    (unsigned long long)seed * 0x9e3779b97f4a7c15ULL,
	    (unsigned long long)seed);
	for (unsigned i = 0; i < setup->members; i++)
		(void)fprintf(to,
		    "      - { name: m%u, address: 10.1.%u.%u }\n", i, i / 250,
		    i % 250 + 1);
	(void)fprintf(to,
	    "probes: [{ name: t, %s }]\n"
	    "rules:\n  - { name: r, frontend: f, pool: p, probe: t,\n"
	    "      protocol: tcp, frontend_port: 80, algorithm: %s%s }\n",
	    setup->probe != NULL ? setup->probe
				 : "protocol: tcp, port: 80, interval: 5s",
	    setup->algorithm, setup->rule != NULL ? setup->rule : "");
	CU_ASSERT_EQUAL(fclose(to), 0);
	return text;
}

static struct sim_record *
play(struct scene *s, const struct setup *setup, uint64_t seed,
    const struct lb_fault *faults, size_t count)
{
	char *text = config_text(setup, seed);

	s->settings.faults = faults;
	s->settings.fault_count = count;
	s->settings.seed = seed;
	struct sim_record *r = scene_play(s, text);
	free(text);
	UNIT_NEED(r);
	return r;
}

/* What a run's failovers counted together. */
static struct sim_failover
sum_of(const struct sim_record *r)
{
	const struct sim_case *c = &r->cases[0];
	struct sim_failover sum = { 0 };

	for (size_t i = 0; i < c->failover_count; i++) {
		sum.moved += c->failovers[i].moved;
		sum.needless += c->failovers[i].needless;
		sum.broken += c->failovers[i].broken;
		sum.lost += c->failovers[i].lost;
		sum.offered += c->failovers[i].offered;
	}
	return sum;
}

/* --- tables, without packets --------------------------------------------- */

/* The largest and, by name, a member's share of the table after the faults,
 * times the members that share it. */
static void
table_after(const struct setup *setup, uint64_t seed,
    const struct lb_fault *faults, size_t count, const char *name,
    unsigned sharing, double *largest, double *his)
{
	char *text = config_text(setup, seed);
	struct lb_problems problems = { 0 };
	struct lb_config *config =
	    lb_config_read(text, strlen(text), "anchors", &problems);
	const struct sim_case_settings one = { "case", config };
	const struct sim_settings settings = {
		.faults = faults, .fault_count = count, .seed = seed
	};

	UNIT_NEED(config);
	struct sim_player *p = sim_player_new(&one, false, false, &problems);
	UNIT_NEED(p);
	p->outage = sim_outage_new(p, &settings, NULL);
	UNIT_NEED(p->outage);
	CU_ASSERT_EQUAL(sim_outage_advance(p->outage, 1000 * NS_S), 0);
	const struct lb_plan_lut *lut = &p->plan->luts[0];
	unsigned *has = calloc(p->plan->member_count, sizeof(*has)), most = 0;
	UNIT_NEED(has);
	for (uint32_t slot = 0; slot < lut->size; slot++) {
		unsigned now = ++has[lut->slots[slot]];
		most = now > most ? now : most;
	}
	*largest = (double)most * sharing / lut->size;
	*his = 0;
	for (uint32_t id = 0; id < p->plan->member_count; id++)
		if (strcmp(p->plan->members[id].name, name) == 0)
			*his = (double)has[id] * sharing / lut->size;
	free(has);
	sim_player_free(p);
	lb_config_free(config);
	lb_problems_free(&problems);
	free(text);
}

/* --- 1, 2, 3: one backend less, one more --------------------------------- */

static void
test_1_removed(void)
{
	char m[] = "m7";
	static const struct setup setup = { .members = 100,
		.algorithm = "stable" };
	const struct lb_fault fault = {
		.at_ms = 10000, .member = m, .kind = LB_FAULT_REMOVED
	};
	struct scene s;
	uint64_t moved = 0, broken = 0, to_removed = 0;
	double largest, his, worst = 0;

	scene_open(&s);
	open_flows(&s, 0, 0, FLOWS);
	talk(&s, 12000, 0, FLOWS);
	open_flows(&s, 13000, FLOWS, FLOWS);
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct sim_record *before = play(&s, &setup, seed, NULL, 0);
		struct sim_record *r = play(&s, &setup, seed, &fault, 1);
		struct sim_failover sum = sum_of(r);
		const struct sim_rule *rule = &r->cases[0].rules[0];
		moved += sum.moved;
		broken += sum.broken;
		CU_ASSERT_EQUAL(rule->flows, 2 * FLOWS);
		CU_ASSERT_EQUAL(r->cases[0].reply_suppressed, 0);
		/* he keeps what he had, and gets nobody new */
		CU_ASSERT_TRUE(rule->backends[7].flows <
			       before->cases[0].rules[0].backends[7].flows);
		to_removed += rule->backends[7].flows;
		sim_record_free(r);
		sim_record_free(before);
	}
	for (uint64_t seed = 1; seed <= 20; seed++) {
		table_after(&setup, seed, &fault, 1, m, 99, &largest, &his);
		worst = largest > worst ? largest : worst;
		CU_ASSERT_EQUAL(his, 0);
	}
	CU_ASSERT_EQUAL(moved, 0);
	CU_ASSERT_EQUAL(broken, 0);
	CU_ASSERT_TRUE(to_removed > 0);
	CU_ASSERT_TRUE(worst <= 1.01);
	(void)printf(
	    "  0 moved, max/mean of the table %.4f (<= 1.01)\n", worst);
	scene_close(&s);
}

/* Of the flows on survivors: those that moved, in parts. */
static double
moved_cold(const struct setup *setup, enum lb_fault_kind kind, unsigned seeds)
{
	char m[] = "m7";
	const struct lb_fault faults[] = {
		{ .at_ms = 10000, .member = m, .kind = kind },
		{ .at_ms = 28000, .kind = LB_FAULT_INSTANCE_DOWN, .number = 1 },
		{ .at_ms = 28001, .kind = LB_FAULT_INSTANCE_UP, .number = 1 },
	};
	struct scene s;
	uint64_t moved = 0, survivors = 0;

	scene_open(&s);
	open_flows(&s, 0, 0, 2 * FLOWS);
	talk(&s, 30000, 0, 2 * FLOWS);
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		struct sim_record *r = play(&s, setup, seed, faults, 3);
		const struct sim_rule *rule = &r->cases[0].rules[0];
		uint64_t his = 0;
		for (size_t b = 0; b < rule->backend_count; b++)
			if (strcmp(rule->backends[b].name, m) == 0)
				his = rule->backends[b].flows;
		CU_ASSERT_TRUE(sum_of(r).moved >= his);
		moved += sum_of(r).moved - his;
		survivors += 2 * FLOWS - his;
		sim_record_free(r);
	}
	scene_close(&s);
	return (double)moved / (double)survivors;
}

static void
test_2_table_lost(void)
{
	static const struct {
		const char *what;
		struct setup setup;
		enum lb_fault_kind kind;
		unsigned seeds;
		double most;
	} rows[] = {
		{ "removed of 100, maglev",
		    { .members = 100, .algorithm = "maglev" }, LB_FAULT_REMOVED,
		    60, 0.006 },
		{ "removed of 100, stable",
		    { .members = 100, .algorithm = "stable" }, LB_FAULT_REMOVED,
		    60, 0.006 },
		{ "dead of 100, stable",
		    { .members = 100, .algorithm = "stable" }, LB_FAULT_CRASHED,
		    60, 0 },
		{ "removed of 1,000, maglev",
		    { .members = 1000, .algorithm = "maglev" },
		    LB_FAULT_REMOVED, 25, 0.007 },
		{ "dead of 1,000, stable",
		    { .members = 1000, .algorithm = "stable" },
		    LB_FAULT_CRASHED, 25, 0 },
		{ "removed of 100, rendezvous",
		    { .members = 100, .algorithm = "rendezvous" },
		    LB_FAULT_REMOVED, 10, 0 },
	};

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		double is =
		    moved_cold(&rows[i].setup, rows[i].kind, rows[i].seeds);
		UNIT_ROW(rows[i].what, is <= rows[i].most);
		(void)printf("  %-28s %.3f %% (<= %.1f)\n", rows[i].what,
		    100 * is, 100 * rows[i].most);
	}
}

static void
test_3_added(void)
{
	char m[] = "m100";
	static const struct setup setup = { .members = 101,
		.algorithm = "stable" };
	const struct lb_fault fault = {
		.at_ms = 5000, .member = m, .kind = LB_FAULT_ADDED
	};
	struct scene s;
	double largest, his, off = 0;

	scene_open(&s);
	open_flows(&s, 0, 0, FLOWS);
	talk(&s, 12000, 0, FLOWS);
	s.settings.report = true;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct sim_record *r = play(&s, &setup, seed, &fault, 1);
		const struct sim_case *c = &r->cases[0];
		uint64_t moved = 0, broken = 0, offered = 0;
		CU_ASSERT_EQUAL(c->failover_count, 0);
		for (size_t i = 0; i < c->harm_count; i++) {
			moved += c->harms[i].moved;
			broken += c->harms[i].broken;
			offered += c->harms[i].offered;
		}
		CU_ASSERT_EQUAL(moved + broken, 0);
		CU_ASSERT_EQUAL(offered, 3 * FLOWS);
		CU_ASSERT_EQUAL(c->rules[0].backends[100].packets, 0);
		sim_record_free(r);
	}
	for (uint64_t seed = 1; seed <= 20; seed++) {
		table_after(&setup, seed, &fault, 1, m, 101, &largest, &his);
		off = his - 1 > off ? his - 1 : off;
		off = 1 - his > off ? 1 - his : off;
	}
	CU_ASSERT_TRUE(off <= 0.01);
	(void)printf("  0 moved, its share off by %.2f %% (<= 1)\n", 100 * off);
	scene_close(&s);
}

/* --- 4, 5: balancers behind a router ------------------------------------- */

static const char *const algorithms[] = { "maglev", "rendezvous", "modulo",
	"stable" };

static void
test_4_instance_dies(void)
{
	static const struct {
		const char *what;
		enum lb_ecmp ecmp;
		uint32_t dies;
		double rehomed; /* of all flows */
	} rows[] = {
		{ "hash-threshold, at the edge", LB_ECMP_HASH_THRESHOLD, 8,
		    0.5 },
		{ "hash-threshold, in the middle", LB_ECMP_HASH_THRESHOLD, 4,
		    0.2857 },
		{ "modulo", LB_ECMP_MODULO, 5, 0.875 },
	};
	struct scene s;
	struct lb_scene around = lb_scene_defaults();

	around.instances = 8;
	scene_open(&s);
	s.settings.scene = &around;
	open_flows(&s, 0, 0, FLOWS);
	talk(&s, 12000, 0, FLOWS);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		const struct lb_fault fault = { .at_ms = 10000,
			.kind = LB_FAULT_INSTANCE_DOWN,
			.number = rows[i].dies };
		uint64_t rehomed = 0, flows = 0, packets = 0;
		around.ecmp = rows[i].ecmp;
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			const struct setup setup = { .members = 20,
				.algorithm = algorithms[seed % 4] };
			struct sim_record *r =
			    play(&s, &setup, seed, &fault, 1);
			const struct sim_case *c = &r->cases[0];
			UNIT_EQUAL(rows[i].what, c->rehomed_moved, 0);
			UNIT_EQUAL(rows[i].what, c->rehomed_broken, 0);
			UNIT_EQUAL(rows[i].what, sum_of(r).broken, 0);
			UNIT_EQUAL(rows[i].what, sum_of(r).lost, 0);
			UNIT_EQUAL(rows[i].what, c->reply_suppressed, 0);
			UNIT_EQUAL(rows[i].what, c->instance_count, 8);
			UNIT_EQUAL(rows[i].what, c->failovers[0].rerouted_ns,
			    2 * NS_S);
			for (size_t n = 0; n < c->instance_count; n++) {
				flows += c->instances[n].flows;
				packets += c->instances[n].packets;
			}
			rehomed += c->rehomed;
			sim_record_free(r);
		}
		UNIT_EQUAL(rows[i].what, flows, SEEDS * FLOWS);
		UNIT_EQUAL(rows[i].what, packets, SEEDS * 3 * FLOWS);
		double is = (double)rehomed / (SEEDS * FLOWS);
		UNIT_ROW(rows[i].what,
		    is > rows[i].rehomed - 0.01 && is < rows[i].rehomed + 0.01);
		(void)printf("  %-30s %.1f %% changed balancer, 0 broken\n",
		    rows[i].what, 100 * is);
	}
	scene_close(&s);
}

/* Both at once: those of the backend that went, and of the others half of
 * what maglev moves; of a backend that died under stable, none. */
static void
test_5_both(void)
{
	char m[] = "m7";
	static const struct {
		const char *what, *algorithm;
		enum lb_fault_kind kind;
		double others; /* of all flows */
	} rows[] = {
		{ "removed, maglev", "maglev", LB_FAULT_REMOVED, 0.0029 },
		{ "removed, stable", "stable", LB_FAULT_REMOVED, 0.0029 },
		{ "refusing, stable", "stable", LB_FAULT_REFUSING, 0 },
	};
	struct scene s;
	struct lb_scene around = lb_scene_defaults();

	around.instances = 8;
	scene_open(&s);
	s.settings.scene = &around;
	open_flows(&s, 0, 0, FLOWS);
	talk(&s, 30000, 0, FLOWS);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		const struct setup setup = { .members = 100,
			.algorithm = rows[i].algorithm };
		const struct lb_fault faults[] = {
			{ .at_ms = 10000, .member = m, .kind = rows[i].kind },
			{ .at_ms = 10800,
			    .kind = LB_FAULT_INSTANCE_DOWN,
			    .number = 8 },
		};
		uint64_t broken = 0, of_others = 0;
		for (uint64_t seed = 1; seed <= 2 * SEEDS; seed++) {
			struct sim_record *r =
			    play(&s, &setup, seed, faults, 2);
			struct sim_failover sum = sum_of(r);
			UNIT_EQUAL(rows[i].what, sum.broken >= sum.moved, true);
			UNIT_EQUAL(
			    rows[i].what, r->cases[0].rehomed_moved, sum.moved);
			UNIT_EQUAL(rows[i].what, r->cases[0].rehomed_broken,
			    sum.moved);
			broken += sum.broken;
			/* who moved though his backend did nothing */
			of_others += sum.needless;
			sim_record_free(r);
		}
		double is = (double)of_others / (2 * SEEDS * FLOWS);
		double sd = sqrt(rows[i].others / (2 * SEEDS * FLOWS));
		UNIT_ROW(rows[i].what, is <= rows[i].others + 2 * sd);
		(void)printf("  %-18s %.3f %% broken, %.3f %% beyond the "
			     "backend's own (<= %.2f)\n",
		    rows[i].what, 100.0 * (double)broken / (2 * SEEDS * FLOWS),
		    100 * is, 100 * rows[i].others);
	}
	scene_close(&s);
}

/* --- 6: drain ------------------------------------------------------------ */

static void
test_6_drain(void)
{
	char m[] = "m3";
	static const struct setup setup = { .members = 10,
		.algorithm = "stable" };
	const struct lb_fault faults[] = {
		{ .at_ms = 10000, .member = m, .kind = LB_FAULT_WEIGHT },
		{ .at_ms = 10000, .member = m, .kind = LB_FAULT_ADMIN_DOWN },
	};
	struct scene s;

	scene_open(&s);
	open_flows(&s, 0, 0, FLOWS);
	talk(&s, 10000, 0, FLOWS);
	open_flows(&s, 10001, FLOWS, FLOWS);
	for (uint64_t t = 20000; t <= 60000; t += 10000)
		talk(&s, t, 0, FLOWS);
	for (uint64_t seed = 1; seed <= 30; seed++)
		for (size_t i = 0; i < LB_COUNT(faults); i++) {
			struct sim_record *r =
			    play(&s, &setup, seed, &faults[i], 1);
			const struct sim_case *c = &r->cases[0];
			const struct sim_backend *b = &c->rules[0].backends[3];
			CU_ASSERT_EQUAL(sum_of(r).moved, 0);
			CU_ASSERT_EQUAL(sum_of(r).broken, 0);
			CU_ASSERT_EQUAL(sum_of(r).lost, 0);
			CU_ASSERT_EQUAL(c->reply_suppressed, 0);
			CU_ASSERT_EQUAL(c->failovers[0].detected_ns, 0);
			CU_ASSERT_EQUAL(
			    c->failovers[0].rerouted_ns, NS_S / 1000);
			/* of each of his flows SYN, ACK and six more */
			CU_ASSERT_EQUAL(b->packets_in, 8 * b->flows);
			CU_ASSERT_TRUE(b->flows > FLOWS / 20);
			sim_record_free(r);
		}
	(void)printf("  0 broken, 0 new flows\n");
	scene_close(&s);
}

/* --- 7: death ------------------------------------------------------------ */

/* The flows whose only packet went to him, that began after the detection. */
static unsigned
new_to(const struct sim_record *r, const char *name)
{
	const struct sim_case *c = &r->cases[0];
	const struct sim_failover *f = &c->failovers[0];
	unsigned count = 0;

	for (size_t i = 0; i < r->flow_count; i++) {
		const struct sim_flow_place *at = r->flows[i].places;
		if (r->flows[i].first_ns <= f->at_ns + f->detected_ns ||
		    at->backend == SIM_NOWHERE)
			continue;
		count += strcmp(c->rules[at->rule].backends[at->backend].name,
			     name) == 0;
	}
	return count;
}

static void
test_7_death(void)
{
	static const struct {
		const char *probe;
		enum lb_fault_kind kind;
		uint64_t most_ns; /* k I + W */
	} rows[] = {
		{ "protocol: tcp, port: 80, interval: 5s", LB_FAULT_CRASHED,
		    10 * NS_S },
		{ "protocol: tcp, port: 80, interval: 5s", LB_FAULT_REFUSING,
		    5 * NS_S },
		{ "protocol: tcp, port: 80, interval: 5s, probe_threshold: 2",
		    LB_FAULT_OFF, 15 * NS_S },
		{ "protocol: http, port: 80, request_path: /, interval: 5s, "
		  "probe_threshold: 3",
		    LB_FAULT_HTTP_ERROR, 5 * NS_S },
		{ "protocol: http, port: 80, request_path: /, interval: 5s, "
		  "probe_threshold: 2",
		    LB_FAULT_HANGING, 15 * NS_S },
	};
	char m[] = "m3";
	struct scene s;
	uint64_t worst_ns = 0;

	scene_open(&s);
	for (unsigned i = 0; i < 600; i++) /* a new flow every 50 ms */
		say(&s, i * 50, i, LB_TCP_SYN, false);
	s.settings.details = s.settings.flow_rows = true;
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			const struct setup setup = { .members = 10,
				.algorithm = "stable",
				.probe = rows[i].probe };
			const struct lb_fault fault = {
				.at_ms = 5000, .member = m, .kind = rows[i].kind
			};
			struct sim_record *r =
			    play(&s, &setup, seed, &fault, 1);
			const struct sim_failover *f =
			    &r->cases[0].failovers[0];
			UNIT_ROW(
			    rows[i].probe, f->detected_ns <= rows[i].most_ns &&
					       f->detected_ns >= f->soonest_ns);
			UNIT_EQUAL(
			    rows[i].probe, f->latest_ns, rows[i].most_ns);
			UNIT_EQUAL(rows[i].probe, new_to(r, m), 0);
			if (f->detected_ns > worst_ns)
				worst_ns = f->detected_ns;
			sim_record_free(r);
		}
	(void)printf("  at most k I + W everywhere; 0 new flows after; the "
		     "longest %.2f s\n",
	    (double)worst_ns / 1e9);
	scene_close(&s);
}

/* --- 8: flapping at the probes' rate ------------------------------------- */

static void
test_8_flapping(void)
{
	char m[] = "m3";
	static const struct setup setup = { .members = 10,
		.algorithm = "stable" };
	const struct lb_fault fault = { .at_ms = 10000,
		.member = m,
		.kind = LB_FAULT_FLAPPING,
		.period_ms = 10000 };
	struct scene s;
	unsigned worst = 0;

	scene_open(&s);
	open_flows(&s, 0, 0, FLOWS);
	for (uint64_t t = 10000; t <= 190000; t += 3000)
		talk(&s, t, 0, FLOWS / 4);
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct sim_record *r = play(&s, &setup, seed, &fault, 1);
		const struct sim_case *c = &r->cases[0];
		unsigned rebuilds = 0;
		uint64_t last_ns = 0, apart_ns = UINT64_MAX;
		for (size_t i = 0; i < r->log_count; i++) {
			const struct sim_event *e = &r->log[i];
			if ((e->kind != SIM_EVENT_MEMBER_DOWN &&
				e->kind != SIM_EVENT_MEMBER_UP) ||
			    e->at_ns == last_ns)
				continue;
			if (last_ns != 0 && e->at_ns - last_ns < apart_ns)
				apart_ns = e->at_ns - last_ns;
			last_ns = e->at_ns;
			rebuilds++;
		}
		CU_ASSERT_TRUE(apart_ns >= 5 * NS_S);
		CU_ASSERT_TRUE(rebuilds > 10 && rebuilds <= 180 / 5 + 1);
		worst = rebuilds > worst ? rebuilds : worst;
		/* TCP stays: only his own are touched */
		CU_ASSERT_EQUAL(sum_of(r).moved, 0);
		CU_ASSERT_TRUE(
		    sum_of(r).broken <= c->rules[0].backends[3].flows);
		CU_ASSERT_EQUAL(c->failover_count, 1);
		sim_record_free(r);
	}
	(void)printf("  %u rebuilds in 36 intervals, 0 moved\n", worst);
	scene_close(&s);
}

/* --- 9: all down --------------------------------------------------------- */

static void
test_9_all_down(void)
{
	static const struct {
		const char *what;
		struct setup setup;
		bool old_go_on, new_go;
	} rows[] = {
#define STATUS "protocol: http, port: 80, request_path: /, interval: 5s"
		{ "standard", { 4, "standard", "stable", STATUS, NULL }, true,
		    false },
		{ "standard, all-probed-up",
		    { 4, "standard", "stable", STATUS,
			", no_healthy_backends: all-probed-up" },
		    true, true },
		{ "fairlead", { 4, "fairlead", "maglev", STATUS, NULL }, true,
		    false },
		{ "basic", { 4, "basic", "stable", STATUS, NULL }, false,
		    false },
	};
	char names[4][4];
	struct lb_fault faults[4];
	struct scene s;

	for (unsigned i = 0; i < 4; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "m%u", i);
		faults[i] = (struct lb_fault){ .at_ms = 10000,
			.member = names[i],
			.kind = LB_FAULT_HTTP_ERROR };
	}
	scene_open(&s);
	open_flows(&s, 0, 0, FLOWS);
	talk(&s, 20000, 0, FLOWS);
	for (unsigned i = FLOWS; i < 2 * FLOWS; i++)
		say(&s, 21000, i, LB_TCP_SYN, false);
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		for (uint64_t seed = 1; seed <= 20; seed++) {
			struct sim_record *r =
			    play(&s, &rows[i].setup, seed, faults, 4);
			const struct sim_case *c = &r->cases[0];
			uint64_t drops = scene_drops(c, "no_healthy_backend");
			UNIT_EQUAL(rows[i].what, drops,
			    (rows[i].old_go_on ? 0 : FLOWS) +
				(rows[i].new_go ? 0 : FLOWS));
			UNIT_EQUAL(rows[i].what, sum_of(r).broken,
			    rows[i].old_go_on ? 0 : FLOWS);
			UNIT_EQUAL(rows[i].what, sum_of(r).moved, 0);
			UNIT_EQUAL(rows[i].what, sum_of(r).lost, drops);
			UNIT_EQUAL(rows[i].what, c->rules[0].flows,
			    rows[i].new_go ? 2 * FLOWS : FLOWS);
			sim_record_free(r);
		}
	(void)printf("  standard keeps all, basic none; new ones as asked\n");
	scene_close(&s);
}

/* --- 29: rolling upgrade ------------------------------------------------- */

#define INSTANCES 8u
#define MINUTES   64u

/* Each minute a backend goes and the one before returns; every eighth a
 * balancer restarts and is back 50 s later. */
static size_t
upgrade(struct lb_fault *faults, char names[MINUTES][8], unsigned members)
{
	size_t count = 0;

	for (unsigned minute = 1; minute < MINUTES; minute++) {
		const uint64_t at_ms = minute * UINT64_C(60000);
		(void)snprintf(names[minute], sizeof(names[minute]), "m%u",
		    minute % members);
		faults[count++] = (struct lb_fault){ .at_ms = at_ms,
			.member = names[minute],
			.kind = LB_FAULT_REMOVED };
		if (minute > 1)
			faults[count++] = (struct lb_fault){ .at_ms = at_ms,
				.member = names[minute - 1],
				.kind = LB_FAULT_ADDED };
		if (minute % 8 != 4)
			continue;
		for (unsigned back = 0; back < 2; back++)
			faults[count++] = (struct lb_fault){
				.at_ms = at_ms + 5000 + back * 50000,
				.kind = back != 0 ? LB_FAULT_INSTANCE_UP
						  : LB_FAULT_INSTANCE_DOWN,
				.number = minute / 8 + 1,
			};
	}
	return count;
}

static void
test_29_rolling(void)
{
	static char names[MINUTES][8];
	static struct lb_fault faults[4 * MINUTES];
	static const struct setup setup = { .members = 100,
		.algorithm = "stable" };
	struct lb_scene around = lb_scene_defaults();
	struct scene s;
	const size_t count = upgrade(faults, names, 100);
	const unsigned flows = 500, seeds = 6, steps = 2 * INSTANCES;
	uint64_t broken = 0, rehomed = 0;

	around.instances = INSTANCES;
	scene_open(&s);
	s.settings.scene = &around;
	open_flows(&s, 0, 0, flows);
	for (uint64_t at_s = 40; at_s < MINUTES * 60; at_s += 40)
		talk(&s, at_s * 1000, 0, flows);
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		struct sim_record *r = play(&s, &setup, seed, faults, count);
		broken += sum_of(r).broken;
		rehomed += r->cases[0].rehomed;
		CU_ASSERT_EQUAL(sum_of(r).lost, 0);
		CU_ASSERT_EQUAL(
		    r->cases[0].failover_count, MINUTES - 1 + INSTANCES);
		sim_record_free(r);
	}
	/* a step: the flows of the one backend that is out, of that which was
	 * when their entry was made, and half of what maglev moves, for each */
	double is = (double)broken / (seeds * flows) / steps;
	double bound = 2 * (0.01 + 0.5 * 0.0058);
	CU_ASSERT_TRUE(is <= bound);
	CU_ASSERT_TRUE(rehomed > seeds * flows);
	(void)printf("  %.3f %% of the flows broken a step (<= %.2f), %.1f "
		     "changes of balancer a flow in 64 min\n",
	    100 * is, 100 * bound, (double)rehomed / (seeds * flows));
	scene_close(&s);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "1: a backend removed", test_1_removed },
		{ "2: the same, and the table lost", test_2_table_lost },
		{ "3: a backend added", test_3_added },
		{ "4: a balancer of 8 dies", test_4_instance_dies },
		{ "5: both within a second", test_5_both },
		{ "6: drain", test_6_drain },
		{ "7: a backend dies", test_7_death },
		{ "8: flapping at the probes' rate", test_8_flapping },
		{ "9: all down", test_9_all_down },
		{ "29: rolling upgrade", test_29_rolling },
		CU_TEST_INFO_NULL,
	};

	return unit_main("anchors, faults", tests);
}
