/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_STATS_H
#define REPORTS_STATS_H
/*
 * How even a rule's backends were loaded, and how even they could have been.
 *
 * A unit is what is counted: flows, packets or bytes.  x_i is backend i's
 * load in it, n the backends ever eligible, T = sum x, m = T/n, p_i = x_i/T;
 * w_k is affinity key k's weight in it.  Where backends differ in weight, x_i
 * is the load divided by it, y_i of fair.h, T and m are of these, and n is
 * without the drained.  What cannot be known (no load, no
 * keys, a test on one backend) is NAN, which summary.json writes as null.
 *
 *     jain                (sum x)^2 / (n sum x^2) = 1/(1 + cv^2): 1/n..1
 *     peak_to_average     max x / m: 1..n
 *     cv                  sqrt(sum (x - m)^2 / n) / m: the population form
 *     gini                sum_i (2i - n - 1) x_(i) / (n T), x ascending, not
 *                         corrected for small n: 0..(n - 1)/n
 *     effective_backends  1 / sum p^2 = n jain: 1..n
 *     expected_jain       1/(1 + (n - 1) H), H = sum w^2 / (sum w)^2: what a
 *                         perfect hash gives on the same keys.  Exact for the
 *                         harmonic mean; the mean lies above it when few keys
 *                         dominate.  With weights 1/(1 + (n - 1) a H), a =
 *                         (1/n^2) sum 1/p_i over the fair shares p_i
 *
 * Source: Jain, Chiu, Hawe, DEC-TR-301, 1984; Gini, 1912; Hill, 1973.  That
 * E[cv^2] = (n - 1) H follows from the multinomial's variance.  With weights
 * E sum (y - m)^2 / n, m fixed at what they have together over n, is
 * H (1/n) sum (1 - p_i)/p_i; but the mean of y is no longer fixed: its own
 * variance, H (a - 1), is less in it, to the first order in H: (n - 1) a H.
 */
#include "reports/stats/fair.h"

enum report_unit {
	REPORT_FLOWS,
	REPORT_PACKETS,
	REPORT_BYTES,
	REPORT_UNIT_COUNT
};

struct report_fairness {
	double jain, peak_to_average, cv, gini, effective_backends;
	double expected_jain;
};

const char *report_unit_name(enum report_unit unit); /* "flows" */

uint64_t report_backend_load(
    const struct sim_backend *of, enum report_unit unit);
uint64_t report_key_weight(const struct sim_key *of, enum report_unit unit);

/* T; share is x_i / T, NAN when T is 0. */
uint64_t report_total(const struct sim_rule *rule, enum report_unit unit);
double report_share(
    const struct sim_rule *rule, enum report_unit unit, size_t backend);

/* 0; -1 without memory.  Cost: O(keys + n log n). */
int report_fairness(const struct sim_rule *rule, enum report_unit unit,
    struct report_fairness *out);

/* H, 1/keys..1: 1/H keys of equal weight would be as hard to spread. */
double report_concentration(const struct sim_rule *rule, enum report_unit unit);
/* The same for keys that no rule has; NAN without weight. */
double report_keys_concentration(
    const struct sim_key *keys, size_t count, enum report_unit unit);

/* From H; NAN when that is, or without backends. */
double report_expected_jain(double concentration, size_t backend_count);

/* From and to; NAN unknown. */
struct report_range {
	double low, high;
};

/*
 * report_band - where 95 % of the backends lie under a perfect hash, by the
 * normal law, as (share - fair)/fair.
 *
 * A key of weight w goes to a backend with probability p, so the share's
 * variance is H p (1 - p), and 1.96 standard deviations relative to p are
 * 1.96 sqrt(H (1/p - 1)).  Cut to what a share can be, 0..1.
 *
 * one_in   1/p: n where weights are equal; NAN and NAN for less than 1.
 */
struct report_range report_band(double concentration, double one_in);

/*
 * report_perfect_range - the same for a rule's keys: report_band's, but drawn
 * (report_rehash_range) where a few keys make the truth lumpier than the
 * normal law: one holds over a tenth of sum w^2, or 1/H < 10 n.  With weights
 * the widest of all backends'.
 */
struct report_range report_perfect_range(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed);
/* Where backends differ in weight, a range for each, NAN for the drained; the
 * caller frees it.  NULL: they do not, or there is no memory for it. */
struct report_range *report_perfect_ranges(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed);
/* What holds them all; NAN of none. */
struct report_range report_widest(
    const struct report_range *ranges, size_t count);

/* The backend with the largest load, for its weight; 0 of none. */
size_t report_busiest(const struct sim_rule *rule, enum report_unit unit);

/*
 * report_p_value - how often a perfect hash of the same keys would be at
 * least as uneven.  Keys count where their first packet went, whole.
 *
 * Flows: chi-square on the number of keys per backend, NAN when fewer than 5
 * are expected.  The hash sees keys, not flows: flows of one key are not
 * independent.
 *
 * Packets, bytes: Q = n sum_i (B_i - T/n)^2 / sum_k b_k^2, with weights
 * sum_i (B_i - T p_i)^2/p_i / sum_k b_k^2, B_i the weight of
 * backend i's keys, against chi-square with n - 1 degrees of freedom; when
 * one key holds over a tenth of sum b^2, the re-hash test (rehash.h).
 *
 * Cost: O(keys), or the re-hash test's.  Source: simulation.md C.4.
 */
double report_p_value(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed);

#endif
