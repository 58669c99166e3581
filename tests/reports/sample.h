/* SPDX-License-Identifier: MIT */
#ifndef TESTS_REPORTS_SAMPLE_H
#define TESTS_REPORTS_SAMPLE_H
/* Records made up for the tests of reports/: loads drawn from a fixed seed,
 * keys and backends agreeing with each other. */
#include "sim/record/record.h"

struct sample_spec {
	size_t backend_count, key_count;
	double tail;        /* of bytes: Pareto's alpha; 0: all keys equal */
	const char *prefix; /* of backends' names; NULL: "backend-" */
};

/* splitmix64 */
uint64_t sample_random(uint64_t *state);
size_t sample_below(uint64_t *state, size_t n); /* 0..n-1; n from 1 */
double sample_uniform(uint64_t *state);         /* (0, 1) */

/* A rule whose keys went to uniformly random backends.  Everything in it is
 * on the heap; aborts without memory. */
struct sim_rule sample_rule(const struct sample_spec *spec, uint64_t seed);
void sample_rule_free(struct sim_rule *rule);

/* Three cases as `fairlead sim CAPTURE` makes them: five-tuple with all the
 * keys, source-ip with a few, source-ip-protocol between. */
struct sim_record *sample_record(const struct sample_spec *spec);
void sample_free(struct sim_record *record);

/* Adds what only a reported run has: a timeline of `bins` pieces in which
 * every key has one moment, none of them in the pieces from..to (a silence),
 * and the heaviest keys by name. */
void sample_report(
    struct sim_record *record, size_t bins, size_t from, size_t to);

char *sample_copy(const char *text);

#endif
