/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_FAILOVER_H
#define REPORTS_FAILOVER_H
/*
 * What failures did, in numbers: of one fault, of a case, and over
 * replications.  Times are in seconds; what cannot be known, or never
 * happened, is NAN.
 *
 *     availability  1 - failed/asked: requests given up, left unanswered or
 *                   answered by an error, of those made, or, where no client
 *                   makes requests, client packets lost of those sent; of a
 *                   case those that are still under way do not count
 *     error budget  (1 - availability) times the window, in minutes: from the
 *                   fault to the next failover, or the end
 */
#include "reports/stats/stats.h"

/* What is asked of a failover. */
enum report_outcome {
	REPORT_FIRST_FAILED, /* seconds, from the fault, to REPORT_RESTORED */
	REPORT_DETECTED,
	REPORT_REROUTED,
	REPORT_RESTORED,
	REPORT_MOVED, /* flows, to REPORT_BROKEN */
	REPORT_NEEDLESS,
	REPORT_BROKEN,
	REPORT_LOST, /* packets */
	REPORT_RETRIES,
	REPORT_GIVEN_UP,
	REPORT_AVAILABILITY,
	REPORT_BUDGET, /* minutes */
	REPORT_OUTCOME_COUNT
};

/* "detected_after_s": its key in summary.json. */
const char *report_outcome_name(enum report_outcome outcome);
double report_outcome(
    const struct sim_failover *f, enum report_outcome outcome);

/* Requests that came to nothing: given up, unanswered, or an error. */
uint64_t report_failed(const struct sim_failover *f);
/* Begun so late that nobody knows. */
uint64_t report_under_way(const struct sim_clients *c);

/* Whether there is something about it for a probe to find: not where an
 * operator did it, or a balancer died. */
bool report_is_probed_for(const struct sim_failover *f);

/* Of a case: its clients', or all its failovers' client packets'. */
double report_availability(const struct sim_case *c);
/* The sum over its failovers; NAN where none is known. */
double report_sum(const struct sim_case *c, enum report_outcome outcome);

/* --- response times, in seconds, to 1/16 of themselves -------------------- */

struct report_response {
	double mean, p50, p90, p99, max;
};

/* All NAN where nothing was answered. */
struct report_response report_response_of(const struct sim_clients *c);
/* q from 0 to 1. */
double report_response_quantile(const struct sim_clients *c, double q);

/* --- replications --------------------------------------------------------- */

/* At least 1: the run itself, which is number 0. */
size_t report_replications(const struct sim_record *record);
const struct sim_case *report_replica(
    const struct sim_record *record, size_t replication, size_t of_case);

#define REPORT_ALL_FAULTS SIZE_MAX

/* Whether the same members meet the same faults in each: then a fault can be
 * followed through them; when they are drawn, only all together can. */
bool report_faults_agree(const struct sim_record *record, size_t of_case);

/* n values, as many as are known; NAN when n is 0, the interval when the
 * replications they are from are fewer than 2. */
struct report_spread {
	size_t n;
	double mean;                  /* of the replications' means */
	struct report_range interval; /* of it: 95 %, by Student's t, cut to
					 what the values can be */
	double min, p50, p90, p99, max;
	double *values; /* ascending; the caller's to free */
};

/* fault: its index, where faults agree, or REPORT_ALL_FAULTS.
 * 0; -1 without memory.  Free it either way. */
int report_spread_make(struct report_spread *spread,
    const struct sim_record *record, size_t of_case, size_t fault,
    enum report_outcome outcome);
void report_spread_free(struct report_spread *spread);

/* The same of Jain's index of a rule's backends, a value a replication. */
int report_spread_jain(struct report_spread *spread,
    const struct sim_record *record, size_t of_case, size_t rule,
    enum report_unit unit);

/* The same of any figure of a case, a value a replication; NAN: it has none.
 * most: what it can be at most, INFINITY. */
int report_spread_of(struct report_spread *spread,
    const struct sim_record *record, size_t of_case,
    double (*figure)(const struct sim_case *c, unsigned which), unsigned which,
    double most);

/* Is it of that kind, "zone-down"? */
bool report_fault_is(const struct sim_failover *f, const char *kind);

#endif
