/* SPDX-License-Identifier: MIT */
/*
 * What synthetic traffic costs: time a session and an event, memory a flow
 * that lives.  Each run is a process of its own, whose peak resident size is
 * looked at when it has ended.
 *
 * Beside it, in the same run, the event queue alone: one event taken, one
 * added, with as many pending.
 *
 * BENCH_WORLD_FLOWS=1000000 has fewer of them alive than ten million.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/events/events.h"
#include "sim/run/run.h"
#include "tests/bench/bench.h"
#include "tests/support/chance.h"

#define BACKENDS     4u
#define RATE         5000u
#define SECONDS      20u
#define ANSWER_BYTES 10000u
#define FEW_FLOWS    1000000u
#define MANY_FLOWS   10000000u
#define A_CLIENT     10000u /* connections of an address */
#define HOLDS        10000000u

struct spent {
	double cpu_s;
	uint64_t sessions, flows, packets, events, pending;
	double peak_bytes; /* filled in by the parent */
};

static double
cpu_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* --- a run in a process of its own --------------------------------------- */

static bool
play(struct lb_scene *scene, uint64_t entries, struct spent *spent)
{
	struct lb_config *config = lb_config_zero(BACKENDS, LB_MODE_FIVE_TUPLE);
	const struct sim_case_settings one = { "five-tuple", config };
	const struct sim_settings settings = {
		.cases = &one,
		.case_count = 1,
		.together = true,
		.scene = scene,
		.seed = 1,
	};
	struct sim_trouble trouble = { 0 };
	struct sim_record *r = NULL;
	const double from_s = cpu_s();

	if (config == NULL)
		return false;
	config->entries = entries;
	config->entries6 = 1;
	if (sim_run(&settings, &r, &trouble) != SIM_DONE) {
		(void)fprintf(stderr, "bench: %s\n", trouble.text);
		return false;
	}
	*spent = (struct spent){
		.cpu_s = cpu_s() - from_s,
		.sessions = r->cases[0].clients.sessions,
		.flows = r->input.flows,
		.packets = r->input.packets,
		.events = r->events,
		.pending = r->max_pending,
	};
	const bool whole = r->cases[0].clients.given_up == 0;
	sim_record_free(r);
	lb_config_free(config);
	return whole;
}

static bool
run(struct lb_scene *scene, uint64_t entries, struct spent *spent)
{
	struct rusage usage;
	int ends[2], status = -1;

	if (pipe(ends) != 0)
		return false;
	(void)fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		bool played = play(scene, entries, spent) &&
			      write(ends[1], spent, sizeof(*spent)) ==
				  (ssize_t)sizeof(*spent);
		_exit(played ? 0 : 1);
	}
	(void)close(ends[1]);
	bool told = pid > 0 && read(ends[0], spent, sizeof(*spent)) ==
				   (ssize_t)sizeof(*spent);
	(void)close(ends[0]);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0 ||
	    !told) {
		(void)fprintf(stderr, "bench: a world has not come to its "
				      "end\n");
		return false;
	}
	spent->peak_bytes = (double)usage.ru_maxrss * 1024;
	return true;
}

/* --- the queue alone ----------------------------------------------------- */

/* Nanoseconds to take an event and add one, with so many pending. */
static double
hold_ns(uint64_t pending)
{
	struct sim_events *e = sim_events_new();
	struct chance chance = { 1 };
	struct sim_due due;

	if (e == NULL)
		return 0;
	for (uint64_t i = 0; i < pending; i++)
		(void)sim_events_add(e, chance_next(&chance) % 40000000, 0, 0);
	const double from_s = cpu_s();
	for (uint32_t i = 0; i < HOLDS; i++) {
		(void)sim_events_take(e, SIM_NEVER, &due);
		(void)sim_events_add(
		    e, due.at_ns + (i % 2 == 0 ? 20000000 : 500000), 0, 0);
	}
	const double took_s = cpu_s() - from_s;
	sim_events_free(e);
	return took_s / HOLDS * 1e9;
}

/* --- the parts ----------------------------------------------------------- */

static bool
measure_speed(void)
{
	struct lb_scene scene = lb_scene_defaults();
	struct lb_traffic web = lb_traffic_defaults(LB_PROFILE_WEB);
	struct spent spent;

	web.rate = RATE * LB_SCENE_ONE;
	web.requests = LB_SCENE_ONE;
	web.sizes = LB_SIZES_CONSTANT;
	web.size_min = ANSWER_BYTES;
	scene.traffic = &web;
	scene.traffic_count = 1;
	scene.duration_ms = SECONDS * 1000;
	if (!run(&scene, 1000000, &spent))
		return false;
	const double event_ns = spent.cpu_s * 1e9 / (double)spent.events;
	const double queue_ns = hold_ns(spent.pending);
	bench_say("world_sessions_per_s", (double)spent.sessions / spent.cpu_s,
	    "/s", BENCH_NO_GOAL, 0);
	bench_say("world_packets_per_s", (double)spent.packets / spent.cpu_s,
	    "/s", BENCH_NO_GOAL, 0);
	bench_say("world_event_ns", event_ns, "ns", BENCH_NO_GOAL, 0);
	bench_say("world_queue_event_ns", queue_ns, "ns", BENCH_NO_GOAL, 0);
	bench_say("world_vs_queue", event_ns / queue_ns, "x", BENCH_NO_GOAL, 0);
	return true;
}

static bool
measure_stay(uint64_t connections, struct spent *spent)
{
	struct lb_scene scene = lb_scene_defaults();
	struct lb_traffic stay = lb_traffic_defaults(LB_PROFILE_LONG_LIVED);

	stay.connections = (uint32_t)connections;
	stay.clients = (uint32_t)(connections / A_CLIENT) + 1;
	stay.ramp_ms = 100000;
	stay.keepalive_ms = 120000;
	scene.traffic = &stay;
	scene.traffic_count = 1;
	scene.duration_ms = 200000;
	return run(&scene, connections, spent);
}

static bool
measure_memory(void)
{
	const char *text = getenv("BENCH_WORLD_FLOWS");
	const uint64_t asked =
	    text != NULL ? strtoull(text, NULL, 10) : MANY_FLOWS;
	const uint64_t many = asked > FEW_FLOWS ? asked : 2 * FEW_FLOWS;
	struct spent few_spent, many_spent;
	char name[64];

	if (!measure_stay(FEW_FLOWS, &few_spent) ||
	    !measure_stay(many, &many_spent))
		return false;
	bench_say("world_bytes_per_flow",
	    (many_spent.peak_bytes - few_spent.peak_bytes) /
		(double)(many - FEW_FLOWS),
	    "bytes", BENCH_NO_GOAL, 0);
	(void)snprintf(name, sizeof(name), "world_%lluk_flows_peak",
	    (unsigned long long)many / 1000);
	bench_say(name, many_spent.peak_bytes / 1e9, "GB",
	    many == MANY_FLOWS ? BENCH_AT_MOST : BENCH_NO_GOAL, 4);
	(void)snprintf(name, sizeof(name), "world_%lluk_flows_cpu",
	    (unsigned long long)many / 1000);
	bench_say(name, many_spent.cpu_s, "s", BENCH_NO_GOAL, 0);
	return many_spent.flows == many;
}

int
bench_world(void)
{
	return measure_speed() && measure_memory() ? 0 : 1;
}
