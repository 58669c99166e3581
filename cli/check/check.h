/* SPDX-License-Identifier: MIT */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H
/* What `fairlead check` found out, for its two ways of telling it. */
#include "model/plan/plan.h"
#include "model/scenario/scenario.h"

struct check {
	const char *path; /* NULL: zero configuration */
	const struct lb_problems *problems;
	const struct lb_config *config; /* NULL: it has errors */
	const struct lb_plan *plan;     /* NULL with path or config, or when it
					   does not compile */
	const char *scenario_path;      /* NULL: there is none */
	const struct lb_problems *scenario_problems;
	const struct lb_scenario *scenario; /* NULL: it has errors */
};

/* Worst times from a member's fault to its being out (AZ 2.4). */
struct check_detection {
	uint64_t refusing_ms; /* answers every probe with a reset */
	uint64_t silent_ms;
};

struct check_detection check_detection_of(const struct lb_config_probe *probe);

/* Memory of the connection table, bytes, when every page was touched. */
uint64_t check_table4_bytes(const struct lb_plan *plan);
uint64_t check_table6_bytes(const struct lb_plan *plan);

/* Of all lookup tables: how many, and their bytes. */
uint32_t check_lut_count(const struct lb_plan *plan, uint64_t *bytes);

/* SNAT ports of a pool's members, as the best and the worst off have them. */
struct check_ports {
	uint32_t least, most;
};

struct check_ports check_ports_of(
    const struct lb_plan *plan, size_t pool, bool udp);
/* Is it that nothing lets any of the pool's members out?  (AZ 4.8) */
bool check_is_shut_in(const struct lb_plan *plan, size_t pool);

/* Does the rule's probe ask another service than the rule's: UDP has no
 * connection that a TCP or HTTP probe could open? */
bool check_asks_elsewhere(
    const struct lb_config *config, const struct lb_config_rule *rule);

/* Does a NAT rule share out its ports as members come, so that a balancer that
 * has run for a while may have others than a plan made of nothing? */
bool check_assigns_afresh(const struct lb_config_nat *rule);

/* config and plan are there, or zero configuration's config alone; the
 * scenario is good when there is one. */
void check_print(const struct check *check, FILE *to);
/* One JSON document, indented, ending in a newline.  0, -1 without memory or
 * when writing fails. */
int check_print_json(const struct check *check, FILE *to);

/* 240000 -> "4m".  Returns text, 24 bytes. */
const char *check_duration(uint64_t ms, char text[24]);

#endif
