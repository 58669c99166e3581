/* SPDX-License-Identifier: MIT */
/* The synthetic world: TCP clients, what befalls them, and when; what is
 * counted and what is the same in every case. */
#include <string.h>

#include "sim/run/run.h"
#include "tests/sim/scene.h"
#include "tests/sim/stage.h"
#include "tests/unit.h"

#define MS_NS  UINT64_C(1000000)
#define S_NS   UINT64_C(1000000000)
#define TAPS   4096u
#define CLIENT UINT64_C(20000000) /* one way, to the balancer */
#define MEMBER UINT64_C(500000)   /* on to the server */
#define RTT    (2 * (CLIENT + MEMBER))

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define PSH 0x08
#define ACK 0x10

/* --- a page of packets --------------------------------------------------- */

struct heard {
	uint64_t at_ns;
	uint32_t seq, ack, bytes, offset, id;
	uint16_t port; /* the client's */
	uint8_t flags;
	bool from_client;
	enum sim_says says;
};

static struct heard heard[TAPS];
static size_t heard_count;

static void
listen(void *arg, const struct sim_tap *tap)
{
	const struct lb_headers *ip = &tap->pkt->ip;
	const uint16_t server_port = *(const uint16_t *)arg;
	const bool from_client = lb_be16_get(ip->dport) == server_port;

	if (heard_count == TAPS)
		return;
	heard[heard_count++] = (struct heard){
		.at_ns = tap->at_ns,
		.seq = tap->pkt->seq,
		.ack = tap->pkt->ack,
		.bytes = tap->pkt->payload_bytes,
		.offset = tap->offset,
		.id = tap->id,
		.port = lb_be16_get(from_client ? ip->sport : ip->dport),
		.flags = tap->pkt->tcp_flags,
		.from_client = from_client,
		.says = tap->says,
	};
}

static void
tap_on(struct stage *s, const uint16_t *server_port)
{
	heard_count = 0;
	s->settings.tap = listen;
	s->settings.tap_arg = (void *)(uintptr_t)server_port;
}

static char stay[] = "stay"; /* the rule for TCP 443 */

/* One connection that asks once, at 0. */
static struct lb_traffic *
one_request(struct stage *s)
{
	struct lb_traffic *t = stage_traffic(s, LB_PROFILE_WEB);

	t->arrivals = LB_ARRIVALS_CONSTANT;
	t->rate = LB_SCENE_ONE;
	t->stop_ms = 1;
	t->clients = 1;
	t->requests = LB_SCENE_ONE;
	t->sizes = LB_SIZES_CONSTANT;
	t->size_min = 1000;
	return t;
}

/* --- what a connection is ------------------------------------------------ */

struct line {
	uint64_t at_ns;
	bool from_client;
	uint8_t flags;
	uint32_t bytes;
};

static void
expect_lines(const char *row, const struct line *lines, size_t count)
{
	UNIT_EQUAL(row, heard_count, count);
	for (size_t i = 0; i < count && i < heard_count; i++) {
		char name[64];
		(void)snprintf(name, sizeof(name), "%s, packet %zu", row, i);
		UNIT_EQUAL(name, heard[i].at_ns, lines[i].at_ns);
		UNIT_EQUAL(name, heard[i].from_client, lines[i].from_client);
		UNIT_EQUAL(name, heard[i].flags, lines[i].flags);
		UNIT_EQUAL(name, heard[i].bytes, lines[i].bytes);
	}
}

static void
test_exchange(void)
{
	static const uint16_t port = 80;
	static const struct line lines[] = {
		{ CLIENT, true, SYN, 0 },
		{ CLIENT + 2 * MEMBER, false, SYN | ACK, 0 },
		{ CLIENT + RTT, true, ACK, 0 },
		{ CLIENT + RTT, true, PSH | ACK, 400 },
		{ CLIENT + RTT + 2 * MEMBER, false, PSH | ACK, 1000 },
		{ CLIENT + 2 * RTT, true, ACK, 0 },
		{ CLIENT + 2 * RTT, true, FIN | ACK, 0 },
		{ CLIENT + 2 * RTT + 2 * MEMBER, false, FIN | ACK, 0 },
		{ CLIENT + 3 * RTT, true, ACK, 0 },
	};
	struct stage s;

	stage_open(&s);
	(void)one_request(&s);
	tap_on(&s, &port);
	struct sim_record *r = stage_play(&s, NULL);
	const struct sim_clients *c = &r->cases[0].clients;
	expect_lines("exchange", lines, LB_COUNT(lines));
	CU_ASSERT_EQUAL(c->sessions, 1);
	CU_ASSERT_EQUAL(c->requests, 1);
	CU_ASSERT_EQUAL(c->answered, 1);
	CU_ASSERT_EQUAL(c->retries + c->given_up + c->reset + c->refused, 0);
	/* of the connection, and of the request */
	CU_ASSERT_EQUAL(c->response_ns, 2 * RTT);
	CU_ASSERT_EQUAL(c->response[sim_time_bucket(2 * RTT)], 1);
	CU_ASSERT_EQUAL(r->input.packets, LB_COUNT(lines));
	CU_ASSERT_EQUAL(r->input.flows, 1);
	CU_ASSERT_EQUAL(r->input.bytes, 9 * 40 + 1400);
	CU_ASSERT_EQUAL(r->input.duration_ns, 100 * S_NS);
	CU_ASSERT_TRUE(r->synthetic);
	CU_ASSERT_FALSE(r->deterministic);
	sim_record_free(r);
	stage_close(&s);
}

#define SIX                                                                    \
	"load_balancer: { sku: standard }\n"                                   \
	"frontends:\n  - { name: f, address: 2001:db8::10 }\n"                 \
	"pools:\n  - { name: p, members: [{ name: a, address: 2001:db8::1 }] " \
	"}\n"                                                                  \
	"rules:\n  - { name: r, frontend: f, pool: p, protocol: tcp, "         \
	"frontend_port: 8080, backend_port: 80 }\n"

/* The same in IPv6, at the port that the rule has. */
static void
test_six(void)
{
	static const uint16_t port = 8080;
	struct stage s;

	stage_open(&s);
	one_request(&s)->size_min = 1441;
	tap_on(&s, &port);
	struct sim_record *r = stage_play(&s, SIX);
	CU_ASSERT_EQUAL(r->cases[0].clients.answered, 1);
	CU_ASSERT_EQUAL(r->input.packets, 10);
	CU_ASSERT_EQUAL(r->input.bytes, 10 * 60 + 400 + 1441);
	CU_ASSERT_EQUAL_FATAL(heard_count, 10);
	CU_ASSERT_EQUAL(heard[4].bytes, 1440);
	CU_ASSERT_EQUAL(heard[5].bytes, 1);
	sim_record_free(r);
	stage_close(&s);
}

/* What is acknowledged is what came before, and numbers begin at the SYN. */
static void
test_numbers(void)
{
	static const uint16_t port = 80;
	uint32_t next[2] = { 0, 0 };
	struct stage s;

	stage_open(&s);
	one_request(&s)->size_min = 200000;
	tap_on(&s, &port);
	sim_record_free(stage_play(&s, NULL));
	stage_close(&s);
	for (size_t i = 0; i < heard_count; i++) {
		const struct heard *h = &heard[i];
		const bool syn = (h->flags & SYN) != 0;
		if (!syn)
			CU_ASSERT_EQUAL(h->seq, next[h->from_client]);
		next[h->from_client] =
		    h->seq + h->bytes + syn + ((h->flags & FIN) != 0);
		if ((h->flags & ACK) != 0)
			CU_ASSERT_TRUE(
			    (int32_t)(next[!h->from_client] - h->ack) >= 0);
	}
	CU_ASSERT_EQUAL(heard[heard_count - 1].ack, next[false]);
}

/* RFC 6928: ten segments, twice as many each round trip, 64 at most. */
static void
test_trains(void)
{
	static const unsigned trains[] = { 10, 20, 40, 64, 64, 7 };
	static const uint16_t port = 80;
	unsigned train = 0, segments = 0;
	uint32_t bytes = 0;
	struct stage s;

	stage_open(&s);
	one_request(&s)->size_min = 205 * 1460 - 60;
	tap_on(&s, &port);
	struct sim_record *r = stage_play(&s, NULL);
	for (size_t i = 0; i < heard_count; i++) {
		if (heard[i].says != SIM_SAYS_ANSWER)
			continue;
		CU_ASSERT_EQUAL(heard[i].offset, bytes);
		bytes += heard[i].bytes;
		segments++;
		if ((heard[i].flags & PSH) == 0)
			continue;
		CU_ASSERT_FATAL(train < LB_COUNT(trains));
		UNIT_EQUAL("train", segments, trains[train]);
		train++;
		segments = 0;
	}
	CU_ASSERT_EQUAL(train, LB_COUNT(trains));
	CU_ASSERT_EQUAL(bytes, 205 * 1460 - 60);
	CU_ASSERT_EQUAL(r->cases[0].clients.response_ns, 7 * RTT);
	sim_record_free(r);
	stage_close(&s);
}

/* --- what befalls it ----------------------------------------------------- */

static void
all_fail(struct stage *s, uint64_t at_ms, enum lb_fault_kind kind)
{
	(void)stage_fault(s, at_ms, "a", kind);
	(void)stage_fault(s, at_ms, "b", kind);
	(void)stage_fault(s, at_ms, "c", kind);
}

/* RFC 6298: 1 s, doubled each time; the sixth SYN is the last. */
static void
test_syn_retries(void)
{
	static const uint64_t at_s[] = { 0, 1, 3, 7, 15, 31 };
	static const uint16_t port = 80;
	static const struct {
		uint64_t duration_ms, given_up;
	} ends[] = { { 63000, 0 }, { 63001, 1 }, { 100000, 1 } };

	for (size_t e = 0; e < LB_COUNT(ends); e++) {
		struct line lines[LB_COUNT(at_s)];
		struct stage s;
		stage_open(&s);
		s.scene.duration_ms = ends[e].duration_ms;
		(void)one_request(&s);
		all_fail(&s, 0, LB_FAULT_CRASHED);
		tap_on(&s, &port);
		struct sim_record *r = stage_play(&s, NULL);
		for (size_t i = 0; i < LB_COUNT(at_s); i++)
			lines[i] = (struct line){ CLIENT + at_s[i] * S_NS, true,
				SYN, 0 };
		expect_lines("retries", lines, LB_COUNT(lines));
		CU_ASSERT_EQUAL(r->cases[0].clients.retries, 5);
		CU_ASSERT_EQUAL(r->cases[0].clients.given_up, ends[e].given_up);
		sim_record_free(r);
		stage_close(&s);
	}
}

static void
test_refused(void)
{
	static const uint16_t port = 80;
	static const struct line lines[] = {
		{ CLIENT, true, SYN, 0 },
		{ CLIENT + 2 * MEMBER, false, RST | ACK, 0 },
	};
	struct stage s;

	stage_open(&s);
	(void)one_request(&s);
	all_fail(&s, 0, LB_FAULT_REFUSING);
	tap_on(&s, &port);
	struct sim_record *r = stage_play(&s, NULL);
	expect_lines("refused", lines, LB_COUNT(lines));
	CU_ASSERT_EQUAL(heard[1].ack, heard[0].seq + 1);
	CU_ASSERT_EQUAL(r->cases[0].clients.refused, 1);
	CU_ASSERT_EQUAL(r->cases[0].clients.given_up, 1);
	sim_record_free(r);
	stage_close(&s);
}

/* Nobody listens on that port: the same, whatever the server's health. */
static void
test_closed_port(void)
{
	static uint16_t ports[] = { 81, 443 };
	struct stage s;

	stage_open(&s);
	(void)one_request(&s);
	struct lb_server *server = stage_server(&s);
	server->ports = ports;
	server->port_count = LB_COUNT(ports);
	struct sim_record *r = stage_play(&s, NULL);
	CU_ASSERT_EQUAL(r->cases[0].clients.refused, 1);
	sim_record_free(r);
	stage_close(&s);
}

/* A request into silence: resent after 1, 2, 4 ... 32 s, and 64 s later the
 * client goes away. */
static void
test_request_retries(void)
{
	static const uint16_t port = 80;
	const uint64_t first_ns = CLIENT + RTT;
	size_t requests = 0;
	struct stage s;

	stage_open(&s);
	s.scene.duration_ms = 200000;
	(void)one_request(&s);
	/* after the handshake, before the request is there */
	all_fail(&s, 61, LB_FAULT_CRASHED);
	tap_on(&s, &port);
	struct sim_record *r = stage_play(&s, NULL);
	for (size_t i = 0; i < heard_count; i++) {
		if (heard[i].says != SIM_SAYS_REQUEST)
			continue;
		UNIT_EQUAL("request", heard[i].at_ns,
		    first_ns + ((UINT64_C(1) << requests) - 1) * S_NS);
		UNIT_EQUAL("request", heard[i].seq, heard[3].seq);
		UNIT_EQUAL("request", heard[i].id, heard[3].id);
		requests++;
	}
	CU_ASSERT_EQUAL(requests, 7);
	CU_ASSERT_EQUAL(heard[heard_count - 1].flags, RST | ACK);
	CU_ASSERT_EQUAL(heard[heard_count - 1].at_ns, first_ns + 127 * S_NS);
	CU_ASSERT_EQUAL(r->cases[0].clients.given_up, 1);
	CU_ASSERT_EQUAL(r->cases[0].clients.retries, 6);
	CU_ASSERT_EQUAL(r->cases[0].clients.answered, 0);
	sim_record_free(r);
	stage_close(&s);
}

/* Its kernel shakes hands and acknowledges, and nothing comes: a minute. */
static void
test_hanging(void)
{
	static const enum lb_fault_kind kinds[] = { LB_FAULT_HANGING,
		LB_FAULT_DEAF };
	static const uint16_t port = 80;
	static const struct line lines[] = {
		{ CLIENT, true, SYN, 0 },
		{ CLIENT + 2 * MEMBER, false, SYN | ACK, 0 },
		{ CLIENT + RTT, true, ACK, 0 },
		{ CLIENT + RTT, true, PSH | ACK, 400 },
		{ CLIENT + RTT + 2 * MEMBER, false, ACK, 0 },
		{ CLIENT + 2 * RTT + 60 * S_NS, true, RST | ACK, 0 },
	};

	for (size_t k = 0; k < LB_COUNT(kinds); k++) {
		struct stage s;
		stage_open(&s);
		(void)one_request(&s);
		all_fail(&s, 0, kinds[k]);
		tap_on(&s, &port);
		struct sim_record *r = stage_play(&s, NULL);
		expect_lines("hanging", lines, LB_COUNT(lines));
		CU_ASSERT_EQUAL(r->cases[0].clients.given_up, 1);
		sim_record_free(r);
		stage_close(&s);
	}
}

/* 100 connections; b dies, and after the balancer's four minutes their
 * keepalives find strangers: those of b, no others. */
static void
test_strangers(void)
{
	uint64_t of_b = 0;

	for (int dies = 0; dies < 2; dies++) {
		struct stage s;
		stage_open(&s);
		s.scene.duration_ms = 400000;
		struct lb_traffic *t = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
		t->rule = stay;
		t->connections = 100;
		t->ramp_ms = 1000;
		t->keepalive_ms = 300000;
		if (dies)
			(void)stage_fault(&s, 10000, "b", LB_FAULT_CRASHED);
		struct sim_record *r = stage_play(&s, NULL);
		const struct sim_clients *c = &r->cases[0].clients;
		const struct sim_rule *rule = &r->cases[0].rules[1];
		if (!dies) {
			of_b = rule->backends[1].flows;
			CU_ASSERT_TRUE(of_b > 10);
			CU_ASSERT_EQUAL(rule->flows, 100);
		}
		UNIT_EQUAL("reset", c->reset, dies ? of_b : 0);
		UNIT_EQUAL("sessions", c->sessions, 100 + (dies ? of_b : 0));
		UNIT_EQUAL("flows", rule->flows, 100 + (dies ? of_b : 0));
		CU_ASSERT_EQUAL(c->given_up + c->refused, 0);
		sim_record_free(r);
		stage_close(&s);
	}
}

#define RESET                                                                  \
	"load_balancer: { sku: standard }\n"                                   \
	"frontends:\n  - { name: f, address: 203.0.113.10 }\n"                 \
	"pools:\n  - { name: p, members: [{ name: a, address: 10.0.0.1 }] }\n" \
	"rules:\n  - { name: r, frontend: f, pool: p, protocol: tcp, "         \
	"frontend_port: 443, backend_port: 443, tcp_reset: true }\n"

/* Both ends are told, four minutes after the latest packet that the balancer
 * saw, in its milliseconds; the client comes again. */
static void
test_idle_reset(void)
{
	static const uint16_t port = 443;
	const uint64_t at_ns = CLIENT + RTT + 240 * S_NS;
	const struct line lines[] = {
		{ CLIENT, true, SYN, 0 },
		{ CLIENT + 2 * MEMBER, false, SYN | ACK, 0 },
		{ CLIENT + RTT, true, ACK, 0 },
		{ at_ns, false, RST, 0 },
		{ at_ns + 2 * CLIENT, true, SYN, 0 },
		{ at_ns + 2 * CLIENT + 2 * MEMBER, false, SYN | ACK, 0 },
		{ at_ns + 2 * CLIENT + RTT, true, ACK, 0 },
	};

	for (int keepalive = 0; keepalive < 2; keepalive++) {
		struct stage s;
		stage_open(&s);
		s.scene.duration_ms = 300000;
		struct lb_traffic *t = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
		t->connections = 1;
		t->clients = 1;
		if (keepalive)
			t->keepalive_ms = 200000;
		tap_on(&s, &port);
		struct sim_record *r = stage_play(&s, RESET);
		if (!keepalive)
			expect_lines("idle", lines, LB_COUNT(lines));
		UNIT_EQUAL("reset", r->cases[0].clients.reset, !keepalive);
		UNIT_EQUAL(
		    "sessions", r->cases[0].clients.sessions, 2 - keepalive);
		sim_record_free(r);
		stage_close(&s);
	}
}

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

/* Packets that overtake one another are kept until their turn: nothing is sent
 * twice, in neither direction, and a train takes a round trip. */
static void
test_jitter(void)
{
	struct stage s;

	stage_open(&s);
	struct lb_traffic *t = one_request(&s);
	t->stop_ms = 0;
	t->request_bytes = 50000;
	t->size_min = 500000;
	s.scene.client_link.jitter_ns = 10 * MS_NS;
	s.scene.member_link.jitter_ns = 10 * MS_NS;
	struct sim_record *r = stage_play(&s, NULL);
	const struct sim_clients *c = &r->cases[0].clients;
	CU_ASSERT_EQUAL(c->sessions, 100);
	CU_ASSERT_EQUAL(c->retries, 0);
	UNIT_EQUAL("answered", c->answered, 100);
	CU_ASSERT_TRUE(c->response_ns < c->answered * 9 * (RTT + 40 * MS_NS));
	sim_record_free(r);
	stage_close(&s);
}

/* Who thinks for ever is never heard of again; nor does time run back. */
static void
test_long_thought(void)
{
	struct stage s;

	stage_open(&s);
	struct lb_traffic *t = one_request(&s);
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

/* A long way is no reason to send twice, once it is known. */
static void
test_long_way(void)
{
	struct stage s;

	stage_open(&s);
	(void)one_request(&s);
	s.scene.client_link.latency_ns = 1500 * MS_NS;
	struct sim_record *r = stage_play(&s, NULL);
	CU_ASSERT_EQUAL(r->cases[0].clients.answered, 1);
	CU_ASSERT_EQUAL(r->cases[0].clients.retries, 2); /* SYN: 1 s, 3 s */
	CU_ASSERT_EQUAL(r->cases[0].clients.response_ns, 6002 * MS_NS);
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

/* All live at once, and none has another's port. */
static void
test_ports(void)
{
	static const uint16_t port = 443;
	static bool used[65536];
	struct stage s;

	stage_open(&s);
	struct lb_traffic *t = stage_traffic(&s, LB_PROFILE_LONG_LIVED);
	t->rule = stay;
	t->connections = 1200;
	t->clients = 1;
	t->ramp_ms = 100;
	tap_on(&s, &port);
	struct sim_record *r = stage_play(&s, NULL);
	CU_ASSERT_EQUAL(r->input.flows, 1200);
	CU_ASSERT_EQUAL_FATAL(heard_count, 3600);
	for (size_t i = 0; i < heard_count; i++) {
		if (heard[i].flags != SYN)
			continue;
		CU_ASSERT_FALSE(used[heard[i].port]);
		CU_ASSERT_TRUE(
		    heard[i].port >= 32768 && heard[i].port <= 60999);
		used[heard[i].port] = true;
	}
	sim_record_free(r);
	stage_close(&s);
}

/* --- time ---------------------------------------------------------------- */

/* One a second, at 0 s, 1 s ...; what begins before 50 s is not counted. */
static void
test_warm_up(void)
{
	struct stage s;

	stage_open(&s);
	struct lb_traffic *t = one_request(&s);
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
			(void)one_request(&s);
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
			one_request(&s)->stop_ms = 0;
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
	one_request(&s)->rule = none;
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
		struct lb_traffic *t = one_request(&s);
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
		struct lb_traffic *t = one_request(&s);
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
		all_fail(&s, 0, rows[i].kind);
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
		{ "a connection, packet by packet", test_exchange },
		{ "IPv6", test_six },
		{ "sequence numbers", test_numbers },
		{ "trains of segments", test_trains },
		{ "SYN retries to the nanosecond", test_syn_retries },
		{ "refused", test_refused },
		{ "a port nobody listens on", test_closed_port },
		{ "request retries", test_request_retries },
		{ "a server that hangs", test_hanging },
		{ "strangers reset", test_strangers },
		{ "resets of idle connections", test_idle_reset },
		{ "loss and jitter", test_loss },
		{ "packets overtake", test_jitter },
		{ "a long way", test_long_way },
		{ "a long thought", test_long_thought },
		{ "no port left", test_no_port },
		{ "cases meet the same arrivals", test_common_arrivals },
		{ "seeds and replications", test_reproducible },
		{ "ports", test_ports },
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
