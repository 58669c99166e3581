/* SPDX-License-Identifier: MIT */
/* How many of a rule's new flows go elsewhere. */
#include "live/commands/changes.h"

/* Is it a balancing rule of the configuration? */
static bool
has_rule(const struct live_side *side, uint32_t id)
{
	if (id >= side->plan->rule_count)
		return false;
	const struct lb_plan_rule *r = &side->plan->rules[id];
	return r->name != NULL && !r->tombstone && r->rule_index >= 0;
}

/* The slots of a rule; one that leads nowhere has one, to nobody. */
static const uint16_t *
slots_of(const struct live_side *side, uint16_t id, uint32_t *size)
{
	static const uint16_t nobody = LB_NONE;
	const struct lb_rule *row = lb_plan_rule_row(side->plan, id);
	*size = 1;
	if (row->lut >= side->plan->lut_count ||
	    side->plan->luts[row->lut].slots == NULL)
		return &nobody;
	*size = side->plan->luts[row->lut].size;
	return side->plan->luts[row->lut].slots;
}

/* Tables of two sizes are compared where both are looked up: at as many
 * points of the hash's range as the larger one has slots. */
struct live_moved
live_changes_moved(
    const struct live_side *from, const struct live_side *to, size_t rule)
{
	uint16_t id = to->plan->rule_ids[rule];
	struct live_moved moved = { 0 };
	if (!has_rule(from, id))
		return moved;
	uint32_t size_a, size_b;
	const uint16_t *a = slots_of(from, id, &size_a);
	const uint16_t *b = slots_of(to, id, &size_b);
	moved.slots = size_a > size_b ? size_a : size_b;
	for (uint64_t i = 0; i < moved.slots; i++)
		moved.changed +=
		    a[i * size_a / moved.slots] != b[i * size_b / moved.slots];
	return moved;
}
