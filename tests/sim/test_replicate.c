/* SPDX-License-Identifier: MIT */
/* Replications: the same with any number of workers, and what they draw. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/sweep/replicate.h"
#include "tests/sim/scene.h"
#include "tests/unit.h"

#define CLIENTS  40u
#define BACKENDS 4u
#define MODES    2u
/* Made anew thousands of times. */
#define TABLE_SIZE 2039u

/* A capture, and a run of it in two modes over four backends. */
struct town {
	struct scene scene;
	struct lb_config *configs[MODES];
	struct sim_case_settings cases[MODES];
	const char *paths[1];
	struct sim_settings run;
	/* Who watches: */
	unsigned asked, stop_at; /* so many times; 0: never */
	uint64_t packets;        /* it was told of, at last */
	bool fell;               /* it was told of fewer than before */
};

static bool
watch(void *arg, uint64_t packets, uint64_t read, uint64_t total)
{
	struct town *t = arg;

	(void)read, (void)total;
	t->fell |= packets < t->packets;
	t->packets = packets;
	return ++t->asked != t->stop_at;
}

/* Each client is a key in either mode, and all weigh the same. */
static void
write_clients(struct scene *s)
{
	scene_open(s);
	for (unsigned i = 0; i < CLIENTS; i++) {
		const struct frame_spec spec = {
			.src = FRAME_V4(10, 0, 0, (uint8_t)(i + 1)),
			.dst = FRAME_V4(203, 0, 113, 10),
			.proto = LB_PROTO_UDP,
			.sport = (uint16_t)(2000 + i),
			.dport = 5683,
			.payload_bytes = 10,
		};
		scene_add(s, 10 * i, &spec);
		scene_add(s, 10 * i + 5, &spec);
	}
	CU_ASSERT_EQUAL(fflush(s->file), 0);
}

static void
town_open(struct town *t)
{
	static const struct {
		const char *name;
		enum lb_mode mode;
	} modes[MODES] = {
		{ "five-tuple", LB_MODE_FIVE_TUPLE },
		{ "source-ip", LB_MODE_SOURCE_IP_ANY_DST },
	};

	memset(t, 0, sizeof(*t));
	write_clients(&t->scene);
	for (size_t i = 0; i < MODES; i++) {
		t->configs[i] = lb_config_zero(BACKENDS, modes[i].mode);
		CU_ASSERT_PTR_NOT_NULL_FATAL(t->configs[i]);
		for (size_t r = 0; r < t->configs[i]->rule_count; r++)
			t->configs[i]->rules[r].table_size = TABLE_SIZE;
		t->cases[i].name = modes[i].name;
		t->cases[i].config = t->configs[i];
	}
	t->paths[0] = t->scene.path;
	t->run = (struct sim_settings){
		.paths = t->paths,
		.path_count = 1,
		.cases = t->cases,
		.case_count = MODES,
		.together = true,
		.report = true,
		.seed = 1,
		.progress = watch,
		.progress_arg = t,
	};
}

static void
town_close(struct town *t)
{
	for (size_t i = 0; i < MODES; i++)
		lb_config_free(t->configs[i]);
	scene_close(&t->scene);
}

static struct sim_record *
replicate(struct town *t, const struct sim_replicate_settings *settings,
    struct sim_replicate_facts *facts)
{
	struct sim_replicate_settings mine = *settings;
	struct sim_trouble trouble = { 0 };
	struct sim_record *record = NULL;

	mine.run = &t->run;
	CU_ASSERT_EQUAL(
	    sim_replicate(&mine, &record, facts, &trouble), SIM_DONE);
	UNIT_NEED(record);
	return record;
}

static char *
saved(const struct sim_record *record, size_t *bytes)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, bytes);

	CU_ASSERT_PTR_NOT_NULL_FATAL(to);
	CU_ASSERT_EQUAL(sim_record_save(record, to), 0);
	CU_ASSERT_EQUAL(fclose(to), 0);
	return text;
}

static bool
same(const struct sim_record *a, const struct sim_record *b)
{
	size_t a_bytes, b_bytes;
	char *a_text = saved(a, &a_bytes), *b_text = saved(b, &b_bytes);
	bool equal = a_bytes == b_bytes && memcmp(a_text, b_text, a_bytes) == 0;

	free(a_text);
	free(b_text);
	return equal;
}

/* Only one case of a record, slim. */
static bool
same_case(struct sim_case *a, struct sim_case *b)
{
	sim_case_slim(a);
	sim_case_slim(b);
	const struct sim_record one = { .cases = a, .case_count = 1 };
	const struct sim_record other = { .cases = b, .case_count = 1 };
	return same(&one, &other);
}

/* --- any number of workers ----------------------------------------------- */

static void
workers_change_nothing(void)
{
	struct sim_replicate_settings settings = { .replications = 25 };
	struct sim_replicate_facts facts;
	struct sim_record *first = NULL;
	struct town t;

	town_open(&t);
	for (unsigned workers = 1; workers <= 3; workers++) {
		settings.workers = workers;
		t.packets = 0;
		struct sim_record *record = replicate(&t, &settings, &facts);
		CU_ASSERT_FALSE(t.fell);
		CU_ASSERT_EQUAL(t.packets, 25 * 2 * CLIENTS);
		CU_ASSERT_EQUAL(record->replications, 25);
		CU_ASSERT_EQUAL(record->replica_count, 24 * MODES);
		CU_ASSERT_FALSE(record->deterministic);
		CU_ASSERT_FALSE(record->partial);
		CU_ASSERT_FALSE(facts.alike);
		CU_ASSERT_TRUE(facts.workers <= workers);
		scene_check(t.scene.path, record);
		if (first == NULL) {
			first = record;
			continue;
		}
		CU_ASSERT_TRUE(same(first, record));
		sim_record_free(record);
	}
	sim_record_free(first);
	town_close(&t);
}

/* Which a replication is does not depend on how many there are. */
static void
one_alone_is_one_of_many(void)
{
	struct sim_replicate_settings settings = { .replications = 8,
		.workers = 2 };
	struct sim_replicate_facts facts;
	struct town t;

	town_open(&t);
	struct sim_record *all = replicate(&t, &settings, &facts);
	for (uint32_t r = 1; r < 8; r++) {
		struct sim_trouble trouble = { 0 };
		struct sim_record *alone = NULL;

		CU_ASSERT_EQUAL(
		    sim_replicate_one(&t.run, r, &alone, &trouble), SIM_DONE);
		UNIT_NEED(alone);
		for (size_t c = 0; c < MODES; c++) {
			struct sim_case *of = &all->replicas[(r - 1) * MODES];
			CU_ASSERT_TRUE(same_case(&of[c], &alone->cases[c]));
			CU_ASSERT_FALSE(
			    same_case(&all->cases[c], &alone->cases[c]));
			/* common random numbers */
			CU_ASSERT_EQUAL(memcmp(of[0].hash_key, of[c].hash_key,
					    sizeof(of[c].hash_key)),
			    0);
		}
		sim_record_free(alone);
	}
	sim_record_free(all);
	town_close(&t);
}

/* The first is the run as it is, with all that reports show. */
static void
the_first_is_the_run(void)
{
	struct sim_replicate_settings settings = { .replications = 3,
		.workers = 2 };
	struct sim_replicate_facts facts;
	struct sim_trouble trouble = { 0 };
	struct sim_record *run = NULL;
	struct town t;

	town_open(&t);
	struct sim_record *all = replicate(&t, &settings, &facts);
	CU_ASSERT_EQUAL(sim_run(&t.run, &run, &trouble), SIM_DONE);
	UNIT_NEED(run);
	CU_ASSERT_TRUE(run->deterministic);
	CU_ASSERT_EQUAL(run->replications, 0);
	CU_ASSERT_EQUAL(all->cases[0].rules[0].key_count, CLIENTS);
	CU_ASSERT_PTR_NOT_NULL(all->cases[0].rules[0].slices);
	CU_ASSERT_EQUAL(all->replicas[0].rules[0].key_count, 0);
	CU_ASSERT_PTR_NULL(all->replicas[0].rules[0].slices);
	CU_ASSERT_EQUAL(all->replicas[0].rules[0].flows, CLIENTS);
	/* else they are the same: */
	sim_record_free(run);
	settings.replications = 1;
	run = replicate(&t, &settings, &facts);
	CU_ASSERT_EQUAL(run->replications, 1);
	CU_ASSERT_TRUE(run->deterministic);
	CU_ASSERT_TRUE(same_case(&run->cases[0], &all->cases[0]));
	CU_ASSERT_TRUE(same_case(&run->cases[1], &all->cases[1]));
	sim_record_free(run);
	sim_record_free(all);
	town_close(&t);
}

/* --- what is drawn ------------------------------------------------------- */

static void
named_keys_stay(void)
{
	struct sim_replicate_settings settings = { .replications = 5,
		.workers = 2 };
	struct sim_replicate_facts facts;
	struct town t;

	town_open(&t);
	t.configs[1]->hash_key_set = true;
	memset(t.configs[1]->hash_key, 7, sizeof(t.configs[1]->hash_key));
	struct sim_record *record = replicate(&t, &settings, &facts);
	CU_ASSERT_EQUAL(record->replications, 5);
	for (size_t r = 0; r < 4; r++) {
		const struct sim_case *of = &record->replicas[r * MODES];
		CU_ASSERT_NOT_EQUAL(
		    memcmp(of[0].hash_key, record->cases[0].hash_key,
			sizeof(of[0].hash_key)),
		    0);
		CU_ASSERT_EQUAL(memcmp(of[1].hash_key, t.configs[1]->hash_key,
				    sizeof(of[1].hash_key)),
		    0);
	}
	sim_record_free(record);

	/* With all of them named nothing is drawn. */
	t.configs[0]->hash_key_set = true;
	record = replicate(&t, &settings, &facts);
	CU_ASSERT_TRUE(facts.alike);
	CU_ASSERT_TRUE(record->deterministic);
	CU_ASSERT_EQUAL(record->replications, 1);
	CU_ASSERT_EQUAL(record->replica_count, 0);
	sim_record_free(record);
	town_close(&t);
}

/* Over all keys 1/J is on average 1 + (n - 1) / K, of K keys of one weight:
 * within 99.9 %. */
static void
keys_are_the_population(void)
{
	const uint32_t n = 1000;
	struct sim_replicate_settings settings = { .replications = n };
	struct sim_replicate_facts facts;
	double sum = 0, squares = 0;
	struct town t;

	town_open(&t);
	t.run.case_count = 1;
	struct sim_record *record = replicate(&t, &settings, &facts);
	CU_ASSERT_EQUAL_FATAL(record->replica_count, n - 1);
	for (size_t r = 0; r < n - 1; r++) {
		const struct sim_rule *rule = &record->replicas[r].rules[0];
		double parts = 0;
		CU_ASSERT_EQUAL_FATAL(rule->backend_count, BACKENDS);
		for (size_t b = 0; b < BACKENDS; b++)
			parts += pow((double)rule->backends[b].packets, 2);
		double inverse = BACKENDS * parts / pow(2 * CLIENTS, 2);
		sum += inverse;
		squares += inverse * inverse;
	}
	double mean = sum / (n - 1);
	double deviation = sqrt(squares / (n - 1) - mean * mean);
	double wanted = 1 + (BACKENDS - 1.0) / CLIENTS;
	CU_ASSERT_TRUE(deviation > 0);
	CU_ASSERT_DOUBLE_EQUAL(mean, wanted, 3.29 * deviation / sqrt(n - 1));
	sim_record_free(record);
	town_close(&t);
}

/* --- clients that answer -------------------------------------------------- */

/* Each case is a run of its own then, and no capture is needed. */
static void
populate(struct town *t, struct lb_scene *scene, struct lb_traffic *web)
{
	*web = lb_traffic_defaults(LB_PROFILE_WEB);
	web->rate = 20 * LB_SCENE_ONE;
	web->size_max = 20000;
	*scene = lb_scene_defaults();
	scene->traffic = web;
	scene->traffic_count = 1;
	scene->duration_ms = 5000;
	t->run.path_count = 0;
	t->run.scene = scene;
}

static void
cases_are_runs_too(void)
{
	struct sim_replicate_settings settings = { .replications = 0 };
	struct sim_replicate_facts facts;
	struct sim_trouble trouble = { 0 };
	struct sim_record *run = NULL;
	struct lb_traffic web;
	struct lb_scene scene;
	struct town t;

	town_open(&t);
	populate(&t, &scene, &web);
	CU_ASSERT_EQUAL(sim_run(&t.run, &run, &trouble), SIM_DONE);
	UNIT_NEED(run);
	CU_ASSERT_EQUAL(run->case_count, MODES);
	CU_ASSERT_TRUE(run->cases[0].clients.answered > 50);
	for (unsigned workers = 1; workers <= 3; workers++) {
		settings.workers = workers;
		struct sim_record *record = replicate(&t, &settings, &facts);
		CU_ASSERT_TRUE(same(run, record));
		sim_record_free(record);
	}
	sim_record_free(run);

	settings.replications = 4;
	settings.workers = 1;
	run = replicate(&t, &settings, &facts);
	CU_ASSERT_EQUAL(run->replications, 4);
	CU_ASSERT_EQUAL(run->replica_count, 3 * MODES);
	CU_ASSERT_STRING_EQUAL(run->replicas[1].name, "source-ip");
	CU_ASSERT_NOT_EQUAL(
	    run->replicas[0].rules[0].packets, run->cases[0].rules[0].packets);
	CU_ASSERT_FALSE(run->deterministic);
	for (settings.workers = 2; settings.workers <= 3; settings.workers++) {
		struct sim_record *record = replicate(&t, &settings, &facts);
		CU_ASSERT_TRUE(same(run, record));
		sim_record_free(record);
	}
	sim_record_free(run);
	town_close(&t);
}

/* With the keys named there are still arrivals to draw. */
static void
arrivals_are_drawn(void)
{
	struct sim_replicate_settings settings = { .replications = 3 };
	struct sim_replicate_facts facts;
	struct lb_traffic web;
	struct lb_scene scene;
	struct town t;

	town_open(&t);
	populate(&t, &scene, &web);
	for (size_t i = 0; i < MODES; i++)
		t.configs[i]->hash_key_set = true;
	struct sim_record *record = replicate(&t, &settings, &facts);
	CU_ASSERT_FALSE(facts.alike);
	CU_ASSERT_EQUAL(record->replications, 3);
	CU_ASSERT_NOT_EQUAL(record->replicas[0].rules[0].packets,
	    record->replicas[MODES].rules[0].packets);
	sim_record_free(record);
	town_close(&t);
}

/* Stopped at any time, what is left are whole replications. */
static void
worlds_are_interrupted(void)
{
	struct lb_traffic web;
	struct lb_scene scene;

	for (unsigned stop_at = 1; stop_at < 30; stop_at += 4) {
		struct sim_replicate_settings settings = { .replications = 9,
			.workers = 1 + stop_at % 3 };
		struct sim_replicate_facts facts;
		struct town t;
		town_open(&t);
		populate(&t, &scene, &web);
		t.stop_at = stop_at;
		struct sim_record *record = replicate(&t, &settings, &facts);
		CU_ASSERT_EQUAL(record->interrupted, t.asked == stop_at);
		CU_ASSERT_TRUE(record->case_count >= 1);
		if (record->replications > 1)
			CU_ASSERT_EQUAL(record->case_count, MODES);
		CU_ASSERT_EQUAL(record->replica_count,
		    (record->replications - 1) * record->case_count);
		sim_record_free(record);
		town_close(&t);
	}
}

/* --- precision ----------------------------------------------------------- */

/* As if there were only so many. */
static struct sim_interval
interval_of_first(struct sim_record record, uint32_t replications)
{
	record.replica_count = (replications - 1) * record.case_count;
	return sim_interval_of(&record);
}

static void
precision_stops(void)
{
	struct sim_replicate_settings settings = {
		.precision_millionths = 4000 /* 0.4 % */
	};
	struct sim_replicate_facts facts;
	uint32_t stopped = 0;
	struct town t;

	town_open(&t);
	for (unsigned workers = 1; workers <= 3; workers++) {
		settings.workers = workers;
		struct sim_record *record = replicate(&t, &settings, &facts);
		if (workers == 1)
			stopped = record->replications;
		CU_ASSERT_EQUAL(record->replications, stopped);
		CU_ASSERT_EQUAL(stopped % SIM_REPLICATIONS_LEAST, 0);
		CU_ASSERT_TRUE(stopped > SIM_REPLICATIONS_LEAST);
		CU_ASSERT_TRUE(stopped < SIM_REPLICATIONS_PRECISE);
		CU_ASSERT_TRUE(facts.precise);
		CU_ASSERT_EQUAL(facts.interval.figure, SIM_FIGURE_JAIN);
		CU_ASSERT_EQUAL(facts.interval.count, stopped);
		CU_ASSERT_TRUE(sim_interval_relative(&facts.interval) < 0.004);
		for (uint32_t r = SIM_REPLICATIONS_LEAST; r < stopped;
		     r += SIM_REPLICATIONS_LEAST) {
			struct sim_interval i = interval_of_first(*record, r);
			CU_ASSERT_EQUAL(i.count, r);
			CU_ASSERT_TRUE(sim_interval_relative(&i) >= 0.004);
		}
		sim_record_free(record);
	}
	/* What can't be reached ends where it is told to. */
	settings.precision_millionths = 1;
	settings.replications = 25;
	struct sim_record *record = replicate(&t, &settings, &facts);
	CU_ASSERT_EQUAL(record->replications, 25);
	CU_ASSERT_FALSE(facts.precise);
	CU_ASSERT_EQUAL(facts.interval.count, 25);
	sim_record_free(record);
	town_close(&t);
}

/* Two values: t of one degree of freedom is 12.706. */
static void
intervals_are_students(void)
{
	struct sim_failover failovers[2][2] = {
		{ { .detected_ns = SIM_NO_TIME },
		    { .detected_ns = 4000000000 } },
		{ { .detected_ns = 6000000000 },
		    { .detected_ns = 1000000000 } },
	};
	struct sim_case first = { .failovers = failovers[0],
		.failover_count = 2 };
	struct sim_case others[] = { { .failovers = failovers[1],
					 .failover_count = 2 },
		{ .failover_count = 0 } };
	struct sim_record record = { .cases = &first,
		.case_count = 1,
		.replicas = others,
		.replica_count = 2 };
	struct sim_interval i = sim_interval_of(&record);

	CU_ASSERT_EQUAL(i.figure, SIM_FIGURE_DETECTION);
	CU_ASSERT_EQUAL(i.count, 2);
	CU_ASSERT_DOUBLE_EQUAL(i.mean, 5, 1e-12);
	CU_ASSERT_DOUBLE_EQUAL(i.half_width, 12.7062047, 1e-6);
	CU_ASSERT_DOUBLE_EQUAL(sim_interval_relative(&i), 2.54124094, 1e-6);
	record.replica_count = 0;
	i = sim_interval_of(&record);
	CU_ASSERT_EQUAL(i.count, 1);
	CU_ASSERT_TRUE(isinf(i.half_width));
}

/* --- what goes wrong ----------------------------------------------------- */

static void
interrupted(unsigned workers, unsigned stop_at, uint32_t least, uint32_t most)
{
	struct sim_replicate_settings settings = { .replications = 25,
		.workers = workers };
	struct sim_replicate_facts facts;
	struct town t;

	town_open(&t);
	t.stop_at = stop_at;
	struct sim_record *record = replicate(&t, &settings, &facts);
	CU_ASSERT_TRUE(record->interrupted);
	CU_ASSERT_TRUE(record->partial);
	CU_ASSERT_TRUE(record->replications >= least);
	CU_ASSERT_TRUE(record->replications <= most);
	CU_ASSERT_EQUAL(
	    record->replica_count, (record->replications - 1) * MODES);
	CU_ASSERT_EQUAL(t.asked, stop_at); /* and not again */
	sim_record_free(record);
	town_close(&t);
}

static void
interrupts_stop_all(void)
{
	/* A small capture: asked at its beginning and at its end. */
	interrupted(1, 1, 1, 1);
	interrupted(1, 2, 1, 1);
	interrupted(1, 9, 4, 4);
	interrupted(1, 10, 4, 4);
	interrupted(1, 50, 24, 24);
	interrupted(3, 1, 1, 1);
	interrupted(3, 20, 1, 10);
}

static void
pipes_are_refused(void)
{
	char path[] = "/tmp/fairlead-replicate-XXXXXX";
	struct sim_replicate_facts facts;
	struct sim_trouble trouble = { 0 };
	struct sim_record *record = NULL;
	struct town t;

	town_open(&t);
	struct sim_replicate_settings settings = { .run = &t.run,
		.replications = 2 };
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(path));
	CU_ASSERT_EQUAL(rmdir(path), 0);
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	t.paths[0] = path;
	CU_ASSERT_EQUAL(
	    sim_replicate(&settings, &record, &facts, &trouble), SIM_USAGE);
	CU_ASSERT_PTR_NULL(record);
	CU_ASSERT_PTR_NOT_NULL(strstr(trouble.text, "read only once"));
	(void)unlink(path);
	town_close(&t);
}

/* It is said once, whoever met it. */
static void
wrong_settings_are_said(void)
{
	struct sim_replicate_facts facts;
	struct sim_trouble trouble = { 0 };
	struct sim_record *record = NULL;
	struct town t;

	town_open(&t);
	struct sim_replicate_settings settings = {
		.run = &t.run, .replications = 9, .workers = 3
	};
	t.run.filter = "port port";
	CU_ASSERT_EQUAL(
	    sim_replicate(&settings, &record, &facts, &trouble), SIM_USAGE);
	CU_ASSERT_PTR_NULL(record);
	CU_ASSERT_PTR_NOT_NULL(strstr(trouble.text, "port port"));
	lb_problems_free(&trouble.problems);
	town_close(&t);
}

/* --vip auto is found out once, and is the same for all. */
static void
vip_is_chosen_once(void)
{
	struct sim_replicate_settings settings = { .replications = 3,
		.workers = 2 };
	struct sim_replicate_facts facts;
	struct town t;

	town_open(&t);
	t.run.vip.kind = SIM_VIP_AUTO;
	struct sim_record *record = replicate(&t, &settings, &facts);
	CU_ASSERT_EQUAL(record->replicas[3].rules[0].flows, CLIENTS);
	CU_ASSERT_EQUAL(t.asked, 2 * (1 + 3));
	sim_record_free(record);
	town_close(&t);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "any number of workers", workers_change_nothing },
		{ "one alone", one_alone_is_one_of_many },
		{ "the first", the_first_is_the_run },
		{ "named keys", named_keys_stay },
		{ "the population", keys_are_the_population },
		{ "cases", cases_are_runs_too },
		{ "arrivals", arrivals_are_drawn },
		{ "interrupted worlds", worlds_are_interrupted },
		{ "precision", precision_stops },
		{ "Student's t", intervals_are_students },
		{ "interrupts", interrupts_stop_all },
		{ "pipes", pipes_are_refused },
		{ "wrong settings", wrong_settings_are_said },
		{ "--vip auto", vip_is_chosen_once },
		CU_TEST_INFO_NULL,
	};
	return unit_main("sim/replicate", tests);
}
