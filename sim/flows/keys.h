/* SPDX-License-Identifier: MIT */
#ifndef SIM_KEYS_H
#define SIM_KEYS_H
/*
 * The affinity keys of one rule in one case, with their weights: what no hash
 * could have divided further, and so what evenness is judged against.
 *
 * A key either is a flow (five-tuple mode: sim_keys_add(), the flow remembers
 * its number) or is what the mode's masks leave of one (sim_keys_find()).  A
 * rule uses one of the two.
 */
#include "model/path/mode.h"
#include "sim/record/record.h"
#include "sim/flows/slots.h"

/* What a mode's masks leave of a flow, as lb_hash*() sees it. */
struct sim_key_id {
	struct lb_addr src, dst;
	uint64_t ports_proto;
};

/* ports_proto of whole flows; ports 0 without. */
LB_INLINE uint64_t
sim_key_ports(lb_be16 client, lb_be16 server, uint8_t proto)
{
	return client.raw | (uint32_t)server.raw << 16 | (uint64_t)proto << 32;
}

LB_INLINE struct sim_key_id
sim_key_mask(const struct sim_key_id *whole, const struct lb_mode_masks *m)
{
	return (struct sim_key_id){
		.src = whole->src,
		.dst = { { whole->dst.word[0] & m->dst,
		    whole->dst.word[1] & m->dst } },
		.ports_proto =
		    whole->ports_proto & (m->ports | (uint64_t)m->proto << 32),
	};
}

struct sim_keys {
	struct sim_key *at; /* in order of first appearance */
	uint32_t count, room;
	struct sim_key_id *ids;
	struct sim_slots slots;
	struct sim_secret secret;
};

int sim_keys_init(struct sim_keys *keys); /* 0, -1 without memory */
void sim_keys_free(struct sim_keys *keys);

/*
 * sim_keys_find - the number of a key, made when it is new, its weights 0.
 * sim_keys_add  - the number of one more key that nobody will look for.
 *
 * Return SIM_KEY_NONE without memory.
 */
uint32_t sim_keys_find(struct sim_keys *keys, const struct sim_key_id *id);
uint32_t sim_keys_add(struct sim_keys *keys);

#endif
