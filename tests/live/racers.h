/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LIVE_RACERS_H
#define TESTS_LIVE_RACERS_H
/* Two CPUs that run a BPF program at once, over and over, on a frame of which
 * one byte says who they are. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "tests/live/race_found.h"

#define RACERS         2u
#define RACERS_SKIPPED 77

struct lb_plan;
struct live_engine;

struct racers {
	int program;
	uint32_t frame_bytes, role_at; /* at most 96; where the byte is */
	atomic_bool stop;
	atomic_int error; /* errno of who failed first */
	uint64_t runs[RACERS];
	/* Called over and over by a third thread until all is over. */
	void (*sweep)(void *arg);
	void *arg;
};

/* The BPF object tests/live/NAME.bpf.o, or FAIRLEAD_RACE_OBJECT, with the plan.
 * 0; RACERS_SKIPPED or -1, said why. */
int racers_load(
    struct live_engine **engine, const char *name, const struct lb_plan *plan);
/* Where a role's chance begins; never 0. */
uint64_t racers_seed(uint64_t seed, uint32_t role);

/* Until `meanwhile` returns, or somebody fails: 0; -1, said why. */
int racers_run(struct racers *r, void (*meanwhile)(void *arg, uint64_t seconds),
    uint64_t seconds);
void racers_fail(struct racers *r, int code);
uint64_t racers_elapsed_ms(const struct timespec *since);

/* A number in the environment. */
uint64_t racers_number(const char *variable, uint64_t otherwise);
/* Says whether something holds: 0 or -1. */
int racers_hold(const char *what, bool good);
/* The code of a program that came to 0, RACERS_SKIPPED or -1. */
int racers_exit(int rc);

void racers_add_found(struct race_found *sum, const struct race_found *more);
void racers_print_found(const struct race_found *found);

#endif
