/* SPDX-License-Identifier: MIT */
#include "tests/live/racers.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define REPEAT    20000u /* packets in one test run */
#define FRAME_MAX 96u

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
		return EAGAIN;
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
	return atomic_load(&r->error);
}

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
