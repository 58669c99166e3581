/* SPDX-License-Identifier: MIT */
/* What a report shows of a rule's keys: who they are, and the heaviest by
 * name. */
#include <stdlib.h>

#include "sim/replay/run_state.h"

/* By each of bytes, packets and flows; most are the same. */
#define HEAVY_EACH 10u
#define HEAVY_MAX  (3 * HEAVY_EACH)

/* Digits of pi: these ids compare runs, so they must never change. */
#define ID_A UINT64_C(0x243f6a8885a308d3)
#define ID_B UINT64_C(0x13198a2e03707344)
#define ID_C UINT64_C(0xa4093822299f31d0)
#define ID_D UINT64_C(0x082efa98ec4e6c89)

static uint64_t
id_of(const struct sim_key_id *key)
{
	uint64_t src =
	    sim_mix(key->src.word[0] ^ ID_A, key->src.word[1] ^ ID_B);
	uint64_t dst =
	    sim_mix(key->dst.word[0] ^ ID_C, key->dst.word[1] ^ ID_D);

	return sim_mix(src ^ ID_D, dst ^ ID_A) ^
	       sim_mix(key->ports_proto ^ ID_B, src + ID_C);
}

static uint64_t
weight_of(const struct sim_key *key, unsigned unit)
{
	return unit == 0 ? key->bytes : unit == 1 ? key->packets : key->flows;
}

/* The heaviest that is not there yet. */
static void
add_heaviest(struct sim_rule *rule, unsigned unit)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t k = 0; k < rule->key_count; k++) {
		if (best != UINT32_MAX &&
		    weight_of(&rule->keys[k], unit) <=
			weight_of(&rule->keys[best], unit))
			continue;
		bool there = false;
		for (size_t h = 0; h < rule->heavy_count; h++)
			there |= rule->heavy[h].key == k;
		if (!there)
			best = k;
	}
	if (best != UINT32_MAX)
		rule->heavy[rule->heavy_count++].key = best;
}

static int
choose_heavy(struct sim_rule *rule)
{
	rule->heavy = calloc(HEAVY_MAX, sizeof(*rule->heavy));
	if (rule->heavy == NULL)
		return -1;
	for (unsigned unit = 0; unit < 3; unit++)
		for (unsigned i = 0; i < HEAVY_EACH; i++)
			add_heaviest(rule, unit);
	return 0;
}

static void
name_key(struct sim_rule *rule, uint32_t key, const struct sim_heavy *name)
{
	for (size_t h = 0; h < rule->heavy_count; h++)
		if (rule->heavy[h].key == key) {
			rule->heavy[h] = *name;
			rule->heavy[h].key = key;
		}
}

/* Keys that are flows: the flows know their numbers. */
static void
note_flow(const struct sim_flow *flow, const struct sim_flow_part *part,
    struct sim_rule *rule)
{
	const bool portless = (flow->marks & SIM_FLOW_PORTLESS) != 0;
	const struct lb_addr client =
	    sim_shift_client(&flow->client, flow->round);
	const uint64_t ports =
	    flow->client_port.raw | (uint32_t)flow->server_port.raw << 16;

	rule->key_ids[part->key] = id_of(&(struct sim_key_id){
	    .src = client,
	    .dst = flow->server,
	    .ports_proto =
		ports | (uint64_t)flow->proto << 32 | (uint64_t)portless << 40,
	});
	name_key(rule, part->key,
	    &(struct sim_heavy){
		.proto = flow->proto,
		.has_proto = true,
		.has_server = true,
		.has_ports = !portless,
		.client_port = lb_be16_get(flow->client_port),
		.server_port = lb_be16_get(flow->server_port),
		.client = client,
		.server = flow->server,
	    });
}

static void
note_ids(const struct sim_player_rule *r, struct sim_rule *rule)
{
	for (uint32_t k = 0; k < r->keys.count; k++) {
		const struct sim_key_id *id = &r->keys.ids[k];
		rule->key_ids[k] = id_of(id);
		name_key(rule, k,
		    &(struct sim_heavy){
			.proto = (uint8_t)(id->ports_proto >> 32),
			.has_proto = r->masks->proto != 0,
			.has_server = r->masks->dst != 0,
			.client = id->src,
			.server = id->dst,
		    });
	}
}

int
sim_build_keys(const struct sim_run *run, unsigned number, struct sim_case *out)
{
	const struct sim_player *p = run->players[number];

	for (size_t i = 0; i < out->rule_count; i++) {
		struct sim_rule *rule = &out->rules[i];
		rule->key_ids = calloc(rule->key_count + 1, sizeof(uint64_t));
		if (rule->key_ids == NULL || choose_heavy(rule) != 0)
			return -1;
		if (!p->rules[i].key_is_flow)
			note_ids(&p->rules[i], rule);
	}
	for (uint32_t i = 0; i < sim_flows_count(run->flows); i++) {
		const struct sim_flow *flow = sim_flows_at(run->flows, i);
		const struct sim_flow_part *part = &flow->parts[number];
		if (part->key != SIM_KEY_NONE && part->rule < p->rule_count &&
		    p->rules[part->rule].key_is_flow)
			note_flow(flow, part, &out->rules[part->rule]);
	}
	return 0;
}
