/* SPDX-License-Identifier: MIT */
/* The synthetic world: many clients, when they come and whom they ask; what is
 * counted and what is the same in every case.  One connection, packet by
 * packet: test_world_tcp.c. */
#include <string.h>

#include "sim/run/run.h"
#include "tests/sim/scene.h"
#include "tests/sim/stage.h"
#include "tests/unit.h"

#define MS_NS UINT64_C(1000000)
#define S_NS  UINT64_C(1000000000)

static char stay[] = "stay"; /* the rule for TCP 443 */

/* --- many ---------------------------------------------------------------- */

static void
some_web(struct stage *s)
{
	struct lb_traffic *t = stage_traffic(s, LB_PROFILE_WEB);

	t->rate = 50 * LB_SCENE_ONE;
	t->clients = 50;
	t->size_max = 1000000;
}

static uint64_t
unfinished(const struct sim_clients *c)
{
	return c->requests - c->answered - c->given_up;
}

/* Loss, jitter and slow servers: what is asked is answered or given up. */
static void
test_loss(void)
{
	struct stage s;

	stage_open(&s);
	some_web(&s);
	s.scene.duration_ms = 1000000;
	s.traffic[0].stop_ms = 50000;
	s.scene.client_link.loss = 50000;
	s.scene.client_link.jitter_ns = 10 * MS_NS;
	s.scene.member_link.loss = 10000;
	struct lb_server *server = stage_server(&s);
	server->service_ns = 5 * MS_NS;
	server->distribution = LB_SERVICE_EXPONENTIAL;
	server->concurrency = 10;
	struct sim_record *r = stage_play(&s, NULL);
	const struct sim_clients *c = &r->cases[0].clients;
	CU_ASSERT_TRUE(c->requests > 5000);
	CU_ASSERT_TRUE(c->retries > c->requests / 20);
	CU_ASSERT_TRUE(c->answered > c->requests * 99 / 100);
	CU_ASSERT_TRUE(c->link_lost > 0);
	UNIT_EQUAL("unfinished", unfinished(c), 0);
	sim_record_free(r);
	stage_close(&s);
}

/* Who thinks for ever is never heard of again; nor does time run back. */
static void
test_long_thought(void)
{
	struct stage s;

	stage_open(&s);
	struct lb_traffic *t = stage_request(&s);
	t->rate = 1000 * LB_SCENE_ONE;
	t->stop_ms = 1000;
	t->requests = 50 * LB_SCENE_ONE;
	t->think_ms = UINT64_C(3153600000000); /* 100 years */
	struct sim_record *r = stage_play(&s, NULL);
	CU_ASSERT_EQUAL(r->cases[0].clients.answered, 1000);
	CU_ASSERT_EQUAL(r->cases[0].clients.requests, 1000);
	sim_record_free(r);
	stage_close(&s);
}

/* One address has 28,232 ports: who finds none of them free gives up. */
static void
test_no_port(void)
{
	struct stage s;

	stage_open(&s);
	s.scene.duration_ms = 10000;
	struct lb_traffic *t = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
	t->connections = 28332;
	t->clients = 1;
	t->ramp_ms = 1000;
	struct sim_record *r = stage_play(&s, NULL);
	CU_ASSERT_EQUAL(r->input.flows, 28232);
	CU_ASSERT_EQUAL(r->cases[0].clients.sessions, 28332);
	CU_ASSERT_EQUAL(r->cases[0].clients.given_up, 100);
	sim_record_free(r);
	stage_close(&s);
}

/* Clients and what they ask do not depend on who balances. */
static void
test_common_arrivals(void)
{
	struct stage s;

	stage_open(&s);
	some_web(&s);
	s.modes[0] = "five-tuple";
	s.modes[1] = "source-ip";
	s.mode_count = 2;
	struct sim_record *r = stage_play(&s, NULL);
	CU_ASSERT_EQUAL_FATAL(r->case_count, 2);
	const struct sim_case *a = &r->cases[0], *b = &r->cases[1];
	CU_ASSERT_STRING_EQUAL(a->name, "first");
	CU_ASSERT_STRING_EQUAL(b->name, "second");
	CU_ASSERT_STRING_EQUAL(b->rules[0].distribution, "source-ip");
	CU_ASSERT_EQUAL(a->clients.sessions, b->clients.sessions);
	CU_ASSERT_EQUAL(a->clients.requests, b->clients.requests);
	CU_ASSERT_EQUAL(a->clients.response_ns, b->clients.response_ns);
	CU_ASSERT_EQUAL(a->rules[0].packets, b->rules[0].packets);
	CU_ASSERT_EQUAL(a->rules[0].bytes, b->rules[0].bytes);
	CU_ASSERT_EQUAL(a->rules[0].flows, b->rules[0].flows);
	CU_ASSERT_NOT_EQUAL(
	    a->rules[0].backends[0].packets, b->rules[0].backends[0].packets);
	sim_record_free(r);
	stage_close(&s);
}

struct saved {
	char *text;
	size_t bytes;
};

static struct saved
play_and_save(uint64_t seed, uint32_t replication)
{
	struct saved saved;
	struct stage s;
	FILE *to = open_memstream(&saved.text, &saved.bytes);

	UNIT_NEED(to);
	stage_open(&s);
	s.settings.seed = seed;
	s.settings.replication = replication;
	s.scene.client_link.loss = 10000;
	some_web(&s);
	(void)stage_traffic(&s, LB_PROFILE_SYN_FLOOD);
	(void)stage_fault(&s, 30000, "b", LB_FAULT_CRASHED);
	struct sim_record *r = stage_play(&s, NULL);
	CU_ASSERT_EQUAL(sim_record_save(r, to), 0);
	CU_ASSERT_EQUAL(fclose(to), 0);
	sim_record_free(r);
	stage_close(&s);
	return saved;
}

static bool
are_same(const struct saved *a, const struct saved *b)
{
	return a->bytes == b->bytes && memcmp(a->text, b->text, a->bytes) == 0;
}

static void
test_reproducible(void)
{
	struct saved saved[4] = {
		play_and_save(1, 0),
		play_and_save(1, 0),
		play_and_save(1, 1),
		play_and_save(2, 0),
	};

	CU_ASSERT_TRUE(are_same(&saved[0], &saved[1]));
	CU_ASSERT_FALSE(are_same(&saved[0], &saved[2]));
	CU_ASSERT_FALSE(are_same(&saved[0], &saved[3]));
	for (size_t i = 0; i < LB_COUNT(saved); i++)
		free(saved[i].text);
}

/* --- time ---------------------------------------------------------------- */

/* One a second, at 0 s, 1 s ...; what begins before 50 s is not counted. */
static void
test_warm_up(void)
{
	struct stage s;

	stage_open(&s);
	struct lb_traffic *t = stage_request(&s);
	t->stop_ms = 0;
	s.modes[0] = "five-tuple";
	s.modes[1] = "source-ip";
	s.mode_count = 2;
	s.scene.warm_up_ms = 50000;
	struct sim_record *r = stage_play(&s, NULL);
	for (size_t i = 0; i < 2; i++) {
		const struct sim_case *c = &r->cases[i];
		UNIT_EQUAL("sessions", c->clients.sessions, 50);
		UNIT_EQUAL("answered", c->clients.answered, 50);
		UNIT_EQUAL("packets", c->rules[0].packets, 50 * 9);
		UNIT_EQUAL("connections", c->rules[0].connections, 50);
		UNIT_EQUAL("keys", c->rules[0].key_count, i == 0 ? 50 : 1);
		for (size_t b = 0; b * r->bin_ns < 49 * S_NS; b++)
			for (size_t m = 0; m < c->rules[0].backend_count; m++)
				CU_ASSERT_EQUAL(
				    c->rules[0]
					.slices[b * c->rules[0].backend_count +
						m]
					.packets,
				    0);
	}
	CU_ASSERT_EQUAL(r->input.flows, 50);
	CU_ASSERT_EQUAL(r->warm_up_ns, 50 * S_NS);
	sim_record_free(r);
	stage_close(&s);
}

/* A connection that goes on is one of the flows that are counted. */
static void
test_warm_up_goes_on(void)
{
	struct stage s;

	stage_open(&s);
	struct lb_traffic *t = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
	t->rule = stay;
	t->connections = 10;
	t->ramp_ms = 100;
	t->message_every_ms = 7000;
	s.scene.warm_up_ms = 50000;
	struct sim_record *r = stage_play(&s, NULL);
	CU_ASSERT_EQUAL(r->cases[0].clients.sessions, 0);
	CU_ASSERT_EQUAL(r->cases[0].rules[1].flows, 10);
	CU_ASSERT_EQUAL(r->cases[0].rules[1].connections, 0);
	CU_ASSERT_EQUAL(r->cases[0].rules[1].key_count, 10);
	CU_ASSERT_TRUE(r->cases[0].clients.answered >= 70);
	sim_record_free(r);
	stage_close(&s);
}

/* --- with a capture ------------------------------------------------------ */

/* A datagram a second to port 53, 100 of them. */
static void
write_capture(struct scene *capture)
{
	const struct frame_spec spec = {
		.proto = LB_PROTO_UDP,
		.src = FRAME_V4(192, 0, 2, 1),
		.dst = FRAME_V4(203, 0, 113, 10),
		.sport = 1000,
		.dport = 53,
		.payload_bytes = 20,
	};

	scene_open(capture);
	for (unsigned i = 0; i < 100; i++)
		scene_add(capture, i * 1000, &spec);
	CU_ASSERT_EQUAL(fflush(capture->file), 0);
}

static void
test_with_capture(void)
{
	static const struct {
		uint64_t duration_ms, captured;
		bool traffic;
	} rows[] = { { 100000, 100, true }, { 50000, 50, true },
		{ 50001, 51, true }, { 50000, 50, false },
		{ 200000, 100, false } };
	struct scene capture;
	const char *paths[] = { capture.path };

	write_capture(&capture);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		char row[32];
		struct stage s;
		(void)snprintf(row, sizeof(row), "%zu", i);
		stage_open(&s);
		s.scene.duration_ms = rows[i].duration_ms;
		s.settings.paths = paths;
		s.settings.path_count = 1;
		if (rows[i].traffic)
			(void)stage_request(&s);
		/* behind the shorter of the two: it happens all the same */
		(void)stage_fault(
		    &s, rows[i].duration_ms - 20000, "b", LB_FAULT_CRASHED);
		struct sim_record *r = stage_play(&s, NULL);
		UNIT_EQUAL(row, r->cases[0].rules[2].packets, rows[i].captured);
		UNIT_EQUAL(
		    row, r->cases[0].rules[0].packets, rows[i].traffic ? 9 : 0);
		UNIT_EQUAL(
		    row, r->input.duration_ns, rows[i].duration_ms * MS_NS);
		UNIT_EQUAL(row, r->cases[0].failover_count, 1);
		UNIT_ROW(
		    row, r->cases[0].failovers[0].detected_ns != SIM_NO_TIME);
		UNIT_EQUAL(row, r->synthetic, rows[i].traffic);
		sim_record_free(r);
		stage_close(&s);
	}
	scene_close(&capture);
}

/* The capture's packets of the warm-up are forgotten, too. */
static void
test_capture_warm_up(void)
{
	struct scene capture;
	const char *paths[] = { capture.path };

	write_capture(&capture);
	for (int traffic = 0; traffic < 2; traffic++) {
		struct stage s;
		stage_open(&s);
		s.scene.warm_up_ms = 40000;
		s.settings.paths = paths;
		s.settings.path_count = 1;
		if (traffic)
			stage_request(&s)->stop_ms = 0;
		struct sim_record *r = stage_play(&s, NULL);
		UNIT_EQUAL("captured", r->cases[0].rules[2].packets, 60);
		UNIT_EQUAL("flows", r->cases[0].rules[2].flows, 1);
		UNIT_EQUAL("synthetic", r->cases[0].rules[0].packets,
		    traffic ? 60 * 9 : 0);
		UNIT_EQUAL(
		    "input", r->input.packets, 60 + (traffic ? 60 * 9 : 0));
		UNIT_EQUAL(
		    "roles", r->input.role_first + r->input.role_port, 1);
		sim_record_free(r);
		stage_close(&s);
	}
	scene_close(&capture);
}

/* --- whom it is for ------------------------------------------------------ */

static void
test_zero_configuration(void)
{
	struct stage s;

	stage_open(&s);
	some_web(&s);
	(void)stage_traffic(&s, LB_PROFILE_SYN_FLOOD);
	s.traffic[1].rate = 10 * LB_SCENE_ONE;
	struct sim_record *r = stage_play(&s, "");
	CU_ASSERT_EQUAL(r->case_count, 3);
	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT_TRUE(r->cases[i].rules[0].packets > 10000);
		CU_ASSERT_EQUAL(r->cases[i].clients.given_up, 0);
	}
	CU_ASSERT_STRING_EQUAL(r->input.busiest[0].address, "203.0.113.10");
	CU_ASSERT_EQUAL(r->input.busiest[0].port, 80);
	sim_record_free(r);
	stage_close(&s);
}

static void
test_flood(void)
{
	static const struct {
		enum lb_flood_sources sources;
		uint64_t flows_least, flows_most;
	} rows[] = {
		{ LB_SOURCES_RANDOM, 9990, 10000 },
		{ LB_SOURCES_POOL, 9700, 10000 },
		{ LB_SOURCES_FIXED, 8000, 10000 },
	};

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct stage s;
		stage_open(&s);
		s.scene.duration_ms = 11000;
		struct lb_traffic *t = stage_traffic(&s, LB_PROFILE_SYN_FLOOD);
		t->arrivals = LB_ARRIVALS_CONSTANT;
		t->stop_ms = 10000;
		t->sources = rows[i].sources;
		t->clients = 10;
		struct sim_record *r = stage_play(&s, NULL);
		const struct sim_rule *rule = &r->cases[0].rules[0];
		CU_ASSERT_EQUAL(rule->packets, 20000);
		CU_ASSERT_TRUE(rule->flows >= rows[i].flows_least);
		CU_ASSERT_TRUE(rule->flows <= rows[i].flows_most);
		CU_ASSERT_EQUAL(r->cases[0].clients.requests, 0);
		sim_record_free(r);
		stage_close(&s);
	}
}

static void
test_no_rule(void)
{
	char none[] = "nobody";
	struct lb_config *config = lb_config_zero(2, LB_MODE_FIVE_TUPLE);
	const struct sim_case_settings one = { "one", config };
	struct sim_record *record = NULL;
	struct sim_trouble trouble = { 0 };
	struct stage s;

	UNIT_NEED(config);
	stage_open(&s);
	stage_request(&s)->rule = none;
	s.settings.cases = &one;
	s.settings.case_count = 1;
	s.settings.scene = &s.scene;
	CU_ASSERT_EQUAL(sim_run(&s.settings, &record, &trouble), SIM_USAGE);
	CU_ASSERT_PTR_NULL(record);
	CU_ASSERT_STRING_EQUAL(trouble.text,
	    "traffic 1, web, finds no rule: there is none of the name nobody");
	lb_config_free(config);
	stage_close(&s);
}

static const char with_nat[] =
    "load_balancer: { sku: fairlead }\n"
    "frontends: [ { name: f, address: 203.0.113.10 } ]\n"
    "pools: [ { name: p, members: [ { name: a, address: 10.0.0.1 },\n"
    "  { name: b, address: 10.0.0.2 } ] } ]\n"
    "rules: [ { name: all, frontend: f, pool: p, protocol: tcp,\n"
    "  frontend_port: 80 } ]\n"
    "nat_rules:\n"
    "  - { name: range, frontend: f, protocol: tcp, backend_port: 443,\n"
    "      frontend_ports: 500-501, pool: p }\n";

/* clang-format off */
static const struct {
	const char *row, *rule;
	uint8_t server; /* last byte of 203.0.113.x; 0: not said */
	uint16_t port;
	size_t nat;     /* 2: the balancing rule's */
} aims[] = {
	{ "the range's first",  "range", 0,  0,   0 },
	{ "a port of it",       "range", 0,  501, 1 },
	{ "server and port",    NULL,    10, 501, 1 },
	{ "the balanced port",  NULL,    10, 80,  2 },
	{ "the balancing rule", "all",   0,  0,   2 },
};
/* clang-format on */

/* A request to a NAT rule is answered by its member, at its backend port. */
static void
test_nat_rule(void)
{
	for (size_t i = 0; i < LB_COUNT(aims); i++) {
		const char *row = aims[i].row;
		struct stage s;
		stage_open(&s);
		struct lb_traffic *t = stage_request(&s);
		t->rule = (char *)(uintptr_t)aims[i].rule;
		t->port = aims[i].port;
		if (aims[i].server != 0)
			t->server = lb_addr_v4(
			    __builtin_bswap32(0xcb007100u | aims[i].server));
		struct sim_record *r = stage_play(&s, with_nat);
		const struct sim_case *c = &r->cases[0];
		UNIT_EQUAL(row, c->clients.answered, 1);
		CU_ASSERT_EQUAL_FATAL(c->nat_count, 2);
		UNIT_EQUAL(row, c->nats[0].flows, aims[i].nat == 0);
		UNIT_EQUAL(row, c->nats[1].flows, aims[i].nat == 1);
		UNIT_EQUAL(row, c->rules[0].flows, aims[i].nat == 2);
		for (size_t n = 0; n < 2; n++)
			UNIT_ROW(row,
			    n != aims[i].nat || (c->nats[n].packets_in >= 4 &&
						    c->nats[n].packets >
							c->nats[n].packets_in));
		sim_record_free(r);
		stage_close(&s);
	}
}

/* tcp_reset of a NAT rule: both ends are told. */
static void
test_nat_rule_idle(void)
{
	char text[sizeof(with_nat) + 64];
	struct stage s;

	(void)snprintf(text, sizeof(text), "%.*s, tcp_reset: true }\n",
	    (int)(sizeof(with_nat) - sizeof(" }\n")), with_nat);
	stage_open(&s);
	s.scene.duration_ms = 245000;
	struct lb_traffic *t = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
	t->rule = (char *)(uintptr_t) "range";
	t->connections = 1;
	t->keepalive_ms = 0;
	struct sim_record *r = stage_play(&s, with_nat);
	CU_ASSERT_EQUAL(r->cases[0].clients.reset, 0);
	sim_record_free(r);
	r = stage_play(&s, text);
	CU_ASSERT_EQUAL(r->cases[0].clients.reset, 1);
	sim_record_free(r);
	stage_close(&s);
}

/* Its one member is gone: what comes is lost, and its connection broken. */
static void
test_nat_rule_fails(void)
{
	struct stage s;

	stage_open(&s);
	struct lb_traffic *t = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
	t->rule = (char *)(uintptr_t) "range";
	t->connections = 1;
	t->keepalive_ms = 5000;
	stage_fault(&s, 20000, "a", LB_FAULT_CRASHED);
	struct sim_record *r = stage_play(&s, with_nat);
	CU_ASSERT_EQUAL_FATAL(r->cases[0].failover_count, 1);
	CU_ASSERT_TRUE(r->cases[0].failovers[0].lost > 0);
	CU_ASSERT_EQUAL(r->cases[0].failovers[0].broken, 1);
	CU_ASSERT_EQUAL(r->cases[0].nats[1].packets, 0);
	sim_record_free(r);
	stage_close(&s);
}

static bool
stop_soon(void *arg, uint64_t packets, uint64_t read, uint64_t total)
{
	unsigned *asked = arg;

	(void)packets;
	CU_ASSERT_TRUE(read <= total);
	return ++*asked < 5;
}

/* Whoever is stopped has a record of all cases, with the same pieces. */
static void
test_interrupted(void)
{
	unsigned asked = 0;
	struct stage s;

	stage_open(&s);
	some_web(&s);
	s.modes[0] = "five-tuple";
	s.modes[1] = "source-ip";
	s.mode_count = 2;
	s.settings.progress = stop_soon;
	s.settings.progress_arg = &asked;
	struct sim_record *r = stage_play(&s, NULL);
	CU_ASSERT_TRUE(r->interrupted);
	CU_ASSERT_TRUE(r->partial);
	CU_ASSERT_EQUAL(r->case_count, 2);
	CU_ASSERT_TRUE(r->input.duration_ns < 100 * S_NS);
	for (size_t i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(r->cases[i].rules[0].slice_count,
		    r->bin_count * r->cases[i].rules[0].backend_count);
	sim_record_free(r);
	stage_close(&s);
}

/* A request that is answered with an error, or by nobody; the last of three
 * failovers of one instant has what was asked afterwards. */
static void
test_errors(void)
{
	static const struct {
		const char *what;
		enum lb_profile profile;
		enum lb_fault_kind kind;
		uint64_t duration_ms, errors, unanswered;
	} rows[] = {
		{ "a 503", LB_PROFILE_WEB, LB_FAULT_HTTP_ERROR, 20000, 1, 0 },
		{ "SYNs into nowhere", LB_PROFILE_WEB, LB_FAULT_CRASHED, 20000,
		    0, 1 },
		{ "young ones", LB_PROFILE_WEB, LB_FAULT_CRASHED, 5000, 0, 0 },
		{ "given up", LB_PROFILE_WEB, LB_FAULT_CRASHED, 80000, 0, 0 },
		{ "no answer", LB_PROFILE_WEB, LB_FAULT_HANGING, 20000, 0, 1 },
		{ "a datagram", LB_PROFILE_UDP, LB_FAULT_HANGING, 7000, 0, 1 },
		{ "a 5.03", LB_PROFILE_COAP_DEVICES, LB_FAULT_HTTP_ERROR, 20000,
		    1, 0 },
		{ "a report", LB_PROFILE_COAP_DEVICES, LB_FAULT_HANGING, 20000,
		    0, 1 },
	};

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct stage s;
		stage_open(&s);
		struct lb_traffic *t = stage_request(&s);
		*t = lb_traffic_defaults(rows[i].profile);
		t->arrivals = LB_ARRIVALS_CONSTANT;
		t->rate = LB_SCENE_ONE;
		t->requests = LB_SCENE_ONE;
		t->period_ms = 10000;
		t->jitter_ms = 0;
		/* a device's one report is somewhere in its period */
		t->stop_ms = rows[i].profile == LB_PROFILE_COAP_DEVICES
				 ? t->period_ms
				 : 1;
		t->timeout_ms = 10000;
		t->devices = 1;
		t->confirmable = LB_SCENE_ONE;
		s.scene.duration_ms = rows[i].duration_ms;
		stage_fault_all(&s, 0, rows[i].kind);
		struct sim_record *r = stage_play(&s, NULL);
		const struct sim_case *c = &r->cases[0];
		CU_ASSERT_EQUAL_FATAL(c->failover_count, 3);
		UNIT_EQUAL(rows[i].what, c->clients.requests, 1);
		UNIT_EQUAL(rows[i].what, c->clients.errors, rows[i].errors);
		UNIT_EQUAL(rows[i].what, c->clients.answered, rows[i].errors);
		UNIT_EQUAL(
		    rows[i].what, c->clients.unanswered, rows[i].unanswered);
		UNIT_EQUAL(
		    rows[i].what, c->failovers[2].errors, rows[i].errors);
		UNIT_EQUAL(rows[i].what, c->failovers[2].unanswered,
		    rows[i].unanswered);
		UNIT_EQUAL(rows[i].what, c->failovers[0].unanswered, 0);
		sim_record_free(r);
		stage_close(&s);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "loss and jitter", test_loss },
		{ "a long thought", test_long_thought },
		{ "no port left", test_no_port },
		{ "cases meet the same arrivals", test_common_arrivals },
		{ "seeds and replications", test_reproducible },
		{ "warm-up", test_warm_up },
		{ "warm-up, connections go on", test_warm_up_goes_on },
		{ "with a capture, and a duration", test_with_capture },
		{ "a capture's warm-up", test_capture_warm_up },
		{ "zero configuration", test_zero_configuration },
		{ "SYN flood", test_flood },
		{ "no rule", test_no_rule },
		{ "a NAT rule", test_nat_rule },
		{ "a NAT rule's idle connections", test_nat_rule_idle },
		{ "a NAT rule's member is gone", test_nat_rule_fails },
		{ "interrupted", test_interrupted },
		{ "errors, and requests nobody answers", test_errors },
		CU_TEST_INFO_NULL,
	};

	return unit_main("world", tests);
}
