/* SPDX-License-Identifier: MIT */
#ifndef MODEL_ASSERTION_H
#define MODEL_ASSERTION_H
/*
 * What a user demands of a run:
 *
 *     METRIC[.UNIT]([RULE[, BACKEND][, CASE]]) OP NUMBER[%]
 *
 * jain(all) >= 0.95, max_share.bytes(coap, source-ip) <= 30%,
 * drops(no_rule) == 0, time_to_detect() <= 10s.  A rule or case that is * or
 * not there means every one of them, each for itself; a reason, all together.
 * Names with a comma, a parenthesis, a quote or outer spaces stand in double
 * quotes, a quote inside doubled.
 */
#include "model/path/base.h"

enum lb_metric {
	/* of a rule, by unit */
	LB_METRIC_JAIN,
	LB_METRIC_CV,
	LB_METRIC_GINI,
	LB_METRIC_PEAK_TO_AVERAGE,
	LB_METRIC_EFFECTIVE_BACKENDS,
	LB_METRIC_P_VALUE,
	LB_METRIC_MAX_SHARE, /* the busiest backend's */
	LB_METRIC_MIN_SHARE,
	LB_METRIC_SHARE, /* a backend's: has an object */
	/* of a rule */
	LB_METRIC_FLOWS,
	LB_METRIC_CONNECTIONS,
	LB_METRIC_PACKETS,
	LB_METRIC_BYTES,
	LB_METRIC_KEYS,
	LB_METRIC_BACKENDS,
	/* of a case */
	LB_METRIC_DROPS, /* has an object: a reason, or all */
	LB_METRIC_UNTRACKED,
	LB_METRIC_REPLY_SUPPRESSED,
	/* of a case's faults: the worst one's time, all their flows, packets
	 * and minutes */
	LB_METRIC_TIME_TO_DETECT,
	LB_METRIC_TIME_TO_REROUTE,
	LB_METRIC_TIME_TO_RESTORE,
	LB_METRIC_FLOWS_MOVED,
	LB_METRIC_FLOWS_MOVED_NEEDLESSLY,
	LB_METRIC_FLOWS_BROKEN,
	LB_METRIC_PACKETS_LOST,
	LB_METRIC_ERROR_BUDGET_MINUTES,
	/* of a case's clients */
	LB_METRIC_GIVEN_UP,
	LB_METRIC_AVAILABILITY,
	LB_METRIC_RESPONSE_P99, /* a time */
	/* of a case's members' own connections */
	LB_METRIC_SNAT_BLOCKING,   /* part of them that found no port */
	LB_METRIC_SNAT_FAILED,     /* packets that found none */
	LB_METRIC_SNAT_PEAK_PORTS, /* in use at most, of any member */
	LB_METRIC_SNAT_PEAK_SHARE, /* of the fullest member's */
	LB_METRIC_HAIRPIN_FAILURES,
	LB_METRIC_COUNT
};

enum lb_relation {
	LB_AT_LEAST, /* >= */
	LB_AT_MOST,  /* <= */
	LB_ABOVE,    /* > */
	LB_BELOW,    /* < */
	LB_EQUALS,   /* == */
	LB_RELATION_COUNT
};

#define LB_ASSERTION_UNITS     3u /* flows, packets, bytes */
#define LB_ASSERTION_ONE       UINT64_C(1000000)
#define LB_ASSERTION_BOUND_MAX (UINT64_C(1000000000000) * LB_ASSERTION_ONE)

struct lb_assertion {
	enum lb_metric metric;
	enum lb_relation relation;
	uint8_t unit;    /* 0 flows, 1 packets, 2 bytes; where metric has one */
	char *rule;      /* NULL: every; of a metric of a rule */
	char *object;    /* a backend, or a drop reason (NULL: all) */
	char *case_name; /* NULL: every */
	uint64_t bound;  /* millionths; of a time: of a second */
};

/* Where a metric is measured, and what it asks for besides. */
bool lb_metric_has_rule(enum lb_metric metric);
bool lb_metric_has_unit(enum lb_metric metric);
bool lb_metric_has_object(enum lb_metric metric);
/* Is it measured in seconds? */
bool lb_metric_is_time(enum lb_metric metric);
/* Is it about what a failure did, what clients saw, or what members' own
 * connections met?  Then it is of each replication. */
bool lb_metric_is_of_failure(enum lb_metric metric);

const char *lb_metric_name(enum lb_metric metric); /* "jain" */
int lb_metric_of_name(const char *name);           /* -1: none */
const char *lb_assertion_unit_name(unsigned unit); /* "flows" */
int lb_assertion_unit_of_name(const char *name);   /* -1: none */

/* Why there is no such metric: the nearest name, or where they are listed. */
void lb_metric_explain(const char *name, char *error, size_t bytes);

/* "0.95", "30%" to millionths, of a time "10s", "250ms" and "10", too; false:
 * it is no bound of that metric. */
bool lb_bound_of_text(
    enum lb_metric metric, const char *text, uint64_t *millionths);
/* What such bounds look like, for messages. */
const char *lb_bound_example(enum lb_metric metric);

/*
 * lb_assertion_read - an expression.
 *
 * error  on false: what is wrong; "" without memory.
 *
 * Returns true; free what was read.
 */
bool lb_assertion_read(const char *text, struct lb_assertion *out, char *error,
    size_t error_bytes);
void lb_assertion_free(struct lb_assertion *a);

/* The expression, with these names in place of its own; the caller frees it.
 * NULL without memory. */
char *lb_assertion_text(
    const struct lb_assertion *a, const char *rule, const char *case_name);

#endif
