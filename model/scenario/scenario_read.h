/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SCENARIO_READ_H
#define MODEL_SCENARIO_READ_H
/* The parts of lb_scenario_read(): each reads one list or map of the root.
 * What is no good is left out, and reader->problems knows. */
#include "model/scenario/scenario.h"
#include "model/yaml/yaml_section.h"

/* As long as any capture, and any simulation, can be. */
#define LB_SCENARIO_TIME_MAX_MS LB_FAULT_AT_MAX_MS

enum lb_scenario_key {
#define X(section, key, text) LB_##section##_KEY_##key,
	LB_SCENARIO_KEYS(X) LB_SCENARIO_KEY_COUNT
};
enum lb_traffic_key {
	LB_TRAFFIC_KEYS(X) LB_TRAFFIC_KEY_COUNT
#undef X
};

void lb_read_links(struct lb_section *root, struct lb_scene *scene);
void lb_read_servers(struct lb_section *root, struct lb_scene *scene);
void lb_read_traffic(struct lb_section *root, struct lb_scenario *scenario);
/* After what says how many instances there are and how long it goes on. */
void lb_read_faults(struct lb_section *root, struct lb_scenario *scenario);
void lb_read_failures(struct lb_section *root, struct lb_scene *scene);
void lb_read_assertions(struct lb_section *root, struct lb_scenario *scenario);

/* One source of synthetic traffic, whose `profile` is said; false: it is no
 * good. */
bool lb_read_profile(
    struct lb_section *section, uint64_t duration_ms, struct lb_traffic *out);
/* Refuses what only synthetic traffic has. */
void lb_refuse_profile_keys(struct lb_section *section);

/* A name or "*", which is NULL: true, and a copy when it is one; false: it is
 * not there, or there is no memory. */
bool lb_read_member(struct lb_section *section, unsigned key, const char *what,
    char **member, struct lb_where *where);

/*
 * lb_read_time - a duration within bounds.
 *
 * min, max  milliseconds.  true when *out was set.
 */
bool lb_read_time(struct lb_section *section, unsigned key, uint64_t min,
    uint64_t max, uint64_t *out);

/* A factor within bounds, in millionths: 1.5. */
bool lb_read_factor(struct lb_section *section, unsigned key, uint64_t min,
    uint64_t max, uint64_t *out);

/* Room for count things, zeroed; NULL, and no_memory is set. */
void *lb_read_room(struct lb_reader *reader, size_t count, size_t bytes);

#endif
