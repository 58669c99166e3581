/* SPDX-License-Identifier: MIT */
#include "tests/live/racers.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/bpf/engine.h"

#define REPEAT    20000u /* packets in one test run */
#define FRAME_MAX 96u

int
racers_load(
    struct live_engine **engine, const char *name, const struct lb_plan *plan)
{
	const char *object = getenv("FAIRLEAD_RACE_OBJECT");
	const char *build = getenv("BUILD");
	char error[512] = "", path[4096];

	(void)snprintf(path, sizeof(path), "%s/tests/live/%s.bpf.o",
	    build != NULL ? build : ".", name);
	*engine = live_engine_load(
	    object != NULL ? object : path, plan, error, sizeof(error));
	if (*engine != NULL)
		return 0;
	int code = errno;
	(void)printf("%s\n", error);
	if (code != EPERM)
		return -1;
	(void)printf("skipped: without privilege\n");
	return RACERS_SKIPPED;
}

uint64_t
racers_seed(uint64_t seed, uint32_t role)
{
	return (seed + role) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

/* --- running -------------------------------------------------------------- */

struct stepper {
	struct racers *racers;
	uint32_t role;
	int cpu;
	pthread_t thread;
};

void
racers_fail(struct racers *r, int code)
{
	int none = 0;

	(void)atomic_compare_exchange_strong(&r->error, &none, code);
	atomic_store(&r->stop, true);
}

uint64_t
racers_elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)(now.tv_sec - since->tv_sec) * 1000 +
	       (uint64_t)((now.tv_nsec - since->tv_nsec) / 1000000);
}

static void *
step(void *arg)
{
	struct stepper *me = arg;
	struct racers *r = me->racers;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET((size_t)me->cpu, &cpus);
	if (pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus) != 0)
		(void)printf("not pinned to CPU %d\n", me->cpu);
	while (!atomic_load(&r->stop)) {
		uint8_t frame[FRAME_MAX] = { 0 };
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame,
		    .data_size_in = r->frame_bytes, .repeat = REPEAT);
		frame[r->role_at] = (uint8_t)me->role;
		if (bpf_prog_test_run_opts(r->program, &run) != 0) {
			racers_fail(r, errno);
			break;
		}
		r->runs[me->role]++;
	}
	return NULL;
}

static void *
sweep(void *arg)
{
	struct racers *r = arg;

	while (!atomic_load(&r->stop))
		r->sweep(r->arg);
	return NULL;
}

/* Two CPUs that we may have; the same one twice if there is only one. */
static void
pick_cpus(int cpus[RACERS])
{
	cpu_set_t allowed;
	unsigned found = 0;

	cpus[0] = cpus[1] = 0;
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE && found < RACERS; cpu++)
		if (CPU_ISSET((size_t)cpu, &allowed))
			cpus[found++] = cpu;
	if (found < RACERS) {
		cpus[1] = cpus[0];
		(void)printf("only one CPU: nothing is at once\n");
	}
}

int
racers_run(struct racers *r, void (*meanwhile)(void *arg, uint64_t seconds),
    uint64_t seconds)
{
	struct stepper steppers[RACERS];
	pthread_t sweeper;
	int cpus[RACERS];

	pick_cpus(cpus);
	if (pthread_create(&sweeper, NULL, sweep, r) != 0)
		abort();
	for (uint32_t role = 0; role < RACERS; role++) {
		steppers[role] = (struct stepper){
			.racers = r, .role = role, .cpu = cpus[role]
		};
		if (pthread_create(&steppers[role].thread, NULL, step,
			&steppers[role]) != 0)
			abort();
	}
	meanwhile(r->arg, seconds);
	atomic_store(&r->stop, true);
	for (uint32_t role = 0; role < RACERS; role++)
		(void)pthread_join(steppers[role].thread, NULL);
	(void)pthread_join(sweeper, NULL);
	int code = atomic_load(&r->error);
	if (code == 0)
		return 0;
	(void)printf("a run failed: %s\n", strerror(code));
	return -1;
}

/* --- telling -------------------------------------------------------------- */

uint64_t
racers_number(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text != NULL && *text != '\0' ? strtoull(text, NULL, 0)
					     : otherwise;
}

int
racers_hold(const char *what, bool good)
{
	(void)printf("  %-58s %s\n", what, good ? "holds" : "BROKEN");
	return good ? 0 : -1;
}

int
racers_exit(int rc)
{
	return rc == 0                ? EXIT_SUCCESS
	       : rc == RACERS_SKIPPED ? rc
				      : EXIT_FAILURE;
}

void
racers_add_found(struct race_found *sum, const struct race_found *more)
{
	for (uint32_t i = 0; i < RACE_FOUND_KINDS; i++)
		sum->bad[i] += more->bad[i];
	if (sum->example[0] == 0)
		memcpy(sum->example, more->example, sizeof(sum->example));
}

void
racers_print_found(const struct race_found *found)
{
	const uint64_t *first = found->example;

	for (uint32_t i = 1; i < RACE_FOUND_KINDS; i++)
		if (found->bad[i] != 0)
			(void)printf("bad of kind %u: %ju\n", i,
			    (uintmax_t)found->bad[i]);
	if (first[0] != 0)
		(void)printf("first bad: kind %ju, flow %ju, slot %ju, "
			     "%016jx\n",
		    (uintmax_t)first[0], (uintmax_t)first[1],
		    (uintmax_t)first[2], (uintmax_t)first[3]);
}
