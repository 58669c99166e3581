/* SPDX-License-Identifier: MIT */
/*
 * Scenarios of the systems we measure against (anchors.md D): 10 to 14, 19,
 * 21, 25 and 27, as far as they need no network.  Each says its pass figure
 * and prints its result; in each a witness looks at every packet as well.
 */
#include <string.h>

#include "sim/record/record.h"
#include "tests/sim/scene.h"
#include "tests/sim/stage.h"
#include "tests/sim/witness.h"
#include "tests/support/chance.h"
#include "tests/unit.h"

#define SECOND UINT64_C(1000) /* ms */
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

#define POOL_OF_4                                                              \
	"pools:\n"                                                             \
	"  - name: vms\n"                                                      \
	"    members:\n"                                                       \
	"      - { name: m0, address: 10.0.0.4 }\n"                            \
	"      - { name: m1, address: 10.0.0.5 }\n"                            \
	"      - { name: m2, address: 10.0.0.6 }\n"                            \
	"      - { name: m3, address: 10.0.0.7 }\n"
#define FRONTENDS                                                              \
	"frontends:\n"                                                         \
	"  - { name: one, address: 203.0.113.10 }\n"                           \
	"  - { name: two, address: 203.0.113.11 }\n"

static struct witness *
watch(struct sim_settings *settings)
{
	struct witness *w = witness_new(settings, false);

	settings->witness = witness_see;
	settings->witness_arg = w;
	return w;
}

static struct witness_tally
dismiss(const char *row, struct witness *w)
{
	struct witness_tally tally = witness_tally(w);

	if (witness_complaint(w) != NULL)
		(void)fprintf(
		    stderr, "  row %s: %s\n", row, witness_complaint(w));
	CU_ASSERT_PTR_NULL(witness_complaint(w));
	CU_ASSERT_TRUE(tally.packets > 0);
	witness_free(w);
	return tally;
}

/* A world under a configuration, before a witness. */
static struct sim_record *
play_world(const char *row, struct stage *s, const char *config,
    struct witness_tally *tally)
{
	s->settings.scene = &s->scene;
	struct witness *w = watch(&s->settings);
	struct sim_record *r = stage_play(s, config);

	*tally = dismiss(row, w);
	return r;
}

static uint64_t
dropped(const struct sim_case *c)
{
	uint64_t packets = c->unreachable;

	for (size_t i = 0; i < c->drop_count; i++)
		packets += c->drops[i].packets;
	return packets;
}

/* For printf(). */
static unsigned long long
sum(uint64_t a, uint64_t b, uint64_t c)
{
	return a + b + c;
}

/* --- 10 ------------------------------------------------------------------ */

/*
 * SYN flood at ten times what the table can take in: a half-open entry stays
 * for 60 s, so that 2,048 slots take 34 SYNs a second, and 400 come.  Pass: of
 * the established flows none is lost, none asks twice.  The table does not
 * grow: it is one mapping of those slots.  (The packet rate under a flood:
 * bench's xdp_tcp4_new_full_table_ns.)
 */
static void
test_syn_flood(void)
{
	static const char config[] =
	    "load_balancer: { sku: fairlead }\n" FRONTENDS POOL_OF_4 "rules:\n"
	    "  - { name: web, frontend: one, pool: vms, protocol: tcp,\n"
	    "      frontend_port: 443, backend_port: 443,\n"
	    "      idle_timeout: 4m }\n"
	    "connection_table: { entries: 1000 }\n";
	struct witness_tally tally;
	struct stage s;

	stage_open(&s);
	s.scene.duration_ms = 5 * MINUTE;
	struct lb_traffic *stay = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
	stay->connections = 300;
	stay->message_every_ms = 20 * SECOND;
	struct lb_traffic *flood = stage_traffic(&s, LB_PROFILE_SYN_FLOOD);
	flood->start_ms = 30 * SECOND;
	flood->rate = 400 * LB_SCENE_ONE;
	struct sim_record *r = play_world("10", &s, config, &tally);
	const struct sim_clients *c = &r->cases[0].clients;
	CU_ASSERT_TRUE(tally.evicted > 60000); /* it did flood */
	CU_ASSERT_TRUE(c->requests > 3000);
	CU_ASSERT_EQUAL(c->retries, 0);
	CU_ASSERT_EQUAL(c->given_up, 0);
	CU_ASSERT_EQUAL(c->reset, 0);
	CU_ASSERT_EQUAL(dropped(&r->cases[0]), 0);
	(void)printf(
	    "\n    10: %llu SYNs, %llu entries replaced, %llu requests of "
	    "300 established flows, %llu lost (pass: 0)\n  ",
	    (unsigned long long)tally.chosen, (unsigned long long)tally.evicted,
	    (unsigned long long)c->requests,
	    sum(c->retries, c->given_up, c->reset));
	sim_record_free(r);
	stage_close(&s);
}

/* --- 11 ------------------------------------------------------------------ */

/*
 * The table is full, 1,000 connections over 64 slots, and they send a
 * keepalive an hour: what has no entry, because there is no room or because it
 * ended, goes by its hash.  Pass: as long as the pool is what it was, none is
 * broken, whatever the algorithm.
 */
static void
check_full_table(const char *algorithm, const char *idle)
{
	char config[1024];
	struct witness_tally tally;
	struct stage s;

	(void)snprintf(config, sizeof(config),
	    "load_balancer: { sku: fairlead }\n" FRONTENDS POOL_OF_4 "rules:\n"
	    "  - { name: web, frontend: one, pool: vms, protocol: tcp,\n"
	    "      frontend_port: 443, backend_port: 443, algorithm: %s,\n"
	    "      idle_timeout: %s }\n"
	    "connection_table: { entries: 40 }\n",
	    algorithm, idle);
	stage_open(&s);
	s.scene.duration_ms = 12 * HOUR;
	struct lb_traffic *stay = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
	stay->connections = 1000;
	stay->ramp_ms = HOUR;
	stay->keepalive_ms = HOUR;
	struct sim_record *r = play_world(algorithm, &s, config, &tally);
	const struct sim_clients *c = &r->cases[0].clients;
	/* each handshake and its keepalives, none of them sent again */
	UNIT_EQUAL(algorithm, c->sessions, 1000);
	UNIT_EQUAL(algorithm, c->reset, 0);
	UNIT_EQUAL(algorithm, c->retries, 0);
	UNIT_EQUAL(algorithm, c->given_up, 0);
	UNIT_ROW(algorithm, tally.untracked + tally.evicted > 400);
	(void)printf(
	    "\n    11: %s, %s: 1000 connections, %llu untracked and %llu "
	    "replaced, %llu broken (pass: 0)",
	    algorithm, idle, (unsigned long long)tally.untracked,
	    (unsigned long long)tally.evicted, (unsigned long long)c->reset);
	sim_record_free(r);
	stage_close(&s);
}

static void
test_full_table(void)
{
	static const char *const algorithms[] = { "stable", "maglev",
		"rendezvous", "modulo" };

	for (size_t i = 0; i < LB_COUNT(algorithms); i++) {
		check_full_table(algorithms[i], "2h");
		check_full_table(algorithms[i], "4m");
	}
	(void)printf("\n  ");
}

/* --- 12 ------------------------------------------------------------------ */

/*
 * Silent for longer than the idle timeout, then a request.  Pass: no black
 * hole: either it is answered, or a reset comes back at once; nobody sends
 * anything twice.  While the pool is what it was, all are answered (the hash
 * finds the member again); when it has changed, those whom the hash now sends
 * elsewhere are reset by a server that does not know them.  Resets by the
 * balancer itself when an entry ends (`tcp_reset`) come with issue 7.
 */
static void
check_idle(const char *row, bool changes, struct sim_clients *out)
{
	static const char config[] =
	    "load_balancer: { sku: fairlead }\n" FRONTENDS POOL_OF_4 "rules:\n"
	    "  - { name: web, frontend: one, pool: vms, protocol: tcp,\n"
	    "      frontend_port: 443, backend_port: 443,\n"
	    "      idle_timeout: 4m }\n";
	struct witness_tally tally;
	struct stage s;

	stage_open(&s);
	s.scene.duration_ms = HOUR;
	struct lb_traffic *stay = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
	stay->connections = 500;
	stay->keepalive_ms = 0;
	stay->message_every_ms = 10 * MINUTE;
	if (changes)
		(void)stage_fault(&s, 25 * MINUTE, "m2", LB_FAULT_ADMIN_DOWN);
	struct sim_record *r = play_world(row, &s, config, &tally);
	*out = r->cases[0].clients;
	UNIT_ROW(row, out->requests > 1500);
	UNIT_EQUAL(row, out->retries, 0);
	UNIT_EQUAL(row, dropped(&r->cases[0]), 0);
	/* all but those under way at the end */
	UNIT_ROW(row, out->answered + out->given_up + 5 >= out->requests);
	sim_record_free(r);
	stage_close(&s);
}

static void
test_idle(void)
{
	struct sim_clients still, changed;

	check_idle("12, same pool", false, &still);
	CU_ASSERT_EQUAL(still.reset, 0);
	CU_ASSERT_EQUAL(still.given_up, 0);
	check_idle("12, pool changed", true, &changed);
	/* a quarter of them was with m2 */
	CU_ASSERT_TRUE(changed.reset > 80 && changed.reset < 180);
	(void)printf(
	    "\n    12: 500 connections idle beyond the timeout: %llu reset; "
	    "with a member drained meanwhile %llu, at once; packets sent "
	    "twice: %llu (pass: 0)\n  ",
	    (unsigned long long)still.reset, (unsigned long long)changed.reset,
	    sum(still.retries, changed.retries, 0));
}

/* --- captures by hand ---------------------------------------------------- */

static struct frame_spec
packet_to(unsigned frontend, uint16_t sport, uint8_t flags)
{
	return (struct frame_spec){ .src = FRAME_V4(192, 0, 2, 1),
		.dst = FRAME_V4(203, 0, 113, 10 + frontend),
		.proto = LB_PROTO_TCP,
		.sport = sport,
		.dport = 80,
		.tcp_flags = flags };
}

static void
add(struct scene *s, uint64_t at_ms, const struct frame_spec *client,
    uint8_t flags, bool reply)
{
	struct frame_spec p = *client;

	p.tcp_flags = flags;
	if (reply) {
		p.src = client->dst;
		p.dst = client->src;
		p.sport = client->dport;
		p.dport = client->sport;
	}
	scene_add(s, at_ms, &p);
}

/* --- 13 ------------------------------------------------------------------ */

/* A connection from its SYN to the last ACK, and where it ends. */
static uint64_t
add_connection(struct scene *s, uint64_t at_ms, const struct frame_spec *p)
{
	static const struct {
		uint8_t flags;
		bool reply;
	} course[] = { { LB_TCP_SYN, false }, { LB_TCP_SYN | LB_TCP_ACK, true },
		{ LB_TCP_ACK, false }, { LB_TCP_ACK, true },
		{ LB_TCP_FIN | LB_TCP_ACK, false },
		{ LB_TCP_FIN | LB_TCP_ACK, true }, { LB_TCP_ACK, false } };

	for (size_t i = 0; i < LB_COUNT(course); i++)
		add(s, at_ms + i, p, course[i].flags, course[i].reply);
	return at_ms + LB_COUNT(course);
}

/*
 * A client port used again while its last connection is in TIME-WAIT (1,000
 * times, after 0 to 3 minutes), and the same port to two frontends of the same
 * members, side by side.  Pass: 100 % of the connections are connections of
 * their own at a member that may have them, 100 % of the answers come from the
 * frontend that was asked.  The witness looks at each answer's source.
 */
static void
check_ports(const char *row, const char *more, bool floating)
{
	char config[2048];
	struct scene s;
	struct chance chance = { 13 };
	uint64_t at_ms = 0;

	(void)snprintf(config, sizeof(config),
	    "load_balancer: { sku: fairlead }\n" FRONTENDS POOL_OF_4 "rules:\n"
	    "  - { name: a, frontend: one, pool: vms, protocol: tcp,\n"
	    "      frontend_port: 80, backend_port: 80%s }\n"
	    "  - { name: b, frontend: two, pool: vms, protocol: tcp,\n"
	    "      frontend_port: 80, backend_port: %s%s }\n",
	    more, floating ? "80" : "8080", more);
	scene_open(&s);
	for (unsigned i = 0; i < 1000; i++) {
		struct frame_spec one = packet_to(0, 40000, 0);
		struct frame_spec two = packet_to(1, 40000, 0);
		(void)add_connection(&s, at_ms, &one);
		at_ms = add_connection(&s, at_ms + 10, &two);
		at_ms += chance_below(&chance, 180000);
	}
	struct witness *w = watch(&s.settings);
	struct sim_record *r = scene_play(&s, config);
	struct witness_tally tally = dismiss(row, w);
	const struct sim_case *c = &r->cases[0];
	UNIT_EQUAL(row, c->rules[0].connections, 1000);
	UNIT_EQUAL(row, c->rules[1].connections, 1000);
	UNIT_EQUAL(row, c->reply_suppressed + dropped(c), 0);
	UNIT_EQUAL(row, c->rules[0].packets, 7000);
	UNIT_EQUAL(row, c->rules[1].packets, 7000);
	UNIT_EQUAL(row, tally.replies, floating ? 0 : 6000);
	(void)printf(
	    "\n    13: %s: %llu connections of 2000, %llu answers looked at, "
	    "0 from elsewhere (pass: 100 %%)",
	    row, sum(c->rules[0].connections, c->rules[1].connections, 0),
	    (unsigned long long)tally.replies);
	sim_record_free(r);
	scene_close(&s);
}

static void
test_ports(void)
{
	check_ports("nat", "", false);
	check_ports("floating", ", floating_ip: true", true);
	(void)printf("\n  ");
}

/* --- 14 ------------------------------------------------------------------ */

/*
 * Connections whose first packet a balancer sees is not a SYN: it was lost, or
 * came by another instance, which died.  Pass: the source of 100 % of the
 * answers is the frontend, none is suppressed, and all keep their member.
 */
static void
test_mid_flow(void)
{
	static const char config[] =
	    "load_balancer: { sku: fairlead }\n" FRONTENDS POOL_OF_4 "rules:\n"
	    "  - { name: a, frontend: one, pool: vms, protocol: tcp,\n"
	    "      frontend_port: 80, backend_port: 8080 }\n";
	struct lb_scene two = lb_scene_defaults();
	const struct lb_fault fault = { .at_ms = 50 * SECOND,
		.kind = LB_FAULT_INSTANCE_DOWN,
		.number = 1 };
	struct scene s;

	two.instances = 2;
	scene_open(&s);
	for (unsigned second = 0; second < 100; second++)
		for (unsigned i = 0; i < 1000; i++) {
			struct frame_spec p =
			    packet_to(0, (uint16_t)(20000 + i), 0);
			/* no SYN; some answers come first after the death */
			add(&s, second * SECOND + i, &p, LB_TCP_ACK,
			    second > 0 && (second + i) % 2 == 0);
		}
	s.settings.scene = &two;
	s.settings.faults = &fault;
	s.settings.fault_count = 1;
	struct witness *w = watch(&s.settings);
	struct sim_record *r = scene_play(&s, config);
	struct witness_tally tally = dismiss("14", w);
	const struct sim_case *c = &r->cases[0];
	CU_ASSERT_EQUAL(c->reply_suppressed + dropped(c), 0);
	CU_ASSERT_EQUAL(c->rules[0].packets, 100000);
	CU_ASSERT_TRUE(c->rehomed > 400 && c->rehomed < 600);
	CU_ASSERT_EQUAL(c->rehomed_moved, 0);
	CU_ASSERT_EQUAL(c->rehomed_broken, 0);
	(void)printf(
	    "\n    14: %llu of 1000 connections came to another instance in "
	    "mid-flow, %llu to another member; %llu answers, all from the "
	    "frontend (pass: 100 %%)\n  ",
	    (unsigned long long)c->rehomed,
	    (unsigned long long)c->rehomed_moved,
	    (unsigned long long)tally.replies);
	sim_record_free(r);
	scene_close(&s);
}

/* --- 19 ------------------------------------------------------------------ */

#define PUSHES 200u

/*
 * The configuration is changed 200 times in 100 s of traffic: weights, members
 * out and in again, each time another plan.  Pass: no packet is dropped, none
 * sees a table that is neither the old nor the new (the witness reads all
 * slots after every change), no connection breaks.
 */
static void
test_config_push(void)
{
	static const char config[] =
	    "load_balancer: { sku: fairlead }\n" FRONTENDS POOL_OF_4 "probes:\n"
	    "  - { name: t, protocol: tcp, port: 443, interval: 5s }\n"
	    "rules:\n"
	    "  - { name: web, frontend: one, pool: vms, protocol: tcp,\n"
	    "      frontend_port: 443, backend_port: 443, probe: t,\n"
	    "      idle_timeout: 4m, table_size: 1009 }\n";
	static char names[4][4] = { "m0", "m1", "m2", "m3" };
	struct lb_fault pushes[PUSHES];
	struct chance chance = { 19 };
	struct witness_tally tally;
	struct stage s;

	stage_open(&s);
	for (unsigned i = 0; i < PUSHES; i++) {
		/* m0 stays as it is: somebody must */
		pushes[i] = (struct lb_fault){
			.at_ms = 500 * i + chance_below(&chance, 400),
			.member = names[1 + chance_below(&chance, 3)],
			.kind = i % 3 == 0   ? LB_FAULT_WEIGHT
				: i % 3 == 1 ? LB_FAULT_REMOVED
					     : LB_FAULT_ADDED,
			.weight = chance_below(&chance, 300),
		};
		if (i % 3 == 2)
			pushes[i].member = pushes[i - 1].member;
	}
	struct lb_traffic *stay = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
	stay->connections = 200;
	stay->message_every_ms = SECOND;
	struct lb_traffic *web = stage_traffic(&s, LB_PROFILE_WEB);
	web->size_max = 100000;
	s.settings.faults = pushes;
	s.settings.fault_count = PUSHES;
	struct sim_record *r = play_world("19", &s, config, &tally);
	const struct sim_case *c = &r->cases[0];
	CU_ASSERT_EQUAL(dropped(c), 0);
	CU_ASSERT_EQUAL(c->clients.reset, 0);
	CU_ASSERT_EQUAL(c->clients.given_up, 0);
	CU_ASSERT_EQUAL(c->clients.retries, 0);
	(void)printf(
	    "\n    19: 200 plans in force one after another, %llu packets, "
	    "%llu dropped, %llu connections reset (pass: 0)\n  ",
	    (unsigned long long)tally.packets, (unsigned long long)dropped(c),
	    (unsigned long long)c->clients.reset);
	sim_record_free(r);
	s.settings.fault_count = 0;
	stage_close(&s);
}

/* --- 21 ------------------------------------------------------------------ */

/*
 * The control plane stands still for ten minutes and more: no probe comes by,
 * nothing is swept; meanwhile a member dies.  Pass: the path goes on with the
 * state it has, drops nothing, keeps every connection of the other members;
 * and the record shows that nobody noticed.
 */
static void
test_frozen(void)
{
	static const char config[] =
	    "load_balancer: { sku: fairlead }\n" FRONTENDS POOL_OF_4 "probes:\n"
	    "  - { name: t, protocol: tcp, port: 443, interval: 24h }\n"
	    "rules:\n"
	    "  - { name: web, frontend: one, pool: vms, protocol: tcp,\n"
	    "      frontend_port: 443, backend_port: 443, probe: t,\n"
	    "      idle_timeout: 4m }\n";
	struct witness_tally tally;
	struct stage s;

	stage_open(&s);
	s.scene.duration_ms = 12 * MINUTE;
	struct lb_traffic *stay = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
	stay->connections = 400;
	stay->message_every_ms = 10 * SECOND;
	(void)stage_fault(&s, 2 * MINUTE, "m1", LB_FAULT_CRASHED);
	struct sim_record *r = play_world("21", &s, config, &tally);
	const struct sim_case *c = &r->cases[0];
	CU_ASSERT_EQUAL(dropped(c), 0);
	CU_ASSERT_EQUAL(c->clients.reset, 0);
	CU_ASSERT_EQUAL_FATAL(c->failover_count, 1);
	CU_ASSERT_EQUAL(c->failovers[0].detected_ns, SIM_NO_TIME);
	CU_ASSERT_EQUAL(c->failovers[0].moved, 0);
	/* a quarter of the connections, or nearly */
	CU_ASSERT_TRUE(
	    c->failovers[0].broken > 60 && c->failovers[0].broken < 140);
	/* the other three go on to the end */
	CU_ASSERT_TRUE(c->clients.answered > 300 * 72 * 9 / 10);
	(void)printf(
	    "\n    21: frozen for 10 minutes: %llu packets, %llu dropped, "
	    "%llu flows moved (pass: 0); %llu broken at the dead member, "
	    "unnoticed\n  ",
	    (unsigned long long)tally.packets, (unsigned long long)dropped(c),
	    (unsigned long long)c->failovers[0].moved,
	    (unsigned long long)c->failovers[0].broken);
	sim_record_free(r);
	stage_close(&s);
}

/* --- 25 ------------------------------------------------------------------ */

/*
 * The path's clock has 32 bits of milliseconds: 49.7 days.  For 120 days ten
 * connections send something every three minutes, and others are silent for
 * 2^31, 2^32 ms and a bit more or less.  Pass: the ten are one connection each
 * (no mass expiry), of the others each return is another one (no entry lives
 * for ever).
 */
static void
test_rollover(void)
{
	static const char config[] =
	    "load_balancer: { sku: standard }\n" FRONTENDS POOL_OF_4 "rules:\n"
	    "  - { name: a, frontend: one, pool: vms, protocol: tcp,\n"
	    "      frontend_port: 80, backend_port: 8080 }\n"
	    "  - { name: b, frontend: two, pool: vms, protocol: tcp,\n"
	    "      frontend_port: 80, backend_port: 8081 }\n";
	static const uint64_t silences[] = { UINT64_C(1) << 31,
		UINT64_C(1) << 32, (UINT64_C(1) << 32) + 1000,
		(UINT64_C(1) << 32) - 1000, (UINT64_C(1) << 31) - 1000,
		(UINT64_C(1) << 31) + 1000, (UINT64_C(1) << 33) };
	const uint64_t end_ms = 120 * 24 * HOUR;
	uint64_t next[LB_COUNT(silences)];
	unsigned returns = 0;
	struct scene s;

	scene_open(&s);
	for (size_t i = 0; i < LB_COUNT(silences); i++)
		next[i] = 12345 * i;
	for (uint64_t at_ms = 0; at_ms < end_ms; at_ms += 3 * MINUTE) {
		for (size_t i = 0; i < LB_COUNT(silences); i++) {
			struct frame_spec p =
			    packet_to(1, (uint16_t)(50000 + i), 0);
			if (next[i] >= at_ms)
				continue;
			add(&s, next[i], &p, LB_TCP_ACK, false);
			next[i] += silences[i];
			returns++;
		}
		for (unsigned i = 0; i < 10; i++) {
			struct frame_spec p =
			    packet_to(0, (uint16_t)(40000 + i), 0);
			/* answered and open after the first round */
			add(&s, at_ms, &p, at_ms == 0 ? LB_TCP_SYN : LB_TCP_ACK,
			    false);
			add(&s, at_ms, &p, LB_TCP_SYN | LB_TCP_ACK, true);
			add(&s, at_ms, &p, LB_TCP_ACK, false);
		}
	}
	struct witness *w = watch(&s.settings);
	struct sim_record *r = scene_play(&s, config);
	(void)dismiss("25", w);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].connections, 10);
	CU_ASSERT_EQUAL(r->cases[0].rules[1].connections, returns);
	(void)printf(
	    "\n    25: 120 days: 10 busy flows were %llu connections (pass: "
	    "10), %u returns %llu (pass: %u)\n  ",
	    (unsigned long long)r->cases[0].rules[0].connections, returns,
	    (unsigned long long)r->cases[0].rules[1].connections, returns);
	sim_record_free(r);
	scene_close(&s);
}

/* --- 27 ------------------------------------------------------------------ */

#define SWIZZLES 40u /* seeds; FAIRLEAD_SEEDS: more */
#define CLOGGED  6u  /* members at most, of 8 */

static const char swizzle_config[] =
    "load_balancer: { sku: fairlead }\n" FRONTENDS "pools:\n"
    "  - name: vms\n"
    "    members:\n"
    "      - { name: s0, address: 10.0.1.4 }\n"
    "      - { name: s1, address: 10.0.1.5 }\n"
    "      - { name: s2, address: 10.0.1.6 }\n"
    "      - { name: s3, address: 10.0.1.7 }\n"
    "      - { name: s4, address: 10.0.1.8 }\n"
    "      - { name: s5, address: 10.0.1.9 }\n"
    "      - { name: s6, address: 10.0.1.10 }\n"
    "      - { name: s7, address: 10.0.1.11 }\n"
    "probes:\n"
    "  - { name: t, protocol: http, port: 443, interval: 2s,\n"
    "      probe_threshold: 2, request_path: / }\n"
    "rules:\n"
    "  - { name: web, frontend: one, pool: vms, protocol: tcp,\n"
    "      frontend_port: 443, backend_port: 443, probe: t,\n"
    "      idle_timeout: 4m, table_size: 1009 }\n"
    "  - { name: dns, frontend: one, pool: vms, protocol: udp,\n"
    "      frontend_port: 53, backend_port: 53, probe: t,\n"
    "      connection_tracking: true, idle_timeout: 1m,\n"
    "      table_size: 1009 }\n"
    "connection_table: { entries: 5000 }\n";

/* A random subset is stopped one by one, and comes back in another order. */
static unsigned
swizzle(struct chance *c, struct lb_fault *faults)
{
	static char names[8][4] = { "s0", "s1", "s2", "s3", "s4", "s5", "s6",
		"s7" };
	static const enum lb_fault_kind kinds[] = { LB_FAULT_CRASHED,
		LB_FAULT_HANGING, LB_FAULT_OFF, LB_FAULT_REFUSING };
	const unsigned count = chance_between(c, 1, CLOGGED);
	unsigned order[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };

	for (unsigned i = 7; i > 0; i--) {
		unsigned j = chance_below(c, i + 1), was = order[i];
		order[i] = order[j];
		order[j] = was;
	}
	for (unsigned i = 0; i < count; i++)
		faults[i] = (struct lb_fault){
			.at_ms = 10 * SECOND + 2 * SECOND * i +
				 chance_below(c, 2000),
			.member = names[order[i]],
			.kind = kinds[chance_below(c, LB_COUNT(kinds))],
		};
	for (unsigned i = count - 1; i > 0; i--) {
		unsigned j = chance_below(c, i + 1), was = order[i];
		order[i] = order[j];
		order[j] = was;
	}
	for (unsigned i = 0; i < count; i++)
		faults[count + i] = (struct lb_fault){
			.at_ms = 30 * SECOND + 2 * SECOND * i +
				 chance_below(c, 2000),
			.member = names[order[i]],
			.kind = LB_FAULT_UP,
		};
	return 2 * count;
}

/*
 * Swizzle-clog (FoundationDB): a random subset of the members falls silent,
 * hangs or refuses, one after another, and returns in another order.  Pass: a
 * flow has one member at a time (the witness), and when all are back, all are
 * in rotation again and nothing is lost any more.  (In a table without room
 * for all of them, those without an entry move back with the pool: then a
 * connection that was silent for long may still break later.)
 */
struct clogged {
	uint64_t packets, moved, broken, late;
};

static void
add_clogged(struct clogged *sum, const struct sim_record *r)
{
	const struct sim_case *c = &r->cases[0];

	for (size_t i = 0; i < c->failover_count; i++) {
		const struct sim_failover *f = &c->failovers[i];
		UNIT_ROW("27, back", f->detected_ns == SIM_NO_TIME ||
					 f->restored_ns != SIM_NO_TIME);
		sum->moved += f->moved;
		sum->broken += f->broken;
	}
	for (size_t b = 0; b < c->harm_count; b++)
		if (b * r->bin_ns >= 60 * SECOND * LB_NS_PER_MS)
			sum->late += c->harms[b].lost + c->harms[b].broken;
}

static void
clog_some(unsigned long seed, struct clogged *sum)
{
	struct chance chance = { seed };
	struct lb_fault faults[2 * CLOGGED];
	struct witness_tally tally;
	struct stage s;

	stage_open(&s);
	s.settings.seed = seed;
	/* who waits for an answer from a dead one waits a minute */
	s.scene.duration_ms = 3 * MINUTE;
	s.settings.faults = faults;
	s.settings.fault_count = swizzle(&chance, faults);
	struct lb_traffic *web = stage_traffic(&s, LB_PROFILE_WEB);
	web->rate = 5 * LB_SCENE_ONE;
	web->size_max = 20000;
	struct lb_traffic *dns = stage_traffic(&s, LB_PROFILE_DNS);
	dns->rate = 20 * LB_SCENE_ONE;
	struct sim_record *r = play_world("27", &s, swizzle_config, &tally);
	add_clogged(sum, r);
	sum->packets += tally.packets;
	sim_record_free(r);
	s.settings.fault_count = 0;
	stage_close(&s);
}

static void
test_swizzle(void)
{
	const char *asked = getenv("FAIRLEAD_SEEDS");
	const unsigned long seeds =
	    asked != NULL ? strtoul(asked, NULL, 10) : SWIZZLES;
	struct clogged all = { 0 };

	for (unsigned long seed = 1; seed <= seeds; seed++)
		clog_some(seed, &all);
	CU_ASSERT_EQUAL(all.late, 0);
	CU_ASSERT_TRUE(all.moved > 0 && all.broken > 0);
	(void)printf(
	    "\n    27: %lu seeds, %llu packets: %llu flows moved, %llu broken; "
	    "a minute in, with all back, %llu lost or broken (pass: 0)\n  ",
	    seeds, (unsigned long long)all.packets,
	    (unsigned long long)all.moved, (unsigned long long)all.broken,
	    (unsigned long long)all.late);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "10: SYN flood", test_syn_flood },
		{ "11: a full table and rare keepalives", test_full_table },
		{ "12: idle beyond the timeout", test_idle },
		{ "13: ports used again", test_ports },
		{ "14: mid-flow packets first", test_mid_flow },
		{ "19: configuration pushed in traffic", test_config_push },
		{ "21: control plane frozen", test_frozen },
		{ "25: clock rollover", test_rollover },
		{ "27: swizzle-clog", test_swizzle },
		CU_TEST_INFO_NULL,
	};

	return unit_main("anchors, in a world", tests);
}
