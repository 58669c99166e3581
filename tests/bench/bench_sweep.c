/* SPDX-License-Identifier: MIT */
/*
 * What 24 configurations cost in one sweep beside one alone, over the same
 * warm file, in one process, in turn.  In processor time, because one core
 * does it all and nothing waits; the least of several.
 */
#include <stdio.h>
#include <time.h>

#include "sim/sweep/sweep.h"
#include "tests/bench/bench.h"
#include "tests/bench/capture_file.h"

#define ROUNDS   5u
#define GOAL     8.0
#define BACKENDS 4u
#define PACKETS  2000000u

static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct lb_config *
configure(void *arg, size_t point, struct sim_trouble *trouble)
{
	const struct sim_grid *grid = arg;
	const struct sim_level *size =
	    sim_grid_level(grid, point, SIM_VARY_POOL_SIZE);
	struct lb_config *config = lb_config_zero(
	    size != NULL ? size->number : BACKENDS, LB_MODE_FIVE_TUPLE);
	size_t pool;

	(void)trouble;
	if (config == NULL)
		return NULL;
	(void)sim_grid_apply(grid, point, config, &pool);
	return config;
}

static int
take(void *arg, size_t point, const struct sim_case *of)
{
	(void)arg, (void)point, (void)of;
	return 0;
}

/* A sweep's time, s; negative: it could not be played. */
static double
sweep_s(const char *path, struct sim_grid *grid)
{
	const struct sim_sweep_settings settings = {
		.run = { .paths = &path, .path_count = 1, .together = true },
		.grid = grid,
		.configure = configure,
		.take = take,
		.arg = grid,
	};
	struct sim_sweep_facts facts;
	struct sim_trouble trouble = { 0 };
	struct sim_record *record = NULL;
	double from = now_s();
	int status = sim_sweep(&settings, &record, &facts, &trouble);
	double took = now_s() - from;

	sim_record_free(record);
	return status == SIM_DONE && facts.points == grid->point_count ? took
								       : -1;
}

static bool
make_grid(struct sim_grid *grid, const char *const *vary)
{
	char error[512];

	for (; *vary != NULL; vary++)
		if (sim_grid_add(grid, *vary, error, sizeof(error)) != 0)
			return false;
	return true;
}

/* The least time of one and of 24; false: something went wrong. */
static bool
measure(const char *path, struct sim_grid grids[2], double least[2])
{
	for (unsigned round = 0; round < ROUNDS; round++)
		for (int i = 0; i < 2; i++) {
			double took = sweep_s(path, &grids[i]);
			if (took < 0)
				return false;
			if (round == 0 || took < least[i])
				least[i] = took;
		}
	return true;
}

int
bench_sweep(void)
{
	static const char *const one[] = { "algorithm=maglev", NULL };
	static const char *const many[] = {
		"distribution=five-tuple,source-ip,source-ip-protocol",
		"pool.size=2,4,8,16", "algorithm=maglev,modulo", NULL
	};
	const struct synthetic capture = {
		.packets = PACKETS, .flows = 50000, .mean_bytes = 500
	};
	const char *why = bench_no_room();
	struct sim_grid grids[2] = { 0 };
	double least[2];
	char path[64];

	if (why != NULL) {
		bench_skip("sweep", why);
		return 77;
	}
	FILE *file = bench_capture(&capture, path);
	bool done = file != NULL && make_grid(&grids[0], one) &&
		    make_grid(&grids[1], many) && measure(path, grids, least);
	if (file != NULL)
		(void)fclose(file);
	sim_grid_free(&grids[0]);
	sim_grid_free(&grids[1]);
	if (!done) {
		(void)fprintf(stderr, "bench: the sweep failed\n");
		return 1;
	}
	bench_say(
	    "sweep24_ratio", least[1] / least[0], "x", BENCH_AT_MOST, GOAL);
	bench_say(
	    "sweep_one_ns", least[0] * 1e9 / PACKETS, "ns", BENCH_NO_GOAL, 0);
	bench_say(
	    "sweep24_ns", least[1] * 1e9 / PACKETS, "ns", BENCH_NO_GOAL, 0);
	return 0;
}
