/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_SWEEP_H
#define REPORTS_SWEEP_H
/*
 * What came of a sweep: evenness by point, and by group of points that differ
 * only in their hash key.
 *
 * Factors have parts to play.  Hash keys are replications: what a setting
 * does is the mean over them, and how far that can be trusted is Student's
 * interval.  The size of the pool is a condition: a smaller pool is always
 * more even, so sizes are never ranked against each other.  All else is a
 * choice, and sweep_choice.h says which one to make.
 *
 * Cost: 400 bytes a point and rule; adding one is O(keys + n log n).
 */
#include <stdio.h>
#include "reports/stats/stats.h"
#include "reports/text/text.h"

enum report_role { REPORT_CHOICE, REPORT_CONDITION, REPORT_REPLICATION };

struct report_level {
	const char *text;
	double value;        /* of numeric factors */
	unsigned preference; /* among equals the smallest is taken */
};

/* The caller's, and so must its texts outlive the sweep. */
struct report_factor {
	const char *name; /* "pool.size" */
	enum report_role role;
	bool is_numeric;
	const struct report_level *levels;
	size_t level_count;
};

#define REPORT_FACTORS_MAX 10

/* One rule at one point. */
struct report_result {
	bool is_there;
	size_t backend_count, key_count;
	uint64_t flows, packets, bytes, untracked;
	struct report_fairness fairness[REPORT_UNIT_COUNT];
	double p_value[REPORT_UNIT_COUNT];
};

/* SNAT ports at one point, of the member and destination worst off. */
enum report_port_metric {
	REPORT_PORT_BLOCKING, /* what found none, of what wanted one there */
	REPORT_PORT_EXPECTED, /* the same by Erlang's formula */
	REPORT_PORT_SHARE,    /* the fullest member's, in use at most */
	REPORT_PORT_PEAK,     /* in use at most, of any member */
	REPORT_PORT_FAILED,   /* attempts of all members */
	REPORT_PORT_ADVISED,  /* ports that the formula gives for the goal */
	REPORT_PORT_METRIC_COUNT
};
const char *report_port_metric_name(unsigned metric); /* "blocking" */

enum report_metric {
	REPORT_JAIN,
	REPORT_PEAK,
	REPORT_EFFECTIVE,
	REPORT_EXPECTED,
	REPORT_METRIC_COUNT
};
const char *report_metric_name(enum report_metric metric); /* "jain" */

/* Over the replications of a group; NAN: unknown. */
struct report_spread {
	size_t count; /* of those that are known */
	double mean, sd, min, max;
	double low, high; /* 95 % interval of the mean; NAN for one */
};

struct report_group {
	size_t first; /* its first point */
	struct report_spread of[REPORT_UNIT_COUNT][REPORT_METRIC_COUNT];
};

struct report_sweep {
	const struct report_factor *factors;
	size_t factor_count, point_count;
	char **rules; /* names, of the first point's */
	size_t rule_count;
	size_t shown; /* the rule that texts and charts tell of: most flows */
	struct report_result *results; /* [point][rule] */
	struct report_group *groups;   /* [group][rule], after reckoning */
	size_t group_count;
	size_t replications;
	bool asks_ports; /* the caller's to set after opening: outbound rules
			    are varied, and their ports are what is told of;
			    reckoning sets it where no rule carried anything
			    and members used ports */
	double (*ports)[REPORT_PORT_METRIC_COUNT]; /* [point]; NAN */
	struct report_spread (
	    *port_groups)[REPORT_PORT_METRIC_COUNT]; /* [group] */
	/* The caller's to fill: input, version, seed; cases are not looked
	 * at. */
	const struct sim_record *input;
};

/* 0; -1 without memory.  Close what was opened, even half. */
int report_sweep_open(struct report_sweep *sweep,
    const struct report_factor *factors, size_t factor_count);
void report_sweep_close(struct report_sweep *sweep);

/* Takes a point's case, all of it that is kept.  Points come in their order,
 * the factor named last going round fastest.  0; -1 without memory. */
int report_sweep_add(
    struct report_sweep *sweep, size_t point, const struct sim_case *of);

/* Groups, when all points are there.  0; -1 without memory. */
int report_sweep_reckon(struct report_sweep *sweep);

/* A point's level of a factor, as an index. */
size_t report_sweep_level(
    const struct report_sweep *sweep, size_t point, size_t factor);
/* The point's combination of the levels of all factors of a role, as a number
 * from 0; how many combinations there are. */
size_t report_sweep_combination(
    const struct report_sweep *sweep, size_t point, enum report_role role);
size_t report_sweep_combinations(
    const struct report_sweep *sweep, enum report_role role);
/* The number of the point's group: points with the same levels of all factors
 * but replications. */
size_t report_sweep_group(const struct report_sweep *sweep, size_t point);
const struct report_group *report_sweep_shown(
    const struct report_sweep *sweep, size_t group);
/* Factors of a role that have several levels. */
size_t report_sweep_count(
    const struct report_sweep *sweep, enum report_role role);

/* --- where ports are asked for --------------------------------------------
 */

/* The group to choose: of those in which no more fails than snat.h's goal in
 * the mean, the one with fewest ports a member, then with fewest frontends,
 * then named first; where there is none, the one in which least fails.
 * SIZE_MAX: no member used ports. */
size_t report_sweep_ports_chosen(const struct report_sweep *sweep);
bool report_sweep_ports_suffice(const struct report_sweep *sweep, size_t group);
/* "1 152 ports per member keep failures below 0.1 %: ..."; the caller frees
 * it. */
char *report_sweep_ports_line(
    const struct report_sweep *sweep, const struct report_script *script);
void report_sweep_ports_table(const struct report_sweep *sweep, FILE *to);
/* Whether Erlang's formula has something to say of any point: it has where
 * sessions come by Poisson's law. */
bool report_sweep_is_predicted(const struct report_sweep *sweep);
/* The factor that says how many ports; its index, SIZE_MAX: not varied. */
size_t report_sweep_ports_factor(const struct report_sweep *sweep);
/* A group's level of a factor that is no replication. */
size_t report_sweep_group_level(
    const struct report_sweep *sweep, size_t group, size_t factor);

/* --- products ------------------------------------------------------------ */

/* What a person reads: which setting to choose, in the first line; the
 * groups. */
void report_sweep_text(const struct report_sweep *sweep, FILE *to);

/* sweep.csv: a row for each point and rule, every varied key, then the
 * indices by unit.  p_value is empty, too, where it would take a re-hash test
 * (stats.h): in a sweep the replications themselves are that test.
 * summary.json: the groups.
 * 0; -1 without memory or when writing fails (errno). */
int report_sweep_csv(const struct report_sweep *sweep, FILE *to);
int report_sweep_json(const struct report_sweep *sweep, FILE *to);

/* As report_write(): sweep.csv, sweep.png, sweep.svg, sweep.pdf and
 * summary.json. */
int report_sweep_write(const struct report_sweep *sweep, const char *dir,
    bool force, char *error, size_t error_bytes);

#endif
