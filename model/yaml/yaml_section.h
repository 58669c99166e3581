/* SPDX-License-Identifier: MIT */
#ifndef MODEL_YAML_SECTION_H
#define MODEL_YAML_SECTION_H
/*
 * One map of a YAML file against the keys it may have, and its values as what
 * they ought to be.  Every lb_take_...() leaves *out alone when the key is
 * absent, and adds a problem, marks the key as bad and leaves *out alone when
 * the value is no good.  It returns true when *out was set.
 */
#include "model/yaml/yaml_tree.h"

#define LB_SECTION_KEYS_MAX 64u

struct lb_reader {
	const struct lb_yaml *yaml;
	struct lb_problems *problems;
	const char *shown_in; /* the file that shows every key */
	bool no_memory;       /* sticky: what was read is not to be used */
};

struct lb_section {
	struct lb_reader *reader;
	const char *const *keys; /* their names */
	unsigned key_count;      /* at most LB_SECTION_KEYS_MAX */
	const struct lb_yaml_node *value[LB_SECTION_KEYS_MAX]; /* by key */
	struct lb_where where;                                 /* of the map */
	struct lb_where at[LB_SECTION_KEYS_MAX]; /* of the values */
	uint64_t bad; /* bit per key: complained about already */
};

/* A copy of text; NULL, and no_memory is set. */
char *lb_reader_copy(struct lb_reader *reader, const char *text);

const struct lb_yaml_node *lb_reader_node(
    const struct lb_reader *reader, uint32_t index);

/*
 * lb_section_open - sort a map's values by key.
 *
 * node  NULL or nothing: a section without any key.
 *
 * Complains about unknown keys (naming the nearest known one), keys that
 * stand twice, and a node that is no map.  Cost: linear.
 */
void lb_section_open(struct lb_section *section, struct lb_reader *reader,
    const struct lb_yaml_node *node, const char *const *keys,
    unsigned key_count);

bool lb_section_has(const struct lb_section *section, unsigned key);

/* Complains when a key that must be there is not.  what: "a rule". */
void lb_section_require(
    struct lb_section *section, unsigned key, const char *what);

/* An error at a key's value, which is bad from now on. */
void lb_section_refuse(struct lb_section *section, unsigned key,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

bool lb_take_text(struct lb_section *section, unsigned key, const char **out);
bool lb_take_number(
    struct lb_section *section, unsigned key, uint64_t max, uint64_t *out);
/* The same, from min on. */
bool lb_take_range(struct lb_section *section, unsigned key, uint64_t min,
    uint64_t max, uint64_t *out);
bool lb_take_bool(struct lb_section *section, unsigned key, bool *out);
/* Milliseconds. */
bool lb_take_duration(struct lb_section *section, unsigned key, uint64_t *out);
bool lb_take_nanoseconds(
    struct lb_section *section, unsigned key, uint64_t *out);
/* A part of a whole, 5% or 0.05, in millionths. */
bool lb_take_share(struct lb_section *section, unsigned key, uint64_t *out);
bool lb_take_address(
    struct lb_section *section, unsigned key, struct lb_addr *out);
/* of_name: text to value, -1: none.  choices: for the message. */
bool lb_take_choice(struct lb_section *section, unsigned key,
    int (*of_name)(const char *), const char *choices, int *out);

/* The first child of a list; NULL when absent, empty or bad. */
const struct lb_yaml_node *lb_take_list(
    struct lb_section *section, unsigned key, size_t *count);
const struct lb_yaml_node *lb_list_next(
    const struct lb_reader *reader, const struct lb_yaml_node *node);

/* A list's texts, one after the other: the next one from *node on; false at
 * the end.  What is no text is complained about and passed over. */
bool lb_list_text(struct lb_section *section, unsigned key,
    const struct lb_yaml_node **node, const char **text,
    struct lb_where *where);

/* The name most like text, NULL: none is near.  Cost: O(count). */
const char *lb_nearest_name(
    const char *text, const char *const *names, size_t count);

#endif
