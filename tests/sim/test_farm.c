/* SPDX-License-Identifier: MIT */
/* Servers: every time by hand where nothing is drawn, and queueing theory's
 * closed forms where it is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/traffic/arrivals.h"
#include "sim/world/farm.h"
#include "tests/unit.h"

#define MS LB_NS_PER_MS

static const struct sim_condition well = { .factor = LB_SCENE_ONE };

/* A farm of two members, a and b, and what the scene says of them. */
struct bench {
	struct lb_scene scene;
	struct lb_plan_member members[3];
	struct lb_plan plan;
	struct sim_farm *farm;
	struct sim_dice dice;
};

static void
open_bench(struct bench *b, struct lb_server *how, size_t count)
{
	memset(b, 0, sizeof(*b));
	b->scene = lb_scene_defaults();
	b->scene.servers = how;
	b->scene.server_count = count;
	b->members[0] = (struct lb_plan_member){ .name = (char[]){ "a" },
		.address = lb_addr_v4(1) };
	b->members[1] = (struct lb_plan_member){ .name = (char[]){ "b" },
		.address = lb_addr_v4(2) };
	b->plan.members = b->members;
	b->plan.member_count = 2;
	b->farm = sim_farm_new(&b->scene, &b->plan);
	UNIT_NEED(b->farm);
	sim_dice_init(&b->dice, 1);
}

static uint64_t
serve_in(struct bench *b, struct sim_condition condition, uint16_t member,
    uint64_t now_ns, uint64_t n)
{
	return sim_farm_serve(b->farm,
	    &(struct sim_request){ .now_ns = now_ns, .n = n, .member = member },
	    condition, &b->dice);
}

static uint64_t
serve(struct bench *b, uint16_t member, uint64_t now_ns, uint64_t n)
{
	return serve_in(b, well, member, now_ns, n);
}

/* Closes the bench; what a did is in *a. */
static void
close_bench(struct bench *b, uint64_t end_ns, struct sim_served *a)
{
	struct sim_served served[3];
	uint32_t count = sim_farm_server_count(b->farm);

	CU_ASSERT_EQUAL_FATAL(
	    sim_farm_served(b->farm, NULL, end_ns, served), 0);
	*a = served[0];
	CU_ASSERT_STRING_EQUAL(a->name, "a");
	a->name = NULL;
	for (uint32_t i = 0; i < count; i++)
		free(served[i].name);
	sim_farm_free(b->farm);
}

static void
served_is(const char *row, const struct sim_served *is,
    const struct sim_served *expect)
{
	UNIT_EQUAL(row, is->served, expect->served);
	UNIT_EQUAL(row, is->turned_away, expect->turned_away);
	UNIT_EQUAL(row, is->cut_short, expect->cut_short);
	UNIT_EQUAL(row, is->busy_ns, expect->busy_ns);
	UNIT_EQUAL(row, is->waited_ns, expect->waited_ns);
	UNIT_EQUAL(row, is->peak_busy, expect->peak_busy);
	UNIT_EQUAL(row, is->peak_queue, expect->peak_queue);
}

/* --- by hand ---------------------------------------------------------------
 */

static void
first_come_first_served(void)
{
	static const struct {
		uint64_t now_ns, done_ns;
	} rows[] = {
		{ 0, 10 * MS },
		{ 1 * MS, 11 * MS },
		{ 2 * MS, 20 * MS }, /* waits for the first */
		{ 2 * MS, 21 * MS },
		{ 3 * MS, SIM_TURNED_AWAY },
		{ 10 * MS, 30 * MS }, /* the third has begun */
		{ 50 * MS, 60 * MS },
	};
	struct lb_server how = {
		.service_ns = 10 * MS, .concurrency = 2, .queue = 2
	};
	struct bench b;
	struct sim_served a;

	open_bench(&b, &how, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		UNIT_EQUAL("c = 2, K = 2", serve(&b, 0, rows[i].now_ns, i),
		    rows[i].done_ns);
	/* the other is another */
	UNIT_EQUAL("b", serve(&b, 1, 3 * MS, 0), 13 * MS);
	/* half of the last one is done by then */
	close_bench(&b, 55 * MS, &a);
	served_is("c = 2, K = 2", &a,
	    &(struct sim_served){ .served = 5,
		.turned_away = 1,
		.busy_ns = 55 * MS,
		.waited_ns = (8 + 9 + 10) * MS,
		.peak_busy = 2,
		.peak_queue = 2 });
}

static void
any_number_at_once(void)
{
	struct lb_server how = { .service_ns = 10 * MS, .queue = UINT32_MAX };
	struct bench b;
	struct sim_served a;

	open_bench(&b, &how, 1);
	for (uint64_t i = 0; i < 1000; i++)
		UNIT_EQUAL("c = 0", serve(&b, 0, i, i), 10 * MS + i);
	close_bench(&b, 10 * MS + 499, &a);
	CU_ASSERT_EQUAL(a.served, 500);
	CU_ASSERT_EQUAL(a.peak_busy, 1000);
	CU_ASSERT_EQUAL(a.waited_ns, 0);
}

static void
at_once_takes_no_place(void)
{
	struct lb_server how = { .concurrency = 1 };
	struct bench b;
	struct sim_served a;

	open_bench(&b, &how, 1);
	for (uint64_t i = 0; i < 10; i++)
		UNIT_EQUAL("0 ns", serve(&b, 0, 7, i), 7);
	close_bench(&b, 7, &a);
	served_is("0 ns", &a, &(struct sim_served){ .served = 10 });
}

static void
a_slow_server_takes_longer_for_the_same(void)
{
	struct lb_server how = { .service_ns = 10 * MS,
		.distribution = LB_SERVICE_EXPONENTIAL };
	struct sim_condition slow = { .factor = 3 * LB_SCENE_ONE };
	struct bench b;
	struct sim_served a;

	open_bench(&b, &how, 1);
	for (uint64_t i = 0; i < 100; i++)
		UNIT_EQUAL(
		    "x 3", serve_in(&b, slow, 0, 0, i), 3 * serve(&b, 1, 0, i));
	slow.factor = UINT64_MAX; /* for ever, and no wrap */
	CU_ASSERT_EQUAL(serve_in(&b, slow, 0, 1, 0), SIM_TURNED_AWAY - 1);
	close_bench(&b, 1, &a);
}

/* Two are served to 10 ms, two then to 20, and the fifth to 30; the sixth comes
 * at 50 ms, to a server that has begun anew. */
static void
what_died_is_cut_short(void)
{
	static const struct {
		const char *row;
		uint64_t epoch_ns;
		struct sim_served a;
	} rows[] = {
		{ "while two are served and one waits", 12 * MS,
		    { .served = 2 + 1,
			.cut_short = 3,
			.busy_ns = (10 + 10 + 2 + 2 + 10) * MS,
			.waited_ns = (9 + 9 + 10) * MS } },
		{ "when nobody is there", 40 * MS,
		    { .served = 5 + 1,
			.busy_ns = 60 * MS,
			.waited_ns = (9 + 9 + 18) * MS } },
		{ "not known when: at the latest one it took", 0,
		    { .served = 1,
			.cut_short = 5,
			.busy_ns = (2 + 2 + 10) * MS,
			.waited_ns = (1 + 1) * MS } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lb_server how = { .service_ns = 10 * MS,
			.concurrency = 2,
			.queue = UINT32_MAX };
		struct sim_condition again = { .epoch = 1,
			.epoch_ns = rows[i].epoch_ns,
			.factor = LB_SCENE_ONE };
		struct sim_served a, expect = rows[i].a;
		struct bench b;

		open_bench(&b, &how, 1);
		CU_ASSERT_EQUAL(serve(&b, 0, 0, 0), 10 * MS);
		CU_ASSERT_EQUAL(serve(&b, 0, 0, 1), 10 * MS);
		CU_ASSERT_EQUAL(serve(&b, 0, 1 * MS, 2), 20 * MS);
		CU_ASSERT_EQUAL(serve(&b, 0, 1 * MS, 3), 20 * MS);
		CU_ASSERT_EQUAL(serve(&b, 0, 2 * MS, 4), 30 * MS);
		CU_ASSERT_EQUAL(serve_in(&b, again, 0, 50 * MS, 5), 60 * MS);
		close_bench(&b, 70 * MS, &a);
		expect.peak_busy = 2;
		expect.peak_queue = 3;
		served_is(rows[i].row, &a, &expect);
	}
}

static void
a_warm_up_is_forgotten(void)
{
	struct lb_server how = {
		.service_ns = 10 * MS, .concurrency = 1, .queue = 1
	};
	struct bench b;
	struct sim_served a;

	open_bench(&b, &how, 1);
	CU_ASSERT_EQUAL(serve(&b, 0, 0, 0), 10 * MS);
	CU_ASSERT_EQUAL(serve(&b, 0, 1 * MS, 1), 20 * MS);
	CU_ASSERT_EQUAL(serve(&b, 0, 1 * MS, 2), SIM_TURNED_AWAY);
	sim_farm_warmed_up(b.farm, NULL, 4 * MS);
	CU_ASSERT_EQUAL(serve(&b, 0, 11 * MS, 3), 30 * MS);
	close_bench(&b, 100 * MS, &a);
	served_is("from 4 ms", &a,
	    &(struct sim_served){ .served = 3,
		.busy_ns = 26 * MS,
		.waited_ns = (6 + 9) * MS,
		.peak_busy = 1,
		.peak_queue = 1 });
}

static void
servers_are_addresses(void)
{
	uint16_t ports[] = { 80, 5683 };
	struct lb_server how[] = {
		{ .member = (char[]){ "b" },
		    .service_ns = 5 * MS,
		    .concurrency = 1,
		    .ports = ports,
		    .port_count = 2 },
		{ .service_ns = 10 * MS,
		    .concurrency = 1,
		    .queue = UINT32_MAX },
		{ .member = (char[]){ "a" } }, /* comes too late */
	};
	struct bench b;
	struct sim_served a;

	open_bench(&b, how, 3);
	CU_ASSERT_TRUE(sim_farm_listens(b.farm, 0, 1));
	CU_ASSERT_FALSE(sim_farm_listens(b.farm, 1, 1));
	CU_ASSERT_TRUE(sim_farm_listens(b.farm, 1, 80));
	CU_ASSERT_TRUE(sim_farm_listens(b.farm, 1, 5683));
	CU_ASSERT_EQUAL(serve(&b, 0, 0, 0), 10 * MS);
	CU_ASSERT_EQUAL(serve(&b, 1, 0, 0), 5 * MS);
	CU_ASSERT_EQUAL(serve(&b, 1, 0, 1), SIM_TURNED_AWAY);

	/* a third member on a's address; and ids change hands */
	b.members[2] = b.members[0];
	b.members[2].name = (char[]){ "c" };
	b.plan.member_count = 3;
	CU_ASSERT_EQUAL_FATAL(sim_farm_plan(b.farm, &b.plan), 0);
	CU_ASSERT_EQUAL(sim_farm_server_count(b.farm), 2);
	CU_ASSERT_EQUAL(sim_farm_server(b.farm, 2), sim_farm_server(b.farm, 0));
	CU_ASSERT_EQUAL(serve(&b, 2, 1 * MS, 2), 20 * MS);
	b.members[1] = b.members[2];
	b.members[2].name = NULL; /* a free id */
	CU_ASSERT_EQUAL_FATAL(sim_farm_plan(b.farm, &b.plan), 0);
	CU_ASSERT_EQUAL(serve(&b, 1, 2 * MS, 3), 30 * MS);
	close_bench(&b, 100 * MS, &a);
	CU_ASSERT_EQUAL(a.served, 3);
}

static void
many_addresses(void)
{
	struct lb_plan_member *members = calloc(5000, sizeof(*members));
	struct lb_plan plan = { .members = members, .member_count = 5000 };
	struct lb_scene scene = lb_scene_defaults();

	UNIT_NEED(members);
	for (uint32_t i = 0; i < 5000; i++) {
		members[i].name = (char[]){ "m" };
		members[i].address = lb_addr_v4(i % 4000 * 0x01010000u + i);
	}

	struct sim_farm *farm = sim_farm_new(&scene, &plan);

	UNIT_NEED(farm);
	CU_ASSERT_EQUAL(sim_farm_server_count(farm), 5000);
	for (uint16_t i = 0; i < 5000; i++)
		CU_ASSERT_EQUAL(sim_farm_server(farm, i), i);
	sim_farm_free(farm);
	free(members);
}

/* --- by theory --------------------------------------------------------------
 * Independent replications, each warmed up; their means against the closed
 * form, inside the interval of Student's t for 99.9 %. */

#define REPLICATIONS 40u
#define STUDENT      3.558 /* 99.9 % both ways, 39 degrees of freedom */
#define MEAN_NS      (1 * MS)
#define WARM_NS      (UINT64_C(10000) * MEAN_NS)
#define RUN_NS       (UINT64_C(60000) * MEAN_NS)

enum { IN_SYSTEM, WAIT, BUSY, BLOCKED, FIGURES };

/* One replication of a queue at so much load a place. */
static void
play(const struct lb_server *how, double load, uint32_t replication,
    double figures[FIGURES])
{
	struct lb_server server = *how;
	struct lb_traffic t = lb_traffic_defaults(LB_PROFILE_UDP);
	struct sim_arrivals arrivals;
	struct sim_served a;
	struct bench b;
	uint64_t at_ns, n = 0;
	bool is_warm = false;

	open_bench(&b, &server, 1);
	sim_dice_init(&b.dice, sim_replication_seed(2026, replication));
	t.rate = (uint64_t)llround(
	    load * how->concurrency * 1e9 / (double)MEAN_NS * 1e6);
	sim_arrivals_init(&arrivals, &t, 0, WARM_NS + RUN_NS);
	while ((at_ns = sim_arrivals_next(&arrivals, &b.dice)) != SIM_NEVER) {
		if (!is_warm && at_ns >= WARM_NS) {
			sim_farm_warmed_up(b.farm, NULL, WARM_NS);
			is_warm = true;
		}
		(void)serve(&b, 0, at_ns, n++);
	}
	close_bench(&b, WARM_NS + RUN_NS, &a);

	double served = (double)a.served;

	figures[IN_SYSTEM] =
	    ((double)a.busy_ns + (double)a.waited_ns) / (double)RUN_NS;
	figures[WAIT] = (double)a.waited_ns / served / (double)MEAN_NS;
	figures[BUSY] = (double)a.busy_ns / (double)RUN_NS / how->concurrency;
	figures[BLOCKED] =
	    (double)a.turned_away / (served + (double)a.turned_away);
}

static void
is_as_in_theory(const char *row, const struct lb_server *how, double load,
    const double theory[FIGURES])
{
	static const char *const names[] = { "in system", "wait", "busy",
		"blocked" };
	double sum[FIGURES] = { 0 }, squares[FIGURES] = { 0 };

	for (uint32_t r = 0; r < REPLICATIONS; r++) {
		double figures[FIGURES];

		play(how, load, r, figures);
		for (int f = 0; f < FIGURES; f++) {
			sum[f] += figures[f];
			squares[f] += figures[f] * figures[f];
		}
	}
	for (int f = 0; f < FIGURES; f++) {
		double mean = sum[f] / REPLICATIONS;
		double variance =
		    (squares[f] - sum[f] * mean) / (REPLICATIONS - 1);
		double half = STUDENT * sqrt(variance / REPLICATIONS);
		bool ok = fabs(mean - theory[f]) <= half ||
			  (variance <= 0 && mean == theory[f]);

		(void)printf("\n    %-14s %-9s %8.5f, in theory %8.5f, "
			     "+- %.5f",
		    row, names[f], mean, theory[f], half);
		UNIT_ROW(row, ok);
	}
}

/* The chance of all places being busy: Erlang C. */
static double
erlang_c(unsigned places, double load)
{
	double a = load * places, term = 1, sum = 0;

	for (unsigned k = 0; k < places; k++) {
		sum += term;
		term *= a / (k + 1);
	}
	return term / (1 - load) / (sum + term / (1 - load));
}

static void
queues_are_as_in_theory(void)
{
	static const double loads[] = { .5, .8, .9 };
	struct lb_server how = { .service_ns = MEAN_NS,
		.distribution = LB_SERVICE_EXPONENTIAL,
		.concurrency = 1,
		.queue = UINT32_MAX };

	for (size_t i = 0; i < 3; i++) {
		double load = loads[i], wait = load / (1 - load);
		char row[16];

		(void)snprintf(row, sizeof(row), "M/M/1 %.1f", load);
		is_as_in_theory(row, &how, load,
		    (double[]){ load / (1 - load), wait, load, 0 });
	}

	how.concurrency = 4;

	double wait = erlang_c(4, .8) / (4 * (1 - .8));

	is_as_in_theory("M/M/4 0.8", &how, .8,
	    (double[]){ 4 * .8 * (wait + 1), wait, .8, 0 });

	/* Pollaczek and Khinchine: half of E[S^2] / E[S]^2 of M/M/1's */
	how.concurrency = 1;
	how.distribution = LB_SERVICE_CONSTANT;
	wait = .8 / (2 * (1 - .8));
	is_as_in_theory(
	    "M/D/1 0.8", &how, .8, (double[]){ .8 * (wait + 1), wait, .8, 0 });

	how.distribution = LB_SERVICE_LOGNORMAL;
	wait = .5 * exp(1) / (2 * (1 - .5));
	is_as_in_theory(
	    "M/LN/1 0.5", &how, .5, (double[]){ .5 * (wait + 1), wait, .5, 0 });
}

/* K in all, the one that is served among them. */
static void
blocking_is_as_in_theory(void)
{
	static const double loads[] = { .8, 1.2 };
	struct lb_server how = { .service_ns = MEAN_NS,
		.distribution = LB_SERVICE_EXPONENTIAL,
		.concurrency = 1,
		.queue = 4 };

	for (size_t i = 0; i < 2; i++) {
		double r = loads[i], sum = 0, in_system = 0, p = 1;
		char row[16];

		for (int k = 0; k <= 5; k++, p *= r) {
			sum += p;
			in_system += k * p;
		}
		in_system /= sum;

		double blocked = pow(r, 5) / sum, taken = r * (1 - blocked);

		(void)snprintf(row, sizeof(row), "M/M/1/5 %.1f", r);
		is_as_in_theory(row, &how, r,
		    (double[]){
			in_system, in_system / taken - 1, taken, blocked });
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "in turn", first_come_first_served },
		{ "no limit", any_number_at_once },
		{ "at once", at_once_takes_no_place },
		{ "slow", a_slow_server_takes_longer_for_the_same },
		{ "cut short", what_died_is_cut_short },
		{ "warm-up", a_warm_up_is_forgotten },
		{ "addresses", servers_are_addresses },
		{ "many", many_addresses },
		{ "theory", queues_are_as_in_theory },
		{ "blocking", blocking_is_as_in_theory },
		CU_TEST_INFO_NULL,
	};
	return unit_main("sim/farm", tests);
}
