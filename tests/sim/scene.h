/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_SCENE_H
#define TESTS_SIM_SCENE_H
/*
 * A small capture written packet by packet, and the record of its replay.
 *
 *     struct scene s;
 *     scene_open(&s);
 *     scene_add(&s, at_ms, &spec);
 *     struct sim_record *r = scene_play(&s, SCENE_MODES, NULL);
 *
 * Every record that comes out has been through scene_check().
 */
#include "sim/run/run.h"
#include "tests/support/frame.h"

struct scene {
	char path[64]; /* gone with scene_close() */
	FILE *file;
	struct sim_settings settings; /* more of them, before playing */
};

void scene_open(struct scene *s);
void scene_close(struct scene *s);

/* Times since 2023, nanoseconds in the file. */
void scene_add(struct scene *s, uint64_t at_ms, const struct frame_spec *spec);
/* The same with other lengths: what was captured, what was on the wire. */
void scene_add_frame(struct scene *s, uint64_t at_ms, const struct frame *f,
    uint32_t captured_bytes, uint32_t wire_bytes);

/* Zero configuration in its three modes (NULL), or a configuration's text. */
struct sim_record *scene_play(struct scene *s, const char *config);

/* design.md 10 (5): every packet is accounted for, and parts add up. */
void scene_check(const char *row, const struct sim_record *record);

uint64_t scene_drops(const struct sim_case *c, const char *reason);

/* The backend with the most packets: for scenes with one flow. */
const struct sim_backend *scene_backend(const struct sim_rule *rule);

#endif
