/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_COMPARE_H
#define REPORTS_COMPARE_H
/*
 * Two runs side by side: what was asked differently, how even each was, and
 * which affinity keys go to another backend in the second.  Cases, rules and
 * backends are matched by name, keys by their numbers, which are the same in
 * every run of the same traffic in the same mode.
 */
#include "sim/record/record.h"
#include <jansson.h>

#define REPORT_MOVERS_MAX 5u

/* What is known of some keys together, by their weights in the first run. */
struct report_moved {
	uint64_t keys, flows, packets, bytes;
};

/* A key that goes elsewhere, and has a name. */
struct report_mover {
	const struct sim_heavy *key;
	uint64_t bytes;        /* in the first run */
	const char *from, *to; /* backends */
};

/* A rule of a case.  What is in one run only has NULL for the other: in rule
 * when the case is in both, in both of them when it is not. */
struct report_pair {
	const struct sim_case *of_case[2];
	const struct sim_rule *rule[2];
	/* Only of a rule in both. */
	struct report_moved common, moved; /* keys in both; those elsewhere */
	struct report_mover movers[REPORT_MOVERS_MAX]; /* heaviest first */
	size_t mover_count;
};

struct report_difference {
	char *name, *value[2]; /* value NULL: not set */
};

/* A case whose members used SNAT ports in one of them at least; NULL: it is in
 * the other only. */
struct report_snat_pair {
	const struct sim_case *of_case[2];
};

enum report_same { REPORT_DIFFERENT, REPORT_SAME, REPORT_NOT_KNOWN };

struct report_comparison {
	const struct sim_record *run[2]; /* not owned */
	const char *name[2];             /* not owned */
	enum report_same input;          /* by SHA-256 */
	struct report_difference *differences;
	size_t difference_count;
	struct report_pair *pairs;
	size_t pair_count;
	struct report_snat_pair *snats;
	size_t snat_count;
};

/*
 * report_compare - two runs.
 *
 * name  how the runs are called; kept, as the records are, until
 *       report_comparison_free().
 *
 * Returns 0; -1 without memory.  Free it either way.  Cost: O(keys log keys).
 */
int report_compare(struct report_comparison *c, const struct sim_record *first,
    const char *first_name, const struct sim_record *second,
    const char *second_name);
void report_comparison_free(struct report_comparison *c);

/* Several, each of which has the same first run.  For people; for programs:
 * 0, -1 without memory or when writing fails (errno). */
void report_compare_text(
    const struct report_comparison *list, size_t count, FILE *to);
int report_compare_json(
    const struct report_comparison *list, size_t count, FILE *to);
int report_compare_csv(
    const struct report_comparison *list, size_t count, FILE *to);

/* compare.csv and compare.json into a directory, as report_write() does. */
int report_compare_write(const struct report_comparison *list, size_t count,
    const char *dir, bool force, char *error, size_t error_bytes);

/* A case's SNAT figures beside each other: lines by `row`; a JSON value. */
void report_compare_snat_text(FILE *to, const struct report_comparison *c,
    const struct report_snat_pair *pair,
    void (*row)(
	FILE *to, const char *label, const char *first, const char *second));
/* compare.csv's columns of it, each with a comma before it: their names, what
 * a rule's row has there, what a case's has. */
void report_compare_snat_csv_head(FILE *to);
void report_compare_snat_csv_none(FILE *to);
void report_compare_snat_csv(FILE *to, const struct report_snat_pair *pair);
json_t *report_compare_snat_json(const struct report_snat_pair *pair);

/* "udp 192.0.2.1:4000 203.0.113.1:5683"; what the mode does not look at is
 * not there.  At least 128 bytes. */
char *report_mover_name(const struct sim_heavy *key, char *to, size_t bytes);

#endif
