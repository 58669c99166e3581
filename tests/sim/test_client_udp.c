/* SPDX-License-Identifier: MIT */
/* Datagrams and their answers: when each is sent, what ends the wait, and what
 * is counted. */
#include "tests/sim/heard.h"

#define MS     LB_NS_PER_MS
#define CLIENT (20 * MS) /* one way, to the balancer */
#define MEMBER (MS / 2)  /* on to the server */
#define THERE  (CLIENT + MEMBER)
#define RTT    (2 * THERE)

static struct hearing hearing;

/* One exchange, asked at 0; so many tries of 1 s. */
static struct lb_traffic *
ask_once(struct stage *s, uint32_t tries)
{
	struct lb_traffic *t = stage_traffic(s, LB_PROFILE_UDP);

	t->arrivals = LB_ARRIVALS_CONSTANT;
	t->rate = LB_SCENE_ONE;
	t->stop_ms = 1;
	t->port = 9000;
	t->tries = tries;
	t->timeout_ms = 1000;
	return t;
}

static void
all_are(struct stage *s, uint64_t at_ms, enum lb_fault_kind kind)
{
	(void)stage_fault(s, at_ms, "a", kind);
	(void)stage_fault(s, at_ms, "b", kind);
	(void)stage_fault(s, at_ms, "c", kind);
}

/* --- what is counted --------------------------------------------------------
 */

struct counts {
	uint64_t requests, answered, retries, given_up, refused, response_ns;
	uint64_t served, turned_away;
};

static void
counts_are(
    const char *row, const struct sim_record *r, const struct counts *expect)
{
	const struct sim_case *c = &r->cases[0];
	uint64_t served = 0, turned_away = 0;

	for (size_t i = 0; i < c->served_count; i++) {
		served += c->served[i].served;
		turned_away += c->served[i].turned_away;
	}
	UNIT_EQUAL(row, c->clients.sessions, expect->requests);
	UNIT_EQUAL(row, c->clients.requests, expect->requests);
	UNIT_EQUAL(row, c->clients.answered, expect->answered);
	UNIT_EQUAL(row, c->clients.retries, expect->retries);
	UNIT_EQUAL(row, c->clients.given_up, expect->given_up);
	UNIT_EQUAL(row, c->clients.refused, expect->refused);
	UNIT_EQUAL(row, c->clients.response_ns, expect->response_ns);
	UNIT_EQUAL(row, served, expect->served);
	UNIT_EQUAL(row, turned_away, expect->turned_away);
}

/* The instants at which the balancer gets requests and lets answers out. */
static const struct {
	const char *row;
	uint32_t tries;
	enum lb_fault_kind kind; /* of all servers, from the beginning */
	uint64_t service_ns;
	uint64_t duration_ms;
	struct counts counts;
	uint64_t asked[3];
	size_t asked_count;
	uint64_t answered[3];
	size_t answered_count;
} rows[] = {
	{ "at once", 3, LB_FAULT_UP, 0, 100000,
	    { .requests = 1, .answered = 1, .response_ns = RTT, .served = 1 },
	    { CLIENT }, 1, { THERE + MEMBER }, 1 },
	{ "takes a while", 3, LB_FAULT_UP, 300 * MS, 100000,
	    { .requests = 1,
		.answered = 1,
		.response_ns = RTT + 300 * MS,
		.served = 1 },
	    { CLIENT }, 1, { THERE + 300 * MS + MEMBER }, 1 },
	{ "after the first try", 3, LB_FAULT_UP, 1500 * MS, 100000,
	    { .requests = 1,
		.answered = 1,
		.retries = 1,
		.response_ns = RTT + 1500 * MS,
		.served = 2 },
	    { CLIENT, 1000 * MS + CLIENT }, 2, { THERE + 1500 * MS + MEMBER },
	    1 },
	{ "after the last: nobody's", 2, LB_FAULT_UP, 3000 * MS, 100000,
	    { .requests = 1, .retries = 1, .given_up = 1, .served = 2 },
	    { CLIENT, 1000 * MS + CLIENT }, 2, { 0 }, 0 },
	{ "refused, and asked again all the same", 3, LB_FAULT_REFUSING, 0,
	    100000,
	    { .requests = 1, .retries = 2, .given_up = 1, .refused = 3 },
	    { CLIENT, 1000 * MS + CLIENT, 2000 * MS + CLIENT }, 3, { 0 }, 0 },
	{ "crashed", 2, LB_FAULT_CRASHED, 0, 100000,
	    { .requests = 1, .retries = 1, .given_up = 1 },
	    { CLIENT, 1000 * MS + CLIENT }, 2, { 0 }, 0 },
	{ "hanging", 1, LB_FAULT_HANGING, 0, 100000,
	    { .requests = 1, .given_up = 1 }, { CLIENT }, 1, { 0 }, 0 },
	{ "deaf", 1, LB_FAULT_DEAF, 0, 100000, { .requests = 1, .given_up = 1 },
	    { CLIENT }, 1, { 0 }, 0 },
	{ "gives up at 1 s", 1, LB_FAULT_DEAF, 0, 1001,
	    { .requests = 1, .given_up = 1 }, { CLIENT }, 1, { 0 }, 0 },
	{ "and not before", 1, LB_FAULT_DEAF, 0, 999, { .requests = 1 },
	    { CLIENT }, 1, { 0 }, 0 },
};

static void
each_in_its_time(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct stage s;

		stage_open(&s);
		(void)ask_once(&s, rows[i].tries);
		stage_server(&s)->service_ns = rows[i].service_ns;
		s.scene.duration_ms = rows[i].duration_ms;
		if (rows[i].kind != LB_FAULT_UP)
			all_are(&s, 0, rows[i].kind);
		heard_listen(&hearing, &s);

		struct sim_record *r = stage_play(&s, NULL);

		counts_are(rows[i].row, r, &rows[i].counts);
		heard_at(rows[i].row, &hearing, SIM_SAYS_REQUEST, rows[i].asked,
		    rows[i].asked_count);
		heard_at(rows[i].row, &hearing, SIM_SAYS_ANSWER,
		    rows[i].answered, rows[i].answered_count);
		sim_record_free(r);
		stage_close(&s);
	}
}

/* resolv.conf: two attempts, 5 s each. */
static void
dns_has_its_own_times(void)
{
	static const uint64_t asked[] = { CLIENT, 5000 * MS + CLIENT };
	struct stage s;

	stage_open(&s);

	struct lb_traffic *t = stage_traffic(&s, LB_PROFILE_DNS);

	t->arrivals = LB_ARRIVALS_CONSTANT;
	t->stop_ms = 1;
	all_are(&s, 0, LB_FAULT_DEAF);
	s.scene.duration_ms = 10001;
	heard_listen(&hearing, &s);

	struct sim_record *r = stage_play(&s, NULL);

	counts_are("dns", r,
	    &(struct counts){ .requests = 1, .retries = 1, .given_up = 1 });
	heard_at("dns", &hearing, SIM_SAYS_REQUEST, asked, 2);
	CU_ASSERT_EQUAL(hearing.at[0].bytes, 40);
	CU_ASSERT_EQUAL(hearing.at[0].id, hearing.at[1].id);
	CU_ASSERT_EQUAL(hearing.at[0].port, hearing.at[1].port);
	sim_record_free(r);
	stage_close(&s);
}

/* One at a time and none waits: the second copy is turned away. */
static void
a_full_queue_drops(void)
{
	struct stage s;

	stage_open(&s);
	ask_once(&s, 3)->timeout_ms = 100;

	struct lb_server *server = stage_server(&s);

	server->service_ns = 250 * MS;
	server->concurrency = 1;
	server->queue = 0;

	struct sim_record *r = stage_play(&s, NULL);

	counts_are("full", r,
	    &(struct counts){ .requests = 1,
		.answered = 1,
		.retries = 2,
		.response_ns = RTT + 250 * MS,
		.served = 1,
		.turned_away = 2 });
	sim_record_free(r);
	stage_close(&s);
}

/* What a server had when it died it does not answer when it is back; the second
 * copy it does. */
static void
a_dead_servers_requests_are_cut_short(void)
{
	struct stage s;

	stage_open(&s);
	(void)ask_once(&s, 2);
	stage_server(&s)->service_ns = 900 * MS;
	all_are(&s, 500, LB_FAULT_CRASHED);
	all_are(&s, 600, LB_FAULT_UP);

	struct sim_record *r = stage_play(&s, NULL);
	uint64_t cut_short = 0, busy_ns = 0;

	counts_are("cut short", r,
	    &(struct counts){ .requests = 1,
		.answered = 1,
		.retries = 1,
		.response_ns = 1000 * MS + RTT + 900 * MS,
		.served = 1 });
	for (size_t i = 0; i < r->cases[0].served_count; i++) {
		cut_short += r->cases[0].served[i].cut_short;
		busy_ns += r->cases[0].served[i].busy_ns;
	}
	CU_ASSERT_EQUAL(cut_short, 1);
	CU_ASSERT_EQUAL(busy_ns, 500 * MS - THERE + 900 * MS);
	sim_record_free(r);
	stage_close(&s);
}

static void
nobody_listens(void)
{
	uint16_t ports[] = { 53 };
	struct stage s;

	stage_open(&s);
	(void)ask_once(&s, 1);

	struct lb_server *server = stage_server(&s);

	server->ports = ports;
	server->port_count = 1;

	struct sim_record *r = stage_play(&s, NULL);

	counts_are("another port", r,
	    &(struct counts){ .requests = 1, .given_up = 1, .refused = 1 });
	sim_record_free(r);
	stage_close(&s);
}

/* The same clients ask the same at the same time, whatever becomes of it. */
static void
cases_share_their_draws(void)
{
	struct stage s;

	stage_open(&s);
	s.modes[0] = "five-tuple";
	s.modes[1] = "source-ip";
	s.mode_count = 2;

	struct lb_traffic *t = stage_traffic(&s, LB_PROFILE_UDP);

	t->rate = 200 * LB_SCENE_ONE;
	t->sizes = LB_SIZES_BOUNDED_PARETO;
	t->size_min = 100;
	t->size_max = 1000000;
	t->alpha = 1200000;
	s.scene.client_link.loss = 10000;
	s.scene.duration_ms = 20000;

	struct sim_record *r = stage_play(&s, NULL);
	const struct sim_clients *a = &r->cases[0].clients;
	const struct sim_clients *b = &r->cases[1].clients;

	CU_ASSERT_TRUE(a->requests > 3500 && a->requests < 4500);
	CU_ASSERT_EQUAL(a->requests, b->requests);
	CU_ASSERT_EQUAL(a->answered, b->answered);
	CU_ASSERT_EQUAL(a->retries, b->retries);
	CU_ASSERT_EQUAL(a->link_lost, b->link_lost);
	CU_ASSERT_EQUAL(a->response_ns, b->response_ns);
	CU_ASSERT_TRUE(a->link_lost > 0);
	sim_record_free(r);
	stage_close(&s);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "times", each_in_its_time },
		{ "dns", dns_has_its_own_times },
		{ "full queue", a_full_queue_drops },
		{ "cut short", a_dead_servers_requests_are_cut_short },
		{ "no listener", nobody_listens },
		{ "cases", cases_share_their_draws },
		CU_TEST_INFO_NULL,
	};
	return unit_main("sim/client_udp", tests);
}
