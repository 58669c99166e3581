/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_SERVICE_H
#define TESTS_BENCH_SERVICE_H
/*
 * The service that the benches balance: 203.0.113.10 and 2001:db8::a, port
 * 5683, UDP (tracked) and TCP, over `members` members each; `rules` - 1 more
 * rules on other ports.
 */
#include "model/plan/plan.h"

struct service {
	unsigned members; /* 1..1000 per family */
	unsigned rules;   /* 1..1000; each is UDP and TCP, IPv4 and IPv6 */
	uint64_t entries; /* flows expected, per family */
	enum lb_algorithm algorithm;
};

/* NULL without memory, or with a line on stderr. */
struct lb_plan *service_plan(const struct service *service);

#endif
