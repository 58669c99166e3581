/* SPDX-License-Identifier: MIT */
/* A sweep against runs of its points one by one, in one pass and in many. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/sweep/sweep.h"
#include "tests/sim/scene.h"
#include "tests/unit.h"

#define CLIENTS    40u
#define POINTS_MAX 64u
#define MEMBERS    8u

/* What is compared of a point. */
struct taken {
	uint64_t packets[MEMBERS], bytes[MEMBERS], flows[MEMBERS];
	uint64_t connections, untracked;
	size_t backends, keys;
};

struct sweep {
	struct sim_grid grid;
	struct taken points[POINTS_MAX];
	size_t count;
	bool in_order;
	uint64_t entries; /* the largest that a configuration had */
	uint64_t stop_at; /* packets; 0: never */
};

/* Clients that talk TCP and UDP to a server, both ways. */
static void
write_scene(struct scene *s)
{
	scene_open(s);
	for (unsigned i = 0; i < CLIENTS; i++) {
		struct frame_spec spec = {
			.src = FRAME_V4(10, 0, 0, 1),
			.dst = FRAME_V4(203, 0, 113, 10),
			.proto = i % 3 == 0 ? LB_PROTO_TCP : LB_PROTO_UDP,
			.sport = (uint16_t)(2000 + i),
			.dport = 5683,
			.payload_bytes = 10 + 7 * i,
			.tcp_flags = LB_TCP_SYN,
		};
		for (unsigned n = 0; n <= i % 4; n++)
			scene_add(s, 10 * i + n, &spec);
	}
	CU_ASSERT_EQUAL(fflush(s->file), 0);
}

static struct lb_config *
configure(void *arg, size_t point, struct sim_trouble *trouble)
{
	struct sweep *s = arg;
	struct lb_config *config = lb_config_zero(MEMBERS, LB_MODE_FIVE_TUPLE);
	size_t pool;

	(void)trouble;
	if (config == NULL)
		return NULL;
	CU_ASSERT_EQUAL(sim_grid_apply(&s->grid, point, config, &pool), 0);
	return config;
}

static void
note(const struct sim_case *of, struct taken *to)
{
	const struct sim_rule *rule = &of->rules[0];

	memset(to, 0, sizeof(*to));
	to->backends = rule->backend_count;
	to->keys = rule->key_count;
	to->connections = rule->connections;
	to->untracked = of->untracked;
	for (size_t i = 0; i < rule->backend_count && i < MEMBERS; i++) {
		to->packets[i] = rule->backends[i].packets;
		to->bytes[i] = rule->backends[i].bytes;
		to->flows[i] = rule->backends[i].flows;
	}
}

static int
take(void *arg, size_t point, const struct sim_case *of)
{
	struct sweep *s = arg;

	s->in_order &= point == s->count++;
	note(of, &s->points[point]);
	return 0;
}

static bool
go_on(void *arg, uint64_t packets, uint64_t read, uint64_t total)
{
	const struct sweep *s = arg;

	(void)read, (void)total;
	return s->stop_at == 0 || packets < s->stop_at;
}

/* Several keys and sizes: 2 x 3 x 4 points. */
static void
open_sweep(struct sweep *s)
{
	static const char *const vary[] = { "algorithm=maglev,modulo",
		"pool.size=2,5,8", "hash_key=4" };
	char error[512];

	memset(s, 0, sizeof(*s));
	s->in_order = true;
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(
		    sim_grid_add(&s->grid, vary[i], error, sizeof(error)), 0);
	sim_grid_draw(&s->grid, 1);
}

static struct sim_sweep_settings
settings_of(struct sweep *s, const char *const *path, uint64_t memory)
{
	return (struct sim_sweep_settings){
		.run = { .paths = path,
		    .path_count = 1,
		    .together = true,
		    .progress = go_on,
		    .progress_arg = s },
		.grid = &s->grid,
		.memory_bytes = memory,
		.configure = configure,
		.take = take,
		.arg = s,
	};
}

static struct sim_sweep_facts
play(struct sweep *s, const char *path, uint64_t memory)
{
	const char *const paths[] = { path };
	struct sim_sweep_settings settings = settings_of(s, paths, memory);
	struct sim_sweep_facts facts;
	struct sim_trouble trouble = { 0 };
	struct sim_record *record = NULL;

	CU_ASSERT_EQUAL(
	    sim_sweep(&settings, &record, &facts, &trouble), SIM_DONE);
	UNIT_NEED(record);
	CU_ASSERT_EQUAL(record->case_count, 0);
	CU_ASSERT_EQUAL(record->input.flows, CLIENTS);
	sim_record_free(record);
	return facts;
}

static void
passes_change_nothing(void)
{
	static struct sweep one, many;
	struct scene scene;

	write_scene(&scene);
	open_sweep(&one);
	open_sweep(&many);
	struct sim_sweep_facts whole =
	    play(&one, scene.path, UINT64_C(1) << 40);
	struct sim_sweep_facts parts = play(&many, scene.path, 1);
	CU_ASSERT_EQUAL(whole.passes, 2); /* one counts flows */
	CU_ASSERT_EQUAL(parts.passes, 1 + 24);
	CU_ASSERT_EQUAL(whole.points, 24);
	CU_ASSERT_EQUAL(parts.points, 24);
	CU_ASSERT_EQUAL(whole.played, parts.played);
	CU_ASSERT_TRUE(one.in_order && many.in_order);
	CU_ASSERT_EQUAL(memcmp(one.points, many.points, sizeof(one.points)), 0);
	sim_grid_free(&one.grid);
	sim_grid_free(&many.grid);
	scene_close(&scene);
}

/* Tables made to measure are no other than those of a run by itself. */
static void
a_point_is_what_a_run_gives(void)
{
	static struct sweep s;
	struct scene scene;

	write_scene(&scene);
	open_sweep(&s);
	play(&s, scene.path, 0);
	for (size_t point = 0; point < s.grid.point_count; point++) {
		const char *const paths[] = { scene.path };
		struct sim_trouble trouble = { 0 };
		struct sim_record *record = NULL;
		struct lb_config *config = configure(&s, point, &trouble);
		const struct sim_case_settings one = { "", config };
		const struct sim_settings settings = { .paths = paths,
			.path_count = 1,
			.cases = &one,
			.case_count = 1,
			.together = true };
		struct taken alone;

		CU_ASSERT_EQUAL(
		    sim_run(&settings, &record, &trouble), SIM_DONE);
		UNIT_NEED(record);
		note(&record->cases[0], &alone);
		CU_ASSERT_EQUAL(
		    memcmp(&alone, &s.points[point], sizeof(alone)), 0);
		sim_record_free(record);
		lb_config_free(config);
	}
	CU_ASSERT_EQUAL(s.points[0].backends, 2);
	CU_ASSERT_EQUAL(s.points[23].backends, 8);
	sim_grid_free(&s.grid);
	scene_close(&scene);
}

static void
interrupted_points_are_not_taken(void)
{
	static struct sweep s;
	struct scene scene;

	write_scene(&scene);
	open_sweep(&s);
	s.stop_at = 3 * 100; /* in the second of the passes that play */
	struct sim_sweep_facts facts = play(&s, scene.path, 1);
	CU_ASSERT_TRUE(facts.points < 24);
	CU_ASSERT_EQUAL(s.count, facts.points);
	sim_grid_free(&s.grid);
	scene_close(&scene);
}

/* What can be read only once is played in one pass, or refused. */
static void
a_pipe_is_one_pass(void)
{
	static struct sweep s;
	char path[] = "/tmp/fairlead-sweep-XXXXXX";
	const char *const paths[] = { path };
	struct sim_sweep_facts facts;
	struct sim_trouble trouble = { 0 };
	struct sim_record *record = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(path));
	CU_ASSERT_EQUAL(rmdir(path), 0);
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	open_sweep(&s);
	struct sim_sweep_settings settings = settings_of(&s, paths, 1);
	CU_ASSERT_EQUAL(
	    sim_sweep(&settings, &record, &facts, &trouble), SIM_USAGE);
	CU_ASSERT_PTR_NULL(record);
	CU_ASSERT_PTR_NOT_NULL(strstr(trouble.text, "read only once"));
	CU_ASSERT_EQUAL(facts.points, 0);
	sim_grid_free(&s.grid);
	(void)unlink(path);
}

/* --- clients that answer -------------------------------------------------- */

static struct sim_sweep_settings
with_clients(struct sweep *s, struct lb_scene *scene, struct lb_traffic *web)
{
	struct sim_sweep_settings settings = settings_of(s, NULL, 0);

	*web = lb_traffic_defaults(LB_PROFILE_WEB);
	web->rate = 20 * LB_SCENE_ONE;
	web->size_max = 20000;
	*scene = lb_scene_defaults();
	scene->traffic = web;
	scene->traffic_count = 1;
	scene->duration_ms = 2000;
	settings.run.path_count = 0;
	settings.run.scene = scene;
	return settings;
}

/* Each point is a run, and it does not matter who plays it. */
static void
points_are_runs(void)
{
	static struct sweep one, more;
	struct lb_traffic web;
	struct lb_scene scene;

	for (unsigned workers = 1; workers <= 3; workers++) {
		struct sweep *s = workers == 1 ? &one : &more;
		struct sim_sweep_facts facts;
		struct sim_trouble trouble = { 0 };
		struct sim_record *record = NULL;
		open_sweep(s);
		struct sim_sweep_settings settings =
		    with_clients(s, &scene, &web);
		settings.workers = workers;
		CU_ASSERT_EQUAL(
		    sim_sweep(&settings, &record, &facts, &trouble), SIM_DONE);
		UNIT_NEED(record);
		CU_ASSERT_TRUE(record->synthetic);
		CU_ASSERT_FALSE(record->interrupted);
		CU_ASSERT_EQUAL(record->case_count, 0);
		CU_ASSERT_EQUAL(facts.points, 24);
		CU_ASSERT_EQUAL(facts.passes, 0);
		CU_ASSERT_TRUE(s->in_order && s->count == 24);
		CU_ASSERT_EQUAL(
		    memcmp(one.points, s->points, sizeof(one.points)), 0);
		sim_record_free(record);
		sim_grid_free(&s->grid);
	}
	CU_ASSERT_EQUAL(one.points[0].backends, 2);
	CU_ASSERT_TRUE(one.points[0].connections > 10);
}

static void
points_are_interrupted(void)
{
	static struct sweep s;
	struct sim_sweep_facts facts;
	struct sim_trouble trouble = { 0 };
	struct sim_record *record = NULL;
	struct lb_traffic web;
	struct lb_scene scene;

	open_sweep(&s);
	struct sim_sweep_settings settings = with_clients(&s, &scene, &web);
	settings.workers = 2;
	s.stop_at = 500;
	CU_ASSERT_EQUAL(
	    sim_sweep(&settings, &record, &facts, &trouble), SIM_DONE);
	UNIT_NEED(record);
	CU_ASSERT_TRUE(record->interrupted);
	CU_ASSERT_TRUE(facts.points < 24);
	CU_ASSERT_TRUE(s.in_order);
	CU_ASSERT_EQUAL(s.count, facts.points);
	sim_record_free(record);
	sim_grid_free(&s.grid);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "one pass and many", passes_change_nothing },
		{ "a point and a run", a_point_is_what_a_run_gives },
		{ "interrupted", interrupted_points_are_not_taken },
		{ "a pipe", a_pipe_is_one_pass },
		{ "clients", points_are_runs },
		{ "interrupted clients", points_are_interrupted },
		CU_TEST_INFO_NULL,
	};
	return unit_main("sim/sweep", tests);
}
