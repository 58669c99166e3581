/* SPDX-License-Identifier: MIT */
#ifndef LIVE_SEEN_METRICS_PARTS_H
#define LIVE_SEEN_METRICS_PARTS_H
/* The insides of live_metrics_text(): a table of families (metrics.c), and who
 * writes their lines, a file for each thing that is measured. */
#include <stdio.h>

#include "live/seen/metrics.h"

struct live_metrics_page {
	FILE *to;
	const struct live_figures *figures;
	const struct lb_config *config;
	const struct live_interface_now *interfaces;
	size_t interface_count;
};

/* A number in a struct: bool, uint32_t or uint64_t, by its size. */
struct live_metrics_field {
	size_t at, bytes;
};

struct live_metrics_family;

/* Writes the lines of a family. */
typedef void live_metrics_lines(
    const struct live_metrics_page *p, const struct live_metrics_family *f);

struct live_metrics_family {
	const char *name, *type, *help;
	live_metrics_lines *write;
	/* What write() reads; out: with a direction. */
	struct live_metrics_field in, out;
};

/* metrics_process.c */
live_metrics_lines live_metrics_one, live_metrics_build, live_metrics_started,
    live_metrics_since, live_metrics_cpu, live_metrics_late,
    live_metrics_outcomes, live_metrics_drops, live_metrics_slots,
    live_metrics_connections, live_metrics_interfaces, live_metrics_handed,
    live_metrics_unresolved;

/* metrics_rules.c */
live_metrics_lines live_metrics_rule_traffic, live_metrics_syns,
    live_metrics_rules, live_metrics_rule_flows, live_metrics_availability;

/* metrics_members.c */
live_metrics_lines live_metrics_member_traffic, live_metrics_members,
    live_metrics_member_flows, live_metrics_member_up, live_metrics_pools,
    live_metrics_probe_status, live_metrics_answers, live_metrics_latency;

/* metrics_snat.c */
live_metrics_lines live_metrics_snat_ports, live_metrics_snat_used,
    live_metrics_snat_flows, live_metrics_snat_begun;

/* metrics_lines.c: pieces of a line. */

uint64_t live_metrics_value(const void *thing, struct live_metrics_field field);
/* name="value", in braces with the others; ends in nothing. */
void live_metrics_put_label(
    FILE *to, char before, const char *name, const char *value);
void live_metrics_put_count(FILE *to, uint64_t value);
void live_metrics_put_real(FILE *to, double value);
/* name{label="value"} count */
void live_metrics_put_one(const struct live_metrics_page *p,
    const struct live_metrics_family *f, const char *label, const char *value,
    uint64_t count);
/* What ends a line with labels; direction: NULL, or the last of them. */
void live_metrics_put_end(
    const struct live_metrics_page *p, const char *direction, uint64_t value);
/* The labels of a member (metrics_members.c). */
void live_metrics_put_member(const struct live_metrics_page *p, char before,
    const struct live_figures_member *m);

#endif
