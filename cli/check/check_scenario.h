/* SPDX-License-Identifier: MIT */
#ifndef CLI_CHECK_SCENARIO_H
#define CLI_CHECK_SCENARIO_H
/* What a scenario will do to a configuration, before it is played. */
#include <jansson.h>

#include "cli/common/cases.h"
#include "cli/check/check.h"
#include "sim/faults/foresee.h"

/* What sim would compare; .config is not that of a file. */
struct cli_case_settings check_cases(const struct check *check);

/* --- what happens, in order of time --------------------------------------- */

enum check_moment_kind {
	CHECK_COUNTS, /* the warm-up is over */
	CHECK_STARTS, /* traffic `index` */
	CHECK_STOPS,
	CHECK_FAULT, /* `index` */
	CHECK_ENDS,
};

struct check_moment {
	uint64_t at_ms;
	enum check_moment_kind kind;
	size_t index;
};

/* Sorted; those of one instant in the order in which they happen.  NULL
 * without memory; free() it. */
struct check_moment *check_moments(
    const struct lb_scenario *scenario, size_t *count);

/* --- what to expect of a fault -------------------------------------------- */

enum check_effect {
	CHECK_GOES_DOWN, /* within the times */
	CHECK_COMES_UP,
	CHECK_UNNOTICED, /* it answers as it should */
	CHECK_TOO_SHORT, /* flapping faster than probes count */
};

/* From the fault to the probe's verdict: when it comes just before a tick, and
 * just after one (AZ 2.4).  Source: lb_probe_detect_ns(). */
struct check_expectation {
	enum check_effect effect;
	uint64_t soonest_ns, latest_ns;
};

struct check_expectation check_expect(
    const struct lb_fault *fault, const struct lb_config_probe *probe);

/* Do probes have a say in what comes of it? */
bool check_is_probed(const struct lb_fault *fault);

/* Does it befall members of that rule's pool, or a balancer? */
bool check_touches(const struct lb_config *config, const struct lb_fault *fault,
    const struct lb_config_rule *rule);
/* Or its frontend, which is in that zone and in no other? */
bool check_loses_frontend(const struct lb_config *config,
    const struct lb_fault *fault, const struct lb_config_rule *rule);

/* Rules that are shown: zero configuration's two are one. */
size_t check_rule_count(const struct check *check);

/* --- silence -------------------------------------------------------------- */

/* What long-lived connections have to do with an idle timeout: on each of them
 * nothing is said for silent_ms at a time. */
struct check_silence {
	uint64_t silent_ms; /* UINT64_MAX: to the end */
	uint64_t idle_ms;   /* of what they go through */
	const char *name;   /* of that; NULL: no outbound rule */
	bool reset;         /* tcp_reset */
};

/* False: it has no such connections, or none is ever silent for so long. */
bool check_silence_of(const struct check *check,
    const struct lb_traffic *traffic, struct check_silence *out);

/* So many faults are drawn, on average. */
double check_drawn(const struct check *check);

/* --- telling it ------------------------------------------------------------
 */

void check_print_scenario(const struct check *check, FILE *to);
json_t *check_scenario_json(const struct check *check);

/* What each of the scenario's faults does to the SNAT ports of who stays; the
 * caller frees it; NULL without memory. */
struct sim_turn *check_turns(const struct check *check);

#endif
