/* SPDX-License-Identifier: MIT */
/*
 * The whole world against queueing theory: Poisson clients, links that take no
 * time, the balancer, a server.  Nothing between them may add, lose or delay.
 *
 * Source: Kleinrock, Queueing Systems 1, 1975, 3.2 to 3.6, 5.6.
 */
#include <math.h>
#include <string.h>

#include "tests/sim/stage.h"
#include "tests/unit.h"

#define CONFIG(members)                                                        \
	"load_balancer: { sku: fairlead }\n"                                   \
	"frontends:\n  - { name: f, address: 203.0.113.10 }\n"                 \
	"pools:\n  - { name: p, members: [" members "] }\n"                    \
	"rules:\n"                                                             \
	"  - { name: r, frontend: f, pool: p, protocol: udp,\n"                \
	"      frontend_port: 9000, backend_port: 9000 }\n"

#define ONE CONFIG("{ name: a, address: 10.0.0.1 }")
#define TWO                                                                    \
	CONFIG("{ name: a, address: 10.0.0.1 }, "                              \
	       "{ name: b, address: 10.0.0.2 }")

/*
 * 50 requests a second, 4,000 s.  The margins are about four standard
 * deviations: of the mean of N correlated response times of an M/M/1 queue the
 * variance is near 2 r (1 + r) / ((1 - r)^4 N) service times squared.
 */
#define RATE     50.0
#define DURATION 4000.0

/* clang-format off */
static const struct queue {
	const char *what, *config;
	double service_s;
	enum lb_service distribution;
	uint32_t places, queue;
	double response_s, margin; /* of those that are answered */
	double refused;		   /* share of the requests */
} queues[] = {
	/* W = 1 / (mu - lambda) */
	{ "M/M/1 at 0.5", ONE, 0.010, LB_SERVICE_EXPONENTIAL, 1, UINT32_MAX,
	    0.020, 0.03, 0 },
	{ "M/M/1 at 0.8", ONE, 0.016, LB_SERVICE_EXPONENTIAL, 1, UINT32_MAX,
	    0.080, 0.10, 0 },
	/* W = s (1 + r / (2 (1 - r))) */
	{ "M/D/1 at 0.5", ONE, 0.010, LB_SERVICE_CONSTANT, 1, UINT32_MAX,
	    0.015, 0.02, 0 },
	/* a = 1.6: C(2, a) = 0.7111, W = s + C s / (2 - a) */
	{ "M/M/2 at 0.8", ONE, 0.032, LB_SERVICE_EXPONENTIAL, 2, UINT32_MAX,
	    0.032 + 0.711111 * 0.032 / 0.4, 0.10, 0 },
	/* no queue: B(1, 0.5) = 1/3, and nobody waits */
	{ "M/M/1/1", ONE, 0.010, LB_SERVICE_EXPONENTIAL, 1, 0,
	    0.010, 0.02, 1.0 / 3 },
	/* one may wait: P2 = r^2 (1 - r) / (1 - r^3) = 1/7; of those served
	 * P1 / (P0 + P1) = 1/3 waits for one service */
	{ "M/M/1/2", ONE, 0.010, LB_SERVICE_EXPONENTIAL, 1, 1,
	    0.010 * 4 / 3, 0.02, 1.0 / 7 },
	/* any number at once: nobody waits */
	{ "M/G/infinity", ONE, 0.200, LB_SERVICE_LOGNORMAL, 0, UINT32_MAX,
	    0.200, 0.03, 0 },
	/* the balancer halves a Poisson stream into two of them */
	{ "two M/M/1 at 0.5", TWO, 0.020, LB_SERVICE_EXPONENTIAL, 1,
	    UINT32_MAX, 0.040, 0.04, 0 },
};
/* clang-format on */

static void
check_near(const char *what, double is, double expect, double margin)
{
	if (fabs(is - expect) > margin * expect)
		(void)fprintf(stderr, "  row %s: %.6f, not %.6f +- %.0f %%\n",
		    what, is, expect, margin * 100);
	CU_ASSERT_TRUE(fabs(is - expect) <= margin * expect);
}

static void
check_queue(const struct queue *q)
{
	struct stage s;

	stage_open(&s);
	s.scene.duration_ms = (uint64_t)(DURATION * 1000);
	s.scene.client_link = s.scene.member_link = (struct lb_link){ 0 };
	struct lb_traffic *t = stage_traffic(&s, LB_PROFILE_UDP);
	t->rate = (uint64_t)(RATE * (double)LB_SCENE_ONE);
	t->clients = 50000;
	t->tries = 1;
	t->timeout_ms = 1000000;
	struct lb_server *server = stage_server(&s);
	server->service_ns = (uint64_t)(q->service_s * 1e9);
	server->distribution = q->distribution;
	server->concurrency = q->places;
	server->queue = q->queue;
	struct sim_record *r = stage_play(&s, q->config);
	const struct sim_case *c = &r->cases[0];
	uint64_t served = 0, turned_away = 0;
	double busy_s = 0;
	for (size_t i = 0; i < c->served_count; i++) {
		served += c->served[i].served;
		turned_away += c->served[i].turned_away;
		busy_s += (double)c->served[i].busy_ns / 1e9;
	}
	check_near(q->what, (double)c->clients.requests, RATE * DURATION, 0.01);
	check_near(q->what,
	    (double)c->clients.response_ns / 1e9 / (double)c->clients.answered,
	    q->response_s, q->margin);
	/* but for a few that are being served at the end */
	UNIT_ROW(q->what, served + turned_away <= c->clients.requests);
	UNIT_ROW(q->what, served + turned_away + 50 > c->clients.requests);
	UNIT_EQUAL(q->what, served, c->clients.answered);
	/* the load that was carried */
	check_near(q->what, busy_s,
	    RATE * DURATION * (1 - q->refused) * q->service_s, 0.02);
	if (q->refused > 0)
		check_near(q->what,
		    (double)turned_away / (double)c->clients.requests,
		    q->refused, 0.03);
	else
		UNIT_EQUAL(q->what, turned_away, 0);
	(void)printf("\n    %s: %.2f ms, by theory %.2f; %.4f turned away, "
		     "by theory %.4f",
	    q->what,
	    (double)c->clients.response_ns / 1e6 / (double)c->clients.answered,
	    q->response_s * 1e3,
	    (double)turned_away / (double)c->clients.requests, q->refused);
	sim_record_free(r);
	stage_close(&s);
}

static void
test_queues(void)
{
	for (size_t i = 0; i < LB_COUNT(queues); i++)
		check_queue(&queues[i]);
	(void)printf("\n  ");
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "queues", test_queues },
		CU_TEST_INFO_NULL,
	};

	return unit_main("the world against theory", tests);
}
