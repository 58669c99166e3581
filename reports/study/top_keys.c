/* SPDX-License-Identifier: MIT */
#include "reports/study/top_keys.h"
#include <stdlib.h>

static int
heavier(const void *a, const void *b)
{
	const struct report_top_key *x = a, *y = b;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return (x->key->key > y->key->key) - (x->key->key < y->key->key);
}

/* The named ones in order; NULL without memory. */
static struct report_top_key *
rank(const struct sim_rule *rule)
{
	struct report_top_key *all =
	    calloc(rule->heavy_count + 1, sizeof(*all));
	for (size_t i = 0; all != NULL && i < rule->heavy_count; i++) {
		const struct sim_key *key = &rule->keys[rule->heavy[i].key];
		all[i] = (struct report_top_key){ &rule->heavy[i], key->bytes,
			key->packets, key->flows, 1, key->backend };
	}
	if (all != NULL)
		qsort(all, rule->heavy_count, sizeof(*all), heavier);
	return all;
}

int
report_top_keys_make(struct report_top_keys *top, const struct sim_rule *rule)
{
	struct report_top_key *all = rank(rule);
	struct report_top_key rest = { .keys = rule->key_count };

	*top = (struct report_top_keys){ 0 };
	if (all == NULL)
		return -1;
	for (size_t i = 0; i < rule->key_count; i++) {
		rest.bytes += rule->keys[i].bytes;
		rest.packets += rule->keys[i].packets;
		rest.flows += rule->keys[i].flows;
	}
	top->total = rest.bytes;
	while (top->count < REPORT_TOP_KEYS && top->count < rule->heavy_count) {
		const struct report_top_key *key = &all[top->count];
		rest.bytes -= key->bytes;
		rest.packets -= key->packets;
		rest.flows -= key->flows;
		rest.keys--;
		top->at[top->count++] = *key;
	}
	if (rest.keys > 0)
		top->at[top->count++] = rest;
	free(all);
	return 0;
}
