/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SCENARIO_H
#define MODEL_SCENARIO_H
/* What is played to a balancer and what is demanded of it: the second YAML
 * file beside the configuration.  Source: design.md 7. */
#include "model/scenario/assertion.h"
#include "model/config/config.h"
#include "model/scenario/fault.h"
#include "model/scenario/scenario_keys.h"
#include "model/scenario/scene.h"

#define LB_REPLICATIONS_MAX   100000u
#define LB_SCENARIO_LOOP_MAX  500000u /* as sim's */
#define LB_SCENARIO_SPEED_MAX UINT64_C(1000000000000)

struct lb_scenario {
	char *config; /* the configuration it is for, as written: relative to
			 the scenario's folder; NULL: whichever */
	uint64_t seed;
	bool seed_set;
	char **captures; /* as written: relative to the scenario's folder */
	size_t capture_count;
	uint64_t speed_millionths; /* of all of them; 0: not said */
	uint32_t loop;             /* the same */
	struct lb_fault *faults;   /* as in the file, in any order */
	size_t fault_count;
	struct lb_assertion *assertions;
	size_t assertion_count;
	struct lb_scene scene;
	/* Side by side, where the command line says nothing: bits of enum
	 * lb_mode and enum lb_algorithm; 0: not said. */
	uint32_t modes, algorithms;
	uint32_t replications;         /* 0: not said */
	uint64_t precision_millionths; /* 0: not said */
};

/*
 * lb_scenario_read - a scenario file.
 *
 * Returns NULL with errors in problems, or without memory and then perhaps
 * with none.  All mistakes are found at once.
 */
struct lb_scenario *lb_scenario_read(
    const char *text, size_t bytes, struct lb_problems *problems);
/*
 * lb_scenario_check - has a configuration what a scenario names?
 *
 * any_server  zero configuration: traffic needs no rule.
 * problems    grows by every member, zone and rule that there is not, and by
 *             traffic that its rule does not take; at the key that names it.
 *
 * Returns 0, -1 without memory.  Cost: n log n in members.
 */
int lb_scenario_check(const struct lb_scenario *scenario,
    const struct lb_config *config, bool any_server,
    struct lb_problems *problems);

/* The rule that traffic is for: the one it names, else of those that have a
 * frontend and take its protocol the first for its port (its own, else its
 * profile's), else the first for all ports, else, when it names no port, the
 * first; NULL: there is none. */
const struct lb_config_rule *lb_traffic_rule(
    const struct lb_config *config, const struct lb_traffic *traffic);

/* The inbound NAT rule that traffic is for: the one it names as its rule, else,
 * when it names server and port, the one that has them; NULL: it is for none.
 * To be asked before lb_traffic_rule(). */
const struct lb_config_nat *lb_traffic_nat(
    const struct lb_config *config, const struct lb_traffic *traffic);

/* What traffic is for, as a name; NULL: for nothing there is. */
const char *lb_traffic_target(
    const struct lb_config *config, const struct lb_traffic *traffic);

/* The pool that outbound traffic comes from; -1: there is none. */
int lb_traffic_pool(
    const struct lb_config *config, const struct lb_traffic *traffic);

void lb_scenario_free(struct lb_scenario *scenario); /* NULL is fine */

#endif
