/* SPDX-License-Identifier: MIT */
#include "tests/support/table_fault.h"

#include <string.h>
#include "model/path/hash.h"
#include "model/path/packet.h"

/* A bucket of either family, as words. */
struct bucket {
	const uint64_t *ctl, *entries;
	uint32_t addr_words, entry_words, index, mask;
};

static struct bucket
bucket_of(const struct lb_tables *t, bool six, uint32_t index)
{
	if (six)
		return (struct bucket){ t->conn6[index].ctl,
			t->conn6[index].entry[0].addr, 4, 8, index,
			t->buckets6 - 1 };
	return (struct bucket){ t->conn4[index].ctl,
		&t->conn4[index].entry[0].addr, 1, 4, index, t->buckets4 - 1 };
}

static const uint64_t *
entry_of(const struct bucket *b, uint32_t way)
{
	return b->entries + (size_t)way * b->entry_words;
}

static const char *
key_fault(const struct bucket *b, uint32_t way, const struct lb_hash_key *key)
{
	const uint64_t *entry = entry_of(b, way);
	uint64_t w1 = entry[b->addr_words];
	uint32_t proto = (uint32_t)(w1 >> 32) & 0xff;
	uint64_t hash = b->addr_words == 4
			    ? lb_hash6(key, LB_HASH_FLOW, entry, w1)
			    : lb_hash4(key, LB_HASH_FLOW, entry[0], w1);

	if (proto != LB_PROTO_TCP && proto != LB_PROTO_UDP)
		return "an entry of neither TCP nor UDP";
	if (w1 >> 40 != 0)
		return "an entry's key is followed by rubbish";
	if (lb_ctl_tag(b->ctl[way]) != lb_hash_tag(hash))
		return "an entry's tag is not its key's";
	if (((uint32_t)hash & b->mask) != b->index)
		return "an entry is in another's bucket";
	for (uint32_t other = 0; other < way; other++)
		if (lb_ctl_state(b->ctl[other]) >= LB_CONN_HALF &&
		    memcmp(entry_of(b, other), entry,
			(b->addr_words + 1) * sizeof(*entry)) == 0)
			return "two entries of one key";
	return NULL;
}

static const char *
words_fault(const struct bucket *b, uint32_t way, const struct lb_plan *plan)
{
	uint64_t w2 = entry_of(b, way)[b->addr_words + 1];
	uint16_t member = lb_w2_member(w2), rule = lb_w2_rule(w2);
	uint32_t class = lb_ctl_class(b->ctl[way]);

	if (lb_ctl_kind(b->ctl[way]) != LB_KIND_LB)
		return "an entry of a kind that nobody makes";
	if (member >= plan->member_count || plan->members[member].name == NULL)
		return "an entry of a member that there is not";
	if (rule >= plan->rule_count || plan->rules[rule].name == NULL)
		return "an entry of a rule that there is not";
	if (plan->classes[class].open_ms == 0)
		return "an entry of a timeout class that there is not";
	return NULL;
}

static const char *
way_fault(const struct bucket *b, uint32_t way, const struct lb_plan *plan,
    const struct lb_hash_key *key)
{
	uint64_t ctl = b->ctl[way];
	const char *fault;

	switch (lb_ctl_state(ctl)) {
	case LB_CONN_EMPTY:
		return lb_ctl_tag(ctl) != 0 ? "an empty way has a tag" : NULL;
	case LB_CONN_BUSY:
		return "a way stayed claimed";
	case LB_CONN_HALF:
	case LB_CONN_ANSWERED:
	case LB_CONN_OPEN:
	case LB_CONN_CLOSING_FIN:
	case LB_CONN_CLOSING_RST:
		fault = key_fault(b, way, key);
		return fault != NULL ? fault : words_fault(b, way, plan);
	default:
		return "a state that there is not";
	}
}

const char *
table_fault(const struct lb_tables *t, const struct lb_plan *plan)
{
	struct lb_hash_key key;

	memcpy(&key, &plan->rows[1], sizeof(key));
	for (unsigned six = 0; six < 2; six++) {
		uint32_t buckets = six ? t->buckets6 : t->buckets4;
		for (uint32_t i = 0; i < buckets; i++) {
			struct bucket b = bucket_of(t, six != 0, i);
			for (uint32_t way = 0; way < LB_WAYS; way++) {
				const char *fault =
				    way_fault(&b, way, plan, &key);
				if (fault != NULL)
					return fault;
			}
		}
	}
	return NULL;
}
