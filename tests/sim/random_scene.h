/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_RANDOM_SCENE_H
#define TESTS_SIM_RANDOM_SCENE_H
/*
 * A configuration, a capture and a script of faults, all from one seed: small,
 * crowded and odd, so that what seldom happens often does.
 */
#include "sim/run/run.h"
#include "tests/sim/scene.h"
#include "tests/support/chance.h"

#define RANDOM_RULES    4u
#define RANDOM_POOLS    3u
#define RANDOM_MEMBERS  12u
#define RANDOM_FAULTS   12u
#define RANDOM_SERVERS  3u
#define RANDOM_FAILURES 2u
#define RANDOM_TRAFFIC  3u
#define RANDOM_CASES    2u

struct random_rule {
	bool six;
	uint8_t proto; /* 0: all */
	uint16_t port; /* 0: any */
	struct lb_addr frontend;
};

struct random_scene {
	uint64_t seed;
	char *config; /* YAML */
	bool is_azure, is_basic;
	struct random_rule rules[RANDOM_RULES];
	unsigned rule_count;
	char names[RANDOM_MEMBERS][8];
	char *used[RANDOM_MEMBERS]; /* those that members have */
	unsigned name_count;        /* of them */
	struct lb_fault faults[RANDOM_FAULTS];
	unsigned fault_count;
	bool has_scene;
	struct lb_scene scene;
	struct lb_server servers[RANDOM_SERVERS];
	struct lb_traffic traffic[RANDOM_TRAFFIC];
	char aims[RANDOM_TRAFFIC][4]; /* rules' names */
	uint16_t ports[4];
	struct lb_failures failures[RANDOM_FAILURES];
	uint64_t duration_ms;
	unsigned case_count; /* the same configuration */
	bool has_capture;
	struct scene capture;
	unsigned packet_count;
};

void random_scene_make(struct random_scene *s, uint64_t seed);
void random_scene_free(struct random_scene *s);
/* All of it, as a person reads it. */
void random_scene_print(const struct random_scene *s, FILE *to);

#endif
