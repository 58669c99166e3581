/* SPDX-License-Identifier: MIT */
/* What faults do to flows: design.md 8's definitions, and how many flows move
 * (simulation.md C.6). */
#include <stdlib.h>
#include <string.h>

#include "model/scenario/fault.h"
#include "tests/sim/scene.h"
#include "tests/unit.h"

#define MEMBERS  5u
#define FLOWS    2000u
#define FRONTEND FRAME_V4(203, 0, 113, 10)
#define NS_S     UINT64_C(1000000000)

#define CONFIG(sku, algorithm, more)                                           \
	"load_balancer: { sku: " sku " }\n"                                    \
	"frontends:\n"                                                         \
	"  - { name: web, address: 203.0.113.10 }\n"                           \
	"pools:\n"                                                             \
	"  - name: vms\n"                                                      \
	"    members:\n"                                                       \
	"      - { name: m0, address: 10.0.0.4 }\n"                            \
	"      - { name: m1, address: 10.0.0.5 }\n"                            \
	"      - { name: m2, address: 10.0.0.6 }\n"                            \
	"      - { name: m3, address: 10.0.0.7 }\n"                            \
	"      - { name: m4, address: 10.0.0.8 }\n"                            \
	"probes:\n"                                                            \
	"  - { name: t, protocol: tcp, port: 1, interval: 5s }\n"              \
	"rules:\n"                                                             \
	"  - { name: http, frontend: web, pool: vms, protocol: tcp,\n"         \
	"      frontend_port: 80, probe: t, algorithm: " algorithm more " }\n" \
	"  - { name: coap, frontend: web, pool: vms, protocol: udp,\n"         \
	"      frontend_port: 5683, probe: t, algorithm: " algorithm more      \
	" }\n"

#define TRACK ", connection_tracking: true"

static struct frame_spec
request(unsigned flow, uint8_t proto, uint8_t flags)
{
	return (struct frame_spec){ .src = FRAME_V4(192, 0, 2, 1 + flow / 500),
		.dst = FRONTEND,
		.proto = proto,
		.sport = (uint16_t)(10000 + flow % 500 * 97),
		.dport = proto == LB_PROTO_TCP ? 80 : 5683,
		.tcp_flags = flags };
}

static struct frame_spec
answer_to(const struct frame_spec *p, uint8_t flags)
{
	struct frame_spec answer = *p;

	answer.src = p->dst;
	answer.dst = p->src;
	answer.sport = p->dport;
	answer.dport = p->sport;
	answer.tcp_flags = flags;
	return answer;
}

static struct sim_record *
play(struct scene *s, const char *config, const struct lb_fault *faults,
    size_t count)
{
	s->settings.faults = faults;
	s->settings.fault_count = count;
	s->settings.seed = 1;
	struct sim_record *r = scene_play(s, config);
	UNIT_NEED(r);
	return r;
}

/* --- how many flows move ------------------------------------------------- */

/* clang-format off */
static const struct remap {
	const char *what, *config;
	/* shares of all flows: moved; of the survivors' flows: needlessly */
	double moved, needless, excess_max;
} remaps[] = {
	{ "modulo", CONFIG("fairlead", "modulo", ""), 0.8, 0.75, 0.0 },
	{ "maglev", CONFIG("fairlead", "maglev", ""), 0.2, 0.0, 0.02 },
	{ "rendezvous", CONFIG("fairlead", "rendezvous", ""), 0.2, 0.0, 0.0 },
	{ "stable", CONFIG("fairlead", "stable", ""), 0.2, 0.0, 0.0 },
};
/* clang-format on */

static void
test_remap(void)
{
	struct scene s;
	char name[] = "m2";
	const struct lb_fault fault = {
		.at_ms = 2000, .member = name, .kind = LB_FAULT_REFUSING
	};
	const double margin = 4 * 0.5 / 44.7; /* 4 sd of a share of 2,000 */

	scene_open(&s);
	for (uint64_t ms = 0; ms <= 20000; ms += 20000)
		for (unsigned i = 0; i < FLOWS; i++) {
			struct frame_spec p = request(i, LB_PROTO_UDP, 0);
			scene_add(&s, ms, &p);
		}
	for (size_t i = 0; i < LB_COUNT(remaps); i++) {
		const struct remap *row = &remaps[i];
		struct sim_record *r = play(&s, row->config, &fault, 1);
		const struct sim_case *c = &r->cases[0];
		CU_ASSERT_EQUAL_FATAL(c->failover_count, 1);
		const struct sim_failover *f = &c->failovers[0];
		CU_ASSERT_EQUAL_FATAL(c->rules[1].backend_count, MEMBERS);
		double survivors =
		    FLOWS - (double)c->rules[1].backends[2].flows;
		double moved = (double)f->moved / FLOWS;
		double needless = (double)f->needless / survivors;
		UNIT_EQUAL(row->what, f->moved - f->needless,
		    c->rules[1].backends[2].flows);
		UNIT_ROW(row->what,
		    moved > row->moved - margin &&
			moved < row->moved + margin + row->excess_max);
		UNIT_ROW(row->what,
		    needless >= row->needless - margin &&
			needless <= row->needless + row->excess_max +
					(row->needless > 0 ? margin : 0));
		UNIT_EQUAL(row->what, f->lost, 0);
		UNIT_EQUAL(row->what, f->broken, 0);
		UNIT_EQUAL(row->what, f->rerouted_ns, 18 * NS_S);
		UNIT_ROW(row->what, f->detected_ns <= 5 * NS_S);
		UNIT_ROW(row->what, !r->deterministic && r->events > 0);
		sim_record_free(r);
	}
	scene_close(&s);
}

/* --- one connection ------------------------------------------------------ */

/* An open connection, a packet each second until 30 s, each answered. */
static void
add_connection(struct scene *s, uint8_t proto)
{
	bool tcp = proto == LB_PROTO_TCP;
	struct frame_spec p = request(0, proto, LB_TCP_SYN);
	struct frame_spec a = answer_to(&p, LB_TCP_SYN | LB_TCP_ACK);

	for (uint64_t second = 0; second <= 30; second++) {
		scene_add(s, second * 1000, &p);
		scene_add(s, second * 1000 + 1, &a);
		p.tcp_flags = tcp ? LB_TCP_ACK : 0;
		a.tcp_flags = p.tcp_flags;
	}
}

/* Whose it is when nothing happens. */
static void
find_member(struct scene *s, const char *config, char name[8])
{
	struct sim_record *r = play(s, config, NULL, 0);

	CU_ASSERT_EQUAL(r->cases[0].failover_count, 0);
	CU_ASSERT_TRUE(r->deterministic);
	CU_ASSERT_EQUAL(r->events, 0);
	for (size_t i = 0; i < r->cases[0].rule_count; i++)
		if (r->cases[0].rules[i].packets > 0)
			(void)snprintf(name, 8, "%s",
			    scene_backend(&r->cases[0].rules[i])->name);
	sim_record_free(r);
}

/* clang-format off */
static const struct effect {
	const char *what, *config;
	uint8_t proto;
	enum lb_fault_kind fault; /* at 10.5 s, to the flow's own member */
	uint64_t moved, broken;
	bool lost, suppressed; /* until the end; UDP until it is detected */
} effects[] = {
	{ "TCP stays with a crashed member", CONFIG("fairlead", "maglev", ""),
	    LB_PROTO_TCP, LB_FAULT_CRASHED, 0, 1, true, true },
	{ "TCP stays with a refusing member", CONFIG("fairlead", "maglev", ""),
	    LB_PROTO_TCP, LB_FAULT_REFUSING, 0, 1, true, true },
	{ "a hanging member gets its packets",
	    CONFIG("fairlead", "maglev", ""), LB_PROTO_TCP, LB_FAULT_HANGING,
	    0, 0, false, true },
	{ "an http-error breaks nothing", CONFIG("fairlead", "maglev", ""),
	    LB_PROTO_TCP, LB_FAULT_HTTP_ERROR, 0, 0, false, false },
	{ "admin down keeps TCP", CONFIG("fairlead", "maglev", ""),
	    LB_PROTO_TCP, LB_FAULT_ADMIN_DOWN, 0, 0, false, false },
	{ "admin down moves UDP", CONFIG("fairlead", "maglev", ""),
	    LB_PROTO_UDP, LB_FAULT_ADMIN_DOWN, 1, 0, false, false },
	{ "drained keeps TCP", CONFIG("fairlead", "stable", ""),
	    LB_PROTO_TCP, LB_FAULT_WEIGHT, 0, 0, false, false },
	{ "drained moves UDP", CONFIG("fairlead", "stable", ""),
	    LB_PROTO_UDP, LB_FAULT_WEIGHT, 1, 0, false, false },
	{ "drained keeps tracked UDP", CONFIG("fairlead", "stable", TRACK),
	    LB_PROTO_UDP, LB_FAULT_WEIGHT, 0, 0, false, false },
	{ "removed keeps TCP", CONFIG("fairlead", "stable", ""),
	    LB_PROTO_TCP, LB_FAULT_REMOVED, 0, 0, false, false },
	{ "removed moves UDP", CONFIG("fairlead", "stable", ""),
	    LB_PROTO_UDP, LB_FAULT_REMOVED, 1, 0, false, false },
	{ "removed moves tracked UDP", CONFIG("fairlead", "stable", TRACK),
	    LB_PROTO_UDP, LB_FAULT_REMOVED, 1, 0, false, false },
	{ "deaf, TCP", CONFIG("fairlead", "stable", ""), LB_PROTO_TCP,
	    LB_FAULT_DEAF, 0, 1, true, true },
	{ "deaf, and netcat answers for it", CONFIG("fairlead", "stable", ""),
	    LB_PROTO_UDP, LB_FAULT_DEAF, 0, 0, true, true },
	{ "slow breaks nothing", CONFIG("fairlead", "stable", ""),
	    LB_PROTO_TCP, LB_FAULT_SLOW, 0, 0, false, false },
	{ "UDP moves when it is noticed", CONFIG("fairlead", "maglev", ""),
	    LB_PROTO_UDP, LB_FAULT_CRASHED, 1, 0, true, true },
};
/* clang-format on */

/* Of the packets of seconds 11 to 30: those before it is noticed, if it is. */
static uint64_t
packets_until(const struct sim_failover *f, bool moves)
{
	if (!moves)
		return 20;
	uint64_t at_ns = f->at_ns + f->detected_ns;
	return at_ns / NS_S - 10;
}

static void
check_effect(const struct effect *row)
{
	struct scene s;
	char name[8] = "";

	scene_open(&s);
	add_connection(&s, row->proto);
	find_member(&s, row->config, name);
	const struct lb_fault fault = {
		.at_ms = 10500, .member = name, .kind = row->fault
	};
	struct sim_record *r = play(&s, row->config, &fault, 1);
	const struct sim_case *c = &r->cases[0];
	UNIT_EQUAL(row->what, c->failover_count, 1);
	const struct sim_failover *f = &c->failovers[0];
	uint64_t packets = packets_until(f, row->moved > 0);
	UNIT_EQUAL(row->what, f->at_ns, 10500 * LB_NS_PER_MS);
	UNIT_ROW(row->what, strcmp(f->member, name) == 0);
	UNIT_EQUAL(row->what, f->moved, row->moved);
	UNIT_EQUAL(row->what, f->needless, 0);
	UNIT_EQUAL(row->what, f->broken, row->broken);
	UNIT_EQUAL(row->what, f->lost, row->lost ? packets : 0);
	UNIT_EQUAL(
	    row->what, c->reply_suppressed, row->suppressed ? packets : 0);
	sim_record_free(r);
	scene_close(&s);
}

static void
test_effects(void)
{
	for (size_t i = 0; i < LB_COUNT(effects); i++)
		check_effect(&effects[i]);
}

/* --- there and back ------------------------------------------------------ */

/* A connection that its server forgot stays broken when the server is back. */
static void
test_tcp_back(void)
{
	static const char config[] = CONFIG("fairlead", "maglev", "");
	struct scene s;
	char name[8] = "";

	scene_open(&s);
	add_connection(&s, LB_PROTO_TCP);
	find_member(&s, config, name);
	const struct lb_fault faults[] = {
		{ .at_ms = 10500, .member = name, .kind = LB_FAULT_CRASHED },
		{ .at_ms = 12500, .member = name, .kind = LB_FAULT_UP }
	};
	struct sim_record *r = play(&s, config, faults, 2);
	const struct sim_case *c = &r->cases[0];
	CU_ASSERT_EQUAL(c->failovers[0].lost, 2);
	CU_ASSERT_EQUAL(c->failovers[0].broken, 1);
	CU_ASSERT_EQUAL(c->reply_suppressed, 20);
	sim_record_free(r);
	scene_close(&s);
}

/* A datagram flow goes away and comes back, both for a reason. */
static void
test_udp_back(void)
{
	static const char config[] = CONFIG("fairlead", "rendezvous", "");
	struct scene s;
	char name[8] = "";

	scene_open(&s);
	add_connection(&s, LB_PROTO_UDP);
	find_member(&s, config, name);
	const struct lb_fault faults[] = {
		{ .at_ms = 5500, .member = name, .kind = LB_FAULT_CRASHED },
		{ .at_ms = 18500, .member = name, .kind = LB_FAULT_UP }
	};
	struct sim_record *r = play(&s, config, faults, 2);
	const struct sim_failover *f = &r->cases[0].failovers[0];
	CU_ASSERT_TRUE(f->restored_ns > 13 * NS_S);
	CU_ASSERT_TRUE(f->restored_ns <= 18 * NS_S);
	CU_ASSERT_EQUAL(f->moved, 1); /* once is enough to count it */
	CU_ASSERT_EQUAL(f->needless, 0);
	/* it did come back */
	CU_ASSERT_TRUE(scene_backend(&r->cases[0].rules[1])->packets > 2 * 10);
	CU_ASSERT_STRING_EQUAL(
	    scene_backend(&r->cases[0].rules[1])->name, name);
	sim_record_free(r);
	scene_close(&s);
}

/* Who moves because another went, while his own member was away and back
 * between his packets, does not move needlessly. */
static void
test_changed_between(void)
{
	static const char config[] = CONFIG("fairlead", "modulo", "");
	struct scene s;
	char name[8] = "", other[4];
	unsigned moved = 0;

	scene_open(&s);
	add_connection(&s, LB_PROTO_UDP);
	find_member(&s, config, name);
	for (unsigned i = 0; i < MEMBERS; i++) {
		(void)snprintf(other, sizeof(other), "m%u", i);
		if (strcmp(other, name) == 0)
			continue;
		const struct lb_fault faults[] = {
			{ .at_ms = 10200,
			    .member = name,
			    .kind = LB_FAULT_ADMIN_DOWN },
			{ .at_ms = 10400,
			    .member = name,
			    .kind = LB_FAULT_ADMIN_NONE },
			{ .at_ms = 10600,
			    .member = other,
			    .kind = LB_FAULT_ADMIN_DOWN },
		};
		struct sim_record *r = play(&s, config, faults, 3);
		const struct sim_failover *f = r->cases[0].failovers;
		moved += f[1].moved == 1;
		CU_ASSERT_EQUAL(f[1].needless, 0);
		CU_ASSERT_EQUAL(f[0].restored_ns, 200 * LB_NS_PER_MS);
		sim_record_free(r);
		/* without that it was needless */
		r = play(&s, config, &faults[2], 1);
		CU_ASSERT_EQUAL(r->cases[0].failovers[0].needless,
		    r->cases[0].failovers[0].moved);
		sim_record_free(r);
	}
	CU_ASSERT_TRUE(moved > 0);
	scene_close(&s);
}

/* --- all down ------------------------------------------------------------ */

static void
test_nobody_left(void)
{
	struct scene s;
	char names[MEMBERS][4];
	struct lb_fault faults[MEMBERS + 1];

	for (unsigned i = 0; i < MEMBERS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "m%u", i);
		faults[i] = (struct lb_fault){ .at_ms = 10500,
			.member = names[i],
			.kind = LB_FAULT_REFUSING };
	}
	faults[MEMBERS] = (struct lb_fault){
		.at_ms = 20500, .member = names[3], .kind = LB_FAULT_UP
	};
	scene_open(&s);
	add_connection(&s, LB_PROTO_UDP);
	struct sim_record *r =
	    play(&s, CONFIG("fairlead", "maglev", ""), faults, MEMBERS + 1);
	const struct sim_case *c = &r->cases[0];
	CU_ASSERT_EQUAL_FATAL(c->failover_count, MEMBERS);
	const struct sim_failover *f = &c->failovers[3],
				  *last = &c->failovers[4];
	CU_ASSERT_NOT_EQUAL_FATAL(f->restored_ns, SIM_NO_TIME);
	CU_ASSERT_EQUAL(last->restored_ns, SIM_NO_TIME);
	uint64_t down_s = (f->at_ns + f->detected_ns) / NS_S;
	uint64_t up_s = (f->at_ns + f->restored_ns) / NS_S;
	CU_ASSERT_EQUAL(scene_drops(c, "no_healthy_backend"), up_s - down_s);
	/* from the fault until there is somebody again: all of them */
	CU_ASSERT_EQUAL(last->lost, up_s - 10);
	CU_ASSERT_EQUAL(c->reply_suppressed, up_s - 10);
	CU_ASSERT_EQUAL(c->rules[1].backend_count, MEMBERS); /* they all were */
	sim_record_free(r);
	scene_close(&s);
}

/* --- zones, instances ----------------------------------------------------- */

#define ZONES                                                                  \
	"frontends:\n"                                                         \
	"  - { name: zonal, address: 203.0.113.10, zones: [1] }\n"             \
	"  - { name: redundant, address: 203.0.113.11, zones: [1, 2] }\n"      \
	"pools:\n"                                                             \
	"  - { name: one, members: [{ name: a, address: 10.0.0.1, zone: 1 "    \
	"},\n"                                                                 \
	"      { name: b, address: 10.0.0.2, zone: 2 }] }\n"                   \
	"  - { name: two, members: [{ name: a, address: 10.0.0.1, zone: 1 "    \
	"},\n"                                                                 \
	"      { name: b, address: 10.0.0.2, zone: 2 }] }\n"                   \
	"probes:\n"                                                            \
	"  - { name: t, protocol: tcp, port: 1, interval: 5s }\n"              \
	"rules:\n"                                                             \
	"  - { name: z, frontend: zonal, pool: one, protocol: udp,\n"          \
	"      frontend_port: 53, probe: t }\n"                                \
	"  - { name: r, frontend: redundant, pool: two, protocol: udp,\n"      \
	"      frontend_port: 53, backend_port: 54, probe: t }\n"

/* A packet a second and flow to both frontends, each answered. */
static void
add_questions(struct scene *s, unsigned flows, unsigned seconds)
{
	for (unsigned second = 0; second < seconds; second++)
		for (unsigned i = 0; i < 2 * flows; i++) {
			struct frame_spec p = request(i / 2, LB_PROTO_UDP, 0);
			p.dport = 53;
			if (i % 2 != 0)
				p.dst =
				    (struct lb_addr)FRAME_V4(203, 0, 113, 11);
			struct frame_spec a = answer_to(&p, 0);
			scene_add(s, second * UINT64_C(1000), &p);
			scene_add(s, second * UINT64_C(1000) + 1, &a);
		}
}

/* The zonal frontend goes with its zone, whoever else could answer; the
 * redundant one moves to the other zone's member when that is noticed. */
static void
test_zone(void)
{
	struct scene s;
	const struct lb_fault faults[] = {
		{ .at_ms = 10500, .kind = LB_FAULT_ZONE_DOWN, .number = 1 },
		{ .at_ms = 30500, .kind = LB_FAULT_ZONE_UP, .number = 1 },
	};
	const unsigned flows = 40;

	scene_open(&s);
	add_questions(&s, flows, 50);
	s.settings.report = true;
	struct sim_record *r = play(&s, ZONES, faults, 2);
	const struct sim_case *c = &r->cases[0];
	const struct sim_failover *f = &c->failovers[0];
	uint64_t down_s = (f->at_ns + f->detected_ns) / NS_S;
	CU_ASSERT_EQUAL_FATAL(c->failover_count, 1);
	CU_ASSERT_STRING_EQUAL(f->member, "zone 1");
	/* 11 to 30 s */
	CU_ASSERT_EQUAL(c->unreachable, 20 * flows);
	CU_ASSERT_EQUAL(f->soonest_ns, 5 * NS_S);
	CU_ASSERT_EQUAL(f->latest_ns, 10 * NS_S);
	CU_ASSERT_TRUE(
	    f->detected_ns > f->soonest_ns && f->detected_ns <= f->latest_ns);
	CU_ASSERT_TRUE(f->rerouted_ns >= f->detected_ns &&
		       f->rerouted_ns < f->detected_ns + NS_S);
	CU_ASSERT_EQUAL(f->needless, 0);
	CU_ASSERT_EQUAL(f->window_ns, 49001 * LB_NS_PER_MS - f->at_ns);
	uint64_t his = c->rules[1].backends[0].flows;
	CU_ASSERT_TRUE(his > 5 && his < 35);
	CU_ASSERT_EQUAL(f->lost, 20 * flows + (down_s - 10) * his);
	CU_ASSERT_EQUAL(f->offered, 39 * 2 * flows);
	CU_ASSERT_EQUAL(c->reply_suppressed, f->lost);
	/* both frontends' flows of a: the zonal's when they get through
	 * again, for a is not back yet */
	CU_ASSERT_EQUAL(f->moved, his + c->rules[0].backends[0].flows);
	uint64_t lost = 0, offered = 0, moved = 0;
	CU_ASSERT_EQUAL(c->harm_count, r->bin_count);
	for (size_t i = 0; i < c->harm_count; i++) {
		lost += c->harms[i].lost;
		offered += c->harms[i].offered;
		moved += c->harms[i].moved;
	}
	CU_ASSERT_EQUAL(lost, f->lost);
	CU_ASSERT_EQUAL(offered, 50 * 2 * flows);
	CU_ASSERT_EQUAL(moved, f->moved);
	sim_record_free(r);
	scene_close(&s);
}

/* The only balancer restarts: all is lost meanwhile, nothing is broken. */
static void
test_restart(void)
{
	static const char config[] = CONFIG("fairlead", "stable", "");
	const struct lb_fault faults[] = {
		{ .at_ms = 10500, .kind = LB_FAULT_INSTANCE_DOWN, .number = 1 },
		{ .at_ms = 15500, .kind = LB_FAULT_INSTANCE_UP, .number = 1 },
	};
	struct scene s;

	scene_open(&s);
	add_connection(&s, LB_PROTO_TCP);
	struct sim_record *r = play(&s, config, faults, 2);
	const struct sim_case *c = &r->cases[0];
	CU_ASSERT_EQUAL(c->unreachable, 5);
	CU_ASSERT_EQUAL(c->reply_suppressed, 5);
	CU_ASSERT_EQUAL(c->failovers[0].lost, 5);
	CU_ASSERT_EQUAL(c->failovers[0].broken, 0);
	CU_ASSERT_EQUAL(c->failovers[0].moved, 0);
	CU_ASSERT_EQUAL(c->failovers[0].restored_ns, 5 * NS_S);
	CU_ASSERT_EQUAL(c->instance_count, 0); /* of several only */
	CU_ASSERT_EQUAL(c->rehomed, 0);
	CU_ASSERT_EQUAL(c->rules[0].connections, 2); /* a new entry */
	sim_record_free(r);
	scene_close(&s);
}

/* --- later faults --------------------------------------------------------- */

/* What is broken is not broken again by what befalls somebody else. */
static void
test_broken_once(void)
{
	static const char config[] = CONFIG("fairlead", "maglev", "");
	char own[8] = "", other[] = "m0";
	struct scene s;

	scene_open(&s);
	add_connection(&s, LB_PROTO_TCP);
	find_member(&s, config, own);
	other[1] = own[1] == '0' ? '1' : '0';
	const struct lb_fault faults[] = {
		{ .at_ms = 10500, .member = own, .kind = LB_FAULT_CRASHED },
		{ .at_ms = 20500, .member = other, .kind = LB_FAULT_CRASHED },
	};
	struct sim_record *r = play(&s, config, faults, 2);
	CU_ASSERT_EQUAL_FATAL(r->cases[0].failover_count, 2);
	CU_ASSERT_EQUAL(r->cases[0].failovers[0].broken, 1);
	CU_ASSERT_EQUAL(r->cases[0].failovers[1].broken, 0);
	sim_record_free(r);
	scene_close(&s);
}

/* A connection was closed; the next one of that port is another one, and not
 * moved when it goes to who is left. */
static void
test_begun_anew(void)
{
	static const char config[] = CONFIG("fairlead", "maglev", "");
	static const struct {
		const char *what;
		uint8_t client, server; /* how it ends */
	} rows[] = {
		{ "both", LB_TCP_FIN | LB_TCP_ACK, LB_TCP_FIN | LB_TCP_ACK },
		{ "a client's reset", LB_TCP_RST, 0 },
		{ "a server's reset", LB_TCP_ACK, LB_TCP_RST },
	};
	char own[8] = "";
	struct frame_spec p = request(0, LB_PROTO_TCP, LB_TCP_SYN);
	struct frame_spec a = answer_to(&p, LB_TCP_SYN | LB_TCP_ACK);

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct scene s;
		scene_open(&s);
		p.tcp_flags = LB_TCP_SYN;
		a.tcp_flags = LB_TCP_SYN | LB_TCP_ACK;
		scene_add(&s, 0, &p);
		scene_add(&s, 1, &a);
		p.tcp_flags = rows[i].client;
		a.tcp_flags = rows[i].server;
		scene_add(&s, 1000, &p);
		if (rows[i].server != 0)
			scene_add(&s, 1001, &a);
		p.tcp_flags = LB_TCP_SYN;
		scene_add(&s, 60000, &p);
		find_member(&s, config, own);
		const struct lb_fault fault = {
			.at_ms = 10000, .member = own, .kind = LB_FAULT_REFUSING
		};
		struct sim_record *r = play(&s, config, &fault, 1);
		const struct sim_failover *f = &r->cases[0].failovers[0];
		UNIT_EQUAL(rows[i].what, f->rerouted_ns, 50 * NS_S);
		UNIT_EQUAL(rows[i].what, f->moved, 0);
		UNIT_EQUAL(rows[i].what, f->broken, 0);
		sim_record_free(r);
		scene_close(&s);
	}
}

/* Packets that a dead member gets are lost by what killed it, whatever has
 * befallen others since; where others are is found for every failover. */
static void
test_blame(void)
{
	static const char config[] = CONFIG("fairlead", "maglev", "");
	char own[8] = "", other[] = "m0";
	struct scene s;

	scene_open(&s);
	add_connection(&s, LB_PROTO_TCP); /* 20 packets after 10.5 s */
	find_member(&s, config, own);
	other[1] = own[1] == '0' ? '1' : '0';
	const struct lb_fault faults[] = {
		{ .at_ms = 10500, .member = own, .kind = LB_FAULT_REFUSING },
		{ .at_ms = 10600, .member = other, .kind = LB_FAULT_CRASHED },
	};
	for (unsigned i = 0; i < 100; i++) {
		struct frame_spec p = request(1 + i, LB_PROTO_UDP, 0);
		scene_add(&s, 31000, &p);
	}
	struct sim_record *r = play(&s, config, faults, 2);
	CU_ASSERT_EQUAL_FATAL(r->cases[0].failover_count, 2);
	const struct sim_failover *f = r->cases[0].failovers;
	CU_ASSERT_EQUAL(f[0].lost, 20);
	CU_ASSERT_EQUAL(f[0].offered, 20);
	CU_ASSERT_EQUAL(f[0].broken, 1);
	CU_ASSERT_EQUAL(f[1].lost, 0);
	CU_ASSERT_EQUAL(f[1].offered, 100);
	CU_ASSERT_EQUAL(f[1].broken, 0);
	CU_ASSERT_EQUAL(f[0].rerouted_ns, 20500 * LB_NS_PER_MS);
	CU_ASSERT_EQUAL(f[1].rerouted_ns, 20400 * LB_NS_PER_MS);
	sim_record_free(r);
	scene_close(&s);
}

/* Where all are down and get flows all the same, there is no elsewhere. */
static void
test_nowhere_else(void)
{
	struct lb_fault faults[MEMBERS];
	char names[MEMBERS][4];
	struct scene s;

	scene_open(&s);
	add_connection(&s, LB_PROTO_UDP);
	for (unsigned spared = 0; spared <= 1; spared++) {
		for (unsigned i = 0; i < MEMBERS; i++) {
			(void)snprintf(names[i], sizeof(names[i]), "m%u", i);
			faults[i] = (struct lb_fault){ .at_ms = 10500,
				.member = names[i],
				.kind = LB_FAULT_REFUSING };
		}
		struct frame_spec p = request(1, LB_PROTO_UDP, 0);
		scene_add(&s, 31000 + spared, &p);
		struct sim_record *r = play(&s,
		    CONFIG("fairlead", "maglev",
			", no_healthy_backends: all-probed-up"),
		    faults, MEMBERS - spared);
		const struct sim_case *c = &r->cases[0];
		for (size_t i = 0; i < c->failover_count; i++)
			CU_ASSERT_EQUAL(
			    c->failovers[i].rerouted_ns == SIM_NO_TIME,
			    spared == 0);
		sim_record_free(r);
	}
	scene_close(&s);
}

/* The end is no part of a scene. */
static void
test_at_the_end(void)
{
	static const char config[] = CONFIG("fairlead", "maglev", "");
	struct lb_scene around = lb_scene_defaults();
	char name[] = "m0";
	struct scene s;

	around.duration_ms = 40000;
	scene_open(&s);
	add_connection(&s, LB_PROTO_TCP);
	s.settings.scene = &around;
	for (uint64_t early = 0; early <= 1; early++) {
		const struct lb_fault fault = { .at_ms = 40000 - early,
			.member = name,
			.kind = LB_FAULT_CRASHED };
		struct sim_record *r = play(&s, config, &fault, 1);
		CU_ASSERT_EQUAL(r->cases[0].failover_count, early);
		sim_record_free(r);
	}
	scene_close(&s);
}

/* --- anything ------------------------------------------------------------- */

static uint64_t
next(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1;
	return *state >> 33;
}

static void
draw_faults(uint64_t seed, struct lb_fault *faults, size_t count)
{
	static char names[2][2] = { "a", "b" };
	uint64_t state = seed;

	for (size_t i = 0; i < count; i++) {
		enum lb_fault_kind kind =
		    (enum lb_fault_kind)(next(&state) % LB_FAULT_COUNT);
		faults[i] = (struct lb_fault){
			.at_ms = next(&state) % 50000,
			.kind = kind,
			.factor = next(&state) % 100000000,
			.period_ms = next(&state) % 20000,
			.weight = (uint32_t)(next(&state) % 4) * 50,
			.number = 1 + (uint32_t)(next(&state) % 2),
		};
		if (lb_fault_subject(kind) == LB_FAULT_OF_SERVER ||
		    lb_fault_subject(kind) == LB_FAULT_OF_CONFIG)
			faults[i].member = names[next(&state) % 2];
	}
}

static char *save(const struct sim_record *r, size_t *bytes);

/* Any faults at all: packets are accounted for, what is counted adds up, and
 * the same again is the same. */
static void
test_anything(void)
{
	struct lb_failures failures = { .kind = LB_FAULT_REFUSING,
		.mean_up_ms = 20000,
		.mean_down_ms = 3000 };
	struct lb_scene around = lb_scene_defaults();
	struct lb_fault faults[12];
	struct scene s;

	around.instances = 3;
	around.failures = &failures;
	scene_open(&s);
	add_questions(&s, 15, 50);
	s.settings.scene = &around;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		size_t bytes, again_bytes;
		around.ecmp = (enum lb_ecmp)(seed % 2);
		around.failure_count = seed % 3 == 0;
		around.members_start_unknown = seed % 5 == 0;
		s.settings.report = seed % 2 == 0;
		draw_faults(seed, faults, LB_COUNT(faults));
		struct sim_record *r =
		    play(&s, ZONES, faults, LB_COUNT(faults));
		const struct sim_case *c = &r->cases[0];
		CU_ASSERT_TRUE(c->rehomed_broken <= c->rehomed_moved);
		CU_ASSERT_TRUE(c->rehomed_moved <= c->rehomed);
		for (size_t i = 0; i < c->failover_count; i++) {
			const struct sim_failover *f = &c->failovers[i];
			CU_ASSERT_TRUE(f->lost <= f->offered);
			CU_ASSERT_TRUE(f->needless <= f->moved);
			CU_ASSERT_TRUE(f->soonest_ns <= f->latest_ns);
			if (f->detected_ns != SIM_NO_TIME &&
			    f->restored_ns != SIM_NO_TIME)
				CU_ASSERT_TRUE(
				    f->detected_ns <= f->restored_ns);
		}
		struct sim_record *r2 =
		    play(&s, ZONES, faults, LB_COUNT(faults));
		char *data = save(r, &bytes), *again = save(r2, &again_bytes);
		CU_ASSERT_EQUAL_FATAL(bytes, again_bytes);
		CU_ASSERT_EQUAL(memcmp(data, again, bytes), 0);
		free(data), free(again);
		sim_record_free(r), sim_record_free(r2);
	}
	scene_close(&s);
}

/* --- the record ---------------------------------------------------------- */

static char *
save(const struct sim_record *r, size_t *bytes)
{
	char *data = NULL;
	FILE *to = open_memstream(&data, bytes);

	UNIT_NEED(to);
	CU_ASSERT_EQUAL(sim_record_save(r, to), 0);
	CU_ASSERT_EQUAL(fclose(to), 0);
	return data;
}

/* The same twice, other phases with another seed, and there and back. */
static void
test_record(void)
{
	struct scene s;
	char name[] = "backend-2", error[128];
	const struct lb_fault faults[] = {
		{ .at_ms = 3000, .member = name, .kind = LB_FAULT_ADMIN_DOWN },
		{ .at_ms = 3000, .member = name, .kind = LB_FAULT_ADMIN_NONE }
	};
	size_t bytes, again_bytes, back_bytes;

	scene_open(&s);
	add_connection(&s, LB_PROTO_TCP);
	struct sim_record *r = play(&s, NULL, faults, 2);
	struct sim_record *r2 = play(&s, NULL, faults, 2);
	char *data = save(r, &bytes), *again = save(r2, &again_bytes);
	CU_ASSERT_EQUAL_FATAL(bytes, again_bytes);
	CU_ASSERT_EQUAL(memcmp(data, again, bytes), 0);
	CU_ASSERT_EQUAL(r->cases[2].failover_count, 1);
	/* faults are told once for all cases; START and END are there, too */
	CU_ASSERT_EQUAL_FATAL(r->log_count, 4);
	CU_ASSERT_STRING_EQUAL(r->log[1].what, "admin-down");
	CU_ASSERT_STRING_EQUAL(r->log[2].what, "admin-none");
	FILE *from = fmemopen(data, bytes, "r");
	UNIT_NEED(from);
	struct sim_record *back = sim_record_load(from, error, sizeof(error));
	UNIT_NEED(back);
	CU_ASSERT_EQUAL(fclose(from), 0);
	char *saved = save(back, &back_bytes);
	CU_ASSERT_EQUAL_FATAL(bytes, back_bytes);
	CU_ASSERT_EQUAL(memcmp(data, saved, bytes), 0);
	CU_ASSERT_STRING_EQUAL(back->cases[0].failovers[0].member, name);
	free(saved), free(data), free(again);
	sim_record_free(back), sim_record_free(r), sim_record_free(r2);
	scene_close(&s);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "how many flows move", test_remap },
		{ "one connection", test_effects },
		{ "TCP, there and back", test_tcp_back },
		{ "UDP, there and back", test_udp_back },
		{ "changed between packets", test_changed_between },
		{ "nobody left", test_nobody_left },
		{ "a zone", test_zone },
		{ "a balancer restarts", test_restart },
		{ "broken once", test_broken_once },
		{ "a connection begun anew", test_begun_anew },
		{ "who is to blame", test_blame },
		{ "nowhere else", test_nowhere_else },
		{ "a fault at the end", test_at_the_end },
		{ "anything", test_anything },
		{ "the record", test_record },
		CU_TEST_INFO_NULL,
	};

	return unit_main("faults", tests);
}
