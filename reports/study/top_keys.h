/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_TOP_KEYS_H
#define REPORTS_TOP_KEYS_H
/* The heaviest affinity keys of a rule by bytes, and all others in one. */
#include "sim/record/record.h"

#define REPORT_TOP_KEYS 10

struct report_top_key {
	const struct sim_heavy *key; /* NULL: all others */
	uint64_t bytes, packets, flows;
	size_t keys, backend;
};

struct report_top_keys {
	struct report_top_key at[REPORT_TOP_KEYS + 1];
	size_t count;
	uint64_t total; /* bytes of all keys */
};

/* 0; -1 without memory. */
int report_top_keys_make(
    struct report_top_keys *top, const struct sim_rule *rule);

#endif
