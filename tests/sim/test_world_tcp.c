/* SPDX-License-Identifier: MIT */
/* The synthetic world's TCP: a connection packet by packet, and what befalls
 * it. */
#include "sim/run/run.h"
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

static char stay[] = "stay"; /* the rule for TCP 443 */

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
	(void)stage_request(&s);
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
	stage_request(&s)->size_min = 1441;
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
	stage_request(&s)->size_min = 200000;
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
	stage_request(&s)->size_min = 205 * 1460 - 60;
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
		(void)stage_request(&s);
		stage_fault_all(&s, 0, LB_FAULT_CRASHED);
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
	(void)stage_request(&s);
	stage_fault_all(&s, 0, LB_FAULT_REFUSING);
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
	(void)stage_request(&s);
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
	(void)stage_request(&s);
	/* after the handshake, before the request is there */
	stage_fault_all(&s, 61, LB_FAULT_CRASHED);
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
		(void)stage_request(&s);
		stage_fault_all(&s, 0, kinds[k]);
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

/* --- on its way ---------------------------------------------------------- */

/* Packets that overtake one another are kept until their turn: nothing is sent
 * twice, in neither direction, and a train takes a round trip. */
static void
test_jitter(void)
{
	struct stage s;

	stage_open(&s);
	struct lb_traffic *t = stage_request(&s);
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

/* A long way is no reason to send twice, once it is known. */
static void
test_long_way(void)
{
	struct stage s;

	stage_open(&s);
	(void)stage_request(&s);
	s.scene.client_link.latency_ns = 1500 * MS_NS;
	struct sim_record *r = stage_play(&s, NULL);
	CU_ASSERT_EQUAL(r->cases[0].clients.answered, 1);
	CU_ASSERT_EQUAL(r->cases[0].clients.retries, 2); /* SYN: 1 s, 3 s */
	CU_ASSERT_EQUAL(r->cases[0].clients.response_ns, 6002 * MS_NS);
	sim_record_free(r);
	stage_close(&s);
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
		{ "packets overtake", test_jitter },
		{ "a long way", test_long_way },
		{ "ports", test_ports },
		CU_TEST_INFO_NULL,
	};

	return unit_main("world_tcp", tests);
}
