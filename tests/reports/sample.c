/* SPDX-License-Identifier: MIT */
#include "tests/reports/sample.h"
#include "model/config/names.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
room(size_t count, size_t size)
{
	void *p = calloc(count > 0 ? count : 1, size);
	if (p == NULL)
		abort();
	return p;
}

char *
sample_copy(const char *text)
{
	size_t bytes = strlen(text) + 1;
	return memcpy(room(bytes, 1), text, bytes);
}

uint64_t
sample_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

size_t
sample_below(uint64_t *state, size_t n)
{
	assert(n > 0);
	return sample_random(state) % n;
}

double
sample_uniform(uint64_t *state)
{
	return ((double)(sample_random(state) >> 11) + 0.5) / 0x1p53;
}

static void
draw_key(struct sim_key *key, const struct sample_spec *spec, uint64_t *state)
{
	double size = 1;
	if (spec->tail > 0)
		size = fmin(pow(sample_uniform(state), -1 / spec->tail), 1e7);
	key->flows = 1;
	key->packets = 2 + (uint64_t)size;
	key->bytes = 80 + (uint64_t)(600 * size);
	key->backend = (uint32_t)sample_below(state, spec->backend_count);
}

struct sim_rule
sample_rule(const struct sample_spec *spec, uint64_t seed)
{
	char name[1024];
	struct sim_rule rule = {
		.name = sample_copy("all"),
		.distribution = sample_copy("five-tuple"),
		.algorithm = sample_copy("maglev"),
		.backend_count = spec->backend_count,
		.key_count = spec->key_count,
	};
	rule.backends = room(spec->backend_count, sizeof(*rule.backends));
	rule.keys = room(spec->key_count, sizeof(*rule.keys));
	for (size_t i = 0; i < spec->backend_count; i++) {
		(void)snprintf(name, sizeof(name), "%s%zu",
		    spec->prefix ? spec->prefix : "backend-", i + 1);
		rule.backends[i].name = sample_copy(name);
		rule.backends[i].weight = 100;
	}
	for (size_t i = 0; i < spec->key_count; i++) {
		struct sim_key *key = &rule.keys[i];
		draw_key(key, spec, &seed);
		struct sim_backend *b = &rule.backends[key->backend];
		b->flows += key->flows;
		b->packets += key->packets;
		b->packets_in += key->packets / 2;
		b->bytes += key->bytes;
		b->bytes_in += key->bytes / 4;
		rule.flows += key->flows;
		rule.packets += key->packets;
		rule.bytes += key->bytes;
	}
	rule.connections = rule.flows;
	return rule;
}

void
sample_rule_free(struct sim_rule *rule)
{
	for (size_t i = 0; i < rule->backend_count; i++)
		free(rule->backends[i].name);
	free(rule->backends);
	free(rule->keys);
	free(rule->heavy);
	free(rule->slices);
	free(rule->name);
	free(rule->distribution);
	free(rule->algorithm);
}

/* Fewer keys, each of several flows: what an affinity mode sees of them. */
static void
merge_keys(struct sim_rule *rule, size_t into)
{
	for (size_t i = 0; i < rule->backend_count; i++) {
		struct sim_backend *b = &rule->backends[i];
		b->flows = b->packets = b->packets_in = 0;
		b->bytes = b->bytes_in = 0;
	}
	for (size_t i = 0; i < rule->key_count; i++) {
		struct sim_key *from = &rule->keys[i];
		struct sim_key *key = &rule->keys[i % into];
		struct sim_backend *b = &rule->backends[key->backend];
		b->flows += from->flows;
		b->packets += from->packets;
		b->packets_in += from->packets / 2;
		b->bytes += from->bytes;
		b->bytes_in += from->bytes / 4;
		if (key != from) {
			key->flows += from->flows;
			key->packets += from->packets;
			key->bytes += from->bytes;
		}
	}
	rule->key_count = into;
}

static void
fill_case(struct sim_case *c, const char *mode, const struct sample_spec *spec,
    size_t keys)
{
	static const char *const reasons[] = { "no_rule", "no_healthy_backend",
		"fragment" };

	c->name = sample_copy(mode);
	c->rules = room(1, sizeof(*c->rules));
	c->rule_count = 1;
	c->rules[0] = sample_rule(spec, 1);
	free(c->rules[0].distribution);
	c->rules[0].distribution = sample_copy(mode);
	if (keys > 0 && keys < spec->key_count)
		merge_keys(&c->rules[0], keys);
	c->drop_count = sizeof(reasons) / sizeof(reasons[0]);
	c->drops = room(c->drop_count, sizeof(*c->drops));
	for (size_t i = 0; i < c->drop_count; i++)
		c->drops[i].reason = reasons[i];
	c->drops[2].packets = 3;
}

struct sim_record *
sample_record(const struct sample_spec *spec)
{
	struct sim_record *r = room(1, sizeof(*r));

	r->version = sample_copy("0.1.0");
	r->seed = 1;
	r->deterministic = true;
	r->case_count = 3;
	r->cases = room(3, sizeof(*r->cases));
	fill_case(&r->cases[0], "five-tuple", spec, 0);
	fill_case(&r->cases[1], "source-ip", spec, spec->key_count / 40 + 1);
	fill_case(
	    &r->cases[2], "source-ip-protocol", spec, spec->key_count / 20 + 2);

	const struct sim_rule *rule = &r->cases[0].rules[0];
	r->input.files = room(1, sizeof(*r->input.files));
	r->input.file_count = 1;
	r->input.files[0].name = sample_copy("sample.pcap");
	r->input.files[0].packets = rule->packets + 7;
	r->input.packets = rule->packets + 7;
	r->input.bytes = rule->bytes;
	r->input.flows = rule->flows;
	r->input.duration_ns = UINT64_C(299123456789);
	r->input.role_syn = rule->flows;
	r->input.not_ip = 3;
	r->input.icmp = 4;
	r->events = rule->packets;
	r->max_pending = 1;
	return r;
}

/* As sim/run/build_keys.c: the ten heaviest by bytes, and some addresses. */
static void
name_heavy(struct sim_rule *rule)
{
	size_t most = rule->key_count < 10 ? rule->key_count : 10;
	bool *taken = room(rule->key_count, sizeof(*taken));

	rule->heavy = room(most, sizeof(*rule->heavy));
	for (; rule->heavy_count < most; rule->heavy_count++) {
		size_t best = SIZE_MAX;
		for (size_t k = 0; k < rule->key_count; k++)
			if (!taken[k] &&
			    (best == SIZE_MAX ||
				rule->keys[k].bytes > rule->keys[best].bytes))
				best = k;
		taken[best] = true;
		struct sim_heavy *h = &rule->heavy[rule->heavy_count];
		*h = (struct sim_heavy){ .key = (uint32_t)best,
			.proto = 17,
			.has_proto = true,
			.has_server = best % 2 == 0,
			.has_ports = best % 2 == 0,
			.client_port = (uint16_t)(1024 + best),
			.server_port = 5683 };
		(void)lb_addr_of_text(best % 3 == 0
					  ? "2001:db8:1234:5678:9abc:def0:1:2"
					  : "192.0.2.17",
		    &h->client);
		(void)lb_addr_of_text("2001:db8::5", &h->server);
	}
	free(taken);
}

static void
place_keys(struct sim_rule *rule, size_t bins, size_t from, size_t to)
{
	uint64_t state = 7;

	rule->slice_count = bins * rule->backend_count;
	rule->slices = room(rule->slice_count, sizeof(*rule->slices));
	for (size_t k = 0; k < rule->key_count; k++) {
		const struct sim_key *key = &rule->keys[k];
		size_t bin = sample_below(&state, bins);
		if (bin >= from && bin < to)
			bin = k % 2 == 0 ? from - 1 : to % bins;
		struct sim_slice *at =
		    &rule->slices[bin * rule->backend_count + key->backend];
		at->bytes += key->bytes;
		at->packets += (uint32_t)key->packets;
		at->flows += (uint32_t)key->flows;
	}
}

void
sample_report(struct sim_record *record, size_t bins, size_t from, size_t to)
{
	record->bin_count = bins;
	record->bin_ns = record->input.duration_ns / bins + 1;
	for (size_t i = 0; i < record->case_count; i++) {
		for (size_t j = 0; j < record->cases[i].rule_count; j++) {
			place_keys(&record->cases[i].rules[j], bins, from, to);
			name_heavy(&record->cases[i].rules[j]);
		}
	}
}

void
sample_free(struct sim_record *record)
{
	for (size_t i = 0; i < record->case_count; i++) {
		struct sim_case *c = &record->cases[i];
		for (size_t j = 0; j < c->rule_count; j++)
			sample_rule_free(&c->rules[j]);
		free(c->rules);
		free(c->drops);
		free(c->name);
	}
	for (size_t i = 0; i < record->input.file_count; i++) {
		free(record->input.files[i].name);
		free(record->input.files[i].error);
	}
	free(record->input.files);
	free(record->cases);
	free(record->version);
	free(record);
}
