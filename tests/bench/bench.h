/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H
/*
 * What a bench found out, as a table on stdout and, at the end, as bench.json:
 * an array of { name, value, unit, goal, met }.  Nothing is asserted: machines
 * differ and are noisy, people compare.
 */
#include <stdbool.h>
#include <stddef.h>

enum bench_goal { BENCH_NO_GOAL, BENCH_AT_MOST, BENCH_AT_LEAST };

void bench_heading(const char *text);
void bench_say(const char *name, double value, const char *unit,
    enum bench_goal kind, double goal);
/* Without a goal, and only in bench.json: a table of its own says it. */
void bench_keep(const char *name, double value, const char *unit);
void bench_skip(const char *part, const char *why);

/* Writes what was said so far; 0, -1 with errno. */
int bench_write(const char *path);

/* The parts; each returns 0, 77 when this machine can't run it, else 1. */
int bench_xdp(void);
int bench_lookup(void);
int bench_eviction(void);
int bench_hash(void);
int bench_replay(void);
int bench_sweep(void);
int bench_memory(void);
int bench_events(void);
int bench_world(void);
int bench_live(void);
int bench_soak(void);
int bench_snat(void);

#endif
